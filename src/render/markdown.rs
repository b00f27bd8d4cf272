//! Markdown that pastes cleanly into an issue tracker.

use std::borrow::Cow;
use std::io;

use super::Out;
use super::table::{Align, Table};

/// A table in the pipe form.
pub fn table(table: &Table<'_>, out: Out<'_>) -> io::Result<()> {
    let titles = table.columns.iter().map(|column| column.title.to_owned());
    writeln!(out, "| {} |", titles.collect::<Vec<_>>().join(" | "))?;
    let rules = table.columns.iter().map(|column| match column.align {
        Align::Left => "---",
        Align::Right => "---:",
    });
    writeln!(out, "| {} |", rules.collect::<Vec<_>>().join(" | "))?;
    for row in &table.rows {
        let cells = row.iter().map(|cell| escape(unlinked(&cell.text)).into_owned());
        writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))?;
    }
    Ok(())
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
