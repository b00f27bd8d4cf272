//! The reference of the rows: a table of fields for each kind, from its schema.

use std::fmt::Write as _;

use serde_json::Value;

/// The fields of rows as a Markdown table; several where a row is one of several things.
pub(super) fn tables(schema: &Value) -> String {
    let Some(choices) = schema.get("oneOf").and_then(Value::as_array) else { return table(schema) };
    let mut text = String::new();
    for choice in choices {
        let tag = choice.pointer("/properties/kind/const").and_then(Value::as_str);
        let about = choice.get("description").and_then(Value::as_str).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "`{}`: {about}\n\n{}", tag.unwrap_or_default(), table(choice));
    }
    text.trim_end().to_owned() + "\n"
}

fn table(schema: &Value) -> String {
    let mut text = "| field | type | meaning |\n| --- | --- | --- |\n".to_owned();
    rows(schema, "", &mut text);
    text
}

fn rows(schema: &Value, path: &str, text: &mut String) {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        // A tag stands above the table.
        if field.get("const").is_some() {
            continue;
        }
        let optional = !required.contains(&&**name);
        let name = &format!("{path}{name}");
        let about = field.get("description").and_then(Value::as_str).unwrap_or_default();
        let optional = if optional { ", optional" } else { "" };
        let unit = field.get("unit").and_then(Value::as_str);
        let unit = unit.map(|unit| format!(", {unit}")).unwrap_or_default();
        let about = about.replace('|', "\\|");
        let _ = writeln!(text, "| `{name}` | {}{unit}{optional} | {about} |", of_type(field));
        for inner in [Some(field), field.get("items")].into_iter().flatten() {
            let brackets = if field.get("items").is_some() { "[]" } else { "" };
            let path = format!("{name}{brackets}.");
            rows(inner, &path, text);
            for choice in inner.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
                rows(choice, &path, text);
            }
        }
    }
}

/// What a field's values are, in words.
fn of_type(field: &Value) -> String {
    let is_time = field.get("format").is_some_and(|format| format == "date-time");
    let in_words = |name: &str| match name {
        "string" if is_time => "time".to_owned(),
        "array" => "list".to_owned(),
        name => name.to_owned(),
    };
    match (field.get("type"), field.get("anyOf").or_else(|| field.get("oneOf"))) {
        (Some(Value::String(name)), _) if name == "array" => match field.get("items") {
            Some(items) if items.as_object().is_some_and(|items| !items.is_empty()) => {
                format!("list of {}s", of_type(items))
            }
            _ => "list".to_owned(),
        },
        (Some(Value::String(name)), _) => in_words(name),
        (Some(Value::Array(names)), _) => {
            let names: Vec<String> = names.iter().filter_map(Value::as_str).map(in_words).collect();
            names.join(" or ")
        }
        (_, Some(Value::Array(choices))) => {
            let mut names: Vec<String> = choices.iter().map(of_type).collect();
            names.dedup();
            names.join(" or ")
        }
        _ if field.get("const").is_some() || field.get("enum").is_some() => "string".to_owned(),
        _ => "any".to_owned(),
    }
}
