//! The scores that the gate compares, by what they measure: their histogram with the thresholds
//! marked, and what would lie on either side of any threshold.
//!
//! Scores of several kinds cannot be compared, so each `score_basis` has figures of its own, with bins
//! and thresholds over its own range.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::thresholds::ThresholdRow;
use crate::view::ending::Ending;

/// Bins that a histogram has, about.
const BINS: f64 = 10.0;

/// Steps from the lowest to the highest threshold, about, where scores do not lie from 0 to 1.
const STEPS: f64 = 20.0;

/// A plain number that can be sorted.
#[derive(Clone, Copy, Debug)]
struct Score(f64);

impl Score {
    /// None where it is not finite.
    fn new(score: f64) -> Option<Self> {
        // Adding zero makes a positive zero of a negative one.
        score.is_finite().then_some(Self(score + 0.0))
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// How many retrievals had a score, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// All.
    pub count: usize,
    /// Those of which a chunk was cited.
    pub cited: usize,
    /// Those whose session ended well.
    pub well: usize,
    /// Those whose session ended badly.
    pub badly: usize,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.cited += other.cited;
        self.well += other.well;
        self.badly += other.badly;
    }
}

/// The scores of one kind.
#[derive(Debug, Default)]
struct Basis {
    scores: BTreeMap<Score, Seen>,
    lows: BTreeSet<Score>,
    highs: BTreeSet<Score>,
}

/// One retrieval, as far as its score goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scored<'d> {
    /// What the score measures.
    pub basis: Option<&'d str>,
    /// The score that the gate compares.
    pub score: Option<f64>,
    /// The gate's thresholds.
    pub low: Option<f64>,
    /// The upper one.
    pub high: Option<f64>,
    /// Whether a chunk of it was cited.
    pub cited: bool,
    /// How its session ended.
    pub ending: Ending,
}

/// Scores by what they measure; by nothing where that was not sent.
#[derive(Debug, Default)]
pub(super) struct Scores(BTreeMap<String, Basis>);

impl Scores {
    /// Counts a retrieval's score.
    pub fn add(&mut self, scored: Scored<'_>) {
        let score = scored.score.and_then(Score::new);
        let low = scored.low.and_then(Score::new);
        let high = scored.high.and_then(Score::new);
        // Thresholds without a score say nothing about the scores there are.
        let Some(score) = score else { return };
        let name = scored.basis.unwrap_or_default();
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), Basis::default());
        }
        let Some(basis) = self.0.get_mut(name) else { return };
        basis.lows.extend(low);
        basis.highs.extend(high);
        basis.scores.entry(score).or_default().add(Seen {
            count: 1,
            cited: usize::from(scored.cited),
            well: usize::from(scored.ending == Ending::Well),
            badly: usize::from(scored.ending == Ending::Badly),
        });
    }

    /// Adds other sessions' scores.
    pub fn merge(&mut self, other: Self) {
        for (name, theirs) in other.0 {
            let mine = self.0.entry(name).or_default();
            mine.lows.extend(theirs.lows);
            mine.highs.extend(theirs.highs);
            for (score, seen) in theirs.scores {
                mine.scores.entry(score).or_default().add(seen);
            }
        }
    }

    /// A histogram a kind of score, most scores first.
    pub fn histograms(&self) -> Vec<ComparedScores<'_>> {
        let mut all: Vec<ComparedScores<'_>> =
            self.0.iter().map(|(name, basis)| basis.histogram(named(name))).collect();
        // The sort keeps the order of names among equals.
        all.sort_by_key(|scores| std::cmp::Reverse(scores.count));
        all
    }

    /// A row a threshold and kind of score.
    pub fn thresholds(&self) -> Vec<ThresholdRow<'_>> {
        let mut bases: Vec<(&String, &Basis)> = self.0.iter().collect();
        bases.sort_by_key(|(_, basis)| std::cmp::Reverse(basis.total().count));
        bases.into_iter().flat_map(|(name, basis)| basis.thresholds(named(name))).collect()
    }

    /// How many retrievals have a score.
    pub fn count(&self) -> usize {
        self.0.values().map(|basis| basis.total().count).sum()
    }

    /// What cannot be known of these scores, a line each.
    pub fn cautions(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.0.len() > 1 {
            let names: Vec<&str> =
                self.0.keys().map(|name| named(name).unwrap_or("(not sent)")).collect();
            notes.push(format!(
                "scores are of several kinds that cannot be compared: {}",
                names.join(", ")
            ));
        }
        for (name, basis) in &self.0 {
            let mut changed = Vec::new();
            for (which, values) in [("low", &basis.lows), ("high", &basis.highs)] {
                if let (Some(first), Some(last)) = (values.first(), values.last())
                    && values.len() > 1
                {
                    changed.push(format!("{which} from {} to {}", first.0, last.0));
                }
            }
            if !changed.is_empty() {
                let of = named(name).map(|name| format!(" of {name}")).unwrap_or_default();
                notes.push(format!(
                    "the thresholds{of} changed within these sessions: {}",
                    changed.join(", ")
                ));
            }
        }
        notes
    }
}

