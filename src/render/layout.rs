//! How a table's columns are laid out to a width: side by side where they fit; where they do not,
//! neighbours share a cell, line under line; and where even that is too wide, a line a field.

use textwrap::WordSeparator;
use unicode_width::UnicodeWidthStr as _;

use crate::rows::Head;

/// Blanks between two columns.
pub const GAP: usize = 2;

/// Up to this width a table is never one: a record has a line a field.
const NARROW: usize = 40;

/// Running text is not wrapped to less than this while stacking could make room.
const COMFORT: usize = 26;

/// A word that is longer may be broken to keep the columns side by side.
const LONG_WORD: usize = 24;

/// A column of words takes no more than this where there is a width to keep to.
const LONG_LINE: usize = 36;

/// What the cells of a column need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// The widest cell.
    pub widest: usize,
    /// The longest word in any cell.
    pub word: usize,
    /// Whether any cell tells something.
    pub filled: bool,
}

impl Need {
    /// Widens to a cell's text; words are looked for only where lines may be broken.
    pub fn widen(&mut self, text: &str, wrapped: bool, breaks_anywhere: bool) {
        let width = columns_of(text);
        self.widest = self.widest.max(width);
        if wrapped && width > self.word {
            let word = if breaks_anywhere { width.min(LONG_WORD) } else { longest_word(text) };
            self.word = self.word.max(word);
        }
    }
}

/// Columns that share a cell, the first on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The columns' places.
    pub members: Vec<usize>,
    /// How wide the cell is.
    pub width: usize,
}

/// How a table is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Cells side by side.
    Grid {
        /// The cells of a row.
        groups: Vec<Group>,
        /// Whether any columns share a cell, so that a row has several lines.
        stacked: bool,
    },
    /// A line a field: heading and value.
    Records {
        /// The columns that are shown.
        members: Vec<usize>,
        /// How wide the headings are.
        heading: usize,
        /// How wide the values are.
        value: usize,
    },
}

/// Lays columns out to a width; None is unlimited.
pub fn lay_out(heads: &[Head], needs: &[Need], width: Option<usize>) -> Layout {
    let mut shown: Vec<usize> = (0..heads.len())
        .filter(|column| {
            let head = heads.get(*column);
            let need = needs.get(*column);
            head.is_some_and(|head| !head.optional) || need.is_some_and(|need| need.filled)
        })
        .collect();
    if shown.is_empty() {
        // A row is a line, also where it tells nothing.
        shown.extend((!heads.is_empty()).then_some(0));
    }
    let Some(width) = width else {
        let natural = |column: &usize| natural(heads, needs, *column);
        let groups =
            shown.iter().map(|column| Group { members: vec![*column], width: natural(column) });
        return Layout::Grid { groups: groups.collect(), stacked: false };
    };
    let records = || {
        let titles = shown.iter().filter_map(|column| heads.get(*column));
        let widest = titles.map(|head| head.title.width()).max().unwrap_or(0);
        let heading = widest.min((width / 2).saturating_sub(GAP)).max(1);
        let value = width.saturating_sub(heading + GAP).max(1);
        Layout::Records { members: shown.clone(), heading, value }
    };
    if width <= NARROW {
        return records();
    }
    let last = shown.iter().filter_map(|column| heads.get(*column)?.step).max().unwrap_or(0);
    let mut tightest = None;
    for step in 0..=last {
        let groups = grouped(heads, &shown, step);
        let spans: Vec<Span> = groups.iter().map(|group| Span::of(heads, needs, group)).collect();
        let gaps = GAP * spans.len().saturating_sub(1);
        let stacked = groups.len() < shown.len();
        let comfortable = spans.iter().map(|span| span.comfort).sum::<usize>() + gaps <= width;
        let fits = spans.iter().map(|span| span.least).sum::<usize>() + gaps <= width;
        if comfortable || (step == last && fits) {
            return grid(groups, &spans, width - gaps, stacked);
        }
        if fits {
            tightest = Some((groups, spans, gaps, stacked));
        }
    }
    match tightest {
        Some((groups, spans, gaps, stacked)) => grid(groups, &spans, width - gaps, stacked),
        None => records(),
    }
}

/// What a cell of one or more columns needs.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// With nothing wrapped.
    natural: usize,
    /// With running text wrapped as one would like to read it.
    comfort: usize,
    /// With no word broken that need not be.
    least: usize,
    /// Its headings on one line.
    headings: usize,
}

