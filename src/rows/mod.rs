//! What a row is, whichever view it is of and whichever format it is printed in.
//!
//! A row's type is written down once, in its view: its fields, with a doc comment each, give JSON,
//! NDJSON, CSV, `--fields`, `--sort`, the JSON Schema and the manual; beside it stands the list of its
//! columns for people.

pub mod chart;
mod column;
mod field;
pub mod look;
mod page;
mod pick;
mod probe;
mod record;
mod schema;
mod select;
pub mod spell;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::column::{
    ABSENT, Align, Cell, CellSink, Column, EachRow, Head, Opens, Quoting, Tone,
};
pub use self::field::{Field, Fields, Kind, nearest};
pub use self::page::{Headline, Page, Section};
pub use self::pick::{Pick, Top};
pub use self::probe::probe;
pub use self::record::{Record, plain};
pub use self::schema::schema;
pub use self::select::{Clock, Conditions};

/// A row of a view.
pub trait Row: Serialize + JsonSchema {
    /// What `schema` calls rows of this kind.
    const KIND: &'static str;

    /// What people call one of them, and several.
    const NOUN: (&'static str, &'static str);

    /// Short names of its fields, on the command line.
    const SHORT: &'static [(&'static str, &'static str)] = &[];

    /// Its columns for people, in order.
    fn columns() -> Vec<Column<Self>>
    where
        Self: Sized;
}
