//! The conversation with its evidence in place: messages in the document's order, and with each what
//! it asked of tools, what was retrieved for it and what it cited.
//!
//! [`Transcript::new`] makes the joins; [`Transcript::rows`] walks through them and builds a row when
//! it is asked for, so that a long session costs no more memory than its joins.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

pub use super::calls::Status;
use super::calls::{self, Call};
use super::turns::{Turns, seconds_between};
use crate::model::{
    CSATEntry, CitedChunk, FeedbackEntry, HandoffEvent, KbSnapshotEntry,
    KnowledgeGapAnalysisOutcome, LazyList, LazyText, MessageEntry, MissingEvidenceReason, Number,
    RagTraceEntry, ReopenEntry, RetrievedChunk, SessionAnalysisInput, Text, Timestamp, ToolResult,
};

/// What this view reads of a document: everything, but the retrieved chunks, of which there are most
/// and few are shown, only where they are.
pub type Input<'a> = SessionAnalysisInput<'a, MessageEntry<'a>, Retrieval<'a>>;

/// A retrieval whose chunks are read where they are shown.
pub type Retrieval<'a> = RagTraceEntry<'a, LazyList<'a, RetrievedChunk<'a>>>;

/// The content was cut.
pub const TRUNCATED: &str = "truncated";
/// A citation that no retrieval of its turn returned.
pub const CITED_NOT_RETRIEVED: &str = "cited-not-retrieved";
/// Evidence of a turn that no message has.
pub const ORPHAN: &str = "orphan";
/// The runtime did not count the retrieval as a hit.
pub const MISS: &str = "miss";
/// The retrieval holds no answer, by its label or, without one, by its score.
pub const UNANSWERABLE: &str = "unanswerable";
/// Chunks were found and none of them was cited.
pub const UNCITED: &str = "uncited";
/// A recorded tool call that no message asked for.
pub const UNASKED: &str = "unasked";
/// A message carries a result, yet there is no call left that it could answer.
pub const RESULT_WITHOUT_CALL: &str = "result-without-call";

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Turn numbers; None takes all.
    pub turns: Option<RangeInclusive<usize>>,
    /// Roles, whatever their case; none takes all.
    pub roles: Vec<String>,
    /// Whether retrievals, citations and tool calls are wanted.
    pub evidence: bool,
}

impl Selection {
    /// Everything there is.
    #[cfg(test)]
    pub const ALL: Self = Self { turns: None, roles: Vec::new(), evidence: true };

    /// Whether no turn is left out.
    pub fn is_whole(&self) -> bool {
        self.turns.is_none() && self.roles.is_empty()
    }

    fn takes(&self, turn: usize, role: &str) -> bool {
        self.turns.as_ref().is_none_or(|turns| turns.contains(&turn))
            && (self.roles.is_empty() || self.roles.iter().any(|wanted| same_role(wanted, role)))
    }

    /// Whether what happened after turn `place`, or before all turns where that is 0, is wanted: with
    /// a range of turns, what lies between two of them or at the session's own ends.
    fn takes_event(&self, place: usize, last: usize) -> bool {
        self.roles.is_empty()
            && self.turns.as_ref().is_none_or(|turns| {
                (place >= *turns.start() || (place == 0 && *turns.start() == 1))
                    && (place < *turns.end() || (place == last && turns.contains(&place)))
            })
    }
}

