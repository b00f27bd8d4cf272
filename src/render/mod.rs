//! Views → bytes: JSON, tables, CSV, Markdown and text. Knows no network and no environment.

pub mod blobs;
pub mod csv;
pub mod embedded;
pub mod json;
pub mod markdown;
pub mod missing;
pub mod overview;
pub mod rag;
pub mod rows;
pub mod sanitize;
pub mod style;
pub mod table;
pub mod tools;
pub mod transcript;
pub mod wrap;

use std::io;

use self::style::Styles;
use crate::rows::spell::Zone;

/// What an output is laid out for.
#[derive(Clone, Debug)]
pub struct LayoutOptions {
    /// Columns; None is unlimited: nothing is wrapped or cut.
    pub width: Option<usize>,
    /// Colours, or none.
    pub styles: Styles,
    /// The zone of the times shown.
    pub zone: Zone,
    /// Whether long ids are shortened, as where there is a width to keep to.
    pub short_ids: bool,
    /// Whether the output goes to a terminal itself, which must not be sent control characters.
    pub terminal: bool,
}

impl Default for LayoutOptions {
    /// Plain, unlimited, UTC: what a pipe gets.
    fn default() -> Self {
        Self {
            width: None,
            styles: Styles::default(),
            zone: Zone::Utc,
            short_ids: false,
            terminal: false,
        }
    }
}

/// What renderers write to.
pub type Out<'a> = &'a mut dyn io::Write;
