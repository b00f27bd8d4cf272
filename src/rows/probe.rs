//! Some fields of a row, without making the JSON of the rest.

use std::fmt::Display;

use serde::ser::{Impossible, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::field::Field;
use super::record::Record;

/// The values of these fields of a row, each as JSON has it; None where it is null.
///
/// Fails where the row is no object.
pub fn probe<R: Serialize + ?Sized>(
    row: &R,
    fields: &[Field],
) -> serde_json::Result<Vec<Option<String>>> {
    row.serialize(Probe { fields, place: 0, found: vec![None; fields.len()] })
}

/// Keeps the fields that are wanted.
struct Probe<'f> {
    fields: &'f [Field],
    /// How many fields came so far.
    place: usize,
    found: Vec<Option<String>>,
}

impl Probe<'_> {
    /// The next field.
    fn take<T: Serialize + ?Sized>(&mut self, value: &T) -> serde_json::Result<()> {
        for (field, found) in self.fields.iter().zip(&mut self.found) {
            if field.place == self.place {
                let json = serde_json::to_string(value)?;
                *found = match &field.inner {
                    None => Some(json),
                    Some(inner) => Record::of(&json)
                        .ok()
                        .and_then(|object| object.named(inner).map(str::to_owned)),
                }
                .filter(|json| json != "null");
            }
        }
        self.place += 1;
        Ok(())
    }
}

impl SerializeStruct for Probe<'_> {
    type Ok = Vec<Option<String>>;
    type Error = serde_json::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        self.take(value)
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), Self::Error> {
        self.place += 1;
        Ok(())
    }

    fn end(self) -> Result<Self::Ok, Self::Error> {
        Ok(self.found)
    }
}

impl SerializeMap for Probe<'_> {
    type Ok = Vec<Option<String>>;
    type Error = serde_json::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Self::Error> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
        self.take(value)
    }

    fn end(self) -> Result<Self::Ok, Self::Error> {
        Ok(self.found)
    }
}

fn no_row<T>() -> serde_json::Result<T> {
    Err(serde::ser::Error::custom("a row is an object"))
}

macro_rules! no_rows {
    ($($method:ident($($type:ty),*) -> $ok:ty;)+) => {$(
        fn $method(self, $(_: $type),*) -> Result<$ok, Self::Error> {
            no_row()
        }
    )+};
}

type Never = Impossible<Vec<Option<String>>, serde_json::Error>;

impl Serializer for Probe<'_> {
    type Ok = Vec<Option<String>>;
    type Error = serde_json::Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Self::Error> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Self::Error> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Self::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Self::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Self::Error> {
        no_row()
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<Self::Ok, Self::Error> {
        no_row()
    }

    no_rows! {
        serialize_bool(bool) -> Self::Ok;
        serialize_i8(i8) -> Self::Ok;
        serialize_i16(i16) -> Self::Ok;
        serialize_i32(i32) -> Self::Ok;
        serialize_i64(i64) -> Self::Ok;
        serialize_u8(u8) -> Self::Ok;
        serialize_u16(u16) -> Self::Ok;
        serialize_u32(u32) -> Self::Ok;
        serialize_u64(u64) -> Self::Ok;
        serialize_f32(f32) -> Self::Ok;
        serialize_f64(f64) -> Self::Ok;
        serialize_char(char) -> Self::Ok;
        serialize_str(&str) -> Self::Ok;
        serialize_bytes(&[u8]) -> Self::Ok;
        serialize_none() -> Self::Ok;
        serialize_unit() -> Self::Ok;
        serialize_unit_struct(&'static str) -> Self::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> Self::Ok;
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::rows::Fields;

    /// A row.
    #[derive(Serialize, JsonSchema)]
    struct Row {
        /// A name.
        name: Option<&'static str>,
        /// Numbers.
        numbers: Vec<f64>,
        /// An object.
        inner: Option<Inner>,
    }

    /// An object.
    #[derive(Serialize, JsonSchema)]
    struct Inner {
        /// A flag.
        flag: bool,
        /// Nothing.
        none: Option<bool>,
    }

    fn probed(row: &impl Serialize, fields: &[Field]) -> Vec<String> {
        let values = probe(row, fields).unwrap();
        values.into_iter().map(|value| value.unwrap_or_else(|| "-".to_owned())).collect()
    }

    #[test]
    fn a_field_that_is_picked_is_as_the_rows_json_has_it() {
        let inner = Some(Inner { flag: true, none: None });
        let row = Row { name: Some("a \"b\""), numbers: vec![1.0, 2.5], inner };
        let fields = Fields::of::<Row>();
        let (name, numbers) = (r#""a \"b\"""#, "[1.0,2.5]");
        let inner = r#"{"flag":true,"none":null}"#;
        assert_eq!(probed(&row, &fields.top), [name, numbers, inner]);
        assert_eq!(probed(&row, &fields.flat), [name, numbers, "true", "-"]);
        // As serde writes what has a part that is flattened.
        let map = std::collections::BTreeMap::from([("a", 1), ("b", 2)]);
        assert_eq!(probed(&map, &fields.top), ["1", "2", "-"]);
        let none = Row { name: None, numbers: Vec::new(), inner: None };
        let expected = [None, Some("[]".to_owned()), None, None];
        assert_eq!(probe(&none, &fields.flat).unwrap(), expected);
        assert!(probe("text", &fields.top).is_err());
    }
}
