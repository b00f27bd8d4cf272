//! Turn numbers: messages in the document's order, from 1.

use chrono::{DateTime, Utc};
use hashbrown::HashMap;

use crate::model::{LazyText, MessageEntry, MessageTools, MessageTurn, Timestamp};

/// A message, as far as its place in the session goes.
pub trait Place {
    /// The turn's id.
    fn turn_id(&self) -> &str;
}

/// A message, as far as its place and its time go.
pub trait Said<'a>: Place {
    /// When it was said.
    fn timestamp(&self) -> Option<&Timestamp<'a>>;
}

/// A message, as far as who spoke and what was said goes.
pub trait Spoken<'a>: Said<'a> {
    /// Who spoke; empty where that was not sent.
    fn role(&self) -> &str;
    /// What was said.
    fn content(&self) -> Option<LazyText<'a>>;
}

/// A message, as far as who wrote it goes, and whether it is there as a whole.
pub trait Written {
    /// The model that wrote it.
    fn model(&self) -> Option<&str>;
    /// Whether its content was cut.
    fn is_truncated(&self) -> bool;
}

impl<'a> Spoken<'a> for MessageEntry<'a> {
    fn role(&self) -> &str {
        &self.role
    }

    fn content(&self) -> Option<LazyText<'a>> {
        Some(self.content)
    }
}

impl Written for MessageEntry<'_> {
    fn model(&self) -> Option<&str> {
        self.model_used.as_deref()
    }

    fn is_truncated(&self) -> bool {
        self.truncated
    }
}

macro_rules! place {
    ($($message:ident),+) => {
        $(impl Place for $message<'_> {
            fn turn_id(&self) -> &str {
                &self.turn_id
            }
        }

        impl<'a> Said<'a> for $message<'a> {
            fn timestamp(&self) -> Option<&Timestamp<'a>> {
                self.timestamp.as_ref()
            }
        })+
    };
}

place!(MessageEntry, MessageTools, MessageTurn);

/// Turn ids → numbers, by which joins tell turns apart: ids are compared here and nowhere else.
#[derive(Debug)]
pub struct Turns<'a> {
    numbers: HashMap<&'a str, usize>,
    messages: usize,
}

impl<'a> Turns<'a> {
    /// Numbers `messages`. Where two have the same id, the first keeps it; an id that was not sent is
    /// no message's.
    pub fn new<M: Place>(messages: &'a [M]) -> Self {
        let mut numbers = HashMap::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            let id = message.turn_id();
            if !id.is_empty() {
                numbers.entry(id).or_insert(index + 1);
            }
        }
        Self { numbers, messages: messages.len() }
    }

    /// The number of the turn with this id; None for an orphan's.
    pub fn number(&self, turn_id: &str) -> Option<usize> {
        self.numbers.get(turn_id).copied().filter(|number| *number <= self.messages)
    }

    /// The same, or for an orphan's id a number past all turns', which is this id's alone.
    pub fn place(&mut self, turn_id: &'a str) -> usize {
        let next = self.messages + self.numbers.len() + 1;
        *self.numbers.entry(turn_id).or_insert(next)
    }

    /// The places of these ids.
    pub fn places(
        &mut self,
        turn_ids: impl Iterator<Item = &'a str>,
    ) -> impl Iterator<Item = usize> {
        // As a rule the same turn's stand together.
        let mut last = None;
        turn_ids.map(move |id| match last {
            Some((before, place)) if before == id => place,
            _ => {
                let place = self.place(id);
                last = Some((id, place));
                place
            }
        })
    }

    /// The number of the turn at a place; None for an orphan's.
    pub fn at(&self, place: usize) -> Option<usize> {
        Some(place).filter(|number| *number <= self.messages)
    }
}

/// Seconds from `start` to `end`, where both are times.
pub fn seconds_between(start: Option<&Timestamp<'_>>, end: Option<&Timestamp<'_>>) -> Option<i64> {
    let start: DateTime<Utc> = start?.instant()?;
    Some((end?.instant()? - start).num_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_numbered_from_one_and_the_first_of_two_keeps_its_id() {
        let messages: Vec<MessageTurn<'_>> =
            serde_json::from_str(r#"[{"turn_id":"a"},{"turn_id":"b"},{"turn_id":"a"}]"#).unwrap();
        let turns = Turns::new(&messages);
        assert_eq!(turns.number("a"), Some(1));
        assert_eq!(turns.number("b"), Some(2));
        assert_eq!(turns.number("c"), None);
    }

    #[test]
    fn every_id_has_a_place_of_its_own_and_no_message_that_of_an_id_that_was_not_sent() {
        let messages: Vec<MessageTurn<'_>> =
            serde_json::from_str(r#"[{"turn_id":"a"},{"turn_id":""},{"turn_id":"a"}]"#).unwrap();
        let mut turns = Turns::new(&messages);
        let places = ["a", "b", "", "c", "b", ""].map(|id| turns.place(id));
        assert_eq!(places.map(|place| turns.at(place)), [Some(1), None, None, None, None, None]);
        assert_eq!((places[1], places[2]), (places[4], places[5]));
        let distinct: std::collections::HashSet<_> = places.into_iter().collect();
        assert_eq!(distinct.len(), 4);
        assert_eq!(turns.number("b"), None);
    }

    #[test]
    fn times_with_and_without_an_offset_are_comparable() {
        let time = |json: &'static str| serde_json::from_str::<Timestamp<'_>>(json).unwrap();
        let start = time(r#""2026-09-14T10:00:00""#);
        let end = time(r#""2026-09-14T12:12:04+02:00""#);
        assert_eq!(seconds_between(Some(&start), Some(&end)), Some(724));
        assert_eq!(seconds_between(Some(&start), Some(&time(r#""soon""#))), None);
        assert_eq!(seconds_between(Some(&start), None), None);
    }
}
