//! What each command over sessions takes.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;

use super::parse::parse_turns;
use super::values::{
    FetchFormat, MissingCondition, RagCondition, RowFormat, ToolCondition, TranscriptFormat,
};

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
    /// Write to FILE, which is replaced as a whole at the end, if nothing failed
    ///
    /// All sessions go into the one file. It is written beside its place, put on disk and renamed, so
    /// that it is there whole or as it was before. A symbolic link is followed, and the permissions of
    /// a file that is there are kept; a new one is readable by you alone. - is standard output, and
    /// pipes and devices are written to directly.
    #[arg(
        long,
        short,
        value_name = "FILE",
        value_hint = clap::ValueHint::FilePath,
        conflicts_with = "out_dir",
        help_heading = "Output"
    )]
    pub output: Option<PathBuf>,
    /// Write DIR/UUID.json for each session instead, skipping those that are there whole
    ///
    /// Each file is written beside its place, put on disk and renamed. What is there and is not a
    /// whole document of its session (empty, cut, of another session) is said and fetched again.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, help_heading = "Output")]
    pub out_dir: Option<PathBuf>,
    /// With --out-dir: fetch and replace what is already there, whatever it is
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