fn same_role(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || (!(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase())
}

/// A message with the evidence of its turn, or another event of the conversation; `kind` says which.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "nearly every row is the large one")]
pub enum Row<'a> {
    /// A message.
    Message(MessageRow<'a>),
    /// A transfer to a human, in its place between the messages.
    Handoff(HandoffRow<'a>),
    /// All evidence of turns that no message has; at most one a session.
    Orphan(OrphanRow<'a>),
    /// The satisfaction score.
    Csat(CsatRow<'a>),
    /// What the customer said of the session.
    Feedback(FeedbackRow<'a>),
    /// The ticket was opened again.
    Reopen(ReopenRow<'a>),
}

/// A message and all that happened at its turn.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// The turn's number: messages in the document's order, from 1.
    pub turn: usize,
    /// The turn's id.
    pub turn_id: &'a str,
    /// Who spoke.
    pub role: &'a str,
    /// When, as it was sent.
    pub timestamp: Option<&'a Timestamp<'a>>,
    /// What was said.
    pub content: LazyText<'a>,
    /// The model that wrote it.
    pub model_used: Option<&'a str>,
    /// Time to the answer.
    #[schemars(extend("unit" = "ms"))]
    pub latency_ms: Option<Number<'a>>,
    /// Whether `content` was cut.
    pub truncated: bool,
    /// Length before the cut, in characters.
    pub original_char_count: Option<Number<'a>>,
    /// The tool calls, retrievals and citations; their fields are left out with `--no-evidence`.
    #[serde(flatten)]
    pub evidence: Option<Evidence<'a>>,
    /// What needs a look, here or in the evidence: `truncated` and the flags and statuses below.
    pub flags: Vec<&'static str>,
}

/// What a turn is held against.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Evidence<'a> {
    /// The calls this message asked for, then those that were recorded without being asked for.
    pub tool_calls: Vec<CallRow<'a>>,
    /// The tool result this message carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_results: Option<AnswerRow<'a>>,
    /// The retrievals that fed the turn.
    pub retrievals: Vec<RetrievalRow<'a>>,
    /// The chunks that the turn cited.
    pub citations: Vec<CitationRow<'a>>,
}

impl Evidence<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tool_calls.is_empty()
            && self.tool_results.is_none()
            && self.retrievals.is_empty()
            && self.citations.is_empty()
    }

    /// Every flag of what is here, and every status that is not `ok`, once.
    fn flags(&self, flags: &mut Vec<&'static str>) {
        let statuses = self.tool_calls.iter().map(|call| call.status);
        let statuses = statuses.filter(|status| *status != Status::Ok).map(Status::as_str);
        let nested = self.tool_calls.iter().flat_map(|call| &call.flags);
        let nested = nested.chain(self.tool_results.iter().flat_map(|result| &result.flags));
        let nested = nested.chain(self.retrievals.iter().flat_map(|row| &row.flags));
        let nested = nested.chain(self.citations.iter().flat_map(|citation| &citation.flags));
        for flag in statuses.chain(nested.copied()) {
            if !flags.contains(&flag) {
                flags.push(flag);
            }
        }
    }
}

/// A tool call: as it was recorded, as a message asked for it, and as a message answered it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CallRow<'a> {
    /// The call's id.
    pub tool_call_id: &'a str,
    /// The turn that was recorded for the call; null where the call was not recorded.
    pub assistant_turn_id: Option<&'a str>,
    /// The tool's name.
    pub name: &'a str,
    /// The arguments as the model wrote them.
    pub arguments: LazyText<'a>,
    /// The arguments as JSON, where they were parsed.
    pub arguments_parsed: Option<&'a RawValue>,
    /// The name that the message gave, where the recorded one differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_name: Option<&'a str>,
    /// The arguments that the message gave, where the recorded ones differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_arguments: Option<LazyText<'a>>,
    /// `ok`, `error`, `no-result` or `unrecorded`.
    pub status: Status,
    /// What came back: the recorded result, else the one that a message carries.
    pub result: Option<LazyText<'a>>,
    /// What went wrong: the recorded error, else the one that a message carries.
    pub error: Option<&'a str>,
    /// Time the call took.
    #[schemars(extend("unit" = "ms"))]
    pub latency_ms: Option<Number<'a>>,
    /// The turn whose message carries the result.
    pub answered_in_turn: Option<usize>,
    /// `unasked`, `orphan`.
    pub flags: Vec<&'static str>,
}

/// A tool result as a message carries it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnswerRow<'a> {
    /// The call it answers.
    pub tool_call_id: &'a str,
    /// What the tool returned.
    pub output: LazyText<'a>,
    /// What went wrong, where something did.
    pub error: Option<&'a str>,
    /// The tool's name, where the call is known.
    pub name: Option<&'a str>,
    /// The turn that the call is shown at.
    pub call_turn: Option<usize>,
    /// Whether the call's row says all that this says.
    #[serde(skip)]
    pub told: bool,
    /// `result-without-call`.
    pub flags: Vec<&'static str>,
}

/// A retrieval.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RetrievalRow<'a> {
    /// The retrieval's id.
    pub rag_query_id: &'a str,
    /// The turn it fed.
    pub assistant_turn_id: &'a str,
    /// Fingerprint of the query.
    pub query_hash: Option<&'a str>,
    /// The knowledge bases that were searched.
    pub kb_ids: &'a [Text<'a>],
    /// What came back, best first.
    #[schemars(with = "Vec<ChunkRow<'a>>")]
    pub retrieved: Chunks<'a>,
    /// How many chunks came back.
    pub found: usize,
    /// How many of them the turn cited.
    pub cited: usize,
    /// The best chunk's score.
    pub top_score: Option<Number<'a>>,
    /// Whether the runtime counted it as a hit.
    pub hit: Option<bool>,
    /// Time it took.
    #[schemars(extend("unit" = "ms"))]
    pub latency_ms: Option<Number<'a>>,
    /// The answerability gate's verdict, as it was sent.
    pub answerability: Option<AnswerabilityRow<'a>>,
    /// `miss`, `unanswerable`, `uncited`, `orphan`.
    pub flags: Vec<&'static str>,
}

/// The chunks that a retrieval returned, made when they are asked for. As JSON, an array of
/// [`ChunkRow`].
#[derive(Clone, Copy, Debug)]
pub struct Chunks<'a> {
    list: &'a LazyList<'a, RetrievedChunk<'a>>,
    /// The turn that the retrieval fed.
    turn_id: &'a str,
    /// The session's citations.
    citations: &'a [Cited<'a>],
    /// How many of the chunks are cited.
    cited: usize,
}

