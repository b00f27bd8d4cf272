//! `tools`.

use std::collections::BTreeSet;

use super::figures::Asked;
use super::gate::{Gate, Hits, Noun};
use super::selection::Reader;
use super::tally::{ALL, Filter, Names, Share, Shown};
use super::{Done, Run};
use crate::cli::{ToolCondition, ToolsArgs};
use crate::exit::Exit;
use crate::figures::by::By;
use crate::figures::table::Table;
use crate::figures::tools as figures;
use crate::render::rows::Printer;
use crate::rows::Row as _;
use crate::view::tools::{self as view, Input, Status, ToolRow};

/// What rows are called beside "tool".
const CALLS: Noun = ("call", "calls");

impl Run<'_> {
    /// `tools`.
    ///
    /// `--name` narrows everything. `--only` narrows what is shown and nothing else: `--fail-on`
    /// looks at the calls that it leaves out too.
    pub(super) fn tools(mut self, args: &ToolsArgs) -> anyhow::Result<Exit> {
        self.tally.gate = Gate::new(&args.fail_on, |_| Some(CALLS));
        self.tally.names = (!args.name.is_empty())
            .then(|| Names::new("--name", &args.name, "no tool of this name was called", false));
        if args.summary {
            return self.tools_summary(args);
        }
        let filters = !args.only.is_empty() || !args.name.is_empty();
        let filter = filters.then_some(Filter { noun: CALLS, none: "no such call" });
        let pick = Self::pick::<ToolRow<'_>>(&args.rows)?;
        self.options.full = args.full;
        let format = args.format.into();
        let printer = Printer::new(format, &self.options, pick, &ToolRow::columns(), false);
        self.print(&args.sessions, &printer, filter, |document, out| {
            let input: Input<'_> = document.read()?;
            let (rows, mut share) = calls(&input, args);
            let wanted = |row: &&ToolRow<'_>| {
                args.only.is_empty() || args.only.iter().any(|status| is(row, *status))
            };
            let shown = || rows.iter().filter(wanted);
            let page = |_: &_| view::page(&input, &rows, wanted, !args.name.is_empty());
            let count = if filters { shown().count() } else { ALL };
            let (made, shown) = Shown::write(count, out, |out| {
                printer.make(&ToolRow::columns(), shown, page, out)
            })?;
            share.shown = shown;
            Ok(Done::new(document, &input, made).with(share))
        })
    }

    /// `tools --summary`.
    fn tools_summary(mut self, args: &ToolsArgs) -> anyhow::Result<Exit> {
        let count = |document: &Reader<'_>, tables: &mut Vec<Table>| {
            let input: Input<'_> = document.read()?;
            let (rows, share) = calls(&input, args);
            document.count(&input, tables, |sorter| figures::count(&rows, sorter))?;
            Ok(Done::new(document, &input, ()).with(share))
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
        let tables = self.sum(&args.sessions, &figures::PLAN, &bys, count)?;
        if let [tools, all] = &*tables {
            let rows = figures::rows(tools, all);
            self.figures(&rows, figures::page(all.sessions, &rows), args.format)?;
        }
        Ok(self.close())
    }
}

/// The document's calls of the tools that are named, of all where none is; and what they add to what is
/// said at the end.
fn calls<'a>(input: &'a Input<'a>, args: &ToolsArgs) -> (Vec<ToolRow<'a>>, Share) {
    let mut rows = view::rows(&input.session_id, &input.messages, &input.tool_calls);
    let mut share = Share::default();
    if !args.name.is_empty() {
        let names: BTreeSet<&str> = rows.iter().filter_map(|row| row.name).collect();
        share.names = names.into_iter().map(str::to_owned).collect();
        rows.retain(|row| row.name.is_some_and(|name| args.name.iter().any(|other| other == name)));
    }
    share.hits = Hits::of(&input.session_id, &args.fail_on, |status| {
        let status = *status;
        rows.iter().filter(move |row| is(row, status)).map(|row| row.turn)
    });
    (rows, share)
}

/// Whether the call has this state.
fn is(row: &ToolRow<'_>, status: ToolCondition) -> bool {
    Status::from(status) == row.status
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
