//! Where things stand among the turns.

use crate::model::{HandoffEvent, MessageEntry, Timestamp};

/// Things by the number of their turn; 0 is for orphans. In each turn they keep their order.
#[derive(Debug)]
pub(super) struct ByTurn<T>(pub(super) Vec<(usize, T)>);

impl<T: Copy> ByTurn<T> {
    pub(super) fn new(things: impl Iterator<Item = (usize, T)>) -> Self {
        let mut things: Vec<_> = things.collect();
        // As a rule they come in order, and a sort takes room.
        if !things.is_sorted_by_key(|(turn, _)| *turn) {
            things.sort_by_key(|(turn, _)| *turn);
        }
        Self(things)
    }

    pub(super) fn of(&self, turn: usize) -> impl Iterator<Item = T> {
        let begin = self.0.partition_point(|(at, _)| *at < turn);
        let things = self.0.iter().skip(begin);
        things.take_while(move |(at, _)| *at == turn).map(|(_, thing)| *thing)
    }
}

/// Puts each hand-off before the first turn with a later time: the number of the turn it comes
/// after. One without a time comes after all.
pub(super) fn place_handoffs<'a>(
    messages: &[MessageEntry<'_>],
    events: &'a [HandoffEvent<'a>],
) -> Vec<(usize, &'a HandoffEvent<'a>)> {
    if events.is_empty() {
        return Vec::new();
    }
    // The latest time up to each turn; it never falls, so the first later one can be searched for.
    let mut latest = None;
    let latest: Vec<_> = messages
        .iter()
        .map(|message| {
            latest = latest.max(message.timestamp.as_ref().and_then(Timestamp::instant));
            latest
        })
        .collect();
    let mut handoffs: Vec<_> = events
        .iter()
        .map(|event| {
            let instant = event.timestamp.as_ref().and_then(Timestamp::instant);
            let place = match instant {
                Some(_) => latest.partition_point(|latest| *latest <= instant),
                None => messages.len(),
            };
            (place, instant.is_none(), instant, event)
        })
        .collect();
    handoffs.sort_by_key(|(place, timeless, instant, _)| (*place, *timeless, *instant));
    handoffs.into_iter().map(|(place, _, _, event)| (place, event)).collect()
}
