//! Retrievals as questions: which of them missed, how, and what the customer had said.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rag::{is_miss, score_used};
use super::turns::{self, Place, Spoken, Turns};
use crate::model::{
    LazyText, MissingEvidenceReason as Reason, Number, RagTraceEntry, SessionAnalysisInput,
    Skipped, Text, Timestamp,
};

/// What this view reads of a document.
pub type Input<'a> = SessionAnalysisInput<'a, Said<'a>, RagTraceEntry<'a>, Skipped, Skipped>;

/// A message, of which what was said is decoded only where it is asked for.
#[derive(Debug, Deserialize)]
pub struct Said<'a> {
    #[serde(borrow, default)]
    turn_id: Option<Text<'a>>,
    #[serde(default)]
    role: Option<Text<'a>>,
    #[serde(default)]
    timestamp: Option<Timestamp<'a>>,
    #[serde(default)]
    content: Option<LazyText<'a>>,
}

impl Place for Said<'_> {
    fn turn_id(&self) -> &str {
        self.turn_id.as_deref().unwrap_or_default()
    }
}

impl<'a> turns::Said<'a> for Said<'a> {
    fn timestamp(&self) -> Option<&Timestamp<'a>> {
        self.timestamp.as_ref()
    }
}

impl<'a> Spoken<'a> for Said<'a> {
    fn role(&self) -> &str {
        self.role.as_deref().unwrap_or_default()
    }

    fn content(&self) -> Option<LazyText<'a>> {
        self.content
    }
}

/// What a customer said; None where somebody else spoke, or nothing was said.
fn words<'a>(message: &impl Spoken<'a>) -> Option<Cow<'a, str>> {
    let role = message.role();
    if !role.eq_ignore_ascii_case("user") && !role.eq_ignore_ascii_case("customer") {
        return None;
    }
    let words = message.content()?.decode();
    (!words.trim().is_empty()).then_some(words)
}

/// How a retrieval missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// No chunk came back.
    NothingFound,
    /// The score that the gate compares lies under its low threshold.
    UnderThreshold,
    /// Chunks came back, and yet the runtime counted no hit.
    NoHit,
}

impl Kind {
    /// How this retrieval missed; None where it did not.
    fn of(trace: &RagTraceEntry<'_>) -> Option<Self> {
        let found = trace.retrieved.len();
        is_miss(trace, found).then(|| match (score(trace), threshold_low(trace)) {
            _ if found == 0 => Self::NothingFound,
            (Some(score), Some(low)) if score < low => Self::UnderThreshold,
            _ => Self::NoHit,
        })
    }
}

/// A document of which all but the retrievals may be read more or less closely.
type Asked<'d, M, C, T> = SessionAnalysisInput<'d, M, RagTraceEntry<'d>, C, T>;

/// A document's retrievals as questions.
#[derive(Debug)]
pub struct Questions<'d, M = Said<'d>, C = Skipped, T = Skipped> {
    input: &'d Asked<'d, M, C, T>,
    /// None where nothing missed: nobody will ask.
    turns: Option<Places<'d>>,
}

/// Where messages stand.
#[derive(Debug)]
struct Places<'d> {
    turns: Turns<'d>,
    /// For each message, the index of the customer's latest one before it.
    before: Vec<Option<usize>>,
}

/// A retrieval as a question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'d> {
    /// The retrieval.
    pub trace: &'d RagTraceEntry<'d>,
    /// How it missed; None where it did not.
    pub missed: Option<Kind>,
}

impl<'d> Question<'d> {
    /// Fingerprint of the query; None where none was sent.
    pub fn hash(&self) -> Option<&'d str> {
        self.trace.query_hash.as_deref().filter(|hash| !hash.is_empty())
    }
}

/// The score that the gate compares, where it is a plain number: `raw_top_score`, else `top_score`.
pub fn score(trace: &RagTraceEntry<'_>) -> Option<f64> {
    let score = match &trace.answerability {
        Some(answerability) => score_used(answerability, trace.top_score).map(|(_, score)| score),
        None => trace.top_score,
    };
    score.map(Number::as_f64).filter(|score| score.is_finite())
}

/// The gate's low threshold, where it is a plain number.
pub fn threshold_low(trace: &RagTraceEntry<'_>) -> Option<f64> {
    let low = trace.answerability.as_ref()?.threshold_low?.as_f64();
    low.is_finite().then_some(low)
}

/// What the scores of a retrieval measure; None where it was not sent.
pub fn score_basis<'d>(trace: &'d RagTraceEntry<'_>) -> Option<&'d str> {
    trace.answerability.as_ref()?.score_basis.as_deref().filter(|basis| !basis.is_empty())
}

