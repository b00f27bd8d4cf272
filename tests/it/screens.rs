//! The screens: what stands out, what is said once, what is not said at all.

use serde_json::{Value, json};

use crate::harness::{Run, feather, run};

const SHOWCASE: &str = include_str!("../../src/demo/sessions/showcase.json");

/// Runs a command line in a folder in which `in.ndjson` holds these documents.
fn over(documents: &[Value], line: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let text: Vec<String> = documents.iter().map(Value::to_string).collect();
    std::fs::write(folder.path().join("in.ndjson"), text.join("\n")).unwrap();
    let done = run(feather().current_dir(folder.path()).args(line.split_whitespace()));
    assert_eq!(done.code, 0, "{done:?}");
    done
}

fn over_showcase(line: &str) -> String {
    over(&[serde_json::from_str(SHOWCASE).unwrap()], line).stdout
}

/// A session with calls of a tool, so many of which failed.
fn session(place: usize, calls: usize, failed: usize) -> Value {
    let call = |n: usize| {
        let error = if n < failed { json!("no") } else { Value::Null };
        json!({"tool_call_id": format!("c{n}"), "name": "pay", "arguments": "{}", "result": "r",
               "error": error})
    };
    json!({"session_id": format!("{place:08}-0000-4000-8000-000000000000"),
           "tool_calls": (0..calls).map(call).collect::<Vec<_>>()})
}

#[test]
fn a_rate_is_red_only_where_its_interval_lies_beyond_the_stated_one() {
    let red = "\u{1b}[38;5;196";
    for (failed, rate, colored) in [(3, "1%", false), (18, "6%", false), (90, "30%", true)] {
        let documents: Vec<Value> =
            (0..300).map(|place| session(place, 1, usize::from(place < failed))).collect();
        for line in ["tools in.ndjson --summary", "tools in.ndjson --summary --by channel"] {
            let page = over(&documents, &format!("{line} --width 100 --color always")).stdout;
            assert!(page.contains(rate), "{line}: {page}");
            assert_eq!(page.contains(red), colored, "{line}, {rate}: {page}");
        }
    }
}

#[test]
fn an_id_has_eight_digits_and_more_where_two_would_be_alike() {
    let mut documents = [session(12_345_678, 1, 0), session(87_654_321, 1, 0)];
    let page = over(&documents, "fetch in.ndjson --overview --width 100").stdout;
    assert!(page.contains("12345678 ") && !page.contains("12345678-"), "{page}");
    documents[1]["session_id"] = json!("12345678-0000-4000-8000-00000000000a");
    for line in ["fetch in.ndjson --overview", "tools in.ndjson --fields session_id,name"] {
        let page = over(&documents, &format!("{line} --width 100")).stdout;
        assert!(page.contains("12345678-0000-4000-8000-000000000000"), "{line}: {page}");
        // A pipe, Markdown and what programs read have them whole.
        documents[1]["session_id"] = json!("87654321-0000-4000-8000-00000000000a");
        for format in ["table", "markdown", "csv", "ndjson"] {
            let page = over(&documents, &format!("{line} --format {format}")).stdout;
            let whole = page.replace("\\-", "-");
            assert!(whole.contains("87654321-0000-4000-8000-00000000000a"), "{format}: {page}");
        }
        documents[1]["session_id"] = json!("12345678-0000-4000-8000-00000000000a");
    }
}

#[test]
fn an_overview_has_dates_and_agents_and_says_once_what_is_missing_everywhere() {
    let mut documents = [session(1, 0, 0), session(2, 0, 0)];
    for document in &mut documents {
        document["started_at"] = json!("2026-10-05T14:02:00Z");
        document["agent_id"] = json!("5e1c1561-67e8-4377-9deb-2534264b5e5d");
        document["missing_evidence_reasons"] = json!(["no_csat", "no_user_feedback"]);
    }
    documents[0]["missing_evidence_reasons"] = json!(["no_csat", "no_rag_trace"]);
    for width in [60, 80, 100, 140] {
        let page = over(&documents, &format!("fetch in.ndjson --overview --width {width}")).stdout;
        for words in ["2026-10-05 14:02", "5e1c1561", "rag", "feedback"] {
            assert!(page.contains(words), "{words} at {width}: {page}");
        }
        assert!(page.ends_with("missing in every row: csat\n"), "{page}");
        assert_eq!(page.matches("csat").count(), 1, "{page}");
        // There is none of these.
        assert!(!page.contains("hand-offs") && !page.contains("cited"), "{page}");
    }
    let reasons = ["legacy_session", "no_rag_trace", "no_kb_snapshot", "no_tool_trace", "no_csat"];
    documents[0]["missing_evidence_reasons"] = json!(reasons);
    documents[1]["missing_evidence_reasons"] = json!([]);
    for (width, words) in
        [(" --width 80", "legacy, rag, +3"), ("", "no_kb_snapshot, no_tool_trace")]
    {
        let page = over(&documents, &format!("fetch in.ndjson --overview{width}")).stdout;
        assert!(page.contains(words), "{page}");
    }
}

