//! Lines of running text: broken where Unicode allows it, measured as a terminal measures.

use std::borrow::Cow;

use textwrap::core::Fragment;
use textwrap::wrap_algorithms::{Penalties, wrap_first_fit, wrap_optimal_fit};
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// From this many words on, lines are filled one by one instead of being balanced.
const LONG: usize = 4000;

/// Where a name may be broken rather than the word it stands in: behind what joins its parts.
pub const JOINTS: [char; 5] = ['-', '_', '/', '#', '.'];

/// A word, or a piece of one that is too long for a line.
#[derive(Debug)]
struct Piece {
    /// Where it ends, in bytes, without the blanks after it.
    end: usize,
    /// Where the next begins.
    next: usize,
    /// In columns.
    width: usize,
}

#[allow(clippy::cast_precision_loss, reason = "columns are few")]
impl Fragment for Piece {
    fn width(&self) -> f64 {
        self.width as f64
    }

    fn whitespace_width(&self) -> f64 {
        // Blanks between words are ASCII spaces.
        (self.next - self.end) as f64
    }

    fn penalty_width(&self) -> f64 {
        0.0
    }
}

/// Breaks one line of text at its blanks alone, so that what may be copied out of it, an id or a path,
/// stays in one piece.
pub fn wrap_words(text: &str, measure: usize) -> Vec<Cow<'_, str>> {
    let options = Options::new(measure.max(1))
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(text, options)
}

/// Breaks one line of text (no line feeds, no tabs) into lines of at most `measure` columns. A word
/// that is longer is cut, behind a comma where there is one.
pub fn wrap(text: &str, measure: usize) -> Vec<&str> {
    let measure = measure.max(1);
    if text.width() <= measure {
        return vec![text];
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    for word in WordSeparator::UnicodeBreakProperties.find_words(text) {
        let end = start + word.word.len();
        let next = end + word.whitespace.len();
        let width = word.word.width();
        if width <= measure {
            pieces.push(Piece { end, next, width });
        } else {
            let mut from = 0;
            for (to, width) in cuts(word.word, measure) {
                pieces.push(Piece { end: start + to, next: start + to, width });
                from = to;
            }
            let width = word.word.get(from..).unwrap_or_default().width();
            pieces.push(Piece { end, next, width });
        }
        start = next;
    }
    #[allow(clippy::cast_precision_loss, reason = "columns are few")]
    let widths = [measure as f64];
    // A line that is too long is never worth it.
    let penalties = Penalties { overflow_penalty: 1_000_000, ..Penalties::new() };
    let lines = if pieces.len() < LONG {
        wrap_optimal_fit(&pieces, &widths, &penalties)
            .unwrap_or_else(|_| wrap_first_fit(&pieces, &widths))
    } else {
        wrap_first_fit(&pieces, &widths)
    };
    let mut start = 0;
    let slice = |line: &&[Piece]| {
        let last = line.last()?;
        let slice = text.get(start..last.end);
        start = last.next;
        slice
    };
    lines.iter().filter_map(slice).collect()
}

/// The same for JSON and the like, where what matters are commas: lines are filled, and cut behind a
/// comma or else at a blank.
pub fn wrap_code(text: &str, measure: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (cut, _) in cuts(text, measure.max(1)) {
        lines.push(text.get(start..cut).unwrap_or_default());
        start = cut;
    }
    lines.push(text.get(start..).unwrap_or_default());
    lines
}

/// Where to cut what is longer than `measure`, and the width of the piece before each cut. What a
/// reader sees as one character stays whole.
fn cuts(text: &str, measure: usize) -> Vec<(usize, usize)> {
    let mut cuts = Vec::new();
    // The column, and behind the last comma and the last blank or joint: position and column.
    let (mut width, mut comma, mut blank) = (0, None, None);
    let mut last = "";
    for (start, cluster) in clusters(text) {
        let columns = cluster.width();
        // A blank may stand past the edge: it is not seen.
        while width + columns > measure && width > 0 && cluster != " " {
            // Rather not where that would leave most of the line empty, but before a word is broken.
            let far = |cut: &(usize, usize)| cut.1 > measure / 2;
            let near = comma.max(blank);
            let cut = comma.filter(far).or(blank.filter(far)).or(near).unwrap_or((start, width));
            cuts.push(cut);
            width -= cut.1;
            let behind = |(at, column): (usize, usize)| (at > cut.0).then(|| (at, column - cut.1));
            (comma, blank) = (comma.and_then(behind), blank.and_then(behind));
        }
        width += columns;
        if cluster == "," || (cluster == " " && last == ",") {
            comma = Some((start + 1, width));
        } else if cluster == " " || JOINTS.iter().any(|joint| cluster.starts_with(*joint)) {
            blank = Some((start + 1, width));
        }
        last = cluster;
    }
    cuts
}

/// What a reader sees as one character, near enough: a base with its combining marks, an emoji with
/// its modifiers and those it is joined with, a flag.
fn clusters(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = characters.next()?;
        let mut last = first;
        let mut flag = is_regional(first);
        while let Some((_, next)) = characters.peek().copied() {
            let joins = next.width().unwrap_or(0) == 0
                || last == '\u{200d}'
                || matches!(next, '\u{1f3fb}'..='\u{1f3ff}')
                || (flag && is_regional(next));
            if !joins {
                break;
            }
            flag = flag && !is_regional(next);
            last = next;
            characters.next();
        }
        let end = characters.peek().map_or(text.len(), |(end, _)| *end);
        Some((start, text.get(start..end).unwrap_or_default()))
    })
}

