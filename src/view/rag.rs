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

pub mod summary;

use std::collections::HashMap;
use std::slice;

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use super::turns::Turns;
use crate::model::{
    CitedChunk, MessageTurn, MissingEvidenceReason, Number, RagTraceAnswerability, RagTraceEntry,
    SessionAnalysisInput, Skipped, Text, Timestamp,
};

/// What this view reads of a document.
pub type Input<'a> =
    SessionAnalysisInput<'a, MessageTurn<'a>, RagTraceEntry<'a>, CitedChunk<'a>, Skipped>;

/// What there is to say about a retrieval or a citation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// A retrieval that found nothing of use: `hit` is false or, where `hit` was not sent, no chunk
    /// was retrieved.
    Miss,
    /// A retrieval whose answerability `label` is `unanswerable` or, where there is no label, whose
    /// `raw_top_score` (else `top_score`) lies under `threshold_low`.
    Unanswerable,
    /// A retrieval that found chunks of which none was cited.
    Uncited,
    /// A citation that no retrieval of its turn returned.
    CitedNotRetrieved,
    /// A retrieval or a citation whose turn no message has.
    Orphan,
}

impl Flag {
    /// Every flag, in the order rows list them.
    pub const ALL: [Self; 5] =
        [Self::Miss, Self::Unanswerable, Self::Uncited, Self::CitedNotRetrieved, Self::Orphan];

    /// The flag as rows and `--only` spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Miss => "miss",
            Self::Unanswerable => "unanswerable",
            Self::Uncited => "uncited",
            Self::CitedNotRetrieved => "cited-not-retrieved",
            Self::Orphan => "orphan",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of flags. As JSON, an array of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `flag` is among them.
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & flag.bit() != 0
    }

    /// Whether the two sets share a flag.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The names, in order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Flag::ALL.into_iter().filter(move |flag| self.has(*flag)).map(Flag::name)
    }

    /// Whether a row with these flags is shown where `only` was asked for; an empty `only` asks for
    /// all.
    const fn pass(self, only: Self) -> bool {
        only.is_empty() || self.meets(only)
    }

    const fn set(&mut self, flag: Flag, on: bool) {
        if on {
            self.0 |= flag.bit();
        }
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        Self(flags.into_iter().fold(0, |bits, flag| bits | flag.bit()))
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.count_ones() as usize))?;
        for name in self.names() {
            list.serialize_element(name)?;
        }
        list.end()
    }
}

/// A row of the retrieval view: a retrieval, or a citation that no retrieval of its turn returned.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Row<'d> {
    /// The session's id.
    pub session_id: &'d str,
    /// The retrieval's id; null for a citation.
    pub rag_query_id: Option<&'d str>,
    /// The number of the turn it fed, from 1; null for an orphan.
    pub turn: Option<usize>,
    /// The id of the turn it fed.
    pub assistant_turn_id: &'d str,
    /// When that turn was said; null for an orphan.
    pub timestamp: Option<&'d Timestamp<'d>>,
    /// Fingerprint of the query; equal hashes are the same question.
    pub query_hash: Option<&'d str>,
    /// The knowledge bases that were searched; a citation's own.
    pub kb_ids: &'d [Text<'d>],
    /// How many chunks were retrieved; null for a citation.
    pub found: Option<usize>,
    /// How many of them were cited; null for a citation.
    pub cited: Option<usize>,
    /// The best chunk's score as shown to users.
    pub top_score: Option<Number<'d>>,
    /// Whether the runtime counted the retrieval as a hit.
    pub hit: Option<bool>,
    /// The answerability gate's verdict.
    pub label: Option<&'d str>,
    /// What the gate did.
    pub action: Option<&'d str>,
    /// `shadow` (judged only) or `enforce` (acted on).
    pub mode: Option<&'d str>,
    /// Why, as a code.
    pub reason_code: Option<&'d str>,
    /// Best score before normalization.
    pub raw_top_score: Option<Number<'d>>,
    /// What the score measures.
    pub score_basis: Option<&'d str>,
    /// Below this score a query counts as unanswerable.
    pub threshold_low: Option<Number<'d>>,
    /// From this score on a query counts as answerable.
    pub threshold_high: Option<Number<'d>>,
    /// Which score the distances are from: `raw_top_score` or, where that was not sent, `top_score`;
    /// null where there is nothing to compare.
    pub score_used: Option<&'static str>,
    /// That score less `threshold_low`, to nine decimals: negative where it lies under.
    pub distance_low: Option<f64>,
    /// That score less `threshold_high`, to nine decimals: negative where it lies under.
    pub distance_high: Option<f64>,
    /// Time the retrieval took, in milliseconds.
    pub latency_ms: Option<Number<'d>>,
    /// The citation, where the row is one; else null.
    pub citation: Option<Citation<'d>>,
    /// What there is to say about it.
    pub flags: Flags,
}

