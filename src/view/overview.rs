//! The overview: one row a session.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calls::{self, Call, Counts, Traffic, traffic};
use super::cause::{self, Cause};
use super::rag::Rag;
use super::turns::{Place, Said, Written};
use super::{share, turns};
use crate::model::{
    CitedChunk, KnowledgeGapAnalysisOutcome as Outcome, List, MissingEvidenceReason as Reason,
    Number, RagTraceEntry, SessionAnalysisInput, Text, Timestamp, ToolCall, ToolCallEntry,
    ToolResult,
};
use crate::rows::look;
use crate::rows::{Cell, Column, Row, Tone, spell};

/// What this view reads of a document.
pub type Input<'a> =
    SessionAnalysisInput<'a, Message<'a>, RagTraceEntry<'a>, CitedChunk<'a>, ToolCallEntry<'a>>;

/// A message of which all is read but what was said.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    /// The turn's id.
    #[serde(borrow, default)]
    turn_id: Option<Text<'a>>,
    /// When it was said.
    #[serde(default)]
    timestamp: Option<Timestamp<'a>>,
    /// The tool calls it asked for.
    #[serde(default)]
    tool_calls: Option<List<ToolCall<'a>>>,
    /// The tool result it carries.
    #[serde(default)]
    tool_results: Option<Box<ToolResult<'a>>>,
    /// The model that wrote it.
    #[serde(default)]
    model_used: Option<Text<'a>>,
    /// Whether its content was cut.
    #[serde(default)]
    truncated: Option<bool>,
}

impl Place for Message<'_> {
    fn turn_id(&self) -> &str {
        self.turn_id.as_deref().unwrap_or_default()
    }
}

impl<'a> Said<'a> for Message<'a> {
    fn timestamp(&self) -> Option<&Timestamp<'a>> {
        self.timestamp.as_ref()
    }
}

traffic!(Message);

impl Written for Message<'_> {
    fn model(&self) -> Option<&str> {
        self.model_used.as_deref()
    }

    fn is_truncated(&self) -> bool {
        self.truncated == Some(true)
    }
}

/// A session in a row: how it came in and ended, and how much of everything it holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OverviewRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// How the customer came in: `chat`, `voice`, `email`, …
    pub channel: Option<&'a str>,
    /// The outcome in the analyzer's vocabulary.
    pub knowledge_gap_analysis_outcome: Option<&'a Outcome<'a>>,
    /// Why the session ended, in the runtime's own words.
    pub completion_reason: Option<&'a str>,
    /// When it began.
    pub started_at: Option<&'a Timestamp<'a>>,
    /// When it ended.
    pub ended_at: Option<&'a Timestamp<'a>>,
    /// From one to the other; null where either is no time.
    #[schemars(extend("unit" = "s"))]
    pub duration_seconds: Option<i64>,
    /// Messages.
    pub turns: usize,
    /// Retrievals.
    pub retrievals: usize,
    /// Retrievals that the runtime counted as a hit.
    pub hits: usize,
    /// Retrievals that say whether they were one.
    #[serde(skip)]
    pub verdicts: usize,
    /// `hits` of the retrievals that say whether they were one, 0 to 1; null where there are none.
    pub hit_rate: Option<f64>,
    /// Chunks that reached the model.
    pub citations: usize,
    /// Tool calls that were recorded.
    pub tool_calls: usize,
    /// Tool calls that only messages know of.
    pub tool_calls_unrecorded: usize,
    /// Recorded tool calls that failed.
    pub tool_errors: usize,
    /// Transfers to a human.
    pub handoffs: usize,
    /// The satisfaction score, as it was sent.
    pub csat_score: Option<Number<'a>>,
    /// The best score there is; null where it is not sent, which means 5.
    pub csat_scale_max: Option<Number<'a>>,
    /// Why evidence is missing.
    pub missing_evidence_reasons: &'a [Reason<'a>],
    /// Version of the document's layout; null where it is not sent, which means 2.
    pub analyzer_input_schema_version: Option<Number<'a>>,
    /// The agent that held the session; null where none was assigned.
    pub agent_id: Option<&'a str>,
    /// The organization that owns it.
    pub organization_id: Option<&'a str>,
    /// Retrievals that found nothing of use: `rag` flags them `miss`.
    pub misses: usize,
    /// Retrievals that hold no answer: `rag` flags them `unanswerable`.
    pub unanswerable: usize,
    /// Retrievals of whose chunks none was cited: `rag` flags them `uncited`.
    pub uncited: usize,
    /// Citations that no retrieval of their turn returned.
    pub cited_not_retrieved: usize,
    /// Recorded tool calls to which neither result nor error came back.
    pub tool_calls_no_result: usize,
    /// Messages whose content was cut.
    pub truncated: usize,
    /// Whether the ticket was opened again afterwards.
    pub reopened: bool,
    /// The rating in the customer's feedback, as it was sent; the API gives no scale.
    pub feedback_rating: Option<Number<'a>>,
    /// The knowledge bases that were searched, each once.
    pub kb_ids: Vec<&'a str>,
    /// The models that wrote messages, each once.
    pub models: Vec<&'a str>,
    /// The tools that were called, each once.
    pub tools: Vec<&'a str>,
    /// Where the evidence of a session that was not resolved points; null where it was.
    pub cause: Option<Cause>,
}

