//! Knowledge gaps: the queries that missed, over many sessions.
//!
//! Documents are folded in one by one and merge in any order. What is kept grows with the distinct
//! queries, not with misses or sessions: of each query counts, the extremes, and the one miss whose
//! words are shown. A miss without a hash cannot be told from another, and is a query of its own.

mod near;
mod row;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use hashbrown::HashMap;

use self::near::Near;
pub use self::row::{GapRow, Status};
use super::Merge;
use crate::model::{Number, Timestamp};
use crate::rows::Page;
use crate::rows::spell::{Zone, count, counted};
use crate::view::ending::is_resolved;
use crate::view::gaps::{Kind, Question, Questions, score, score_basis, threshold_low};
use crate::view::turns::Spoken;

/// Characters that are kept of what a customer said.
const WORDS: usize = 1000;

/// What has been folded so far.
#[derive(Debug, Default)]
pub struct Gaps {
    sessions: usize,
    retrievals: usize,
    misses: usize,
    /// Every query that was asked, by its hash.
    queries: HashMap<String, Query>,
    /// Misses without a hash.
    unnamed: Vec<Gap>,
}

/// A query.
#[derive(Debug, Default)]
struct Query {
    /// Retrievals that asked it, whatever came of them.
    asked: usize,
    /// Its misses, if it has any.
    gap: Option<Box<Gap>>,
}

impl Query {
    /// Adds what other sessions asked of it.
    fn merge(&mut self, other: Self) {
        self.asked += other.asked;
        match (&mut self.gap, other.gap) {
            (Some(mine), Some(theirs)) => mine.merge(*theirs),
            (mine @ None, theirs) => *mine = theirs,
            (Some(_), None) => {}
        }
    }
}

/// The misses of one query.
#[derive(Clone, Debug, PartialEq)]
struct Gap {
    misses: usize,
    sessions: usize,
    unresolved: usize,
    handoffs: usize,
    reopened: usize,
    /// Satisfaction on a scale of five: answers, and their sum in millionths, which adds up to the
    /// same in any order.
    csat: (u64, i128),
    first: Option<Moment>,
    last: Option<Moment>,
    /// By what scores measure; by nothing where that was not sent.
    near: BTreeMap<String, Near<Place, String>>,
    kb_ids: BTreeSet<String>,
    latest: (Place, Kind),
    open: Open,
}

/// A moment, and how it was sent.
type Moment = (DateTime<Utc>, String);

/// Where a miss stands among all: by time, session, and place in the document.
type Place = (Option<DateTime<Utc>>, String, usize);

/// The miss to open next. The greatest is the one with words from a redacted transcript, else with
/// words, else the latest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    has_words: bool,
    redacted: bool,
    place: Place,
    turn: Option<usize>,
    words: Option<String>,
}

/// How often a query was asked in a session, and which of the retrievals missed.
type Asked<'d> = (usize, Vec<(usize, Question<'d>)>);

/// The latest miss with words: whether it has any, when it was, its place, its turn, and the turn of
/// the words.
type Latest = (bool, Option<DateTime<Utc>>, usize, Option<usize>, Option<usize>);

impl Gaps {
    /// Folds a document in.
    pub fn add<'d, M: Spoken<'d>, C, T>(&mut self, questions: &Questions<'d, M, C, T>) {
        self.sessions += 1;
        let mut named: HashMap<&str, Asked<'_>> = HashMap::new();
        for (index, question) in questions.all().enumerate() {
            self.retrievals += 1;
            self.misses += usize::from(question.missed.is_some());
            match question.hash() {
                Some(hash) => {
                    let (asked, misses) = named.entry(hash).or_default();
                    *asked += 1;
                    if question.missed.is_some() {
                        misses.push((index, question));
                    }
                }
                None => self.unnamed.extend(Gap::of(questions, &[(index, question)])),
            }
        }
        for (hash, (asked, misses)) in named {
            let gap = Gap::of(questions, &misses).map(Box::new);
            self.queries.entry_ref(hash).or_default().merge(Query { asked, gap });
        }
    }

