//! Tool calls: those that were recorded, those that messages asked for, and what came back. How they
//! are joined, [`super::calls`] says; each call makes one row.

use std::collections::{HashMap, HashSet};

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::calls::{self, Call};
pub use super::calls::{Counts, Status};
use super::turns::Turns;
use crate::figures::stats;
use crate::model::{
    LazyText, MessageTools, Number, SessionAnalysisInput, Skipped, Timestamp, ToolCallEntry,
};

/// What this view reads of a document.
pub type Input<'a> =
    SessionAnalysisInput<'a, MessageTools<'a>, Skipped, Skipped, ToolCallEntry<'a>>;

/// What is odd about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// It belongs to a turn that no message has.
    Orphan,
    /// Another row has the same call id.
    DuplicateId,
    /// A message carries a result for it, yet nothing recorded it or asked for it.
    ResultWithoutCall,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 3] = [Self::Orphan, Self::DuplicateId, Self::ResultWithoutCall];

    /// The flag as the rows spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::DuplicateId => "duplicate-id",
            Self::ResultWithoutCall => "result-without-call",
        }
    }
}

/// One call.
#[derive(Debug, Serialize)]
pub struct ToolRow<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// The turn's number, from 1; None for an orphan.
    pub turn: Option<usize>,
    /// The turn that made the call: the record's, else that of the message that asked or, where
    /// none did, of the message that carries the result.
    pub assistant_turn_id: Option<&'a str>,
    /// When that turn was said.
    pub timestamp: Option<&'a Timestamp<'a>>,
    /// The call's id.
    pub tool_call_id: &'a str,
    /// The tool; None where only a result is known.
    pub name: Option<&'a str>,
    /// The kind of call as the message has it, `function` where it has none; None where no message
    /// asked.
    #[serde(rename = "type")]
    pub kind: Option<&'a str>,
    /// The arguments as the model wrote them.
    pub arguments: Option<LazyText<'a>>,
    /// The arguments as JSON, verbatim, where the record has them.
    pub arguments_parsed: Option<&'a RawValue>,
    /// How it went.
    pub status: Status,
    /// What came back: the record's, else the message's.
    pub result: Option<LazyText<'a>>,
    /// What went wrong: the record's, else the message's; None where it is empty.
    pub error: Option<&'a str>,
    /// Time the call took, in milliseconds, by the record.
    pub latency_ms: Option<Number<'a>>,
    /// What is odd about it.
    pub flags: Vec<Flag>,
}

/// A row a call: in the order of the turns, in a turn as they were asked for, then as the document
/// has them; orphans last.
pub fn rows<'a>(
    session_id: &'a str,
    messages: &'a [MessageTools<'a>],
    records: &'a [ToolCallEntry<'a>],
) -> Vec<ToolRow<'a>> {
    let turns = Turns::new(messages);
    let calls = calls::join(messages, records, |id| turns.number(id));
    drop(turns);
    let mut ids: HashMap<&str, usize> = HashMap::with_capacity(calls.len());
    for call in &calls {
        *ids.entry(call.id()).or_default() += 1;
    }
    let row = |call: &Call<'a>| {
        let mut row = row(session_id, messages, call);
        if !row.tool_call_id.is_empty() && ids.get(row.tool_call_id).is_some_and(|n| *n > 1) {
            row.flags.push(Flag::DuplicateId);
        }
        row
    };
    calls.iter().map(row).collect()
}

fn row<'a>(session_id: &'a str, messages: &'a [MessageTools<'a>], call: &Call<'a>) -> ToolRow<'a> {
    let asked_in = call.message().and_then(|index| messages.get(index));
    let mut flags = Vec::new();
    if call.turn.is_none() {
        flags.push(Flag::Orphan);
    }
    if call.is_result_alone() {
        flags.push(Flag::ResultWithoutCall);
    }
    ToolRow {
        session_id,
        turn: call.turn,
        assistant_turn_id: call
            .recorded_turn_id()
            .or_else(|| asked_in.map(|message| &*message.turn_id)),
        timestamp: call
            .turn
            .and_then(|turn| messages.get(turn - 1))
            .and_then(|message| message.timestamp.as_ref()),
        tool_call_id: call.id(),
        name: call.name(),
        kind: call.asked.map(|(_, asked)| asked.kind.as_deref().unwrap_or("function")),
        arguments: call.arguments(),
        arguments_parsed: call.record.and_then(|record| record.arguments_parsed),
        status: call.status(),
        result: call.result(),
        error: call.error(),
        latency_ms: call.record.and_then(|record| record.latency_ms),
        flags,
    }
}

