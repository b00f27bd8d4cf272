//! What stands around one session's retrievals and chunks: whose they are, how many, and what is odd.

use std::fmt::Write as _;

use super::{Counts, Flag, Flags, Rag};
use crate::model::{MissingEvidenceReason, Timestamp};
use crate::rows::Page;
use crate::rows::spell::{self, Spelling};
use crate::view::overview;

/// Turns that a note names.
const NAMED: usize = 12;

impl Rag<'_> {
    /// What stands around the retrievals that have one of the flags in `only`.
    pub fn page(&self, only: Flags, spelling: &Spelling) -> Page {
        let (dates, when) = days(self, spelling);
        let mut notes = Vec::new();
        if self.counts().retrievals == 0 {
            notes.push(no_retrievals(self));
        } else if self.rows(only).next().is_none() {
            notes.push(nothing_left(only, self.counts()));
        }
        notes.extend(citations_unrecorded(self));
        Page { title: self.title(only, Some(when)), notes, dates }
    }

    /// What stands around their chunks.
    pub fn chunk_page(&self, only: Flags) -> Page {
        let mut notes = Vec::new();
        if self.counts().retrievals == 0 {
            notes.push(no_retrievals(self));
        } else if self.rows(only).next().is_none() {
            notes.push(nothing_left(only, self.counts()));
        }
        notes.extend(self.without_chunks(only));
        notes.extend(citations_unrecorded(self));
        Page { title: self.title(only, None), notes, dates: false }
    }

    /// Names the retrievals that a table of chunks cannot show.
    fn without_chunks(&self, only: Flags) -> Option<String> {
        let empty = || self.rows(only).filter(|row| row.found == Some(0));
        let count = empty().count();
        let turn =
            |turn: Option<usize>| turn.map_or("(orphan)".to_owned(), |turn| format!("#{turn}"));
        let turns: Vec<String> = empty().take(NAMED).map(|row| turn(row.turn)).collect();
        let more = match count.saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {} more", spell::count(more)),
        };
        let retrievals = spell::counted(count, "retrieval", "retrievals");
        (count > 0).then(|| format!("{retrievals} found no chunks: {}{more}", turns.join(", ")))
    }

    /// Whose rows they are, and how many of everything.
    fn title(&self, only: Flags, when: Option<String>) -> Vec<String> {
        let mut parts = vec![overview::title(self.input())];
        parts.extend(when.filter(|when| !when.is_empty()));
        if self.counts().retrievals > 0 {
            parts.push(counts(self.counts()));
        }
        if !only.is_empty() {
            let shown = self.rows(only).filter(|row| row.citation.is_none()).count();
            let all = spell::count(self.counts().retrievals);
            parts.extend((shown > 0).then(|| format!("{} of {all} shown", spell::count(shown))));
        }
        parts
    }
}

/// `6 retrievals: 4 hits, 2 misses; 3 of 12 chunks cited`.
fn counts(counts: &Counts) -> String {
    let mut text = format!(
        "{}: {}, {}",
        spell::counted(counts.retrievals, "retrieval", "retrievals"),
        spell::counted(counts.hits, "hit", "hits"),
        spell::counted(counts.misses, "miss", "misses"),
    );
    let unknown = counts.retrievals.saturating_sub(counts.hits + counts.misses);
    // Writing to a string cannot fail.
    if unknown > 0 {
        let _ = write!(text, ", {} unknown", spell::count(unknown));
    }
    if counts.chunks_found > 0 {
        let found = spell::counted(counts.chunks_found, "chunk", "chunks");
        let _ = write!(text, "; {} of {found} cited", spell::count(counts.chunks_cited));
    }
    if counts.cited_not_retrieved > 0 {
        let strays = spell::count(counts.cited_not_retrieved);
        let _ = write!(text, "; {strays} cited but not retrieved");
    }
    text
}

/// Whether the turns' times are of several days, and what the title says of them.
fn days(rag: &Rag<'_>, spelling: &Spelling) -> (bool, String) {
    let moments = rag.times().filter_map(Timestamp::instant);
    let ends = moments.fold(None, |ends, moment| {
        let (first, last) = ends.unwrap_or((moment, moment));
        Some((first.min(moment), last.max(moment)))
    });
    let Some((first, last)) = ends else { return (false, String::new()) };
    let label = spelling.zone.label(first);
    let date = spelling.zone.date(first);
    if date == spelling.zone.date(last) {
        (false, format!("{date} {label}"))
    } else {
        (true, format!("times in {label}"))
    }
}

fn no_retrievals(rag: &Rag<'_>) -> String {
    let reasons: Vec<&str> = rag.reasons().map(MissingEvidenceReason::as_str).collect();
    if reasons.is_empty() {
        "no retrievals, and the session declares no reason".to_owned()
    } else {
        format!("no retrievals; the session declares {}", reasons.join(" and "))
    }
}

/// Why a filter left no row.
fn nothing_left(only: Flags, counts: &Counts) -> String {
    let words: Vec<&str> = Flag::ALL
        .into_iter()
        .filter(|flag| only.has(*flag))
        .filter_map(|flag| match flag {
            Flag::Miss => Some("a miss"),
            Flag::Unanswerable => Some("unanswerable"),
            Flag::Uncited => Some("uncited"),
            Flag::Orphan => Some("an orphan"),
            Flag::Disagrees => Some("at odds with its label"),
            Flag::Repeat => Some("a repeat of a miss"),
            Flag::CitedNotRetrieved => None,
        })
        .collect();
    let mut clauses = Vec::new();
    if !words.is_empty() {
        let retrievals = spell::count(counts.retrievals);
        clauses.push(format!("no retrieval is {} ({retrievals} looked at)", any_of(&words)));
    }
    if only.has(Flag::CitedNotRetrieved) {
        let citations = spell::count(counts.citations);
        clauses.push(format!("no citation is without its retrieval ({citations} looked at)"));
    }
    clauses.join("; ")
}

/// `a`, `a or b`, `a, b or c`.
fn any_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A caution where `uncited` may only mean that nobody wrote it down.
fn citations_unrecorded(rag: &Rag<'_>) -> Option<String> {
    let counts = rag.counts();
    (rag.declares_no_citations() && counts.citations == 0 && counts.chunks_found > 0).then(|| {
        "the session declares no_citations: what was cited may not have been recorded".to_owned()
    })
}
