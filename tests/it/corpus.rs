//! Many sessions: select, total, group, compare; from outside.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Run, Server, feather, has, id, process, run};

/// Four of the sample sessions, told apart by blanks.
const SAMPLES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/demo/sessions/legacy.json ",
    env!("CARGO_MANIFEST_DIR"),
    "/src/demo/sessions/showcase.json ",
    env!("CARGO_MANIFEST_DIR"),
    "/src/demo/sessions/voice-abandoned.json ",
    env!("CARGO_MANIFEST_DIR"),
    "/src/demo/sessions/worldwide.json"
);

const SHOWCASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/sessions/showcase.json");

const PRICE_RISE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/sessions/price-rise.json");

fn printed(line: &str) -> Run {
    run(feather().args(line.split(' ')))
}

fn rows(line: &str) -> Vec<Value> {
    let done = printed(&format!("{line} --format ndjson"));
    assert_eq!(done.code, 0, "{line}: {done:#?}");
    done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Asserts that the rows were printed, and the exit code is this.
fn ends_with<'r>(done: &'r Run, code: i32, words: &[&str]) -> &'r Run {
    assert_eq!(done.code, code, "{:?} {:?}", done.stderr, done.stdout.get(..400));
    assert!(!done.stdout.is_empty());
    done.says(words)
}

/// A session of so many retrievals, so many of them hits.
fn session(number: usize, channel: &str, retrievals: usize, hits: usize) -> Value {
    let traces: Vec<Value> = (0..retrievals)
        .map(|place| json!({"rag_query_id": format!("{number}-{place}"), "hit": place < hits, "kb_ids": ["k1", "k2"]}))
        .collect();
    json!({
        "session_id": id(number), "channel": channel, "rag_traces": traces,
        "started_at": format!("2026-09-{:02}T10:00:00Z", 1 + number % 20),
        "knowledge_gap_analysis_outcome": if hits * 2 > retrievals { "resolved" } else { "unresolved" },
        "csat": {"score": 4, "scale_max": 5},
    })
}

