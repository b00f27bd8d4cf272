//! Tool calls, as rows.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use unicode_width::UnicodeWidthStr as _;

use super::csv::Record;
use super::rows::Section;
use super::style::Tone;
use super::table::{Cell, Column, Table};
use super::{LayoutOptions, json, sanitize, wrap};
use crate::model::LazyText;
use crate::rows::spell;
use crate::view::tools::{Counts, Flag, Scope, Status, SummaryRow, ToolRow};

/// Arguments and results stand side by side where each has at least so many columns.
const SIDE: usize = 34;

/// A tool's name is cut past this on a terminal, which needs the room for other things.
const NAME: usize = 28;

/// What stands for the name of a tool of which only a result is known.
const UNKNOWN: &str = "(unknown)";

impl Record for ToolRow<'_> {
    const FIELDS: &'static [&'static str] = &[
        "session_id",
        "turn",
        "assistant_turn_id",
        "timestamp",
        "tool_call_id",
        "name",
        "type",
        "arguments",
        "arguments_parsed",
        "status",
        "result",
        "error",
        "latency_ms",
        "flags",
    ];

    fn values(&self) -> Vec<Cow<'_, str>> {
        let flags = self.flags.iter().map(|flag| flag.as_str());
        vec![
            self.session_id.into(),
            self.turn.map(|turn| turn.to_string()).unwrap_or_default().into(),
            self.assistant_turn_id.unwrap_or_default().into(),
            self.timestamp.map_or("", |time| time.as_str()).into(),
            self.tool_call_id.into(),
            self.name.unwrap_or_default().into(),
            self.kind.unwrap_or_default().into(),
            self.arguments.unwrap_or_default().decode(),
            self.arguments_parsed.map(|json| compact(json.get())).unwrap_or_default(),
            self.status.as_str().into(),
            self.result.unwrap_or_default().decode(),
            self.error.unwrap_or_default().into(),
            self.latency_ms.map_or("", |number| number.as_str()).into(),
            flags.collect::<Vec<_>>().join(";").into(),
        ]
    }
}

impl Record for SummaryRow {
    const FIELDS: &'static [&'static str] = &[
        "scope",
        "name",
        "sessions",
        "calls",
        "ok",
        "errors",
        "no_result",
        "unrecorded",
        "error_rate",
        "latency_p50_ms",
        "latency_p95_ms",
        "top_error",
        "top_error_count",
    ];

    fn values(&self) -> Vec<Cow<'_, str>> {
        let figure = |figure: Option<f64>| -> Cow<'_, str> {
            figure.map(|figure| figure.to_string()).unwrap_or_default().into()
        };
        vec![
            match self.scope {
                Scope::Tool => "tool".into(),
                Scope::Total => "total".into(),
            },
            self.name.as_deref().unwrap_or_default().into(),
            self.sessions.to_string().into(),
            self.calls.to_string().into(),
            self.ok.to_string().into(),
            self.errors.to_string().into(),
            self.no_result.to_string().into(),
            self.unrecorded.to_string().into(),
            figure(self.error_rate),
            figure(self.latency_p50_ms),
            figure(self.latency_p95_ms),
            self.top_error.as_deref().unwrap_or_default().into(),
            self.top_error_count.to_string().into(),
        ]
    }
}

/// One session's calls, as far as they are to be shown.
#[derive(Debug)]
pub struct Page<'r> {
    /// The session, in a line.
    pub title: String,
    /// The calls shown.
    pub shown: Vec<&'r ToolRow<'r>>,
    /// All its calls.
    pub all: Counts,
    /// Whether these are only the calls of some tools.
    pub named: bool,
    /// Whether the session declares that tool calls were not recorded.
    pub declares_none: bool,
    /// Whether arguments and results are whole, however long.
    pub full: bool,
}

