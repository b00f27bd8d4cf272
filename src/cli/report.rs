//! `report`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::commands::Sessions;

/// `report`.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// What to report on
    #[command(flatten)]
    pub sessions: Sessions,
    /// Write to FILE, which is replaced as a whole at the end
    ///
    /// It is written beside its place, put on disk and renamed. Documents that cannot be read are
    /// listed in it.
    #[arg(
        long,
        short,
        visible_alias = "output",
        value_name = "FILE",
        value_hint = clap::ValueHint::FilePath,
        help_heading = "Output"
    )]
    pub out: Option<PathBuf>,
    /// The page's title
    #[arg(long, value_name = "TEXT", value_hint = clap::ValueHint::Other, help_heading = "Output")]
    pub title: Option<String>,
    /// Of several sessions, the transcripts of so many: those that the gaps name first
    #[arg(long, value_name = "N", default_value_t = 50, help_heading = "Output")]
    pub transcripts: usize,
    /// The sessions' figures in groups of equal FIELDs too
    ///
    /// FIELD is one of the overview's, or hour, day, week or month of started_at in the zone of --tz. A
    /// list counts in each of its elements.
    #[arg(
        long,
        help_heading = "Figures",
        value_name = "FIELD",
        value_delimiter = ',',
        value_hint = clap::ValueHint::Other
    )]
    pub by: Vec<String>,
    /// Compare with the saved sessions in BASE, which comes first
    ///
    /// BASE is a file or a folder; repeatable. The same selection holds for both sides. Each gap says
    /// whether it is new, open, closed or not asked any more.
    #[arg(long, help_heading = "Figures", value_name = "BASE", value_hint = clap::ValueHint::AnyPath)]
    pub against: Vec<OsString>,
}
