//! The overview: one row a session.

use serde::{Deserialize, Serialize};

use super::calls::{self, Call, Counts};
use super::turns;
use crate::figures::stats;
use crate::model::{
    KnowledgeGapAnalysisOutcome, MessageTools, MissingEvidenceReason, Number, SessionAnalysisInput,
    Skipped, Timestamp, ToolCallEntry,
};

/// What this view reads of a document.
pub type Input<'a> =
    SessionAnalysisInput<'a, MessageTools<'a>, RetrievalHit, Skipped, ToolCallEntry<'a>>;

/// A retrieval of which only the outcome is read.
#[derive(Debug, Deserialize)]
pub struct RetrievalHit {
    /// Whether the runtime counted it as a hit; one that does not say is none.
    #[serde(default)]
    hit: Option<bool>,
}

/// One session.
#[derive(Debug, Serialize)]
pub struct OverviewRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// How the customer came in.
    pub channel: Option<&'a str>,
    /// The outcome in the analyzer's vocabulary.
    pub knowledge_gap_analysis_outcome: Option<&'a KnowledgeGapAnalysisOutcome<'a>>,
    /// Why the session ended, in the runtime's own words.
    pub completion_reason: Option<&'a str>,
    /// When it began.
    pub started_at: Option<&'a Timestamp<'a>>,
    /// When it ended.
    pub ended_at: Option<&'a Timestamp<'a>>,
    /// From one to the other; None where either is no time.
    pub duration_seconds: Option<i64>,
    /// Messages.
    pub turns: usize,
    /// Retrievals.
    pub retrievals: usize,
    /// Retrievals that were hits.
    pub hits: usize,
    /// `hits` of the retrievals whose `hit` was sent, 0 to 1; None where there are none.
    pub hit_rate: Option<f64>,
    /// Chunks that reached the model.
    pub citations: usize,
    /// Tool calls that were recorded.
    pub tool_calls: usize,
    /// Tool calls that only messages know of.
    pub tool_calls_unrecorded: usize,
    /// Recorded calls that failed, as the `tools` command tells.
    pub tool_errors: usize,
    /// Transfers to a human.
    pub handoffs: usize,
    /// The satisfaction score.
    pub csat_score: Option<Number<'a>>,
    /// The best score there is; None where it is not sent, which means 5.
    pub csat_scale_max: Option<Number<'a>>,
    /// Why evidence is missing.
    pub missing_evidence_reasons: &'a [MissingEvidenceReason<'a>],
    /// Version of the document's layout; None where it is not sent, which means 2.
    pub analyzer_input_schema_version: Option<Number<'a>>,
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
        hit_rate: stats::share(hits, verdicts),
        citations: input.citations.len(),
        tool_calls: input.tool_calls.len(),
        tool_calls_unrecorded: calls.unrecorded,
        tool_errors: calls.errors,
        handoffs: input.handoff_events.len(),
        csat_score: csat.and_then(|csat| csat.score),
        csat_scale_max: csat.and_then(|csat| csat.scale_max),
        missing_evidence_reasons: &input.missing_evidence_reasons,
        analyzer_input_schema_version: input.analyzer_input_schema_version,
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
                "analyzer_input_schema_version": 2,
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