/// One session's calls for reading.
pub fn section<'r>(page: Page<'r>, options: &LayoutOptions) -> Section<'r> {
    let mut notes = notes(&page);
    let full = page.full;
    let columns = vec![
        Column::words("turn"),
        Column::words("tool"),
        Column::words("status"),
        Column::numbers("latency"),
    ];
    let cells = page
        .shown
        .iter()
        .map(|row| vec![turn(row), name(row.name, options), status(row.status), latency(row)]);
    let mut table = Table { columns, rows: cells.collect() };
    let texts: Vec<Texts<'r>> = page.shown.iter().map(|row| Texts::of(row)).collect();
    let flags = texts.iter().map(|texts| texts.flags.text.width()).max().unwrap_or(0);
    let room = options.width.map(|width| width.saturating_sub(table.rigid_width()));
    match room {
        Some(room) if room < flags + 2 * SIDE + 6 => {
            below(&mut table, texts, room.saturating_sub(2), page.full);
        }
        room => beside(&mut table, texts, room.filter(|_| !page.full)),
    }
    let may_be_cut = options.width.is_some() && !full;
    if may_be_cut && table.rows.iter().flatten().any(|cell| cell.text.ends_with('…')) {
        notes.push("… is cut to fit; --full shows all".to_owned());
    }
    Section { title: page.title, table, notes }
}

/// What is long of a call.
struct Texts<'r> {
    arguments: Cell<'r>,
    /// None where nothing came back.
    outcome: Option<Cell<'r>>,
    flags: Cell<'r>,
}

impl<'r> Texts<'r> {
    fn of(row: &'r ToolRow<'_>) -> Self {
        let flags = row.flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(", ");
        Self {
            arguments: arguments(row),
            outcome: outcome(row),
            flags: Cell::new(flags, Tone::Warn),
        }
    }
}

/// Adds arguments and results side by side, each cut to about two lines of its part of the `room`.
fn beside<'r>(table: &mut Table<'r>, texts: Vec<Texts<'r>>, room: Option<usize>) {
    let widest = |cell: fn(&Texts<'r>) -> usize| texts.iter().map(cell).max().unwrap_or(0);
    let flags = widest(|texts| texts.flags.text.width());
    if flags > 0 {
        table.columns.push(Column::words("flags"));
    }
    table.columns.extend([Column::text("arguments"), Column::text("result")]);
    let limits = room.map(|room| {
        let room = room.saturating_sub(if flags > 0 { flags + 6 } else { 4 });
        let arguments = widest(|texts| texts.arguments.text.width()).min(room / 2);
        (two_lines(room / 2), two_lines(room - arguments))
    });
    for (row, texts) in table.rows.iter_mut().zip(texts) {
        if flags > 0 {
            row.push(texts.flags);
        }
        let mut arguments = texts.arguments;
        let mut result = texts.outcome.unwrap_or_else(Cell::absent);
        if let Some((for_arguments, for_result)) = limits {
            arguments.text = spell::shorten(arguments.text, for_arguments);
            result.text = spell::shorten(result.text, for_result);
        }
        row.extend([arguments, result]);
    }
}

/// Adds arguments, and below them the result: a narrow terminal has no room for both side by side.
fn below<'r>(table: &mut Table<'r>, texts: Vec<Texts<'r>>, room: usize, full: bool) {
    let blank = table.columns.len();
    let limit = if full { usize::MAX } else { two_lines(room) };
    table.columns.push(Column::text("arguments → result"));
    let rows = std::mem::take(&mut table.rows);
    for (mut row, mut texts) in rows.into_iter().zip(texts) {
        texts.arguments.text = broken(spell::shorten(texts.arguments.text, limit), room);
        row.push(texts.arguments);
        table.rows.push(row);
        let outcome = texts.outcome.map(|cell| ("→", cell));
        let flags = Some(("!", texts.flags)).filter(|(_, cell)| !cell.text.is_empty());
        for (mark, mut cell) in outcome.into_iter().chain(flags) {
            let text = spell::shorten(format!("{mark} {}", cell.text).into(), limit);
            cell.text = broken(text, room);
            let mut row = vec![Cell::default(); blank];
            row.push(cell);
            table.rows.push(row);
        }
    }
}

