//! What a page of the manual is made of, read from its Markdown.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// How a stretch of text is set apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    #[default]
    Plain,
    /// As what is typed or printed.
    Code,
    /// As what counts.
    Strong,
    /// As another topic, by its name.
    Topic,
}

/// A stretch of text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text, without line feeds.
    pub text: String,
    /// How it is set apart.
    pub style: Style,
}

/// A row of a table, which is read as a term and what is said about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Term {
    /// The first cell.
    pub name: Vec<Span>,
    /// Its type, where the table has one.
    pub kind: Option<Vec<Span>>,
    /// The other cells, each with its column's heading where there are several. Empty ones are left
    /// out.
    pub about: Vec<(Option<String>, Vec<Span>)>,
}

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Block {
    /// The page's title.
    Title(Vec<Span>),
    /// What stands above a section.
    Section(Vec<Span>),
    /// What stands above a part of a section.
    Subsection(Vec<Span>),
    /// Running text.
    Paragraph(Vec<Span>),
    /// Lines that stay as they are.
    Code(String),
    /// Items, each of blocks.
    List(Vec<Vec<Self>>),
    /// A table's rows.
    Terms(Vec<Term>),
}

/// What the Markdown says. Comments are left out.
pub fn blocks(markdown: &str) -> Vec<Block> {
    read(&mut Parser::new_ext(markdown, Options::ENABLE_TABLES))
}

/// The text alone.
pub fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// Reads blocks up to the end of what they stand in: of an item or of the page.
fn read(events: &mut Parser<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    // The text of an item in a tight list is in no paragraph.
    let mut bare = Inline::default();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let words = words(events);
                blocks.push(match level {
                    HeadingLevel::H1 => Block::Title(words),
                    HeadingLevel::H2 => Block::Section(words),
                    _ => Block::Subsection(words),
                });
            }
            Event::Start(Tag::Paragraph) => blocks.push(Block::Paragraph(words(events))),
            Event::Start(Tag::CodeBlock(_)) => blocks.push(Block::Code(plain(&words(events)))),
            Event::Start(Tag::List(_)) => blocks.push(Block::List(items(events))),
            Event::Start(Tag::Table(_)) => blocks.push(Block::Terms(table(events))),
            Event::End(TagEnd::Item) => break,
            event => bare.take(event),
        }
    }
    if !bare.spans.is_empty() {
        blocks.insert(0, Block::Paragraph(bare.spans));
    }
    blocks
}

fn items(events: &mut Parser<'_>) -> Vec<Vec<Block>> {
    let mut items = Vec::new();
    while let Some(Event::Start(Tag::Item)) = events.next() {
        items.push(read(events));
    }
    items
}

/// Reads up to the end of a heading, a paragraph, a block of code or a cell.
fn words(events: &mut Parser<'_>) -> Vec<Span> {
    let mut inline = Inline::default();
    for event in events {
        match event {
            Event::End(
                TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::TableCell,
            ) => break,
            event => inline.take(event),
        }
    }
    // An anchor at the end, which is not shown, leaves the blank before it.
    if let Some(last) = inline.spans.last_mut() {
        last.text.truncate(last.text.trim_end_matches(' ').len());
    }
    inline.spans
}

fn table(events: &mut Parser<'_>) -> Vec<Term> {
    let mut rows: Vec<Vec<Vec<Span>>> = Vec::new();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                let cell = words(events);
                rows.last_mut().into_iter().for_each(|row| row.push(cell.clone()));
            }
            Event::End(TagEnd::Table) => break,
            _ => {}
        }
    }
    let mut rows = rows.into_iter();
    let heads: Vec<String> =
        rows.next().unwrap_or_default().iter().map(|cell| plain(cell)).collect();
    rows.map(|row| term(row, &heads)).collect()
}

fn term(row: Vec<Vec<Span>>, heads: &[String]) -> Term {
    let typed = heads.get(1).is_some_and(|head| head == "type");
    let mut cells = row.into_iter().zip(heads);
    let name = cells.next().map(|(cell, _)| cell).unwrap_or_default();
    let kind = if typed { cells.next().map(|(cell, _)| cell) } else { None };
    let alone = cells.len() == 1;
    let about = cells
        .filter(|(cell, _)| !cell.is_empty())
        .map(|(cell, head)| ((!alone).then(|| head.clone()), cell))
        .collect();
    Term { name, kind, about }
}