/// The fields that are told from retrievals and citations.
pub const RETRIEVALS: &[&str] =
    &["hits", "hit_rate", "misses", "unanswerable", "uncited", "cited_not_retrieved", "kb_ids"];

/// The fields that are told from tool calls, recorded or not.
pub const CALLS: &[&str] =
    &["tool_calls_unrecorded", "tool_errors", "tool_calls_no_result", "tools"];

/// The fields that are told from messages.
pub const MESSAGES: &[&str] = &["truncated", "models"];

/// All fields that [`head`] does not know.
pub const EVIDENCE: &[&[&str]] = &[RETRIEVALS, CALLS, MESSAGES, &["cause"]];

/// What is said of a session that has no end.
const NO_END: &str = "no end";

impl Row for OverviewRow<'_> {
    const KIND: &'static str = "overview";
    const NOUN: (&'static str, &'static str) = ("session", "sessions");
    const SHORT: &'static [(&'static str, &'static str)] = &[
        ("session", "session_id"),
        ("outcome", "knowledge_gap_analysis_outcome"),
        ("agent", "agent_id"),
        ("organization", "organization_id"),
        ("csat", "csat_score"),
        ("feedback", "feedback_rating"),
        ("started", "started_at"),
        ("ended", "ended_at"),
        ("duration", "duration_seconds"),
        ("missing", "missing_evidence_reasons"),
        ("version", "analyzer_input_schema_version"),
    ];

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::words("session", |row, spelling| {
                Cell::new(spelling.id(row.session_id), Tone::Strong).opens(row.session_id, None)
            })
            .ids(),
            Column::<Self>::times("started", |row, spelling| {
                Cell::of(row.started_at.map(|time| spelling.zone.minute(time)))
            })
            .below(2),
            Column::<Self>::words("agent", |row, spelling| {
                Cell::of(row.agent_id.map(|id| spelling.id(id)))
            })
            .below(2)
            .ids()
            .optional(),
            Column::<Self>::words("via", |row, _| Cell::of(row.channel)),
            Column::<Self>::words("outcome", |row, _| {
                let outcome = row.knowledge_gap_analysis_outcome;
                outcome.map_or_else(Cell::absent, |outcome| {
                    Cell::new(outcome.as_str(), outcome_tone(outcome))
                })
            })
            .below(1),
            Column::<Self>::text("cause", |row, _| {
                let cause = row.cause.map(|cause| Cell::new(cause.as_str(), cause.tone()));
                cause.unwrap_or_default()
            })
            .below(1)
            .optional(),
            Column::<Self>::numbers("length", |row, _| match row.duration_seconds {
                #[allow(clippy::cast_precision_loss, reason = "an order")]
                Some(seconds) => Cell::from(spell::duration(seconds)).ordered(seconds as f64),
                None => Cell::new(NO_END, Tone::Warn),
            }),
            Column::<Self>::numbers("turns", |row, _| Cell::count(row.turns)).below(3),
            Column::<Self>::numbers("hits", |row, _| {
                let rate = row.hit_rate.map(spell::percent);
                let (hits, all) = (spell::count(row.hits), spell::count(row.verdicts));
                rate.zip(row.hit_rate).map_or_else(Cell::absent, |(rate, order)| {
                    let tone = look::HITS.tone(row.hits, row.verdicts);
                    Cell::new(format!("{hits}/{all} {rate}"), tone).ordered(order)
                })
            })
            .optional(),
            Column::<Self>::numbers("cited", |row, _| Cell::count(row.citations))
                .below(4)
                .optional(),
            Column::<Self>::numbers("tools", |row, _| {
                // As many as the tools command shows.
                let calls = row.tool_calls + row.tool_calls_unrecorded;
                match row.tool_errors {
                    0 => Cell::count(calls),
                    errors => {
                        let (calls, errors) = (spell::count(calls), spell::count(errors));
                        Cell::new(format!("{calls}, {errors} failed"), Tone::Bad)
                    }
                }
            })
            .optional(),
            Column::<Self>::numbers("hand-offs", |row, _| Cell::count(row.handoffs))
                .below(4)
                .optional(),
            Column::<Self>::numbers("csat", |row, _| {
                row.csat_score.map_or_else(Cell::absent, |score| {
                    let told = match row.csat_scale_max {
                        Some(scale) => format!("{score}/{scale}"),
                        None => format!("{score}/5"),
                    };
                    let scale = row.csat_scale_max.map_or(5.0, Number::as_f64);
                    Cell::from(told).ordered(score.as_f64() / scale)
                })
            })
            .below(5)
            .optional(),
            Column::<Self>::text("missing", |row, spelling| {
                let reasons = row.missing_evidence_reasons.iter();
                let names = reasons
                    .map(|reason| if spelling.short { short(reason) } else { reason.as_str() });
                Cell::of(
                    Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty()),
                )
            })
            .comfort(36)
            .shared()
            .optional(),
        ]
    }
}

