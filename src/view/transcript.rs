//! The conversation with its evidence in place: messages in the document's order, and with each what
//! it asked of tools, what was retrieved for it and what it cited.
//!
//! [`Transcript::new`] makes the joins; [`Transcript::rows`] walks through them and builds a row when
//! it is asked for, so that a long session costs no more memory than its joins.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::RangeInclusive;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::turns::{Turns, seconds_between};
use crate::model::{
    CSATEntry, CitedChunk, FeedbackEntry, HandoffEvent, KbSnapshotEntry,
    KnowledgeGapAnalysisOutcome, MessageEntry, MissingEvidenceReason, Number, RagTraceEntry,
    ReopenEntry, SessionAnalysisInput, Text, Timestamp, ToolCall, ToolCallEntry, ToolResult,
};

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

/// One row of the transcript; `kind` says which.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
    pub content: &'a str,
    /// The model that wrote it.
    pub model_used: Option<&'a str>,
    /// Time to the answer, in milliseconds.
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
#[derive(Debug, Serialize)]
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

/// How a tool call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Answered without an error.
    Ok,
    /// Failed.
    Error,
    /// Neither a result nor an error came back.
    NoResult,
    /// A message asked for it, but `tool_calls` has no such call.
    Unrecorded,
}

impl Status {
    /// As rows and people see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::NoResult => "no-result",
            Self::Unrecorded => "unrecorded",
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A tool call: as it was recorded, as a message asked for it, and as a message answered it.
#[derive(Debug, Serialize)]
pub struct CallRow<'a> {
    /// The call's id.
    pub tool_call_id: &'a str,
    /// The turn that was recorded for the call; null where the call was not recorded.
    pub assistant_turn_id: Option<&'a str>,
    /// The tool's name.
    pub name: &'a str,
    /// The arguments as the model wrote them.
    pub arguments: &'a str,
    /// The arguments as JSON, where they were parsed.
    pub arguments_parsed: Option<&'a RawValue>,
    /// The name that the message gave, where the recorded one differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_name: Option<&'a str>,
    /// The arguments that the message gave, where the recorded ones differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_arguments: Option<&'a str>,
    /// `ok`, `error`, `no-result` or `unrecorded`.
    pub status: Status,
    /// What came back: the recorded result, else the one that a message carries.
    pub result: Option<&'a str>,
    /// What went wrong: the recorded error, else the one that a message carries.
    pub error: Option<&'a str>,
    /// Time the call took, in milliseconds.
    pub latency_ms: Option<Number<'a>>,
    /// The turn whose message carries the result.
    pub answered_in_turn: Option<usize>,
    /// `unasked`, `orphan`.
    pub flags: Vec<&'static str>,
}

/// A tool result as a message carries it.
#[derive(Debug, Serialize)]
pub struct AnswerRow<'a> {
    /// The call it answers.
    pub tool_call_id: &'a str,
    /// What the tool returned.
    pub output: &'a str,
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
#[derive(Debug, Serialize)]
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
    pub retrieved: Vec<ChunkRow<'a>>,
    /// How many chunks came back.
    pub found: usize,
    /// How many of them the turn cited.
    pub cited: usize,
    /// The best chunk's score.
    pub top_score: Option<Number<'a>>,
    /// Whether the runtime counted it as a hit.
    pub hit: Option<bool>,
    /// Time it took, in milliseconds.
    pub latency_ms: Option<Number<'a>>,
    /// The answerability gate's verdict, as it was sent.
    pub answerability: Option<AnswerabilityRow<'a>>,
    /// `miss`, `unanswerable`, `uncited`, `orphan`.
    pub flags: Vec<&'static str>,
}

/// A chunk that a retrieval returned.
#[derive(Debug, Serialize)]
pub struct ChunkRow<'a> {
    /// The chunk's id.
    pub chunk_id: &'a str,
    /// The document it is part of.
    pub doc_id: &'a str,
    /// The document's version.
    pub version_id: Option<&'a str>,
    /// How well it matched.
    pub score: Option<Number<'a>>,
    /// Whether the turn cited it.
    pub cited: bool,
}

/// What the answerability gate decided.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
    /// Tool calls, recorded or asked for.
    pub tool_calls: usize,
    /// Tool calls that failed.
    pub errors: usize,
    /// Tool calls that nothing came back from.
    pub no_result: usize,
    /// Tool calls that were asked for and not recorded.
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

