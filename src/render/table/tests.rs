//! Tables as they are written, and what holds of any table at any width.

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::render::sanitize;
use crate::render::style::Styles;
use crate::rows::CellSink;

#[derive(Debug)]
struct Table {
    heads: Vec<Head>,
    rows: Vec<Vec<Cell<'static>>>,
}

fn table() -> Table {
    let heads = vec![Head::words("a"), Head::numbers("count"), Head::text("text")];
    let row = |n: usize| {
        let text = ["", "日本語", "naïve – text", "x"].get(n % 4).copied().unwrap_or_default();
        vec![Cell::new(format!("#{n}"), Tone::Strong), n.to_string().into(), text.into()]
    };
    Table { heads, rows: (0..=2 * BATCH).map(row).collect() }
}

fn write_table(table: &Table, options: &LayoutOptions) -> (String, Written) {
    let mut out = Vec::new();
    let each = |sink: CellSink<'_>| table.rows.iter().cloned().try_for_each(sink);
    let done = write(&table.heads, &each, options, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), done)
}

fn written(table: &Table, options: &LayoutOptions) -> String {
    write_table(table, options).0
}

fn options(width: Option<usize>) -> LayoutOptions {
    LayoutOptions { width, ..LayoutOptions::default() }
}

#[test]
fn without_a_width_a_table_looks_as_with_a_wide_one() {
    let table = table();
    let wide = written(&table, &options(Some(200)));
    assert_eq!(written(&table, &options(None)), wide);
    assert_eq!(wide.lines().count(), 1 + table.rows.len());
    let colored = LayoutOptions { styles: Styles::new(true), ..options(None) };
    let colored = written(&table, &colored);
    assert!(colored.contains("\u{1b}[1m#1\u{1b}[0m "), "{colored}");
    assert_eq!(sanitize::text(&colored), wide);
}

#[test]
fn more_rows_than_are_kept_are_made_again() {
    let long = "x".repeat(PACKED / 4);
    let rows = vec![vec![Cell::from(long.clone()), "end".into()]; 7];
    let table = Table { heads: vec![Head::words("a"), Head::words("b")], rows };
    let text = written(&table, &options(None));
    assert_eq!(text.lines().count(), 8);
    assert!(text.lines().skip(1).all(|line| line.len() == long.len() + 5));
}

#[test]
fn neighbours_share_a_cell_where_there_is_too_little_room() {
    let under = |head: Head| Head { step: Some(1), mark: "→ ", ..head };
    let heads = vec![Head::words("turn"), Head::text("arguments"), under(Head::text("result"))];
    let row = |result: &'static str| {
        vec!["#1".into(), Cell::from("some words to be wrapped here and there"), result.into()]
    };
    let table = Table { heads, rows: vec![row("a result of some words"), row("–")] };
    assert_eq!(
        written(&table, &options(Some(44))),
        "\
turn  arguments, result
#1    some words to be wrapped here and
      there
      → a result of some words

#1    some words to be wrapped here and
      there
"
    );
    assert_eq!(
        written(&table, &options(Some(30))),
        "\
turn       #1
arguments  some words to be
           wrapped here and
           there
result     a result of some
           words

turn       #1
arguments  some words to be
           wrapped here and
           there
"
    );
}

#[test]
fn what_is_cut_says_so_and_all_is_shown_where_that_was_asked_for() {
    let heads = vec![Head { lines: Some(2), ..Head::text("a") }];
    let table = Table { heads, rows: vec![vec![Cell::from("word ".repeat(40))]] };
    let short = options(Some(50));
    let (text, done) = write_table(&table, &short);
    assert_eq!((done, text.lines().count()), (Written { rows: 1, cut: true }, 3));
    assert!(text.ends_with("word…\n") && text.lines().all(|line| line.width() <= 50), "{text}");
    let full = LayoutOptions { full: true, ..short };
    assert!(!write_table(&table, &full).1.cut);
}

