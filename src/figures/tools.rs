//! Figures over the tool calls of many sessions.

use schemars::JsonSchema;
use serde::Serialize;

use super::by::{self, Sorter};
use super::figure::{Better, Figure, Of, Plan, Unit};
use super::group::Group;
use super::stats::{self, Tally};
use super::table::Table;
use crate::rows::{Cell, Column, Page, Quoting, Row, Tone, look, spell};
use crate::view::calls::quote_error;
use crate::view::tools::{Status, ToolRow, name};

/// An error's text is kept up to this many characters.
const ERROR_LENGTH: usize = 200;

// What a call adds to.
const CALLS: usize = 0;
const OK: usize = 1;
const ERRORS: usize = 2;
const NO_RESULT: usize = 3;
const UNRECORDED: usize = 4;
const SUMS: usize = 5;

/// The latencies.
const LATENCY: usize = 0;

/// The figures of `tools --summary`.
pub static PLAN: Plan = Plan {
    command: "tools",
    figures: FIGURES,
    sums: SUMS,
    values: 1,
    size: Of::Sum(CALLS),
    main: Some("error_rate"),
    noun: ("call", "calls"),
};

const ERROR_RATE: Of = Of::Ratio { part: ERRORS, whole: CALLS, per: 1 };
const P50: Of = Of::Percentile { values: LATENCY, p: 50 };
const P95: Of = Of::Percentile { values: LATENCY, p: 95 };

const FIGURES: &[Figure] = &[
    Figure::sessions().shown(),
    Figure::count("calls", "calls", CALLS).about("calls, recorded or not").shown(),
    Figure::count("ok", "ok", OK).about("calls that were answered without an error").below(3),
    Figure::count("errors", "errors", ERRORS).about("calls that failed").shown(),
    Figure::count("no_result", "no-result", NO_RESULT)
        .about("calls to which neither result nor error came back")
        .shown(),
    Figure::count("unrecorded", "unrecorded", UNRECORDED)
        .about("calls that only messages know of")
        .below(2),
    Figure::rate("error_rate", "error rate", ERRORS, CALLS)
        .about("`errors` of `calls`, 0 to 1")
        .better(Better::Lower)
        .stated(look::TOOL_ERRORS)
        .shown(),
    Figure::percentile("latency_p50_ms", "latency p50", LATENCY, 50, Unit::Millis)
        .about("half of the calls that have a latency took at most this (nearest rank)")
        .below(1),
    Figure::percentile("latency_p95_ms", "latency p95", LATENCY, 95, Unit::Millis)
        .about("95 of 100 calls that have a latency took at most this (nearest rank)"),
];

/// Counts a session's calls.
///
/// Fails where a row cannot be made JSON of.
pub fn count(rows: &[ToolRow<'_>], sorter: &mut Sorter<'_>) -> serde_json::Result<()> {
    for row in rows {
        let none = |_: &str| Vec::new();
        sorter.row(row, none, |share| {
            share.add(CALLS, 1);
            share.add_if(OK, row.status == Status::Ok);
            share.add_if(ERRORS, row.status == Status::Error);
            share.add_if(NO_RESULT, row.status == Status::NoResult);
            share.add_if(UNRECORDED, row.status == Status::Unrecorded);
            if let Some(latency) = row.latency_ms {
                share.value(LATENCY, latency.as_f64());
            }
            if let Some(error) = row.error.filter(|_| row.status == Status::Error) {
                share.text(first_line(error));
            }
        })?;
    }
    Ok(())
}

/// The first line of an error that says something, cut where it is long.
fn first_line(error: &str) -> String {
    let line = error.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(error);
    match line.char_indices().nth(ERROR_LENGTH) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}

/// The latencies of a group's calls, in milliseconds.
pub fn latencies(group: &Group) -> Option<&Tally> {
    group.values(LATENCY)
}

/// So many kinds of errors are shown to people; JSON has all.
const KINDS: usize = 3;

/// Whose figures a [`SummaryRow`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One tool's.
    Tool,
    /// All tools'; the last row.
    Total,
}

