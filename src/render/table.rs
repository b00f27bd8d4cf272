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
use super::{LayoutOptions, Out};

/// Rows that are laid out at a time, so that a long table costs no more memory than a short one.
const BATCH: usize = 256;

/// Bytes of made cells that are kept between measuring and writing them.
const PACKED: usize = 8 << 20;

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

/// A cell: harmless text, of one line; of several only where the table is laid out to a width.
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
pub fn write(table: &Table<'_>, options: &LayoutOptions, out: Out<'_>) -> io::Result<()> {
    let widths = fit(natural_widths(table), &table.columns, options.width);
    let header = table.columns.iter().map(|column| Cell::new(column.title, Tone::Dim)).collect();
    write_rows(&[header], &table.columns, &widths, options, out)?;
    for batch in table.rows.chunks(BATCH) {
        write_rows(batch, &table.columns, &widths, options, out)?;
    }
    Ok(())
}

/// The same for more rows than should be held as cells: `rows` makes them.
///
/// Their texts are kept, packed, while they are measured. What does not fit in [`PACKED`] bytes is
/// made a second time, so `rows` is called once more for that.
pub fn write_made<'a, I: Iterator<Item = Vec<Cell<'a>>>>(
    columns: &[Column],
    rows: impl Fn() -> I,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    let mut packed = Packed::default();
    let header: Vec<Cell<'_>> =
        columns.iter().map(|column| Cell::new(column.title, Tone::Dim)).collect();
    let mut widths = vec![0; columns.len()];
    widen(&mut widths, &header);
    let (mut kept, mut left) = (0, 0_usize);
    for row in rows() {
        widen(&mut widths, &row);
        if packed.texts.len() < PACKED {
            packed.push(&row);
            kept += 1;
        } else {
            left += 1;
        }
    }
    let widths = fit(widths, columns, options.width);
    write_rows(&[header], columns, &widths, options, out)?;
    let mut from_packed = packed.rows(columns.len());
    loop {
        let batch: Vec<_> = from_packed.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        write_rows(&batch, columns, &widths, options, out)?;
    }
    if left == 0 {
        return Ok(());
    }
    let mut rest = rows().skip(kept);
    loop {
        let batch: Vec<_> = rest.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(());
        }
        write_rows(&batch, columns, &widths, options, out)?;
    }
}

/// Rows whose cells stand one behind the other in a single string.
#[derive(Default)]
struct Packed {
    texts: String,
    /// Where each cell ends in `texts`, and its tone.
    cells: Vec<(u32, Tone)>,
}

impl Packed {
    fn push(&mut self, row: &[Cell<'_>]) {
        for cell in row {
            self.texts.push_str(&cell.text);
            // A cell that ended past this would have been one of four gigabytes.
            self.cells.push((u32::try_from(self.texts.len()).unwrap_or(u32::MAX), cell.tone));
        }
    }

    fn rows(&self, columns: usize) -> impl Iterator<Item = Vec<Cell<'_>>> {
        let mut start = 0;
        self.cells.chunks(columns.max(1)).map(move |row| {
            let cell = |(end, tone): &(u32, Tone)| {
                let end = *end as usize;
                let text = self.texts.get(start..end).unwrap_or_default();
                start = end;
                Cell::new(text, *tone)
            };
            row.iter().map(cell).collect()
        })
    }
}

