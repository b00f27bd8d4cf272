//! Mistakes that people make on the command line, each with what was meant.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::command;
use crate::failure::Failure;
use crate::input;

/// Options that people look for to hand over a key, without hyphens.
const KEYS: [&str; 16] = [
    "k",
    "key",
    "apikey",
    "xapikey",
    "featherapikey",
    "token",
    "apitoken",
    "accesstoken",
    "authtoken",
    "auth",
    "authorization",
    "bearer",
    "secret",
    "password",
    "pass",
    "credentials",
];

/// Commands that there are not, and what stands for them; SESSION is what was named.
const COMMANDS: [(&[&str], &str); 15] = [
    (
        &["html", "dashboard", "page", "chart", "charts", "plot", "plots", "graph"],
        "did you mean: feather-analysis report SESSION > page.html",
    ),
    (
        &["show", "view", "read", "cat", "print", "open", "conversation", "chat", "messages"],
        "did you mean: feather-analysis transcript SESSION",
    ),
    (
        &["get", "download", "pull", "save", "export", "session", "json"],
        "did you mean: feather-analysis fetch SESSION",
    ),
    (
        &["list", "ls", "overview", "sessions", "table"],
        "did you mean: feather-analysis fetch --overview SESSION, a row a session",
    ),
    (
        &[
            "summary",
            "summarize",
            "summarise",
            "stats",
            "statistics",
            "stat",
            "count",
            "metrics",
            "figures",
        ],
        "did you mean: feather-analysis rag --summary SESSION; fetch, transcript, tools and missing \
         have a --summary too",
    ),
    (
        &["compare", "diff"],
        "did you mean: feather-analysis rag AFTER --summary --against BEFORE; fetch, transcript, \
         tools and missing compare too",
    ),
    (
        &["retrieval", "retrievals", "search", "searches", "chunks", "citations", "kb"],
        "did you mean: feather-analysis rag SESSION",
    ),
    (&["misses"], "did you mean: feather-analysis rag --only miss SESSION"),
    (&["calls", "tool-calls", "tool_calls"], "did you mean: feather-analysis tools SESSION"),
    (
        &["errors", "failures", "failed"],
        "did you mean: feather-analysis tools --only error SESSION",
    ),
    (
        &["evidence", "check", "validate", "lint", "verify"],
        "did you mean: feather-analysis missing SESSION",
    ),
    (
        &["login", "auth", "configure", "config", "init", "setup"],
        "there is nothing to set up but the key: set FEATHER_API_KEY, or name a file with \
         --api-key-file",
    ),
    (&["serve", "server", "mock"], "did you mean: feather-analysis demo"),
    (&["version"], "did you mean: feather-analysis --version"),
    (
        &["man", "manual", "docs", "doc", "topics", "topic", "usage", "examples"],
        "did you mean: feather-analysis help",
    ),
];

