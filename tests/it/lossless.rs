//! `fetch` changes no token of a document, whatever it holds and wherever it comes from.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::harness::{Reply, Server, feather, id, run};

/// The tokens of a JSON text as they are written. An own one, so that nothing is read and written
/// again by the very code under test.
fn tokens(json: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = json.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' | '}' | '[' | ']' | ':' | ',' => 1,
            '"' => {
                let mut escaped = false;
                let end = rest[1..].char_indices().find(|(_, character)| {
                    let ends = *character == '"' && !escaped;
                    escaped = *character == '\\' && !escaped;
                    ends
                });
                end.unwrap_or_else(|| panic!("no end: {rest}")).0 + 2
            }
            _ => {
                let ends = |character: char| "{}[]:,\" \t\r\n".contains(character);
                rest.find(ends).unwrap_or(rest.len())
            }
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

/// Numbers, strings and words as only a text can hold them.
fn scalar() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        prop::sample::select(vec![
            "1.0",
            "1e400",
            "-0",
            "-0.0",
            "9007199254740993",
            "18446744073709551616",
            "1E+2",
            "1e-7",
            "0.1000",
            "123456789012345678901234567890.123456789012345678901234567890",
        ])
        .prop_map(str::to_owned),
        "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,4})?",
    ];
    prop_oneof![
        3 => number,
        4 => string(),
        1 => prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
    ]
}

/// A string with its quotes, escaped in one of the ways there are.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -!#-\\[\\]-~]{0,6}",
        2 => prop::sample::select(vec![
            "\\n", "\\\"", "\\\\", "\\/", "/", "\\u0041", "\\u00e9", "\\uD83D\\uDE00", "\\ud800",
            "\\u0000", "\\u001b[31m", "\\u202e", "\\b", "\\f", "{", "}", "}{", "[", "],", ": ",
        ])
        .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["é", "日本", "😀", "\u{202e}", "\u{9b}", "\u{7f}", "\u{2028}"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn blank() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "", "", " ", "\n", "\r\n", "\t", " \n  "]).prop_map(str::to_owned)
}

fn object(member: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<String>> {
    let key = prop_oneof![
        3 => prop::sample::select(vec!["\"a\"", "\"b\"", "\"messages\"", "\"\"", "\"\\u0061\""])
            .prop_map(str::to_owned),
        1 => string(),
    ];
    prop::collection::vec((key, blank(), blank(), member), 0..5).prop_map(|members| {
        let member = |(key, before, after, value)| format!("{key}{before}:{after}{value}");
        members.into_iter().map(member).collect()
    })
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..4), blank()).prop_map(
                |(items, blank)| format!("[{blank}{}]", items.join(&format!(",{blank}")))
            ),
            (object(inner), blank()).prop_map(|(members, blank)| format!(
                "{{{blank}{}{blank}}}",
                members.join(&format!("{blank},"))
            )),
        ]
    })
}

/// A document: an object that has the session's id among other things, which may stand twice.
fn documents() -> impl Strategy<Value = String> {
    (object(value()), any::<prop::sample::Index>(), blank(), blank(), any::<bool>()).prop_map(
        |(mut members, index, before, after, newline)| {
            members.retain(|member| !member.starts_with("\"session_id\""));
            let place = index.index(members.len() + 1);
            members.insert(place, format!("\"session_id\":{after}\"{}\"", id(1)));
            let end = if newline { "\n" } else { "" };
            format!("{before}{{{}{after}}}{end}", members.join(&format!(",{before}")))
        },
    )
}

#[test]
fn any_document_comes_out_as_it_was_sent() {
    let body = Arc::new(Mutex::new(String::new()));
    let answer = Arc::clone(&body);
    let server = Server::start(move |_| Reply::json(200, &**answer.lock().unwrap()));
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&documents(), |document| {
            body.lock().unwrap().clone_from(&document);
            for format in ["json", "ndjson"] {
                let done = run(&mut server.fetch(&["--format", format, &id(1)]));
                prop_assert_eq!(&done.stderr, "");
                prop_assert_eq!(tokens(&done.stdout), tokens(&document));
                prop_assert!(format != "ndjson" || done.stdout.lines().count() == 1);
            }
            let done = run(&mut server.fetch(&["--format", "raw", &id(1)]));
            prop_assert_eq!(done.stdout, document);
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_documents_in_a_file_or_on_standard_input_come_out_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved.json");
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    let several = (prop::collection::vec(documents(), 1..5), prop::sample::select(vec!["", "\n"]));
    TestRunner::new(config)
        .run(&several, |(documents, between)| {
            let stream = documents.join(between);
            std::fs::write(&path, &stream).unwrap();
            for format in ["json", "ndjson"] {
                let mut fetch = feather();
                fetch.args(["fetch", "--format", format]);
                let from_file = run(fetch.arg(&path));
                prop_assert_eq!(&from_file.stderr, "");
                prop_assert_eq!(tokens(&from_file.stdout), tokens(&stream));
                let mut fetch = feather();
                fetch.args(["fetch", "--format", format, "-"]);
                let from_stdin = run(fetch.write_stdin(stream.as_str()));
                prop_assert_eq!(&from_stdin.stderr, "");
                prop_assert_eq!(&from_stdin.stdout, &from_file.stdout);
                let lines = from_stdin.stdout.lines().count();
                prop_assert!(format != "ndjson" || lines == documents.len());
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_file_s_own_ndjson_comes_back_byte_for_byte() {
    let line =
        |n| format!("{{\"session_id\":\"{}\",\"n\":1.0,\"n\":1e400,\"s\":\"\\u0041/\"}}\n", id(n));
    let saved: String = (0..4).map(line).collect();
    let fetch = |format| {
        let mut command = feather();
        command.args(["fetch", "--format", format, "-"]).write_stdin(saved.as_str());
        run(&mut command)
    };
    assert_eq!(fetch("ndjson").succeeded().stdout, saved);
    assert_eq!(fetch("raw").succeeded().stdout, saved);
    // Indented and then on one line again: nothing is lost on the way.
    let mut again = feather();
    again.args(["fetch", "--format", "ndjson", "-"]).write_stdin(fetch("json").stdout);
    assert_eq!(run(&mut again).succeeded().stdout, saved);
}

#[test]
fn raw_keeps_even_what_is_around_the_document() {
    let body = format!("\u{feff} \r\n{{\"session_id\":\"{}\"}}\t\r\n\n", id(1));
    let server = Server::always(Reply::json(200, body.clone()));
    assert_eq!(run(&mut server.fetch(&["--format", "raw", &id(1)])).succeeded().stdout, body);
}

#[test]
fn a_large_document_is_whole() {
    let text = "\\u00e9{}[],: ".repeat(300_000);
    let body = format!("{{\"session_id\":\"{}\",\"text\":\"{text}\",\"n\":[1.0,2E5]}}", id(1));
    let server = Server::always(Reply::json(200, body.clone()).chunked(10_000));
    let done = run(&mut server.fetch(&["--format", "ndjson", &id(1)]));
    assert!(done.code == 0 && done.stdout == format!("{body}\n"), "{}", done.stdout.len());
    let done = run(&mut server.fetch(&[&id(1)]));
    assert!(done.code == 0 && tokens(&done.stdout) == tokens(&body), "{}", done.stdout.len());
}
