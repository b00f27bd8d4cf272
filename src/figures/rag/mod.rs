//! Figures over the retrievals of many sessions.
//!
//! Documents are folded in one by one; what is kept grows with the distinct labels, query hashes,
//! document ids and latencies, not with the sessions.

mod documents;
mod gate;
mod lines;
mod plan;
mod scores;
mod tables;
#[cfg(test)]
mod tests;
mod thresholds;

use hashbrown::HashMap;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::documents::{DocumentRow, Documents};
use self::gate::Gate;
pub use self::gate::GateAction;
pub use self::lines::{Line, lines};
pub use self::plan::{MORE, PLAN, count};
pub use self::scores::{ComparedScores, number};
use self::scores::{Scored, Scores as Compared};
pub use self::tables::{sections, totals};
pub use self::thresholds::ThresholdRow;
use super::Merge;
use super::by::By;
use super::group::Group;
use super::stats::{self, Histogram, Spread, Tally};
use crate::model::Number;
use crate::rows::spell;
use crate::view::ending::Ending;
use crate::view::gaps::{score, score_basis, threshold_low};
use crate::view::rag::{Counts, Flag, Rag};
use crate::view::share;
use crate::view::turns::Said;

/// What has been folded so far.
#[derive(Debug)]
pub struct Summary {
    /// All of it that is counted alike in every group.
    total: Group,
    sessions: usize,
    /// Sessions that declare that citations were not recorded.
    no_citations: usize,
    /// By the label; by nothing where there was none.
    labels: HashMap<String, usize>,
    top_scores: Histogram,
    missed: HashMap<String, Missed>,
    missed_without_hash: usize,
    documents: HashMap<String, Retrieved>,
    /// Retrievals so far: tells one retrieval from the next.
    serial: usize,
    disagrees: usize,
    repeats: usize,
    scores: Compared,
    gate: Gate,
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
            labels: HashMap::new(),
            top_scores: Histogram::default(),
            missed: HashMap::new(),
            missed_without_hash: 0,
            documents: HashMap::new(),
            serial: 0,
            disagrees: 0,
            repeats: 0,
            scores: Compared::default(),
            gate: Gate::default(),
        }
    }
}

impl Summary {
    /// Folds a document in.
    ///
    /// Fails where a row cannot be made JSON of.
    pub fn add<'d, M: Said<'d>, T>(&mut self, rag: &Rag<'d, M, T>) -> serde_json::Result<()> {
        let by = By::nothing();
        let mut sorter = by.sorter(&PLAN, &[]);
        count(rag, &mut sorter)?;
        sorter.end().into_iter().for_each(|(_, share)| self.total.add(share));
        self.sessions += 1;
        self.no_citations += usize::from(rag.declares_no_citations());
        let ending = Ending::of(rag.input());
        for (trace, flags) in rag.retrievals() {
            self.serial += 1;
            self.disagrees += usize::from(flags.has(Flag::Disagrees));
            self.repeats += usize::from(flags.has(Flag::Repeat));
            let verdict = trace.answerability.as_ref();
            self.scores.add(Scored {
                basis: score_basis(trace),
                score: score(trace),
                low: threshold_low(trace),
                high: verdict.and_then(|verdict| verdict.threshold_high).map(Number::as_f64),
                cited: !trace.retrieved.is_empty() && !flags.has(Flag::Uncited),
                ending,
            });
            if let Some(verdict) = verdict {
                self.gate.add(verdict, ending);
            }
            let label = verdict.and_then(|verdict| verdict.label.as_deref());
            *self.labels.entry_ref(label.unwrap_or_default()).or_default() += 1;
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

    fn missed(&mut self, hash: &str, score: Option<f64>) {
        let missed = self.missed.entry_ref(hash).or_default();
        missed.misses += 1;
        missed.sessions += usize::from(missed.session != self.sessions);
        missed.session = self.sessions;
        if let Some(score) = score.filter(|score| score.is_finite()) {
            missed.best = Some(missed.best.map_or(score, |best| best.max(score)));
        }
    }

    /// What is known of a document; None for one whose id was not sent.
    fn document(&mut self, id: &str) -> Option<&mut Retrieved> {
        if id.is_empty() { None } else { Some(self.documents.entry_ref(id).or_default()) }
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
                label: Some(&**label).filter(|label| !label.is_empty()),
                count: *count,
                share: share(*count, counts.retrievals),
            })
            .collect();
        answerability.sort_unstable_by_key(|label| (std::cmp::Reverse(label.count), label.label));
        Figures {
            sessions: self.sessions,
            sessions_declaring_no_citations: self.no_citations,
            counts,
            hit_rate: self.total.value(plan::HIT_RATE),
            unanswerable_rate: self.total.value(plan::UNANSWERABLE_RATE),
            uncited_rate: self.total.value(plan::UNCITED_RATE),
            answerability,
            top_scores: Scores::new(&self.top_scores),
            latency_ms: self.latencies().map(Tally::spread).unwrap_or_default(),
            missed_queries,
            misses_without_hash: self.missed_without_hash,
            never_cited_documents: never_cited,
            disagrees: self.disagrees,
            repeats: self.repeats,
            compared_scores: self.scores.histograms(),
            gate_actions: self.gate.actions(),
            cautions: self.cautions(),
        }
    }

    /// The retrievals' latencies, in milliseconds.
    pub fn latencies(&self) -> Option<&Tally> {
        self.total.values(plan::LATENCY)
    }

    /// What cannot be known of these sessions, a line each.
    pub fn cautions(&self) -> Vec<String> {
        let unrecorded = citations_unrecorded(self.no_citations);
        unrecorded.into_iter().chain(self.scores.cautions()).collect()
    }
}

impl Merge for Summary {
    fn merge(&mut self, other: Self) {
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
        self.disagrees += other.disagrees;
        self.repeats += other.repeats;
        self.scores.merge(other.scores);
        self.gate.merge(other.gate);
        // What comes next is of another session, and another retrieval.
        self.serial += other.serial;
    }
}

/// A caution where sessions declare that citations were not recorded.
fn citations_unrecorded(sessions: usize) -> Option<String> {
    let (declare, they) = if sessions == 1 { ("declares", "it") } else { ("declare", "they") };
    (sessions > 0).then(|| {
        let sessions = spell::counted(sessions, "session", "sessions");
        format!("{sessions} {declare} no_citations: what {they} cited may not have been recorded")
    })
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
    /// Retrievals flagged `disagrees`.
    pub disagrees: usize,
    /// Retrievals flagged `repeat`.
    pub repeats: usize,
    /// The scores that the gate compares, a histogram a kind of score.
    pub compared_scores: Vec<ComparedScores<'s>>,
    /// What the gate did, most often first, and how those sessions ended.
    pub gate_actions: Vec<GateAction<'s>>,
    /// What cannot be known of these sessions, for people.
    #[serde(skip)]
    cautions: Vec<String>,
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
