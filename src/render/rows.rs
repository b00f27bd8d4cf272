//! Rows of a view in whichever format was asked for: a table a session as the sessions come, or all
//! rows in one.

use std::borrow::Borrow;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::frame::{Frame, Framed};
use super::layout::columns_of;
use super::table::{self, Written};
use super::{LayoutOptions, Out, csv, json, markdown, sanitize, wrap};
use crate::rows::look;
use crate::rows::spell::{self, Spelling};
use crate::rows::{
    Align, Cell, CellSink, Column, EachRow, Field, Fields, Head, Kind, Page, Pick, Row, Section,
    Top, plain, probe,
};

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
    /// Whether output in this format is read where it goes to a terminal.
    pub const fn is_for_reading(self) -> bool {
        !matches!(self, Self::Csv)
    }
}

/// A row that is held until all are known.
pub enum Made {
    /// Its JSON, as far as it is wanted.
    Json(String),
    /// Its line of CSV.
    Line(Vec<u8>),
    /// Its cells.
    Cells(Vec<Cell<'static>>),
}

/// Rows that are held until all are known.
pub type Collected = Top<Made>;

/// Makes the output of one kind of rows.
#[derive(Debug)]
pub struct Printer {
    format: Format,
    options: LayoutOptions,
    pick: Pick,
    /// Whether the rows of all sessions make one table.
    one_table: bool,
    noun: (&'static str, &'static str),
    heads: Vec<Head>,
}

impl Printer {
    /// Prints rows of type `R`, which have these columns, so; in one table where `pick` asks for
    /// anything, or that is wanted.
    pub fn new<R: Row>(
        format: Format,
        options: &LayoutOptions,
        pick: Pick,
        columns: &[Column<R>],
        one_table: bool,
    ) -> Self {
        let mut options = options.clone();
        if format == Format::Markdown {
            // Markdown has no width, wherever it is written to.
            options.width = None;
            options.spelling = Spelling { short: false, bars: false, ..options.spelling };
        }
        let one_table = one_table || pick.is_any();
        // Times of several sessions are of several days.
        options.spelling.dates |= one_table;
        let heads = columns.iter().map(|column| column.head.clone()).collect();
        Self { format, options, pick, one_table, noun: R::NOUN, heads }
    }

    /// Whether the output is read where it goes to a terminal.
    pub const fn is_for_reading(&self) -> bool {
        self.format.is_for_reading()
    }

    /// A line that is about the rows of all sessions together, where they stand session by session.
    pub fn last_line(&self, text: &str, out: Out<'_>) -> io::Result<()> {
        match self.format {
            _ if self.one_table => Ok(()),
            Format::Table => {
                for line in wrap::wrap(text, self.options.width.unwrap_or(usize::MAX)) {
                    writeln!(out, "{line}")?;
                }
                Ok(())
            }
            Format::Markdown => writeln!(out, "{}", markdown::escape(text)),
            Format::Json | Format::Ndjson | Format::Csv => Ok(()),
        }
    }

    /// What stands around the documents' pieces.
    pub fn frame(&self) -> Frame {
        match self.format {
            Format::Json => json::frame(false),
            Format::Ndjson => json::frame(true),
            Format::Csv => {
                let header = csv::header(self.pick.columns(), &self.options);
                Frame { begin: header.clone().into(), none: header.into(), ..Frame::default() }
            }
            Format::Table | Format::Markdown => Frame { between: "\n".into(), ..Frame::default() },
        }
    }

    /// One document's rows: written to `out`, or given back to be collected where the last row of
    /// all must be known first.
    ///
    /// `rows` makes the rows, `page` what stands around them where people read them.
    pub fn make<R: Row, B: Borrow<R>, I: Iterator<Item = B>>(
        &self,
        columns: &[Column<R>],
        rows: impl Fn() -> I,
        page: impl FnOnce(&Spelling) -> Page,
        out: Out<'_>,
    ) -> io::Result<Collected> {
        let mut collected = self.pick.top();
        match self.format {
            Format::Table | Format::Markdown if !self.one_table => {
                self.section(columns, rows, page, out)?;
            }
            Format::Table | Format::Markdown => {
                for row in rows() {
                    self.collect_cells(row.borrow(), columns, &mut collected)?;
                }
            }
            _ if self.pick.holds() => {
                for row in rows() {
                    let made = self.encoded(row.borrow())?;
                    collected.push(self.pick.keys(row.borrow())?, || made);
                }
            }
            _ => self.write_encoded(rows().map(|row| self.encoded(row.borrow())), out)?,
        }
        Ok(collected)
    }

