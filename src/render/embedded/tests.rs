//! Strings as tools and models write them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[test]
fn escapes_are_decoded_and_the_rest_stands_as_it_was() {
    for (text, shown) in [
        (r#"{"q": "\u5951\u7d04", "n":"Zo\u00eb"}"#, "{\"q\": \"契約\", \"n\":\"Zoë\"}"),
        (r#"{"text":"first\nsecond\tthird"}"#, "{\"text\":\"first\nsecond\tthird\"}"),
        (r#"["http:\/\/x\/y", 1.50, -0, 1e400]"#, r#"["http://x/y", 1.50, -0, 1e400]"#),
        (r#"{"face":"\ud83d\ude42"}"#, r#"{"face":"🙂"}"#),
        (r#"{"half":"\ud83d\u0041 \ude42"}"#, r#"{"half":"\ud83dA \ude42"}"#),
        (r#"{"kl\u00fcg": true}"#, r#"{"klüg": true}"#),
        // What tells where a string ends stays.
        (r#"{"said":"\"no\"","at":"C:\\temp\\"}"#, r#"{"said":"\"no\"","at":"C:\temp\\"}"#),
        (r#"{"x":"\\\\\" \u0022"}"#, r#"{"x":"\\\\\" \""}"#),
        (r#"{"pattern":"\\d+\\n"}"#, r#"{"pattern":"\d+\n"}"#),
        // JSON in a string of JSON, however deep.
        (
            r#"[{"type":"text","text":"{\"a\": \"\\u00e9\"}"}]"#,
            r#"[{"type":"text","text":{"a": "é"}}]"#,
        ),
        (r#""{\"a\": \"{\\\"b\\\": [\\\"\\\\u00e9\\\"]}\"}""#, r#"{"a": {"b": ["é"]}}"#),
        (r#""first\nsecond""#, "\"first\nsecond\""),
        // What Python writes, and one value a line.
        (
            r#"{"score": NaN, "low": -Infinity, "t": "\u00fc"}"#,
            r#"{"score": NaN, "low": -Infinity, "t": "ü"}"#,
        ),
        ("{\"a\":\"\\u00e9\"}\n{\"a\":\"\\u00e8\"}\n", "{\"a\":\"é\"}\n{\"a\":\"è\"}\n"),
        // Cut off, wherever that is.
        (r#"{"a": "\u00e9", "b": ["\u00e8 and so"#, r#"{"a": "é", "b": ["è and so"#),
        (r#"{"a": "\u00e9", "b": fal"#, r#"{"a": "é", "b": fal"#),
        (r#"{"a": "\u00e9\u00"#, r#"{"a": "é"#),
        (r#"{"a": "\u00e9", "#, r#"{"a": "é", "#),
    ] {
        assert_eq!(decoded(text), shown, "{text}");
    }
}

#[test]
fn what_is_no_json_is_left_alone() {
    for text in [
        "",
        "{}",
        "plain \\u00e9",
        r"C:\new\user",
        r#""C:\new\temp""#,
        r#""To be, or not to be""#,
        r#""quoted \"word\"" and more"#,
        r"[see \u00e9] that",
        r"{name} is \u00e9",
        r#"{"a": "\u00e9"} and then some"#,
        r#"{"a": "\x41"}"#,
        r#"{"a" "\u00e9"}"#,
        r#"{"a": \u00e9}"#,
        r#"["\u00e9"}"#,
        r#"{"a": "\u00e9",, "b": 1}"#,
        r"{'a': '\u00e9'}",
    ] {
        assert!(matches!(decoded(text), Cow::Borrowed(same) if same == text), "{text}");
        assert_eq!(laid_out(text, 8), text);
    }
    assert!(matches!(decoded(r#"{"a": "no escape"}"#), Cow::Borrowed(_)));
}

#[test]
fn nothing_harmful_comes_out_of_an_escape() {
    let text = r#"{"a":"\u001b[31mred\u202e\u009b0m","b":"{\"c\":\"\\u001b]0;x\\u0007\"}"}"#;
    assert_eq!(decoded(text), r#"{"a":"red<U+202E>","b":{"c":""}}"#);
}

#[test]
fn what_fits_stays_on_one_line_and_lists_that_do_not_have_a_line_an_item() {
    let text =
        r#"{"code":"TIMEOUT","tries":[{"at":1,"ok":false},{"at":2,"ok":false}],"text":"one\ntwo"}"#;
    assert_eq!(
        laid_out(text, 40),
        r#"{
  "code": "TIMEOUT",
  "tries": [
    {"at": 1, "ok": false},
    {"at": 2, "ok": false}
  ],
  "text": "one
    two"
}"#
    );
    assert_eq!(laid_out(r#"{"a":1,"b":"\u00e9"}"#, 40), r#"{"a":1,"b":"é"}"#);
    assert_eq!(laid_out(r#"{"a":1,"b":2}"#, 8), "{\"a\": 1,\n \"b\": 2}");
    assert_eq!(laid_out("[]\n[1]", 8), "[]\n[1]");
    assert_eq!(laid_out("{\n  \"a\": 1\n}", 40), "{\"a\": 1}", "however it was indented");
}

#[test]
fn a_list_of_single_values_that_fits_two_lines_is_filled() {
    let text = r#"{"account":"LF-1","amount":"6.00","reason":"overlapping service"}"#;
    assert_eq!(
        laid_out(text, 40),
        "{\"account\": \"LF-1\", \"amount\": \"6.00\",\n \"reason\": \"overlapping service\"}"
    );
}

#[test]
fn a_list_of_short_values_is_filled() {
    assert_eq!(
        laid_out("[1,2,3,4,5,6,7,8,9,10,11,12]", 20),
        "[\n  1, 2, 3, 4, 5, 6,\n  7, 8, 9, 10, 11,\n  12\n]"
    );
}

#[test]
fn what_is_cut_off_is_laid_out_without_the_end_that_it_has_not() {
    assert_eq!(
        laid_out(r#"{"a":{"b":"\u00e9","c":"and so on and"#, 16),
        "{\n  \"a\": {\n    \"b\": \"é\",\n    \"c\": \"and so on and"
    );
}

#[test]
fn lists_in_lists_do_no_harm() {
    for deep in ["[".repeat(100_000), r#"{"a":"#.repeat(100_000), r#"["\"#.repeat(1000)] {
        let _ = (decoded(&deep), laid_out(&deep, 20), is_json(&deep));
    }
    let backslashes = format!("{{\"a\":\"{}\"}}", "\\".repeat(200_000));
    assert_eq!(decoded(&backslashes).len(), backslashes.len());
}

/// JSON values, as documents hold them.
fn values() -> impl Strategy<Value = Value> {
    let single = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z \"\\\\/é見\n]{0,40}".prop_map(Value::from),
    ];
    single.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[a-z]{1,8}", inner.clone()), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            inner.prop_map(|inner| Value::from(inner.to_string())),
        ]
    })
}

/// The letters of all strings, those of JSON in strings included.
fn letters(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner @ (Value::Array(_) | Value::Object(_))) => letters(&inner, into),
            _ => into.extend(text.chars().filter(|c| c.is_alphabetic())),
        },
        Value::Array(items) => items.iter().for_each(|item| letters(item, into)),
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            into.push_str(key);
            letters(value, into);
        }),
        other => into.extend(other.to_string().chars().filter(|c| c.is_alphabetic())),
    }
}

proptest! {
    #[test]
    fn no_letter_is_lost_however_it_is_written(value in values(), measure in 1..60_usize) {
        let value = json!({"a": value, "b": "\u{e9}"});
        let mut wanted = String::new();
        letters(&value, &mut wanted);
        // As Python does: every letter past ASCII as an escape.
        let escaped: String = value.to_string().chars().map(|c| {
            if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }
        }).collect();
        for shown in [decoded(&escaped), laid_out(&escaped, measure)] {
            let found: String = shown.chars().filter(|c| c.is_alphabetic()).collect();
            prop_assert_eq!(&found, &wanted, "{}", shown);
        }
    }

    #[test]
    fn any_text_may_be_asked_about(text in "[\\[\\]{}\":,\\\\a-fu0-9 \n]{0,60}", measure in 0..40_usize) {
        let _ = is_json(&text);
        let _ = decoded(&text);
        let _ = laid_out(&text, measure);
    }
}
