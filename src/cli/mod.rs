//! The command line: what may be typed, and the words that explain it. A leaf: imports nothing of ours.

#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "doc comments here are help texts")]

mod commands;
mod connection;
mod figures;
mod output;
mod parse;
mod prefix;
mod report;
mod selection;
mod values;
mod zone;

use clap::{Parser, Subcommand};

pub use self::commands::{
    FetchArgs, GapsArgs, MissingArgs, RagArgs, Rows, Sessions, ToolsArgs, TranscriptArgs,
};
pub use self::connection::Connection;
pub use self::figures::Figures;
pub use self::output::Output;
pub use self::parse::parse_time;
pub use self::prefix::IdPrefix;
pub use self::report::ReportArgs;
pub use self::selection::Selection;
pub use self::values::{
    ColorChoice, ErrorFormat, FetchFormat, GapCondition, MissingCondition, ProgressChoice,
    RagCondition, RowFormat, Shell, Time, ToolCondition, TranscriptCondition, TranscriptFormat,
    Zone,
};
pub use self::zone::NamedZone;

/// What stands below a command's short help: two examples, and what is hidden; less so where the command
/// stands apart from sessions.
macro_rules! briefly {
    ($one:literal, $two:literal) => {
        briefly!($one, $two, "Hidden here: waiting, jobs, colours, width, zones: see --help")
    };
    ($one:literal, $two:literal, $rest:literal) => {
        concat!(
            "Examples:\n  feather-analysis ",
            $one,
            "\n  feather-analysis ",
            $two,
            "\n\n",
            $rest,
            "; the manual: feather-analysis help"
        )
    };
}

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

Exit codes and the options of all commands: --help; the manual: feather-analysis help"
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

impl Command {
    /// What is asked of the figures, where the command has any.
    pub const fn figures(&self) -> Option<&Figures> {
        match self {
            Self::Fetch(args) => Some(&args.figures),
            Self::Transcript(args) => Some(&args.figures),
            Self::Rag(args) => Some(&args.figures),
            Self::Tools(args) => Some(&args.figures),
            Self::Missing(args) => Some(&args.figures),
            Self::Gaps(_)
            | Self::Report(_)
            | Self::Schema { .. }
            | Self::Completions { .. }
            | Self::Demo { .. }
            | Self::Help { .. } => None,
        }
    }

    /// Whether it is about sessions taken together, so that `--demo` alone means all samples.
    pub fn is_over_many(&self) -> bool {
        let summary = match self {
            Self::Fetch(args) => args.summary,
            Self::Transcript(args) => args.summary,
            Self::Rag(args) => args.summary || args.thresholds || args.is_by_document(),
            Self::Tools(args) => args.summary,
            Self::Missing(args) => args.summary,
            Self::Gaps(_) | Self::Report(_) => true,
            Self::Schema { .. }
            | Self::Completions { .. }
            | Self::Demo { .. }
            | Self::Help { .. } => false,
        };
        summary || self.figures().is_some_and(|figures| !figures.by.is_empty())
    }

    /// Whether `--by` was given without the `--summary` that it needs.
    pub fn lacks_summary(&self) -> bool {
        let by = self.figures().is_some_and(|figures| !figures.by.is_empty());
        by && match self {
            Self::Fetch(args) => !args.summary,
            Self::Transcript(args) => !args.summary,
            // A row a document is a table of its own.
            Self::Rag(args) => !args.summary && !args.is_by_document(),
            Self::Tools(args) => !args.summary,
            Self::Missing(args) => !args.summary,
            _ => false,
        }
    }

    /// Whether a script asks to be told by the exit code.
    pub fn is_gate(&self) -> bool {
        let fails_on = match self {
            Self::Rag(args) => !args.fail_on.is_empty(),
            Self::Tools(args) => !args.fail_on.is_empty(),
            Self::Missing(args) => !args.fail_on.is_empty(),
            Self::Gaps(args) => !args.fail_on.is_empty(),
            _ => false,
        };
        fails_on || self.figures().is_some_and(|figures| figures.fail_if_worse.is_some())
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the analysis input
    ///
    /// Prints what the API sent, losing nothing: numbers, key order and duplicate keys stay as they
    /// were. Several sessions make several documents, in the order they were asked for.
    #[command(after_help = briefly!(
        "fetch 7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11 > session.json",
        "fetch - --jobs 16 --out-dir sessions < ids.txt"
    ), after_long_help = "\
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
    #[command(after_help = briefly!(
        "transcript session.json --turn 4..9",
        "transcript 7f3c1a52 week.ndjson"
    ), after_long_help = "\
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
    #[command(after_help = briefly!(
        "rag session.json --only miss,unanswerable",
        "rag sessions/ --summary --by channel"
    ), after_long_help = "\
Examples:
  feather-analysis rag --demo
  feather-analysis rag session.json --only miss,unanswerable
  feather-analysis rag session.json --chunks
  feather-analysis rag sessions/ --summary
  feather-analysis rag sessions/ --thresholds
  feather-analysis rag sessions/ --by doc_id --sort chunks_cited