    fn collect_cells<R: Row>(
        &self,
        row: &R,
        columns: &[Column<R>],
        collected: &mut Collected,
    ) -> io::Result<()> {
        let cells = match &self.pick.fields {
            Some(fields) => {
                let values = self.pick.values(row)?;
                fields
                    .iter()
                    .zip(&values)
                    .map(|(field, value)| self.field(field, value.as_deref()))
                    .collect()
            }
            None => columns
                .iter()
                .map(|column| (column.cell)(row, &self.options.spelling).into_owned())
                .collect(),
        };
        collected.push(self.pick.keys(row)?, || Made::Cells(cells));
        Ok(())
    }

    /// A field's value as a cell.
    fn field(&self, field: &Field, value: Option<&str>) -> Cell<'static> {
        let Some(value) = value else { return Cell::absent() };
        let text = plain(value).into_owned();
        match field.kind {
            Kind::Time => self.options.spelling.zone.date_time(&(&*text).into()).into(),
            Kind::Json | Kind::List if value.starts_with(['[', '{']) => Cell::from(text).code(),
            // A text of a stranger's that may be JSON in itself.
            Kind::Text if text.trim_start().starts_with(['[', '{', '"']) => Cell::from(text).code(),
            _ => text.into(),
        }
    }

    /// One document's rows as people read them.
    fn section<R: Row, B: Borrow<R>, I: Iterator<Item = B>>(
        &self,
        columns: &[Column<R>],
        rows: impl Fn() -> I,
        page: impl FnOnce(&Spelling) -> Page,
        out: Out<'_>,
    ) -> io::Result<()> {
        let columns: Vec<&Column<R>> =
            columns.iter().filter(|column| !column.head.across).collect();
        let heads: Vec<Head> = columns.iter().map(|column| column.head.clone()).collect();
        let page = page(&self.options.spelling);
        let mut spelling = self.options.spelling;
        spelling.dates = page.dates;
        let each = |sink: CellSink<'_>| {
            rows().try_for_each(|row| {
                sink(columns.iter().map(|column| (column.cell)(row.borrow(), &spelling)).collect())
            })
        };
        self.write(&page, &heads, &each, out)
    }

    /// Holds rows until all are known.
    pub fn collected(&self) -> Collected {
        self.pick.top()
    }

    /// What was collected, once all are known, as one piece.
    pub fn end(&self, collected: Collected, out: Out<'_>) -> io::Result<()> {
        let seen = collected.seen();
        let rows: Vec<Made> = collected.into_held().map(|(_, row)| row).collect();
        if self.format != Format::Table && self.format != Format::Markdown {
            return self.write_encoded(rows.into_iter().map(Ok), out);
        }
        if !self.one_table {
            return Ok(());
        }
        let heads: Vec<Head> = match &self.pick.fields {
            None => self.heads.clone(),
            Some(fields) => fields.iter().map(head).collect(),
        };
        let (one, many) = self.noun;
        if rows.is_empty() && self.pick.is_any() {
            return Ok(());
        }
        let mut title = vec![spell::counted(seen, one, many)];
        if rows.len() < seen {
            title.push(format!("{} shown", spell::count(rows.len())));
        }
        if heads.iter().any(|head| head.times) {
            title.push(format!("times in {}", self.options.spelling.zone.name()));
        }
        let each = |sink: CellSink<'_>| {
            rows.iter().try_for_each(|row| match row {
                Made::Cells(cells) => sink(cells.iter().map(Cell::borrowed).collect()),
                Made::Json(_) | Made::Line(_) => Ok(()),
            })
        };
        self.write(&Page { title, ..Page::default() }, &heads, &each, out)
    }

    /// A row as the machine formats have it.
    fn encoded<R: Row>(&self, row: &R) -> io::Result<Made> {
        Ok(match self.format {
            Format::Csv => Made::Line(csv::line(&self.pick.values(row)?, &self.options)?),
            _ => Made::Json(self.pick.json(row)?),
        })
    }

    fn write_encoded(
        &self,
        rows: impl Iterator<Item = io::Result<Made>>,
        out: Out<'_>,
    ) -> io::Result<()> {
        if self.format == Format::Csv {
            for row in rows {
                if let Made::Line(line) = row? {
                    out.write_all(&line)?;
                }
            }
            return Ok(());
        }
        let mut elements = json::Elements::new(self.format == Format::Ndjson, &self.options, out);
        for row in rows {
            if let Made::Json(json) = row? {
                elements.push_json(&json)?;
            }
        }
        Ok(())
    }

    /// A table with what stands around it.
    fn write(
        &self,
        page: &Page,
        heads: &[Head],
        each: EachRow<'_>,
        out: Out<'_>,
    ) -> io::Result<()> {
        if self.format == Format::Markdown {
            return write_markdown(page, heads, each, self.options.full, out);
        }
        write_text(page, heads, each, &self.options, out)
    }
}