/// A reason in few letters: what is missing.
fn short<'a>(reason: &'a Reason<'_>) -> &'a str {
    match reason {
        Reason::NoRagTrace => "rag",
        Reason::NoKbSnapshot => "kb",
        Reason::NoCitations => "citations",
        Reason::NoToolTrace => "tools",
        Reason::NoCsat => "csat",
        Reason::NoUserFeedback => "feedback",
        Reason::TranscriptRedactionSkipped => "redaction",
        Reason::LegacySession => "legacy",
        Reason::Other(other) => other,
    }
}

/// Whether an outcome is a good one.
const fn outcome_tone(outcome: &Outcome<'_>) -> Tone {
    match outcome {
        Outcome::Resolved => Tone::Good,
        Outcome::Error | Outcome::CallFailed => Tone::Bad,
        Outcome::Unresolved | Outcome::Abandoned | Outcome::Expired | Outcome::Escalated => {
            Tone::Warn
        }
        Outcome::Transferred | Outcome::Voicemail | Outcome::Other(_) => Tone::Plain,
    }
}

/// A session in a line: `7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11  chat · transferred · 11m 59s`. The id
/// is whole, to be copied.
pub fn title<M, R, C, T>(input: &SessionAnalysisInput<'_, M, R, C, T>) -> String {
    format!("{}  {}", input.session_id, how(input))
}

/// How a session came in and ended: `chat · transferred · 11m 59s`.
pub fn how<M, R, C, T>(input: &SessionAnalysisInput<'_, M, R, C, T>) -> String {
    let outcome = input.knowledge_gap_analysis_outcome.as_ref();
    let seconds = turns::seconds_between(input.started_at.as_ref(), input.ended_at.as_ref());
    let mut facts = Vec::with_capacity(3);
    facts.extend(input.channel.as_deref().map(str::to_owned));
    facts.push(outcome.map_or("no outcome", Outcome::as_str).to_owned());
    facts.push(seconds.map_or_else(|| NO_END.to_owned(), spell::duration));
    facts.join(" · ")
}

