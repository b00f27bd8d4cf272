//! The joins against a naive reading of the document.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn with<T>(json: &str, check: impl FnOnce(&Rag<'_>) -> T) -> T {
    let input: Input<'_> = serde_json::from_str(json).unwrap();
    check(&Rag::new(&input))
}

/// Each row's turn, found, cited, cited chunk of its own, and flags.
fn summary(json: &str) -> Vec<String> {
    with(json, |rag| {
        rag.rows(Flags::default())
            .map(|row| {
                let chunk = row.citation.map_or("", |citation| citation.chunk_id);
                let flags = row.flags.names().collect::<Vec<_>>().join(",");
                format!("{:?} {:?} {:?} {chunk} [{flags}]", row.turn, row.found, row.cited)
            })
            .collect()
    })
}

const MESSAGES: &str =
    r#""messages":[{"turn_id":"a"},{"turn_id":"b","timestamp":"2026-01-01T00:00:00Z"}]"#;

#[test]
fn a_chunk_is_cited_by_turn_chunk_and_document_together() {
    let json = format!(
        r#"{{"session_id":"s",{MESSAGES},
        "rag_traces":[
            {{"assistant_turn_id":"a","hit":true,"retrieved":[
                {{"chunk_id":"1","doc_id":"d"}},{{"chunk_id":"2","doc_id":"d"}}]}},
            {{"assistant_turn_id":"b","hit":true,"retrieved":[{{"chunk_id":"1","doc_id":"d"}}]}}
        ],
        "citations":[
            {{"assistant_turn_id":"a","chunk_id":"1","doc_id":"d"}},
            {{"assistant_turn_id":"a","chunk_id":"2","doc_id":"e"}}
        ]}}"#
    );
    assert_eq!(
        summary(&json),
        [
            "Some(1) Some(2) Some(1)  []",
            "Some(1) None None 2 [cited-not-retrieved]",
            "Some(2) Some(1) Some(0)  [uncited]",
        ]
    );
    with(&json, |rag| {
        let cited: Vec<bool> = rag.chunks(Flags::default()).map(|row| row.cited).collect();
        assert_eq!(cited, [true, false, true, false]);
        let ranks: Vec<_> = rag.chunks(Flags::default()).map(|row| row.rank).collect();
        assert_eq!(ranks, [Some(1), Some(2), None, Some(1)]);
    });
}

#[test]
fn orphans_are_shown_and_come_where_they_were_sent() {
    let json = format!(
        r#"{{"session_id":"s",{MESSAGES},
        "rag_traces":[{{"assistant_turn_id":"x","hit":true}},{{"assistant_turn_id":"b","hit":true}}],
        "citations":[
            {{"assistant_turn_id":"y","chunk_id":"1"}},
            {{"assistant_turn_id":"x","chunk_id":"2"}},
            {{"assistant_turn_id":"b","chunk_id":"3"}}
        ]}}"#
    );
    assert_eq!(
        summary(&json),
        [
            "None Some(0) Some(0)  [orphan]",
            "None None None 2 [cited-not-retrieved,orphan]",
            "Some(2) Some(0) Some(0)  []",
            "Some(2) None None 3 [cited-not-retrieved]",
            "None None None 1 [cited-not-retrieved,orphan]",
        ]
    );
    with(&json, |rag| {
        assert_eq!(rag.counts().orphans, 3);
        assert_eq!(rag.counts().cited_not_retrieved, 3);
        let times: Vec<bool> =
            rag.rows(Flags::default()).map(|row| row.timestamp.is_some()).collect();
        assert_eq!(times, [false, false, true, true, false]);
    });
}

#[test]
fn a_turn_id_that_was_not_sent_is_no_messages() {
    let json = r#"{"session_id":"s","messages":[{"role":"user"}],"rag_traces":[{"hit":true}]}"#;
    assert_eq!(summary(json), ["None Some(0) Some(0)  [orphan]"]);
}

