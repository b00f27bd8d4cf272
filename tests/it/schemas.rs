//! The kinds of rows: their schemas, and that every row a command prints is as its schema has it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};

use crate::harness::{feather, run};

/// What each kind of rows is printed by, one a line; a kind that is one object is printed whole.
const PRINTED_BY: &[(&str, &str)] = &[
    ("overview", "fetch --overview"),
    ("transcript", "transcript"),
    ("transcript", "transcript --no-evidence"),
    ("rag", "rag"),
    ("rag-chunks", "rag --chunks"),
    ("rag-summary", "rag --summary"),
    ("tools", "tools"),
    ("tools-summary", "tools --summary"),
    ("missing", "missing"),
    ("missing", "missing --all"),
    ("missing-summary", "missing --summary"),
    ("gaps", "gaps"),
    ("rag-thresholds", "rag --thresholds"),
    ("rag-documents", "rag --by doc_id"),
    ("fetch-summary", "fetch --summary"),
    ("transcript-summary", "transcript --summary"),
    ("by", "fetch --summary --by day,kb_ids"),
    ("by", "transcript --summary --by role"),
    ("by", "rag --summary --by channel,doc_id"),
    ("by", "tools --summary --by name"),
    ("by", "missing --summary --by reason"),
    ("against", "fetch --summary --against src/demo/sessions"),
    ("against", "rag --summary --by channel --against src/demo/sessions"),
];

/// Kinds that JSON does not print: on standard error, or as CSV alone.
const ELSEWHERE: &[&str] = &["error", "rag-summary-csv"];

fn output(arguments: &[&str]) -> String {
    let done = run(feather().args(arguments));
    assert_eq!(done.code, 0, "{arguments:?}: {done:#?}");
    done.stdout
}

fn kinds() -> Vec<String> {
    let list = output(&["schema"]);
    list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn schema(kind: &str) -> Value {
    serde_json::from_str(&output(&["schema", kind])).unwrap()
}

/// What a command line prints of a file, as NDJSON.
fn rows(command: &str, path: &Path) -> Vec<Value> {
    let mut arguments: Vec<&str> = command.split(' ').collect();
    arguments.extend(["--format", "ndjson", path.to_str().unwrap()]);
    let printed = output(&arguments);
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn assert_valid(kind: &str, validator: &jsonschema::Validator, row: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(row)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{kind}: {errors:?} in {row:#}");
}

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/sessions");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.collect()
}

#[test]
fn every_kind_has_a_sentence_and_a_schema_that_is_one() {
    let list = output(&["schema"]);
    for line in list.lines() {
        let (kind, sentence) = line.split_once(' ').unwrap();
        assert!(sentence.trim().len() > 10, "{line}");
        let schema = schema(kind);
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{kind}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema["title"].is_string() && schema["description"].is_string(), "{kind}");
        every_field(&schema, &mut |name, field| {
            assert!(field["description"].is_string(), "{kind}.{name} says nothing");
            if name.ends_with("_ms") || name.ends_with("_seconds") {
                assert!(field["unit"].is_string(), "{kind}.{name} has no unit");
            }
        });
    }
    let printed = PRINTED_BY.iter().map(|(kind, _)| *kind).chain(ELSEWHERE.iter().copied());
    let printed: std::collections::BTreeSet<&str> = printed.collect();
    let kinds = kinds();
    assert_eq!(
        kinds.iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
        printed
    );
}

/// Calls `each` with every field of a schema, those of objects in it too.
fn every_field(schema: &Value, each: &mut dyn FnMut(&str, &Value)) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        // A tag says which of the kinds it is.
        if field.get("const").is_none() {
            each(name, field);
        }
        every_field(field, each);
    }
    for list in ["anyOf", "oneOf", "allOf"] {
        schema[list].as_array().into_iter().flatten().for_each(|schema| every_field(schema, each));
    }
    if schema["items"].is_object() {
        every_field(&schema["items"], each);
    }
}

