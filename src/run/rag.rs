//! `rag`: retrievals, their chunks, or figures over them.

use super::figures::Asked;
use super::{Done, Run};
use crate::cli::{RagArgs, RagCondition};
use crate::exit::Exit;
use crate::figures::rag::{MORE, PLAN, Summary, count, lines, sections};
use crate::render::rows::{Printer, write_figures};
use crate::rows::Row as _;
use crate::view::rag::{ChunkRow, Flag, Flags, Input, Rag, Row};

impl Run<'_> {
    /// `rag`.
    pub(super) fn rag(self, args: &RagArgs) -> anyhow::Result<Exit> {
        let (only, fail_on) = (flags(&args.only), flags(&args.fail_on));
        let format = args.format.into();
        if args.summary {
            self.rag_summary(args, fail_on)
        } else if args.chunks {
            let pick = Self::pick::<ChunkRow<'_>>(&args.rows)?;
            let columns = ChunkRow::columns();
            let printer = Printer::new(format, &self.options, pick, &columns, false);
            self.print(&args.sessions, &printer, |document, out| {
                let input: Input<'_> = document.read()?;
                let view = Rag::new(&input);
                let page = |_: &_| view.chunk_page(only);
                let made = printer.make(&ChunkRow::columns(), || view.chunks(only), page, out)?;
                Ok(Done::new(document, &input, (made, view.flags().meets(fail_on))))
            })
        } else {
            let pick = Self::pick::<Row<'_>>(&args.rows)?;
            let printer = Printer::new(format, &self.options, pick, &Row::columns(), false);
            self.print(&args.sessions, &printer, |document, out| {
                let input: Input<'_> = document.read()?;
                let view = Rag::new(&input);
                let page = |spelling: &_| view.page(only, spelling);
                let made = printer.make(&Row::columns(), || view.rows(only), page, out)?;
                Ok(Done::new(document, &input, (made, view.flags().meets(fail_on))))
            })
        }
    }

    /// `rag --summary`.
    fn rag_summary(mut self, args: &RagArgs, fail_on: Flags) -> anyhow::Result<Exit> {
        let asked = Asked {
            sessions: &args.sessions,
            figures: &args.figures,
            plan: &PLAN,
            more: MORE,
            format: args.format.into(),
        };
        if asked.is_grouped() {
            return self.grouped::<Row<'_>>(&asked, |document, bys| {
                let input: Input<'_> = document.read()?;
                let view = Rag::new(&input);
                let counted = document.count(&input, &PLAN, bys, |sorter| count(&view, sorter))?;
                Ok(Done::new(document, &input, (counted, view.flags().meets(fail_on))))
            });
        }
        let mut matched = false;
        let mut summary = Summary::default();
        self.fold(
            &args.sessions,
            |document| {
                let input: Input<'_> = document.read()?;
                let view = Rag::new(&input);
                let mut one = Summary::default();
                one.add(&view)?;
                Ok(Done::new(document, &input, (one, view.flags().meets(fail_on))))
            },
            |(one, hit)| {
                summary.merge(one);
                matched |= hit;
                Ok(())
            },
        )?;
        let figures = summary.figures();
        let mut out = self.out(args.format.is_for_reading());
        let lines = lines(&figures);
        let sections = || sections(&figures);
        write_figures(&figures, &lines, sections, args.format.into(), &self.options, &mut out)?;
        out.finish()?;
        Ok(self.close(matched))
    }
}

fn flags(conditions: &[RagCondition]) -> Flags {
    conditions.iter().map(|condition| Flag::from(*condition)).collect()
}

impl From<RagCondition> for Flag {
    fn from(condition: RagCondition) -> Self {
        match condition {
            RagCondition::Miss => Self::Miss,
            RagCondition::Unanswerable => Self::Unanswerable,
            RagCondition::Uncited => Self::Uncited,
            RagCondition::CitedNotRetrieved => Self::CitedNotRetrieved,
            RagCondition::Orphan => Self::Orphan,
        }
    }
}
