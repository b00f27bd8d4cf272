//! Tool calls: those that were recorded, those that messages asked for, and what came back. How they
//! are joined, [`super::calls`] says; each call makes one row.

#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;

use hashbrown::HashMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::calls::{self, Call, Traffic, quote_error};
pub use super::calls::{Counts, Status};
use super::overview;
use super::turns::{Said, Turns};
use crate::model::{
    LazyText, MessageTools, MissingEvidenceReason, Number, SessionAnalysisInput, Skipped,
    Timestamp, ToolCallEntry,
};
use crate::rows::{Cell, Column, Page, Quoting, Row, Tone, look, spell};

/// What this view reads of a document.
pub type Input<'a> =
    SessionAnalysisInput<'a, MessageTools<'a>, Skipped, Skipped, ToolCallEntry<'a>>;

/// What is odd about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// It belongs to a turn that no message has.
    Orphan,
    /// Another row has the same call id.
    DuplicateId,
    /// A message carries a result for it, yet nothing recorded it or asked for it.
    ResultWithoutCall,
    /// Its arguments set out to be a JSON object or array and are none.
    BrokenArguments,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 4] =
        [Self::Orphan, Self::DuplicateId, Self::ResultWithoutCall, Self::BrokenArguments];

    /// What it means.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Orphan => "its turn is none of the session's messages",
            Self::DuplicateId => "more than one call has its id",
            Self::ResultWithoutCall => "a message has its result, but nothing asked for it",
            Self::BrokenArguments => "its arguments are no whole JSON",
        }
    }

    /// The flag as the rows spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::DuplicateId => "duplicate-id",
            Self::ResultWithoutCall => "result-without-call",
            Self::BrokenArguments => calls::BROKEN_ARGUMENTS,
        }
    }
}

/// A tool call: one that was recorded, that a message asked for, or of which only a result is known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ToolRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// The turn's number, from 1; null for an orphan.
    pub turn: Option<usize>,
    /// The turn that made the call: the record's, else that of the message that asked or, where
    /// none did, of the message that carries the result.
    pub assistant_turn_id: Option<&'a str>,
    /// When that turn was said.
    pub timestamp: Option<&'a Timestamp<'a>>,
    /// The call's id.
    pub tool_call_id: &'a str,
    /// The tool's name; null where only a result is known.
    pub name: Option<&'a str>,
    /// The kind of call as the message has it, `function` where it has none; null where no message
    /// asked.
    #[serde(rename = "type")]
    pub kind: Option<&'a str>,
    /// The arguments as the model wrote them.
    pub arguments: Option<LazyText<'a>>,
    /// The arguments as JSON, verbatim, where the record has them.
    pub arguments_parsed: Option<&'a RawValue>,
    /// How it went.
    pub status: Status,
    /// What came back: the record's, else the message's.
    pub result: Option<LazyText<'a>>,
    /// What went wrong: the record's, else the message's; null where it is empty.
    pub error: Option<&'a str>,
    /// Time the call took, by the record.
    #[schemars(extend("unit" = "ms"))]
    pub latency_ms: Option<Number<'a>>,
    /// What is odd about it.
    pub flags: Vec<Flag>,
}

/// What stands for the name of a tool of which only a result is known.
pub const UNKNOWN: &str = "(unknown)";

/// Lines that arguments and results take where they are not shown whole.
const LINES: usize = 2;

/// Lines that an error takes: more than nearly any has.
const ERROR_LINES: u8 = 24;

impl Row for ToolRow<'_> {
    const KIND: &'static str = "tools";
    const NOUN: (&'static str, &'static str) = ("tool call", "tool calls");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::session(|row, spelling| spelling.id(row.session_id).into()),
            Column::<Self>::words("turn", |row, _| look::turn(row.turn)),
            Column::<Self>::words("tool", |row, _| name(row.name)),
            Column::<Self>::words("status", |row, _| {
                Cell::new(row.status.as_str(), row.status.tone())
            })
            .below(2),
            Column::<Self>::text("flags", |row, _| {
                look::flags(row.flags.iter().map(|flag| flag.as_str()))
            })
            .below(2)
            .optional(),
            Column::<Self>::numbers("latency", |row, _| {
                Cell::of(row.latency_ms.map(spell::latency))
            })
            .below(3),
            Column::<Self>::text("arguments", |row, _| arguments(row)).lines(LINES),
            Column::<Self>::text("result", |row, _| outcome(row)).below(1).mark("→ ").lines(LINES),
        ]
    }
}

/// A tool's name as a cell.
pub fn name(name: Option<&str>) -> Cell<'_> {
    name.map_or_else(|| Cell::new(UNKNOWN, Tone::Dim), |name| Cell::new(name, Tone::Strong))
}

/// The arguments as they were parsed, else as they were written.
fn arguments<'r>(row: &'r ToolRow<'_>) -> Cell<'r> {
    let parsed = row.arguments_parsed.map(|json| Cow::Borrowed(json.get()));
    let text = parsed.or_else(|| row.arguments.map(LazyText::decode));
    Cell::of(text.filter(|text| !text.is_empty())).code()
}