fn is_regional(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

/// The first `limit` characters or a little less, so that what a reader sees as one character stays
/// whole; and how many characters are left.
pub fn clip(text: &str, limit: usize) -> (&str, usize) {
    let Some((position, _)) = text.char_indices().nth(limit) else { return (text, 0) };
    // The cluster that the limit falls into is left out.
    let start = clusters(text).map(|(start, _)| start);
    let cut = start.take_while(|start| *start <= position).last().unwrap_or(0);
    let (shown, rest) = text.split_at_checked(cut).unwrap_or((text, ""));
    (shown, rest.chars().count())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_balanced_and_fit() {
        assert_eq!(wrap("To be, or not to be", 12), ["To be, or", "not to be"]);
        assert_eq!(wrap("short", 12), ["short"]);
        assert_eq!(wrap("", 12), [""]);
    }

    #[test]
    fn wide_and_joined_characters_are_measured_as_they_are_seen() {
        // Four ideographs are eight columns; a family of four is two.
        assert_eq!(wrap("回線は正常です", 8), ["回線は正", "常です"]);
        let family = "👩‍👩‍👧‍👦";
        let text = [family; 4].join(" ");
        assert_eq!(wrap(&text, 11), [text.as_str()]);
        let cramped = family.repeat(3);
        assert_eq!(wrap(&cramped, 4), [family.repeat(2), family.to_owned()]);
        assert_eq!(wrap("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn a_long_word_is_cut_behind_a_comma() {
        assert_eq!(
            wrap(r#"{"account":"LF-204771","period":"2026-10"}"#, 30),
            [r#"{"account":"LF-204771","#, r#""period":"2026-10"}"#]
        );
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    }

    #[test]
    fn code_is_cut_behind_commas_rather_than_at_blanks() {
        assert_eq!(
            wrap_code(r#"{"street": "3 Kiln Lane", "town": "Larkfield"}"#, 30),
            [r#"{"street": "3 Kiln Lane", "#, r#""town": "Larkfield"}"#]
        );
        assert_eq!(wrap_code("a note without any comma", 12), ["a note ", "without any ", "comma"]);
        assert_eq!(wrap_code("{a, incomprehensible}", 18), ["{a, ", "incomprehensible}"]);
    }

    #[test]
    fn a_clip_counts_what_it_leaves_out() {
        assert_eq!(clip("abc", 3), ("abc", 0));
        assert_eq!(clip("abcdef", 4), ("abcd", 2));
        assert_eq!(clip("ae\u{301}b", 2), ("a", 3), "a letter and its accent stay together");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_but_blanks_between_lines(
            text in "([a-z,]{1,12}|[ぁ-ん]{1,4}|👩‍👧|e\u{301}| ){0,40}",
            measure in 2_usize..30,
        ) {
            for lines in [wrap(&text, measure), wrap_code(&text, measure)] {
                let solid = |text: &str| text.replace(' ', "");
                prop_assert_eq!(solid(&lines.concat()), solid(&text));
                for line in lines {
                    prop_assert!(line.trim_end().width() <= measure, "{:?} in {}", line, measure);
                }
            }
        }
    }
}
