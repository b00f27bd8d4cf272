//! Figures over the missing evidence of many sessions.

use schemars::JsonSchema;
use serde::Serialize;

use super::by::{self, Sorter};
use super::figure::{Better, Figure, Of, Plan};
use super::table::Table;
use crate::model::MissingEvidenceReason as Reason;
use crate::rows::{Cell, Column, Page, Row, Tone, spell};
use crate::view::missing::{
    Agreement, MissingRow, RULES_OUT, UNKNOWN, meaning, rules_out_by, weakens,
};
use crate::view::share;

// What a session, or one of its reasons, adds to.
const ONE: usize = 0;
const DECLARED: usize = 1;
const PRESENT: usize = 2;
const UNDECLARED: usize = 3;
const COMPLETE: usize = 4;
const SUMS: usize = 5;

/// The figures of `missing --summary`.
pub static PLAN: Plan = Plan {
    command: "missing",
    figures: FIGURES,
    sums: SUMS,
    values: 0,
    size: Of::Sessions,
    main: Some("complete_rate"),
    noun: ("reason", "reasons"),
};

const FIGURES: &[Figure] = &[
    Figure::sessions().shown(),
    Figure::count("declared", "declared", DECLARED).about("reasons that sessions declare").shown(),
    Figure::count("declared_but_present", "but present", PRESENT)
        .about("reasons that sessions declare although the evidence is there")
        .below(1),
    Figure::count("absent_but_not_declared", "undeclared", UNDECLARED)
        .about("evidence that sessions lack and do not declare")
        .below(1),
    Figure::mean("declared_mean", "a session", DECLARED, ONE, 1)
        .about("reasons that a session declares, in the mean")
        .better(Better::Lower)
        .whole()
        .shown(),
    Figure::count("complete", "complete", COMPLETE)
        .about("sessions that neither declare a reason nor have one that is due")
        .whole()
        .shown(),
    Figure::rate("complete_rate", "complete rate", COMPLETE, ONE)
        .about("`complete` of `sessions`, 0 to 1")
        .better(Better::Higher)
        .whole()
        .shown(),
];

/// Counts a session's reasons.
///
/// Fails where a row cannot be made JSON of.
pub fn count(rows: &[MissingRow<'_>], sorter: &mut Sorter<'_>) -> serde_json::Result<()> {
    sorter.session(|share| {
        share.add(ONE, 1);
        share.add_if(COMPLETE, !rows.iter().any(MissingRow::is_missing));
    });
    for row in rows.iter().filter(|row| row.reason.is_some()) {
        let none = |_: &str| Vec::new();
        sorter.row(row, none, |share| {
            share.add_if(DECLARED, row.declared);
            share.add_if(PRESENT, row.agreement == Some(Agreement::DeclaredButPresent));
            share.add_if(UNDECLARED, row.agreement == Some(Agreement::AbsentButNotDeclared));
        })?;
    }
    Ok(())
}

/// How many sessions declare or lack one kind of evidence, by the reason's code.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct SummaryRow {
    /// The reason's code.
    pub reason: String,
    /// Sessions that declare it.
    pub sessions: usize,
    /// `sessions` of all sessions, 0 to 1; null where there are none.
    pub share: Option<f64>,
    /// Sessions that declare it although the evidence is there.
    pub declared_but_present: usize,
    /// Sessions that lack the evidence and do not declare it.
    pub absent_but_not_declared: usize,
    /// What it says of a session.
    pub meaning: Option<&'static str>,
    /// Which classification it weakens.
    pub weakens: Option<&'static str>,
}

