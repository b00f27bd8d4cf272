//! What there is to see at which turn, without making the rows; and what a selection leaves out.

use std::collections::BTreeMap;

use super::flags::{
    CITED_NOT_RETRIEVED, MISS, RESULT_WITHOUT_CALL, TRUNCATED, UNANSWERABLE, UNCITED,
};
use super::rows::call_flags;
use super::{Row, Selection, Status, Transcript, retrieval_flags};
use crate::rows::spell;

impl Transcript<'_> {
    /// By turn, its flags and the statuses of its calls that are not `ok`, a tool's with its name. A
    /// turn is here exactly if its row has flags.
    pub fn looks(&self) -> &BTreeMap<usize, Vec<String>> {
        self.looks.get_or_init(|| {
            let mut looks: BTreeMap<usize, Vec<String>> = BTreeMap::new();
            let mut add = |turn: usize, look: String| {
                let looks = looks.entry(turn).or_default();
                if !looks.contains(&look) {
                    looks.push(look);
                }
            };
            let messages = || self.input.messages.iter().zip(1..);
            for (_, turn) in messages().filter(|(message, _)| message.truncated) {
                add(turn, TRUNCATED.to_owned());
            }
            for call in self.joins().calls.iter().filter(|call| !call.is_result_alone()) {
                let Some(turn) = call.turn else { continue };
                let status = Some(call.status()).filter(|status| *status != Status::Ok);
                let words = status.map(Status::as_str).into_iter().chain(call_flags(call));
                let words: Vec<&str> = words.collect();
                if !words.is_empty() {
                    let name = call.name().unwrap_or("(no name)");
                    add(turn, format!("{name} {}", words.join(", ")));
                }
            }
            for (message, turn) in messages() {
                if message.tool_results.is_some() && !self.joins().answers.contains_key(&(turn - 1))
                {
                    add(turn, RESULT_WITHOUT_CALL.to_owned());
                }
            }
            for (turn, (trace, (_, cited))) in
                self.joins().retrievals.0.iter().filter(|(turn, _)| *turn > 0)
            {
                let flags = retrieval_flags(*turn, trace, *cited);
                // A miss says the rest.
                let missed = flags.contains(&MISS);
                let told = |flag: &str| missed && (flag == UNANSWERABLE || flag == UNCITED);
                for flag in flags.into_iter().filter(|flag| !told(flag)) {
                    add(*turn, flag.to_owned());
                }
            }
            for (turn, (_, retrieved)) in
                self.joins().citations.0.iter().filter(|(turn, _)| *turn > 0)
            {
                if !retrieved {
                    add(*turn, CITED_NOT_RETRIEVED.to_owned());
                }
            }
            looks
        })
    }

    /// What a selection of turns leaves out, in words; empty where that is nothing.
    pub fn left_out(&self, selection: &Selection) -> Vec<String> {
        if selection.is_whole() {
            return Vec::new();
        }
        let messages = self.input.messages.iter().zip(1..);
        let turns =
            messages.filter(|(message, turn)| !self.takes(selection, *turn, &message.role)).count();
        let last = self.turns();
        let handoffs = self
            .joins()
            .handoffs
            .iter()
            .filter(|(place, _)| !selection.takes_event(*place, last))
            .count();
        let mut parts: Vec<String> =
            [(turns, "turn", "turns"), (handoffs, "hand-off", "hand-offs")]
                .into_iter()
                .filter(|(count, ..)| *count > 0)
                .map(|(count, one, many)| spell::counted(count, one, many))
                .collect();
        let shown = |row: &Row<'_>| {
            selection.takes_ends() && !(selection.flagged && row.flags().is_empty())
        };
        let ends = self.ends(selection);
        parts.extend(ends.iter().filter(|row| !shown(row)).map(|row| match row {
            Row::Message(_) | Row::Handoff(_) => String::new(),
            Row::Csat(_) => "csat".to_owned(),
            Row::Feedback(_) => "feedback".to_owned(),
            Row::Reopen(_) => "the reopening".to_owned(),
            Row::Orphan(_) => spell::counted(self.counts().orphans, "orphan", "orphans"),
        }));
        parts
    }
}
