//! The overview: one row a session.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::calls::{self, Call, Counts};
use super::cause::{self, Cause};
use super::{share, turns};
use crate::model::{
    KnowledgeGapAnalysisOutcome as Outcome, MessageTools, MissingEvidenceReason as Reason, Number,
    SessionAnalysisInput, Timestamp, ToolCallEntry,
};
use crate::rows::{Cell, Column, Row, Tone, spell};

/// What this view reads of a document.
pub type Input<'a> =
    SessionAnalysisInput<'a, MessageTools<'a>, cause::Retrieval<'a>, &'a RawValue, ToolCallEntry<'a>>;

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
    /// Where the evidence of a session that was not resolved points; null where it was.
    pub cause: Option<Cause>,
}

/// What is said of a session that has no end.
const NO_END: &str = "no end";

impl Row for OverviewRow<'_> {
    const KIND: &'static str = "overview";
    const NOUN: (&'static str, &'static str) = ("session", "sessions");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::words("session", |row, spelling| {
                Cell::new(spelling.id(row.session_id), Tone::Strong)
            }),
            Column::<Self>::times("started", |row, spelling| {
                Cell::of(row.started_at.map(|time| spelling.zone.minute(time)))
            })
            .below(2),
            Column::<Self>::words("via", |row, _| Cell::of(row.channel)),
            Column::<Self>::words("outcome", |row, _| {
                let outcome = row.knowledge_gap_analysis_outcome;
                outcome.map_or_else(Cell::absent, |outcome| {
                    Cell::new(outcome.as_str(), outcome_tone(outcome))
                })
            })
            .below(1),
            Column::<Self>::words("cause", |row, _| {
                row.cause.map_or_else(Cell::default, |cause| {
                    Cell::new(cause.as_str(), cause.tone())
                })
            })
            .below(1)
            .optional(),
            Column::<Self>::numbers("length", |row, _| match row.duration_seconds {
                Some(seconds) => spell::duration(seconds).into(),
                None => Cell::new(NO_END, Tone::Warn),
            }),
            Column::<Self>::numbers("turns", |row, _| Cell::count(row.turns)).below(3),
            Column::<Self>::numbers("hits", |row, _| {
                let rate = row.hit_rate.map(spell::percent);
                let (hits, all) = (spell::count(row.hits), spell::count(row.retrievals));
                rate.map_or_else(Cell::absent, |rate| {
                    let all_hit = row.hits == row.retrievals;
                    let tone = if all_hit { Tone::Plain } else { Tone::Warn };
                    Cell::new(format!("{hits}/{all} {rate}"), tone)
                })
            }),
            Column::<Self>::numbers("cited", |row, _| Cell::count(row.citations)).below(4),
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
            }),
            Column::<Self>::numbers("hand-offs", |row, _| Cell::count(row.handoffs)).below(4),
            Column::<Self>::numbers("csat", |row, _| {
                Cell::of(row.csat_score.map(|score| match row.csat_scale_max {
                    Some(scale) => format!("{score}/{scale}"),
                    None => format!("{score}/5"),
                }))
            }),
            Column::<Self>::text("missing", |row, spelling| {
                let reasons = row.missing_evidence_reasons.iter();
                let names = reasons
                    .map(|reason| if spelling.short { short(reason) } else { reason.as_str() });
                Cell::of(
                    Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty()),
                )
            }),
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
    let outcome = input.knowledge_gap_analysis_outcome.as_ref();
    let seconds = turns::seconds_between(input.started_at.as_ref(), input.ended_at.as_ref());
    let mut facts = Vec::with_capacity(3);
    facts.extend(input.channel.as_deref().map(str::to_owned));
    facts.push(outcome.map_or("no outcome", Outcome::as_str).to_owned());
    facts.push(seconds.map_or_else(|| NO_END.to_owned(), spell::duration));
    format!("{}  {}", input.session_id, facts.join(" · "))
}

/// The document's row.
pub fn row<'a>(input: &'a Input<'a>) -> OverviewRow<'a> {
    let hits = input.rag_traces.iter().filter(|trace| trace.hit == Some(true)).count();
    let verdicts = input.rag_traces.iter().filter(|trace| trace.hit.is_some()).count();
    // No figure here depends on the calls' turns.
    let calls = calls::join(&input.messages, &input.tool_calls, |_| None);
    let calls: Counts = calls.iter().map(Call::status).collect();
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
        hits,
        hit_rate: share(hits, verdicts),
        citations: input.citations.len(),
        tool_calls: input.tool_calls.len(),
        tool_calls_unrecorded: calls.unrecorded,
        tool_errors: calls.errors,
        handoffs: input.handoff_events.len(),
        csat_score: csat.and_then(|csat| csat.score),
        csat_scale_max: csat.and_then(|csat| csat.scale_max),
        missing_evidence_reasons: &input.missing_evidence_reasons,
        analyzer_input_schema_version: input.analyzer_input_schema_version,
        cause: cause::of(input),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_counts_what_the_document_holds() {
        let text = json!({
            "analyzer_input_schema_version": 2, "session_id": "s", "channel": "chat",
            "started_at": "2026-09-14T10:00:00Z", "ended_at": "2026-09-14T10:12:04Z",
            "completion_reason": "done", "knowledge_gap_analysis_outcome": "resolved",
            "messages": [
                {"turn_id": "t", "tool_calls": [{"id": "a"}, {"id": "b"}]},
                {"turn_id": "u", "tool_results": {"tool_call_id": "a", "output": "", "error": "e"}},
            ],
            "rag_traces": [{"hit": true}, {"hit": false}, {"hit": null}, {}],
            "citations": [{}], "handoff_events": [{}, {}],
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
                "analyzer_input_schema_version": 2, "cause": null,
            })
        );
        assert_eq!(row.csat_score.map(Number::as_str), Some("4.0"), "the digits that were sent");
    }

    #[test]
    fn a_bare_document_has_a_row() {
        let input: Input<'_> = serde_json::from_str(r#"{"session_id":"s"}"#).unwrap();
        let row = row(&input);
        assert_eq!((row.turns, row.hit_rate, row.duration_seconds), (0, None, None));
    }
}
