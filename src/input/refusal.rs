//! Why a document is refused, in words that name the place and what stands there.

use std::fmt::Write as _;
use std::string::FromUtf8Error;

use serde_json::error::Category;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::decode::Coding;
use crate::input::document::{Document, Origin};
use crate::model::json_type;

/// How much of a value that is no JSON is shown, in characters.
const EXCERPT: usize = 24;

/// How many steps of a path are shown, the last ones.
const STEPS: usize = 8;

const NO_DOCUMENT: &str = "documents are what feather-analysis fetch prints";
const NO_NUMBER: &str =
    "null stands for no number; json.dumps(…, allow_nan=False) says where it comes from";
const PYTHON: &str = "json.dumps writes JSON; str() and print() write Python";

/// The failure of a document that cannot be used.
pub fn unusable(origin: &Origin, message: String) -> Failure {
    let hint = match origin {
        Origin::Session { .. } => {
            "check --base-url; if it is right, something between here and the API answers for it"
        }
        Origin::File { .. } => NO_DOCUMENT,
    };
    let mut failure = Failure::new(Exit::Document, origin.subject(), message).hint(hint);
    if let Origin::Session { status, tries, .. } = origin {
        failure.status = Some(*status);
        failure.tries = *tries;
    }
    failure
}

/// The failure of bytes that are not UTF-8.
pub fn no_text(origin: &Origin, error: &FromUtf8Error) -> Failure {
    let bytes = error.as_bytes();
    let position = error.utf8_error().valid_up_to();
    let words = match Coding::of(bytes) {
        Coding::Gzip => "gzip data that was not declared as such, not JSON".to_owned(),
        Coding::Utf16(_) => "UTF-16 text, not JSON in UTF-8".to_owned(),
        Coding::Foreign(foreign) => format!("{}, not JSON", foreign.what),
        Coding::Utf8 => {
            let failure = unusable(origin, format!("not JSON: byte {} is not UTF-8", position + 1));
            return match origin {
                Origin::Session { .. } => failure,
                Origin::File { .. } => failure.hint(
                    "save it as UTF-8; if it is Windows-1252 (Latin-1), this converts it: \
                     iconv -f WINDOWS-1252 -t UTF-8",
                ),
            };
        }
    };
    let whose =
        if matches!(origin, Origin::Session { .. }) { "the server answered with " } else { "" };
    unusable(origin, format!("{whose}{words}"))
}

/// Says why the parser refused a document; `path` is where it met a wrong type.
pub fn refuse(document: &Document, error: &serde_json::Error, path: Option<&str>) -> Failure {
    let (json, origin) = (document.json(), document.origin());
    let place = place(origin, error);
    if let Some(what) = no_object(json) {
        let message = match origin {
            Origin::Session { content_type: Some(kind), .. } => {
                format!("the server answered with {what} ({kind})")
            }
            Origin::Session { content_type: None, .. } => {
                format!("the server answered with {what}")
            }
            Origin::File { .. } => what,
        };
        return unusable(origin, message);
    }
    match error.classify() {
        Category::Data => {
            let path = path.map(|path| format!("{path}: ")).unwrap_or_default();
            unusable(origin, format!("not an analysis input: {path}{}{place}", words(error)))
        }
        Category::Eof => {
            unusable(origin, format!("not JSON: it breaks off: {}{place}", words(error)))
        }
        Category::Syntax | Category::Io => {
            let (words, hint) = syntax(json, error);
            let failure = unusable(origin, format!("not JSON: {words}{place}"));
            match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        }
    }
}

/// What is nothing like a document is named; where it fails says little.
fn no_object(json: &str) -> Option<String> {
    let value = serde_json::from_str::<&RawValue>(json);
    Some(match (json.bytes().next(), value) {
        (None, _) => "an empty body".to_owned(),
        (Some(b'{'), _) => return None,
        (Some(_), Ok(value)) if begins_with_id(value) => {
            "a list of session ids, not a document; name its file by itself".to_owned()
        }
        (Some(_), Ok(value)) => format!("a JSON {}, not an object", json_type(value)),
        (Some(_), Err(_)) => match Coding::of(json.as_bytes()) {
            Coding::Foreign(foreign) => format!("{}, not JSON", foreign.what),
            _ => "not JSON".to_owned(),
        },
    })
}

fn begins_with_id(value: &RawValue) -> bool {
    let list = serde_json::from_str::<Vec<&RawValue>>(value.get());
    let first = list.ok().and_then(|list| list.first().map(|first| first.get().trim_matches('"')));
    first.is_some_and(|first| Uuid::parse_str(first).is_ok())
}

/// The parser's message without its place.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(&*text, |(words, _)| words).to_owned()
}

