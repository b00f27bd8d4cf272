//! Which rows and fields: `--fields`, `--sort`, `--limit`, in every format of every command that
//! prints rows.

use std::path::PathBuf;

use serde_json::Value;

use crate::harness::{Run, Server, feather, has, run};

/// The commands that print rows, with a number they can be sorted by.
const COMMANDS: &[(&str, &str)] = &[
    ("fetch --overview", "turns"),
    ("rag", "top_score"),
    ("rag --chunks", "score"),
    ("tools", "latency_ms"),
    ("missing", "present"),
    ("gaps", "misses"),
];

fn samples() -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/demo/sessions");
    folder.to_str().unwrap().to_owned()
}

fn printed(line: &str, more: &[&str]) -> Run {
    let samples = samples();
    let done = run(feather().args(line.split(' ')).arg(&samples).args(more));
    assert_eq!(done.code, 0, "{line} {more:?}: {done:#?}");
    done
}

fn ndjson(line: &str, more: &[&str]) -> Vec<Value> {
    let done = printed(line, &[&["--format", "ndjson"], more].concat());
    done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_format_has_the_picked_fields_of_the_same_rows_in_the_same_order() {
    for (command, number) in COMMANDS {
        let down = format!("-{number}");
        let pick = ["--fields", &format!("{number},session_id"), "--sort", &down, "--limit", "3"];
        let expected = ndjson(command, &pick);
        assert!(!expected.is_empty() && expected.len() <= 3, "{command}");
        for format in ["table", "json", "csv", "markdown"] {
            let text = printed(command, &[&["--format", format][..], &pick].concat()).stdout;
            let rows: Vec<(String, String)> = match format {
                "json" => {
                    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
                    assert_eq!(rows, expected, "{command}");
                    continue;
                }
                "csv" => {
                    text.lines().skip(1).filter_map(|line| line.split_once(',')).map(pair).collect()
                }
                "markdown" => text
                    .lines()
                    .skip(4)
                    .filter_map(|line| line.trim_matches(['|', ' ']).split_once(" | "))
                    .map(pair)
                    .collect(),
                _ => text
                    .lines()
                    .skip(2)
                    .filter_map(|line| line.trim().split_once("  "))
                    .map(pair)
                    .collect(),
            };
            let expected: Vec<(String, String)> = expected
                .iter()
                .map(|row| {
                    let shown = |value: &Value| match value {
                        Value::Null if format == "csv" => String::new(),
                        Value::Null => "–".to_owned(),
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    (shown(&row[number]), shown(&row["session_id"]))
                })
                .collect();
            assert_eq!(rows, expected, "{command} {format}:\n{text}");
        }
    }
}

fn pair((one, other): (&str, &str)) -> (String, String) {
    (one.trim().to_owned(), other.trim().to_owned())
}

#[test]
fn rows_are_sorted_as_a_naive_sort_does_and_nulls_stand_last() {
    for (command, number) in COMMANDS {
        let all: Vec<Value> = ndjson(command, &["--fields", number]);
        for down in [false, true] {
            let mut naive = all.clone();
            naive.sort_by(|a, b| {
                let value = |row: &Value| row[number].as_f64();
                match (value(a), value(b)) {
                    (Some(a), Some(b)) if down => b.total_cmp(&a),
                    (Some(a), Some(b)) => a.total_cmp(&b),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                }
            });
            let sort = if down { format!("-{number}") } else { (*number).to_owned() };
            assert_eq!(ndjson(command, &["--fields", number, "--sort", &sort]), naive, "{command}");
            let two = ndjson(command, &["--fields", number, "--sort", &sort, "--limit", "2"]);
            assert_eq!(two, naive.into_iter().take(2).collect::<Vec<_>>(), "{command}");
        }
    }
}

#[test]
fn the_rows_of_all_sessions_make_one_table_that_names_the_session() {
    let text = printed("tools", &["--limit", "100"]).stdout;
    assert!(text.starts_with("12 tool calls\nsession "), "{text}");
    assert_eq!(text.lines().count(), 14, "{text}");
    let apart = printed("tools", &[]).stdout;
    assert!(apart.lines().filter(|line| line.starts_with("turn ")).count() > 1, "{apart}");
}

#[test]
fn an_unknown_field_is_refused_with_the_nearest_before_any_request() {
    let server = Server::of_documents();
    for (arguments, name) in [
        (["rag", "--fields", "turn,top_scor"], "top_score"),
        (["tools", "--sort", "-latency"], "latency_ms"),
        (["missing", "--fields", "reasn"], "reason"),
        (["fetch", "--overview", "--fields=outcome"], "knowledge_gap_analysis_outcome"),
    ] {
        let id = crate::harness::id(1);
        let failed = run(feather().args(arguments).args([&*id, "--base-url", &server.url()]));
        failed.failed_with(2).says(&["there is no field", &format!("did you mean {name}?")]);
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn fields_are_for_rows_and_need_the_overview() {
    let failed = run(feather().args(["fetch", "--demo", "--sort", "turns"]));
    failed.failed_with(2).says(&["--overview"]);
    let failed = run(feather().args(["fetch", "--demo", "--overview", "--format", "raw"]));
    failed.failed_with(2).says(&["raw"]);
}

#[test]
fn the_overview_is_what_its_formats_alone_mean_too() {
    for format in ["table", "csv", "markdown"] {
        let alone = printed("fetch", &["--format", format]).stdout;
        assert_eq!(printed("fetch --overview", &["--format", format]).stdout, alone);
    }
    assert_eq!(printed("fetch --overview", &[]).stdout, printed("fetch", &["-f", "table"]).stdout);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly_also_where_rows_are_held() {
    if !has("bash") {
        return;
    }
    let program = env!("CARGO_BIN_EXE_feather-analysis");
    let samples = samples();
    for more in ["", "--sort turn", "--format csv --limit 5", "--fields turn --format json"] {
        let line = format!("{program} rag {samples} {samples} {more} | head -n 1");
        let done = std::process::Command::new("bash")
            .args(["-o", "pipefail", "-c", &line])
            .output()
            .unwrap();
        assert_eq!((done.status.code(), done.stderr.len()), (Some(0), 0), "{line}: {done:?}");
    }
}
