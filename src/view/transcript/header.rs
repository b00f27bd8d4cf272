//! The facts about a session as a whole, and how many there are of what.

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::{
    CSATEntry, FeedbackEntry, KbSnapshotEntry, KnowledgeGapAnalysisOutcome, MissingEvidenceReason,
    Number, ReopenEntry, Text, Timestamp,
};

/// The facts about the session as a whole, as the document has them: nothing need be joined.
#[derive(Debug)]
pub struct Header<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// How the customer came in.
    pub channel: Option<&'a str>,
    /// The outcome.
    pub outcome: Option<&'a KnowledgeGapAnalysisOutcome<'a>>,
    /// Why the session ended.
    pub completion_reason: Option<&'a str>,
    /// When it began.
    pub started_at: Option<&'a Timestamp<'a>>,
    /// When it ended.
    pub ended_at: Option<&'a Timestamp<'a>>,
    /// From one to the other, in seconds.
    pub seconds: Option<i64>,
    /// The agent.
    pub agent_id: Option<&'a str>,
    /// The organization.
    pub organization_id: Option<&'a str>,
    /// The schema version, where it was sent.
    pub schema_version: Option<Number<'a>>,
    /// The knowledge bases at the first retrieval.
    pub kb_snapshot: Option<&'a KbSnapshotEntry<'a>>,
    /// Why evidence is missing.
    pub missing: &'a [MissingEvidenceReason<'a>],
    /// Whether the document says that its text was not redacted.
    pub unredacted: bool,
    /// The satisfaction score.
    pub csat: Option<&'a CSATEntry<'a>>,
    /// What the customer said.
    pub feedback: Option<&'a FeedbackEntry<'a>>,
    /// Opened again.
    pub reopen: Option<&'a ReopenEntry<'a>>,
    /// Facts about the customer, verbatim.
    pub customer_metadata: Option<&'a RawValue>,
}

impl<'a> Header<'a> {
    /// The customer metadata entry by entry; None where they are no object, or an empty one.
    pub fn customer_entries(&self) -> Option<Vec<(Text<'a>, &'a RawValue)>> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(Text<'de>, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }

        let raw = self.customer_metadata?;
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        let entries = deserializer.deserialize_map(Entries).ok()?;
        (!entries.is_empty()).then_some(entries)
    }
}

/// What a session has, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub turns: usize,
    /// Retrievals.
    pub retrievals: usize,
    /// Retrievals that were a hit.
    pub hits: usize,
    /// Citations.
    pub citations: usize,
    /// Citations that no retrieval of their turn returned.
    pub not_retrieved: usize,
    /// Tool calls: recorded, asked for, or known by nothing but a result.
    pub tool_calls: usize,
    /// Tool calls that failed.
    pub errors: usize,
    /// Tool calls that nothing came back from.
    pub no_result: usize,
    /// Tool calls that only messages know of.
    pub unrecorded: usize,
    /// Transfers to a human.
    pub handoffs: usize,
    /// Retrievals, citations and tool calls of turns that no message has.
    pub orphans: usize,
}
