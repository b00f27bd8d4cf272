//! `--fail-on`: what matched, how often, and where first.

use clap::ValueEnum;

use crate::output::MatchRow;
use crate::rows::spell::{self, count, counted};

/// What one thing is called, and several.
pub(super) type Noun = (&'static str, &'static str);

/// What of a document meets the conditions.
#[derive(Default)]
pub(super) struct Hits {
    session_id: String,
    /// The condition's place, how often it is met, and the turn in which it is met first.
    met: Vec<(usize, usize, Option<usize>)>,
}

impl Hits {
    /// What of a session meets each condition: `turns` has the turn of each thing that does.
    pub(super) fn of<C, I: Iterator<Item = Option<usize>>>(
        session_id: &str,
        conditions: &[C],
        turns: impl Fn(&C) -> I,
    ) -> Self {
        let met = conditions.iter().enumerate().filter_map(|(place, condition)| {
            let mut turns = turns(condition);
            let first = turns.next()?;
            Some((place, 1 + turns.count(), first))
        });
        let met: Vec<_> = met.collect();
        // Most documents meet none.
        let session_id = if met.is_empty() { String::new() } else { session_id.to_owned() };
        Self { session_id, met }
    }
}

/// What is asked of all documents.
#[derive(Default)]
pub(super) struct Gate {
    conditions: Vec<Condition>,
    /// Of so many sessions, or other things of which each is looked at once.
    of: usize,
    /// What these are.
    each: Option<Noun>,
}

struct Condition {
    name: String,
    /// What meets it; None where it is the session itself.
    noun: Option<Noun>,
    matches: usize,
    sessions: usize,
    first: Option<(String, Option<usize>)>,
}

impl Gate {
    /// These conditions, and what it is that meets each.
    pub(super) fn new<C: ValueEnum>(conditions: &[C], noun: impl Fn(&C) -> Option<Noun>) -> Self {
        let condition = |condition: &C| Condition {
            name: condition
                .to_possible_value()
                .map_or_else(String::new, |value| value.get_name().to_owned()),
            noun: noun(condition),
            matches: 0,
            sessions: 0,
            first: None,
        };
        Self { conditions: conditions.iter().map(condition).collect(), of: 0, each: None }
    }

    /// The same, over things that are not sessions.
    pub(super) fn over(self, each: Noun) -> Self {
        Self { each: Some(each), ..self }
    }

    /// Takes note of what of the next session, or thing, meets the conditions.
    pub(super) fn add(&mut self, hits: Hits) {
        self.of += 1;
        for (place, matches, turn) in hits.met {
            if let Some(condition) = self.conditions.get_mut(place) {
                condition.matches += matches;
                condition.sessions += 1;
                condition.first.get_or_insert_with(|| (hits.session_id.clone(), turn));
            }
        }
    }

    /// What matched, a row a condition.
    pub(super) fn matched(&self) -> impl Iterator<Item = MatchRow<'_>> {
        let mut seen = Vec::new();
        self.conditions.iter().filter_map(move |condition| {
            let (session_id, turn) = condition.first.as_ref()?;
            // One that was named twice is told once.
            if seen.contains(&&condition.name) {
                return None;
            }
            seen.push(&condition.name);
            Some(MatchRow {
                condition: &condition.name,
                matches: condition.matches,
                sessions: self.each.is_none().then_some(condition.sessions),
                of: self.of,
                session_id,
                turn: *turn,
                message: self.message(condition, session_id, *turn),
            })
        })
    }

    /// `fail-on error: 29 calls in 27 of 300 sessions, first 021e56d8 #2`.
    fn message(&self, condition: &Condition, session_id: &str, turn: Option<usize>) -> String {
        let Condition { name, noun, matches, sessions, .. } = condition;
        let (one, many) = self.each.unwrap_or(("session", "sessions"));
        let all = counted(self.of, one, many);
        let matches = noun.map(|(one, many)| counted(*matches, one, many));
        let found = match matches {
            Some(matches) if self.of == 1 => matches,
            Some(matches) => format!("{matches} in {} of {all}", count(*sessions)),
            None => format!("{} of {all}", count(*sessions)),
        };
        let turn = turn.map(|turn| format!(" #{turn}")).unwrap_or_default();
        format!("fail-on {name}: {found}, first {}{turn}", spell::id(session_id, true))
    }
}
