//! The documents that are wanted: read by a command, and left out where a condition does not hold.

use std::fmt;
use std::ops::Deref;

use chrono::Utc;
use serde::Deserialize;

use super::prefixes::Prefixes;
use crate::cli;
use crate::failure::Failure;
use crate::figures::by::Sorter;
use crate::figures::table::Table;
use crate::input::document::{Checked, Document};
use crate::model::{SessionAnalysisInput, Skipped};
use crate::rows::spell::Zone;
use crate::rows::{Clock, Conditions, Field, Fields, probe};
use crate::view::evidence::Overviewed;
use crate::view::overview::{self, OverviewRow};

/// Which documents are wanted.
#[derive(Debug, Default)]
pub struct Selection {
    conditions: Conditions,
    /// Those that were named by how their ids begin.
    pub prefixes: Prefixes,
}

impl Selection {
    /// Makes sense of what was asked for.
    ///
    /// Fails where it makes none.
    pub fn new(asked: &cli::Selection, zone: Zone) -> Result<Self, Failure> {
        if asked.conditions.is_empty() && asked.since.is_none() && asked.until.is_none() {
            return Ok(Self::default());
        }
        let clock = Clock { zone, now: Utc::now() };
        let fields = Fields::of_row::<OverviewRow<'_>>();
        let mut conditions = Conditions::new(&asked.conditions, &fields, clock)?;
        let started = fields.resolve("--since", "started_at")?;
        conditions.between(&started, asked.since, asked.until, clock)?;
        Ok(Self { conditions, prefixes: Prefixes::default() })
    }

    /// The same conditions, of the sessions that are meant.
    pub fn of(self, prefixes: Prefixes) -> Self {
        Self { prefixes, ..self }
    }

    /// The same conditions, of whichever sessions.
    pub fn of_any(&self) -> Self {
        Self { conditions: self.conditions.clone(), prefixes: Prefixes::default() }
    }

    /// Whether all are wanted.
    pub fn is_all(&self) -> bool {
        self.conditions.is_empty() && self.prefixes.is_empty()
    }
}

/// Says that a document is left out; no failure.
#[derive(Clone, Copy, Debug)]
pub struct LeftOut;

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not selected")
    }
}

impl std::error::Error for LeftOut {}

/// A document as a command reads it: reading one that is not wanted fails with [`LeftOut`].
///
/// The conditions are held against what the command reads anyway. Only where one is on evidence that
/// the command may pass over is the document read once more, for its overview.
#[derive(Debug)]
pub struct Reader<'d> {
    document: &'d Document,
    selection: &'d Selection,
    cores: Option<usize>,
}

impl Deref for Reader<'_> {
    type Target = Document;

    fn deref(&self) -> &Document {
        self.document
    }
}

impl<'d> Reader<'d> {
    /// Reads this document, if it is wanted; it has so many cores for itself.
    pub const fn new(
        document: &'d Document,
        selection: &'d Selection,
        cores: Option<usize>,
    ) -> Self {
        Self { document, selection, cores }
    }

    /// How many cores there are for this document; None where they have others to work on.
    pub const fn cores(&self) -> Option<usize> {
        self.cores
    }

    /// Whether cores have nothing to do but this document.
    pub fn is_alone(&self) -> bool {
        self.cores.is_some_and(|cores| cores > 1)
    }

    /// [`Document::read`].
    pub fn read<'a, M, R, C, T>(&'a self) -> anyhow::Result<SessionAnalysisInput<'a, M, R, C, T>>
    where
        M: Deserialize<'a>,
        R: Deserialize<'a> + Send,
        C: Deserialize<'a>,
        T: Deserialize<'a>,
        SessionAnalysisInput<'a, M, R, C, T>: Overviewed,
    {
        self.read_or(|failure| failure)
    }

    /// The same; `retell` has a say in how a failure is told.
    pub fn read_or<'a, M, R, C, T>(
        &'a self,
        retell: impl FnOnce(Failure) -> Failure,
    ) -> anyhow::Result<SessionAnalysisInput<'a, M, R, C, T>>
    where
        M: Deserialize<'a>,
        R: Deserialize<'a> + Send,
        C: Deserialize<'a>,
        T: Deserialize<'a>,
        SessionAnalysisInput<'a, M, R, C, T>: Overviewed,
    {
        self.look_up()?;
        let input =
            if self.is_alone() { self.document.read_by_two() } else { self.document.read() };
        let input = input.map_err(retell)?;
        self.select(&input)?;
        Ok(input)
    }

    /// [`Document::check`].
    pub fn check(&self) -> anyhow::Result<Checked<'_>> {
        self.look_up()?;
        let checked = self.document.check()?;
        if !self.selection.conditions.is_empty() {
            let bare: SessionAnalysisInput<'_, Skipped, Skipped, Skipped, Skipped> =
                self.document.read()?;
            self.select(&bare)?;
        }
        Ok(checked)
    }

    /// Looks at nothing but the id, which is soon read.
    fn look_up(&self) -> anyhow::Result<()> {
        let prefixes = &self.selection.prefixes;
        if prefixes.is_empty() {
            return Ok(());
        }
        match self.document.session_id() {
            Some(id) if !prefixes.take(&id, self.document.is_fetched()) => Err(LeftOut.into()),
            // What has no id is told by whoever reads it.
            _ => Ok(()),
        }
    }

    fn select<I: Overviewed>(&self, input: &I) -> anyhow::Result<()> {
        let conditions = &self.selection.conditions;
        if conditions.is_empty() || conditions.hold(&self.facts(input, conditions.fields())?) {
            Ok(())
        } else {
            Err(LeftOut.into())
        }
    }

    /// The values of these fields of the document's overview, each as JSON has it.
    pub fn facts<I: Overviewed>(
        &self,
        input: &I,
        fields: &[Field],
    ) -> anyhow::Result<Vec<Option<String>>> {
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        if fields.iter().all(|field| I::tells(&field.name)) {
            return Ok(probe(&input.overview(), fields)?);
        }
        let input: overview::Input<'_> = self.document.read()?;
        Ok(probe(&overview::row(&input), fields)?)
    }

    /// Adds the document to each of `tables`; `feed` counts it.
    pub fn count<I: Overviewed>(
        &self,
        input: &I,
        tables: &mut [Table],
        feed: impl Fn(&mut Sorter<'_>) -> serde_json::Result<()>,
    ) -> anyhow::Result<()> {
        for table in tables {
            table.count(&self.facts(input, table.by.session_fields())?, &feed)?;
        }
        Ok(())
    }
}
