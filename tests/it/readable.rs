//! What people read of long and nested text: JSON that stands in strings, blobs, what is told twice.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::{Value, json};

/// The transcript of a document, in words.
fn transcript(document: &Value, options: &str) -> String {
    printed("transcript", document, options)
}

/// What a command prints of a document.
fn printed(command: &str, document: &Value, options: &str) -> String {
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    std::fs::write(file.path(), dumped(document)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_feather-analysis"))
        .arg(command)
        .arg(file.path())
        .args(options.split_whitespace())
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A session of one call: what it was given, what came back, what the message that brought it says,
/// and what the customer says after that.
fn session(arguments: &str, result: &str, content: &str, said: &str) -> Value {
    json!({
        "session_id": "s",
        "messages": [
            {"turn_id": "a", "role": "assistant", "content": "Let me look.", "tool_calls":
                [{"id": "c", "function": {"name": "look_up", "arguments": arguments}}]},
            {"turn_id": "b", "role": "tool", "content": content,
                "tool_results": {"tool_call_id": "c", "output": result}},
            {"turn_id": "c", "role": "user", "content": said},
        ],
        "tool_calls": [{"tool_call_id": "c", "assistant_turn_id": "a", "name": "look_up",
            "arguments": arguments, "result": result, "latency_ms": 5}],
    })
}

/// JSON as Python's `json.dumps` spells it: every letter past ASCII as an escape.
fn dumped(value: &Value) -> String {
    let mut dumped = String::new();
    for letter in value.to_string().chars() {
        if letter.is_ascii() {
            dumped.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            write!(dumped, "\\u{unit:04x}").unwrap();
        }
    }
    dumped
}

#[test]
fn json_that_stands_in_a_string_is_decoded_for_people() {
    let arguments = dumped(&json!({"query": "契約の解除", "face": "🙂"}));
    let result = dumped(&json!({"text": "first line\nsecond line", "at": "C:\\temp"}));
    let nested = dumped(&json!([{"type": "text", "text": dumped(&json!({"name": "Zoë"}))}]));
    let document = session(&arguments, &result, "", &nested);
    let text = transcript(&document, "");
    assert!(text.contains(r#""query":"契約の解除""#) && text.contains(r#""face":"🙂""#), "{text}");
    assert!(text.contains("\"text\": \"first line\n"), "{text}");
    assert!(text.contains("  second line\""), "{text}");
    assert!(text.contains(r#""at": "C:\temp""#), "{text}");
    assert!(text.contains(r#""text":{"name":"Zoë"}"#), "{text}");
    let markdown = transcript(&document, "--format markdown");
    for words in ["\"契約の解除\"", "🙂", "\"text\": \"first line\n", r#"{"name":"Zoë"}"#] {
        assert!(markdown.contains(words), "{words}: {markdown}");
    }
    for page in [text, markdown] {
        assert!(!page.contains("\\u") && !page.contains("\\n"), "{page}");
    }
}

#[test]
fn the_tables_of_tools_decode_it_too() {
    let arguments = dumped(&json!({"query": "契約の解除"}));
    let result = dumped(&json!({"text": "first line\nsecond line", "name": "Zoë"}));
    let mut document = session(&arguments, &result, "", "");
    let only_result = printed("tools", &document, "");
    document["tool_calls"][0]["error"] = dumped(&json!({"msg": "失敗"})).into();
    for options in
        ["", "--full", "--format markdown", "--width 200", "--fields error,result,arguments"]
    {
        let page = printed("tools", &document, options).replace('\\', "");
        for words in [r#""msg":"失敗""#, r#""text":"first line second line""#, "Zoë", "契約の解除"]
        {
            assert!(page.contains(words), "{options}: {words}: {page}");
        }
        assert!(!page.contains("u5931") && !page.contains("u00eb"), "{options}: {page}");
    }
    assert!(only_result.contains(r#""name":"Zoë""#), "{only_result}");
    for options in ["--summary", "--summary --format markdown", "--summary --width 80"] {
        let page = printed("tools", &document, options).replace('\\', "");
        assert!(page.contains(r#"1× {"msg":"失敗"}"#), "{options}: {page}");
    }
}

#[test]
fn a_blob_in_a_tools_table_is_cut_and_whole_with_full() {
    let blob = "iVBORw0KGgo/AAAANSUhEUgAA+9".repeat(60);
    let document = session("{}", &json!({"picture": blob, "ok": "stored"}).to_string(), "", "");
    for format in ["", "--format markdown"] {
        let page = printed("tools", &document, format);
        assert!(
            page.contains("1,588 more characters of base64") && page.contains("stored"),
            "{page}"
        );
        let full = printed("tools", &document, &format!("{format} --full"));
        assert!(!full.contains("more characters") && full.contains("stored"), "{full}");
        assert!(full.len() > page.len() + 1400, "{full}");
    }
    assert!(printed("tools", &document, "").contains("--full shows all"));
}

#[test]
fn json_of_other_writers_is_decoded_too() {
    for (result, shown) in [
        // Cut off by whoever stored it.
        (r#"{"answer": "\u898b\u3064", "more": ["\u304b"#, "見つ"),
        // No JSON to the letter: Python's.
        (r#"{"score": NaN, "answer": "\u898b\u3064"}"#, "見つ"),
        // One value a line.
        ("{\"n\": \"\\u898b\"}\n{\"n\": \"\\u3064\"}", "\"見\"}\n"),
        // JSON of JSON.
        (r#""{\"answer\": \"\\u898b\\u3064\"}""#, r#"{"answer": "見つ"}"#),
        // PHP's slashes.
        (r#"{"url":"http:\/\/example.com\/\u898b"}"#, "http://example.com/見"),
    ] {
        let text = transcript(&session("{}", result, "done", "thanks"), "");
        assert!(text.contains(shown), "{result}: {text}");
    }
    let document = json!({"session_id": "s", "messages": [],
        "customer_metadata": {"名前": "見つ", "notes": ["é"]}});
    let text = transcript(&document, "");
    assert!(text.contains("名前: \"見つ\"") && text.contains(r#"["é"]"#), "{text}");
    assert!(transcript(&document, "--format markdown").contains("\"名前\": \"見つ\""));
}

#[test]
fn prose_is_not_taken_for_json() {
    for said in [r"[sic] \u00e9 {x}", r#"He said "C:\new\u00e9""#, r#""C:\temp\new""#, r"{\n}"] {
        let text = transcript(&session("", "", "done", said), "");
        assert!(text.contains(&format!("     {said}\n")), "{said}: {text}");
    }
}

#[test]
fn machine_formats_keep_strings_as_they_are() {
    let blob = "aB3/".repeat(500);
    let result = dumped(&json!({"answer": "見つ", "picture": blob}));
    let document = session(&result, &result, &result, &"word ".repeat(1000));
    for format in ["json", "ndjson"] {
        let plain = transcript(&document, &format!("--format {format}"));
        let rows: Vec<Value> = match format {
            "json" => serde_json::from_str(&plain).unwrap(),
            _ => plain.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        };
        assert_eq!(rows[0]["tool_calls"][0]["result"], result);
        assert_eq!(rows[0]["tool_calls"][0]["arguments"], result);
        assert_eq!(rows[1]["content"], result);
        assert_eq!(rows[1]["tool_results"]["output"], result);
        assert_eq!(rows[2]["content"], document["messages"][2]["content"]);
        assert_eq!(plain, transcript(&document, &format!("--format {format} --full")));
    }
    let mut document = document;
    document["tool_calls"][0]["error"] = dumped(&json!({"msg": "失敗"})).into();
    let rows: Value = serde_json::from_str(&printed("tools", &document, "--format json")).unwrap();
    assert_eq!(rows[0]["result"], result);
    assert_eq!(rows[0]["error"], document["tool_calls"][0]["error"]);
    let csv = printed("tools", &document, "--format csv --fields error,result");
    assert!(csv.contains(r#""{""msg"":""\u5931\u6557""}""#) && csv.contains(&blob), "{csv}");
    let summary = printed("tools", &document, "--summary --format ndjson");
    let summary: Value = serde_json::from_str(summary.lines().next().unwrap()).unwrap();
    assert_eq!(summary["top_error"], document["tool_calls"][0]["error"]);
}

#[test]
fn long_messages_are_cut_for_people_and_whole_with_full() {
    let lines: Vec<String> = (0..300).map(|n| format!("line {n} of a long text")).collect();
    let long = lines.join("\n");
    let mut document = session("{}", &long, &long, &long);
    document["user_feedback"] = json!({"comment": long});
    for format in ["text", "markdown"] {
        let page = transcript(&document, &format!("--format {format}"));
        assert_eq!(page.matches("line 0 of").count(), 3, "{format}: {page}");
        assert_eq!(page.matches("line 299 of").count(), 0, "{format}: {page}");
        assert_eq!(page.matches("more characters; ").count(), 3, "{format}: {page}");
        let full = transcript(&document, &format!("--format {format} --full"));
        assert_eq!(full.matches("line 299 of").count(), 3, "{format}: {full}");
        assert!(!full.contains("more characters"), "{format}: {full}");
    }
    // What is told is what was left out.
    let page = transcript(&document, "");
    let shown = page.lines().filter(|line| line.starts_with("     line")).count() / 3;
    let left = lines[shown..].join("\n").chars().count();
    let left = format!("… {},{:03} more characters; --full shows all", left / 1000, left % 1000);
    assert!(page.contains(&left), "{left}: {page}");
}

#[test]
fn blobs_are_cut_wherever_they_stand() {
    let base64 = "iVBORw0KGgo/AAAANSUhEUgAA+9".repeat(60);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let dump: Vec<String> = (0..40)
        .map(|n| format!("{n:07x}0: 4865 6c6c 6f2c 20c3 a9ff 0a0d 00ab cdef  Hello, .........\n"))
        .collect();
    let hex = "48656c6c6f2c20c3".repeat(60);
    for blob in [
        format!("data:image/png;base64,{base64}"),
        format!("-----BEGIN KEY-----\n{}\n-----END KEY-----", lines.join("\n")),
        dump.concat(),
        hex.clone(),
        hex.as_bytes()
            .chunks(2)
            .map(|two| std::str::from_utf8(two).unwrap())
            .collect::<Vec<_>>()
            .join(" "),
    ] {
        let inside = json!({"picture": blob, "status": "stored"}).to_string();
        let document = session(&inside, &inside, "here it is", &format!("See {blob}\nthere"));
        for format in ["text", "markdown"] {
            let page = transcript(&document, &format!("--format {format}"));
            assert!(page.len() < 3000, "{format}: {page}");
            assert_eq!(page.matches(" more characters of ").count(), 3, "{format}: {page}");
            // What stands around it is shown.
            assert_eq!(
                page.matches(r#""status":"stored""#).count()
                    + page.matches(r#""status": "stored""#).count(),
                2,
                "{format}: {page}"
            );
            assert!(page.contains("there"), "{format}: {page}");
            let full = transcript(&document, &format!("--format {format} --full"));
            assert!(!full.contains("more characters"), "{format}: {full}");
            assert!(full.len() > 3000, "{format}: {full}");
        }
    }
}

/// How often a result is told, on the page of the session with these options.
fn times(document: &Value, options: &str) -> [usize; 2] {
    ["", "--format markdown"].map(|format| {
        let page = transcript(document, &format!("{format} {options}"));
        page.matches("The line is fine").count()
    })
}

#[test]
fn what_stands_in_its_own_turn_is_not_told_under_the_call() {
    let result = r#"{"status": "The line is fine", "mbps": 512.4}"#;
    let respelt = r#"{"status":"The line is fine","mbps":512.4}"#;
    for content in [result, respelt, "  The line is fine\n"] {
        let result = if content.starts_with('{') { result } else { "The line is fine" };
        let document = session("{}", result, content, "Good.");
        assert_eq!(times(&document, ""), [1, 1], "{content}");
        assert_eq!(times(&document, "--full"), [1, 1], "{content}");
        // Where one of the two is left out, the other tells it.
        assert_eq!(times(&document, "--turn 1"), [1, 1], "{content}");
        assert_eq!(times(&document, "--turn 2"), [1, 1], "{content}");
        assert_eq!(times(&document, "--role assistant"), [1, 1], "{content}");
    }
    // The message says something else, or nothing.
    for content in ["Looked it up.", ""] {
        let document = session("{}", result, content, "Good.");
        for options in ["", "--turn 1", "--turn 2", "--role tool"] {
            assert_eq!(times(&document, options), [1, 1], "{content} {options}");
        }
    }
    let mut document = session("{}", "", "The line is fine, yet it failed", "Oh.");
    document["tool_calls"][0]["error"] = "The line is fine, yet it failed".into();
    assert_eq!(times(&document, ""), [1, 1], "an error");
    assert_eq!(times(&document, "--turn 1"), [1, 1], "an error");
}

#[test]
fn arguments_that_differ_by_their_spelling_are_not_told_again() {
    let mut document = session(r#"{"line": "é", "n": 1}"#, "r", "done", "Good.");
    let asked = &mut document["messages"][0]["tool_calls"][0]["function"]["arguments"];
    *asked = r#"{"n":1,"line":"\u00e9"}"#.into();
    assert!(!transcript(&document, "").contains("asked as"));
    let asked = &mut document["messages"][0]["tool_calls"][0]["function"]["arguments"];
    *asked = r#"{"n":2,"line":"\u00e9"}"#.into();
    let text = transcript(&document, "");
    assert!(text.contains(r#"asked as   {"n":2,"line":"é"}"#), "{text}");
}
