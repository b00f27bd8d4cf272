//! `schema`: what the rows are that commands print.

use std::io::Write as _;

use schemars::JsonSchema;
use serde_json::Value;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::figures;
use crate::output::{FailureRow, Out, Terminal};
use crate::render::style::Styles;
use crate::render::{LayoutOptions, json};
use crate::rows::{Row, nearest, schema};
use crate::view::missing::MissingRow;
use crate::view::overview::OverviewRow;
use crate::view::tools::ToolRow;
use crate::view::{rag, transcript};

/// A kind of rows.
pub struct Kind {
    /// What it is called.
    pub name: &'static str,
    /// Makes its schema.
    pub schema: fn() -> Value,
}

const fn kind<R: JsonSchema>(name: &'static str) -> Kind {
    Kind { name, schema: schema::<R> }
}

const fn row<R: Row>() -> Kind {
    kind::<R>(R::KIND)
}

/// Every kind of rows there is.
pub const KINDS: &[Kind] = &[
    row::<OverviewRow<'_>>(),
    kind::<figures::grouped::FetchSummary<'_>>("fetch-summary"),
    kind::<transcript::Row<'_>>("transcript"),
    row::<figures::transcript::SummaryRow>(),
    row::<rag::Row<'_>>(),
    row::<rag::ChunkRow<'_>>(),
    kind::<figures::rag::Figures<'_>>("rag-summary"),
    kind::<figures::rag::Line<'_>>("rag-summary-csv"),
    row::<figures::rag::ThresholdRow<'_>>(),
    row::<figures::rag::DocumentRow<'_>>(),
    row::<ToolRow<'_>>(),
    row::<figures::tools::SummaryRow>(),
    row::<MissingRow<'_>>(),
    row::<figures::missing::SummaryRow>(),
    row::<figures::gaps::GapRow<'_>>(),
    kind::<figures::grouped::ByRow<'_>>("by"),
    kind::<figures::compare::AgainstRow<'_>>("against"),
    kind::<FailureRow<'_>>("error"),
];

/// `schema`.
///
/// Fails where there are no rows of that kind.
pub(super) fn print(rows: Option<&str>, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut out = Out::paged(terminal);
    match rows {
        None => {
            let widest = KINDS.iter().map(|kind| kind.name.len()).max().unwrap_or(0);
            for Kind { name, schema } in KINDS {
                let schema = schema();
                let title = schema.get("title").and_then(Value::as_str).unwrap_or_default();
                writeln!(out, "{name:widest$}  {title}")?;
            }
        }
        Some(rows) => {
            let Some(kind) = KINDS.iter().find(|kind| kind.name == rows) else {
                return Err(unknown(rows).into());
            };
            let options = LayoutOptions {
                styles: Styles::new(terminal.color),
                terminal: terminal.stdout,
                ..LayoutOptions::default()
            };
            json::value(&(kind.schema)(), &options, &mut out)?;
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

fn unknown(rows: &str) -> Failure {
    let failure = Failure::usage(format!("there are no rows called {rows}"));
    match nearest(rows, KINDS.iter().map(|kind| kind.name)) {
        Some(nearest) => failure.hint(format!("did you mean {nearest}?")),
        None => failure.hint("feather-analysis schema lists them"),
    }
}
