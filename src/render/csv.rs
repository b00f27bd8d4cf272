//! CSV, for spreadsheets: a cell that would run as a formula is defused, and for Excel one is no longer
//! than it holds.

use std::borrow::Cow;
use std::io;

use super::{LayoutOptions, json, sanitize};
use crate::rows::{Field, plain};

/// The most that a cell of Excel holds, in UTF-16 units.
const MOST_OF_CELL: usize = 32_767;

/// The line of names; for Excel behind a byte-order mark, without which a double click takes UTF-8 for
/// another coding.
pub fn header(fields: &[Field], options: &LayoutOptions) -> String {
    let mark = if options.excel { "\u{feff}" } else { "" };
    let names = fields.iter().map(|field| &*field.name);
    format!("{mark}{}\n", names.collect::<Vec<_>>().join(","))
}

/// The line of a record: values as JSON has them.
pub fn line(values: &[Option<String>], options: &LayoutOptions) -> io::Result<Vec<u8>> {
    /// Few lines have more bytes.
    const BUFFER: usize = 1024;
    let mut csv = csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(Vec::new());
    for value in values {
        let value = match plain(value.as_deref().unwrap_or_default()) {
            // Such a value stands on a line, like its cell.
            Cow::Borrowed(value) if value.starts_with(['[', '{']) => json::one_line_of(value),
            value => value,
        };
        let value = sanitize::text(&value);
        let value = defuse(&value);
        csv.write_field(&*if options.excel { fit(value) } else { value })?;
    }
    csv.write_record(None::<&[u8]>)?;
    csv.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// Puts an apostrophe before what a spreadsheet would run; numbers stay as they are.
fn defuse(value: &str) -> Cow<'_, str> {
    let runs = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if runs && value.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{value}"));
    }
    Cow::Borrowed(value)
}

/// As much of a value as a cell of Excel holds, which breaks a row where one holds more.
fn fit(value: Cow<'_, str>) -> Cow<'_, str> {
    // A byte is no less than a unit.
    if value.len() <= MOST_OF_CELL || value.encode_utf16().count() <= MOST_OF_CELL {
        return value;
    }
    let words = |left_out: usize| format!("… (and {left_out} more characters)");
    let mut room = MOST_OF_CELL - words(value.len()).len();
    let end = value.char_indices().find(|(_, character)| {
        let units = character.len_utf16();
        let full = units > room;
        room -= units.min(room);
        full
    });
    let (kept, rest) = value.split_at(end.map_or(value.len(), |(end, _)| end));
    Cow::Owned(format!("{kept}{}", words(rest.chars().count())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_numbers_left_alone() {
        for formula in ["=1+1", "+cmd", "-2+3", "@sum", "\t=1", "\r=1"] {
            assert_eq!(defuse(formula), format!("'{formula}"));
        }
        for plain in ["-12.5", "+3", "1e400", "", "text", "日本"] {
            assert_eq!(defuse(plain), plain);
        }
    }

    #[test]
    fn a_cell_is_cut_to_what_excel_holds_and_says_so() {
        for whole in ["", "short", &"x".repeat(32_767), &"é".repeat(32_767), &"😀".repeat(16_383)]
        {
            assert_eq!(fit(whole.into()), whole);
        }
        for (character, times) in [("x", 32_768), ("é", 40_000), ("😀", 16_384), ("日", 100_000)]
        {
            let long = character.repeat(times);
            let cut = fit(long.as_str().into());
            let units = cut.encode_utf16().count();
            assert!((32_750..=MOST_OF_CELL).contains(&units), "{units}");
            let (kept, words) = cut.split_once('…').unwrap();
            let left_out = times - kept.chars().count();
            assert!(
                long.starts_with(kept) && words == format!(" (and {left_out} more characters)")
            );
        }
    }

    #[test]
    fn cells_hold_no_control_characters_and_json_stands_on_a_line() {
        let values = ["\"\\u001b[2Ja\u{202e}\\nb\"", "{ \"d\": \"e f\" }"];
        let values = values.map(|value| Some(value.to_owned()));
        let text = String::from_utf8(line(&values, &LayoutOptions::default()).unwrap()).unwrap();
        assert_eq!(text, "\"a<U+202E>\nb\",\"{\"\"d\"\":\"\"e f\"\"}\"\n");
    }
}
