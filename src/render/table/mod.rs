//! Tables for people: laid out to a width, or one row a line where there is none.

use std::borrow::Cow;
use std::io;

use comfy_table::presets::NOTHING;
use comfy_table::{
    Cell as TableCell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table as Grid,
    Width,
};

use super::layout::{GAP, Group, Layout, Need, columns_of, lay_out};
use super::survey::Survey;
use super::{LayoutOptions, Out, cell, wrap};
use crate::rows::{Align, Cell, EachRow, Head, Tone};

/// Rows that are laid out at a time, so that a long table costs no more memory than a short one.
const BATCH: usize = 256;

/// Bytes of made cells that are kept between measuring and writing them.
const PACKED: usize = 3 << 20;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows.
    pub rows: usize,
    /// Whether a cell was cut to the lines it may have.
    pub cut: bool,
    /// What stands in every row and was left out of all: a column's heading, and what.
    pub shared: Vec<String>,
}

/// Lays a table out and writes it; nothing where it has no rows. Every row is asked for more than
/// once, so that a long table need not be held: to compare it with the others where its columns ask
/// for that, to measure it, and to write what [`PACKED`] bytes do not keep.
///
/// Fails where making the rows or writing fails.
pub fn write(
    heads: &[Head],
    each: EachRow<'_>,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<Written> {
    let survey = Survey::of(heads, each, options)?;
    let mut packed = Packed::default();
    let mut needs = vec![Need::default(); heads.len()];
    let (mut kept, mut left) = (0, 0_usize);
    let mut above = Vec::new();
    let mut cut = false;
    each(&mut |row| {
        let row = shown(row, heads, &survey, &mut above, &mut cut, options);
        for ((cell, need), head) in row.iter().zip(&mut needs).zip(heads) {
            let wrapped = options.width.is_some() && (head.wraps || head.step.is_some());
            need.widen(&cell.text, wrapped, cell.code);
            need.filled |= !cell.is_idle();
        }
        if packed.texts.len() < PACKED {
            packed.push(&row);
            kept += 1;
        } else {
            left += 1;
        }
        Ok(())
    })?;
    if kept == 0 {
        return Ok(Written::default());
    }
    let layout = lay_out(heads, &needs, options.width);
    options.measured(layout.width());
    let mut written = Written { rows: kept + left, cut, shared: survey.told(heads) };
    let mut writer = Writer {
        heads,
        layout: &layout,
        options,
        written: &mut written,
        begun: false,
        tall: false,
    };
    writer.header(out)?;
    let mut from_packed = packed.rows(heads.len());
    loop {
        let batch: Vec<_> = from_packed.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        writer.batch(&batch, out)?;
    }
    if left > 0 {
        let (mut above, mut place) = (Vec::new(), 0);
        each(&mut |row| {
            let row = shown(row, heads, &survey, &mut above, &mut cut, options);
            place += 1;
            if place > kept { writer.batch(&[row], out) } else { Ok(()) }
        })?;
    }
    Ok(written)
}

/// A row's cells as they may be shown: harmless, of one line, without what is said once, blank where
/// they repeat the row above; `cut` is set where a part of one was left out.
fn shown<'a>(
    mut row: Vec<Cell<'a>>,
    heads: &[Head],
    survey: &Survey,
    above: &mut Vec<String>,
    cut: &mut bool,
    options: &LayoutOptions,
) -> Vec<Cell<'a>> {
    for cell in &mut row {
        let (text, was_cut) = cell::shown(cell, options.full);
        cell.text = text;
        *cut |= was_cut;
    }
    survey.apply(&mut row);
    // In a pipe a row stands for itself.
    if options.width.is_some() && heads.iter().any(|head| head.once) {
        let shared =
            || row.iter().zip(heads).filter(|(_, head)| head.once).map(|(cell, _)| &cell.text);
        if shared().eq(above.iter()) {
            for (cell, _) in row.iter_mut().zip(heads).filter(|(_, head)| head.once) {
                cell.text = Cow::Borrowed("");
            }
        } else {
            *above = shared().map(|text| text.clone().into_owned()).collect();
        }
    }
    row
}

/// Rows whose cells stand one behind the other in a single string.
#[derive(Default)]
struct Packed {
    texts: String,
    /// Where each cell ends in `texts`, how it looks, whether it is code, and its lines.
    cells: Vec<(u32, Tone, bool, Option<u8>)>,
}

impl Packed {
    fn push(&mut self, row: &[Cell<'_>]) {
        for cell in row {
            self.texts.push_str(&cell.text);
            // A cell that ended past this would have been one of four gigabytes.
            let end = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
            self.cells.push((end, cell.tone, cell.code, cell.lines));
        }
    }

    fn rows(&self, columns: usize) -> impl Iterator<Item = Vec<Cell<'_>>> {
        let mut start = 0;
        self.cells.chunks(columns.max(1)).map(move |row| {
            let cell = |(end, tone, code, lines): &(u32, Tone, bool, Option<u8>)| {
                let end = *end as usize;
                let text = Cow::Borrowed(self.texts.get(start..end).unwrap_or_default());
                start = end;
                Cell { code: *code, lines: *lines, ..Cell::new(text, *tone) }
            };
            row.iter().map(cell).collect()
        })
    }
}

