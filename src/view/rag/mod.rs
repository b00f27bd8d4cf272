//! Retrievals: what was searched, found and cited.
//!
//! Joins, all by equality of what was sent:
//! - A retrieval or a citation belongs to the message whose `turn_id` is its `assistant_turn_id`.
//!   Where no message has it, it is an orphan: shown and flagged, never dropped.
//! - A retrieved chunk is cited when a citation has the same turn, chunk and document. One citation
//!   cites every retrieved chunk it matches: the same chunk found twice in a turn is cited twice.
//! - Citations with the same turn, chunk and document are one citation, the first: a repeat changes
//!   no count and adds no row.
//! - A citation that no retrieval of its turn returned is a row of its own. It follows the last
//!   retrieval of its turn or, where its turn retrieved nothing, all retrievals.

mod flags;
mod page;
mod row;
#[cfg(test)]
pub(crate) mod tests;

use std::slice;

use hashbrown::{HashMap, HashSet};
use schemars::JsonSchema;
use serde::Serialize;

pub use self::flags::{Flag, Flags};
pub use self::row::{ChunkRow, Citation, Row, score_used};
use super::citations::{Citations, Place};
use super::turns::{Said, Turns};
use crate::model::{
    CitedChunk, MessageTurn, MissingEvidenceReason, RagTraceEntry, RetrievedChunk,
    SessionAnalysisInput, Skipped, Timestamp,
};

/// What this view reads of a document.
pub type Input<'a> =
    SessionAnalysisInput<'a, MessageTurn<'a>, RagTraceEntry<'a>, CitedChunk<'a>, Skipped>;

/// How many of everything, over one document or several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Retrievals.
    pub retrievals: usize,
    /// Retrievals that the runtime counted as a hit.
    pub hits: usize,
    /// Retrievals for which the runtime said whether they were one.
    pub verdicts: usize,
    /// Retrievals flagged `miss`.
    pub misses: usize,
    /// Retrievals flagged `unanswerable`.
    pub unanswerable: usize,
    /// Retrievals flagged `uncited`.
    pub uncited: usize,
    /// Citations flagged `cited-not-retrieved`.
    pub cited_not_retrieved: usize,
    /// Rows flagged `orphan`: retrievals, and citations that are rows of their own.
    pub orphans: usize,
    /// Chunks that were retrieved, over all retrievals.
    pub chunks_found: usize,
    /// How many of those were cited.
    pub chunks_cited: usize,
    /// Citations, repeats not counted.
    pub citations: usize,
}

impl Counts {
    /// Adds another document's.
    #[cfg(test)]
    pub const fn add(&mut self, other: &Self) {
        self.retrievals += other.retrievals;
        self.hits += other.hits;
        self.verdicts += other.verdicts;
        self.misses += other.misses;
        self.unanswerable += other.unanswerable;
        self.uncited += other.uncited;
        self.cited_not_retrieved += other.cited_not_retrieved;
        self.orphans += other.orphans;
        self.chunks_found += other.chunks_found;
        self.chunks_cited += other.chunks_cited;
        self.citations += other.citations;
    }

    /// Counts a row's flags.
    fn flagged(&mut self, flags: Flags) {
        self.misses += usize::from(flags.has(Flag::Miss));
        self.unanswerable += usize::from(flags.has(Flag::Unanswerable));
        self.uncited += usize::from(flags.has(Flag::Uncited));
        self.cited_not_retrieved += usize::from(flags.has(Flag::CitedNotRetrieved));
        self.orphans += usize::from(flags.has(Flag::Orphan));
    }
}

/// A document of which the messages and the calls may be read more or less closely.
type Joined<'d, M, T> = SessionAnalysisInput<'d, M, RagTraceEntry<'d>, CitedChunk<'d>, T>;

/// One document's retrievals and citations, joined.
#[derive(Debug)]
pub struct Rag<'d, M = MessageTurn<'d>, T = Skipped> {
    input: &'d Joined<'d, M, T>,
    entries: Vec<Entry<'d>>,
    /// For every retrieved chunk, retrieval by retrieval, whether it was cited.
    cited: Vec<bool>,
    counts: Counts,
    flags: Flags,
}

