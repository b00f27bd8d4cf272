//! `missing`.

use clap::ValueEnum as _;

use super::figures::Asked;
use super::gate::{Gate, Hits};
use super::selection::Reader;
use super::tally::{ALL, Filter, Share, Shown};
use super::{Done, Run};
use crate::cli::{MissingArgs, MissingCondition};
use crate::exit::Exit;
use crate::figures::by::By;
use crate::figures::missing as figures;
use crate::figures::table::Table;
use crate::model::MissingEvidenceReason as Reason;
use crate::render::rows::Printer;
use crate::rows::Row as _;
use crate::view::missing::{self as view, Input, MissingRow, all_columns};

impl Run<'_> {
    /// `missing`.
    pub(super) fn missing(mut self, args: &MissingArgs) -> anyhow::Result<Exit> {
        self.tally.gate = Gate::new(&args.fail_on, |condition| {
            (*condition == MissingCondition::Any).then_some(("reason", "reasons"))
        });
        if args.summary {
            return self.missing_summary(args);
        }
        let pick = Self::pick::<MissingRow<'_>>(&args.rows)?;
        let columns = if args.all { all_columns } else { MissingRow::columns };
        let printer = Printer::new(args.format.into(), &self.options, pick, &columns(), false);
        let filter = (!args.all)
            .then_some(Filter { noun: MissingRow::NOUN, none: "no evidence is missing" });
        self.print(&args.sessions, &printer, filter, |document, out| {
            let input: Input<'_> = document.read()?;
            let rows = if args.all { view::all(&input) } else { view::rows(&input) };
            let columns = if args.all { all_columns() } else { MissingRow::columns() };
            let page = |_: &_| view::page(&input, &rows);
            let count = if args.all { ALL } else { rows.len() };
            let (made, shown) =
                Shown::write(count, out, |out| printer.make(&columns, || rows.iter(), page, out))?;
            let share = Share { shown, ..declared(&input, &args.fail_on) };
            Ok(Done::new(document, &input, made).with(share))
        })
    }

    /// `missing --summary`.
    fn missing_summary(mut self, args: &MissingArgs) -> anyhow::Result<Exit> {
        let count = |document: &Reader<'_>, tables: &mut Vec<Table>| {
            let input: Input<'_> = document.read()?;
            let rows = view::rows(&input);
            document.count(&input, tables, |sorter| figures::count(&rows, sorter))?;
            Ok(Done::new(document, &input, ()).with(declared(&input, &args.fail_on)))
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
        let tables = self.sum(&args.sessions, &figures::PLAN, &bys, count)?;
        if let [reasons, all] = &*tables {
            let rows = figures::rows(reasons, all);
            self.figures(&rows, figures::page(&rows, all), args.format)?;
        }
        Ok(self.close())
    }
}

/// Which of these reasons the document declares. One that is due and not declared does not count:
/// scripts rely on what the API says.
fn declared(input: &Input<'_>, conditions: &[MissingCondition]) -> Share {
    Share::of_hits(Hits::of(&input.session_id, conditions, |condition| {
        let wanted = condition.to_possible_value().filter(|_| *condition != MissingCondition::Any);
        let is_wanted = move |reason: &&Reason<'_>| {
            wanted.as_ref().is_none_or(|wanted| reason.as_str() == wanted.get_name())
        };
        view::declared(input).filter(is_wanted).map(|_| None)
    }))
}