/// Options that there are not, on these commands or, where none is named, on any, and what stands for
/// them. The first that fits counts.
const OPTIONS: [(&[&str], &[&str], &str); 30] = [
    (&["html"], &[], "did you mean: feather-analysis report SESSION > page.html"),
    (
        &["format", "f"],
        &["report"],
        "a report is HTML; fetch, rag, tools, missing and gaps print the same as JSON, CSV or Markdown",
    ),
    (&["summary"], &["report"], "leave it out: a report of several sessions is one"),
    (&["out", "out-file"], &["fetch"], "did you mean --output FILE?"),
    (
        &["output", "o", "out", "out-file"],
        &[],
        "redirect it: > FILE; fetch and report have --output",
    ),
    (
        &["limit", "n", "head", "top", "max"],
        &["transcript"],
        "--turn ..10 takes the first ten turns",
    ),
    (&["n", "head", "top", "max"], &[], "did you mean --limit N?"),
    (
        &["by", "group-by", "group"],
        &["gaps"],
        "gaps are by query already; fetch, transcript, rag, tools and missing have --summary --by FIELD",
    ),
    (&["group-by", "group"], &[], "did you mean --summary --by FIELD?"),
    (
        &["errors", "error", "failed", "failures", "failing"],
        &["tools"],
        "did you mean --only error?",
    ),
    (&["errors", "error", "failed", "failures"], &[], "did you mean: tools SESSION --only error"),
    (&["misses", "miss", "missed"], &["rag"], "did you mean --only miss?"),
    (&["misses", "miss", "missed"], &[], "did you mean: rag SESSION --only miss, or gaps"),
    (&["json", "j"], &[], "did you mean --format json?"),
    (&["ndjson", "jsonl", "json-lines"], &[], "did you mean --format ndjson?"),
    (&["csv"], &[], "did you mean --format csv?"),
    (&["markdown", "md"], &[], "did you mean --format markdown?"),
    (&["raw"], &[], "did you mean: fetch SESSION --format raw"),
    (&["no-color", "no-colour", "colour", "nocolor"], &[], "did you mean --color never?"),
    (&["from", "after", "start"], &[], "did you mean --since TIME?"),
    (&["to", "before", "end"], &[], "did you mean --until TIME?"),
    (&["filter", "query", "q", "match", "grep"], &[], "did you mean --where 'FIELD=VALUE'?"),
    (&["debug", "trace", "vv"], &[], "did you mean --verbose?"),
    (&["order-by", "order"], &[], "did you mean --sort FIELD?"),
    (&["columns", "select", "column"], &[], "did you mean --fields FIELD,…?"),
    (&["url", "host", "endpoint", "server", "env"], &[], "did you mean --base-url URL?"),
    (&["concurrency", "parallel", "threads", "workers"], &[], "did you mean --jobs N?"),
    (&["dir", "outdir", "output-dir", "d"], &[], "did you mean: fetch SESSION --out-dir DIR"),
    (
        &["insecure", "no-verify"],
        &[],
        "the server is always checked; --ca-cert FILE trusts a certificate of your own",
    ),
    (&["h", "H"], &[], "did you mean --header 'Name: value', or --header @FILE?"),
];

/// Values that options do not take, and what they may stand for.
const VALUES: [(&[&str], &str); 13] = [
    (&["failed", "failure", "failures", "fail", "failing", "errors", "err", "errored"], "error"),
    (&["success", "successful", "succeeded", "good", "done"], "ok"),
    (&["missing", "pending", "timeout", "unanswered", "no-answer", "none"], "no-result"),
    (&["misses", "missed", "no-hit", "nothing-found", "not-found", "failed"], "miss"),
    (&["unused", "not-cited", "ignored"], "uncited"),
    (&["not-retrieved", "hallucinated", "invented"], "cited-not-retrieved"),
    (&["repeated", "again"], "repeat"),
    (&["all", "every", "some"], "any"),
    (&["jsonl", "json-lines", "jsonlines"], "ndjson"),
    (&["md", "gfm"], "markdown"),
    (&["tsv", "excel", "xlsx", "xls"], "csv"),
    (&["txt", "plain", "pretty", "human"], "text"),
    (&["text", "txt", "plain", "pretty", "human"], "table"),
];

/// What was meant by arguments that clap refuses with `error`; None where nobody knows.
///
/// No value of an option is repeated: it may be a key.
pub(super) fn meant(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    let arguments: Vec<String> =
        arguments.iter().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = text(error, ContextKind::InvalidSubcommand)?;
            if input::is_key_setting(typed) {
                return Some(key_in_arguments(""));
            }
            let place = arguments.iter().position(|argument| argument == typed)?;
            no_command(typed, arguments.get(place + 1..).unwrap_or_default())
        }
        ErrorKind::UnknownArgument => {
            let typed = text(error, ContextKind::InvalidArg)?;
            let single = |argument: &&String| {
                argument.starts_with(typed) && !argument.starts_with("--") && typed.len() == 2
            };
            let is_key =
                is_key(typed) || arguments.iter().filter(single).any(|argument| is_key(argument));
            if is_key || input::is_key_setting(typed) {
                return Some(key_in_arguments(""));
            }
            no_option(typed, &arguments)
        }
        // --key alone is the private key of no certificate.
        ErrorKind::MissingRequiredArgument => {
            let has = |option: &str| {
                arguments.iter().any(|argument| argument.split('=').next() == Some(option))
            };
            let about = "; --key names the file with the private key of --cert";
            (has("--key") && !has("--cert")).then(|| key_in_arguments(about))
        }
        _ => None,
    }
}