/// JSON has few blanks: broken behind commas it stays readable. Other text is left to the table.
fn broken(text: Cow<'_, str>, width: usize) -> Cow<'_, str> {
    let is_json = text.trim_start_matches("→ ").starts_with(['{', '[']);
    if !is_json || text.width() <= width {
        return text;
    }
    Cow::Owned(
        wrap::wrap_code(&text, width)
            .iter()
            .map(|line| line.trim_end())
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

/// What fits two lines of this width, a part being lost where a line ends before a long word.
const fn two_lines(width: usize) -> usize {
    2 * width - width / 6
}

/// What is said after the calls.
fn notes(page: &Page<'_>) -> Vec<String> {
    let declared = if page.declares_none { "; the session declares no_tool_trace" } else { "" };
    if page.all.calls == 0 {
        let what = if page.named { "no call of such a tool" } else { "no tool calls" };
        return vec![format!("{what}{declared}")];
    }
    let all = spell::counted(page.all.calls, "call", "calls");
    let counts = Status::ALL.iter().filter_map(|status| match page.all.with(*status) {
        0 => None,
        count => Some(format!("{} {}", spell::count(count), status.as_str())),
    });
    let counts = format!("{all}: {}{declared}", counts.collect::<Vec<_>>().join(", "));
    let mut notes = Vec::new();
    match page.shown.len() {
        0 => notes.push(format!("none shown of {counts}")),
        shown if shown < page.all.calls => {
            notes.push(format!("{} shown of {counts}", spell::count(shown)));
        }
        _ => notes.push(counts),
    }
    for flag in Flag::ALL {
        if page.shown.iter().any(|row| row.flags.contains(&flag)) {
            let meaning = match flag {
                Flag::Orphan => "its turn is none of the session's messages",
                Flag::DuplicateId => "more than one call has its id",
                Flag::ResultWithoutCall => "a message has its result, but nothing asked for it",
            };
            notes.push(format!("{}: {meaning}", flag.as_str()));
        }
    }
    notes
}

fn turn(row: &ToolRow<'_>) -> Cell<'static> {
    row.turn.map_or_else(Cell::absent, |turn| Cell::new(format!("#{turn}"), Tone::Dim))
}

fn name<'r>(name: Option<&'r str>, options: &LayoutOptions) -> Cell<'r> {
    let Some(name) = name else { return Cell::new(UNKNOWN, Tone::Dim) };
    let name = sanitize::line(name);
    let name = if options.width.is_some() { spell::shorten(name, NAME) } else { name };
    Cell::new(name, Tone::Strong)
}

fn status(status: Status) -> Cell<'static> {
    let tone = match status {
        Status::Ok => Tone::Good,
        Status::Error => Tone::Bad,
        Status::NoResult | Status::Unrecorded => Tone::Warn,
    };
    Cell::new(status.as_str(), tone)
}

fn latency(row: &ToolRow<'_>) -> Cell<'static> {
    row.latency_ms.map_or_else(Cell::absent, |latency| spell::latency(latency).into())
}

/// The arguments as they were parsed, else as they were written.
fn arguments<'r>(row: &'r ToolRow<'_>) -> Cell<'r> {
    let parsed = row.arguments_parsed.map(|json| Cow::Borrowed(json.get()));
    let text = parsed.or_else(|| row.arguments.map(LazyText::decode));
    match text.filter(|text| !text.is_empty()) {
        Some(text) => readable(text).into(),
        None => Cell::absent(),
    }
}

/// The error, else the result; both where there are both; None where nothing came back.
fn outcome<'r>(row: &'r ToolRow<'_>) -> Option<Cell<'r>> {
    let cell = match (row.error, row.result) {
        (Some(error), Some(result)) if !result.is_empty() => Cell::new(
            format!("{} (with the result {})", readable(error), readable(result.decode())),
            Tone::Bad,
        ),
        (Some(error), _) => Cell::new(readable(error), Tone::Bad),
        (None, Some(result)) if result.is_empty() => Cell::new("(empty)", Tone::Dim),
        (None, Some(result)) => readable(result.decode()).into(),
        (None, None) => return None,
    };
    Some(cell)
}

/// A line of harmless text; JSON loses the blank space between its tokens.
fn readable<'r>(text: impl Into<Cow<'r, str>>) -> Cow<'r, str> {
    let text = match text.into() {
        Cow::Borrowed(text) => compact(text),
        Cow::Owned(text) => Cow::Owned(compact(&text).into_owned()),
    };
    match text {
        Cow::Borrowed(text) => sanitize::line(text),
        Cow::Owned(text) => Cow::Owned(sanitize::line(&text).into_owned()),
    }
}

