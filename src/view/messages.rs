//! Messages as figures count them: who spoke, which model, how long the customer waited.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::turns::Written;
use crate::model::{Number, SessionAnalysisInput, Skipped, Text, Timestamp};
use crate::rows::{Cell, Column, Row};

/// What this view reads of a document.
pub type Input<'a> = SessionAnalysisInput<'a, Message<'a>, Skipped, Skipped, Skipped>;

/// A message without its words.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    /// Who spoke.
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    /// When it was said.
    #[serde(default)]
    timestamp: Option<Timestamp<'a>>,
    /// The model that wrote it.
    #[serde(default)]
    model_used: Option<Text<'a>>,
    /// Time to the answer.
    #[serde(default)]
    latency_ms: Option<Number<'a>>,
    /// Whether its content was cut.
    #[serde(default)]
    truncated: Option<bool>,
}

impl Written for Message<'_> {
    fn model(&self) -> Option<&str> {
        self.model_used.as_deref()
    }

    fn is_truncated(&self) -> bool {
        self.truncated == Some(true)
    }
}

/// A message, without its words.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageFacts<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// The turn's number, from 1.
    pub turn: usize,
    /// Who spoke.
    pub role: Option<&'a str>,
    /// The model that wrote it.
    pub model_used: Option<&'a str>,
    /// Time to the answer.
    #[schemars(extend("unit" = "ms"))]
    pub latency_ms: Option<Number<'a>>,
    /// Whether its content was cut.
    pub truncated: bool,
    /// How long the customer had waited for it: since their last words, where it is the first answer
    /// to them and both have a time.
    #[schemars(extend("unit" = "s"))]
    pub wait_seconds: Option<f64>,
}

impl Row for MessageFacts<'_> {
    const KIND: &'static str = "transcript";
    const NOUN: (&'static str, &'static str) = ("message", "messages");
    const SHORT: &'static [(&'static str, &'static str)] = &[("model", "model_used")];

    fn columns() -> Vec<Column<Self>> {
        vec![Column::<Self>::numbers("turn", |row, _| Cell::count(row.turn))]
    }
}

/// The messages. A customer waits from their last words on, until somebody answers who is no tool
/// and no system.
#[allow(clippy::cast_precision_loss, reason = "seconds")]
pub fn rows<'a>(input: &'a Input<'a>) -> Vec<MessageFacts<'a>> {
    let mut asked: Option<&Timestamp<'_>> = None;
    let row = |(index, message): (usize, &'a Message<'a>)| {
        let role = message.role.as_deref().filter(|role| !role.is_empty());
        let is = |other: &str| role.is_some_and(|role| role.eq_ignore_ascii_case(other));
        let mut wait_seconds = None;
        if is("user") {
            asked = message.timestamp.as_ref();
        } else if !is("tool") && !is("system") {
            let moments = asked.take().and_then(Timestamp::instant);
            let answered = message.timestamp.as_ref().and_then(Timestamp::instant);
            wait_seconds = moments
                .zip(answered)
                .map(|(asked, answered)| (answered - asked).num_milliseconds() as f64 / 1000.0)
                // Clocks that disagree say nothing.
                .filter(|wait| *wait >= 0.0);
        }
        MessageFacts {
            session_id: &input.session_id,
            turn: index + 1,
            role,
            model_used: message.model_used.as_deref(),
            latency_ms: message.latency_ms,
            truncated: message.truncated == Some(true),
            wait_seconds,
        }
    };
    input.messages.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_waits_from_their_last_words_to_the_first_answer() {
        let text = r#"{"session_id":"s","messages":[
            {"role":"assistant","timestamp":"2026-09-14T10:00:00Z"},
            {"role":"user","timestamp":"2026-09-14T10:00:05Z"},
            {"role":"user","timestamp":"2026-09-14T10:00:10Z"},
            {"role":"tool","timestamp":"2026-09-14T10:00:11Z"},
            {"role":"assistant","timestamp":"2026-09-14T10:00:12.5Z","model_used":"m"},
            {"role":"assistant","timestamp":"2026-09-14T10:00:20Z","truncated":true},
            {"role":"user","timestamp":"2026-09-14T10:01:00Z"},
            {"role":"assistant","timestamp":"2026-09-14T10:00:59Z"},
            {"role":"user"},
            {"role":"assistant","timestamp":"2026-09-14T10:02:00Z"}]}"#;
        let input: Input<'_> = serde_json::from_str(text).unwrap();
        let waits: Vec<_> = rows(&input).iter().map(|row| row.wait_seconds).collect();
        let mut expected = vec![None; 10];
        expected[4] = Some(2.5);
        assert_eq!(waits, expected);
    }
}
