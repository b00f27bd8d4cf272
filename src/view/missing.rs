//! Missing evidence: what the document declares, what that rules out, and whether the rest of the
//! document agrees.
//!
//! The rules by which a reason and the document are held against each other:
//!
//! | reason | declared: agrees if | not declared: due if |
//! | --- | --- | --- |
//! | `no_rag_trace` | `rag_traces` is empty | it is empty, yet something was cited or a knowledge-base snapshot was taken, which happens at the first retrieval |
//! | `no_kb_snapshot` | `kb_snapshot` is null | it is null, yet there was a retrieval |
//! | `no_citations` | `citations` is empty | it is empty, yet a retrieval found a chunk |
//! | `no_tool_trace` | `tool_calls` is empty | it is empty, yet a message asked for a call or carries a result |
//! | `no_csat` | `csat` is null | it is null |
//! | `no_user_feedback` | `user_feedback` is null | it is null |
//! | `legacy_session` | the schema version is below 2; else it cannot be checked | never |
//! | `transcript_redaction_skipped` | it cannot be checked | never |
//!
//! So a session without tool calls that never asked for one misses nothing. A reason that is declared
//! twice makes one row.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::figures::stats;
use crate::model::{MissingEvidenceReason as Reason, Number, SessionAnalysisInput, Skipped};

/// What this view reads of a document.
pub type Input<'a> = SessionAnalysisInput<'a, MessageTraffic, RetrievalSize, Skipped, Skipped>;

/// A message of which only the presence of tool traffic is read.
#[derive(Debug, Deserialize)]
pub struct MessageTraffic {
    /// The tool calls it asked for.
    #[serde(default)]
    tool_calls: Option<Vec<Skipped>>,
    /// The tool result it carries.
    #[serde(default)]
    tool_results: Option<Skipped>,
}

/// A retrieval of which only the number of chunks is read.
#[derive(Debug, Deserialize)]
pub struct RetrievalSize {
    /// What came back.
    #[serde(default)]
    retrieved: Option<Vec<Skipped>>,
}

/// A kind of evidence: a part of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The transcript.
    Messages,
    /// The retrievals.
    RagTraces,
    /// What reached the model of them.
    Citations,
    /// The tool calls.
    ToolCalls,
    /// Transfers to a human; a session without one misses nothing.
    HandoffEvents,
    /// The knowledge bases' state.
    KbSnapshot,
    /// What the customer said of the session.
    UserFeedback,
    /// The satisfaction score.
    Csat,
    /// Whether the ticket was opened again; most never are.
    Reopen,
    /// Facts about the customer.
    CustomerMetadata,
}

impl Evidence {
    /// Every kind, in the document's order.
    pub const ALL: [Self; 10] = [
        Self::Messages,
        Self::RagTraces,
        Self::Citations,
        Self::ToolCalls,
        Self::HandoffEvents,
        Self::KbSnapshot,
        Self::UserFeedback,
        Self::Csat,
        Self::Reopen,
        Self::CustomerMetadata,
    ];

    /// The field of the document that holds it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::RagTraces => "rag_traces",
            Self::Citations => "citations",
            Self::ToolCalls => "tool_calls",
            Self::HandoffEvents => "handoff_events",
            Self::KbSnapshot => "kb_snapshot",
            Self::UserFeedback => "user_feedback",
            Self::Csat => "csat",
            Self::Reopen => "reopen",
            Self::CustomerMetadata => "customer_metadata",
        }
    }

    /// The reason that declares it missing; None where the API has none for it.
    const fn reason(self) -> Option<Reason<'static>> {
        match self {
            Self::RagTraces => Some(Reason::NoRagTrace),
            Self::Citations => Some(Reason::NoCitations),
            Self::ToolCalls => Some(Reason::NoToolTrace),
            Self::KbSnapshot => Some(Reason::NoKbSnapshot),
            Self::UserFeedback => Some(Reason::NoUserFeedback),
            Self::Csat => Some(Reason::NoCsat),
            Self::Messages | Self::HandoffEvents | Self::Reopen | Self::CustomerMetadata => None,
        }
    }
}

