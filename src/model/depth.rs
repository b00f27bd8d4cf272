//! How deep JSON nests, by its brackets and strings alone; and values that may nest so deep and no
//! deeper.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// Nesting past this is refused where it would be indented: a document of so many levels would grow
/// by its square.
pub const MAX_DEPTH: usize = 1000;

/// Reads any value, as JSON has it. Fails where it nests too deep to be indented.
pub(super) fn shallow<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    let value = Option::<&RawValue>::deserialize(deserializer)?;
    if value.is_some_and(|value| nests_deeper(value.get().as_bytes(), MAX_DEPTH)) {
        return Err(de::Error::custom("too many levels"));
    }
    Ok(value)
}

/// Whether valid JSON nests deeper than so many levels.
fn nests_deeper(json: &[u8], most: usize) -> bool {
    // That many levels take that many brackets.
    json.len() > 2 * most && {
        let mut scanner = Scanner::at(0);
        scanner.advance(json, json.len());
        scanner.deepest > most
    }
}

/// Follows strings and nesting through the bytes of one document.
#[derive(Debug)]
pub struct Scanner {
    /// The next byte.
    pub position: usize,
    /// Whether it is in a string.
    pub in_string: bool,
    /// How many levels are open there.
    pub depth: usize,
    /// How many levels were ever open.
    pub deepest: usize,
    /// Just after the byte that closed the document.
    pub closed: Option<usize>,
}

impl Scanner {
    /// Begins at a position, outside all.
    pub const fn at(position: usize) -> Self {
        Self { position, in_string: false, depth: 0, deepest: 0, closed: None }
    }

    /// Reads on up to `end`.
    pub fn advance(&mut self, bytes: &[u8], end: usize) {
        while self.position < end {
            if self.in_string {
                match memchr::memchr2(b'"', b'\\', &bytes[self.position..end]) {
                    None => self.position = end,
                    Some(offset) if bytes[self.position + offset] == b'"' => {
                        self.position += offset + 1;
                        self.in_string = false;
                    }
                    // An escape may reach past `end`; no `{` can be escaped in valid JSON.
                    Some(offset) => self.position += offset + 2,
                }
                continue;
            }
            match bytes[self.position] {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 && self.closed.is_none() {
                        self.closed = Some(self.position + 1);
                    }
                }
                _ => {}
            }
            self.position += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_strings() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!nests_deeper(deep(1000).as_bytes(), 1000));
        assert!(nests_deeper(deep(1001).as_bytes(), 1000));
        let text = format!("{{\"a\":\"{}\\\"{}\"}}", "[".repeat(1500), "{".repeat(1500));
        assert!(!nests_deeper(text.as_bytes(), 1000));
        let text = format!("[\"\\\\\",{}]", deep(1000));
        assert!(nests_deeper(text.as_bytes(), 1000));
    }
}
