//! Figures over the missing evidence of many sessions.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::MissingEvidenceReason as Reason;
use crate::rows::{Cell, Column, Page, Row, Tone, spell};
use crate::view::missing::{Agreement, MissingRow, UNKNOWN, meaning, weakens};
use crate::view::share;

/// Figures over many sessions.
#[derive(Debug, Default)]
pub struct Summary {
    /// Sessions added.
    pub sessions: usize,
    /// Sessions that neither declare a reason nor have one that is due.
    pub complete: usize,
    reasons: HashMap<String, Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    declared: usize,
    present: usize,
    undeclared: usize,
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

impl Summary {
    /// Adds one session's [`rows`].
    pub fn add(&mut self, rows: &[MissingRow<'_>]) {
        self.sessions += 1;
        self.complete += usize::from(!rows.iter().any(MissingRow::is_missing));
        for row in rows {
            let Some(reason) = row.reason else { continue };
            if !self.reasons.contains_key(reason) {
                self.reasons.insert(reason.to_owned(), Tally::default());
            }
            let Some(tally) = self.reasons.get_mut(reason) else { continue };
            tally.declared += usize::from(row.declared);
            match row.agreement {
                Some(Agreement::DeclaredButPresent) => tally.present += 1,
                Some(Agreement::AbsentButNotDeclared) => tally.undeclared += 1,
                _ => {}
            }
        }
    }

    /// Adds other sessions' figures.
    pub fn merge(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.complete += other.complete;
        for (reason, tally) in other.reasons {
            let mine = self.reasons.entry(reason).or_default();
            mine.declared += tally.declared;
            mine.present += tally.present;
            mine.undeclared += tally.undeclared;
        }
    }

    /// A row a reason that any session declares or lacks: most sessions first, then most
    /// disagreements, then by code.
    pub fn rows(&self) -> Vec<SummaryRow> {
        let sessions = self.sessions;
        let mut rows: Vec<SummaryRow> = self
            .reasons
            .iter()
            .map(|(code, tally)| {
                let known = Reason::KNOWN.iter().find(|known| known.as_str() == *code);
                SummaryRow {
                    meaning: known.and_then(meaning),
                    weakens: known.and_then(weakens),
                    reason: code.clone(),
                    sessions: tally.declared,
                    share: share(tally.declared, sessions),
                    declared_but_present: tally.present,
                    absent_but_not_declared: tally.undeclared,
                }
            })
            .collect();
        let disagreements =
            |row: &SummaryRow| row.declared_but_present + row.absent_but_not_declared;
        rows.sort_by(|a, b| {
            (b.sessions, disagreements(b))
                .cmp(&(a.sessions, disagreements(a)))
                .then_with(|| a.reason.cmp(&b.reason))
        });
        rows
    }
}

impl Row for SummaryRow {
    const KIND: &'static str = "missing-summary";
    const NOUN: (&'static str, &'static str) = ("reason", "reasons");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::words("reason", |row, _| Cell::new(&*row.reason, Tone::Strong)),
            Column::<Self>::numbers("sessions", |row, _| Cell::count(row.sessions)),
            Column::<Self>::numbers("share", |row, _| Cell::of(row.share.map(spell::percent)))
                .below(1),
            Column::<Self>::numbers("disagree", |row, _| {
                match row.declared_but_present + row.absent_but_not_declared {
                    0 => Cell::count(0),
                    disagree => Cell::new(spell::count(disagree), Tone::Warn),
                }
            })
            .below(2),
            Column::<Self>::text("weakens", |row, _| {
                row.weakens.map_or_else(|| Cell::new(UNKNOWN, Tone::Warn), Cell::from)
            }),
        ]
    }
}

impl Summary {
    /// What stands around the figures.
    pub fn page(&self, rows: &[SummaryRow]) -> Page {
        let present: usize = rows.iter().map(|row| row.declared_but_present).sum();
        let undeclared: usize = rows.iter().map(|row| row.absent_but_not_declared).sum();
        let sessions = spell::counted(self.sessions, "session", "sessions");
        let mut notes =
            vec![format!("nothing is missing in {} of {sessions}", spell::count(self.complete))];
        if present + undeclared > 0 {
            notes.push(format!(
                "disagreements: {} declared but present, {} absent but not declared",
                spell::count(present),
                spell::count(undeclared),
            ));
        }
        Page { title: vec![format!("Missing evidence in {sessions}")], notes, dates: false }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::view::missing::rows;
    use crate::view::missing::tests::{complete, with_input};

    #[test]
    fn a_summary_counts_sessions_and_disagreements() {
        let mut summary = Summary::default();
        let mut present = complete();
        present["missing_evidence_reasons"] = json!(["no_csat", "no_csat"]);
        let mut absent = complete();
        absent["csat"] = Value::Null;
        let mut odd = complete();
        odd["missing_evidence_reasons"] = json!(["no_moon", "no_csat"]);
        for document in [complete(), present, absent, odd] {
            with_input(&document, |input| summary.add(&rows(input)));
        }
        assert_eq!((summary.sessions, summary.complete), (4, 1));
        let rows = summary.rows();
        assert_eq!(rows[0].reason, "no_csat");
        assert_eq!((rows[0].sessions, rows[0].share), (2, Some(0.5)));
        assert_eq!((rows[0].declared_but_present, rows[0].absent_but_not_declared), (2, 1));
        assert_eq!((rows[1].reason.as_str(), rows[1].meaning), ("no_moon", None));
        assert_eq!(rows.len(), 2);
    }
}