/// The figures of one tool over all sessions, or of all tools.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct SummaryRow {
    /// Whose figures these are.
    pub scope: Scope,
    /// The tool's name; null in the total and for results without a call.
    pub name: Option<String>,
    /// Sessions with a call of it; in the total, all sessions, with calls or without.
    pub sessions: usize,
    /// Its calls: recorded or not.
    pub calls: usize,
    /// Calls that were answered without an error.
    pub ok: usize,
    /// Calls that failed.
    pub errors: usize,
    /// Calls to which neither result nor error came back.
    pub no_result: usize,
    /// Calls that only messages know of.
    pub unrecorded: usize,
    /// `errors` of `calls`, 0 to 1; null where there are no calls.
    pub error_rate: Option<f64>,
    /// Half of the calls that have a latency took at most this (nearest rank).
    #[serde(serialize_with = "stats::plain")]
    #[schemars(with = "Option<f64>", extend("unit" = "ms"))]
    pub latency_p50_ms: Option<f64>,
    /// 95 of 100 calls that have a latency took at most this (nearest rank).
    #[serde(serialize_with = "stats::plain")]
    #[schemars(with = "Option<f64>", extend("unit" = "ms"))]
    pub latency_p95_ms: Option<f64>,
    /// The first line of the most frequent error, at most 200 characters.
    pub top_error: Option<String>,
    /// How many calls had that error.
    pub top_error_count: usize,
    /// Every kind of error, told apart by its first line, most first.
    pub error_kinds: Vec<ErrorKind>,
}

/// How many calls failed so.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct ErrorKind {
    /// The first line of the error, at most 200 characters.
    pub error: String,
    /// How many calls had it.
    pub count: usize,
}

impl Row for SummaryRow {
    const KIND: &'static str = "tools-summary";
    const NOUN: (&'static str, &'static str) = ("tool", "tools");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::text("tool", |row, _| match row.scope {
                Scope::Tool => name(row.name.as_deref()),
                Scope::Total => Cell::new("all", Tone::Plain),
            }),
            Column::<Self>::text("errors, most frequent first", |row, _| {
                if row.error_kinds.is_empty() || matches!(row.scope, Scope::Total) {
                    // The rows above tell the total's.
                    return Cell::absent();
                }
                let mut kinds = Quoting::default();
                for (place, kind) in row.error_kinds.iter().take(KINDS).enumerate() {
                    kinds.words(if place > 0 { "; " } else { "" });
                    kinds.words(&format!("{}× ", spell::count(kind.count)));
                    quote_error(&mut kinds, &kind.error);
                }
                match row.error_kinds.len().saturating_sub(KINDS) {
                    0 => {}
                    more => {
                        kinds.words(&format!(
                            "; {}",
                            spell::counted(more, "more kind", "more kinds")
                        ));
                    }
                }
                kinds.cell(Tone::Plain)
            })
            .below(1)
            .optional(),
            Column::<Self>::numbers("calls", |row, _| Cell::count(row.calls)),
            Column::<Self>::numbers("ok", |row, _| Cell::count(row.ok)).below(3).optional(),
            Column::<Self>::numbers("errors", |row, _| Cell::count(row.errors)).optional(),
            Column::<Self>::numbers("rate", |row, _| {
                let rate = Cell::number(row.error_rate, spell::percent);
                let tone = look::TOOL_ERRORS.tone(row.errors, row.calls);
                Cell { tone: if row.errors == 0 { Tone::Dim } else { tone }, ..rate }
            })
            .below(3)
            .optional(),
            Column::<Self>::numbers("no-result", |row, _| Cell::count(row.no_result)).optional(),
            Column::<Self>::numbers("unrecorded", |row, _| Cell::count(row.unrecorded))
                .below(2)
                .optional(),
            Column::<Self>::numbers("p50", |row, _| {
                Cell::number(row.latency_p50_ms, spell::millis)
            })
            .optional(),
            Column::<Self>::numbers("p95", |row, _| {
                Cell::number(row.latency_p95_ms, spell::millis)
            })
            .below(2)
            .optional(),
        ]
    }
}

