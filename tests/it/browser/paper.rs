//! A page on paper.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::Browser;
use super::pages::pages;
use crate::harness::{feather, has, id, run};

/// Pixels between the margins of a sheet of A4: 182 mm.
const PAPER: usize = 688;

#[test]
fn no_table_is_wider_than_the_paper() {
    let Some(browser) = Browser::start() else { return };
    browser.width(PAPER);
    for (name, path) in pages().all() {
        browser.open(path, "");
        browser.medium("print", "light");
        let wide = browser.run(
            "const inside = document.documentElement.clientWidth;
            const beyond = (one) => one.getBoundingClientRect().right > inside + 1;
            return [matchMedia('print').matches, [...document.querySelectorAll('main *')].filter(beyond)
                .slice(0, 5).map((one) => one.outerHTML.slice(0, 200))]",
        );
        assert_eq!(wide, json!([true, []]), "{name}");
        // On paper there is nothing to press, and ink is dark.
        let seen = browser.run(
            "const seen = [...document.querySelectorAll('nav, input, label')].filter((one) => one.checkVisibility());
            return [seen.length, getComputedStyle(document.body).color]",
        );
        assert_eq!(seen, json!([0, "rgb(0, 0, 0)"]), "{name}");
        browser.medium("", "light");
    }
}

/// Sessions, each with a question of many words of its own that nothing was found for.
fn questions(count: usize) -> String {
    let question = |place: usize| {
        let words: Vec<String> = (0..40).map(|word| format!("w{place}x{word}")).collect();
        let session = json!({
            "session_id": id(place), "started_at": "2026-09-14T10:00:00Z",
            "messages": [
                { "turn_id": "a", "role": "user", "content": words.join(" ") },
                { "turn_id": "b", "role": "assistant", "content": "I cannot tell." },
            ],
            "rag_traces": [{ "assistant_turn_id": "b", "query_hash": format!("q{place}"), "hit": false }],
        });
        session.to_string() + "\n"
    };
    (0..count).map(question).collect()
}

/// The text of each sheet of paper.
fn sheets(browser: &Browser) -> Vec<String> {
    let printed = browser.cdp("Page.printToPDF", &json!({ "preferCSSPageSize": true }));
    let path = pages().demo.with_file_name("printed.pdf");
    fs::write(&path, BASE64.decode(printed["data"].as_str().unwrap()).unwrap()).unwrap();
    let text = Command::new("pdftotext").arg("-layout").arg(path).arg("-").output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    text.split_terminator('\u{c}').map(str::to_owned).collect()
}

#[test]
fn rows_are_not_cut_and_headings_stand_on_every_sheet() {
    if !has("pdftotext") {
        return;
    }
    let Some(browser) = Browser::start() else { return };
    let path = pages().demo.with_file_name("questions.html");
    let mut report = feather();
    report.args(["report", "-", "--transcripts", "0", "--out"]).arg(&path);
    run(report.write_stdin(questions(60))).succeeded();
    browser.open(&path, "");
    let folded = sheets(&browser);
    let words = |sheet: &str| sheet.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    let first = |place: usize| format!("w{place}x0");
    let seen = |sheets: &[String]| {
        let rows = (0..60)
            .filter(|place| sheets.iter().any(|sheet| words(sheet).contains(&first(*place))));
        rows.count()
    };
    assert_eq!(seen(&folded), 20);
    assert!(folded.iter().any(|sheet| sheet.contains("20 of 60 rows")), "{folded:#?}");

    browser.click("#gap-rows label.all");
    let all = sheets(&browser);
    assert_eq!(seen(&all), 60);
    assert!(!all.iter().any(|sheet| sheet.contains("of 60 rows") && sheet.contains(&first(19))));
    let mut with_rows = BTreeSet::new();
    for place in 0..60 {
        let row: BTreeSet<String> = (0..40).map(|word| format!("w{place}x{word}")).collect();
        let on: Vec<usize> =
            (0..all.len()).filter(|sheet| !words(&all[*sheet]).is_disjoint(&row)).collect();
        assert_eq!(on.len(), 1, "row {place} is on sheets {on:?}");
        assert!(row.is_subset(&words(&all[on[0]])), "row {place}: {}", all[on[0]]);
        with_rows.extend(on);
    }
    assert!(with_rows.len() > 2, "{with_rows:?}");
    for sheet in with_rows {
        assert!(all[sheet].contains("the customer's words"), "{}", all[sheet]);
    }
}
