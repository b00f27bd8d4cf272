//! What stands around one session's rows where people read them.

use super::column::{Cell, Head};

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
