//! The five views from outside: what they print, and what their exit codes say.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

use crate::harness::{Run, feather, id, run};

const SHOWCASE: &str = include_str!("../../src/demo/sessions/showcase.json");
const VOICE: &str = include_str!("../../src/demo/sessions/voice-abandoned.json");
const LEGACY: &str = include_str!("../../src/demo/sessions/legacy.json");
const WORLDWIDE: &str = include_str!("../../src/demo/sessions/worldwide.json");

/// The commands that print rows, and the sets of options that change which.
const ROWS: [&str; 7] = [
    "rag",
    "rag --chunks",
    "tools",
    "tools --summary",
    "missing",
    "missing --all",
    "missing --summary",
];

/// Saved documents.
struct Saved(TempDir);

impl Saved {
    fn new<'a>(files: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    /// The sample sessions, and one with what they lack.
    fn samples() -> Self {
        Self::new([
            ("showcase.json", SHOWCASE.to_owned()),
            ("voice.json", VOICE.to_owned()),
            ("legacy.json", LEGACY.to_owned()),
            ("worldwide.json", WORLDWIDE.to_owned()),
        ])
    }

    fn one(document: &Value) -> Self {
        Self::new([("one.json", document.to_string())])
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Runs a command line in the folder.
    fn run(&self, line: &str) -> Run {
        run(feather().current_dir(self.folder()).args(line.split_whitespace()))
    }

    /// The rows that a command line prints as NDJSON.
    fn rows(&self, line: &str) -> Vec<Value> {
        self.run(&format!("{line} --format ndjson")).documents()
    }
}

/// A document with one of nearly everything that can go wrong.
fn troubled() -> Value {
    json!({
        "session_id": id(1), "analyzer_input_schema_version": 2, "channel": "chat",
        "started_at": "2026-09-14T10:00:00Z", "ended_at": "2026-09-14T10:12:04Z",
        "messages": [
            {"turn_id": "t1", "role": "user", "timestamp": "2026-09-14T10:00:00Z", "content": "hello"},
            {"turn_id": "t2", "role": "assistant", "timestamp": "2026-09-14T10:00:05Z",
             "content": "wait", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "asked", "arguments": "{\"n\":1}"}},
                {"id": "b", "type": "function", "function": {"name": "lost", "arguments": "{}"}},
             ]},
            {"turn_id": "t3", "role": "tool", "timestamp": "2026-09-14T10:00:06Z", "content": "",
             "tool_results": {"tool_call_id": "a", "output": "", "error": "boom"}},
        ],
        "rag_traces": [
            {"rag_query_id": "r1", "assistant_turn_id": "t2", "query_hash": "q1", "hit": false,
             "top_score": 0.2, "retrieved": [{"chunk_id": "c1", "doc_id": "d1", "score": 0.2}],
             "answerability": {"label": "unanswerable"}},
            {"rag_query_id": "r2", "assistant_turn_id": "gone", "hit": true, "retrieved": []},
        ],
        "citations": [
            {"assistant_turn_id": "t2", "kb_id": "k", "doc_id": "d9", "chunk_id": "c9"},
        ],
        "tool_calls": [
            {"tool_call_id": "a", "assistant_turn_id": "t2", "name": "recorded",
             "arguments": "{\"n\":2}"},
            {"tool_call_id": "c", "assistant_turn_id": "t2", "name": "silent", "arguments": "{}"},
        ],
        "missing_evidence_reasons": ["no_csat"],
    })
}

/// A document in which there is nothing to complain about.
fn calm() -> Value {
    json!({
        "session_id": id(2), "analyzer_input_schema_version": 2,
        "messages": [{"turn_id": "t1", "role": "assistant", "content": "hello"}],
        "rag_traces": [{"rag_query_id": "r", "assistant_turn_id": "t1", "hit": true,
            "retrieved": [{"chunk_id": "c", "doc_id": "d"}]}],
        "citations": [{"assistant_turn_id": "t1", "kb_id": "k", "doc_id": "d", "chunk_id": "c"}],
        "tool_calls": [{"tool_call_id": "a", "assistant_turn_id": "t1", "name": "n",
            "arguments": "{}", "result": "fine"}],
        "kb_snapshot": {}, "csat": {"score": 5}, "user_feedback": {"comment": "thanks"},
    })
}

