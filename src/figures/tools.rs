//! Figures over the tool calls of many sessions.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::stats;
use crate::model::Number;
use crate::rows::{Cell, Column, Page, Row, Tone, spell};
use crate::view::share;
use crate::view::tools::{Counts, Status, ToolRow, name};

/// An error's text is kept up to this many characters.
const ERROR_LENGTH: usize = 200;

/// So many different errors a tool are counted; texts with an id in them would never end.
const ERROR_TEXTS: usize = 4096;

/// Figures over the calls of many sessions.
#[derive(Debug, Default)]
pub struct Summary {
    /// Sessions added, with calls or without.
    pub sessions: usize,
    /// By tool; results without a call have no name and stand under the empty one.
    tools: HashMap<String, Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    sessions: usize,
    counts: Counts,
    /// In milliseconds.
    latencies: Vec<f64>,
    errors: HashMap<String, usize>,
}

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
    #[serde(serialize_with = "plain")]
    #[schemars(with = "Option<f64>", extend("unit" = "ms"))]
    pub latency_p50_ms: Option<f64>,
    /// 95 of 100 calls that have a latency took at most this (nearest rank).
    #[serde(serialize_with = "plain")]
    #[schemars(with = "Option<f64>", extend("unit" = "ms"))]
    pub latency_p95_ms: Option<f64>,
    /// The first line of the most frequent error, at most 200 characters.
    pub top_error: Option<String>,
    /// How many calls had that error.
    pub top_error_count: usize,
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
            Column::<Self>::text("most frequent error", |row, _| match &row.top_error {
                None => Cell::absent(),
                Some(error) => {
                    let times = spell::count(row.top_error_count);
                    Cell::new(format!("{times}× {error}"), Tone::Bad)
                }
            })
            .below(1),
            Column::<Self>::numbers("calls", |row, _| Cell::count(row.calls)),
            Column::<Self>::numbers("ok", |row, _| Cell::count(row.ok)).below(3),
            Column::<Self>::numbers("errors", |row, _| {
                bad(Cell::count(row.errors), Tone::Bad, row.errors)
            }),
            Column::<Self>::numbers("rate", |row, _| {
                let rate = Cell::of(row.error_rate.map(spell::percent));
                if row.errors == 0 {
                    Cell { tone: Tone::Dim, ..rate }
                } else {
                    bad(rate, Tone::Bad, row.errors)
                }
            })
            .below(3),
            Column::<Self>::numbers("no-result", |row, _| {
                bad(Cell::count(row.no_result), Tone::Warn, row.no_result)
            }),
            Column::<Self>::numbers("unrecorded", |row, _| {
                bad(Cell::count(row.unrecorded), Tone::Warn, row.unrecorded)
            })
            .below(2),
            Column::<Self>::numbers("p50", |row, _| {
                Cell::of(row.latency_p50_ms.map(spell::millis))
            }),
            Column::<Self>::numbers("p95", |row, _| {
                Cell::of(row.latency_p95_ms.map(spell::millis))
            })
            .below(2),
        ]
    }
}

/// A cell in this tone where there is any of what it counts.
fn bad(cell: Cell<'_>, tone: Tone, count: usize) -> Cell<'_> {
    if count == 0 { cell } else { Cell { tone, ..cell } }
}

/// What stands around the figures.
pub fn page(sessions: usize, rows: &[SummaryRow]) -> Page {
    let any = rows.iter().any(|row| row.calls > 0);
    let note = if any {
        "rate: errors of all calls; p50, p95: of the calls with a latency, by nearest rank"
    } else {
        "no tool calls"
    };
    Page {
        title: vec![format!("Tool calls in {}", spell::counted(sessions, "session", "sessions"))],
        notes: vec![note.to_owned()],
        dates: false,
    }
}

/// Writes a whole number without `.0`, as the API does.
#[allow(clippy::cast_possible_truncation, reason = "whole and small enough")]
#[allow(clippy::ref_option, reason = "serde's signature")]
fn plain<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
            serializer.serialize_i64(*value as i64)
        }
        value => value.serialize(serializer),
    }
}

