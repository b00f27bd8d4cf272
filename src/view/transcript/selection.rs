//! Which rows are wanted.

use std::ops::RangeInclusive;

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Turn numbers; None takes all.
    pub turns: Option<RangeInclusive<usize>>,
    /// Roles, whatever their case; none takes all.
    pub roles: Vec<String>,
    /// Whether retrievals, citations and tool calls are wanted.
    pub evidence: bool,
}

impl Selection {
    /// Everything there is.
    #[cfg(test)]
    pub const ALL: Self = Self { turns: None, roles: Vec::new(), evidence: true };

    /// Whether no turn is left out.
    pub fn is_whole(&self) -> bool {
        self.turns.is_none() && self.roles.is_empty()
    }

    pub(super) fn takes(&self, turn: usize, role: &str) -> bool {
        self.turns.as_ref().is_none_or(|turns| turns.contains(&turn))
            && (self.roles.is_empty() || self.roles.iter().any(|wanted| same_role(wanted, role)))
    }

    /// Whether what happened after turn `place`, or before all turns where that is 0, is wanted: with
    /// a range of turns, what lies between two of them or at the session's own ends.
    pub(super) fn takes_event(&self, place: usize, last: usize) -> bool {
        self.roles.is_empty()
            && self.turns.as_ref().is_none_or(|turns| {
                (place >= *turns.start() || (place == 0 && *turns.start() == 1))
                    && (place < *turns.end() || (place == last && turns.contains(&place)))
            })
    }
}

fn same_role(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || (!(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase())
}