/// Where the parser stopped, counted from the top of the file.
fn place(origin: &Origin, error: &serde_json::Error) -> String {
    if error.line() == 0 {
        return String::new();
    }
    let (line, column) = match origin {
        Origin::File { place, .. } if error.line() == 1 => {
            (place.line, place.column - 1 + error.column())
        }
        Origin::File { place, .. } => (place.line - 1 + error.line(), error.column()),
        Origin::Session { .. } => (error.line(), error.column()),
    };
    format!(" (line {line}, column {column})")
}

/// What is no JSON, in which field, and what to do about it.
fn syntax(json: &str, error: &serde_json::Error) -> (String, Option<&'static str>) {
    let words = words(error);
    let position = offset(json, error);
    let path = path_to(json, position);
    let whose = if path.is_empty() { "the document" } else { &*path };
    let value = value_at(json, position);
    if words == "key must be a string" {
        if value.starts_with('\'') {
            let words = format!("{whose} has a name in single quotes, as Python writes it");
            return (words, Some(PYTHON));
        }
        return (format!("{whose} has a name that is no string: {value}"), None);
    }
    if !matches!(&*words, "expected value" | "expected ident" | "invalid number")
        || value.is_empty()
    {
        let path = if path.is_empty() { path } else { format!("{path}: ") };
        return (format!("{path}{words}"), None);
    }
    match value.trim_start_matches('-') {
        "NaN" | "nan" | "Infinity" | "infinity" | "inf" => {
            (format!("{whose} holds {value}, a number that JSON does not have"), Some(NO_NUMBER))
        }
        "None" | "True" | "False" => {
            (format!("{whose} holds {value}, as Python writes it"), Some(PYTHON))
        }
        quoted if quoted.starts_with('\'') => {
            (format!("{whose} holds text in single quotes, as Python writes it"), Some(PYTHON))
        }
        _ => (format!("{whose} holds {value}, which is no JSON value"), None),
    }
}

/// The byte at which the parser stopped.
fn offset(json: &str, error: &serde_json::Error) -> usize {
    let mut lines = memchr::memchr_iter(b'\n', json.as_bytes());
    let before = error.line().checked_sub(2).and_then(|line| lines.nth(line));
    let begin = before.map_or(0, |newline| newline + 1);
    (begin + error.column().saturating_sub(1)).min(json.len())
}

/// What stands at a byte, from its beginning to the next delimiter, shortened.
fn value_at(json: &str, position: usize) -> String {
    let delimits = |byte: &u8| b",:[]{}\" \t\r\n".contains(byte);
    let bytes = json.as_bytes();
    let begin = bytes[..position].iter().rposition(&delimits).map_or(0, |at| at + 1);
    let length = bytes[begin..].iter().position(delimits);
    let end = length.map_or(bytes.len(), |length| begin + length);
    let value = String::from_utf8_lossy(&bytes[begin..end]);
    match value.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.into_owned(),
    }
}

/// A step of a path.
enum Step<'j> {
    /// Into an object, by a name as JSON spells it.
    Name(&'j str),
    /// Into an array.
    Index(usize),
}

/// The path of the value at a byte, up to which the text is JSON: `messages[3].content`.
fn path_to(json: &str, position: usize) -> String {
    let bytes = json.as_bytes();
    let mut steps = Vec::new();
    // Whether a name comes next.
    let mut name_comes = false;
    let mut at = 0;
    while at < position {
        match bytes[at] {
            b'"' => {
                let begin = at + 1;
                at = end_of_string(bytes, begin);
                if std::mem::take(&mut name_comes)
                    && let Some(Step::Name(name)) = steps.last_mut()
                {
                    *name = json.get(begin..at).unwrap_or_default();
                }
            }
            b'{' => {
                steps.push(Step::Name(""));
                name_comes = true;
            }
            b'[' => {
                steps.push(Step::Index(0));
                name_comes = false;
            }
            b'}' | b']' => {
                steps.pop();
                name_comes = false;
            }
            b',' => match steps.last_mut() {
                Some(Step::Index(index)) => *index += 1,
                _ => name_comes = true,
            },
            _ => {}
        }
        at += 1;
    }
    if name_comes {
        steps.pop();
    }
    let skipped = steps.len().saturating_sub(STEPS);
    let mut path = if skipped > 0 { "…".to_owned() } else { String::new() };
    for step in &steps[skipped..] {
        match step {
            Step::Index(index) => {
                // Writing to a string cannot fail.
                let _ = write!(path, "[{index}]");
            }
            Step::Name(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.extend(name.chars().take(EXCERPT));
            }
        }
    }
    path
}

/// Where the string that begins here ends: at its closing quote.
fn end_of_string(bytes: &[u8], begin: usize) -> usize {
    let mut at = begin;
    while let Some(offset) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        if bytes[at + offset] == b'"' {
            return at + offset;
        }
        at += offset + 2;
    }
    bytes.len()
}
