//! Markdown that pastes cleanly into an issue tracker.

use std::borrow::Cow;
use std::io;

use super::{Out, cell};
use crate::rows::{Align, Cell, EachRow, Head};

/// A table in the pipe form; nothing where it has no rows. Blobs are cut unless it is `full`.
pub fn table(heads: &[Head], each: EachRow<'_>, full: bool, out: Out<'_>) -> io::Result<()> {
    let mut begun = false;
    each(&mut |row| {
        if !std::mem::replace(&mut begun, true) {
            header(heads, out)?;
        }
        let cells = row.into_iter().map(|cell| text(cell, full));
        writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))
    })
}

fn header(heads: &[Head], out: Out<'_>) -> io::Result<()> {
    let titles = heads.iter().map(|head| &*head.title);
    writeln!(out, "\n| {} |", titles.collect::<Vec<_>>().join(" | "))?;
    let rules = heads.iter().map(|head| match head.align {
        Align::Left => "---",
        Align::Right => "---:",
    });
    writeln!(out, "| {} |", rules.collect::<Vec<_>>().join(" | "))
}

/// A cell's text, harmless, of one line, and no markup.
fn text(mut cell: Cell<'_>, full: bool) -> String {
    let (text, _) = cell::shown(&mut cell, full);
    escape(unlinked(&text)).into_owned()
}

/// A turn's number without its `#`: trackers would take it for an issue's.
fn unlinked(text: &str) -> &str {
    match text.strip_prefix('#') {
        Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => number,
        _ => text,
    }
}

/// Text that Markdown shows as it is: nothing in it is markup, a link, a mention, or an end of the
/// cell.
pub fn escape(text: &str) -> Cow<'_, str> {
    let special = |character: char| {
        matches!(
            character,
            '\\' | '`'
                | '*'
                | '_'
                | '{'
                | '}'
                | '['
                | ']'
                | '<'
                | '>'
                | '#'
                | '|'
                | '~'
                | '&'
                | '@'
                | '!'
        )
    };
    if !text.contains(special) && !text.contains(['\n', '\t']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' => escaped.push_str("<br>"),
            '\t' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            _ => {
                if special(character) {
                    escaped.push('\\');
                }
                escaped.push(character);
                // Trackers look for issues and people after Markdown is done, so no backslash
                // keeps them off.
                let links = matches!(character, '#' | '@');
                if links && characters.peek().is_some_and(|next| next.is_alphanumeric()) {
                    escaped.push_str("<!-- -->");
                }
            }
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escape("a|b *c* <img> [x](y)\nz"), "a\\|b \\*c\\* &lt;img&gt; \\[x\\](y)<br>z");
        assert!(matches!(escape("plain text."), Cow::Borrowed(_)));
        assert_eq!(escape("see #12, @me, # x"), "see \\#<!-- -->12, \\@<!-- -->me, \\# x");
    }
}
