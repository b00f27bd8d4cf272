//! A corpus: sessions that differ as real ones do, about 13 kB each, over a week. The same every time.
//!
//! Lengths, queries, documents and tools have long tails: most sessions are short and ask what many
//! ask, a few are long and ask what nobody else does.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::random::{Numbers, id, words};

const CHANNELS: [(&str, u64); 4] = [("chat", 60), ("voice", 25), ("email", 10), ("sms", 5)];
const OUTCOMES: [(&str, u64); 7] = [
    ("resolved", 58),
    ("transferred", 14),
    ("unresolved", 12),
    ("abandoned", 9),
    ("escalated", 4),
    ("expired", 2),
    ("error", 1),
];
const TOOLS: [&str; 12] = [
    "lookup_invoice",
    "get_line_status",
    "apply_credit",
    "create_ticket",
    "schedule_callback",
    "get_contract",
    "change_address",
    "check_speed",
    "book_engineer",
    "send_document",
    "reset_router",
    "close_account",
];
const ERRORS: [&str; 5] = [
    "upstream timed out after 15000 ms",
    "{\"code\":\"UPSTREAM_TIMEOUT\",\"retryable\":true}",
    "account is locked",
    "no such invoice",
    "rate limited",
];
/// The Monday that the week begins with, in seconds since 1970.
const MONDAY: u64 = 1_789_344_000;

/// A number below `limit`, small ones far more often.
fn tail(numbers: &mut Numbers, limit: u64) -> u64 {
    let (one, other, third) =
        (numbers.below(1_000_000), numbers.below(1_000_000), numbers.below(1_000_000));
    limit * one / 1_000_000 * other / 1_000_000 * third / 1_000_000
}

fn one_of<'a>(numbers: &mut Numbers, weighted: &[(&'a str, u64)]) -> &'a str {
    let mut left = numbers.below(weighted.iter().map(|(_, weight)| weight).sum());
    for (what, weight) in weighted {
        if left < *weight {
            return what;
        }
        left -= weight;
    }
    weighted.first().map_or("", |(what, _)| what)
}

/// A score of so many ten-thousandths.
fn score(parts: u64) -> f64 {
    f64::from(u32::try_from(parts).unwrap_or_default()) / 10_000.0
}

