//! What does not keep to the API's types, and what is made of it.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::model::{
    LazyList, MessageEntry, MessageTools, RagTraceEntry, RetrievedChunk, SessionAnalysisInput,
    Skipped,
};

type Whole<'a> = SessionAnalysisInput<'a>;
type Lazy<'a> =
    SessionAnalysisInput<'a, MessageEntry<'a>, RagTraceEntry<'a, LazyList<'a, RetrievedChunk<'a>>>>;
type Tools<'a> = SessionAnalysisInput<'a, MessageTools<'a>, Skipped, Skipped>;

/// Asserts what a document becomes, and what is said of it, whichever way it is read.
#[track_caller]
fn assert_repaired(fields: &str, expected: &str, remarks: &[&str]) {
    let json = format!(r#"{{"session_id":"s",{fields}}}"#);
    let expected = format!(r#"{{"session_id":"s",{expected}}}"#);
    assert!(serde_json::from_str::<Whole<'_>>(&json).is_err(), "{json}");
    for repaired in [repair::<Whole<'_>>(&json), repair::<Lazy<'_>>(&json)] {
        let Repaired { json: repaired, remarks: told } = repaired.unwrap().expect(&json);
        assert_eq!(
            (&*repaired, told),
            (&*expected, remarks.iter().map(|line| (*line).to_owned()).collect()),
            "{json}"
        );
        serde_json::from_str::<Whole<'_>>(&repaired).unwrap();
        serde_json::from_str::<Lazy<'_>>(&repaired).unwrap();
    }
}

#[test]
fn where_a_string_is_due_the_value_is_shown_as_json() {
    assert_repaired(
        r#""messages":[{"content":"a"},{"content":[{"text":"hi"}]},{"content": -1.50 }]"#,
        r#""messages":[{"content":"a"},{"content":"[{\"text\":\"hi\"}]"},{"content": "-1.50" }]"#,
        &[
            "messages[1].content: an array where a string was expected; shown as JSON",
            "messages[2].content: a number where a string was expected; shown as JSON",
        ],
    );
    assert_repaired(
        r#""channel":true,"started_at":1696500000,"tool_calls":[{"name":5,"error":{"code":7}}]"#,
        r#""channel":"true","started_at":"1696500000","tool_calls":[{"name":"5","error":"{\"code\":7}"}]"#,
        &[
            "channel: a boolean where a string was expected; shown as JSON",
            "started_at: a number where a string was expected; shown as JSON",
            "tool_calls[0].name: a number where a string was expected; shown as JSON",
            "tool_calls[0].error: an object where a string was expected; shown as JSON",
        ],
    );
    assert_repaired(
        r#""missing_evidence_reasons":[1,"no_csat",null]"#,
        r#""missing_evidence_reasons":["1","no_csat","null"]"#,
        &[
            "missing_evidence_reasons[0]: a number where a string was expected; shown as JSON",
            "missing_evidence_reasons[2]: null where a string was expected; shown as JSON",
        ],
    );
}

#[test]
fn where_something_else_is_due_it_is_null_and_told() {
    assert_repaired(
        r#""messages":[{"latency_ms":"5"}],"rag_traces":[{"hit":"yes","retrieved":{"chunk_id":"c"},"answerability":[]}]"#,
        r#""messages":[{"latency_ms":null}],"rag_traces":[{"hit":null,"retrieved":null,"answerability":null}]"#,
        &[
            "messages[0].latency_ms: a string where a number was expected; read as null: \"5\"",
            "rag_traces[0].hit: a string where a boolean was expected; read as null: \"yes\"",
            "rag_traces[0].retrieved: an object where an array was expected; read as null: \
             {\"chunk_id\":\"c\"}",
            "rag_traces[0].answerability: an array where an object was expected; read as null: []",
        ],
    );
    assert_repaired(
        r#""messages":{},"csat":[],"kb_snapshot":{"kb_versions":7}"#,
        r#""messages":null,"csat":null,"kb_snapshot":{"kb_versions":null}"#,
        &[
            "messages: an object where an array was expected; read as null: {}",
            "csat: an array where an object was expected; read as null: []",
            "kb_snapshot.kb_versions: a number where an object was expected; read as null: 7",
        ],
    );
}

#[test]
fn an_element_that_is_none_is_left_out_and_a_turn_keeps_its_number() {
    for (list, expected) in [
        ("[5,{}]", "[{}]"),
        ("[{}, 5]", "[{}]"),
        ("[5, {} ,6,7,{\"doc_id\":\"d\"} , 8, 9 ]", "[{} ,{\"doc_id\":\"d\"} ]"),
        ("[ 5 , 6 ]", "[  ]"),
    ] {
        let told = "rag_traces[0].retrieved[0]: a number where an object was expected; left out: 5";
        let json = |list| {
            format!(r#"{{"session_id":"s","rag_traces":[{{"retrieved":{list}}}],"x":[5,{{}}]}}"#)
        };
        let (wrong, right) = (json(list), json(expected));
        for repaired in [repair::<Whole<'_>>(&wrong), repair::<Lazy<'_>>(&wrong)] {
            let repaired = repaired.unwrap().unwrap();
            assert_eq!(repaired.json, right);
            assert_eq!(repaired.remarks.len(), 1, "{:?}", repaired.remarks);
            assert!(repaired.remarks[0].starts_with(told) || list.starts_with("[{"));
        }
    }
    assert_repaired(
        r#""messages":[{"content":"a"},"b",null]"#,
        r#""messages":[{"content":"a"},{"content":"\"b\""},{"content":"null"}]"#,
        &[
            "messages[1]: a string where an object was expected; shown as JSON",
            "messages[2]: null where an object was expected; shown as JSON",
        ],
    );
    let turns = repair::<Tools<'_>>(r#"{"session_id":"s","messages":[5,{}]}"#).unwrap().unwrap();
    assert_eq!(turns.json, r#"{"session_id":"s","messages":[{},{}]}"#);
    assert_repaired(
        r#""kb_snapshot":{"kb_versions":{"a":"1","b":2}}"#,
        r#""kb_snapshot":{"kb_versions":{"b":2}}"#,
        &["kb_snapshot.kb_versions.a: a string where a number was expected; left out: \"1\""],
    );
}

#[test]
fn a_single_string_is_read_as_a_list_of_one() {
    assert_repaired(
        r#""missing_evidence_reasons":"no_csat","rag_traces":[{"kb_ids":{"a":1}}]"#,
        r#""missing_evidence_reasons":["no_csat"],"rag_traces":[{"kb_ids":["{\"a\":1}"]}]"#,
        &[
            "missing_evidence_reasons: a string where an array of strings was expected; \
             read as the only one: \"no_csat\"",
            "rag_traces[0].kb_ids: an object where an array of strings was expected; shown as JSON",
        ],
    );
}

#[test]
fn of_a_key_that_stands_twice_the_last_one_counts() {
    assert_repaired(
        r#""channel":"a", "channel":"b" ,"ch\u0061nnel":"c""#,
        r#""ch\u0061nnel":"c""#,
        &["channel: the key stands 3 times; the last one counts"],
    );
    assert_repaired(
        r#""messages":[{"role":5,"content":"a","role":"b"},{"role":"c","role":"d"}]"#,
        r#""messages":[{"content":"a","role":"b"},{"role":"d"}]"#,
        &["messages[0].role: the key stands 2 times; the last one counts (and 1 more like it)"],
    );
    let id = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11";
    assert_repaired(
        &format!(r#""kb_snapshot":{{"kb_versions":{{"{id}":1,"{}":2}}}}"#, id.to_uppercase()),
        &format!(r#""kb_snapshot":{{"kb_versions":{{"{}":2}}}}"#, id.to_uppercase()),
        &[&format!("kb_snapshot.kb_versions.{id}: the key stands 2 times; the last one counts")],
    );
    // What is not read may stand twice.
    let json = r#"{"new":1,"session_id":"s","new":2,"customer_metadata":{"a":1,"a":2}}"#;
    assert!(
        serde_json::from_str::<Whole<'_>>(json).is_ok()
            && matches!(repair::<Whole<'_>>(json), Ok(None))
    );
}

#[test]
fn faults_of_a_kind_are_told_once() {
    let many = vec![r#"{"content":[],"latency_ms":"x"}"#; 1000].join(",");
    let json = format!(r#"{{"session_id":"s","messages":[{many}]}}"#);
    let repaired = repair::<Whole<'_>>(&json).unwrap().unwrap();
    assert_eq!(
        repaired.remarks,
        [
            "messages[0].content: an array where a string was expected; shown as JSON \
             (and 999 more like it)",
            "messages[0].latency_ms: a string where a number was expected; read as null: \"x\" \
             (and 999 more like it)",
        ]
    );
    let versions: Vec<_> = (0..100).map(|n| format!(r#""kb{n}":"x""#)).collect();
    let json = format!(
        r#"{{"session_id":"s","kb_snapshot":{{"kb_versions":{{{}}}}}}}"#,
        versions.join(",")
    );
    let remarks = repair::<Whole<'_>>(&json).unwrap().unwrap().remarks;
    assert_eq!(remarks.len(), 21);
    assert_eq!(remarks[20], "and 80 more kinds of values that do not fit");
}

#[test]
fn what_is_no_session_is_not_mended() {
    for json in [r#"{"session_id":5}"#, r#"{"session_id":null}"#, r#"{"messages":5}"#, "[]", "5"] {
        let mended = repair::<Whole<'_>>(json).ok().flatten();
        assert!(
            mended.is_none_or(|it| serde_json::from_str::<Whole<'_>>(&it.json).is_err()),
            "{json}"
        );
    }
    let twice = repair::<Whole<'_>>(r#"{"session_id":5,"session_id":"s"}"#).unwrap().unwrap();
    assert_eq!(twice.json, r#"{"session_id":"s"}"#);
}

#[test]
fn only_what_is_read_is_looked_at() {
    let json = r#"{"session_id":"s","rag_traces":[{"hit":"no"}],"messages":[{"content":5}]}"#;
    assert!(serde_json::from_str::<Tools<'_>>(json).is_ok());
    let json = json.replace("\"s\"", "\"s\",\"channel\":5");
    let remarks = repair::<Tools<'_>>(&json).unwrap().unwrap().remarks;
    assert_eq!(remarks, ["channel: a number where a string was expected; shown as JSON"]);
}

/// How many values a document has, itself included.
fn count(value: &Json) -> usize {
    1 + match value {
        Json::Array(elements) => elements.iter().map(count).sum(),
        Json::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// The `n`th value of a document.
fn nth<'v>(value: &'v mut Json, n: &mut usize) -> Option<&'v mut Json> {
    if *n == 0 {
        return Some(value);
    }
    *n -= 1;
    match value {
        Json::Array(elements) => elements.iter_mut().find_map(|element| nth(element, n)),
        Json::Object(fields) => fields.values_mut().find_map(|field| nth(field, n)),
        _ => None,
    }
}

proptest! {
    #[test]
    fn any_wrong_values_are_mended(
        places in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..8), 1..6),
        indented in any::<bool>(),
    ) {
        let odd = [
            json!(null), json!(true), json!(-1.5), json!("a \"b\"\n"), json!([]), json!({}),
            json!([null, 1, "x", [2], {"content": 5}]), json!({"a": [1], "content": {}}),
        ];
        let mut document: Json =
            serde_json::from_str(include_str!("../../demo/sessions/showcase.json")).unwrap();
        for (place, value) in places {
            let mut n = place.index(count(&document) - 1) + 1;
            if let Some(target) = nth(&mut document, &mut n) {
                *target = odd[value].clone();
            }
        }
        let text = if indented { format!("{document:#}") } else { document.to_string() };
        let strict = serde_json::from_str::<Lazy<'_>>(&text);
        match repair::<Lazy<'_>>(&text).ok().flatten() {
            None => prop_assert!(strict.is_ok() || !document["session_id"].is_string()),
            Some(repaired) => {
                prop_assert!(!repaired.remarks.is_empty());
                let again = serde_json::from_str::<Lazy<'_>>(&repaired.json);
                prop_assert!(again.is_ok(), "{:?}: {}", again.err(), repaired.json);
            }
        }
    }
}