/// The evidence a reason is about; None where it is about the session as a whole, or unknown.
fn evidence_of(reason: &Reason<'_>) -> Option<Evidence> {
    match reason {
        Reason::NoRagTrace => Some(Evidence::RagTraces),
        Reason::NoKbSnapshot => Some(Evidence::KbSnapshot),
        Reason::NoCitations => Some(Evidence::Citations),
        Reason::NoToolTrace => Some(Evidence::ToolCalls),
        Reason::NoCsat => Some(Evidence::Csat),
        Reason::NoUserFeedback => Some(Evidence::UserFeedback),
        Reason::TranscriptRedactionSkipped => Some(Evidence::Messages),
        Reason::LegacySession | Reason::Other(_) => None,
    }
}

/// What a reason says of the session, in plain words; None for one this version does not know.
pub const fn meaning(reason: &Reason<'_>) -> Option<&'static str> {
    Some(match reason {
        Reason::NoRagTrace => "retrieval was not recorded",
        Reason::NoKbSnapshot => "the state of the knowledge bases at the time was not recorded",
        Reason::NoCitations => "which chunks reached the model was not recorded",
        Reason::NoToolTrace => "tool calls were not recorded",
        Reason::NoCsat => "no satisfaction score was recorded",
        Reason::NoUserFeedback => "no feedback from the customer was recorded",
        Reason::TranscriptRedactionSkipped => {
            "the messages were not redacted and may hold personal data"
        }
        Reason::LegacySession => "the session is older than the recording of evidence",
        Reason::Other(_) => return None,
    })
}

/// Which classification a reason weakens: what can no longer be told apart. None for a reason this
/// version does not know.
pub const fn weakens(reason: &Reason<'_>) -> Option<&'static str> {
    Some(match reason {
        Reason::NoRagTrace => "retrieval failure vs missing content",
        Reason::NoKbSnapshot => "content missing then vs removed or added since",
        Reason::NoCitations => "grounded answer vs unsupported claim",
        Reason::NoToolTrace => "tool failure vs knowledge gap",
        Reason::NoCsat => "satisfied vs dissatisfied customer",
        Reason::NoUserFeedback => "gap the customer named vs gap inferred",
        Reason::TranscriptRedactionSkipped => "any classification that quotes the transcript",
        Reason::LegacySession => "every classification that rests on evidence",
        Reason::Other(_) => return None,
    })
}

/// Whether what is declared fits what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// It does; also where nothing is declared and nothing is due.
    Agrees,
    /// Declared missing, yet it is there.
    DeclaredButPresent,
    /// It should be there or declared missing, and is neither.
    AbsentButNotDeclared,
    /// The document has nothing to hold the reason against.
    NotCheckable,
    /// The reason is none this version knows.
    UnknownReason,
}

impl Agreement {
    /// The agreement as the rows spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::DeclaredButPresent => "declared-but-present",
            Self::AbsentButNotDeclared => "absent-but-not-declared",
            Self::NotCheckable => "not-checkable",
            Self::UnknownReason => "unknown-reason",
        }
    }
}

/// A declared reason, a reason that is due, or with `--all` a kind of evidence.
#[derive(Debug, Serialize)]
pub struct MissingRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// The reason's code: declared or due; None where neither is so.
    pub reason: Option<&'a str>,
    /// The part of the document it is about; None where it is about the session as a whole.
    pub evidence: Option<Evidence>,
    /// Whether the document declares the reason.
    pub declared: bool,
    /// How much of the evidence is there: elements of a list, 1 for an object, 0 for null.
    pub present: Option<usize>,
    /// Whether that fits; None for evidence that the API has no reason for.
    pub agreement: Option<Agreement>,
    /// What the reason says of the session.
    pub meaning: Option<&'static str>,
    /// Which classification it weakens.
    pub weakens: Option<&'static str>,
}

impl MissingRow<'_> {
    /// Whether evidence is missing by it, so that a classification is weakened. What is declared
    /// counts even where some of the evidence is there: it may be there in part.
    pub fn is_missing(&self) -> bool {
        self.declared || self.agreement == Some(Agreement::AbsentButNotDeclared)
    }
}

