//! The words of a body that is nobody's format in particular: JSON errors of gateways and
//! frameworks, pages of proxies, plain text.

use serde_json::Value;

/// The longest excerpt of such a body, in characters.
const EXCERPT: usize = 200;

/// Bodies over this size, in bytes, are no messages: they are not taken apart.
const MAX_MESSAGE: usize = 64 * 1024;

/// How deep fields are looked for in fields.
const MAX_DEPTH: usize = 4;

/// The fields that carry words, in the order in which they read best. `fault` is Apigee's,
/// `__type` and `Message` are those of AWS, `title` and `detail` those of RFC 9457.
const FIELDS: [&str; 18] = [
    "error",
    "errors",
    "fault",
    "code",
    "__type",
    "title",
    "message",
    "msg",
    "error_description",
    "description",
    "detail",
    "details",
    "reason",
    "faultstring",
    "errorMessage",
    "errorCode",
    "status",
    "state",
];

/// What the body says, shortened; None where it says nothing that a person could read.
pub fn words(body: &[u8]) -> Option<String> {
    let body = String::from_utf8_lossy(&body[..body.len().min(MAX_MESSAGE + 1)]);
    let text = body.trim_start_matches('\u{feff}').trim();
    let words = if text.starts_with('<') {
        element(text, "title").or_else(|| element(text, "h1")).unwrap_or_default()
    } else {
        told(text).unwrap_or_else(|| excerpt(text))
    };
    Some(words).filter(|words| words.chars().any(char::is_alphanumeric))
}

/// What a JSON error says of itself; None where this is none.
fn told(text: &str) -> Option<String> {
    if text.len() > MAX_MESSAGE {
        return None;
    }
    let mut told = Vec::new();
    match serde_json::from_str(text).ok()? {
        Value::String(text) => told.push(text),
        value => collect(&value, MAX_DEPTH, &mut told),
    }
    told.dedup();
    Some(excerpt(&told.join(": "))).filter(|words| !words.is_empty())
}

fn collect(value: &Value, depth: usize, told: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    let tell = |value: &Value, told: &mut Vec<String>| match value {
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => told.push(text.trim().to_owned()),
        value => collect(value, depth - 1, told),
    };
    match value {
        Value::Object(fields) => {
            for wanted in FIELDS {
                for (_, value) in
                    fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
                {
                    tell(value, told);
                }
            }
        }
        Value::Array(values) => values.iter().take(3).for_each(|value| tell(value, told)),
        _ => {}
    }
}

/// What stands in the first element of this name, as one line.
fn element(body: &str, name: &str) -> Option<String> {
    let lower = body.to_ascii_lowercase();
    let start = lower.find(&format!("<{name}"))?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find(&format!("</{name}"))?;
    let text = body[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    Some(excerpt(&text)).filter(|text| !text.is_empty())
}

/// The text, shortened where it goes on and on.
pub fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_words_of_gateways_and_frameworks_are_found() {
        for (body, expected) in [
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (r#"{"message":"Forbidden"}"#, "Forbidden"),
            (r#"{"Message":"No.","__type":"AccessDenied"}"#, "AccessDenied: No."),
            (r#"{"error":{"code":"x","message":"nested"}}"#, "x: nested"),
            (r#"{"errors":[{"title":"a","detail":"b"},{"detail":"c"}]}"#, "a: b: c"),
            (r#"{"errors":["a","b"]}"#, "a: b"),
            (r#"{"type":"about:blank","title":"Gone","status":410,"detail":"Was."}"#, "Gone: Was."),
            (r#"{"fault":{"faultstring":"Bad key","detail":{"errorcode":"o"}}}"#, "o: Bad key"),
            (r#"{"status":"assembling"}"#, "assembling"),
            (r#"{"error":"a","message":"a"}"#, "a"),
            (r#"{"error":5,"message":null}"#, r#"{"error":5,"message":null}"#),
            (r#""just text""#, "just text"),
            (r#"{"data":{"x":1}}"#, r#"{"data":{"x":1}}"#),
            ("{\"error\":", "{\"error\":"),
            ("<html><TITLE>502 Bad\n gateway</TITLE>", "502 Bad gateway"),
            ("<!DOCTYPE html><body><h1 class=x>Log in</h1>", "Log in"),
            ("\u{feff} upstream gone \n", "upstream gone"),
        ] {
            assert_eq!(words(body.as_bytes()).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn what_says_nothing_has_no_words() {
        for body in ["", " \n", "{}", "[]", "<b>x", "<title></title>", "\u{0}\u{1}"] {
            assert_eq!(words(body.as_bytes()), None, "{body:?}");
        }
        assert_eq!(words(b"\xff\xfe\x00"), None);
    }

    #[test]
    fn words_are_kept_short_and_deep_nesting_does_no_harm() {
        let long = format!(r#"{{"message":"{}"}}"#, "é".repeat(500));
        assert_eq!(words(long.as_bytes()).unwrap().chars().count(), EXCERPT + 1);
        let deep = format!("{}{}", r#"{"error":"#.repeat(100), "}".repeat(100));
        assert!(words(deep.as_bytes()).is_some());
        let large = format!(r#"{{"message":"{}"}}"#, "x".repeat(MAX_MESSAGE));
        assert!(words(large.as_bytes()).unwrap().starts_with(r#"{"message":"xxx"#));
    }

    proptest! {
        #[test]
        fn every_body_is_read_to_some_end(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            page in "<(title|h1|TITLE|İ)?[ a-zé<>/İ]{0,20}(</title>|</h1|)?",
        ) {
            for body in [&bytes[..], page.as_bytes()] {
                let length = words(body).map_or(0, |words| words.chars().count());
                prop_assert!(length <= EXCERPT + 1);
            }
        }
    }
}
