//! Figures over the retrievals of many sessions.
//!
//! Documents are folded in one by one; what is kept grows with the distinct labels, query hashes,
//! document ids and latencies, not with the sessions.

mod lines;
mod plan;
mod tables;

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

pub use self::lines::{Line, lines};
pub use self::plan::{MORE, PLAN, count};
pub use self::tables::sections;
use super::by::By;
use super::group::Group;
use super::stats::{self, Histogram, Spread, Tally};
use crate::model::Number;
use crate::view::rag::{Counts, Flag, Rag};
use crate::view::share;

/// What has been folded so far.
#[derive(Debug)]
pub struct Summary {
    /// All of it that is counted alike in every group.
    total: Group,
    sessions: usize,
    /// Sessions that declare that citations were not recorded.
    no_citations: usize,
    labels: BTreeMap<Option<String>, usize>,
    top_scores: Histogram,
    missed: HashMap<String, Missed>,
    missed_without_hash: usize,
    documents: HashMap<String, Retrieved>,
    /// Retrievals so far: tells one retrieval from the next.
    serial: usize,
}

#[derive(Debug, Default)]
struct Missed {
    misses: usize,
    sessions: usize,
    best: Option<f64>,
    /// The session that was counted last.
    session: usize,
}

#[derive(Debug, Default)]
struct Retrieved {
    retrievals: usize,
    sessions: usize,
    cited: bool,
    /// The session and the retrieval that were counted last.
    session: usize,
    serial: usize,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            total: Group::new(&PLAN),
            sessions: 0,
            no_citations: 0,
            labels: BTreeMap::new(),
            top_scores: Histogram::default(),
            missed: HashMap::new(),
            missed_without_hash: 0,
            documents: HashMap::new(),
            serial: 0,
        }
    }
}

impl Summary {
    /// Folds a document in.
    ///
    /// Fails where a row cannot be made JSON of.
    pub fn add(&mut self, rag: &Rag<'_>) -> serde_json::Result<()> {
        let by = By::nothing();
        let mut sorter = by.sorter(&PLAN, &[]);
        count(rag, &mut sorter)?;
        sorter.end().into_iter().for_each(|(_, share)| self.total.add(share));
        self.sessions += 1;
        self.no_citations += usize::from(rag.declares_no_citations());
        for (trace, flags) in rag.retrievals() {
            self.serial += 1;
            let label = trace.answerability.as_ref().and_then(|verdict| verdict.label.as_deref());
            let label = label.filter(|label| !label.is_empty());
            *self.labels.entry(label.map(str::to_owned)).or_default() += 1;
            let top_score = trace.top_score.map(Number::as_f64);
            if let Some(score) = top_score {
                self.top_scores.add(score);
            }
            if flags.has(Flag::Miss) {
                match trace.query_hash.as_deref() {
                    None | Some("") => self.missed_without_hash += 1,
                    Some(hash) => self.missed(hash, top_score),
                }
            }
            for chunk in &trace.retrieved {
                let serial = self.serial;
                let session = self.sessions;
                if let Some(document) = self.document(&chunk.doc_id) {
                    document.sessions += usize::from(document.session != session);
                    document.retrievals += usize::from(document.serial != serial);
                    document.session = session;
                    document.serial = serial;
                }
            }
        }
        for citation in &rag.input().citations {
            if let Some(document) = self.document(&citation.doc_id) {
                document.cited = true;
            }
        }
        Ok(())
    }

    /// Adds other sessions' figures.
    pub fn merge(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.no_citations += other.no_citations;
        self.total.merge(other.total);
        for (label, count) in other.labels {
            *self.labels.entry(label).or_default() += count;
        }
        self.top_scores.merge(&other.top_scores);
        self.missed_without_hash += other.missed_without_hash;
        for (hash, theirs) in other.missed {
            let mine = self.missed.entry(hash).or_default();
            mine.misses += theirs.misses;
            mine.sessions += theirs.sessions;
            mine.best = mine.best.into_iter().chain(theirs.best).reduce(f64::max);
        }
        for (id, theirs) in other.documents {
            let mine = self.documents.entry(id).or_default();
            mine.retrievals += theirs.retrievals;
            mine.sessions += theirs.sessions;
            mine.cited |= theirs.cited;
        }
        // What comes next is of another session, and another retrieval.
        self.serial += other.serial;
    }

    fn missed(&mut self, hash: &str, score: Option<f64>) {
        let Some(missed) = entry(&mut self.missed, hash) else { return };
        missed.misses += 1;
        missed.sessions += usize::from(missed.session != self.sessions);
        missed.session = self.sessions;
        if let Some(score) = score.filter(|score| score.is_finite()) {
            missed.best = Some(missed.best.map_or(score, |best| best.max(score)));
        }
    }

    /// What is known of a document; None for one whose id was not sent.
    fn document(&mut self, id: &str) -> Option<&mut Retrieved> {
        if id.is_empty() { None } else { entry(&mut self.documents, id) }
    }

