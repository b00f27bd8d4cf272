//! The man pages: one a command, from the command tree and its recorded examples, and one a topic of
//! the manual.

use clap_mangen::Man;
use roff::{Inline, Roff, bold, italic, roman};

use crate::exit::Exit;
use crate::manual::{Block, Span, Style, TOPICS, Term, blocks, plain, title_of};

/// What stands at the foot of each page.
const SOURCE: &str = concat!("feather-analysis ", env!("CARGO_PKG_VERSION"));

/// What stands at the head of each page, between its name and its name.
const MANUAL: &str = "Manual";

/// The page of a command, below whose options stand its `examples`.
pub(super) fn of_command(command: &clap::Command, examples: &str) -> (String, Vec<u8>) {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let bare = command
        .clone()
        // What the short help leaves out would come without its words.
        .mut_args(|arg| arg.hide_short_help(false))
        .override_usage(usage)
        .after_help(None::<&str>)
        .after_long_help(None::<&str>);
    // A date that is empty must be quoted, or what follows would stand in its place.
    let man = Man::new(bare).date("\"\"").source(SOURCE).manual(MANUAL);
    let mut page = Vec::new();
    man.render(&mut page).unwrap();

    let mut more = Roff::new();
    more.control("SH", ["EXAMPLES"]);
    add(&blocks(examples), &mut more);
    more.control("SH", ["EXIT STATUS"]);
    let after = command.get_after_long_help().unwrap().to_string();
    match after.split_once("Exit codes: ") {
        Some((_, codes)) => {
            more.text([roman(codes.replace('\n', " "))]);
        }
        None => add_exit_codes(&mut more),
    }
    add_see_also(&man.get_filename(), &mut more);
    page.extend(without_preamble(&more).bytes());
    (man.get_filename(), printable(&String::from_utf8(page).unwrap()))
}

/// The page of the topic `name`, whose Markdown is `text`.
pub(super) fn of_topic(name: &str, text: &str) -> (String, Vec<u8>) {
    let name = page_of(name);
    let mut page = Roff::new();
    page.control("TH", [&*name, "7", "\"\"", SOURCE, MANUAL]);
    page.control("SH", ["NAME"]);
    page.text([roman(format!("{name} - {}", title_of(text)))]);
    let blocks = blocks(text);
    if !matches!(blocks.get(1), Some(Block::Section(_))) {
        page.control("SH", ["DESCRIPTION"]);
    }
    add(&blocks, &mut page);
    let file = format!("{name}.7");
    add_see_also(&file, &mut page);
    (file, printable(&page.render()))
}

fn page_of(topic: &str) -> String {
    format!("feather-analysis-{topic}")
}

fn add(blocks: &[Block], page: &mut Roff) {
    for block in blocks {
        match block {
            // It stands beside the name.
            Block::Title(_) => {}
            Block::Section(words) => add_heading("SH", words, page),
            Block::Subsection(words) => add_heading("SS", words, page),
            Block::Paragraph(words) => {
                page.control("PP", []);
                page.text(inlines(words));
            }
            Block::Code(text) => {
                page.control("PP", []);
                page.control("EX", []);
                for line in text.lines() {
                    page.text([roman(line)]);
                }
                page.control("EE", []);
            }
            Block::List(items) => items.iter().for_each(|item| add_item(item, page)),
            Block::Terms(terms) => terms.iter().for_each(|term| add_term(term, page)),
        }
    }
}

/// A heading of any words stands on the line below its request.
fn add_heading(request: &str, words: &[Span], page: &mut Roff) {
    page.control(request, []);
    page.text([roman(plain(words))]);
}

fn add_item(item: &[Block], page: &mut Roff) {
    page.control("IP", ["\\(bu", "2"]);
    let Some((Block::Paragraph(words), [])) = item.split_first() else {
        panic!("an item of a list is a paragraph: {item:?}")
    };
    page.text(inlines(words));
}

fn add_term(term: &Term, page: &mut Roff) {
    page.control("TP", []);
    let mut name = inlines(&term.name);
    for inline in &mut name {
        if let Inline::Roman(text) = inline {
            *inline = bold(text.as_str());
        }
    }
    if let Some(kind) = &term.kind {
        name.extend([roman("  "), italic(plain(kind))]);
    }
    page.text(name);
    for (place, (head, words)) in term.about.iter().enumerate() {
        if place > 0 {
            page.control("br", []);
        }
        let mut text: Vec<Inline> = head.iter().map(|head| italic(format!("{head}: "))).collect();
        text.extend(inlines(words));
        page.text(text);
    }
}

fn inlines(words: &[Span]) -> Vec<Inline> {
    let inlines = |span: &Span| match span.style {
        Style::Plain => vec![roman(span.text.as_str())],
        Style::Code | Style::Strong => vec![bold(span.text.as_str())],
        Style::Topic => vec![bold(page_of(&span.text)), roman("(7)")],
    };
    words.iter().flat_map(inlines).collect()
}

fn add_exit_codes(page: &mut Roff) {
    for exit in Exit::ALL {
        page.control("TP", []);
        page.text([bold(exit.code().to_string())]);
        page.text([roman(exit.meaning())]);
    }
}

/// The program's page and those of the topics, without the one that it stands on.
fn add_see_also(file: &str, page: &mut Roff) {
    let pages = std::iter::once(("feather-analysis".to_owned(), 1));
    let pages = pages.chain(TOPICS.iter().map(|topic| (page_of(topic.name), 7)));
    let others: Vec<_> =
        pages.filter(|(name, section)| format!("{name}.{section}") != file).collect();
    page.control("SH", ["SEE ALSO"]);
    let mut words = Vec::new();
    for (place, (name, section)) in others.iter().enumerate() {
        let end = if place + 1 == others.len() { "" } else { ", " };
        words.extend([bold(name.as_str()), roman(format!("({section}){end}"))]);
    }
    page.text(words);
}

/// The page without the lines that every page begins with.
fn without_preamble(page: &Roff) -> String {
    let preamble = Roff::new().render();
    page.render().strip_prefix(&preamble).unwrap().to_owned()
}

/// The page in lines that end with whole words, without blanks to make them even, and with what roff
/// would print as other signs than those that can be typed.
fn printable(page: &str) -> Vec<u8> {
    let (head, rest) = page.split_once("\n.SH").unwrap();
    format!("{head}\n.nr HY 0\n.nh\n.ad l\n.SH{rest}")
        .replace("\\\\", "\\e")
        .replace('^', "\\(ha")
        .replace('~', "\\(ti")
        .replace('`', "\\(ga")
        .into_bytes()
}