impl Span {
    fn of(heads: &[Head], needs: &[Need], group: &[usize]) -> Self {
        // No cell is narrower than a letter.
        let mut span = Self { natural: 1, comfort: 1, least: 1, headings: 0 };
        for (place, column) in group.iter().enumerate() {
            let (Some(head), Some(need)) = (heads.get(*column), needs.get(*column)) else {
                continue;
            };
            let mark = if place > 0 { head.mark.width() } else { 0 };
            let between = if span.headings > 0 && !head.title.is_empty() { 2 } else { 0 };
            span.headings += head.title.width() + between;
            let title = head.title.split(' ').map(str::width).max().unwrap_or(0);
            let natural = (need.widest + mark).max(head.title.width());
            let word = (need.word + mark).min(LONG_WORD);
            let (comfort, least) = if head.wraps {
                (
                    natural.min(word.max(head.comfort.unwrap_or(COMFORT))),
                    natural.min(word.max(title)),
                )
            } else {
                let whole = (need.widest + mark).min(LONG_LINE).max(title);
                (whole, whole)
            };
            span.natural = span.natural.max(natural);
            span.comfort = span.comfort.max(comfort);
            span.least = span.least.max(least);
        }
        span
    }
}

/// The columns that share a cell once all up to this step are stacked.
fn grouped(heads: &[Head], shown: &[usize], step: u8) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    // A column that stands under its neighbour needs the neighbour.
    let mut before = None;
    for column in shown {
        let under = heads.get(*column).and_then(|head| head.step).is_some_and(|at| at <= step);
        match groups.last_mut() {
            Some(group) if under && step > 0 && before.is_some() => group.push(*column),
            _ => groups.push(vec![*column]),
        }
        before = Some(*column);
    }
    groups
}

/// Gives every cell its width: as much as it would like, less what has to be saved, the widest
/// first and equally wide ones alike.
fn grid(groups: Vec<Vec<usize>>, spans: &[Span], room: usize, stacked: bool) -> Layout {
    let mut widths: Vec<usize> = spans.iter().map(|span| span.natural).collect();
    // Words that are best kept on a line give way last.
    for floor in [|span: &Span| span.comfort, |span: &Span| span.least] {
        narrow(&mut widths, spans, room, floor);
    }
    // What is left goes to headings that would be stacked.
    let mut left = room.saturating_sub(widths.iter().sum());
    for ((group, width), span) in groups.iter().zip(&mut widths).zip(spans) {
        let missing = span.headings.saturating_sub(*width);
        if group.len() > 1 && missing <= left {
            *width += missing;
            left -= missing;
        }
    }
    let groups =
        groups.into_iter().zip(widths).map(|(members, width)| Group { members, width }).collect();
    Layout::Grid { groups, stacked }
}

fn narrow(widths: &mut [usize], spans: &[Span], room: usize, floor: fn(&Span) -> usize) {
    let mut over = widths.iter().sum::<usize>().saturating_sub(room);
    while over > 0 {
        let mut able: Vec<(&mut usize, usize)> = widths
            .iter_mut()
            .zip(spans)
            .map(|(width, span)| (width, floor(span)))
            .filter(|(width, floor)| **width > *floor)
            .collect();
        let Some(widest) = able.iter().map(|(width, _)| **width).max() else { return };
        // Down to the next widest, or the highest floor, at a time.
        let next = able.iter().map(|(width, _)| **width).filter(|width| *width < widest).max();
        let alike = || able.iter().filter(|(width, _)| **width == widest);
        let lowest = alike().map(|(_, floor)| *floor).chain(next).max().unwrap_or(0);
        let step = (widest - lowest).min(over.div_ceil(alike().count())).max(1);
        for (width, _) in able.iter_mut().filter(|(width, _)| **width == widest) {
            let less = step.min(over);
            **width -= less;
            over -= less;
        }
    }
}

impl Layout {
    /// The columns it takes.
    pub fn width(&self) -> usize {
        match self {
            Self::Grid { groups, .. } => {
                let gaps = GAP * groups.len().saturating_sub(1);
                groups.iter().map(|group| group.width).sum::<usize>() + gaps
            }
            Self::Records { heading, value, .. } => heading + GAP + value,
        }
    }
}

/// The width a column would like.
fn natural(heads: &[Head], needs: &[Need], column: usize) -> usize {
    let title = heads.get(column).map_or(0, |head| head.title.width());
    needs.get(column).map_or(0, |need| need.widest).max(title)
}