/// A citation that no retrieval of its turn returned.
#[derive(Clone, Copy, Debug, Serialize)]
#[allow(clippy::struct_field_names, reason = "the API's own names")]
pub struct Citation<'d> {
    /// The knowledge base it is from.
    pub kb_id: &'d str,
    /// The document it is part of.
    pub doc_id: &'d str,
    /// The chunk's id.
    pub chunk_id: &'d str,
    /// The document's version.
    pub version_id: Option<&'d str>,
}

/// A row of the chunk view: a retrieved chunk, or a citation that no retrieval of its turn returned.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ChunkRow<'d> {
    /// The session's id.
    pub session_id: &'d str,
    /// The id of the retrieval that returned it; null for a citation.
    pub rag_query_id: Option<&'d str>,
    /// The number of the turn it was for, from 1; null for an orphan.
    pub turn: Option<usize>,
    /// The id of the turn it was for.
    pub assistant_turn_id: &'d str,
    /// Its place among what the retrieval returned, from 1; null for a citation.
    pub rank: Option<usize>,
    /// The chunk's id.
    pub chunk_id: &'d str,
    /// The document it is part of.
    pub doc_id: &'d str,
    /// The document's version.
    pub version_id: Option<&'d str>,
    /// The knowledge base it is from; only citations name one.
    pub kb_id: Option<&'d str>,
    /// How well it matched; null for a citation.
    pub score: Option<Number<'d>>,
    /// Whether it was cited.
    pub cited: bool,
    /// What there is to say about the retrieval that returned it, or about the citation.
    pub flags: Flags,
}

/// How many of everything, over one document or several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

/// One document's retrievals and citations, joined.
#[derive(Debug)]
pub struct Rag<'d> {
    input: &'d Input<'d>,
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

/// The citations of one turn: chunk and document → the citation's index, and whether a retrieval
/// returned it.
type Cited<'d> = HashMap<(&'d str, &'d str), (usize, bool)>;

impl<'d> Rag<'d> {
    /// Joins a document's retrievals with its turns and citations.
    pub fn new(input: &'d Input<'d>) -> Self {
        let turns = Turns::new(&input.messages);
        let mut by_turn: HashMap<&str, Cited<'_>> = HashMap::new();
        for (index, citation) in input.citations.iter().enumerate() {
            by_turn
                .entry(&citation.assistant_turn_id)
                .or_default()
                .entry((&citation.chunk_id, &citation.doc_id))
                .or_insert((index, false));
        }

        let found = input.rag_traces.iter().map(|trace| trace.retrieved.len()).sum();
        let mut rag = Self {
            input,
            entries: Vec::with_capacity(input.rag_traces.len()),
            cited: Vec::with_capacity(found),
            counts: Counts {
                retrievals: input.rag_traces.len(),
                chunks_found: found,
                citations: by_turn.values().map(HashMap::len).sum(),
                ..Counts::default()
            },
            flags: Flags::default(),
        };
        for trace in &input.rag_traces {
            let entry = rag.retrieval(trace, &turns, by_turn.get_mut(&*trace.assistant_turn_id));
            rag.note(entry.flags);
            rag.entries.push(entry);
        }
        rag.place_strays(&turns, &by_turn);
        rag
    }

