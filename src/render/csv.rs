//! CSV, for spreadsheets: a cell that would run as a formula is defused.

use std::borrow::Cow;
use std::io;

use super::{Out, json, sanitize};
use crate::rows::{Field, Record};

/// The line of names.
pub fn header(fields: &[Field]) -> String {
    let names = fields.iter().map(|field| &*field.name);
    format!("{}\n", names.collect::<Vec<_>>().join(","))
}

/// Lines of records.
pub struct Writer<'a>(csv::Writer<Out<'a>>);

impl<'a> Writer<'a> {
    /// Writes to `out`, without a line of names.
    pub fn new(out: Out<'a>) -> Self {
        Self(csv::Writer::from_writer(out))
    }

    /// The next record: these fields of a row's JSON.
    pub fn push(&mut self, row: &str, fields: &[Field]) -> io::Result<()> {
        let record = Record::of(row)?;
        for field in fields {
            let value = match record.text(field) {
                // Such a value stands on a line, like its cell.
                Cow::Borrowed(value) if value.starts_with(['[', '{']) => json::one_line_of(value),
                value => value,
            };
            self.0.write_field(&*defuse(&sanitize::text(&value)))?;
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    /// Writes out what is left.
    pub fn end(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Puts an apostrophe before what a spreadsheet would run; numbers stay as they are.
fn defuse(value: &str) -> Cow<'_, str> {
    let runs = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if runs && value.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{value}"));
    }
    Cow::Borrowed(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Kind;

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
    fn cells_hold_no_control_characters_and_json_stands_on_a_line() {
        let field = |place| Field { name: "f".into(), place, inner: None, kind: Kind::Text };
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        let row = "{\"a\":\"\\u001b[2Ja\u{202e}\\nb\",\"c\":{ \"d\": \"e f\" }}";
        writer.push(row, &[field(0), field(1)]).unwrap();
        writer.end().unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\"a<U+202E>\nb\",\"{\"\"d\"\":\"\"e f\"\"}\"\n");
    }
}
