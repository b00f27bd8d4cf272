//! `rag`: retrievals, their chunks, or figures over them.

use super::figures::Asked;
use super::gate::{Gate, Hits, Noun};
use super::tally::{ALL, Filter, Share, Shown};
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
    pub(super) fn rag(mut self, args: &RagArgs) -> anyhow::Result<Exit> {
        let only: Flags = args.only.iter().map(|condition| Flag::from(*condition)).collect();
        self.tally.gate = Gate::new(&args.fail_on, |condition| Some(noun(*condition)));
        let filter =
            (!only.is_empty()).then(|| Filter { noun: nouns(&args.only), none: "nothing like it" });
        let format = args.format.into();
        if args.thresholds {
            self.rag_thresholds(args)
        } else if args.is_by_document() {
            // The one group that has a table of its own; all others are figures by group.
            self.rag_documents(args)
        } else if args.summary {
            self.rag_summary(args)
        } else if args.chunks {
            let pick = Self::pick::<ChunkRow<'_>>(&args.rows)?;
            let columns = ChunkRow::columns();
            let printer = Printer::new(format, &self.options, pick, &columns, false);
            let filter = filter.map(|filter| Filter { noun: ChunkRow::NOUN, ..filter });
            self.print(&args.sessions, &printer, filter, |document, out| {
                let input: Input<'_> = document.read()?;
                let view = Rag::new(&input);
                let page = |_: &_| view.chunk_page(only);
                let count = if filter.is_some() { view.chunks(only).count() } else { ALL };
                let (made, shown) = Shown::write(count, out, |out| {
                    printer.make(&ChunkRow::columns(), || view.chunks(only), page, out)
                })?;
                let share = Share { shown, ..matched(&view, &args.fail_on) };
                Ok(Done::new(document, &input, made).with(share))
            })
        } else {
            let pick = Self::pick::<Row<'_>>(&args.rows)?;
            let printer = Printer::new(format, &self.options, pick, &Row::columns(), false);
            self.print(&args.sessions, &printer, filter, |document, out| {
                let input: Input<'_> = document.read()?;
                let view = Rag::new(&input);
                let page = |spelling: &_| view.page(only, spelling);
                let count = if filter.is_some() { view.rows(only).count() } else { ALL };
                let (made, shown) = Shown::write(count, out, |out| {
                    printer.make(&Row::columns(), || view.rows(only), page, out)
                })?;
                let share = Share { shown, ..matched(&view, &args.fail_on) };
                Ok(Done::new(document, &input, made).with(share))
            })
        }
    }

    /// `rag --summary`.
    fn rag_summary(mut self, args: &RagArgs) -> anyhow::Result<Exit> {
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
                Ok(Done::new(document, &input, ()).with(matched(&view, &args.fail_on)))
            });
        }
        let summary = self.rag_folded(args, add)?;
        let figures = summary.figures();
        let mut out = self.out(args.format.is_for_reading());
        let lines = lines(&figures);
        let sections = || sections(&figures);
        write_figures(&figures, &lines, sections, args.format.into(), &self.options, &mut out)?;
        out.finish()?;
        Ok(self.close())
    }

    /// `rag --thresholds`.
    fn rag_thresholds(mut self, args: &RagArgs) -> anyhow::Result<Exit> {
        let pick = Self::pick::<ThresholdRow<'_>>(&args.rows)?;
        let summary = self.rag_folded(args, add)?;
        let rows = summary.thresholds();
        self.picked(&rows, |_| summary.thresholds_page(), args.format, pick)?;
        Ok(self.close())
    }

    /// `rag --by doc_id`.
    fn rag_documents(mut self, args: &RagArgs) -> anyhow::Result<Exit> {
        let pick = Self::pick::<DocumentRow<'_>>(&args.rows)?;
        let documents = self.rag_folded(args, |documents: &mut Documents, view| {
            documents.add(view);
            Ok(())
        })?;
        let rows = documents.rows();
        self.picked(&rows, |_| documents.page(), args.format, pick)?;
        Ok(self.close())
    }

    /// Folds every document into figures.
    fn rag_folded<S: Default + Merge + Send>(
        &mut self,
        args: &RagArgs,
        add: impl Fn(&mut S, &Rag<'_>) -> anyhow::Result<()> + Sync,
    ) -> anyhow::Result<S> {
        let items = self.items(&args.sessions)?;
        self.fold(items, S::default, |document, figures| {
            let input: Input<'_> = document.read()?;
            let view = Rag::new(&input);
            add(figures, &view)?;
            Ok(Done::new(document, &input, ()).with(matched(&view, &args.fail_on)))
        })
    }
}

fn add(summary: &mut Summary, view: &Rag<'_>) -> anyhow::Result<()> {
    Ok(summary.add(view)?)
}

/// What of a document meets `--fail-on`.
fn matched(view: &Rag<'_>, conditions: &[RagCondition]) -> Share {
    Share::of_hits(Hits::of(&view.input().session_id, conditions, |condition| {
        let flag = Flag::from(*condition);
        // Most documents have none of most flags.
        let rows = view.flags().has(flag).then(|| view.rows(Flags::from_iter([flag])));
        rows.into_iter().flatten().map(|row| row.turn)
    }))
}

/// What can meet a condition.
const fn noun(condition: RagCondition) -> Noun {
    match condition {
        RagCondition::CitedNotRetrieved => ("citation", "citations"),
        RagCondition::Orphan => EITHER,
        _ => ("retrieval", "retrievals"),
    }
}

/// What a row can be.
const EITHER: Noun = ("retrieval or citation", "retrievals and citations");

/// What can meet one of these conditions.
fn nouns(conditions: &[RagCondition]) -> Noun {
    let mut nouns = conditions.iter().map(|condition| noun(*condition));
    let first = nouns.next().unwrap_or(EITHER);
    if nouns.all(|other| other == first) { first } else { EITHER }
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
