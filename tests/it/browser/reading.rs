//! A page as it is read: its tables sorted, filtered and folded, its links followed, its script left out.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Browser;
use super::pages::{pages, samples};
use crate::harness::{feather, run};

/// The texts of the cells of the rows of a table that are seen.
fn shown(browser: &Browser, table: &str) -> Vec<Vec<String>> {
    let rows = browser.run(&format!(
        "const rows = [...document.querySelectorAll('#{table} tbody tr')].filter((row) => row.offsetHeight > 0);
        return rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    ));
    serde_json::from_value(rows).unwrap()
}

/// The rows that have all of these words.
fn with(rows: &[Vec<String>], words: &[&str]) -> Vec<Vec<String>> {
    let has = |row: &&Vec<String>| {
        let text = row.concat().to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    rows.iter().filter(has).cloned().collect()
}

/// The button of a column's heading.
fn heading(browser: &Browser, table: &str, title: &str) -> String {
    let place = browser.run(&format!(
        "const heads = [...document.querySelectorAll('#{table} thead tr > *')];
        return heads.findIndex((head) => head.textContent === '{title}') + 1"
    ));
    format!("#{table} thead tr > :nth-child({place}) button")
}

/// How the columns of a table are sorted, those that are.
fn sorted(browser: &Browser, table: &str) -> Value {
    browser.run(&format!(
        "return [...document.querySelectorAll('#{table} [aria-sort]')]
            .map((head) => [head.textContent, head.getAttribute('aria-sort')])"
    ))
}

/// A field of the demo's sessions, by the first digits of their ids.
fn overview(field: &str) -> HashMap<String, Option<f64>> {
    let mut command = feather();
    command.args(["fetch", "--overview", "--format", "json"]).arg(samples());
    let rows: Vec<Value> = serde_json::from_str(&run(&mut command).succeeded().stdout).unwrap();
    let row =
        |row: &Value| (row["session_id"].as_str().unwrap()[..8].to_owned(), row[field].as_f64());
    rows.iter().map(row).collect()
}

#[test]
fn a_heading_sorts_numbers_as_numbers_both_ways_and_back_what_is_absent_last() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&pages().demo, "");
    let table = "session-rows";
    let before = shown(&browser, table);
    for (title, field, enter) in [
        ("length", "duration_seconds", false),
        ("turns", "turns", true),
        ("csat", "csat_score", false),
    ] {
        let values = overview(field);
        let order = || -> Vec<Option<f64>> {
            shown(&browser, table).iter().map(|row| values[&row[0]]).collect()
        };
        let button = heading(&browser, table, title);
        let press =
            || if enter { browser.keys(&button, "\u{e007}") } else { browser.click(&button) };
        let mut numbers: Vec<f64> = values.values().copied().flatten().collect();
        numbers.sort_by(f64::total_cmp);
        for direction in ["descending", "ascending"] {
            press();
            assert_eq!(sorted(&browser, table), json!([[title, direction]]));
            if direction == "descending" {
                numbers.reverse();
            }
            let order = order();
            let absent = vec![None; order.len() - numbers.len()];
            let expected = numbers.iter().copied().map(Some).chain(absent);
            assert_eq!(order, expected.collect::<Vec<_>>(), "{title} {direction}");
            if direction == "descending" {
                numbers.reverse();
            }
        }
        press();
        assert_eq!((shown(&browser, table), sorted(&browser, table)), (before.clone(), json!([])));
    }
    // Words begin with the first; a second heading takes over from the first.
    browser.click(&heading(&browser, table, "turns"));
    browser.click(&heading(&browser, table, "via"));
    assert_eq!(sorted(&browser, table), json!([["via", "ascending"]]));
    let channels: Vec<String> = shown(&browser, table).iter().map(|row| row[3].clone()).collect();
    assert!(channels.is_sorted() && channels.first() != channels.last(), "{channels:?}");
    // The order of a table of figures says something.
    assert_eq!(browser.run("return document.querySelectorAll('#retrieval-rows button').length"), 0);
}

#[test]
fn every_heading_of_every_table_keeps_what_is_absent_last_and_gives_the_order_back() {
    let Some(browser) = Browser::start() else { return };
    for path in [&pages().demo, &pages().compared, &pages().corpus] {
        browser.open(path, "");
        let tried = browser.run(
            "let tried = 0;
            const wrong = [];
            for (const table of document.querySelectorAll('table.sorted')) {
                const order = () => [...table.tBodies[0].rows];
                const before = order();
                [...table.tHead.rows[0].cells].forEach((head, column) => {
                    const button = head.querySelector('button');
                    if (button === null) return;
                    tried += 1;
                    const title = `${table.closest('.sheet').id}: ${button.textContent}`;
                    const absent = (row) => {
                        const cell = row.cells[column];
                        if (cell.dataset.v !== undefined) return false;
                        return head.classList.contains('n') ? !/[0-9]/.test(cell.textContent)
                            : ['', '–'].includes(cell.textContent.trim());
                    };
                    for (const direction of ['once', 'twice']) {
                        button.click();
                        const all = order().map(absent);
                        if (all.indexOf(true) !== -1 && all.indexOf(true) < all.lastIndexOf(false))
                            wrong.push(`${title} ${direction}`);
                    }
                    button.click();
                    if (order().some((row, place) => row !== before[place])) wrong.push(`${title} thrice`);
                });
            }
            return [tried, wrong]",
        );
        assert!(tried[0].as_u64().unwrap() > 20, "{tried}");
        assert_eq!(tried[1], json!([]), "{path:?}");
    }
}

