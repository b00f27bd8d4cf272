//! The rows: what the transcript says, for every format.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::chunks::{ChunkRow, Chunks};
use super::flags::{CITED_NOT_RETRIEVED, ORPHAN, UNASKED, raised};
use crate::model::{CitedChunk, LazyText, Number, Text, Timestamp};
use crate::view::calls::{BROKEN_ARGUMENTS, Call, Status};

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

impl Row<'_> {
    /// What needs a look.
    pub fn flags(&self) -> &[&'static str] {
        match self {
            Self::Message(row) => &row.flags,
            Self::Handoff(row) => &row.flags,
            Self::Orphan(row) => &row.flags,
            Self::Csat(row) => &row.flags,
            Self::Feedback(row) => &row.flags,
            Self::Reopen(row) => &row.flags,
        }
    }
}

impl<'a> Row<'a> {
    /// When it was; None where that was not sent.
    pub fn timestamp(&self) -> Option<&'a Timestamp<'a>> {
        match self {
            Self::Message(row) => row.timestamp,
            Self::Handoff(row) => row.timestamp,
            Self::Csat(row) => row.timestamp,
            Self::Feedback(row) => row.timestamp,
            Self::Reopen(row) => row.timestamp,
            Self::Orphan(_) => None,
        }
    }
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
    pub(super) fn flags(&self, flags: &mut Vec<&'static str>) {
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
    /// What that message says, where it is among the rows.
    #[serde(skip)]
    pub answered_with: Option<LazyText<'a>>,
    /// `unasked`, `orphan`, `broken-arguments`.
    pub flags: Vec<&'static str>,
}

/// The flags of a call.
pub(super) fn call_flags(call: &Call<'_>) -> Vec<&'static str> {
    raised(&[
        (call.asked.is_none(), UNASKED),
        (call.turn.is_none(), ORPHAN),
        (call.has_broken_arguments(), BROKEN_ARGUMENTS),
    ])
}

impl<'a> CallRow<'a> {
    pub(super) fn of(call: &Call<'a>, answered_with: Option<LazyText<'a>>) -> Self {
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
            answered_with,
            flags: call_flags(call),
        }
    }
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
    /// Whether the call's row is there and says all that this says.
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

impl<'a> CitationRow<'a> {
    pub(super) fn of(turn: usize, chunk: &'a CitedChunk<'a>, retrieved: bool) -> Self {
        Self {
            assistant_turn_id: &chunk.assistant_turn_id,
            kb_id: &chunk.kb_id,
            doc_id: &chunk.doc_id,
            chunk_id: &chunk.chunk_id,
            version_id: chunk.version_id.as_deref(),
            retrieved,
            flags: raised(&[(!retrieved, CITED_NOT_RETRIEVED), (turn == 0, ORPHAN)]),
        }
    }
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
    /// `handed-off`.
    pub flags: Vec<&'static str>,
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
    /// None so far.
    pub flags: Vec<&'static str>,
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
    /// None so far.
    pub flags: Vec<&'static str>,
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
    /// `reopened`.
    pub flags: Vec<&'static str>,
}
