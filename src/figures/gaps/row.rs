//! A gap as a row, and its columns.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::Serialize;

use super::Gap;
use crate::model::Timestamp;
use crate::rows::{Cell, Column, Row, Tone, spell};
use crate::view::gaps::Kind;

/// What became of a gap since the sessions it is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It missed in none of them.
    New,
    /// It missed there and misses here.
    Open,
    /// It missed there; here it was asked, and never missed.
    Closed,
    /// It missed there, and was not asked here.
    NotAsked,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::New, Self::Open, Self::Closed, Self::NotAsked];

    /// The status as rows spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::NotAsked => "not-asked",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::New => Tone::Bad,
            Self::Open => Tone::Warn,
            Self::Closed => Tone::Good,
            Self::NotAsked => Tone::Dim,
        }
    }
}

/// A query that the knowledge base fails, over all sessions in which it missed: how often, what it
/// cost, in the customer's words.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GapRow<'g> {
    /// Fingerprint of the query: hashes that are equal to the letter are one question; null for a
    /// miss without one, which is a gap of its own.
    pub query_hash: Option<&'g str>,
    /// How its latest miss missed: `nothing-found` (no chunk came back), `under-threshold` (the
    /// score that the gate compares lies under `threshold_low`), `no-hit` (chunks came back, and yet
    /// there was no hit).
    pub kind: Kind,
    /// Retrievals that missed.
    pub misses: usize,
    /// Retrievals that asked it, those that hit too.
    pub retrievals: usize,
    /// Sessions in which it missed.
    pub sessions: usize,
    /// Those of them whose outcome is not `resolved`.
    pub unresolved: usize,
    /// Those of them that were handed to a human.
    pub handoffs: usize,
    /// Those of them that were opened again afterwards.
    pub reopened: usize,
    /// The mean satisfaction of those of them that have a score, on a scale of five.
    pub csat_mean: Option<f64>,
    /// When it first missed: the time of the turn; of an orphan, when the session began.
    pub first_seen: Option<Timestamp<'g>>,
    /// When it last missed.
    pub last_seen: Option<Timestamp<'g>>,
    /// The best score of a miss: `raw_top_score`, else `top_score`. Where the misses have scores of
    /// several kinds, of the kind of the latest that has one.
    pub best_score: Option<f64>,
    /// Below such a score a query counts as unanswerable, by the latest miss that says so.
    pub threshold_low: Option<f64>,
    /// The knowledge bases that were searched, in order of their names.
    pub kb_ids: Vec<&'g str>,
    /// The document that came back first in the miss with the best score.
    pub nearest_doc_id: Option<&'g str>,
    /// What the customer said last before the retrieval's turn, at most 1000 characters: from the
    /// latest miss in a redacted transcript, else from the latest there is; null where nobody said
    /// anything, and for an orphan, whose turn is not known.
    pub words: Option<&'g str>,
    /// The session of the miss to open next: the one that `words` are from, else the latest.
    pub session_id: &'g str,
    /// The number of that miss's turn, from 1; null for an orphan, whose turn no message has.
    pub turn: Option<usize>,
    /// With `--against`: `new`, `open`, `closed` (asked again, and never missed) or `not-asked`, the
    /// figures of the last two being those of the base; null without it, and for a miss without a
    /// hash.
    pub status: Option<Status>,
    /// Whether `words` are from a redacted transcript; null where there are none.
    pub words_redacted: Option<bool>,
    /// Whether its misses had several values of `threshold_low`.
    pub thresholds_changed: bool,
    /// What `best_score` measures; null where that was not sent.
    pub score_basis: Option<&'g str>,
}

impl GapRow<'_> {
    /// Most sessions first, then unresolved ones, then misses; the rest makes the order one and the
    /// same in every run.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let weight = |row: &Self| (row.sessions, row.unresolved, row.misses);
        let name = |row: &Self| (row.query_hash.is_none(), row.query_hash.map(str::to_owned));
        weight(other)
            .cmp(&weight(self))
            .then_with(|| name(self).cmp(&name(other)))
            .then_with(|| (self.session_id, self.turn).cmp(&(other.session_id, other.turn)))
    }
}

