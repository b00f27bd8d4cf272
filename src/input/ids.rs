//! Lists of session ids: one a line, or JSON arrays of them.

use std::fmt;
use std::io::{self, BufRead, BufReader};

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::failure::Failure;
use crate::input::decode::{Broken, Decoded};
use crate::input::source::unreadable;

/// What a text holds, by how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Documents, or an array of them.
    Documents,
    /// Session ids.
    Ids,
    /// A comment, as lists of ids have them.
    Comment,
    /// An array of nothing.
    NoId,
    /// Nothing, as far as it was looked at.
    Blank,
    /// Neither, or not in a way that can be told.
    Unknown,
}

/// What a text holds that begins like this.
pub fn content(beginning: &[u8]) -> Content {
    let text = String::from_utf8_lossy(beginning);
    let text = without_blank(&text);
    let inside = text.trim_start_matches(|character: char| character == '[' || is_blank(character));
    match (text.chars().next(), inside.chars().next()) {
        (None, _) => Content::Blank,
        (Some('{'), _) | (Some('['), Some('{')) => Content::Documents,
        (Some('['), Some('"' | '\'')) => Content::Ids,
        (Some('#'), _) => Content::Comment,
        (Some('['), Some(']')) => Content::NoId,
        _ if id_in(text.lines().next().unwrap_or_default()).is_some() => Content::Ids,
        _ => Content::Unknown,
    }
}

/// Reads a list and calls `each` with every id.
///
/// Fails with [`crate::exit::Exit::Usage`] at the first entry that is none.
pub fn read(label: &str, list: Decoded, each: &mut dyn FnMut(Uuid)) -> Result<(), Failure> {
    let is_array = without_blank(&String::from_utf8_lossy(&list.beginning)).starts_with('[');
    let list = BufReader::new(list.text);
    if is_array { read_arrays(label, list, each) } else { read_lines(label, list, each) }
}

/// One id a line; `#` begins a comment.
fn read_lines(label: &str, list: impl BufRead, each: &mut dyn FnMut(Uuid)) -> Result<(), Failure> {
    for (number, line) in list.lines().enumerate() {
        let number = number + 1;
        let line = line.map_err(|error| match (Broken::words(&error), error.kind()) {
            (Some(words), _) => Failure::usage(format!("{label}, line {number}: {words}")),
            (None, io::ErrorKind::InvalidData) => {
                Failure::usage(format!("{label}, line {number}: not text in UTF-8"))
            }
            (None, _) => unreadable(label, &error),
        })?;
        let text = entry(&line);
        if !text.is_empty() {
            each(id_in(&line).ok_or_else(|| no_id(label, number, text))?);
        }
    }
    Ok(())
}

/// What a line says: without a comment, and without the quotes and commas of databases and arrays.
fn entry(line: &str) -> &str {
    let text = line.trim_start_matches('\u{feff}').split('#').next().unwrap_or_default();
    text.trim().trim_end_matches(',').trim_matches(['"', '\''])
}

/// The session's id that a word or a line holds: alone, with blanks, quotes and commas around it, or in
/// the address of a page.
///
/// Of several in an address it is the one behind `session` or `sessions`.
pub fn id_in(text: &str) -> Option<Uuid> {
    if let Ok(id) = Uuid::parse_str(entry(text)) {
        return Some(id);
    }
    // An address may have a # in it, and so is no line with a comment.
    let address = text.split_whitespace().next().filter(|word| word.contains("://"))?;
    let parts = address.split(|character: char| !character.is_ascii_hexdigit() && character != '-');
    let ids: Vec<Uuid> = parts
        .filter(|part| part.len() == ID_LENGTH)
        .filter_map(|part| Uuid::parse_str(part).ok())
        .collect();
    if let [id] = ids[..] {
        return Some(id);
    }
    let segments: Vec<&str> = address.split(['/', '?', '&', '#', '=']).collect();
    let of_session = |pair: &&[&str]| {
        let name = pair[0].to_ascii_lowercase();
        ["session", "sessions", "session_id", "sessionid"].contains(&&*name)
    };
    let pair = segments.windows(2).find(of_session)?;
    Uuid::parse_str(pair[1]).ok()
}

/// The characters of a UUID as it is mostly spelt.
const ID_LENGTH: usize = 36;

/// Whether it is a key as environments, requests and PEM files have it, which is not to be repeated.
pub fn is_key_setting(text: &str) -> bool {
    if text.contains("-----BEGIN") {
        return true;
    }
    let text = text.trim_start().to_ascii_uppercase();
    let text = text.strip_prefix("EXPORT ").unwrap_or(&text);
    let begins = ["FEATHER_API_KEY", "X-API-KEY", "X_API_KEY", "AUTHORIZATION"];
    begins.iter().any(|name| {
        text.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
    })
}

/// JSON arrays of ids, as `jq '.ids'` prints one a document.
fn read_arrays(
    label: &str,
    mut list: impl BufRead,
    each: &mut dyn FnMut(Uuid),
) -> Result<(), Failure> {
    if list.fill_buf().is_ok_and(|text| text.starts_with(b"\xef\xbb\xbf")) {
        list.consume(3);
    }
    let mut bad = None;
    let mut deserializer = serde_json::Deserializer::from_reader(list);
    // At the end there is nothing but blank space.
    while deserializer.end().is_err() {
        let array = Array { each: &mut *each, bad: &mut bad };
        if let Err(error) = array.deserialize(&mut deserializer) {
            return Err(refuse(label, error, bad.as_deref()));
        }
    }
    Ok(())
}