    /// The gaps: most sessions first, then unresolved ones, then misses. Held against `base`, each
    /// has a status, and those of `base` that miss no more follow.
    pub fn rows<'g>(&'g self, base: Option<&'g Self>) -> Vec<GapRow<'g>> {
        let named = self.queries.iter().filter_map(|(hash, query)| {
            let gap = query.gap.as_deref()?;
            let before = base.map(|base| base.queries.get(hash).and_then(|q| q.gap.as_ref()));
            let status = before.map(|gap| gap.map_or(Status::New, |_| Status::Open));
            Some(gap.row(Some(hash), query.asked, status))
        });
        let unnamed = self.unnamed.iter().map(|gap| gap.row(None, 1, None));
        let mut rows: Vec<GapRow<'g>> = named.chain(unnamed).collect();
        rows.sort_by(GapRow::order);
        let mut gone: Vec<GapRow<'g>> = base
            .into_iter()
            .flat_map(|base| &base.queries)
            .filter_map(|(hash, query)| {
                let gap = query.gap.as_deref()?;
                let status = match self.queries.get(hash) {
                    Some(now) if now.gap.is_some() => return None,
                    Some(_) => Status::Closed,
                    None => Status::NotAsked,
                };
                Some(gap.row(Some(hash), query.asked, Some(status)))
            })
            .collect();
        gone.sort_by(GapRow::order);
        rows.extend(gone);
        rows
    }

