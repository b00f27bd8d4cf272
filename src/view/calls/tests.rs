//! The joins, and that every view tells the same of every call.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::view::transcript::{Selection, Transcript};
use crate::view::{overview, tools, transcript};

/// Of a call: id, turn, status, the message with what came back and what that is.
type Told = (String, Option<usize>, Status, Option<(usize, String)>);

fn joined(json: &str) -> Vec<Told> {
    let input: tools::Input<'_> = serde_json::from_str(json).unwrap();
    join(&input.messages, &input.tool_calls, |_| None)
        .iter()
        .map(|call| {
            let carried = call.carried.map(|(at, result)| (at, result.output.decode().into()));
            (call.id().to_owned(), call.turn, call.status(), carried)
        })
        .collect()
}

#[test]
fn a_message_that_answers_one_call_and_asks_with_the_same_id_answers_the_one_before() {
    let unrecorded = |turn, came| ("c".to_owned(), Some(turn), Status::Unrecorded, came);
    assert_eq!(
        joined(
            r#"{"session_id":"s","messages":[{"tool_calls":[{"id":"c"}]},
            {"tool_calls":[{"id":"c"}],"tool_results":{"tool_call_id":"c","output":"one"}},
            {"tool_results":{"tool_call_id":"c","output":"two"}}]}"#
        ),
        [unrecorded(1, Some((1, "one".to_owned()))), unrecorded(2, Some((2, "two".to_owned()))),]
    );
    assert_eq!(
        joined(
            r#"{"session_id":"s","messages":[
            {"tool_calls":[{"id":"c"}],"tool_results":{"tool_call_id":"c","output":"own"}}]}"#
        ),
        [unrecorded(1, Some((0, "own".to_owned())))],
        "where nothing else waits, its own"
    );
}

#[test]
fn several_calls_of_one_message_with_one_id_are_answered_in_turn() {
    let unrecorded = |turn, came| ("c".to_owned(), Some(turn), Status::Unrecorded, came);
    assert_eq!(
        joined(
            r#"{"session_id":"s","messages":[{"tool_calls":[{"id":"c"}]},
            {"tool_calls":[{"id":"c"},{"id":"c"}]},
            {"tool_results":{"tool_call_id":"c","output":"one"}},
            {"tool_results":{"tool_call_id":"c","output":"two"}},
            {"tool_results":{"tool_call_id":"c","output":"late"}},
            {"tool_results":{"tool_call_id":"c","output":"extra"}}]}"#
        ),
        [
            unrecorded(1, Some((4, "late".to_owned()))),
            unrecorded(2, Some((2, "one".to_owned()))),
            unrecorded(2, Some((3, "two".to_owned()))),
            unrecorded(6, Some((5, "extra".to_owned()))),
        ]
    );
}

/// Few ids, so that they meet; some empty, some unknown.
fn id() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "b", "c\n"])
}

/// A document whose messages and records know each other, or not.
fn documents() -> impl Strategy<Value = Value> {
    let text = || prop::option::of("[x\"\n]?");
    let call = (id(), "[tu]?").prop_map(
        |(id, name)| json!({"id": id, "function": {"name": name, "arguments": "{\"a\": 1}"}}),
    );
    let result = (id(), text(), text()).prop_map(
        |(id, output, error)| json!({"tool_call_id": id, "output": output, "error": error}),
    );
    let calls = prop::option::of(prop::collection::vec(call, 0..4));
    let message = (id(), calls, prop::option::of(result)).prop_map(|(turn, calls, result)| {
        json!({"turn_id": turn, "tool_calls": calls, "tool_results": result})
    });
    let record = (id(), id(), text(), text()).prop_map(|(id, turn, result, error)| {
        json!({"tool_call_id": id, "assistant_turn_id": turn, "name": "t",
            "arguments": "{}", "result": result, "error": error})
    });
    let messages = prop::collection::vec(message, 0..8);
    let records = prop::collection::vec(record, 0..8);
    (messages, records).prop_map(|(messages, records)| {
        json!({"session_id": "s", "messages": messages, "tool_calls": records})
    })
}

