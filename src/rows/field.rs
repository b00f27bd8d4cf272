//! The fields of a kind of rows, as its schema has them: what CSV, `--fields` and `--sort` go by.

use schemars::JsonSchema;
use serde_json::Value;

use super::Row;
use super::schema::schema;
use crate::failure::Failure;

/// What a field's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A string that is a date-time.
    Time,
    /// A number, whole or not.
    Number,
    /// True or false.
    Boolean,
    /// A list, in CSV joined by `;`.
    List,
    /// An object, whose fields CSV has as columns of their own; or any value at all.
    Json,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; that of an object's field begins with the object's: `citation_doc_id`.
    pub name: String,
    /// Its place among the row's fields.
    pub place: usize,
    /// The name it has in the object at that place, where it is in one.
    pub inner: Option<String>,
    /// What its values are.
    pub kind: Kind,
}

/// The fields of a kind of rows.
#[derive(Clone, Debug)]
pub struct Fields {
    /// As JSON has them.
    pub top: Vec<Field>,
    /// As CSV has them: an object's are told apart.
    pub flat: Vec<Field>,
    /// Short names, and the fields they stand for.
    pub short: &'static [(&'static str, &'static str)],
}

impl Fields {
    /// The fields of rows of type `T`, in order.
    pub fn of<T: JsonSchema + ?Sized>() -> Self {
        let schema = schema::<T>();
        let (mut top, mut flat) = (Vec::new(), Vec::new());
        for (place, (name, field)) in properties(&schema).into_iter().flatten().enumerate() {
            let whole = Field { name: name.clone(), place, inner: None, kind: kind(field) };
            match object(field) {
                Some(inner) => flat.extend(inner.iter().map(|(inner, field)| Field {
                    name: format!("{name}_{inner}"),
                    place,
                    inner: Some(inner.clone()),
                    kind: kind(field),
                })),
                None => flat.push(whole.clone()),
            }
            top.push(whole);
        }
        Self { top, flat, short: &[] }
    }

    /// The fields of a view's rows, which may be called by their short names too.
    pub fn of_row<R: Row>() -> Self {
        Self { short: R::SHORT, ..Self::of::<R>() }
    }

    /// The names of all of them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.top.iter().chain(&self.flat).map(|field| &*field.name)
    }

    /// The field of this name or short name; a list may be called by what one of its elements is:
    /// `kb_id` of `kb_ids`.
    pub fn find(&self, name: &str) -> Option<&Field> {
        let named = |name: &str| self.top.iter().chain(&self.flat).find(|field| field.name == name);
        let short = || self.short.iter().find(|(short, _)| *short == name);
        named(name)
            .or_else(|| named(short()?.1))
            .or_else(|| named(&format!("{name}s")).filter(|field| field.kind == Kind::List))
    }

    /// The field of this name. Fails where there is none, naming the nearest.
    pub fn resolve(&self, option: &str, name: &str) -> Result<Field, Failure> {
        self.find(name).cloned().ok_or_else(|| self.unknown(option, name))
    }

    /// Says that there is no field of this name, and which is nearest.
    pub fn unknown(&self, option: &str, name: &str) -> Failure {
        let failure = Failure::usage(format!("{option}: there is no field {name}"));
        let short = self.short.iter().map(|(short, _)| *short);
        if let Some(nearest) = nearest(name, self.names().chain(short)) {
            return failure.hint(format!("did you mean {nearest}?"));
        }
        let names: Vec<&str> = self.top.iter().map(|field| &*field.name).collect();
        failure.hint(format!("the fields are {}", names.join(", ")))
    }
}

/// Of `names`, the one most like `name`; None where none is much like it.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likeness = |other: &str| {
        // Part of a name is likely meant, however long the rest.
        let part = name.len() > 2 && other.split('_').any(|word| word == name);
        if part { 0.95 } else { strsim::jaro_winkler(name, other) }
    };
    names
        .map(|other| (likeness(other), other))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}

fn properties(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// The properties of an object's schema, also where null may stand in its place.
fn object(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    properties(schema).or_else(|| {
        let choices = schema.get("anyOf")?.as_array()?;
        choices.iter().find_map(properties)
    })
}

fn kind(schema: &Value) -> Kind {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    match types.iter().find(|name| **name != "null") {
        Some(&"string") if schema.get("format").is_some_and(|format| format == "date-time") => {
            Kind::Time
        }
        Some(&"string") => Kind::Text,
        Some(&"number" | &"integer") => Kind::Number,
        Some(&"boolean") => Kind::Boolean,
        Some(&"array") => Kind::List,
        Some(_) => Kind::Json,
        None if schema.get("enum").is_some() || schema.get("const").is_some() => Kind::Text,
        None => ["anyOf", "oneOf"]
            .iter()
            .filter_map(|choices| schema.get(*choices)?.as_array())
            .flatten()
            .find(|choice| choice.get("type").is_none_or(|name| name != "null"))
            .map_or(Kind::Json, kind),
    }
}
