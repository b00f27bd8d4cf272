//! Which rows are wanted.

use std::ops::RangeInclusive;

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Turn numbers; none takes all.
    pub turns: Vec<RangeInclusive<usize>>,
    /// Roles, whatever their case; none takes all.
    pub roles: Vec<String>,
    /// Whether only what has flags is wanted.
    pub flagged: bool,
    /// Whether retrievals, citations and tool calls are wanted.
    pub evidence: bool,
}

impl Selection {
    /// Everything there is.
    pub const ALL: Self =
        Self { turns: Vec::new(), roles: Vec::new(), flagged: false, evidence: true };

    /// Whether no turn is left out.
    pub const fn is_whole(&self) -> bool {
        self.takes_ends() && !self.flagged
    }

    /// Whether what belongs to no turn is not left out for its place.
    pub const fn takes_ends(&self) -> bool {
        self.turns.is_empty() && self.roles.is_empty()
    }

    /// Whether a turn is wanted, as far as its number and role go.
    pub(super) fn takes(&self, turn: usize, role: &str) -> bool {
        (self.turns.is_empty() || self.turns.iter().any(|turns| turns.contains(&turn)))
            && (self.roles.is_empty() || self.roles.iter().any(|wanted| same_role(wanted, role)))
    }

    /// Whether what happened after turn `place`, or before all turns where that is 0, is wanted: with
    /// ranges of turns, what lies between two of one or at the session's own ends.
    pub(super) fn takes_event(&self, place: usize, last: usize) -> bool {
        let in_range = |turns: &RangeInclusive<usize>| {
            (place >= *turns.start() || (place == 0 && *turns.start() == 1))
                && (place < *turns.end() || (place == last && turns.contains(&place)))
        };
        self.roles.is_empty() && (self.turns.is_empty() || self.turns.iter().any(in_range))
    }
}

fn same_role(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || (!(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase())
}
