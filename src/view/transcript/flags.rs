//! What needs a look, by name; what `rag` flags too is its to define.

use crate::view::rag::Flag;

/// The content was cut.
pub const TRUNCATED: &str = "truncated";
/// [`Flag::CitedNotRetrieved`].
pub const CITED_NOT_RETRIEVED: &str = Flag::CitedNotRetrieved.name();
/// Evidence of a turn that no message has.
pub const ORPHAN: &str = Flag::Orphan.name();
/// [`Flag::Miss`].
pub const MISS: &str = Flag::Miss.name();
/// [`Flag::Unanswerable`].
pub const UNANSWERABLE: &str = Flag::Unanswerable.name();
/// [`Flag::Uncited`].
pub const UNCITED: &str = Flag::Uncited.name();
/// A recorded tool call that no message asked for.
pub const UNASKED: &str = "unasked";
/// A message carries a result, yet there is no call left that it could answer.
pub const RESULT_WITHOUT_CALL: &str = "result-without-call";

/// The session was handed to a human.
pub const HANDED_OFF: &str = "handed-off";
/// The ticket was opened again.
pub const REOPENED: &str = "reopened";

/// The flags that are raised.
pub(super) fn raised(flags: &[(bool, &'static str)]) -> Vec<&'static str> {
    flags.iter().filter(|(raised, _)| *raised).map(|(_, flag)| *flag).collect()
}