/// The kind, unless none was sent.
fn named(name: &str) -> Option<&str> {
    Some(name).filter(|name| !name.is_empty())
}

impl Basis {
    fn total(&self) -> Seen {
        let mut total = Seen::default();
        self.scores.values().for_each(|seen| total.add(*seen));
        total
    }

    /// The lowest and the highest score.
    fn range(&self) -> Option<(f64, f64)> {
        let (first, _) = self.scores.first_key_value()?;
        let (last, _) = self.scores.last_key_value()?;
        Some((first.0, last.0))
    }

    fn histogram<'s>(&self, score_basis: Option<&'s str>) -> ComparedScores<'s> {
        let edges = self.range().map(|(low, high)| edges(low, high, BINS)).unwrap_or_default();
        let mut bins: Vec<ScoreBin> = edges
            .windows(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
            .map(|(from, to)| ScoreBin { from, to, count: 0, cited: 0 })
            .collect();
        let last = bins.len().saturating_sub(1);
        for (score, seen) in &self.scores {
            let above = edges.partition_point(|edge| *edge <= score.0);
            if let Some(bin) = bins.get_mut(above.saturating_sub(1).min(last)) {
                bin.count += seen.count;
                bin.cited += seen.cited;
            }
        }
        let total = self.total();
        let values = |scores: &BTreeSet<Score>| scores.iter().map(|score| score.0).collect();
        ComparedScores {
            score_basis,
            count: total.count,
            cited: total.cited,
            threshold_low: values(&self.lows),
            threshold_high: values(&self.highs),
            bins,
        }
    }

    fn thresholds<'s>(&self, score_basis: Option<&'s str>) -> Vec<ThresholdRow<'s>> {
        let Some((low, high)) = self.range() else { return Vec::new() };
        let steps = if low >= 0.0 && high <= 1.0 {
            (0..=20).map(|step| f64::from(step) / 20.0).collect()
        } else {
            edges(low, high, STEPS)
        };
        let grid = steps.into_iter().filter_map(Score::new);
        let in_use = self.lows.iter().chain(&self.highs).copied();
        let thresholds: BTreeSet<Score> = grid.chain(in_use).collect();
        let total = self.total();
        let mut below = Seen::default();
        let mut scores = self.scores.iter().peekable();
        thresholds
            .into_iter()
            .map(|threshold| {
                while let Some((_, seen)) = scores.next_if(|(score, _)| **score < threshold) {
                    below.add(*seen);
                }
                let above = total.count - below.count;
                ThresholdRow {
                    score_basis,
                    threshold: threshold.0,
                    in_use: match (self.lows.contains(&threshold), self.highs.contains(&threshold))
                    {
                        (true, true) => Some("low and high"),
                        (true, false) => Some("low"),
                        (false, true) => Some("high"),
                        (false, false) => None,
                    },
                    below: below.count,
                    below_cited: below.cited,
                    below_ended_well: below.well,
                    above,
                    above_not_cited: above - (total.cited - below.cited),
                    above_ended_badly: total.badly - below.badly,
                }
            })
            .collect()
    }
}

