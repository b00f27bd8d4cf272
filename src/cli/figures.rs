//! How figures are grouped and compared.

use std::ffi::OsString;

use clap::Args;

/// What stands above these in help.
const HEADING: &str = "Figures";

/// How figures are grouped and compared, on every command that has a summary.
#[derive(Args, Debug, Default)]
pub struct Figures {
    /// With --summary: a row a group of equal FIELDs
    ///
    /// FIELD is one of the overview's, hour, day, week or month of started_at in the zone of --tz, or
    /// one of this command's own rows. A list counts in each of its elements.
    #[arg(
        long,
        help_heading = HEADING,
        value_name = "FIELD",
        value_delimiter = ',',
        value_hint = clap::ValueHint::Other
    )]
    pub by: Vec<String>,
    /// With --summary: compare with the saved sessions in BASE
    ///
    /// BASE is a file or a folder; repeatable. A figure that rests on fewer than 30 sessions on either
    /// side is not judged, nor are percentiles and counts.
    ///
    /// A rate or mean is a ratio of sums over sessions, its variance that of a ratio estimator with
    /// sessions as clusters (Cochran, Sampling Techniques, 3rd ed., ch. 6); the change's 95 % interval
    /// comes from both sides' variances by Student's t with Welch's degrees of freedom.
    #[arg(long, help_heading = HEADING, value_name = "BASE", requires = "summary", value_hint = clap::ValueHint::AnyPath)]
    pub against: Vec<OsString>,
    /// With --against: exit with 10 if one is worse, with 11 if none can be judged
    ///
    /// Without FIGURE: the command's main one.
    ///
    /// Of several comparisons each is held to its part of the 5 % (Bonferroni), so that a gate without any
    /// difference fails at most one run in twenty.
    #[arg(
        long,
        help_heading = HEADING,
        value_name = "FIGURE",
        value_delimiter = ',',
        num_args = 0..,
        require_equals = true,
        hide_short_help = true,
        requires = "against",
        value_hint = clap::ValueHint::Other
    )]
    pub fail_if_worse: Option<Vec<String>>,
}