impl Summary {
    /// Adds one session's calls.
    pub fn add<'r, 'a: 'r>(&mut self, rows: impl IntoIterator<Item = &'r ToolRow<'a>>) {
        self.sessions += 1;
        let mut seen = HashSet::new();
        for row in rows {
            let name = row.name.unwrap_or_default();
            if !self.tools.contains_key(name) {
                self.tools.insert(name.to_owned(), Tally::default());
            }
            let Some(tally) = self.tools.get_mut(name) else { continue };
            tally.sessions += usize::from(seen.insert(name));
            tally.counts.add(row.status);
            let latency = row.latency_ms.map(Number::as_f64).filter(|value| value.is_finite());
            tally.latencies.extend(latency);
            if row.status == Status::Error
                && let Some(error) = row.error
            {
                tally.count_error(error);
            }
        }
    }

    /// Adds other sessions' figures.
    pub fn merge(&mut self, other: Self) {
        self.sessions += other.sessions;
        for (name, tally) in other.tools {
            self.tools.entry(name).or_default().merge(&tally);
        }
    }

    /// A row a tool, most errors first, then most calls, then by name; and one for all.
    pub fn rows(self) -> Vec<SummaryRow> {
        let mut total = Tally::default();
        let mut rows = Vec::with_capacity(self.tools.len() + 1);
        for (name, tally) in self.tools {
            total.merge(&tally);
            rows.push(tally.row(Scope::Tool, Some(name).filter(|name| !name.is_empty())));
        }
        rows.sort_by(|a, b| {
            (b.errors, b.calls).cmp(&(a.errors, a.calls)).then_with(|| a.name.cmp(&b.name))
        });
        // With calls of several tools, or of none.
        total.sessions = self.sessions;
        rows.push(total.row(Scope::Total, None));
        rows
    }
}

impl Tally {
    fn count_error(&mut self, error: &str) {
        let line = error.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(error);
        let text = match line.char_indices().nth(ERROR_LENGTH) {
            None => line.to_owned(),
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        };
        if let Some(count) = self.errors.get_mut(&text) {
            *count += 1;
        } else if self.errors.len() < ERROR_TEXTS {
            self.errors.insert(text, 1);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.counts.calls += other.counts.calls;
        self.counts.ok += other.counts.ok;
        self.counts.errors += other.counts.errors;
        self.counts.no_result += other.counts.no_result;
        self.counts.unrecorded += other.counts.unrecorded;
        self.latencies.extend(&other.latencies);
        for (text, count) in &other.errors {
            *self.errors.entry(text.clone()).or_default() += count;
        }
    }

    fn row(mut self, scope: Scope, name: Option<String>) -> SummaryRow {
        self.latencies.sort_unstable_by(f64::total_cmp);
        let top = self.errors.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        SummaryRow {
            scope,
            name,
            sessions: self.sessions,
            calls: self.counts.calls,
            ok: self.counts.ok,
            errors: self.counts.errors,
            no_result: self.counts.no_result,
            unrecorded: self.counts.unrecorded,
            error_rate: share(self.counts.errors, self.counts.calls),
            latency_p50_ms: stats::percentile(&self.latencies, 50.0),
            latency_p95_ms: stats::percentile(&self.latencies, 95.0),
            top_error_count: top.as_ref().map_or(0, |(_, count)| *count),
            top_error: top.map(|(text, _)| text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::view::tools::tests::{answers, asks, entry, list, message, with_rows};

    #[test]
    fn a_summary_counts_by_tool_with_the_most_errors_first() {
        let call = |name: &str, error: Option<&str>, latency: f64| {
            json!({"name": name, "assistant_turn_id": "t", "error": error,
                   "result": "r", "latency_ms": latency})
        };
        let mut summary = Summary::default();
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
            })
        );
        assert_eq!((&rows[1]["sessions"], &rows[1]["latency_p50_ms"]), (&json!(2), &json!(0.5)));
        assert_eq!(
            rows[4],
            json!({
                "scope": "total", "name": null, "sessions": 3, "calls": 7, "ok": 2, "errors": 3,
                "no_result": 0, "unrecorded": 2, "error_rate": 3.0 / 7.0, "latency_p50_ms": 20,
                "latency_p95_ms": 40, "top_error": "one", "top_error_count": 2,
            })
        );
    }

    #[test]
    fn long_errors_are_cut_between_characters() {
        let mut summary = Summary::default();
        let error = "é".repeat(500);
        let calls = json!([{"name": "a", "error": error}]);
        with_rows(&json!([]), &calls, |rows| summary.add(rows));
        let top = summary.rows().into_iter().next().and_then(|row| row.top_error).unwrap();
        assert_eq!(top, format!("{}…", "é".repeat(200)));
    }

    #[test]
    fn nothing_has_no_rate() {
        let rows = Summary::default().rows();
        assert_eq!((rows.len(), rows[0].calls, rows[0].error_rate), (1, 0, None));
    }

    proptest! {
        #[test]
        fn the_figures_add_up(
            sessions in prop::collection::vec((list(message()), list(entry())), 0..4),
        ) {
            let mut summary = Summary::default();
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
            }
        }
    }
}