/// What is there of every kind, and the traces that other parts left of it.
struct Present {
    counts: [usize; Evidence::ALL.len()],
    version: i64,
    asked: bool,
    found: bool,
}

impl Present {
    fn of(input: &Input<'_>) -> Self {
        // An object without a field holds no fact.
        let metadata = input.customer_metadata.is_some_and(|raw| {
            !raw.get().trim_matches(['{', '}', ' ', '\n', '\r', '\t']).is_empty()
        });
        Self {
            counts: Evidence::ALL.map(|evidence| match evidence {
                Evidence::Messages => input.messages.len(),
                Evidence::RagTraces => input.rag_traces.len(),
                Evidence::Citations => input.citations.len(),
                Evidence::ToolCalls => input.tool_calls.len(),
                Evidence::HandoffEvents => input.handoff_events.len(),
                Evidence::KbSnapshot => usize::from(input.kb_snapshot.is_some()),
                Evidence::UserFeedback => usize::from(input.user_feedback.is_some()),
                Evidence::Csat => usize::from(input.csat.is_some()),
                Evidence::Reopen => usize::from(input.reopen.is_some()),
                Evidence::CustomerMetadata => usize::from(metadata),
            }),
            version: input.analyzer_input_schema_version.map_or(2, Number::as_i64),
            asked: input.messages.iter().any(|message| {
                message.tool_results.is_some()
                    || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
            }),
            found: input.rag_traces.iter().any(|retrieval| {
                retrieval.retrieved.as_ref().is_some_and(|chunks| !chunks.is_empty())
            }),
        }
    }

    fn count(&self, evidence: Evidence) -> usize {
        let places = Evidence::ALL.iter().zip(self.counts);
        places.filter(|(other, _)| **other == evidence).map(|(_, count)| count).sum()
    }

    /// Whether evidence that is not there should be, or be declared missing.
    fn is_due(&self, evidence: Evidence) -> bool {
        self.count(evidence) == 0
            && match evidence {
                Evidence::RagTraces => {
                    self.count(Evidence::Citations) > 0 || self.count(Evidence::KbSnapshot) > 0
                }
                Evidence::KbSnapshot => self.count(Evidence::RagTraces) > 0,
                Evidence::Citations => self.found,
                Evidence::ToolCalls => self.asked,
                Evidence::Csat | Evidence::UserFeedback => true,
                Evidence::Messages
                | Evidence::HandoffEvents
                | Evidence::Reopen
                | Evidence::CustomerMetadata => false,
            }
    }

    /// Whether the document agrees with a reason it declares.
    fn agreement(&self, reason: &Reason<'_>) -> Agreement {
        match (reason, evidence_of(reason)) {
            (Reason::LegacySession, _) if self.version < 2 => Agreement::Agrees,
            (Reason::LegacySession | Reason::TranscriptRedactionSkipped, _) => {
                Agreement::NotCheckable
            }
            (_, Some(evidence)) if self.count(evidence) == 0 => Agreement::Agrees,
            (_, Some(_)) => Agreement::DeclaredButPresent,
            (_, None) => Agreement::UnknownReason,
        }
    }

    /// The row of a declared reason.
    fn declared<'a>(&self, session_id: &'a str, reason: &'a Reason<'_>) -> MissingRow<'a> {
        let evidence = evidence_of(reason);
        MissingRow {
            session_id,
            reason: Some(reason.as_str()),
            evidence,
            declared: true,
            present: evidence.map(|evidence| self.count(evidence)),
            agreement: Some(self.agreement(reason)),
            meaning: meaning(reason),
            weakens: weakens(reason),
        }
    }

    /// The row of evidence that is not declared missing.
    fn undeclared<'a>(&self, session_id: &'a str, evidence: Evidence) -> MissingRow<'a> {
        let reason = evidence.reason();
        let due = reason.as_ref().filter(|_| self.is_due(evidence));
        MissingRow {
            session_id,
            // The codes are the API's own words, which outlive any document.
            reason: due.and_then(code),
            evidence: Some(evidence),
            declared: false,
            present: Some(self.count(evidence)),
            agreement: reason.as_ref().map(|_| {
                if due.is_some() { Agreement::AbsentButNotDeclared } else { Agreement::Agrees }
            }),
            meaning: due.and_then(meaning),
            weakens: due.and_then(weakens),
        }
    }
}

