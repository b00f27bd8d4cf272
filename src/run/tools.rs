//! `tools`.

use super::figures::Asked;
use super::selection::Reader;
use super::{Done, Run};
use crate::cli::{ToolCondition, ToolsArgs};
use crate::exit::Exit;
use crate::figures::by::By;
use crate::figures::table::Table;
use crate::figures::tools as figures;
use crate::render::rows::Printer;
use crate::rows::Row as _;
use crate::view::tools::{self as view, Input, Status, ToolRow};

impl Run<'_> {
    /// `tools`.
    ///
    /// `--name` narrows everything. `--only` narrows what is shown and nothing else: `--fail-on`
    /// looks at the calls that it leaves out too.
    pub(super) fn tools(mut self, args: &ToolsArgs) -> anyhow::Result<Exit> {
        if args.summary {
            return self.tools_summary(args);
        }
        let pick = Self::pick::<ToolRow<'_>>(&args.rows)?;
        self.options.full = args.full;
        let format = args.format.into();
        let printer = Printer::new(format, &self.options, pick, &ToolRow::columns(), false);
        self.print(&args.sessions, &printer, |document, out| {
            let input: Input<'_> = document.read()?;
            let rows = calls(&input, &args.name);
            let matched = rows.iter().any(|row| has_status(row, &args.fail_on));
            let wanted = |row: &&ToolRow<'_>| args.only.is_empty() || has_status(row, &args.only);
            let shown = || rows.iter().filter(wanted);
            let page = |_: &_| view::page(&input, &rows, wanted, !args.name.is_empty());
            let made = printer.make(&ToolRow::columns(), shown, page, out)?;
            Ok(Done::new(document, &input, (made, matched)))
        })
    }

    /// `tools --summary`.
    fn tools_summary(mut self, args: &ToolsArgs) -> anyhow::Result<Exit> {
        let count = |document: &Reader<'_>, tables: &mut Vec<Table>| {
            let input: Input<'_> = document.read()?;
            let rows = calls(&input, &args.name);
            let matched = rows.iter().any(|row| has_status(row, &args.fail_on));
            document.count(&input, tables, |sorter| figures::count(&rows, sorter))?;
            Ok(Done::new(document, &input, matched))
        };
        let asked = Asked {
            sessions: &args.sessions,
            figures: &args.figures,
            plan: &figures::PLAN,
            more: &[],
            format: args.format.into(),
        };
        if asked.is_grouped() {
            return self.grouped::<ToolRow<'_>>(&asked, count);
        }
        let bys = [By::own::<ToolRow<'_>>("name")?, By::nothing()];
        let (tables, matched) = self.sum(&args.sessions, &figures::PLAN, &bys, count)?;
        if let [tools, all] = &*tables {
            let rows = figures::rows(tools, all);
            self.figures(&rows, figures::page(all.sessions, &rows), args.format)?;
        }
        Ok(self.close(matched))
    }
}

/// The document's calls of these tools; of all where none is named.
fn calls<'a>(input: &'a Input<'a>, names: &[String]) -> Vec<ToolRow<'a>> {
    let mut rows = view::rows(&input.session_id, &input.messages, &input.tool_calls);
    if !names.is_empty() {
        rows.retain(|row| row.name.is_some_and(|name| names.iter().any(|other| other == name)));
    }
    rows
}

/// Whether the call has one of these states.
fn has_status(row: &ToolRow<'_>, conditions: &[ToolCondition]) -> bool {
    conditions.iter().any(|condition| Status::from(*condition) == row.status)
}

impl From<ToolCondition> for Status {
    fn from(condition: ToolCondition) -> Self {
        match condition {
            ToolCondition::Ok => Self::Ok,
            ToolCondition::Error => Self::Error,
            ToolCondition::NoResult => Self::NoResult,
            ToolCondition::Unrecorded => Self::Unrecorded,
        }
    }
}