impl<'a> Chunks<'a> {
    /// Those that the turn cited.
    pub fn cited(&self) -> Vec<ChunkRow<'a>> {
        let mut rows = Vec::new();
        if self.cited > 0 {
            self.each(|row| rows.extend(Some(row).filter(|row| row.cited)));
        }
        rows
    }

    fn each(&self, mut each: impl FnMut(ChunkRow<'a>)) {
        let of_turn = if self.cited > 0 { of_turn(self.citations, self.turn_id) } else { &[] };
        self.list.each(|chunk| {
            each(ChunkRow {
                cited: place_of(of_turn, &chunk.doc_id, &chunk.chunk_id).is_some(),
                chunk_id: chunk.chunk_id,
                doc_id: chunk.doc_id,
                version_id: chunk.version_id,
                score: chunk.score,
            });
        });
    }
}

impl Serialize for Chunks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.list.len()))?;
        let mut result = Ok(());
        self.each(|row| {
            if result.is_ok() {
                result = list.serialize_element(&row);
            }
        });
        result?;
        list.end()
    }
}

/// A chunk that a retrieval returned.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChunkRow<'a> {
    /// The chunk's id.
    pub chunk_id: Text<'a>,
    /// The document it is part of.
    pub doc_id: Text<'a>,
    /// The document's version.
    pub version_id: Option<Text<'a>>,
    /// How well it matched.
    pub score: Option<Number<'a>>,
    /// Whether the turn cited it.
    pub cited: bool,
}

/// What the answerability gate decided.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnswerabilityRow<'a> {
    /// The verdict.
    pub label: Option<&'a str>,
    /// Why, as a code.
    pub reason_code: Option<&'a str>,
    /// Best score before normalization.
    pub raw_top_score: Option<Number<'a>>,
    /// What the score measures.
    pub score_basis: Option<&'a str>,
    /// `shadow` or `enforce`.
    pub mode: Option<&'a str>,
    /// What the gate did.
    pub action: Option<&'a str>,
    /// Below this score a query counts as unanswerable.
    pub threshold_low: Option<Number<'a>>,
    /// From this score on a query counts as answerable.
    pub threshold_high: Option<Number<'a>>,
}

/// A citation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CitationRow<'a> {
    /// The turn that had it.
    pub assistant_turn_id: &'a str,
    /// The knowledge base it is from.
    pub kb_id: &'a str,
    /// The document it is part of.
    pub doc_id: &'a str,
    /// The chunk's id.
    pub chunk_id: &'a str,
    /// The document's version.
    pub version_id: Option<&'a str>,
    /// Whether a retrieval of the same turn returned the chunk.
    pub retrieved: bool,
    /// `cited-not-retrieved`, `orphan`.
    pub flags: Vec<&'static str>,
}

/// A transfer to a human.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HandoffRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// The turn it came after; 0 before the first.
    pub after_turn: usize,
    /// When.
    pub timestamp: Option<&'a Timestamp<'a>>,
    /// To whom.
    pub transferred_to_agent_id: Option<&'a str>,
    /// Why.
    pub reason: Option<&'a str>,
}

/// The evidence of turns that no message has.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OrphanRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// Always null.
    pub turn: Option<usize>,
    /// What was found.
    #[serde(flatten)]
    pub evidence: Evidence<'a>,
    /// `orphan`, and the flags of what was found.
    pub flags: Vec<&'static str>,
}

/// The satisfaction score.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CsatRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// When it was given.
    pub timestamp: Option<&'a Timestamp<'a>>,
    /// The score.
    pub score: Option<Number<'a>>,
    /// The best score there is; null where it was not sent, which means 5.
    pub scale_max: Option<Number<'a>>,
}

/// What the customer said of the session.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FeedbackRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// When.
    pub timestamp: Option<&'a Timestamp<'a>>,
    /// A rating.
    pub rating: Option<Number<'a>>,
    /// In the customer's words.
    pub comment: Option<&'a str>,
}

/// The ticket was opened again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReopenRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// When.
    pub timestamp: Option<&'a Timestamp<'a>>,
    /// Why.
    pub reason: Option<&'a str>,
}

/// The facts about the session as a whole.
#[derive(Debug)]
pub struct Header<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// How the customer came in.
    pub channel: Option<&'a str>,
    /// The outcome.
    pub outcome: Option<&'a KnowledgeGapAnalysisOutcome<'a>>,
    /// Why the session ended.
    pub completion_reason: Option<&'a str>,
    /// When it began.
    pub started_at: Option<&'a Timestamp<'a>>,
    /// When it ended.
    pub ended_at: Option<&'a Timestamp<'a>>,
    /// From one to the other, in seconds.
    pub seconds: Option<i64>,
    /// The agent.
    pub agent_id: Option<&'a str>,
    /// The organization.
    pub organization_id: Option<&'a str>,
    /// The schema version, where it was sent.
    pub schema_version: Option<Number<'a>>,
    /// What there is, counted.
    pub counts: Counts,
    /// The knowledge bases at the first retrieval.
    pub kb_snapshot: Option<&'a KbSnapshotEntry<'a>>,
    /// Why evidence is missing.
    pub missing: &'a [MissingEvidenceReason<'a>],
    /// Whether the document says that its text was not redacted.
    pub unredacted: bool,
    /// The satisfaction score.
    pub csat: Option<&'a CSATEntry<'a>>,
    /// What the customer said.
    pub feedback: Option<&'a FeedbackEntry<'a>>,
    /// Opened again.
    pub reopen: Option<&'a ReopenEntry<'a>>,
    /// Facts about the customer, verbatim.
    pub customer_metadata: Option<&'a RawValue>,
}

