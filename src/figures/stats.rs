//! Figures over many values: percentiles, shares, a histogram. Every one is defined for no values.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// How [`Tally::percentile`] picks its value, in the words that every summary prints beside it.
pub const METHOD: &str = "nearest-rank";

/// The same of values that are at hand, to hold the other against.
#[cfg(test)]
pub fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    sorted.get(rank(p, sorted.len())? - 1).copied()
}

/// The place of the `p`th percentile among `count` values, from 1; None where there are none.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a rank is clamped to the values there are"
)]
fn rank(p: f64, count: usize) -> Option<usize> {
    // Multiplied first: 0.95 has no exact binary form, 95 has.
    let rank = (p * count as f64 / 100.0).ceil();
    (count > 0).then(|| (rank as usize).clamp(1, count))
}

/// The middle, the tail and the end of what was measured; null where nothing was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Spread {
    /// How many values there are; those that were not sent or are no plain number are not counted.
    pub count: usize,
    /// Half of the values are at most this.
    pub p50: Option<f64>,
    /// 95 of 100 values are at most this.
    pub p95: Option<f64>,
    /// The largest value.
    pub max: Option<f64>,
    /// How the percentiles were picked.
    pub method: &'static str,
}

/// Writes a whole number without `.0`, as the API does.
#[allow(clippy::cast_possible_truncation, reason = "whole and small enough")]
#[allow(clippy::ref_option, reason = "serde's signature")]
pub fn plain<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
            serializer.serialize_i64(*value as i64)
        }
        value => value.serialize(serializer),
    }
}

/// Values, each kept once with its count: what repeats costs no memory.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Keyed by [`order`].
    counts: BTreeMap<u64, (f64, usize)>,
    total: usize,
}

impl Tally {
    /// Counts a value; one that is not finite is passed over.
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            // Adding zero makes a positive zero of a negative one.
            let value = value + 0.0;
            self.counts.entry(order(value)).or_insert((value, 0)).1 += 1;
            self.total += 1;
        }
    }

    /// Counts what another tally has counted.
    pub fn merge(&mut self, other: &Self) {
        for (key, (value, count)) in &other.counts {
            self.counts.entry(*key).or_insert((*value, 0)).1 += count;
        }
        self.total += other.total;
    }

    /// The `p`th percentile (0 to 100) of the values by the nearest-rank method: the smallest that is
    /// at least as large as `p` percent of all. It is always one of them; None where there are none.
    pub fn percentile(&self, p: f64) -> Option<f64> {
        let rank = rank(p, self.total)?;
        let mut below = 0;
        self.counts.values().find_map(|(value, count)| {
            below += count;
            (below >= rank).then_some(*value)
        })
    }

    /// The values in order, each with how often it was counted.
    pub fn values(&self) -> impl Iterator<Item = (f64, usize)> {
        self.counts.values().copied()
    }

    /// Their spread.
    pub fn spread(&self) -> Spread {
        Spread {
            count: self.total,
            p50: self.percentile(50.0),
            p95: self.percentile(95.0),
            max: self.counts.values().next_back().map(|(value, _)| *value),
            method: METHOD,
        }
    }
}

/// A key that sorts as the float does.
pub(super) const fn order(value: f64) -> u64 {
    let bits = value.to_bits();
    // Negative floats sort backwards, and after the positive ones.
    if value.is_sign_negative() { !bits } else { bits ^ (1 << 63) }
}

/// How many bins a [`Histogram`] has.
pub const BINS: usize = 10;

/// Scores in ten bins from 0 to 1. A bin holds its lower bound and not its upper one; the last
/// holds 1 too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// How many scores fell into each bin.
    pub bins: [usize; BINS],
    /// Scores below 0.
    pub under: usize,
    /// Scores above 1.
    pub over: usize,
}

