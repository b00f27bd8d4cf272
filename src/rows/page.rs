//! What stands around one session's rows where people read them.

use super::Row;
use super::column::{Cell, Head};
use super::spell::Spelling;

/// The lines before and after a session's rows. They may hold strangers' words: whoever renders them
/// makes them harmless.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Whose rows they are, and how many: parts that stand on a line as far as there is room.
    pub title: Vec<String>,
    /// Lines after the rows.
    pub notes: Vec<String>,
    /// Whether the rows' times need their dates: they are of several days.
    pub dates: bool,
}

/// A small table with what stands around it.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// What stands around it.
    pub page: Page,
    /// Its columns.
    pub heads: Vec<Head>,
    /// Its rows, a cell a column.
    pub rows: Vec<Vec<Cell<'a>>>,
}

impl<'r> Section<'r> {
    /// The first rows of a view.
    pub fn of<R: Row>(rows: &'r [R], most: usize, page: Page, spelling: &Spelling) -> Self {
        let columns = R::columns();
        let cells =
            |row: &'r R| columns.iter().map(|column| (column.cell)(row, spelling)).collect();
        let cells = rows.iter().take(most).map(cells).collect();
        let heads = columns.iter().map(|column| column.head.clone()).collect();
        Self { page, heads, rows: cells }.first_of(most, rows.len())
    }

    /// The first rows.
    #[must_use]
    pub fn first(mut self, most: usize) -> Self {
        let all = self.rows.len();
        self.rows.truncate(most);
        self.first_of(most, all)
    }

    fn first_of(mut self, most: usize, all: usize) -> Self {
        if all > most {
            self.page.title.push(format!("the first {} shown", super::spell::count(most)));
        }
        self
    }

    /// The same without the columns that tell sessions apart.
    #[must_use]
    pub fn alone(mut self) -> Self {
        let kept: Vec<bool> = self.heads.iter().map(|head| !head.across).collect();
        for row in &mut self.rows {
            let mut kept = kept.iter();
            row.retain(|_| kept.next() != Some(&false));
        }
        self.heads.retain(|head| !head.across);
        self
    }

    /// The same, of text that stands in no document.
    pub fn into_owned(self) -> Section<'static> {
        let rows = self.rows.into_iter();
        let rows = rows.map(|row| row.into_iter().map(Cell::into_owned).collect()).collect();
        Section { page: self.page, heads: self.heads, rows }
    }
}

/// A figure that stands alone.
#[derive(Clone, Debug)]
pub struct Headline {
    /// Its name in JSON.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Its value.
    pub value: Cell<'static>,
    /// The same as JSON has it.
    pub json: String,
    /// What it is a share of, or how many it is over: `48 of 60`.
    pub of: String,
    /// What it counts.
    pub about: String,
}