/// Rows of which nothing is wrapped: a line each. By hand, since it takes a fraction of the time of
/// a layout that could wrap them.
fn write_lines(
    rows: &[Vec<Cell<'_>>],
    columns: &[Column],
    widths: &[usize],
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    const BLANKS: &str = "                                                                ";
    let mut line = String::new();
    for row in rows {
        line.clear();
        // Blanks wait for the text after them, so that no line ends in one.
        let mut blanks = 0;
        for ((cell, column), width) in row.iter().zip(columns).zip(widths) {
            let free = width.saturating_sub(columns_of(&cell.text));
            let (before, after) = match column.align {
                Align::Left => (0, free),
                Align::Right => (free, 0),
            };
            blanks += before;
            if !cell.text.is_empty() {
                while blanks > 0 {
                    let some = blanks.min(BLANKS.len());
                    line.push_str(BLANKS.get(..some).unwrap_or_default());
                    blanks -= some;
                }
                if options.styles.color && cell.tone != Tone::Plain {
                    line.push_str(&options.styles.ink(cell.tone).paint(&cell.text));
                } else {
                    line.push_str(&cell.text);
                }
            }
            blanks += after + GAP;
        }
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn write_rows(
    rows: &[Vec<Cell<'_>>],
    columns: &[Column],
    widths: &[usize],
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    if options.width.is_none() {
        return write_lines(rows, columns, widths, options, out);
    }
    let mut layout = Layout::new();
    layout.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // Wide enough that only the constraints below decide.
    layout.set_width(u16::MAX);
    layout.force_no_tty();
    if options.styles.color {
        layout.enforce_styling().style_text_only();
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
        if columns[index].align == Align::Right {
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
        widen(&mut widths, row);
    }
    widths
}

/// Makes each column as wide as its cell's longest line.
fn widen(widths: &mut [usize], row: &[Cell<'_>]) {
    for (width, cell) in widths.iter_mut().zip(row) {
        *width = cell.text.lines().map(columns_of).fold(*width, usize::max);
    }
}

/// The columns a line of text takes.
fn columns_of(text: &str) -> usize {
    // Harmless ASCII takes one each; most text is.
    if text.is_ascii() { text.len() } else { text.width() }
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
    use crate::render::style::Styles;

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

    fn table() -> Table<'static> {
        let columns = vec![Column::words("a"), Column::numbers("count"), Column::text("text")];
        let row = |n: usize| {
            let text = ["", "日本語", "naïve – text", "x"].get(n % 4).copied().unwrap_or_default();
            vec![Cell::new(format!("#{n}"), Tone::Strong), n.to_string().into(), text.into()]
        };
        Table { columns, rows: (0..=2 * BATCH).map(row).collect() }
    }

    fn written(
        options: &LayoutOptions,
        write: impl FnOnce(&LayoutOptions, Out<'_>) -> io::Result<()>,
    ) -> String {
        let mut out = Vec::new();
        write(options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_that_are_made_look_as_rows_that_are_held() {
        let table = table();
        for width in [None, Some(30), Some(80)] {
            let options = LayoutOptions { width, ..LayoutOptions::default() };
            let held = written(&options, |options, out| write(&table, options, out));
            let made = written(&options, |options, out| {
                write_made(&table.columns, || table.rows.iter().cloned(), options, out)
            });
            assert_eq!(held, made);
            assert_eq!(held.lines().count(), 1 + table.rows.len());
        }
    }

    #[test]
    fn without_a_width_a_table_looks_as_with_a_wide_one() {
        let table = table();
        let wide = LayoutOptions { width: Some(200), ..LayoutOptions::default() };
        let wide = written(&wide, |options, out| write(&table, options, out));
        assert_eq!(
            written(&LayoutOptions::default(), |options, out| write(&table, options, out)),
            wide
        );
        let options = LayoutOptions { styles: Styles::new(true), ..LayoutOptions::default() };
        let colored = written(&options, |options, out| write(&table, options, out));
        assert!(colored.contains("\u{1b}[1m#1\u{1b}[0m "), "{colored}");
        assert_eq!(crate::render::sanitize::text(&colored), wide);
    }

    #[test]
    fn a_cell_of_two_lines_is_as_wide_as_the_wider() {
        let columns = vec![Column::words("a"), Column::words("b")];
        let table = Table { columns, rows: vec![vec!["one\nthree".into(), "x".into()]] };
        let options = LayoutOptions { width: Some(80), ..LayoutOptions::default() };
        let text = written(&options, |options, out| write(&table, options, out));
        assert_eq!(text, "a      b\none    x\nthree\n");
    }
}
