//! How near the misses of a query came: by what their scores measure, since scores of several kinds
//! cannot be compared.

/// The misses of one query whose scores are of one kind. `P` says where a miss stands among all, `S`
/// is text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Near<P, S> {
    /// The latest of them.
    pub latest: P,
    /// The best score.
    pub best: Option<f64>,
    /// The best score of one that found something, and the document it found first.
    pub nearest: Option<(f64, S)>,
    /// The low threshold of the latest that has one.
    pub threshold: Option<(P, f64)>,
    /// From the lowest to the highest of their low thresholds.
    pub thresholds: Option<(f64, f64)>,
}

impl<P: Ord, S: Ord> Near<P, S> {
    /// Adds other misses of the same kind.
    pub fn merge(&mut self, other: Self) {
        if other.latest > self.latest {
            self.latest = other.latest;
        }
        self.best = self.best.into_iter().chain(other.best).reduce(f64::max);
        self.nearest = nearer(self.nearest.take(), other.nearest);
        if let Some(theirs) = other.threshold
            && self.threshold.as_ref().is_none_or(|mine| is_later(mine, &theirs))
        {
            self.threshold = Some(theirs);
        }
        self.thresholds = self
            .thresholds
            .into_iter()
            .chain(other.thresholds)
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    }

    /// The same with other places and texts.
    pub fn map<Q, T>(self, place: impl Fn(P) -> Q, text: impl Fn(S) -> T) -> Near<Q, T> {
        Near {
            latest: place(self.latest),
            best: self.best,
            nearest: self.nearest.map(|(score, id)| (score, text(id))),
            threshold: self.threshold.map(|(at, low)| (place(at), low)),
            thresholds: self.thresholds,
        }
    }
}

/// Whether the second comes later; of two at one place, the higher threshold does.
fn is_later<P: Ord>(mine: &(P, f64), theirs: &(P, f64)) -> bool {
    mine.0.cmp(&theirs.0).then(mine.1.total_cmp(&theirs.1)).is_lt()
}

/// The better of two scores with their documents; of equals, the one whose name comes first.
fn nearer<S: Ord>(one: Option<(f64, S)>, other: Option<(f64, S)>) -> Option<(f64, S)> {
    one.into_iter().chain(other).reduce(|one, other| {
        let better = one.0.total_cmp(&other.0).then_with(|| other.1.cmp(&one.1)).is_lt();
        if better { other } else { one }
    })
}