fn time(second: u64) -> String {
    chrono::DateTime::from_timestamp(second.try_into().unwrap_or_default(), 0)
        .map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// What a session is made of, as it grows.
#[derive(Default)]
struct Session {
    messages: Vec<Value>,
    retrievals: Vec<Value>,
    citations: Vec<Value>,
    calls: Vec<Value>,
    second: u64,
}

impl Session {
    fn say(&mut self, numbers: &mut Numbers, role: &str, length: u64, more: &Value) -> String {
        let turn =
            id(4, numbers.below(u64::MAX >> 34) * 4096 + self.messages.len() as u64).to_string();
        let mut message = json!({
            "turn_id": turn, "role": role, "timestamp": time(self.second),
            "content": words(numbers, length), "tool_calls": null, "tool_results": null,
            "model_used": null, "latency_ms": null, "truncated": length > 150,
            "original_char_count": null,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            message[name] = value.clone();
        }
        self.messages.push(message);
        turn
    }

    /// A retrieval and what of it was put before the model; one of two sessions knows its subject.
    fn retrieve(&mut self, numbers: &mut Numbers, turn: &str, easy: bool) {
        let query = tail(numbers, 20_000);
        let top = if easy || !query.is_multiple_of(3) {
            5500 + numbers.below(4400)
        } else {
            800 + numbers.below(5000)
        };
        let hit = top > 4500;
        let base = id(6, query % 6).to_string();
        let chunks: Vec<Value> = (0..3 + numbers.below(5))
            .map(|rank| {
                let document = (query * 7 + tail(numbers, 40)) % 1200;
                json!({
                    "chunk_id": format!("kb-{document:04}#{rank}"), "doc_id": format!("kb-{document:04}"),
                    "version_id": format!("v{}", 1 + document % 9),
                    "score": score(top - top * rank / 12),
                })
            })
            .collect();
        if hit {
            for chunk in chunks.iter().take(usize::try_from(numbers.below(3)).unwrap_or_default()) {
                self.citations.push(json!({
                    "assistant_turn_id": turn, "kb_id": base, "doc_id": chunk["doc_id"],
                    "chunk_id": chunk["chunk_id"], "version_id": chunk["version_id"],
                }));
            }
        }
        let label = if top > 7000 {
            "answerable"
        } else if hit {
            "partially_answerable"
        } else {
            "unanswerable"
        };
        self.retrievals.push(json!({
            "rag_query_id": id(5, numbers.below(1 << 30)), "assistant_turn_id": turn,
            "query_hash": format!("q_{query:012x}"), "kb_ids": [base], "retrieved": chunks,
            "top_score": score(top), "hit": hit, "latency_ms": 40 + tail(numbers, 2000),
            "answerability": {
                "label": label, "reason_code": null, "raw_top_score": score(top),
                "score_basis": "cosine", "mode": if query.is_multiple_of(4) { "shadow" } else { "enforce" },
                "action": if hit { "answer" } else { "abstain" },
                "threshold_low": 0.45, "threshold_high": 0.7,
            },
        }));
    }

    /// A message that calls a tool, the record of the call, and the message with its result.
    fn call(&mut self, numbers: &mut Numbers, place: u64) {
        let tool = TOOLS[usize::try_from(tail(numbers, TOOLS.len() as u64)).unwrap_or_default()];
        let arguments =
            format!(r#"{{"account":{},"period":"2026-09"}}"#, numbers.below(100_000_000));
        let call_id = format!("call_{place}");
        let asks = json!({
            "model_used": "feather-large-2", "latency_ms": 300 + tail(numbers, 9000),
            "tool_calls": [{"id": call_id, "type": "function", "function": {"name": tool, "arguments": arguments}}],
        });
        let turn = self.say(numbers, "assistant", 8, &asks);
        let error = (numbers.below(100) < 6).then(|| {
            ERRORS[usize::try_from(tail(numbers, ERRORS.len() as u64)).unwrap_or_default()]
        });
        let result = error.is_none().then(|| words(numbers, 30));
        let latency = 20 + tail(numbers, 16_000);
        self.calls.push(json!({
            "tool_call_id": call_id, "assistant_turn_id": turn, "name": tool, "arguments": arguments,
            "arguments_parsed": {"account": 1, "period": "2026-09"}, "result": result, "error": error,
            "latency_ms": latency,
        }));
        self.second += 1 + latency / 1000;
        let answers = json!({
            "tool_results": {"tool_call_id": call_id, "output": result.unwrap_or_default(), "error": error},
            "latency_ms": latency,
        });
        self.say(numbers, "tool", 6, &answers);
    }
}

/// One session, a line.
fn session(number: u64, out: &mut impl Write) -> io::Result<()> {
    let mut numbers = Numbers(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    numbers.below(2);
    let channel = one_of(&mut numbers, &CHANNELS);
    let easy = numbers.below(2) == 0;
    let start = MONDAY + numbers.below(7 * 86_400);
    let mut session = Session { second: start, ..Session::default() };
    let exchanges = 2 + tail(&mut numbers, 40);
    for place in 0..exchanges {
        let length = 6 + tail(&mut numbers, 200);
        session.say(&mut numbers, "user", length, &Value::Null);
        session.second += 2 + tail(&mut numbers, 60);
        if numbers.below(100) < 40 {
            session.call(&mut numbers, place);
        }
        let answer = json!({"model_used": if numbers.below(10) == 0 { "feather-small-2" } else { "feather-large-2" }, "latency_ms": 300 + tail(&mut numbers, 12_000)});
        let length = 15 + numbers.below(45);
        let turn = session.say(&mut numbers, "assistant", length, &answer);
        if numbers.below(100) < 70 {
            session.retrieve(&mut numbers, &turn, easy);
        }
        session.second += 10 + tail(&mut numbers, 600);
    }
    let misses = session.retrievals.iter().filter(|retrieval| retrieval["hit"] == false).count();
    let outcome = if misses > 0 && numbers.below(3) == 0 {
        "unresolved"
    } else {
        one_of(&mut numbers, &OUTCOMES)
    };
    let handed_off = outcome == "transferred" || outcome == "escalated";
    let csat = (numbers.below(100) < 35)
        .then(|| json!({"timestamp": time(session.second), "score": if outcome == "resolved" { 3 + numbers.below(3) } else { 1 + numbers.below(4) }, "scale_max": 5}));
    let reopen = (numbers.below(100) < 6)
        .then(|| json!({"timestamp": time(session.second + 9000), "reason": "came back"}));
    let mut missing = vec!["no_user_feedback"];
    missing.extend(csat.is_none().then_some("no_csat"));
    missing.extend(session.retrievals.is_empty().then_some("no_rag_trace"));
    missing.extend(session.calls.is_empty().then_some("no_tool_trace"));
    let snapshot = (!session.retrievals.is_empty())
        .then(|| json!({"captured_at": time(start), "kb_versions": {id(6, 0).to_string(): 40}}));
    let ended = (numbers.below(100) < 97).then(|| time(session.second));
    let document = json!({
        "analyzer_input_schema_version": 2, "session_id": id(1, number), "organization_id": id(2, 1),
        "agent_id": id(3, number % 5), "channel": channel, "started_at": time(start), "ended_at": ended,
        "completion_reason": "user_closed", "knowledge_gap_analysis_outcome": outcome,
        "messages": session.messages, "rag_traces": session.retrievals,
        "citations": session.citations, "tool_calls": session.calls,
        "handoff_events": if handed_off { json!([{"timestamp": time(session.second), "transferred_to_agent_id": null, "reason": "asked for a person"}]) } else { json!([]) },
        "kb_snapshot": snapshot, "user_feedback": null, "csat": csat, "reopen": reopen,
        "customer_metadata": {"plan": "fibre-500"}, "missing_evidence_reasons": missing,
    });
    writeln!(out, "{document}")
}

/// So many sessions, as NDJSON.
pub fn corpus(count: u64, out: &mut impl Write) -> io::Result<()> {
    (1..=count).try_for_each(|number| session(number, out))
}
