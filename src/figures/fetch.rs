//! Figures over sessions.

use super::by::Sorter;
use super::figure::{Better, Figure, Of, Plan, Unit};
use crate::model::{KnowledgeGapAnalysisOutcome as Outcome, Number};
use crate::rows::look;
use crate::view::overview::OverviewRow;

// What a session adds to.
const ONE: usize = 0;
const OUTCOMES: usize = 1;
const RESOLVED: usize = 2;
const DURABLE: usize = 3;
const HANDED_OFF: usize = 4;
const REOPENED: usize = 5;
const CSAT_ANSWERS: usize = 6;
const CSAT: usize = 7;
const TURNS: usize = 8;
const HITS: usize = 9;
const VERDICTS: usize = 10;
const UNANSWERABLE: usize = 11;
const RETRIEVALS: usize = 12;
const TOOL_ERRORS: usize = 13;
const CALLS: usize = 14;
const SUMS: usize = 15;

/// The durations.
const DURATION: usize = 0;

/// So many make a point of satisfaction: scales other than five leave fractions.
const MICRO: u32 = 1_000_000;

/// The figures of `fetch --summary`.
pub static PLAN: Plan = Plan {
    command: "fetch",
    figures: FIGURES,
    sums: SUMS,
    values: 1,
    size: Of::Sessions,
    main: Some("durable_rate"),
    noun: ("session", "sessions"),
};

const FIGURES: &[Figure] = &[
    Figure::sessions().shown(),
    Figure::count("resolved", "resolved", RESOLVED)
        .about("sessions whose outcome is `resolved`"),
    Figure::rate("resolution_rate", "resolution rate", RESOLVED, OUTCOMES)
        .about("`resolved` of the sessions that have an outcome, 0 to 1")
        .better(Better::Higher)
        .below(3),
    Figure::rate("durable_rate", "resolved for good", DURABLE, OUTCOMES)
        .about("sessions resolved, not handed off and not opened again, of those that have an outcome, 0 to 1")
        .better(Better::Higher)
        .shown(),
    Figure::rate("handoff_rate", "handed off", HANDED_OFF, ONE)
        .about("sessions with a transfer to a human, of all, 0 to 1")
        .better(Better::Lower)
        .shown(),
    Figure::rate("reopen_rate", "opened again", REOPENED, ONE)
        .about("sessions whose ticket was opened again, of all, 0 to 1")
        .better(Better::Lower),
    Figure::count("csat_answers", "csat answers", CSAT_ANSWERS)
        .about("sessions with a satisfaction score"),
    Figure::mean("csat_mean", "csat mean", CSAT, CSAT_ANSWERS, MICRO)
        .about("their mean score on a scale of five: 7 of 10 counts as 3.5")
        .better(Better::Higher)
        .shown(),
    Figure::percentile("duration_p50_seconds", "length p50", DURATION, 50, Unit::Seconds)
        .about("half of the sessions that have a start and an end took at most this (nearest rank)")
        .below(2),
    Figure::percentile("duration_p95_seconds", "length p95", DURATION, 95, Unit::Seconds)
        .about("95 of 100 of them took at most this"),
    Figure::mean("turns_mean", "turns mean", TURNS, ONE, 1).about("messages a session"),
    Figure::rate("hit_rate", "hit rate", HITS, VERDICTS)
        .about("hits of the retrievals that say whether they were one, over all sessions, 0 to 1")
        .better(Better::Higher)
        .stated(look::HITS)
        .shown(),
    Figure::rate("unanswerable_rate", "unanswerable rate", UNANSWERABLE, RETRIEVALS)
        .about("retrievals flagged `unanswerable`, of all, 0 to 1")
        .better(Better::Lower)
        .stated(look::UNANSWERABLE),
    Figure::rate("tool_error_rate", "tool errors", TOOL_ERRORS, CALLS)
        .about("tool calls that failed, of all, recorded or not, 0 to 1")
        .better(Better::Lower)
        .stated(look::TOOL_ERRORS)
        .below(1),
];

/// Counts a session, so many of whose retrievals say whether they were a hit.
pub fn count(row: &OverviewRow<'_>, verdicts: usize, sorter: &mut Sorter<'_>) {
    sorter.session(|share| {
        let resolved = row.knowledge_gap_analysis_outcome == Some(&Outcome::Resolved);
        let handed_off = row.handoffs > 0;
        share.add(ONE, 1);
        share.add_if(OUTCOMES, row.knowledge_gap_analysis_outcome.is_some());
        share.add_if(RESOLVED, resolved);
        share.add_if(DURABLE, resolved && !handed_off && !row.reopened);
        share.add_if(HANDED_OFF, handed_off);
        share.add_if(REOPENED, row.reopened);
        if let Some(score) = of_five(row.csat_score, row.csat_scale_max) {
            share.add(CSAT_ANSWERS, 1);
            share.add(CSAT, score);
        }
        share.add(TURNS, row.turns);
        share.add(HITS, row.hits);
        share.add(VERDICTS, verdicts);
        share.add(UNANSWERABLE, row.unanswerable);
        share.add(RETRIEVALS, row.retrievals);
        share.add(TOOL_ERRORS, row.tool_errors);
        share.add(CALLS, row.tool_calls + row.tool_calls_unrecorded);
        #[allow(clippy::cast_precision_loss, reason = "seconds")]
        if let Some(seconds) = row.duration_seconds {
            share.value(DURATION, seconds as f64);
        }
    });
}

/// A score on a scale of five, in millionths; None where there is none, or it cannot be told.
#[allow(clippy::cast_possible_truncation, reason = "held to a range first")]
fn of_five(score: Option<Number<'_>>, scale_max: Option<Number<'_>>) -> Option<i64> {
    let scale = scale_max.map_or(5.0, Number::as_f64);
    let score = score?.as_f64() * 5.0 / scale;
    Some(score)
        .filter(|score| score.abs() <= 1000.0)
        .map(|score| (score * f64::from(MICRO)).round() as i64)
}