    /// Joins one retrieval with the citations of its turn.
    fn retrieval(
        &mut self,
        trace: &'d RagTraceEntry<'d>,
        turns: &Turns<'d>,
        mut citations: Option<&mut Cited<'d>>,
    ) -> Entry<'d> {
        let first = self.cited.len();
        let mut cited = 0;
        for chunk in &trace.retrieved {
            let key = (&*chunk.chunk_id, &*chunk.doc_id);
            let citation = citations.as_mut().and_then(|citations| citations.get_mut(&key));
            self.cited.push(citation.is_some());
            if let Some((_, retrieved)) = citation {
                *retrieved = true;
                cited += 1;
            }
        }
        self.counts.chunks_cited += cited;
        self.counts.hits += usize::from(trace.hit == Some(true));
        self.counts.verdicts += usize::from(trace.hit.is_some());

        let (turn, timestamp) = self.turn(&trace.assistant_turn_id, turns);
        let mut flags = Flags::default();
        flags.set(Flag::Miss, is_miss(trace));
        flags.set(Flag::Unanswerable, is_unanswerable(trace));
        flags.set(Flag::Uncited, cited == 0 && !trace.retrieved.is_empty());
        flags.set(Flag::Orphan, turn.is_none());
        Entry { what: What::Retrieval { trace, first, cited }, turn, timestamp, flags }
    }

    /// Puts each citation that no retrieval returned behind the last retrieval of its turn, or last.
    fn place_strays(&mut self, turns: &Turns<'d>, by_turn: &HashMap<&str, Cited<'d>>) {
        let strays: Vec<&'d CitedChunk<'d>> = (self.input.citations.iter().enumerate())
            .filter(|(index, citation)| {
                by_turn
                    .get(&*citation.assistant_turn_id)
                    .and_then(|cited| cited.get(&(&*citation.chunk_id, &*citation.doc_id)))
                    .is_some_and(|(first, retrieved)| first == index && !retrieved)
            })
            .map(|(_, citation)| citation)
            .collect();
        if strays.is_empty() {
            return;
        }
        let last: HashMap<&str, usize> = (self.input.rag_traces.iter().enumerate())
            .map(|(index, trace)| (&*trace.assistant_turn_id, index))
            .collect();
        let end = self.entries.len();
        let mut placed: Vec<(usize, Entry<'d>)> =
            std::mem::take(&mut self.entries).into_iter().enumerate().collect();
        for citation in strays {
            let (turn, timestamp) = self.turn(&citation.assistant_turn_id, turns);
            let mut flags = Flags::from_iter([Flag::CitedNotRetrieved]);
            flags.set(Flag::Orphan, turn.is_none());
            self.note(flags);
            let place = last.get(&*citation.assistant_turn_id).copied().unwrap_or(end);
            let what = What::Citation(citation);
            placed.push((place, Entry { what, turn, timestamp, flags }));
        }
        placed.sort_by_key(|(place, _)| *place);
        self.entries = placed.into_iter().map(|(_, entry)| entry).collect();
    }

    fn note(&mut self, flags: Flags) {
        self.flags.0 |= flags.0;
        self.counts.flagged(flags);
    }

    /// The number and time of a turn. An id that was not sent is no message's.
    fn turn(&self, id: &str, turns: &Turns<'d>) -> (Option<usize>, Option<&'d Timestamp<'d>>) {
        let number = if id.is_empty() { None } else { turns.number(id) };
        let message = number.and_then(|number| self.input.messages.get(number - 1));
        (number, message.and_then(|message| message.timestamp.as_ref()))
    }

    /// The document this is of.
    pub const fn input(&self) -> &'d Input<'d> {
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

    /// The chunks of those rows.
    pub fn chunks(&self, only: Flags) -> impl Iterator<Item = ChunkRow<'d>> {
        self.entries
            .iter()
            .filter(move |entry| entry.flags.pass(only))
            .flat_map(|entry| self.chunks_of(entry))
    }

    /// The retrievals and how many chunks of each were cited, in the document's order.
    fn retrievals(&self) -> impl Iterator<Item = (&'d RagTraceEntry<'d>, Flags)> {
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

impl<'d> Row<'d> {
    /// Takes over the gate's verdict.
    fn judge(&mut self, answerability: &'d RagTraceAnswerability<'d>) {
        self.label = answerability.label.as_deref();
        self.action = answerability.action.as_deref();
        self.mode = answerability.mode.as_deref();
        self.reason_code = answerability.reason_code.as_deref();
        self.raw_top_score = answerability.raw_top_score;
        self.score_basis = answerability.score_basis.as_deref();
        self.threshold_low = answerability.threshold_low;
        self.threshold_high = answerability.threshold_high;
        if let Some((name, score)) = score_used(answerability, self.top_score) {
            self.distance_low = distance(score, self.threshold_low);
            self.distance_high = distance(score, self.threshold_high);
            if self.distance_low.is_some() || self.distance_high.is_some() {
                self.score_used = Some(name);
            }
        }
    }
}

/// [`Flag::Miss`].
fn is_miss(trace: &RagTraceEntry<'_>) -> bool {
    match trace.hit {
        Some(hit) => !hit,
        None => trace.retrieved.is_empty(),
    }
}

/// [`Flag::Unanswerable`].
fn is_unanswerable(trace: &RagTraceEntry<'_>) -> bool {
    let Some(answerability) = &trace.answerability else { return false };
    match answerability.label.as_deref() {
        Some(label) if !label.is_empty() => label.eq_ignore_ascii_case("unanswerable"),
        _ => match (score_used(answerability, trace.top_score), answerability.threshold_low) {
            (Some((_, score)), Some(low)) => score.as_f64() < low.as_f64(),
            _ => false,
        },
    }
}

/// The score that is held against the thresholds, and the name of the field it is from.
fn score_used<'d>(
    answerability: &RagTraceAnswerability<'d>,
    top_score: Option<Number<'d>>,
) -> Option<(&'static str, Number<'d>)> {
    let raw = answerability.raw_top_score.map(|score| ("raw_top_score", score));
    raw.or_else(|| top_score.map(|score| ("top_score", score)))
}

/// How far a score lies from a threshold: negative where it lies under. None where either is past
/// what a float can hold.
fn distance(score: Number<'_>, threshold: Option<Number<'_>>) -> Option<f64> {
    let distance = score.as_f64() - threshold?.as_f64();
    // 0.274 - 0.45 is -0.17600000000000002 in binary; nobody sent those digits.
    let rounded = (distance * 1e9).round() / 1e9;
    let distance = if rounded.is_finite() { rounded } else { distance };
    // Adding zero makes a positive zero of a negative one.
    distance.is_finite().then_some(distance + 0.0)
}

#[cfg(test)]
pub(crate) mod tests {
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
            (
                r#""answerability":{"label":"who knows","raw_top_score":0.1,"threshold_low":0.4}"#,
                false,
            ),
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
    fn numbers_are_kept_as_they_were_sent() {
        let json = r#"{"session_id":"s","rag_traces":[{"top_score":1e400,"latency_ms":5.0,
            "retrieved":[{"score":-0},{"score":12345678901234567890123}]}]}"#;
        with(json, |rag| {
            let rows: Vec<String> = rag
                .rows(Flags::default())
                .map(|row| serde_json::to_string(&row).unwrap())
                .collect();
            assert!(rows[0].contains(r#""top_score":1e400"#), "{rows:?}");
            assert!(rows[0].contains(r#""latency_ms":5.0"#), "{rows:?}");
            let chunks: Vec<String> = rag
                .chunks(Flags::default())
                .map(|row| serde_json::to_string(&row).unwrap())
                .collect();
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
                    "null", "0", "-0", "5.0", "0.3", "0.45", "0.9", "1", "1e400", "-1e400",
                    "1e-400", "-3",
                ][..],
            )
        };
        let turn = move || id(&["a", "b", "c", "x", ""]);
        let chunk = move || (id(&["1", "2", "3"]), id(&["d", "e", ""]), number());
        let citation = (turn(), id(&["1", "2", "3", "4"]), id(&["d", "e"]), id(&["k", "l"]));
        let gate = (
            id(&["null", "\"unanswerable\"", "\"answerable\"", "\"\""]),
            number(),
            number(),
            number(),
        );
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
        Flag::ALL.into_iter().filter(|flag| bits & flag.bit() != 0).collect()
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
            let bits = rows.iter().fold(0, |bits, row| bits | row.flags.0);
            prop_assert_eq!(rag.flags(), Flags(bits));
        }

        #[test]
        fn filters_keep_the_order_and_split_the_rows(json in documents(), bits in 0_u8..32) {
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
}
