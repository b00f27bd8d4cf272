//! The transcript as HTML: an article a turn, evidence in lists below what was said, long texts folded.

use std::io;

use maud::{Markup, html};

use super::super::html::tone;
use super::super::{LayoutOptions, Out, embedded, sanitize};
use super::block;
use super::cut::Cut;
pub use super::walk::Extent;
use super::walk::{self, Pages, Part, Piece, Set};
use crate::rows::{look, spell};
use crate::view::transcript::{MessageRow, Selection, Transcript};

/// JSON that takes more columns is laid out.
const WIDE: usize = 100;

/// Texts longer than this, in characters, are folded.
const FOLD: usize = 400;

/// So much of a session, whose turns have anchors that begin so.
pub fn write(
    transcript: &Transcript<'_>,
    extent: Extent,
    anchor: &str,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    let mut page = Html { out, anchor, open: Open::None, item: None };
    walk::write(transcript, &Selection::ALL, extent, options, &mut page)?;
    page.close()
}

/// What is being written and not closed.
enum Open {
    None,
    Facts,
    /// An article.
    Turn,
    /// An article, and the list of its evidence.
    Evidence,
}

struct Html<'a> {
    out: Out<'a>,
    anchor: &'a str,
    open: Open,
    /// A piece of evidence and what belongs to it.
    item: Option<String>,
}

impl Html<'_> {
    fn put(&mut self, made: &Markup) -> io::Result<()> {
        match &mut self.item {
            Some(item) => item.push_str(&made.0),
            None => self.out.write_all(made.0.as_bytes())?,
        }
        Ok(())
    }

    fn end_item(&mut self) -> io::Result<()> {
        match self.item.take() {
            Some(item) => write!(self.out, "<li>{item}</li>"),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> io::Result<()> {
        self.end_item()?;
        let end = match std::mem::replace(&mut self.open, Open::None) {
            Open::None => "",
            Open::Facts => "</dl>",
            Open::Turn => "</article>\n",
            Open::Evidence => "</ul></article>\n",
        };
        self.out.write_all(end.as_bytes())
    }

    fn article(
        &mut self,
        class: &str,
        id: Option<&str>,
        label: &str,
        head: &Markup,
    ) -> io::Result<()> {
        self.close()?;
        // An article that is closed where the next one begins.
        let made = html! { article.turn.(class) id=[id] aria-label=(label) { p.head { (head) } } };
        let open = made.0.strip_suffix("</article>").unwrap_or(&made.0);
        self.open = Open::Turn;
        self.out.write_all(open.as_bytes())
    }
}

impl Pages for Html<'_> {
    /// It stands above.
    fn title(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn notice(&mut self, text: &str, loud: bool) -> io::Result<()> {
        self.close()?;
        self.put(&html! { p.loud[loud] { (text) } })
    }

    fn nothing(&mut self, text: &str) -> io::Result<()> {
        self.close()?;
        self.put(&html! { p.note { (text) } })
    }

    fn facts(&mut self) -> io::Result<()> {
        self.close()?;
        self.open = Open::Facts;
        self.out.write_all(b"<dl class=\"facts\">")
    }

    fn fact(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()> {
        self.put(&html! { dt { (label) } dd { (self.line(parts)) } })
    }

    fn json_fact(&mut self, label: &str, json: Cut<'_>) -> io::Result<()> {
        self.put(&html! { dt { (label) } dd { (pre(&json, 0)) } })
    }

    fn turn(
        &mut self,
        row: &MessageRow<'_>,
        parts: &[Part<'_>],
        facts: &[Part<'_>],
    ) -> io::Result<()> {
        let id = format!("{}turn-{}", self.anchor, row.turn);
        let label = format!("Turn {}", row.turn);
        let class = tone(look::role(row.role));
        let (who, rest) = parts.split_first().unzip();
        let head = html! {
            a href={ "#" (id) } { "#" (row.turn) } " "
            @if let Some(who) = who { strong.(class) { (self.line(std::slice::from_ref(who))) } }
            @for part in rest.unwrap_or_default().iter().chain(facts) { " · " (self.line(std::slice::from_ref(part))) }
            @if !row.flags.is_empty() { " · " span.warn { (row.flags.join(", ")) } }
        };
        self.article(class, Some(&id), &label, &head)
    }

    fn event(&mut self, title: &str, parts: &[Part<'_>]) -> io::Result<()> {
        let head = html! {
            strong.warn { (title) }
            @for part in parts { " · " (self.line(std::slice::from_ref(part))) }
        };
        self.article("event", None, title, &head)
    }

    fn said(&mut self, cut: Cut<'_>) -> io::Result<()> {
        let made = if embedded::is_json(&cut.text) {
            pre(&cut, WIDE)
        } else {
            html! {
                div.said dir="auto" { (block(&embedded::decoded(&cut.text))) }
                (left(&cut))
            }
        };
        self.put(&made)
    }

    fn remark(&mut self, text: &str) -> io::Result<()> {
        self.put(&html! { p.note { (text) } })
    }

    fn evidence(&mut self) -> io::Result<()> {
        self.open = Open::Evidence;
        self.out.write_all(b"<ul class=\"evidence\">")
    }

    fn item(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()> {
        self.end_item()?;
        self.item = Some(html! { strong { (label) } " " (self.line(parts)) }.0);
        Ok(())
    }

    fn sub_item(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()> {
        self.put(&html! { ul { li { (label) " " (self.line(parts)) } } })
    }

    fn text(&mut self, label: Option<&str>, cut: Cut<'_>, characters: usize) -> io::Result<()> {
        let label = label.unwrap_or("arguments");
        let pre = pre(&cut, WIDE);
        let made = if characters > FOLD {
            html! {
                details.long {
                    summary { (label) ", " (spell::count(characters)) " characters" }
                    (pre)
                }
            }
        } else {
            html! { div { span.dim { (label) } (pre) } }
        };
        self.put(&made)
    }
}

impl Html<'_> {
    /// Parts on a line.
    fn line(&self, parts: &[Part<'_>]) -> Markup {
        html! {
            @for (place, part) in parts.iter().enumerate() {
                @if place > 0 { " · " }
                @for piece in part { (self.set(piece)) }
            }
        }
    }

    fn set(&self, piece: &Piece<'_>) -> Markup {
        html! {
            @match piece.set {
                Set::Plain => (piece.text),
                Set::Code => code { (piece.text) },
                Set::Strong(tone_of) => strong.(tone(tone_of)) { (piece.text) },
                Set::Turn(turn) => a href={ "#" (self.anchor) "turn-" (turn) } { "#" (piece.text) },
            }
        }
    }
}

/// A text a line as it is, JSON laid out.
fn pre(cut: &Cut<'_>, columns: usize) -> Markup {
    let laid_out = embedded::laid_out(&cut.text, columns);
    html! {
        pre tabindex="0" { (sanitize::text(&laid_out)) }
        (left(cut))
    }
}

/// How much was left out.
fn left(cut: &Cut<'_>) -> Markup {
    html! { @if let Some(left) = &cut.left { p.note { (left) } } }
}
