//! `gaps`, `rag --thresholds` and `rag --by doc_id` as their users meet them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Run, Running, feather, process, run};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/sessions")
}

/// A folder with these documents.
fn folder(documents: &[Value]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (place, document) in documents.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{place}.json")), document.to_string()).unwrap();
    }
    folder
}

fn gaps(path: &Path, more: &[&str]) -> Run {
    run(feather().arg("gaps").arg(path).args(more))
}

fn rows(path: &Path, more: &[&str]) -> Vec<Value> {
    let done = gaps(path, &[&["--format", "json"], more].concat());
    assert_eq!(done.code, 0, "{done:#?}");
    serde_json::from_str(&done.stdout).unwrap()
}

/// A session in which this query was asked, and missed or not.
fn asked(id: &str, hash: &Value, hit: bool) -> Value {
    json!({
        "session_id": id, "started_at": "2026-09-14T10:00:00Z",
        "knowledge_gap_analysis_outcome": if hit { "resolved" } else { "unresolved" },
        "messages": [
            {"turn_id": "a", "role": "user", "content": format!("May I ask about {id}?"), "timestamp": "2026-09-14T10:00:00"},
            {"turn_id": "b", "role": "assistant", "content": "…", "timestamp": "2026-09-14T10:00:05"},
        ],
        "rag_traces": [{"assistant_turn_id": "b", "query_hash": hash, "hit": hit}],
    })
}

#[test]
fn the_table_says_first_what_was_asked_and_then_what_it_cost() {
    let done = gaps(&samples(), &["--width", "100"]);
    let text = &done.succeeded().stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("5 gaps in 14 sessions"), "{text}");
    assert!(lines[1].starts_with("the customer's words"), "{text}");
    for words in [
        "termination charge? R. Sato",
        "4 sessions: 3 unresolved",
        "csat",
        "nothing found",
        "these are 12 of 12 misses, of 21 retrievals",
        "cannot be compared: bm25, reranker",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(lines.iter().all(|line| unicode_width::UnicodeWidthStr::width(*line) <= 100), "{text}");
    let wide = gaps(&samples(), &["--width", "140"]);
    let narrow = gaps(&samples(), &["--width", "80"]);
    assert!(wide.stdout.lines().count() < narrow.stdout.lines().count());
    let full = gaps(&samples(), &["--width", "80", "--limit", "2"]);
    assert!(
        full.stdout.contains("2 of 5 shown") && full.stdout.contains("these are 8 of 12"),
        "{}",
        full.stdout
    );
}

#[test]
fn all_samples_are_meant_where_the_demo_is_asked_for_many() {
    let sessions = |arguments: &[&str]| {
        let done = run(feather().args(arguments).args(["--demo", "--format", "json"]));
        let figures: Value = serde_json::from_str(&done.succeeded().stdout).unwrap();
        figures
    };
    assert_eq!(sessions(&["gaps"]).as_array().unwrap().len(), 5);
    assert_eq!(sessions(&["rag", "--summary"])["sessions"], 14);
    assert!(sessions(&["rag", "--by", "doc_id"]).as_array().unwrap().len() > 10);
    let one = |command: &str| {
        let done = run(feather().args([command, "--demo", "--format", "ndjson"]));
        let text = done.succeeded().stdout.clone();
        assert!(text.lines().all(|line| line.contains("7f3c1a52")), "{command}: {text}");
    };
    ["rag", "tools", "missing", "transcript"].into_iter().for_each(one);
}

#[test]
fn every_cause_is_among_the_samples() {
    let done = run(feather()
        .args(["fetch", "--overview", "-f", "ndjson", "--fields", "cause"])
        .arg(samples()));
    for cause in [
        "no-conversation",
        "tool-error",
        "nothing-found",
        "under-threshold",
        "no-retrieval",
        "not-used",
        "answered",
        "cannot-tell",
    ] {
        assert!(done.succeeded().stdout.contains(cause), "{cause}");
    }
}

