//! What happened when in a session: turns, retrievals, tool calls and hand-offs on one axis of time.
//!
//! The API sends the time of messages and hand-offs. A message's latency lies before it. Of retrievals
//! and calls it sends how long they took and whose turn they are, not when they were: a retrieval is
//! drawn from where its turn begins to be made, a call from where its turn was said.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::calls::Status;
use super::transcript::{Evidence, Header, MessageRow, Row, Selection, Transcript};
use crate::model::{Number, Timestamp};
use crate::rows::chart::{Event, Timeline};
use crate::rows::{Tone, look};

/// What kinds of things happen, in the order of their lanes.
const LANES: [&str; 6] =
    ["user", "assistant", "other roles", "retrievals", "tool calls", "hand-offs"];
const OTHERS: usize = 2;
const RETRIEVALS: usize = 3;
const CALLS: usize = 4;
const HANDOFFS: usize = 5;

/// A session's timeline, and how many of its turns and hand-offs have no time and are not on it.
pub fn of(transcript: &Transcript<'_>) -> (Timeline, usize) {
    let header = transcript.header();
    let mut drawn = Drawn { events: Vec::new(), without: 0 };
    for row in transcript.rows(&Selection::ALL) {
        match &row {
            Row::Message(message) => drawn.message(message),
            Row::Handoff(row) => {
                let reason = row.reason.unwrap_or_default().to_owned();
                match row.timestamp.and_then(Timestamp::instant) {
                    Some(begin) => drawn.events.push(Happened {
                        lane: HANDOFFS,
                        begin,
                        took: None,
                        turn: None,
                        what: reason,
                        tone: Tone::Warn,
                    }),
                    None => drawn.without += 1,
                }
            }
            Row::Orphan(_) | Row::Csat(_) | Row::Feedback(_) | Row::Reopen(_) => {}
        }
    }
    (drawn.timeline(&header), drawn.without)
}

/// Something that happened, by the clock.
struct Happened {
    lane: usize,
    begin: DateTime<Utc>,
    /// Milliseconds.
    took: Option<f64>,
    turn: Option<usize>,
    what: String,
    tone: Tone,
}

struct Drawn {
    events: Vec<Happened>,
    without: usize,
}

impl Drawn {
    fn message(&mut self, row: &MessageRow<'_>) {
        let Some(said) = row.timestamp.and_then(Timestamp::instant) else {
            self.without += 1;
            return;
        };
        let tone = look::role(row.role);
        let lane = match tone {
            Tone::User => 0,
            Tone::Assistant => 1,
            _ => OTHERS,
        };
        let took = row.latency_ms.and_then(millis);
        let begin = before(said, took);
        let what = match (lane, row.model_used) {
            (OTHERS, _) => row.role.to_owned(),
            (_, model) => model.unwrap_or_default().to_owned(),
        };
        self.events.push(Happened { lane, begin, took, turn: Some(row.turn), what, tone });
        if let Some(evidence) = &row.evidence {
            self.evidence(evidence, row.turn, begin, said);
        }
    }

    fn evidence(
        &mut self,
        evidence: &Evidence<'_>,
        turn: usize,
        begin: DateTime<Utc>,
        said: DateTime<Utc>,
    ) {
        for row in &evidence.retrievals {
            let hit = row.hit.map(look::hit);
            let tone = hit.map_or(Tone::Plain, |(_, tone)| tone);
            let told = hit.map(|(word, _)| format!(", {word}")).unwrap_or_default();
            let what = format!("{} found, {} cited{told}", row.found, row.cited);
            let took = row.latency_ms.and_then(millis);
            let turn = Some(turn);
            self.events.push(Happened { lane: RETRIEVALS, begin, took, turn, what, tone });
        }
        for row in &evidence.tool_calls {
            let ok = row.status == Status::Ok;
            let what = if ok {
                row.name.to_owned()
            } else {
                format!("{} {}", row.name, row.status.as_str())
            };
            let took = row.latency_ms.and_then(millis);
            let (turn, tone) = (Some(turn), row.status.tone());
            self.events.push(Happened { lane: CALLS, begin: said, took, turn, what, tone });
        }
    }

