//! How far a rate or mean can be trusted, and whether one differs from another.
//!
//! What varies is sessions: the retrievals or calls of one are alike. So a figure is a ratio of two
//! sums over sessions, and its variance that of the ratio estimator with sessions as clusters
//! (Cochran, Sampling Techniques, 3rd ed., 1977, sections 2.11 and 6.4):
//!
//! ```text
//! R = Σx / Σy,   v(R) = n / (n − 1) · Σ(x − R·y)² / (Σy)²
//! ```
//!
//! over the n sessions that add to y. Two sides are independent, so the variance of their difference
//! is the sum of both; its quantile is Student's t with the degrees of freedom of Welch and
//! Satterthwaite, since with few dozens of sessions the variance is an estimate itself.

use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

use super::figure::Better;

/// Fewer sessions than this say nothing.
pub const FEWEST: usize = 30;

/// How often a comparison without a difference may be told as one.
pub const LEVEL: f64 = 0.05;

/// From so many degrees of freedom on, Student's t is the normal distribution for all that is told.
const NORMAL: f64 = 10_000.0;

/// A rate or mean, and how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Its variance.
    pub variance: f64,
    /// The sessions it rests on.
    pub sessions: usize,
}

/// How a figure changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The interval of the change lies on the good side of 0.
    Better,
    /// It lies on the bad side.
    Worse,
    /// 0 is in it.
    NoDifference,
    /// It rests on fewer than 30 sessions on a side.
    TooFew,
}

impl Estimate {
    /// The ratio of two sums over so many sessions; `squares` are the sums over the sessions of x²,
    /// xy and y². None where there is nothing to have a ratio of.
    #[allow(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn of_ratio(
        sessions: usize,
        (x, y): (f64, f64),
        (xx, xy, yy): (f64, f64, f64),
    ) -> Option<Self> {
        if sessions == 0 || y == 0.0 {
            return None;
        }
        let ratio = x / y;
        // Rounding must not make it negative.
        let residuals = (xx - 2.0 * ratio * xy + ratio * ratio * yy).max(0.0);
        let n = sessions as f64;
        let variance = if sessions == 1 { 0.0 } else { n / (n - 1.0) * residuals / (y * y) };
        Some(Self { value: ratio, variance, sessions })
    }

    /// The same in another unit.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { value: self.value * factor, variance: self.variance * factor * factor, ..self }
    }
}

/// The bounds between which a change lies, at this level.
#[allow(clippy::cast_precision_loss, reason = "an estimate")]
pub fn interval(before: Estimate, after: Estimate, level: f64) -> (f64, f64) {
    let change = after.value - before.value;
    let variance = before.variance + after.variance;
    if variance <= 0.0 {
        return (change, change);
    }
    let part = |side: Estimate| {
        side.variance * side.variance / (side.sessions.saturating_sub(1)).max(1) as f64
    };
    let freedom = variance * variance / (part(before) + part(after));
    let half = quantile(1.0 - level / 2.0, freedom) * variance.sqrt();
    (change - half, change + half)
}

/// Student's t: the value below which it lies with this probability.
fn quantile(probability: f64, freedom: f64) -> f64 {
    let normal = || Normal::standard().inverse_cdf(probability);
    if freedom.is_nan() || freedom >= NORMAL {
        return normal();
    }
    StudentsT::new(0.0, 1.0, freedom.max(1.0))
        .map_or_else(|_| normal(), |students| students.inverse_cdf(probability))
}