impl Counts {
    /// Counts `rows`.
    pub fn of<'r, 'a: 'r>(rows: impl IntoIterator<Item = &'r ToolRow<'a>>) -> Self {
        rows.into_iter().map(|row| row.status).collect()
    }
}

/// An error's text is kept up to this many characters.
const ERROR_LENGTH: usize = 200;

/// So many different errors a tool are counted; texts with an id in them would never end.
const ERROR_TEXTS: usize = 4096;

/// Figures over the calls of many sessions.
#[derive(Debug, Default)]
pub struct Summary {
    /// Sessions added, with calls or without.
    pub sessions: usize,
    /// By tool; results without a call have no name and stand under the empty one.
    tools: HashMap<String, Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    sessions: usize,
    counts: Counts,
    /// In milliseconds.
    latencies: Vec<f64>,
    errors: HashMap<String, usize>,
}

/// Whose figures a [`SummaryRow`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One tool's.
    Tool,
    /// All tools'; the last row.
    Total,
}

/// The figures of one tool, or of all.
#[derive(Debug, PartialEq, Serialize)]
pub struct SummaryRow {
    /// Whose figures these are.
    pub scope: Scope,
    /// The tool; None in the total and for results without a call.
    pub name: Option<String>,
    /// Sessions with a call of it; in the total, all sessions, with calls or without.
    pub sessions: usize,
    /// Its calls: recorded or not.
    pub calls: usize,
    /// Calls with [`Status::Ok`].
    pub ok: usize,
    /// Calls with [`Status::Error`].
    pub errors: usize,
    /// Calls with [`Status::NoResult`].
    pub no_result: usize,
    /// Calls with [`Status::Unrecorded`].
    pub unrecorded: usize,
    /// `errors` of `calls`, 0 to 1; None where there are no calls.
    pub error_rate: Option<f64>,
    /// Half of the calls that have a latency took at most this, in milliseconds (nearest rank).
    #[serde(serialize_with = "plain")]
    pub latency_p50_ms: Option<f64>,
    /// 95 of 100 calls that have a latency took at most this, in milliseconds (nearest rank).
    #[serde(serialize_with = "plain")]
    pub latency_p95_ms: Option<f64>,
    /// The first line of the most frequent error, at most 200 characters.
    pub top_error: Option<String>,
    /// How many calls had that error.
    pub top_error_count: usize,
}

/// Writes a whole number without `.0`, as the API does.
#[allow(clippy::cast_possible_truncation, reason = "whole and small enough")]
#[allow(clippy::ref_option, reason = "serde's signature")]
fn plain<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
            serializer.serialize_i64(*value as i64)
        }
        value => value.serialize(serializer),
    }
}

impl Summary {
    /// Adds one session's calls.
    pub fn add<'r, 'a: 'r>(&mut self, rows: impl IntoIterator<Item = &'r ToolRow<'a>>) {
        self.sessions += 1;
        let mut seen = HashSet::new();
        for row in rows {
            let name = row.name.unwrap_or_default();
            if !self.tools.contains_key(name) {
                self.tools.insert(name.to_owned(), Tally::default());
            }
            let Some(tally) = self.tools.get_mut(name) else { continue };
            tally.sessions += usize::from(seen.insert(name));
            tally.counts.add(row.status);
            let latency = row.latency_ms.map(Number::as_f64).filter(|value| value.is_finite());
            tally.latencies.extend(latency);
            if row.status == Status::Error
                && let Some(error) = row.error
            {
                tally.count_error(error);
            }
        }
    }

    /// A row a tool, most errors first, then most calls, then by name; and one for all.
    pub fn rows(self) -> Vec<SummaryRow> {
        let mut total = Tally { sessions: self.sessions, ..Tally::default() };
        let mut rows = Vec::with_capacity(self.tools.len() + 1);
        for (name, tally) in self.tools {
            total.merge(&tally);
            rows.push(tally.row(Scope::Tool, Some(name).filter(|name| !name.is_empty())));
        }
        rows.sort_by(|a, b| {
            (b.errors, b.calls).cmp(&(a.errors, a.calls)).then_with(|| a.name.cmp(&b.name))
        });
        rows.push(total.row(Scope::Total, None));
        rows
    }
}