    /// What stands around these rows, which may be some of all.
    pub fn page(&self, rows: &[&GapRow<'_>], all: usize, base: Option<&Self>, zone: Zone) -> Page {
        let sessions = counted(self.sessions, "session", "sessions");
        let mut title = vec![format!("{} in {sessions}", counted(all, "gap", "gaps"))];
        if rows.len() < all {
            title.push(format!("{} of {} shown", count(rows.len()), count(all)));
        }
        if rows.iter().any(|row| row.last_seen.is_some()) {
            title.push(format!("times in {}", zone.name()));
        }
        let retrievals = counted(self.retrievals, "retrieval", "retrievals");
        let mut notes = Vec::new();
        if self.misses == 0 {
            notes.push(format!("none of {retrievals} in {sessions} missed"));
        } else {
            let is_now =
                |row: &&&GapRow<'_>| !matches!(row.status, Some(Status::Closed | Status::NotAsked));
            let covered: usize = rows.iter().filter(is_now).map(|row| row.misses).sum();
            let misses = counted(self.misses, "miss", "misses");
            notes.push(format!("these are {} of {misses}, of {retrievals}", count(covered)));
        }
        notes.extend(base.map(|base| against(rows, base)));
        notes.extend(cautions(rows));
        Page { title, notes, dates: true }
    }
}

impl Merge for Gaps {
    fn merge(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.retrievals += other.retrievals;
        self.misses += other.misses;
        self.unnamed.extend(other.unnamed);
        for (hash, query) in other.queries {
            self.queries.entry(hash).or_default().merge(query);
        }
    }
}

/// How many gaps have each status.
fn against(rows: &[&GapRow<'_>], base: &Gaps) -> String {
    let with = |status| rows.iter().filter(|row| row.status == Some(status)).count();
    let words: Vec<String> = Status::ALL
        .into_iter()
        .map(|status| format!("{} {}", count(with(status)), status.as_str()))
        .collect();
    let mut line =
        format!("against {}: {}", counted(base.sessions, "session", "sessions"), words.join(", "));
    let unnamed = rows.iter().filter(|row| row.query_hash.is_none()).count();
    if unnamed > 0 {
        line.push_str("; ");
        line.push_str(&counted(unnamed, "miss has no hash", "misses have no hash"));
        line.push_str(" to compare by");
    }
    line
}

/// What is to be borne in mind of these rows, a line each.
fn cautions(rows: &[&GapRow<'_>]) -> Vec<String> {
    let with = |test: &dyn Fn(&GapRow<'_>) -> bool| rows.iter().filter(|row| test(row)).count();
    let mut notes = Vec::new();
    let unredacted = with(&|row| row.words_redacted == Some(false));
    if unredacted > 0 {
        let words = counted(unredacted, "gap's words are", "gaps' words are");
        notes.push(format!(
            "{words} from a transcript that was not redacted: personal data may stand in them"
        ));
    }
    let changed = with(&|row| row.thresholds_changed);
    if changed > 0 {
        let gaps = counted(changed, "gap", "gaps");
        notes.push(format!(
            "the low threshold changed between the misses of {gaps}; the latest is shown"
        ));
    }
    let bases: BTreeSet<&str> = rows.iter().filter_map(|row| row.score_basis).collect();
    if bases.len() > 1 {
        notes.push(format!(
            "scores are of several kinds that cannot be compared: {}",
            bases.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    notes
}

impl Gap {
    /// The misses of one query in one document; None where there are none.
    fn of<'d, M: Spoken<'d>, C, T>(
        questions: &Questions<'d, M, C, T>,
        misses: &[(usize, Question<'_>)],
    ) -> Option<Self> {
        let input = questions.input();
        let (redacted, session) = (questions.is_redacted(), &*input.session_id);
        let mut latest: Option<(Option<DateTime<Utc>>, usize, Kind)> = None;
        let mut open: Option<Latest> = None;
        let (mut first, mut last) = (None::<(DateTime<Utc>, &str)>, None::<(DateTime<Utc>, &str)>);
        let mut near: BTreeMap<&str, Near<_, &str>> = BTreeMap::new();
        let mut kb_ids = BTreeSet::new();
        let mut count = 0;
        for (index, question) in misses {
            let Some(kind) = question.missed else { continue };
            count += 1;
            let turn = questions.turn(question);
            let time = questions.time(turn);
            let instant = time.and_then(Timestamp::instant);
            let moment = instant.zip(time.map(Timestamp::as_str));
            first = first.into_iter().chain(moment).min();
            last = last.into_iter().chain(moment).max();
            if latest.is_none_or(|(time, place, _)| (time, place) < (instant, *index)) {
                latest = Some((instant, *index, kind));
            }
            let (best, low) = (score(question.trace), threshold_low(question.trace));
            if best.is_some() || low.is_some() {
                let chunk = question.trace.retrieved.first();
                let this = Near {
                    latest: (instant, *index),
                    best,
                    nearest: best.zip(chunk.map(|chunk| &*chunk.doc_id)),
                    threshold: low.map(|low| ((instant, *index), low)),
                    thresholds: low.map(|low| (low, low)),
                };
                match near.entry(score_basis(question.trace).unwrap_or_default()) {
                    Entry::Vacant(entry) => {
                        entry.insert(this);
                    }
                    Entry::Occupied(mut entry) => entry.get_mut().merge(this),
                }
            }
            kb_ids.extend(question.trace.kb_ids.iter().map(|id| &**id));
            let said = questions.said_before(turn);
            let this = (said.is_some(), instant, *index, turn, said);
            open = open.into_iter().chain([this]).max();
        }
        let (time, index, kind) = latest?;
        let (has_words, open_time, open_index, turn, said) = open?;
        let place = |time, index| (time, session.to_owned(), index);
        let moment = |(time, text): (DateTime<Utc>, &str)| (time, text.to_owned());
        Some(Self {
            misses: count,
            sessions: 1,
            unresolved: usize::from(!is_resolved(input)),
            handoffs: usize::from(!input.handoff_events.is_empty()),
            reopened: usize::from(input.reopen.is_some()),
            csat: csat(questions).map_or((0, 0), |score| (1, score)),
            first: first.map(moment),
            last: last.map(moment),
            near: near
                .into_iter()
                .map(|(basis, near)| {
                    let near = near.map(|(time, index)| place(time, index), str::to_owned);
                    (basis.to_owned(), near)
                })
                .collect(),
            kb_ids: kb_ids.into_iter().map(str::to_owned).collect(),
            latest: (place(time, index), kind),
            open: Open {
                has_words,
                redacted: has_words && redacted,
                place: place(open_time, open_index),
                turn,
                words: said.and_then(|index| questions.words(index)).map(|words| kept(&words)),
            },
        })
    }

    /// Adds misses of the same query in other sessions.
    fn merge(&mut self, other: Self) {
        self.misses += other.misses;
        self.sessions += other.sessions;
        self.unresolved += other.unresolved;
        self.handoffs += other.handoffs;
        self.reopened += other.reopened;
        self.csat = (self.csat.0 + other.csat.0, self.csat.1 + other.csat.1);
        self.first = self.first.take().into_iter().chain(other.first).min();
        self.last = self.last.take().into_iter().chain(other.last).max();
        for (basis, theirs) in other.near {
            match self.near.entry(basis) {
                Entry::Vacant(entry) => {
                    entry.insert(theirs);
                }
                Entry::Occupied(mut entry) => entry.get_mut().merge(theirs),
            }
        }
        self.kb_ids.extend(other.kb_ids);
        if other.latest > self.latest {
            self.latest = other.latest;
        }
        if other.open > self.open {
            self.open = other.open;
        }
    }
}

/// The satisfaction score on a scale of five, in millionths.
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates; nobody is that satisfied")]
fn csat<'d, M: Spoken<'d>, C, T>(questions: &Questions<'d, M, C, T>) -> Option<i128> {
    let csat = questions.input().csat.as_ref()?;
    let scale = csat.scale_max.map_or(5.0, Number::as_f64);
    let score = csat.score?.as_f64() / scale * 5.0;
    let plain = scale > 0.0 && score.is_finite() && score.abs() < 1e9;
    plain.then(|| (score * 1e6).round() as i128)
}

/// As much of a customer's words as is kept.
fn kept(words: &str) -> String {
    let words = words.trim();
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default().trim_end()),
        None => words.to_owned(),
    }
}
