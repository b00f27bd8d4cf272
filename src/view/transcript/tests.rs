//! The joins, and the order of the rows.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::flags::CITED_NOT_RETRIEVED;
use super::*;
use crate::view::rag;

/// What a call came to: name, status, turn, result, turn it was answered in.
type Told<'a> = (&'a str, Status, usize, Option<&'a str>, Option<usize>);

fn told<'a>(transcript: &Transcript<'a>) -> Vec<Told<'a>> {
    let calls = transcript.joins().calls.iter();
    calls
        .map(|call| {
            let answered = call.carried.map(|(index, _)| index + 1);
            let result = call.result().map(|result| match result.decode() {
                Cow::Borrowed(text) => text,
                Cow::Owned(text) => panic!("no escape is in {text}"),
            });
            let name = call.name().unwrap_or_default();
            (name, call.status(), call.turn.unwrap_or_default(), result, answered)
        })
        .collect()
}

fn read(json: &str) -> Input<'_> {
    serde_json::from_str(json).unwrap()
}

fn flags(row: &Row<'_>) -> Vec<&'static str> {
    row.flags().to_vec()
}

#[test]
fn a_call_is_joined_with_its_record_and_with_its_answer() {
    let input = read(
        r#"{"session_id":"s","messages":[
            {"turn_id":"a","role":"assistant","tool_calls":[
                {"id":"c1","function":{"name":"asked","arguments":"{}"}},
                {"id":"c2","function":{"name":"lost","arguments":"{}"}},
                {"id":"c3","function":{"name":"silent","arguments":"{}"}}]},
            {"turn_id":"b","role":"tool","tool_results":{"tool_call_id":"c1","output":"out"}},
            {"turn_id":"c","role":"tool","tool_results":{"tool_call_id":"c4","output":"",
                "error":"broke"}},
            {"turn_id":"d","role":"tool","tool_results":{"tool_call_id":"c9","output":"?"}}],
          "tool_calls":[
            {"tool_call_id":"c1","assistant_turn_id":"a","name":"recorded","arguments":"{\"x\":1}"},
            {"tool_call_id":"c3","assistant_turn_id":"a","name":"silent","arguments":"{}"},
            {"tool_call_id":"c4","assistant_turn_id":"a","name":"unasked","arguments":"{}"},
            {"tool_call_id":"c5","assistant_turn_id":"z","name":"orphan","arguments":"{}",
                "result":"r"}]}"#,
    );
    let transcript = Transcript::new(&input);
    assert_eq!(
        told(&transcript),
        [
            ("recorded", Status::Ok, 1, Some("out"), Some(2)),
            ("lost", Status::Unrecorded, 1, None, None),
            ("silent", Status::NoResult, 1, None, None),
            ("unasked", Status::Error, 1, None, Some(3)),
            ("", Status::Unrecorded, 4, Some("?"), Some(4)),
            ("orphan", Status::Ok, 0, Some("r"), None),
        ]
    );
    let row = CallRow::of(&transcript.joins().calls[0], None);
    assert_eq!((row.asked_name, &*row.asked_arguments.unwrap().decode()), (Some("asked"), "{}"));
    let rows: Vec<_> = transcript.rows(&Selection::ALL).collect();
    assert_eq!(flags(&rows[0]), ["unrecorded", "no-result", "error", "unasked"]);
    assert_eq!(flags(&rows[3]), [RESULT_WITHOUT_CALL]);
    assert_eq!(flags(&rows[4]), [ORPHAN, UNASKED]);
    let counts = transcript.counts();
    assert_eq!((counts.tool_calls, counts.errors, counts.no_result), (6, 1, 1));
    assert_eq!((counts.unrecorded, counts.orphans), (2, 1));
}

