//! The command line: what may be typed, and the words that explain it. A leaf: imports nothing of ours.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "doc comments here are help texts")]

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use chrono::FixedOffset;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Fetch and inspect the analysis input of completed Feather sessions
///
/// The analysis input is the one JSON document that Feather assembles for a completed session: the
/// transcript, the retrievals and what was cited, the tool calls, the hand-offs, and the reasons why
/// evidence is missing. Fetch it, read it, or let a script decide on it by exit code.
#[derive(Debug, Parser)]
#[command(
    name = "feather-analysis",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "\
Start here, without a key or a network:
  feather-analysis transcript --demo

Examples, exit codes and all options: --help"
)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    /// How to reach the API
    #[command(flatten)]
    pub connection: Connection,
    /// How to print
    #[command(flatten)]
    pub output: Output,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the analysis input
    ///
    /// Prints what the API sent, losing nothing: numbers, key order and duplicate keys stay as they
    /// were. Several sessions make several documents, in the order they were asked for.
    #[command(after_long_help = "\
Examples:
  feather-analysis fetch --demo | jq '.messages | length'
  feather-analysis fetch 7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11 > session.json
  feather-analysis fetch - --format ndjson --jobs 16 < ids.txt > sessions.ndjson
  feather-analysis fetch - --out-dir sessions < ids.txt

Exit codes: 0 done, 2 usage, 3 network, 4 unusable document, 41 key, 44 not found, 49 still
running, and others by HTTP status: feather-analysis --help lists them.")]
    Fetch(FetchArgs),
    /// Read the conversation, with its evidence in place
    ///
    /// Numbers the turns and puts tool calls, retrievals, citations, hand-offs and feedback where
    /// they happened.
    #[command(after_long_help = "\
Examples:
  feather-analysis transcript --demo
  feather-analysis transcript session.json --turn 4..9
  feather-analysis transcript session.json --role user --no-evidence
  feather-analysis transcript session.json --format markdown | pbcopy

Exit codes: 0 done, 2 usage, 4 unusable document, and those of a fetch: feather-analysis --help
lists them.")]
    Transcript(TranscriptArgs),
    /// Inspect retrievals: searched, found, cited
    ///
    /// A row a retrieval, joined with the turn it fed and with what of it was cited.
    #[command(after_long_help = "\
Examples:
  feather-analysis rag --demo
  feather-analysis rag session.json --only miss,unanswerable
  feather-analysis rag session.json --chunks
  feather-analysis rag sessions/ --summary

Exit codes: 0 done, 2 usage, 4 unusable document, 10 a --fail-on condition matched, and those of a
fetch: feather-analysis --help lists them.")]
    Rag(RagArgs),
    /// Inspect tool calls: arguments, results, errors
    ///
    /// A row a call: those that were recorded and those that a message asked for.
    #[command(after_long_help = "\
Examples:
  feather-analysis tools --demo
  feather-analysis tools session.json --only error --full
  feather-analysis tools sessions/ --summary
  feather-analysis tools session.json --fail-on error,no-result && echo \"all calls answered\"

Exit codes: 0 done, 2 usage, 4 unusable document, 10 a --fail-on condition matched, and those of a
fetch: feather-analysis --help lists them.")]
    Tools(ToolsArgs),
    /// Say which evidence is missing and what that rules out
    ///
    /// A row a declared reason, with the classification it weakens and whether the document agrees.
    #[command(after_long_help = "\
Examples:
  feather-analysis missing --demo
  feather-analysis missing session.json --all
  feather-analysis missing sessions/ --summary
  feather-analysis missing session.json --fail-on no_citations || echo \"not classifiable\"

Exit codes: 0 done, 2 usage, 4 unusable document, 10 a --fail-on condition matched, and those of a
fetch: feather-analysis --help lists them.")]
    Missing(MissingArgs),
    /// Print a completion script
    #[command(after_long_help = "\
Examples:
  feather-analysis completions bash > ~/.local/share/bash-completion/completions/feather-analysis
  feather-analysis completions zsh > \"${fpath[1]}/_feather-analysis\"
  feather-analysis completions fish > ~/.config/fish/completions/feather-analysis.fish

Exit codes: 0 done, 2 usage.")]
    Completions {
        /// The shell to complete in
        shell: Shell,
    },
    /// Serve the sample sessions on loopback until Ctrl-C
    ///
    /// `--base-url local` finds them on the default port. A session a status lets scripts try every
    /// exit code.
    #[command(after_long_help = "\
Examples:
  feather-analysis demo
  feather-analysis demo --list
  feather-analysis demo --port 0

