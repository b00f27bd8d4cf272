//! Documents that do not keep to the API's types, made readable.
//!
//! A document is read strictly first, which costs nothing. Only one that is refused comes here: it is
//! surveyed by the very types that refused it, value by value. What does not fit is noted, and the type
//! is given something that does, so that the survey goes on to the end. Then the document's text is
//! mended: where a string is due stands the value's JSON as a string, elsewhere null or nothing, and of
//! keys that stand twice the last one. What comes of it is read strictly again.

use std::collections::HashMap;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Error;
use serde_json::value::RawValue;

use super::lists::LAZY_LIST;
use super::values::{LAZY_TEXT, NUMBER, Text, id, json_type};

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
/// None where that cannot be done, or where nothing is wrong.
pub fn repair<'de, T: Deserialize<'de>>(json: &'de str) -> Option<Repaired> {
    let mut survey = Survey::new(json);
    T::deserialize(Value { raw: json, place: Place::Field, survey: &mut survey }).ok()?;
    survey.repaired()
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
            return Err(Error::custom("a session without an id"));
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
        let shown = if outcome == "shown as JSON" { String::new() } else { excerpt(raw) };
        let words = format!("{} where {} was expected", found(value), expected.words());
        self.remarks.add(&self.path, &format!("{words}; {outcome}"), &shown);
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
                    exact.push_str(&format!("[{index}]"));
                    general.push_str("[]");
                }
                Step::Name(name) => {
                    let dot = if exact.is_empty() { "" } else { "." };
                    exact.extend([dot, name]);
                    general.extend([".", name]);
                }
            }
        }
        match self.known.get(&general) {
            Some(kind) => self.kinds[*kind].count += 1,
            None => {
                self.known.insert(general, self.kinds.len());
                let (words, excerpt) = (words.to_owned(), excerpt.to_owned());
                self.kinds.push(Kind { path: exact, words, excerpt, count: 1 });
            }
        }
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

/// A value of the document, given to whatever type is to be made of it.
struct Value<'s, 'de> {
    raw: &'de str,
    place: Place,
    survey: &'s mut Survey<'de>,
}

/// The strict reader of a part.
fn strict(raw: &str) -> serde_json::Deserializer<serde_json::de::StrRead<'_>> {
    serde_json::Deserializer::from_str(raw)
}

impl<'de> Value<'_, 'de> {
    fn begins_with(&self, byte: u8) -> bool {
        self.raw.trim_ascii_start().as_bytes().first() == Some(&byte)
    }

    fn misfit(self, expected: Expected) -> Result<(), Error> {
        self.survey.misfit(self.raw, expected, self.place, false)
    }

    fn is_number(&self) -> bool {
        self.raw.starts_with(|first: char| first == '-' || first.is_ascii_digit())
    }
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        strict(self.raw).deserialize_any(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.begins_with(b't') || self.begins_with(b'f') {
            return strict(self.raw).deserialize_bool(visitor);
        }
        self.misfit(Expected::Boolean)?;
        visitor.visit_bool(false)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.begins_with(b'"') {
            return strict(self.raw).deserialize_bytes(visitor);
        }
        self.misfit(Expected::String)?;
        visitor.visit_borrowed_str("")
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.begins_with(b'n') { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.begins_with(b'[') {
            return visitor.visit_seq(Elements::of(self.raw, self.survey)?);
        }
        // Of what, its type says where it is given one.
        let mut asked_for_text = false;
        let value = visitor.visit_seq(OneElement { given: false, text: &mut asked_for_text })?;
        self.misfit(if asked_for_text { Expected::Strings } else { Expected::Array })?;
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.begins_with(b'{') {
            return visitor.visit_map(Entries::of(self.raw, None, self.survey)?);
        }
        self.misfit(Expected::Object)?;
        visitor.visit_map(Nothing)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.begins_with(b'{') {
            return visitor.visit_map(Entries::of(self.raw, Some(fields), self.survey)?);
        }
        let shows = fields.contains(&"content");
        self.survey.misfit(self.raw, Expected::Object, self.place, shows)?;
        visitor.visit_map(Nothing)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (fits, expected, instead) = match name {
            LAZY_LIST => return self.deserialize_seq(visitor),
            LAZY_TEXT => (self.begins_with(b'"'), Expected::String, "\"\""),
            NUMBER => (self.is_number(), Expected::Number, "0"),
            // A value that is kept as it is.
            _ => return strict(self.raw).deserialize_newtype_struct(name, visitor),
        };
        if fits {
            return visitor.visit_newtype_struct(&mut strict(self.raw));
        }
        self.misfit(expected)?;
        visitor.visit_newtype_struct(&mut strict(instead))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string byte_buf unit unit_struct tuple
        tuple_struct enum identifier
    }
}

/// The elements of an array.
struct Elements<'s, 'de> {
    elements: Vec<&'de RawValue>,
    left_out: Vec<bool>,
    survey: &'s mut Survey<'de>,
}