impl<'a> Header<'a> {
    /// The customer metadata entry by entry; None where they are no object, or an empty one.
    pub fn customer_entries(&self) -> Option<Vec<(Text<'a>, &'a RawValue)>> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(Text<'de>, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }

        let raw = self.customer_metadata?;
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        let entries = deserializer.deserialize_map(Entries).ok()?;
        (!entries.is_empty()).then_some(entries)
    }
}

/// What a session has, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub turns: usize,
    /// Retrievals.
    pub retrievals: usize,
    /// Retrievals that were a hit.
    pub hits: usize,
    /// Citations.
    pub citations: usize,
    /// Citations that no retrieval of their turn returned.
    pub not_retrieved: usize,
    /// Tool calls: recorded, asked for, or known by nothing but a result.
    pub tool_calls: usize,
    /// Tool calls that failed.
    pub errors: usize,
    /// Tool calls that nothing came back from.
    pub no_result: usize,
    /// Tool calls that only messages know of.
    pub unrecorded: usize,
    /// Transfers to a human.
    pub handoffs: usize,
    /// Retrievals, citations and tool calls of turns that no message has.
    pub orphans: usize,
}

/// Things by the number of their turn; 0 is for orphans. In each turn they keep their order.
#[derive(Debug)]
struct ByTurn<T>(Vec<(usize, T)>);

impl<T: Copy> ByTurn<T> {
    fn new(things: impl Iterator<Item = (usize, T)>) -> Self {
        let mut things: Vec<_> = things.collect();
        things.sort_by_key(|(turn, _)| *turn);
        Self(things)
    }

    fn of(&self, turn: usize) -> impl Iterator<Item = T> {
        let begin = self.0.partition_point(|(at, _)| *at < turn);
        let things = self.0.iter().skip(begin);
        things.take_while(move |(at, _)| *at == turn).map(|(_, thing)| *thing)
    }
}

/// A citation, as far as it is looked for.
#[derive(Debug)]
struct Cited<'a> {
    turn_id: &'a str,
    doc_id: &'a str,
    chunk_id: &'a str,
    /// Its place in the document's list.
    index: usize,
}

impl<'a> Cited<'a> {
    const fn key(&self) -> (&'a str, &'a str, &'a str) {
        (self.turn_id, self.doc_id, self.chunk_id)
    }
}

/// The joins of one session.
#[derive(Debug)]
pub struct Transcript<'a> {
    input: &'a Input<'a>,
    roles: Vec<&'a str>,
    /// In the order of their turns, orphans last.
    calls: Vec<Call<'a>>,
    /// Messages, by their index, that carry a result → the call it belongs to.
    answers: HashMap<usize, usize>,
    /// In the order of their keys.
    cited: Vec<Cited<'a>>,
    /// Retrievals, each with how many of its chunks were cited.
    retrievals: ByTurn<(&'a Retrieval<'a>, usize)>,
    /// Citations, each with whether a retrieval of its turn returned the chunk.
    citations: ByTurn<(&'a CitedChunk<'a>, bool)>,
    /// Hand-offs and the number of the turn they came after.
    handoffs: Vec<(usize, &'a HandoffEvent<'a>)>,
}

impl<'a> Transcript<'a> {
    /// Joins what belongs together.
    pub fn new(input: &'a Input<'a>) -> Self {
        let turns = Turns::new(&input.messages);
        // An id that was not sent belongs nowhere, even where a message has none either.
        let number =
            |id: &str| if id.is_empty() { 0 } else { turns.number(id).unwrap_or_default() };
        let calls = calls::join(&input.messages, &input.tool_calls, |id| turns.number(id));
        let answers = calls.iter().enumerate().filter(|(_, call)| !call.is_result_alone());
        let answers = answers.filter_map(|(index, call)| Some((call.carried?.0, index))).collect();
        let CitationJoin { cited, counts, retrieved } =
            CitationJoin::new(&input.rag_traces, &input.citations);
        let retrievals = input.rag_traces.iter().zip(counts);
        let citations = input.citations.iter().zip(retrieved);
        Self {
            input,
            roles: roles(&input.messages),
            calls,
            answers,
            cited,
            retrievals: ByTurn::new(
                retrievals.map(|(trace, cited)| (number(&trace.assistant_turn_id), (trace, cited))),
            ),
            citations: ByTurn::new(
                citations.map(|(chunk, found)| (number(&chunk.assistant_turn_id), (chunk, found))),
            ),
            handoffs: place_handoffs(&input.messages, &input.handoff_events),
        }
    }

    /// The session's roles, in the order they first speak.
    pub fn roles(&self) -> &[&'a str] {
        &self.roles
    }

    /// How many turns there are.
    pub fn turns(&self) -> usize {
        self.input.messages.len()
    }

    /// Whether a turn is selected.
    pub fn has(&self, selection: &Selection) -> bool {
        let mut messages = self.input.messages.iter().enumerate();
        messages.any(|(index, message)| selection.takes(index + 1, &message.role))
    }

