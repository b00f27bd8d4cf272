//! Rows → figures: what many sessions come to, in groups, and held against other sessions.

pub mod by;
pub mod charts;
pub mod compare;
pub mod dashboard;
pub mod estimate;
pub mod fetch;
pub mod figure;
pub mod gaps;
pub mod group;
pub mod grouped;
pub mod missing;
pub mod rag;
pub mod stats;
pub mod table;
pub mod tools;
pub mod transcript;

/// Figures that are folded in several places at a time, and put together in any order.
pub trait Merge {
    /// Adds other sessions' figures.
    fn merge(&mut self, other: Self);
}

impl<M: Merge> Merge for Vec<M> {
    fn merge(&mut self, other: Self) {
        self.iter_mut().zip(other).for_each(|(mine, theirs)| mine.merge(theirs));
    }
}
