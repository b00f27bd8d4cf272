//! Filters over many sessions, gates over them, and names that there are not.

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Run, feather, id, run};

/// A session in which a call of `lookup_account` failed in each of these turns, and went well in the
/// others; turns 1 to 4 are an assistant's.
fn session(n: usize, failed: &[usize]) -> String {
    let turn = |turn: usize| format!("{n}-{turn}");
    let messages: Vec<_> = (1..=4)
        .map(|number| json!({ "turn_id": turn(number), "role": "assistant", "content": "?" }))
        .collect();
    let call = |number: usize| {
        let error = failed.contains(&number).then_some("no such account");
        json!({
            "tool_call_id": format!("call-{n}-{number}"), "assistant_turn_id": turn(number),
            "name": "lookup_account", "arguments": "{}", "arguments_parsed": {},
            "result": if error.is_some() { None } else { Some("found") }, "error": error,
            "latency_ms": 5,
        })
    };
    let retrieval = |number: usize| {
        json!({
            "rag_query_id": format!("query-{n}-{number}"), "assistant_turn_id": turn(number),
            "query_hash": "q", "kb_ids": [], "retrieved": [], "top_score": null,
            "hit": !failed.contains(&number), "latency_ms": 5, "answerability": null,
        })
    };
    let reasons = if failed.is_empty() { vec![] } else { vec!["no_csat"] };
    let csat = failed.is_empty().then(|| json!({ "score": 5, "scale_max": 5 }));
    json!({
        "analyzer_input_schema_version": 2, "session_id": id(n), "organization_id": id(0),
        "messages": messages, "tool_calls": (1..=4).map(call).collect::<Vec<_>>(),
        "rag_traces": (1..=4).map(retrieval).collect::<Vec<_>>(), "citations": [],
        "csat": csat, "user_feedback": { "rating": 1 }, "kb_snapshot": { "knowledge_bases": [] },
        "missing_evidence_reasons": reasons,
    })
    .to_string()
}

/// Thirty sessions: in the seventh a call failed in turns 2 and 3, in the twentieth in turn 4.
fn corpus() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let failed = |n| match n {
        7 => &[2, 3][..],
        20 => &[4],
        _ => &[],
    };
    let lines: String = (1..=30).map(|n| session(n, failed(n)) + "\n").collect();
    std::fs::write(folder.path().join("week.ndjson"), lines).unwrap();
    std::fs::write(folder.path().join("one.json"), session(1, &[])).unwrap();
    std::fs::write(folder.path().join("bad.json"), session(7, &[2, 3])).unwrap();
    folder
}

fn within(folder: &TempDir, line: &str) -> Run {
    run(feather().current_dir(folder.path()).args(line.split(' ')))
}

#[test]
fn a_filter_leaves_out_sessions_of_which_it_leaves_nothing() {
    let folder = corpus();
    for (line, last) in [
        ("tools week.ndjson --only error", "3 calls in 2 of 30 sessions"),
        ("tools week.ndjson --only error --width 80", "3 calls in 2 of 30 sessions"),
        ("tools week.ndjson --only error -f markdown", "3 calls in 2 of 30 sessions"),
        ("tools week.ndjson --only error --name lookup_account", "3 calls in 2 of 30 sessions"),
        ("rag week.ndjson --only miss", "3 retrievals in 2 of 30 sessions"),
        ("missing week.ndjson", "2 reasons in 2 of 30 sessions"),
    ] {
        let done = within(&folder, line);
        let (shown, end) = done.succeeded().stdout.trim_end().rsplit_once("\n\n").unwrap();
        assert_eq!(end, last, "{line}");
        let named = |n| shown.contains(&id(n));
        assert!((1..=30).all(|n| named(n) == (n == 7 || n == 20)), "{line}: {shown}");
        assert!(done.stdout.lines().count() < 20, "{line}: {}", done.stdout);
    }
    let none = within(&folder, "tools week.ndjson --only no-result");
    assert_eq!(none.succeeded().stdout, "no such call in 30 sessions\n");
    std::fs::write(folder.path().join("none.ndjson"), session(1, &[]) + &session(2, &[])).unwrap();
    let none = within(&folder, "missing none.ndjson");
    assert_eq!(none.succeeded().stdout, "no evidence is missing in 2 sessions\n");
    let none = within(&folder, "rag none.ndjson --only miss");
    assert_eq!(none.succeeded().stdout, "nothing like it in 2 sessions\n");
    // Machines are told by what is not there.
    for format in ["json", "ndjson", "csv"] {
        let done = within(&folder, &format!("tools week.ndjson --only error -f {format}"));
        assert!(!done.succeeded().stdout.contains("of 30"), "{done:?}");
    }
    // Without a filter nothing is left out.
    let all = within(&folder, "tools week.ndjson");
    assert!(
        (1..=30).all(|n| all.succeeded().stdout.contains(&id(n))) && !all.stdout.contains("of 30")
    );
}

#[test]
fn of_a_single_session_it_is_said_that_nothing_is_left() {
    let folder = corpus();
    for (line, words) in [
        ("tools one.json --only error", "none shown of 4 calls"),
        ("rag one.json --only miss", "no retrieval is a miss"),
        ("missing one.json", "nothing"),
        ("transcript one.json --role user", "no turn has the role"),
    ] {
        let done = within(&folder, line);
        assert!(done.succeeded().stdout.contains(&id(1)), "{line}: {done:?}");
        assert!(done.stdout.contains(words), "{line}: {done:?}");
        assert!(!done.stdout.contains(" of 1 "), "{line}: {done:?}");
    }
}

