//! Rows of a view in whichever format was asked for.

use std::io;

use serde::Serialize;

use super::csv::{self, Record};
use super::table::{self, Cell, Table};
use super::{LayoutOptions, Out, json, markdown};

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For reading.
    Table,
    /// One array.
    Json,
    /// A line a row.
    Ndjson,
    /// For a spreadsheet.
    Csv,
    /// For an issue tracker.
    Markdown,
}

impl Format {
    /// What a section is laid out for: Markdown has no width, wherever it is written to.
    pub fn options(self, options: &LayoutOptions) -> LayoutOptions {
        match self {
            Self::Markdown => LayoutOptions { width: None, short_ids: false, ..options.clone() },
            _ => options.clone(),
        }
    }
}

/// One document's rows as people read them.
#[derive(Debug)]
pub struct Section<'a> {
    /// Whose rows they are, in a line of harmless text.
    pub title: String,
    /// The rows; where there are none, the notes say why.
    pub table: Table<'a>,
    /// Lines after the table, of harmless text.
    pub notes: Vec<String>,
}

/// Writes the rows of one document after the other.
pub struct Writer<'a> {
    options: &'a LayoutOptions,
    sink: Sink<'a>,
}

enum Sink<'a> {
    Array(json::Array<'a>),
    Csv(Box<csv::Writer<'a>>),
    Sections { out: Out<'a>, markdown: bool, first: bool },
}

impl<'a> Writer<'a> {
    /// Begins the output of rows of type `R`.
    pub fn new<R: Record>(
        format: Format,
        options: &'a LayoutOptions,
        out: Out<'a>,
    ) -> io::Result<Self> {
        let sink = match format {
            Format::Json => Sink::Array(json::Array::indented(out, options)),
            Format::Ndjson => Sink::Array(json::Array::lines(out, options)),
            Format::Csv => Sink::Csv(Box::new(csv::Writer::new(R::FIELDS, out)?)),
            Format::Table => Sink::Sections { out, markdown: false, first: true },
            Format::Markdown => Sink::Sections { out, markdown: true, first: true },
        };
        Ok(Self { options, sink })
    }

    /// One document's rows; `section` is called where people will read them.
    pub fn push<'r, R: Record + Serialize + 'r>(
        &mut self,
        rows: impl IntoIterator<Item = &'r R>,
        section: impl FnOnce() -> Section<'r>,
    ) -> io::Result<()> {
        match &mut self.sink {
            Sink::Array(array) => rows.into_iter().try_for_each(|row| array.push(row)),
            Sink::Csv(writer) => rows.into_iter().try_for_each(|row| writer.push(row)),
            Sink::Sections { out, markdown, first } => {
                if !std::mem::take(first) {
                    out.write_all(b"\n")?;
                }
                let section = section();
                if *markdown {
                    write_markdown(&section, out)
                } else {
                    write_text(&section, self.options, out)
                }
            }
        }
    }

    /// The same for more rows than should be held at once: they are made as they are written.
    ///
    /// `section` comes without rows; `cells` makes them, twice, once to measure them.
    pub fn push_made<'r, R: Record + Serialize, I: Iterator<Item = Vec<Cell<'r>>>>(
        &mut self,
        mut rows: impl Iterator<Item = R>,
        section: impl FnOnce() -> Section<'r>,
        cells: impl Fn() -> I,
    ) -> io::Result<()> {
        match &mut self.sink {
            Sink::Array(array) => rows.try_for_each(|row| array.push(&row)),
            Sink::Csv(writer) => rows.try_for_each(|row| writer.push(&row)),
            Sink::Sections { out, markdown, first } => {
                if !std::mem::take(first) {
                    out.write_all(b"\n")?;
                }
                let mut section = section();
                if *markdown {
                    section.table.rows = cells().collect();
                    return write_markdown(&section, out);
                }
                write_title(&section, self.options, out)?;
                if cells().next().is_some() {
                    table::write_made(&section.table.columns, cells, self.options, out)?;
                }
                write_notes(&section, self.options, out)
            }
        }
    }

    /// Passes on what was written so far, for a reader who need not wait for the next document.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Array(array) => array.flush(),
            Sink::Csv(writer) => writer.flush(),
            Sink::Sections { out, .. } => out.flush(),
        }
    }

    /// Ends the output.
    pub fn end(self) -> io::Result<()> {
        match self.sink {
            Sink::Array(array) => array.end(),
            Sink::Csv(writer) => writer.end(),
            Sink::Sections { .. } => Ok(()),
        }
    }
}

/// A section as text.
pub fn write_text(section: &Section<'_>, options: &LayoutOptions, out: Out<'_>) -> io::Result<()> {
    write_title(section, options, out)?;
    if !section.table.rows.is_empty() {
        table::write(&section.table, options, out)?;
    }
    write_notes(section, options, out)
}

fn write_title(section: &Section<'_>, options: &LayoutOptions, out: Out<'_>) -> io::Result<()> {
    // An id that is wider stays whole.
    let wrapping = textwrap::Options::new(options.width.unwrap_or(usize::MAX)).break_words(false);
    for line in textwrap::wrap(&section.title, wrapping) {
        writeln!(out, "{}", options.styles.strong.paint(&line))?;
    }
    Ok(())
}

fn write_notes(section: &Section<'_>, options: &LayoutOptions, out: Out<'_>) -> io::Result<()> {
    for note in &section.notes {
        for line in textwrap::wrap(note, options.width.unwrap_or(usize::MAX)) {
            writeln!(out, "{}", options.styles.dim.paint(&line))?;
        }
    }
    Ok(())
}

/// A section as Markdown.
pub fn write_markdown(section: &Section<'_>, out: Out<'_>) -> io::Result<()> {
    writeln!(out, "**{}**", markdown::escape(&section.title))?;
    if !section.table.rows.is_empty() {
        out.write_all(b"\n")?;
        markdown::table(&section.table, out)?;
    }
    for note in &section.notes {
        writeln!(out, "\n{}", markdown::escape(note))?;
    }
    Ok(())
}
