//! A row as its fields: its JSON, taken apart at the top.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::field::Field;

/// The values of a row's fields, each as JSON has it.
#[derive(Debug)]
pub struct Record<'j>(Vec<(Cow<'j, str>, &'j RawValue)>);

impl<'j> Record<'j> {
    /// Takes a row's JSON apart; it must be an object.
    ///
    /// Fails where it is none.
    pub fn of(json: &'j str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// The value of a field; None where it is null.
    pub fn get(&self, field: &Field) -> Option<&'j str> {
        let value = self.0.get(field.place)?.1.get();
        let value = match &field.inner {
            None => value,
            Some(inner) => {
                let object = Self::of(value).ok()?;
                object.named(inner)?
            }
        };
        (value != "null").then_some(value)
    }

    /// The value of the field of this name, null or not.
    pub fn named(&self, name: &str) -> Option<&'j str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.get())
    }

    /// What the field of this name says, where it is a string.
    pub fn string(&self, name: &str) -> Option<Cow<'j, str>> {
        self.named(name).filter(|json| json.starts_with('"')).and_then(string)
    }

    /// The object without the field of this name.
    pub fn without(&self, name: &str) -> String {
        let fields = self.0.iter().filter(|(other, _)| other != name);
        let fields = fields
            .map(|(name, value)| format!("{}:{}", serde_json::Value::from(&**name), value.get()));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }

    /// The value of a field as a spreadsheet or a table has it: text without quotes, the digits of a
    /// number, the elements of a list joined by `;`, anything else as JSON.
    pub fn text(&self, field: &Field) -> Cow<'j, str> {
        self.get(field).map_or(Cow::Borrowed(""), plain)
    }
}

/// A JSON value as plain text.
pub(super) fn plain(json: &str) -> Cow<'_, str> {
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
    let text: crate::model::Text<'_> = serde_json::from_str(json).ok()?;
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
                let mut fields = Vec::with_capacity(32);
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Record(fields))
            }
        }

        deserializer.deserialize_map(RecordVisitor)
    }
}

/// A row's JSON with these fields alone, in this order.
pub fn picked(json: &str, fields: &[Field]) -> serde_json::Result<String> {
    struct Picked<'p>(Record<'p>, &'p [Field]);

    impl Serialize for Picked<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::{Error as _, SerializeMap as _};

            let mut map = serializer.serialize_map(Some(self.1.len()))?;
            for field in self.1 {
                let value = self.0.get(field).unwrap_or("null");
                let value: &RawValue = serde_json::from_str(value).map_err(S::Error::custom)?;
                map.serialize_entry(&field.name, value)?;
            }
            map.end()
        }
    }

    serde_json::to_string(&Picked(Record::of(json)?, fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::field::Kind;

    fn field(place: usize, inner: Option<&str>) -> Field {
        let name = format!("f{place}");
        Field { name, place, inner: inner.map(str::to_owned), kind: Kind::Json }
    }

    #[test]
    fn values_are_told_as_a_spreadsheet_has_them() {
        let json = r#"{"a":"x \"y\"","b":1.50,"c":null,"d":["p","q"],"e":{"f":"g","h":[1, 2]},
                       "i":[ {"j": " k" } ],"l":true,"m":[]}"#;
        let record = Record::of(json).unwrap();
        let text = |place, inner| record.text(&field(place, inner)).into_owned();
        assert_eq!(text(0, None), "x \"y\"");
        assert_eq!(text(1, None), "1.50", "the digits that were sent");
        assert_eq!(text(2, None), "");
        assert_eq!(text(3, None), "p;q");
        assert_eq!((text(4, Some("f")), text(4, Some("h"))), ("g".to_owned(), "1;2".to_owned()));
        assert_eq!(text(4, Some("none")), "");
        assert_eq!(text(5, None), r#"[ {"j": " k" } ]"#);
        assert_eq!((text(6, None), text(7, None)), ("true".to_owned(), String::new()));
        let record = Record::of(r#"{"a\"":[1, 2],"b":"c\n","d":1.0}"#).unwrap();
        assert_eq!(record.without("b"), r#"{"a\"":[1, 2],"d":1.0}"#);
        assert_eq!((record.string("b").as_deref(), record.string("d")), (Some("c\n"), None));
    }

    #[test]
    fn picked_fields_stand_in_the_order_that_was_asked_for() {
        let json = r#"{"a":1.0,"b":{"c":2,"d":3}}"#;
        let fields = [field(1, Some("d")), field(0, None), field(1, None)];
        assert_eq!(picked(json, &fields).unwrap(), r#"{"f1":3,"f0":1.0,"f1":{"c":2,"d":3}}"#);
    }
}