/// A row a reason that any session declares or lacks: most sessions first, then most disagreements,
/// then by code. `reasons` has them by `reason`, `all` has them together.
pub fn rows(reasons: &Table, all: &Table) -> Vec<SummaryRow> {
    let sessions = all.total().sessions();
    let row = |code: String, declared, present, undeclared| {
        let known = Reason::KNOWN.iter().find(|known| known.as_str() == code);
        SummaryRow {
            meaning: known.and_then(meaning),
            weakens: known.and_then(weakens),
            reason: code,
            sessions: declared,
            share: share(declared, sessions),
            declared_but_present: present,
            absent_but_not_declared: undeclared,
        }
    };
    let mut rows: Vec<SummaryRow> = reasons
        .keys()
        .iter()
        .map(|key| {
            let code = by::text(key.first()).unwrap_or_default();
            let group = reasons.group(key);
            row(code, group.count(DECLARED), group.count(PRESENT), group.count(UNDECLARED))
        })
        .collect();
    let disagreements = |row: &SummaryRow| row.declared_but_present + row.absent_but_not_declared;
    rows.sort_by(|a, b| {
        (b.sessions, disagreements(b))
            .cmp(&(a.sessions, disagreements(a)))
            .then_with(|| a.reason.cmp(&b.reason))
    });
    rows
}

impl Row for SummaryRow {
    const KIND: &'static str = "missing-summary";
    const NOUN: (&'static str, &'static str) = ("reason", "reasons");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::words("reason", |row, _| Cell::new(&*row.reason, Tone::Strong)),
            Column::<Self>::numbers("sessions", |row, _| Cell::count(row.sessions)),
            Column::<Self>::numbers("share", |row, _| Cell::number(row.share, spell::percent))
                .below(1),
            Column::<Self>::numbers("disagree", |row, _| {
                match row.declared_but_present + row.absent_but_not_declared {
                    0 => Cell::count(0),
                    disagree => Cell::new(spell::count(disagree), Tone::Warn),
                }
            })
            .below(2)
            .optional(),
            Column::<Self>::text(RULES_OUT, |row, _| {
                rules_out_by(&row.reason).map_or_else(|| Cell::new(UNKNOWN, Tone::Warn), Cell::from)
            }),
        ]
    }
}

/// What stands around the figures.
pub fn page(rows: &[SummaryRow], all: &Table) -> Page {
    let present: usize = rows.iter().map(|row| row.declared_but_present).sum();
    let undeclared: usize = rows.iter().map(|row| row.absent_but_not_declared).sum();
    let total = all.total();
    let sessions = spell::counted(total.sessions(), "session", "sessions");
    let complete = spell::count(total.count(COMPLETE));
    let mut notes = vec![format!("nothing is missing in {complete} of {sessions}")];
    if present + undeclared > 0 {
        notes.push(format!(
            "disagreements: {} declared but present, {} absent but not declared",
            spell::count(present),
            spell::count(undeclared),
        ));
    }
    Page { title: vec![format!("Missing evidence in {sessions}")], notes, dates: false }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::figures::by::By;
    use crate::view::missing::rows;
    use crate::view::missing::tests::{complete, with_input};

    #[test]
    fn a_summary_counts_sessions_and_disagreements() {
        let by_reason = By::own::<MissingRow<'_>>("reason").unwrap();
        let mut tables = [Table::new(&PLAN, by_reason), Table::new(&PLAN, By::nothing())];
        let mut present = complete();
        present["missing_evidence_reasons"] = json!(["no_csat", "no_csat"]);
        let mut absent = complete();
        absent["csat"] = Value::Null;
        let mut odd = complete();
        odd["missing_evidence_reasons"] = json!(["no_moon", "no_csat"]);
        for document in [complete(), present, absent, odd] {
            with_input(&document, |input| {
                for table in &mut tables {
                    let by = table.by.clone();
                    let mut sorter = by.sorter(&PLAN, &[]);
                    count(&rows(input), &mut sorter).unwrap();
                    table.add(sorter.end());
                }
            });
        }
        let [reasons, all] = tables;
        assert_eq!((all.total().sessions(), all.total().count(COMPLETE)), (4, 1));
        let rows = super::rows(&reasons, &all);
        assert_eq!(rows[0].reason, "no_csat");
        assert_eq!((rows[0].sessions, rows[0].share), (2, Some(0.5)));
        assert_eq!((rows[0].declared_but_present, rows[0].absent_but_not_declared), (2, 1));
        assert_eq!((rows[1].reason.as_str(), rows[1].meaning), ("no_moon", None));
        assert_eq!(rows.len(), 2);
    }
}