#[test]
fn a_condition_that_matches_is_code_10_and_one_that_does_not_is_0() {
    let troubled = Saved::one(&troubled());
    let calm = Saved::one(&calm());
    for (command, conditions) in [
        ("rag", "miss unanswerable uncited cited-not-retrieved orphan"),
        ("tools", "error no-result unrecorded"),
        ("missing", "any no_csat"),
    ] {
        for condition in conditions.split(' ') {
            for more in ["", " --format json", " --summary"] {
                let line = format!("{command} one.json --fail-on {condition}{more}");
                assert_eq!(troubled.run(&line).code, 10, "{line}");
                calm.run(&line).succeeded();
            }
        }
    }
    // Due and not declared is not declared.
    troubled.run("missing one.json --fail-on no_user_feedback").succeeded();
    calm.run("tools one.json --fail-on error,no-result").succeeded();
    assert_eq!(calm.run("tools one.json --fail-on error,ok").code, 10);
}

#[test]
fn a_condition_is_looked_for_in_what_only_leaves_out_and_not_in_other_tools() {
    let saved = Saved::one(&troubled());
    assert_eq!(saved.run("rag one.json --only uncited --fail-on orphan").code, 10);
    assert_eq!(saved.run("tools one.json --only ok --fail-on error").code, 10);
    saved.run("tools one.json --name silent --fail-on error").succeeded();
    assert_eq!(saved.run("tools one.json --name silent --fail-on no-result").code, 10);
}

#[test]
fn a_failure_comes_before_a_condition() {
    let saved = Saved::new([("a.json", troubled().to_string()), ("b.json", "{}".to_owned())]);
    let run = saved.run("missing a.json b.json --fail-on any");
    assert_eq!(run.code, 4);
    assert!(run.stdout.contains("no_csat"), "{run:?}");
}

#[test]
fn only_shows_the_rows_that_meet_a_condition() {
    let saved = Saved::one(&troubled());
    let all = saved.rows("rag one.json");
    for flag in ["miss", "unanswerable", "uncited", "cited-not-retrieved", "orphan"] {
        let has = |row: &&Value| row["flags"].as_array().unwrap().contains(&json!(flag));
        let wanted: Vec<&Value> = all.iter().filter(has).collect();
        let shown = saved.rows(&format!("rag one.json --only {flag}"));
        assert_eq!(shown.iter().collect::<Vec<_>>(), wanted, "{flag}");
        assert!(!shown.is_empty() && shown.len() < all.len(), "{flag}");
        let table = saved.run(&format!("rag one.json --only {flag}")).stdout;
        assert!(table.contains(flag), "{table}");
    }
    let all = saved.rows("tools one.json");
    assert_eq!(all.len(), 3);
    for status in ["error", "no-result", "unrecorded"] {
        let shown = saved.rows(&format!("tools one.json --only {status}"));
        assert_eq!(shown.len(), 1, "{status}");
        assert_eq!(shown[0]["status"], status);
    }
    assert_eq!(saved.rows("tools one.json --only error,no-result").len(), 2);
    assert_eq!(saved.rows("tools one.json --only ok").len(), 0);
}

#[test]
fn name_turn_role_and_no_evidence_narrow_what_is_shown() {
    let saved = Saved::one(&troubled());
    let names = |line: &str| -> Vec<Value> {
        saved.rows(line).iter().map(|row| row["name"].clone()).collect()
    };
    assert_eq!(names("tools one.json --name silent,lost"), ["lost", "silent"]);
    assert_eq!(names("tools one.json --name nobody"), [Value::Null; 0]);

    let turns = |line: &str| -> Vec<Value> {
        let rows = saved.rows(line);
        rows.iter().filter(|row| row["kind"] == "message").map(|row| row["turn"].clone()).collect()
    };
    assert_eq!(turns("transcript one.json"), [1, 2, 3]);
    assert_eq!(turns("transcript one.json --turn 2..3"), [2, 3]);
    assert_eq!(turns("transcript one.json --turn ..#1"), [1]);
    assert_eq!(turns("transcript one.json --role Assistant,TOOL"), [2, 3]);
    assert_eq!(turns("transcript one.json --turn 9.."), [0; 0]);

    let bare = saved.rows("transcript one.json --no-evidence");
    assert_eq!(bare.len(), 3, "the orphan is evidence");
    for field in ["tool_calls", "tool_results", "retrievals", "citations"] {
        assert!(bare.iter().all(|row| row.get(field).is_none()), "{field}");
    }
    let text = saved.run("transcript one.json --no-evidence").stdout;
    assert!(!text.contains("boom") && !text.contains("retrieval "), "{text}");
}

