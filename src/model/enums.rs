//! The API's enums.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::values::Text;

/// An enum of the API that stays open: a value this program does not know is kept and shown.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name<'a> {
            $($(#[$variant_doc])* $variant,)+
            /// A value the API's document does not name.
            Other(Text<'a>),
        }

        impl $name<'_> {
            /// Every value the API's document names, in its order.
            #[allow(dead_code, reason = "not every enum's values are listed somewhere")]
            pub const KNOWN: &'static [$name<'static>] = &[$($name::$variant),+];

            /// The value as the API spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl<'a> From<Text<'a>> for $name<'a> {
            fn from(text: Text<'a>) -> Self {
                match &*text {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text),
                }
            }
        }

        impl JsonSchema for $name<'_> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let known: Vec<&str> = Self::KNOWN.iter().map($name::as_str).collect();
                schemars::json_schema!({ "type": "string", "examples": known })
            }
        }

        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Text::deserialize(deserializer).map(Self::from)
            }
        }

        impl Serialize for $name<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

open_enum! {
    /// How a session ended, in the analyzer's vocabulary.
    KnowledgeGapAnalysisOutcome {
        /// The customer's need was met.
        Resolved = "resolved",
        /// It was not.
        Unresolved = "unresolved",
        /// Handed to somebody else.
        Transferred = "transferred",
        /// Ran out of time.
        Expired = "expired",
        /// Broke down.
        Error = "error",
        /// The customer left.
        Abandoned = "abandoned",
        /// A machine answered the call.
        Voicemail = "voicemail",
        /// Raised to a higher level.
        Escalated = "escalated",
        /// The call could not be set up.
        CallFailed = "call_failed",
    }
}

open_enum! {
    /// Why some evidence is not in the document.
    MissingEvidenceReason {
        /// No retrieval was recorded.
        NoRagTrace = "no_rag_trace",
        /// The knowledge bases' state was not recorded.
        NoKbSnapshot = "no_kb_snapshot",
        /// No citation was recorded.
        NoCitations = "no_citations",
        /// No tool call was recorded.
        NoToolTrace = "no_tool_trace",
        /// No satisfaction score.
        NoCsat = "no_csat",
        /// No feedback.
        NoUserFeedback = "no_user_feedback",
        /// The transcript was sent without redaction.
        TranscriptRedactionSkipped = "transcript_redaction_skipped",
        /// The session is older than the recording of evidence.
        LegacySession = "legacy_session",
    }
}