    /// The facts about the session as a whole.
    pub fn header(&self) -> Header<'a> {
        let input = self.input;
        Header {
            session_id: &input.session_id,
            channel: input.channel.as_deref(),
            outcome: input.knowledge_gap_analysis_outcome.as_ref(),
            completion_reason: input.completion_reason.as_deref(),
            started_at: input.started_at.as_ref(),
            ended_at: input.ended_at.as_ref(),
            seconds: seconds_between(input.started_at.as_ref(), input.ended_at.as_ref()),
            agent_id: input.agent_id.as_deref(),
            organization_id: input.organization_id.as_deref(),
            schema_version: input.analyzer_input_schema_version,
            counts: self.counts(),
            kb_snapshot: input.kb_snapshot.as_ref(),
            missing: &input.missing_evidence_reasons,
            unredacted: self.unredacted(),
            csat: input.csat.as_ref(),
            feedback: input.user_feedback.as_ref(),
            reopen: input.reopen.as_ref(),
            customer_metadata: input.customer_metadata,
        }
    }

    /// Whether the document says that its text was not redacted.
    pub fn unredacted(&self) -> bool {
        let reasons = &self.input.missing_evidence_reasons;
        reasons.contains(&MissingEvidenceReason::TranscriptRedactionSkipped)
    }

    fn counts(&self) -> Counts {
        let input = self.input;
        let calls: calls::Counts = self.calls.iter().map(Call::status).collect();
        Counts {
            turns: input.messages.len(),
            retrievals: input.rag_traces.len(),
            hits: input.rag_traces.iter().filter(|trace| trace.hit == Some(true)).count(),
            citations: input.citations.len(),
            not_retrieved: self.citations.0.iter().filter(|(_, (_, found))| !found).count(),
            tool_calls: calls.calls,
            errors: calls.errors,
            no_result: calls.no_result,
            unrecorded: calls.unrecorded,
            handoffs: input.handoff_events.len(),
            orphans: self.retrievals.of(0).count()
                + self.citations.of(0).count()
                + self.calls_of(0).count(),
        }
    }

    /// The rows that are wanted: messages with hand-offs between them, then, where no turn is left
    /// out, the orphans and what came after the session.
    pub fn rows(&self, selection: &Selection) -> impl Iterator<Item = Row<'_>> {
        let last = self.turns();
        let mut handoffs = self.handoffs.iter().peekable();
        // Turn by turn, each after the hand-offs that precede it; the one past the last is none.
        let places = (0..=last).flat_map(move |index| {
            let mut before = Vec::new();
            while let Some((place, event)) = handoffs.next_if(|(place, _)| *place <= index) {
                if selection.takes_event(*place, last) {
                    before.push(self.handoff(*place, event));
                }
            }
            let message = self.input.messages.get(index);
            let message = message.filter(|message| selection.takes(index + 1, &message.role));
            before
                .into_iter()
                .chain(message.map(|message| Row::Message(self.message(index, message, selection))))
        });
        let ends = if selection.is_whole() { self.ends(selection) } else { Vec::new() };
        places.chain(ends)
    }

    fn message(
        &self,
        index: usize,
        message: &'a MessageEntry<'a>,
        selection: &Selection,
    ) -> MessageRow<'_> {
        let evidence = selection.evidence.then(|| self.evidence(index + 1, Some(message)));
        let mut flags = Vec::new();
        if message.truncated {
            flags.push(TRUNCATED);
        }
        if let Some(evidence) = &evidence {
            evidence.flags(&mut flags);
        }
        MessageRow {
            session_id: &self.input.session_id,
            turn: index + 1,
            turn_id: &message.turn_id,
            role: &message.role,
            timestamp: message.timestamp.as_ref(),
            content: message.content,
            model_used: message.model_used.as_deref(),
            latency_ms: message.latency_ms,
            truncated: message.truncated,
            original_char_count: message.original_char_count,
            evidence,
            flags,
        }
    }

    fn handoff(&self, place: usize, event: &'a HandoffEvent<'a>) -> Row<'_> {
        Row::Handoff(HandoffRow {
            session_id: &self.input.session_id,
            after_turn: place,
            timestamp: event.timestamp.as_ref(),
            transferred_to_agent_id: event.transferred_to_agent_id.as_deref(),
            reason: event.reason.as_deref(),
        })
    }

    /// What comes after the last turn: feedback, csat and reopen by their times, then orphans.
    fn ends(&self, selection: &Selection) -> Vec<Row<'_>> {
        let session_id = &*self.input.session_id;
        let csat = self.input.csat.as_ref().map(|csat| {
            let timestamp = csat.timestamp.as_ref();
            let (score, scale_max) = (csat.score, csat.scale_max);
            (timestamp, Row::Csat(CsatRow { session_id, timestamp, score, scale_max }))
        });
        let feedback = self.input.user_feedback.as_ref().map(|feedback| {
            let timestamp = feedback.timestamp.as_ref();
            let (rating, comment) = (feedback.rating, feedback.comment.as_deref());
            (timestamp, Row::Feedback(FeedbackRow { session_id, timestamp, rating, comment }))
        });
        let reopen = self.input.reopen.as_ref().map(|reopen| {
            let timestamp = reopen.timestamp.as_ref();
            let reason = reopen.reason.as_deref();
            (timestamp, Row::Reopen(ReopenRow { session_id, timestamp, reason }))
        });
        let mut ends: Vec<_> = [csat, feedback, reopen].into_iter().flatten().collect();
        // Those without a time come last.
        ends.sort_by_cached_key(|(timestamp, _)| {
            let instant = timestamp.and_then(Timestamp::instant);
            (instant.is_none(), instant)
        });
        let mut rows: Vec<_> = ends.into_iter().map(|(_, row)| row).collect();
        if selection.evidence {
            let evidence = self.evidence(0, None);
            if !evidence.is_empty() {
                let mut flags = vec![ORPHAN];
                evidence.flags(&mut flags);
                rows.push(Row::Orphan(OrphanRow { session_id, turn: None, evidence, flags }));
            }
        }
        rows
    }

    /// What a turn is held against; turn 0 has the orphans.
    fn evidence(&self, turn: usize, message: Option<&'a MessageEntry<'a>>) -> Evidence<'_> {
        let result = message.and_then(|message| message.tool_results.as_deref());
        // A result that no call is left for is the message's own.
        let calls = self.calls_of(turn).filter(|call| !call.is_result_alone());
        Evidence {
            tool_calls: calls.map(CallRow::of).collect(),
            tool_results: result.map(|result| self.answer(turn - 1, result)),
            retrievals: self
                .retrievals
                .of(turn)
                .map(|(trace, cited)| self.retrieval(turn, trace, cited))
                .collect(),
            citations: self
                .citations
                .of(turn)
                .map(|(chunk, retrieved)| citation(turn, chunk, retrieved))
                .collect(),
        }
    }

    /// The calls of a turn; turn 0 has the orphans.
    fn calls_of(&self, turn: usize) -> impl Iterator<Item = &Call<'a>> {
        let place = |turn: Option<usize>| turn.unwrap_or(usize::MAX);
        let turn = place(Some(turn).filter(|turn| *turn > 0));
        let begin = self.calls.partition_point(|call| place(call.turn) < turn);
        self.calls.iter().skip(begin).take_while(move |call| place(call.turn) == turn)
    }

    fn answer(&self, index: usize, result: &'a ToolResult<'a>) -> AnswerRow<'a> {
        let call = self.answers.get(&index).and_then(|call| self.calls.get(*call));
        AnswerRow {
            tool_call_id: &result.tool_call_id,
            output: result.output,
            error: result.error.as_deref(),
            name: call.and_then(Call::name),
            call_turn: call.and_then(|call| call.turn),
            told: call.is_some_and(|call| {
                let error = result.error.as_deref().filter(|error| !error.is_empty());
                let output = Some(result.output).filter(|output| !output.is_empty());
                error.is_none_or(|error| call.error() == Some(error))
                    && output.is_none_or(|output| call.result().is_some_and(|its| its.says(output)))
            }),
            flags: raised(&[(call.is_none(), RESULT_WITHOUT_CALL)]),
        }
    }

    fn retrieval(&self, turn: usize, trace: &'a Retrieval<'a>, cited: usize) -> RetrievalRow<'_> {
        let retrieved = Chunks {
            list: &trace.retrieved,
            turn_id: &trace.assistant_turn_id,
            citations: &self.cited,
            cited,
        };
        let answerability = trace.answerability.as_ref().map(|gate| AnswerabilityRow {
            label: gate.label.as_deref(),
            reason_code: gate.reason_code.as_deref(),
            raw_top_score: gate.raw_top_score,
            score_basis: gate.score_basis.as_deref(),
            mode: gate.mode.as_deref(),
            action: gate.action.as_deref(),
            threshold_low: gate.threshold_low,
            threshold_high: gate.threshold_high,
        });
        let unanswerable = answerability.as_ref().is_some_and(|gate| match gate.label {
            Some(label) => label.eq_ignore_ascii_case(UNANSWERABLE),
            None => gate
                .raw_top_score
                .zip(gate.threshold_low)
                .is_some_and(|(score, low)| score.as_f64() < low.as_f64()),
        });
        let flags = [
            (trace.hit == Some(false), MISS),
            (unanswerable, UNANSWERABLE),
            (!trace.retrieved.is_empty() && cited == 0, UNCITED),
            (turn == 0, ORPHAN),
        ];
        RetrievalRow {
            rag_query_id: &trace.rag_query_id,
            assistant_turn_id: &trace.assistant_turn_id,
            query_hash: trace.query_hash.as_deref(),
            kb_ids: &trace.kb_ids,
            found: trace.retrieved.len(),
            cited,
            retrieved,
            top_score: trace.top_score,
            hit: trace.hit,
            latency_ms: trace.latency_ms,
            answerability,
            flags: raised(&flags),
        }
    }
}