#[test]
fn every_format_holds_the_same_rows_of_all_sessions_in_their_order() {
    let saved = Saved::samples();
    let files = "voice.json showcase.json legacy.json worldwide.json";
    for command in ROWS {
        let json = saved.run(&format!("{command} {files} --format json"));
        let Value::Array(array) = &json.succeeded().documents()[0] else { panic!("{json:?}") };
        assert_eq!(&saved.rows(&format!("{command} {files}")), array, "{command}");
        assert!(array.len() > 4, "{command}");

        let csv = saved.run(&format!("{command} {files} --format csv"));
        let records = records(&csv.succeeded().stdout);
        assert_eq!(records.len(), array.len() + 1, "{command}");
        assert!(records.iter().all(|record| record.len() == records[0].len()), "{command}");

        // A row a line, for a table that is piped: the session's title and notes come on top.
        let table = saved.run(&format!("{command} {files}"));
        assert!(table.succeeded().stdout.lines().count() > array.len(), "{command}");
        let markdown = saved.run(&format!("{command} {files} --format markdown"));
        let lines = markdown.succeeded().stdout.lines().filter(|line| line.starts_with('|'));
        let lines: Vec<&str> = lines.collect();
        let heads = lines.iter().filter(|line| line.contains("| ---")).count();
        assert_eq!(lines.len() - 2 * heads, array.len(), "{command}: {lines:#?}");

        let sessions: Vec<&Value> = array.iter().map(|row| &row["session_id"]).collect();
        if !command.contains("summary") {
            let mut order = sessions.clone();
            order.dedup();
            assert!(order.len() >= 3 && order[0] == "2c9e4b70-18d3-4f5a-b6c2-93a7e1f0d845");
        }
    }
    let overview = saved.run(&format!("fetch {files} --format csv"));
    assert_eq!(records(&overview.succeeded().stdout).len(), 5);
    let json = saved.run(&format!("rag --summary {files} --format json")).documents();
    let ndjson = saved.rows(&format!("rag --summary {files}"));
    assert_eq!(json, ndjson);
    assert_eq!((json.len(), &json[0]["sessions"]), (1, &json!(4)));
    let csv = saved.run(&format!("rag --summary {files} --format csv"));
    assert!(
        records(&csv.succeeded().stdout)
            .contains(&["total", "sessions", "4", "", "", ""].map(str::to_owned).to_vec())
    );
    let transcript = saved.run(&format!("transcript {files} --format json"));
    let Value::Array(array) = &transcript.succeeded().documents()[0] else { panic!() };
    assert_eq!(&saved.rows(&format!("transcript {files}")), array);
}