    /// All of it from the first moment on; lanes in which nothing happened are left out.
    fn timeline(&self, header: &Header<'_>) -> Timeline {
        let is_used = |lane: &usize| self.events.iter().any(|event| event.lane == *lane);
        let used: Vec<usize> = (0..LANES.len()).filter(is_used).collect();
        let started = header.started_at.and_then(Timestamp::instant);
        let ended = header.ended_at.and_then(Timestamp::instant);
        let begins = self.events.iter().map(|event| event.begin);
        let Some(zero) = begins.chain(started).min() else {
            return Timeline { seconds: 0.0, lanes: Vec::new(), events: Vec::new() };
        };
        let after = |moment: DateTime<Utc>| seconds(moment - zero);
        let event = |event: &Happened| Event {
            lane: used.iter().position(|lane| *lane == event.lane).unwrap_or_default(),
            at: after(event.begin),
            took: event.took.map(|took| took / 1000.0),
            what: event.what.clone(),
            turn: event.turn,
            tone: event.tone,
        };
        let events: Vec<Event> = self.events.iter().map(event).collect();
        let ends = events.iter().map(|event| event.at + event.took.unwrap_or_default());
        Timeline {
            seconds: ends.chain(ended.map(after)).fold(0.0, f64::max),
            lanes: used
                .into_iter()
                .filter_map(|lane| LANES.get(lane))
                .map(|lane| Cow::Borrowed(*lane))
                .collect(),
            events,
        }
    }
}

/// A latency that can be drawn, in milliseconds.
fn millis(latency: Number<'_>) -> Option<f64> {
    // A year is longer than any session.
    Some(latency.as_f64()).filter(|millis| (0.0..=3.2e10).contains(millis))
}

/// So many milliseconds before a moment.
#[allow(clippy::cast_possible_truncation, reason = "held to a range before")]
fn before(moment: DateTime<Utc>, took: Option<f64>) -> DateTime<Utc> {
    let took = chrono::TimeDelta::milliseconds(took.unwrap_or_default() as i64);
    moment.checked_sub_signed(took).unwrap_or(moment)
}

#[allow(clippy::cast_precision_loss, reason = "seconds of a session")]
fn seconds(span: chrono::TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::transcript::Input;

    #[test]
    fn what_happened_stands_where_it_was_and_is_as_long_as_it_took() {
        let text = r#"{"session_id":"s","started_at":"2026-09-14T10:00:00Z",
            "ended_at":"2026-09-14T10:01:00Z","messages":[
            {"turn_id":"a","role":"user","timestamp":"2026-09-14T10:00:05Z"},
            {"turn_id":"b","role":"assistant","timestamp":"2026-09-14T10:00:09Z","latency_ms":3500},
            {"turn_id":"c","role":"assistant"}],
            "rag_traces":[{"assistant_turn_id":"b","latency_ms":250,"hit":false},
                          {"assistant_turn_id":"c","latency_ms":250}],
            "tool_calls":[{"assistant_turn_id":"b","name":"pay","error":"no","latency_ms":2000}],
            "handoff_events":[{"timestamp":"2026-09-14T10:00:50Z"},{}]}"#;
        let input: Input<'_> = serde_json::from_str(text).unwrap();
        let (timeline, without) = of(&Transcript::new(&input));
        assert_eq!((timeline.seconds, without), (60.0, 2));
        assert_eq!(timeline.lanes, ["user", "assistant", "retrievals", "tool calls", "hand-offs"]);
        let told: Vec<_> = timeline
            .events
            .iter()
            .map(|event| (event.lane, event.at, event.took, event.turn, &*event.what))
            .collect();
        assert_eq!(
            told,
            [
                (0, 5.0, None, Some(1), ""),
                (1, 5.5, Some(3.5), Some(2), ""),
                (2, 5.5, Some(0.25), Some(2), "0 found, 0 cited, miss"),
                (3, 9.0, Some(2.0), Some(2), "pay error"),
                (4, 50.0, None, None, ""),
            ]
        );
    }

    #[test]
    fn a_session_without_times_has_no_timeline() {
        let text = r#"{"session_id":"s","messages":[{"role":"user","timestamp":"soon"}]}"#;
        let input: Input<'_> = serde_json::from_str(text).unwrap();
        let (timeline, without) = of(&Transcript::new(&input));
        assert!(timeline.events.is_empty() && timeline.lanes.is_empty());
        assert_eq!(without, 1);
    }
}
