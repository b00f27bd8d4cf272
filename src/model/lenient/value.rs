//! A document's values as a deserializer gives them out, taking note of those that do not fit.

use std::collections::HashMap;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Error;
use serde_json::value::RawValue;

use super::super::lists::LAZY_LIST;
use super::super::values::{LAZY_TEXT, NUMBER, OBJECT, Text, id};
use super::{Expected, Place, Step, Survey};

/// A value of the document, given to whatever type is to be made of it.
pub(super) struct Value<'s, 'de> {
    pub raw: &'de str,
    pub place: Place,
    pub survey: &'s mut Survey<'de>,
}

/// The strict reader of a part.
fn strict(raw: &str) -> serde_json::Deserializer<serde_json::de::StrRead<'_>> {
    serde_json::Deserializer::from_str(raw)
}

impl Value<'_, '_> {
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
            OBJECT => return visitor.visit_some(self),
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
    list: Vec<&'de RawValue>,
    left_out: Vec<bool>,
    survey: &'s mut Survey<'de>,
}

impl<'s, 'de> Elements<'s, 'de> {
    fn of(raw: &'de str, survey: &'s mut Survey<'de>) -> Result<Self, Error> {
        Ok(Self { list: serde_json::from_str(raw)?, left_out: Vec::new(), survey })
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let index = self.left_out.len();
        let Some(element) = self.list.get(index) else {
            let spans: Vec<_> =
                self.list.iter().map(|element| self.survey.span(element.get())).collect();
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
    list: Vec<Entry<'de>>,
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
        let read = EntryList::deserialize(&mut strict(raw))?;
        let mut entries = Vec::with_capacity(read.0.len());
        for (key, value) in read.0 {
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
        Ok(Self { list: entries, left_out, next: 0, place, survey })
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
        let Some(entry) = self.list.get(self.next) else {
            let span = |entry: &Entry<'_>| {
                self.survey.span(entry.key).start..self.survey.span(entry.value).end
            };
            let spans: Vec<_> = self.list.iter().map(span).collect();
            self.survey.remove(&spans, &self.left_out);
            return Ok(None);
        };
        seed.deserialize(&mut strict(entry.key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let entry = &self.list[self.next];
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
            OBJECT => visitor.visit_some(self),
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
