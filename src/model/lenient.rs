//! Documents that do not keep to the API's types, made readable.
//!
//! A document is read strictly first, which costs nothing. Only one that is refused comes here: it is
//! surveyed by the very types that refused it, value by value. What does not fit is noted, and the type
//! is given something that does, so that the survey goes on to the end. Then the document's text is
//! mended: where a string is due stands the value's JSON as a string, elsewhere null or nothing, and of
//! keys that stand twice the last one. What comes of it is read strictly again.

#[cfg(test)]
mod tests;
mod value;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Error;
use serde_json::value::RawValue;

use self::value::Value;
use super::values::{Text, json_type};

/// How much of a value is shown in a remark, in characters.
const EXCERPT: usize = 60;

/// How many kinds of faults are told of a document.
const MOST_REMARKS: usize = 20;

/// A document that was mended.
#[derive(Debug)]
pub struct Repaired {
    /// Its JSON, which keeps to the types.
    pub json: String,
    /// What was wrong, a line a kind of fault.
    pub remarks: Vec<String>,
}

/// Mends a document, which must be JSON, so that it can be read as a `T`.
///
/// None where nothing is wrong. Fails where it cannot be done: a session must have an id.
pub fn repair<'de, T: Deserialize<'de>>(json: &'de str) -> Result<Option<Repaired>, Error> {
    let mut survey = Survey::new(json);
    T::deserialize(Value { raw: json, place: Place::Field, survey: &mut survey })?;
    Ok(survey.repaired())
}

/// What is known of a document so far.
struct Survey<'de> {
    json: &'de str,
    path: Vec<Step<'de>>,
    edits: Vec<(Range<usize>, String)>,
    /// Whether the element or entry just looked at is to be left out.
    leave_out: bool,
    remarks: Remarks,
}

/// A step of a path.
enum Step<'de> {
    Name(Text<'de>),
    Index(usize),
}

/// Where a value stands, which says what can be put in its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a field, which may be null.
    Field,
    /// In a list, or in an object of any names: it can be left out.
    Collection,
}

/// What was expected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    String,
    Number,
    Boolean,
    Object,
    Array,
    Strings,
}

impl Expected {
    const fn words(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Object => "an object",
            Self::Array => "an array",
            Self::Strings => "an array of strings",
        }
    }
}

/// What a value is, in words.
fn found(raw: &RawValue) -> &'static str {
    match json_type(raw) {
        "object" => "an object",
        "array" => "an array",
        "string" => "a string",
        "boolean" => "a boolean",
        "null" => "null",
        _ => "a number",
    }
}

impl<'de> Survey<'de> {
    fn new(json: &'de str) -> Self {
        Self {
            json,
            path: Vec::new(),
            edits: Vec::new(),
            leave_out: false,
            remarks: Remarks::default(),
        }
    }

    /// Where a part of the document stands in it.
    fn span(&self, part: &str) -> Range<usize> {
        let begin = part.as_ptr().addr() - self.json.as_ptr().addr();
        begin..begin + part.len()
    }

    /// Whether this is a message: the place of each in the list is its turn's number.
    fn is_message(&self) -> bool {
        matches!(&self.path[..], [Step::Name(list), Step::Index(_)] if &**list == "messages")
    }

    /// Takes note of a value that does not fit, and puts another in its place. `shows` is whether an
    /// object that was expected here has a text that can show it.
    ///
    /// Fails where the document cannot do without it.
    fn misfit(
        &mut self,
        raw: &'de str,
        expected: Expected,
        place: Place,
        shows: bool,
    ) -> Result<(), Error> {
        let value: &RawValue = serde_json::from_str(raw)?;
        if matches!(&self.path[..], [Step::Name(name)] if &**name == "session_id") {
            let words = format_args!("session_id: {} where a string was expected", found(value));
            return Err(Error::custom(words));
        }
        let text = || serde_json::to_string(raw);
        let (instead, outcome) = match expected {
            Expected::String => (Some(text()?), "shown as JSON"),
            Expected::Strings if json_type(value) == "string" => {
                (Some(format!("[{raw}]")), "read as the only one")
            }
            Expected::Strings => (Some(format!("[{}]", text()?)), "shown as JSON"),
            Expected::Object if self.is_message() && shows => {
                (Some(format!("{{\"content\":{}}}", text()?)), "shown as JSON")
            }
            Expected::Object if self.is_message() => {
                (Some("{}".to_owned()), "shown as an empty one")
            }
            _ if place == Place::Field => (Some("null".to_owned()), "read as null"),
            _ => (None, "left out"),
        };
        let sample = if outcome == "shown as JSON" { String::new() } else { excerpt(raw) };
        let words = format!("{} where {} was expected", found(value), expected.words());
        self.remarks.add(&self.path, &format!("{words}; {outcome}"), &sample);
        match instead {
            Some(instead) => self.edits.push((self.span(raw), instead)),
            None => self.leave_out = true,
        }
        Ok(())
    }

