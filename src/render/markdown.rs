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
        let cells = row.iter().map(|cell| escape(&cell.text).into_owned());
        writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))?;
    }
    Ok(())
}

/// Text that Markdown shows as it is: nothing in it is markup, a link, or an end of the cell.
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
    for character in text.chars() {
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
    }
}
