//! JSON in colours: keys, strings and null, as `jq` tells them apart. A pass over the bytes that are
//! written, so that a long document costs no memory.

use std::io::{self, Write};

use super::style::{Ink, Styles};
use super::{LayoutOptions, Out};

/// What a value's token is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// Between tokens.
    None,
    /// A string that is a key.
    Key,
    /// Any other string.
    String,
    /// Null.
    Null,
}

/// A writer that colours the JSON it is given, whole tokens or parts of them, and hands it on.
struct Painter<'a> {
    out: Out<'a>,
    styles: Styles,
    token: Token,
    /// Whether the last byte of a string was a backslash that escapes the next.
    escaped: bool,
    /// For each list or object that is open, whether it is an object.
    open: Vec<bool>,
    /// Whether a string would be a key.
    key: bool,
    painted: Vec<u8>,
}

/// Writes JSON by `write`: in colours where the output is a terminal that wants them, and nowhere
/// else, so that no program ever reads them.
pub(super) fn painted(
    options: &LayoutOptions,
    out: Out<'_>,
    write: impl FnOnce(Out<'_>) -> io::Result<()>,
) -> io::Result<()> {
    if !(options.terminal && options.styles.color) {
        return write(out);
    }
    let mut painter = Painter {
        out,
        styles: options.styles,
        token: Token::None,
        escaped: false,
        open: Vec::new(),
        key: false,
        painted: Vec::new(),
    };
    write(&mut painter)
}

impl Painter<'_> {
    fn byte(&mut self, byte: u8) {
        match self.token {
            Token::Key | Token::String => {
                self.painted.push(byte);
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.end();
                }
            }
            Token::Null if byte.is_ascii_alphabetic() => self.painted.push(byte),
            Token::Null | Token::None => {
                if self.token == Token::Null {
                    self.end();
                }
                self.between(byte);
            }
        }
    }

    /// A byte outside of every string and word.
    fn between(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => {
                self.open.push(byte == b'{');
                self.key = byte == b'{';
            }
            b'}' | b']' => {
                self.open.pop();
                self.key = false;
            }
            b',' => self.key = self.open.last() == Some(&true),
            b':' => self.key = false,
            b'"' => self.begin(if self.key { Token::Key } else { Token::String }),
            b'n' => self.begin(Token::Null),
            _ => {}
        }
        self.painted.push(byte);
    }

    fn ink(&self) -> Ink {
        match self.token {
            Token::Key => self.styles.key,
            Token::String => self.styles.string,
            Token::Null => self.styles.null,
            Token::None => Ink::default(),
        }
    }

    fn begin(&mut self, token: Token) {
        self.token = token;
        self.painted.extend_from_slice(self.ink().begin().as_bytes());
    }

    fn end(&mut self) {
        self.painted.extend_from_slice(self.ink().end().as_bytes());
        self.token = Token::None;
    }
}

impl Write for Painter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.painted.clear();
        for byte in bytes {
            self.byte(*byte);
        }
        self.out.write_all(&self.painted)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::json::tests::values;
    use crate::render::sanitize;

    fn options(color: bool, terminal: bool) -> LayoutOptions {
        LayoutOptions { styles: Styles::new(color), terminal, ..LayoutOptions::default() }
    }

    /// Writes in pieces of so many bytes.
    fn written(json: &str, piece: usize, options: &LayoutOptions) -> String {
        let mut out = Vec::new();
        painted(options, &mut out, |out| {
            json.as_bytes().chunks(piece).try_for_each(|piece| out.write_all(piece))
        })
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn keys_strings_and_null_are_told_apart() {
        let json = r#"{"a": "b\"c", "d": [null, "e", {"f": -1.5e3}], "g": true}"#;
        let styles = Styles::new(true);
        let (key, string) = (|text| styles.key.paint(text), |text| styles.string.paint(text));
        let expected = format!(
            "{{{}: {}, {}: [{}, {}, {{{}: -1.5e3}}], {}: true}}",
            key("\"a\""),
            string(r#""b\"c""#),
            key("\"d\""),
            styles.null.paint("null"),
            string("\"e\""),
            key("\"f\""),
            key("\"g\""),
        );
        for piece in 1..8 {
            assert_eq!(written(json, piece, &options(true, true)), expected, "by {piece}");
        }
    }

    #[test]
    fn only_a_terminal_that_wants_colours_gets_them() {
        let json = r#"{"a":null}"#;
        for (color, terminal) in [(false, true), (true, false), (false, false)] {
            assert_eq!(written(json, 64, &options(color, terminal)), json);
        }
    }

    proptest! {
        #[test]
        fn without_its_colours_it_is_the_same_text(value in values(), piece in 1_usize..9) {
            let json = sanitize::json(&format!("{value:#}\n")).into_owned();
            let painted = written(&json, piece, &options(true, true));
            prop_assert_eq!(sanitize::text(&painted), json);
        }
    }
}