/// Text as it is gathered.
#[derive(Default)]
struct Inline {
    spans: Vec<Span>,
    style: Style,
    /// Where the link that is open leads, and how many spans there were before it.
    link: Option<(String, usize)>,
}

impl Inline {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => self.push(&text, self.style),
            Event::Code(text) => self.push(&text, Style::Code),
            Event::SoftBreak | Event::HardBreak => self.push(" ", self.style),
            Event::Start(Tag::Strong | Tag::Emphasis) => self.style = Style::Strong,
            Event::Start(Tag::Link { dest_url, .. }) => {
                self.link = Some((dest_url.into_string(), self.spans.len()));
                self.style = Style::Strong;
            }
            Event::End(TagEnd::Link) => self.end_link(),
            Event::End(TagEnd::Strong | TagEnd::Emphasis) => self.style = Style::Plain,
            _ => {}
        }
    }

    /// Says where a link leads: in the manual by the topic's name, which its text may be.
    fn end_link(&mut self) {
        self.style = Style::Plain;
        let Some((url, before)) = self.link.take() else { return };
        let page = url.split('#').next().unwrap_or_default();
        let topic = page.strip_suffix(".md").filter(|_| !url.contains("://"));
        let text = plain(self.spans.get(before..).unwrap_or_default());
        match topic {
            Some(topic) if text.eq_ignore_ascii_case(topic) => {
                self.spans.truncate(before);
                self.push(topic, Style::Topic);
            }
            Some(topic) => {
                self.push(" (", Style::Plain);
                self.push(topic, Style::Topic);
                self.push(")", Style::Plain);
            }
            None if page.is_empty() => {}
            None => self.push(&format!(" ({url})"), Style::Plain),
        }
    }

    fn push(&mut self, text: &str, style: Style) {
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.text.push_str(text),
            _ => self.spans.push(Span { text: text.to_owned(), style }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(blocks: &[Block]) -> Vec<String> {
        let words = |spans: &Vec<Span>| plain(spans);
        blocks
            .iter()
            .map(|block| match block {
                Block::Title(text) => format!("title {}", words(text)),
                Block::Section(text) => format!("section {}", words(text)),
                Block::Subsection(text) => format!("subsection {}", words(text)),
                Block::Paragraph(text) => format!("paragraph {}", words(text)),
                Block::Code(text) => format!("code {text}"),
                Block::List(items) => {
                    let items: Vec<_> = items.iter().map(|item| said(item).join("+")).collect();
                    format!("list {}", items.join("|"))
                }
                Block::Terms(terms) => {
                    let one = |term: &Term| {
                        let about: Vec<_> = term
                            .about
                            .iter()
                            .map(|(head, cell)| format!("{head:?} {}", words(cell)))
                            .collect();
                        let kind = term.kind.as_ref().map(words);
                        format!("{} {kind:?} {}", words(&term.name), about.join(" & "))
                    };
                    format!("terms {}", terms.iter().map(one).collect::<Vec<_>>().join("|"))
                }
            })
            .collect()
    }

    #[test]
    fn a_page_is_read_as_it_is_written() {
        let text = "# T\n\n<!-- not this -->\nOne `two`\nthree [Four](four.md#x), [here](y.md), [five](http://six).\n\n\
                    ## S <a id=\"s\"></a>\n\n```console\n$ a  \\\n    b\n\nc\n```\n### U\n\n- p\n  q\n- r\n";
        let expected = [
            "title T",
            "paragraph One two three four, here (y), five (http://six).",
            "section S",
            "code $ a  \\\n    b\n\nc\n",
            "subsection U",
            "list paragraph p q|paragraph r",
        ];
        assert_eq!(said(&blocks(text)), expected);
        let Some(Block::Paragraph(spans)) = blocks(text).into_iter().nth(1) else { panic!() };
        assert_eq!(spans[1], Span { text: "two".to_owned(), style: Style::Code });
        assert_eq!(spans[3], Span { text: "four".to_owned(), style: Style::Topic });
    }

    #[test]
    fn a_table_is_terms_with_the_headings_where_there_are_several() {
        let fields =
            "| field | type | meaning |\n| --- | --- | --- |\n| `a` | string | it \\| is |\n";
        assert_eq!(said(&blocks(fields)), [r#"terms a Some("string") None it | is"#]);
        let causes = "| c | holds | not |\n| --- | --- | --- |\n| a | b | d |\n| e | f | |\n";
        let expected = r#"terms a None Some("holds") b & Some("not") d|e None Some("holds") f"#;
        assert_eq!(said(&blocks(causes)), [expected]);
    }
}