Exit codes: 0 done, 1 the port is taken, 130 stopped by Ctrl-C.")]
    Demo {
        /// Port to listen on; 0 takes a free one
        #[arg(long, default_value_t = 8000)]
        port: u16,
        /// Print the sample sessions' ids and what each answers, and serve nothing
        #[arg(long)]
        list: bool,
    },
}

/// What every command over sessions takes.
#[derive(Args, Debug)]
pub struct Sessions {
    /// A session's UUID, a saved document, a folder of them, or - for standard input
    ///
    /// Standard input may hold documents, or UUIDs one a line (blank lines and # comments are
    /// skipped). A file may hold one document, several, or NDJSON, or such a list of UUIDs.
    #[arg(value_name = "SESSION", value_hint = clap::ValueHint::AnyPath)]
    pub sessions: Vec<String>,
}

/// `fetch`.
#[derive(Args, Debug)]
pub struct FetchArgs {
    /// What to fetch
    #[command(flatten)]
    pub sessions: Sessions,
    /// How to print it
    #[arg(
        long,
        short,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub format: FetchFormat,
    /// Write DIR/UUID.json for each session instead, skipping those already there
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, help_heading = "Output")]
    pub out_dir: Option<PathBuf>,
    /// With --out-dir: fetch and replace what is already there
    #[arg(long, requires = "out_dir", help_heading = "Output")]
    pub force: bool,
}

/// `transcript`.
#[derive(Args, Debug)]
pub struct TranscriptArgs {
    /// What to read
    #[command(flatten)]
    pub sessions: Sessions,
    /// How to print it
    #[arg(
        long,
        short,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub format: TranscriptFormat,
    /// Only these turns: 4, 4..9, 4.. or ..9
    #[arg(
        long,
        value_name = "RANGE",
        value_parser = parse_turns,
        value_hint = clap::ValueHint::Other
    )]
    pub turn: Option<RangeInclusive<usize>>,
    /// Only turns of these roles
    #[arg(
        long,
        value_name = "ROLE",
        value_delimiter = ',',
        value_hint = clap::ValueHint::Other
    )]
    pub role: Vec<String>,
    /// Leave out retrievals, citations and tool calls
    #[arg(long)]
    pub no_evidence: bool,
}

/// `rag`.
#[derive(Args, Debug)]
pub struct RagArgs {
    /// What to inspect
    #[command(flatten)]
    pub sessions: Sessions,
    /// How to print it
    #[arg(
        long,
        short,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub format: RowFormat,
    /// A row a chunk, with whether it was cited
    #[arg(long, conflicts_with = "summary")]
    pub chunks: bool,
    /// Figures over all sessions given
    #[arg(long, conflicts_with_all = ["only", "chunks"])]
    pub summary: bool,
    /// Only rows that meet one of these conditions
    #[arg(long, value_enum, value_name = "CONDITION", value_delimiter = ',')]
    pub only: Vec<RagCondition>,
    /// Exit with 10 if any retrieval or citation meets one of these conditions
    #[arg(long, value_enum, value_name = "CONDITION", value_delimiter = ',')]
    pub fail_on: Vec<RagCondition>,
}

/// `tools`.
#[derive(Args, Debug)]
pub struct ToolsArgs {
    /// What to inspect
    #[command(flatten)]
    pub sessions: Sessions,
    /// How to print it
    #[arg(
        long,
        short,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub format: RowFormat,
    /// Figures over all sessions given, by tool
    #[arg(long, conflicts_with_all = ["only", "full"])]
    pub summary: bool,
    /// Only calls of these tools
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        value_hint = clap::ValueHint::Other
    )]
    pub name: Vec<String>,
    /// Only calls with one of these states
    #[arg(long, value_enum, value_name = "STATUS", value_delimiter = ',')]
    pub only: Vec<ToolCondition>,
    /// Exit with 10 if any call has one of these states
    #[arg(long, value_enum, value_name = "STATUS", value_delimiter = ',')]
    pub fail_on: Vec<ToolCondition>,
    /// Show arguments and results whole
    #[arg(long)]
    pub full: bool,
}

/// `missing`.
#[derive(Args, Debug)]
pub struct MissingArgs {
    /// What to inspect
    #[command(flatten)]
    pub sessions: Sessions,
    /// How to print it
    #[arg(
        long,
        short,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub format: RowFormat,
    /// Every kind of evidence with its count, missing or not
    #[arg(long)]
    pub all: bool,
    /// Sessions and share by reason, over all sessions given
    #[arg(long, conflicts_with = "all")]
    pub summary: bool,
    /// Exit with 10 if a session declares one of these reasons
    #[arg(long, value_enum, value_name = "REASON", value_delimiter = ',')]
    pub fail_on: Vec<MissingCondition>,
}

