//! `gaps`: the questions that the knowledge base fails.

use super::gate::{Gate, Hits};
use super::selection::Reader;
use super::{Done, Run};
use crate::cli::{GapCondition, GapsArgs, RowFormat};
use crate::exit::Exit;
use crate::figures::gaps::{GapRow, Gaps, Status};
use crate::input::Item;
use crate::render::frame::Framed;
use crate::render::rows::Printer;
use crate::rows::{Page, Pick, Row};
use crate::view::gaps::{Input, Questions};

impl Run<'_> {
    /// `gaps`.
    pub(super) fn gaps(mut self, args: &GapsArgs) -> anyhow::Result<Exit> {
        self.options.full = args.full;
        let pick = Self::pick::<GapRow<'_>>(&args.rows)?;
        let (base, gaps) =
            self.sides(&args.sessions, &args.against, |run, items, _| run.fold_gaps(items))?;
        let rows = gaps.rows(base.as_ref());
        let zone = self.options.spelling.zone;
        let page = |shown: &[&GapRow<'_>]| gaps.page(shown, rows.len(), base.as_ref(), zone);
        self.picked(&rows, page, args.format, pick)?;
        let gate = Gate::new(&args.fail_on, |_| None);
        self.tally.gate = gate.over(<GapRow<'_> as Row>::NOUN);
        for row in &rows {
            self.tally.gate.add(Hits::of(row.session_id, &args.fail_on, |condition| {
                let wanted = match condition {
                    GapCondition::New => Status::New,
                    GapCondition::Open => Status::Open,
                };
                (row.status == Some(wanted)).then_some(row.turn).into_iter()
            }));
        }
        Ok(self.close())
    }

    fn fold_gaps(&mut self, items: Vec<Item>) -> anyhow::Result<Gaps> {
        let add = |document: &Reader<'_>, gaps: &mut Gaps| {
            let input: Input<'_> = document.read()?;
            gaps.add(&Questions::new(&input));
            Ok(Done::new(document, &input, ()))
        };
        self.fold(items, Gaps::default, add)
    }

    /// Prints those of the rows that are wanted; `page` says what stands around them.
    pub(super) fn picked<R: Row>(
        &self,
        rows: &[R],
        page: impl FnOnce(&[&R]) -> Page,
        format: RowFormat,
        pick: Pick,
    ) -> anyhow::Result<()> {
        let rows = if pick.holds() { sorted(rows, &pick)? } else { rows.iter().collect() };
        let pick = pick.without_order();
        let columns = R::columns();
        let printer = Printer::new(format.into(), &self.options, pick, &columns, false);
        let mut out = self.out(printer.is_for_reading());
        let mut framed = Framed::new(printer.frame(), &mut out);
        let each = || rows.iter().copied();
        let made = printer.make(&columns, each, |_| page(&rows), &mut framed)?;
        printer.end(made, &mut framed)?;
        framed.end()?;
        out.finish()?;
        Ok(())
    }
}

/// The rows that are wanted, in the order they are wanted in.
fn sorted<'r, R: Row>(rows: &'r [R], pick: &Pick) -> anyhow::Result<Vec<&'r R>> {
    let mut top = pick.top();
    for row in rows {
        top.push(pick.keys(row)?, || row);
    }
    Ok(top.into_held().map(|(_, row)| row).collect())
}