#[test]
fn ids_that_every_turn_uses_again_are_kept_apart() {
    let input = read(
        r#"{"session_id":"s","messages":[
            {"turn_id":"a","tool_calls":[{"id":"call_0","function":{"name":"one"}}]},
            {"turn_id":"b","tool_calls":[{"id":"call_0","function":{"name":"two"}}]},
            {"turn_id":"c","tool_results":{"tool_call_id":"call_0","output":"of two"}},
            {"turn_id":"d","tool_calls":[{"id":"call_0","function":{"name":"three"}}]}],
          "tool_calls":[
            {"tool_call_id":"call_0","assistant_turn_id":"d","name":"three"},
            {"tool_call_id":"call_0","assistant_turn_id":"b","name":"two"}]}"#,
    );
    assert_eq!(
        told(&Transcript::new(&input)),
        [
            ("one", Status::Unrecorded, 1, None, None),
            ("two", Status::Ok, 2, Some("of two"), Some(3)),
            ("three", Status::NoResult, 4, None, None),
        ]
    );
}

#[test]
fn an_answer_that_comes_first_is_still_found_and_a_record_s_turn_is_the_call_s() {
    let input = read(
        r#"{"session_id":"s","messages":[
            {"turn_id":"a","tool_results":{"tool_call_id":"c","output":"early"}},
            {"turn_id":"b","tool_calls":[{"id":"c","function":{"name":"late"}}]}],
          "tool_calls":[{"tool_call_id":"c","assistant_turn_id":"elsewhere","name":"late"}]}"#,
    );
    let transcript = Transcript::new(&input);
    assert_eq!(told(&transcript), [("late", Status::Ok, 0, Some("early"), Some(1))]);
    let rows: Vec<_> = transcript.rows(&Selection::ALL).collect();
    assert_eq!(flags(&rows[2]), [ORPHAN]);
}

#[test]
fn what_was_not_given_an_id_belongs_to_nothing() {
    let input = read(
        r#"{"session_id":"s","messages":[{"role":"user","content":"x",
            "tool_calls":[{"function":{"name":"asked"}}]}],
          "rag_traces":[{}],"citations":[{}],"tool_calls":[{"name":"recorded"}]}"#,
    );
    let transcript = Transcript::new(&input);
    assert_eq!(
        told(&transcript),
        [
            ("asked", Status::Unrecorded, 1, None, None),
            ("recorded", Status::NoResult, 0, None, None),
        ]
    );
    assert_eq!(transcript.counts().orphans, 3);
}

#[test]
fn citations_are_held_against_the_retrievals_of_their_own_turn() {
    let input = read(
        r#"{"session_id":"s","messages":[{"turn_id":"a"},{"turn_id":"b"}],
          "rag_traces":[
            {"rag_query_id":"q1","assistant_turn_id":"a","hit":true,
             "retrieved":[{"chunk_id":"1","doc_id":"d"},{"chunk_id":"2","doc_id":"d"}]},
            {"rag_query_id":"q2","assistant_turn_id":"b","hit":false,
             "retrieved":[{"chunk_id":"1","doc_id":"d"}],
             "answerability":{"raw_top_score":0.2,"threshold_low":0.4}},
            {"rag_query_id":"q3","assistant_turn_id":"z",
             "retrieved":[{"chunk_id":"9","doc_id":"d"}]}],
          "citations":[
            {"assistant_turn_id":"a","doc_id":"d","chunk_id":"1"},
            {"assistant_turn_id":"b","doc_id":"d","chunk_id":"2"},
            {"assistant_turn_id":"z","doc_id":"d","chunk_id":"9"}]}"#,
    );
    let transcript = Transcript::new(&input);
    let rows: Vec<_> = transcript.rows(&Selection::ALL).collect();
    let Row::Message(first) = &rows[0] else { panic!("{rows:?}") };
    let retrieval = &first.evidence.as_ref().unwrap().retrievals[0];
    assert_eq!((retrieval.found, retrieval.cited), (2, 1));
    let chunks = serde_json::to_value(retrieval.retrieved).unwrap();
    assert_eq!((&chunks[0]["cited"], &chunks[1]["cited"]), (&true.into(), &false.into()));
    assert_eq!(chunks[1]["chunk_id"], "2");
    assert_eq!(retrieval.retrieved.cited().len(), 1);
    assert!(flags(&rows[0]).is_empty());
    assert_eq!(flags(&rows[1]), [MISS, UNANSWERABLE, UNCITED, CITED_NOT_RETRIEVED]);
    assert_eq!(flags(&rows[2]), [ORPHAN], "an orphan's own retrieval returned its chunk");
    let counts = transcript.counts();
    assert_eq!((counts.hits, counts.not_retrieved, counts.orphans), (1, 1, 2));
}