/// JSON objects and arrays without the blank space between their tokens; other text as it is.
fn compact(text: &str) -> Cow<'_, str> {
    let is_json = text.trim_start().starts_with(['{', '['])
        && text.contains([' ', '\n', '\t', '\r'])
        && serde_json::from_str::<IgnoredAny>(text).is_ok();
    if !is_json {
        return Cow::Borrowed(text);
    }
    Cow::Owned(json::compact(text))
}

/// The figures over all sessions.
pub fn summary<'r>(
    sessions: usize,
    rows: &'r [SummaryRow],
    options: &LayoutOptions,
) -> Section<'r> {
    let sessions = spell::counted(sessions, "session", "sessions");
    let mut notes = Vec::new();
    let columns = vec![
        Column::words("tool"),
        Column::numbers("calls"),
        Column::numbers("ok"),
        Column::numbers("errors"),
        Column::numbers("rate"),
        Column::numbers("no-result"),
        Column::numbers("unrecorded"),
        Column::numbers("p50"),
        Column::numbers("p95"),
    ];
    let any = rows.iter().any(|row| row.calls > 0);
    let rows_shown = rows.iter().filter(|_| any);
    let mut table =
        Table { columns, rows: rows_shown.clone().map(|row| figures(row, options)).collect() };
    if any {
        notes.push(
            "rate: errors of all calls; p50, p95: of the calls with a latency, by nearest rank"
                .to_owned(),
        );
    } else {
        notes.push("no tool calls".to_owned());
    }
    let errors = rows_shown.map(|row| match &row.top_error {
        Some(error) => {
            let times = spell::count(row.top_error_count);
            Cell::new(format!("{times}× {}", readable(error)), Tone::Bad)
        }
        None => Cell::absent(),
    });
    let room = options.width.map(|width| width.saturating_sub(table.rigid_width() + 2));
    if room.is_none_or(|room| room >= SIDE) {
        table.columns.push(Column::text("most frequent error"));
        for (row, mut error) in table.rows.iter_mut().zip(errors) {
            if let Some(room) = room {
                error.text = spell::shorten(error.text, 2 * room);
            }
            row.push(error);
        }
    } else {
        let narrow = options.width.is_some_and(|width| table.rigid_width() > width);
        if let Some(ok) = table.columns.iter().position(|column| narrow && column.title == "ok") {
            // It is what the others leave of the calls.
            table.columns.remove(ok);
            table.rows.iter_mut().filter(|row| row.len() > ok).for_each(|row| drop(row.remove(ok)));
        }
        // Better a broken name than a broken table.
        table.columns.iter_mut().take(1).for_each(|column| column.flexible = true);
        let width = options.width.unwrap_or(usize::MAX);
        for (row, error) in rows.iter().zip(errors) {
            if row.scope == Scope::Tool && row.top_error.is_some() {
                let name = sanitize::line(row.name.as_deref().unwrap_or(UNKNOWN)).into_owned();
                let note = format!("{}: {}", spell::shorten(name.into(), NAME), error.text);
                notes.push(spell::shorten(note.into(), width.saturating_mul(2)).into_owned());
            }
        }
    }
    Section { title: format!("Tool calls in {sessions}"), table, notes }
}

fn figures<'r>(row: &'r SummaryRow, options: &LayoutOptions) -> Vec<Cell<'r>> {
    let count = |count: usize, tone: Tone| {
        Cell::new(spell::count(count), if count == 0 { Tone::Dim } else { tone })
    };
    let latency = |latency: Option<f64>| {
        latency.map_or_else(Cell::absent, |latency| spell::millis(latency).into())
    };
    let rate = row.error_rate.map_or_else(Cell::absent, |rate| {
        Cell::new(spell::percent(rate), if row.errors == 0 { Tone::Dim } else { Tone::Bad })
    });
    vec![
        match row.scope {
            Scope::Tool => name(row.name.as_deref(), options),
            Scope::Total => Cell::new("total", Tone::Dim),
        },
        count(row.calls, Tone::Plain),
        count(row.ok, Tone::Plain),
        count(row.errors, Tone::Bad),
        rate,
        count(row.no_result, Tone::Warn),
        count(row.unrecorded, Tone::Warn),
        latency(row.latency_p50_ms),
        latency(row.latency_p95_ms),
    ]
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "as snapbox writes them")]
mod tests {
    use snapbox::{IntoData as _, assert_data_eq, str};

    use super::*;
    use crate::render::rows;
    use crate::view::tools::{self as view, Input};