/// Why an array cannot be read, `bad` being an element that is no id.
fn refuse(label: &str, error: serde_json::Error, bad: Option<&str>) -> Failure {
    let line = error.line();
    match bad {
        Some(bad) if bad.starts_with('"') => return no_id(label, line, bad.trim_matches('"')),
        Some(bad) => return no_id(label, line, bad),
        None if error.is_io() => {}
        None => {
            let text = error.to_string();
            let words = text.rsplit_once(" at line ").map_or(&*text, |(words, _)| words);
            let failure = format!("{label}, line {line}: not a JSON array of session ids: {words}");
            return Failure::usage(failure).hint(
                "strings stand in double quotes, as jq and json.dumps write them, not print(); \
                 nothing was fetched",
            );
        }
    }
    let error = io::Error::from(error);
    match Broken::words(&error) {
        Some(words) => Failure::usage(format!("{label}: {words}")),
        None => unreadable(label, &error),
    }
}

/// Reads one array, element by element.
struct Array<'l> {
    each: &'l mut dyn FnMut(Uuid),
    bad: &'l mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Array<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Array<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<Box<RawValue>>()? {
            let text = serde_json::from_str::<String>(element.get());
            let Some(id) = text.ok().and_then(|text| id_in(&text)) else {
                *self.bad = Some(element.get().to_owned());
                return Err(serde::de::Error::custom("no session id"));
            };
            (self.each)(id);
        }
        Ok(())
    }
}

fn no_id(label: &str, line: usize, text: &str) -> Failure {
    if is_shortened(text) {
        let shown = quoted(text);
        return Failure::usage(format!("{label}, line {line}: {shown} is a shortened id"))
            .hint(format!("{WHOLE_IDS}; nothing was fetched"));
    }
    let reason = cut_off(text).map(|reason| format!(": {reason}")).unwrap_or_default();
    let shown = quoted(text);
    Failure::usage(format!("{label}, line {line}: {shown} is not a session id{reason}")).hint(
        "a list of sessions holds one UUID a line, or is a JSON array of them; nothing was fetched",
    )
}

/// Where ids stand that tables shorten.
pub const WHOLE_IDS: &str = "whole ids are in --format json and csv, and in the saved document";

/// Whether it is an id as tables shorten it, `7f3c…11`, be it typed with dots.
pub fn is_shortened(text: &str) -> bool {
    let Some((begin, end)) = text.split_once('…').or_else(|| text.split_once("..")) else {
        return false;
    };
    let end = end.trim_start_matches('.');
    let like_an_id = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (4..36).contains(&(begin.len() + end.len())) && like_an_id(begin) && like_an_id(end)
}

/// What is wrong with an id that was not copied whole; None where the text is nothing like an id.
pub fn cut_off(text: &str) -> Option<String> {
    let like_an_id = (4..40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && text.bytes().any(|byte| byte.is_ascii_digit());
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    like_an_id.then(|| format!("a UUID has 32 hexadecimal digits, this has {digits}"))
}

/// Words of the user's, shortened where they go on and on.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}

/// The text without blank space and byte-order marks before it.
fn without_blank(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}

fn is_blank(character: char) -> bool {
    character.is_ascii_whitespace() || character == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11";

    #[test]
    fn what_a_text_holds_is_told_by_its_beginning() {
        for (text, expected) in [
            ("", Content::Blank),
            (" \r\n\u{feff}\n", Content::Blank),
            ("\u{feff} {\"a\"", Content::Documents),
            ("[{", Content::Documents),
            (" [\n [ {", Content::Documents),
            ("[ ]", Content::NoId),
            ("[\"x\"]", Content::Ids),
            ("['x']", Content::Ids),
            ("# ids", Content::Comment),
            (&format!("\n{ID}\nx"), Content::Ids),
            (&format!("\"{ID}\","), Content::Ids),
            (&format!("{ID}  # the first"), Content::Ids),
            ("[1]", Content::Unknown),
            ("[", Content::Unknown),
            ("session_id,channel", Content::Unknown),
            ("\"x\"", Content::Unknown),
        ] {
            assert_eq!(content(text.as_bytes()), expected, "{text:?}");
        }
    }

    /// The ids of a list, or what is wrong with it.
    fn ids(text: &str) -> Result<usize, String> {
        let mut count = 0;
        let beginning = text.as_bytes().to_vec();
        let list = Decoded { text: Box::new(io::Cursor::new(beginning.clone())), beginning };
        read("ids", list, &mut |id| {
            assert_eq!(id.to_string(), ID);
            count += 1;
        })
        .map(|()| count)
        .map_err(|failure| failure.message)
    }

    #[test]
    fn an_id_is_read_however_the_list_is_written() {
        let upper = ID.to_uppercase();
        for text in [
            format!("{ID}\n{upper} # again"),
            format!("\u{feff}'{ID}',\r\n\"{upper}\"\r\n"),
            format!("[\"{ID}\",\n\"{upper}\"]"),
            format!("\u{feff}\n[ \"{ID}\" ]\n[]\n[ \"{upper}\" ]\n"),
        ] {
            assert_eq!(ids(&text), Ok(2), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, words) in [
            (format!("{ID}\nx"), "ids, line 2: \"x\" is not a session id"),
            (format!("[\"{ID}\",\n\"x\"]"), "ids, line 2: \"x\" is not a session id"),
            (format!("[\"{ID}\",\n5]"), "ids, line 2: \"5\" is not a session id"),
            (format!("[\"{}\"]", &ID[1..]), "this has 31"),
            (format!("['{ID}']"), "ids, line 1: not a JSON array of session ids: expected value"),
            (format!("[\"{ID}\""), "ids, line 1: not a JSON array of session ids: EOF"),
            (format!("[\"{ID}\"]\nx"), "ids, line 2: not a JSON array"),
            ("[[\"x\"]]".to_owned(), "ids, line 1: \"[\"x\"]\" is not a session id"),
        ] {
            let message = ids(&text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