/// The value that was meant by one that its option does not take.
pub(super) fn value(error: &clap::Error) -> Option<&'static str> {
    if error.kind() != ErrorKind::InvalidValue {
        return None;
    }
    let typed = text(error, ContextKind::InvalidValue)?.to_lowercase().replace('_', "-");
    let Some(ContextValue::Strings(taken)) = error.get(ContextKind::ValidValue) else {
        return None;
    };
    let meant = VALUES.iter().find(|(spelt, meant)| {
        spelt.contains(&&*typed) && taken.iter().any(|taken| taken == meant)
    });
    meant.map(|(_, meant)| *meant)
}

/// Whether an argument that looks like an option may be a file.
pub(super) fn may_be_value(error: &clap::Error) -> bool {
    text(error, ContextKind::InvalidArg).is_some_and(|argument| Path::new(argument).exists())
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        _ => None,
    }
}

/// Whether an option of this name is where people put a key.
fn is_key(option: &str) -> bool {
    let name = option.split('=').next().unwrap_or_default();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    KEYS.contains(&&*name.to_ascii_lowercase())
}

fn key_in_arguments(more: &str) -> Failure {
    Failure::usage(
        "keys are not taken from arguments, which every user of the machine can see and the shell \
         remembers",
    )
    .hint(format!(
        "set FEATHER_API_KEY, or name a file that holds the key with --api-key-file; a key that was \
         typed here is better replaced{more}"
    ))
}

/// A word that is no command, with what stands behind it.
fn no_command(typed: &str, rest: &[String]) -> Option<Failure> {
    let is_shown = |argument: &&String| {
        (*argument == "-" || !argument.starts_with('-')) && !input::is_key_setting(argument)
    };
    let named = || rest.iter().take_while(is_shown);
    let known = COMMANDS.iter().find(|(spelt, _)| spelt.contains(&&*typed.to_lowercase()));
    if let Some((_, hint)) = known.filter(|_| !Path::new(typed).exists()) {
        let sessions = shell_words::join(named());
        let hint = if sessions.is_empty() {
            (*hint).to_owned()
        } else {
            hint.replace("SESSION", &sessions)
        };
        return Some(Failure::usage(format!("there is no command \"{typed}\"")).hint(hint));
    }
    let what = input::describe(typed)?;
    let line = shell_words::join(std::iter::once(&typed.to_owned()).chain(named()));
    let command = if Path::new(typed).is_dir() { "fetch --overview" } else { "transcript" };
    Some(
        Failure::usage(format!("a command comes first, and {} is {what}", input::quoted(typed)))
            .hint(format!("did you mean: feather-analysis {command} {line}")),
    )
}

/// An option that the command has not.
fn no_option(typed: &str, arguments: &[String]) -> Option<Failure> {
    let tree = command();
    let is_command = |argument: &&String| tree.find_subcommand(argument).is_some();
    let place = arguments.iter().find(is_command);
    let within = place.map_or("", String::as_str);
    let name = typed.trim_start_matches('-');
    let known = OPTIONS.iter().find(|(spelt, commands, _)| {
        spelt.contains(&name) && (commands.is_empty() || commands.contains(&within))
    });
    let hint = if let Some((_, _, hint)) = known {
        (*hint).to_owned()
    } else {
        let has = |command: &&clap::Command| {
            command.get_arguments().any(|argument| argument.get_long() == Some(name))
        };
        let others: Vec<&str> =
            tree.get_subcommands().filter(has).map(clap::Command::get_name).collect();
        if others.is_empty() || typed == name {
            return None;
        }
        format!("it is an option of {}", others.join(", "))
    };
    let subject = if within.is_empty() { "feather-analysis" } else { within };
    Some(Failure::usage(format!("{subject} has no option {typed}")).hint(hint))
}