/// A known reason's code.
fn code(reason: &Reason<'_>) -> Option<&'static str> {
    Reason::KNOWN.iter().find(|known| *known == reason).map(Reason::as_str)
}

/// The reasons a document declares, each once, in its order.
pub fn declared<'r, 'a>(input: &'r Input<'a>) -> impl Iterator<Item = &'r Reason<'a>> {
    let mut seen = HashSet::new();
    input.missing_evidence_reasons.iter().filter(move |reason| seen.insert(reason.as_str()))
}

/// A row a declared reason in the document's order, then one for each that is due.
pub fn rows<'a>(input: &'a Input<'a>) -> Vec<MissingRow<'a>> {
    let present = Present::of(input);
    let id = &*input.session_id;
    let mut rows: Vec<MissingRow<'a>> =
        declared(input).map(|reason| present.declared(id, reason)).collect();
    let about: HashSet<Evidence> = rows.iter().filter_map(|row| row.evidence).collect();
    let rest = Evidence::ALL.into_iter().filter(|evidence| !about.contains(evidence));
    rows.extend(
        rest.filter(|evidence| present.is_due(*evidence))
            .map(|evidence| present.undeclared(id, evidence)),
    );
    rows
}

/// A row a kind of evidence in the document's order; then the declared reasons that are about the
/// session as a whole, and those this version does not know.
pub fn all<'a>(input: &'a Input<'a>) -> Vec<MissingRow<'a>> {
    let present = Present::of(input);
    let id = &*input.session_id;
    let reasons: Vec<&'a Reason<'a>> = declared(input).collect();
    let mut rows: Vec<MissingRow<'a>> = Evidence::ALL
        .into_iter()
        .map(|evidence| {
            let reason = reasons.iter().find(|reason| evidence_of(reason) == Some(evidence));
            match reason {
                Some(reason) => present.declared(id, reason),
                None => present.undeclared(id, evidence),
            }
        })
        .collect();
    let whole = reasons.into_iter().filter(|reason| evidence_of(reason).is_none());
    rows.extend(whole.map(|reason| present.declared(id, reason)));
    rows
}

/// What `rows` rule out, in a line.
pub fn verdict(rows: &[MissingRow<'_>]) -> String {
    let missing: Vec<&MissingRow<'_>> = rows.iter().filter(|row| row.is_missing()).collect();
    if missing.is_empty() {
        return "classifiable: no evidence-backed classification is weakened".to_owned();
    }
    let mut weakened: Vec<&str> = missing.iter().filter_map(|row| row.weakens).collect();
    if missing.iter().any(|row| row.weakens.is_none()) {
        weakened.push("what reasons unknown to this version rule out");
    }
    format!("weakened: {}", weakened.join("; "))
}

/// Figures over many sessions.
#[derive(Debug, Default)]
pub struct Summary {
    /// Sessions added.
    pub sessions: usize,
    /// Sessions that neither declare a reason nor have one that is due.
    pub complete: usize,
    reasons: HashMap<String, Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    declared: usize,
    present: usize,
    undeclared: usize,
}

/// One reason's figures.
#[derive(Debug, PartialEq, Serialize)]
pub struct SummaryRow {
    /// The reason's code.
    pub reason: String,
    /// Sessions that declare it.
    pub sessions: usize,
    /// `sessions` of all sessions, 0 to 1.
    pub share: Option<f64>,
    /// Sessions that declare it although the evidence is there.
    pub declared_but_present: usize,
    /// Sessions that lack the evidence and do not declare it.
    pub absent_but_not_declared: usize,
    /// What it says of a session.
    pub meaning: Option<&'static str>,
    /// Which classification it weakens.
    pub weakens: Option<&'static str>,
}

impl Summary {
    /// Adds one session's [`rows`].
    pub fn add(&mut self, rows: &[MissingRow<'_>]) {
        self.sessions += 1;
        self.complete += usize::from(!rows.iter().any(MissingRow::is_missing));
        for row in rows {
            let Some(reason) = row.reason else { continue };
            if !self.reasons.contains_key(reason) {
                self.reasons.insert(reason.to_owned(), Tally::default());
            }
            let Some(tally) = self.reasons.get_mut(reason) else { continue };
            tally.declared += usize::from(row.declared);
            match row.agreement {
                Some(Agreement::DeclaredButPresent) => tally.present += 1,
                Some(Agreement::AbsentButNotDeclared) => tally.undeclared += 1,
                _ => {}
            }
        }
    }

    /// A row a reason that any session declares or lacks: most sessions first, then most
    /// disagreements, then by code.
    pub fn rows(&self) -> Vec<SummaryRow> {
        let sessions = self.sessions;
        let mut rows: Vec<SummaryRow> = self
            .reasons
            .iter()
            .map(|(code, tally)| {
                let known = Reason::KNOWN.iter().find(|known| known.as_str() == *code);
                SummaryRow {
                    meaning: known.and_then(meaning),
                    weakens: known.and_then(weakens),
                    reason: code.clone(),
                    sessions: tally.declared,
                    share: stats::share(tally.declared, sessions),
                    declared_but_present: tally.present,
                    absent_but_not_declared: tally.undeclared,
                }
            })
            .collect();
        let disagreements =
            |row: &SummaryRow| row.declared_but_present + row.absent_but_not_declared;
        rows.sort_by(|a, b| {
            (b.sessions, disagreements(b))
                .cmp(&(a.sessions, disagreements(a)))
                .then_with(|| a.reason.cmp(&b.reason))
        });
        rows
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn with_input<T>(document: &Value, look: impl FnOnce(&Input<'_>) -> T) -> T {
        let mut document = document.clone();
        document["session_id"] = json!("s");
        let text = document.to_string();
        look(&serde_json::from_str(&text).unwrap())
    }

    /// Of each row: reason, evidence, whether declared, count, agreement.
    fn short(rows: &[MissingRow<'_>]) -> Vec<String> {
        rows.iter()
            .map(|row| {
                format!(
                    "{} {} {} {} {}",
                    row.reason.unwrap_or("-"),
                    row.evidence.map_or("-", Evidence::as_str),
                    row.declared,
                    row.present.map_or("-".to_owned(), |count| count.to_string()),
                    row.agreement.map_or("-", Agreement::as_str),
                )
            })
            .collect()
    }

    fn rows_of(document: &Value) -> Vec<String> {
        with_input(document, |input| short(&rows(input)))
    }

    /// A document in which nothing is due.
    fn complete() -> Value {
        json!({
            "messages": [{"tool_calls": [{"id": "a"}]}],
            "rag_traces": [{"retrieved": [{"chunk_id": "c"}]}],
            "citations": [{"chunk_id": "c"}],
            "tool_calls": [{"tool_call_id": "a"}],
            "kb_snapshot": {"kb_versions": {}},
            "user_feedback": {"rating": 1},
            "csat": {"score": 5},
        })
    }

    #[test]
    fn a_complete_session_has_no_row_and_is_classifiable() {
        with_input(&complete(), |input| {
            let rows = rows(input);
            assert_eq!(short(&rows), Vec::<String>::new());
            assert_eq!(
                verdict(&rows),
                "classifiable: no evidence-backed classification is weakened"
            );
        });
    }

    #[test]
    fn a_declared_reason_agrees_only_where_its_evidence_is_not_there() {
        for (reason, field) in [
            ("no_rag_trace", "rag_traces"),
            ("no_kb_snapshot", "kb_snapshot"),
            ("no_citations", "citations"),
            ("no_tool_trace", "tool_calls"),
            ("no_csat", "csat"),
            ("no_user_feedback", "user_feedback"),
        ] {
            let mut document = complete();
            document["missing_evidence_reasons"] = json!([reason, reason]);
            let row = |count: usize, agreement: &str| {
                format!("{reason} {field} true {count} {agreement}")
            };
            assert_eq!(rows_of(&document), [row(1, "declared-but-present")], "told once");
            document[field] = Value::Null;
            assert_eq!(rows_of(&document), [row(0, "agrees")]);
        }
    }

    #[test]
    fn evidence_is_due_only_where_something_speaks_for_it() {
        for (field, due) in [
            ("rag_traces", "no_rag_trace rag_traces"),
            ("kb_snapshot", "no_kb_snapshot kb_snapshot"),
            ("citations", "no_citations citations"),
            ("tool_calls", "no_tool_trace tool_calls"),
            ("csat", "no_csat csat"),
            ("user_feedback", "no_user_feedback user_feedback"),
        ] {
            let mut document = complete();
            document[field] = Value::Null;
            assert_eq!(rows_of(&document), [format!("{due} false 0 absent-but-not-declared")]);
        }
        // No retrieval, no chunk, no call asked for: nothing is due but what customers say.
        let quiet = json!({
            "messages": [{"tool_calls": []}, {"tool_calls": null, "tool_results": null}],
            "csat": {}, "user_feedback": {},
        });
        assert_eq!(rows_of(&quiet), Vec::<String>::new());
        // A retrieval that found nothing leaves nothing to cite.
        let empty = json!({
            "rag_traces": [{"retrieved": []}, {}], "kb_snapshot": {}, "csat": {}, "user_feedback": {},
        });
        assert_eq!(rows_of(&empty), Vec::<String>::new());
        // A result alone tells of a call.
        let result = json!({"messages": [{"tool_results": {"output": ""}}], "csat": {},
                            "user_feedback": {}});
        assert_eq!(rows_of(&result), ["no_tool_trace tool_calls false 0 absent-but-not-declared"]);
    }

    #[test]
    fn what_cannot_be_checked_says_so() {
        let mut document = complete();
        document["missing_evidence_reasons"] =
            json!(["transcript_redaction_skipped", "legacy_session", "no_moon"]);
        assert_eq!(
            rows_of(&document),
            [
                "transcript_redaction_skipped messages true 1 not-checkable",
                "legacy_session - true - not-checkable",
                "no_moon - true - unknown-reason",
            ]
        );
        document["analyzer_input_schema_version"] = json!(1);
        assert_eq!(rows_of(&document)[1], "legacy_session - true - agrees");
        document["analyzer_input_schema_version"] = json!(2);
        assert_eq!(rows_of(&document)[1], "legacy_session - true - not-checkable");
    }

    #[test]
    fn all_lists_every_kind_then_what_is_about_the_whole() {
        let document = json!({
            "messages": [{}, {}], "handoff_events": [{}], "customer_metadata": {"tier": 1},
            "missing_evidence_reasons": ["legacy_session", "no_csat"],
        });
        assert_eq!(
            with_input(&document, |input| short(&all(input))),
            [
                "- messages false 2 -",
                "- rag_traces false 0 agrees",
                "- citations false 0 agrees",
                "- tool_calls false 0 agrees",
                "- handoff_events false 1 -",
                "- kb_snapshot false 0 agrees",
                "no_user_feedback user_feedback false 0 absent-but-not-declared",
                "no_csat csat true 0 agrees",
                "- reopen false 0 -",
                "- customer_metadata false 1 -",
                "legacy_session - true - not-checkable",
            ]
        );
        let bare = json!({"customer_metadata": {}});
        with_input(&bare, |input| {
            let rows = all(input);
            assert_eq!(rows.last().and_then(|row| row.present), Some(0), "{{}} holds nothing");
        });
    }

    #[test]
    fn the_verdict_names_what_is_weakened() {
        let mut document = complete();
        document["missing_evidence_reasons"] = json!(["no_tool_trace", "no_moon"]);
        assert_eq!(
            with_input(&document, |input| verdict(&rows(input))),
            "weakened: tool failure vs knowledge gap; what reasons unknown to this version rule out"
        );
    }

    #[test]
    fn every_reason_of_the_api_has_its_words() {
        for reason in Reason::KNOWN {
            assert!(meaning(reason).is_some() && weakens(reason).is_some(), "{reason:?}");
        }
        for evidence in Evidence::ALL {
            if let Some(reason) = evidence.reason() {
                assert_eq!(evidence_of(&reason), Some(evidence));
            }
        }
    }

    #[test]
    fn a_summary_counts_sessions_and_disagreements() {
        let mut summary = Summary::default();
        let mut present = complete();
        present["missing_evidence_reasons"] = json!(["no_csat", "no_csat"]);
        let mut absent = complete();
        absent["csat"] = Value::Null;
        let mut odd = complete();
        odd["missing_evidence_reasons"] = json!(["no_moon", "no_csat"]);
        for document in [complete(), present, absent, odd] {
            with_input(&document, |input| summary.add(&rows(input)));
        }
        assert_eq!((summary.sessions, summary.complete), (4, 1));
        let rows = summary.rows();
        assert_eq!(rows[0].reason, "no_csat");
        assert_eq!((rows[0].sessions, rows[0].share), (2, Some(0.5)));
        assert_eq!((rows[0].declared_but_present, rows[0].absent_but_not_declared), (2, 1));
        assert_eq!((rows[1].reason.as_str(), rows[1].meaning), ("no_moon", None));
        assert_eq!(rows.len(), 2);
    }

    fn document() -> impl Strategy<Value = Value> {
        let codes = Reason::KNOWN.iter().map(Reason::as_str).chain(["no_moon", ""]);
        let reasons = prop::collection::vec(prop::sample::select(codes.collect::<Vec<_>>()), 0..5);
        let lists = prop::array::uniform4(0..3_usize);
        let objects = prop::array::uniform4(any::<bool>());
        (reasons, lists, objects, prop::option::of(0..4_i64), any::<bool>()).prop_map(
            |(reasons, lists, objects, version, found)| {
                let object = |there: bool| if there { json!({}) } else { Value::Null };
                let chunks = if found { json!([{}]) } else { json!([]) };
                json!({
                    "analyzer_input_schema_version": version,
                    "messages": vec![json!({"tool_calls": chunks}); lists[0]],
                    "rag_traces": vec![json!({"retrieved": chunks}); lists[1]],
                    "citations": vec![json!({}); lists[2]],
                    "tool_calls": vec![json!({}); lists[3]],
                    "kb_snapshot": object(objects[0]),
                    "user_feedback": object(objects[1]),
                    "csat": object(objects[2]),
                    "reopen": object(objects[3]),
                    "missing_evidence_reasons": reasons,
                })
            },
        )
    }

    proptest! {
        #[test]
        fn every_declared_reason_has_one_row_and_both_lists_tell_the_same(document in document()) {
            with_input(&document, |input| {
                let (rows, all) = (rows(input), all(input));
                let codes = |rows: &[MissingRow<'_>]| {
                    let missing = rows.iter().filter(|row| row.is_missing());
                    let mut codes: Vec<String> =
                        missing.filter_map(|row| row.reason.map(str::to_owned)).collect();
                    codes.sort_unstable();
                    codes
                };
                assert_eq!(codes(&rows), codes(&all));
                assert!(rows.iter().all(MissingRow::is_missing));
                let declared: HashSet<&str> =
                    input.missing_evidence_reasons.iter().map(Reason::as_str).collect();
                assert_eq!(rows.iter().filter(|row| row.declared).count(), declared.len());
                for row in rows.iter().chain(&all) {
                    assert_eq!(row.declared, row.reason.is_some_and(|code| declared.contains(code)));
                    if let Some(Agreement::DeclaredButPresent) = row.agreement {
                        assert!(row.present > Some(0));
                    }
                    if let Some(Agreement::AbsentButNotDeclared) = row.agreement {
                        assert!(row.present == Some(0) && row.reason.is_some());
                    }
                }
                assert_eq!(all.iter().filter(|row| row.evidence.is_some()).count(), 10);
                assert_eq!(verdict(&rows).starts_with("classifiable"), rows.is_empty());
            });
        }
    }
}