Exit codes: 0 done, 2 usage, 4 unusable document, 10 a --fail-on condition matched, and those of a
fetch: feather-analysis --help lists them.")]
    Rag(RagArgs),
    /// Inspect tool calls: arguments, results, errors
    ///
    /// A row a call: those that were recorded and those that a message asked for.
    #[command(after_help = briefly!(
        "tools sessions/ --only error",
        "tools sessions/ --summary --since 7d"
    ), after_long_help = "\
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
    #[command(after_help = briefly!(
        "missing session.json --all",
        "missing sessions/ --summary"
    ), after_long_help = "\
Examples:
  feather-analysis missing --demo
  feather-analysis missing session.json --all
  feather-analysis missing sessions/ --summary
  feather-analysis missing session.json --fail-on no_citations || echo \"not classifiable\"

Exit codes: 0 done, 2 usage, 4 unusable document, 10 a --fail-on condition matched, and those of a
fetch: feather-analysis --help lists them.")]
    Missing(MissingArgs),
    /// Say which questions the knowledge base fails, in the customers' words
    ///
    /// A row a query that missed, most sessions first: what the customer said before it, what it cost,
    /// how near it came, and which session and turn to open. With --demo and no SESSION: all samples.
    #[command(after_help = briefly!(
        "gaps sessions/ --limit 20",
        "gaps after/ --against before/ --fail-on new"
    ), after_long_help = "\
Examples:
  feather-analysis gaps --demo
  feather-analysis gaps sessions/ --limit 20
  feather-analysis gaps sessions/ --format csv --fields query_hash,sessions,unresolved,words
  feather-analysis gaps after/ --against before/ --fail-on new

Exit codes: 0 done, 2 usage, 4 unusable document, 10 a --fail-on status matched, and those of a
fetch: feather-analysis --help lists them.")]
    Gaps(GapsArgs),
    /// Make one page of HTML to look at and to pass on
    ///
    /// For one session its facts, what is missing, a timeline, and the transcript with its evidence. For
    /// several the figures in pictures and tables, and the transcripts that their rows point to. One
    /// file; nothing is fetched when it is opened. With --demo and no SESSION: all samples.
    #[command(after_help = briefly!(
        "report sessions/ --out week.html",
        "report after/ --against before/ --out change.html"
    ), after_long_help = "\
Examples:
  feather-analysis report --demo --out demo.html
  feather-analysis report session.json > session.html
  feather-analysis report sessions/ --since 7d --by channel --title \"This week\" --out week.html
  feather-analysis report after/ --against before/ --out change.html

Exit codes: 0 done, 2 usage, 4 unusable document (listed in the page), 11 no session was selected, and
those of a fetch: feather-analysis --help lists them.")]
    Report(ReportArgs),
    /// Say what the rows are that commands print
    ///
    /// Without ROWS: the kinds of rows, with a sentence each. With one: its JSON Schema (draft
    /// 2020-12), with every field's type, unit and meaning.
    #[command(after_help = briefly!(
        "schema rag",
        "schema rag | jq -r '.properties | keys_unsorted[]'",
        "Exit codes: see --help"
    ), after_long_help = "\
Examples:
  feather-analysis schema
  feather-analysis schema rag
  feather-analysis schema rag | jq -r '.properties | keys_unsorted[]'

Exit codes: 0 done, 2 no such rows.")]
    Schema {
        /// A kind of rows
        #[arg(value_name = "ROWS", value_hint = clap::ValueHint::Other)]
        rows: Option<String>,
    },
    /// Print a completion script
    #[command(after_help = briefly!(
        "completions bash > ~/.local/share/bash-completion/completions/feather-analysis",
        "completions fish > ~/.config/fish/completions/feather-analysis.fish",
        "Exit codes: see --help"
    ), after_long_help = "\
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
    /// --base-url local finds them on the default port. A session a status lets scripts try every exit
    /// code.
    #[command(after_help = briefly!(
        "demo --list",
        "demo --port 0",
        "Exit codes: see --help"
    ), after_long_help = "\
Examples:
  feather-analysis demo
  feather-analysis demo --list
  feather-analysis demo --port 0

Exit codes: 0 done, 1 the port is taken, 130 stopped by Ctrl-C or SIGTERM.")]
    Demo {
        /// Port to listen on; 0 takes a free one
        #[arg(long, default_value_t = 8000)]
        port: u16,
        /// Print the sample sessions' ids and what each answers, and serve nothing
        #[arg(long)]
        list: bool,
    },
    /// Read the manual
    ///
    /// Without a name: what commands and topics there are. A command's help is that of its --help.
    #[command(after_help = briefly!(
        "help questions",
        "help rag",
        "Exit codes: see --help"
    ), after_long_help = "\
Examples:
  feather-analysis help
  feather-analysis help questions
  feather-analysis help rag

Exit codes: 0 done, 2 neither a command nor a topic.")]
    Help {
        /// A command or a topic
        #[arg(value_name = "NAME", value_hint = clap::ValueHint::Other)]
        about: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_tree_is_sound() {
        Cli::command().debug_assert();
    }
}
