//! Sessions that are named by how their ids begin: `--session`, and a bare beginning beside a file.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::cli::IdPrefix;
use crate::failure::Failure;
use crate::rows::spell::counted;

/// Of an id that is not the only one to begin so, how many are named.
const MOST_NAMED: usize = 10;

/// The beginnings of ids, and which ids they turned out to be the beginnings of.
///
/// That a beginning is one session's alone is known when all have been seen: until then nothing may be
/// printed.
#[derive(Debug, Default)]
pub struct Prefixes {
    typed: Vec<IdPrefix>,
    /// How many of them hold for sessions that are fetched, too; they come first.
    of_all: usize,
    /// The ids that begin so, a set a beginning.
    found: Mutex<Vec<BTreeSet<String>>>,
}

impl Prefixes {
    /// Those that hold for all sessions, and those that hold for saved ones: a session that is named by
    /// its whole id is meant, whatever stands beside it.
    pub fn new(of_all: &[IdPrefix], of_saved: &[IdPrefix]) -> Self {
        let typed = [of_all, of_saved].concat();
        let found = Mutex::new(vec![BTreeSet::new(); typed.len()]);
        Self { typed, of_all: of_all.len(), found }
    }

    /// Whether there is none: all sessions are taken.
    pub fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    /// Whether a session is meant; takes note of it.
    pub fn take(&self, id: &str, is_fetched: bool) -> bool {
        let until = if is_fetched { self.of_all } else { self.typed.len() };
        let prefixes = self.typed.get(..until).unwrap_or_default();
        let mut taken = prefixes.is_empty();
        for (place, _) in prefixes.iter().enumerate().filter(|(_, prefix)| prefix.begins(id)) {
            taken = true;
            // A thread that panicked left the sets whole.
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(ids) = found.get_mut(place).filter(|ids| ids.len() <= MOST_NAMED) {
                ids.insert(id.to_ascii_lowercase());
            }
        }
        taken
    }

    /// Once all of `seen` sessions were seen: fails where a beginning is no session's, or of several.
    pub fn settle(&self, seen: usize) -> Result<(), Failure> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        for (prefix, ids) in self.typed.iter().zip(found.iter()) {
            match ids.len() {
                1 => {}
                0 => {
                    let all = counted(seen, "session", "sessions");
                    return Err(Failure::usage(format!("no session begins with {prefix}"))
                        .hint(format!("looked through {all}; is it another file's?")));
                }
                count => {
                    let named: Vec<&str> = ids.iter().take(MOST_NAMED).map(|id| &**id).collect();
                    let more = if count > MOST_NAMED { " and more" } else { "" };
                    return Err(Failure::usage(format!(
                        "more than one session begins with {prefix}: {}{more}",
                        named.join(", ")
                    ))
                    .hint("type more of its digits"));
                }
            }
        }
        Ok(())
    }
}
