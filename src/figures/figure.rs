//! What a figure is: written down once, for a summary, its groups and its comparison.

use super::group::Group;
use crate::rows::look::Stated;
use crate::rows::{Tone, spell};

/// A figure.
#[derive(Debug)]
pub struct Figure {
    /// Its name in JSON and CSV.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it counts.
    pub about: &'static str,
    /// How it is made.
    pub of: Of,
    /// How it is spelt.
    pub unit: Unit,
    /// Which change is a good one; None where neither is.
    pub better: Option<Better>,
    /// Whether it is of a session as a whole, so that no part of one has it.
    pub whole: bool,
    /// Whether people see it beside its groups.
    pub shown: Shown,
    /// Beyond which rate it is coloured.
    pub stated: Option<Stated>,
}

/// Whether people see a figure beside its groups; JSON and CSV have all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// They do not.
    No,
    /// In a column of its own.
    Beside,
    /// The same, which goes under its left neighbour at this step where there is too little room.
    Below(u8),
}

/// How a figure is made of what sessions add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The sessions.
    Sessions,
    /// The sum at this place.
    Sum(usize),
    /// One sum of another: a share, or a mean.
    Ratio {
        /// The place of the one.
        part: usize,
        /// The place of the other.
        whole: usize,
        /// How many of the one make a unit.
        per: u32,
    },
    /// A percentile of the values at this place.
    Percentile {
        /// The place of the values.
        values: usize,
        /// Which one.
        p: u8,
    },
}

/// How a figure is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A whole number.
    Count,
    /// From 0 to 1, told as a percentage.
    Share,
    /// A number.
    Mean,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
}

/// Which change of a figure is a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Upward.
    Higher,
    /// Downward.
    Lower,
}

/// The figures of a command, and what they need of a session.
#[derive(Debug)]
pub struct Plan {
    /// The command.
    pub command: &'static str,
    /// The figures, in order.
    pub figures: &'static [Figure],
    /// How many sums a session adds to.
    pub sums: usize,
    /// How many lists of values a session adds to.
    pub values: usize,
    /// What a group's size is.
    pub size: Of,
    /// What a gate looks at where no figure is named.
    pub main: Option<&'static str>,
    /// What a row of the command is called, and several.
    pub noun: (&'static str, &'static str),
}

impl Figure {
    const fn new(name: &'static str, title: &'static str, of: Of, unit: Unit) -> Self {
        Self {
            name,
            title,
            about: "",
            of,
            unit,
            better: None,
            whole: false,
            shown: Shown::No,
            stated: None,
        }
    }

    /// How many sessions there are.
    pub const fn sessions() -> Self {
        Self::new("sessions", "sessions", Of::Sessions, Unit::Count).about("sessions in it")
    }

    /// How many there are of what is summed up at this place.
    pub const fn count(name: &'static str, title: &'static str, sum: usize) -> Self {
        Self::new(name, title, Of::Sum(sum), Unit::Count)
    }

    /// The share of one count in another.
    pub const fn rate(name: &'static str, title: &'static str, part: usize, whole: usize) -> Self {
        Self::new(name, title, Of::Ratio { part, whole, per: 1 }, Unit::Share)
    }

    /// A sum, of which `per` make a unit, by how many there are.
    pub const fn mean(
        name: &'static str,
        title: &'static str,
        part: usize,
        whole: usize,
        per: u32,
    ) -> Self {
        Self::new(name, title, Of::Ratio { part, whole, per }, Unit::Mean)
    }

    /// A percentile of values.
    pub const fn percentile(
        name: &'static str,
        title: &'static str,
        values: usize,
        p: u8,
        unit: Unit,
    ) -> Self {
        Self::new(name, title, Of::Percentile { values, p }, unit)
    }

    /// What it counts.
    pub const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Which change is a good one.
    pub const fn better(self, better: Better) -> Self {
        Self { better: Some(better), ..self }
    }

    /// It is of a session as a whole.
    pub const fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    /// People see it beside its groups.
    pub const fn shown(self) -> Self {
        Self { shown: Shown::Beside, ..self }
    }

    /// The same, under its left neighbour at this step, where there is too little room.
    pub const fn below(self, step: u8) -> Self {
        Self { shown: Shown::Below(step), ..self }
    }

    /// It is coloured beyond a stated rate.
    pub const fn stated(self, stated: Stated) -> Self {
        Self { stated: Some(stated), ..self }
    }

    /// How its value in a group looks.
    pub fn tone(&self, group: &Group) -> Tone {
        match (&self.stated, self.of) {
            (Some(stated), Of::Ratio { part, whole, .. }) => {
                stated.tone(group.count(part), group.count(whole))
            }
            _ => Tone::Plain,
        }
    }

    /// Whether it can be better or worse: a ratio with a direction.
    pub const fn is_judged(&self) -> bool {
        self.better.is_some() && matches!(self.of, Of::Ratio { .. })
    }

    /// Its value as JSON; null where there is none.
    pub fn json(&self, value: Option<f64>) -> serde_json::Value {
        #[allow(clippy::cast_possible_truncation, reason = "whole and small enough")]
        match value {
            // As the API writes whole numbers; a share keeps its point.
            Some(value)
                if self.unit != Unit::Share
                    && self.unit != Unit::Mean
                    && value.fract() == 0.0
                    && value.abs() < 1e15 =>
            {
                (value as i64).into()
            }
            value => value.into(),
        }
    }

    /// Its value for people.
    pub fn spell(&self, value: f64) -> String {
        match self.unit {
            Unit::Count => spell::count(rounded(value)),
            Unit::Share => spell::percent(value),
            Unit::Mean => format!("{value:.2}"),
            Unit::Seconds => spell::seconds(value),
            Unit::Millis => spell::millis(value),
        }
    }

    /// A change of it for people, with its sign: `+9 points`.
    pub fn spell_change(&self, change: f64) -> String {
        let sign = if change < 0.0 { "−" } else { "+" };
        let size = change.abs();
        match self.unit {
            Unit::Share => format!("{} points", self.spell_bound(change)),
            Unit::Mean => self.spell_bound(change),
            Unit::Count => format!("{sign}{}", spell::count(rounded(size))),
            Unit::Seconds | Unit::Millis => format!("{sign}{}", self.spell(size)),
        }
    }

    /// A bound of a change: the same without the unit.
    pub fn spell_bound(&self, change: f64) -> String {
        let sign = if change < 0.0 { "−" } else { "+" };
        let size = change.abs();
        match self.unit {
            Unit::Share if size > 0.0 && size < 0.0095 => format!("{sign}{:.1}", size * 100.0),
            Unit::Share => format!("{sign}{:.0}", size * 100.0),
            _ => format!("{sign}{size:.2}"),
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count as it was")]
fn rounded(value: f64) -> usize {
    value.round() as usize
}

impl Plan {
    /// The figure of this name.
    pub fn find(&self, name: &str) -> Option<&'static Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// The ratios among the figures: place of the part and of the whole.
    pub fn ratios(&self) -> impl Iterator<Item = (usize, usize)> {
        self.figures.iter().filter_map(|figure| match figure.of {
            Of::Ratio { part, whole, .. } => Some((part, whole)),
            _ => None,
        })
    }

    /// A group's figures, by name and in order; those that no part of a session has are null where
    /// the group is of parts.
    pub fn values<'g>(
        &'static self,
        group: &'g Group,
        of_parts: bool,
    ) -> impl Iterator<Item = (&'static Figure, Option<f64>)> + 'g {
        self.figures.iter().map(move |figure| {
            (figure, group.value(figure.of).filter(|_| !(figure.whole && of_parts)))
        })
    }
}