/// A turn id → (document, chunk) → whether a retrieval of the turn returned it.
type Cited<'a> = HashMap<&'a str, HashMap<(&'a str, &'a str), bool>>;

/// The joins of one session.
#[derive(Debug)]
pub struct Transcript<'a> {
    input: &'a SessionAnalysisInput<'a>,
    roles: Vec<&'a str>,
    calls: Vec<Call<'a>>,
    /// Messages, by their index, that carry a result → the call it belongs to.
    answers: HashMap<usize, usize>,
    cited: Cited<'a>,
    calls_by_turn: ByTurn<usize>,
    retrievals: ByTurn<&'a RagTraceEntry<'a>>,
    citations: ByTurn<&'a CitedChunk<'a>>,
    /// Hand-offs and the number of the turn they came after.
    handoffs: Vec<(usize, &'a HandoffEvent<'a>)>,
}

impl<'a> Transcript<'a> {
    /// Joins what belongs together.
    pub fn new(input: &'a SessionAnalysisInput<'a>) -> Self {
        let turns = Turns::new(&input.messages);
        // An id that was not sent belongs nowhere, even where a message has none either.
        let number =
            |id: &str| if id.is_empty() { 0 } else { turns.number(id).unwrap_or_default() };
        let (calls, answers) = join_calls(&input.messages, &input.tool_calls, number);
        Self {
            input,
            roles: roles(&input.messages),
            calls_by_turn: ByTurn::new(
                calls.iter().enumerate().map(|(index, call)| (call.turn, index)),
            ),
            calls,
            answers,
            cited: join_citations(&input.rag_traces, &input.citations),
            retrievals: ByTurn::new(
                input.rag_traces.iter().map(|trace| (number(&trace.assistant_turn_id), trace)),
            ),
            citations: ByTurn::new(
                input.citations.iter().map(|chunk| (number(&chunk.assistant_turn_id), chunk)),
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
        let with = |status| self.calls.iter().filter(|call| call.status() == status).count();
        Counts {
            turns: input.messages.len(),
            retrievals: input.rag_traces.len(),
            hits: input.rag_traces.iter().filter(|trace| trace.hit == Some(true)).count(),
            citations: input.citations.len(),
            not_retrieved: input.citations.iter().filter(|chunk| !self.is_retrieved(chunk)).count(),
            tool_calls: self.calls.len(),
            errors: with(Status::Error),
            no_result: with(Status::NoResult),
            unrecorded: with(Status::Unrecorded),
            handoffs: input.handoff_events.len(),
            orphans: self.retrievals.of(0).count()
                + self.citations.of(0).count()
                + self.calls_by_turn.of(0).count(),
        }
    }

    /// The rows that are wanted: messages with hand-offs between them, then, where no turn is left
    /// out, the orphans and what came after the session.
    pub fn rows(&self, selection: &Selection) -> impl Iterator<Item = Row<'a>> {
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
    ) -> MessageRow<'a> {
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
            content: &message.content,
            model_used: message.model_used.as_deref(),
            latency_ms: message.latency_ms,
            truncated: message.truncated,
            original_char_count: message.original_char_count,
            evidence,
            flags,
        }
    }

    fn handoff(&self, place: usize, event: &'a HandoffEvent<'a>) -> Row<'a> {
        Row::Handoff(HandoffRow {
            session_id: &self.input.session_id,
            after_turn: place,
            timestamp: event.timestamp.as_ref(),
            transferred_to_agent_id: event.transferred_to_agent_id.as_deref(),
            reason: event.reason.as_deref(),
        })
    }

    /// What comes after the last turn: feedback, csat and reopen by their times, then orphans.
    fn ends(&self, selection: &Selection) -> Vec<Row<'a>> {
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
    fn evidence(&self, turn: usize, message: Option<&'a MessageEntry<'a>>) -> Evidence<'a> {
        let result = message.and_then(|message| message.tool_results.as_deref());
        let calls = self.calls_by_turn.of(turn).filter_map(|index| self.calls.get(index));
        Evidence {
            tool_calls: calls.map(Call::row).collect(),
            tool_results: result.map(|result| self.answer(turn - 1, result)),
            retrievals: self.retrievals.of(turn).map(|row| self.retrieval(turn, row)).collect(),
            citations: self.citations.of(turn).map(|row| self.citation(turn, row)).collect(),
        }
    }

    fn answer(&self, index: usize, result: &'a ToolResult<'a>) -> AnswerRow<'a> {
        let call = self.answers.get(&index).and_then(|call| self.calls.get(*call));
        AnswerRow {
            tool_call_id: &result.tool_call_id,
            output: &result.output,
            error: result.error.as_deref(),
            name: call.map(Call::name),
            call_turn: call.map(|call| call.turn).filter(|turn| *turn > 0),
            told: call.is_some_and(|call| {
                let told = |mine: Option<&str>, its: Option<&str>| {
                    mine.is_none_or(|mine| mine.is_empty() || its == Some(mine))
                };
                told(Some(&result.output), call.result())
                    && told(result.error.as_deref(), call.error())
            }),
            flags: raised(&[(call.is_none(), RESULT_WITHOUT_CALL)]),
        }
    }

    fn retrieval(&self, turn: usize, trace: &'a RagTraceEntry<'a>) -> RetrievalRow<'a> {
        let cited = self.cited.get(&*trace.assistant_turn_id);
        let retrieved: Vec<_> = trace
            .retrieved
            .iter()
            .map(|chunk| ChunkRow {
                chunk_id: &chunk.chunk_id,
                doc_id: &chunk.doc_id,
                version_id: chunk.version_id.as_deref(),
                score: chunk.score,
                cited: cited
                    .is_some_and(|cited| cited.contains_key(&(&*chunk.doc_id, &*chunk.chunk_id))),
            })
            .collect();
        let cited = retrieved.iter().filter(|chunk| chunk.cited).count();
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
            (!retrieved.is_empty() && cited == 0, UNCITED),
            (turn == 0, ORPHAN),
        ];
        RetrievalRow {
            rag_query_id: &trace.rag_query_id,
            assistant_turn_id: &trace.assistant_turn_id,
            query_hash: trace.query_hash.as_deref(),
            kb_ids: &trace.kb_ids,
            found: retrieved.len(),
            cited,
            retrieved,
            top_score: trace.top_score,
            hit: trace.hit,
            latency_ms: trace.latency_ms,
            answerability,
            flags: raised(&flags),
        }
    }

    fn citation(&self, turn: usize, chunk: &'a CitedChunk<'a>) -> CitationRow<'a> {
        let retrieved = self.is_retrieved(chunk);
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

    fn is_retrieved(&self, chunk: &CitedChunk<'_>) -> bool {
        let cited = self.cited.get(&*chunk.assistant_turn_id);
        cited.and_then(|cited| cited.get(&(&*chunk.doc_id, &*chunk.chunk_id))) == Some(&true)
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

/// Finds, for each citation, whether a retrieval of its turn returned the chunk.
fn join_citations<'a>(
    traces: &'a [RagTraceEntry<'a>],
    citations: &'a [CitedChunk<'a>],
) -> Cited<'a> {
    let mut cited: Cited<'_> = HashMap::new();
    for chunk in citations {
        let turn = cited.entry(&chunk.assistant_turn_id).or_default();
        turn.insert((&chunk.doc_id, &chunk.chunk_id), false);
    }
    for trace in traces {
        if let Some(turn) = cited.get_mut(&*trace.assistant_turn_id) {
            for chunk in &trace.retrieved {
                if let Some(found) = turn.get_mut(&(&*chunk.doc_id, &*chunk.chunk_id)) {
                    *found = true;
                }
            }
        }
    }
    cited
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