#[test]
fn a_gap_is_new_open_closed_or_not_asked_and_a_gate_says_so() {
    let q = |name: &str| json!(name);
    let before = folder(&[
        asked("1", &q("open"), false),
        asked("2", &q("closed"), false),
        asked("3", &q("gone"), false),
        asked("4", &q("new"), true),
    ]);
    let now = folder(&[
        asked("5", &q("open"), false),
        asked("6", &q("closed"), true),
        asked("7", &q("new"), false),
        asked("8", &Value::Null, false),
    ]);
    let against = ["--against", before.path().to_str().unwrap()];
    let status: Vec<(Value, Value)> = rows(now.path(), &against)
        .into_iter()
        .map(|row| (row["query_hash"].clone(), row["status"].clone()))
        .collect();
    assert_eq!(
        status,
        [
            (q("new"), q("new")),
            (q("open"), q("open")),
            (Value::Null, Value::Null),
            (q("closed"), q("closed")),
            (q("gone"), q("not-asked")),
        ]
    );
    let gate =
        |status: &str| gaps(now.path(), &[&against[..], &["--fail-on", status]].concat()).code;
    assert_eq!((gate("new"), gate("open"), gate("new,open")), (10, 10, 10));
    // Held against itself, nothing is new.
    let itself = ["--against", now.path().to_str().unwrap(), "--fail-on"];
    assert_eq!(gaps(now.path(), &[&itself[..], &["new"]].concat()).code, 0);
    assert_eq!(gaps(now.path(), &[&itself[..], &["open"]].concat()).code, 10);
    let text = gaps(now.path(), &against).succeeded().stdout.clone();
    assert!(
        text.contains(
            "against 4 sessions: 1 new, 1 open, 1 closed, 1 not-asked; 1 miss has no hash"
        ),
        "{text}"
    );
    gaps(now.path(), &["--fail-on", "new"]).failed_with(2).says(&["--against"]);
    let several =
        ["--against", before.path().to_str().unwrap(), "--against", now.path().to_str().unwrap()];
    assert!(rows(now.path(), &several).iter().all(|row| row["status"] != "new"));
}

#[test]
fn what_is_missing_or_odd_is_no_failure() {
    let bare = json!({"session_id": "bare"});
    let nulls = json!({"session_id": "nulls", "messages": null, "rag_traces": null, "csat": null});
    let no_messages = json!({"session_id": "orphan", "started_at": "2026-09-14T10:00:00", "rag_traces": [
        {"assistant_turn_id": "x", "query_hash": "q"}, {"query_hash": "Q"}, {"query_hash": null}, {"query_hash": ""}]});
    let dir = folder(&[bare.clone(), nulls, no_messages]);
    let found = rows(dir.path(), &[]);
    let hashes: Vec<&Value> = found.iter().map(|row| &row["query_hash"]).collect();
    assert_eq!(hashes, [&json!("Q"), &json!("q"), &Value::Null, &Value::Null]);
    for row in &found {
        assert_eq!((&row["words"], &row["turn"]), (&Value::Null, &Value::Null));
        assert_eq!(row["last_seen"], "2026-09-14T10:00:00", "an orphan's time is the session's");
    }
    let text = gaps(dir.path(), &[]).succeeded().stdout.clone();
    assert!(text.contains("(no words: no message has the turn)"), "{text}");
    let nothing = gaps(folder(&[bare]).path(), &[]);
    assert!(nothing.succeeded().stdout.contains("none of 0 retrievals in 1 session missed"));
    assert_eq!(gaps(folder(&[json!({"messages": []})]).path(), &[]).code, 4);
}