#[test]
fn a_filter_keeps_the_rows_that_have_all_words() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&pages().demo, "");
    let (table, filter) = ("session-rows", "#session-rows input[type=search]");
    let all = shown(&browser, table);
    let told =
        || browser.run("return document.querySelector('#session-rows [role=status]').textContent");
    for (typed, words) in [("chat", &["chat"][..]), (" TRANSFERRED", &["chat", "transferred"])] {
        browser.keys(filter, typed);
        let kept = with(&all, words);
        assert!(!kept.is_empty() && kept.len() < all.len(), "{kept:?}");
        assert_eq!(shown(&browser, table), kept, "{words:?}");
        assert_eq!(told(), format!("{} of {}", kept.len(), all.len()));
    }
    browser.keys(filter, " no such word");
    assert_eq!((shown(&browser, table).len(), told()), (0, json!("0 of 14")));
    browser.keys(filter, &"\u{e003}".repeat(40));
    assert_eq!((shown(&browser, table), told()), (all, json!("")));
}

#[test]
fn a_long_table_shows_twenty_rows_until_all_are_asked_for_and_is_filtered_as_a_whole() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&pages().corpus, "");
    for table in ["gap-rows", "document-rows", "session-rows"] {
        let first = shown(&browser, table);
        let boxed = format!("#{table} label.all");
        browser.click(&boxed);
        let all = shown(&browser, table);
        assert!(
            all.len() > 100 && first.len() == 20 && all[..20] == first,
            "{table}: {}",
            all.len()
        );
        browser.click(&boxed);
        assert_eq!(shown(&browser, table), first, "{table}");
        if table == "document-rows" {
            let word = &all[90][0];
            browser.keys("#document-rows input[type=search]", word);
            assert_eq!(shown(&browser, table), with(&all, &[word]));
            browser.keys("#document-rows input[type=search]", &"\u{e003}".repeat(20));
            assert_eq!(shown(&browser, table), first);
            // What is sorted is the whole table too.
            browser.click(&heading(&browser, table, "document"));
            let least = all.iter().map(|row| &row[0]).min().unwrap();
            assert_eq!(shown(&browser, table)[0][0], *least);
        }
    }
    // What is short is not folded, and hardly needs a filter.
    browser.open(&pages().demo, "");
    assert_eq!(browser.run("return document.querySelectorAll('input.all').length"), 0);
    assert_eq!(browser.run("return document.querySelectorAll('#gap-rows input').length"), 0);
}

/// Where the element is that the address names: its id, and whether its begin is seen.
const TARGET: &str = "
    const target = document.querySelector(':target');
    const top = target?.getBoundingClientRect().top;
    return [target?.id, top >= 0 && top < innerHeight / 2 && target.checkVisibility()]";

#[test]
fn an_anchor_shows_its_turn_and_a_link_opens_the_transcript_at_it() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&pages().session, "#turn-10");
    assert_eq!(browser.run(TARGET), json!(["turn-10", true]));
    assert!(browser.run("return scrollY").as_f64().unwrap() > 500.0);

    browser.open(&pages().demo, "");
    let link = "#gap-rows tbody tr:nth-child(2) a";
    let anchor = browser.run(&format!("return document.querySelector('{link}').hash.slice(1)"));
    let folded = "return document.querySelectorAll('details.session:not([open])').length";
    assert_eq!(browser.run(folded), 14);
    browser.click(link);
    assert_eq!(browser.run(TARGET), json!([anchor, true]));
    assert_eq!(browser.run(folded), 13);
    // The same page, opened at a turn, opens its transcript.
    browser.visit("about:blank");
    browser.open(&pages().demo, &format!("#{}", anchor.as_str().unwrap()));
    assert_eq!(browser.run(TARGET), json!([anchor, true]));
    // Every link within a page leads somewhere.
    for (name, path) in pages().all() {
        browser.open(path, "");
        let lost = browser.run(
            "const lost = (link) => document.getElementById(link.hash.slice(1)) === null;
            return [...document.querySelectorAll('a')].filter(lost).map((link) => link.hash)",
        );
        assert_eq!(lost, json!([]), "{name}");
    }
}

#[test]
fn without_scripts_all_is_read_and_no_button_is_dead() {
    let Some(browser) = Browser::start() else { return };
    browser.cdp("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(&pages().corpus, "");
    let controls =
        "return document.querySelectorAll('button, select, textarea, input:not(.all)').length";
    assert_eq!(browser.run(controls), 0);
    for table in ["gap-rows", "document-rows", "session-rows"] {
        assert_eq!(shown(&browser, table).len(), 20, "{table}");
        browser.click(&format!("#{table} label.all"));
        let rows = format!("return document.querySelectorAll('#{table} tbody tr').length");
        assert_eq!(browser.run(&rows), shown(&browser, table).len(), "{table}");
    }
    let open = "return document.querySelector('details.session').open";
    for opened in [true, false] {
        assert_eq!(browser.run(open), !opened);
        browser.click("details.session > summary");
        assert_eq!(browser.run(open), opened);
    }
    browser.click("figure details.numbers summary");
    assert_eq!(browser.run("return document.querySelector('details.numbers').open"), true);
    browser.click("#gap-rows tbody a");
    assert_eq!(browser.run(TARGET)[1], true);
}
