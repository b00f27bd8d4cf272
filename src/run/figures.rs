//! `--summary`: figures over all documents, in groups, and held against others.

use std::ffi::OsString;
use std::sync::Arc;

use super::selection::Reader;
use super::{Done, Run};
use crate::cli::{self, Sessions};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::figures::by::By;
use crate::figures::compare::{self, AgainstRow};
use crate::figures::figure::{Figure, Plan};
use crate::figures::grouped;
use crate::figures::table::Table;
use crate::input::{self, Item, Named};
use crate::render::rows::{Format, write_records};
use crate::rows::Row;
use crate::rows::spell::counted;
use crate::view::overview::OverviewRow;

/// What is asked of figures.
pub struct Asked<'a> {
    /// Over which sessions.
    pub sessions: &'a Sessions,
    /// How they are grouped and compared.
    pub figures: &'a cli::Figures,
    /// Which figures.
    pub plan: &'static Plan,
    /// What the command knows of its rows beside their fields, to group by.
    pub more: &'static [&'static str],
    /// How they are printed.
    pub format: Format,
}

impl Asked<'_> {
    /// Whether it is more than the command's own summary.
    pub fn is_grouped(&self) -> bool {
        !self.figures.by.is_empty() || !self.figures.against.is_empty()
    }
}

/// Which of two sides sessions are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Those to compare with.
    Before,
    /// Those that were named.
    Now,
}

