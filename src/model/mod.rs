//! The wire types: what `GET /v1/sessions/{session_id}/analysis-input` sends, and its error bodies.
//!
//! The reader is lenient. Any field may be absent or `null`, unknown fields are passed over, enum
//! values are kept as the text that was sent, numbers as the digits that were sent, and so are ids but
//! for the case of a UUID. What a field does hold must have the JSON type that the API's document gives
//! it; where it has not, [`repair`] makes a document that can be read, and says what was wrong.
//!
//! Strings are borrowed from the document's buffer unless an escape in them forces a copy; those that
//! may be long are decoded where they are shown ([`LazyText`]).
//! [`SessionAnalysisInput`] is generic over its four large lists, so that a view can name a narrower
//! type ([`MessageTurn`], [`Skipped`]) for what it does not show and the parser passes over the rest.

#[cfg(test)]
mod contract;
mod depth;
mod enums;
mod lenient;
mod lists;
mod values;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use self::depth::shallow;
use self::values::{id, id_or_empty, ids, object, object_or_empty, optional_id};

pub use self::depth::{MAX_DEPTH, Scanner};
pub use self::enums::{KnowledgeGapAnalysisOutcome, MissingEvidenceReason};
pub use self::lenient::{Repaired, repair};
pub use self::lists::{LazyList, List};
pub use self::values::{KbVersions, LazyText, Number, Text, Timestamp, json_type};

/// The newest `analyzer_input_schema_version` this program was written against.
pub const KNOWN_SCHEMA_VERSION: i64 = 2;

/// One element of a list that is counted but not read.
pub type Skipped = IgnoredAny;

/// The analysis input of one completed session.
///
/// `M`, `R`, `C` and `T` are the element types of `messages`, `rag_traces`, `citations` and
/// `tool_calls`; the defaults read them whole.
#[derive(Debug, Deserialize)]
#[serde(bound(
    deserialize = "M: Deserialize<'de>, R: Deserialize<'de>, C: Deserialize<'de>, T: Deserialize<'de>"
))]
pub struct SessionAnalysisInput<
    'a,
    M = MessageEntry<'a>,
    R = RagTraceEntry<'a>,
    C = CitedChunk<'a>,
    T = ToolCallEntry<'a>,
> {
    /// Version of the document's layout; 2 where it is not sent.
    #[serde(borrow, default)]
    pub analyzer_input_schema_version: Option<Number<'a>>,
    /// The session's id: the one field without which a document is no analysis input.
    #[serde(deserialize_with = "id")]
    pub session_id: Text<'a>,
    /// The organization that owns the session.
    #[serde(default, deserialize_with = "optional_id")]
    pub organization_id: Option<Text<'a>>,
    /// The agent that held the session; null where none was assigned.
    #[serde(default, deserialize_with = "optional_id")]
    pub agent_id: Option<Text<'a>>,
    /// How the customer came in: `chat`, `voice`, `email`, …
    #[serde(default)]
    pub channel: Option<Text<'a>>,
    /// When the session began.
    #[serde(default)]
    pub started_at: Option<Timestamp<'a>>,
    /// When the session ended; null where no end was recorded.
    #[serde(default)]
    pub ended_at: Option<Timestamp<'a>>,
    /// Why the session ended, in the runtime's own words.
    #[serde(default)]
    pub completion_reason: Option<Text<'a>>,
    /// The outcome in the analyzer's vocabulary.
    #[serde(default)]
    pub knowledge_gap_analysis_outcome: Option<KnowledgeGapAnalysisOutcome<'a>>,
    /// The transcript, in the order it was sent.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub messages: Vec<M>,
    /// The retrievals.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub rag_traces: Vec<R>,
    /// The chunks that reached the model.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub citations: Vec<C>,
    /// The tool calls that were recorded.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub tool_calls: Vec<T>,
    /// Transfers to a human.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub handoff_events: Vec<HandoffEvent<'a>>,
    /// The knowledge bases as they stood at the first retrieval.
    #[serde(default, deserialize_with = "object")]
    pub kb_snapshot: Option<KbSnapshotEntry<'a>>,
    /// What the customer said of the session.
    #[serde(default, deserialize_with = "object")]
    pub user_feedback: Option<FeedbackEntry<'a>>,
    /// The customer-satisfaction score.
    #[serde(default, deserialize_with = "object")]
    pub csat: Option<CSATEntry<'a>>,
    /// Set where the ticket was opened again afterwards.
    #[serde(default, deserialize_with = "object")]
    pub reopen: Option<ReopenEntry<'a>>,
    /// Free-form facts about the customer, verbatim.
    #[serde(default, deserialize_with = "shallow")]
    pub customer_metadata: Option<&'a RawValue>,
    /// Why evidence is missing.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub missing_evidence_reasons: Vec<MissingEvidenceReason<'a>>,
}

