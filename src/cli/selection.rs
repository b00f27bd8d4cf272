//! Which sessions.

use clap::Args;

use super::parse::parse_time;
use super::prefix::IdPrefix;
use super::values::Time;

/// What stands above these in help. A heading for the whole group would stand above what follows it too.
const HEADING: &str = "Selection";

/// Which of the sessions that are given, on every command that takes sessions.
#[derive(Args, Debug, Default)]
pub struct Selection {
    /// Only sessions that meet this: outcome=unresolved, 'csat<3', tools=a,b
    ///
    /// FIELD OP VALUE, several of which must all hold. FIELD: schema overview lists them. OP: = (any of
    /// A,B; of a list: has), != (none of A,B), <, <=, >, >=, ~ (contains), !~.
    ///
    /// outcome, agent, csat and others are short for longer names. What is contained is looked for
    /// whatever the case. An empty VALUE means null or empty. Null passes != and !~ and fails the rest.
    #[arg(long = "where", value_name = "CONDITION", help_heading = HEADING, value_hint = clap::ValueHint::Other)]
    pub conditions: Vec<String>,
    /// Only the sessions whose ids begin so: 7f3c1a52,2c9e4b70
    ///
    /// At least four digits, of one session alone in what was given.
    ///
    /// Where files, folders or a stream are given, the same can stand beside them in the place of a
    /// SESSION.
    #[arg(
        long,
        value_name = "PREFIX",
        value_delimiter = ',',
        value_parser = IdPrefix::parse,
        help_heading = HEADING,
        value_hint = clap::ValueHint::Other
    )]
    pub session: Vec<IdPrefix>,
    /// Only sessions that began since: 2026-09-14, 36h, 7d, today (also --until)
    ///
    /// A date is a whole day in the zone of --tz, an age is so long ago; date-times too, such as
    /// 2026-09-14T10:00.
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = HEADING, value_hint = clap::ValueHint::Other)]
    pub since: Option<Time>,
    /// Only sessions that began until then; a day is included
    #[arg(
        long,
        value_name = "TIME",
        value_parser = parse_time,
        help_heading = HEADING,
        value_hint = clap::ValueHint::Other,
        hide_short_help = true
    )]
    pub until: Option<Time>,
}
