//! Figures over messages: by role, by model, and how long customers waited for an answer.

use schemars::JsonSchema;
use serde::Serialize;

use super::by::{self, Sorter};
use super::figure::{Better, Figure, Of, Plan, Unit};
use super::group::Group;
use super::stats;
use super::table::Table;
use crate::rows::{Cell, Column, Page, Row, Tone, look, spell};
use crate::view::messages::MessageFacts;

// What a message adds to.
const MESSAGES: usize = 0;
const TRUNCATED: usize = 1;
const ANSWERS: usize = 2;
const SUMS: usize = 3;

/// The models' latencies, in milliseconds.
const LATENCY: usize = 0;
/// How long customers waited, in seconds.
const WAIT: usize = 1;

/// The figures of `transcript --summary`.
pub static PLAN: Plan = Plan {
    command: "transcript",
    figures: FIGURES,
    sums: SUMS,
    values: 2,
    size: Of::Sum(MESSAGES),
    main: None,
    noun: ("message", "messages"),
};

const FIGURES: &[Figure] = &[
    Figure::sessions().shown(),
    Figure::count("messages", "messages", MESSAGES).about("messages").shown(),
    Figure::count("truncated", "truncated", TRUNCATED)
        .about("messages whose content was cut")
        .shown(),
    Figure::rate("truncated_rate", "truncated rate", TRUNCATED, MESSAGES)
        .about("`truncated` of `messages`, 0 to 1")
        .better(Better::Lower)
        .stated(look::TRUNCATED)
        .below(1),
    Figure::percentile("latency_p50_ms", "latency p50", LATENCY, 50, Unit::Millis)
        .about(
            "half of the messages that have a latency took the model at most this (nearest rank)",
        )
        .shown(),
    Figure::percentile("latency_p95_ms", "latency p95", LATENCY, 95, Unit::Millis)
        .about("95 of 100 of them took at most this")
        .below(2),
    Figure::count("answers", "answers", ANSWERS)
        .about("answers for which it is known how long the customer waited")
        .below(2),
    Figure::percentile("wait_p50_seconds", "wait p50", WAIT, 50, Unit::Seconds)
        .about("for half of the answers the customer waited at most this (nearest rank)")
        .shown(),
    Figure::percentile("wait_p95_seconds", "wait p95", WAIT, 95, Unit::Seconds)
        .about("for 95 of 100 answers the customer waited at most this")
        .below(1),
];

/// Counts a session's messages.
///
/// Fails where a row cannot be made JSON of.
pub fn count(rows: &[MessageFacts<'_>], sorter: &mut Sorter<'_>) -> serde_json::Result<()> {
    for row in rows {
        let none = |_: &str| Vec::new();
        sorter.row(row, none, |share| {
            share.add(MESSAGES, 1);
            share.add_if(TRUNCATED, row.truncated);
            share.add_if(ANSWERS, row.wait_seconds.is_some());
            if let Some(latency) = row.latency_ms {
                share.value(LATENCY, latency.as_f64());
            }
            if let Some(wait) = row.wait_seconds {
                share.value(WAIT, wait);
            }
        })?;
    }
    Ok(())
}

/// Whose figures a [`SummaryRow`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One role's.
    Role,
    /// One model's.
    Model,
    /// All messages'; the last row.
    Total,
}

/// The figures of the messages of one role, of one model, or of all.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct SummaryRow {
    /// Whose figures these are.
    pub scope: Scope,
    /// The role or the model; null in the total.
    pub name: Option<String>,
    /// Sessions with such a message; in the total, all sessions.
    pub sessions: usize,
    /// Messages.
    pub messages: usize,
    /// Messages whose content was cut.
    pub truncated: usize,
    /// `truncated` of `messages`, 0 to 1; null where there are none.
    pub truncated_rate: Option<f64>,
    /// Half of the messages that have a latency took the model at most this (nearest rank).
    #[serde(serialize_with = "stats::plain")]
    #[schemars(with = "Option<f64>", extend("unit" = "ms"))]
    pub latency_p50_ms: Option<f64>,
    /// 95 of 100 of them took at most this.
    #[serde(serialize_with = "stats::plain")]
    #[schemars(with = "Option<f64>", extend("unit" = "ms"))]
    pub latency_p95_ms: Option<f64>,
    /// Answers for which it is known how long the customer waited: the first words of an assistant
    /// or agent after those of a customer, where both have a time.
    pub answers: usize,
    /// For half of those answers the customer waited at most this (nearest rank).
    #[serde(serialize_with = "stats::plain")]
    #[schemars(with = "Option<f64>", extend("unit" = "s"))]
    pub wait_p50_seconds: Option<f64>,
    /// For 95 of 100 of them the customer waited at most this.
    #[serde(serialize_with = "stats::plain")]
    #[schemars(with = "Option<f64>", extend("unit" = "s"))]
    pub wait_p95_seconds: Option<f64>,
}

