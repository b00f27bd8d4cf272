//! JSON: documents as they are, and rows.

use std::borrow::Cow;
use std::io;

use jsonxf::Formatter;
use serde::Serialize;

use super::{Look, Out, sanitize};

/// Documents are reformatted in pieces of this size.
const PIECE: usize = 64 * 1024;

/// A document's text as it may reach where `look` says it goes.
pub fn for_output<'a>(json: &'a str, look: &Look) -> Cow<'a, str> {
    if look.terminal { sanitize::json(json) } else { Cow::Borrowed(json) }
}

/// A document, indented. No token is touched. It must be valid.
pub fn indented(json: &str, look: &Look, out: Out<'_>) -> io::Result<()> {
    reformat(Formatter::pretty_printer(), json, look, out)
}

/// A document on one line. No token is touched. It must be valid.
pub fn one_line(json: &str, look: &Look, out: Out<'_>) -> io::Result<()> {
    reformat(Formatter::minimizer(), json, look, out)
}

fn reformat(mut formatter: Formatter, json: &str, look: &Look, out: Out<'_>) -> io::Result<()> {
    let mut piece = Vec::with_capacity(2 * PIECE);
    for bytes in for_output(json, look).as_bytes().chunks(PIECE) {
        piece.clear();
        formatter.format_buf(bytes, &mut piece)?;
        out.write_all(&piece)?;
    }
    out.write_all(b"\n")
}

/// An array of rows that are written as they come.
pub struct Array<'a> {
    out: Out<'a>,
    look: &'a Look,
    /// Whether every row gets a line and the array no brackets.
    lines: bool,
    empty: bool,
}

impl<'a> Array<'a> {
    /// One array of rows, indented.
    pub fn indented(out: Out<'a>, look: &'a Look) -> Self {
        Self { out, look, lines: false, empty: true }
    }

    /// A line a row.
    pub fn lines(out: Out<'a>, look: &'a Look) -> Self {
        Self { out, look, lines: true, empty: true }
    }

    /// The next row.
    pub fn push(&mut self, row: &impl Serialize) -> io::Result<()> {
        if self.lines {
            let json = serde_json::to_string(row)?;
            self.out.write_all(for_output(&json, self.look).as_bytes())?;
            self.out.write_all(b"\n")?;
        } else {
            let json = serde_json::to_string_pretty(row)?;
            self.out.write_all(if self.empty { b"[" } else { b"," })?;
            for line in for_output(&json, self.look).lines() {
                self.out.write_all(b"\n  ")?;
                self.out.write_all(line.as_bytes())?;
            }
        }
        self.empty = false;
        Ok(())
    }

    /// Ends the array.
    pub fn end(self) -> io::Result<()> {
        match (self.lines, self.empty) {
            (true, _) => Ok(()),
            (false, true) => self.out.write_all(b"[]\n"),
            (false, false) => self.out.write_all(b"\n]\n"),
        }
    }
}

/// One value, indented.
pub fn value(value: &impl Serialize, look: &Look, out: Out<'_>) -> io::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    writeln!(out, "{}", for_output(&json, look))
}