/// A tool call: as a message asked for it, as it was recorded, as a message answered it. It has at
/// least one of the first two.
#[derive(Debug, Default)]
struct Call<'a> {
    asked: Option<&'a ToolCall<'a>>,
    recorded: Option<&'a ToolCallEntry<'a>>,
    /// The result that came back, and the number of the turn it came in.
    answer: Option<(usize, &'a ToolResult<'a>)>,
    /// The turn it is shown at: the one that asked, else the one that was recorded; 0 for none.
    turn: usize,
}

impl<'a> Call<'a> {
    fn id(&self) -> &'a str {
        let asked = self.asked.map(|asked| &*asked.id);
        asked.or_else(|| self.recorded.map(|entry| &*entry.tool_call_id)).unwrap_or_default()
    }

    fn name(&self) -> &'a str {
        let recorded = self.recorded.map(|entry| &*entry.name).filter(|name| !name.is_empty());
        recorded.or_else(|| self.asked.map(|asked| &*asked.function.name)).unwrap_or_default()
    }

    fn arguments(&self) -> &'a str {
        let recorded = self.recorded.map(|entry| &*entry.arguments);
        let recorded = recorded.filter(|arguments| !arguments.is_empty());
        let asked = || self.asked.map(|asked| &*asked.function.arguments);
        recorded.or_else(asked).unwrap_or_default()
    }

    fn error(&self) -> Option<&'a str> {
        let recorded = self.recorded.and_then(|entry| entry.error.as_deref());
        let recorded = recorded.filter(|error| !error.is_empty());
        let carried = || self.answer.and_then(|(_, result)| result.error.as_deref());
        recorded.or_else(|| carried().filter(|error| !error.is_empty()))
    }

    fn result(&self) -> Option<&'a str> {
        let recorded = self.recorded.and_then(|entry| entry.result.as_deref());
        // A failed call's message carries an empty output, which is no result.
        let carried = || {
            let (_, result) = self.answer?;
            let failed = result.output.is_empty() && self.error().is_some();
            (!failed).then_some(&*result.output)
        };
        recorded.or_else(carried)
    }

    fn status(&self) -> Status {
        if self.recorded.is_none() {
            Status::Unrecorded
        } else if self.error().is_some() {
            Status::Error
        } else if self.result().is_some() {
            Status::Ok
        } else {
            Status::NoResult
        }
    }

    fn row(&self) -> CallRow<'a> {
        let (name, arguments) = (self.name(), self.arguments());
        let asked = self.asked.map(|asked| &asked.function);
        let differs = |asked: &&str, shown: &str| !asked.is_empty() && *asked != shown;
        CallRow {
            tool_call_id: self.id(),
            assistant_turn_id: self.recorded.map(|entry| &*entry.assistant_turn_id),
            name,
            arguments,
            arguments_parsed: self.recorded.and_then(|entry| entry.arguments_parsed),
            asked_name: asked.map(|asked| &*asked.name).filter(|asked| differs(asked, name)),
            asked_arguments: asked
                .map(|asked| &*asked.arguments)
                .filter(|asked| differs(asked, arguments)),
            status: self.status(),
            result: self.result(),
            error: self.error(),
            latency_ms: self.recorded.and_then(|entry| entry.latency_ms),
            answered_in_turn: self.answer.map(|(turn, _)| turn),
            flags: raised(&[(self.asked.is_none(), UNASKED), (self.turn == 0, ORPHAN)]),
        }
    }
}

