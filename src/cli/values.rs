//! The values that options take by name.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use clap::ValueEnum;

use super::zone::NamedZone;

/// `fetch --format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FetchFormat {
    /// Indented, every token as the server sent it
    Json,
    /// The bytes as they came
    Raw,
    /// A line a session
    Ndjson,
    /// An overview, a row a session
    Table,
    /// The overview as CSV
    Csv,
    /// The overview as Markdown
    Markdown,
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
    /// The figures of --summary as a table
    Table,
    /// The figures of --summary for a spreadsheet
    Csv,
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

impl RowFormat {
    /// Whether output in this format is read where it goes to a terminal.
    pub const fn is_for_reading(self) -> bool {
        !matches!(self, Self::Csv)
    }
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
    /// Hit and answerability label contradict one another
    Disagrees,
    /// The same query missed earlier in the session
    Repeat,
}

/// What `gaps --fail-on` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GapCondition {
    /// Misses now, and was no gap before
    New,
    /// Misses now as it did before
    Open,
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

/// What turns of a transcript can be picked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TranscriptCondition {
    /// Those with something to see, which the header names
    Flagged,
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

/// When to say how far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    /// By a bar, on a terminal
    #[default]
    Auto,
    /// Without a terminal by a line every ten seconds
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
    /// One with rules of its own
    Named(NamedZone),
}

/// A time as it is typed: a moment, or a stretch of time such as a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// A whole day in the zone of --tz
    Day(NaiveDate),
    /// The day so many days ago, in the same zone
    DaysAgo(u64),
    /// A whole minute in the same zone
    Minute(NaiveDateTime),
    /// A moment in the same zone
    Local(NaiveDateTime),
    /// A moment
    Moment(DateTime<Utc>),
    /// So long ago
    Ago(Duration),
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::DaysAgo(0) => f.write_str("today"),
            Self::DaysAgo(1) => f.write_str("yesterday"),
            Self::DaysAgo(days) => write!(f, "{days} days ago"),
            Self::Minute(time) => write!(f, "{}", time.format("%Y-%m-%d %H:%M")),
            Self::Local(time) => write!(f, "{time}"),
            Self::Moment(time) => write!(f, "{time}"),
            Self::Ago(age) => write!(f, "{} ago", humantime::format_duration(*age)),
        }
    }
}