/// How to reach the API.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Answer from the sample sessions inside the program: no key, no network
    #[arg(long, global = true, conflicts_with = "base_url")]
    pub demo: bool,
    /// sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]
    #[arg(long, global = true, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub base_url: Option<String>,
    /// File that holds the API key, or - for standard input
    ///
    /// Without it the key is taken from FEATHER_API_KEY, then from the file that
    /// FEATHER_API_KEY_FILE names. A key is never taken from an argument: other users of the
    /// machine could see it.
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub api_key_file: Option<PathBuf>,
    /// Wait while a session still runs: up to DURATION, 10m when bare
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "10m",
        value_parser = parse_duration
    )]
    pub wait: Option<Duration>,
    /// Sessions to fetch at a time
    #[arg(long, short, global = true, value_name = "N", default_value = "8", value_parser = parse_jobs)]
    pub jobs: NonZeroUsize,
    /// Further tries after a failure that can pass
    ///
    /// Tried again: connect errors, time-outs, cut answers, 429, 500, 502, 503, 504. The pauses
    /// grow and are partly random; a Retry-After header is honoured up to a minute.
    #[arg(long, global = true, value_name = "N", default_value_t = 3, hide_short_help = true)]
    pub retries: u32,
    /// Time for one try, from connecting to the last byte
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        default_value = "30s",
        value_parser = parse_duration,
        hide_short_help = true
    )]
    pub timeout: Duration,
    /// Time to connect
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        default_value = "10s",
        value_parser = parse_duration,
        hide_short_help = true
    )]
    pub connect_timeout: Duration,
    /// Trust the certificates in this PEM file too
    #[arg(
        long,
        global = true,
        value_name = "PEM",
        value_hint = clap::ValueHint::FilePath,
        hide_short_help = true
    )]
    pub ca_cert: Option<PathBuf>,
    /// Largest document taken, decoded
    #[arg(
        long,
        global = true,
        value_name = "SIZE",
        default_value = "512MiB",
        value_parser = parse_size,
        hide_short_help = true
    )]
    pub max_size: u64,
    /// Send the key over plain http to a host that is not loopback
    #[arg(long, global = true, hide_short_help = true)]
    pub allow_http: bool,
}

/// How to print.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// When to colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: ColorChoice,
    /// Columns to lay out for; 0 is unlimited [default: the terminal's; piped: 0]
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    pub width: Option<u16>,
    /// Do not page on a terminal
    ///
    /// The transcript and the tables go through $PAGER, by default less -FIRX.
    #[arg(long, global = true, hide_short_help = true)]
    pub no_pager: bool,
    /// Zone of the times shown: utc, local or +HH:MM
    #[arg(
        long,
        global = true,
        value_name = "ZONE",
        default_value = "utc",
        value_parser = parse_zone,
        allow_hyphen_values = true,
        value_hint = clap::ValueHint::Other,
        hide_short_help = true
    )]
    pub tz: Zone,
    /// No progress, warnings or hints
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// A line a request on standard error
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// How failures are told on standard error
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_short_help = true
    )]
    pub error_format: ErrorFormat,
}

/// `fetch --format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FetchFormat {
    /// Indented, every token as the server sent it
    #[default]
    Json,
    /// The bytes as they came
    Raw,
    /// A line a session
    Ndjson,
    /// An overview, a row a session
    Table,
    /// The overview as CSV
    Csv,
}

/// `transcript --format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TranscriptFormat {
    /// For reading
    #[default]
    Text,
    /// For an issue tracker
    Markdown,
    /// An array, an object a turn
    Json,
    /// A line a turn
    Ndjson,
}

/// `--format` of the commands that print rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// For reading
    #[default]
    Table,
    /// An array, an object a row
    Json,
    /// A line a row
    Ndjson,
    /// For a spreadsheet
    Csv,
    /// For an issue tracker
    Markdown,
}

/// What a retrieval or a citation can be picked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RagCondition {
    /// No hit
    Miss,
    /// Unanswerable by its label or, without one, by its score
    Unanswerable,
    /// Chunks were found and none was cited
    Uncited,
    /// Cited, but no retrieval of its turn returned it
    CitedNotRetrieved,
    /// Belongs to a turn that no message has
    Orphan,
}

/// What a tool call can be picked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ToolCondition {
    /// Answered without an error
    Ok,
    /// Failed
    Error,
    /// Neither result nor error came back
    NoResult,
    /// A message asked for it, but it was not recorded
    Unrecorded,
}

