//! What each command over sessions takes.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;

use super::figures::Figures;
use super::parse::parse_turns;
use super::selection::Selection;
use super::values::{
    FetchFormat, GapCondition, MissingCondition, RagCondition, RowFormat, ToolCondition,
    TranscriptCondition, TranscriptFormat,
};

/// What every command over sessions takes.
#[derive(Args, Debug)]
pub struct Sessions {
    /// A session's UUID, a saved document, a folder of them, or - for standard input
    ///
    /// Standard input may hold documents, or UUIDs one a line (blank lines and # comments are
    /// skipped). A file may hold one document, several, NDJSON or an array of them, or such a list of
    /// UUIDs. UTF-16 and gzip are read like UTF-8. Of a folder, *.json, *.ndjson and *.jsonl are
    /// read, and the same with .gz.
    #[arg(value_name = "SESSION", value_hint = clap::ValueHint::AnyPath)]
    pub sessions: Vec<OsString>,
    /// Which of them
    #[command(flatten)]
    pub selection: Selection,
}

/// What stands above the options of [`Rows`]. A heading for the whole group would stand above what
/// follows it too.
const HEADING: &str = "Rows";

/// Which rows and fields, on every command that prints rows.
///
/// With any of them the rows of all sessions make one table.
#[derive(Args, Debug)]
pub struct Rows {
    /// Only these fields, in this order; `feather-analysis schema` lists them
    #[arg(
        long,
        value_name = "FIELD",
        value_delimiter = ',',
        help_heading = HEADING,
        value_hint = clap::ValueHint::Other
    )]
    pub fields: Vec<String>,
    /// By these fields, downward with - before one; nulls come last
    #[arg(
        long,
        value_name = "FIELD",
        value_delimiter = ',',
        allow_hyphen_values = true,
        help_heading = HEADING,
        value_hint = clap::ValueHint::Other
    )]
    pub sort: Vec<String>,
    /// At most so many rows
    #[arg(long, value_name = "N", help_heading = HEADING)]
    pub limit: Option<usize>,
}

impl Rows {
    /// Whether anything is asked for.
    pub fn is_any(&self) -> bool {
        !self.fields.is_empty() || !self.sort.is_empty() || self.limit.is_some()
    }
}

/// `fetch`.
#[derive(Args, Debug)]
pub struct FetchArgs {
    /// What to fetch
    #[command(flatten)]
    pub sessions: Sessions,
    /// A row a session instead: how it came in and ended, and how much it holds
    #[arg(long)]
    pub overview: bool,
    /// Figures over all sessions given
    #[arg(long, conflicts_with_all = ["overview", "out_dir", "fields", "sort", "limit"])]
    pub summary: bool,
    /// Which rows of the overview
    #[command(flatten)]
    pub rows: Rows,
    /// How its figures are grouped and compared
    #[command(flatten)]
    pub figures: Figures,
    /// How to print it [default: json; with --overview and --summary: table]
    #[arg(long, short, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<FetchFormat>,
    /// Write to FILE, which is replaced as a whole at the end, if nothing failed
    ///
    /// All sessions go into the one file. - is standard output.
    ///
    /// It is written beside its place, put on disk and renamed, so that it is there whole or as it was
    /// before. A symbolic link is followed, and the permissions of
    /// a file that is there are kept; a new one is readable by you alone. Pipes and devices are written to
    /// directly.
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
    /// What is there and is not a whole document of its session is said and fetched again.
    ///
    /// Each file is written beside its place, put on disk and renamed. No whole document is one that is
    /// empty, cut, or of another session.
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
    /// How its figures are grouped and compared
    #[command(flatten)]
    pub figures: Figures,
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
    /// Only these turns: 4, 4..9, 4.. or ..9, or several: 4,7,10..
    #[arg(
        long,
        value_name = "RANGE",
        value_delimiter = ',',
        value_parser = parse_turns,
        value_hint = clap::ValueHint::Other
    )]
    pub turn: Vec<RangeInclusive<usize>>,
    /// Only turns of these roles
    #[arg(
        long,
        value_name = "ROLE",
        value_delimiter = ',',
        value_hint = clap::ValueHint::Other
    )]
    pub role: Vec<String>,
    /// Only turns and events that have flags: what needs a look
    #[arg(long, value_enum, value_name = "CONDITION", value_delimiter = ',')]
    pub only: Vec<TranscriptCondition>,
    /// Leave out retrievals, citations and tool calls
    #[arg(long)]
    pub no_evidence: bool,
    /// Show long messages, arguments and results whole
    #[arg(long)]
    pub full: bool,
    /// Figures over the messages of all sessions given: by role, by model, and how long customers waited
    #[arg(long, conflicts_with_all = ["turn", "role", "only", "no_evidence", "full"])]
    pub summary: bool,
}

