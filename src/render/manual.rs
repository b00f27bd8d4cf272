//! A page of the manual for reading, without man.

use std::io::{self, Write};

use super::style::Styles;
use super::wrap::wrap_words;
use crate::manual::{Block, Span, Style, Term, plain};

/// How far what belongs to something else stands to its right.
const INDENT: usize = 2;

/// Writes a page, its running text in lines of at most `width` columns.
pub fn page(
    blocks: &[Block],
    width: usize,
    styles: &Styles,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { width, styles, out };
    for (place, block) in blocks.iter().enumerate() {
        if place > 0 {
            writeln!(page.out)?;
        }
        page.block(block)?;
    }
    Ok(())
}

struct Page<'a> {
    width: usize,
    styles: &'a Styles,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn block(&mut self, block: &Block) -> io::Result<()> {
        match block {
            Block::Title(words) | Block::Section(words) | Block::Subsection(words) => {
                let text = plain(words);
                wrap_words(&text, self.width)
                    .iter()
                    .try_for_each(|line| writeln!(self.out, "{}", self.styles.strong.paint(line)))
            }
            Block::Paragraph(words) => self.text("", "", words),
            Block::Code(text) => text.lines().try_for_each(|line| match line {
                "" => writeln!(self.out),
                line => writeln!(self.out, "{:INDENT$}{line}", ""),
            }),
            Block::List(items) => items.iter().try_for_each(|item| self.item(item)),
            Block::Terms(terms) => terms.iter().try_for_each(|term| self.term(term)),
        }
    }

    fn item(&mut self, blocks: &[Block]) -> io::Result<()> {
        let mut bullet = "- ";
        for block in blocks {
            match block {
                Block::Paragraph(words) => self.text(bullet, "  ", words)?,
                block => self.block(block)?,
            }
            bullet = "  ";
        }
        Ok(())
    }

    fn term(&mut self, term: &Term) -> io::Result<()> {
        let kind = term.kind.as_deref().map(plain).unwrap_or_default();
        let kind = if kind.is_empty() { kind } else { self.styles.dim.paint(&format!("  {kind}")) };
        writeln!(self.out, "{}{kind}", self.words(&term.name))?;
        let indent = " ".repeat(2 * INDENT);
        for (head, words) in &term.about {
            let head = head.as_ref().map(|head| format!("{head}: ")).unwrap_or_default();
            self.text(&format!("{indent}{head}"), &indent, words)?;
        }
        Ok(())
    }

    /// Running text: what its first line begins with, and every other.
    fn text(&mut self, first: &str, rest: &str, words: &[Span]) -> io::Result<()> {
        let text = format!("{first}{}", self.words(words));
        let text = text.trim_start();
        let begin = first.len() - first.trim_start().len();
        let (begin, rest) = (" ".repeat(begin), rest);
        // Every line is as far in as the deepest.
        let measure = self.width.saturating_sub(rest.len().max(begin.len()));
        for (place, line) in wrap_words(text, measure).iter().enumerate() {
            writeln!(self.out, "{}{line}", if place == 0 { begin.as_str() } else { rest })?;
        }
        Ok(())
    }

    /// The text with its styles, which end with each word, so that it can be broken anywhere.
    fn words(&self, spans: &[Span]) -> String {
        let mut text = String::new();
        for span in spans {
            let help = if span.style == Style::Topic { "help " } else { "" };
            let is_code = matches!(span.style, Style::Code | Style::Topic);
            let words = format!("{help}{}", span.text);
            if span.style == Style::Plain {
                text.push_str(&words);
            } else if is_code && !self.styles.color {
                text.extend(["`", &words, "`"]);
            } else {
                let words = words.split(' ').map(|word| self.styles.strong.paint(word));
                text.push_str(&words.collect::<Vec<String>>().join(" "));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual::{TOPICS, blocks};

    fn shown(markdown: &str, width: usize, styles: &Styles) -> String {
        let mut out = Vec::new();
        page(&blocks(markdown), width, styles, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_wrapped_and_code_is_not() {
        let text = "# Title\n\nSome words `and code` that go on.\n\n```console\n$ a command that is long\n```\n\n\
                    - an item that goes on\n\n| field | type | meaning |\n| --- | --- | --- |\n\
                    | `id` | string | The id of it all. |\n";
        let expected = "Title\n\nSome words `and\ncode` that go on.\n\n  $ a command that is long\n\n\
                        - an item that\n  goes on\n\n`id`  string\n    The id of it\n    all.\n";
        assert_eq!(shown(text, 18, &Styles::default()), expected);
    }

    #[test]
    fn styles_end_with_each_word() {
        let bold = Styles::new(true).strong;
        let expected = format!("a {}\n{}\n", bold.paint("b"), bold.paint("c"));
        assert_eq!(shown("a `b c`", 3, &Styles::new(true)), expected);
    }

    #[test]
    fn every_topic_has_a_title_and_keeps_its_text_within_the_width() {
        for topic in TOPICS {
            assert!(!topic.title().is_empty() && topic.text.starts_with("# "), "{}", topic.name);
            for width in [60, 80, 100] {
                let page = shown(topic.text, width, &Styles::default());
                let code = |line: &&str| topic.text.contains(line.trim());
                let wide = page.lines().find(|line| {
                    line.chars().count() > width && !code(line) && line.trim().contains(' ')
                });
                assert_eq!(wide, None, "{}", topic.name);
            }
        }
    }
}
