//! The fields of rows and their values, as things to be typed.

use serde_json::Value;

use crate::figures::by::By;
use crate::rows::{Field, Fields, Kind, Row, schema};

/// A word that may be typed, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The word.
    pub text: String,
    /// Its meaning, in a line; empty where it says it itself.
    pub about: String,
    /// What the field's values are; text for all that is no field.
    pub kind: Kind,
}

impl Word {
    pub(super) fn new(text: impl Into<String>, about: impl Into<String>) -> Self {
        Self { text: text.into(), about: about.into(), kind: Kind::Text }
    }
}

/// The fields of rows of type `R`, by their names.
pub(super) fn names<R: Row>() -> Vec<Word> {
    let (fields, schema) = (Fields::of_row::<R>(), schema::<R>());
    let mut words: Vec<Word> = Vec::new();
    for field in fields.top.iter().chain(&fields.flat) {
        if !words.iter().any(|word| word.text == field.name) {
            let about = property(&schema, field).map(about).unwrap_or_default();
            words.push(Word { text: field.name.clone(), about, kind: field.kind });
        }
    }
    words
}

/// The same with their short names, and a list's by what one of its elements is: see
/// [`Fields::find`].
pub(super) fn names_and_short<R: Row>() -> Vec<Word> {
    let mut words = names::<R>();
    let lists: Vec<String> = words.iter().filter_map(singular).collect();
    words.extend(lists.into_iter().map(|name| {
        let about = format!("one of {name}s");
        Word { text: name, about, kind: Kind::List }
    }));
    for (short, long) in R::SHORT {
        let kind =
            words.iter().find(|word| word.text == *long).map_or(Kind::Text, |word| word.kind);
        words.push(Word { text: (*short).to_owned(), about: format!("short for {long}"), kind });
    }
    words
}

fn singular(word: &Word) -> Option<String> {
    word.text.strip_suffix('s').filter(|_| word.kind == Kind::List).map(str::to_owned)
}

/// What groups of a command's rows (`R`) may be told apart by: see [`By::new`].
pub(super) fn groups<S: Row, R: Row>(more: &[&str]) -> Vec<Word> {
    let own = if S::KIND == R::KIND { Vec::new() } else { names_and_short::<R>() };
    let spans = By::spans().map(|span| Word::new(span, format!("the {span} of started_at")));
    let more = more.iter().map(|name| Word::new(*name, ""));
    let mut words: Vec<Word> = Vec::new();
    for word in spans.chain(more).chain(own).chain(names_and_short::<S>()) {
        if !words.iter().any(|known| known.text == word.text) {
            words.push(word);
        }
    }
    words
}

/// The values that a field of rows of type `R` is known to have.
pub(super) fn values<R: Row>(name: &str) -> Vec<Word> {
    let (fields, schema) = (Fields::of_row::<R>(), schema::<R>());
    let mut words = Vec::new();
    if let Some(field) = fields.find(name).and_then(|field| property(&schema, field)) {
        add_values(field, &mut words);
    }
    words
}

/// A field's schema.
fn property<'s>(schema: &'s Value, field: &Field) -> Option<&'s Value> {
    let whole = schema.get("properties")?.as_object()?.values().nth(field.place)?;
    let Some(inner) = &field.inner else { return Some(whole) };
    let within = |schema: &'s Value| schema.get("properties")?.get(inner);
    within(whole).or_else(|| whole.get("anyOf")?.as_array()?.iter().find_map(within))
}

/// The first sentence of what a schema says of itself.
fn about(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let first = text.split_once(". ").map_or(text, |(first, _)| first);
    first.trim_end_matches('.').replace('`', "")
}

/// The values that a schema names, be it as examples.
fn add_values(schema: &Value, words: &mut Vec<Word>) {
    if schema.get("type").is_some_and(|name| name == "boolean") {
        words.extend(["true", "false"].map(|value| Word::new(value, "")));
    }
    if let Some(value) = schema.get("const").and_then(Value::as_str) {
        words.push(Word::new(value, about(schema)));
    }
    for list in ["enum", "examples"] {
        let values = schema.get(list).and_then(Value::as_array).into_iter().flatten();
        words.extend(values.filter_map(Value::as_str).map(|value| Word::new(value, "")));
    }
    for inner in ["oneOf", "anyOf"] {
        let choices = schema.get(inner).and_then(Value::as_array).into_iter().flatten();
        choices.for_each(|choice| add_values(choice, words));
    }
    if let Some(items) = schema.get("items") {
        add_values(items, words);
    }
}