proptest! {
    #[test]
    fn a_chunk_is_cited_where_a_citation_of_its_turn_says_the_same(
        traces in prop::collection::vec((0..3_usize, prop::collection::vec(chunk(), 0..6)), 0..5),
        citations in prop::collection::vec((0..3_usize, chunk()), 0..12),
        by_two: bool,
    ) {
        let turns = ["", "t", "u\n"];
        let named = |(doc, id): &(&str, &str)| json!({"doc_id": doc, "chunk_id": id});
        let text = json!({
            "session_id": "s",
            "messages": turns.map(|id| json!({"turn_id": id})),
            "rag_traces": traces.iter().map(|(turn, chunks)| json!({
                "assistant_turn_id": turns[*turn],
                "retrieved": chunks.iter().map(named).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "citations": citations.iter().map(|(turn, chunk)| {
                let mut citation = named(chunk);
                citation["assistant_turn_id"] = turns[*turn].into();
                citation
            }).collect::<Vec<_>>(),
        }).to_string();
        let input = read(&text);
        let transcript = Transcript { by_two, ..Transcript::new(&input) };
        // What is of no turn comes last, among the orphans.
        let order = [1, 2, 0];
        let mut told = Vec::new();
        let mut found = Vec::new();
        for row in transcript.rows(&Selection::ALL) {
            if let Row::Message(row) = &row {
                let looks = transcript.looks().contains_key(&row.turn);
                prop_assert_eq!(looks, !row.flags.is_empty());
            }
            let row = serde_json::to_value(row).unwrap();
            let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
            for retrieval in list(&row["retrievals"]) {
                let cited = list(&retrieval["retrieved"]).iter()
                    .map(|chunk| chunk["cited"] == true).collect::<Vec<_>>();
                prop_assert_eq!(&retrieval["found"], cited.len());
                prop_assert_eq!(&retrieval["cited"], cited.iter().filter(|cited| **cited).count());
                told.push(cited);
            }
            found.extend(list(&row["citations"]).iter().map(|row| row["retrieved"] == true));
        }
        let wanted = order.iter().flat_map(|turn| {
            traces.iter().filter(move |trace| trace.0 == *turn)
        });
        let wanted: Vec<Vec<bool>> = wanted.map(|(turn, chunks)| {
            chunks.iter().map(|chunk| citations.contains(&(*turn, *chunk))).collect()
        }).collect();
        prop_assert_eq!(told, wanted);
        let wanted = order.iter().flat_map(|turn| {
            citations.iter().filter(move |citation| citation.0 == *turn)
        });
        let wanted: Vec<bool> = wanted.map(|(turn, chunk)| {
            traces.iter().any(|trace| trace.0 == *turn && trace.1.contains(chunk))
        }).collect();
        prop_assert_eq!(transcript.counts().not_retrieved,
            wanted.iter().filter(|found| !**found).count());
        prop_assert_eq!(found, wanted);
    }
}

/// A document and a chunk in it; few, so that they meet.
fn chunk() -> impl Strategy<Value = (&'static str, &'static str)> {
    let id = || prop::sample::select(vec!["", "a", "ab", "é", "\"\n"]);
    (id(), id())
}

#[test]
fn a_document_is_refused_for_a_chunk_that_nobody_asks_to_see() {
    for chunk in ["5", "null", r#"{"chunk_id":5}"#, r#"{"score":"high"}"#] {
        let json = format!(r#"{{"session_id":"s","rag_traces":[{{"retrieved":[{{}},{chunk}]}}]}}"#);
        assert!(serde_json::from_str::<SessionAnalysisInput<'_>>(&json).is_err(), "{json}");
        assert!(serde_json::from_str::<Input<'_>>(&json).is_err(), "{json}");
    }
}

/// The rows' kinds, turns as numbers.
fn order(json: &str, selection: &Selection) -> Vec<String> {
    let input = read(json);
    let transcript = Transcript::new(&input);
    let order = transcript.rows(selection).map(|row| match row {
        Row::Message(row) => row.turn.to_string(),
        Row::Handoff(row) => format!("handoff {}", row.reason.unwrap_or("?")),
        Row::Orphan(_) => "orphan".to_owned(),
        Row::Csat(_) => "csat".to_owned(),
        Row::Feedback(_) => "feedback".to_owned(),
        Row::Reopen(_) => "reopen".to_owned(),
    });
    order.collect()
}

const EVENTS: &str = r#"{"session_id":"s","messages":[
    {"role":"user","timestamp":"2026-01-01T10:00:00Z"},
    {"role":"Assistant","timestamp":"2026-01-01T12:02:00+02:00"},
    {"role":"user","timestamp":"not a time"},
    {"role":"user","timestamp":"2026-01-01T10:04:00"}],
  "handoff_events":[
    {"reason":"none"},
    {"timestamp":"2026-01-01T10:03:00Z","reason":"later"},
    {"timestamp":"2026-01-01T10:02:00Z","reason":"sooner"},
    {"timestamp":"2026-01-01T09:00:00Z","reason":"first"},
    {"timestamp":"2026-01-01T11:00:00Z","reason":"last"}],
  "rag_traces":[{"assistant_turn_id":"z"}],
  "csat":{"score":1},
  "user_feedback":{"timestamp":"2026-01-02T10:00:00Z"},
  "reopen":{"timestamp":"2026-01-01T23:00:00Z"}}"#;

#[test]
fn events_stand_where_their_times_put_them() {
    assert_eq!(
        order(EVENTS, &Selection::ALL),
        [
            "handoff first",
            "1",
            "2",
            "3",
            "handoff sooner",
            "handoff later",
            "4",
            "handoff last",
            "handoff none",
            "reopen",
            "feedback",
            "csat",
            "orphan"
        ]
    );
}

#[test]
fn a_selection_keeps_numbers_and_leaves_out_what_lies_outside() {
    let some = |turns, roles: &[&str]| Selection {
        turns,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        ..Selection::ALL
    };
    assert_eq!(order(EVENTS, &some(vec![2..=3], &[])), ["2", "3"]);
    let later = order(EVENTS, &some(vec![3..=usize::MAX], &[]));
    assert_eq!(
        later,
        ["3", "handoff sooner", "handoff later", "4", "handoff last", "handoff none"]
    );
    assert_eq!(order(EVENTS, &some(vec![1..=2], &[])), ["handoff first", "1", "2"]);
    assert_eq!(order(EVENTS, &some(vec![], &["assistant", "x"])), ["2"]);
    assert!(order(EVENTS, &some(vec![9..=9], &[])).is_empty());
    assert_eq!(
        order(EVENTS, &some(vec![1..=1, 3..=4], &[])),
        [
            "handoff first",
            "1",
            "3",
            "handoff sooner",
            "handoff later",
            "4",
            "handoff last",
            "handoff none"
        ]
    );
    let bare = Selection { evidence: false, ..Selection::ALL };
    assert!(!order(EVENTS, &bare).contains(&"orphan".to_owned()));
}

const FLAGGED: &str = r#"{"session_id":"s","messages":[
    {"turn_id":"a","role":"user"},
    {"turn_id":"b","role":"assistant","truncated":true,"tool_calls":[
        {"id":"c1","function":{"name":"pay","arguments":"{\"a\":"}},
        {"id":"c2","function":{"name":"look","arguments":"{}"}}]},
    {"turn_id":"c","role":"tool","tool_results":{"tool_call_id":"c1","output":"","error":"no"}},
    {"turn_id":"d","role":"tool","tool_results":{"tool_call_id":"c9","output":"x"}},
    {"turn_id":"e","role":"assistant"},
    {"turn_id":"f","role":"assistant"}],
  "tool_calls":[
    {"tool_call_id":"c1","assistant_turn_id":"b","name":"pay","arguments":"{\"a\":"},
    {"tool_call_id":"c2","assistant_turn_id":"b","name":"look","arguments":"{}","result":"r"}],
  "rag_traces":[
    {"assistant_turn_id":"e","hit":false,"retrieved":[{"chunk_id":"x","doc_id":"y"}]},
    {"assistant_turn_id":"f","hit":true},
    {"assistant_turn_id":"z"}],
  "citations":[{"assistant_turn_id":"e","chunk_id":"q","doc_id":"y"}],
  "handoff_events":[{"reason":"r"}],"csat":{"score":1},"reopen":{}}"#;

#[test]
fn what_there_is_to_see_is_told_by_turn_and_is_what_has_flags() {
    let input = read(FLAGGED);
    let transcript = Transcript::new(&input);
    let looks: Vec<String> = transcript
        .looks()
        .iter()
        .map(|(turn, looks)| format!("#{turn} {}", looks.join(", ")))
        .collect();
    assert_eq!(
        looks,
        [
            "#2 truncated, pay error, broken-arguments",
            "#4 result-without-call",
            "#5 miss, cited-not-retrieved"
        ]
    );
    let flagged = Selection { flagged: true, ..Selection::ALL };
    assert_eq!(order(FLAGGED, &flagged), ["2", "4", "5", "handoff r", "reopen", "orphan"]);
    assert_eq!(transcript.left_out(&flagged), ["3 turns", "csat"]);
    let one = Selection { turns: vec![2..=2], ..Selection::ALL };
    assert_eq!(
        transcript.left_out(&one),
        ["5 turns", "1 hand-off", "csat", "the reopening", "1 orphan"]
    );
    assert!(transcript.left_out(&Selection::ALL).is_empty());
    let both = Selection { turns: vec![1..=4], flagged: true, ..Selection::ALL };
    assert_eq!(order(FLAGGED, &both), ["2", "4"]);
    // Flags are of the evidence, shown or not.
    let bare = Selection { evidence: false, ..flagged };
    assert_eq!(order(FLAGGED, &bare), ["2", "4", "5", "handoff r", "reopen"]);
}

#[test]
fn rows_have_the_fields_of_the_api_with_the_digits_that_were_sent() {
    let input = read(
        r#"{"session_id":"s","messages":[{"turn_id":"a","role":"user","content":"x",
            "timestamp":"2026-01-01T10:00:00Z","latency_ms":1.0,
            "truncated":true,"original_char_count":9007199254740993}]}"#,
    );
    let transcript = Transcript::new(&input);
    let rows: Vec<_> = transcript.rows(&Selection { evidence: false, ..Selection::ALL }).collect();
    assert_eq!(
        serde_json::to_string(&rows).unwrap(),
        concat!(
            r#"[{"kind":"message","session_id":"s","turn":1,"turn_id":"a","role":"user","#,
            r#""timestamp":"2026-01-01T10:00:00Z","content":"x","model_used":null,"#,
            r#""latency_ms":1.0,"truncated":true,"original_char_count":9007199254740993,"#,
            r#""flags":["truncated"]}]"#
        )
    );
    let rows: Vec<_> = transcript.rows(&Selection::ALL).collect();
    let json = serde_json::to_string(&rows).unwrap();
    assert!(json.contains(r#""tool_calls":[],"retrievals":[],"citations":[],"#), "{json}");
}

#[test]
fn a_retrieval_has_the_flags_that_rag_gives_it() {
    let gate = |facts: Value| json!({"answerability": facts});
    let kinds = [
        json!({}),
        json!({"hit": true}),
        json!({"hit": false, "retrieved": [{"chunk_id": "c"}]}),
        json!({"retrieved": [{"chunk_id": "c"}]}),
        gate(json!({"label": "Unanswerable"})),
        gate(json!({"label": "", "raw_top_score": 0.1, "threshold_low": 0.4})),
    ];
    let top_alone = json!({"hit": true, "top_score": 0.1, "answerability": {"threshold_low": 0.4}});
    for trace in kinds.into_iter().chain([top_alone]) {
        let text = json!({"session_id": "s", "rag_traces": [trace]}).to_string();
        let input: rag::Input<'_> = serde_json::from_str(&text).unwrap();
        let expected: Vec<_> = rag::Rag::new(&input)
            .rows(rag::Flags::default())
            .next()
            .unwrap()
            .flags
            .names()
            .collect();
        let input: Input<'_> = serde_json::from_str(&text).unwrap();
        let transcript = Transcript::new(&input);
        let Some(Row::Orphan(orphan)) = transcript.rows(&Selection::ALL).last() else { panic!() };
        assert_eq!(orphan.evidence.retrievals[0].flags, expected, "{text}");
    }
}
