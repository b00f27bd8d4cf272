//! How values are spelt: text, numbers, times. Each is kept as it was sent.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use chrono::{DateTime, NaiveDateTime, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::lists::List;

/// A string of the document: borrowed from its buffer where no escape forces a copy.
///
/// Read as bytes, since JSON can spell half of a surrogate pair, which no Rust string can hold:
/// such a half is shown as U+FFFD instead of making the document unreadable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<Text<'de>, E> {
                // All bytes, whatever the first ones are: so it takes a few instructions for the whole.
                if bytes.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < 0x20 {
                    return Err(E::custom("control character in a string, which JSON must escape"));
                }
                Ok(Text(match std::str::from_utf8(bytes) {
                    Ok(text) => Cow::Borrowed(text),
                    Err(_) => Cow::Owned(without_surrogates(bytes)),
                }))
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(without_surrogates(bytes))))
            }
        }

        deserializer.deserialize_bytes(TextVisitor)
    }
}

/// An id: of a UUID, whatever the case it was sent in, the small letters that every UUID is the same
/// in; other text as it is.
struct Id<'a>(Text<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        // All bytes, whatever the first ones are: so it takes a few instructions for the whole.
        let capital = |found: bool, byte: u8| found | byte.is_ascii_uppercase();
        if text.len() == 36 && text.bytes().fold(false, capital) && Uuid::try_parse(&text).is_ok() {
            return Ok(Self(Text(Cow::Owned(text.to_ascii_lowercase()))));
        }
        Ok(Self(text))
    }
}

/// Reads an id.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Text<'de>, D::Error> {
    Id::deserialize(deserializer).map(|id| id.0)
}

/// Reads an id that may be null.
pub(super) fn optional_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Text<'de>>, D::Error> {
    Ok(Option::<Id<'de>>::deserialize(deserializer)?.map(|id| id.0))
}

/// Reads an id, null being an empty one.
pub(super) fn id_or_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Text<'de>, D::Error> {
    optional_id(deserializer).map(Option::unwrap_or_default)
}

/// Reads a list of ids, null being an empty one.
pub(super) fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<List<Text<'de>>, D::Error> {
    let mut ids = Option::<Vec<Id<'de>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(ids.drain(..).map(|id| id.0).collect())
}

/// The text, with U+FFFD in place of each half of a surrogate pair, which begins with ED and is the
/// only thing in a document's strings that can fail to be UTF-8.
fn without_surrogates(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if chunk.invalid().first() == Some(&0xed) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// A string that may be long and full of escapes, kept as JSON spells it until it is shown: to decode
/// every one of them when the document is read would make a copy of most of it.
#[derive(Clone, Copy, Debug)]
pub struct LazyText<'a>(
    /// A valid JSON string, its quotes included.
    &'a str,
);

impl<'a> LazyText<'a> {
    /// Whether there is nothing in it.
    pub fn is_empty(self) -> bool {
        self.0.len() == EMPTY.len()
    }

    /// Whether the two are the same text, however they are spelt.
    pub fn says(self, other: Self) -> bool {
        self.0 == other.0 || self.decode() == other.decode()
    }

    /// The text: borrowed where no escape forces a copy.
    pub fn decode(self) -> Cow<'a, str> {
        let text = self.0.get(1..self.0.len() - 1).unwrap_or_default();
        if memchr::memchr(b'\\', text.as_bytes()).is_none() {
            return Cow::Borrowed(text);
        }
        if let Some(text) = with_short_escapes(text) {
            return Cow::Owned(text);
        }
        let mut deserializer = serde_json::Deserializer::from_str(self.0);
        // It cannot fail: what is no JSON string was refused when the document was read.
        Text::deserialize(&mut deserializer).unwrap_or_default().0
    }
}

/// What a JSON string says between its quotes; None where it has an escape of more than a letter.
/// For texts with line feeds and quotes in them, as most are: the parser takes twice as long.
fn with_short_escapes(mut text: &str) -> Option<String> {
    let mut decoded = String::with_capacity(text.len());
    while let Some((plain, rest)) = text.split_once('\\') {
        decoded.push_str(plain);
        let mut rest = rest.chars();
        decoded.push(match rest.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            same @ ('"' | '\\' | '/') => same,
            _ => return None,
        });
        text = rest.as_str();
    }
    decoded.push_str(text);
    Some(decoded)
}

/// The empty string.
const EMPTY: &str = "\"\"";

impl Default for LazyText<'_> {
    fn default() -> Self {
        Self(EMPTY)
    }
}