impl<'a, M, R, C, T> SessionAnalysisInput<'a, M, R, C, T> {
    /// The same with other retrievals.
    pub fn with_retrievals<S>(self, rag_traces: Vec<S>) -> SessionAnalysisInput<'a, M, S, C, T> {
        SessionAnalysisInput {
            rag_traces,
            citations: self.citations,
            analyzer_input_schema_version: self.analyzer_input_schema_version,
            session_id: self.session_id,
            organization_id: self.organization_id,
            agent_id: self.agent_id,
            channel: self.channel,
            started_at: self.started_at,
            ended_at: self.ended_at,
            completion_reason: self.completion_reason,
            knowledge_gap_analysis_outcome: self.knowledge_gap_analysis_outcome,
            messages: self.messages,
            tool_calls: self.tool_calls,
            handoff_events: self.handoff_events,
            kb_snapshot: self.kb_snapshot,
            user_feedback: self.user_feedback,
            csat: self.csat,
            reopen: self.reopen,
            customer_metadata: self.customer_metadata,
            missing_evidence_reasons: self.missing_evidence_reasons,
        }
    }
}

/// One message of the transcript; the API redacts it before it is sent.
#[derive(Debug, Deserialize)]
pub struct MessageEntry<'a> {
    /// The turn's id; retrievals, citations and tool calls point at it.
    #[serde(borrow, default, deserialize_with = "id_or_empty")]
    pub turn_id: Text<'a>,
    /// Who spoke: `user`, `assistant`, `tool`, `system`, …
    #[serde(default, deserialize_with = "null_is_empty")]
    pub role: Text<'a>,
    /// When it was said.
    #[serde(default)]
    pub timestamp: Option<Timestamp<'a>>,
    /// What was said.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub content: LazyText<'a>,
    /// The tool calls this message asked for.
    #[serde(default)]
    pub tool_calls: Option<List<ToolCall<'a>>>,
    /// The tool result this message carries.
    #[serde(default, deserialize_with = "object")]
    pub tool_results: Option<Box<ToolResult<'a>>>,
    /// The model that wrote the message.
    #[serde(default)]
    pub model_used: Option<Text<'a>>,
    /// Time to the answer, in milliseconds.
    #[serde(default)]
    pub latency_ms: Option<Number<'a>>,
    /// Whether `content` was cut.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub truncated: bool,
    /// Length before the cut, in characters.
    #[serde(default)]
    pub original_char_count: Option<Number<'a>>,
}

/// A [`MessageEntry`] of which only its place in the session is read.
#[derive(Debug, Deserialize)]
pub struct MessageTurn<'a> {
    /// The turn's id.
    #[serde(borrow, default, deserialize_with = "id_or_empty")]
    pub turn_id: Text<'a>,
    /// When it was said.
    #[serde(default)]
    pub timestamp: Option<Timestamp<'a>>,
}

/// A [`MessageEntry`] of which only its place and its tool traffic are read.
#[derive(Debug, Deserialize)]
pub struct MessageTools<'a> {
    /// The turn's id.
    #[serde(borrow, default, deserialize_with = "id_or_empty")]
    pub turn_id: Text<'a>,
    /// When it was said.
    #[serde(default)]
    pub timestamp: Option<Timestamp<'a>>,
    /// The tool calls this message asked for.
    #[serde(default)]
    pub tool_calls: Option<List<ToolCall<'a>>>,
    /// The tool result this message carries.
    #[serde(default, deserialize_with = "object")]
    pub tool_results: Option<Box<ToolResult<'a>>>,
}

/// A tool call as a message asked for it.
#[derive(Debug, Deserialize)]
pub struct ToolCall<'a> {
    /// The call's id; [`ToolCallEntry::tool_call_id`] and [`ToolResult::tool_call_id`] repeat it.
    #[serde(borrow, default, deserialize_with = "null_is_empty")]
    pub id: Text<'a>,
    /// The kind of call; `function` where it is not sent.
    #[serde(rename = "type", default)]
    pub kind: Option<Text<'a>>,
    /// What to call, and with what.
    #[serde(default, deserialize_with = "object_or_empty")]
    pub function: ToolCallFunction<'a>,
}