/// What `missing --fail-on` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum MissingCondition {
    /// Any reason at all
    Any,
    /// No retrieval was recorded
    NoRagTrace,
    /// The knowledge bases' state was not recorded
    NoKbSnapshot,
    /// No citation was recorded
    NoCitations,
    /// No tool call was recorded
    NoToolTrace,
    /// No satisfaction score
    NoCsat,
    /// No feedback
    NoUserFeedback,
    /// The transcript was not redacted
    TranscriptRedactionSkipped,
    /// Older than the recording of evidence
    LegacySession,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How failures are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// In words
    #[default]
    Human,
    /// A JSON object a line
    Json,
}

/// The shells completions are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// PowerShell
    #[allow(clippy::enum_variant_names, reason = "its name")]
    #[value(name = "powershell")]
    PowerShell,
    /// Elvish
    Elvish,
}

/// A time zone to show times in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// UTC
    Utc,
    /// This machine's
    Local,
    /// A fixed offset
    Fixed(FixedOffset),
}

/// `30s`, `2m`, `1h 5m`; a bare number is seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text)
            .map_err(|_| "not a duration; write it like 30s, 2m or 1h 5m".to_owned())?,
    };
    if duration.is_zero() {
        return Err("must be more than 0".to_owned());
    }
    // Deadlines are moments: one that no clock can name must not come up later.
    if duration > Duration::from_secs(366 * 24 * 3600) {
        return Err("must be at most a year".to_owned());
    }
    Ok(duration)
}

/// A number of workers.
fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "must be a number from 1 on".to_owned())
}

/// `512MiB`, `2G`, `1000000`; K, M and G are powers of 1024.
fn parse_size(text: &str) -> Result<u64, String> {
    match parse_size::Config::new().with_binary().parse_size(text) {
        Ok(0) => Err("must be more than 0".to_owned()),
        Ok(size) => Ok(size),
        Err(_) => Err("not a size; write it like 512MiB or 2GiB".to_owned()),
    }
}

/// `utc`, `local`, `+02:00`.
fn parse_zone(text: &str) -> Result<Zone, String> {
    match text.to_ascii_lowercase().as_str() {
        "utc" | "z" => Ok(Zone::Utc),
        "local" => Ok(Zone::Local),
        _ => text
            .parse()
            .map(Zone::Fixed)
            .map_err(|_| "must be utc, local or an offset like +02:00".to_owned()),
    }
}

/// `4`, `4..9`, `4-9`, `4..`, `..9`, each number with or without a `#`. Both ends are part of the
/// range.
fn parse_turns(text: &str) -> Result<RangeInclusive<usize>, String> {
    let number = |text: &str| {
        text.trim()
            .trim_start_matches('#')
            .parse::<usize>()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| "must be a turn or a range of them: 4, 4..9, 4.. or ..9".to_owned())
    };
    let range = match text.split_once("..").or_else(|| text.split_once('-')) {
        None => {
            let turn = number(text)?;
            turn..=turn
        }
        Some((first, last)) => {
            let last = last.trim_start_matches('=');
            let first = if first.trim().is_empty() { 1 } else { number(first)? };
            let last = if last.trim().is_empty() { usize::MAX } else { number(last)? };
            first..=last
        }
    };
    if range.is_empty() {
        return Err(format!("turn {} comes after turn {}", range.start(), range.end()));
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn turns_are_read_in_every_spelling() {
        assert_eq!(parse_turns("4"), Ok(4..=4));
        assert_eq!(parse_turns("#4..#9"), Ok(4..=9));
        assert_eq!(parse_turns("4-9"), Ok(4..=9));
        assert_eq!(parse_turns("4.."), Ok(4..=usize::MAX));
        assert_eq!(parse_turns("..9"), Ok(1..=9));
        for bad in ["", "x", "0", "9..4", "4..x", "3,5"] {
            assert!(parse_turns(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_and_sizes_are_humane() {
        assert_eq!(parse_duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("1h 5m"), Ok(Duration::from_secs(3900)));
        assert!(parse_duration("0s").is_err());
        assert!(parse_duration("soon").is_err());
        assert!(parse_duration("9999999years").is_err());
        assert_eq!(parse_size("512MiB"), Ok(512 << 20));
        assert_eq!(parse_size("2G"), Ok(2 << 30));
        assert!(parse_size("0").is_err());
        assert!(parse_size("big").is_err());
    }

    #[test]
    fn zones_are_named_or_offsets() {
        assert_eq!(parse_zone("UTC"), Ok(Zone::Utc));
        assert_eq!(parse_zone("local"), Ok(Zone::Local));
        assert!(matches!(parse_zone("-05:30"), Ok(Zone::Fixed(_))));
        assert!(parse_zone("Mars").is_err());
    }
}