/// Sessions in a file, each of ten retrievals; `hits` gives the hits of the one at a place.
fn saved(folder: &Path, name: &str, count: usize, hits: impl Fn(usize) -> usize) -> String {
    let channel = |number: usize| if number.is_multiple_of(2) { "chat" } else { "voice" };
    // No session stands in two files.
    let first: usize = 1000 * name.bytes().map(usize::from).sum::<usize>();
    let line = |n: usize| {
        let mut session = session(n, channel(n), 10, hits(n));
        session["session_id"] = json!(id(first + n));
        session.to_string()
    };
    let lines: Vec<String> = (0..count).map(line).collect();
    let path = folder.join(name);
    fs::write(&path, lines.join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_command_takes_the_sessions_that_meet_the_conditions() {
    for command in [
        "fetch",
        "fetch --overview",
        "transcript",
        "rag",
        "rag --chunks",
        "tools",
        "missing",
        "missing --all",
        "fetch --summary",
        "transcript --summary",
        "rag --summary",
        "tools --summary",
        "missing --summary",
    ] {
        let line = format!("{command} {SAMPLES} --where channel=chat --where handoffs>0");
        let some = printed(&line);
        assert_eq!((some.code, &*some.stderr), (0, "1 of 4 sessions selected\n"), "{line}");
        assert_eq!(some.stdout, printed(&format!("{command} {SHOWCASE}")).stdout, "{line}");
        assert_eq!(printed(&format!("{line} -q")).stderr, "");
        let none = printed(&format!("{command} {SAMPLES} --where channel=fax --format json"));
        assert_eq!((none.code, &*none.stderr), (0, "0 of 4 sessions selected\n"), "{command}");
    }
}

#[test]
fn conditions_on_evidence_that_a_command_passes_over_are_met_all_the_same() {
    for (condition, count) in [
        ("hit_rate<0.5", 1),
        ("hit_rate>=0.5", 2),
        ("hit_rate=", 1),
        ("tools=create_ticket", 1),
        ("tools=", 1),
        ("models~VOICE", 1),
        ("truncated>0", 1),
        ("misses>=2", 2),
        ("reopened=true", 1),
        ("missing=no_csat", 2),
        ("kb_ids!=", 3),
        ("csat!=", 2),
        ("started<2026-09-01", 1),
        ("duration>1000", 1),
        ("agent!=nobody", 4),
    ] {
        for command in ["fetch --overview", "missing --all", "fetch"] {
            let done = printed(&format!("{command} {SAMPLES} --where {condition} -f ndjson"));
            let note = format!("{count} of 4 sessions selected\n");
            assert_eq!((done.code, &*done.stderr), (0, &*note), "{command} {condition}");
        }
    }
    let since =
        printed(&format!("fetch --overview {SAMPLES} --since 2026-09-23 --until 2026-10-05"));
    assert_eq!(since.stderr, "2 of 4 sessions selected\n");
    let late = printed(&format!("fetch --overview {SAMPLES} --since 2026-10-15 --tz +05:00"));
    assert_eq!(late.stderr, "1 of 4 sessions selected\n", "19:11 UTC is the next day there");
}

#[test]
fn what_cannot_be_meant_is_refused_before_any_request() {
    let server = Server::of_documents();
    let line = |more: &str| {
        let arguments = ["--base-url", &server.url(), &id(1)].map(str::to_owned);
        let more = more.split(' ').map(str::to_owned);
        run(feather().args(more).args(arguments))
    };
    for (more, words) in [
        ("rag --where chanel=chat", "did you mean channel?"),
        ("fetch --where turns=many", "turns is a number, and many is none"),
        ("fetch --where turns", "no comparison"),
        ("missing --where channel<b", "channel is text"),
        ("tools --since soon", "not a time"),
        ("transcript --since 2026-09-02 --until 2026-09-01", "--until lies before --since"),
        ("rag --summary --by chanel", "did you mean channel?"),
        ("rag --by channel", "--summary"),
        ("rag --summary --fail-if-worse", "--against"),
        ("rag --summary --against nowhere", "nowhere"),
        ("rag --summary --against 00000000-0000-4000-8000-000000000001", "saved sessions"),
        ("fetch --summary --out-dir x", "cannot be used with"),
        ("fetch --summary --format raw", "raw is for documents"),
        ("transcript --format csv", "add --summary"),
    ] {
        line(more).failed_with(2).says(&[words]);
    }
    let base = tempfile::tempdir().unwrap();
    let empty = format!("rag --summary --against {}", base.path().display());
    line(&empty).failed_with(2).says(&["the folder holds no"]);
    let path = saved(base.path(), "a.ndjson", 2, |_| 1);
    for (figure, words) in [
        ("hit_rat", "did you mean hit_rate?"),
        ("latency_p95_ms", "cannot be better or worse"),
        ("retrievals", "cannot be better or worse"),
    ] {
        let gate = format!("rag --summary --against {path} --fail-if-worse={figure}");
        line(&gate).failed_with(2).says(&[words]);
    }
    let nameless = format!("transcript --summary --against {path} --fail-if-worse");
    line(&nameless).failed_with(2).says(&["name a figure of transcript: truncated_rate"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn every_summary_is_told_in_every_format_and_never_as_not_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let bare = folder.path().join("bare.json");
    fs::write(&bare, r#"{"session_id":"s"}"#).unwrap();
    for command in ["fetch", "transcript", "rag", "tools", "missing"] {
        for grouped in
            ["", " --by channel", " --by day,channel", &format!(" --against {PRICE_RISE}")]
        {
            for path in [SAMPLES, bare.to_str().unwrap()] {
                for format in ["table", "json", "ndjson", "csv", "markdown"] {
                    let line = format!("{command} {path} --summary{grouped} --format {format}");
                    let done = printed(&line);
                    assert_eq!((done.code, &*done.stderr), (0, ""), "{line}: {done:#?}");
                    assert!(!done.stdout.is_empty() && !done.stdout.contains("NaN"), "{line}");
                    match format {
                        "json" => drop(serde_json::from_str::<Value>(&done.stdout).unwrap()),
                        "csv" => {
                            let mut reader = csv::Reader::from_reader(done.stdout.as_bytes());
                            assert!(reader.records().all(|record| record.is_ok()), "{line}");
                        }
                        "table" => {
                            for width in [80, 140] {
                                let wide = printed(&format!("{line} --width {width}")).stdout;
                                let widest = wide.lines().map(|line| line.chars().count()).max();
                                assert!(widest.unwrap() <= width, "{line}: {wide}");
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

#[test]
fn the_figures_of_sessions_are_counted_as_they_are_defined() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.ndjson");
    let session = |outcome: Value, handed_off: bool, reopened: bool, csat: Value| {
        let handoffs = if handed_off { json!([{}]) } else { json!([]) };
        let reopen = if reopened { json!({}) } else { Value::Null };
        json!({"session_id": "s", "knowledge_gap_analysis_outcome": outcome, "csat": csat,
               "handoff_events": handoffs, "reopen": reopen, "started_at": "2026-09-14T10:00:00Z",
               "ended_at": "2026-09-14T10:01:00Z", "messages": [{}, {}]})
        .to_string()
    };
    let sessions = [
        session(json!("resolved"), false, false, json!({"score": 7, "scale_max": 10})),
        session(json!("resolved"), true, false, json!({"score": 4})),
        session(json!("resolved"), false, true, Value::Null),
        session(json!("abandoned"), false, false, json!({"score": null})),
        session(Value::Null, false, false, Value::Null),
    ];
    fs::write(&path, sessions.join("\n")).unwrap();
    let figures = rows(&format!("fetch --summary {} -q", path.display())).remove(0);
    let expected = json!({
        "sessions": 5, "resolved": 3, "resolution_rate": 0.75, "durable_rate": 0.25,
        "handoff_rate": 0.2, "reopen_rate": 0.2, "csat_answers": 2, "csat_mean": 3.75,
        "duration_p50_seconds": 60, "duration_p95_seconds": 60, "turns_mean": 2.0,
        "hit_rate": null, "unanswerable_rate": null, "tool_error_rate": null,
    });
    assert_eq!(figures, expected);
}

#[test]
fn groups_count_lists_in_each_element_and_name_those_that_lack_the_field() {
    let groups = rows(&format!("rag --summary --by kb_id {SAMPLES}"));
    let sum: u64 = groups.iter().map(|row| row["retrievals"].as_u64().unwrap()).sum();
    let all = rows(&format!("rag {SAMPLES}"));
    let retrievals = all.iter().filter(|row| !row["rag_query_id"].is_null());
    let counted: usize = retrievals.map(|row| row["kb_ids"].as_array().unwrap().len()).sum();
    assert_eq!(usize::try_from(sum).unwrap(), counted);
    let none = groups.last().unwrap();
    assert_eq!((&none["group"]["kb_id"], &none["retrievals"]), (&Value::Null, &json!(0)));
    let table = printed(&format!("rag --summary --by kb_id {SAMPLES}")).stdout;
    assert!(table.contains("a retrieval counts in each of its kb_id"), "{table}");
    assert!(table.contains("(none)"), "{table}");
    let days = rows(&format!("fetch --summary --by day {SAMPLES}"));
    let named: Vec<&str> = days.iter().map(|row| row["group"]["day"].as_str().unwrap()).collect();
    assert!(named.is_sorted() && named.len() > 60, "{named:?}");
    assert_eq!(days.iter().filter(|row| row["sessions"] == 0).count(), named.len() - 4);
}

#[test]
fn every_figure_of_a_group_can_be_followed_to_its_rows() {
    for (by, condition) in [("channel", "channel"), ("outcome", "outcome")] {
        for group in rows(&format!("tools --summary --by {by} {SAMPLES}")) {
            let value = group["group"][by].as_str().unwrap_or_default();
            let some = rows(&format!("tools {SAMPLES} --where {condition}={value} -q"));
            assert_eq!(group["calls"], some.len(), "{by} {value}");
            let errors = some.iter().filter(|row| row["status"] == "error").count();
            assert_eq!(group["errors"], errors);
        }
    }
}

#[test]
fn people_see_every_value_under_its_heading() {
    let run = printed(&format!("missing --summary --by reason {SAMPLES} -f markdown"));
    let lines: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(lines[0], "| reason | sessions | declared | but present | undeclared |");
    let row = lines.iter().find(|line| line.contains("user")).unwrap();
    assert_eq!(*row, "| no\\_user\\_feedback | 4 | 4 | 1 | 0 |");
    assert!(lines.iter().all(|line| line.matches('|').count() == 6), "{lines:?}");
}

#[test]
fn a_hundred_thousand_groups_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.ndjson");
    let mut text = String::new();
    for number in 0..1000 {
        let traces: Vec<Value> =
            (0..100).map(|place| json!({"query_hash": format!("q{number}-{place}")})).collect();
        text += &json!({"session_id": id(number), "rag_traces": traces}).to_string();
        text.push('\n');
    }
    fs::write(&path, text).unwrap();
    let line = format!("rag --summary --by query_hash {} --format csv", path.display());
    assert_eq!(printed(&line).succeeded().stdout.lines().count(), 100_001);
}

#[test]
fn a_comparison_says_what_changed_and_a_gate_fails_on_what_is_worse() {
    let folder = tempfile::tempdir().unwrap();
    let before = saved(folder.path(), "before.ndjson", 60, |n| 6 + n % 3);
    let better = saved(folder.path(), "better.ndjson", 60, |n| 7 + n % 3);
    let alike = saved(folder.path(), "alike.ndjson", 60, |n| 8 - n % 3);
    let few = saved(folder.path(), "few.ndjson", 29, |n| 1 + n % 3);
    let against = |after: &str, more: &str| {
        printed(&format!(
            "rag {after} --summary --against {before} --fail-if-worse{more} -f ndjson"
        ))
    };
    let hit_rate = |done: &Run| {
        let rows = done.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.into_iter().find(|row| row["figure"] == "hit_rate").unwrap()
    };
    let done = against(&better, "");
    assert_eq!((done.code, &*done.stderr), (0, ""), "{done:#?}");
    let row = hit_rate(&done);
    assert_eq!(
        (&row["before"], &row["after"], &row["verdict"]),
        (&json!(0.7), &json!(0.8), &json!("better"))
    );
    let (low, high) = (row["low"].as_f64().unwrap(), row["high"].as_f64().unwrap());
    assert!(0.05 < low && low < 0.1 && 0.1 < high && high < 0.15, "{row}");
    assert_eq!((&row["sessions_before"], &row["sessions_after"]), (&json!(60), &json!(60)));
    assert_eq!(hit_rate(&against(&alike, ""))["verdict"], "no-difference");
    assert_eq!(against(&alike, "").code, 0);
    let too_few = against(&few, "");
    assert_eq!(hit_rate(&too_few)["verdict"], "too-few");
    assert_eq!(hit_rate(&too_few)["low"], Value::Null);
    ends_with(&too_few, 11, &["nothing to judge: hit_rate"]);
    let worse = printed(&format!("rag {before} --summary --against {better} --fail-if-worse"));
    ends_with(&worse, 10, &["hit rate 80% → 70%, −10 points (−13 to −7): worse"]);
    assert!(worse.stdout.contains("80% → 70%  −10 points (−13 to −7)  worse"), "{}", worse.stdout);
    let named = printed(&format!(
        "rag {before} --summary --against {better} --fail-if-worse=uncited_rate,unanswerable_rate"
    ));
    assert_eq!((named.code, &*named.stderr), (0, ""), "{named:#?}");
    let nothing = against(&better, " --where channel=fax");
    ends_with(&nothing, 11, &["0 of 60 sessions of --against selected", "nothing to judge"]);
}

#[test]
fn groups_that_only_one_side_has_are_shown_with_the_other_empty() {
    let folder = tempfile::tempdir().unwrap();
    let before = saved(folder.path(), "before.ndjson", 70, |n| 6 + n % 3);
    let after = folder.path().join("after.ndjson");
    let text: Vec<String> = (0..70)
        .map(|n| {
            session(n, if n.is_multiple_of(2) { "chat" } else { "sms" }, 10, 2 + n % 3).to_string()
        })
        .collect();
    fs::write(&after, text.join("\n")).unwrap();
    let line = format!("rag {} --summary --by channel --against {before}", after.display());
    let rows = rows(&line);
    let row = |channel: &str| {
        rows.iter()
            .find(|row| row["group"]["channel"] == channel && row["figure"] == "hit_rate")
            .unwrap()
    };
    assert_eq!(row("chat")["verdict"], "worse");
    assert_eq!(
        (&row("voice")["after"], &row("voice")["verdict"]),
        (&Value::Null, &json!("too-few"))
    );
    assert_eq!((&row("sms")["before"], &row("sms")["sessions_before"]), (&Value::Null, &json!(0)));
    let retrievals =
        rows.iter().find(|row| row["group"]["channel"] == "voice" && row["figure"] == "retrievals");
    assert_eq!(retrievals.unwrap()["after"], Value::Null, "not 0, of which nothing is known");
    ends_with(&printed(&format!("{line} --fail-if-worse")), 10, &["chat: hit rate"]);
    let csv = printed(&format!("{line} --format csv")).stdout;
    assert!(
        csv.starts_with("command,figure,group_channel,before,after,change,low,high,verdict,"),
        "{csv}"
    );
}

#[test]
fn a_broken_document_of_a_base_is_told_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let after = saved(folder.path(), "after.ndjson", 40, |n| 6 + n % 3);
    let base = folder.path().join("base");
    fs::create_dir(&base).unwrap();
    saved(&base, "good.ndjson", 40, |n| 6 + n % 3);
    fs::write(base.join("bad.json"), "{").unwrap();
    let done =
        printed(&format!("rag {after} --summary --against {} --fail-if-worse", base.display()));
    ends_with(&done, 4, &["bad.json"]);
    assert!(done.stdout.contains("70% → 70%"), "{}", done.stdout);
}

#[test]
fn a_gate_over_no_session_is_not_passed() {
    for line in [
        "rag --fail-on miss",
        "tools --fail-on error",
        "missing --fail-on any",
        "rag --summary --fail-on miss",
    ] {
        let done = printed(&format!("{line} {SAMPLES} --where channel=fax"));
        assert_eq!(done.code, 11, "{done:?}");
        done.says(&["nothing to judge: no session was selected"]);
    }
}

#[test]
fn one_core_and_all_of_them_print_the_same_bytes() {
    if !has("taskset") {
        return;
    }
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/sessions");
    let texts: Vec<Value> = fs::read_dir(samples)
        .unwrap()
        .map(|path| serde_json::from_slice(&fs::read(path.unwrap().path()).unwrap()).unwrap())
        .collect();
    let line = |n: usize| {
        let mut document = texts[n * 7 % texts.len()].clone();
        document["session_id"] = json!(id(n));
        if n % 50 == 3 { "{\"broken\": ".to_owned() } else { document.to_string() }
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("week.ndjson");
    fs::write(&path, (0..400).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    for command in [
        "rag --summary",
        "rag --format csv",
        "rag --by doc_id --summary --format json",
        "rag --thresholds --format csv",
        "tools --summary --format json",
        "tools --only error",
        "tools --sort -latency_ms --limit 50 --format ndjson",
        "gaps --format json",
        "fetch --overview --format csv",
        "fetch --format ndjson",
        "fetch --summary --by channel,day",
        "transcript --format ndjson",
        "transcript --summary",
        "missing --format markdown",
        "report --by channel --transcripts 20",
    ] {
        let printed = |cores: Option<&str>| {
            let mut run = process();
            if let Some(cores) = cores {
                let all = std::mem::replace(&mut run, std::process::Command::new("taskset"));
                run.args(["-c", cores]).arg(all.get_program());
                run.envs(all.get_envs().filter_map(|(name, value)| Some((name, value?))));
            }
            let output = run.args(command.split(' ')).arg(&path).output().unwrap();
            assert_eq!(output.status.code(), Some(4), "{command}: the broken ones");
            (output.stdout, output.stderr)
        };
        assert!(printed(None) == printed(Some("0")), "{command}");
    }
}

#[test]
fn who_holds_sessions_against_themselves_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let all = saved(folder.path(), "all.ndjson", 40, |n| n % 10);
    for line in [
        format!("rag --summary {all} --against {all} --fail-if-worse"),
        format!("gaps {all} --against {all}"),
    ] {
        printed(&line).says(&["40 sessions stand on both sides, held against what is the same"]);
    }
    let other = saved(folder.path(), "other.ndjson", 40, |n| n % 10);
    let done = printed(&format!("rag --summary {all} --against {other}"));
    assert!(!done.stderr.contains("both sides"), "{}", done.stderr);
}

#[test]
fn a_table_of_the_first_rows_says_how_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let all = saved(folder.path(), "all.ndjson", 40, |n| n % 10);
    for (line, title) in [
        (format!("fetch {all} --overview --limit 3"), "40 sessions · 3 shown"),
        (format!("rag {all} --limit 3"), "400 retrievals · 3 shown"),
        (format!("rag {all} --sort -hit"), "400 retrievals"),
    ] {
        let done = printed(&line);
        assert!(done.stdout.lines().next().unwrap().starts_with(title), "{}", done.stdout);
    }
}