/// Things that wait for their partner, in order, by what they have in common.
type Waiting<K> = HashMap<K, VecDeque<usize>>;

/// Joins the calls that messages asked for with those that were recorded and with the results that
/// messages carry, by the calls' ids. Runtimes number calls anew in every turn, so the same id may
/// name several: a recorded call of the asking turn is preferred, and a result answers the nearest
/// message before it that asked. `number` gives a turn id's number, 0 for none.
///
/// Returns the calls, those that were asked for first, and which call each message's result, by the
/// message's index, belongs to.
fn join_calls<'a>(
    messages: &'a [MessageEntry<'a>],
    recorded: &'a [ToolCallEntry<'a>],
    number: impl Fn(&str) -> usize,
) -> (Vec<Call<'a>>, HashMap<usize, usize>) {
    let mut calls: Vec<Call<'a>> = Vec::with_capacity(recorded.len());
    let mut by_turn: Waiting<(&str, &str)> = HashMap::with_capacity(recorded.len());
    for (index, entry) in recorded.iter().enumerate().filter(|(_, e)| !e.tool_call_id.is_empty()) {
        let key = (&*entry.tool_call_id, &*entry.assistant_turn_id);
        by_turn.entry(key).or_default().push_back(index);
    }
    let mut used = vec![false; recorded.len()];
    let mut answers = HashMap::new();
    // Open calls by id, with the message that asked; results that came before any call.
    let mut open: HashMap<&str, (usize, VecDeque<usize>)> = HashMap::new();
    let mut early: Vec<(usize, &'a ToolResult<'a>)> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if let Some(result) = message.tool_results.as_deref() {
            let waiting = open.get_mut(&*result.tool_call_id);
            match waiting.and_then(|(_, waiting)| waiting.pop_front()) {
                Some(call) => {
                    answers.insert(index, call);
                    calls[call].answer = Some((index + 1, result));
                }
                None => early.push((index, result)),
            }
        }
        for asked in message.tool_calls.iter().flatten() {
            let key = (&*asked.id, &*message.turn_id);
            let entry = by_turn.get_mut(&key).and_then(VecDeque::pop_front);
            if let Some(entry) = entry {
                used[entry] = true;
            }
            if !asked.id.is_empty() {
                let (by, waiting) = open.entry(&asked.id).or_default();
                if *by != index {
                    waiting.clear();
                    *by = index;
                }
                waiting.push_back(calls.len());
            }
            calls.push(Call {
                asked: Some(asked),
                recorded: entry.and_then(|entry| recorded.get(entry)),
                answer: None,
                turn: index + 1,
            });
        }
    }
    // Recorded under another turn than the one that asked.
    let mut by_id: Waiting<&str> = HashMap::new();
    for (index, entry) in recorded.iter().enumerate() {
        if !used[index] && !entry.tool_call_id.is_empty() {
            by_id.entry(&entry.tool_call_id).or_default().push_back(index);
        }
    }
    for call in calls.iter_mut().filter(|call| call.recorded.is_none()) {
        if let Some(entry) = by_id.get_mut(call.id()).and_then(VecDeque::pop_front) {
            used[entry] = true;
            call.recorded = recorded.get(entry);
        }
    }
    // Recorded, and no message asked.
    for (entry, _) in recorded.iter().zip(&used).filter(|(_, used)| !**used) {
        let turn = number(&entry.assistant_turn_id);
        calls.push(Call { recorded: Some(entry), turn, ..Call::default() });
    }
    if !early.is_empty() {
        let mut unanswered: Waiting<&str> = HashMap::new();
        for (index, call) in calls.iter().enumerate() {
            if call.answer.is_none() && !call.id().is_empty() {
                unanswered.entry(call.id()).or_default().push_back(index);
            }
        }
        for (index, result) in early {
            let waiting = unanswered.get_mut(&*result.tool_call_id);
            if let Some(call) = waiting.and_then(VecDeque::pop_front) {
                answers.insert(index, call);
                calls[call].answer = Some((index + 1, result));
            }
        }
    }
    (calls, answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a call came to: name, status, turn, result, turn it was answered in.
    type Told<'a> = (&'a str, Status, usize, Option<&'a str>, Option<usize>);

    fn told<'a>(transcript: &Transcript<'a>) -> Vec<Told<'a>> {
        let calls = transcript.calls.iter();
        calls
            .map(|call| {
                let answered = call.answer.map(|(turn, _)| turn);
                (call.name(), call.status(), call.turn, call.result(), answered)
            })
            .collect()
    }

    fn read(json: &str) -> SessionAnalysisInput<'_> {
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
                ("orphan", Status::Ok, 0, Some("r"), None),
            ]
        );
        let row = transcript.calls[0].row();
        assert_eq!((row.asked_name, row.asked_arguments), (Some("asked"), Some("{}")));
        let rows: Vec<_> = transcript.rows(&Selection::ALL).collect();
        assert_eq!(flags(&rows[0]), ["unrecorded", "no-result", "error", "unasked"]);
        assert_eq!(flags(&rows[3]), [RESULT_WITHOUT_CALL]);
        assert_eq!(flags(&rows[4]), [ORPHAN, UNASKED]);
        let counts = transcript.header().counts;
        assert_eq!((counts.tool_calls, counts.errors, counts.no_result), (5, 1, 1));
        assert_eq!((counts.unrecorded, counts.orphans), (1, 1));
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
    fn an_answer_that_comes_first_and_a_record_of_another_turn_are_still_found() {
        let input = read(
            r#"{"session_id":"s","messages":[
                {"turn_id":"a","tool_results":{"tool_call_id":"c","output":"early"}},
                {"turn_id":"b","tool_calls":[{"id":"c","function":{"name":"late"}}]}],
              "tool_calls":[{"tool_call_id":"c","assistant_turn_id":"elsewhere","name":"late"}]}"#,
        );
        let transcript = Transcript::new(&input);
        assert_eq!(told(&transcript), [("late", Status::Ok, 2, Some("early"), Some(1))]);
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
        assert!(retrieval.retrieved[0].cited && !retrieval.retrieved[1].cited);
        assert!(flags(&rows[0]).is_empty());
        assert_eq!(flags(&rows[1]), [MISS, UNANSWERABLE, UNCITED, CITED_NOT_RETRIEVED]);
        assert_eq!(flags(&rows[2]), [ORPHAN], "an orphan's own retrieval returned its chunk");
        let counts = transcript.header().counts;
        assert_eq!((counts.hits, counts.not_retrieved, counts.orphans), (1, 1, 2));
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