fn citation<'a>(turn: usize, chunk: &'a CitedChunk<'a>, retrieved: bool) -> CitationRow<'a> {
    CitationRow {
        assistant_turn_id: &chunk.assistant_turn_id,
        kb_id: &chunk.kb_id,
        doc_id: &chunk.doc_id,
        chunk_id: &chunk.chunk_id,
        version_id: chunk.version_id.as_deref(),
        retrieved,
        flags: raised(&[(!retrieved, CITED_NOT_RETRIEVED), (turn == 0, ORPHAN)]),
    }
}

/// The roles, each once, in the order they first speak.
fn roles<'a>(messages: &'a [MessageEntry<'a>]) -> Vec<&'a str> {
    /// So many are quicker compared than hashed; few sessions have more.
    const FEW: usize = 6;
    let mut roles: Vec<&str> = Vec::new();
    let mut more = HashSet::new();
    for message in messages {
        let role: &str = &message.role;
        if !roles.iter().take(FEW).any(|known| *known == role)
            && (roles.len() < FEW || more.insert(role))
        {
            roles.push(role);
        }
    }
    roles
}

/// The flags that are raised.
fn raised(flags: &[(bool, &'static str)]) -> Vec<&'static str> {
    flags.iter().filter(|(raised, _)| *raised).map(|(_, flag)| *flag).collect()
}

/// Citations held against the retrievals of their turns.
struct CitationJoin<'a> {
    /// In the order of their keys.
    cited: Vec<Cited<'a>>,
    /// How many of each retrieval's chunks are cited.
    counts: Vec<usize>,
    /// Of each citation, whether a retrieval of its turn returned the chunk.
    retrieved: Vec<bool>,
}

impl<'a> CitationJoin<'a> {
    fn new(traces: &'a [Retrieval<'a>], citations: &'a [CitedChunk<'a>]) -> Self {
        /// With so few citations it pays to look whether any can be among the chunks.
        const FEW: usize = 4;
        let cited = citations.iter().enumerate().map(|(index, chunk)| Cited {
            turn_id: &chunk.assistant_turn_id,
            doc_id: &chunk.doc_id,
            chunk_id: &chunk.chunk_id,
            index,
        });
        let mut cited: Vec<_> = cited.collect();
        cited.sort_by_key(Cited::key);
        let turns = cited.chunk_by(|one, other| one.turn_id == other.turn_id);
        let turns: HashMap<&str, &[Cited<'_>]> =
            turns.filter_map(|turn| Some((turn.first()?.turn_id, turn))).collect();
        let mut retrieved = vec![false; citations.len()];
        let mut found = |cited: &Cited<'_>| {
            if let Some(retrieved) = retrieved.get_mut(cited.index) {
                *retrieved = true;
            }
        };
        let count = |trace: &'a Retrieval<'a>| {
            let Some(of_turn) = turns.get(&*trace.assistant_turn_id) else { return 0 };
            let chunks = &trace.retrieved;
            if of_turn.len() <= FEW && !of_turn.iter().any(|cited| chunks.may_have(cited.chunk_id))
            {
                return 0;
            }
            let mut count = 0;
            chunks.each(|chunk| {
                let place = place_of(of_turn, &chunk.doc_id, &chunk.chunk_id);
                let Some(cited) = place.and_then(|place| of_turn.get(place)) else { return };
                found(cited);
                count += 1;
            });
            count
        };
        let counts = traces.iter().map(count).collect();
        // Of citations that say the same only the first was found.
        for same in cited.chunk_by(|one, other| one.key() == other.key()) {
            let first = same.first().and_then(|first| retrieved.get(first.index));
            if first == Some(&true) {
                for cited in same {
                    if let Some(retrieved) = retrieved.get_mut(cited.index) {
                        *retrieved = true;
                    }
                }
            }
        }
        Self { cited, counts, retrieved }
    }
}

/// The citations of a turn.
fn of_turn<'c, 'a>(cited: &'c [Cited<'a>], turn_id: &str) -> &'c [Cited<'a>] {
    let begin = cited.partition_point(|cited| cited.turn_id < turn_id);
    let rest = cited.get(begin..).unwrap_or_default();
    let end = rest.partition_point(|cited| cited.turn_id == turn_id);
    rest.get(..end).unwrap_or_default()
}