impl<'s, 'de> Elements<'s, 'de> {
    fn of(raw: &'de str, survey: &'s mut Survey<'de>) -> Result<Self, Error> {
        Ok(Self { elements: serde_json::from_str(raw)?, left_out: Vec::new(), survey })
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let index = self.left_out.len();
        let Some(element) = self.elements.get(index) else {
            let spans: Vec<_> =
                self.elements.iter().map(|element| self.survey.span(element.get())).collect();
            self.survey.remove(&spans, &self.left_out);
            return Ok(None);
        };
        self.survey.path.push(Step::Index(index));
        let value =
            Value { raw: element.get(), place: Place::Collection, survey: &mut *self.survey };
        let value = seed.deserialize(value)?;
        self.survey.path.pop();
        self.left_out.push(std::mem::take(&mut self.survey.leave_out));
        Ok(Some(value))
    }
}

/// The entries of an object.
struct Entries<'s, 'de> {
    entries: Vec<Entry<'de>>,
    left_out: Vec<bool>,
    /// The next one to look at.
    next: usize,
    place: Place,
    survey: &'s mut Survey<'de>,
}

struct Entry<'de> {
    /// Its name as JSON spells it.
    key: &'de str,
    name: Text<'de>,
    value: &'de str,
}

impl<'s, 'de> Entries<'s, 'de> {
    /// The entries of `raw`; where it is to be a type of these fields, what else it has is nobody's
    /// concern.
    fn of(
        raw: &'de str,
        fields: Option<&[&str]>,
        survey: &'s mut Survey<'de>,
    ) -> Result<Self, Error> {
        let list = EntryList::deserialize(&mut strict(raw))?;
        let mut entries = Vec::with_capacity(list.0.len());
        for (key, value) in list.0 {
            let name = id(&mut strict(key.get()))?;
            entries.push(Entry { key: key.get(), name, value: value.get() });
        }
        let counts = |entry: &Entry<'_>| fields.is_none_or(|fields| fields.contains(&&*entry.name));
        let mut last: HashMap<&str, (usize, usize)> = HashMap::new();
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| counts(entry)) {
            let (at, times) = last.entry(&entry.name).or_default();
            (*at, *times) = (index, *times + 1);
        }
        let mut left_out = vec![false; entries.len()];
        for (index, entry) in entries.iter().enumerate() {
            let Some((at, times)) = last.get(&*entry.name) else { continue };
            left_out[index] = index < *at;
            if index == *at && *times > 1 {
                survey.path.push(Step::Name(entry.name.clone()));
                let words = format!("the key stands {times} times; the last one counts");
                survey.remarks.add(&survey.path, &words, "");
                survey.path.pop();
            }
        }
        let place = if fields.is_some() { Place::Field } else { Place::Collection };
        Ok(Self { entries, left_out, next: 0, place, survey })
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        while self.left_out.get(self.next) == Some(&true) {
            self.next += 1;
        }
        let Some(entry) = self.entries.get(self.next) else {
            let span = |entry: &Entry<'_>| {
                self.survey.span(entry.key).start..self.survey.span(entry.value).end
            };
            let spans: Vec<_> = self.entries.iter().map(span).collect();
            self.survey.remove(&spans, &self.left_out);
            return Ok(None);
        };
        seed.deserialize(&mut strict(entry.key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let entry = &self.entries[self.next];
        self.survey.path.push(Step::Name(entry.name.clone()));
        let value = Value { raw: entry.value, place: self.place, survey: &mut *self.survey };
        let value = seed.deserialize(value)?;
        self.survey.path.pop();
        self.left_out[self.next] = std::mem::take(&mut self.survey.leave_out);
        self.next += 1;
        Ok(value)
    }
}

/// An object's entries as JSON spells them, those that stand twice included.
struct EntryList<'de>(Vec<(&'de RawValue, &'de RawValue)>);

impl<'de> Deserialize<'de> for EntryList<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = EntryList<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(EntryList(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// Where nothing that fits is there: an empty object.
struct Nothing;

impl<'de> MapAccess<'de> for Nothing {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, _: S) -> Result<Option<S::Value>, Error> {
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, _: S) -> Result<S::Value, Error> {
        Err(Error::custom("there is no value"))
    }
}

/// Where no list is there: a list of one, which finds out whether it is one of strings.
struct OneElement<'a> {
    given: bool,
    text: &'a mut bool,
}

impl<'de> SeqAccess<'de> for OneElement<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if std::mem::replace(&mut self.given, true) {
            return Ok(None);
        }
        seed.deserialize(Anything { text: self.text }).map(Some)
    }
}

/// Whatever is asked for, as empty as can be.
struct Anything<'a> {
    /// Set where it is a string.
    text: &'a mut bool,
}

impl<'de> Deserializer<'de> for Anything<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(false)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.text = true;
        visitor.visit_borrowed_str("")
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(OneElement { given: true, text: self.text })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Nothing)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Nothing)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match name {
            LAZY_LIST => self.deserialize_seq(visitor),
            LAZY_TEXT => {
                *self.text = true;
                visitor.visit_newtype_struct(&mut strict("\"\""))
            }
            NUMBER => visitor.visit_newtype_struct(&mut strict("0")),
            _ => strict("null").deserialize_newtype_struct(name, visitor),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string byte_buf unit unit_struct tuple
        tuple_struct enum identifier ignored_any
    }
}
