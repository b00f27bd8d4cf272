//! The JSON Schema of a kind of rows: made from its type and the comments on its fields.
//!
//! By schemars: it reads the same serde attributes that make the JSON, so that a field cannot be in
//! one and not in the other.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The schema (draft 2020-12) of rows of type `T`. Its title is the first sentence of the type's
/// comment; a field's unit stands in it as `unit`.
pub fn schema<T: JsonSchema + ?Sized>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        // A reader finds everything of a field where the field is.
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(tidy).transform(&mut schema);
    if let Some(about) = schema.get("description").and_then(Value::as_str) {
        let title = about.split_once(['.', ':']).map_or(about, |(first, _)| first).to_owned();
        schema.insert("title".to_owned(), title.into());
    }
    schema.to_value()
}

/// Takes out what only Rust knows of: the size of a number, the name of a type; makes one line of a
/// comment that was broken to fit the code.
fn tidy(schema: &mut Schema) {
    let rusts = |format: &Value| {
        matches!(format.as_str(), Some("uint" | "uint8" | "uint16" | "uint64" | "int64" | "double"))
    };
    if schema.get("format").is_some_and(rusts) {
        schema.remove("format");
    }
    let about = schema.get("description").and_then(Value::as_str);
    if let Some(about) = about.map(|about| about.replace('\n', " ")) {
        schema.insert("description".to_owned(), about.into());
    }
}
