//! What sessions add up to: sums, what their variance needs, values for percentiles, texts.
//!
//! Everything is summed up in whole numbers, so that the order in which sessions come, or groups are
//! merged, changes no figure.

use hashbrown::HashMap;

use super::estimate::Estimate;
use super::figure::{Of, Plan};
use super::stats::Tally;

/// What one session adds.
#[derive(Clone, Debug)]
pub struct Share {
    sums: Vec<i64>,
    values: Vec<(usize, f64)>,
    texts: Vec<String>,
}

impl Share {
    /// Nothing.
    pub fn new(plan: &Plan) -> Self {
        Self { sums: vec![0; plan.sums], values: Vec::new(), texts: Vec::new() }
    }

    /// Adds to the sum at this place.
    pub fn add(&mut self, place: usize, count: impl TryInto<i64>) {
        if let Some(sum) = self.sums.get_mut(place) {
            *sum = sum.saturating_add(count.try_into().unwrap_or(i64::MAX));
        }
    }

    /// Adds one where something is so.
    pub fn add_if(&mut self, place: usize, is_so: bool) {
        self.add(place, i64::from(is_so));
    }

    /// Adds a value to the list at this place.
    pub fn value(&mut self, place: usize, value: f64) {
        self.values.push((place, value));
    }

    /// Counts a text.
    pub fn text(&mut self, text: String) {
        self.texts.push(text);
    }
}

/// What the variance of a ratio needs of the sessions: those that add to its whole, the squares of
/// what they add to part and whole, and the products of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Moments {
    sessions: usize,
    part: i128,
    whole: i128,
    both: i128,
}

/// What the sessions of a group add up to.
#[derive(Clone, Debug)]
pub struct Group {
    plan: &'static Plan,
    sessions: usize,
    sums: Vec<i64>,
    /// By the plan's ratios.
    moments: Vec<Moments>,
    values: Vec<Tally>,
    texts: HashMap<String, usize>,
}

impl Group {
    /// No sessions.
    pub fn new(plan: &'static Plan) -> Self {
        Self {
            plan,
            sessions: 0,
            sums: vec![0; plan.sums],
            moments: vec![Moments::default(); plan.ratios().count()],
            values: vec![Tally::default(); plan.values],
            texts: HashMap::new(),
        }
    }

    /// One more session.
    pub fn add(&mut self, share: Share) {
        self.sessions += 1;
        for ((part, whole), moments) in self.plan.ratios().zip(&mut self.moments) {
            let at = |place: usize| share.sums.get(place).copied().map_or(0, i128::from);
            let (part, whole) = (at(part), at(whole));
            moments.sessions += usize::from(whole != 0);
            moments.part += part * part;
            moments.whole += whole * whole;
            moments.both += part * whole;
        }
        for (sum, more) in self.sums.iter_mut().zip(share.sums) {
            *sum = sum.saturating_add(more);
        }
        for (place, value) in share.values {
            if let Some(tally) = self.values.get_mut(place) {
                tally.add(value);
            }
        }
        for text in share.texts {
            self.count_text(text, 1);
        }
    }

    /// Another group's sessions.
    pub fn merge(&mut self, other: Self) {
        self.sessions += other.sessions;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum = sum.saturating_add(more);
        }
        for (mine, theirs) in self.moments.iter_mut().zip(other.moments) {
            mine.sessions += theirs.sessions;
            mine.part += theirs.part;
            mine.whole += theirs.whole;
            mine.both += theirs.both;
        }
        for (mine, theirs) in self.values.iter_mut().zip(&other.values) {
            mine.merge(theirs);
        }
        for (text, count) in other.texts {
            self.count_text(text, count);
        }
    }

    fn count_text(&mut self, text: String, times: usize) {
        *self.texts.entry(text).or_default() += times;
    }

    /// How many sessions there are.
    pub const fn sessions(&self) -> usize {
        self.sessions
    }

    /// The sum at this place.
    pub fn sum(&self, place: usize) -> i64 {
        self.sums.get(place).copied().unwrap_or_default()
    }

    /// The same, of what cannot be negative.
    pub fn count(&self, place: usize) -> usize {
        usize::try_from(self.sum(place)).unwrap_or_default()
    }

    /// The values at this place.
    pub fn values(&self, place: usize) -> Option<&Tally> {
        self.values.get(place)
    }

    /// The texts with their counts, most first, then in their order.
    pub fn texts(&self) -> Vec<(&str, usize)> {
        let mut texts: Vec<_> = self.texts.iter().map(|(text, count)| (&**text, *count)).collect();
        texts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        texts
    }

    /// A figure's value; None where it is of nothing.
    #[allow(clippy::cast_precision_loss, reason = "a figure is for reading")]
    pub fn value(&self, of: Of) -> Option<f64> {
        match of {
            Of::Sessions => Some(self.sessions as f64),
            Of::Sum(place) => Some(self.sum(place) as f64),
            Of::Ratio { part, whole, per } => {
                let whole = self.sum(whole);
                let value = self.sum(part) as f64 / (whole as f64 * f64::from(per));
                Some(value).filter(|_| whole != 0)
            }
            Of::Percentile { values, p } => self.values(values)?.percentile(f64::from(p)),
        }
    }

    /// How many sessions a figure rests on: those that add to its whole.
    pub fn rests_on(&self, of: Of) -> usize {
        self.moments_of(of).map_or(self.sessions, |moments| moments.sessions)
    }

    /// What is known of a ratio; None where it is of nothing.
    #[allow(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn estimate(&self, of: Of) -> Option<Estimate> {
        let Of::Ratio { part, whole, per } = of else { return None };
        let moments = self.moments_of(of)?;
        let (part, whole) = (self.sum(part) as f64, self.sum(whole) as f64);
        Estimate::of_ratio(
            moments.sessions,
            (part, whole),
            (moments.part as f64, moments.both as f64, moments.whole as f64),
        )
        .map(|estimate| estimate.scaled(1.0 / f64::from(per)))
    }

    fn moments_of(&self, of: Of) -> Option<&Moments> {
        let Of::Ratio { part, whole, .. } = of else { return None };
        let place = self.plan.ratios().position(|ratio| ratio == (part, whole))?;
        self.moments.get(place)
    }
}