/// What stands around the figures.
pub fn page(sessions: usize, rows: &[SummaryRow]) -> Page {
    let any = rows.iter().any(|row| row.calls > 0);
    let note = if any {
        "rate: errors of all calls, coloured where its 95 % interval lies above 5 %; p50, p95: of the calls \
         with a latency, by nearest rank"
    } else {
        "no tool calls"
    };
    Page {
        title: vec![format!("Tool calls in {}", spell::counted(sessions, "session", "sessions"))],
        notes: vec![note.to_owned()],
        dates: false,
    }
}

/// A row a tool, most errors first, then most calls, then by name; and one for all. `tools` has the
/// calls by `name`, `all` has them together.
pub fn rows(tools: &Table, all: &Table) -> Vec<SummaryRow> {
    let keys = tools.keys();
    let mut rows: Vec<SummaryRow> = keys
        .iter()
        .map(|key| SummaryRow::of(Scope::Tool, by::text(key.first()), &tools.group(key)))
        .collect();
    rows.sort_by(|a, b| {
        (b.errors, b.calls).cmp(&(a.errors, a.calls)).then_with(|| a.name.cmp(&b.name))
    });
    rows.push(SummaryRow::of(Scope::Total, None, &all.total()));
    rows
}

impl SummaryRow {
    fn of(scope: Scope, name: Option<String>, group: &Group) -> Self {
        let texts = group.texts();
        let kinds = texts
            .iter()
            .map(|(error, count)| ErrorKind { error: (*error).to_owned(), count: *count });
        Self {
            scope,
            name,
            sessions: group.sessions(),
            calls: group.count(CALLS),
            ok: group.count(OK),
            errors: group.count(ERRORS),
            no_result: group.count(NO_RESULT),
            unrecorded: group.count(UNRECORDED),
            error_rate: group.value(ERROR_RATE),
            latency_p50_ms: group.value(P50),
            latency_p95_ms: group.value(P95),
            top_error: texts.first().map(|(error, _)| (*error).to_owned()),
            top_error_count: texts.first().map_or(0, |(_, count)| *count),
            error_kinds: kinds.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::figures::by::By;
    use crate::view::tools::Counts;
    use crate::view::tools::tests::{answers, asks, entry, list, message, with_rows};

    struct Summary {
        tools: Table,
        all: Table,
    }

    impl Summary {
        fn new() -> Self {
            let by_name = By::own::<ToolRow<'_>>("name").unwrap();
            Self { tools: Table::new(&PLAN, by_name), all: Table::new(&PLAN, By::nothing()) }
        }

        fn add(&mut self, rows: &[ToolRow<'_>]) {
            for table in [&mut self.tools, &mut self.all] {
                let by = table.by.clone();
                let mut sorter = by.sorter(&PLAN, &[]);
                count(rows, &mut sorter).unwrap();
                table.add(sorter.end());
            }
        }

        fn rows(&self) -> Vec<SummaryRow> {
            rows(&self.tools, &self.all)
        }
    }

    #[test]
    fn a_summary_counts_by_tool_with_the_most_errors_first() {
        let call = |name: &str, error: Option<&str>, latency: f64| {
            json!({"name": name, "assistant_turn_id": "t", "error": error,
                   "result": "r", "latency_ms": latency})
        };
        let mut summary = Summary::new();
        let first = json!([
            call("a", None, 10.0),
            call("b", Some("one\nmore"), 20.0),
            call("b", Some("two"), 30.0),
            call("b", Some("one\nother"), 40.0),
        ]);
        with_rows(&json!([]), &first, |rows| summary.add(rows));
        let messages = json!([asks("t", &["x"]), answers("u", "ghost", "", None)]);
        with_rows(&messages, &json!([call("a", None, 0.5)]), |rows| summary.add(rows));
        with_rows(&json!([]), &json!([]), |rows| summary.add(rows));
        let rows = serde_json::to_value(summary.rows()).unwrap();
        let names: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["name"]).collect();
        assert_eq!(names, [&json!("b"), &json!("a"), &Value::Null, &json!("asked"), &Value::Null]);
        assert_eq!(
            rows[0],
            json!({
                "scope": "tool", "name": "b", "sessions": 1, "calls": 3, "ok": 0, "errors": 3,
                "no_result": 0, "unrecorded": 0, "error_rate": 1.0, "latency_p50_ms": 30,
                "latency_p95_ms": 40, "top_error": "one", "top_error_count": 2,
                "error_kinds": [{"error": "one", "count": 2}, {"error": "two", "count": 1}],
            })
        );
        assert_eq!((&rows[1]["sessions"], &rows[1]["latency_p50_ms"]), (&json!(2), &json!(0.5)));
        assert_eq!(
            rows[4],
            json!({
                "scope": "total", "name": null, "sessions": 3, "calls": 7, "ok": 2, "errors": 3,
                "no_result": 0, "unrecorded": 2, "error_rate": 3.0 / 7.0, "latency_p50_ms": 20,
                "latency_p95_ms": 40, "top_error": "one", "top_error_count": 2,
                "error_kinds": [{"error": "one", "count": 2}, {"error": "two", "count": 1}],
            })
        );
    }

    #[test]
    fn long_errors_are_cut_between_characters() {
        let mut summary = Summary::new();
        let error = "é".repeat(500);
        let calls = json!([{"name": "a", "error": error}]);
        with_rows(&json!([]), &calls, |rows| summary.add(rows));
        let top = summary.rows().into_iter().next().and_then(|row| row.top_error).unwrap();
        assert_eq!(top, format!("{}…", "é".repeat(200)));
    }

    #[test]
    fn nothing_has_no_rate() {
        let rows = Summary::new().rows();
        assert_eq!((rows.len(), rows[0].calls, rows[0].error_rate), (1, 0, None));
    }

    proptest! {
        #[test]
        fn the_figures_add_up(
            sessions in prop::collection::vec((list(message()), list(entry())), 0..4),
        ) {
            let mut summary = Summary::new();
            let mut calls = 0;
            for (messages, entries) in &sessions {
                with_rows(messages, entries, |rows| {
                    calls += rows.len();
                    let counts = Counts::of(rows);
                    assert_eq!(Status::ALL.map(|status| counts.with(status)).iter().sum::<usize>(), rows.len());
                    summary.add(rows);
                });
            }
            let mut rows = summary.rows();
            let total = rows.pop().unwrap();
            prop_assert_eq!((total.scope, total.calls), (Scope::Total, calls));
            prop_assert_eq!(total.sessions, sessions.len());
            let sum = |figure: fn(&SummaryRow) -> usize| rows.iter().map(figure).sum::<usize>();
            prop_assert_eq!(sum(|row| row.calls), total.calls);
            prop_assert_eq!(sum(|row| row.ok), total.ok);
            prop_assert_eq!(sum(|row| row.errors), total.errors);
            prop_assert_eq!(sum(|row| row.no_result), total.no_result);
            prop_assert_eq!(sum(|row| row.unrecorded), total.unrecorded);
            for row in rows.iter().chain([&total]) {
                prop_assert_eq!(row.calls, row.ok + row.errors + row.no_result + row.unrecorded);
                prop_assert!(row.top_error_count <= row.errors);
                prop_assert_eq!(row.top_error.is_some(), row.errors > 0);
                prop_assert_eq!(row.error_kinds.iter().map(|kind| kind.count).sum::<usize>(), row.errors);
            }
        }
    }
}