#[test]
fn a_retrieval_says_nothing_twice_and_an_orphan_widens_nothing() {
    let page = over_showcase("rag in.ndjson --width 140");
    assert!(!page.contains("miss,") && !page.contains("unanswerable,"), "{page}");
    assert!(page.contains("uncited, orphan, repeat"), "{page}");
    let piped = over_showcase("rag in.ndjson");
    let heading = piped.lines().find(|line| line.starts_with("turn")).unwrap();
    assert!(heading.starts_with("turn  time"), "{piped}");
    let rows = over_showcase("rag in.ndjson --only orphan --format json");
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let flags = ["miss", "unanswerable", "uncited", "orphan", "repeat"];
    assert_eq!(rows[0]["flags"], json!(flags));
    assert_eq!(rows[0]["assistant_turn_id"].as_str().map(str::len), Some(36));
}

#[test]
fn an_error_is_whole_and_begins_with_its_message() {
    let reason = "word ".repeat(60);
    let error = json!({"code": "E7", "message": reason.trim(), "retryable": false}).to_string();
    let document = json!({"session_id": "s", "tool_calls": [
        {"tool_call_id": "c", "name": "pay", "arguments": format!("{{\"note\":\"{reason}\""),
         "error": error}]});
    for width in [60, 80, 100, 140] {
        let documents = std::slice::from_ref(&document);
        let page = over(documents, &format!("tools in.ndjson --width {width}")).stdout;
        assert!(page.contains("E7") && page.contains("retryable"), "{page}");
        assert!(page.matches("word").count() >= 60, "{page}");
        assert!(page.contains("broken-arguments") && page.contains('…'), "{page}");
        let message = page.find("word word word").unwrap();
        assert!(message < page.find("\"code\"").unwrap(), "{page}");
    }
    let rows = over(&[document], "tools in.ndjson --format ndjson").stdout;
    let row: Value = serde_json::from_str(&rows).unwrap();
    assert_eq!(
        (&row["error"], &row["flags"]),
        (&json!(error), &json!(["orphan", "broken-arguments"]))
    );
}

#[test]
fn what_is_missing_is_said_once_and_plainly() {
    let page = over_showcase("missing in.ndjson --width 100");
    assert!(page.contains("what that rules out") && !page.contains("weakened:"), "{page}");
    assert!(!page.contains(" vs "), "{page}");
    // What programs read stays as it was.
    let rows = over_showcase("missing in.ndjson --format json");
    assert!(rows.contains("\"weakens\": \"gap the customer named vs gap inferred\""), "{rows}");
}

#[test]
fn a_summary_leads_with_its_answers() {
    let page = over_showcase("rag in.ndjson --summary --width 100");
    let place = |title: &str| page.find(title).unwrap_or_else(|| panic!("{title}: {page}"));
    let order = ["Queries that miss", "Documents retrieved", "Answerability", "Scores", "Latency"];
    assert!(order.map(place).is_sorted(), "{page}");
}

#[test]
fn a_transcript_names_the_turns_to_look_at_and_shows_them() {
    let page = over_showcase("transcript in.ndjson --width 100");
    let header = page.split("\n\n#1").next().unwrap();
    assert!(header.contains("look at       #3 uncited · #6 cited-not-retrieved"), "{header}");
    assert!(header.contains("#10 apply_credit error, miss"), "{header}");
    let turns = |page: &str| -> Vec<String> {
        let heads = page.lines().filter(|line| line.starts_with('#'));
        heads.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    let flagged = over_showcase("transcript in.ndjson --only flagged --width 100");
    assert_eq!(turns(&flagged), ["#3", "#6", "#7", "#10", "#13"]);
    assert!(flagged.contains("left out: 9 turns, csat, feedback\n"), "{flagged}");
    let some = over_showcase("transcript in.ndjson --turn 2,10..11,13.. --width 100");
    assert_eq!(turns(&some), ["#2", "#10", "#11", "#13", "#14"]);
    let rows = over_showcase("transcript in.ndjson --format json");
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    assert!(rows.iter().all(|row| row["flags"].is_array()), "every row has flags");
    let rows = over_showcase("transcript in.ndjson --only flagged --format json");
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    assert!(rows.iter().all(|row| row["flags"] != json!([])), "{rows:?}");
}