#[test]
fn every_row_of_the_samples_is_as_its_schema_has_it() {
    for (kind, command) in PRINTED_BY {
        let validator = jsonschema::validator_for(&schema(kind)).unwrap();
        let mut count = 0;
        for sample in samples() {
            for row in rows(command, &sample) {
                assert_valid(kind, &validator, &row);
                count += 1;
            }
        }
        assert!(count > 0, "{command} prints nothing");
    }
    let failed = run(feather().args(["rag", "nothing.json", "--error-format", "json"]));
    let error = serde_json::from_str(failed.stderr.lines().next().unwrap()).unwrap();
    assert_valid("error", &jsonschema::validator_for(&schema("error")).unwrap(), &error);
}

/// Any value that the API's document allows in a place, or null.
fn text() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("t1"),
        json!("t2"),
        json!(""),
        json!("-5"),
        json!("日本 \u{1f600}\n"),
        Value::Null,
    ])
}

fn number() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(0),
        json!(1.0),
        json!(-3.25),
        json!(9_007_199_254_740_993_i64),
        Value::Null,
    ])
}

prop_compose! {
    fn document()(
        turn in text(), hash in text(), score in number(), low in number(), hit in prop::sample::select(vec![json!(true), json!(false), Value::Null]),
        latency in number(), name in text(), error in text(), result in text(), outcome in text(), time in prop::sample::select(vec![json!("2026-09-14T10:00:00Z"), json!("soon"), Value::Null]), csat in number(),
        reasons in prop::collection::vec(prop::sample::select(vec!["no_csat", "no_moon", "no_rag_trace"]), 0..3),
    ) -> Value {
        json!({
            "session_id": "s", "started_at": time, "ended_at": time, "channel": name,
            "knowledge_gap_analysis_outcome": outcome, "csat": {"score": csat, "timestamp": time},
            "messages": [
                {"turn_id": "t1", "role": name, "timestamp": time, "content": result, "latency_ms": latency,
                 "tool_calls": [{"id": "c1", "function": {"name": name, "arguments": result}}]},
                {"turn_id": turn, "tool_results": {"tool_call_id": "c1", "output": result, "error": error}},
            ],
            "rag_traces": [{
                "assistant_turn_id": turn, "query_hash": hash, "kb_ids": ["kb"], "top_score": score, "hit": hit,
                "latency_ms": latency, "retrieved": [{"chunk_id": "a", "doc_id": name, "score": score}],
                "answerability": {"label": name, "raw_top_score": low, "threshold_low": low, "threshold_high": score},
            }],
            "citations": [{"assistant_turn_id": turn, "doc_id": name, "chunk_id": hash}],
            "tool_calls": [{"tool_call_id": "c1", "assistant_turn_id": turn, "name": name, "arguments": "{}",
                            "arguments_parsed": {"a": score}, "result": result, "error": error, "latency_ms": latency}],
            "handoff_events": [{"timestamp": time, "reason": error}],
            "user_feedback": {"rating": csat, "comment": error}, "reopen": {"reason": name},
            "missing_evidence_reasons": reasons,
        })
    }
}

#[test]
fn every_row_of_generated_documents_is_as_its_schema_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.ndjson");
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let documents: Vec<String> =
        (0..200).map(|_| document().new_tree(&mut runner).unwrap().current().to_string()).collect();
    std::fs::write(&path, documents.join("\n")).unwrap();
    for (kind, command) in PRINTED_BY {
        let validator = jsonschema::validator_for(&schema(kind)).unwrap();
        let rows = rows(command, &path);
        assert!(!rows.is_empty());
        for row in &rows {
            assert_valid(kind, &validator, row);
        }
    }
}