/// The columns a line of text takes.
pub fn columns_of(text: &str) -> usize {
    // Harmless ASCII takes one each; most text is.
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The columns its longest word takes.
fn longest_word(text: &str) -> usize {
    WordSeparator::UnicodeBreakProperties
        .find_words(text)
        .flat_map(|word| word.word.split_inclusive(super::wrap::JOINTS))
        .map(columns_of)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::Head;

    fn need(widest: usize, word: usize) -> Need {
        Need { widest, word, filled: true }
    }

    fn widths(heads: &[Head], needs: &[Need], width: usize) -> Vec<usize> {
        match lay_out(heads, needs, Some(width)) {
            Layout::Grid { groups, .. } => groups.iter().map(|group| group.width).collect(),
            Layout::Records { .. } => Vec::new(),
        }
    }

    fn words() -> Head {
        Head::words("a")
    }

    fn under(step: u8) -> Head {
        Head { step: Some(step), ..words() }
    }

    #[test]
    fn equally_wide_columns_shrink_alike() {
        let heads = [words(), Head::text("b"), Head::text("b")];
        let needs = |b, c| [need(10, 10), need(b, 5), need(c, 5)];
        assert_eq!(widths(&heads, &needs(90, 90), 94), [10, 40, 40]);
        assert_eq!(widths(&heads, &needs(90, 90), 93), [10, 39, 40]);
        assert_eq!(widths(&heads, &needs(90, 30), 94), [10, 50, 30]);
        assert_eq!(widths(&heads, &needs(90, 60), 94), [10, 40, 40]);
        assert_eq!(widths(&heads, &needs(20, 20), 94), [10, 20, 20]);
    }

    #[test]
    fn neighbours_are_stacked_in_the_stated_order_and_no_further_than_needed() {
        let heads = [words(), under(2), words(), under(1)];
        let needs = [need(20, 20); 4];
        let places = |width| match lay_out(&heads, &needs, Some(width)) {
            Layout::Grid { groups, .. } => {
                groups.into_iter().map(|group| group.members).collect::<Vec<_>>()
            }
            Layout::Records { members, .. } => vec![members],
        };
        assert_eq!(places(86), [vec![0], vec![1], vec![2], vec![3]]);
        assert_eq!(places(85), [vec![0], vec![1], vec![2, 3]]);
        assert_eq!(places(63), [vec![0, 1], vec![2, 3]]);
        assert_eq!(places(42), [vec![0, 1], vec![2, 3]]);
        assert_eq!(places(41), [vec![0, 1, 2, 3]], "a line a field");
        assert_eq!(places(40), [vec![0, 1, 2, 3]]);
    }

    #[test]
    fn a_column_without_a_value_goes_where_it_may() {
        let heads = [words(), Head { optional: true, ..words() }];
        let needs = [need(3, 3), Need::default()];
        for width in [None, Some(30), Some(80)] {
            let members = match lay_out(&heads, &needs, width) {
                Layout::Grid { groups, .. } => groups.len(),
                Layout::Records { members, .. } => members.len(),
            };
            assert_eq!(members, 1);
        }
    }

    fn heads() -> impl Strategy<Value = Vec<(Head, Need)>> {
        let titles = prop::sample::select(vec!["a", "top score", "answerability"]);
        let head = (titles, any::<bool>(), prop::option::of(1_u8..4), any::<bool>()).prop_map(
            |(title, wraps, step, optional)| Head { wraps, step, optional, ..Head::words(title) },
        );
        let need = (0_usize..200, 0_usize..60).prop_map(|(widest, word)| Need {
            widest,
            word: word.min(widest),
            filled: widest > 0,
        });
        prop::collection::vec((head, need), 1..14)
    }

    proptest! {
        #[test]
        fn any_columns_fit_any_width(columns in heads(), width in 20_usize..=400) {
            let (heads, needs): (Vec<Head>, Vec<Need>) = columns.into_iter().unzip();
            match lay_out(&heads, &needs, Some(width)) {
                Layout::Grid { groups, .. } => {
                    let gaps = GAP * groups.len().saturating_sub(1);
                    let total = groups.iter().map(|group| group.width).sum::<usize>() + gaps;
                    prop_assert!(total <= width, "{total}");
                    // No room is left over while a line is broken for want of it.
                    let broken = groups.iter().any(|group| {
                        group.members.iter().any(|column| needs[*column].widest > group.width)
                    });
                    prop_assert!(!broken || total == width, "{total} of {width}");
                    prop_assert!(width > NARROW);
                    for group in &groups {
                        for column in &group.members {
                            prop_assert!(group.width >= needs[*column].word.min(LONG_WORD));
                        }
                    }
                    let shown: Vec<usize> =
                        groups.iter().flat_map(|group| group.members.clone()).collect();
                    prop_assert!(shown.is_sorted());
                }
                Layout::Records { heading, value, .. } => {
                    prop_assert!(heading + GAP + value <= width);
                }
            }
        }
    }
}
