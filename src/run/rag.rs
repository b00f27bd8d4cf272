//! `rag`: retrievals, their chunks, or figures over them.

use super::figures::Asked;
use super::{Done, Run};
use crate::cli::{RagArgs, RagCondition};
use crate::exit::Exit;
use crate::figures::Merge;
use crate::figures::rag::{
    DocumentRow, Documents, MORE, PLAN, Summary, ThresholdRow, count, lines, sections,
};
use crate::render::rows::{Printer, write_figures};
use crate::rows::Row as _;
use crate::view::rag::{ChunkRow, Flag, Flags, Input, Rag, Row};

impl Run<'_> {
    /// `rag`.
    pub(super) fn rag(self, args: &RagArgs) -> anyhow::Result<Exit> {
        let (only, fail_on) = (flags(&args.only), flags(&args.fail_on));
        let format = args.format.into();
        if args.thresholds {
            self.rag_thresholds(args, fail_on)
        } else if args.is_by_document() {
            // The one group that has a table of its own; all others are figures by group.
            self.rag_documents(args, fail_on)
        } else if args.summary {
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
            return self.grouped::<Row<'_>>(&asked, |document, tables| {
                let input: Input<'_> = document.read()?;
                let view = Rag::new(&input);
                document.count(&input, tables, |sorter| count(&view, sorter))?;
                Ok(Done::new(document, &input, view.flags().meets(fail_on)))
            });
        }
        let (summary, matched) = self.rag_folded(args, fail_on, add)?;
        let figures = summary.figures();
        let mut out = self.out(args.format.is_for_reading());
        let lines = lines(&figures);
        let sections = || sections(&figures);
        write_figures(&figures, &lines, sections, args.format.into(), &self.options, &mut out)?;
        out.finish()?;
        Ok(self.close(matched))
    }

    /// `rag --thresholds`.
    fn rag_thresholds(mut self, args: &RagArgs, fail_on: Flags) -> anyhow::Result<Exit> {
        let pick = Self::pick::<ThresholdRow<'_>>(&args.rows)?;
        let (summary, matched) = self.rag_folded(args, fail_on, add)?;
        let rows = summary.thresholds();
        self.picked(&rows, |_| summary.thresholds_page(), args.format, pick)?;
        Ok(self.close(matched))
    }

    /// `rag --by doc_id`.
    fn rag_documents(mut self, args: &RagArgs, fail_on: Flags) -> anyhow::Result<Exit> {
        let pick = Self::pick::<DocumentRow<'_>>(&args.rows)?;
        let (documents, matched) =
            self.rag_folded(args, fail_on, |documents: &mut Documents, view| {
                documents.add(view);
                Ok(())
            })?;
        let rows = documents.rows();
        self.picked(&rows, |_| documents.page(), args.format, pick)?;
        Ok(self.close(matched))
    }

    /// Folds every document into figures; says whether a `--fail-on` condition matched.
    fn rag_folded<S: Default + Merge + Send>(
        &mut self,
        args: &RagArgs,
        fail_on: Flags,
        add: impl Fn(&mut S, &Rag<'_>) -> anyhow::Result<()> + Sync,
    ) -> anyhow::Result<(S, bool)> {
        let items = self.items(&args.sessions)?;
        self.fold(items, S::default, |document, figures| {
            let input: Input<'_> = document.read()?;
            let view = Rag::new(&input);
            add(figures, &view)?;
            Ok(Done::new(document, &input, view.flags().meets(fail_on)))
        })
    }
}

fn add(summary: &mut Summary, view: &Rag<'_>) -> anyhow::Result<()> {
    Ok(summary.add(view)?)
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
            RagCondition::Disagrees => Self::Disagrees,
            RagCondition::Repeat => Self::Repeat,
        }
    }
}
