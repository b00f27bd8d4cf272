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
    assert_eq!(
        (done, text.lines().count()),
        (Written { rows: 1, cut: true, ..Written::default() }, 3)
    );
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

#[test]
fn records_of_several_lines_stand_apart_and_begin_with_a_strong_line() {
    let heads = vec![
        Head::words("a"),
        Head { step: Some(1), ..Head::words("b") },
        Head::text("c"),
        Head { step: Some(1), ..Head::text("d") },
    ];
    let rows =
        vec![
            vec!["one".into(), "two".into(), "words ".repeat(12).into(), "below that one".into()];
            2
        ];
    let table = Table { heads, rows };
    let styles = Styles::new(true);
    let colored = written(&table, &LayoutOptions { styles, ..options(Some(44)) });
    assert!(colored.contains(&styles.strong.paint("one")), "{colored}");
    assert!(colored.contains(&format!("{}two", styles.dim.begin())), "{colored}");
    // Running text would be too much of it.
    let below = format!("{}below that one", styles.dim.begin());
    assert!(colored.contains("  words") && colored.contains(&below), "{colored}");
    let text = written(&table, &options(Some(44)));
    assert_eq!(text.lines().filter(|line| line.is_empty()).count(), 1, "{text}");
}

#[test]
fn a_blank_line_stands_only_beside_a_row_of_several_lines() {
    let rows = ["short", "short", "some words that are too many for a line of this width", "short"];
    let rows = rows.map(|text| vec![Cell::from("x"), text.into()]).to_vec();
    let table = Table { heads: vec![Head::words("a"), Head::text("b")], rows };
    let text = written(&table, &options(Some(44)));
    let blank: Vec<usize> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.is_empty())
        .map(|(place, _)| place)
        .collect();
    assert_eq!(blank, [3, 6], "{text}");
}

#[test]
fn rows_that_go_on_stay_together() {
    let heads = vec![Head { once: true, ..Head::words("a") }, Head::text("b")];
    let long = "some words that are too many for a line of this width";
    let rows = ["x", "x", "y", "y"].map(|a| vec![Cell::from(a), long.into()]).to_vec();
    let text = written(&Table { heads, rows }, &options(Some(44)));
    assert_eq!(text.lines().filter(|line| line.is_empty()).count(), 1, "{text}");
}

#[test]
fn ids_are_shortened_to_what_tells_them_apart_where_there_is_a_width() {
    let heads = vec![Head { ids: true, ..Head::words("id") }, Head::words("other")];
    let [one, two, three] = [
        "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11",
        "7f3c1a52-9b1e-4d6f-8a21-5c4e0b9d2a11",
        "84c1e0d9-57f2-4a3b-8e60-9b3d25a7f41c",
    ];
    let table = |ids: &[&str]| Table {
        heads: heads.clone(),
        rows: ids.iter().map(|id| vec![Cell::from((*id).to_owned()), one.into()]).collect(),
    };
    let short = |width| {
        let mut options = options(width);
        options.spelling.short = width.is_some();
        options
    };
    let wide = written(&table(&[one, three]), &short(Some(100)));
    assert_eq!(wide, format!("id        other\n7f3c1a52  {one}\n84c1e0d9  {one}\n"));
    let alike = written(&table(&[one, two, three]), &short(Some(100)));
    assert!(alike.contains("7f3c1a52-9b0  ") && alike.contains("7f3c1a52-9b1  "), "{alike}");
    assert!(written(&table(&[one]), &short(None)).contains(one));
}

#[test]
fn what_stands_in_every_row_is_said_once() {
    let heads = vec![Head::words("a"), Head { shared: true, ..Head::words("missing") }];
    let table = |lists: &[&'static str]| Table {
        heads: heads.clone(),
        rows: lists.iter().map(|list| vec!["x".into(), Cell::from(*list)]).collect(),
    };
    let mut options = options(Some(80));
    options.spelling.short = true;
    let (text, done) = write_table(&table(&["csat, rag", "feedback, csat", "csat"]), &options);
    assert_eq!(text, "a  missing\nx  rag\nx  feedback\nx  –\n");
    assert_eq!(done.shared, ["missing in every row: csat"]);
    let (text, done) = write_table(&table(&["csat", "–"]), &options);
    assert_eq!((text.as_str(), done.shared.len()), ("a  missing\nx  csat\nx  –\n", 0));
    assert!(write_table(&table(&["csat"]), &options).1.shared.is_empty());
}

#[test]
fn a_column_that_counts_nothing_goes_where_it_may() {
    let heads = vec![Head::words("a"), Head { optional: true, ..Head::numbers("errors") }];
    let row = |count: usize| vec!["x".into(), Cell::count(count)];
    let table = |rows| Table { heads: heads.clone(), rows };
    for width in [None, Some(80)] {
        assert_eq!(written(&table(vec![row(0), row(0)]), &options(width)), "a\nx\nx\n");
        let some = written(&table(vec![row(0), row(1)]), &options(width));
        assert_eq!(some, "a  errors\nx       0\nx       1\n");
    }
}

#[test]
fn a_cell_may_have_more_lines_than_its_column() {
    let heads = vec![Head { lines: Some(1), ..Head::text("a") }];
    let text = "word ".repeat(30);
    let rows = vec![vec![Cell::from(text.clone())], vec![Cell::from(text).lines(24)]];
    let (text, done) = write_table(&Table { heads, rows }, &options(Some(50)));
    assert!(done.cut && text.matches("word").count() > 36, "{text}");
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
