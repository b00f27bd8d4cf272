//! What the gate did, and how the sessions ended.

use hashbrown::HashMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::RagTraceAnswerability;
use crate::view::ending::Ending;

/// Retrievals by the gate's mode and action.
#[derive(Debug, Default)]
pub(super) struct Gate(HashMap<String, HashMap<String, Ended>>);

#[derive(Clone, Copy, Debug, Default)]
struct Ended {
    well: usize,
    badly: usize,
    unknown: usize,
}

impl Gate {
    /// Counts a verdict in a session that ended so.
    pub fn add(&mut self, verdict: &RagTraceAnswerability<'_>, ending: Ending) {
        let mode = self.0.entry_ref(verdict.mode.as_deref().unwrap_or_default()).or_default();
        let ended = mode.entry_ref(verdict.action.as_deref().unwrap_or_default()).or_default();
        match ending {
            Ending::Well => ended.well += 1,
            Ending::Badly => ended.badly += 1,
            Ending::Unknown => ended.unknown += 1,
        }
    }

    /// Adds other sessions' verdicts.
    pub fn merge(&mut self, other: Self) {
        for (mode, actions) in other.0 {
            let mode = self.0.entry(mode).or_default();
            for (action, theirs) in actions {
                let mine = mode.entry(action).or_default();
                mine.well += theirs.well;
                mine.badly += theirs.badly;
                mine.unknown += theirs.unknown;
            }
        }
    }

    /// What the gate did, most often first.
    pub fn actions(&self) -> Vec<GateAction<'_>> {
        fn sent(text: &str) -> Option<&str> {
            Some(text).filter(|text| !text.is_empty())
        }
        let all = self.0.iter().flat_map(|(mode, actions)| {
            actions.iter().map(move |(action, ended)| (mode, action, ended))
        });
        let mut actions: Vec<GateAction<'_>> = all
            .map(|(mode, action, ended)| GateAction {
                mode: sent(mode),
                action: sent(action),
                retrievals: ended.well + ended.badly + ended.unknown,
                ended_well: ended.well,
                ended_badly: ended.badly,
                ended_unknown: ended.unknown,
            })
            .collect();
        actions.sort_unstable_by_key(|action| {
            (std::cmp::Reverse(action.retrievals), action.mode, action.action)
        });
        actions
    }
}

/// What the gate did, and how the sessions ended in which it did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GateAction<'s> {
    /// `shadow` (judged only) or `enforce` (acted on); null where it was not sent.
    pub mode: Option<&'s str>,
    /// What it did; null where it was not sent.
    pub action: Option<&'s str>,
    /// Retrievals of which it did so.
    pub retrievals: usize,
    /// Those in sessions that ended well: resolved, handed to nobody, not opened again.
    pub ended_well: usize,
    /// Those in sessions that ended any other way.
    pub ended_badly: usize,
    /// Those in sessions without an outcome, or in which nobody was talked to.
    pub ended_unknown: usize,
}