impl SummaryRow {
    fn of(scope: Scope, name: Option<String>, group: &Group) -> Self {
        let percentile = |values, p| group.value(Of::Percentile { values, p });
        Self {
            scope,
            name,
            sessions: group.sessions(),
            messages: group.count(MESSAGES),
            truncated: group.count(TRUNCATED),
            truncated_rate: group.value(Of::Ratio { part: TRUNCATED, whole: MESSAGES, per: 1 }),
            latency_p50_ms: percentile(LATENCY, 50),
            latency_p95_ms: percentile(LATENCY, 95),
            answers: group.count(ANSWERS),
            wait_p50_seconds: percentile(WAIT, 50),
            wait_p95_seconds: percentile(WAIT, 95),
        }
    }
}

/// A row a role, a row a model, most messages first, and one for all.
pub fn rows(roles: &Table, models: &Table, all: &Table) -> Vec<SummaryRow> {
    let scope = |scope: Scope, table: &Table| -> Vec<SummaryRow> {
        let keys = table.keys();
        let rows = keys.iter().filter_map(|key| {
            // A message that no model wrote has its role.
            let name = by::text(key.first());
            name.is_some().then(|| SummaryRow::of(scope, name, &table.group(key)))
        });
        rows.collect()
    };
    let mut rows = scope(Scope::Role, roles);
    rows.extend(scope(Scope::Model, models));
    rows.push(SummaryRow::of(Scope::Total, None, &all.total()));
    rows
}

/// What stands around the figures.
pub fn page(rows: &[SummaryRow]) -> Page {
    let total = rows.last();
    let messages = total.map_or(0, |row| row.messages);
    let sessions = total.map_or(0, |row| row.sessions);
    let note = if messages == 0 {
        "no messages"
    } else {
        "latency: of the messages that have one; wait: from a customer's last words to the answer; \
         percentiles by nearest rank"
    };
    let title = format!(
        "{} in {}",
        spell::counted(messages, "message", "messages"),
        spell::counted(sessions, "session", "sessions")
    );
    Page { title: vec![title], notes: vec![note.to_owned()], dates: false }
}

impl Row for SummaryRow {
    const KIND: &'static str = "transcript-summary";
    const NOUN: (&'static str, &'static str) = ("row", "rows");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::words("of", |row, _| match row.scope {
                Scope::Role => Cell::new("role", Tone::Dim),
                Scope::Model => Cell::new("model", Tone::Dim),
                Scope::Total => "all".into(),
            }),
            Column::<Self>::text("role, model", |row, _| match (&row.name, &row.scope) {
                (Some(name), Scope::Role) => Cell::new(&**name, look::role(name)),
                (Some(name), _) => Cell::new(&**name, Tone::Strong),
                (None, _) => Cell::default(),
            }),
            Column::<Self>::numbers("messages", |row, _| Cell::count(row.messages)),
            Column::<Self>::numbers("truncated", |row, _| match row.truncated {
                0 => Cell::count(0),
                some => {
                    let tone = look::TRUNCATED.tone(some, row.messages);
                    Cell { tone, ..Cell::count(some) }
                }
            })
            .below(2)
            .optional(),
            Column::<Self>::numbers("latency p50", |row, _| {
                Cell::number(row.latency_p50_ms, spell::millis)
            })
            .optional(),
            Column::<Self>::numbers("p95", |row, _| {
                Cell::number(row.latency_p95_ms, spell::millis)
            })
            .below(1)
            .optional(),
            Column::<Self>::numbers("wait p50", |row, _| {
                Cell::number(row.wait_p50_seconds, spell::seconds)
            })
            .optional(),
            Column::<Self>::numbers("p95", |row, _| {
                Cell::number(row.wait_p95_seconds, spell::seconds)
            })
            .below(1)
            .optional(),
        ]
    }
}
