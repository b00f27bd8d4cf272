//! What lies on either side of a threshold. Evidence for whoever sets one; it recommends nothing.

use schemars::JsonSchema;
use serde::Serialize;

use super::Summary;
use crate::rows::{Cell, Column, Page, Row, Tone, spell};

/// What lies below and above a threshold, for one kind of score: the score that the gate compares,
/// `raw_top_score`, else `top_score`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ThresholdRow<'s> {
    /// What the score measures; null where that was not sent.
    pub score_basis: Option<&'s str>,
    /// The threshold: 0 to 1 by 0.05, or round numbers over the scores' range where they lie
    /// outside; and every threshold that the gate had.
    pub threshold: f64,
    /// Whether the gate had it: as `low`, `high`, or `low and high`; null where it had not.
    pub in_use: Option<&'static str>,
    /// Retrievals whose score lies below it.
    pub below: usize,
    /// Those of them of which a chunk was cited all the same.
    pub below_cited: usize,
    /// Those of them whose session ended well: resolved, handed to nobody, not opened again.
    pub below_ended_well: usize,
    /// Retrievals whose score reaches it.
    pub above: usize,
    /// Those of them of which no chunk was cited.
    pub above_not_cited: usize,
    /// Those of them whose session ended badly: any other way, where an outcome was sent and
    /// somebody was talked to.
    pub above_ended_badly: usize,
}

impl Row for ThresholdRow<'_> {
    const KIND: &'static str = "rag-thresholds";
    const NOUN: (&'static str, &'static str) = ("threshold", "thresholds");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::words("score", |row, _| {
                row.score_basis.map_or_else(|| Cell::new("(not sent)", Tone::Dim), Cell::from)
            })
            .once(),
            Column::<Self>::numbers("threshold", |row, _| {
                Cell::new(row.threshold.to_string(), Tone::Strong)
            }),
            Column::<Self>::words("in use", |row, _| {
                row.in_use.map_or_else(Cell::default, |name| Cell::new(name, Tone::Good))
            }),
            Column::<Self>::numbers("below", |row, _| Cell::count(row.below)),
            Column::<Self>::numbers("cited", |row, _| Cell::count(row.below_cited)),
            Column::<Self>::numbers("ended well", |row, _| Cell::count(row.below_ended_well)),
            Column::<Self>::numbers("above", |row, _| Cell::count(row.above)),
            Column::<Self>::numbers("not cited", |row, _| Cell::count(row.above_not_cited)),
            Column::<Self>::numbers("ended badly", |row, _| Cell::count(row.above_ended_badly)),
        ]
    }
}

impl Summary {
    /// A row a threshold and kind of score.
    pub fn thresholds(&self) -> Vec<ThresholdRow<'_>> {
        self.scores.thresholds()
    }

    /// What stands around them.
    pub fn thresholds_page(&self) -> Page {
        let scored = self.scores.count();
        let title = vec![format!(
            "{} with a score in {}",
            spell::counted(scored, "retrieval", "retrievals"),
            spell::counted(self.sessions, "session", "sessions"),
        )];
        let mut notes = Vec::new();
        if scored > 0 {
            notes.push(
                "below: and cited all the same, or in a session that ended well; above: and not \
                 cited, or in a session that ended badly"
                    .to_owned(),
            );
        }
        let without = super::plan::counts(&self.total).retrievals.saturating_sub(scored);
        if without > 0 {
            let retrievals = spell::counted(without, "retrieval has", "retrievals have");
            notes.push(format!("{retrievals} no score to compare"));
        }
        notes.extend(self.cautions());
        Page { title, notes, dates: false }
    }
}