    /// Leaves out parts of an array or object, with the commas between them.
    fn remove(&mut self, parts: &[Range<usize>], left_out: &[bool]) {
        let Some(last) = parts.last() else { return };
        let last_kept = left_out.iter().rposition(|left_out| !left_out);
        let before_last = parts.windows(2).zip(left_out).take(last_kept.unwrap_or(0));
        for (pair, _) in before_last.filter(|(_, left_out)| **left_out) {
            self.edits.push((pair[0].start..pair[1].start, String::new()));
        }
        let end = match last_kept {
            Some(kept) => parts[kept].end,
            None => parts[0].start,
        };
        if end < last.end {
            self.edits.push((end..last.end, String::new()));
        }
    }

    /// The document with all edits made; None without any.
    fn repaired(mut self) -> Option<Repaired> {
        if self.edits.is_empty() {
            return None;
        }
        self.edits.sort_by_key(|(span, _)| span.start);
        let mut json = String::with_capacity(self.json.len());
        let mut position = 0;
        for (span, instead) in &self.edits {
            json.push_str(self.json.get(position..span.start)?);
            json.push_str(instead);
            position = span.end;
        }
        json.push_str(self.json.get(position..)?);
        Some(Repaired { json, remarks: self.remarks.lines() })
    }
}

/// What was wrong, faults of a kind together: a list may have the same one in every element.
#[derive(Default)]
struct Remarks {
    /// A path without its indexes, and what is wrong there → its place in `kinds`.
    known: HashMap<String, usize>,
    kinds: Vec<Kind>,
}

struct Kind {
    /// Of the first of them.
    path: String,
    words: String,
    excerpt: String,
    count: usize,
}

impl Remarks {
    fn add(&mut self, path: &[Step<'_>], words: &str, excerpt: &str) {
        let (mut exact, mut general) = (String::new(), format!("{words} "));
        for step in path {
            match step {
                Step::Index(index) => {
                    // Writing to a string cannot fail.
                    let _ = write!(exact, "[{index}]");
                    general.push_str("[]");
                }
                Step::Name(name) => {
                    let dot = if exact.is_empty() { "" } else { "." };
                    exact.extend([dot, name]);
                    general.extend([".", name]);
                }
            }
        }
        if let Some(kind) = self.known.get(&general) {
            self.kinds[*kind].count += 1;
            return;
        }
        self.known.insert(general, self.kinds.len());
        let (words, excerpt) = (words.to_owned(), excerpt.to_owned());
        self.kinds.push(Kind { path: exact, words, excerpt, count: 1 });
    }

    fn lines(self) -> Vec<String> {
        let line = |kind: Kind| {
            let Kind { path, words, excerpt, count } = kind;
            let excerpt = if excerpt.is_empty() { excerpt } else { format!(": {excerpt}") };
            let more = match count - 1 {
                0 => String::new(),
                more => format!(" (and {more} more like it)"),
            };
            format!("{path}: {words}{excerpt}{more}")
        };
        let more = self.kinds.len().saturating_sub(MOST_REMARKS);
        let mut lines: Vec<_> = self.kinds.into_iter().take(MOST_REMARKS).map(line).collect();
        if more > 0 {
            lines.push(format!("and {more} more kinds of values that do not fit"));
        }
        lines
    }
}

fn excerpt(raw: &str) -> String {
    match raw.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &raw[..end]),
        None => raw.to_owned(),
    }
}
