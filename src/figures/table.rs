//! Groups of sessions with their figures, in order.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::Merge;
use super::by::{By, Key, Part, Sorter, Span};
use super::figure::Plan;
use super::group::{Group, Share};

/// So many groups are added for stretches of time in which nothing was.
const MOST_EMPTY: usize = 100_000;

/// Groups by what they are told apart by.
#[derive(Clone, Debug)]
pub struct Table {
    /// Whose figures they have.
    pub plan: &'static Plan,
    /// What they are told apart by.
    pub by: By,
    groups: HashMap<Key, Group>,
    /// How many sessions were added, whichever groups they are in.
    pub sessions: usize,
}

impl Table {
    /// No sessions.
    pub fn new(plan: &'static Plan, by: By) -> Self {
        Self { plan, by, groups: HashMap::new(), sessions: 0 }
    }

    /// What one session adds.
    pub fn add(&mut self, shares: Vec<(Key, Share)>) {
        self.sessions += 1;
        for (key, share) in shares {
            self.groups.entry(key).or_insert_with(|| Group::new(self.plan)).add(share);
        }
    }

    /// Counts one session by what `feed` adds of it; `session` has the values of the session's fields
    /// that are asked for.
    ///
    /// Fails where `feed` does.
    pub fn count<E>(
        &mut self,
        session: &[Option<String>],
        feed: impl FnOnce(&mut Sorter<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut sorter = self.by.sorter(self.plan, session);
        feed(&mut sorter)?;
        let shares = sorter.end();
        self.add(shares);
        Ok(())
    }

    /// The groups of a table that is told apart by days, put together by longer stretches of time,
    /// which `by` tells apart.
    pub fn coarser(&self, by: &By, span: Span) -> Self {
        let mut coarser = Self::new(self.plan, by.clone());
        coarser.sessions = self.sessions;
        for (key, group) in &self.groups {
            let key: Key =
                key.iter().map(|part| part.as_deref().map(|part| span.of(part))).collect();
            match coarser.groups.entry(key) {
                Entry::Occupied(mine) => mine.into_mut().merge(group.clone()),
                Entry::Vacant(place) => {
                    place.insert(group.clone());
                }
            }
        }
        coarser
    }

    /// The one group of a table that is told apart by nothing.
    pub fn total(&self) -> Cow<'_, Group> {
        self.group(&[])
    }

    /// The group of this key; one of no sessions where there is none.
    pub fn group(&self, key: &[Part]) -> Cow<'_, Group> {
        self.groups.get(key).map_or_else(|| Cow::Owned(Group::new(self.plan)), Cow::Borrowed)
    }

    /// Whether there is a group of this key.
    pub fn has(&self, key: &[Part]) -> bool {
        self.groups.contains_key(key)
    }

    /// The keys of all groups in order, see [`keys`].
    pub fn keys(&self) -> Vec<Key> {
        keys(&[self])
    }

    /// How large a group is.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    fn size(&self, key: &[Part]) -> u64 {
        let value = self.groups.get(key).and_then(|group| group.value(self.plan.size));
        value.unwrap_or_default() as u64
    }
}

impl Merge for Table {
    fn merge(&mut self, other: Self) {
        self.sessions += other.sessions;
        for (key, group) in other.groups {
            match self.groups.entry(key) {
                Entry::Occupied(mine) => mine.into_mut().merge(group),
                Entry::Vacant(place) => {
                    place.insert(group);
                }
            }
        }
    }
}

/// The keys of the groups of tables that are told apart alike. Field by field: stretches of time in
/// their order, with those between in which nothing was; other values by size, then in their order;
/// what has no value comes last.
pub fn keys(tables: &[&Table]) -> Vec<Key> {
    let Some(first) = tables.first() else { return Vec::new() };
    let mut keys: HashSet<Key> =
        tables.iter().flat_map(|table| table.groups.keys().cloned()).collect();
    if first.by.fields.is_empty() {
        // All in one, also where there is nothing.
        return vec![Box::new([])];
    }
    fill(&first.by, &mut keys);
    // How much there is under each beginning of a key.
    let mut sizes: HashMap<&[Part], u64> = HashMap::new();
    for key in &keys {
        let size: u64 = tables.iter().map(|table| table.size(key)).sum();
        for end in 1..=key.len() {
            *sizes.entry(key.get(..end).unwrap_or_default()).or_default() += size;
        }
    }
    let span = first.by.span().map(|(place, _)| place);
    let mut sorted: Vec<&Key> = keys.iter().collect();
    sorted.sort_by_cached_key(|key| {
        let part = |(place, part): (usize, &Part)| {
            let under = key.get(..=place).unwrap_or_default();
            let size = sizes.get(under).copied().filter(|_| span != Some(place));
            let number = part.as_deref().and_then(|part| part.parse::<f64>().ok());
            let number = number.map(|number| super::stats::order(number + 0.0));
            (part.is_none(), Reverse(size), number, part.clone())
        };
        key.iter().enumerate().map(part).collect::<Vec<_>>()
    });
    sorted.into_iter().cloned().collect()
}

/// Adds the stretches of time in which nothing was.
fn fill(by: &By, keys: &mut HashSet<Key>) {
    let Some((place, span)) = by.span() else { return };
    let times: BTreeSet<&str> =
        keys.iter().filter_map(|key| key.get(place).and_then(Option::as_deref)).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return };
    let others: HashSet<Key> = keys
        .iter()
        .map(|key| {
            let mut key = key.clone();
            if let Some(part) = key.get_mut(place) {
                *part = None;
            }
            key
        })
        .collect();
    let most = MOST_EMPTY / others.len().max(1);
    let Some(all) = span.between(first, last, most) else { return };
    for other in others {
        for time in &all {
            let mut key = other.clone();
            if let Some(part) = key.get_mut(place) {
                *part = Some(time.clone());
            }
            keys.insert(key);
        }
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
