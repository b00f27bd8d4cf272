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

impl Table<'_> {
    /// Columns that everything but the flexible columns takes, the gaps before those included.
    pub fn rigid_width(&self) -> usize {
        let widths = natural_widths(self).into_iter().zip(&self.columns);
        let rigid = widths.filter(|(_, column)| !column.flexible).map(|(width, _)| width);
        rigid.sum::<usize>() + GAP * self.columns.len().saturating_sub(1)
    }
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

/// Narrows the flexible columns, the widest first and equally wide ones alike, until the table fits
/// or nothing is left to take.
fn fit(mut widths: Vec<usize>, columns: &[Column], total: Option<usize>) -> Vec<usize> {
    let Some(total) = total else { return widths };
    let gaps = GAP * widths.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(total);
    while over > 0 {
        let mut flexible: Vec<&mut usize> = widths
            .iter_mut()
            .zip(columns)
            .filter(|(width, column)| column.flexible && **width > NARROWEST)
            .map(|(width, _)| width)
            .collect();
        let Some(widest) = flexible.iter().map(|width| **width).max() else { break };
        // Down to the next widest at a time.
        let next = flexible.iter().map(|width| **width).filter(|width| *width < widest).max();
        let most = widest - next.unwrap_or(NARROWEST);
        let alike = flexible.iter().filter(|width| ***width == widest).count();
        let step = most.min(over.div_ceil(alike));
        for width in flexible.iter_mut().filter(|width| ***width == widest) {
            let step = step.min(over);
            **width -= step;
            over -= step;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equally_wide_columns_shrink_alike() {
        let columns = [Column::words("a"), Column::text("b"), Column::text("c")];
        assert_eq!(fit(vec![10, 90, 90], &columns, Some(94)), [10, 40, 40]);
        assert_eq!(fit(vec![10, 90, 90], &columns, Some(93)), [10, 39, 40]);
        assert_eq!(fit(vec![10, 90, 30], &columns, Some(94)), [10, 50, 30]);
        assert_eq!(fit(vec![10, 90, 60], &columns, Some(94)), [10, 40, 40]);
        assert_eq!(fit(vec![10, 90, 60], &columns, None), [10, 90, 60]);
        assert_eq!(fit(vec![10, 90, 3], &columns, Some(5)), [10, NARROWEST, 3]);
    }
}
