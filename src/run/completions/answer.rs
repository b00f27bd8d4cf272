//! What the program answers to a completion script.
//!
//! The first line says what is offered: `words`; `open` where more is typed behind any of them;
//! `files` or `folders`, which the shell completes itself. The second is how much of the word stands
//! before each of the words, for zsh to show them without it. Then a word a line, with a tab and its
//! meaning behind it.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;

use clap::Command;
use clap_complete::engine::{CompletionCandidate, complete};

use super::candidates::{FILES, FOLDERS, OPEN, attach};
use super::line::{Line, unquoted};
use crate::run::command;

/// A shell with a script that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    /// Sends its line up to the cursor, and what of the word at its end is replaced.
    Bash,
    /// Sends words without quotes.
    Zsh,
    /// The same, the last one as it is typed.
    Fish,
}

impl Shell {
    /// The shell of this name.
    pub(super) fn named(name: &OsStr) -> Option<Self> {
        match name.to_str()? {
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            _ => None,
        }
    }
}

/// What is asked for.
struct Asked {
    /// The words so far; the last is the one to complete.
    words: Vec<String>,
    /// Whether it is for the shell alone: a file that is redirected to.
    redirects: bool,
    /// The end of the word that the shell replaces, where it does not replace the whole.
    replaced: Option<String>,
}

impl Asked {
    fn new(shell: Shell, asked: &[OsString]) -> Self {
        let mut words: Vec<String> =
            asked.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        match shell {
            Shell::Bash => {
                let replaced = words.pop();
                let line = Line::parse(&words.pop().unwrap_or_default());
                Self { words: line.words, redirects: line.redirects, replaced }
            }
            Shell::Zsh => Self { words, redirects: false, replaced: None },
            Shell::Fish => {
                if let Some(last) = words.last_mut() {
                    *last = unquoted(last);
                }
                Self { words, redirects: false, replaced: None }
            }
        }
    }
}

/// The answer to what a shell's script asks.
pub(super) fn of(shell: Shell, asked: &[OsString]) -> String {
    let Asked { mut words, redirects, replaced } = Asked::new(shell, asked);
    if redirects {
        return format!("{FILES}\n\n");
    }
    let mut command = attach(command(), &words);
    join_with_values(&command, &mut words);
    let word = words.last().cloned().unwrap_or_default();
    let candidates = candidates(&mut command, words, &word);
    let has = |tag| candidates.iter().any(|candidate| tagged(candidate, tag));
    if let Some(tag) = [FILES, FOLDERS].into_iter().find(|tag| has(tag)) {
        return format!("{tag}\n{}\n", file_prefix(&word));
    }
    let values: Vec<_> = candidates.iter().map(|it| it.get_value().to_string_lossy()).collect();
    let prefix = match shell {
        Shell::Bash => replaced.and_then(|end| word.strip_suffix(&*end)).unwrap_or_default(),
        Shell::Zsh => shared(&word, &values),
        Shell::Fish => "",
    };
    let mode = if has(OPEN) { OPEN } else { "words" };
    let mut answer = format!("{mode}\n{prefix}\n");
    for (candidate, value) in candidates.iter().zip(&values) {
        let value = value.strip_prefix(prefix).unwrap_or(value);
        // Fish puts a blank behind whatever does not end so.
        let open = shell == Shell::Fish && mode == OPEN && !value.ends_with('=');
        let about = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        let about = about.lines().next().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = match shell {
            Shell::Bash => writeln!(answer, "{value}"),
            _ => writeln!(answer, "{value}{}\t{about}", if open { "=" } else { "" }),
        };
    }
    answer
}

/// What the engine finds that may stand at the end, less what nobody looks for there.
fn candidates(command: &mut Command, words: Vec<String>, word: &str) -> Vec<CompletionCandidate> {
    let mut words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    if word == "-"
        && let Some(last) = words.last_mut()
    {
        // All options, by their long names.
        *last = "--".into();
    }
    let last = words.len().saturating_sub(1);
    let mut found = complete(command, words, last, None).unwrap_or_default();
    let is_option =
        |found: &CompletionCandidate| found.get_value().as_encoded_bytes().starts_with(b"-");
    if !word.starts_with('-') && !found.iter().all(is_option) {
        found.retain(|candidate| !is_option(candidate));
    }
    found
}

/// Puts a `=` behind options whose values never stand in the next word, so that this is not taken for
/// one.
fn join_with_values(command: &Command, words: &mut [String]) {
    let joined = |word: &str| {
        let name = word.strip_prefix("--");
        let commands = std::iter::once(command).chain(command.get_subcommands());
        let mut args = commands.flat_map(Command::get_arguments);
        args.any(|arg| arg.is_require_equals_set() && name.is_some() && arg.get_long() == name)
    };
    if let Some((_, before)) = words.split_last_mut() {
        for word in before.iter_mut().filter(|word| joined(word)) {
            word.push('=');
        }
    }
}

fn tagged(candidate: &CompletionCandidate, tag: &str) -> bool {
    candidate.get_tag().is_some_and(|known| known.to_string() == tag)
}

/// What of a word stands before a file's name: its option.
fn file_prefix(word: &str) -> &str {
    match word.find('=').filter(|_| word.starts_with("--")) {
        Some(at) => word.split_at(at + 1).0,
        None => "",
    }
}

/// What of a word stands before a list's last element in all that may come of it.
fn shared<'w>(word: &'w str, values: &[impl AsRef<str>]) -> &'w str {
    let begin = word.rfind(['=', ',']).map_or("", |at| word.split_at(at + 1).0);
    let all = values.iter().all(|value| value.as_ref().starts_with(begin));
    if all { begin } else { "" }
}
