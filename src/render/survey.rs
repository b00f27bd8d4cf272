//! What can be told of a table's cells only once all rows are known: how many digits tell its ids apart,
//! and what stands in every row.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use crate::render::{LayoutOptions, sanitize};
use crate::rows::spell::{DIGITS, is_digits};
use crate::rows::{ABSENT, Cell, EachRow, Head, Tone};

/// What stands between the parts of a list.
const BETWEEN: &str = ", ";

/// Parts of a list that a cell has room for; of a longer one there are fewer, and how many more.
const LISTED: usize = 3;

/// A table's rows, compared.
pub(super) struct Survey {
    columns: Vec<Compared>,
}

/// A column, compared.
#[derive(Default)]
struct Compared {
    /// Digits that tell its ids apart.
    digits: Option<usize>,
    /// Whether its cells are lists of which it is said once what stands in every row, and what.
    list: bool,
    shared: Vec<String>,
}

impl Survey {
    /// Compares rows, where any column asks for it and there is a width to keep to.
    pub(super) fn of(
        heads: &[Head],
        each: EachRow<'_>,
        options: &LayoutOptions,
    ) -> io::Result<Self> {
        if !options.spelling.short || !heads.iter().any(|head| head.ids || head.shared) {
            return Ok(Self { columns: Vec::new() });
        }
        let mut ids: Vec<BTreeSet<String>> = vec![BTreeSet::new(); heads.len()];
        let mut shared: Vec<Option<Vec<String>>> = vec![None; heads.len()];
        let mut rows = 0_usize;
        each(&mut |row| {
            rows += 1;
            for (((cell, head), ids), shared) in
                row.iter().zip(heads).zip(&mut ids).zip(&mut shared)
            {
                if head.ids {
                    for id in cell.text.split(' ').filter(|word| is_digits(word)) {
                        if !ids.contains(id) {
                            ids.insert(id.to_owned());
                        }
                    }
                }
                if head.shared {
                    keep_shared(shared, &sanitize::line(&cell.text));
                }
            }
            Ok(())
        })?;
        let column = |((head, ids), shared): ((&Head, BTreeSet<String>), Option<Vec<String>>)| {
            Compared {
                digits: head.ids.then(|| digits(&ids)),
                list: head.shared,
                // One row says what it says itself.
                shared: shared.filter(|_| rows > 1).unwrap_or_default(),
            }
        };
        Ok(Self { columns: heads.iter().zip(ids).zip(shared).map(column).collect() })
    }

    /// Shortens ids, and leaves out what stands in every row.
    pub(super) fn apply(&self, row: &mut [Cell<'_>]) {
        for (cell, column) in row.iter_mut().zip(&self.columns) {
            if let Some(digits) = column.digits {
                shorten(&mut cell.text, digits);
            }
            if column.list {
                let own = |word: &&str| !column.shared.iter().any(|shared| shared == word);
                let rest: Vec<&str> = cell.text.split(BETWEEN).filter(own).collect();
                let text = match rest.len() {
                    0 => ABSENT.to_owned(),
                    all if all > LISTED => {
                        let first = rest.get(..LISTED - 1).unwrap_or_default().join(BETWEEN);
                        format!("{first}{BETWEEN}+{}", all - (LISTED - 1))
                    }
                    _ => rest.join(BETWEEN),
                };
                if rest.is_empty() {
                    cell.tone = Tone::Dim;
                }
                cell.text = Cow::Owned(text);
            }
        }
    }

    /// What was left out of every row.
    pub(super) fn told(&self, heads: &[Head]) -> Vec<String> {
        let columns = heads.iter().zip(&self.columns);
        let columns = columns.filter(|(_, column)| !column.shared.is_empty());
        let told = columns.map(|(head, column)| {
            format!("{} in every row: {}", head.title, column.shared.join(BETWEEN))
        });
        told.collect()
    }
}

/// Keeps of what was in every row so far what is in this one too.
fn keep_shared(shared: &mut Option<Vec<String>>, list: &str) {
    let words: Vec<&str> = list.split(BETWEEN).filter(|word| *word != ABSENT).collect();
    match shared {
        None => *shared = Some(words.into_iter().map(str::to_owned).collect()),
        Some(shared) => shared.retain(|word| words.contains(&&**word)),
    }
}

/// How many digits tell ids apart, in their order.
fn digits(ids: &BTreeSet<String>) -> usize {
    let pairs = ids.iter().zip(ids.iter().skip(1));
    let alike = pairs.map(|(one, next)| one.bytes().zip(next.bytes()).take_while(|(a, b)| a == b));
    alike.map(|alike| alike.count() + 1).max().unwrap_or(0).max(DIGITS)
}

/// Shortens the ids among a text's words.
fn shorten(text: &mut Cow<'_, str>, digits: usize) {
    if !text.split(' ').any(is_digits) {
        return;
    }
    let words = text.split(' ').map(|word| match word.get(..digits) {
        Some(beginning) if is_digits(word) => beginning.trim_end_matches('-'),
        _ => word,
    });
    let short = words.collect::<Vec<_>>().join(" ");
    *text = Cow::Owned(short);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_as_many_digits_as_tell_them_apart() {
        let ids = |ids: &[&str]| digits(&ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(ids(&[]), 8);
        assert_eq!(ids(&["7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11"]), 8);
        let [one, two, three] = [
            "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11",
            "7f3c1a52-9b1e-4d6f-8a21-5c4e0b9d2a11",
            "7f3c1a52-9b1f-4d6f-8a21-5c4e0b9d2a11",
        ];
        assert_eq!(ids(&[one, "8f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11"]), 8);
        assert_eq!(ids(&[one, two]), 12);
        assert_eq!(ids(&[one, three, two]), 13);
        // As a hash with nothing behind it.
        assert_eq!(ids(&[&one.replace('-', ""), &two.replace('-', "")]), 11);
    }

    #[test]
    fn ids_are_shortened_wherever_they_stand_in_a_cell() {
        let short = |text: &'static str, digits| {
            let mut text = Cow::Borrowed(text);
            shorten(&mut text, digits);
            text
        };
        assert_eq!(short("7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11 #4", 8), "7f3c1a52 #4");
        assert_eq!(short("7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11", 9), "7f3c1a52");
        assert_eq!(short("7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11", 400).len(), 36);
        assert_eq!(short("kb-billing-and-payments-014 x", 8), "kb-billing-and-payments-014 x");
    }
}