/// Where the first citation of a chunk stands among those of one turn.
fn place_of(of_turn: &[Cited<'_>], doc_id: &str, chunk_id: &str) -> Option<usize> {
    let place =
        of_turn.partition_point(|cited| (cited.doc_id, cited.chunk_id) < (doc_id, chunk_id));
    let found = of_turn.get(place)?;
    (found.doc_id == doc_id && found.chunk_id == chunk_id).then_some(place)
}

/// Puts each hand-off before the first turn with a later time: the number of the turn it comes
/// after. One without a time comes after all.
fn place_handoffs<'a>(
    messages: &[MessageEntry<'_>],
    events: &'a [HandoffEvent<'a>],
) -> Vec<(usize, &'a HandoffEvent<'a>)> {
    if events.is_empty() {
        return Vec::new();
    }
    // The latest time up to each turn; it never falls, so the first later one can be searched for.
    let mut latest = None;
    let latest: Vec<_> = messages
        .iter()
        .map(|message| {
            latest = latest.max(message.timestamp.as_ref().and_then(Timestamp::instant));
            latest
        })
        .collect();
    let mut handoffs: Vec<_> = events
        .iter()
        .map(|event| {
            let instant = event.timestamp.as_ref().and_then(Timestamp::instant);
            let place = match instant {
                Some(_) => latest.partition_point(|latest| *latest <= instant),
                None => messages.len(),
            };
            (place, instant.is_none(), instant, event)
        })
        .collect();
    handoffs.sort_by_key(|(place, timeless, instant, _)| (*place, *timeless, *instant));
    handoffs.into_iter().map(|(place, _, _, event)| (place, event)).collect()
}