/// The records of a CSV text.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let records = reader.records().map(|record| record.unwrap());
    records.map(|record| record.iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_file_may_hold_many_documents() {
    let lines =
        format!("{}\n{}\n{}\n", troubled(), calm(), serde_json::from_str::<Value>(LEGACY).unwrap());
    let saved = Saved::new([("all.ndjson", lines)]);
    for (command, sessions) in [("rag", 2), ("tools", 2), ("missing", 2), ("transcript", 3)] {
        let mut ids: Vec<Value> = saved
            .rows(&format!("{command} all.ndjson"))
            .iter()
            .map(|row| row["session_id"].clone())
            .collect();
        ids.dedup();
        assert_eq!(ids.len(), sessions, "{command}");
    }
    let table = saved.run("fetch all.ndjson --format table");
    assert!(table.succeeded().stdout.starts_with("3 sessions · times in UTC\n"), "{table:?}");
}

#[test]
fn a_session_without_anything_says_so_and_is_no_failure() {
    let bare = Saved::one(&json!({"session_id": "s"}));
    for (line, words) in [
        ("rag one.json", "no retrievals"),
        ("rag one.json --chunks", "no "),
        ("rag one.json --summary", "0 retrievals in 1 session"),
        ("tools one.json", "no tool calls"),
        ("tools one.json --summary", "1 session"),
        ("missing one.json --summary", "1 session"),
        ("transcript one.json", "Session s"),
        ("fetch one.json --format table", "1 session"),
    ] {
        for width in ["", " --width 60"] {
            let run = bare.run(&format!("{line}{width}"));
            assert!(run.succeeded().stdout.contains(words), "{line}: {run:?}");
        }
    }
    for command in ["rag", "rag --chunks", "tools", "transcript"] {
        let line = format!("{command} one.json --format json");
        assert_eq!(bare.run(&line).succeeded().documents(), [json!([])], "{command}");
        let line = format!("{command} one.json --format ndjson");
        assert_eq!(bare.run(&line).succeeded().stdout, "", "{command}");
    }
    let legacy = Saved::samples();
    for (command, words) in [
        ("rag", "no retrievals; the session declares legacy_session and no_rag_trace"),
        ("tools", "no tool calls; the session declares no_tool_trace"),
    ] {
        let run = legacy.run(&format!("{command} legacy.json"));
        assert!(run.succeeded().stdout.contains(words), "{run:?}");
    }
    let calm = Saved::one(&calm()).run("missing one.json");
    assert!(calm.succeeded().stdout.contains("nothing is missing"), "{calm:?}");
}

#[test]
fn times_are_shown_in_the_zone_that_was_asked_for_and_it_is_named() {
    let saved = Saved::one(&troubled());
    for (zone, time, label) in [
        ("utc", "10:00:05", "UTC"),
        ("+02:00", "12:00:05", "+02:00"),
        ("-05:30", "04:30:05", "-05:30"),
    ] {
        for line in ["transcript one.json", "rag one.json"] {
            let run = saved.run(&format!("{line} --tz {zone}"));
            let text = &run.succeeded().stdout;
            assert!(text.contains(time) && text.contains(label), "{line} {zone}: {text}");
        }
        let overview = saved.run(&format!("fetch one.json --format table --tz {zone}"));
        assert!(overview.succeeded().stdout.contains(label), "{overview:?}");
        // Rows hold what was sent.
        let rows = saved.rows(&format!("rag one.json --tz {zone}"));
        assert_eq!(rows[0]["timestamp"], "2026-09-14T10:00:05Z");
    }
    let local = run(feather().current_dir(saved.folder()).env("TZ", "Asia/Tokyo").args([
        "transcript",
        "one.json",
        "--tz",
        "local",
    ]));
    let text = &local.succeeded().stdout;
    assert!(text.contains("19:00:05"), "{text}");
    assert!(text.contains("+09:00") || text.contains("local"), "{text}");
}

/// What a stranger may have sent into every text of a document.
const HOSTILE: &str = "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;http://evil\u{7}link\u{1b}]8;;\u{7} \
    <script>alert(1)</script> <b onclick=x>b</b> \u{202e}bidi\u{9b}2J \u{7}bell\rback\u{0} \
    | pipe `tick` [a](javascript:b) ![i](http://evil/i.png)\n# head\n<img src=x>";

/// A document whose every string is hostile.
fn hostile() -> Value {
    fn spoil(value: &mut Value) {
        match value {
            Value::String(text) => text.push_str(HOSTILE),
            Value::Array(list) => list.iter_mut().for_each(spoil),
            Value::Object(fields) => {
                let keep =
                    ["turn_id", "assistant_turn_id", "tool_call_id", "id", "chunk_id", "doc_id"];
                for (key, value) in fields {
                    if !keep.contains(&key.as_str()) && !key.ends_with("_at") && key != "timestamp"
                    {
                        spoil(value);
                    }
                }
            }
            _ => {}
        }
    }
    let mut document: Value = serde_json::from_str(SHOWCASE).unwrap();
    spoil(&mut document);
    document["session_id"] = json!(id(3));
    document
}

/// Every command line that prints for people.
fn for_people() -> Vec<String> {
    let mut lines = vec!["transcript".to_owned(), "fetch --format table".to_owned()];
    lines.extend(ROWS.map(str::to_owned));
    lines.extend(["rag --summary", "tools --full"].map(str::to_owned));
    lines
}

#[test]
fn colours_are_the_only_escape_sequences_whatever_strangers_wrote() {
    let saved = Saved::new([
        ("hostile.json", hostile().to_string()),
        ("worldwide.json", WORLDWIDE.to_owned()),
    ]);
    for line in for_people() {
        for file in ["hostile.json", "worldwide.json"] {
            for width in ["", " --width 80"] {
                let line = format!("{line} {file} --color always{width}");
                let run = saved.run(&line);
                let text = &run.succeeded().stdout;
                let plain = plain(text).unwrap_or_else(|at| panic!("{line}: {:?}", &text[at..]));
                assert!(text.contains("\u{1b}["), "{line}: no colour");
                let odd = |c: &char| {
                    (c.is_control() && *c != '\n')
                        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
                };
                assert_eq!(plain.chars().find(odd), None, "{line}: {plain:?}");
                // Colour changes nothing but colour.
                let without = saved.run(&line.replace("always", "never"));
                let trimmed = |text: &str| -> Vec<String> {
                    text.lines().map(|line| line.trim_end().to_owned()).collect()
                };
                assert_eq!(trimmed(&without.stdout), trimmed(&plain), "{line}");
            }
        }
    }
}

/// Text without its colours: `ESC [`, digits and semicolons, `m`. Fails with the place of any other
/// escape.
fn plain(text: &str) -> Result<String, usize> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        let place = text.len() - rest.len() + at;
        let tail = rest[at..].strip_prefix("\u{1b}[").ok_or(place)?;
        let end = tail.find(|c: char| !c.is_ascii_digit() && c != ';').ok_or(place)?;
        rest = tail[end..].strip_prefix('m').ok_or(place)?;
    }
    Ok(plain + rest)
}

