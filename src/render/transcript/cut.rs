//! What is shown of a long text: its beginning, its blobs cut, and how much was left out.

use std::borrow::Cow;

use crate::render::wrap::clip;
use crate::render::{blobs, embedded};
use crate::rows::look;
use crate::rows::spell::counted;

/// From how many characters on a text is cut, and to about how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    long: usize,
    kept: usize,
}

/// What somebody said.
pub(super) const MESSAGE: Limit = Limit { long: 2000, kept: 1600 };

/// Arguments, results and errors.
pub(super) const EVIDENCE: Limit = Limit { long: 400, kept: 320 };

/// Blobs alone are cut.
pub(super) const WHOLE: Limit = Limit { long: usize::MAX, kept: usize::MAX };

/// A text as it is shown, and what is to be said below it.
#[derive(Debug)]
pub struct Cut<'t> {
    /// What is shown.
    pub text: Cow<'t, str>,
    /// How much was left out.
    pub left: Option<String>,
}

impl Cut<'_> {
    /// How much was left out, and how to see it.
    pub fn note(&self) -> Option<String> {
        self.left.as_ref().map(|left| format!("{left}{}", look::SHOWS_ALL))
    }
}

/// Cuts a text where it is too long and `full` does not want all of it. JSON is to be decoded later.
pub(super) fn cut(text: &str, limit: Limit, full: bool) -> Cut<'_> {
    if full {
        return Cut { text: Cow::Borrowed(text), left: None };
    }
    let text = blobs::cut(text);
    // Characters are at most as many as bytes.
    let end = if text.len() > limit.long && text.chars().nth(limit.long).is_some() {
        clip_at_a_gap(&text, limit.kept)
    } else {
        text.len()
    };
    let left = text.get(end..).map_or(0, |rest| rest.chars().count());
    let left = match (left, &text) {
        (0, Cow::Borrowed(_)) => None,
        (0, Cow::Owned(_)) => Some(look::CUT.to_owned()),
        (left, _) => Some(format!("… {}", counted(left, "more character", "more characters"))),
    };
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    };
    Cut { text, left }
}

/// Where about `limit` characters end: behind a line, a word or a comma, where one is near.
fn clip_at_a_gap(text: &str, limit: usize) -> usize {
    let (kept, _) = clip(text, limit);
    let far = kept.len() - kept.len() / 4;
    let gap = kept.rfind('\n').filter(|at| *at >= far).or_else(|| kept.rfind([' ', ',']));
    gap.filter(|at| *at >= far).map_or(kept.len(), |at| at + 1)
}

/// Whether two texts say the same, however JSON in them is spelt.
pub(super) fn say_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    if one == other {
        return true;
    }
    let lists = |text: &str| text.starts_with(['{', '[']);
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    lists(one)
        && lists(other)
        && embedded::is_json(one)
        && value(one).is_some_and(|one| value(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_ends_behind_a_word_and_says_how_much_is_left() {
        let text = "word ".repeat(100);
        let cut = cut(&text, EVIDENCE, false);
        assert_eq!(cut.text, "word ".repeat(64));
        assert_eq!(cut.note().unwrap(), "… 180 more characters; --full shows all");
        let text = format!("{}\n{}", "語".repeat(300), "語".repeat(300));
        let cut = super::cut(&text, EVIDENCE, false);
        assert_eq!(cut.text.trim_end().chars().count(), 300);
        assert!(super::cut(&text, EVIDENCE, true).left.is_none());
    }

    #[test]
    fn a_text_is_long_by_its_characters_and_without_its_blobs() {
        let letters = "é".repeat(400);
        assert!(cut(&letters, EVIDENCE, false).left.is_none());
        let blob = format!("see {} there", "aB3/".repeat(500));
        let cut = cut(&blob, EVIDENCE, false);
        assert!(cut.text.ends_with("… (1,968 more characters of base64) there"), "{}", cut.text);
        assert_eq!(cut.note().unwrap(), "… cut; --full shows all");
    }

    #[test]
    fn the_same_json_is_the_same_however_it_is_spelt() {
        assert!(say_the_same(r#"{"a": "\u00e9", "b":[1]}"#, r#"{"b":[1],"a":"é"}"#));
        assert!(say_the_same(" plain\n", "plain"));
        assert!(!say_the_same(r#"{"a":1}"#, r#"{"a":1.0}"#));
        assert!(!say_the_same("{oh}", "{ah}"));
    }
}