#[test]
fn csv_fields_and_the_schema_name_the_same_fields_in_the_same_order() {
    let showcase = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/sessions/showcase.json");
    let showcase = showcase.to_str().unwrap();
    let header = |line: &str, more: &[&str]| {
        let mut arguments: Vec<&str> = line.split(' ').collect();
        arguments.extend(["--format", "csv", showcase]);
        arguments.extend(more);
        let printed = output(&arguments);
        printed.lines().next().unwrap().split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    // What groups are told apart by are columns of their own.
    let others = ["transcript", "rag-summary", "by", "against"];
    let csv = PRINTED_BY.iter().filter(|(kind, _)| !others.contains(kind));
    for (kind, command) in csv.chain(&[("rag-summary-csv", "rag --summary")]) {
        let schema = schema(kind);
        let mut names = Vec::new();
        let mut top = Vec::new();
        for (name, field) in schema["properties"].as_object().unwrap() {
            top.push(name.clone());
            let object = [field].into_iter().chain(field["anyOf"].as_array().into_iter().flatten());
            let inner: Vec<&String> = object
                .filter_map(|field| field["properties"].as_object())
                .flat_map(serde_json::Map::keys)
                .collect();
            if inner.is_empty() {
                names.push(name.clone());
            }
            names.extend(inner.iter().map(|inner| format!("{name}_{inner}")));
        }
        assert_eq!(header(command, &[]), names, "{command}");
        if command.contains("summary") {
            continue;
        }
        assert_eq!(header(command, &["--fields", &names.join(",")]), names, "{command}");
        let mut reversed = top.clone();
        reversed.reverse();
        let rows = output(
            &[
                &command.split(' ').collect::<Vec<_>>()[..],
                &["-f", "ndjson", showcase, "--fields", &reversed.join(",")],
            ]
            .concat(),
        );
        let row: serde_json::Map<String, Value> =
            serde_json::from_str(rows.lines().next().unwrap()).unwrap();
        assert_eq!(row.keys().cloned().collect::<Vec<_>>(), reversed, "{command}");
    }
}

/// The schemas of the last release, a file a kind. They are renewed when a release is made:
/// `RELEASE=1 cargo test last_release`.
#[test]
fn no_field_of_the_last_release_is_gone_or_another() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/schemas");
    if std::env::var_os("RELEASE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for kind in kinds() {
            let text = output(&["schema", &kind]);
            std::fs::write(folder.join(format!("{kind}.json")), text).unwrap();
        }
    }
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let released: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let now = fields(&schema(&kind));
        for (field, what) in fields(&released) {
            assert_eq!(now.get(&field), Some(&what), "{kind}: {field} is gone or another");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

/// Every field by its path, with what its values are.
fn fields(schema: &Value) -> BTreeMap<String, String> {
    fn walk(schema: &Value, path: &str, fields: &mut BTreeMap<String, String>) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            let what = format!("{} {} {}", field["type"], field["format"], field["unit"]);
            // Several kinds of a row may have a field of one name.
            fields.entry(path.clone()).or_insert(what);
            walk(field, &path, fields);
        }
        for list in ["anyOf", "oneOf", "allOf"] {
            for (place, schema) in schema[list].as_array().into_iter().flatten().enumerate() {
                let tag = schema["properties"]["kind"]["const"].as_str().map(str::to_owned);
                let tag = tag.map_or(
                    if list == "oneOf" { format!("{place}") } else { String::new() },
                    |tag| format!("={tag}"),
                );
                walk(schema, &format!("{path}{tag}"), fields);
            }
        }
        if schema["items"].is_object() {
            walk(&schema["items"], &format!("{path}[]"), fields);
        }
    }
    let mut all = BTreeMap::new();
    walk(schema, "", &mut all);
    all
}

#[test]
fn a_kind_that_is_none_is_told_with_the_nearest() {
    run(feather().args(["schema", "tool"]))
        .failed_with(2)
        .says(&["no rows called tool", "did you mean tools?"]);
    run(feather().args(["schema", "zebra"]))
        .failed_with(2)
        .says(&["feather-analysis schema lists them"]);
}
