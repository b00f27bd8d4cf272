//! Where the evidence of a session that was not resolved points.
//!
//! [`RULES`] is consulted from the top, and the first rule that holds names the cause. A rule rests on
//! evidence; where the document declares that evidence missing, no rule from there on can be trusted,
//! and the cause is `cannot-tell`. The API asks as much of those who read its documents: to look at
//! `missing_evidence_reasons` before anything is classified.

use schemars::JsonSchema;
use serde::Serialize;

use super::calls::{self, Call, Traffic};
use super::ending::is_resolved;
use super::rag::{Flag, Rag};
use super::turns::{Said, Turns};
use crate::model::{
    KnowledgeGapAnalysisOutcome as Outcome, MissingEvidenceReason as Reason, Text, ToolCallEntry,
};
use crate::rows::Tone;

/// Where the evidence points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Nobody was talked to.
    NoConversation,
    /// A tool failed, and no later call of it went well.
    ToolError,
    /// The last retrieval missed and found no chunk.
    NothingFound,
    /// The last retrieval missed although it found chunks.
    UnderThreshold,
    /// Nothing was ever looked up.
    NoRetrieval,
    /// The last retrieval found chunks of which none was put before the model.
    NotUsed,
    /// The last retrieval's chunks were put before the model, and yet the session is unresolved.
    Answered,
    /// The evidence that the next step needs is declared missing, or contradicts itself.
    CannotTell,
}

impl Cause {
    /// The cause as rows spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoConversation => "no-conversation",
            Self::ToolError => "tool-error",
            Self::NothingFound => "nothing-found",
            Self::UnderThreshold => "under-threshold",
            Self::NoRetrieval => "no-retrieval",
            Self::NotUsed => "not-used",
            Self::Answered => "answered",
            Self::CannotTell => "cannot-tell",
        }
    }

    /// How it looks.
    pub const fn tone(self) -> Tone {
        match self {
            Self::ToolError => Tone::Bad,
            Self::NoConversation | Self::CannotTell => Tone::Dim,
            _ => Tone::Warn,
        }
    }
}

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    outcome: Option<&'e Outcome<'e>>,
    reasons: &'e [Reason<'e>],
    /// Whether a call failed and no later call of the same tool went well.
    tool_failed: bool,
    /// The last retrieval in the document's order.
    last: Option<Last>,
}

/// The last retrieval, as far as the rules look at it.
#[derive(Clone, Copy, Debug)]
struct Last {
    missed: bool,
    found: bool,
    /// Whether one of its chunks was put before the model.
    cited: bool,
}

/// A step on the way to a cause.
struct Rule {
    /// What it says where it holds.
    cause: Cause,
    /// It may not be consulted where one of these is declared.
    forbidden_by: &'static [Reason<'static>],
    /// Whether it holds.
    holds: fn(&Evidence<'_>) -> bool,
}

/// The rules, in order.
const RULES: &[Rule] = &[
    // The outcome alone says it.
    Rule {
        cause: Cause::NoConversation,
        forbidden_by: &[],
        holds: |evidence| {
            matches!(evidence.outcome, Some(Outcome::Voicemail | Outcome::CallFailed))
        },
    },
    // Before any retrieval: an answer from the knowledge base mends no tool.
    Rule {
        cause: Cause::ToolError,
        forbidden_by: &[Reason::LegacySession, Reason::NoToolTrace],
        holds: |evidence| evidence.tool_failed,
    },
    Rule {
        cause: Cause::NothingFound,
        forbidden_by: &[Reason::LegacySession, Reason::NoRagTrace],
        holds: |evidence| evidence.last.is_some_and(|last| last.missed && !last.found),
    },
    Rule {
        cause: Cause::UnderThreshold,
        forbidden_by: &[Reason::LegacySession, Reason::NoRagTrace],
        holds: |evidence| evidence.last.is_some_and(|last| last.missed && last.found),
    },
    // Before citations are asked about, of which there can be none here.
    Rule {
        cause: Cause::NoRetrieval,
        forbidden_by: &[Reason::LegacySession, Reason::NoRagTrace],
        holds: |evidence| evidence.last.is_none(),
    },
    Rule {
        cause: Cause::NotUsed,
        forbidden_by: &[Reason::LegacySession, Reason::NoCitations],
        holds: |evidence| evidence.last.is_some_and(|last| last.found && !last.cited),
    },
    Rule {
        cause: Cause::Answered,
        forbidden_by: &[Reason::LegacySession, Reason::NoCitations],
        holds: |evidence| evidence.last.is_some_and(|last| last.cited),
    },
];

