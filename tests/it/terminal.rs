//! What differs on a terminal: the pager, colour, width, and JSON without hidden controls.

#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use crate::harness::has;

/// What a command prints on a terminal of so many columns; None where none can be made here.
fn on_terminal(columns: u16, environment: &[(&str, &str)], arguments: &str) -> Option<String> {
    if !has("script") || !has("stty") {
        return None;
    }
    let program = env!("CARGO_BIN_EXE_feather-analysis");
    let typed = format!("stty cols {columns} rows 24; {program} {arguments}; echo \"code $?\"");
    let output = Command::new("script")
        .args(["-q", "-e", "-c", &typed, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
}

#[test]
fn what_is_for_reading_goes_through_the_pager_and_nothing_else_does() {
    let pager = ("PAGER", "sed s/^/paged:/");
    for (arguments, paged) in [
        ("transcript --demo", true),
        ("rag --demo", true),
        ("fetch --demo --format table", true),
        ("missing --demo --summary", true),
        ("rag --help", true),
        ("help rag", true),
        ("help corpus", true),
        ("help", true),
        ("--help", true),
        ("rag --help --no-pager", false),
        ("--version", false),
        ("rag --demo --no-pager", false),
        ("rag --demo --format json", true),
        ("transcript --demo --format ndjson", true),
        ("fetch --demo", true),
        ("schema rag", true),
        ("fetch --demo --format raw", false),
        ("rag --demo --format csv", false),
        ("demo --list", false),
        // Nothing to read, so nothing to page.
        ("rag --demo 00000000-0000-4000-8000-000000000404", false),
    ] {
        let Some(printed) = on_terminal(100, &[pager], arguments) else { return };
        assert_eq!(printed.contains("paged:"), paged, "{arguments}: {printed}");
    }
    for environment in [&[("PAGER", "cat")][..], &[pager, ("TERM", "dumb")], &[("PAGER", "/none")]]
    {
        let Some(printed) = on_terminal(100, environment, "missing --demo") else { return };
        assert!(printed.contains("no_user_feedback") && !printed.contains("paged:"), "{printed}");
        assert!(printed.ends_with("code 0\n"), "{printed}");
    }
}

#[test]
fn colour_is_for_a_terminal_that_wants_it() {
    for (environment, arguments, colored) in [
        (&[][..], "missing --demo --no-pager", true),
        (&[], "missing --demo --no-pager --color never", false),
        (&[("NO_COLOR", "1")], "missing --demo --no-pager", false),
        (&[("TERM", "dumb")], "missing --demo", false),
        (&[("NO_COLOR", "1")], "missing --demo --no-pager --color always", true),
    ] {
        let Some(printed) = on_terminal(100, environment, arguments) else { return };
        assert_eq!(printed.contains('\u{1b}'), colored, "{environment:?} {arguments}: {printed}");
    }
}

#[test]
fn tables_are_as_wide_as_the_terminal() {
    for columns in [80, 140] {
        let arguments = "rag --demo --no-pager --color never";
        let Some(printed) = on_terminal(columns, &[], arguments) else { return };
        let widest = printed.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(columns) && widest > 70, "{columns}: {printed}");
        assert!(printed.contains("b77f62e4") && !printed.contains("b77f62e4-"), "{printed}");
    }
}

#[test]
fn json_on_a_terminal_hides_no_controls_and_is_the_same_value() {
    let text = "a\u{202e}b\u{9b}31mc\u{2028}d\u{7f}";
    let json = serde_json::json!({ "session_id": "s", "channel": text }).to_string();
    assert!(json.contains('\u{202e}') && json.contains('\u{9b}'), "they stand as they are");
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    std::fs::write(file.path(), json).unwrap();
    for format in ["json", "raw", "ndjson"] {
        let arguments =
            format!("fetch --no-pager --color never --format {format} {}", file.path().display());
        let Some(printed) = on_terminal(100, &[], &arguments) else { return };
        let document = printed.rsplit_once("code 0").unwrap().0;
        assert!(!document.chars().any(|c| c.is_control() && c != '\n'), "{format}: {document:?}");
        assert!(!document.contains(['\u{202e}', '\u{2028}']), "{format}: {document:?}");
        let value: serde_json::Value = serde_json::from_str(document).unwrap();
        assert_eq!(value["channel"], text, "{format}");
    }
}

#[test]
fn a_failure_is_wrapped_at_words_and_its_hint_has_a_line() {
    let id = "5e551000-0000-4000-8000-000000000001";
    let arguments = format!("rag --no-pager {id} --api-key-file /dev/null");
    let Some(printed) = on_terminal(50, &[("NO_COLOR", "1")], &arguments) else { return };
    let expected = "error: the API key from /dev/null is empty\n\
                    hint: a key is one word of plain ASCII characters;\n\
                    copy it again\ncode 2\n";
    assert_eq!(printed, expected);
    let arguments = format!("rag {id} --base-url http://127.0.0.1:1 --retries 0");
    let Some(printed) = on_terminal(50, &[("NO_COLOR", "1")], &arguments) else { return };
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() <= 50), "{printed}");
    assert!(printed.contains(id), "ids stay in one piece: {printed}");
    assert!(lines.iter().any(|line| line.starts_with("hint: ")), "{printed}");
    // In colour the hint is not dim.
    let Some(printed) = on_terminal(50, &[], &arguments) else { return };
    assert!(printed.contains("\u{1b}[") && !printed.contains("\u{1b}[2m"), "{printed:?}");
}

