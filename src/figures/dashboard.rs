//! All that a report of many sessions is made of, folded in one pass.

use super::Merge;
use super::by::{By, Span};
use super::gaps::Gaps;
use super::rag::{Documents, Summary};
use super::table::Table;
use super::{charts, fetch, missing, tools};
use crate::failure::Failure;
use crate::model::{CitedChunk, RagTraceEntry, SessionAnalysisInput};
use crate::rows::chart::Chart;
use crate::rows::spell::{Spelling, Zone};
use crate::rows::{Cell, Pick, Row as _, Top, probe};
use crate::view::gaps::Questions;
use crate::view::missing::MissingRow;
use crate::view::overview::OverviewRow;
use crate::view::rag::Rag;
use crate::view::tools::ToolRow;
use crate::view::turns::Spoken;

/// Sessions that are listed at most.
const LISTED: usize = 1000;

/// Which of them: what is looked at first comes first.
const ORDER: [&str; 4] = ["-misses", "-tool_errors", "-started_at", "session_id"];

/// What sessions are told apart by, a field a table.
const BYS: [&str; 3] = ["knowledge_gap_analysis_outcome", "cause", "day"];

/// What is asked of a dashboard.
#[derive(Debug)]
pub struct Asked {
    /// By nothing, by each of [`BYS`], and by what was asked for, if that is anything.
    bys: Vec<By>,
    weeks: By,
    months: By,
    tools: By,
    missing: By,
    pick: Pick,
    spelling: Spelling,
}

impl Asked {
    /// Sessions are told apart by `by` too, where it names fields.
    ///
    /// Fails where there is no such field.
    pub fn new(by: &[String], zone: Zone) -> Result<Self, Failure> {
        let sessions =
            |names: &[String]| By::new::<OverviewRow<'_>, OverviewRow<'_>>(names, &[], zone);
        let one = |name: &str| sessions(&[name.to_owned()]);
        let mut bys = vec![By::nothing()];
        for name in BYS {
            bys.push(one(name)?);
        }
        if !by.is_empty() {
            bys.push(sessions(by)?);
        }
        Ok(Self {
            bys,
            weeks: one("week")?,
            months: one("month")?,
            tools: By::own::<ToolRow<'_>>("name")?,
            missing: By::own::<MissingRow<'_>>("reason")?,
            pick: Pick::new::<OverviewRow<'_>>(&[], &ORDER.map(str::to_owned), Some(LISTED))?,
            spelling: Spelling { zone, short: true, bars: false, dates: true },
        })
    }

    /// No sessions.
    pub fn empty(&self) -> Dashboard<'_> {
        Dashboard {
            asked: self,
            sessions: self.bys.iter().map(|by| Table::new(&fetch::PLAN, by.clone())).collect(),
            rag: Summary::default(),
            documents: Documents::default(),
            gaps: Gaps::default(),
            tools: Table::new(&tools::PLAN, self.tools.clone()),
            calls: Table::new(&tools::PLAN, By::nothing()),
            reasons: Table::new(&missing::PLAN, self.missing.clone()),
            missing: Table::new(&missing::PLAN, By::nothing()),
            list: self.pick.top(),
        }
    }
}

/// What has been folded so far.
#[derive(Debug)]
pub struct Dashboard<'p> {
    asked: &'p Asked,
    /// The sessions by each of [`Asked::bys`].
    sessions: Vec<Table>,
    /// Their retrievals.
    pub rag: Summary,
    /// The documents of the knowledge bases.
    pub documents: Documents,
    /// The questions that missed.
    pub gaps: Gaps,
    /// The calls by tool.
    pub tools: Table,
    /// All calls.
    pub calls: Table,
    /// The missing evidence by reason.
    pub reasons: Table,
    /// All of it.
    pub missing: Table,
    list: Top<Vec<Cell<'static>>>,
}

/// A document that was read whole but for what nobody asks for.
type Input<'d, M, T> = SessionAnalysisInput<'d, M, RagTraceEntry<'d>, CitedChunk<'d>, T>;