/// What is to be said of a change, at this level.
pub fn verdict(
    before: Option<Estimate>,
    after: Option<Estimate>,
    better: Better,
    level: f64,
) -> Verdict {
    let enough = |side: &Estimate| side.sessions >= FEWEST;
    let (Some(before), Some(after)) = (before.filter(enough), after.filter(enough)) else {
        return Verdict::TooFew;
    };
    let (low, high) = interval(before, after, level);
    match better {
        Better::Higher if low > 0.0 => Verdict::Better,
        Better::Lower if high < 0.0 => Verdict::Better,
        Better::Higher if high < 0.0 => Verdict::Worse,
        Better::Lower if low > 0.0 => Verdict::Worse,
        _ => Verdict::NoDifference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sessions of a corpus whose retrievals are alike: hits of retrievals, a pair a session.
    fn sessions(random: &mut fastrand::Rng, count: usize, rate: f64) -> Estimate {
        let (mut x, mut y, mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for _ in 0..count {
            // Some sessions are of what the knowledge base knows well, some of what it knows little.
            let own = if random.bool() { rate + 0.15 } else { rate - 0.15 };
            let mut retrievals = 1.0;
            while random.f64() < 0.75 && retrievals < 30.0 {
                retrievals += 1.0;
            }
            let mut hits = 0.0;
            for _ in 0..retrievals as usize {
                hits += f64::from(u8::from(random.f64() < own));
            }
            x += hits;
            y += retrievals;
            xx += hits * hits;
            xy += hits * retrievals;
            yy += retrievals * retrievals;
        }
        Estimate::of_ratio(count, (x, y), (xx, xy, yy)).unwrap()
    }

    #[test]
    fn intervals_cover_no_difference_as_often_as_they_say() {
        let mut random = fastrand::Rng::with_seed(12);
        for count in [60, 400] {
            let covered = (0..1000)
                .filter(|_| {
                    let before = sessions(&mut random, count, 0.6);
                    let after = sessions(&mut random, count, 0.6);
                    let (low, high) = interval(before, after, LEVEL);
                    low <= 0.0 && 0.0 <= high
                })
                .count();
            assert!((930..=970).contains(&covered), "{covered} of 1000 with {count} sessions");
        }
    }

    #[test]
    fn ten_points_in_400_against_400_sessions_are_found() {
        let mut random = fastrand::Rng::with_seed(12);
        let found = (0..1000)
            .filter(|_| {
                let before = Some(sessions(&mut random, 400, 0.6));
                let after = Some(sessions(&mut random, 400, 0.5));
                verdict(before, after, Better::Higher, LEVEL) == Verdict::Worse
            })
            .count();
        assert!(found >= 990, "{found} of 1000");
    }

    #[test]
    fn retrievals_that_were_taken_for_independent_would_promise_too_much() {
        let mut random = fastrand::Rng::with_seed(12);
        let estimate = sessions(&mut random, 400, 0.6);
        let independent = estimate.value * (1.0 - estimate.value) / (400.0 * 3.9);
        assert!(estimate.variance > 1.3 * independent, "{} {independent}", estimate.variance);
    }

    #[test]
    fn the_variance_is_the_textbooks() {
        // Cochran's formula by hand: x = 1, 2, 3 of y = 2, 2, 4; R = 3/4, residuals −1/2, 1/2, 0.
        let estimate = Estimate::of_ratio(3, (6.0, 8.0), (14.0, 18.0, 24.0)).unwrap();
        assert!((estimate.value - 0.75).abs() < 1e-12);
        assert!((estimate.variance - 1.5 * 0.5 / 64.0).abs() < 1e-12, "{estimate:?}");
        assert_eq!(Estimate::of_ratio(3, (0.0, 0.0), (0.0, 0.0, 0.0)), None);
        assert_eq!(Estimate::of_ratio(1, (1.0, 2.0), (1.0, 2.0, 4.0)).unwrap().variance, 0.0);
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, level, value) in [
            (29.0, 0.05, 2.045_23),
            (58.0, 0.05, 2.001_72),
            (58.0, 0.01, 2.663_29),
            (998.0, 0.05, 1.962_34),
            (9_999.0, 0.05, 1.960_20),
            (1e9, 0.05, 1.959_96),
            (f64::NAN, 0.05, 1.959_96),
        ] {
            let quantile = quantile(1.0 - level / 2.0, freedom);
            assert!((quantile - value).abs() < 1e-4, "{freedom} {level}: {quantile}");
        }
    }

    #[test]
    fn a_verdict_needs_thirty_sessions_on_both_sides() {
        let side = |value, sessions| Some(Estimate { value, variance: 1e-6, sessions });
        let told = |before, after| verdict(before, after, Better::Higher, LEVEL);
        assert_eq!(told(side(0.5, 30), side(0.6, 30)), Verdict::Better);
        assert_eq!(told(side(0.5, 30), side(0.4, 30)), Verdict::Worse);
        assert_eq!(told(side(0.5, 30), side(0.5, 30)), Verdict::NoDifference);
        assert_eq!(told(side(0.5, 29), side(0.6, 900)), Verdict::TooFew);
        assert_eq!(told(side(0.5, 900), None), Verdict::TooFew);
        let lower = verdict(side(0.5, 30), side(0.6, 30), Better::Lower, LEVEL);
        assert_eq!(lower, Verdict::Worse);
    }

    #[test]
    fn sides_that_do_not_vary_differ_or_are_alike() {
        let side = |value| Estimate { value, variance: 0.0, sessions: 40 };
        assert_eq!(interval(side(0.5), side(0.75), LEVEL), (0.25, 0.25));
        assert_eq!(
            verdict(Some(side(1.0)), Some(side(1.0)), Better::Higher, LEVEL),
            Verdict::NoDifference
        );
    }
}
