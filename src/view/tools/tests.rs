//! The join and the rows, against documents.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The rows of a document with these lists, as their JSON.
fn rows_of(messages: &Value, tool_calls: &Value) -> Vec<Value> {
    with_rows(messages, tool_calls, |rows| {
        rows.iter().map(|row| serde_json::to_value(row).unwrap()).collect()
    })
}

pub fn with_rows<T>(
    messages: &Value,
    tool_calls: &Value,
    look: impl FnOnce(&[ToolRow<'_>]) -> T,
) -> T {
    let text =
        json!({"session_id": "s", "messages": messages, "tool_calls": tool_calls}).to_string();
    let input: Input<'_> = serde_json::from_str(&text).unwrap();
    look(&rows(&input.session_id, &input.messages, &input.tool_calls))
}

pub fn asks(turn: &str, ids: &[&str]) -> Value {
    let calls = ids.iter().map(|id| {
        json!({"id": id, "type": "function", "function": {"name": "asked", "arguments": "{}"}})
    });
    json!({"turn_id": turn, "timestamp": "2026-09-14T10:00:00Z",
           "tool_calls": calls.collect::<Vec<_>>()})
}

pub fn answers(turn: &str, id: &str, output: &str, error: Option<&str>) -> Value {
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

/// Few ids and turns, so that they meet; some empty, some unknown.
fn id() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "a", "b", "c"]).prop_map(str::to_owned)
}

pub fn message() -> impl Strategy<Value = Value> {
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

pub fn entry() -> impl Strategy<Value = Value> {
    (id(), id(), "[tu]?", prop::option::of("[xy]?"), prop::option::of("[xy]?")).prop_map(
        |(id, turn, name, result, error)| {
            json!({"tool_call_id": id, "assistant_turn_id": turn, "name": name,
                   "arguments": "{}", "result": result, "error": error})
        },
    )
}

pub fn list(of: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
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
}