/// What a document's row says that can be told of whatever was read of it; its [`EVIDENCE`] is
/// left blank.
pub fn head<'a, M, R, C, T>(input: &'a SessionAnalysisInput<'a, M, R, C, T>) -> OverviewRow<'a> {
    let csat = input.csat.as_ref();
    OverviewRow {
        session_id: &input.session_id,
        channel: input.channel.as_deref(),
        knowledge_gap_analysis_outcome: input.knowledge_gap_analysis_outcome.as_ref(),
        completion_reason: input.completion_reason.as_deref(),
        started_at: input.started_at.as_ref(),
        ended_at: input.ended_at.as_ref(),
        duration_seconds: turns::seconds_between(
            input.started_at.as_ref(),
            input.ended_at.as_ref(),
        ),
        turns: input.messages.len(),
        retrievals: input.rag_traces.len(),
        hits: 0,
        verdicts: 0,
        hit_rate: None,
        citations: input.citations.len(),
        tool_calls: input.tool_calls.len(),
        tool_calls_unrecorded: 0,
        tool_errors: 0,
        handoffs: input.handoff_events.len(),
        csat_score: csat.and_then(|csat| csat.score),
        csat_scale_max: csat.and_then(|csat| csat.scale_max),
        missing_evidence_reasons: &input.missing_evidence_reasons,
        analyzer_input_schema_version: input.analyzer_input_schema_version,
        agent_id: input.agent_id.as_deref(),
        organization_id: input.organization_id.as_deref(),
        misses: 0,
        unanswerable: 0,
        uncited: 0,
        cited_not_retrieved: 0,
        tool_calls_no_result: 0,
        truncated: 0,
        reopened: input.reopen.is_some(),
        feedback_rating: input.user_feedback.as_ref().and_then(|feedback| feedback.rating),
        kb_ids: Vec::new(),
        models: Vec::new(),
        tools: Vec::new(),
        cause: None,
    }
}

impl<'a> OverviewRow<'a> {
    /// With [`RETRIEVALS`].
    pub(super) fn with_retrievals<M: Said<'a>, T>(self, rag: &Rag<'a, M, T>) -> Self {
        let (retrievals, traces) = (rag.counts(), &rag.input().rag_traces);
        Self {
            hits: retrievals.hits,
            verdicts: retrievals.verdicts,
            hit_rate: share(retrievals.hits, retrievals.verdicts),
            misses: retrievals.misses,
            unanswerable: retrievals.unanswerable,
            uncited: retrievals.uncited,
            cited_not_retrieved: retrievals.cited_not_retrieved,
            kb_ids: distinct(traces.iter().flat_map(|trace| &*trace.kb_ids).map(|id| &**id)),
            ..self
        }
    }

    /// With [`CALLS`].
    pub(super) fn with_calls(self, calls: &[Call<'a>]) -> Self {
        let counts: Counts = calls.iter().map(Call::status).collect();
        Self {
            tool_calls_unrecorded: counts.unrecorded,
            tool_errors: counts.errors,
            tool_calls_no_result: counts.no_result,
            tools: distinct(calls.iter().filter_map(Call::name)),
            ..self
        }
    }

    /// With [`MESSAGES`].
    pub(super) fn with_messages(self, messages: &'a [impl Written]) -> Self {
        Self {
            truncated: messages.iter().filter(|message| message.is_truncated()).count(),
            models: distinct(messages.iter().filter_map(Written::model)),
            ..self
        }
    }
}

/// The document's row.
pub fn row<'a>(input: &'a Input<'a>) -> OverviewRow<'a> {
    row_of(&Rag::new(input))
}

/// The row of a document whose retrievals are joined already.
pub fn row_of<'a, M>(rag: &Rag<'a, M, ToolCallEntry<'a>>) -> OverviewRow<'a>
where
    M: Said<'a> + Traffic<'a> + Written,
{
    let input = rag.input();
    // No figure here depends on the calls' turns.
    let calls = calls::join(&input.messages, &input.tool_calls, |_| None);
    let row = head(input).with_retrievals(rag).with_calls(&calls).with_messages(&input.messages);
    OverviewRow { cause: cause::of(rag), ..row }
}