    /// A call of every status, an orphan, a result without a call, and text that means harm.
    const SESSION: &str = r#"{
        "session_id": "0b54a1de-0000-4000-8000-00000000c0de",
        "channel": "chat", "knowledge_gap_analysis_outcome": "resolved",
        "started_at": "2026-09-14T10:00:00Z", "ended_at": "2026-09-14T10:12:04Z",
        "messages": [
            {"turn_id": "t1"},
            {"turn_id": "t2", "tool_calls": [
                {"id": "a", "function": {"name": "lookup_invoice", "arguments": "{}"}},
                {"id": "b", "function": {"name": "apply_credit", "arguments": "{ \"amount\": 6 }"}},
                {"id": "c", "function": {"name": "notify", "arguments": "not JSON \u001b[31mred"}}
            ]},
            {"turn_id": "t3", "tool_results": {"tool_call_id": "c", "output": "sent", "error": "twice"}},
            {"turn_id": "t4", "tool_results": {"tool_call_id": "ghost", "output": "boo"}}
        ],
        "tool_calls": [
            {"tool_call_id": "a", "assistant_turn_id": "t2", "name": "lookup_invoice",
             "arguments": "{}", "latency_ms": 642,
             "arguments_parsed": {"account": "LF-204771", "periods": ["2026-09", "2026-10"],
                                  "note": "both bills of the month in which the customer moved"},
             "result": "{\"invoice\": \"INV-2026-10-0481\",\n \"total\": 138.00, \"lines\": [\"Fibre 500, October\", \"Fibre 500, 19 days\", \"Refund, 14 days\", \"Early termination charge\"]}"},
            {"tool_call_id": "b", "assistant_turn_id": "t2", "name": "apply_credit",
             "arguments": "{ \"amount\": 6 }", "error": "timed out\nafter 30 s", "latency_ms": 30004},
            {"tool_call_id": "z", "assistant_turn_id": "gone", "name": "cleanup", "arguments": "[]"}
        ]
    }"#;

    fn shown(width: Option<usize>, full: bool) -> String {
        let input: Input<'_> = serde_json::from_str(SESSION).unwrap();
        let all = view::rows(&input.session_id, &input.messages, &input.tool_calls);
        let options = LayoutOptions { width, ..LayoutOptions::default() };
        let page = Page {
            title: "title".to_owned(),
            shown: all.iter().collect(),
            all: Counts::of(&all),
            named: false,
            declares_none: false,
            full,
        };
        text(&section(page, &options), &options)
    }

    fn text(section: &Section<'_>, options: &LayoutOptions) -> String {
        let mut out = Vec::new();
        rows::write_text(section, options, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for line in text.lines() {
            assert!(options.width.is_none_or(|width| line.width() <= width), "too wide: {line}");
        }
        text
    }

    #[test]
    fn on_a_narrow_terminal_the_result_stands_below_the_arguments() {
        assert_data_eq!(
            shown(Some(80), false),
            str![[r#"
title
turn  tool            status      latency  arguments → result
#2    lookup_invoice  ok           642 ms  {"account":"LF-204771",
                                           "periods":["2026-09","2026-10"],
                                           "note":"both…
                                           → {"invoice":"INV-2026-10-0481",
                                           "total":138.00,"lines":["Fibre 500,…
#2    apply_credit    error        30.0 s  {"amount":6}
                                           → timed out after 30 s
#2    notify          unrecorded        –  not JSON red
                                           → twice (with the result sent)
#4    (unknown)       unrecorded        –  –
                                           → boo
                                           ! result-without-call
–     cleanup         no-result         –  []
                                           ! orphan
5 calls: 1 ok, 1 error, 1 no-result, 2 unrecorded
orphan: its turn is none of the session's messages
result-without-call: a message has its result, but nothing asked for it
… is cut to fit; --full shows all

"#]]
            .raw()
        );
    }

    #[test]
    fn on_a_wide_terminal_they_stand_side_by_side() {
        assert_data_eq!(shown(Some(140), false), str![[r#"
title
turn  tool            status      latency  flags                arguments                              result
#2    lookup_invoice  ok           642 ms                       {"account":"LF-204771","periods":["20  {"invoice":"INV-2026-10-0481","total"
                                                                26-09","2026-10"],"note":"both…        :138.00,"lines":["Fibre 500, O…
#2    apply_credit    error        30.0 s                       {"amount":6}                           timed out after 30 s
#2    notify          unrecorded        –                       not JSON red                           twice (with the result sent)
#4    (unknown)       unrecorded        –  result-without-call  –                                      boo
–     cleanup         no-result         –  orphan               []                                     –
5 calls: 1 ok, 1 error, 1 no-result, 2 unrecorded
orphan: its turn is none of the session's messages
result-without-call: a message has its result, but nothing asked for it
… is cut to fit; --full shows all

"#]].raw());
    }

    #[test]
    fn in_a_pipe_a_row_is_a_line_and_nothing_is_cut() {
        assert_data_eq!(shown(None, false), str![[r#"
title
turn  tool            status      latency  flags                arguments                                                                                                             result
#2    lookup_invoice  ok           642 ms                       {"account":"LF-204771","periods":["2026-09","2026-10"],"note":"both bills of the month in which the customer moved"}  {"invoice":"INV-2026-10-0481","total":138.00,"lines":["Fibre 500, October","Fibre 500, 19 days","Refund, 14 days","Early termination charge"]}
#2    apply_credit    error        30.0 s                       {"amount":6}                                                                                                          timed out after 30 s
#2    notify          unrecorded        –                       not JSON red                                                                                                          twice (with the result sent)
#4    (unknown)       unrecorded        –  result-without-call  –                                                                                                                     boo
–     cleanup         no-result         –  orphan               []                                                                                                                    –
5 calls: 1 ok, 1 error, 1 no-result, 2 unrecorded
orphan: its turn is none of the session's messages
result-without-call: a message has its result, but nothing asked for it

"#]].raw());
        assert_eq!(shown(None, false), shown(None, true));
    }

    #[test]
    fn full_cuts_nothing_on_a_terminal() {
        for width in [80, 140] {
            let whole = shown(Some(width), true);
            assert!(!whole.contains('…'), "{whole}");
            let packed: String = whole.split_whitespace().collect();
            assert!(packed.contains("charge"), "{whole}");
        }
    }

    #[test]
    fn a_session_without_calls_says_whether_that_was_declared() {
        let notes = |declares_none, named, all: Counts| {
            let page = Page {
                title: String::new(),
                shown: Vec::new(),
                all,
                named,
                declares_none,
                full: false,
            };
            section(page, &LayoutOptions::default()).notes
        };
        let none = Counts::default();
        assert_eq!(notes(false, false, none), ["no tool calls"]);
        assert_eq!(notes(true, false, none), ["no tool calls; the session declares no_tool_trace"]);
        assert_eq!(notes(false, true, none), ["no call of such a tool"]);
        let some = Counts { calls: 1, ok: 1, ..none };
        assert_eq!(notes(false, false, some), ["none shown of 1 call: 1 ok"]);
    }

    #[test]
    fn the_summary_puts_errors_beside_the_figures_or_below_them() {
        let input: Input<'_> = serde_json::from_str(SESSION).unwrap();
        let all = view::rows(&input.session_id, &input.messages, &input.tool_calls);
        let mut figures = view::Summary::default();
        figures.add(&all);
        let rows = figures.rows();
        let shown = |width| {
            let options = LayoutOptions { width, ..LayoutOptions::default() };
            text(&summary(1, &rows, &options), &options)
        };
        assert_data_eq!(
            shown(Some(80)),
            str![[r#"
Tool calls in 1 session
tool            calls  ok  errors  rate  no-result  unrecorded     p50     p95
apply_credit        1   0       1  100%          0           0  30.0 s  30.0 s
(unknown)           1   0       0    0%          0           1       –       –
cleanup             1   0       0    0%          1           0       –       –
lookup_invoice      1   1       0    0%          0           0  642 ms  642 ms
notify              1   0       0    0%          0           1       –       –
total               5   1       1   20%          1           2  642 ms  30.0 s
rate: errors of all calls; p50, p95: of the calls with a latency, by nearest
rank
apply_credit: 1× timed out

"#]]
            .raw()
        );
        assert_data_eq!(
            shown(Some(140)),
            str![[r#"
Tool calls in 1 session
tool            calls  ok  errors  rate  no-result  unrecorded     p50     p95  most frequent error
apply_credit        1   0       1  100%          0           0  30.0 s  30.0 s  1× timed out
(unknown)           1   0       0    0%          0           1       –       –  –
cleanup             1   0       0    0%          1           0       –       –  –
lookup_invoice      1   1       0    0%          0           0  642 ms  642 ms  –
notify              1   0       0    0%          0           1       –       –  –
total               5   1       1   20%          1           2  642 ms  30.0 s  1× timed out
rate: errors of all calls; p50, p95: of the calls with a latency, by nearest rank

"#]]
            .raw()
        );
        assert_data_eq!(
            shown(None),
            str![[r#"
Tool calls in 1 session
tool            calls  ok  errors  rate  no-result  unrecorded     p50     p95  most frequent error
apply_credit        1   0       1  100%          0           0  30.0 s  30.0 s  1× timed out
(unknown)           1   0       0    0%          0           1       –       –  –
cleanup             1   0       0    0%          1           0       –       –  –
lookup_invoice      1   1       0    0%          0           0  642 ms  642 ms  –
notify              1   0       0    0%          0           1       –       –  –
total               5   1       1   20%          1           2  642 ms  30.0 s  1× timed out
rate: errors of all calls; p50, p95: of the calls with a latency, by nearest rank

"#]]
            .raw()
        );
        let none = view::Summary::default().rows();
        let options = LayoutOptions::default();
        assert_data_eq!(
            text(&summary(0, &none, &options), &options),
            str![[r#"
Tool calls in 0 sessions
no tool calls

"#]]
            .raw()
        );
    }

    #[test]
    fn colours_tell_statuses_apart() {
        let input: Input<'_> = serde_json::from_str(SESSION).unwrap();
        let all = view::rows(&input.session_id, &input.messages, &input.tool_calls);
        let tones = all.iter().map(|row| status(row.status).tone).collect::<Vec<_>>();
        assert_eq!(tones, [Tone::Good, Tone::Bad, Tone::Warn, Tone::Warn, Tone::Warn]);
    }

    #[test]
    fn a_csv_row_has_a_value_a_field() {
        let input: Input<'_> = serde_json::from_str(SESSION).unwrap();
        let all = view::rows(&input.session_id, &input.messages, &input.tool_calls);
        for row in &all {
            assert_eq!(row.values().len(), ToolRow::FIELDS.len());
            let json = serde_json::to_value(row).unwrap();
            assert!(ToolRow::FIELDS.iter().all(|field| json.get(field).is_some()));
        }
        assert_eq!(
            all.first().map(|row| row.values()[8].clone().into_owned()).unwrap_or_default(),
            r#"{"account":"LF-204771","periods":["2026-09","2026-10"],"note":"both bills of the month in which the customer moved"}"#
        );
        let mut figures = view::Summary::default();
        figures.add(&all);
        for row in figures.rows() {
            assert_eq!(row.values().len(), SummaryRow::FIELDS.len());
            let json = serde_json::to_value(&row).unwrap();
            assert!(SummaryRow::FIELDS.iter().all(|field| json.get(field).is_some()));
        }
    }

    #[test]
    fn only_json_loses_its_blanks() {
        assert_eq!(readable(r#"{"a": "b c", "d": 1.0}"#), r#"{"a":"b c","d":1.0}"#);
        assert_eq!(readable("[1, 2"), "[1, 2");
        assert_eq!(readable("a  b\nc"), "a  b c");
        assert!(matches!(readable("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_summary_on_80_columns_breaks_no_name_of_17_letters() {
        let rows: Vec<SummaryRow> =
            [(Scope::Tool, Some("schedule_callback")), (Scope::Total, None)]
                .map(|(scope, name)| SummaryRow {
                    scope,
                    name: name.map(str::to_owned),
                    sessions: 1,
                    calls: 1,
                    ok: 1,
                    errors: 0,
                    no_result: 0,
                    unrecorded: 0,
                    error_rate: Some(0.0),
                    latency_p50_ms: Some(1183.0),
                    latency_p95_ms: Some(30004.0),
                    top_error: None,
                    top_error_count: 0,
                })
                .into();
        let options = LayoutOptions { width: Some(80), ..LayoutOptions::default() };
        let mut out = Vec::new();
        rows::write_text(&summary(1, &rows, &options), &options, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\nschedule_callback "), "{text}");
    }
}