/// Round numbers at even distances, about `parts` of them, the first at most `low` and the last at
/// least `high`; just the two where they are one, or too near to be told apart.
#[allow(clippy::cast_possible_truncation, reason = "there are few of them")]
fn edges(low: f64, high: f64, parts: f64) -> Vec<f64> {
    // Divided first: the range of two numbers may be more than a number can be.
    let step = high / parts - low / parts;
    if step <= low.abs().max(high.abs()) * 1e-12 || step < f64::MIN_POSITIVE * 1e3 {
        return vec![low, high];
    }
    let power = step.log10().floor() as i32;
    let unit = 10_f64.powi(power);
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * unit >= step * 0.999);
    let (factor, power) = factor.map_or((1.0, power + 1), |factor| (factor, power));
    // A round number is divided by a whole power of ten, not multiplied by its inverse: 3 / 10 is
    // 0.3, and 3 × 0.1 is not.
    let edge = |index: f64| {
        let edge = if power < 0 {
            index * factor / 10_f64.powi(-power)
        } else {
            index * factor * 10_f64.powi(power)
        };
        edge.clamp(f64::MIN, f64::MAX)
    };
    let width = edge(1.0);
    let (mut first, mut last) = ((low / width).floor(), (high / width).ceil());
    if edge(first + 1.0) <= low {
        first += 1.0;
    }
    if edge(last - 1.0) >= high && last - 1.0 > first {
        last -= 1.0;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 100")]
    let count = (last - first).clamp(1.0, 100.0) as u32;
    (0..=count).map(|index| edge(first + f64::from(index)) + 0.0).collect()
}

/// A histogram of the scores of one kind that the gate compares: `raw_top_score`, else `top_score`.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct ComparedScores<'s> {
    /// What the scores measure; null where that was not sent.
    pub score_basis: Option<&'s str>,
    /// Retrievals with such a score.
    pub count: usize,
    /// Those of them of which a chunk was cited.
    pub cited: usize,
    /// Every low threshold there was, ascending; several where it changed.
    pub threshold_low: Vec<f64>,
    /// Every high threshold there was, ascending.
    pub threshold_high: Vec<f64>,
    /// Bins of one width over the scores' own range; none where there is no score.
    pub bins: Vec<ScoreBin>,
}

/// One bin of such a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ScoreBin {
    /// The least score it holds.
    pub from: f64,
    /// The score it ends before; the last bin holds it too.
    pub to: f64,
    /// Retrievals whose score it holds.
    pub count: usize,
    /// Those of them of which a chunk was cited.
    pub cited: usize,
}

/// What the histograms are of.
pub(super) const SCORES: &str = "Scores that the gate compares";

impl ComparedScores<'_> {
    /// What the histogram is of.
    pub fn title(&self) -> String {
        let basis = self.score_basis.map(|basis| format!(", {basis}")).unwrap_or_default();
        format!("{SCORES}{basis}")
    }

    /// The thresholds, each with its name: `low 0.45`.
    pub fn thresholds(&self) -> Vec<(f64, String)> {
        let named =
            |name: &'static str| move |value: &f64| (*value, format!("{name} {}", number(*value)));
        let low = self.threshold_low.iter().map(named("low"));
        low.chain(self.threshold_high.iter().map(named("high"))).collect()
    }

    /// What is said of the thresholds that lie beyond all scores; None where none does.
    pub fn beyond(&self) -> Option<String> {
        let first = self.bins.first().map_or(f64::INFINITY, |bin| bin.from);
        let end = self.bins.last().map_or(f64::NEG_INFINITY, |bin| bin.to);
        let thresholds = self.thresholds().into_iter();
        let outside: Vec<String> = thresholds
            .filter(|(value, _)| !(first..=end).contains(value))
            .map(|(_, name)| name)
            .collect();
        (!outside.is_empty())
            .then(|| format!("beyond all scores: threshold {}", outside.join(", ")))
    }
}

