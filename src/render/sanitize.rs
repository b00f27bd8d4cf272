//! Strangers' text, made harmless for a terminal: the one place that does it.
//!
//! Whole escape sequences are removed. What other control characters there are is shown as what it
//! is: C0 and DEL by their pictures (`␛`), C1, bidi controls and line separators by number
//! (`<U+202E>`). Line feeds and tabs stay in [`text()`]; [`line()`] makes blanks of them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text for a layout that allows line feeds and tabs. CRLF becomes a line feed.
pub fn text(text: &str) -> Cow<'_, str> {
    if is_clean(text.as_bytes()) { Cow::Borrowed(text) } else { Cow::Owned(clean(text)) }
}

/// Text for a single line: line feeds, tabs and runs of blanks become one blank.
pub fn line(text: &str) -> Cow<'_, str> {
    let text = self::text(text);
    let one_line = !text.bytes().any(|byte| matches!(byte, b'\n' | b'\t'));
    if one_line {
        return text;
    }
    Cow::Owned(
        text.split(['\n', '\t'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// [`line()`] of text that may be owned.
pub fn cow_line(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => line(text),
        Cow::Owned(text) => match line(&text) {
            Cow::Borrowed(line) if line.len() == text.len() => Cow::Owned(text),
            line => Cow::Owned(line.into_owned()),
        },
    }
}

/// JSON for a terminal: C1, DEL, bidi controls and line separators, which JSON may hold as they
/// are, are written as escapes. It parses to the same value.
pub fn json(json: &str) -> Cow<'_, str> {
    if is_clean(json.as_bytes()) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for character in json.chars() {
        if is_hidden(character) || matches!(character, '\u{7f}'..='\u{9f}') {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Whether no byte can be part of anything to be looked at. Cheap, and right for nearly all text.
fn is_clean(bytes: &[u8]) -> bool {
    // C2: C1 controls. D8: U+061C. E2: the other bidi controls and line separators.
    let suspect = |byte: u8| {
        (byte < 0x20 && byte != b'\n' && byte != b'\t') || matches!(byte, 0x7f | 0xc2 | 0xd8 | 0xe2)
    };
    // No early exit within a chunk, so that the compiler can look at many bytes at a time.
    !bytes.chunks(64).any(|chunk| chunk.iter().fold(false, |any, byte| any | suspect(*byte)))
}

/// Bidi controls and line separators: not controls to Unicode, yet they change what is seen.
const fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(length) = escape_sequence(rest) {
            rest = &rest[length..];
            continue;
        }
        rest = &rest[character.len_utf8()..];
        match character {
            '\r' if rest.starts_with('\n') => {}
            '\n' | '\t' => clean.push(character),
            '\0'..='\x1f' => clean.extend(char::from_u32(0x2400 + u32::from(character))),
            '\x7f' => clean.push('␡'),
            '\u{80}'..='\u{9f}' => show(&mut clean, character),
            _ if is_hidden(character) => show(&mut clean, character),
            _ => clean.push(character),
        }
    }
    clean
}

fn show(clean: &mut String, character: char) {
    // Writing to a string cannot fail.
    let _ = write!(clean, "<U+{:04X}>", u32::from(character));
}

/// The length of the whole escape sequence that `text` begins with; None where it begins with
/// none, or with one that has no end.
fn escape_sequence(text: &str) -> Option<usize> {
    let (introducer, body) = if let Some(body) = text.strip_prefix('\x1b') {
        let kind = body.chars().next()?;
        match kind {
            '[' | ']' | 'P' | 'X' | '^' | '_' => (kind, &body[1..]),
            // Intermediate bytes, then a final one: ESC ( B, ESC 7, ESC c.
            _ => {
                let intermediates =
                    body.bytes().take_while(|byte| matches!(byte, 0x20..=0x2f)).count();
                let last = body.as_bytes().get(intermediates)?;
                return matches!(last, 0x30..=0x7e).then_some(1 + intermediates + 1);
            }
        }
    } else {
        let first = text.chars().next()?;
        let kind = match first {
            '\u{9b}' => '[',
            '\u{9d}' => ']',
            '\u{90}' => 'P',
            '\u{98}' => 'X',
            '\u{9e}' => '^',
            '\u{9f}' => '_',
            _ => return None,
        };
        (kind, &text[first.len_utf8()..])
    };
    let before = text.len() - body.len();
    let length = if introducer == '[' { control_sequence(body) } else { control_string(body) }?;
    Some(before + length)
}

/// CSI: parameters, intermediates, one final byte.
fn control_sequence(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let parameters = bytes.iter().take_while(|byte| matches!(byte, 0x30..=0x3f)).count();
    let intermediates =
        bytes[parameters..].iter().take_while(|byte| matches!(byte, 0x20..=0x2f)).count();
    let last = parameters + intermediates;
    matches!(bytes.get(last), Some(0x40..=0x7e)).then_some(last + 1)
}

/// OSC, DCS, SOS, PM, APC: text up to BEL, `ESC \` or the one-character string terminator.
fn control_string(body: &str) -> Option<usize> {
    let mut characters = body.char_indices().peekable();
    while let Some((position, character)) = characters.next() {
        match character {
            '\x07' => return Some(position + 1),
            '\u{9c}' => return Some(position + 2),
            '\x1b' if matches!(characters.peek(), Some((_, '\\'))) => return Some(position + 2),
            // A new sequence begins: this one was never ended.
            '\x1b' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clean_text_is_borrowed() {
        assert!(matches!(text("plain, naïve?\n\t日本語"), Cow::Borrowed(_)));
        assert!(matches!(json("{\"a\":\"日本語\"}"), Cow::Borrowed(_)));
    }

    #[test]
    fn whole_sequences_are_removed() {
        for (dirty, clean) in [
            ("a\x1b[31mb\x1b[0mc", "abc"),
            ("a\x1b[?25lb", "ab"),
            ("a\x1b[1 qb", "ab"),
            ("a\x1b]0;title\x07b", "ab"),
            ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
            ("a\x1bPq#0\x1b\\b", "ab"),
            ("a\x1b_apc\u{9c}b", "ab"),
            ("a\x1b^pm\x1b\\b\x1bXsos\x07c", "abc"),
            ("a\x1bcb\x1b7c\x1b(Bd", "abcd"),
            ("a\u{9b}31mb", "ab"),
            ("a\u{9d}0;t\u{9c}b", "ab"),
            ("a\u{90}q\x1b\\b", "ab"),
        ] {
            assert_eq!(text(dirty), clean, "{dirty:?}");
        }
    }

    #[test]
    fn what_is_left_is_shown_harmlessly() {
        for (dirty, clean) in [
            ("a\x1b", "a␛"),
            ("a\x1b]never ends", "a␛]never ends"),
            ("\x1b]a\x1b[1mb", "␛]ab"),
            ("a\0b\x08\x7f", "a␀b␈␡"),
            ("a\r\nb\rc", "a\nb␍c"),
            ("a\u{85}b", "a<U+0085>b"),
            ("a\u{202e}b\u{2066}", "a<U+202E>b<U+2066>"),
            ("a\u{2028}b", "a<U+2028>b"),
            ("café – „ok“ “x”", "café – „ok“ “x”"),
        ] {
            assert_eq!(text(dirty), clean, "{dirty:?}");
        }
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("a\n\n  b\tc \n"), "a b c");
        assert_eq!(line("a\x1b[2J\nb"), "a b");
    }

    /// What must never reach a terminal.
    fn is_unsafe(character: char) -> bool {
        character.is_control() || is_hidden(character)
    }

    /// Text with many controls and pieces of sequences in it.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<String>(),
            "[\\x00-\\x1f\\x7f-\\x9f\\u{61c}\\u{200e}-\\u{202e}\\u{2066}-\\u{2069}]{1,6}",
            "(\x1b|\u{9b}|\u{9d})[\\[\\]P_^X0-9;?(\\x07\\\\m]{0,6}",
        ];
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_control_survives(dirty in hostile()) {
            let clean = text(&dirty);
            let shown = clean.chars().filter(|character| !matches!(character, '\n' | '\t'));
            prop_assert_eq!(shown.filter(|character| is_unsafe(*character)).collect::<String>(), "");
            prop_assert_eq!(text(&clean), &*clean, "twice is no different");
            prop_assert!(!line(&dirty).chars().any(char::is_control));
        }

        #[test]
        fn json_for_a_terminal_is_the_same_value(dirty in hostile()) {
            let written = serde_json::to_string(&dirty).unwrap();
            let escaped = json(&written);
            prop_assert_eq!(escaped.chars().filter(|character| is_unsafe(*character)).collect::<String>(), "");
            let read: String = serde_json::from_str(&escaped).unwrap();
            prop_assert_eq!(read, dirty);
        }
    }
}