/// The function a message asked for.
#[derive(Debug, Default, Deserialize)]
pub struct ToolCallFunction<'a> {
    /// The tool's name.
    #[serde(borrow, default, deserialize_with = "null_is_empty")]
    pub name: Text<'a>,
    /// The arguments as the model wrote them, usually JSON.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub arguments: LazyText<'a>,
}

/// A tool's answer as a message carries it.
#[derive(Debug, Deserialize)]
pub struct ToolResult<'a> {
    /// The call it answers.
    #[serde(borrow, default, deserialize_with = "null_is_empty")]
    pub tool_call_id: Text<'a>,
    /// What the tool returned.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub output: LazyText<'a>,
    /// What went wrong, where something did.
    #[serde(default)]
    pub error: Option<Text<'a>>,
}

/// One retrieval that fed an assistant turn.
///
/// `L` is the list of its chunks; a view that shows few of them names [`LazyList`].
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "L: Default + Deserialize<'de>"))]
pub struct RagTraceEntry<'a, L = List<RetrievedChunk<'a>>> {
    /// The retrieval's id.
    #[serde(borrow, default, deserialize_with = "id_or_empty")]
    pub rag_query_id: Text<'a>,
    /// The turn it fed.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub assistant_turn_id: Text<'a>,
    /// Fingerprint of the query; equal hashes are the same question.
    #[serde(default)]
    pub query_hash: Option<Text<'a>>,
    /// The knowledge bases that were searched.
    #[serde(default, deserialize_with = "ids")]
    pub kb_ids: List<Text<'a>>,
    /// What came back, best first.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub retrieved: L,
    /// The best chunk's score as shown to users.
    #[serde(default)]
    pub top_score: Option<Number<'a>>,
    /// Whether the runtime counted the retrieval as a hit.
    #[serde(default)]
    pub hit: Option<bool>,
    /// Time the retrieval took, in milliseconds.
    #[serde(default)]
    pub latency_ms: Option<Number<'a>>,
    /// The answerability gate's verdict; absent where the gate did not run.
    #[serde(default, deserialize_with = "object")]
    pub answerability: Option<RagTraceAnswerability<'a>>,
}

/// One chunk that a retrieval returned.
#[derive(Debug, Deserialize)]
pub struct RetrievedChunk<'a> {
    /// The chunk's id.
    #[serde(borrow, default, deserialize_with = "null_is_empty")]
    pub chunk_id: Text<'a>,
    /// The document it is part of.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub doc_id: Text<'a>,
    /// The document's version.
    #[serde(default)]
    pub version_id: Option<Text<'a>>,
    /// How well it matched.
    #[serde(default)]
    pub score: Option<Number<'a>>,
}

/// What the answerability gate decided for a retrieval.
#[derive(Debug, Deserialize)]
pub struct RagTraceAnswerability<'a> {
    /// The verdict, e.g. `answerable` or `unanswerable`.
    #[serde(borrow, default)]
    pub label: Option<Text<'a>>,
    /// Why, as a code.
    #[serde(default)]
    pub reason_code: Option<Text<'a>>,
    /// Best score before normalization: what the thresholds are held against.
    #[serde(default)]
    pub raw_top_score: Option<Number<'a>>,
    /// What the score measures.
    #[serde(default)]
    pub score_basis: Option<Text<'a>>,
    /// `shadow` (judged only) or `enforce` (acted on).
    #[serde(default)]
    pub mode: Option<Text<'a>>,
    /// What the gate did.
    #[serde(default)]
    pub action: Option<Text<'a>>,
    /// Below this score a query counts as unanswerable.
    #[serde(default)]
    pub threshold_low: Option<Number<'a>>,
    /// From this score on a query counts as answerable.
    #[serde(default)]
    pub threshold_high: Option<Number<'a>>,
}

/// One chunk that the runtime put before the model.
#[derive(Debug, Deserialize)]
#[allow(clippy::struct_field_names, reason = "the API's own names")]
pub struct CitedChunk<'a> {
    /// The turn that had it.
    #[serde(borrow, default, deserialize_with = "id_or_empty")]
    pub assistant_turn_id: Text<'a>,
    /// The knowledge base it is from.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub kb_id: Text<'a>,
    /// The document it is part of.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub doc_id: Text<'a>,
    /// The chunk's id.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub chunk_id: Text<'a>,
    /// The document's version.
    #[serde(default)]
    pub version_id: Option<Text<'a>>,
}