impl Gap {
    /// The gap as a row.
    #[allow(clippy::cast_precision_loss, reason = "a mean is for reading")]
    pub(super) fn row<'g>(
        &'g self,
        query_hash: Option<&'g str>,
        retrievals: usize,
        status: Option<Status>,
    ) -> GapRow<'g> {
        let (answers, sum) = self.csat;
        let open = &self.open;
        // What is scored comes before what has a threshold alone.
        let near = self.near.iter().max_by_key(|(_, near)| (near.best.is_some(), &near.latest));
        let basis = near.map(|(basis, _)| &**basis).filter(|basis| !basis.is_empty());
        let near = near.map(|(_, near)| near);
        let nearest = near.and_then(|near| near.nearest.as_ref()).map(|(_, id)| &**id);
        let thresholds = near.and_then(|near| near.thresholds);
        GapRow {
            query_hash,
            kind: self.latest.1,
            misses: self.misses,
            retrievals,
            sessions: self.sessions,
            unresolved: self.unresolved,
            handoffs: self.handoffs,
            reopened: self.reopened,
            csat_mean: (answers > 0).then(|| rounded(sum as f64 / 1e6 / answers as f64)),
            first_seen: self.first.as_ref().map(|(_, text)| (&**text).into()),
            last_seen: self.last.as_ref().map(|(_, text)| (&**text).into()),
            best_score: near.and_then(|near| near.best),
            threshold_low: near.and_then(|near| near.threshold.as_ref()).map(|(_, low)| *low),
            kb_ids: self.kb_ids.iter().map(String::as_str).collect(),
            nearest_doc_id: nearest.filter(|id| !id.is_empty()),
            words: open.words.as_deref(),
            session_id: &open.place.1,
            turn: open.turn,
            status,
            words_redacted: open.words.is_some().then_some(open.redacted),
            thresholds_changed: thresholds.is_some_and(|(low, high)| low < high),
            score_basis: basis,
        }
    }
}

/// To six decimals.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

impl Row for GapRow<'_> {
    const KIND: &'static str = "gaps";
    const NOUN: (&'static str, &'static str) = ("gap", "gaps");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::text("the customer's words", |row, _| match row.words {
                Some(words) => Cell::from(words),
                None if row.turn.is_none() => {
                    Cell::new("(no words: no message has the turn)", Tone::Dim)
                }
                None => Cell::new("(no words: no customer spoke before the turn)", Tone::Dim),
            })
            .lines(3)
            .comfort(48),
            Column::<Self>::words("status", |row, _| {
                row.status
                    .map_or_else(Cell::default, |status| Cell::new(status.as_str(), status.tone()))
            })
            .optional(),
            Column::<Self>::text("sessions, and what they cost", |row, _| {
                #[allow(clippy::cast_precision_loss, reason = "an order")]
                Cell::from(cost(row)).ordered(row.sessions as f64)
            }),
            Column::<Self>::text("best score", |row, _| {
                let order = row.best_score.unwrap_or(f64::NEG_INFINITY);
                nearness(row).ordered(order)
            })
            .below(2),
            Column::<Self>::times("last seen", |row, spelling| {
                Cell::of(row.last_seen.as_ref().map(|time| spelling.zone.minute(time)))
            }),
            Column::<Self>::words("to open", |row, spelling| {
                let id = spelling.id(row.session_id);
                let cell = match row.turn {
                    Some(turn) => format!("{id} #{turn}").into(),
                    None => Cell::new(id, Tone::Warn),
                };
                cell.opens(row.session_id, row.turn)
            })
            .below(1)
            .ids(),
            Column::<Self>::words("query", |row, spelling| {
                let hash = row.query_hash.map(|hash| Cell::new(spelling.id(hash), Tone::Dim));
                hash.unwrap_or_else(|| Cell::new("(no hash)", Tone::Dim))
            })
            .below(1)
            .ids(),
        ]
    }
}

/// The sessions and what became of them: `3 sessions: 2 unresolved, 1 handed over, csat 3.0`.
fn cost(row: &GapRow<'_>) -> String {
    let mut parts: Vec<String> =
        [(row.unresolved, "unresolved"), (row.handoffs, "handed over"), (row.reopened, "reopened")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", spell::count(count)))
            .collect();
    parts.extend(row.csat_mean.map(|csat| format!("csat {csat:.1}")));
    let sessions = spell::counted(row.sessions, "session", "sessions");
    if parts.is_empty() { sessions } else { format!("{sessions}: {}", parts.join(", ")) }
}

/// How near it came: `0.274 under 0.45`, `0.61, no hit`, `nothing found`.
fn nearness(row: &GapRow<'_>) -> Cell<'static> {
    let Some(best) = row.best_score.map(spell::score_of) else {
        return match row.kind {
            Kind::NothingFound => Cell::new("nothing found", Tone::Warn),
            _ => Cell::absent(),
        };
    };
    match row.threshold_low {
        Some(low) if row.best_score < Some(low) => {
            Cell::new(format!("{best} under {}", spell::score_of(low)), Tone::Warn)
        }
        Some(low) => format!("{best} over {}, no hit", spell::score_of(low)).into(),
        None => format!("{best}, no hit").into(),
    }
}
