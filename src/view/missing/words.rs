//! What a reason for missing evidence says in words: of the session, and of what can be told of it.

use crate::model::MissingEvidenceReason as Reason;

/// What a reason says of the session, in plain words; None for one this version does not know.
pub const fn meaning(reason: &Reason<'_>) -> Option<&'static str> {
    Some(match reason {
        Reason::NoRagTrace => "retrieval was not recorded",
        Reason::NoKbSnapshot => "the state of the knowledge bases at the time was not recorded",
        Reason::NoCitations => "which chunks reached the model was not recorded",
        Reason::NoToolTrace => "tool calls were not recorded",
        Reason::NoCsat => "no satisfaction score was recorded",
        Reason::NoUserFeedback => "no feedback from the customer was recorded",
        Reason::TranscriptRedactionSkipped => {
            "the messages were not redacted and may hold personal data"
        }
        Reason::LegacySession => "the session is older than the recording of evidence",
        Reason::Other(_) => return None,
    })
}

/// Which classification a reason weakens: what can no longer be told apart. None for a reason this
/// version does not know.
pub const fn weakens(reason: &Reason<'_>) -> Option<&'static str> {
    Some(match reason {
        Reason::NoRagTrace => "retrieval failure vs missing content",
        Reason::NoKbSnapshot => "content missing then vs removed or added since",
        Reason::NoCitations => "grounded answer vs unsupported claim",
        Reason::NoToolTrace => "tool failure vs knowledge gap",
        Reason::NoCsat => "satisfied vs dissatisfied customer",
        Reason::NoUserFeedback => "gap the customer named vs gap inferred",
        Reason::TranscriptRedactionSkipped => "any classification that quotes the transcript",
        Reason::LegacySession => "every classification that rests on evidence",
        Reason::Other(_) => return None,
    })
}

/// The same in words for whoever has no classes in mind: what should not be attempted.
pub const fn rules_out(reason: &Reason<'_>) -> Option<&'static str> {
    Some(match reason {
        Reason::NoRagTrace => "telling a failed search from missing content",
        Reason::NoKbSnapshot => "telling what was missing then from what changed since",
        Reason::NoCitations => "telling an answer from the sources from a made-up one",
        Reason::NoToolTrace => "telling a failed tool from missing content",
        Reason::NoCsat => "telling whether the customer was satisfied",
        Reason::NoUserFeedback => "knowing in the customer's own words what was missing",
        Reason::TranscriptRedactionSkipped => "passing the transcript on as it is",
        Reason::LegacySession => "any conclusion from recorded evidence",
        Reason::Other(_) => return None,
    })
}

/// [`rules_out`] for a reason's code; None for one that this version does not know.
pub fn rules_out_by(code: &str) -> Option<&'static str> {
    Reason::KNOWN.iter().find(|known| known.as_str() == code).and_then(rules_out)
}
