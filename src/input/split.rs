//! Takes a stream of JSON documents apart: one document, NDJSON, or several in a row.
//!
//! Nothing is parsed here. In valid JSON a `{` that follows a `}`, or that begins a line after
//! anything but `[`, `,` or `:`, can only stand in a string or begin the next document, so only
//! such places are looked at closely and a large document passes at the speed of `memchr`. Outside
//! a string such a place inside a document proves that the document is broken: it is given out as
//! far as it goes, for the parser to refuse, and the next one begins there. So one broken line
//! costs one document.

use std::io::{self, Read};

/// How much is read at a time.
const CHUNK: usize = 1 << 20;

/// One document as it stands in the stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes, with the blank space that follows it.
    pub bytes: Vec<u8>,
    /// The line it begins on, from 1.
    pub line: usize,
}

/// Why no further piece can be had.
#[derive(Debug)]
pub enum SplitError {
    /// Reading failed.
    Io(io::Error),
    /// A document is over the limit, having at least this many bytes.
    TooLarge(u64),
}

/// Where the bytes of a stream come from.
pub trait Source: Read {
    /// Reads all that is left into `buffer` where that is faster than piece by piece and leaves no
    /// more than `max` bytes there; false where it was not done.
    ///
    /// Fails where reading does.
    fn read_rest(&mut self, _buffer: &mut Vec<u8>, _max: u64) -> io::Result<bool> {
        Ok(false)
    }
}

impl Source for Box<dyn Source + Send> {
    fn read_rest(&mut self, buffer: &mut Vec<u8>, max: u64) -> io::Result<bool> {
        (**self).read_rest(buffer, max)
    }
}

impl From<io::Error> for SplitError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// An iterator over the documents of a stream.
pub struct Splitter<R> {
    reader: R,
    /// No document may be longer, in bytes.
    max: u64,
    buffer: Vec<u8>,
    /// Where the current document begins in the buffer.
    start: usize,
    /// The line of `start`.
    line: usize,
    /// Up to here no document ends.
    searched: usize,
    /// What is known of the current document, as far as it was looked at closely.
    scanner: Scanner,
    at_end: bool,
}

impl<R: Source> Splitter<R> {
    /// Takes documents of at most `max` bytes from `reader`.
    pub fn new(reader: R, max: u64) -> Self {
        Self {
            reader,
            max,
            buffer: Vec::new(),
            start: 0,
            line: 1,
            searched: 0,
            scanner: Scanner::at(0),
            at_end: false,
        }
    }

    /// Whether it is certain, without reading, that nothing is left.
    pub fn is_done(&self) -> bool {
        self.at_end && self.start >= self.buffer.len()
    }

    /// Reads some more; drops what was given out already.
    fn fill(&mut self) -> io::Result<()> {
        if self.start >= CHUNK {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.scanner.position -= self.start;
            self.scanner.closed = self.scanner.closed.map(|closed| closed - self.start);
            self.start = 0;
        }
        let read = self.reader.by_ref().take(CHUNK as u64).read_to_end(&mut self.buffer)?;
        self.at_end = read == 0;
        Ok(())
    }

