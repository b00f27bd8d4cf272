//! A JSON object, taken apart at the top, and what a value says as plain text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::model::Text;

/// The fields of an object, each value as JSON has it.
#[derive(Debug)]
pub struct Record<'j>(Vec<(Text<'j>, &'j RawValue)>);

impl<'j> Record<'j> {
    /// Takes an object apart.
    ///
    /// Fails where this is none.
    pub fn of(json: &'j str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// The value of the field of this name, null or not.
    pub fn named(&self, name: &str) -> Option<&'j str> {
        self.0.iter().find(|(other, _)| **other == *name).map(|(_, value)| value.get())
    }

    /// What the field of this name says, where it is a string.
    pub fn string(&self, name: &str) -> Option<Cow<'j, str>> {
        self.named(name).filter(|json| json.starts_with('"')).and_then(string)
    }

    /// The object without the field of this name.
    pub fn without(&self, name: &str) -> String {
        let fields = self.0.iter().filter(|(other, _)| **other != *name);
        let fields = fields
            .map(|(name, value)| format!("{}:{}", serde_json::Value::from(&**name), value.get()));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }
}

/// A JSON value as a spreadsheet or a table has it: text without quotes, the digits of a number, the
/// elements of a list joined by `;`, anything else as JSON.
pub fn plain(json: &str) -> Cow<'_, str> {
    match json.as_bytes().first() {
        Some(b'"') => string(json).unwrap_or(Cow::Borrowed(json)),
        Some(b'[') => match serde_json::from_str::<Elements<'_>>(json) {
            Ok(Elements(elements)) if !elements.iter().any(|element| is_open(element.get())) => {
                elements
                    .iter()
                    .map(|element| plain(element.get()))
                    .collect::<Vec<_>>()
                    .join(";")
                    .into()
            }
            _ => Cow::Borrowed(json),
        },
        _ => Cow::Borrowed(json),
    }
}

/// Whether a JSON value is a list or an object.
fn is_open(json: &str) -> bool {
    json.starts_with(['[', '{'])
}

/// What a JSON string says.
fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.get(1..json.len() - 1)?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let text: Text<'_> = serde_json::from_str(json).ok()?;
    Some(Cow::Owned(text.to_string()))
}

/// The elements of a list.
struct Elements<'j>(Vec<&'j RawValue>);

impl<'de: 'j, 'j> Deserialize<'de> for Elements<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementsVisitor;

        impl<'de> Visitor<'de> for ElementsVisitor {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }

        deserializer.deserialize_seq(ElementsVisitor)
    }
}

impl<'de: 'j, 'j> Deserialize<'de> for Record<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RecordVisitor;

        impl<'de> Visitor<'de> for RecordVisitor {
            type Value = Record<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Record(fields))
            }
        }

        deserializer.deserialize_map(RecordVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_as_a_spreadsheet_has_them() {
        assert_eq!(plain(r#""x \"y\"""#), "x \"y\"");
        assert_eq!(plain("1.50"), "1.50", "the digits that were sent");
        assert_eq!(plain(r#"["p","q"]"#), "p;q");
        assert_eq!(plain("[1, 2]"), "1;2");
        assert_eq!(plain(r#"[ {"j": " k" } ]"#), r#"[ {"j": " k" } ]"#);
        assert_eq!((&*plain("true"), &*plain("[]"), &*plain("")), ("true", "", ""));
    }

    #[test]
    fn a_record_is_taken_apart_at_the_top() {
        let record = Record::of(r#"{"a\"":[1, 2],"b":"c\n","d":1.0}"#).unwrap();
        assert_eq!(record.without("b"), r#"{"a\"":[1, 2],"d":1.0}"#);
        assert_eq!((record.string("b").as_deref(), record.string("d")), (Some("c\n"), None));
    }
}