impl Serialize for LazyText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(self.0).map_err(ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for LazyText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |raw: &'de RawValue| match raw.get().as_bytes().first() {
            Some(b'"') => Ok(Self(raw.get())),
            _ => Err(mistyped(raw, "a string")),
        };
        deserializer.deserialize_newtype_struct(LAZY_TEXT, Raw { read, expected: "a string" })
    }
}

/// A number of the document, kept as the digits that were sent.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a>(&'a RawValue);

impl<'a> Number<'a> {
    /// The digits.
    pub fn as_str(self) -> &'a str {
        self.0.get()
    }

    /// The nearest float; infinite past its range.
    pub fn as_f64(self) -> f64 {
        self.as_str().parse().unwrap_or(f64::NAN)
    }

    /// The whole number it is or, for spellings such as `5.0`, comes nearest to.
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted")]
    pub fn as_i64(self) -> i64 {
        self.as_str().parse().unwrap_or_else(|_| self.as_f64().round() as i64)
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Number<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |raw: &'de RawValue| match raw.get().as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => Ok(Self(raw)),
            _ => Err(mistyped(raw, "a number")),
        };
        deserializer.deserialize_newtype_struct(NUMBER, Raw { read, expected: "a number" })
    }
}

/// Names under which values that are kept as JSON spells them ask for it, so that who reads a document
/// leniently knows what they are.
pub(super) const LAZY_TEXT: &str = "feather lazy text";
/// The same for a [`Number`].
pub(super) const NUMBER: &str = "feather number";
/// The same for an [`Object`].
pub(super) const OBJECT: &str = "feather object";

/// An object of the API, and not an array of its fields, which derived readers take for one as well:
/// an empty array is no score.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<fn() -> T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_map(self)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }

            /// Where who gives it knows that it is an object.
            fn visit_some<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Self::Value, D::Error> {
                T::deserialize(deserializer).map(Object)
            }
        }

        deserializer.deserialize_newtype_struct(OBJECT, ObjectVisitor(PhantomData))
    }
}

/// Reads an object that may be null.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

/// Reads an object, null being an empty one.
pub(super) fn object_or_empty<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    object(deserializer).map(Option::unwrap_or_default)
}

/// Makes something of a value as JSON spells it.
struct Raw<F> {
    read: F,
    expected: &'static str,
}

impl<'de, T, F: FnOnce(&'de RawValue) -> Result<T, Mistyped>> Visitor<'de> for Raw<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        (self.read)(raw).map_err(de::Error::custom)
    }
}

/// What a value is that is something else than was expected, and what that was.
struct Mistyped(&'static str, &'static str);

impl fmt::Display for Mistyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid type: {}, expected {}", self.0, self.1)
    }
}

/// The error of a value that is something else than was `expected`.
fn mistyped(raw: &RawValue, expected: &'static str) -> Mistyped {
    Mistyped(json_type(raw), expected)
}

/// What kind of JSON value it is, in words.
pub fn json_type(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

/// A moment, kept as the text that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp<'a>(Text<'a>);

impl<'a> From<&'a str> for Timestamp<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.into())
    }
}

impl Timestamp<'_> {
    /// The moment; one without an offset is read as UTC. None where the text is no date-time.
    pub fn instant(&self) -> Option<DateTime<Utc>> {
        let text: &str = &self.0;
        DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok().or_else(|| {
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
                .map(|time| time.and_utc())
        })
    }

    /// The text as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Timestamp<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Timestamp<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(Self)
    }
}

/// Knowledge base → number of active document versions, in the order that was sent.
#[derive(Debug, Default)]
pub struct KbVersions<'a>(pub Vec<(Text<'a>, Number<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for KbVersions<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = KbVersions<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of numbers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<(Text<'de>, Number<'de>)> = Vec::new();
                let mut seen = HashSet::new();
                while let Some((id, number)) = map.next_entry::<Id<'de>, _>()? {
                    if !seen.insert(id.0.to_string()) {
                        return Err(de::Error::custom(format_args!("duplicate field `{}`", id.0)));
                    }
                    entries.push((id.0, number));
                }
                Ok(KbVersions(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// What a kind of value is in a JSON Schema.
macro_rules! json_schema {
    ($($type:ident => $schema:tt,)+) => {$(
        impl JsonSchema for $type<'_> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schemars::json_schema!($schema)
            }
        }
    )+};
}

json_schema! {
    Text => { "type": "string" },
    LazyText => { "type": "string" },
    Number => { "type": "number" },
    Timestamp => { "type": "string", "format": "date-time" },
}
