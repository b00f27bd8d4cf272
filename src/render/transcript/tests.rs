//! Whole pages, as they are read.

use proptest::prelude::*;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::render::frame::Framed;
use crate::render::style::Styles;

const SMALL: &str = r#"{"session_id":"s-1","channel":"chat","started_at":"2026-09-14T23:59:50Z",
  "knowledge_gap_analysis_outcome":"resolved","agent_id":null,
  "messages":[
    {"turn_id":"a","role":"user","timestamp":"2026-09-14T23:59:50Z",
     "content":"こんにちは 👩‍👩‍👧‍👦 cafe\u0301. \u001b[31mred\u001b[0m \u001b]0;title\u0007\u202eevil\n\n- a point that is long enough to be broken into two lines of the page, with a hang\n\ttabbed"},
    {"turn_id":"b","role":"assistant","timestamp":"2026-09-15T00:00:05Z",
     "model_used":"m-1","latency_ms":2310,"content":"*Done* & #1.",
     "truncated":true,"original_char_count":12431,
     "tool_calls":[{"id":"c","function":{"name":"look_up","arguments":"{\"a\":1}"}}]},
    {"turn_id":"c","role":"tool","timestamp":"2026-09-15T00:00:06Z","content":"```\n1. one\n```",
     "tool_results":{"tool_call_id":"c","output":"found\u001b[2J ``` it"}}],
  "rag_traces":[{"assistant_turn_id":"b","query_hash":"q_1","top_score":0.93412,"hit":true,
     "latency_ms":120,"retrieved":[{"chunk_id":"kb-1#3","doc_id":"kb-1","score":0.9},
     {"chunk_id":"7","doc_id":"kb-2","score":0.5}],
     "answerability":{"label":"answerable","action":"answer","mode":"shadow"}}],
  "citations":[{"assistant_turn_id":"b","doc_id":"kb-2","chunk_id":"7"},
     {"assistant_turn_id":"b","doc_id":"kb-9","chunk_id":"kb-9#1"}],
  "tool_calls":[{"tool_call_id":"c","assistant_turn_id":"b","name":"look_up",
     "arguments":"{\"a\":1}","latency_ms":412}],
  "handoff_events":[{"timestamp":"2026-09-15T00:00:05.500Z","reason":"asked for"}],
  "csat":{"timestamp":"2026-09-15T00:01:00Z","score":4},
  "customer_metadata":{"plan":"FIB","n":1.0},
  "missing_evidence_reasons":["transcript_redaction_skipped"]}"#;

#[allow(clippy::unicode_not_nfc, reason = "a combining accent is the point")]
const PAGE_80: &str = r#"Session s-1
chat · resolved · no end recorded

Not redacted: the document carries transcript_redaction_skipped, so personal
data stands in this text as it was said.

started       2026-09-14 23:59:50 UTC
ended         no end was recorded
schema        2 (not sent)
counts        3 turns · 1 retrieval, 1 hit · 2 citations, 1 not retrieved
              1 tool call · 1 hand-off
look at       #2 truncated, cited-not-retrieved
missing       transcript_redaction_skipped
afterwards    csat 4 of 5
customer      plan: "FIB"
              n: 1.0

#1   user       23:59:50
     こんにちは 👩‍👩‍👧‍👦 café. red <U+202E>evil

     - a point that is long enough to be broken into two lines of the page, with
       a hang
         tabbed

── 2026-09-15 ──

