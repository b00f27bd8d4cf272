//! Documents that do not keep to the API's types: shown as well as can be, with a warning a field.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Run, feather, id, run};

/// A folder with `one.json`.
fn saved(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("one.json"), text).unwrap();
    folder
}

/// Runs a command line in it.
fn view(folder: &TempDir, line: &str) -> Run {
    run(feather().current_dir(folder).args(line.split_whitespace()))
}

/// The rows that it prints as NDJSON; the run must go well.
fn rows(folder: &TempDir, line: &str) -> Vec<Value> {
    let done = view(folder, &format!("{line} --format ndjson"));
    assert_eq!(done.code, 0, "{done:?}");
    done.documents()
}

/// A session of three turns.
fn session() -> Value {
    let turn = |n: usize, role: &str, content: &str| json!({"turn_id": id(n), "role": role, "content": content});
    json!({
        "session_id": id(9), "channel": "chat",
        "messages": [turn(1, "user", "first"), turn(2, "assistant", "second"), turn(3, "user", "third")],
        "rag_traces": [
            {"rag_query_id": id(5), "assistant_turn_id": id(2), "hit": false, "query_hash": "q", "kb_ids": ["k", "l"],
             "top_score": 0.5, "retrieved": [{"chunk_id": "c", "doc_id": "d", "score": 0.5}]},
            {"rag_query_id": id(6), "assistant_turn_id": id(2), "hit": true},
        ],
        "citations": [{"assistant_turn_id": id(2), "kb_id": id(7), "doc_id": "d", "chunk_id": "c"}],
        "tool_calls": [{"tool_call_id": "t", "assistant_turn_id": id(2), "name": "look", "arguments": "{}",
            "result": "found", "latency_ms": 5}],
        "missing_evidence_reasons": ["no_csat"],
    })
}

/// The session with one value put in another's place, as JSON spells it.
fn with(pointer: &str, value: &str) -> TempDir {
    let mut session = session();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let marked = json!("the odd value");
    match session.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(name.to_owned(), marked)),
        Value::Array(elements) => elements[name.parse::<usize>().unwrap()] = marked,
        _ => panic!("{pointer}"),
    }
    saved(&session.to_string().replace("\"the odd value\"", value))
}

