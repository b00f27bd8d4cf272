//! Tables for people: laid out to a width, or one row a line where there is none.

use std::borrow::Cow;
use std::io;

use comfy_table::presets::NOTHING;
use comfy_table::{
    Cell as TableCell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table as Layout,
    Width,
};
use unicode_width::UnicodeWidthStr as _;

use super::style::Tone;
use super::{Look, Out};

/// Rows that are laid out at a time, so that a long table costs no more memory than a short one.
const BATCH: usize = 256;

/// Blanks between two columns.
const GAP: usize = 2;

/// A flexible column is never narrower, unless its content is.
const NARROWEST: usize = 8;

/// Which side of a column its cells stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Where its cells stand.
    pub align: Align,
    /// Whether it may be narrowed, its cells being wrapped at words.
    pub flexible: bool,
}

impl Column {
    /// A column of words that stay whole.
    pub const fn words(title: &'static str) -> Self {
        Self { title, align: Align::Left, flexible: false }
    }

    /// A column of numbers.
    pub const fn numbers(title: &'static str) -> Self {
        Self { title, align: Align::Right, flexible: false }
    }

    /// A column of running text.
    pub const fn text(title: &'static str) -> Self {
        Self { title, align: Align::Left, flexible: true }
    }
}

/// A cell: one line of harmless text.
#[derive(Clone, Debug, Default)]
pub struct Cell<'a> {
    /// What it says.
    pub text: Cow<'a, str>,
    /// How.
    pub tone: Tone,
}

impl<'a> Cell<'a> {
    /// A cell with a tone.
    pub fn new(text: impl Into<Cow<'a, str>>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    /// A cell for what is not there.
    pub fn absent() -> Self {
        Self::new("–", Tone::Dim)
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Cell<'a> {
    fn from(text: T) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, a cell a column.
    pub rows: Vec<Vec<Cell<'a>>>,
}

/// Lays a table out and writes it.
pub fn write(table: &Table<'_>, look: &Look, out: Out<'_>) -> io::Result<()> {
    let widths = fit(natural_widths(table), &table.columns, look.width);
    let header = table.columns.iter().map(|column| Cell::new(column.title, Tone::Dim)).collect();
    write_rows(&[header], table, &widths, look, out)?;
    for batch in table.rows.chunks(BATCH) {
        write_rows(batch, table, &widths, look, out)?;
    }
    Ok(())
}

fn write_rows(
    rows: &[Vec<Cell<'_>>],
    table: &Table<'_>,
    widths: &[usize],
    look: &Look,
    out: Out<'_>,
) -> io::Result<()> {
    let mut layout = Layout::new();
    layout.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    layout.force_no_tty();
    if look.styles.color {
        layout.enforce_styling().style_text_only();
    }
    if look.width.is_some() {
        layout.set_content_arrangement(ContentArrangement::Dynamic);
        // Wide enough that only the constraints below decide.
        layout.set_width(u16::MAX);
    }
    for row in rows {
        let cells = row.iter().map(|cell| cell.tone.cell(TableCell::new(&cell.text)));
        layout.add_row(Row::from(cells.collect::<Vec<_>>()));
    }
    for (index, column) in layout.column_iter_mut().enumerate() {
        let last = index + 1 == widths.len();
        let gap = if last { 0 } else { GAP };
        column.set_padding((0, u16::try_from(gap).unwrap_or(0)));
        let width = u16::try_from(widths[index] + gap).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        if table.columns[index].align == Align::Right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in layout.lines() {
        out.write_all(line.trim_end().as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The width each column would like.
fn natural_widths(table: &Table<'_>) -> Vec<usize> {
    let mut widths: Vec<usize> = table.columns.iter().map(|column| column.title.width()).collect();
    for row in &table.rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.width());
        }
    }
    widths
}

/// Narrows the flexible columns, the widest first, until the table fits or nothing is left to take.
fn fit(mut widths: Vec<usize>, columns: &[Column], total: Option<usize>) -> Vec<usize> {
    let Some(total) = total else { return widths };
    let gaps = GAP * widths.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(total);
    while over > 0 {
        let flexible = |index: &usize| columns[*index].flexible && widths[*index] > NARROWEST;
        let Some(widest) = (0..widths.len()).filter(flexible).max_by_key(|index| widths[*index])
        else {
            break;
        };
        // Down to the next widest at a time, so that equally wide ones shrink alike.
        let next = (0..widths.len())
            .filter(|index| columns[*index].flexible && widths[*index] < widths[widest])
            .map(|index| widths[index])
            .max()
            .unwrap_or(NARROWEST)
            .max(NARROWEST);
        let step = (widths[widest] - next).clamp(1, over);
        widths[widest] -= step;
        over -= step;
    }
    widths
}