/// The heading of a field that was asked for by its name.
fn head(field: &Field) -> Head {
    let align = if field.kind == Kind::Number { Align::Right } else { Align::Left };
    let ids = field.name.ends_with("_id") || field.name.ends_with("_ids");
    Head { title: field.name.clone().into(), align, ids, ..Head::text("") }
}

/// A table with what stands around it, as text.
fn write_text(
    page: &Page,
    heads: &[Head],
    each: EachRow<'_>,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    for line in title(&page.title, options.width) {
        writeln!(out, "{}", options.styles.strong.paint(&line))?;
    }
    let Written { cut, shared, .. } = table::write(heads, each, options, out)?;
    let cut = cut.then(|| format!("{}{}", look::CUT, look::SHOWS_ALL));
    for note in shared.iter().chain(&page.notes).chain(&cut) {
        for line in wrap::wrap(&sanitize::line(note), options.width.unwrap_or(usize::MAX)) {
            writeln!(out, "{}", options.styles.dim.paint(line))?;
        }
    }
    Ok(())
}

/// The same as Markdown.
fn write_markdown(
    page: &Page,
    heads: &[Head],
    each: EachRow<'_>,
    full: bool,
    out: Out<'_>,
) -> io::Result<()> {
    let title = title(&page.title, None).join(" ");
    writeln!(out, "**{}**", markdown::escape(&title))?;
    markdown::table(heads, each, full, out)?;
    for note in &page.notes {
        writeln!(out, "\n{}", markdown::escape(&sanitize::line(note)))?;
    }
    Ok(())
}

/// Figures that are one object: as JSON, as lines for a spreadsheet, or as small tables for people.
pub fn write_figures<'s, L: Serialize + JsonSchema>(
    figures: &impl Serialize,
    lines: &[L],
    sections: impl FnOnce() -> Vec<Section<'s>>,
    format: Format,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    match format {
        Format::Json => json::value(figures, options, out),
        Format::Ndjson => json::Elements::new(true, options, out).push(figures),
        Format::Csv => write_csv(lines, &Fields::of::<L>().flat, options, out),
        Format::Table | Format::Markdown => write_sections(&sections(), format, options, out),
    }
}

/// Figures that are rows: their columns, of CSV, are known only when they are made.
pub fn write_records<'s, R: Serialize>(
    rows: &[R],
    columns: &[Field],
    section: impl FnOnce() -> Section<'s>,
    format: Format,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    match format {
        Format::Json | Format::Ndjson => {
            let lines = format == Format::Ndjson;
            let mut framed = Framed::new(json::frame(lines), out);
            let mut elements = json::Elements::new(lines, options, &mut framed);
            rows.iter().try_for_each(|row| elements.push(row))?;
            framed.end()
        }
        Format::Csv => write_csv(rows, columns, options, out),
        Format::Table | Format::Markdown => write_sections(&[section()], format, options, out),
    }
}

fn write_csv(
    rows: &[impl Serialize],
    columns: &[Field],
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    out.write_all(csv::header(columns, options).as_bytes())?;
    rows.iter().try_for_each(|row| out.write_all(&csv::line(&probe(row, columns)?, options)?))
}

/// Small tables one below the other, for people.
fn write_sections(
    sections: &[Section<'_>],
    format: Format,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    for (index, section) in sections.iter().enumerate() {
        if index > 0 {
            out.write_all(b"\n")?;
        }
        let each = |sink: CellSink<'_>| {
            section.rows.iter().try_for_each(|row| sink(row.iter().map(Cell::borrowed).collect()))
        };
        if format == Format::Markdown {
            write_markdown(&section.page, &section.heads, &each, options.full, out)?;
        } else {
            write_text(&section.page, &section.heads, &each, options, out)?;
        }
    }
    Ok(())
}

/// The parts of a title, broken between them where a line would be too long.
fn title(parts: &[String], width: Option<usize>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let part = sanitize::line(part);
        match lines.last_mut() {
            Some(line)
                if width.is_none_or(|width| columns_of(line) + 3 + columns_of(&part) <= width) =>
            {
                line.push_str(" · ");
                line.push_str(&part);
            }
            _ => lines.push(part.into_owned()),
        }
    }
    let Some(width) = width else { return lines };
    let wrapped = lines.iter().flat_map(|line| wrap::wrap(line, width));
    wrapped.map(str::to_owned).collect()
}
