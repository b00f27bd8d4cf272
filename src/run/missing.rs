//! `missing`.

use clap::ValueEnum as _;

use super::{Done, Run};
use crate::cli::{MissingArgs, MissingCondition};
use crate::exit::Exit;
use crate::figures::missing::Summary;
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
        let mut matched = false;
        let mut summary = Summary::default();
        self.fold(
            &args.sessions,
            |document| {
                let input: Input<'_> = document.read()?;
                let mut one = Summary::default();
                one.add(&view::rows(&input));
                Ok(Done::new(document, &input, (one, declares(&input, &args.fail_on))))
            },
            |(one, hit)| {
                summary.merge(one);
                matched |= hit;
                Ok(())
            },
        )?;
        let rows = summary.rows();
        self.figures(&rows, summary.page(&rows), args.format)?;
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