proptest! {
    #[test]
    fn transcript_tools_and_overview_tell_the_same_of_every_call(document in documents()) {
        let text = document.to_string();
        let input: tools::Input<'_> = serde_json::from_str(&text).unwrap();
        let rows = tools::rows(&input.session_id, &input.messages, &input.tool_calls);
        let told = Counts::of(&rows);

        let input: transcript::Input<'_> = serde_json::from_str(&text).unwrap();
        let transcript = Transcript::new(&input);
        let counts = transcript.counts();
        prop_assert_eq!(
            (counts.tool_calls, counts.errors, counts.no_result, counts.unrecorded),
            (told.calls, told.errors, told.no_result, told.unrecorded)
        );
        let orphans = rows.iter().filter(|row| row.turn.is_none()).count();
        prop_assert_eq!(counts.orphans, orphans);

        // Call by call: the turn, the id, the status and what came back.
        let mut shown = Vec::new();
        for row in transcript.rows(&Selection::ALL) {
            let row = serde_json::to_value(row).unwrap();
            let of_turn = |call: &Value| json!([row["turn"], call["tool_call_id"],
                call["status"], call["result"], call["error"], call["arguments"]]);
            shown.extend(row["tool_calls"].as_array().into_iter().flatten().map(of_turn));
            let answer = &row["tool_results"];
            if answer["flags"].as_array().is_some_and(|flags| !flags.is_empty()) {
                let error = Some(&answer["error"]).filter(|error| **error != json!(""));
                let output = Some(&answer["output"])
                    .filter(|output| error.is_none_or(Value::is_null) || **output != json!(""));
                shown.push(json!([row["turn"], answer["tool_call_id"], "unrecorded", output,
                    error, null]));
            }
        }
        let mut listed: Vec<Value> = rows.iter().map(|row| json!([row.turn, row.tool_call_id,
            row.status, row.result, row.error, row.arguments])).collect();
        shown.sort_by_key(Value::to_string);
        listed.sort_by_key(Value::to_string);
        prop_assert_eq!(shown, listed);

        let input: overview::Input<'_> = serde_json::from_str(&text).unwrap();
        let row = overview::row(&input);
        prop_assert_eq!(
            (row.tool_errors, row.tool_calls_unrecorded),
            (told.errors, told.unrecorded)
        );
    }
}

#[test]
fn the_message_of_an_error_that_is_json_comes_first() {
    for (error, told) in [
        ("timed out", "timed out"),
        (
            r#"{"code":"E","message":"No money","retry":1.0}"#,
            r#"No money {"code":"E","retry":1.0}"#,
        ),
        (r#"{"message":"No \u00e9"}"#, "No é"),
        (r#"{"error":{"message":"in"},"id":7}"#, r#"in {"error":{"message":"in"},"id":7}"#),
        (r#"{"error":"no","id":7}"#, r#"{"error":"no","id":7}"#),
        (r#"{"message":"  "}"#, r#"{"message":"  "}"#),
        (r#"{"message":"cut"#, r#"{"message":"cut"#),
        (r#"["message"]"#, r#"["message"]"#),
    ] {
        assert_eq!(message_first(error), told, "{error}");
    }
}

#[test]
fn arguments_are_broken_where_they_set_out_to_be_json_and_are_none() {
    for (arguments, broken) in [
        (r#"{"a":1}"#, false),
        (" [1] ", false),
        ("", false),
        ("plain words", false),
        (r#"{"a":"#, true),
        ("[1,]", true),
    ] {
        let json = serde_json::to_string(arguments).unwrap();
        let arguments: LazyText<'_> = serde_json::from_str(&json).unwrap();
        assert_eq!(are_broken(arguments), broken, "{json}");
    }
}
