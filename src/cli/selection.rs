//! Which sessions.

use clap::Args;

use super::parse::parse_time;
use super::values::Time;

/// Which of the sessions that are given, on every command that takes sessions.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub struct Selection {
    /// Only sessions that meet this, like outcome=unresolved or 'csat<3'; several must all hold
    ///
    /// FIELD OP VALUE: FIELD is one of the overview's (feather-analysis schema overview) or short for
    /// one (outcome, agent, csat). OP is = (any of A,B; of a list: has), != (none of A,B), <, <=, >,
    /// >=, ~ (contains, whatever the case) or !~. An empty VALUE means null or empty. Null fails < and
    /// ~ and passes !=.
    #[arg(long = "where", value_name = "CONDITION", value_hint = clap::ValueHint::Other)]
    pub conditions: Vec<String>,
    /// Only sessions that began then or later: 2026-09-14, 2026-09-14T10:00, 36h, 7d, today
    ///
    /// A date is a whole day in the zone of --tz, 36h is so long ago; yesterday is known too.
    #[arg(long, value_name = "TIME", value_parser = parse_time, value_hint = clap::ValueHint::Other)]
    pub since: Option<Time>,
    /// Only sessions that began until then; a day is included
    #[arg(long, value_name = "TIME", value_parser = parse_time, value_hint = clap::ValueHint::Other)]
    pub until: Option<Time>,
}
