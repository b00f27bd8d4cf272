//! JSON that stands in a string, as tools and models write it: for people its escapes are decoded
//! and, where it is long, it is laid out. Machine formats keep the string as it is.
//!
//! Text that is no JSON is left alone. What was cut off in its middle, values one after the other and
//! `NaN`, which Python writes, are taken for what they are meant to be. JSON within a string of JSON
//! is shown as the JSON it is. Two escapes stay, those of a quote and of a backslash before one:
//! without them nobody could tell where a string ends.

mod layout;
mod parse;

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

use self::parse::Parsed;

/// The text with the escapes of its strings decoded, and else as it stands; line feeds in it are
/// line feeds. Borrowed where it is no JSON or has no escapes.
pub fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    Parsed::of(text).map_or(Cow::Borrowed(text), |parsed| Cow::Owned(parsed.flat))
}

/// The same, indented where it takes more than one line of `measure` columns. What is no JSON, and
/// single values that cannot be taken apart, are left for others to wrap.
pub fn laid_out(text: &str, measure: usize) -> Cow<'_, str> {
    let fits = |text: &str| !text.contains('\n') && text.width() <= measure;
    if !text.contains('\\') && (text.len() <= measure && fits(text)) {
        return Cow::Borrowed(text);
    }
    match Parsed::of(text) {
        Some(parsed) if fits(&parsed.flat) => Cow::Owned(parsed.flat),
        Some(parsed) => Cow::Owned(layout::lines(&parsed.values, measure)),
        None => Cow::Borrowed(text),
    }
}

/// Whether the text is an object, an array, or several of them.
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && Parsed::of(text).is_some()
}

#[cfg(test)]
mod tests;
