//! JSON: documents as they are, and rows.

use std::borrow::Cow;
use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;

use serde::Serialize;
use serde::de::IgnoredAny;

use super::frame::Frame;
use super::paint::painted;
use super::{LayoutOptions, Out, sanitize};
use crate::input::outline::Seam;

/// Output is handed on in pieces of about this size.
const PIECE: usize = 64 * 1024;

/// Blanks a level is indented by.
const STEP: usize = 2;

/// A document's text as it may reach where `look` says it goes.
pub fn for_output<'a>(json: &'a str, options: &LayoutOptions) -> Cow<'a, str> {
    if options.terminal { sanitize::json(json) } else { Cow::Borrowed(json) }
}

/// A document, indented as `jq .` would. No token is touched. It must be valid, and the seams its
/// own.
pub fn indented(
    json: &str,
    seams: &[Seam],
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    laid_out(json, seams, Layout::Indented, options, out)
}

/// A document on one line. No token is touched. It must be valid, and the seams its own.
pub fn one_line(
    json: &str,
    seams: &[Seam],
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    laid_out(json, seams, Layout::OneLine, options, out)
}

fn laid_out(
    json: &str,
    seams: &[Seam],
    layout: Layout,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    painted(options, out, |out| match for_output(json, options) {
        Cow::Borrowed(json) => reformat(json, seams, layout, out),
        // What had to be escaped is no longer where the seams are.
        Cow::Owned(json) => reformat(&json, &[], layout, out),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Indented,
    OneLine,
}

/// A part of a document between two seams, and how many levels are open where it begins.
type Part<'a> = (&'a str, usize);

/// Sets a document's blank space anew, part by part: every second one is made aside.
fn reformat(json: &str, seams: &[Seam], layout: Layout, out: Out<'_>) -> io::Result<()> {
    let mut rest: Part<'_> = (json, 0);
    let mut begins = 0;
    let mut parts: Vec<Part<'_>> = Vec::with_capacity(seams.len() + 1);
    for seam in seams {
        if let Some((part, after)) = rest.0.split_at_checked(seam.position - begins) {
            parts.push((part, rest.1));
            rest = (after, seam.depth);
            begins = seam.position;
        }
    }
    parts.push(rest);
    if let [part] = parts[..] {
        reformat_part(part, layout, out)?;
        return out.write_all(b"\n");
    }
    thread::scope(|scope| {
        // Dropped where writing fails, which ends the thread.
        let (sender, made) = sync_channel(1);
        let aside = parts.iter().skip(1).step_by(2);
        scope.spawn(move || {
            for part in aside {
                let mut piece = Vec::with_capacity(2 * part.0.len());
                let sent = reformat_part(*part, layout, &mut piece)
                    .is_ok_and(|()| sender.send(piece).is_ok());
                if !sent {
                    return;
                }
            }
        });
        for (index, part) in parts.iter().enumerate() {
            if index % 2 == 0 {
                reformat_part(*part, layout, out)?;
            } else {
                out.write_all(&made.recv().map_err(io::Error::other)?)?;
            }
        }
        out.write_all(b"\n")
    })
}

/// Copies the tokens as they stand and sets the blank space between them anew.
///
/// By hand, where a crate (jsonxf) does the same: that one goes byte by byte and takes twice the
/// time, and indenting is most of what `fetch` does.
fn reformat_part((json, depth): Part<'_>, layout: Layout, out: Out<'_>) -> io::Result<()> {
    let bytes = json.as_bytes();
    let mut piece = Vec::with_capacity((2 * json.len()).min(2 * PIECE));
    let mut depth = depth;
    // Up to `copied` everything is in the piece; up to `position` it was looked at.
    let (mut copied, mut position) = (0, 0);
    while let Some(byte) = bytes.get(position) {
        match byte {
            b'"' => position = end_of_string(bytes, position),
            b':' => {
                position += 1;
                piece.extend_from_slice(&bytes[copied..position]);
                copied = position;
                if layout == Layout::Indented {
                    piece.push(b' ');
                }
            }
            b',' => {
                position += 1;
                piece.extend_from_slice(&bytes[copied..position]);
                copied = position;
                break_line(&mut piece, layout, depth);
                if piece.len() >= PIECE {
                    out.write_all(&piece)?;
                    piece.clear();
                }
            }
            b'{' | b'[' => {
                position += 1;
                piece.extend_from_slice(&bytes[copied..position]);
                position += bytes[position..].iter().take_while(|byte| is_blank(**byte)).count();
                copied = position;
                if matches!(bytes.get(position), Some(b'}' | b']')) {
                    position += 1;
                } else {
                    depth += 1;
                    break_line(&mut piece, layout, depth);
                }
            }
            b'}' | b']' => {
                piece.extend_from_slice(&bytes[copied..position]);
                copied = position;
                position += 1;
                depth = depth.saturating_sub(1);
                break_line(&mut piece, layout, depth);
            }
            blank if is_blank(*blank) => {
                piece.extend_from_slice(&bytes[copied..position]);
                position += 1;
                copied = position;
            }
            _ => position += 1,
        }
    }
    piece.extend_from_slice(&bytes[copied..]);
    out.write_all(&piece)
}

/// Just after the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut position = start + 1;
    while let Some(offset) =
        bytes.get(position..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        position += offset + 1;
        if bytes[position - 1] == b'"' {
            return position;
        }
        // Past what the backslash escapes.
        position += 1;
    }
    bytes.len()
}

