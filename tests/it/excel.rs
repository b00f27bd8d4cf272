//! CSV as a double click in Excel takes it.

use serde_json::json;

use crate::harness::{feather, id, run};

/// The most that a cell of Excel holds, in UTF-16 units.
const CELL: usize = 32_767;

/// Runs a command line in a folder with a session that has a long result.
fn csv(line: &str) -> String {
    let document = json!({
        "session_id": id(1), "channel": "Köln 日本",
        "messages": [{"turn_id": id(2), "role": "user", "content": "x"}],
        "rag_traces": [{"rag_query_id": id(3), "assistant_turn_id": id(2), "hit": false,
            "retrieved": [{"chunk_id": "é", "doc_id": "d"}]}],
        "tool_calls": [{"tool_call_id": "a", "assistant_turn_id": id(2), "name": "Zoë",
            "arguments": "{}", "result": "é😀".repeat(20_000)}],
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("one.json"), document.to_string()).unwrap();
    let done = run(feather().current_dir(&folder).args(line.split_whitespace()));
    done.succeeded().stdout.clone()
}

#[test]
fn every_csv_begins_with_one_mark_where_that_is_asked_for_and_else_with_none() {
    for line in [
        "fetch one.json",
        "rag one.json",
        "rag one.json --chunks",
        "rag one.json --summary",
        "tools one.json",
        "tools one.json --summary",
        "missing one.json --all",
        "missing one.json --summary",
        // No row at all.
        "tools one.json --only no-result",
    ] {
        let plain = csv(&format!("{line} --format csv"));
        let marked = csv(&format!("{line} --format csv --excel"));
        let text = marked.strip_prefix('\u{feff}').unwrap_or_else(|| panic!("{line}: {marked}"));
        assert!(!text.contains('\u{feff}') && !plain.contains('\u{feff}'), "{line}");
        // But for cells that are too long it is the same.
        assert!(text == plain || line == "tools one.json", "{line}");
    }
    let table = csv("tools one.json --excel");
    assert!(!table.contains('\u{feff}'), "{table}");
}

#[test]
fn a_cell_that_excel_cannot_hold_is_cut_and_says_by_how_much() {
    let longest = |text: &str| {
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        let cells = records.iter().flatten().map(str::to_owned);
        cells.max_by_key(String::len).unwrap()
    };
    let whole = longest(&csv("tools one.json --format csv"));
    assert_eq!(whole.chars().count(), 40_000);
    let cut = longest(&csv("tools one.json --format csv --excel"));
    assert!(cut.encode_utf16().count() <= CELL, "{}", cut.encode_utf16().count());
    let (kept, words) = cut.split_once('…').unwrap();
    assert!(whole.starts_with(kept) && kept.encode_utf16().count() > CELL - 50);
    let left_out = 40_000 - kept.chars().count();
    assert_eq!(words, format!(" (and {left_out} more characters)"));
}