impl Tally {
    fn count_error(&mut self, error: &str) {
        let line = error.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(error);
        let text = match line.char_indices().nth(ERROR_LENGTH) {
            None => line.to_owned(),
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        };
        if let Some(count) = self.errors.get_mut(&text) {
            *count += 1;
        } else if self.errors.len() < ERROR_TEXTS {
            self.errors.insert(text, 1);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.counts.calls += other.counts.calls;
        self.counts.ok += other.counts.ok;
        self.counts.errors += other.counts.errors;
        self.counts.no_result += other.counts.no_result;
        self.counts.unrecorded += other.counts.unrecorded;
        self.latencies.extend(&other.latencies);
        for (text, count) in &other.errors {
            *self.errors.entry(text.clone()).or_default() += count;
        }
    }

    fn row(mut self, scope: Scope, name: Option<String>) -> SummaryRow {
        self.latencies.sort_unstable_by(f64::total_cmp);
        let top = self.errors.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        SummaryRow {
            scope,
            name,
            sessions: self.sessions,
            calls: self.counts.calls,
            ok: self.counts.ok,
            errors: self.counts.errors,
            no_result: self.counts.no_result,
            unrecorded: self.counts.unrecorded,
            error_rate: stats::share(self.counts.errors, self.counts.calls),
            latency_p50_ms: stats::percentile(&self.latencies, 50.0),
            latency_p95_ms: stats::percentile(&self.latencies, 95.0),
            top_error_count: top.as_ref().map_or(0, |(_, count)| *count),
            top_error: top.map(|(text, _)| text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// The rows of a document with these lists, as their JSON.
    fn rows_of(messages: &Value, tool_calls: &Value) -> Vec<Value> {
        with_rows(messages, tool_calls, |rows| {
            rows.iter().map(|row| serde_json::to_value(row).unwrap()).collect()
        })
    }

    fn with_rows<T>(
        messages: &Value,
        tool_calls: &Value,
        look: impl FnOnce(&[ToolRow<'_>]) -> T,
    ) -> T {
        let text =
            json!({"session_id": "s", "messages": messages, "tool_calls": tool_calls}).to_string();
        let input: Input<'_> = serde_json::from_str(&text).unwrap();
        look(&rows(&input.session_id, &input.messages, &input.tool_calls))
    }

    fn asks(turn: &str, ids: &[&str]) -> Value {
        let calls = ids.iter().map(|id| {
            json!({"id": id, "type": "function", "function": {"name": "asked", "arguments": "{}"}})
        });
        json!({"turn_id": turn, "timestamp": "2026-09-14T10:00:00Z",
               "tool_calls": calls.collect::<Vec<_>>()})
    }

    fn answers(turn: &str, id: &str, output: &str, error: Option<&str>) -> Value {
        json!({"turn_id": turn,
               "tool_results": {"tool_call_id": id, "output": output, "error": error}})
    }

    fn record(id: &str, turn: &str) -> Value {
        json!({"tool_call_id": id, "assistant_turn_id": turn, "name": "recorded",
               "arguments": "{\"a\":1}"})
    }

    /// Of each row: call id, turn, status, result, error, flags.
    fn short(rows: &[Value]) -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
        let short = |row: &Value| {
            let fields = ["tool_call_id", "turn", "status", "result", "error"];
            let fields = fields.iter().map(|field| text(&row[*field])).collect::<Vec<_>>();
            let flags = row["flags"].as_array().unwrap().iter().map(&text).collect::<Vec<_>>();
            format!("{} [{}]", fields.join(" "), flags.join(","))
        };
        rows.iter().map(short).collect()
    }

    #[test]
    fn a_record_joins_its_request_and_the_result_a_message_carries() {
        let messages = json!([asks("t1", &["a"]), answers("t2", "a", "out", None)]);
        let rows = rows_of(&messages, &json!([record("a", "t1")]));
        assert_eq!(short(&rows), ["a 1 ok out null []"]);
        assert_eq!(rows[0]["name"], "recorded");
        assert_eq!(rows[0]["type"], "function");
        assert_eq!(rows[0]["arguments"], "{\"a\":1}");
        assert_eq!(rows[0]["timestamp"], "2026-09-14T10:00:00Z");
    }

    #[test]
    fn every_status_is_told_from_what_the_document_holds() {
        let mut ok = record("ok", "t1");
        ok["result"] = json!("");
        let mut recorded = record("recorded", "t1");
        recorded["error"] = json!("boom");
        let mut blank = record("blank", "t1");
        blank["error"] = json!("");
        let carried = record("carried", "t1");
        let messages = json!([
            asks("t1", &["ok", "recorded", "blank", "carried", "unrecorded", "failed"]),
            answers("t2", "carried", "", Some("late")),
            answers("t3", "unrecorded", "out", None),
            answers("t4", "failed", "", Some("lost")),
        ]);
        let rows = rows_of(&messages, &json!([ok, recorded, blank, carried]));
        assert_eq!(
            short(&rows),
            [
                "ok 1 ok  null []",
                "recorded 1 error null boom []",
                "blank 1 no-result null null []",
                "carried 1 error null late []",
                "unrecorded 1 unrecorded out null []",
                "failed 1 unrecorded null lost []",
            ]
        );
    }

    #[test]
    fn the_record_comes_before_what_messages_say() {
        let mut entry = record("a", "t1");
        entry["result"] = json!("recorded");
        let messages = json!([asks("t1", &["a"]), answers("t2", "a", "carried", Some("why"))]);
        assert_eq!(short(&rows_of(&messages, &json!([entry]))), ["a 1 error recorded why []"]);
    }

    #[test]
    fn rows_stand_by_turn_then_as_they_were_asked_for_and_orphans_last() {
        let messages = json!([asks("t1", &["a", "b"]), asks("t2", &["c"])]);
        let records = json!([
            record("x", "gone"),
            record("c", "t2"),
            record("d", "t1"),
            record("b", "t1"),
            record("e", "t1"),
        ]);
        assert_eq!(
            short(&rows_of(&messages, &records)),
            [
                "a 1 unrecorded null null []",
                "b 1 no-result null null []",
                "d 1 no-result null null []",
                "e 1 no-result null null []",
                "c 2 no-result null null []",
                "x null no-result null null [orphan]",
            ]
        );
    }

    #[test]
    fn ids_that_begin_anew_in_every_turn_lose_no_row_and_keep_their_results() {
        let messages = json!([
            asks("t1", &["call_0"]),
            asks("t2", &["call_0", "call_1"]),
            answers("t3", "call_0", "second", None),
            answers("t4", "call_1", "third", None),
            asks("t5", &["call_0"]),
            answers("t6", "call_0", "fourth", None),
            answers("t7", "call_0", "late", None),
            answers("t8", "call_0", "extra", None),
        ]);
        let records = json!([record("call_0", "t5"), record("call_0", "t2")]);
        assert_eq!(
            short(&rows_of(&messages, &records)),
            [
                "call_0 1 unrecorded late null [duplicate-id]",
                "call_0 2 ok second null [duplicate-id]",
                "call_1 2 unrecorded third null []",
                "call_0 5 ok fourth null [duplicate-id]",
                "call_0 8 unrecorded extra null [result-without-call,duplicate-id]",
            ]
        );
    }

    #[test]
    fn a_record_without_a_turn_takes_that_of_its_request() {
        let rows = rows_of(&json!([asks("t1", &["a"])]), &json!([{"tool_call_id": "a"}]));
        assert_eq!(short(&rows), ["a 1 no-result null null []"]);
        assert_eq!(rows[0]["assistant_turn_id"], "t1");
        assert_eq!(rows[0]["name"], "asked", "and what else the record lacks");
        assert_eq!(rows[0]["arguments"], "{}");
    }

    #[test]
    fn a_result_nobody_asked_for_is_shown_where_it_came() {
        let messages = json!([
            {"turn_id": "t1"},
            answers("t2", "ghost", "boo", None),
            answers("t3", "", "nameless", None),
        ]);
        let rows = rows_of(&messages, &json!([]));
        assert_eq!(
            short(&rows),
            [
                "ghost 2 unrecorded boo null [result-without-call]",
                " 3 unrecorded nameless null [result-without-call]",
            ]
        );
        assert_eq!((&rows[0]["name"], &rows[0]["type"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn empty_ids_belong_to_nothing() {
        let messages = json!([asks("t1", &[""]), answers("t2", "", "out", None)]);
        let rows = rows_of(&messages, &json!([record("", "t1")]));
        assert_eq!(
            short(&rows),
            [
                " 1 unrecorded null null []",
                " 1 no-result null null []",
                " 2 unrecorded out null [result-without-call]",
            ]
        );
    }

    #[test]
    fn a_summary_counts_by_tool_with_the_most_errors_first() {
        let call = |name: &str, error: Option<&str>, latency: f64| {
            json!({"name": name, "assistant_turn_id": "t", "error": error,
                   "result": "r", "latency_ms": latency})
        };
        let mut summary = Summary::default();
        let first = json!([
            call("a", None, 10.0),
            call("b", Some("one\nmore"), 20.0),
            call("b", Some("two"), 30.0),
            call("b", Some("one\nother"), 40.0),
        ]);
        with_rows(&json!([]), &first, |rows| summary.add(rows));
        let messages = json!([asks("t", &["x"]), answers("u", "ghost", "", None)]);
        with_rows(&messages, &json!([call("a", None, 0.5)]), |rows| summary.add(rows));
        with_rows(&json!([]), &json!([]), |rows| summary.add(rows));
        let rows = serde_json::to_value(summary.rows()).unwrap();
        let names: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["name"]).collect();
        assert_eq!(names, [&json!("b"), &json!("a"), &Value::Null, &json!("asked"), &Value::Null]);
        assert_eq!(
            rows[0],
            json!({
                "scope": "tool", "name": "b", "sessions": 1, "calls": 3, "ok": 0, "errors": 3,
                "no_result": 0, "unrecorded": 0, "error_rate": 1.0, "latency_p50_ms": 30,
                "latency_p95_ms": 40, "top_error": "one", "top_error_count": 2,
            })
        );
        assert_eq!((&rows[1]["sessions"], &rows[1]["latency_p50_ms"]), (&json!(2), &json!(0.5)));
        assert_eq!(
            rows[4],
            json!({
                "scope": "total", "name": null, "sessions": 3, "calls": 7, "ok": 2, "errors": 3,
                "no_result": 0, "unrecorded": 2, "error_rate": 3.0 / 7.0, "latency_p50_ms": 20,
                "latency_p95_ms": 40, "top_error": "one", "top_error_count": 2,
            })
        );
    }

    #[test]
    fn long_errors_are_cut_between_characters() {
        let mut summary = Summary::default();
        let error = "é".repeat(500);
        let calls = json!([{"name": "a", "error": error}]);
        with_rows(&json!([]), &calls, |rows| summary.add(rows));
        let top = summary.rows().into_iter().next().and_then(|row| row.top_error).unwrap();
        assert_eq!(top, format!("{}…", "é".repeat(200)));
    }

    #[test]
    fn nothing_has_no_rate() {
        let rows = Summary::default().rows();
        assert_eq!((rows.len(), rows[0].calls, rows[0].error_rate), (1, 0, None));
    }

    /// Few ids and turns, so that they meet; some empty, some unknown.
    fn id() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["", "a", "b", "c"]).prop_map(str::to_owned)
    }

    fn message() -> impl Strategy<Value = Value> {
        let result = (id(), "[xy]?", prop::option::of("[xy]?"))
            .prop_map(|(id, out, err)| json!({"tool_call_id": id, "output": out, "error": err}));
        let calls = prop::collection::vec(
            (id(), "[tu]?").prop_map(|(id, name)| json!({"id": id, "function": {"name": name}})),
            0..4,
        );
        (id(), prop::option::of(calls), prop::option::of(result)).prop_map(
            |(turn, calls, result)| {
                json!({"turn_id": turn, "tool_calls": calls, "tool_results": result})
            },
        )
    }

    fn entry() -> impl Strategy<Value = Value> {
        (id(), id(), "[tu]?", prop::option::of("[xy]?"), prop::option::of("[xy]?")).prop_map(
            |(id, turn, name, result, error)| {
                json!({"tool_call_id": id, "assistant_turn_id": turn, "name": name,
                       "arguments": "{}", "result": result, "error": error})
            },
        )
    }

    fn list(of: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
        prop::collection::vec(of, 0..8).prop_map(Value::Array)
    }

    fn length(list: &Value) -> usize {
        list.as_array().map_or(0, Vec::len)
    }

    proptest! {
        #[test]
        fn no_trace_is_lost_or_told_twice(messages in list(message()), entries in list(entry())) {
            let rows = rows_of(&messages, &entries);
            let messages = messages.as_array().unwrap();
            let asked: usize = messages.iter().map(|message| length(&message["tool_calls"])).sum();
            let carried =
                messages.iter().filter(|message| message["tool_results"].is_object()).count();
            let (mut recorded, mut requests, mut without) = (0, 0, 0);
            for row in &rows {
                let flagged = |flag: &str| row["flags"].as_array().unwrap().contains(&json!(flag));
                let unrecorded = row["status"] == "unrecorded";
                recorded += usize::from(!unrecorded);
                // Only a request has a kind.
                requests += usize::from(!row["type"].is_null());
                without += usize::from(flagged("result-without-call"));
                prop_assert!(!flagged("result-without-call") || unrecorded);
                prop_assert_eq!(flagged("orphan"), row["turn"].is_null());
                match row["status"].as_str().unwrap() {
                    "ok" => prop_assert!(row["error"].is_null() && row["result"].is_string()),
                    "error" => prop_assert!(row["error"].as_str().is_some_and(|e| !e.is_empty())),
                    "no-result" => prop_assert!(row["error"].is_null() && row["result"].is_null()),
                    status => prop_assert_eq!(status, "unrecorded"),
                }
            }
            prop_assert_eq!(recorded, length(&entries), "a row a record");
            prop_assert_eq!(requests, asked, "a row a request, its record's or its own");
            prop_assert!(without <= carried);
            let turns: Vec<u64> =
                rows.iter().map(|row| row["turn"].as_u64().unwrap_or(u64::MAX)).collect();
            prop_assert!(turns.is_sorted());
        }

        #[test]
        fn the_figures_add_up(
            sessions in prop::collection::vec((list(message()), list(entry())), 0..4),
        ) {
            let mut summary = Summary::default();
            let mut calls = 0;
            for (messages, entries) in &sessions {
                with_rows(messages, entries, |rows| {
                    calls += rows.len();
                    let counts = Counts::of(rows);
                    assert_eq!(Status::ALL.map(|status| counts.with(status)).iter().sum::<usize>(), rows.len());
                    summary.add(rows);
                });
            }
            let mut rows = summary.rows();
            let total = rows.pop().unwrap();
            prop_assert_eq!((total.scope, total.calls), (Scope::Total, calls));
            prop_assert_eq!(total.sessions, sessions.len());
            let sum = |figure: fn(&SummaryRow) -> usize| rows.iter().map(figure).sum::<usize>();
            prop_assert_eq!(sum(|row| row.calls), total.calls);
            prop_assert_eq!(sum(|row| row.ok), total.ok);
            prop_assert_eq!(sum(|row| row.errors), total.errors);
            prop_assert_eq!(sum(|row| row.no_result), total.no_result);
            prop_assert_eq!(sum(|row| row.unrecorded), total.unrecorded);
            for row in rows.iter().chain([&total]) {
                prop_assert_eq!(row.calls, row.ok + row.errors + row.no_result + row.unrecorded);
                prop_assert!(row.top_error_count <= row.errors);
                prop_assert_eq!(row.top_error.is_some(), row.errors > 0);
            }
        }
    }
}