/// A line of a cell.
type Line<'c> = (Cow<'c, str>, Tone);

/// Writes rows as they were laid out.
struct Writer<'w> {
    heads: &'w [Head],
    layout: &'w Layout,
    options: &'w LayoutOptions,
    written: &'w mut Written,
    /// Whether a row was written.
    begun: bool,
    /// Whether the last one has several lines.
    tall: bool,
}

impl Writer<'_> {
    fn header(&mut self, out: Out<'_>) -> io::Result<()> {
        let Layout::Grid { groups, .. } = self.layout else { return Ok(()) };
        let cells = groups.iter().map(|group| {
            let heads = group.members.iter().filter_map(|column| self.heads.get(*column));
            let titles: Vec<&str> =
                heads.map(|head| &*head.title).filter(|title| !title.is_empty()).collect();
            let joined = titles.join(", ");
            // Where they do not fit on a line, they are stacked like the cells below.
            let lines: Vec<Cow<'_, str>> = if columns_of(&joined) <= group.width {
                vec![joined.into()]
            } else {
                titles
                    .iter()
                    .flat_map(|title| wrap::wrap(title, group.width))
                    .map(Cow::from)
                    .collect()
            };
            lines.into_iter().map(|line| (line, Tone::Dim)).collect()
        });
        self.lines(&[cells.collect()], groups, out)
    }

    fn batch(&mut self, rows: &[Vec<Cell<'_>>], out: Out<'_>) -> io::Result<()> {
        match self.layout {
            Layout::Grid { groups, stacked } => self.grid(rows, groups, *stacked, out),
            Layout::Records { members, heading, value } => {
                self.records(rows, members, *heading, *value, out)
            }
        }
    }

    fn grid(
        &mut self,
        rows: &[Vec<Cell<'_>>],
        groups: &[Group],
        stacked: bool,
        out: Out<'_>,
    ) -> io::Result<()> {
        if self.options.width.is_none() {
            return self.unwrapped(rows, groups, out);
        }
        let mut laid_out = Vec::with_capacity(rows.len());
        for row in rows {
            let cells: Vec<Vec<Line<'_>>> =
                groups.iter().map(|group| self.cell(row, group, stacked)).collect();
            // What may be passed over may run on.
            let several = |lines: &[Line<'_>]| lines.iter().any(|(_, tone)| *tone != Tone::Dim);
            let mut below = cells.iter().map(|lines| lines.get(1..).unwrap_or_default());
            let tall = stacked || below.any(several);
            let begun = std::mem::replace(&mut self.begun, true);
            let tall_above = std::mem::replace(&mut self.tall, tall);
            if begun && (tall_above || tall) && !self.goes_on(row) {
                // Rows of several lines would run into one another.
                laid_out.push(vec![Vec::new(); groups.len()]);
            }
            laid_out.push(cells);
        }
        self.lines(&laid_out, groups, out)
    }

    /// Whether a row belongs to the one above: it was left blank where it repeats it.
    fn goes_on(&self, row: &[Cell<'_>]) -> bool {
        let mut once = row.iter().zip(self.heads).filter(|(_, head)| head.once).peekable();
        once.peek().is_some() && once.all(|(cell, _)| cell.text.is_empty())
    }

    /// The lines of a cell that one or more columns share.
    fn cell<'c>(&mut self, row: &'c [Cell<'_>], group: &Group, stacked: bool) -> Vec<Line<'c>> {
        let mut lines = Vec::new();
        for (place, column) in group.members.iter().enumerate() {
            let (Some(cell), Some(head)) = (row.get(*column), self.heads.get(*column)) else {
                continue;
            };
            // What is absent is told once, on top.
            if place > 0 && cell.is_absent() {
                continue;
            }
            // A record begins with a line that stands out; running text is too much of it.
            let tone = match cell.tone {
                Tone::Plain if place > 0 => Tone::Dim,
                Tone::Plain if stacked && !head.wraps => Tone::Strong,
                tone => tone,
            };
            let text = match head.mark {
                mark if place > 0 && !mark.is_empty() => Cow::Owned(format!("{mark}{}", cell.text)),
                _ => Cow::Borrowed(&*cell.text),
            };
            let most = self.most(cell, head);
            let (wrapped, cut) = wrapped(text, cell.code, group.width, most);
            self.written.cut |= cut;
            lines.extend(wrapped.into_iter().map(|line| (line, tone)));
        }
        // The row's other lines say it.
        if lines.first().is_some_and(|(line, _)| line.is_empty()) && lines.len() > 1 {
            lines.remove(0);
        }
        lines
    }

    /// How many lines of a cell are shown.
    fn most(&self, cell: &Cell<'_>, head: &Head) -> usize {
        let most = cell.lines.map(usize::from).or(head.lines);
        most.filter(|_| !self.options.full).unwrap_or(usize::MAX)
    }

    fn lines(&self, rows: &[Vec<Vec<Line<'_>>>], groups: &[Group], out: Out<'_>) -> io::Result<()> {
        let mut grid = Grid::new();
        grid.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        // Wide enough that only the constraints below decide.
        grid.set_width(u16::MAX);
        grid.force_no_tty();
        if self.options.styles.color {
            grid.enforce_styling().style_text_only();
        }
        for row in rows {
            let height = row.iter().map(Vec::len).max().unwrap_or(0).max(1);
            for line in 0..height {
                let cells = row.iter().map(|cell| match cell.get(line) {
                    Some((text, tone)) => super::style::cell(*tone, TableCell::new(text)),
                    None => TableCell::new(""),
                });
                grid.add_row(Row::from(cells.collect::<Vec<_>>()));
            }
        }
        for (index, (column, group)) in grid.column_iter_mut().zip(groups).enumerate() {
            let gap = if index + 1 == groups.len() { 0 } else { GAP };
            column.set_padding((0, u16::try_from(gap).unwrap_or(0)));
            let width = u16::try_from(group.width + gap).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            if self.align(group) == Align::Right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for line in grid.lines() {
            out.write_all(line.trim_end().as_bytes())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn align(&self, group: &Group) -> Align {
        let first = group.members.first().and_then(|column| self.heads.get(*column));
        first.map_or(Align::Left, |head| head.align)
    }

    /// Rows of which nothing is wrapped: a line each. By hand, since it takes a fraction of the time
    /// of a layout that could wrap them.
    fn unwrapped(&self, rows: &[Vec<Cell<'_>>], groups: &[Group], out: Out<'_>) -> io::Result<()> {
        const BLANKS: &str = "                                                                ";
        let mut line = String::new();
        for row in rows {
            line.clear();
            // Blanks wait for the text after them, so that no line ends in one.
            let mut blanks = 0;
            for group in groups {
                let Some(cell) = group.members.first().and_then(|column| row.get(*column)) else {
                    continue;
                };
                let free = group.width.saturating_sub(columns_of(&cell.text));
                let (before, after) = match self.align(group) {
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
                    if self.options.styles.color && cell.tone != Tone::Plain {
                        line.push_str(&self.options.styles.ink(cell.tone).paint(&cell.text));
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

    fn records(
        &mut self,
        rows: &[Vec<Cell<'_>>],
        members: &[usize],
        heading: usize,
        value: usize,
        out: Out<'_>,
    ) -> io::Result<()> {
        let groups =
            [Group { members: vec![], width: heading }, Group { members: vec![], width: value }];
        let mut laid_out: Vec<Vec<Vec<Line<'_>>>> = Vec::new();
        for row in rows {
            if std::mem::replace(&mut self.begun, true) {
                laid_out.push(vec![Vec::new(); 2]);
            }
            for column in members {
                let (Some(cell), Some(head)) = (row.get(*column), self.heads.get(*column)) else {
                    continue;
                };
                if cell.is_absent() {
                    continue;
                }
                let most = self.most(cell, head);
                let (lines, cut) = wrapped(Cow::Borrowed(&*cell.text), cell.code, value, most);
                self.written.cut |= cut;
                let title = wrap::wrap(&head.title, heading);
                laid_out.push(vec![
                    title.into_iter().map(|line| (Cow::Borrowed(line), Tone::Dim)).collect(),
                    lines.into_iter().map(|line| (line, cell.tone)).collect(),
                ]);
            }
        }
        self.lines(&laid_out, &groups, out)
    }
}

/// Breaks a cell's text into lines, `most` of them; says whether something had to be cut.
fn wrapped(text: Cow<'_, str>, code: bool, width: usize, most: usize) -> (Vec<Cow<'_, str>>, bool) {
    if columns_of(&text) <= width {
        return (vec![text], false);
    }
    let broken = if code { wrap::wrap_code(&text, width) } else { wrap::wrap(&text, width) };
    let cut = broken.len() > most;
    let mut lines: Vec<Cow<'_, str>> =
        broken.into_iter().take(most).map(|line| Cow::Owned(line.trim_end().to_owned())).collect();
    if cut && let Some(last) = lines.last_mut() {
        // Room for the sign, also where the line is full.
        let shorter = crate::rows::spell::shorten(Cow::Owned(format!("{last}……")), width);
        *last = Cow::Owned(format!("{}…", shorter.trim_end_matches('…').trim_end()));
    }
    (lines, cut)
}

#[cfg(test)]
mod tests;