#[test]
fn what_repeats_the_row_above_is_left_blank_only_where_there_is_a_width() {
    let heads = vec![Head { once: true, ..Head::words("a") }, Head::words("b")];
    let rows = [("x", "1"), ("x", "2"), ("y", "3"), ("x", "4")];
    let rows = rows.map(|(a, b)| vec![Cell::from(a), b.into()]).to_vec();
    let table = Table { heads, rows };
    assert_eq!(written(&table, &options(Some(60))), "a  b\nx  1\n   2\ny  3\nx  4\n");
    assert_eq!(written(&table, &options(None)), "a  b\nx  1\nx  2\ny  3\nx  4\n");
}

/// A cell's text: words of every length, some in another script, some joined.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-z]{1,8}",
        "[a-z]{9,24}",
        "[a-z0-9]{25,60}",
        "[a-z]{2,9}(-|_)[a-z]{2,9}",
        "[日本語]{1,12}",
        Just("\u{1b}[31mred".to_owned()),
        Just("{\"a\":1}".to_owned()),
    ];
    prop::collection::vec(word, 0..7).prop_map(|words| words.join(" "))
}

prop_compose! {
    fn head()(
        title in prop::sample::select(vec!["", "turn", "top score", "answerability"]),
        numbers: bool, wraps: bool, step in prop::option::of(1_u8..4), marked: bool,
        lines in prop::option::of(1_usize..3), once: bool, optional: bool,
    ) -> Head {
        let align = if numbers { Align::Right } else { Align::Left };
        let mark = if marked { "→ " } else { "" };
        Head { align, wraps, step, mark, lines, once, optional, ..Head::words(title) }
    }
}

fn tables() -> impl Strategy<Value = Table> {
    prop::collection::vec(head(), 1..9).prop_flat_map(|mut heads| {
        // Every view has a column that is always there.
        if let Some(first) = heads.first_mut() {
            first.optional = false;
        }
        let cell = (text(), any::<bool>()).prop_map(|(text, code)| {
            let cell = Cell::from(text);
            if code { cell.code() } else { cell }
        });
        let row = prop::collection::vec(cell, heads.len());
        let rows = prop::collection::vec(row, 0..7);
        rows.prop_map(move |rows| Table { heads: heads.clone(), rows })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_line_of_any_table_is_wider_than_asked_for(table in tables(), width in 20_usize..=400) {
        let text = written(&table, &options(Some(width)));
        for line in text.lines() {
            prop_assert!(line.width() <= width, "{} columns: {line}\n{text}", line.width());
            prop_assert_eq!(line.trim_end(), line);
        }
        let colored = LayoutOptions { styles: Styles::new(true), ..options(Some(width)) };
        let colored = written(&table, &colored);
        let colored = sanitize::text(&colored);
        prop_assert!(colored.lines().map(str::trim_end).eq(text.lines()));
    }

    #[test]
    fn no_word_is_broken_that_need_not_be(table in tables(), width in 60_usize..=400) {
        let full = LayoutOptions { full: true, ..options(Some(width)) };
        let text = written(&table, &full);
        for (place, head) in table.heads.iter().enumerate() {
            for cell in table.rows.iter().map(|row| &row[place]).filter(|cell| !cell.code) {
                let plain = cell.text.split(' ').filter(|word| {
                    word.len() <= 24 && word.chars().all(|letter| letter.is_ascii_alphanumeric())
                });
                for word in plain.filter(|_| !head.once) {
                    prop_assert!(text.contains(word), "{word} at {width}:\n{text}");
                }
            }
        }
    }

    #[test]
    fn a_pipe_has_a_line_a_row(table in tables()) {
        let text = written(&table, &options(None));
        let rows = if table.rows.is_empty() { 0 } else { table.rows.len() + 1 };
        prop_assert_eq!(text.lines().count(), rows, "{}", text);
    }
}
