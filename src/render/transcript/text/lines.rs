//! The lines of the page: stretches of text, facts with a dot between them, labels in a column.

use std::borrow::Cow;
use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::super::block;
use super::super::cut::{Limit, cut};
use super::{Page, WIDEST};
use crate::render::embedded;
use crate::render::style::Ink;
use crate::render::wrap::{wrap, wrap_code};
use crate::rows::Tone;

/// With less room than this beside a label, text stands below it.
const BESIDE: usize = 20;

/// A stretch of a line that is kept together: harmless, without line feeds.
pub(super) struct Fact<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) tone: Tone,
}

impl<'t> Fact<'t> {
    pub(super) fn new(text: impl Into<Cow<'t, str>>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    pub(super) fn plain(text: impl Into<Cow<'t, str>>) -> Self {
        Self::new(text, Tone::Plain)
    }

    pub(super) fn dim(text: impl Into<Cow<'t, str>>) -> Self {
        Self::new(text, Tone::Dim)
    }
}

impl Page<'_> {
    pub(super) fn blanks(&mut self, count: usize) -> io::Result<()> {
        const BLANKS: &[u8; 64] = &[b' '; 64];
        let mut left = count;
        while left > 0 {
            let some = left.min(BLANKS.len());
            self.out.write_all(BLANKS.get(..some).unwrap_or_default())?;
            left -= some;
        }
        Ok(())
    }

    pub(super) fn paint(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        if self.options.styles.color && !text.is_empty() {
            self.out.write_all(ink.paint(text).as_bytes())
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

    pub(super) fn tone(&mut self, tone: Tone, text: &str) -> io::Result<()> {
        if tone == Tone::Plain {
            return self.out.write_all(text.as_bytes());
        }
        self.paint(self.options.styles.ink(tone), text)
    }

    /// Columns for text that begins at `indent`.
    pub(super) fn measure(&self, indent: usize) -> Option<usize> {
        self.width.map(|width| width.saturating_sub(indent).max(1))
    }

    /// Harmless text, its first line where the cursor is, which must be at `indent`, and the rest
    /// under it. Ends the line.
    pub(super) fn text(&mut self, indent: usize, text: &str, tone: Tone) -> io::Result<()> {
        let mut first = true;
        for line in text.split('\n') {
            let line = line.trim_end();
            let Some(measure) = self.measure(indent) else {
                self.begin(&mut first, if line.is_empty() { 0 } else { indent })?;
                self.tone(tone, line)?;
                continue;
            };
            let code = is_code(line);
            let hang = hang(line, measure);
            let (marker, words) = line.split_at_checked(hang.bytes).unwrap_or(("", line));
            let measure = measure - hang.columns;
            let pieces = if code { wrap_code(words, measure) } else { wrap(words, measure) };
            for (index, piece) in pieces.into_iter().enumerate() {
                let piece = piece.trim_end();
                let marker = if index == 0 { marker } else { "" };
                let marker = if piece.is_empty() { marker.trim_end() } else { marker };
                let empty = piece.is_empty() && marker.is_empty();
                self.begin(&mut first, if empty { 0 } else { indent })?;
                if index == 0 {
                    self.tone(tone, marker)?;
                } else if !empty {
                    self.blanks(hang.columns)?;
                }
                self.tone(tone, piece)?;
            }
        }
        self.out.write_all(b"\n")
    }

    /// A stranger's text, its first line where the cursor is, which must be at `indent`: cut where it
    /// is long, its JSON laid out. Ends the line.
    pub(super) fn long_text(
        &mut self,
        indent: usize,
        text: &str,
        limit: Limit,
        tone: Tone,
    ) -> io::Result<()> {
        let cut = cut(text, limit, self.options.full);
        let measure = self.measure(indent).unwrap_or(WIDEST - indent.min(WIDEST));
        let text = embedded::laid_out(&cut.text, measure);
        let text = block(&text);
        self.text(indent, if text.is_empty() { "(empty)" } else { &text }, tone)?;
        match cut.note() {
            Some(note) => self.paragraph(indent, &note, Tone::Dim),
            None => Ok(()),
        }
    }

    /// Begins a line, unless it is the first.
    pub(super) fn begin(&mut self, first: &mut bool, indent: usize) -> io::Result<()> {
        if std::mem::take(first) {
            return Ok(());
        }
        self.out.write_all(b"\n")?;
        self.blanks(indent)
    }

    pub(super) fn paragraph(&mut self, indent: usize, text: &str, tone: Tone) -> io::Result<()> {
        self.blanks(indent)?;
        self.text(indent, text, tone)
    }

    /// Facts with a dot between them, the first where the cursor is, at `indent`. Those that do not
    /// fit go to a new line. Ends the line.
    pub(super) fn facts(
        &mut self,
        indent: usize,
        facts: &[Fact<'_>],
        between: &str,
    ) -> io::Result<()> {
        self.facts_from(indent, 0, indent, facts, between)
    }

    /// The same with the cursor at `column`, and `lead` blanks to the first fact where it fits there.
    pub(super) fn facts_from(
        &mut self,
        column: usize,
        lead: usize,
        indent: usize,
        facts: &[Fact<'_>],
        between: &str,
    ) -> io::Result<()> {
        // A dot stands between two facts of one line only; a comma stays at the end of its line.
        let (tail, gap, tone) = if between.starts_with(' ') {
            ("", between, Tone::Dim)
        } else {
            (",", " ", Tone::Plain)
        };
        let page = self.width.unwrap_or(usize::MAX);
        let mut column = column;
        for (index, fact) in facts.iter().enumerate() {
            let tail = if index + 1 == facts.len() { "" } else { tail };
            let width = columns(&fact.text) + columns(tail);
            let apart = if index == 0 { lead } else { columns(gap) };
            if column + apart + width <= page {
                if index == 0 {
                    self.blanks(lead)?;
                } else {
                    self.tone(tone, gap)?;
                }
                column += apart;
            } else if column > indent {
                self.out.write_all(b"\n")?;
                self.blanks(indent)?;
                column = indent;
            }
            if column + width <= page {
                self.tone(fact.tone, &fact.text)?;
                column += width;
            } else {
                // Longer than a line: broken like text.
                let measure = page.saturating_sub(indent + columns(tail));
                let pieces = wrap(&fact.text, measure).into_iter().map(str::trim_end);
                for (index, piece) in pieces.filter(|piece| !piece.is_empty()).enumerate() {
                    if index > 0 {
                        self.out.write_all(b"\n")?;
                        self.blanks(indent)?;
                    }
                    self.tone(fact.tone, piece)?;
                    column = indent + columns(piece);
                }
            }
            self.tone(tone, tail)?;
        }
        self.out.write_all(b"\n")
    }

    /// A line of facts.
    pub(super) fn line(&mut self, indent: usize, facts: &[Fact<'_>]) -> io::Result<()> {
        self.blanks(indent)?;
        self.facts(indent, facts, " · ")
    }

    /// A label in a column of `room` at `indent`, or above where too little room is beside that.
    /// Leaves the cursor where the text begins, and returns that column.
    pub(super) fn label(
        &mut self,
        indent: usize,
        room: usize,
        label: &str,
        tone: Tone,
    ) -> io::Result<usize> {
        if self.measure(indent + room).is_some_and(|measure| measure < BESIDE) {
            if !label.is_empty() {
                self.blanks(indent)?;
                self.tone(tone, label)?;
                self.out.write_all(b"\n")?;
            }
            self.blanks(indent + 2)?;
            return Ok(indent + 2);
        }
        self.blanks(indent)?;
        self.tone(tone, label)?;
        self.blanks(room.saturating_sub(columns(label)).max(1))?;
        Ok(indent + room)
    }
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Whether it looks like a JSON object or an array on one line, not like prose in brackets.
pub(super) fn is_code(line: &str) -> bool {
    let mut characters = line.chars().filter(|character| *character != ' ');
    match characters.next() {
        Some('{') => true,
        Some('[') => matches!(characters.next(), Some('{' | '[' | '"' | '0'..='9')),
        _ => false,
    }
}

/// How far the lines after the first of a paragraph stand in.
#[derive(Clone, Copy)]
struct Hang {
    bytes: usize,
    columns: usize,
}

/// Under the words of an indented line, or of a list's item.
fn hang(line: &str, measure: usize) -> Hang {
    let words = line.trim_start_matches(' ');
    let blank = line.len() - words.len();
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    let after = words.get(digits..).unwrap_or_default();
    let marker = if digits == 0 && ["- ", "* ", "> ", "+ "].iter().any(|it| words.starts_with(it)) {
        2
    } else if digits == 0 && (words.starts_with("• ") || words.starts_with("– ")) {
        // Three bytes and a blank, two columns.
        4
    } else if (1..=3).contains(&digits) && (after.starts_with(". ") || after.starts_with(") ")) {
        digits + 2
    } else if blank > 0 && words.starts_with('"') && words.is_char_boundary(2) {
        // A member of an object: none but a member begins as far to the left.
        2
    } else {
        0
    };
    let bytes = blank + marker;
    let columns = if marker == 4 && digits == 0 { blank + 2 } else { bytes };
    if columns * 2 > measure { Hang { bytes: 0, columns: 0 } } else { Hang { bytes, columns } }
}
