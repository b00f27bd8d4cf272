//! Figures of some sessions held against those of others.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::by::Key;
use super::estimate::{Estimate, LEVEL, Verdict, interval, verdict};
use super::figure::{Figure, Plan};
use super::grouped::{self, GroupOf};
use super::table::{Table, keys};
use crate::rows::spell::{self, Spelling};
use crate::rows::{Align, Cell, Field, Fields, Head, Page, Section, Tone, nearest};

/// How a figure changed from the sessions of --against to those that were named.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgainstRow<'t> {
    /// The command whose figure it is.
    pub command: &'static str,
    /// The figure.
    pub figure: &'static str,
    /// What the group's sessions, or parts of them, have in common: the fields of --by with their
    /// values; null without --by.
    pub group: GroupOf<'t>,
    /// The figure before; null where it is of nothing.
    #[schemars(with = "Option<f64>")]
    pub before: Value,
    /// The figure after.
    #[schemars(with = "Option<f64>")]
    pub after: Value,
    /// `after` less `before`; null where either is.
    #[schemars(with = "Option<f64>")]
    pub change: Value,
    /// The lower bound of the change's 95 % interval; null for counts and percentiles, and where the
    /// figure rests on fewer than 30 sessions on a side.
    pub low: Option<f64>,
    /// The upper bound.
    pub high: Option<f64>,
    /// What is to be said of the change; null for figures that cannot be better or worse.
    pub verdict: Option<Verdict>,
    /// Sessions before that the figure rests on.
    pub sessions_before: usize,
    /// Sessions after that the figure rests on.
    pub sessions_after: usize,
    /// What the row is made of.
    #[serde(skip)]
    comparison: Comparison,
}

#[derive(Debug)]
struct Comparison {
    figure: &'static Figure,
    before: Option<f64>,
    after: Option<f64>,
    estimates: (Option<Estimate>, Option<Estimate>),
}

/// The keys of both tables' groups, in order.
pub fn keys_of(before: &Table, after: &Table) -> Vec<Key> {
    keys(&[after, before])
}

/// A row a group and figure.
pub fn rows<'t>(before: &'t Table, after: &'t Table, keys: &'t [Key]) -> Vec<AgainstRow<'t>> {
    let plan = after.plan;
    let of_parts = after.by.of_parts();
    let mut rows = Vec::new();
    for key in keys {
        // A group that a side does not have says nothing of it, not even 0.
        let there = |table: &Table| table.by.fields.is_empty() || table.has(key);
        let (is_before, is_after) = (there(before), there(after));
        let (old, new) = (before.group(key), after.group(key));
        let values = plan.values(&old, of_parts).zip(plan.values(&new, of_parts));
        for ((figure, old_value), (_, new_value)) in values {
            let comparison = Comparison {
                figure,
                before: old_value.filter(|_| is_before),
                after: new_value.filter(|_| is_after),
                estimates: (old.estimate(figure.of), new.estimate(figure.of)),
            };
            let sides = (old.rests_on(figure.of), new.rests_on(figure.of));
            rows.push(comparison.row(plan, GroupOf { by: &after.by, key }, sides));
        }
    }
    rows
}

impl Comparison {
    fn row<'t>(
        self,
        plan: &Plan,
        group: GroupOf<'t>,
        (sessions_before, sessions_after): (usize, usize),
    ) -> AgainstRow<'t> {
        let figure = self.figure;
        let change = self.before.zip(self.after).map(|(before, after)| after - before);
        let enough =
            |side: Option<Estimate>| side.filter(|side| side.sessions >= super::estimate::FEWEST);
        let sides = enough(self.estimates.0).zip(enough(self.estimates.1));
        let bounds = sides.map(|(before, after)| interval(before, after, LEVEL));
        AgainstRow {
            command: plan.command,
            figure: figure.name,
            group,
            before: figure.json(self.before),
            after: figure.json(self.after),
            change: figure.json(change),
            low: bounds.map(|(low, _)| low),
            high: bounds.map(|(_, high)| high),
            verdict: self.verdict(LEVEL),
            sessions_before,
            sessions_after,
            comparison: self,
        }
    }

    fn verdict(&self, level: f64) -> Option<Verdict> {
        let better = self.figure.better.filter(|_| self.figure.is_judged())?;
        Some(verdict(self.estimates.0, self.estimates.1, better, level))
    }
}

/// What a gate found.
#[derive(Debug)]
pub struct Judged<'r, 't> {
    /// The comparisons that it could judge.
    pub comparisons: usize,
    /// Those that are worse, each held to its part of the level.
    pub worse: Vec<&'r AgainstRow<'t>>,
    /// Those that are worse taken alone, and not so held.
    pub nearly: Vec<&'r AgainstRow<'t>>,
}

/// Looks at these figures, in every group: the level is shared among the comparisons that can be
/// judged.
#[allow(clippy::cast_precision_loss, reason = "a level")]
pub fn judge<'r, 't>(rows: &'r [AgainstRow<'t>], figures: &[&Figure]) -> Judged<'r, 't> {
    let looked_at = |row: &&AgainstRow<'_>| {
        figures.iter().any(|figure| figure.name == row.figure)
            && !matches!(row.verdict, None | Some(Verdict::TooFew))
    };
    let looked_at: Vec<&AgainstRow<'_>> = rows.iter().filter(looked_at).collect();
    let level = LEVEL / looked_at.len().max(1) as f64;
    let comparisons = looked_at.len();
    let (worse, rest): (Vec<_>, Vec<_>) = looked_at
        .into_iter()
        .partition(|row| row.comparison.verdict(level) == Some(Verdict::Worse));
    let nearly = rest.into_iter().filter(|row| row.verdict == Some(Verdict::Worse)).collect();
    Judged { comparisons, worse, nearly }
}

