//! The values of options that are no enumeration: fields, figures, zones, base URLs, files.
//!
//! They are attached to the options' [`clap::Arg`]s, by command and name, when a shell asks; a plain
//! run never makes them.

use std::ffi::OsStr;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use serde_json::Value;

use super::fields::{Word, groups, names, names_and_short, values};
use crate::cli::NamedZone;
use crate::figures;
use crate::figures::figure::Plan;
use crate::rows::Kind;
use crate::run::help;
use crate::run::schema::KINDS;
use crate::view::messages::MessageFacts;
use crate::view::missing::MissingRow;
use crate::view::overview::OverviewRow;
use crate::view::rag;
use crate::view::tools::ToolRow;

/// The tag of a candidate that stands for files, which the shell completes itself.
pub(super) const FILES: &str = "files";

/// The tag of a candidate that stands for folders, which the shell completes itself.
pub(super) const FOLDERS: &str = "folders";

/// The tag of candidates that more is typed behind.
pub(super) const OPEN: &str = "open";

/// The tag of all others.
const WORDS: &str = "words";

/// The command tree with its candidates; `typed` is the line so far.
pub(super) fn attach(command: Command, typed: &[String]) -> Command {
    let names: Vec<String> =
        command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let command = command.mut_args(|arg| with_candidates("", arg, typed));
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(&name, |subcommand| {
            subcommand.mut_args(|arg| with_candidates(&name, arg, typed))
        })
    })
}

fn with_candidates(command: &str, arg: Arg, typed: &[String]) -> Arg {
    let words: fn() -> Vec<Word> = match (command, arg.get_id().as_str()) {
        (_, "base_url") => base_urls,
        (_, "tz") => zones,
        (_, "since" | "until") => days,
        (_, "conditions") => return arg.add(ArgValueCompleter::new(conditions)),
        ("schema", "rows") => kinds,
        ("help", "about") => pages,
        (_, "by") => match by(command) {
            Some(words) => words,
            None => return arg,
        },
        (_, "fail_if_worse") => match judged(command) {
            Some(words) => words,
            None => return arg,
        },
        (_, "sort") => match rows(command, typed) {
            Some(words) => {
                return arg.add(ArgValueCompleter::new(move |word: &_| sort(word, words)));
            }
            None => return arg,
        },
        (_, "fields") => match rows(command, typed) {
            Some(words) => words,
            None => return arg,
        },
        _ => return with_files(arg),
    };
    arg.add(ArgValueCompleter::new(move |word: &OsStr| matching(word, words())))
}

/// Leaves files and folders to the shell.
fn with_files(arg: Arg) -> Arg {
    let tag = match arg.get_value_hint() {
        ValueHint::AnyPath | ValueHint::FilePath => FILES,
        ValueHint::DirPath => FOLDERS,
        _ => return arg,
    };
    let is_positional = arg.is_positional();
    arg.add(ArgValueCompleter::new(move |word: &OsStr| {
        if is_positional && word.as_encoded_bytes().starts_with(b"-") {
            return Vec::new();
        }
        vec![CompletionCandidate::new(word).tag(Some(tag.into()))]
    }))
}

/// The words that begin like the one that is typed.
fn matching(typed: &OsStr, words: Vec<Word>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let begins = |word: &Word| {
        word.text.get(..typed.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(&typed))
    };
    words.into_iter().filter(begins).map(|word| candidate("", word, WORDS)).collect()
}

fn candidate(before: &str, word: Word, tag: &'static str) -> CompletionCandidate {
    let about = Some(word.about).filter(|about| !about.is_empty());
    CompletionCandidate::new(format!("{before}{}", word.text))
        .help(about.map(Into::into))
        .tag(Some(tag.into()))
}

/// Fields to sort by, a `-` before them or not.
fn sort(typed: &OsStr, words: fn() -> Vec<Word>) -> Vec<CompletionCandidate> {
    let text = typed.to_string_lossy();
    match text.strip_prefix('-') {
        Some(name) => {
            let found = matching(OsStr::new(name), words());
            found.into_iter().map(|candidate| candidate.add_prefix("-")).collect()
        }
        None => matching(typed, words()),
    }
}