/// A number as it is written, or by its power of ten where that is shorter.
pub fn number(value: f64) -> String {
    let (plain, power) = (value.to_string(), format!("{value:e}"));
    if plain.len() > 12 && power.len() < plain.len() { power } else { plain }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scored(score: f64) -> Scored<'static> {
        Scored {
            basis: None,
            score: Some(score),
            low: None,
            high: None,
            cited: score > 0.5,
            ending: if score > 0.3 { Ending::Well } else { Ending::Badly },
        }
    }

    #[test]
    fn edges_are_round_and_hold_the_range() {
        for (low, high, expected) in [
            (0.274, 0.93, vec![0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
            (0.3, 0.7, vec![0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7]),
            (-3.0, 27.5, vec![-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]),
            (4.0, 4.0, vec![4.0, 4.0]),
            (0.0, 1000.0, (0..=10).map(|n| f64::from(n) * 100.0).collect()),
        ] {
            assert_eq!(edges(low, high, 10.0), expected, "{low} {high}");
        }
    }

    #[test]
    fn each_kind_of_score_has_its_own_range_and_thresholds() {
        let mut scores = Scores::default();
        for (basis, score, low) in
            [(Some("bm25"), 12.0, 5.0), (Some("bm25"), 3.0, 6.0), (Some("reranker"), 0.4, 0.45)]
        {
            scores.add(Scored { basis, low: Some(low), ..scored(score) });
        }
        scores.add(Scored { score: None, low: Some(0.9), ..scored(0.0) });
        let histograms = scores.histograms();
        assert_eq!(histograms.len(), 2);
        assert_eq!(
            (histograms[0].score_basis, &histograms[0].threshold_low),
            (Some("bm25"), &vec![5.0, 6.0])
        );
        assert_eq!(
            scores.cautions(),
            [
                "scores are of several kinds that cannot be compared: bm25, reranker",
                "the thresholds of bm25 changed within these sessions: low from 5 to 6",
            ]
        );
        let rows = scores.thresholds();
        let reranker: Vec<_> =
            rows.iter().filter(|row| row.score_basis == Some("reranker")).collect();
        assert_eq!(reranker.len(), 21, "0 to 1 by 0.05");
        let at = reranker.iter().find(|row| row.in_use == Some("low")).unwrap();
        assert_eq!((at.below, at.below_cited, at.below_ended_well, at.above), (1, 0, 1, 0));
        assert!((at.threshold - 0.45).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn every_score_is_in_the_bin_that_names_it(
            values in prop::collection::vec(prop_oneof![-1.0..2.0_f64, any::<f64>()], 1..40),
        ) {
            let mut scores = Scores::default();
            for score in &values {
                scores.add(scored(*score));
            }
            let finite: Vec<f64> = values.into_iter().filter(|score| score.is_finite()).collect();
            for histogram in scores.histograms() {
                prop_assert_eq!(histogram.count, finite.len());
                prop_assert_eq!(histogram.bins.iter().map(|bin| bin.count).sum::<usize>(), finite.len());
                let last = histogram.bins.len() - 1;
                for (place, bin) in histogram.bins.iter().enumerate() {
                    prop_assert!(bin.from.is_finite() && bin.to.is_finite());
                    let inside = finite.iter().filter(|score| {
                        (**score >= bin.from || place == 0)
                            && (**score < bin.to || place == last)
                    });
                    prop_assert_eq!(bin.count, inside.count());
                }
            }
        }

        #[test]
        fn thresholds_part_the_scores_as_a_naive_count_does(
            values in prop::collection::vec((-40..40_i32).prop_map(|n| f64::from(n) / 20.0), 1..40),
            split in any::<prop::sample::Index>(),
        ) {
            let mut whole = Scores::default();
            for score in &values {
                whole.add(scored(*score));
            }
            let (one, other) = values.split_at(split.index(values.len()));
            let mut merged = Scores::default();
            for part in [other, one] {
                let mut scores = Scores::default();
                for score in part {
                    scores.add(scored(*score));
                }
                merged.merge(scores);
            }
            prop_assert_eq!(whole.histograms(), merged.histograms());
            for row in merged.thresholds() {
                let below = |score: &&f64| **score < row.threshold;
                let count = |test: &dyn Fn(&&f64) -> bool| values.iter().filter(test).count();
                prop_assert_eq!(row.below, count(&below));
                prop_assert_eq!(row.below_cited, count(&|score| below(score) && **score > 0.5));
                prop_assert_eq!(row.below_ended_well, count(&|score| below(score) && **score > 0.3));
                prop_assert_eq!(row.above, count(&|score| !below(score)));
                prop_assert_eq!(row.above_not_cited, count(&|score| !below(score) && **score <= 0.5));
                prop_assert_eq!(row.above_ended_badly, count(&|score| !below(score) && **score <= 0.3));
            }
        }
    }
}
