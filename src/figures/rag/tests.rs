//! The figures on documents whose figures are known, and against one another.

use proptest::prelude::*;

use super::*;
use crate::view::rag::{Flags, Input, tests::documents};

fn summarize(documents: &[&str]) -> Summary {
    let mut summary = Summary::default();
    for json in documents {
        let input: Input<'_> = serde_json::from_str(json).unwrap();
        summary.add(&Rag::new(&input)).unwrap();
    }
    summary
}

const FIRST: &str = r#"{"session_id":"1","messages":[{"turn_id":"a"}],"rag_traces":[
    {"assistant_turn_id":"a","query_hash":"q1","hit":false,"top_score":0.2,"latency_ms":10,
     "retrieved":[{"doc_id":"d"},{"doc_id":"d"},{"doc_id":"e"}],
     "answerability":{"label":"unanswerable"}},
    {"assistant_turn_id":"a","query_hash":"q1","hit":false,"top_score":0.3,"latency_ms":20,
     "retrieved":[{"doc_id":"d"}],"answerability":{"label":"unanswerable"}},
    {"assistant_turn_id":"a","query_hash":"q2","hit":true,"top_score":1.0,"latency_ms":40,
     "retrieved":[{"doc_id":"f"}],"answerability":{"label":"answerable"}}
]}"#;

const SECOND: &str = r#"{"session_id":"2","missing_evidence_reasons":["no_citations"],"rag_traces":[
    {"assistant_turn_id":"a","query_hash":"q1","hit":false,"top_score":12.5,
     "retrieved":[{"doc_id":"e"}]},
    {"assistant_turn_id":"a","query_hash":"q3","latency_ms":1e400},
    {"assistant_turn_id":"a"}
],"citations":[{"assistant_turn_id":"z","doc_id":"f"}]}"#;

#[test]
fn figures_are_over_all_sessions() {
    let summary = summarize(&[FIRST, SECOND]);
    let figures = summary.figures();
    assert_eq!((figures.sessions, figures.sessions_declaring_no_citations), (2, 1));
    let counts = figures.counts;
    assert_eq!((counts.retrievals, counts.hits, counts.verdicts, counts.misses), (6, 1, 4, 5));
    assert_eq!(figures.hit_rate, Some(0.25));
    assert_eq!((counts.orphans, counts.cited_not_retrieved, counts.uncited), (4, 1, 4));
    let labels: Vec<_> =
        figures.answerability.iter().map(|label| (label.label, label.count)).collect();
    assert_eq!(labels, [(None, 3), (Some("unanswerable"), 2), (Some("answerable"), 1)]);
    assert_eq!(figures.answerability[0].share, Some(0.5));
    assert_eq!((figures.top_scores.count, figures.top_scores.over), (4, 1));
    let latency = figures.latency_ms;
    assert_eq!(
        (latency.count, latency.p50, latency.p95, latency.max),
        (3, Some(20.0), Some(40.0), Some(40.0))
    );
}

#[test]
fn queries_that_miss_come_most_often_first() {
    let summary = summarize(&[FIRST, SECOND]);
    let figures = summary.figures();
    let missed: Vec<_> = figures
        .missed_queries
        .iter()
        .map(|missed| (missed.query_hash, missed.misses, missed.sessions, missed.best_score))
        .collect();
    assert_eq!(missed, [("q1", 3, 2, Some(12.5)), ("q3", 1, 1, None)]);
    assert_eq!(figures.misses_without_hash, 1);
}

#[test]
fn a_document_is_counted_once_a_retrieval_until_somebody_cites_it() {
    let documents = |json: &[&str]| {
        let summary = summarize(json);
        let figures = summary.figures();
        figures
            .never_cited_documents
            .iter()
            .map(|document| (document.doc_id.to_owned(), document.retrievals, document.sessions))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        documents(&[FIRST]),
        [("d".to_owned(), 2, 1), ("e".to_owned(), 1, 1), ("f".to_owned(), 1, 1)]
    );
    // The second session cites f, which the first retrieved.
    let both = [("e".to_owned(), 2, 2), ("d".to_owned(), 2, 1)];
    assert_eq!(documents(&[FIRST, SECOND]), both);
    assert_eq!(documents(&[SECOND, FIRST]), both);
}

#[test]
fn nothing_is_zeros_and_no_rate() {
    let summary = Summary::default();
    let text = serde_json::to_string(&summary.figures()).unwrap();
    assert!(text.contains(r#""retrievals":0"#) && text.contains(r#""hit_rate":null"#), "{text}");
    assert!(text.contains(r#""p50":null"#) && !text.contains("NaN"), "{text}");
}

proptest! {
    #[test]
    fn two_sessions_add_up(first in documents(), second in documents()) {
        let both = summarize(&[&first, &second]);
        let (one, two) = (summarize(&[&first]), summarize(&[&second]));
        let mut counts = one.figures().counts;
        counts.add(&two.figures().counts);
        prop_assert_eq!(both.figures().counts, counts);
        let figures = both.figures();
        let labels = figures.answerability.iter().map(|label| label.count).sum::<usize>();
        prop_assert_eq!(labels, counts.retrievals);
        let missed = figures.missed_queries.iter().map(|missed| missed.misses).sum::<usize>();
        prop_assert_eq!(missed + figures.misses_without_hash, counts.misses);
        prop_assert!(figures.missed_queries.is_sorted_by(|a, b| a.misses >= b.misses));
        let bins = figures.top_scores.bins.iter().map(|bin| bin.count).sum::<usize>();
        prop_assert_eq!(bins + figures.top_scores.under + figures.top_scores.over, figures.top_scores.count);
        prop_assert!(figures.hit_rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
    }

    #[test]
    fn a_document_is_cited_or_listed(json in documents()) {
        let input: Input<'_> = serde_json::from_str(&json).unwrap();
        let rag = Rag::new(&input);
        let summary = summarize(&[&json]);
        let figures = summary.figures();
        for row in rag.chunks(Flags::default()).filter(|row| !row.doc_id.is_empty()) {
            let cited = input.citations.iter().any(|citation| &*citation.doc_id == row.doc_id);
            let listed = figures.never_cited_documents.iter().any(|document| document.doc_id == row.doc_id);
            prop_assert!(cited != listed);
        }
    }
}