    /// Moves to the next document's first byte; false at the end of the stream.
    fn skip_blank(&mut self) -> io::Result<bool> {
        loop {
            let blank = blank_prefix(&self.buffer[self.start..]);
            self.line += count_lines(&self.buffer[self.start..self.start + blank]);
            self.start += blank;
            if self.start < self.buffer.len() {
                self.searched = self.start + 1;
                self.scanner = Scanner::at(self.start);
                return Ok(true);
            }
            if self.at_end {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// Where the current document ends, if that is in the buffer.
    fn find_end(&mut self) -> Option<usize> {
        while let Some(offset) = memchr::memchr(b'{', &self.buffer[self.searched..]) {
            let brace = self.searched + offset;
            self.searched = brace + 1;
            let before = &self.buffer[self.start..brace];
            let blank = before.iter().rev().take_while(|byte| is_blank(**byte)).count();
            let (solid, blank) = before.split_at(before.len() - blank);
            let begins_line = blank.contains(&b'\n');
            let suspicious = match solid.last() {
                Some(b'}') => true,
                Some(b'[' | b',' | b':') | None => false,
                Some(_) => begins_line,
            };
            if !suspicious {
                continue;
            }
            let solid_end = self.start + solid.len();
            self.scanner.advance(&self.buffer, brace);
            if self.scanner.in_string && !begins_line {
                continue;
            }
            // What stands between this document's end and the brace is a piece of its own.
            return Some(self.scanner.closed.filter(|end| *end < solid_end).unwrap_or(brace));
        }
        self.searched = self.buffer.len();
        None
    }

    /// Gives out the current document, which ends at `end`.
    fn cut(&mut self, end: usize) -> Piece {
        let line = self.line;
        // After the last document nobody asks for a line any more.
        if !(self.at_end && end == self.buffer.len()) {
            self.line += count_lines(&self.buffer[self.start..end]);
        }
        let bytes = if end - self.start > self.buffer.len() / 2 {
            // Most of the buffer: hand it over and keep the rest.
            let rest = self.buffer.split_off(end);
            let mut bytes = std::mem::replace(&mut self.buffer, rest);
            if self.start > 0 {
                bytes.drain(..self.start);
            }
            self.start = 0;
            bytes
        } else {
            let bytes = self.buffer[self.start..end].to_vec();
            self.start = end;
            bytes
        };
        Piece { bytes, line }
    }

    fn next_piece(&mut self) -> Result<Option<Piece>, SplitError> {
        if !self.skip_blank()? {
            return Ok(None);
        }
        loop {
            if let Some(end) = self.find_end() {
                return Ok(Some(self.cut(end)));
            }
            let length = (self.buffer.len() - self.start) as u64;
            // What does not begin like a document is not read to its end.
            let hopeless = self.buffer[self.start] != b'{' && length > CHUNK as u64;
            if self.at_end || hopeless {
                let piece = self.cut(self.buffer.len());
                if hopeless {
                    self.buffer.clear();
                    self.start = 0;
                    self.at_end = true;
                }
                return Ok(Some(piece));
            }
            if length > self.max {
                return Err(SplitError::TooLarge(length));
            }
            // A document that is larger than a piece is likely the only one.
            let rest = self.start == 0 && self.reader.read_rest(&mut self.buffer, self.max)?;
            if !rest {
                self.fill()?;
            }
        }
    }
}

impl<R: Source> Iterator for Splitter<R> {
    type Item = Result<Piece, SplitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = match self.next_piece() {
            Ok(Some(piece)) if piece.bytes.len() as u64 > self.max => {
                Err(SplitError::TooLarge(piece.bytes.len() as u64))
            }
            other => other.transpose()?.inspect_err(|_| {
                // Nothing after this can be made sense of.
                self.buffer.clear();
                self.start = 0;
                self.at_end = true;
            }),
        };
        Some(piece)
    }
}

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

/// Follows strings and nesting through the bytes of one document.
#[derive(Debug)]
struct Scanner {
    position: usize,
    in_string: bool,
    depth: usize,
    deepest: usize,
    /// Just after the byte that closed the document.
    closed: Option<usize>,
}

impl Scanner {
    fn at(position: usize) -> Self {
        Self { position, in_string: false, depth: 0, deepest: 0, closed: None }
    }

    /// Reads on up to `end`.
    fn advance(&mut self, bytes: &[u8], end: usize) {
        while self.position < end {
            if self.in_string {
                match memchr::memchr2(b'"', b'\\', &bytes[self.position..end]) {
                    None => self.position = end,
                    Some(offset) if bytes[self.position + offset] == b'"' => {
                        self.position += offset + 1;
                        self.in_string = false;
                    }
                    // An escape may reach past `end`; no `{` can be escaped in valid JSON.
                    Some(offset) => self.position += offset + 2,
                }
                continue;
            }
            match bytes[self.position] {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 && self.closed.is_none() {
                        self.closed = Some(self.position + 1);
                    }
                }
                _ => {}
            }
            self.position += 1;
        }
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Length of the blank space, and of a byte-order mark, that `bytes` begins with.
fn blank_prefix(bytes: &[u8]) -> usize {
    let mut length = 0;
    loop {
        match &bytes[length..] {
            [byte, ..] if is_blank(*byte) => length += 1,
            [0xef, 0xbb, 0xbf, ..] => length += 3,
            _ => return length,
        }
    }
}

fn count_lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Source for &[u8] {}
    impl Source for io::Repeat {}
    impl Source for Trickle<'_> {}

    /// A reader that gives out a few bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn split(text: &str) -> Vec<(usize, String)> {
        Splitter::new(text.as_bytes(), 1 << 30)
            .map(|piece| piece.unwrap())
            .map(|piece| {
                (piece.line, String::from_utf8(piece.bytes).unwrap().trim_end().to_owned())
            })
            .collect()
    }

    fn pieces(text: &str) -> Vec<String> {
        split(text).into_iter().map(|(_, piece)| piece).collect()
    }

    #[test]
    fn documents_are_told_apart_however_they_are_set() {
        assert_eq!(pieces(""), Vec::<String>::new());
        assert_eq!(pieces(" \n\t"), Vec::<String>::new());
        assert_eq!(pieces("{\"a\":1}"), ["{\"a\":1}"]);
        assert_eq!(pieces("\u{feff}{}\n"), ["{}"]);
        assert_eq!(pieces("{\"a\":{}}{\"b\":[{},{}]}"), ["{\"a\":{}}", "{\"b\":[{},{}]}"]);
        assert_eq!(
            split("{\n  \"a\": [\n    {}\n  ]\n}\n{\n}\n\n{}"),
            [(1, "{\n  \"a\": [\n    {}\n  ]\n}".into()), (6, "{\n}".into()), (9, "{}".into())]
        );
    }

    #[test]
    fn braces_in_strings_are_text() {
        for text in [r#"{"a":"}{"}"#, r#"{"a":"\"} {\\"}"#, r#"{"a":"{\"b\":1}{\"c\":2}"}"#] {
            assert_eq!(pieces(text), [text]);
        }
        let line = r#"{"a":"} {"}"#;
        assert_eq!(pieces(&format!("{line}\n{line}")), [line, line]);
    }

    #[test]
    fn a_broken_line_costs_one_document() {
        for broken in
            ["{\"a\": tru", "{\"a\": \"cut of", "{\"a\": [1, 2", "{\"a\": {\"b\": 1}", "oops", "{]"]
        {
            assert_eq!(
                split(&format!("{{\"n\":1}}\n{broken}\n{{\"n\":2}}\n{{\"n\":3}}")),
                [
                    (1, "{\"n\":1}".into()),
                    (2, broken.into()),
                    (3, "{\"n\":2}".into()),
                    (4, "{\"n\":3}".into())
                ],
                "{broken}"
            );
        }
    }

    #[test]
    fn unindented_documents_stay_whole() {
        let text = "{\n\"a\": [\n{\n\"b\": 1\n},\n{\n\"b\": 2\n}\n]\n}";
        assert_eq!(pieces(text), [text]);
    }

    #[test]
    fn what_is_over_the_limit_is_refused() {
        let text = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
        let mut splitter = Splitter::new(text.as_bytes(), 1000);
        assert!(matches!(splitter.next(), Some(Err(SplitError::TooLarge(_)))));
        assert!(splitter.next().is_none());
    }

    #[test]
    fn what_is_no_document_is_not_read_to_its_end() {
        let mut splitter = Splitter::new(io::repeat(0), 1 << 40);
        assert!(splitter.next().unwrap().unwrap().bytes.len() < 4 * CHUNK);
        assert!(splitter.next().is_none());
    }

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

    /// Any JSON object, compact or indented.
    fn documents() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<i64>().prop_map(Into::into),
            "[{}\\[\\]\",:\\\\ \na]{0,8}".prop_map(Into::into),
        ];
        let value = leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::vec(("[{}\"]{0,3}", inner), 0..4)
                    .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
            ]
        });
        (prop::collection::vec(("[a-c]", value), 0..4), any::<bool>()).prop_map(|(map, pretty)| {
            let value = serde_json::Value::Object(map.into_iter().collect());
            if pretty { format!("{value:#}") } else { value.to_string() }
        })
    }

    proptest! {
        #[test]
        fn any_documents_in_a_row_come_out_as_they_went_in(
            documents in prop::collection::vec(documents(), 0..6),
            separator in "[ \n\t]{0,3}",
            step in 1_usize..40,
        ) {
            let stream = documents.join(&separator);
            let pieces: Vec<String> = Splitter::new(Trickle(stream.as_bytes(), step), 1 << 30)
                .map(|piece| String::from_utf8(piece.unwrap().bytes).unwrap().trim_end().to_owned())
                .collect();
            prop_assert_eq!(pieces, documents);
        }

        #[test]
        fn any_bytes_come_to_an_end_and_lose_nothing(bytes in prop::collection::vec(
            prop::sample::select(b"{}[]\"\\,: \nax\xef".to_vec()), 0..200)) {
            let mut out: Vec<u8> = Vec::new();
            for piece in Splitter::new(&bytes[..], 1 << 30) {
                out.extend(piece.unwrap().bytes);
            }
            let solid = |bytes: &[u8]| -> Vec<u8> {
                bytes.iter().copied().filter(|byte| !is_blank(*byte)).collect()
            };
            prop_assert_eq!(solid(&out), solid(&bytes));
        }
    }
}