/// `rag`.
#[derive(Args, Debug)]
pub struct RagArgs {
    /// What to inspect
    #[command(flatten)]
    pub sessions: Sessions,
    /// Which rows
    #[command(flatten)]
    pub rows: Rows,
    /// How its figures are grouped and compared
    #[command(flatten)]
    pub figures: Figures,
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
    ///
    /// With --by doc_id alone: a row a document, with its chunks found and put before the model, and how
    /// its sessions ended.
    #[arg(long, conflicts_with_all = ["only", "chunks", "fields", "sort", "limit"])]
    pub summary: bool,
    /// What lies on either side of each threshold
    ///
    /// A row a threshold and kind of score: how many retrievals lie below and above it, and what came
    /// of them.
    ///
    /// Thresholds are 0 to 1 by 0.05, or over the scores' range. Of those below it is told how many were
    /// cited all the same or in a session that ended well, of those above how many were not cited or in
    /// one that ended badly.
    #[arg(long, conflicts_with_all = ["only", "chunks", "summary", "by"])]
    pub thresholds: bool,
    /// Only rows that meet one of these conditions
    #[arg(long, value_enum, value_name = "CONDITION", value_delimiter = ',')]
    pub only: Vec<RagCondition>,
    /// Exit with 10 if a retrieval or citation meets one of them
    #[arg(
        long,
        value_enum,
        value_name = "CONDITION",
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub fail_on: Vec<RagCondition>,
}

/// `tools`.
#[derive(Args, Debug)]
pub struct ToolsArgs {
    /// What to inspect
    #[command(flatten)]
    pub sessions: Sessions,
    /// Which rows
    #[command(flatten)]
    pub rows: Rows,
    /// How its figures are grouped and compared
    #[command(flatten)]
    pub figures: Figures,
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
    #[arg(long, conflicts_with_all = ["only", "full", "fields", "sort", "limit"])]
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
    /// Exit with 10 if any call has one of these states, as --only takes them
    #[arg(
        long,
        value_enum,
        value_name = "STATUS",
        value_delimiter = ',',
        hide_possible_values = true
    )]
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
    /// Which rows
    #[command(flatten)]
    pub rows: Rows,
    /// How its figures are grouped and compared
    #[command(flatten)]
    pub figures: Figures,
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
    #[arg(long, conflicts_with_all = ["all", "fields", "sort", "limit"])]
    pub summary: bool,
    /// Exit with 10 if a session declares one of these reasons
    #[arg(long, value_enum, value_name = "REASON", value_delimiter = ',')]
    pub fail_on: Vec<MissingCondition>,
}

/// `gaps`.
#[derive(Args, Debug)]
pub struct GapsArgs {
    /// What to look for gaps in
    #[command(flatten)]
    pub sessions: Sessions,
    /// Which rows
    #[command(flatten)]
    pub rows: Rows,
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
    /// Say what became of the gaps in BASE, a file or a folder; repeatable
    ///
    /// Each gap has a status: new (no gap in BASE), open (a gap in both), closed (asked again, and
    /// never missed) or not-asked. The same selection holds for both sides.
    #[arg(long, value_name = "BASE", value_hint = clap::ValueHint::AnyPath)]
    pub against: Vec<OsString>,
    /// With --against: exit with 10 if any gap has one of these states
    #[arg(long, value_enum, value_name = "STATUS", value_delimiter = ',', requires = "against")]
    pub fail_on: Vec<GapCondition>,
    /// Show the customers' words whole
    #[arg(long)]
    pub full: bool,
}

impl RagArgs {
    /// Whether a row a document is asked for, and no comparison: `--by doc_id`.
    pub fn is_by_document(&self) -> bool {
        self.figures.by == ["doc_id"] && self.figures.against.is_empty()
    }
}