#[test]
fn markdown_of_hostile_text_is_text() {
    let saved = Saved::one(&hostile());
    let lines = ROWS.iter().chain(&["transcript", "rag --summary"]);
    for line in lines {
        let run = saved.run(&format!("{line} one.json --format markdown"));
        let mut fenced = false;
        for text in run.succeeded().stdout.lines() {
            let bare = text.trim_start_matches(['>', ' ']);
            if bare.starts_with("```") {
                fenced = !fenced;
                continue;
            }
            if fenced {
                continue;
            }
            // What the transcript folds away is folded in tags of its own.
            if ["<details>", "</details>"].contains(&bare) || bare.starts_with("<summary>") {
                continue;
            }
            let text = without_code(text);
            for (at, _) in text.match_indices('<') {
                let escaped = text[..at].ends_with('\\');
                let tag = text[at + 1..]
                    .starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
                // Our own: a line break, and what keeps a number from becoming a link.
                let ours = ["<br>", "<!-- -->"].iter().any(|ours| text[at..].starts_with(ours));
                assert!(escaped || !tag || ours, "{line}: {text}");
            }
            for mark in ["](", "!["] {
                for (at, _) in text.match_indices(mark) {
                    assert!(text[..at].ends_with('\\'), "{line}: {text}");
                }
            }
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{line}: {text}");
        }
        assert!(!fenced, "{line}: a fence is open");
    }
}