impl Histogram {
    /// Counts a score. One that is no number at all is passed over.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the score is known to lie from 0 to 1"
    )]
    pub fn add(&mut self, score: f64) {
        if score.is_nan() {
            return;
        }
        if score < 0.0 {
            self.under += 1;
        } else if score > 1.0 {
            self.over += 1;
        } else {
            let bin = ((score * BINS as f64) as usize).min(BINS - 1);
            if let Some(count) = self.bins.get_mut(bin) {
                *count += 1;
            }
        }
    }

    /// Counts what another histogram has counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, count) in self.bins.iter_mut().zip(other.bins) {
            *mine += count;
        }
        self.under += other.under;
        self.over += other.over;
    }

    /// How many scores were counted.
    pub fn total(&self) -> usize {
        self.bins.iter().sum::<usize>() + self.under + self.over
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_are_values_by_nearest_rank() {
        // The worked example of the method's usual definition.
        let sorted = [15.0, 20.0, 35.0, 40.0, 50.0];
        for (p, value) in [(0.0, 15.0), (5.0, 15.0), (30.0, 20.0), (40.0, 20.0), (50.0, 35.0)] {
            assert_eq!(percentile(&sorted, p), Some(value), "p{p}");
        }
        assert_eq!(percentile(&sorted, 100.0), Some(50.0));
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(percentile(&twenty, 95.0), Some(19.0));
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&hundred, 95.0), Some(95.0));
        assert_eq!(percentile(&hundred, 50.0), Some(50.0));
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(percentile(&[], 50.0), None);
        let spread = Tally::default().spread();
        assert_eq!((spread.count, spread.p50, spread.p95, spread.max), (0, None, None, None));
    }

    #[test]
    fn a_percentile_that_is_no_number_is_the_first_value() {
        assert_eq!(percentile(&[1.0, 2.0], f64::NAN), Some(1.0));
        assert_eq!(percentile(&[1.0, 2.0], -5.0), Some(1.0));
        assert_eq!(percentile(&[1.0, 2.0], f64::INFINITY), Some(2.0));
    }

    #[test]
    fn bins_hold_their_lower_bound_and_the_last_holds_one() {
        let mut histogram = Histogram::default();
        for score in [0.0, -0.0, 0.099, 0.1, 0.3, 0.7, 0.999, 1.0, 1.001, -0.001] {
            histogram.add(score);
        }
        histogram.add(f64::NAN);
        histogram.add(f64::INFINITY);
        assert_eq!(histogram.bins, [3, 1, 0, 1, 0, 0, 0, 1, 0, 2]);
        assert_eq!((histogram.under, histogram.over), (1, 2));
        assert_eq!(histogram.total(), 11);
    }

    #[test]
    fn every_tenth_falls_into_the_bin_it_begins() {
        for (bin, score) in
            [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].into_iter().enumerate()
        {
            let mut histogram = Histogram::default();
            histogram.add(score);
            assert_eq!(histogram.bins[bin], 1, "{score}");
        }
    }

    proptest! {
        #[test]
        fn a_percentile_is_the_smallest_value_that_reaches_its_rank(
            mut values in prop::collection::vec(-1e6..1e6_f64, 1..200),
            p in 0_u32..=100,
        ) {
            values.sort_unstable_by(f64::total_cmp);
            let value = percentile(&values, f64::from(p)).unwrap();
            let at_most = values.iter().filter(|other| **other <= value).count();
            let below = values.iter().filter(|other| **other < value).count();
            let need = p as usize * values.len();
            prop_assert!(at_most * 100 >= need);
            prop_assert!(below == 0 || below * 100 < need);
        }

        #[test]
        fn a_tally_has_the_percentiles_of_its_values(
            mut values in prop::collection::vec((-9..9_i32).prop_map(|n| f64::from(n) / 4.0), 0..60),
            p in 0_u32..=100,
        ) {
            let mut tally = Tally::default();
            for value in &values {
                tally.add(*value);
            }
            tally.add(f64::INFINITY);
            tally.add(f64::NAN);
            values.sort_unstable_by(f64::total_cmp);
            prop_assert_eq!(tally.percentile(f64::from(p)), percentile(&values, f64::from(p)));
            prop_assert_eq!(tally.spread().count, values.len());
            prop_assert_eq!(tally.spread().max, values.last().copied());
        }

        #[test]
        fn every_number_is_counted_once(scores in prop::collection::vec(any::<f64>(), 0..50)) {
            let mut histogram = Histogram::default();
            for score in &scores {
                histogram.add(*score);
            }
            let numbers = scores.iter().filter(|score| !score.is_nan()).count();
            prop_assert_eq!(histogram.total(), numbers);
        }
    }
}