#[test]
fn misses_of_one_query_are_one_row_however_many() {
    let traces = vec![
        json!({"assistant_turn_id": "a", "query_hash": "q", "hit": false, "top_score": 0.5, "retrieved": [{"doc_id": "d"}]});
        20_000
    ];
    let document = json!({"session_id": "s", "rag_traces": traces,
        "messages": [{"turn_id": "u", "role": "user", "content": "again?"}, {"turn_id": "a"}]});
    let found = rows(folder(&[document]).path(), &[]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["misses"], &found[0]["sessions"], &found[0]["words"]),
        (&json!(20_000), &json!(1), &json!("again?"))
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_million_misses_of_one_query_take_the_memory_of_a_few() {
    let miss = json!({"query_hash": "q", "hit": false, "assistant_turn_id": "a"});
    let traces = vec![miss; 1000];
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("a.ndjson");
    let lines = (0..1000).map(|n| json!({"session_id": n.to_string(), "rag_traces": traces}));
    std::fs::write(&saved, lines.map(|line| line.to_string()).collect::<Vec<_>>().join("\n"))
        .unwrap();
    let mut gaps = process();
    gaps.args(["gaps", "--format", "json"]).arg(&saved);
    let mut running = Running::start(&mut gaps);
    let (code, peak) = running.peak_memory();
    let rows: Value = serde_json::from_reader(running.0.stdout.take().unwrap()).unwrap();
    assert_eq!((code, rows.as_array().map(Vec::len)), (Some(0), Some(1)));
    let figures = [&rows[0]["misses"], &rows[0]["retrievals"], &rows[0]["sessions"]];
    assert_eq!(figures, [&json!(1_000_000), &json!(1_000_000), &json!(1000)]);
    assert!(peak < 30 << 10, "{peak} KiB");
}

#[test]
fn words_are_redacted_ones_where_there_are_any_and_else_counted() {
    let mut early = asked("1", &json!("q"), false);
    let mut late = asked("2", &json!("q"), false);
    late["messages"][1]["timestamp"] = json!("2026-09-15T10:00:00");
    late["missing_evidence_reasons"] = json!(["transcript_redaction_skipped"]);
    let found = rows(folder(&[early.clone(), late.clone()]).path(), &[]);
    assert_eq!(
        (&found[0]["words"], &found[0]["words_redacted"]),
        (&json!("May I ask about 1?"), &json!(true))
    );
    assert_eq!((&found[0]["session_id"], &found[0]["turn"]), (&json!("1"), &json!(2)));
    early["missing_evidence_reasons"] = json!(["transcript_redaction_skipped"]);
    let dir = folder(&[early, late]);
    let found = rows(dir.path(), &[]);
    assert_eq!(
        (&found[0]["words"], &found[0]["words_redacted"]),
        (&json!("May I ask about 2?"), &json!(false))
    );
    let text = gaps(dir.path(), &[]).succeeded().stdout.clone();
    assert!(text.contains("1 gap's words are from a transcript that was not redacted"), "{text}");
}

#[test]
fn hostile_words_are_harmless_in_every_format() {
    let mut document = asked("1", &json!("q"), false);
    document["messages"][0]["content"] = json!("=1+1\u{1b}[2J | <b>\u{202e}x");
    let dir = folder(&[document]);
    for format in ["table", "csv", "markdown"] {
        let text = gaps(dir.path(), &["--format", format]).succeeded().stdout.clone();
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{format}: {text}");
    }
    let csv = gaps(dir.path(), &["--format", "csv", "--fields", "words"]).stdout;
    assert!(csv.lines().nth(1).unwrap().starts_with("'="), "{csv}");
}

#[test]
fn a_document_has_a_row_with_what_came_of_it() {
    let done = run(feather()
        .args(["rag", "--by", "doc_id", "-f", "json", "--sort", "-chunks_cited", "--limit", "1"])
        .arg(samples()));
    let found: Value = serde_json::from_str(&done.succeeded().stdout).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["chunks_cited"], 2);
    let with_summary =
        run(feather().args(["rag", "--summary", "--by", "doc_id", "-f", "json"]).arg(samples()));
    let without = run(feather().args(["rag", "--by", "doc_id", "-f", "json"]).arg(samples()));
    assert_eq!(with_summary.succeeded().stdout, without.succeeded().stdout);
    run(feather().args(["tools", "--by", "name"]).arg(samples()))
        .failed_with(2)
        .says(&["--summary"]);
}

#[test]
fn thresholds_are_a_row_a_step_and_part_all_scores() {
    let done = run(feather().args(["rag", "--thresholds", "-f", "json"]).arg(samples()));
    let found: Vec<Value> = serde_json::from_str(&done.succeeded().stdout).unwrap();
    let reranker: Vec<&Value> =
        found.iter().filter(|row| row["score_basis"] == "reranker").collect();
    assert_eq!(reranker.len(), 21);
    for row in &reranker {
        assert_eq!(row["below"].as_u64().unwrap() + row["above"].as_u64().unwrap(), 14);
    }
    let low = reranker.iter().find(|row| row["in_use"] == "low").unwrap();
    assert_eq!(low["threshold"], 0.45);
    run(feather().args(["rag", "--thresholds", "--summary"]).arg(samples())).failed_with(2);
}

#[test]
fn what_disagrees_or_repeats_can_be_picked_and_gated() {
    for (condition, count) in [("disagrees", 1), ("repeat", 2)] {
        let picked =
            run(feather().args(["rag", "--only", condition, "-f", "ndjson"]).arg(samples()));
        assert_eq!(picked.succeeded().stdout.lines().count(), count, "{condition}");
        assert_eq!(run(feather().args(["rag", "--fail-on", condition]).arg(samples())).code, 10);
    }
    let summary = run(feather().args(["rag", "--summary", "-f", "json"]).arg(samples()));
    let figures: Value = serde_json::from_str(&summary.succeeded().stdout).unwrap();
    assert_eq!((&figures["disagrees"], &figures["repeats"]), (&json!(1), &json!(2)));
    assert_eq!(figures["compared_scores"][0]["score_basis"], "reranker");
    assert_eq!(figures["gate_actions"][0]["action"], "abstain");
}
