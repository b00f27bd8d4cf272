//! How a session ended, as far as figures tell sessions apart by it.

use crate::model::{KnowledgeGapAnalysisOutcome as Outcome, SessionAnalysisInput};

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Resolved, handed to nobody, and not opened again.
    Well,
    /// Any other outcome, or resolved and handed over or opened again.
    Badly,
    /// No outcome was sent, or nobody was talked to: `voicemail`, `call_failed`.
    Unknown,
}

impl Ending {
    /// How a document's session ended.
    pub fn of<M, R, C, T>(input: &SessionAnalysisInput<'_, M, R, C, T>) -> Self {
        match &input.knowledge_gap_analysis_outcome {
            None | Some(Outcome::Voicemail | Outcome::CallFailed) => Self::Unknown,
            Some(Outcome::Resolved)
                if input.handoff_events.is_empty() && input.reopen.is_none() =>
            {
                Self::Well
            }
            Some(_) => Self::Badly,
        }
    }
}

/// Whether a session was resolved. One that has no outcome was not, as far as anyone knows.
pub fn is_resolved<M, R, C, T>(input: &SessionAnalysisInput<'_, M, R, C, T>) -> bool {
    input.knowledge_gap_analysis_outcome == Some(Outcome::Resolved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Skipped;

    #[test]
    fn only_what_was_resolved_for_good_ended_well() {
        for (facts, ending) in [
            (r#""knowledge_gap_analysis_outcome":"resolved""#, Ending::Well),
            (r#""knowledge_gap_analysis_outcome":"resolved","handoff_events":[{}]"#, Ending::Badly),
            (r#""knowledge_gap_analysis_outcome":"resolved","reopen":{}"#, Ending::Badly),
            (r#""knowledge_gap_analysis_outcome":"abandoned""#, Ending::Badly),
            (r#""knowledge_gap_analysis_outcome":"new word""#, Ending::Badly),
            (r#""knowledge_gap_analysis_outcome":"voicemail""#, Ending::Unknown),
            (r#""knowledge_gap_analysis_outcome":null"#, Ending::Unknown),
        ] {
            let json = format!(r#"{{"session_id":"s",{facts}}}"#);
            let input: SessionAnalysisInput<'_, Skipped, Skipped, Skipped, Skipped> =
                serde_json::from_str(&json).unwrap();
            assert_eq!(Ending::of(&input), ending, "{facts}");
        }
    }
}
