//! The beginning of a session's id, as tables print it.

use std::fmt;

/// The fewest digits that are taken for the beginning of an id.
const FEWEST: usize = 4;

/// The digits of a UUID.
const ALL: usize = 32;

/// The beginning of a session's id, or all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdPrefix {
    typed: String,
    /// Its digits in lower case, without hyphens.
    digits: String,
}

impl IdPrefix {
    /// The beginning of an id that was typed, or copied with the dots that tables put behind it. Fails
    /// where it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let typed = text.trim();
        let begin = typed.trim_end_matches(['…', '.']);
        let digits: String = begin.chars().filter(|character| *character != '-').collect();
        let is_one = digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !begin.starts_with('-')
            && (FEWEST..=ALL).contains(&digits.len());
        if !is_one {
            return Err(
                "not the beginning of an id: at least four of its hexadecimal digits".to_owned()
            );
        }
        Ok(Self { typed: typed.to_owned(), digits: digits.to_ascii_lowercase() })
    }

    /// As it was typed, dots and all.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether an id begins so.
    pub fn begins(&self, id: &str) -> bool {
        let mut digits = id.bytes().filter(|byte| *byte != b'-');
        self.digits
            .bytes()
            .all(|digit| digits.next().is_some_and(|byte| byte.eq_ignore_ascii_case(&digit)))
    }
}

impl fmt::Display for IdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.typed.trim_end_matches(['…', '.']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_id_is_read_however_it_is_spelt() {
        let id = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11";
        for text in
            ["7f3c", "7F3C1A52", "7f3c1a52-9b", "7f3c1a529b0e", " 7f3c1a52… ", "7f3c...", id]
        {
            assert!(IdPrefix::parse(text).unwrap().begins(id), "{text}");
            assert!(IdPrefix::parse(text).unwrap().begins(&id.to_uppercase()), "{text}");
        }
        let other = IdPrefix::parse("7f3d").unwrap();
        assert!(!other.begins(id) && !other.begins("7f") && !other.begins(""));
        for bad in ["", "7f3", "7f-3", "-7f3c", "7f3g", "7f3c…11", &format!("{id}0")] {
            assert!(IdPrefix::parse(bad).is_err(), "{bad}");
        }
    }
}