/// A line of Markdown without its code spans.
fn without_code(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        if before.ends_with('\\') {
            text.push('`');
            rest = &from[1..];
            continue;
        }
        let ticks = from.len() - from.trim_start_matches('`').len();
        let (fence, after) = from.split_at(ticks);
        let Some(end) = after.find(fence) else { return text + from };
        rest = &after[end + ticks..];
    }
    text + rest
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_defused() {
    let formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"];
    for formula in formulas {
        let mut document = troubled();
        document["channel"] = json!(formula);
        document["completion_reason"] = json!(formula);
        document["tool_calls"][0]["arguments"] = json!(formula);
        document["tool_calls"][0]["name"] = json!(formula);
        document["messages"][2]["tool_results"]["error"] = json!(formula);
        document["rag_traces"][0]["query_hash"] = json!(formula);
        document["rag_traces"][0]["retrieved"][0]["chunk_id"] = json!(formula);
        document["citations"][0]["doc_id"] = json!(formula);
        document["missing_evidence_reasons"][0] = json!(formula);
        let saved = Saved::one(&document);
        let lines = ROWS.iter().chain(&["rag --summary", "fetch"]);
        let mut defused = 0;
        for line in lines {
            let run = saved.run(&format!("{line} one.json --format csv"));
            for cell in records(&run.succeeded().stdout).iter().flatten() {
                let number = cell.parse::<f64>().is_ok();
                assert!(
                    number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{line}: {cell:?}"
                );
                defused += usize::from(cell.starts_with('\'') && cell.ends_with(formula));
            }
        }
        // A carriage return is no longer one.
        assert!(defused >= 8 || formula.starts_with('\r'), "{formula:?}: {defused}");
    }
}

#[test]
fn a_lone_surrogate_is_shown_and_kept() {
    let text = troubled().to_string().replace("\"hello\"", r#""a\ud800b""#);
    let saved = Saved::new([("one.json", text)]);
    let shown = saved.run("transcript one.json");
    assert!(shown.succeeded().stdout.contains("a\u{fffd}b"), "{shown:?}");
    for command in ["rag", "tools", "missing", "fetch"] {
        saved.run(&format!("{command} one.json")).succeeded();
    }
    assert!(saved.run("fetch one.json --format raw").succeeded().stdout.contains(r"a\ud800b"));
}

#[test]
fn a_field_of_the_wrong_type_is_told_by_the_views_that_show_it_and_costs_nothing_else() {
    for (pointer, value, path, views) in [
        ("/messages/1/content", json!(5), "messages[1].content", "transcript"),
        ("/messages", json!({}), "messages", "transcript rag tools missing"),
        ("/rag_traces/0/hit", json!("no"), "rag_traces[0].hit", "transcript rag"),
        ("/rag_traces/0/retrieved", json!(7), "rag_traces[0].retrieved", "transcript rag missing"),
        ("/rag_traces/0/retrieved/0/score", json!("x"), "rag_traces[0].retrieved[0].score", "rag"),
        ("/tool_calls/1/name", json!([]), "tool_calls[1].name", "transcript tools"),
        ("/citations/0/doc_id", json!({}), "citations[0].doc_id", "transcript rag"),
        ("/missing_evidence_reasons/0", json!(1), "missing_evidence_reasons[0]", "missing"),
    ] {
        let mut document = troubled();
        *document.pointer_mut(pointer).unwrap() = value;
        let saved = Saved::one(&document);
        for view in views.split(' ') {
            let run = saved.run(&format!("{view} one.json"));
            assert_eq!(run.code, 0, "{view} {path}: {run:?}");
            run.says(&[&format!("warning: one.json: {path}: "), "expected"]);
            assert_eq!(run.stderr.lines().count(), 1, "{view} {path}: {run:?}");
            assert!(run.stdout.contains(&id(1)), "{view} {path}: {run:?}");
        }
        saved.run("fetch one.json").succeeded();
    }
    // What a view does not show it does not read.
    let mut document = troubled();
    document["rag_traces"] = json!([{"hit": "no"}]);
    Saved::one(&document).run("tools one.json").succeeded();
}

#[test]
fn a_document_of_another_session_gets_a_warning_unless_quiet() {
    let server =
        crate::harness::Server::start(|_| crate::harness::Reply::json(200, troubled().to_string()));
    for view in ["transcript", "rag", "tools", "missing"] {
        let base = server.url();
        let view_of =
            |more: &[&str]| run(feather().args([view, &id(9), "--base-url", &base]).args(more));
        let told = view_of(&[]);
        assert_eq!(told.code, 0, "{told:?}");
        told.says(&["warning", &id(9), &id(1)]);
        assert!(told.stdout.contains(&id(1)), "{told:?}");
        view_of(&["-q"]).succeeded();
    }
}

#[test]
fn a_newer_version_is_shown_with_a_warning() {
    let mut document = calm();
    document["analyzer_input_schema_version"] = json!(99);
    let saved = Saved::one(&document);
    for view in ["transcript", "rag", "tools", "missing"] {
        let told = saved.run(&format!("{view} one.json"));
        assert_eq!(told.code, 0, "{told:?}");
        told.says(&["warning", "99"]);
        saved.run(&format!("{view} one.json --quiet")).succeeded();
    }
}

/// Asserts that lines keep to a width; a word that does not fit beside its label may stand out.
#[track_caller]
fn assert_narrow<'a>(lines: impl Iterator<Item = &'a str>, width: usize) {
    for line in lines {
        let columns = line.width();
        let words = line.split_whitespace();
        let last = words.clone().last().map_or(0, UnicodeWidthStr::width);
        let alone = words.count() <= 2 && last + 16 > width;
        assert!(columns <= width || alone, "{columns} columns of {width}: {line:?}");
    }
}