#[test]
fn a_transcript_has_only_sessions_with_such_a_turn() {
    let folder = corpus();
    std::fs::write(
        folder.path().join("talk.json"),
        session(31, &[]).replacen("\"assistant\"", "\"user\"", 1),
    )
    .unwrap();
    let done = within(&folder, "transcript week.ndjson talk.json --role user");
    assert_eq!(done.code, 0);
    assert!((1..=31).all(|n| done.stdout.contains(&id(n)) == (n == 31)), "{done:?}");
    done.says(&["1 of 31 sessions has such a turn"]);
    let none = within(&folder, "transcript week.ndjson --turn 5 -f ndjson");
    assert_eq!((&*none.stdout, &*none.stderr), ("", "0 of 30 sessions have such a turn\n"));
}

#[test]
fn a_name_that_there_is_not_is_told_once_with_those_there_are() {
    let folder = corpus();
    let tools = "--name lookup_acount: no tool of this name was called in 30 sessions; \
                 there are lookup_account\n";
    let role = "--role asistant: no turn has this role in 30 sessions; there are assistant\n";
    for (line, told) in [
        ("tools week.ndjson --name lookup_acount", tools),
        ("tools week.ndjson --name lookup_acount,lookup_account -f csv", tools),
        ("tools week.ndjson --name lookup_acount --summary", tools),
        ("transcript week.ndjson --role asistant", role),
        ("transcript week.ndjson --role asistant,ASSISTANT -f json", role),
    ] {
        let done = within(&folder, line);
        assert_eq!(done.code, 0, "{line}: {done:?}");
        assert_eq!(done.stderr.matches(told).count(), 1, "{line}: {done:?}");
    }
    let alone = within(&folder, "tools one.json --name nothing_like_it");
    alone.says(&["--name nothing_like_it", "there are lookup_account"]);
    let nearest = run(feather().args(["tools", "--demo", "--name", "create_tiket"]));
    nearest.says(&["there are create_ticket, "]);
    let none = within(&folder, "tools week.ndjson --name lookup_account");
    assert_eq!(none.succeeded().stdout.matches("lookup_account").count(), 120);
}

#[test]
fn a_gate_says_what_matched_how_often_and_where_first() {
    let folder = corpus();
    let errors = "fail-on error: 3 calls in 2 of 30 sessions, first 5e551000 #2\n";
    let misses = "fail-on miss: 3 retrievals in 2 of 30 sessions, first 5e551000 #2\n";
    let both = "warning: 1 session stands on both sides, held against what is the same\n";
    let reasons = "fail-on no_csat: 2 of 30 sessions, first 5e551000\n";
    for (line, told) in [
        ("tools week.ndjson --fail-on error", errors),
        ("tools week.ndjson --fail-on error,no-result,error", errors),
        ("tools week.ndjson --fail-on error --only ok -f csv", errors),
        ("tools week.ndjson --fail-on error --fields name", errors),
        ("tools week.ndjson --fail-on error --summary", errors),
        ("tools week.ndjson --fail-on error --summary --by name", errors),
        (
            "tools week.ndjson --fail-on error --summary --against bad.json",
            &format!("{both}{errors}"),
        ),
        ("rag week.ndjson --fail-on miss", misses),
        ("rag week.ndjson --fail-on miss --chunks", misses),
        ("rag week.ndjson --fail-on miss --summary", misses),
        ("rag week.ndjson --fail-on miss --thresholds", misses),
        ("rag week.ndjson --fail-on miss --by doc_id", misses),
        ("missing week.ndjson --fail-on no_csat", reasons),
        ("missing week.ndjson --fail-on no_csat --summary", reasons),
        (
            "missing week.ndjson --fail-on any",
            "fail-on any: 2 reasons in 2 of 30 sessions, first 5e551000\n",
        ),
        ("tools bad.json --fail-on error", "fail-on error: 2 calls, first 5e551000 #2\n"),
        (
            "gaps bad.json --against one.json --fail-on new",
            "fail-on new: 1 of 1 gap, first 5e551000 #3\n",
        ),
    ] {
        let done = within(&folder, line);
        assert_eq!((done.code, &*done.stderr), (10, told), "{line}");
        let quiet = within(&folder, &format!("{line} -q"));
        assert_eq!((quiet.code, &*quiet.stderr), (10, ""), "{line}");
    }
    let both = within(&folder, "tools week.ndjson --fail-on error,ok");
    let told: Vec<&str> = both.stderr.lines().collect();
    let ok = "fail-on ok: 117 calls in 30 of 30 sessions, first 5e551000 #1";
    assert_eq!(told, [errors.trim_end(), ok]);
    let nothing = within(&folder, "tools week.ndjson --fail-on no-result");
    assert_eq!((nothing.code, &*nothing.stderr), (0, ""));
}

#[test]
fn programs_are_told_the_same_in_fields() {
    let folder = corpus();
    let done = within(&folder, "tools week.ndjson --fail-on error --error-format json");
    assert_eq!(done.code, 10);
    let [row] = &done.errors()[..] else { panic!("{done:?}") };
    let expected = json!({
        "condition": "error", "matches": 3, "sessions": 2, "of": 30, "session_id": id(7), "turn": 2,
        "message": "fail-on error: 3 calls in 2 of 30 sessions, first 5e551000 #2",
    });
    assert_eq!(row["fail_on"], expected);
}
