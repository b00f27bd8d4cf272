//! `missing`.

use clap::ValueEnum as _;

use super::figures::Asked;
use super::selection::Reader;
use super::{Done, Run};
use crate::cli::{MissingArgs, MissingCondition};
use crate::exit::Exit;
use crate::figures::by::By;
use crate::figures::missing as figures;
use crate::figures::table::Table;
use crate::render::rows::Printer;
use crate::rows::Row as _;
use crate::view::missing::{self as view, Input, MissingRow, all_columns};

impl Run<'_> {
    /// `missing`.
    pub(super) fn missing(self, args: &MissingArgs) -> anyhow::Result<Exit> {
        if args.summary {
            return self.missing_summary(args);
        }
        let pick = Self::pick::<MissingRow<'_>>(&args.rows)?;
        let columns = if args.all { all_columns } else { MissingRow::columns };
        let printer = Printer::new(args.format.into(), &self.options, pick, &columns(), false);
        self.print(&args.sessions, &printer, |document, out| {
            let input: Input<'_> = document.read()?;
            let rows = if args.all { view::all(&input) } else { view::rows(&input) };
            let columns = if args.all { all_columns() } else { MissingRow::columns() };
            let page = |_: &_| view::page(&input, &rows);
            let made = printer.make(&columns, || rows.iter(), page, out)?;
            Ok(Done::new(document, &input, (made, declares(&input, &args.fail_on))))
        })
    }

    /// `missing --summary`.
    fn missing_summary(mut self, args: &MissingArgs) -> anyhow::Result<Exit> {
        let count = |document: &Reader<'_>, tables: &mut Vec<Table>| {
            let input: Input<'_> = document.read()?;
            let rows = view::rows(&input);
            document.count(&input, tables, |sorter| figures::count(&rows, sorter))?;
            Ok(Done::new(document, &input, declares(&input, &args.fail_on)))
        };
        let asked = Asked {
            sessions: &args.sessions,
            figures: &args.figures,
            plan: &figures::PLAN,
            more: &[],
            format: args.format.into(),
        };
        if asked.is_grouped() {
            return self.grouped::<MissingRow<'_>>(&asked, count);
        }
        let bys = [By::own::<MissingRow<'_>>("reason")?, By::nothing()];
        let (tables, matched) = self.sum(&args.sessions, &figures::PLAN, &bys, count)?;
        if let [reasons, all] = &*tables {
            let rows = figures::rows(reasons, all);
            self.figures(&rows, figures::page(&rows, all), args.format)?;
        }
        Ok(self.close(matched))
    }
}

/// Whether the document declares one of these reasons. One that is due and not declared does not
/// count: scripts rely on what the API says.
fn declares(input: &Input<'_>, conditions: &[MissingCondition]) -> bool {
    conditions.iter().any(|condition| {
        *condition == MissingCondition::Any && !input.missing_evidence_reasons.is_empty()
            || condition.to_possible_value().is_some_and(|value| {
                view::declared(input).any(|reason| reason.as_str() == value.get_name())
            })
    })
}