#[test]
fn help_on_a_terminal_is_coloured_and_in_a_pipe_it_is_plain() {
    let pager = ("PAGER", "sed s/^/paged:/");
    for (environment, colored) in [(&[pager][..], true), (&[pager, ("NO_COLOR", "1")], false)] {
        let Some(printed) = on_terminal(100, environment, "rag --help") else { return };
        assert!(printed.contains("paged:") && printed.contains("Usage:"), "{printed}");
        assert_eq!(printed.contains('\u{1b}'), colored, "{printed}");
    }
}

#[test]
fn json_on_a_terminal_has_colours_that_no_program_ever_reads() {
    for arguments in ["fetch --demo", "rag --demo --format json", "fetch --demo -f ndjson"] {
        let Some(printed) = on_terminal(100, &[("PAGER", "cat")], arguments) else { return };
        // A key, in its colour.
        assert!(printed.contains("m\"session_id\"\u{1b}["), "{arguments}: {printed}");
        let plain = on_terminal(100, &[("PAGER", "cat")], &format!("{arguments} --color never"));
        assert!(!plain.unwrap().contains('\u{1b}'), "{arguments}");
        let piped = on_terminal(100, &[], &format!("{arguments} --color always | cat"));
        assert!(!piped.unwrap().contains('\u{1b}'), "{arguments}");
    }
}

#[test]
fn a_person_who_pipes_a_wide_table_is_told_once_how_to_lay_it_out() {
    let hint = "--width 90 lays it out";
    let two = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11 2c9e4b70-18d3-4f5a-b6c2-93a7e1f0d845";
    for (arguments, told) in [
        (&*format!("rag --demo {two} | cat"), 1),
        ("rag --demo | head -1", 1),
        ("rag --demo > /dev/null", 1),
        // Narrow enough, laid out already, for nobody to read, or no table.
        ("missing --demo --fields reason | cat", 0),
        ("rag --demo --width 0 | cat", 0),
        ("rag --demo --quiet | cat", 0),
        ("rag --demo 2> /dev/null | cat", 0),
        ("rag --demo --format markdown | cat", 0),
        ("rag --demo --format json | cat", 0),
        ("rag --demo --no-pager", 0),
    ] {
        let Some(printed) = on_terminal(90, &[], arguments) else { return };
        assert_eq!(printed.matches(hint).count(), told, "{arguments}: {printed}");
    }
}
