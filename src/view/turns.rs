//! Turn numbers: messages in the document's order, from 1.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::model::{MessageEntry, MessageTools, MessageTurn, Timestamp};

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

/// Turn ids → numbers.
#[derive(Debug)]
pub struct Turns<'a> {
    numbers: HashMap<&'a str, usize>,
}

impl<'a> Turns<'a> {
    /// Numbers `messages`. Where two have the same id, the first keeps it.
    pub fn new<M: Place>(messages: &'a [M]) -> Self {
        let mut numbers = HashMap::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            numbers.entry(message.turn_id()).or_insert(index + 1);
        }
        Self { numbers }
    }

    /// The number of the turn with this id; None for an orphan's.
    pub fn number(&self, turn_id: &str) -> Option<usize> {
        self.numbers.get(turn_id).copied()
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
    fn times_with_and_without_an_offset_are_comparable() {
        let time = |json: &'static str| serde_json::from_str::<Timestamp<'_>>(json).unwrap();
        let start = time(r#""2026-09-14T10:00:00""#);
        let end = time(r#""2026-09-14T12:12:04+02:00""#);
        assert_eq!(seconds_between(Some(&start), Some(&end)), Some(724));
        assert_eq!(seconds_between(Some(&start), Some(&time(r#""soon""#))), None);
        assert_eq!(seconds_between(Some(&start), None), None);
    }
}
