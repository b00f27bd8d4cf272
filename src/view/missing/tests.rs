//! The rules against documents, and against a naive reading of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

pub fn with_input<T>(document: &Value, look: impl FnOnce(&Input<'_>) -> T) -> T {
    let mut document = document.clone();
    document["session_id"] = json!("s");
    let text = document.to_string();
    look(&serde_json::from_str(&text).unwrap())
}

/// Of each row: reason, evidence, whether declared, count, agreement.
fn short(rows: &[MissingRow<'_>]) -> Vec<String> {
    rows.iter()
        .map(|row| {
            format!(
                "{} {} {} {} {}",
                row.reason.unwrap_or("-"),
                row.evidence.map_or("-", Evidence::as_str),
                row.declared,
                row.present.map_or("-".to_owned(), |count| count.to_string()),
                row.agreement.map_or("-", Agreement::as_str),
            )
        })
        .collect()
}

fn rows_of(document: &Value) -> Vec<String> {
    with_input(document, |input| short(&rows(input)))
}

/// A document in which nothing is due.
pub fn complete() -> Value {
    json!({
        "messages": [{"tool_calls": [{"id": "a"}]}],
        "rag_traces": [{"retrieved": [{"chunk_id": "c"}]}],
        "citations": [{"chunk_id": "c"}],
        "tool_calls": [{"tool_call_id": "a"}],
        "kb_snapshot": {"kb_versions": {}},
        "user_feedback": {"rating": 1},
        "csat": {"score": 5},
    })
}

#[test]
fn a_complete_session_has_no_row_and_is_classifiable() {
    with_input(&complete(), |input| {
        let rows = rows(input);
        assert_eq!(short(&rows), Vec::<String>::new());
        assert_eq!(page(input, &rows).notes, [NOTHING]);
    });
}

#[test]
fn a_declared_reason_agrees_only_where_its_evidence_is_not_there() {
    for (reason, field) in [
        ("no_rag_trace", "rag_traces"),
        ("no_kb_snapshot", "kb_snapshot"),
        ("no_citations", "citations"),
        ("no_tool_trace", "tool_calls"),
        ("no_csat", "csat"),
        ("no_user_feedback", "user_feedback"),
    ] {
        let mut document = complete();
        document["missing_evidence_reasons"] = json!([reason, reason]);
        let row =
            |count: usize, agreement: &str| format!("{reason} {field} true {count} {agreement}");
        assert_eq!(rows_of(&document), [row(1, "declared-but-present")], "told once");
        document[field] = Value::Null;
        assert_eq!(rows_of(&document), [row(0, "agrees")]);
    }
}

#[test]
fn evidence_is_due_only_where_something_speaks_for_it() {
    for (field, due) in [
        ("rag_traces", "no_rag_trace rag_traces"),
        ("kb_snapshot", "no_kb_snapshot kb_snapshot"),
        ("citations", "no_citations citations"),
        ("tool_calls", "no_tool_trace tool_calls"),
        ("csat", "no_csat csat"),
        ("user_feedback", "no_user_feedback user_feedback"),
    ] {
        let mut document = complete();
        document[field] = Value::Null;
        assert_eq!(rows_of(&document), [format!("{due} false 0 absent-but-not-declared")]);
    }
    // No retrieval, no chunk, no call asked for: nothing is due but what customers say.
    let quiet = json!({
        "messages": [{"tool_calls": []}, {"tool_calls": null, "tool_results": null}],
        "csat": {}, "user_feedback": {},
    });
    assert_eq!(rows_of(&quiet), Vec::<String>::new());
    // A retrieval that found nothing leaves nothing to cite.
    let empty = json!({
        "rag_traces": [{"retrieved": []}, {}], "kb_snapshot": {}, "csat": {}, "user_feedback": {},
    });
    assert_eq!(rows_of(&empty), Vec::<String>::new());
    // A result alone tells of a call.
    let result = json!({"messages": [{"tool_results": {"output": ""}}], "csat": {},
                        "user_feedback": {}});
    assert_eq!(rows_of(&result), ["no_tool_trace tool_calls false 0 absent-but-not-declared"]);
}

#[test]
fn what_cannot_be_checked_says_so() {
    let mut document = complete();
    document["missing_evidence_reasons"] =
        json!(["transcript_redaction_skipped", "legacy_session", "no_moon"]);
    assert_eq!(
        rows_of(&document),
        [
            "transcript_redaction_skipped messages true 1 not-checkable",
            "legacy_session - true - not-checkable",
            "no_moon - true - unknown-reason",
        ]
    );
    document["analyzer_input_schema_version"] = json!(1);
    assert_eq!(rows_of(&document)[1], "legacy_session - true - agrees");
    document["analyzer_input_schema_version"] = json!(2);
    assert_eq!(rows_of(&document)[1], "legacy_session - true - not-checkable");
}

#[test]
fn all_lists_every_kind_then_what_is_about_the_whole() {
    let document = json!({
        "messages": [{}, {}], "handoff_events": [{}], "customer_metadata": {"tier": 1},
        "missing_evidence_reasons": ["legacy_session", "no_csat"],
    });
    assert_eq!(
        with_input(&document, |input| short(&all(input))),
        [
            "- messages false 2 -",
            "- rag_traces false 0 agrees",
            "- citations false 0 agrees",
            "- tool_calls false 0 agrees",
            "- handoff_events false 1 -",
            "- kb_snapshot false 0 agrees",
            "no_user_feedback user_feedback false 0 absent-but-not-declared",
            "no_csat csat true 0 agrees",
            "- reopen false 0 -",
            "- customer_metadata false 1 -",
            "legacy_session - true - not-checkable",
        ]
    );
    let bare = json!({"customer_metadata": {}});
    with_input(&bare, |input| {
        let rows = all(input);
        assert_eq!(rows.last().and_then(|row| row.present), Some(0), "{{}} holds nothing");
    });
}

#[test]
fn nothing_is_said_twice_of_what_is_missing() {
    let mut document = complete();
    document["missing_evidence_reasons"] = json!(["no_tool_trace", "no_moon"]);
    let notes = with_input(&document, |input| page(input, &rows(input)).notes);
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn every_reason_of_the_api_has_its_words() {
    for reason in Reason::KNOWN {
        assert!(meaning(reason).is_some() && weakens(reason).is_some(), "{reason:?}");
        assert!(words::rules_out(reason).is_some() && rules_out_by(reason.as_str()).is_some());
    }
    for evidence in Evidence::ALL {
        if let Some(reason) = evidence.reason() {
            assert_eq!(evidence_of(&reason), Some(evidence));
        }
    }
}

fn document() -> impl Strategy<Value = Value> {
    let codes = Reason::KNOWN.iter().map(Reason::as_str).chain(["no_moon", ""]);
    let reasons = prop::collection::vec(prop::sample::select(codes.collect::<Vec<_>>()), 0..5);
    let lists = prop::array::uniform4(0..3_usize);
    let objects = prop::array::uniform4(any::<bool>());
    (reasons, lists, objects, prop::option::of(0..4_i64), any::<bool>()).prop_map(
        |(reasons, lists, objects, version, found)| {
            let object = |there: bool| if there { json!({}) } else { Value::Null };
            let chunks = if found { json!([{}]) } else { json!([]) };
            json!({
                "analyzer_input_schema_version": version,
                "messages": vec![json!({"tool_calls": chunks}); lists[0]],
                "rag_traces": vec![json!({"retrieved": chunks}); lists[1]],
                "citations": vec![json!({}); lists[2]],
                "tool_calls": vec![json!({}); lists[3]],
                "kb_snapshot": object(objects[0]),
                "user_feedback": object(objects[1]),
                "csat": object(objects[2]),
                "reopen": object(objects[3]),
                "missing_evidence_reasons": reasons,
            })
        },
    )
}

proptest! {
    #[test]
    fn every_declared_reason_has_one_row_and_both_lists_tell_the_same(document in document()) {
        with_input(&document, |input| {
            let (rows, all) = (rows(input), all(input));
            let codes = |rows: &[MissingRow<'_>]| {
                let missing = rows.iter().filter(|row| row.is_missing());
                let mut codes: Vec<String> =
                    missing.filter_map(|row| row.reason.map(str::to_owned)).collect();
                codes.sort_unstable();
                codes
            };
            assert_eq!(codes(&rows), codes(&all));
            assert!(rows.iter().all(MissingRow::is_missing));
            let declared: HashSet<&str> =
                input.missing_evidence_reasons.iter().map(Reason::as_str).collect();
            assert_eq!(rows.iter().filter(|row| row.declared).count(), declared.len());
            for row in rows.iter().chain(&all) {
                assert_eq!(row.declared, row.reason.is_some_and(|code| declared.contains(code)));
                if let Some(Agreement::DeclaredButPresent) = row.agreement {
                    assert!(row.present > Some(0));
                }
                if let Some(Agreement::AbsentButNotDeclared) = row.agreement {
                    assert!(row.present == Some(0) && row.reason.is_some());
                }
            }
            assert_eq!(all.iter().filter(|row| row.evidence.is_some()).count(), 10);
            assert_eq!(page(input, &rows).notes.is_empty(), !rows.is_empty());
        });
    }
}