/// One tool call as it was recorded.
#[derive(Debug, Deserialize)]
pub struct ToolCallEntry<'a> {
    /// The call's id.
    #[serde(borrow, default, deserialize_with = "null_is_empty")]
    pub tool_call_id: Text<'a>,
    /// The turn that made it.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub assistant_turn_id: Text<'a>,
    /// The tool's name.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub name: Text<'a>,
    /// The arguments as the model wrote them.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub arguments: LazyText<'a>,
    /// The arguments as JSON, where they could be parsed.
    #[serde(default, deserialize_with = "shallow")]
    pub arguments_parsed: Option<&'a RawValue>,
    /// What the tool returned.
    #[serde(default)]
    pub result: Option<LazyText<'a>>,
    /// What went wrong, where something did.
    #[serde(default)]
    pub error: Option<Text<'a>>,
    /// Time the call took, in milliseconds.
    #[serde(default)]
    pub latency_ms: Option<Number<'a>>,
}

/// A transfer to a human.
#[derive(Debug, Deserialize)]
pub struct HandoffEvent<'a> {
    /// When.
    #[serde(borrow, default)]
    pub timestamp: Option<Timestamp<'a>>,
    /// To whom.
    #[serde(default, deserialize_with = "optional_id")]
    pub transferred_to_agent_id: Option<Text<'a>>,
    /// Why.
    #[serde(default)]
    pub reason: Option<Text<'a>>,
}

/// The knowledge bases as they stood at the session's first retrieval.
#[derive(Debug, Deserialize)]
pub struct KbSnapshotEntry<'a> {
    /// When they were looked at.
    #[serde(borrow, default)]
    pub captured_at: Option<Timestamp<'a>>,
    /// Knowledge base → how many document versions were active in it.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub kb_versions: KbVersions<'a>,
}

/// What the customer said of the session.
#[derive(Debug, Deserialize)]
pub struct FeedbackEntry<'a> {
    /// When.
    #[serde(borrow, default)]
    pub timestamp: Option<Timestamp<'a>>,
    /// A rating; the API gives no scale.
    #[serde(default)]
    pub rating: Option<Number<'a>>,
    /// In the customer's words.
    #[serde(default)]
    pub comment: Option<Text<'a>>,
}

/// The customer-satisfaction score.
#[derive(Debug, Deserialize)]
pub struct CSATEntry<'a> {
    /// When it was given.
    #[serde(borrow, default)]
    pub timestamp: Option<Timestamp<'a>>,
    /// The score.
    #[serde(default)]
    pub score: Option<Number<'a>>,
    /// The best score there is; 5 where it is not sent.
    #[serde(default)]
    pub scale_max: Option<Number<'a>>,
}

/// The ticket was opened again.
#[derive(Debug, Deserialize)]
pub struct ReopenEntry<'a> {
    /// When.
    #[serde(borrow, default)]
    pub timestamp: Option<Timestamp<'a>>,
    /// Why.
    #[serde(default)]
    pub reason: Option<Text<'a>>,
}

/// The body of an error answer (400, 401, and in practice 403, 404, 409, 429, 500).
#[derive(Debug, Deserialize)]
pub struct ErrorResponse<'a> {
    /// The error's code.
    #[serde(borrow)]
    pub error: Text<'a>,
    /// The error in words.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub message: Text<'a>,
}

/// The body of a 422.
#[derive(Debug, Deserialize)]
pub struct HTTPValidationError<'a> {
    /// One entry a fault.
    #[serde(borrow)]
    pub detail: Vec<ValidationError<'a>>,
}

/// One fault of a 422.
#[derive(Debug, Deserialize)]
pub struct ValidationError<'a> {
    /// Where: a path of names and indexes.
    #[serde(borrow, default, deserialize_with = "null_is_empty")]
    pub loc: Vec<&'a RawValue>,
    /// What is wrong.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub msg: Text<'a>,
    /// The kind of fault, as a code.
    #[serde(rename = "type", default, deserialize_with = "null_is_empty")]
    pub kind: Text<'a>,
    /// The value that was refused.
    #[serde(default)]
    pub input: Option<&'a RawValue>,
    /// More about the fault.
    #[serde(default)]
    pub ctx: Option<&'a RawValue>,
}

/// Reads `null` as the type's empty value.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
