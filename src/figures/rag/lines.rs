//! The figures as lines of one shape, for a spreadsheet.
//!
//! | section | key | count | share | sessions | value |
//! | --- | --- | --- | --- | --- | --- |
//! | `total` | the field's name in JSON | how many | of retrievals; of `hits`: the hit rate | | |
//! | `answerability` | label | retrievals | of retrievals | | |
//! | `top_score` | `0.0-0.1` …, `under`, `over` | retrievals | of those with a score | | |
//! | `latency_ms` | `p50`, `p95`, `max` | retrievals with a latency | | | milliseconds |
//! | `missed_query` | query hash | misses | | sessions | best score |
//! | `never_cited_document` | document id | retrievals | | sessions | |
//! | `total` | `disagrees`, `repeats` | retrievals | of retrievals | | |
//! | `compared_score` | score basis and bin: `reranker 0.4-0.5` | retrievals | of that basis | | |
//! | `compared_score_cited` | the same | those that were cited | of the bin | | |
//! | `threshold_low`, `threshold_high` | score basis | retrievals of that basis | | | the threshold |
//! | `gate_action` | mode and action: `enforce answer` | retrievals | of retrievals | | |
//! | `gate_action_ended_well`, `…_badly` | the same | those whose session did | of them | | |

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::Figures;
use crate::view::share;

/// A figure over the retrievals of all sessions, as CSV has it: a line a figure.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Line<'s> {
    /// Which table it is of: `total`, `answerability`, `top_score`, `latency_ms`, `missed_query`,
    /// `never_cited_document`, `compared_score`, `compared_score_cited`, `threshold_low`,
    /// `threshold_high`, `gate_action`, `gate_action_ended_well` or `gate_action_ended_badly`.
    section: &'static str,
    /// What it is of: the field's name in JSON, a label, a bin (after its score basis), a percentile,
    /// a query hash, a document, a score basis, the gate's mode and action.
    key: Cow<'s, str>,
    /// How many retrievals, chunks, misses.
    count: usize,
    /// Those among all it is a part of, 0 to 1; of `hits`, the hit rate.
    share: Option<f64>,
    /// Sessions in which they were.
    sessions: Option<usize>,
    /// The percentile in milliseconds; of a missed query, the best score; the threshold.
    value: Option<f64>,
}

/// The figures as lines.
pub fn lines<'s>(figures: &Figures<'s>) -> Vec<Line<'s>> {
    let counts = &figures.counts;
    let line = |section, key: &'static str, count, share| Line {
        section,
        key: key.into(),
        count,
        share,
        sessions: None,
        value: None,
    };
    let of_retrievals = |part| share(part, counts.retrievals);
    let total = |key, count, share| line("total", key, count, share);
    let mut lines = vec![
        total("sessions", figures.sessions, None),
        total(
            "sessions_declaring_no_citations",
            figures.sessions_declaring_no_citations,
            share(figures.sessions_declaring_no_citations, figures.sessions),
        ),
        total("retrievals", counts.retrievals, None),
        total("hits", counts.hits, figures.hit_rate),
        total("verdicts", counts.verdicts, of_retrievals(counts.verdicts)),
        total("misses", counts.misses, of_retrievals(counts.misses)),
        total("unanswerable", counts.unanswerable, of_retrievals(counts.unanswerable)),
        total("uncited", counts.uncited, of_retrievals(counts.uncited)),
        total("cited_not_retrieved", counts.cited_not_retrieved, None),
        total("orphans", counts.orphans, None),
        total("chunks_found", counts.chunks_found, None),
        total("chunks_cited", counts.chunks_cited, None),
        total("citations", counts.citations, None),
        total("misses_without_hash", figures.misses_without_hash, None),
    ];
    lines.extend(figures.answerability.iter().map(|label| Line {
        key: label.label.unwrap_or_default().into(),
        ..line("answerability", "", label.count, label.share)
    }));
    let scores = &figures.top_scores;
    let score = |key: Cow<'static, str>, count| Line {
        key,
        ..line("top_score", "", count, share(count, scores.count))
    };
    lines.push(score("under".into(), scores.under));
    lines.extend(
        scores
            .bins
            .iter()
            .map(|bin| score(format!("{:.1}-{:.1}", bin.from, bin.to).into(), bin.count)),
    );
    lines.push(score("over".into(), scores.over));
    let latency = &figures.latency_ms;
    for (key, value) in [("p50", latency.p50), ("p95", latency.p95), ("max", latency.max)] {
        lines.push(Line { value, ..line("latency_ms", key, latency.count, None) });
    }
    lines.extend(figures.missed_queries.iter().map(|missed| Line {
        key: missed.query_hash.into(),
        sessions: Some(missed.sessions),
        value: missed.best_score,
        ..line("missed_query", "", missed.misses, None)
    }));
    lines.extend(figures.never_cited_documents.iter().map(|document| Line {
        key: document.doc_id.into(),
        sessions: Some(document.sessions),
        ..line("never_cited_document", "", document.retrievals, None)
    }));
    lines.extend(later_lines(figures));
    lines
}

/// The figures that came later, behind those that were there.
fn later_lines<'s>(figures: &Figures<'s>) -> Vec<Line<'s>> {
    let line = |section, key: Cow<'s, str>, count, share| Line {
        section,
        key,
        count,
        share,
        sessions: None,
        value: None,
    };
    let retrievals = figures.counts.retrievals;
    let mut lines = vec![
        line("total", "disagrees".into(), figures.disagrees, share(figures.disagrees, retrievals)),
        line("total", "repeats".into(), figures.repeats, share(figures.repeats, retrievals)),
    ];
    for scores in &figures.compared_scores {
        let basis = scores.score_basis.unwrap_or_default();
        for bin in &scores.bins {
            let key = format!("{basis} {}-{}", bin.from, bin.to);
            let key = || Cow::Owned(key.trim_start().to_owned());
            let of_bin = share(bin.cited, bin.count);
            lines.push(line("compared_score", key(), bin.count, share(bin.count, scores.count)));
            lines.push(line("compared_score_cited", key(), bin.cited, of_bin));
        }
        let thresholds =
            [("threshold_low", &scores.threshold_low), ("threshold_high", &scores.threshold_high)];
        for (section, values) in thresholds {
            lines.extend(values.iter().map(|value| Line {
                value: Some(*value),
                ..line(section, basis.into(), scores.count, None)
            }));
        }
    }
    for action in &figures.gate_actions {
        let words = [action.mode, action.action].into_iter().flatten().collect::<Vec<_>>();
        let key = || Cow::Owned(words.join(" "));
        let all = action.retrievals;
        let (well, badly) = (action.ended_well, action.ended_badly);
        lines.push(line("gate_action", key(), all, share(all, retrievals)));
        lines.push(line("gate_action_ended_well", key(), well, share(well, all)));
        lines.push(line("gate_action_ended_badly", key(), badly, share(badly, all)));
    }
    lines
}