impl Evidence<'_> {
    /// Where it points.
    fn cause(&self) -> Cause {
        for rule in RULES {
            if rule.forbidden_by.iter().any(|reason| self.reasons.contains(reason)) {
                return Cause::CannotTell;
            }
            if (rule.holds)(self) {
                return rule.cause;
            }
        }
        // A retrieval that hit and found nothing.
        Cause::CannotTell
    }
}

/// Where a document's evidence points; None where the session was resolved.
pub fn of<'a, M: Traffic<'a> + Said<'a>>(rag: &Rag<'a, M, ToolCallEntry<'a>>) -> Option<Cause> {
    let input = rag.input();
    if is_resolved(input) {
        return None;
    }
    let last = rag.retrievals().last().map(|(trace, flags)| {
        let found = !trace.retrieved.is_empty();
        Last { missed: flags.has(Flag::Miss), found, cited: found && !flags.has(Flag::Uncited) }
    });
    let evidence = Evidence {
        outcome: input.knowledge_gap_analysis_outcome.as_ref(),
        reasons: &input.missing_evidence_reasons,
        tool_failed: tool_failed(&input.messages, &input.tool_calls),
        last,
    };
    Some(evidence.cause())
}

/// Whether a call failed and no later call of the same tool went well.
fn tool_failed<'a, M: Traffic<'a>>(messages: &'a [M], records: &'a [ToolCallEntry<'a>]) -> bool {
    // Most sessions have no error at all, and then no turn need be known.
    let says = |error: Option<&Text<'_>>| error.is_some_and(|error| !error.is_empty());
    let carried =
        |message: &M| message.tool_results().is_some_and(|result| says(result.error.as_ref()));
    if !records.iter().any(|record| says(record.error.as_ref())) && !messages.iter().any(carried) {
        return false;
    }
    let turns = Turns::new(messages);
    let calls = calls::join(messages, records, |id| turns.number(id));
    let good = |call: &Call<'_>| call.error().is_none() && call.result().is_some();
    calls.iter().enumerate().any(|(place, call)| {
        let later = || calls.iter().skip(place + 1).filter(|other| other.name() == call.name());
        call.error().is_some() && !later().any(good)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::view::overview::{self, Input};

    /// An unresolved session with all evidence in place: answered from the knowledge base.
    fn session() -> Value {
        json!({
            "session_id": "s", "knowledge_gap_analysis_outcome": "unresolved",
            "messages": [{"turn_id": "a"}, {"turn_id": "b"}],
            "rag_traces": [
                {"assistant_turn_id": "a", "hit": false},
                {"assistant_turn_id": "b", "hit": true, "retrieved": [
                    {"chunk_id": "1", "doc_id": "d"}, {"chunk_id": "2", "doc_id": "d"}]},
            ],
            "citations": [{"assistant_turn_id": "b", "chunk_id": "2", "doc_id": "d"}],
            "tool_calls": [],
        })
    }

    /// The cause of the session above with these parts in place of its own.
    fn cause(parts: &Value) -> Option<&'static str> {
        let mut document = session();
        for (name, part) in parts.as_object().unwrap() {
            document[name] = part.clone();
        }
        let text = document.to_string();
        let input: Input<'_> = serde_json::from_str(&text).unwrap();
        overview::row(&input).cause.map(Cause::as_str)
    }

    fn call(name: &str, error: &Value, result: &Value) -> Value {
        json!({"tool_call_id": name, "assistant_turn_id": "a", "name": name, "error": error, "result": result})
    }

    #[test]
    fn each_rule_holds_for_one_session_and_just_not_for_another() {
        let failed = || call("pay", &json!("timed out"), &Value::Null);
        let went_well = |name| call(name, &Value::Null, &json!("ok"));
        let last = |retrieval: &Value| json!({"rag_traces": [retrieval], "citations": []});
        let found = json!([{"chunk_id": "1", "doc_id": "d"}]);
        for (rule, holds, just_not, instead) in [
            (
                "no-conversation",
                json!({"knowledge_gap_analysis_outcome": "voicemail"}),
                json!({"knowledge_gap_analysis_outcome": "abandoned"}),
                "answered",
            ),
            (
                "tool-error",
                json!({"tool_calls": [went_well("pay"), failed(), went_well("look")]}),
                json!({"tool_calls": [failed(), went_well("pay")]}),
                "answered",
            ),
            (
                "nothing-found",
                last(&json!({"hit": false, "retrieved": []})),
                last(&json!({"hit": true, "retrieved": []})),
                "cannot-tell",
            ),
            (
                "under-threshold",
                last(&json!({"hit": false, "retrieved": found})),
                last(&json!({"hit": true, "retrieved": found})),
                "not-used",
            ),
            (
                "no-retrieval",
                json!({"rag_traces": [], "citations": []}),
                json!({"rag_traces": [{}], "citations": []}),
                "nothing-found",
            ),
            (
                "not-used",
                json!({"citations": [{"assistant_turn_id": "a", "chunk_id": "2", "doc_id": "d"}]}),
                json!({"citations": [{"assistant_turn_id": "b", "chunk_id": "1", "doc_id": "d"}]}),
                "answered",
            ),
            (
                "answered",
                json!({}),
                json!({"citations": [{"assistant_turn_id": "b", "chunk_id": "2", "doc_id": "e"}]}),
                "not-used",
            ),
        ] {
            assert_eq!(cause(&holds), Some(rule), "{holds}");
            assert_eq!(cause(&just_not), Some(instead), "{rule}: {just_not}");
        }
    }

    #[test]
    fn a_declared_reason_forbids_a_step_and_all_after_it() {
        for (parts, expected) in [
            (json!({"missing_evidence_reasons": ["no_tool_trace"]}), "cannot-tell"),
            (
                json!({"missing_evidence_reasons": ["no_rag_trace"], "rag_traces": []}),
                "cannot-tell",
            ),
            (json!({"missing_evidence_reasons": ["no_citations"]}), "cannot-tell"),
            (json!({"missing_evidence_reasons": ["legacy_session"]}), "cannot-tell"),
            // The step before needs no citations.
            (
                json!({"missing_evidence_reasons": ["no_citations"], "rag_traces": [], "citations": []}),
                "no-retrieval",
            ),
            (
                json!({"missing_evidence_reasons": ["no_rag_trace", "no_citations"],
                       "tool_calls": [call("pay", &json!("e"), &Value::Null)]}),
                "tool-error",
            ),
            (
                json!({"missing_evidence_reasons": ["legacy_session", "no_tool_trace"],
                       "knowledge_gap_analysis_outcome": "call_failed"}),
                "no-conversation",
            ),
            // These rule nothing out here.
            (
                json!({"missing_evidence_reasons": ["no_csat", "no_user_feedback", "no_kb_snapshot",
                       "transcript_redaction_skipped", "no_moon"]}),
                "answered",
            ),
        ] {
            assert_eq!(cause(&parts), Some(expected), "{parts}");
        }
    }

    #[test]
    fn what_was_resolved_has_no_cause_and_what_has_no_outcome_was_not() {
        assert_eq!(cause(&json!({"knowledge_gap_analysis_outcome": "resolved"})), None);
        assert_eq!(cause(&json!({"knowledge_gap_analysis_outcome": null})), Some("answered"));
    }

    #[test]
    fn a_failure_that_only_a_message_carries_counts() {
        let asked =
            |id| json!({"turn_id": id, "tool_calls": [{"id": id, "function": {"name": "pay"}}]});
        let came = |id, error| json!({"turn_id": format!("{id}'"), "tool_results": {"tool_call_id": id, "output": "x", "error": error}});
        let failed = [asked("m"), came("m", json!("e"))];
        let mended = [&failed[..], &[asked("n"), came("n", Value::Null)]].concat();
        assert_eq!(cause(&json!({"messages": failed})), Some("tool-error"));
        assert_eq!(cause(&json!({"messages": mended, "rag_traces": []})), Some("no-retrieval"));
    }
}