impl<'a> CallRow<'a> {
    fn of(call: &Call<'a>) -> Self {
        let (name, arguments) = (call.name().unwrap_or_default(), call.arguments());
        let arguments = arguments.unwrap_or_default();
        let asked = call.asked.map(|(_, asked)| &asked.function);
        Self {
            tool_call_id: call.id(),
            assistant_turn_id: call.record.map(|record| &*record.assistant_turn_id),
            name,
            arguments,
            arguments_parsed: call.record.and_then(|record| record.arguments_parsed),
            asked_name: asked
                .map(|asked| &*asked.name)
                .filter(|asked| !asked.is_empty() && *asked != name),
            asked_arguments: asked
                .map(|asked| asked.arguments)
                .filter(|asked| !asked.is_empty() && !asked.says(arguments)),
            status: call.status(),
            result: call.result(),
            error: call.error(),
            latency_ms: call.record.and_then(|record| record.latency_ms),
            answered_in_turn: call.carried.map(|(index, _)| index + 1),
            flags: raised(&[(call.asked.is_none(), UNASKED), (call.turn.is_none(), ORPHAN)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// What a call came to: name, status, turn, result, turn it was answered in.
    type Told<'a> = (&'a str, Status, usize, Option<&'a str>, Option<usize>);

    fn told<'a>(transcript: &Transcript<'a>) -> Vec<Told<'a>> {
        let calls = transcript.calls.iter();
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
        match row {
            Row::Message(row) => row.flags.clone(),
            Row::Orphan(row) => row.flags.clone(),
            _ => Vec::new(),
        }
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
        let row = CallRow::of(&transcript.calls[0]);
        assert_eq!(
            (row.asked_name, &*row.asked_arguments.unwrap().decode()),
            (Some("asked"), "{}")
        );
        let rows: Vec<_> = transcript.rows(&Selection::ALL).collect();
        assert_eq!(flags(&rows[0]), ["unrecorded", "no-result", "error", "unasked"]);
        assert_eq!(flags(&rows[3]), [RESULT_WITHOUT_CALL]);
        assert_eq!(flags(&rows[4]), [ORPHAN, UNASKED]);
        let counts = transcript.header().counts;
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
        assert_eq!(transcript.header().counts.orphans, 3);
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
        let counts = transcript.header().counts;
        assert_eq!((counts.hits, counts.not_retrieved, counts.orphans), (1, 1, 2));
    }

    proptest! {
        #[test]
        fn a_chunk_is_cited_where_a_citation_of_its_turn_says_the_same(
            traces in prop::collection::vec((0..3_usize, prop::collection::vec(chunk(), 0..6)), 0..5),
            citations in prop::collection::vec((0..3_usize, chunk()), 0..12),
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
            let transcript = Transcript::new(&input);
            // What is of no turn comes last, among the orphans.
            let order = [1, 2, 0];
            let mut told = Vec::new();
            let mut found = Vec::new();
            for row in transcript.rows(&Selection::ALL) {
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
            prop_assert_eq!(transcript.header().counts.not_retrieved,
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
            let json =
                format!(r#"{{"session_id":"s","rag_traces":[{{"retrieved":[{{}},{chunk}]}}]}}"#);
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
            evidence: true,
        };
        assert_eq!(order(EVENTS, &some(Some(2..=3), &[])), ["2", "3"]);
        let later = order(EVENTS, &some(Some(3..=usize::MAX), &[]));
        assert_eq!(
            later,
            ["3", "handoff sooner", "handoff later", "4", "handoff last", "handoff none"]
        );
        assert_eq!(order(EVENTS, &some(Some(1..=2), &[])), ["handoff first", "1", "2"]);
        assert_eq!(order(EVENTS, &some(None, &["assistant", "x"])), ["2"]);
        assert!(order(EVENTS, &some(Some(9..=9), &[])).is_empty());
        let bare = Selection { evidence: false, ..Selection::ALL };
        assert!(!order(EVENTS, &bare).contains(&"orphan".to_owned()));
    }

    #[test]
    fn rows_have_the_fields_of_the_api_with_the_digits_that_were_sent() {
        let input = read(
            r#"{"session_id":"s","messages":[{"turn_id":"a","role":"user","content":"x",
                "timestamp":"2026-01-01T10:00:00Z","latency_ms":1.0,
                "truncated":true,"original_char_count":9007199254740993}]}"#,
        );
        let transcript = Transcript::new(&input);
        let rows: Vec<_> =
            transcript.rows(&Selection { evidence: false, ..Selection::ALL }).collect();
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
}