/// `--where`: a field, and behind `=` and `!=` its values, several with commas.
fn conditions(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let Some((name, _)) = typed.split_once(['=', '!', '<', '>', '~']) else {
        let begin = names_and_short::<OverviewRow<'_>>();
        return begin
            .into_iter()
            .filter(|word| word.text.starts_with(&*typed))
            .map(|mut word| {
                // Numbers and times are compared in more than one way.
                if !matches!(word.kind, Kind::Number | Kind::Time) {
                    word.text.push('=');
                }
                candidate("", word, OPEN)
            })
            .collect();
    };
    let Some(at) = typed.rfind(['=', ',']).filter(|_| !typed.contains(['<', '>'])) else {
        return Vec::new();
    };
    let (before, value) = typed.split_at(at + 1);
    let known = values::<OverviewRow<'_>>(name.trim()).into_iter();
    known
        .filter(|word| word.text.starts_with(value))
        .map(|word| candidate(before, word, WORDS))
        .collect()
}

/// What `--fields` and `--sort` of a command take.
fn rows(command: &str, typed: &[String]) -> Option<fn() -> Vec<Word>> {
    let has = |word: &str| typed.iter().any(|typed| typed == word);
    Some(match command {
        "fetch" => names::<OverviewRow<'_>>,
        "rag" if has("--chunks") => names::<rag::ChunkRow<'_>>,
        "rag" if has("--thresholds") => names::<figures::rag::ThresholdRow<'_>>,
        "rag" if has("doc_id") || has("--by=doc_id") => names::<figures::rag::DocumentRow<'_>>,
        "rag" => names::<rag::Row<'_>>,
        "tools" => names::<ToolRow<'_>>,
        "missing" => names::<MissingRow<'_>>,
        "gaps" => names::<figures::gaps::GapRow<'_>>,
        _ => return None,
    })
}

/// What `--by` of a command takes.
fn by(command: &str) -> Option<fn() -> Vec<Word>> {
    Some(match command {
        "fetch" | "report" => || groups::<OverviewRow<'_>, OverviewRow<'_>>(&[]),
        "transcript" => || groups::<OverviewRow<'_>, MessageFacts<'_>>(&[]),
        "rag" => || groups::<OverviewRow<'_>, rag::Row<'_>>(figures::rag::MORE),
        "tools" => || groups::<OverviewRow<'_>, ToolRow<'_>>(&[]),
        "missing" => || groups::<OverviewRow<'_>, MissingRow<'_>>(&[]),
        _ => return None,
    })
}

/// What `--fail-if-worse` of a command takes.
fn judged(command: &str) -> Option<fn() -> Vec<Word>> {
    fn of(plan: &Plan) -> Vec<Word> {
        let judged = plan.figures.iter().filter(|figure| figure.is_judged());
        judged.map(|figure| Word::new(figure.name, figure.about.replace('`', ""))).collect()
    }
    Some(match command {
        "fetch" => || of(&figures::fetch::PLAN),
        "transcript" => || of(&figures::transcript::PLAN),
        "rag" => || of(&figures::rag::PLAN),
        "tools" => || of(&figures::tools::PLAN),
        "missing" => || of(&figures::missing::PLAN),
        _ => return None,
    })
}

fn base_urls() -> Vec<Word> {
    vec![
        Word::new("sandbox", "Feather's sandbox"),
        Word::new("local", "http://localhost:8000, where demo serves"),
    ]
}

fn days() -> Vec<Word> {
    vec![Word::new("today", "the whole day"), Word::new("yesterday", "the whole day")]
}

fn zones() -> Vec<Word> {
    let named = NamedZone::names().map(|name| Word::new(name, ""));
    let mut words = vec![Word::new("utc", ""), Word::new("local", "this machine's")];
    words.extend(named);
    words
}

fn kinds() -> Vec<Word> {
    let word = |kind: &crate::run::schema::Kind| {
        let schema = (kind.schema)();
        Word::new(kind.name, schema.get("title").and_then(Value::as_str).unwrap_or_default())
    };
    KINDS.iter().map(word).collect()
}

/// What `help` takes.
fn pages() -> Vec<Word> {
    help::known().into_iter().map(|(name, about)| Word::new(name, about)).collect()
}
