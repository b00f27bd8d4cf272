//! CSV, for spreadsheets: a cell that would run as a formula is defused.

use std::borrow::Cow;
use std::io;

use super::{Out, sanitize};

/// A row as CSV shows it: the same fields as its JSON, lists joined by `;`.
pub trait Record {
    /// The fields' names, in order.
    const FIELDS: &'static [&'static str];

    /// The fields, in the same order; one that is absent is empty.
    fn values(&self) -> Vec<Cow<'_, str>>;
}

/// A table of records that are written as they come.
pub struct Writer<'a>(csv::Writer<Out<'a>>);

impl<'a> Writer<'a> {
    /// Begins with the line of names.
    pub fn new(fields: &[&str], out: Out<'a>) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(fields)?;
        Ok(Self(writer))
    }

    /// The next record.
    pub fn push(&mut self, record: &impl Record) -> io::Result<()> {
        let values = record.values();
        let safe = |value: &Cow<'_, str>| defuse(&sanitize::text(value)).into_owned();
        Ok(self.0.write_record(values.iter().map(safe))?)
    }

    /// Passes on what was written so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    /// Writes out what is left.
    pub fn end(mut self) -> io::Result<()> {
        self.flush()
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
    fn cells_hold_no_control_characters() {
        struct Row;
        impl Record for Row {
            const FIELDS: &'static [&'static str] = &["text"];
            fn values(&self) -> Vec<Cow<'_, str>> {
                vec!["\u{1b}[2Ja\u{202e}\nb".into()]
            }
        }
        let mut out = Vec::new();
        let mut writer = Writer::new(Row::FIELDS, &mut out).unwrap();
        writer.push(&Row).unwrap();
        writer.end().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "text\n\"a<U+202E>\nb\"\n");
    }
}
