//! What can be told of a document by its brackets and strings alone, without parsing it.

use crate::model::Scanner;

/// The least distance of two seams, in bytes.
const SEAM_DISTANCE: usize = 256 * 1024;

/// A place at which a document can be taken apart: just after a comma that is in no string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seam {
    /// In bytes from the document's beginning.
    pub position: usize,
    /// How many levels are open there.
    pub depth: usize,
}

/// What can be told of a document by its brackets and strings alone.
#[derive(Debug)]
pub struct Outline {
    /// How many levels deep it nests.
    pub depth: usize,
    /// Places to take it apart, some way from one another.
    pub seams: Vec<Seam>,
}

impl Outline {
    /// The outline of a document.
    pub fn of(document: &[u8]) -> Self {
        let mut scanner = Scanner::at(0);
        let mut seams = Vec::new();
        while scanner.position < document.len() {
            scanner.advance(document, document.len().min(scanner.position + SEAM_DISTANCE));
            // On to the next comma; most are a few bytes away.
            while let Some(byte) = document.get(scanner.position) {
                let comma = *byte == b',' && !scanner.in_string;
                scanner.advance(document, scanner.position + 1);
                if comma {
                    seams.push(Seam { position: scanner.position, depth: scanner.depth });
                    break;
                }
            }
        }
        Self { depth: scanner.deepest, seams }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_that_of_the_deepest_value() {
        assert_eq!(Outline::of(b"{}").depth, 1);
        assert_eq!(Outline::of(br#"{"a":[[{}]],"b":"[[[[[["}"#).depth, 4);
    }

    #[test]
    fn seams_are_commas_between_values() {
        let element = format!(r#"{{"a":"{}","b":[1,2]}}"#, r#"x,\",{"#.repeat(1000));
        let document = format!("[{}]", vec![element; 100].join(","));
        let outline = Outline::of(document.as_bytes());
        assert_eq!(outline.depth, 3);
        assert!(outline.seams.len() > 1);
        for seam in outline.seams {
            let (before, after) = document.split_at(seam.position);
            let between = match seam.depth {
                1 => before.ends_with("},") && after.starts_with("{\"a\""),
                2 => before.ends_with("\",") && after.starts_with("\"b\""),
                _ => before.ends_with("[1,") && after.starts_with("2]"),
            };
            assert!(between, "{seam:?}");
        }
    }
}
