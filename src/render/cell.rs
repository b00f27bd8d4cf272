//! A cell's text as people may see it: harmless, of one line, JSON in it readable.

use std::borrow::Cow;

use super::{blobs, embedded, json, sanitize};
use crate::rows::Cell;

/// What is shown of a cell's text, and whether a blob in it was cut, which `full` forbids.
pub fn shown<'a>(cell: &mut Cell<'a>, full: bool) -> (Cow<'a, str>, bool) {
    let text = std::mem::take(&mut cell.text);
    if !cell.code {
        return (sanitize::cow_line(text), false);
    }
    if cell.quotes.is_empty() {
        return quoted(text, full);
    }
    let (mut line, mut cut, mut done) = (String::with_capacity(text.len()), false, 0);
    for quote in std::mem::take(&mut cell.quotes) {
        line.push_str(&sanitize::line(text.get(done..quote.start).unwrap_or_default()));
        done = quote.end;
        let (quote, was_cut) = quoted(text.get(quote).unwrap_or_default().into(), full);
        line.push_str(&quote);
        cut |= was_cut;
    }
    line.push_str(&sanitize::line(text.get(done..).unwrap_or_default()));
    (line.into(), cut)
}

/// The same of a text that may be JSON as a whole.
fn quoted(text: Cow<'_, str>, full: bool) -> (Cow<'_, str>, bool) {
    let blobless = if full { Cow::Borrowed(&*text) } else { blobs::cut(&text) };
    let (text, cut) = match blobless {
        Cow::Owned(blobless) => (Cow::Owned(blobless), true),
        Cow::Borrowed(_) => (text, false),
    };
    let text = json::readable(text);
    let text = match embedded::decoded(&text) {
        Cow::Owned(decoded) => Cow::Owned(decoded),
        Cow::Borrowed(_) => text,
    };
    (sanitize::cow_line(text), cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Quoting, Tone};

    fn line(mut cell: Cell<'_>, full: bool) -> (String, bool) {
        let (text, cut) = shown(&mut cell, full);
        (text.into_owned(), cut)
    }

    #[test]
    fn json_is_decoded_and_other_text_is_as_it_was() {
        for (text, expected) in [
            (r#"{ "a":  "\u898b\n\u3064" }"#, r#"{"a":"見 つ"}"#),
            (r#"{"a": NaN, "b": "\u00e9"}"#, r#"{"a": NaN, "b": "é"}"#),
            (r#"{"a": "\u001b[31mred\u202e"}"#, r#"{"a":"red<U+202E>"}"#),
            (r"C:\new\u00e9", r"C:\new\u00e9"),
        ] {
            assert_eq!(line(Cell::from(text).code(), false), (expected.to_owned(), false));
            assert_eq!(line(Cell::from(text), false).0, sanitize::line(text));
        }
    }

    #[test]
    fn what_stands_around_a_quote_is_no_json() {
        let mut quoting = Quoting::default();
        quoting.quote(r#"{"e": "\u00e9"}"#);
        quoting.words(" \\u00e9 (with ");
        quoting.quote(r#"["\u898b"]"#);
        quoting.words(")");
        let cell = quoting.cell(Tone::Bad);
        assert_eq!(line(cell, false).0, r#"{"e":"é"} \u00e9 (with ["見"])"#);
    }

    #[test]
    fn a_blob_is_cut_unless_all_is_wanted() {
        let text = format!(r#"{{"picture": "{}", "name": "\u00e9"}}"#, "aB3/".repeat(100));
        let (cut, was_cut) = line(Cell::from(&*text).code(), false);
        assert!(was_cut && cut.len() < 130 && cut.contains("more characters of base64"), "{cut}");
        assert!(cut.ends_with(r#""name":"é"}"#), "{cut}");
        let (whole, was_cut) = line(Cell::from(&*text).code(), true);
        assert!(!was_cut && whole.len() > 400, "{whole}");
    }
}