impl<'d, M: Spoken<'d>, C, T> Questions<'d, M, C, T> {
    /// Reads a document's retrievals.
    pub fn new(input: &'d Asked<'d, M, C, T>) -> Self {
        let any = input.rag_traces.iter().any(|trace| Kind::of(trace).is_some());
        let turns = any.then(|| {
            let mut latest = None;
            let before = input.messages.iter().enumerate().map(|(index, message)| {
                let before = latest;
                if words(message).is_some() {
                    latest = Some(index);
                }
                before
            });
            let before = before.collect();
            Places { turns: Turns::new(&input.messages), before }
        });
        Self { input, turns }
    }

    /// The document they are of.
    pub const fn input(&self) -> &'d Asked<'d, M, C, T> {
        self.input
    }

    /// The retrievals, in the document's order.
    pub fn all(&self) -> impl Iterator<Item = Question<'d>> {
        self.input.rag_traces.iter().map(|trace| Question { trace, missed: Kind::of(trace) })
    }

    /// The number of a miss's turn, from 1; None for an orphan.
    pub fn turn(&self, miss: &Question<'_>) -> Option<usize> {
        let id = &*miss.trace.assistant_turn_id;
        // An id that was not sent is no message's.
        if id.is_empty() { None } else { self.turns.as_ref()?.turns.number(id) }
    }

    /// When a miss's turn was said; of an orphan, when the session began.
    pub fn time(&self, turn: Option<usize>) -> Option<&'d Timestamp<'d>> {
        let message = turn.and_then(|number| self.input.messages.get(number - 1));
        message.and_then(M::timestamp).or(self.input.started_at.as_ref())
    }

    /// The index of the customer's latest message before a turn.
    pub fn said_before(&self, turn: Option<usize>) -> Option<usize> {
        *self.turns.as_ref()?.before.get(turn? - 1)?
    }

    /// What a customer's message says.
    pub fn words(&self, message: usize) -> Option<Cow<'d, str>> {
        words(self.input.messages.get(message)?)
    }

    /// Whether the transcript was redacted before it was sent.
    pub fn is_redacted(&self) -> bool {
        !self.input.missing_evidence_reasons.contains(&Reason::TranscriptRedactionSkipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words before each miss, with its turn.
    fn words(document: &str) -> Vec<(Option<usize>, Option<String>)> {
        let input: Input<'_> = serde_json::from_str(document).unwrap();
        let questions = Questions::new(&input);
        let misses = questions.all().filter(|question| question.missed.is_some());
        misses
            .map(|miss| {
                let turn = questions.turn(&miss);
                let said = questions.said_before(turn).and_then(|index| questions.words(index));
                (turn, said.map(Cow::into_owned))
            })
            .collect()
    }

    #[test]
    fn words_are_the_customers_latest_before_the_turn() {
        let document = r#"{"session_id":"s","messages":[
            {"turn_id":"a","role":"user","content":"first"},
            {"turn_id":"b","role":"assistant","content":"hm"},
            {"turn_id":"c","role":"USER","content":"second \u00e9"},
            {"turn_id":"d","role":"user","content":" \n"},
            {"turn_id":"e","role":"assistant"},
            {"turn_id":null,"role":null,"content":null}],
            "rag_traces":[
                {"assistant_turn_id":"b"},{"assistant_turn_id":"e"},{"assistant_turn_id":"a"},
                {"assistant_turn_id":"e","hit":true},{"assistant_turn_id":"x"},{}]}"#;
        let said = |turn, words: &str| (Some(turn), Some(words.to_owned()));
        assert_eq!(
            words(document),
            [said(2, "first"), said(5, "second é"), (Some(1), None), (None, None), (None, None)]
        );
    }

    #[test]
    fn a_miss_is_of_the_kind_that_its_chunks_and_score_say() {
        for (trace, kind) in [
            (r#""hit":false"#, Some(Kind::NothingFound)),
            (r#""hit":false,"retrieved":[{}]"#, Some(Kind::NoHit)),
            (
                r#""hit":false,"retrieved":[{}],"top_score":0.3,"answerability":{"threshold_low":0.4}"#,
                Some(Kind::UnderThreshold),
            ),
            (
                r#""hit":false,"retrieved":[{}],"top_score":0.3,
                   "answerability":{"threshold_low":0.4,"raw_top_score":0.4}"#,
                Some(Kind::NoHit),
            ),
            (r#""hit":true"#, None),
            (r#""retrieved":[{}]"#, None),
        ] {
            let json = format!(r#"{{"session_id":"s","rag_traces":[{{{trace}}}]}}"#);
            let input: Input<'_> = serde_json::from_str(&json).unwrap();
            let missed = Questions::new(&input).all().next().unwrap().missed;
            assert_eq!(missed, kind, "{trace}");
        }
    }

    #[test]
    fn bare_documents_have_no_questions() {
        for json in
            [r#"{"session_id":"s"}"#, r#"{"session_id":"s","messages":null,"rag_traces":null}"#]
        {
            assert!(words(json).is_empty());
        }
    }
}
