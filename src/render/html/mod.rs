//! One self-contained page of HTML: its frame, and what it is put together from.
//!
//! Everything goes through [`maud`], which escapes what is not markup of ours. Its policy lets the page
//! load nothing and run nothing but its own style and script, each known by its hash.

mod chart;
mod table;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};
use std::io;

pub use self::table::Places;
use super::{Out, sanitize};
use crate::rows::chart::Chart;
use crate::rows::{Headline, Section, Tone};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");

/// What a page is about.
#[derive(Debug)]
pub struct Front {
    /// Its title.
    pub title: String,
    /// What it is of, a line each.
    pub about: Vec<String>,
    /// Its chapters: their names as anchors, and their titles.
    pub chapters: Vec<(&'static str, String)>,
}

/// A chapter of a page.
#[derive(Debug)]
pub struct Chapter<'p> {
    /// Its name as an anchor.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// What it holds.
    pub parts: Vec<Part<'p>>,
}

/// A part of a chapter.
#[derive(Debug)]
pub enum Part<'p> {
    /// Figures that stand alone.
    Headlines(Vec<Headline>),
    /// Pictures side by side.
    Charts(Vec<Chart>),
    /// A table, to be sorted and filtered.
    Table {
        /// The table with what stands around it.
        section: Section<'p>,
        /// Its name as an anchor.
        id: &'static str,
    },
    /// A table of figures, whose order says something.
    Figures {
        /// The table with what stands around it.
        section: Section<'p>,
        /// Its name as an anchor.
        id: &'static str,
    },
    /// Remarks.
    Notes(Vec<String>),
    /// What is folded in: a page that was made before, under its title.
    Folded {
        /// Its name as an anchor.
        id: &'p str,
        /// Its title.
        title: &'p str,
        /// The page.
        page: &'p [u8],
    },
}

/// Writes a page chapter by chapter.
pub struct Page<'o> {
    out: Out<'o>,
    charts: usize,
}

impl<'o> Page<'o> {
    /// Writes what comes before the chapters.
    pub fn begin(front: &Front, out: Out<'o>) -> io::Result<Self> {
        let head = html! {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content=(concat!("feather-analysis ", env!("CARGO_PKG_VERSION")));
                title { (line(&front.title)) }
                style { (PreEscaped(STYLE)) }
            }
        };
        let top = html! {
            header.top {
                h1 dir="auto" { (line(&front.title)) }
                @for line in &front.about { p { (self::line(line)) } }
                @if front.chapters.len() > 1 {
                    nav aria-label="Chapters" {
                        ul {
                            @for (id, title) in &front.chapters {
                                li { a href={ "#" (id) } { (line(title)) } }
                            }
                        }
                    }
                }
            }
        };
        write!(out, "{}<html lang=\"en\">{}<body>{}<main>", DOCTYPE.0, head.0, top.0)?;
        Ok(Self { out, charts: 0 })
    }

    /// Writes a chapter.
    pub fn chapter(&mut self, chapter: &Chapter<'_>, places: &Places<'_>) -> io::Result<()> {
        let mut charts = self.charts;
        self.chapter_by((chapter.id, &chapter.title), |out| {
            for part in &chapter.parts {
                let made = match part {
                    Part::Headlines(headlines) => self::headlines(headlines),
                    Part::Charts(pictures) => self::charts(pictures, &mut charts, places),
                    Part::Table { section, id } => table::sheet(section, id, false, places),
                    Part::Figures { section, id } => table::sheet(section, id, true, places),
                    Part::Notes(notes) => self::notes(notes),
                    Part::Folded { id, title, page } => {
                        let page = PreEscaped(String::from_utf8_lossy(page));
                        html! {
                            details.session {
                                summary { h3 { (line(title)) } }
                                // What is named within is opened where it is gone to.
                                div.page id=(id) { (page) }
                            }
                        }
                    }
                };
                out.write_all(made.0.as_bytes())?;
            }
            Ok(())
        })?;
        self.charts = charts;
        Ok(())
    }

    /// Writes a chapter that `write` writes.
    pub fn chapter_by(
        &mut self,
        (id, title): (&'static str, &str),
        write: impl FnOnce(Out<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let title = html! { h2 { (line(title)) } };
        write!(self.out, "\n<section id=\"{id}\">{}", title.0)?;
        write(self.out)?;
        self.out.write_all(b"</section>")
    }

    /// Writes what comes after the chapters.
    pub fn end(self) -> io::Result<()> {
        let foot = html! {
            footer { p { "Made by feather-analysis " (env!("CARGO_PKG_VERSION")) "." } }
        };
        let script = html! { script { (PreEscaped(SCRIPT)) } };
        writeln!(self.out, "</main>{}{}</body></html>", foot.0, script.0)
    }
}

/// What the page may do: nothing but have its own style and script.
fn policy() -> String {
    let hash = |text: &str| BASE64.encode(digest(&SHA256, text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// A stranger's line, harmless.
fn line(text: &str) -> String {
    sanitize::line(text).into_owned()
}

fn charts(charts: &[Chart], number: &mut usize, places: &Places<'_>) -> Markup {
    let mut next = || {
        *number += 1;
        *number
    };
    html! { div.charts { @for chart in charts { (chart::figure(chart, next(), places)) } } }
}

fn headlines(headlines: &[Headline]) -> Markup {
    html! {
        dl.headlines {
            @for headline in headlines {
                div data-figure=(headline.name) {
                    dt { (headline.title) }
                    dd {
                        data.(tone(headline.value.tone)) value=(headline.json) { (headline.value.text) }
                        @if !headline.of.is_empty() { " " span.of { (headline.of) } }
                    }
                    @if !headline.about.is_empty() { dd.about { (headline.about) } }
                }
            }
        }
    }
}

fn notes(notes: &[String]) -> Markup {
    html! { @for note in notes { p.note { (line(note)) } } }
}

/// The class of a tone.
pub(super) const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Dim => "dim",
        Tone::Strong => "strong",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
        Tone::User => "user",
        Tone::Assistant => "assistant",
        Tone::Tool => "tool",
        Tone::Other => "other",
    }
}
