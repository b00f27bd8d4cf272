//! Rows → bytes: a file a format, and what they share. Knows no network, no environment and, but for
//! the transcript's page, no view.

pub mod blobs;
mod cell;
pub mod csv;
pub mod embedded;
pub mod frame;
pub mod html;
pub mod json;
mod layout;
pub mod manual;
pub mod markdown;
mod paint;
pub mod rows;
pub mod sanitize;
pub mod style;
mod survey;
pub mod table;
pub mod transcript;
pub mod wrap;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::style::Styles;
use crate::rows::spell::Spelling;

/// What an output is laid out for. The default is what a pipe gets: plain, unlimited, UTC.
#[derive(Clone, Debug, Default)]
pub struct LayoutOptions {
    /// Columns; None is unlimited: nothing is wrapped or cut.
    pub width: Option<usize>,
    /// Colours, or none.
    pub styles: Styles,
    /// How single values are spelt.
    pub spelling: Spelling,
    /// Whether long cells are shown whole.
    pub full: bool,
    /// Whether CSV is for a double click in Excel.
    pub excel: bool,
    /// Whether the output goes to a terminal itself, which must not be sent control characters.
    pub terminal: bool,
    /// Where the width of the widest table is told that none was given for.
    pub widest: Option<Arc<AtomicUsize>>,
}

impl LayoutOptions {
    /// Tells the width of a table, where none was given for it.
    fn measured(&self, width: usize) {
        if let Some(widest) = self.widest.as_ref().filter(|_| self.width.is_none()) {
            widest.fetch_max(width, Ordering::Relaxed);
        }
    }
}

/// What renderers write to.
pub type Out<'a> = &'a mut dyn io::Write;
