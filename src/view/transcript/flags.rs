//! What needs a look, by name.

/// The content was cut.
pub const TRUNCATED: &str = "truncated";
/// A citation that no retrieval of its turn returned.
pub const CITED_NOT_RETRIEVED: &str = "cited-not-retrieved";
/// Evidence of a turn that no message has.
pub const ORPHAN: &str = "orphan";
/// The runtime did not count the retrieval as a hit.
pub const MISS: &str = "miss";
/// The retrieval holds no answer, by its label or, without one, by its score.
pub const UNANSWERABLE: &str = "unanswerable";
/// Chunks were found and none of them was cited.
pub const UNCITED: &str = "uncited";
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
