//! Holds the types, and the showcase session, against the API's schemas and their fields.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use crate::model::*;

/// A schema of the API, its fields, and where in a document it is used.
struct Schema {
    name: &'static str,
    fields: &'static [&'static str],
    /// A path in the document, `*` being every element; None for the error bodies.
    place: Option<&'static str>,
    modelled: fn() -> &'static [&'static str],
}

const SCHEMAS: &[Schema] = &[
    Schema {
        name: "SessionAnalysisInput",
        fields: &[
            "analyzer_input_schema_version",
            "session_id",
            "organization_id",
            "agent_id",
            "channel",
            "started_at",
            "ended_at",
            "completion_reason",
            "knowledge_gap_analysis_outcome",
            "messages",
            "rag_traces",
            "citations",
            "tool_calls",
            "handoff_events",
            "kb_snapshot",
            "user_feedback",
            "csat",
            "reopen",
            "customer_metadata",
            "missing_evidence_reasons",
        ],
        place: Some(""),
        modelled: fields_of::<SessionAnalysisInput<'_>>,
    },
    Schema {
        name: "MessageEntry",
        fields: &[
            "turn_id",
            "role",
            "timestamp",
            "content",
            "tool_calls",
            "tool_results",
            "model_used",
            "latency_ms",
            "truncated",
            "original_char_count",
        ],
        place: Some("messages/*"),
        modelled: fields_of::<MessageEntry<'_>>,
    },
    Schema {
        name: "ToolCall",
        fields: &["id", "type", "function"],
        place: Some("messages/*/tool_calls/*"),
        modelled: fields_of::<ToolCall<'_>>,
    },
    Schema {
        name: "ToolCallFunction",
        fields: &["name", "arguments"],
        place: Some("messages/*/tool_calls/*/function"),
        modelled: fields_of::<ToolCallFunction<'_>>,
    },
    Schema {
        name: "ToolResult",
        fields: &["tool_call_id", "output", "error"],
        place: Some("messages/*/tool_results"),
        modelled: fields_of::<ToolResult<'_>>,
    },
    Schema {
        name: "RagTraceEntry",
        fields: &[
            "rag_query_id",
            "assistant_turn_id",
            "query_hash",
            "kb_ids",
            "retrieved",
            "top_score",
            "hit",
            "latency_ms",
            "answerability",
        ],
        place: Some("rag_traces/*"),
        modelled: fields_of::<RagTraceEntry<'_>>,
    },
    Schema {
        name: "RetrievedChunk",
        fields: &["chunk_id", "doc_id", "version_id", "score"],
        place: Some("rag_traces/*/retrieved/*"),
        modelled: fields_of::<RetrievedChunk<'_>>,
    },
    Schema {
        name: "RagTraceAnswerability",
        fields: &[
            "label",
            "reason_code",
            "raw_top_score",
            "score_basis",
            "mode",
            "action",
            "threshold_low",
            "threshold_high",
        ],
        place: Some("rag_traces/*/answerability"),
        modelled: fields_of::<RagTraceAnswerability<'_>>,
    },
    Schema {
        name: "CitedChunk",
        fields: &["assistant_turn_id", "kb_id", "doc_id", "chunk_id", "version_id"],
        place: Some("citations/*"),
        modelled: fields_of::<CitedChunk<'_>>,
    },
    Schema {
        name: "ToolCallEntry",
        fields: &[
            "tool_call_id",
            "assistant_turn_id",
            "name",
            "arguments",
            "arguments_parsed",
            "result",
            "error",
            "latency_ms",
        ],
        place: Some("tool_calls/*"),
        modelled: fields_of::<ToolCallEntry<'_>>,
    },
    Schema {
        name: "HandoffEvent",
        fields: &["timestamp", "transferred_to_agent_id", "reason"],
        place: Some("handoff_events/*"),
        modelled: fields_of::<HandoffEvent<'_>>,
    },
    Schema {
        name: "KbSnapshotEntry",
        fields: &["captured_at", "kb_versions"],
        place: Some("kb_snapshot"),
        modelled: fields_of::<KbSnapshotEntry<'_>>,
    },
    Schema {
        name: "FeedbackEntry",
        fields: &["timestamp", "rating", "comment"],
        place: Some("user_feedback"),
        modelled: fields_of::<FeedbackEntry<'_>>,
    },
    Schema {
        name: "CSATEntry",
        fields: &["timestamp", "score", "scale_max"],
        place: Some("csat"),
        modelled: fields_of::<CSATEntry<'_>>,
    },
    Schema {
        name: "ReopenEntry",
        fields: &["timestamp", "reason"],
        place: Some("reopen"),
        modelled: fields_of::<ReopenEntry<'_>>,
    },
    Schema {
        name: "ErrorResponse",
        fields: &["error", "message"],
        place: None,
        modelled: fields_of::<ErrorResponse<'_>>,
    },
    Schema {
        name: "HTTPValidationError",
        fields: &["detail"],
        place: None,
        modelled: fields_of::<HTTPValidationError<'_>>,
    },
    Schema {
        name: "ValidationError",
        fields: &["loc", "msg", "type", "input", "ctx"],
        place: None,
        modelled: fields_of::<ValidationError<'_>>,
    },
];

