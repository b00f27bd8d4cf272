//! A command line that is being typed, taken apart as a shell does.

use std::mem::take;

/// The words of a line; the last is the one that is being typed, and may be empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The words, without their quotes.
    pub words: Vec<String>,
    /// Whether the last is where the output goes, or the input comes from.
    pub redirects: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

impl Line {
    /// Takes apart what stands before the cursor. A quote need not be closed.
    pub(super) fn parse(text: &str) -> Self {
        let mut line = Self::default();
        let (mut word, mut begun) = (String::new(), false);
        let mut quote = Quote::None;
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match (quote, character) {
                (Quote::None, '\'') => (quote, begun) = (Quote::Single, true),
                (Quote::None, '"') => (quote, begun) = (Quote::Double, true),
                (Quote::Single, '\'') | (Quote::Double, '"') => quote = Quote::None,
                (Quote::None, ' ' | '\t' | '\n') => line.end(&mut word, &mut begun),
                (Quote::None, '<' | '>') => {
                    // A number before it is that of what it redirects.
                    if word.bytes().all(|byte| byte.is_ascii_digit()) {
                        word.clear();
                    } else {
                        line.end(&mut word, &mut begun);
                    }
                    (line.redirects, begun) = (true, false);
                }
                (Quote::None | Quote::Double, '\\') => {
                    begun = true;
                    word.extend(characters.next());
                }
                (_, character) => {
                    begun = true;
                    word.push(character);
                }
            }
        }
        line.words.push(word);
        line
    }

    fn end(&mut self, word: &mut String, begun: &mut bool) {
        let word = take(word);
        // Where the output goes is no word of the program's.
        if take(begun) && !take(&mut self.redirects) {
            self.words.push(word);
        }
    }
}

/// A word as it is typed, without its quotes.
pub(super) fn unquoted(word: &str) -> String {
    Line::parse(word).words.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_taken_apart_as_a_shell_does() {
        for (text, words, redirects) in [
            ("", &[""][..], false),
            ("f fetch", &["f", "fetch"], false),
            ("f fetch  ", &["f", "fetch", ""], false),
            ("f --where 'csat<3' x", &["f", "--where", "csat<3", "x"], false),
            ("f --where 'a b", &["f", "--where", "a b"], false),
            (r#"f "a\"b" '' c\ d"#, &["f", "a\"b", "", "c d"], false),
            ("f --format=nd", &["f", "--format=nd"], false),
            ("f fetch > out", &["f", "fetch", "out"], true),
            ("f fetch 2>er", &["f", "fetch", "er"], true),
            ("f fetch > out --fo", &["f", "fetch", "--fo"], false),
            ("f fetch <in -f ", &["f", "fetch", "-f", ""], false),
            ("f é\\", &["f", "é"], false),
        ] {
            let line = Line::parse(text);
            assert_eq!(line.words, words, "{text}");
            assert_eq!(line.redirects, redirects, "{text}");
        }
        assert_eq!(unquoted("'outcome=re"), "outcome=re");
    }

    proptest! {
        #[test]
        fn quoted_words_come_back_as_they_were(words in proptest::collection::vec("\\PC*", 1..5)) {
            let parsed = Line::parse(&shell_words::join(&words));
            prop_assert_eq!(parsed.words, words);
        }
    }
}