fn break_line(piece: &mut Vec<u8>, layout: Layout, depth: usize) {
    const BLANKS: [u8; 64] = [b' '; 64];
    if layout == Layout::OneLine {
        return;
    }
    piece.push(b'\n');
    let mut blanks = depth * STEP;
    while blanks > 0 {
        let some = blanks.min(BLANKS.len());
        piece.extend_from_slice(&BLANKS[..some]);
        blanks -= some;
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// A value on one line, without a line feed after it. It must be valid.
pub fn one_line_of(json: &str) -> Cow<'_, str> {
    if json.bytes().any(is_blank) {
        Cow::Owned(reformatted(json, Layout::OneLine))
    } else {
        Cow::Borrowed(json)
    }
}

/// A line of harmless text; JSON loses the blank space between its tokens.
pub fn readable(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_json = text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<IgnoredAny>(&text).is_ok();
    let text = match text {
        Cow::Borrowed(text) if is_json => one_line_of(text),
        Cow::Owned(text) if is_json => Cow::Owned(one_line_of(&text).into_owned()),
        text => text,
    };
    sanitize::cow_line(text)
}

fn reformatted(json: &str, layout: Layout) -> String {
    let mut text = Vec::with_capacity(json.len());
    // Writing to memory cannot fail, and a text's tokens are text.
    let _ = reformat_part((json, 0), layout, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// What stands around rows: an array's brackets and commas, or nothing where each has a line.
pub fn frame(lines: bool) -> Frame {
    if lines {
        return Frame::default();
    }
    Frame {
        begin: "[".into(),
        between: ",".into(),
        end: "\n]\n",
        none: "[]\n".into(),
        ..Frame::default()
    }
}

/// One document's rows, as elements of the array or as lines.
pub struct Elements<'a> {
    out: Out<'a>,
    options: &'a LayoutOptions,
    /// Whether every row gets a line and the array no brackets.
    lines: bool,
    empty: bool,
}

impl<'a> Elements<'a> {
    /// No rows so far.
    pub fn new(lines: bool, options: &'a LayoutOptions, out: Out<'a>) -> Self {
        Self { out, options, lines, empty: true }
    }

    /// The rows that go on where others, written elsewhere, have begun.
    pub fn going_on(self) -> Self {
        Self { empty: false, ..self }
    }

    /// The next row.
    pub fn push(&mut self, row: &impl Serialize) -> io::Result<()> {
        self.push_json(&serde_json::to_string(row)?)
    }

    /// The same for a row's JSON.
    pub fn push_json(&mut self, json: &str) -> io::Result<()> {
        if self.lines {
            // A part that is verbatim may be indented; a string holds no bare line feed.
            let json = if json.contains('\n') { one_line_of(json) } else { json.into() };
            painted(self.options, self.out, |out| {
                out.write_all(for_output(&json, self.options).as_bytes())?;
                out.write_all(b"\n")
            })?;
        } else {
            let json = reformatted(json, Layout::Indented);
            if !self.empty {
                self.out.write_all(b",")?;
            }
            painted(self.options, self.out, |out| {
                for_output(&json, self.options).lines().try_for_each(|line| {
                    out.write_all(b"\n  ")?;
                    out.write_all(line.as_bytes())
                })
            })?;
        }
        self.empty = false;
        Ok(())
    }
}

/// One value, indented.
pub fn value(value: &impl Serialize, options: &LayoutOptions, out: Out<'_>) -> io::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    painted(options, out, |out| writeln!(out, "{}", for_output(&json, options)))
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::input::outline::Outline;

    fn reformatted(json: &str, layout: Layout) -> String {
        let mut out = Vec::new();
        reformat(json, &[], layout, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_large_document_in_parts_is_as_one_in_a_piece() {
        let element = r#"{"a": "x, {y}: [", "b":[ ], "c": [1, {"d":"é"} ]}"#;
        let json = format!("{{\"list\": [{}]}}", vec![element; 30_000].join(" , "));
        let seams = Outline::of(json.as_bytes()).seams;
        assert!(seams.len() > 2);
        for layout in [Layout::Indented, Layout::OneLine] {
            let mut out = Vec::new();
            reformat(&json, &seams, layout, &mut out).unwrap();
            assert!(String::from_utf8(out).unwrap() == reformatted(&json, layout));
        }
    }

    #[test]
    fn a_reader_that_goes_away_ends_the_work() {
        struct Gone(usize);
        impl io::Write for Gone {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.saturating_sub(bytes.len());
                if self.0 == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes.len()) }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let json = format!("[{}]", vec!["[1, 2, 3]"; 300_000].join(","));
        let seams = Outline::of(json.as_bytes()).seams;
        let gone = reformat(&json, &seams, Layout::Indented, &mut Gone(900_000));
        assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn documents_are_indented_by_two() {
        let json = r#" {"a":[1,{"b" : "x, {y}: \"z\\"}],"c":{ },"d":[	],"e":[[]]}"#;
        let indented = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x, {y}: \\\"z\\\\\"\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  \"e\": [\n    []\n  ]\n}\n";
        let json = json.replace("\\t", "\t");
        assert_eq!(reformatted(&json, Layout::Indented), indented);
        assert_eq!(
            reformatted(indented, Layout::OneLine),
            "{\"a\":[1,{\"b\":\"x, {y}: \\\"z\\\\\"}],\"c\":{},\"d\":[],\"e\":[[]]}\n"
        );
    }

    #[test]
    fn numbers_and_duplicate_keys_stay_as_they_are() {
        let json = r#"{"n":[1.0,1e400,-0,9007199254740993],"n":1}"#;
        assert_eq!(reformatted(json, Layout::OneLine), format!("{json}\n"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in ["", "{", "\"", "\"\\", "}", "{\"a", "[1,", "\\", "]]]", "{[", ": ,"] {
            reformatted(text, Layout::Indented);
        }
    }

    /// Any value.
    pub fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::vec((".{0,3}", inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_looks_as_the_parsers_own_printer_has_it(value in values()) {
            let (compact, indented) = (format!("{value}\n"), format!("{value:#}\n"));
            prop_assert_eq!(reformatted(&compact, Layout::Indented), &*indented);
            prop_assert_eq!(reformatted(&indented, Layout::OneLine), &*compact);
            prop_assert_eq!(reformatted(&indented, Layout::Indented), &*indented);
        }
    }

    #[test]
    fn verbatim_parts_of_rows_are_laid_out_like_the_rest() {
        let raw: &serde_json::value::RawValue =
            serde_json::from_str("{\n      \"a\" : [1.0,\n  1e400 ]\n}").unwrap();
        let written = |lines: bool, rows: &[&dyn erased::Push]| {
            let options = LayoutOptions::default();
            let mut out = Vec::new();
            let mut framed = crate::render::frame::Framed::new(frame(lines), &mut out);
            let mut elements = Elements::new(lines, &options, &mut framed);
            for row in rows {
                row.push(&mut elements);
            }
            framed.end().unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(true, &[&[raw]]), "[{\"a\":[1.0,1e400]}]\n");
        assert_eq!(written(false, &[]), "[]\n");
        let text = written(false, &[&serde_json::json!({"b": {}, "c": []}), &[raw]]);
        assert!(text.starts_with("[\n  {\n    \"b\": {},\n"), "{text}");
        assert!(
            text.contains("  },\n  [\n    {\n      \"a\": [\n        1.0,\n        1e400\n"),
            "{text}"
        );
        assert!(text.ends_with("\n  ]\n]\n"), "{text}");
    }

    mod erased {
        pub trait Push {
            fn push(&self, elements: &mut super::Elements<'_>);
        }

        impl<T: serde::Serialize> Push for T {
            fn push(&self, elements: &mut super::Elements<'_>) {
                elements.push(self).unwrap();
            }
        }
    }
}
