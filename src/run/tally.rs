//! What documents add to what is said at the end, once: what met `--fail-on`, how many sessions a
//! filter left, and which names there are.

use std::collections::BTreeMap;
use std::io::Write;

use super::gate::{Gate, Hits, Noun};
use crate::rows::spell::{count, counted};

/// Of the names that there are, how many are told.
const MOST_NAMES: usize = 8;

/// That many rows are shown which no filter looked at.
pub(super) const ALL: usize = usize::MAX;

/// What a document adds.
#[derive(Default)]
pub(super) struct Share {
    /// What of it meets `--fail-on`.
    pub(super) hits: Hits,
    /// What of it is shown.
    pub(super) shown: Shown,
    /// The names in it, where some were asked for.
    pub(super) names: Vec<String>,
}

impl Share {
    /// This meets `--fail-on`.
    pub(super) fn of_hits(hits: Hits) -> Self {
        Self { hits, ..Self::default() }
    }
}

/// What a filter left of a document.
#[derive(Default)]
pub(super) struct Shown {
    rows: usize,
    /// What there is to say where nothing is left, which is said of a single session alone.
    aside: Vec<u8>,
    /// The same, where the format has no place for it.
    pub(super) remark: Option<String>,
}

impl Shown {
    /// Has `print` write so many rows of a document, or what is to be said where a filter left none.
    pub(super) fn write<T, E>(
        rows: usize,
        out: &mut dyn Write,
        print: impl FnOnce(&mut dyn Write) -> Result<T, E>,
    ) -> Result<(T, Self), E> {
        let mut aside = Vec::new();
        let made = if rows == 0 { print(&mut aside)? } else { print(out)? };
        Ok((made, Self { rows: if rows == ALL { 0 } else { rows }, aside, remark: None }))
    }
}

/// What a filter leaves.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    /// What its rows are called.
    pub(super) noun: Noun,
    /// What is said of several sessions of which it leaves nothing.
    pub(super) none: &'static str,
}

/// Names that were asked for by an option.
pub(super) struct Names {
    option: &'static str,
    asked: Vec<String>,
    /// What there is none of, in words: `no tool of this name was called`.
    none: &'static str,
    /// Whether a single session's output says so itself.
    is_said: bool,
    /// The names that there are, and in how many sessions.
    known: BTreeMap<String, usize>,
}

impl Names {
    /// These, asked for by `option`; `none` says that there is none, and `is_said` whether a single
    /// session's output does so too.
    pub(super) fn new(
        option: &'static str,
        asked: &[String],
        none: &'static str,
        is_said: bool,
    ) -> Self {
        Self { option, asked: asked.to_vec(), none, is_said, known: BTreeMap::new() }
    }

    fn unknown(&self, sessions: usize) -> Vec<String> {
        let is_known = |asked: &str| self.known.keys().any(|known| same(known, asked));
        let asked = self.asked.iter().filter(|asked| !is_known(asked));
        let asked = asked.filter(|_| sessions > 1 || !self.is_said);
        asked.map(|asked| self.say(asked, sessions)).collect()
    }

    fn say(&self, asked: &str, sessions: usize) -> String {
        let likeness =
            |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &asked.to_lowercase());
        let mut names: Vec<(f64, &str)> =
            self.known.keys().map(|name| (likeness(name), &**name)).collect();
        names.sort_by(|one, other| other.0.total_cmp(&one.0));
        let told: Vec<&str> = names.iter().take(MOST_NAMES).map(|(_, name)| *name).collect();
        let more = match names.len().saturating_sub(MOST_NAMES) {
            0 => String::new(),
            more => format!(" and {} more", count(more)),
        };
        let there_are = if told.is_empty() {
            "there is none at all".to_owned()
        } else {
            format!("there are {}{more}", told.join(", "))
        };
        let all = counted(sessions, "session", "sessions");
        format!("{} {asked}: {} in {all}; {there_are}", self.option, self.none)
    }
}

/// Whether two names are the same, as far as their case goes.
fn same(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

/// What is said at the end.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) gate: Gate,
    pub(super) names: Option<Names>,
    sessions: usize,
    /// Those that a filter left something of.
    with_rows: usize,
    rows: usize,
    /// Of the first session of which nothing is left.
    aside: Vec<u8>,
    remark: Option<String>,
}

impl Tally {
    pub(super) fn add(&mut self, Share { hits, shown, names }: Share) {
        self.gate.add(hits);
        self.sessions += 1;
        self.rows += shown.rows;
        self.with_rows += usize::from(shown.rows > 0);
        if self.sessions == 1 {
            (self.aside, self.remark) = (shown.aside, shown.remark);
        }
        if let Some(asked) = &mut self.names {
            for name in names {
                *asked.known.entry(name).or_default() += 1;
            }
        }
    }

    /// What there is to say of the only session, of which nothing is left: on the output, and elsewhere.
    pub(super) fn of_one(&mut self) -> (Vec<u8>, Option<String>) {
        if self.sessions == 1 {
            (std::mem::take(&mut self.aside), self.remark.take())
        } else {
            (Vec::new(), None)
        }
    }

    /// How much a filter left of several sessions, in words; None of a single one.
    pub(super) fn left(&self, filter: &Filter) -> Option<String> {
        let (one, many) = filter.noun;
        let sessions = counted(self.sessions, "session", "sessions");
        match (self.sessions, self.rows) {
            (0 | 1, _) => None,
            (_, 0) => Some(format!("{} in {sessions}", filter.none)),
            (_, rows) => {
                let rows = counted(rows, one, many);
                Some(format!("{rows} in {} of {sessions}", count(self.with_rows)))
            }
        }
    }

    /// How many of several sessions have what a filter left, in words; None of a single one.
    pub(super) fn sessions_left(&self, what: &str) -> Option<String> {
        let sessions = counted(self.sessions, "session", "sessions");
        let have = if self.with_rows == 1 { "has" } else { "have" };
        (self.sessions > 1)
            .then(|| format!("{} of {sessions} {have} {what}", count(self.with_rows)))
    }

    /// Which names that were asked for there are not, a line each.
    pub(super) fn unknown_names(&self) -> Vec<String> {
        self.names.iter().flat_map(|names| names.unknown(self.sessions)).collect()
    }
}
