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

#[cfg(test)]
pub(crate) mod tests;
mod words;

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::words::{meaning, rules_out_by, weakens};
use super::{overview, transcript};
use crate::model::{
    MessageEntry, MissingEvidenceReason as Reason, Number, RagTraceEntry, SessionAnalysisInput,
    Skipped,
};
use crate::rows::{Cell, Column, Page, Row, Tone};

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

/// A message, as far as it has tool traffic.
pub trait MayCall {
    /// Whether it asks for a call or carries a result.
    fn has_traffic(&self) -> bool;
}

/// A retrieval, as far as it found anything.
pub trait MayFind {
    /// Whether a chunk came back.
    fn has_chunks(&self) -> bool;
}

impl MayCall for MessageTraffic {
    fn has_traffic(&self) -> bool {
        self.tool_results.is_some()
            || self.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
    }
}

impl MayCall for MessageEntry<'_> {
    fn has_traffic(&self) -> bool {
        self.tool_results.is_some()
            || self.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
    }
}

impl MayFind for RetrievalSize {
    fn has_chunks(&self) -> bool {
        self.retrieved.as_ref().is_some_and(|chunks| !chunks.is_empty())
    }
}

impl MayFind for RagTraceEntry<'_> {
    fn has_chunks(&self) -> bool {
        !self.retrieved.is_empty()
    }
}

impl MayFind for transcript::Retrieval<'_> {
    fn has_chunks(&self) -> bool {
        !self.retrieved.is_empty()
    }
}

/// A retrieval of which only the number of chunks is read.
#[derive(Debug, Deserialize)]
pub struct RetrievalSize {
    /// What came back.
    #[serde(default)]
    retrieved: Option<Vec<Skipped>>,
}

/// A kind of evidence: a part of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
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

/// The heading of what a reason rules out.
pub const RULES_OUT: &str = "what that rules out";

/// Whether what is declared fits what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
    #[cfg(test)]
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

/// A reason why evidence is missing, declared or due, and what it rules out; with `--all` also every
/// kind of evidence that is there.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MissingRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// The reason's code: declared or due; null where neither is so.
    pub reason: Option<&'a str>,
    /// The part of the document it is about; null where it is about the session as a whole.
    pub evidence: Option<Evidence>,
    /// Whether the document declares the reason.
    pub declared: bool,
    /// How much of the evidence is there: elements of a list, 1 for an object, 0 where there is none; null where that
    /// does not apply.
    pub present: Option<usize>,
    /// Whether that fits; null for evidence that the API has no reason for.
    pub agreement: Option<Agreement>,
    /// What the reason says of the session, in words.
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

/// What is said of a reason that has no words here.
pub const UNKNOWN: &str = "unknown to this version";

impl Row for MissingRow<'_> {
    const KIND: &'static str = "missing";
    const NOUN: (&'static str, &'static str) = ("reason", "reasons");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::session(|row, spelling| spelling.id(row.session_id).into()),
            Column::<Self>::words("reason", |row, _| {
                row.reason.map_or_else(Cell::absent, |reason| Cell::new(reason, Tone::Strong))
            }),
            Column::<Self>::words("declared", |row, _| declared_cell(row)).below(2),
            Column::<Self>::text("meaning", |row, _| match (row.meaning, row.reason) {
                (Some(meaning), _) => meaning.into(),
                (None, Some(_)) => Cell::new(UNKNOWN, Tone::Warn),
                (None, None) => Cell::absent(),
            }),
            Column::<Self>::text(RULES_OUT, |row, _| {
                Cell::of(row.weakens.and(row.reason).and_then(rules_out_by))
            })
            .below(1)
            .mark("→ "),
        ]
    }
}

/// The columns for every kind of evidence: what there is of it comes first.
pub fn all_columns<'a>() -> Vec<Column<MissingRow<'a>>> {
    let mut columns = MissingRow::columns();
    let evidence = Column::words("evidence", |row: &MissingRow<'_>, _: &_| match row.evidence {
        Some(evidence) => evidence.as_str().into(),
        None => Cell::new("(the session)", Tone::Dim),
    });
    let count = Column::numbers("count", |row: &MissingRow<'_>, _: &_| {
        row.present.map_or_else(Cell::absent, Cell::count)
    });
    columns.splice(1..1, [evidence, count]);
    columns
}

/// Whether the reason is declared, and whether the document agrees.
fn declared_cell(row: &MissingRow<'_>) -> Cell<'static> {
    match row.agreement {
        None => Cell::absent(),
        Some(Agreement::Agrees) if row.declared => Cell::new("yes, agrees", Tone::Plain),
        Some(Agreement::Agrees) => Cell::new("no", Tone::Dim),
        Some(Agreement::DeclaredButPresent) => Cell::new("yes, but present", Tone::Warn),
        Some(Agreement::AbsentButNotDeclared) => Cell::new("no, but absent", Tone::Warn),
        Some(Agreement::NotCheckable) => Cell::new("yes, not checkable", Tone::Dim),
        Some(Agreement::UnknownReason) => Cell::new("yes, unknown", Tone::Warn),
    }
}

/// What is said where no evidence is missing.
const NOTHING: &str = "nothing is missing: nothing is declared, and nothing is due";

/// What stands around one session's reasons: whose they are, and what they come to.
pub fn page<M, R, C, T>(
    input: &SessionAnalysisInput<'_, M, R, C, T>,
    rows: &[MissingRow<'_>],
) -> Page {
    let mut notes = Vec::new();
    if !rows.iter().any(MissingRow::is_missing) {
        notes.push(NOTHING.to_owned());
    }
    Page { title: vec![overview::title(input)], notes, dates: false }
}

/// What is there of every kind, and the traces that other parts left of it.
struct Present {
    counts: [usize; Evidence::ALL.len()],
    version: i64,
    asked: bool,
    found: bool,
}

impl Present {
    fn of<M: MayCall, R: MayFind, C, T>(input: &SessionAnalysisInput<'_, M, R, C, T>) -> Self {
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
            asked: input.messages.iter().any(MayCall::has_traffic),
            found: input.rag_traces.iter().any(MayFind::has_chunks),
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
pub fn declared<'r, 'a, M, R, C, T>(
    input: &'r SessionAnalysisInput<'a, M, R, C, T>,
) -> impl Iterator<Item = &'r Reason<'a>> {
    let mut seen = HashSet::new();
    input.missing_evidence_reasons.iter().filter(move |reason| seen.insert(reason.as_str()))
}

/// A row a declared reason in the document's order, then one for each that is due.
pub fn rows<'a, M: MayCall, R: MayFind, C, T>(
    input: &'a SessionAnalysisInput<'a, M, R, C, T>,
) -> Vec<MissingRow<'a>> {
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