/// Each text that is not empty once, in their order.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if let Err(place) = all.binary_search(&text) {
            all.insert(place, text);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Skipped;

    #[test]
    fn a_row_counts_what_the_document_holds() {
        let text = json!({
            "analyzer_input_schema_version": 2, "session_id": "s", "channel": "chat",
            "started_at": "2026-09-14T10:00:00Z", "ended_at": "2026-09-14T10:12:04Z",
            "completion_reason": "done", "knowledge_gap_analysis_outcome": "resolved",
            "messages": [
                {"turn_id": "t", "model_used": "m", "truncated": true, "tool_calls": [
                    {"id": "a", "function": {"name": "x"}}, {"id": "b", "function": {"name": "y"}},
                ]},
                {"turn_id": "u", "model_used": "m", "tool_results": {"tool_call_id": "a", "output": "", "error": "e"}},
            ],
            "rag_traces": [
                {"hit": true, "kb_ids": ["k", "l"], "retrieved": [{"chunk_id": "c"}]},
                {"hit": false, "kb_ids": ["k"], "answerability": {"label": "unanswerable"}},
                {"hit": null}, {},
            ],
            "citations": [{"chunk_id": "d"}], "reopen": {}, "user_feedback": {"rating": 2}, "handoff_events": [{}, {}],
            "tool_calls": [{"tool_call_id": "a", "assistant_turn_id": "t"}],
            "csat": {"score": 4.0}, "missing_evidence_reasons": ["no_csat", "no_moon"],
        })
        .to_string();
        let input: Input<'_> = serde_json::from_str(&text).unwrap();
        let row = row(&input);
        assert_eq!(
            serde_json::to_value(&row).unwrap(),
            json!({
                "session_id": "s", "channel": "chat", "knowledge_gap_analysis_outcome": "resolved",
                "completion_reason": "done", "started_at": "2026-09-14T10:00:00Z",
                "ended_at": "2026-09-14T10:12:04Z", "duration_seconds": 724, "turns": 2,
                "retrievals": 4, "hits": 1, "hit_rate": 0.5, "citations": 1, "tool_calls": 1,
                "tool_calls_unrecorded": 1, "tool_errors": 1, "handoffs": 2, "csat_score": 4.0,
                "csat_scale_max": null, "missing_evidence_reasons": ["no_csat", "no_moon"],
                "analyzer_input_schema_version": 2, "agent_id": null, "organization_id": null,
                "misses": 3, "unanswerable": 1, "uncited": 1, "cited_not_retrieved": 1,
                "tool_calls_no_result": 0, "truncated": 1, "reopened": true,
                "feedback_rating": 2, "kb_ids": ["k", "l"], "models": ["m"], "tools": ["x", "y"],
                "cause": null,
            })
        );
        assert_eq!(row.csat_score.map(Number::as_str), Some("4.0"), "the digits that were sent");
    }

    #[test]
    fn what_any_view_reads_tells_all_but_the_evidence() {
        for sample in ["showcase", "voice-abandoned", "worldwide", "legacy"] {
            let path = format!("{}/src/demo/sessions/{sample}.json", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            let input: Input<'_> = serde_json::from_str(&text).unwrap();
            let bare: SessionAnalysisInput<'_, Skipped, Skipped, Skipped, Skipped> =
                serde_json::from_str(&text).unwrap();
            let whole = serde_json::to_value(row(&input)).unwrap();
            let head = serde_json::to_value(head(&bare)).unwrap();
            for (field, value) in whole.as_object().unwrap() {
                if !EVIDENCE.concat().contains(&&**field) {
                    assert_eq!(head[field], *value, "{sample}: {field}");
                }
            }
            assert!(EVIDENCE.concat().iter().all(|field| whole.get(field).is_some()));
        }
    }

    #[test]
    fn a_bare_document_has_a_row() {
        let input: Input<'_> = serde_json::from_str(r#"{"session_id":"s"}"#).unwrap();
        let row = row(&input);
        assert_eq!((row.turns, row.hit_rate, row.duration_seconds), (0, None, None));
    }
}