/// A document as all views have it.
#[derive(Debug)]
pub struct Views<'v, 'd, M, T> {
    /// Its row.
    pub row: &'v OverviewRow<'d>,
    /// Its retrievals.
    pub rag: &'v Rag<'d, M, T>,
    /// Its tool calls.
    pub calls: &'v [ToolRow<'d>],
    /// Its missing evidence.
    pub missing: &'v [MissingRow<'d>],
}

impl Dashboard<'_> {
    /// Folds a document in.
    ///
    /// Fails where a row cannot be made JSON of.
    pub fn add<'d, M: Spoken<'d>, T>(
        &mut self,
        input: &'d Input<'d, M, T>,
        views: &Views<'_, 'd, M, T>,
    ) -> serde_json::Result<()> {
        let Views { row, rag, calls, missing } = views;
        for table in &mut self.sessions {
            let facts = probe(row, table.by.session_fields())?;
            table.count(&facts, |sorter| {
                fetch::count(row, row.verdicts, sorter);
                Ok(())
            })?;
        }
        self.rag.add(rag)?;
        self.documents.add(rag);
        self.gaps.add(&Questions::new(input));
        for table in [&mut self.tools, &mut self.calls] {
            table.count(&[], |sorter| tools::count(calls, sorter))?;
        }
        for table in [&mut self.reasons, &mut self.missing] {
            table.count(&[], |sorter| missing::count(missing, sorter))?;
        }
        let keys = self.asked.pick.keys(row)?;
        let spelling = &self.asked.spelling;
        self.list.push(keys, || {
            let columns = OverviewRow::columns();
            columns.iter().map(|column| (column.cell)(row, spelling).into_owned()).collect()
        });
        Ok(())
    }

    /// All sessions.
    pub fn all(&self) -> Option<&Table> {
        self.sessions.first()
    }

    /// The groups that were asked for, if any were.
    pub fn groups(&self) -> Option<&Table> {
        self.sessions.get(1 + BYS.len())
    }

    /// How many sessions there are.
    pub fn count(&self) -> usize {
        self.all().map_or(0, |table| table.sessions)
    }

    /// The sessions in pictures: over time, by how they ended, and by where the evidence points.
    pub fn charts(&self) -> Vec<Chart> {
        let [_, outcomes, causes, days, ..] = &*self.sessions else { return Vec::new() };
        let spans = [
            days.clone(),
            days.coarser(&self.asked.weeks, Span::Week),
            days.coarser(&self.asked.months, Span::Month),
        ];
        let mut charts = Vec::new();
        charts.extend(charts::course(&spans, &["sessions", "hit_rate", "durable_rate"]));
        charts.push(charts::shares(outcomes, "Outcomes", "outcome", Some("no outcome")));
        let title = "Where the evidence of those not resolved points";
        charts.push(charts::shares(causes, title, "cause", None));
        charts
    }

    /// The first and the last day on which a session began.
    pub fn days(&self) -> Option<(String, String)> {
        charts::ends(self.sessions.get(BYS.len())?)
    }

    /// The rows of the sessions to look at first.
    pub fn list(&self) -> Vec<Vec<Cell<'_>>> {
        let rows = self.list.held().into_iter();
        rows.map(|row| row.iter().map(Cell::borrowed).collect()).collect()
    }

    /// Their ids.
    pub fn listed_ids(&self) -> Vec<String> {
        let opened = |row: &Vec<Cell<'_>>| {
            row.iter().find_map(|cell| Some(cell.opens.as_ref()?.session_id.clone()))
        };
        self.list.held().into_iter().filter_map(opened).collect()
    }
}

impl Merge for Dashboard<'_> {
    fn merge(&mut self, other: Self) {
        self.sessions.merge(other.sessions);
        self.rag.merge(other.rag);
        self.documents.merge(other.documents);
        self.gaps.merge(other.gaps);
        self.tools.merge(other.tools);
        self.calls.merge(other.calls);
        self.reasons.merge(other.reasons);
        self.missing.merge(other.missing);
        self.list.extend(other.list);
    }
}