/// Counts a document into tables.
pub(super) trait Count:
    Fn(&Reader<'_>, &mut Vec<Table>) -> anyhow::Result<Done<()>> + Sync
{
}

impl<F: Fn(&Reader<'_>, &mut Vec<Table>) -> anyhow::Result<Done<()>> + Sync> Count for F {}

impl Run<'_> {
    /// Counts every document into tables that are told apart so.
    pub(super) fn sum(
        &mut self,
        sessions: &Sessions,
        plan: &'static Plan,
        bys: &[By],
        count: impl Count,
    ) -> anyhow::Result<Vec<Table>> {
        let items = self.items(sessions)?;
        self.sum_items(items, plan, bys, count)
    }

    fn sum_items(
        &mut self,
        items: Vec<Item>,
        plan: &'static Plan,
        bys: &[By],
        count: impl Count,
    ) -> anyhow::Result<Vec<Table>> {
        let empty = || bys.iter().map(|by| Table::new(plan, by.clone())).collect();
        self.fold(items, empty, count)
    }

    /// `--by` and `--against`, over rows of type `R`.
    pub(super) fn grouped<R: Row>(
        mut self,
        asked: &Asked<'_>,
        count: impl Count,
    ) -> anyhow::Result<Exit> {
        let by = By::new::<OverviewRow<'_>, R>(
            &asked.figures.by,
            asked.more,
            self.options.spelling.zone,
        )?;
        if !asked.figures.against.is_empty() {
            return self.against(asked, &by, count);
        }
        let bys = [by, By::nothing()];
        let tables = self.sum(asked.sessions, asked.plan, &bys, count)?;
        if let [table, total] = &*tables {
            let keys = table.keys();
            let rows = grouped::rows(table, &keys);
            let total = total.total();
            let section = || grouped::section(&rows, table, &total, &self.options.spelling);
            let mut out = self.out(asked.format.is_for_reading());
            let columns = grouped::columns(table);
            write_records(&rows, &columns, section, asked.format, &self.options, &mut out)?;
            out.finish()?;
        }
        Ok(self.close())
    }

    /// `--against`.
    fn against(mut self, asked: &Asked<'_>, by: &By, count: impl Count) -> anyhow::Result<Exit> {
        let gate = asked.figures.fail_if_worse.as_ref().map(|names| {
            compare::gate(asked.plan, names)
                .map_err(|error| Failure::usage(format!("--fail-if-worse: {error}")))
        });
        let gate = gate.transpose()?;
        let bys = std::slice::from_ref(by);
        let (before, after) =
            self.sides(asked.sessions, &asked.figures.against, |run, items, _| {
                run.sum_items(items, asked.plan, bys, &count)
            })?;
        let (Some([before]), [after]) = (before.as_deref(), &*after) else {
            return Ok(self.close());
        };
        let keys = compare::keys_of(before, after);
        let rows = compare::rows(before, after, &keys);
        let mut out = self.out(asked.format.is_for_reading());
        let section = || compare::section(&rows, before, after, &self.options.spelling);
        let columns = AgainstRow::fields(after);
        write_records(&rows, &columns, section, asked.format, &self.options, &mut out)?;
        out.finish()?;
        let Some(figures) = gate else { return Ok(self.close()) };
        let exit = self.judge(&rows, &figures);
        let closed = self.close();
        // What failed, or matched, goes first.
        Ok(if closed == Exit::Done { exit } else { closed })
    }

    /// Does the same with the sessions to compare with, if there are any, and then with those that were
    /// named.
    pub(super) fn sides<T>(
        &mut self,
        sessions: &Sessions,
        against: &[OsString],
        mut work: impl FnMut(&mut Self, Vec<Item>, Side) -> anyhow::Result<T>,
    ) -> anyhow::Result<(Option<T>, T)> {
        let items = self.items(sessions)?;
        if against.is_empty() {
            return Ok((None, work(self, items, Side::Now)?));
        }
        let base = self.base(sessions, against)?;
        self.side = Some("of --against");
        let before = self.aside(|run| work(run, base, Side::Before))?;
        self.side = Some("of those named");
        Ok((Some(before), work(self, items, Side::Now)?))
    }

    /// Does something with the sessions to compare with. The beginning of an id, a gate and names are
    /// about the sessions that are looked at, not about these.
    fn aside<T>(&mut self, work: impl FnOnce(&mut Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let of_any = Arc::new(self.selection.of_any());
        let selection = std::mem::replace(&mut self.selection, of_any);
        let tally = std::mem::take(&mut self.tally);
        let passed_over = std::mem::take(&mut self.passed_over);
        let done = work(self);
        self.before = std::mem::take(&mut self.seen);
        (self.selection, self.tally, self.passed_over) = (selection, tally, passed_over);
        done
    }

    /// `--fail-if-worse`: says what it found.
    fn judge(&self, rows: &[AgainstRow<'_>], figures: &[&Figure]) -> Exit {
        let judged = compare::judge(rows, figures);
        for row in &judged.worse {
            self.reporter.note(&format!("--fail-if-worse: {}", row.sentence()));
        }
        for row in &judged.nearly {
            let shared = counted(judged.comparisons, "comparison", "comparisons");
            self.reporter.note(&format!(
                "--fail-if-worse: {}, taken alone; not with the level shared among {shared}",
                row.sentence()
            ));
        }
        if judged.comparisons == 0 {
            let names: Vec<&str> = figures.iter().map(|figure| figure.name).collect();
            self.reporter.note(&format!(
                "--fail-if-worse: nothing to judge: {} rests on fewer than 30 sessions on a side",
                names.join(", ")
            ));
            return Exit::Unjudged;
        }
        if judged.worse.is_empty() { Exit::Done } else { Exit::Matched }
    }

    /// The documents of `--against`. No request is made.
    fn base(&self, sessions: &Sessions, against: &[OsString]) -> anyhow::Result<Vec<Item>> {
        let key_from_stdin =
            self.cli.connection.api_key_file.as_ref().is_some_and(|path| path.as_os_str() == "-");
        let taken = key_from_stdin || sessions.sessions.iter().any(|session| session == "-");
        let Named { items, prefixes, notes } = input::resolve(against, taken)?;
        for note in notes {
            self.reporter.note(&note);
        }
        let is_session = |item: &Item| matches!(item, Item::Session(_));
        if !prefixes.is_empty() || items.iter().any(is_session) {
            return Err(Failure::usage("--against takes saved sessions, a file or a folder")
                .hint("fetch --out-dir BASE saves them")
                .into());
        }
        if items.is_empty() {
            return Err(Failure::usage("--against names no session")
                .hint("the input was empty")
                .into());
        }
        Ok(items)
    }
}