#[test]
fn no_line_is_wider_than_the_width_that_was_asked_for() {
    let saved = Saved::samples();
    for line in for_people() {
        for width in [40, 41, 48, 55, 63, 70, 80, 100, 140] {
            let run = saved.run(&format!("{line} . --width {width}"));
            assert_narrow(run.succeeded().stdout.lines(), width);
        }
    }
}

#[test]
fn a_narrow_table_breaks_no_word() {
    let saved = Saved::samples();
    let words = |text: &str| -> HashSet<String> {
        let words = text.split(|c: char| !c.is_ascii_alphabetic());
        words.filter(|word| word.len() > 3).map(str::to_owned).collect()
    };
    for line in for_people().iter().filter(|line| *line != "transcript") {
        let mut whole = words(&saved.run(&format!("{line} .")).succeeded().stdout);
        whole.extend(words("… cut; --full shows all; missing in every row"));
        for width in [40, 41, 48, 55, 63, 70] {
            let narrow = saved.run(&format!("{line} . --width {width}"));
            // What a cut ends in is no word.
            let text = narrow.succeeded().stdout.replace('…', "…-");
            let broken: Vec<String> = words(&text).difference(&whole).cloned().collect();
            assert!(broken.is_empty(), "{line} --width {width}: {broken:?}: {text}");
        }
    }
}

#[test]
fn the_transcript_and_the_tools_agree_on_every_call() {
    let saved = Saved::samples();
    std::fs::write(saved.folder().join("troubled.json"), troubled().to_string()).unwrap();
    for file in ["showcase.json", "voice.json", "worldwide.json", "troubled.json"] {
        let facts = |row: &Value| {
            ["tool_call_id", "status", "name", "arguments", "result", "error", "latency_ms"]
                .map(|field| row[field].clone())
        };
        let mut tools: Vec<_> = saved.rows(&format!("tools {file}")).iter().map(facts).collect();
        let transcript = saved.rows(&format!("transcript {file}"));
        let calls = transcript.iter().filter_map(|row| row["tool_calls"].as_array()).flatten();
        let mut calls: Vec<_> = calls.map(facts).collect();
        let key = |facts: &[Value; 7]| facts[0].to_string();
        tools.sort_by_key(key);
        calls.sort_by_key(key);
        assert_eq!(calls, tools, "{file}");
    }
}

#[test]
fn a_session_that_comes_again_is_counted_again_and_remarked_upon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    std::fs::write(&path, r#"{"session_id": "s", "missing_evidence_reasons": ["no_csat"]}"#)
        .unwrap();
    let path = path.to_str().unwrap();
    for command in ["rag", "tools", "missing"] {
        let done = run(feather().args([command, "--summary", path, path, path]));
        assert_eq!(done.code, 0, "{done:#?}");
        let warning = "2 documents are of a session that came before; every one is counted";
        assert_eq!(done.stderr, format!("warning: {warning}\n"), "once, not one a session");
        let once = run(feather().args([command, "--summary", path]));
        assert_eq!(once.stderr, "", "{once:#?}");
    }
}
