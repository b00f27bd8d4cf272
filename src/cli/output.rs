//! How to print.

use clap::Args;

use super::parse::parse_zone;
use super::values::{ColorChoice, ErrorFormat, ProgressChoice, Zone};

/// How to print.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// When to colour
    ///
    /// JSON has colours on a terminal alone, whatever is wanted: no program ever reads them. A rate is
    /// coloured only where its whole 95 % interval (Wilson's) lies beyond a stated rate: tool errors
    /// and truncated messages above 5 %, hits under 50 %, unanswerable retrievals above 50 %.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_short_help = true
    )]
    pub color: ColorChoice,
    /// Columns to lay out for; 0 is unlimited [default: the terminal's; piped: 0]
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    pub width: Option<u16>,
    /// Do not page on a terminal
    ///
    /// All but CSV and raw documents goes through $PAGER, by default less, which is told LESS=FIRXd
    /// where LESS is not set. There is none where TERM is unset or dumb.
    #[arg(long, global = true, hide_short_help = true)]
    pub no_pager: bool,
    /// Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin
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
    /// With --format csv: as a double click in Excel takes it
    ///
    /// Begins with a byte-order mark, without which Excel takes UTF-8 for another coding, and cuts
    /// cells at the 32,767 characters that are the most it holds, saying how many were left out.
    #[arg(long, global = true, hide_short_help = true)]
    pub excel: bool,
    /// When to say on standard error how far a run is
    ///
    /// Where it is asked for, --quiet leaves it be.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_short_help = true
    )]
    pub progress: ProgressChoice,
    /// No progress, warnings or hints
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// A line a request on standard error, and the pace that a limit calls for
    #[arg(long, short, global = true, conflicts_with = "quiet", hide_short_help = true)]
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