/// The names under which a type is read, as its derived reader asks for them.
fn fields_of<T: Deserialize<'static>>() -> &'static [&'static str] {
    struct Asked<'f>(&'f mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Asked<'_> {
        type Error = Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            fields: &'static [&'static str],
            _visitor: V,
        ) -> Result<V::Value, Error> {
            *self.0 = fields;
            Err(Error::custom("only the names were wanted"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
            Err(Error::custom("not a struct"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut fields: &[&str] = &[];
    let _ = T::deserialize(Asked(&mut fields));
    fields
}

/// Every value at a path.
fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut values = vec![value];
    for step in path.split('/').filter(|step| !step.is_empty()) {
        values = values
            .into_iter()
            .flat_map(|value| match (step, value) {
                ("*", Value::Array(elements)) => elements.iter().collect(),
                (name, Value::Object(fields)) => fields.get(name).into_iter().collect(),
                _ => Vec::new(),
            })
            .collect();
    }
    values
}

#[test]
fn every_schema_and_field_of_the_api_has_its_place_in_the_model() {
    for schema in SCHEMAS {
        assert_eq!((schema.modelled)(), schema.fields, "{}", schema.name);
    }
}

#[test]
fn every_value_of_the_apis_enums_is_known() {
    let outcomes: Vec<_> = KnowledgeGapAnalysisOutcome::KNOWN
        .iter()
        .map(KnowledgeGapAnalysisOutcome::as_str)
        .collect();
    assert_eq!(
        outcomes,
        [
            "resolved",
            "unresolved",
            "transferred",
            "expired",
            "error",
            "abandoned",
            "voicemail",
            "escalated",
            "call_failed"
        ]
    );
    let reasons: Vec<_> =
        MissingEvidenceReason::KNOWN.iter().map(MissingEvidenceReason::as_str).collect();
    assert_eq!(
        reasons,
        [
            "no_rag_trace",
            "no_kb_snapshot",
            "no_citations",
            "no_tool_trace",
            "no_csat",
            "no_user_feedback",
            "transcript_redaction_skipped",
            "legacy_session"
        ]
    );
}

#[test]
fn the_showcase_session_uses_every_field() {
    let showcase = include_str!("../demo/sessions/showcase.json");
    let showcase: Value = serde_json::from_str(showcase).unwrap();
    for schema in SCHEMAS {
        let Some(place) = schema.place else { continue };
        let values = at(&showcase, place);
        for field in schema.fields {
            assert!(
                values.iter().any(|value| value.get(field).is_some_and(|value| !value.is_null())),
                "{}.{field} is nowhere in the showcase",
                schema.name
            );
        }
    }
}

#[test]
fn every_sample_session_can_be_read_whole() {
    for sample in [
        include_str!("../demo/sessions/showcase.json"),
        include_str!("../demo/sessions/voice-abandoned.json"),
        include_str!("../demo/sessions/legacy.json"),
        include_str!("../demo/sessions/worldwide.json"),
    ] {
        let input: SessionAnalysisInput<'_> = serde_json::from_str(sample).unwrap();
        assert!(!input.messages.is_empty());
    }
}

#[test]
fn absent_fields_nulls_and_odd_spellings_are_fine() {
    let text = r#"{
        "session_id": "not-a-uuid",
        "messages": [{"turn_id": null, "role": null, "content": "\ud83d half", "latency_ms": 5.0}],
        "rag_traces": null,
        "csat": {"score": 1e400},
        "kb_snapshot": {"kb_versions": {"no uuid": 5.0}},
        "knowledge_gap_analysis_outcome": "brand_new",
        "missing_evidence_reasons": ["no_csat", "no_idea"],
        "something_new": [{"a": 1e400}]
    }"#;
    let input: SessionAnalysisInput<'_> = serde_json::from_str(text).unwrap();
    let message = &input.messages[0];
    assert_eq!(message.content.decode(), "\u{fffd} half");
    assert_eq!(message.latency_ms.unwrap().as_i64(), 5);
    assert_eq!(input.csat.unwrap().score.unwrap().as_str(), "1e400");
    assert_eq!(input.knowledge_gap_analysis_outcome.unwrap().as_str(), "brand_new");
    assert_eq!(input.missing_evidence_reasons[1].as_str(), "no_idea");
    assert_eq!(input.kb_snapshot.unwrap().kb_versions.0[0].1.as_i64(), 5);
}

#[test]
fn a_field_of_another_type_is_refused() {
    for text in [
        r#"{"session_id": 5}"#,
        r#"{"session_id": null}"#,
        r#"{"messages": []}"#,
        r#"{"session_id": "x", "messages": {}}"#,
        r#"{"session_id": "x", "messages": [{"content": 5}]}"#,
        r#"{"session_id": "x", "messages": [{"latency_ms": "5"}]}"#,
        r#"{"session_id": "x", "rag_traces": [{"hit": "yes"}]}"#,
    ] {
        assert!(serde_json::from_str::<SessionAnalysisInput<'_>>(text).is_err(), "{text}");
    }
}

#[test]
fn a_long_text_decodes_as_any_text_does_and_is_written_as_it_was_sent() {
    for json in [
        r#""""#,
        r#""plain""#,
        r#""caf\u00e9 \ud83d\ude00\n\"q\" \/""#,
        r#""\\ \" \/ \b \f \n \r \t é\n""#,
        r#""half \ude00 \ud83d of a pair""#,
        "\"日本 \u{7f}\u{9b}\"",
    ] {
        let long: LazyText<'_> = serde_json::from_str(json).unwrap();
        let text: Text<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(long.decode(), &*text, "{json}");
        assert_eq!(long.is_empty(), text.is_empty());
        assert_eq!(serde_json::to_string(&long).unwrap(), json);
    }
    for json in ["5", "null", "[]", "\"a\nb\"", r#""\u12g4""#, r#""\x""#, "\"open"] {
        assert!(serde_json::from_str::<LazyText<'_>>(json).is_err(), "{json}");
        assert!(serde_json::from_str::<Text<'_>>(json).is_err(), "{json}");
    }
    let error = serde_json::from_str::<LazyText<'_>>("5").unwrap_err().to_string();
    assert_eq!(error, "invalid type: number, expected a string");
    let say = |json| serde_json::from_str::<LazyText<'_>>(json).unwrap();
    assert!(say(r#""\u00e9""#).says(say("\"é\"")) && !say("\"e\"").says(say("\"é\"")));
}

#[test]
fn a_list_for_later_is_refused_whenever_the_list_itself_is() {
    type List = Vec<RetrievedChunk<'static>>;
    type Lazy = LazyList<'static, RetrievedChunk<'static>>;
    let lists =
        ["[]", r#" [ {} , {"chunk_id":null,"score":1e400,"new":[{}]} ] "#, r#"[{"doc_id":"\n"}]"#];
    for json in lists {
        let list: List = serde_json::from_str(json).unwrap();
        let lazy: Lazy = serde_json::from_str(json).unwrap();
        let mut read = Vec::new();
        lazy.each(|chunk| {
            read.push(format!("{chunk:?}"));
            std::ops::ControlFlow::Continue(())
        });
        assert_eq!(read, list.iter().map(|chunk| format!("{chunk:?}")).collect::<Vec<_>>());
        assert_eq!((lazy.len(), lazy.is_empty()), (list.len(), list.is_empty()));
    }
    for json in [
        "{}",
        "\"x\"",
        "[5]",
        "[null]",
        r#"[{"chunk_id":5}]"#,
        r#"[{},{"score":"1"}]"#,
        r#"[{"doc_id":"a","doc_id":"a"}]"#,
    ] {
        let list = serde_json::from_str::<List>(json).unwrap_err().to_string();
        let lazy = serde_json::from_str::<Lazy>(json).unwrap_err().to_string();
        let words = |error: &str| error.split(" at line").next().unwrap_or_default().to_owned();
        assert_eq!(words(&lazy), words(&list), "{json}");
    }
    for json in ["[{}", "[{},]", "[{\"doc_id\":\"a\tb\"}]"] {
        assert!(serde_json::from_str::<Lazy>(json).is_err(), "{json}");
    }
}