/// What a row is made of.
#[derive(Clone, Copy, Debug)]
struct Entry<'d> {
    what: What<'d>,
    turn: Option<usize>,
    timestamp: Option<&'d Timestamp<'d>>,
    flags: Flags,
}

#[derive(Clone, Copy, Debug)]
enum What<'d> {
    /// A retrieval, where its chunks begin in [`Rag::cited`], and how many of them are cited.
    Retrieval { trace: &'d RagTraceEntry<'d>, first: usize, cited: usize },
    /// A citation that no retrieval of its turn returned.
    Citation(&'d CitedChunk<'d>),
}

impl<'d, M: Said<'d>, T> Rag<'d, M, T> {
    /// Joins a document's retrievals with its turns and citations.
    pub fn new(input: &'d Joined<'d, M, T>) -> Self {
        let mut turns = Turns::new(&input.messages);
        let citing = input.citations.iter().map(|citation| &*citation.assistant_turn_id);
        let citations = Citations::new(&input.citations, turns.places(citing));
        let mut retrieved = vec![false; input.citations.len()];
        let found = input.rag_traces.iter().map(|trace| trace.retrieved.len()).sum();
        let mut rag = Self {
            input,
            entries: Vec::with_capacity(input.rag_traces.len()),
            cited: Vec::with_capacity(found),
            counts: Counts {
                retrievals: input.rag_traces.len(),
                chunks_found: found,
                citations: citations.same().count(),
                ..Counts::default()
            },
            flags: Flags::default(),
        };
        let mut missed = HashSet::new();
        for trace in &input.rag_traces {
            let place = turns.place(&trace.assistant_turn_id);
            let of_turn = citations.of_turn(place);
            let mut entry = rag.retrieval(trace, turns.at(place), |chunk| {
                let cited = citations.find(of_turn, &chunk.doc_id, &chunk.chunk_id);
                let retrieved = cited.and_then(|cited| retrieved.get_mut(cited.index()));
                retrieved.map(|retrieved| *retrieved = true).is_some()
            });
            if let Some(hash) = trace.query_hash.as_deref().filter(|hash| !hash.is_empty()) {
                entry.flags.set(Flag::Repeat, missed.contains(hash));
                if entry.flags.has(Flag::Miss) {
                    missed.insert(hash);
                }
            }
            rag.note(entry.flags);
            rag.entries.push(entry);
        }
        let firsts = citations.same().filter_map(|same| same.first().copied());
        let strays = firsts.filter(|cited| retrieved.get(cited.index()) == Some(&false)).collect();
        rag.place_strays(&mut turns, strays);
        rag
    }

    /// Joins one retrieval with the citations of its turn; `is_cited` looks a chunk up among them.
    fn retrieval(
        &mut self,
        trace: &'d RagTraceEntry<'d>,
        turn: Option<usize>,
        mut is_cited: impl FnMut(&RetrievedChunk<'d>) -> bool,
    ) -> Entry<'d> {
        let first = self.cited.len();
        self.cited.extend(trace.retrieved.iter().map(&mut is_cited));
        let cited = self.cited.iter().skip(first).filter(|cited| **cited).count();
        self.counts.chunks_cited += cited;
        self.counts.hits += usize::from(trace.hit == Some(true));
        self.counts.verdicts += usize::from(trace.hit.is_some());

        let mut flags = Flags::default();
        flags.set(Flag::Miss, is_miss(trace, trace.retrieved.len()));
        flags.set(Flag::Unanswerable, is_unanswerable(trace));
        flags.set(Flag::Uncited, cited == 0 && !trace.retrieved.is_empty());
        flags.set(Flag::Orphan, turn.is_none());
        flags.set(Flag::Disagrees, disagrees(trace));
        let what = What::Retrieval { trace, first, cited };
        Entry { what, turn, timestamp: self.time(turn), flags }
    }

    /// Puts each citation that no retrieval returned behind the last retrieval of its turn, or last.
    fn place_strays(&mut self, turns: &mut Turns<'d>, mut strays: Vec<Place>) {
        if strays.is_empty() {
            return;
        }
        strays.sort_unstable_by_key(|stray| stray.index());
        let traces = self.input.rag_traces.iter().enumerate();
        let last: HashMap<usize, usize> =
            traces.map(|(index, trace)| (turns.place(&trace.assistant_turn_id), index)).collect();
        let end = self.entries.len();
        let mut placed: Vec<(usize, Entry<'d>)> =
            std::mem::take(&mut self.entries).into_iter().enumerate().collect();
        for stray in strays {
            let Some(citation) = self.input.citations.get(stray.index()) else { continue };
            let turn = turns.at(stray.turn());
            let mut flags = Flags::from_iter([Flag::CitedNotRetrieved]);
            flags.set(Flag::Orphan, turn.is_none());
            self.note(flags);
            let what = What::Citation(citation);
            let entry = Entry { what, turn, timestamp: self.time(turn), flags };
            placed.push((last.get(&stray.turn()).copied().unwrap_or(end), entry));
        }
        placed.sort_by_key(|(place, _)| *place);
        self.entries = placed.into_iter().map(|(_, entry)| entry).collect();
    }

    fn note(&mut self, flags: Flags) {
        self.flags.add(flags);
        self.counts.flagged(flags);
    }

    /// When a turn was said.
    fn time(&self, turn: Option<usize>) -> Option<&'d Timestamp<'d>> {
        self.input.messages.get(turn?.checked_sub(1)?).and_then(Said::timestamp)
    }

    /// The document this is of.
    pub const fn input(&self) -> &'d Joined<'d, M, T> {
        self.input
    }

    /// How many of everything.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Every flag that any row has.
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// The rows that have one of the flags in `only`; all where it is empty. Made as they are asked
    /// for.
    pub fn rows(&self, only: Flags) -> impl Iterator<Item = Row<'d>> {
        self.entries.iter().filter(move |entry| entry.flags.pass(only)).map(|entry| self.row(entry))
    }

    /// All rows, each with its retrieval where it is one.
    pub fn units(&self) -> impl Iterator<Item = (Row<'d>, Option<&'d RagTraceEntry<'d>>)> {
        self.entries.iter().map(|entry| {
            let trace = match entry.what {
                What::Retrieval { trace, .. } => Some(trace),
                What::Citation(_) => None,
            };
            (self.row(entry), trace)
        })
    }

    /// The chunks of those rows.
    pub fn chunks(&self, only: Flags) -> impl Iterator<Item = ChunkRow<'d>> {
        self.entries
            .iter()
            .filter(move |entry| entry.flags.pass(only))
            .flat_map(|entry| self.chunks_of(entry))
    }

    /// The retrievals, each with its flags, in the document's order.
    pub fn retrievals(&self) -> impl Iterator<Item = (&'d RagTraceEntry<'d>, Flags)> {
        self.entries.iter().filter_map(|entry| match entry.what {
            What::Retrieval { trace, .. } => Some((trace, entry.flags)),
            What::Citation(_) => None,
        })
    }

    /// The times of the rows' turns.
    pub fn times(&self) -> impl Iterator<Item = &'d Timestamp<'d>> {
        self.entries.iter().filter_map(|entry| entry.timestamp)
    }

    /// The reasons the document gives for having no retrievals.
    pub fn reasons(&self) -> impl Iterator<Item = &'d MissingEvidenceReason<'d>> {
        self.input.missing_evidence_reasons.iter().filter(|reason| {
            matches!(
                reason,
                MissingEvidenceReason::NoRagTrace | MissingEvidenceReason::LegacySession
            )
        })
    }

    /// Whether the document declares that citations were not recorded.
    pub fn declares_no_citations(&self) -> bool {
        self.input.missing_evidence_reasons.contains(&MissingEvidenceReason::NoCitations)
    }

    fn row(&self, entry: &Entry<'d>) -> Row<'d> {
        let mut row = Row {
            session_id: &self.input.session_id,
            rag_query_id: None,
            turn: entry.turn,
            assistant_turn_id: "",
            timestamp: entry.timestamp,
            query_hash: None,
            kb_ids: &[],
            found: None,
            cited: None,
            top_score: None,
            hit: None,
            label: None,
            action: None,
            mode: None,
            reason_code: None,
            raw_top_score: None,
            score_basis: None,
            threshold_low: None,
            threshold_high: None,
            score_used: None,
            distance_low: None,
            distance_high: None,
            latency_ms: None,
            citation: None,
            flags: entry.flags,
        };
        match entry.what {
            What::Retrieval { trace, cited, .. } => {
                row.rag_query_id = Some(&trace.rag_query_id);
                row.assistant_turn_id = &trace.assistant_turn_id;
                row.query_hash = trace.query_hash.as_deref();
                row.kb_ids = &trace.kb_ids;
                row.found = Some(trace.retrieved.len());
                row.cited = Some(cited);
                row.top_score = trace.top_score;
                row.hit = trace.hit;
                row.latency_ms = trace.latency_ms;
                if let Some(answerability) = &trace.answerability {
                    row.judge(answerability);
                }
            }
            What::Citation(citation) => {
                row.assistant_turn_id = &citation.assistant_turn_id;
                if !citation.kb_id.is_empty() {
                    row.kb_ids = slice::from_ref(&citation.kb_id);
                }
                row.citation = Some(Citation {
                    kb_id: &citation.kb_id,
                    doc_id: &citation.doc_id,
                    chunk_id: &citation.chunk_id,
                    version_id: citation.version_id.as_deref(),
                });
            }
        }
        row
    }

    fn chunks_of(&self, entry: &Entry<'d>) -> impl Iterator<Item = ChunkRow<'d>> {
        let blank = ChunkRow {
            session_id: &self.input.session_id,
            rag_query_id: None,
            turn: entry.turn,
            assistant_turn_id: "",
            rank: None,
            chunk_id: "",
            doc_id: "",
            version_id: None,
            kb_id: None,
            score: None,
            cited: true,
            flags: entry.flags,
        };
        let (trace, first, citation) = match entry.what {
            What::Retrieval { trace, first, .. } => (Some(trace), first, None),
            What::Citation(citation) => (None, 0, Some(citation)),
        };
        let retrieved = trace.into_iter().flat_map(move |trace| {
            let cited = self.cited.get(first..).unwrap_or_default();
            trace.retrieved.iter().zip(cited).enumerate().map(move |(index, (chunk, cited))| {
                ChunkRow {
                    rag_query_id: Some(&trace.rag_query_id),
                    assistant_turn_id: &trace.assistant_turn_id,
                    rank: Some(index + 1),
                    chunk_id: &chunk.chunk_id,
                    doc_id: &chunk.doc_id,
                    version_id: chunk.version_id.as_deref(),
                    score: chunk.score,
                    cited: *cited,
                    ..blank
                }
            })
        });
        retrieved.chain(citation.map(|citation| ChunkRow {
            assistant_turn_id: &citation.assistant_turn_id,
            chunk_id: &citation.chunk_id,
            doc_id: &citation.doc_id,
            version_id: citation.version_id.as_deref(),
            kb_id: Some(&*citation.kb_id).filter(|id| !id.is_empty()),
            ..blank
        }))
    }
}

/// [`Flag::Miss`], of a retrieval that found so many chunks.
pub fn is_miss<L>(trace: &RagTraceEntry<'_, L>, found: usize) -> bool {
    match trace.hit {
        Some(hit) => !hit,
        None => found == 0,
    }
}

/// [`Flag::Disagrees`].
fn disagrees(trace: &RagTraceEntry<'_>) -> bool {
    let label =
        trace.answerability.as_ref().and_then(|answerability| answerability.label.as_deref());
    let says = |what: &str| label.is_some_and(|label| label.eq_ignore_ascii_case(what));
    match trace.hit {
        Some(true) => says("unanswerable"),
        Some(false) => says("answerable"),
        None => false,
    }
}

/// [`Flag::Unanswerable`].
pub fn is_unanswerable<L>(trace: &RagTraceEntry<'_, L>) -> bool {
    let Some(answerability) = &trace.answerability else { return false };
    match answerability.label.as_deref() {
        Some(label) if !label.is_empty() => label.eq_ignore_ascii_case("unanswerable"),
        _ => match (score_used(answerability, trace.top_score), answerability.threshold_low) {
            (Some((_, score)), Some(low)) => score.as_f64() < low.as_f64(),
            _ => false,
        },
    }
}