    /// The figures.
    pub fn figures(&self) -> Figures<'_> {
        let counts = plan::counts(&self.total);
        let mut missed_queries: Vec<MissedQuery<'_>> = self
            .missed
            .iter()
            .map(|(hash, missed)| MissedQuery {
                query_hash: hash,
                misses: missed.misses,
                sessions: missed.sessions,
                best_score: missed.best,
            })
            .collect();
        missed_queries.sort_unstable_by(|a, b| {
            (b.misses, b.sessions).cmp(&(a.misses, a.sessions)).then(a.query_hash.cmp(b.query_hash))
        });
        let mut never_cited: Vec<NeverCited<'_>> = self
            .documents
            .iter()
            .filter(|(_, document)| !document.cited)
            .map(|(id, document)| NeverCited {
                doc_id: id,
                retrievals: document.retrievals,
                sessions: document.sessions,
            })
            .collect();
        never_cited.sort_unstable_by(|a, b| {
            (b.retrievals, b.sessions).cmp(&(a.retrievals, a.sessions)).then(a.doc_id.cmp(b.doc_id))
        });
        let mut answerability: Vec<Labelled<'_>> = self
            .labels
            .iter()
            .map(|(label, count)| Labelled {
                label: label.as_deref(),
                count: *count,
                share: share(*count, counts.retrievals),
            })
            .collect();
        // The sort keeps the order of names among equals.
        answerability.sort_by_key(|label| std::cmp::Reverse(label.count));
        Figures {
            sessions: self.sessions,
            sessions_declaring_no_citations: self.no_citations,
            counts,
            hit_rate: self.total.value(plan::HIT_RATE),
            unanswerable_rate: self.total.value(plan::UNANSWERABLE_RATE),
            uncited_rate: self.total.value(plan::UNCITED_RATE),
            answerability,
            top_scores: Scores::new(&self.top_scores),
            latency_ms: self.total.values(plan::LATENCY).map(Tally::spread).unwrap_or_default(),
            missed_queries,
            misses_without_hash: self.missed_without_hash,
            never_cited_documents: never_cited,
        }
    }
}

/// The entry of `key`, which is copied only where it is new. Always there.
fn entry<'m, T: Default>(map: &'m mut HashMap<String, T>, key: &str) -> Option<&'m mut T> {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), T::default());
    }
    map.get_mut(key)
}

/// Figures over the retrievals of all sessions.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Figures<'s> {
    /// Sessions looked at.
    pub sessions: usize,
    /// Sessions that declare `no_citations`: what they retrieved counts as never cited.
    pub sessions_declaring_no_citations: usize,
    /// How many of everything.
    #[serde(flatten)]
    pub counts: Counts,
    /// Hits among the retrievals with a verdict, from 0 to 1; null where there is none.
    pub hit_rate: Option<f64>,
    /// `unanswerable` of all retrievals, from 0 to 1; null where there are none.
    pub unanswerable_rate: Option<f64>,
    /// `uncited` of all retrievals, from 0 to 1; null where there are none.
    pub uncited_rate: Option<f64>,
    /// The answerability gate's verdicts, most first.
    pub answerability: Vec<Labelled<'s>>,
    /// The retrievals' top scores.
    pub top_scores: Scores,
    /// The retrievals' latencies.
    #[schemars(extend("unit" = "ms"))]
    pub latency_ms: Spread,
    /// The query hashes that missed, most often first: the knowledge gaps.
    pub missed_queries: Vec<MissedQuery<'s>>,
    /// Misses whose retrieval has no query hash.
    pub misses_without_hash: usize,
    /// Documents that were retrieved and that no citation names, most often first.
    pub never_cited_documents: Vec<NeverCited<'s>>,
}

/// How often the gate said this.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Labelled<'s> {
    /// What it said; null where it said nothing.
    pub label: Option<&'s str>,
    /// Retrievals of which it said so.
    pub count: usize,
    /// Those among all retrievals, from 0 to 1.
    pub share: Option<f64>,
}

/// A histogram of scores.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Scores {
    /// How many scores there are.
    pub count: usize,
    /// Scores below 0.
    pub under: usize,
    /// Ten bins from 0 to 1.
    pub bins: Vec<Bin>,
    /// Scores above 1.
    pub over: usize,
}

impl Scores {
    #[allow(clippy::cast_precision_loss, reason = "there are ten bins")]
    fn new(histogram: &Histogram) -> Self {
        let edge = |index: usize| index as f64 / stats::BINS as f64;
        let bins = histogram.bins.iter().enumerate().map(|(index, count)| Bin {
            from: edge(index),
            to: edge(index + 1),
            count: *count,
        });
        Self {
            count: histogram.total(),
            under: histogram.under,
            bins: bins.collect(),
            over: histogram.over,
        }
    }
}

/// One bin of a histogram.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Bin {
    /// The least score it holds.
    pub from: f64,
    /// The score it ends before; the last bin holds 1 too.
    pub to: f64,
    /// How many scores it holds.
    pub count: usize,
}

/// A query that missed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MissedQuery<'s> {
    /// Fingerprint of the query.
    pub query_hash: &'s str,
    /// Retrievals that missed.
    pub misses: usize,
    /// Sessions in which they did.
    pub sessions: usize,
    /// The best `top_score` among those retrievals.
    pub best_score: Option<f64>,
}

/// A document that was retrieved and never cited.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NeverCited<'s> {
    /// The document's id.
    pub doc_id: &'s str,
    /// Retrievals that returned a chunk of it.
    pub retrievals: usize,
    /// Sessions in which they did.
    pub sessions: usize,
}

#[cfg(test)]
mod tests {
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
                .map(|document| {
                    (document.doc_id.to_owned(), document.retrievals, document.sessions)
                })
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
        assert!(
            text.contains(r#""retrievals":0"#) && text.contains(r#""hit_rate":null"#),
            "{text}"
        );
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
}