impl AgainstRow<'_> {
    /// The columns of CSV for groups that are told apart so.
    pub fn fields(table: &Table) -> Vec<Field> {
        let mut columns = Vec::new();
        for field in Fields::of::<AgainstRow<'_>>().top {
            match &*field.name {
                "group" => columns.extend(grouped::fields(&table.by, field.place)),
                _ => columns.push(field),
            }
        }
        columns
    }

    /// The change in a line: `hit rate 62% → 71%, +9 points (+4 to +14): better`.
    pub fn sentence(&self) -> String {
        let figure = self.comparison.figure;
        let group: Vec<String> =
            self.group.cells(&Spelling::default()).map(|cell| cell.text.into_owned()).collect();
        let group =
            if group.is_empty() { String::new() } else { format!("{}: ", group.join(", ")) };
        let verdict = self.verdict.map_or("", |verdict| words(verdict).0);
        format!("{group}{} {}, {}: {verdict}", figure.title, self.values(), self.change())
    }

    /// `62% → 71%`.
    fn values(&self) -> String {
        let spell = |value: Option<f64>| {
            value.map_or_else(|| "–".to_owned(), |value| self.comparison.figure.spell(value))
        };
        format!("{} → {}", spell(self.comparison.before), spell(self.comparison.after))
    }

    /// `+9 points (+4 to +14)`.
    fn change(&self) -> String {
        let figure = self.comparison.figure;
        let (Some(before), Some(after)) = (self.comparison.before, self.comparison.after) else {
            return "–".to_owned();
        };
        let change = figure.spell_change(after - before);
        match (self.low, self.high) {
            (Some(low), Some(high)) => {
                format!("{change} ({} to {})", figure.spell_bound(low), figure.spell_bound(high))
            }
            _ => change,
        }
    }

    fn cells(&self, spelling: &Spelling) -> Vec<Cell<'_>> {
        let figure = self.comparison.figure;
        let (text, tone) = self.verdict.map_or(("", Tone::Dim), words);
        let mut cells: Vec<Cell<'_>> = self.group.cells(spelling).collect();
        cells.extend([
            figure.title.into(),
            self.values().into(),
            self.change().into(),
            Cell::new(text, tone),
            format!("{} → {}", self.sessions_before, self.sessions_after).into(),
        ]);
        cells
    }
}

/// A verdict for people.
const fn words(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Better => ("better", Tone::Good),
        Verdict::Worse => ("worse", Tone::Bad),
        Verdict::NoDifference => ("no difference", Tone::Plain),
        Verdict::TooFew => ("too few sessions", Tone::Dim),
    }
}

/// The comparison as people see it: with groups, the figures that can be judged.
pub fn section<'r>(
    rows: &'r [AgainstRow<'r>],
    before: &Table,
    after: &Table,
    spelling: &Spelling,
) -> Section<'r> {
    let grouped = !after.by.fields.is_empty();
    let mut heads: Vec<Head> =
        grouped::heads(&after.by).map(|head| Head { once: true, ..head }).collect();
    heads.extend([
        Head::words("figure"),
        Head { align: Align::Right, ..Head::words("before → after") },
        Head { step: Some(2), ..Head::words("change, 95 % interval") },
        Head::words("verdict"),
        Head { align: Align::Right, step: Some(1), ..Head::words("sessions") },
    ]);
    let rows: Vec<_> = rows
        .iter()
        .filter(|row| !grouped || row.comparison.figure.is_judged())
        .map(|row| row.cells(spelling))
        .collect();
    let mut notes = vec![
        "the interval is of sessions as clusters; a figure that rests on fewer than 30 of them on a \
         side is not judged"
            .to_owned(),
    ];
    if grouped {
        notes.push(grouped::ALL_FIGURES.to_owned());
    }
    let (old, new) = (sessions_of(before), sessions_of(after));
    let names: Vec<&str> = after.by.fields.iter().map(|field| &*field.name).collect();
    let mut title = vec![format!("{new} against {old}")];
    if grouped {
        title.push(format!("by {}", names.join(", ")));
    }
    Section { page: Page { title, notes, dates: false }, heads, rows }
}

fn sessions_of(table: &Table) -> String {
    spell::counted(table.sessions, "session", "sessions")
}

/// The figures that a gate looks at.
///
/// Fails where there is no such figure, or it cannot be better or worse.
pub fn gate(plan: &'static Plan, names: &[String]) -> Result<Vec<&'static Figure>, String> {
    let judged = || {
        let names = plan.figures.iter().filter(|figure| figure.is_judged());
        names.map(|figure| figure.name).collect::<Vec<_>>().join(", ")
    };
    let names: Vec<&str> = match names.iter().map(|name| &**name).collect::<Vec<_>>() {
        names if names.iter().all(|name| name.is_empty()) => vec![
            plan.main.ok_or_else(|| format!("name a figure of {}: {}", plan.command, judged()))?,
        ],
        names => names,
    };
    names
        .into_iter()
        .map(|name| match plan.find(name) {
            Some(figure) if figure.is_judged() => Ok(figure),
            Some(_) => Err(format!(
                "{name} cannot be better or worse, or not by how it varies; there are {}",
                judged()
            )),
            None => {
                let known = plan.figures.iter().map(|figure| figure.name);
                let nearest = nearest(name, known);
                let mean = nearest.map(|nearest| format!("; did you mean {nearest}?"));
                Err(format!(
                    "{} has no figure {name}{}",
                    plan.command,
                    mean.unwrap_or_else(|| format!("; there are {}", judged()))
                ))
            }
        })
        .collect()
}