#[test]
fn a_citation_that_is_repeated_is_one() {
    let json = r#"{"session_id":"s","messages":[{"turn_id":"a"}],
        "rag_traces":[{"assistant_turn_id":"a","hit":true,"retrieved":[{"chunk_id":"1"},{"chunk_id":"1"}]}],
        "citations":[
            {"assistant_turn_id":"a","chunk_id":"1"},{"assistant_turn_id":"a","chunk_id":"1"},
            {"assistant_turn_id":"a","chunk_id":"2","kb_id":"first"},
            {"assistant_turn_id":"a","chunk_id":"2","kb_id":"second"}
        ]}"#;
    assert_eq!(
        summary(json),
        ["Some(1) Some(2) Some(2)  []", "Some(1) None None 2 [cited-not-retrieved]"]
    );
    with(json, |rag| {
        assert_eq!(rag.counts().citations, 2);
        let row = rag.rows(Flags::default()).last().unwrap();
        assert_eq!(row.citation.unwrap().kb_id, "first");
        assert_eq!(&*row.kb_ids[0], "first");
    });
}

/// The flags of one retrieval.
fn flags(trace: &str) -> Vec<&'static str> {
    let json = format!(
        r#"{{"session_id":"s","messages":[{{"turn_id":"a"}}],
        "rag_traces":[{{"assistant_turn_id":"a",{trace}}}]}}"#
    );
    with(&json, |rag| rag.flags().names().collect())
}