#2   assistant  00:00:05  m-1 · 2.31 s
     *Done* & #1.
     … truncated, 12,431 characters originally

     retrieval  2 found, 1 cited · top 0.934 · hit
                answerable → answer (shadow) · 120 ms · q_1
     cited      kb-2/7
     cited      kb-9#1 · cited-not-retrieved
     call       look_up · ok · 412 ms · answered in #3
                {"a":1}
     result     found ``` it

–    hand-off   00:00:05
     asked for

#3   tool       00:00:06
     ```
     1. one
     ```

     answers    look_up · called in #2

–    csat       00:01:00  4 of 5
"#;

#[allow(clippy::unicode_not_nfc, reason = "a combining accent is the point")]
const PAGE_PIPED: &str = r#"Session s-1
chat · resolved · no end recorded

Not redacted: the document carries transcript_redaction_skipped, so personal data stands in this text as it was said.

started       2026-09-14 23:59:50 UTC
ended         no end was recorded
schema        2 (not sent)
counts        3 turns · 1 retrieval, 1 hit · 2 citations, 1 not retrieved · 1 tool call · 1 hand-off
look at       #2 truncated, cited-not-retrieved
missing       transcript_redaction_skipped
afterwards    csat 4 of 5
customer      plan: "FIB"
              n: 1.0

#1   user       23:59:50
     こんにちは 👩‍👩‍👧‍👦 café. red <U+202E>evil

     - a point that is long enough to be broken into two lines of the page, with a hang
         tabbed

── 2026-09-15 ──

#2   assistant  00:00:05  m-1 · 2.31 s
     *Done* & #1.
     … truncated, 12,431 characters originally

     retrieval  2 found, 1 cited · top 0.934 · hit · answerable → answer (shadow) · 120 ms · q_1
     cited      kb-2/7
     cited      kb-9#1 · cited-not-retrieved
     call       look_up · ok · 412 ms · answered in #3
                {"a":1}
     result     found ``` it

–    hand-off   00:00:05
     asked for

#3   tool       00:00:06
     ```
     1. one
     ```

     answers    look_up · called in #2

–    csat       00:01:00  4 of 5
"#;

#[allow(clippy::unicode_not_nfc, reason = "a combining accent is the point")]
const PAGE_MARKDOWN: &str = r#"## Session `s-1`

**Not redacted: the document carries transcript\_redaction\_skipped, so personal data stands in this text as it was said.**

- **channel:** chat
- **outcome:** resolved
- **started:** 2026-09-14 23:59:50 UTC
- **ended:** no end was recorded
- **schema version:** 2 (not sent)
- **counts:** 3 turns · 1 retrieval, 1 hit · 2 citations, 1 not retrieved · 1 tool call · 1 hand-off
- **look at turns:** 2 truncated, cited-not-retrieved
- **missing:** `transcript_redaction_skipped`
- **csat:** 4 of 5
- **customer metadata:**

  ```json
  {
    "plan": "FIB",
    "n": 1.0
  }
  ```

### Turn 1 · user · 2026-09-14 23:59:50 UTC

> こんにちは 👩‍👩‍👧‍👦 café. red &lt;U+202E&gt;evil
>
> \- a point that is long enough to be broken into two lines of the page, with a hang\
> &nbsp;&nbsp;&nbsp;&nbsp;tabbed

### Turn 2 · assistant · 2026-09-15 00:00:05 UTC

`m-1` · 2.31 s

> \*Done\* &amp; \#<!-- -->1.

*truncated, 12,431 characters originally*

- **retrieval** 2 found, 1 cited · top 0.934 · hit · answerable → answer (shadow) · 120 ms · `q_1`
  - cited `kb-2/7`
