//! Tables: sorted and filtered by the page's script, folded by its style, read without either.

use std::borrow::Cow;

use hashbrown::HashMap;
use maud::{Markup, html};

use super::{line, tone};
use crate::render::survey::Survey;
use crate::render::{LayoutOptions, cell};
use crate::rows::spell::{self, Spelling};
use crate::rows::{Align, Cell, CellSink, Head, Opens, Section};

/// Rows that are shown before all are asked for; the page's style hides the rest.
const FOLD: usize = 20;

/// Rows from which on a table is filtered.
const FILTERED: usize = 8;

/// Where on the page sessions stand, by their ids.
#[derive(Debug, Default)]
pub struct Places<'p>(HashMap<&'p str, String>);

impl<'p> Places<'p> {
    /// Sessions stand where these anchors are.
    pub fn new(anchors: impl Iterator<Item = (&'p str, String)>) -> Self {
        Self(anchors.collect())
    }

    /// The anchor of what a cell names; None where it is not on the page.
    fn anchor(&self, opens: &Opens) -> Option<String> {
        let anchor = self.0.get(&*opens.session_id)?;
        Some(match opens.turn {
            Some(turn) => format!("#{anchor}-turn-{turn}"),
            None => format!("#{anchor}"),
        })
    }
}

/// A table with what stands around it; one that is `kept` as it is can be neither sorted nor filtered.
pub(super) fn sheet(section: &Section<'_>, id: &str, kept: bool, places: &Places<'_>) -> Markup {
    let (shown, told) = grid(&section.heads, &section.rows, (id, kept), places);
    html! {
        div.sheet id=(id) {
            h3 id={ (id) "-title" } { (line(&section.page.title.join(" · "))) }
            @if !section.rows.is_empty() { (shown) }
            @for note in told.iter().chain(&section.page.notes) { p.note { (line(note)) } }
        }
    }
}

/// A table as it stands, and what is said once instead of in every row.
fn grid(
    heads: &[Head],
    rows: &[Vec<Cell<'_>>],
    (id, kept): (&str, bool),
    places: &Places<'_>,
) -> (Markup, Vec<String>) {
    let spelling = Spelling { short: true, ..Spelling::default() };
    let options = LayoutOptions { spelling, ..LayoutOptions::default() };
    let each = |sink: CellSink<'_>| {
        rows.iter().try_for_each(|row| sink(row.iter().map(Cell::borrowed).collect()))
    };
    // Rows that are at hand can always be compared.
    let survey = Survey::of(heads, &each, &options).ok();
    let filled =
        |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|c| !c.is_idle()));
    let columns: Vec<usize> = (0..heads.len())
        .filter(|column| heads.get(*column).is_some_and(|head| !head.optional || filled(*column)))
        .collect();
    let heads_of = || columns.iter().filter_map(|column| heads.get(*column));
    let made = html! {
        @if rows.len() > FOLD {
            input.all type="checkbox" id={ (id) "-all" };
            label.all for={ (id) "-all" } { "Show all " (spell::count(rows.len())) }
        }
        div.scroll role="region" tabindex="0" aria-labelledby={ (id) "-title" } {
            table class=[(!kept && rows.len() > 1).then_some("sorted")] data-filter[!kept && rows.len() > FILTERED] {
                thead { tr {
                    @for head in heads_of() {
                        @if head.title.is_empty() { td {} } @else {
                            th scope="col" class=[kind_of(head)] { (head.title) }
                        }
                    }
                } }
                tbody {
                    @for row in rows { (self::row(row, heads, &columns, survey.as_ref(), places)) }
                }
            }
        }
        @if rows.len() > FOLD {
            p.note.folded { (FOLD) " of " (spell::count(rows.len())) " rows" }
        }
    };
    (made, survey.map(|survey| survey.told(heads)).unwrap_or_default())
}

/// The class of a column: numbers, or running text.
fn kind_of(head: &Head) -> Option<&'static str> {
    if head.align == Align::Right { Some("n") } else { head.wraps.then_some("t") }
}

fn row(
    row: &[Cell<'_>],
    heads: &[Head],
    columns: &[usize],
    survey: Option<&Survey>,
    places: &Places<'_>,
) -> Markup {
    let mut row: Vec<Cell<'_>> = row.iter().map(Cell::borrowed).collect();
    if let Some(survey) = survey {
        survey.apply(&mut row);
    }
    let cells = columns.iter().enumerate().filter_map(|(place, column)| {
        let (head, cell) = (heads.get(*column)?, row.get(*column)?);
        Some(self::cell(cell.borrowed(), head, place == 0, places))
    });
    html! { tr { @for cell in cells { (cell) } } }
}

fn cell(mut cell: Cell<'_>, head: &Head, first: bool, places: &Places<'_>) -> Markup {
    let (text, _) = cell::shown(&mut cell, false);
    let order = order(cell.order, &text);
    let class = class(&cell, head);
    let anchor = cell.opens.as_ref().and_then(|opens| places.anchor(opens));
    let inside = html! {
        @if let Some(anchor) = &anchor { a href=(anchor) { (text) } } @else { (text) }
    };
    let title = Some(&*head.title).filter(|title| !title.is_empty());
    html! {
        @if first {
            th scope="row" class=[class] data-h=[title] data-v=[order] dir=[direction(&text)] { (inside) }
        } @else {
            td class=[class] data-h=[title] data-v=[order] dir=[direction(&text)] { (inside) }
        }
    }
}

/// What may be written from right to left finds its own direction.
fn direction(text: &str) -> Option<&'static str> {
    (!text.is_ascii()).then_some("auto")
}

fn class(cell: &Cell<'_>, head: &Head) -> Option<Cow<'static, str>> {
    let tone = Some(tone(cell.tone)).filter(|tone| *tone != "plain");
    match (tone, kind_of(head)) {
        (Some(tone), Some(numeric)) => Some(format!("{numeric} {tone}").into()),
        (one, other) => one.or(other).map(Cow::Borrowed),
    }
}

/// What a cell is sorted by, where its text does not say so.
fn order(order: Option<f64>, text: &str) -> Option<String> {
    let order = order?;
    let said =
        || text.replace(',', "").parse::<f64>().is_ok_and(|said| said.to_bits() == order.to_bits());
    (!said()).then(|| if order.is_finite() { order.to_string() } else { "-1e999".to_owned() })
}

/// A small table of what a picture shows.
pub(super) fn numbers(heads: &[Head], rows: &[Vec<Cell<'_>>], places: &Places<'_>) -> Markup {
    let columns: Vec<usize> = (0..heads.len()).collect();
    html! {
        table {
            thead { tr {
                @for head in heads { th scope="col" class=[kind_of(head)] { (line(&head.title)) } }
            } }
            tbody { @for row in rows { (self::row(row, heads, &columns, None, places)) } }
        }
    }
}