#[test]
fn a_miss_is_what_the_runtime_says_or_else_an_empty_answer() {
    for (trace, miss) in [
        (r#""hit":false,"retrieved":[{}]"#, true),
        (r#""hit":true,"retrieved":[]"#, false),
        (r#""hit":null,"retrieved":[]"#, true),
        (r#""hit":null,"retrieved":null"#, true),
        (r#""hit":null,"retrieved":[{}]"#, false),
    ] {
        assert_eq!(flags(trace).contains(&"miss"), miss, "{trace}");
    }
}

#[test]
fn unanswerable_is_what_the_label_says_or_else_a_score_under_low() {
    for (trace, unanswerable) in [
        (
            r#""answerability":{"label":"unanswerable","raw_top_score":0.9,"threshold_low":0.4}"#,
            true,
        ),
        (r#""answerability":{"label":"Unanswerable"}"#, true),
        (
            r#""answerability":{"label":"answerable","raw_top_score":0.1,"threshold_low":0.4}"#,
            false,
        ),
        (r#""answerability":{"label":"who knows","raw_top_score":0.1,"threshold_low":0.4}"#, false),
        (r#""answerability":{"raw_top_score":0.39,"threshold_low":0.4}"#, true),
        (r#""answerability":{"label":"","raw_top_score":0.39,"threshold_low":0.4}"#, true),
        (r#""answerability":{"raw_top_score":0.4,"threshold_low":0.4}"#, false),
        // The raw score counts where there is one.
        (r#""top_score":0.1,"answerability":{"raw_top_score":0.5,"threshold_low":0.4}"#, false),
        (r#""top_score":0.1,"answerability":{"threshold_low":0.4}"#, true),
        (r#""top_score":0.1,"answerability":{"threshold_high":0.4}"#, false),
        (r#""answerability":{"threshold_low":0.4}"#, false),
        (r#""top_score":0.1,"answerability":null"#, false),
        (r#""top_score":0.1"#, false),
        (r#""answerability":{"raw_top_score":-1e400,"threshold_low":0.4}"#, true),
    ] {
        assert_eq!(flags(trace).contains(&"unanswerable"), unanswerable, "{trace}");
    }
}

/// The score used and the two distances of one retrieval.
fn distances(trace: &str) -> (Option<&'static str>, Option<f64>, Option<f64>) {
    let json = format!(r#"{{"session_id":"s","rag_traces":[{{{trace}}}]}}"#);
    with(&json, |rag| {
        let row = rag.rows(Flags::default()).next().unwrap();
        (row.score_used, row.distance_low, row.distance_high)
    })
}

#[test]
fn distances_are_signed_and_from_the_raw_score_where_there_is_one() {
    let raw = Some("raw_top_score");
    for (trace, expected) in [
        (
            r#""top_score":0.3,"answerability":{"raw_top_score":0.274,"threshold_low":0.45,"threshold_high":0.75}"#,
            (raw, Some(-0.176), Some(-0.476)),
        ),
        (
            r#""top_score":0.3,"answerability":{"threshold_low":0.1}"#,
            (Some("top_score"), Some(0.2), None),
        ),
        (r#""answerability":{"raw_top_score":5.0,"threshold_high":5}"#, (raw, None, Some(0.0))),
        (r#""top_score":0.3,"answerability":{}"#, (None, None, None)),
        (r#""top_score":0.3"#, (None, None, None)),
        (
            r#""answerability":{"raw_top_score":1e400,"threshold_low":0.45,"threshold_high":1e400}"#,
            (None, None, None),
        ),
    ] {
        assert_eq!(distances(trace), expected, "{trace}");
    }
}

#[test]
fn hit_and_label_disagree_where_one_says_yes_and_the_other_no() {
    for (trace, disagrees) in [
        (r#""hit":true,"answerability":{"label":"unanswerable"}"#, true),
        (r#""hit":false,"answerability":{"label":"Answerable"}"#, true),
        (r#""hit":true,"answerability":{"label":"answerable"}"#, false),
        (r#""hit":false,"answerability":{"label":"unanswerable"}"#, false),
        (r#""hit":true,"answerability":{"label":"partially_answerable"}"#, false),
        (r#""hit":null,"answerability":{"label":"unanswerable"}"#, false),
        (r#""hit":true,"answerability":{"raw_top_score":0.1,"threshold_low":0.4}"#, false),
        (r#""hit":false"#, false),
    ] {
        assert_eq!(flags(trace).contains(&"disagrees"), disagrees, "{trace}");
    }
}

#[test]
fn a_query_is_a_repeat_once_it_has_missed_and_only_then() {
    let traces = [
        (r#""q1""#, true),
        (r#""q1""#, false),
        (r#""q1""#, true),
        (r#""Q1""#, true),
        ("null", false),
        ("null", false),
        (r#""""#, false),
        (r#""""#, false),
        (r#""q2""#, true),
    ]
    .map(|(hash, hit)| format!(r#"{{"query_hash":{hash},"hit":{hit}}}"#));
    let json = format!(r#"{{"session_id":"s","rag_traces":[{}]}}"#, traces.join(","));
    with(&json, |rag| {
        let flags: Vec<bool> =
            rag.rows(Flags::default()).map(|row| row.flags.has(Flag::Repeat)).collect();
        assert_eq!(flags, [false, false, true, false, false, false, false, false, false]);
    });
}

#[test]
fn numbers_are_kept_as_they_were_sent() {
    let json = r#"{"session_id":"s","rag_traces":[{"top_score":1e400,"latency_ms":5.0,
        "retrieved":[{"score":-0},{"score":12345678901234567890123}]}]}"#;
    with(json, |rag| {
        let rows: Vec<String> =
            rag.rows(Flags::default()).map(|row| serde_json::to_string(&row).unwrap()).collect();
        assert!(rows[0].contains(r#""top_score":1e400"#), "{rows:?}");
        assert!(rows[0].contains(r#""latency_ms":5.0"#), "{rows:?}");
        let chunks: Vec<String> =
            rag.chunks(Flags::default()).map(|row| serde_json::to_string(&row).unwrap()).collect();
        assert!(chunks[0].contains(r#""score":-0,"#), "{chunks:?}");
        assert!(chunks[1].contains(r#""score":12345678901234567890123,"#), "{chunks:?}");
    });
}

/// Documents whose ids are few, so that they often meet, and whose numbers are of every kind.
pub(crate) fn documents() -> impl Strategy<Value = String> {
    let id = |names: &'static [&'static str]| prop::sample::select(names);
    let number = || {
        prop::sample::select(
            &[
                "null", "0", "-0", "5.0", "0.3", "0.45", "0.9", "1", "1e400", "-1e400", "1e-400",
                "-3",
            ][..],
        )
    };
    let turn = move || id(&["a", "b", "c", "x", ""]);
    let chunk = move || (id(&["1", "2", "3"]), id(&["d", "e", ""]), number());
    let citation = (turn(), id(&["1", "2", "3", "4"]), id(&["d", "e"]), id(&["k", "l"]));
    let gate =
        (id(&["null", "\"unanswerable\"", "\"answerable\"", "\"\""]), number(), number(), number());
    let trace = (
        turn(),
        prop::collection::vec(chunk(), 0..5),
        id(&["null", "true", "false"]),
        id(&["null", "\"q1\"", "\"q2\""]),
        (number(), number()),
        prop::option::of(gate),
    );
    (prop::collection::vec(trace, 0..8), prop::collection::vec(citation, 0..8)).prop_map(
        |(traces, citations)| {
            let traces: Vec<String> = traces
                .into_iter()
                .enumerate()
                .map(|(index, (turn, chunks, hit, hash, (score, latency), gate))| {
                    let chunks: Vec<String> = chunks
                        .into_iter()
                        .map(|(chunk, doc, score)| {
                            format!(r#"{{"chunk_id":"{chunk}","doc_id":"{doc}","score":{score}}}"#)
                        })
                        .collect();
                    let gate = gate.map_or_else(
                        || "null".to_owned(),
                        |(label, raw, low, high)| {
                            format!(
                                r#"{{"label":{label},"raw_top_score":{raw},"threshold_low":{low},"threshold_high":{high}}}"#
                            )
                        },
                    );
                    format!(
                        r#"{{"rag_query_id":"r{index}","assistant_turn_id":"{turn}","retrieved":[{}],"hit":{hit},"query_hash":{hash},"top_score":{score},"latency_ms":{latency},"answerability":{gate}}}"#,
                        chunks.join(",")
                    )
                })
                .collect();
            let citations: Vec<String> = citations
                .into_iter()
                .map(|(turn, chunk, doc, kb)| {
                    format!(
                        r#"{{"assistant_turn_id":"{turn}","chunk_id":"{chunk}","doc_id":"{doc}","kb_id":"{kb}"}}"#
                    )
                })
                .collect();
            format!(
                r#"{{"session_id":"s","messages":[{{"turn_id":"a"}},{{"turn_id":"b","timestamp":"2026-01-01T00:00:00Z"}},{{"turn_id":"c","timestamp":"soon"}}],"rag_traces":[{}],"citations":[{}]}}"#,
                traces.join(","),
                citations.join(",")
            )
        },
    )
}

fn set(bits: u8) -> Flags {
    let flags = Flag::ALL.into_iter().enumerate();
    flags.filter(|(place, _)| bits & (1 << place) != 0).map(|(_, flag)| flag).collect()
}

proptest! {
    #[test]
    fn every_retrieval_is_one_row_and_every_citation_is_counted_once(json in documents()) {
        let input: Input<'_> = serde_json::from_str(&json).unwrap();
        let rag = Rag::new(&input);
        let rows: Vec<Row<'_>> = rag.rows(Flags::default()).collect();
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.rag_query_id).collect();
        let sent: Vec<&str> = input.rag_traces.iter().map(|trace| &*trace.rag_query_id).collect();
        prop_assert_eq!(ids, sent);

        let distinct: HashSet<_> = input.citations.iter()
            .map(|citation| (&*citation.assistant_turn_id, &*citation.chunk_id, &*citation.doc_id))
            .collect();
        let strays = rows.iter().filter(|row| row.citation.is_some()).count();
        let cited: HashSet<_> = rag.chunks(Flags::default())
            .filter(|row| row.cited && row.rank.is_some())
            .map(|row| (row.assistant_turn_id, row.chunk_id, row.doc_id))
            .collect();
        prop_assert_eq!(cited.len() + strays, distinct.len());
        prop_assert_eq!(rag.counts().citations, distinct.len());
        prop_assert_eq!(rag.counts().cited_not_retrieved, strays);

        // The join, done the slow way.
        for row in rag.chunks(Flags::default()) {
            let key = (row.assistant_turn_id, row.chunk_id, row.doc_id);
            prop_assert_eq!(row.cited, distinct.contains(&key));
            if row.rank.is_none() {
                prop_assert!(!cited.contains(&key));
            }
        }
        for row in &rows {
            let message = input.messages.iter().position(|message| {
                !message.turn_id.is_empty() && &*message.turn_id == row.assistant_turn_id
            });
            prop_assert_eq!(row.turn, message.map(|index| index + 1));
            prop_assert_eq!(row.flags.has(Flag::Orphan), message.is_none());
        }
    }

    #[test]
    fn the_counts_are_those_of_the_rows(json in documents()) {
        let input: Input<'_> = serde_json::from_str(&json).unwrap();
        let rag = Rag::new(&input);
        let rows: Vec<Row<'_>> = rag.rows(Flags::default()).collect();
        let counts = rag.counts();
        let flagged = |flag| rows.iter().filter(|row| row.flags.has(flag)).count();
        prop_assert_eq!(counts.misses, flagged(Flag::Miss));
        prop_assert_eq!(counts.unanswerable, flagged(Flag::Unanswerable));
        prop_assert_eq!(counts.uncited, flagged(Flag::Uncited));
        prop_assert_eq!(counts.orphans, flagged(Flag::Orphan));
        let found = rows.iter().filter_map(|row| row.found).sum::<usize>();
        let cited = rows.iter().filter_map(|row| row.cited).sum::<usize>();
        prop_assert_eq!((counts.chunks_found, counts.chunks_cited), (found, cited));
        let chunks: Vec<ChunkRow<'_>> = rag.chunks(Flags::default()).collect();
        prop_assert_eq!(chunks.len(), found + counts.cited_not_retrieved);
        let any = |flag: &Flag| rows.iter().any(|row| row.flags.has(*flag));
        prop_assert_eq!(rag.flags(), Flag::ALL.into_iter().filter(any).collect());
    }

    #[test]
    fn filters_keep_the_order_and_split_the_rows(json in documents(), bits in 0_u8..128) {
        let input: Input<'_> = serde_json::from_str(&json).unwrap();
        let rag = Rag::new(&input);
        let only = set(bits);
        let all: Vec<String> = rag.rows(Flags::default()).map(|row| format!("{row:?}")).collect();
        let kept: Vec<String> = rag.rows(only).map(|row| format!("{row:?}")).collect();
        let expected: Vec<String> = rag.rows(Flags::default())
            .filter(|row| bits == 0 || Flag::ALL.into_iter().any(|flag| only.has(flag) && row.flags.has(flag)))
            .map(|row| format!("{row:?}"))
            .collect();
        prop_assert_eq!(&kept, &expected);
        prop_assert_eq!(bits == 0 || rag.flags().meets(only), bits == 0 || !kept.is_empty());
        prop_assert!(kept.len() <= all.len());
    }

    #[test]
    fn every_row_is_json_whatever_its_numbers(json in documents()) {
        let input: Input<'_> = serde_json::from_str(&json).unwrap();
        let rag = Rag::new(&input);
        for row in rag.rows(Flags::default()) {
            prop_assert!(row.distance_low.is_none_or(f64::is_finite));
            prop_assert!(row.distance_high.is_none_or(f64::is_finite));
            let text = serde_json::to_string(&row).unwrap();
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
        }
    }
}
