//! The transcript as Markdown: what was said in quotes, word for word, evidence in lists below it,
//! and arguments and results whole, in fences that nothing in them can end.

use std::io;

use serde::de::IgnoredAny;

use super::super::markdown::escape;
use super::super::{LayoutOptions, Out, embedded, sanitize};
use super::block;
use super::cut::Cut;
use super::walk::{self, Extent, Pages, Part, Piece, Set};
use crate::rows::spell;
use crate::view::transcript::{MessageRow, Selection, Transcript};

/// JSON that takes more columns is laid out.
const WIDE: usize = 100;

/// Results longer than this, in characters, are folded.
const FOLD: usize = 400;

/// What stands between two parts of a line.
const BETWEEN: &str = " · ";

/// One session.
pub fn write(
    transcript: &Transcript<'_>,
    selection: &Selection,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    let mut pages = Markdown { out };
    walk::write(transcript, selection, Extent::Whole, options, &mut pages)
}

struct Markdown<'a> {
    out: Out<'a>,
}

impl Pages for Markdown<'_> {
    fn title(&mut self, session_id: &str) -> io::Result<()> {
        writeln!(self.out, "## Session {}", code(session_id))
    }

    fn notice(&mut self, text: &str, loud: bool) -> io::Result<()> {
        let mark = if loud { "**" } else { "" };
        writeln!(self.out, "\n{mark}{}{mark}", escape(text))
    }

    fn nothing(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n*{}*", escape(text))
    }

    fn facts(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    fn fact(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()> {
        writeln!(self.out, "- **{label}:** {}", line(parts, BETWEEN))
    }

    fn json_fact(&mut self, label: &str, json: Cut<'_>) -> io::Result<()> {
        writeln!(self.out, "- **{label}:**\n")?;
        // Indented, however short.
        self.fence("  ", &embedded::laid_out(&json.text, 0))?;
        self.note("  ", &json)
    }

    fn turn(
        &mut self,
        row: &MessageRow<'_>,
        parts: &[Part<'_>],
        facts: &[Part<'_>],
    ) -> io::Result<()> {
        writeln!(self.out, "\n### Turn {} · {}", row.turn, line(parts, BETWEEN))?;
        if facts.is_empty() { Ok(()) } else { writeln!(self.out, "\n{}", line(facts, BETWEEN)) }
    }

    fn event(&mut self, title: &str, parts: &[Part<'_>]) -> io::Result<()> {
        let mut all = vec![title.to_owned()];
        all.extend((!parts.is_empty()).then(|| line(parts, BETWEEN)));
        writeln!(self.out, "\n### {}", all.join(BETWEEN))
    }

    /// A quote, or JSON laid out.
    fn said(&mut self, cut: Cut<'_>) -> io::Result<()> {
        if embedded::is_json(&cut.text) {
            self.out.write_all(b"\n")?;
            self.fence("", &embedded::laid_out(&cut.text, WIDE))?;
        } else {
            self.quote(&block(&embedded::decoded(&cut.text)))?;
        }
        self.note("", &cut)
    }

    fn remark(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n*{text}*")
    }

    fn evidence(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    fn item(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()> {
        writeln!(self.out, "- **{label}** {}", line(parts, BETWEEN))
    }

    fn sub_item(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()> {
        writeln!(self.out, "  - {label} {}", line(parts, ", "))
    }

    /// Folded where it is long.
    fn text(&mut self, label: Option<&str>, cut: Cut<'_>, characters: usize) -> io::Result<()> {
        let folded = characters > FOLD;
        match label {
            None => self.out.write_all(b"\n")?,
            Some(label) if folded => {
                let characters = spell::count(characters);
                writeln!(
                    self.out,
                    "\n  <details>\n  <summary>{label}, {characters} characters</summary>\n"
                )?;
            }
            Some(label) => writeln!(self.out, "\n  {label}:\n")?,
        }
        self.fence("  ", &embedded::laid_out(&cut.text, WIDE))?;
        self.note("  ", &cut)?;
        if label.is_some() && folded { self.out.write_all(b"\n  </details>\n\n") } else { Ok(()) }
    }
}

/// Parts on a line.
fn line(parts: &[Part<'_>], between: &str) -> String {
    let part = |part: &Part<'_>| part.iter().map(set).collect::<String>();
    parts.iter().map(part).collect::<Vec<_>>().join(between)
}

fn set(piece: &Piece<'_>) -> String {
    match piece.set {
        Set::Plain | Set::Turn(_) => escape(&piece.text).into_owned(),
        Set::Code => code(&piece.text),
        Set::Strong(_) => format!("**{}**", piece.text),
    }
}

impl Markdown<'_> {
    /// How much was left out.
    fn note(&mut self, indent: &str, cut: &Cut<'_>) -> io::Result<()> {
        match cut.note() {
            Some(note) => writeln!(self.out, "\n{indent}*{}*", escape(&note)),
            None => Ok(()),
        }
    }

    /// A quote, every line as it is.
    fn quote(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(b"\n")?;
        let mut lines = text.split('\n').map(str::trim_end).peekable();
        while let Some(line) = lines.next() {
            if line.is_empty() {
                self.out.write_all(b">\n")?;
                continue;
            }
            // Without a hard break the next line would be run in.
            let breaks = lines.peek().is_some_and(|next| !next.is_empty());
            writeln!(self.out, "> {}{}", quoted(line), if breaks { "\\" } else { "" })?;
        }
        Ok(())
    }

    /// A fence longer than any run of backticks in it.
    fn fence(&mut self, indent: &str, text: &str) -> io::Result<()> {
        let text = sanitize::text(text);
        // Once line feeds are decoded it is JSON to people alone.
        let json =
            text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(&text).is_ok();
        let language = if json { "json" } else { "" };
        let fence = "`".repeat(longest_run(&text).max(2) + 1);
        writeln!(self.out, "{indent}{fence}{language}")?;
        for line in text.split('\n') {
            let line = line.replace('\t', "    ");
            if line.trim().is_empty() {
                self.out.write_all(b"\n")?;
            } else {
                writeln!(self.out, "{indent}{line}")?;
            }
        }
        writeln!(self.out, "{indent}{fence}")
    }
}

/// A code span that shows `text` as it is, on one line.
fn code(text: &str) -> String {
    let text = sanitize::line(text);
    if text.trim().is_empty() {
        return "(none)".to_owned();
    }
    let fence = "`".repeat(match longest_run(&text) {
        // One backtick is enough around none.
        0 => 1,
        run => run + 1,
    });
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// A line of a quote: what would begin a list, a heading or a code block is defused.
fn quoted(line: &str) -> String {
    let words = line.trim_start_matches(' ');
    let mut quoted = "&nbsp;".repeat(line.len() - words.len());
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = words.split_at_checked(digits).unwrap_or(("", words));
    if digits == 0 && rest.starts_with(['-', '+', '=']) {
        quoted.push('\\');
    } else if digits > 0 && rest.starts_with(['.', ')']) {
        quoted.push_str(number);
        quoted.push('\\');
        quoted.push_str(&escape(rest));
        return quoted;
    }
    quoted.push_str(&escape(words));
    quoted
}