/// Where a value is put, the value, what it is, and the view that shows it.
const IN_PLACE_OF_TEXT: [(&str, &str, &str, &str); 14] = [
    ("/messages/1/content", r#"[{"type":"text","text":"hi"}]"#, "an array", "transcript"),
    ("/messages/1/content", "5.50", "a number", "transcript"),
    ("/messages/1/role", "true", "a boolean", "transcript"),
    ("/messages/1/model_used", r#"{"id":1}"#, "an object", "transcript"),
    ("/rag_traces/0/query_hash", "77", "a number", "rag"),
    ("/rag_traces/0/kb_ids/1", "41", "a number", "rag"),
    ("/rag_traces/0/retrieved/0/doc_id", "88", "a number", "rag --chunks"),
    ("/citations/0/doc_id", r#"{"d":1}"#, "an object", "rag --chunks"),
    ("/tool_calls/0/result", r#"{"rows":2}"#, "an object", "tools"),
    ("/tool_calls/0/error", r#"{"code":7}"#, "an object", "tools"),
    ("/tool_calls/0/name", "99", "a number", "tools --summary"),
    ("/channel", r#"["chat"]"#, "an array", "fetch --overview"),
    ("/missing_evidence_reasons/0", "12", "a number", "missing"),
    ("/started_at", "1696500000", "a number", "fetch --overview"),
];

/// Where a value is put, the value, what is said of it, and a view that reads it.
const IN_PLACE_OF_OTHERS: [(&str, &str, &str, &str); 16] = [
    (
        "/messages/0/latency_ms",
        r#""830""#,
        "a string where a number was expected; read as null",
        "transcript",
    ),
    (
        "/messages/0/truncated",
        r#""no""#,
        "a string where a boolean was expected; read as null",
        "transcript",
    ),
    (
        "/messages/0/tool_calls",
        r#"{"id":"a"}"#,
        "an object where an array was expected; read as null",
        "tools",
    ),
    (
        "/messages/0/tool_results",
        "[]",
        "an array where an object was expected; read as null",
        "tools",
    ),
    ("/rag_traces/0/hit", r#""yes""#, "a string where a boolean was expected; read as null", "rag"),
    (
        "/rag_traces/0/retrieved",
        r#"{"doc_id":"d"}"#,
        "an object where an array was expected; read as null",
        "rag",
    ),
    (
        "/rag_traces/0/answerability",
        r#""good""#,
        "a string where an object was expected; read as null",
        "rag",
    ),
    (
        "/rag_traces/0/top_score",
        r#""0.5""#,
        "a string where a number was expected; read as null",
        "rag --summary",
    ),
    (
        "/tool_calls/0/latency_ms",
        "[5]",
        "an array where a number was expected; read as null",
        "tools",
    ),
    ("/csat", "5", "a number where an object was expected; read as null", "missing"),
    ("/kb_snapshot", "[]", "an array where an object was expected; read as null", "missing"),
    (
        "/messages",
        r#"{"0":{}}"#,
        "an object where an array was expected; read as null",
        "missing --all",
    ),
    (
        "/analyzer_input_schema_version",
        r#""2""#,
        "a string where a number was expected; read as null",
        "fetch --overview",
    ),
    ("/rag_traces/1", r#""x""#, "a string where an object was expected; left out", "rag"),
    (
        "/rag_traces/0/retrieved/0",
        "7",
        "a number where an object was expected; left out",
        "rag --chunks",
    ),
    ("/tool_calls/0", "null", "null where an object was expected; left out", "tools"),
];

/// `/messages/1/content` as warnings name it: `messages[1].content`.
fn path(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1).map(|step| match step.parse::<usize>() {
        Ok(index) => format!("[{index}]"),
        Err(_) => format!(".{step}"),
    });
    steps.collect::<String>()[1..].to_owned()
}

#[test]
fn where_a_text_is_due_another_value_is_shown_as_json() {
    for (pointer, value, found, line) in IN_PLACE_OF_TEXT {
        let folder = with(pointer, value);
        let done = view(&folder, &format!("{line} one.json"));
        let warning = format!(
            "warning: one.json: {}: {found} where a string was expected; shown as JSON\n",
            path(pointer)
        );
        assert_eq!((done.code, &*done.stderr), (0, &*warning), "{pointer}");
        assert!(done.stdout.contains(value), "{pointer}: {done:?}");
        view(&folder, &format!("{line} one.json --quiet")).succeeded();
        // As data it is the same, a string.
        let text = Value::Array(rows(&folder, &format!("{line} one.json"))).to_string();
        assert!(text.contains(json!(value).to_string().trim_matches('"')), "{pointer}: {text}");
        // And what was sent stays as it was.
        let text = std::fs::read_to_string(folder.path().join("one.json")).unwrap();
        assert_eq!(view(&folder, "fetch one.json --format raw").succeeded().stdout, text);
    }
}

#[test]
fn where_something_else_is_due_it_is_null_and_the_rest_is_shown() {
    for (pointer, value, words, line) in IN_PLACE_OF_OTHERS {
        let folder = with(pointer, value);
        let done = view(&folder, &format!("{line} one.json"));
        let warning = format!("warning: one.json: {}: {words}: {value}\n", path(pointer));
        assert_eq!((done.code, &*done.stderr), (0, &*warning), "{pointer}");
        let summary = line.contains("summary");
        assert!(summary || done.stdout.contains(&id(9)), "{pointer}: {done:?}");
        view(&folder, "fetch one.json").succeeded();
    }
    let hits = rows(&with("/rag_traces/0/hit", "\"yes\""), "rag one.json");
    assert_eq!((&hits[0]["hit"], &hits[0]["query_hash"]), (&json!(null), &json!("q")));
    assert_eq!(hits[1]["hit"], json!(true));
}

#[test]
fn a_message_that_is_none_keeps_its_turn() {
    for value in ["\"hello\"", "null", "7"] {
        let folder = with("/messages/1", value);
        let done = view(&folder, "transcript one.json");
        assert_eq!(done.code, 0, "{done:?}");
        done.says(&["messages[1]: ", "where an object was expected; shown as JSON"]);
        let transcript = rows(&folder, "transcript one.json");
        let third = transcript.iter().find(|row| row["turn"] == 3).unwrap();
        assert_eq!(third["content"], "third");
        let second = transcript.iter().find(|row| row["turn"] == 2).unwrap();
        assert_eq!(second["content"], value);
    }
}

#[test]
fn a_reason_that_stands_alone_is_looked_for_like_one_in_a_list() {
    let folder = with("/missing_evidence_reasons", "\"no_csat\"");
    let done = view(&folder, "missing one.json --fail-on no_csat");
    assert_eq!(done.code, 10, "{done:?}");
    done.says(&["missing_evidence_reasons: a string where an array of strings was expected"]);
    let folder = with("/missing_evidence_reasons", "{\"no_csat\":true}");
    assert_eq!(view(&folder, "missing one.json --fail-on any").code, 10);
}

#[test]
fn of_a_key_that_stands_twice_the_last_one_counts_with_a_warning() {
    let text = session().to_string();
    for (from, to, path, line, shown) in [
        (
            "\"channel\":\"chat\"",
            "\"channel\":\"voice\",\"channel\":\"chat\"",
            "channel",
            "missing",
            "chat",
        ),
        (
            "\"content\":\"second\"",
            "\"content\":7,\"content\":\"b\",\"content\":\"second\"",
            "messages[1].content",
            "transcript",
            "second",
        ),
        ("\"hit\":false", "\"hit\":true,\"hit\":false", "rag_traces[0].hit", "rag", "no"),
        (
            "\"name\":\"look\"",
            "\"name\":\"x\",\"name\":\"look\"",
            "tool_calls[0].name",
            "tools",
            "look",
        ),
    ] {
        let folder = saved(&text.replacen(from, to, 1));
        let done = view(&folder, &format!("{line} one.json"));
        let times = to.matches(from.split(':').next().unwrap()).count();
        let warning = format!(
            "warning: one.json: {path}: the key stands {times} times; the last one counts\n"
        );
        assert_eq!((done.code, &*done.stderr), (0, &*warning), "{path}");
        assert!(done.stdout.contains(shown), "{path}: {done:?}");
        // As jq and Python read it; and as it was sent.
        assert!(view(&folder, "fetch one.json --format raw").succeeded().stdout.contains(to));
    }
    let folder =
        saved(&text.replacen("\"session_id\"", "\"session_id\":\"old\",\"session_id\"", 1));
    let done = view(&folder, "missing one.json");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains(&id(9)) && !done.stdout.contains("old"), "{done:?}");
}

#[test]
fn the_same_fault_in_many_places_is_told_once() {
    let mut session = session();
    for message in session["messages"].as_array_mut().unwrap() {
        message["content"] = json!([]);
    }
    let done = view(&saved(&session.to_string()), "transcript one.json");
    assert_eq!(
        done.stderr,
        "warning: one.json: messages[0].content: an array where a string was expected; shown as JSON \
         (and 2 more like it)\n"
    );
}

#[test]
fn what_cannot_be_read_at_all_is_4_and_names_what_is_missing() {
    for (text, words) in [
        (r#"{"session_id": 5, "channel": 7}"#, "session_id: invalid type: integer `5`"),
        (r#"{"session_id": null}"#, "session_id"),
        (r#"{"channel": 7}"#, "missing field `session_id`"),
        (r#"{"session_id": "s", "channel": 7, "messages": [}"#, "not JSON"),
        (r#"{"session_id": "s", "channel": 7, "x": NaN}"#, "x holds NaN"),
        (r#"[[{"session_id": "s", "channel": 7]]"#, "not JSON"),
    ] {
        let folder = saved(text);
        for command in ["transcript", "rag", "tools", "missing"] {
            let failure = view(&folder, &format!("{command} one.json"));
            failure.failed_with(4).says(&["one.json: ", words]);
        }
    }
}

#[test]
fn ids_that_differ_in_case_alone_are_the_same() {
    let upper = |n| id(n).to_uppercase().replace("5E551000", "5E55ABCD");
    let lower = |n| upper(n).to_lowercase();
    let text = session().to_string().replace("5e551000", "5e55abcd");
    // The turns in capitals, what points at them not; the knowledge bases the other way round.
    let messages = text.find("\"messages\"").unwrap();
    let text = text.replace(
        &format!("\"turn_id\":\"{}\"", lower(2)),
        &format!("\"turn_id\":\"{}\"", upper(2)),
    );
    assert!(messages > 0 && text.contains(&upper(2)) && text.contains(&lower(2)));
    let folder = saved(&text);
    for line in ["rag one.json", "rag one.json --chunks", "tools one.json"] {
        for row in rows(&folder, line) {
            assert_eq!(row["turn"], 2, "{line}: {row}");
            assert!(!row["flags"].to_string().contains("orphan"), "{line}: {row}");
            assert_eq!(row["session_id"], lower(9), "{line}: {row}");
        }
    }
    let transcript = rows(&folder, "transcript one.json");
    assert!(transcript.iter().all(|row| row["kind"] != "orphan"), "{transcript:?}");
    // The same session in another case is the same session.
    std::fs::write(folder.path().join("two.json"), text.replace(&lower(9), &upper(9))).unwrap();
    let done = view(&folder, "rag one.json two.json --summary");
    done.says(&["a session that came before"]);
    // Text that is no UUID stays as it is.
    let folder = with("/session_id", "\"Session-A\"");
    assert_eq!(rows(&folder, "tools one.json")[0]["session_id"], "Session-A");
    assert!(view(&folder, "fetch one.json").succeeded().stdout.contains("Session-A"));
}