- **cited** `kb-9#1` · **cited-not-retrieved**
- **call** `look_up` · **ok** · 412 ms · answered in turn 3

  ```json
  {"a":1}
  ```

  result:

  ````
  found ``` it
  ````

### Hand-off · 2026-09-15 00:00:05 UTC

> asked for

### Turn 3 · tool · 2026-09-15 00:00:06 UTC

> \`\`\`\
> 1\. one\
> \`\`\`

- **answers** `look_up` · called in turn 2

### CSAT · 2026-09-15 00:01:00 UTC · 4 of 5
"#;

pub(super) const ALL: Selection = Selection::ALL;

pub(super) fn options(width: Option<usize>) -> LayoutOptions {
    LayoutOptions { width, ..LayoutOptions::default() }
}

fn printed(json: &str, format: Format, selection: &Selection, options: &LayoutOptions) -> String {
    let input = serde_json::from_str(json).unwrap();
    let mut out = Vec::new();
    let mut framed = Framed::new(frame(format, options), &mut out);
    let transcript = Transcript::new(&input);
    write(&transcript, selection, format, options, 0..transcript.places(), &mut framed).unwrap();
    framed.end().unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_page_of_eighty_columns() {
    let page = printed(SMALL, Format::Text, &ALL, &options(Some(80)));
    assert_eq!(page, PAGE_80, "\n{page}");
}

#[test]
fn a_page_without_a_width_has_a_line_a_line() {
    let page = printed(SMALL, Format::Text, &ALL, &options(None));
    assert_eq!(page, PAGE_PIPED, "\n{page}");
}

#[test]
fn markdown_that_nothing_in_it_can_break() {
    let page = printed(SMALL, Format::Markdown, &ALL, &options(None));
    assert_eq!(page, PAGE_MARKDOWN, "\n{page}");
}

#[test]
fn colour_changes_no_letter() {
    let plain = printed(SMALL, Format::Text, &ALL, &options(Some(80)));
    let options = LayoutOptions { styles: Styles::new(true), ..options(Some(80)) };
    let colored = printed(SMALL, Format::Text, &ALL, &options);
    assert!(colored.contains("\u{1b}["));
    assert_eq!(sanitize::text(&colored), plain);
}

#[test]
fn a_selection_has_a_header_of_one_line_and_still_warns() {
    let some = Selection { turns: vec![3..=3], evidence: false, ..ALL };
    let page = printed(SMALL, Format::Text, &some, &options(Some(80)));
    assert_eq!(
        page,
        "Session s-1 · turn #3, without evidence\n\
         left out: 2 turns, 1 hand-off, csat\n\n\
         Not redacted: the document carries transcript_redaction_skipped, so personal\n\
         data stands in this text as it was said.\n\n\
         ── 2026-09-15, times in UTC ──\n\n\
         #3   tool       00:00:06\n     ```\n     1. one\n     ```\n"
    );
}

#[test]
fn an_empty_page_says_why() {
    let role = |role: &str| Selection { roles: vec![role.to_owned()], ..ALL };
    let page = printed(SMALL, Format::Text, &role("foo\u{1b}[1m"), &options(None));
    assert!(
        page.contains(
            "no turn has the role \"foo\"; the session's roles are user, assistant, tool\n"
        ),
        "{page}"
    );
    let flagged = Selection { flagged: true, turns: vec![1..=1], ..ALL };
    let page = printed(SMALL, Format::Text, &flagged, &options(None));
    assert!(page.contains("no turn that is selected has a flag: there is nothing"), "{page}");
    let range = Selection { turns: vec![7..=7, 9..=9], ..ALL };
    let page = printed(SMALL, Format::Text, &range, &options(None));
    assert!(page.contains("no turn #7, #9; the session has 3 turns"), "{page}");
    let range = Selection { turns: vec![7..=9], ..ALL };
    let page = printed(SMALL, Format::Markdown, &range, &options(None));
    assert!(page.contains("no turn \\#<!-- -->7..\\#<!-- -->9; the session has 3 turns"), "{page}");
    let page = printed(r#"{"session_id":"s"}"#, Format::Text, &ALL, &options(None));
    assert!(page.contains("no end was recorded"), "{page}");
    assert!(page.contains("no messages: the document has no transcript"), "{page}");
    let input = serde_json::from_str(SMALL).unwrap();
    let (mut out, options) = (Vec::new(), options(None));
    let transcript = Transcript::new(&input);
    let told = write(&transcript, &role("foo"), Format::Json, &options, 0..9, &mut out).unwrap();
    assert!(told.unwrap().starts_with("no turn has the role"));
    assert!(out.is_empty());
}

#[test]
fn long_results_are_cut_in_text_and_whole_elsewhere() {
    let long = "word ".repeat(200);
    let input = json!({"session_id": "s", "messages": [{"turn_id": "a", "role": "assistant"}],
        "tool_calls": [{"tool_call_id": "c", "assistant_turn_id": "a", "name": "t",
            "arguments": "", "result": long.trim()}]});
    let input = input.to_string();
    let page = printed(&input, Format::Text, &ALL, &options(Some(80)));
    assert!(page.contains("… 679 more characters; --full shows all\n"), "{page}");
    assert!(page.contains("t · ok · unasked\n"), "{page}");
    let page = printed(&input, Format::Markdown, &ALL, &options(None));
    assert!(page.contains("<summary>result, 999 characters</summary>"), "{page}");
    assert!(page.contains(long.trim()), "{page}");
    assert!(printed(&input, Format::Ndjson, &ALL, &options(None)).contains(long.trim()));
}

#[test]
fn times_are_shown_in_the_zone_that_was_asked_for() {
    let zone = spell::Zone::Fixed("+02:00".parse().unwrap());
    let spelling = spell::Spelling { zone, ..Default::default() };
    let page = printed(SMALL, Format::Text, &ALL, &LayoutOptions { spelling, ..options(None) });
    assert!(page.contains("started       2026-09-15 01:59:50 +02:00\n"), "{page}");
    assert!(page.contains("#2   assistant  02:00:05  "), "{page}");
    assert!(!page.contains("──"), "one day there, so no line for a new one: {page}");
}

/// Pieces of text as strangers write it.
fn prose() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z]{1,14}",
        4 => Just(" ".to_owned()),
        1 => "[ぁ-ん一-龥]{1,30}",
        1 => Just("👩‍👩‍👧‍👦".to_owned()),
        1 => Just("🇯🇵🇸🇬".to_owned()),
        1 => Just("e\u{301}o\u{308}".to_owned()),
        1 => Just("\u{1b}[31m\u{9b}0m\u{202e}\u{7}".to_owned()),
        1 => "[\n\t\r]{1,2}",
        1 => "\\{(\"[a-z]{1,20}\":[0-9]{1,30},){1,9}\\}",
        1 => ".{0,6}",
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// A document in which everything has an id that can be looked for: messages `m1`…, retrievals `r1`…,
/// citations `k1`…, recorded calls `t1`….
pub(super) fn documents() -> impl Strategy<Value = Value> {
    let message = (prose(), 0..4_usize, prop::option::of(0..6_usize), prop::option::of(0..6_usize));
    let pointer = || prop::collection::vec((0..8_usize, prose()), 0..6);
    (prop::collection::vec(message, 0..6), pointer(), pointer(), pointer(), prose()).prop_map(
        |(messages, traces, citations, calls, word)| {
            let roles = ["user", "assistant", "tool", word.as_str()];
            let messages =
                messages.iter().enumerate().map(|(index, (text, role, asks, answers))| {
                    json!({
                        "turn_id": format!("turn{index}"),
                        "role": roles.get(*role),
                        "timestamp": format!("2026-01-0{}T10:00:0{}Z", index % 2 + 1, index % 10),
                        "content": format!("<m{index}>{text}"),
                        "model_used": word,
                        "tool_calls": asks.map(|id| json!([{"id": format!("call{id}"),
                            "function": {"name": word, "arguments": text}}])),
                        "tool_results": answers.map(|id| json!({"tool_call_id": format!("call{id}"),
                            "output": text})),
                    })
                });
            let traces = traces.iter().enumerate().map(|(index, (turn, text))| {
                json!({"rag_query_id": format!("<r{index}>"), "query_hash": format!("<r{index}>"),
                    "assistant_turn_id": format!("turn{turn}"), "hit": turn % 2 == 0,
                    "answerability": {"label": text, "action": text},
                    "retrieved": [{"doc_id": "d", "chunk_id": format!("<k{index}>")}]})
            });
            let citations = citations.iter().enumerate().map(|(index, (turn, _))| {
                json!({"assistant_turn_id": format!("turn{turn}"), "doc_id": "d",
                    "chunk_id": format!("<k{index}>")})
            });
            let calls = calls.iter().enumerate().map(|(index, (turn, text))| {
                json!({"tool_call_id": format!("call{turn}"), "name": format!("<t{index}>"),
                    "assistant_turn_id": format!("turn{turn}"), "arguments": text,
                    "result": text})
            });
            json!({
                "session_id": "s", "started_at": "2026-01-01T10:00:00Z", "channel": word,
                "completion_reason": word, "customer_metadata": {"note": word},
                "messages": messages.collect::<Vec<_>>(),
                "rag_traces": traces.collect::<Vec<_>>(),
                "citations": citations.collect::<Vec<_>>(),
                "tool_calls": calls.collect::<Vec<_>>(),
                "handoff_events": [{"timestamp": "2026-01-01T10:00:01Z", "reason": word}],
                "user_feedback": {"comment": word},
            })
        },
    )
}

/// How often the things that are told apart by a letter appear, by their number.
fn appearances(page: &str, letter: char, count: usize) -> Vec<usize> {
    (0..count).map(|index| page.matches(&format!("<{letter}{index}>")).count()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn everything_is_shown_once_and_messages_in_their_order(document in documents()) {
        let count = |list: &str| document[list].as_array().map_or(0, Vec::len);
        let json = document.to_string();
        for width in [None, Some(80)] {
            let page = printed(&json, Format::Text, &ALL, &options(width));
            let places: Vec<_> = (0..count("messages"))
                .map(|index| page.find(&format!("<m{index}>")))
                .collect();
            prop_assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{}", page);
            for (letter, list) in
                [('m', "messages"), ('r', "rag_traces"), ('k', "citations")]
            {
                let wanted = vec![1; count(list)];
                prop_assert_eq!(appearances(&page, letter, count(list)), wanted, "{}", page);
            }
            // A message that carries a result names its call again.
            // The header names what there is to look at, too.
            let turns = places.first().copied().flatten().unwrap_or_default();
            let calls = appearances(&page[turns..], 't', count("tool_calls"));
            prop_assert!(calls.iter().all(|times| (1..=2).contains(times)), "{}", page);
        }
        // Each number on a row of its own: evidence is in one row, and there once.
        let rows = printed(&json, Format::Json, &ALL, &options(None));
        let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
        let all = |list: &str| -> Vec<Value> {
            rows.iter().flat_map(|row| row[list].as_array().cloned().unwrap_or_default()).collect()
        };
        prop_assert_eq!(all("retrievals").len(), count("rag_traces"));
        prop_assert_eq!(all("citations").len(), count("citations"));
        let recorded = all("tool_calls");
        let recorded = recorded.iter().filter(|call| call["status"] != "unrecorded").count();
        prop_assert_eq!(recorded, count("tool_calls"));
    }

    #[test]
    fn no_line_is_too_wide_and_nothing_in_it_is_a_control(document in documents()) {
        let json = document.to_string();
        for (format, width) in [
            (Format::Text, None),
            (Format::Text, Some(80)),
            (Format::Markdown, None),
        ] {
            let page = printed(&json, format, &ALL, &options(width));
            let control = |character: char| character.is_control() && character != '\n';
            prop_assert!(!page.contains(control), "{:?}", page);
            for line in page.lines().filter(|_| width.is_some()) {
                prop_assert!(line.width() <= 80, "{} columns: {:?}", line.width(), line);
                prop_assert_eq!(line.trim_end(), line);
            }
        }
    }

    #[test]
    fn no_word_is_broken_that_need_not_be(
        words in prop::collection::vec("[a-z]{1,16}", 1..60),
        shape in 0..5_usize,
        width in 44..110_usize,
    ) {
        let words: Vec<String> =
            words.iter().enumerate().map(|(n, word)| format!("{word}{n}")).collect();
        let text = match shape {
            0 => words.join(" "),
            1 => json!(words).to_string(),
            2 => json!({ "said": words.join(" "), "of": { "n": words } }).to_string(),
            // No JSON, yet it looks like some.
            3 => format!("{{{}}}", words.join(", ")),
            _ => format!("[{}", words.join(" ")),
        };
        let document = json!({
            "session_id": "s", "channel": words[0], "completion_reason": words.join(" "),
            "messages": [{"turn_id": "a", "content": text, "model_used": words[0],
                "tool_calls": [{"function": {"name": words[0], "arguments": text}}]}],
            "user_feedback": {"comment": text},
        });
        let options = LayoutOptions { full: true, ..options(Some(width)) };
        let page = printed(&document.to_string(), Format::Text, &ALL, &options);
        let found: Vec<&str> = page.split(|c: char| !c.is_alphanumeric()).collect();
        for word in &words {
            let count = found.iter().filter(|found| *found == word).count();
            prop_assert!(count >= 4, "{} is there {} times: {}", word, count, page);
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_however_narrow(
        document in documents(),
        width in 1..120_usize,
    ) {
        let page = printed(&document.to_string(), Format::Text, &ALL, &options(Some(width)));
        // What a reader sees as one character is not cut, and has two columns at times.
        for line in page.lines().filter(|_| width >= 12) {
            prop_assert!(line.width() <= width, "{} columns: {:?}\n{}", line.width(), line, page);
        }
    }
}

#[test]
fn a_chunk_keeps_its_name_and_not_all_of_its_uuid() {
    let uuid = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11";
    assert_eq!(chunk("kb-prices-2025-011", "kb-prices-2025-011#2", true), "kb-prices-2025-011#2");
    assert_eq!(chunk("kb", uuid, true), "kb/7f3c1a52");
    assert_eq!(chunk("kb", uuid, false), format!("kb/{uuid}"));
}