/// The error, else the result; both where there are both; absent where nothing came back.
fn outcome<'r>(row: &'r ToolRow<'_>) -> Cell<'r> {
    let cell = match (row.error, row.result) {
        (Some(error), Some(result)) if !result.is_empty() => {
            let mut both = Quoting::default();
            quote_error(&mut both, error);
            both.words(" (with the result ");
            both.quote(&result.decode());
            both.words(")");
            return both.cell(Tone::Bad).lines(ERROR_LINES);
        }
        (Some(error), _) => {
            let mut told = Quoting::default();
            quote_error(&mut told, error);
            return told.cell(Tone::Bad).lines(ERROR_LINES);
        }
        (None, Some(result)) if result.is_empty() => Cell::new("(empty)", Tone::Dim),
        (None, Some(result)) => result.decode().into(),
        (None, None) => return Cell::absent(),
    };
    cell.code()
}

/// What stands around one session's calls: those of `rows` that are `wanted` are shown; `named` says
/// whether these are only the calls of some tools.
pub fn page(
    input: &Input<'_>,
    rows: &[ToolRow<'_>],
    wanted: impl Fn(&&ToolRow<'_>) -> bool,
    named: bool,
) -> Page {
    let shown = || rows.iter().filter(&wanted);
    let mut notes = vec![counts(input, &Counts::of(rows), shown().count(), named)];
    for flag in Flag::ALL {
        if shown().any(|row| row.flags.contains(&flag)) {
            notes.push(format!("{}: {}", flag.as_str(), flag.meaning()));
        }
    }
    Page { title: vec![overview::title(input)], notes, dates: false }
}

/// How many calls there are, and how they went.
fn counts(input: &Input<'_>, all: &Counts, shown: usize, named: bool) -> String {
    let declares_none =
        input.missing_evidence_reasons.contains(&MissingEvidenceReason::NoToolTrace);
    let declared = if declares_none { "; the session declares no_tool_trace" } else { "" };
    if all.calls == 0 {
        let what = if named { "no call of such a tool" } else { "no tool calls" };
        return format!("{what}{declared}");
    }
    let counts = Status::ALL.iter().filter_map(|status| match all.with(*status) {
        0 => None,
        count => Some(format!("{} {}", spell::count(count), status.as_str())),
    });
    let counts = counts.collect::<Vec<_>>().join(", ");
    let counts = format!("{}: {counts}{declared}", spell::counted(all.calls, "call", "calls"));
    match shown {
        0 => format!("none shown of {counts}"),
        shown if shown < all.calls => format!("{} shown of {counts}", spell::count(shown)),
        _ => counts,
    }
}

/// A row a call: in the order of the turns, in a turn as they were asked for, then as the document
/// has them; orphans last.
pub fn rows<'a, M: Said<'a> + Traffic<'a>>(
    session_id: &'a str,
    messages: &'a [M],
    records: &'a [ToolCallEntry<'a>],
) -> Vec<ToolRow<'a>> {
    let turns = Turns::new(messages);
    let calls = calls::join(messages, records, |id| turns.number(id));
    drop(turns);
    let mut ids: HashMap<&str, usize> = HashMap::with_capacity(calls.len());
    for call in &calls {
        *ids.entry(call.id()).or_default() += 1;
    }
    let row = |call: &Call<'a>| {
        let mut row = row(session_id, messages, call);
        if !row.tool_call_id.is_empty() && ids.get(row.tool_call_id).is_some_and(|n| *n > 1) {
            row.flags.push(Flag::DuplicateId);
        }
        row
    };
    calls.iter().map(row).collect()
}

fn row<'a, M: Said<'a> + Traffic<'a>>(
    session_id: &'a str,
    messages: &'a [M],
    call: &Call<'a>,
) -> ToolRow<'a> {
    let asked_in = call.message().and_then(|index| messages.get(index));
    let mut flags = Vec::new();
    if call.turn.is_none() {
        flags.push(Flag::Orphan);
    }
    if call.is_result_alone() {
        flags.push(Flag::ResultWithoutCall);
    }
    if call.has_broken_arguments() {
        flags.push(Flag::BrokenArguments);
    }
    ToolRow {
        session_id,
        turn: call.turn,
        assistant_turn_id: call.recorded_turn_id().or_else(|| asked_in.map(M::turn_id)),
        timestamp: call.turn.and_then(|turn| messages.get(turn - 1)).and_then(M::timestamp),
        tool_call_id: call.id(),
        name: call.name(),
        kind: call.asked.map(|(_, asked)| asked.kind.as_deref().unwrap_or("function")),
        arguments: call.arguments(),
        arguments_parsed: call.record.and_then(|record| record.arguments_parsed),
        status: call.status(),
        result: call.result(),
        error: call.error(),
        latency_ms: call.record.and_then(|record| record.latency_ms),
        flags,
    }
}

impl Counts {
    /// Counts `rows`.
    pub fn of<'r, 'a: 'r>(rows: impl IntoIterator<Item = &'r ToolRow<'a>>) -> Self {
        rows.into_iter().map(|row| row.status).collect()
    }
}
