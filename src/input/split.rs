//! Takes a stream of JSON documents apart: one document, NDJSON, several in a row, arrays of them.
//!
//! Nothing is parsed here. In valid JSON a `{` that follows a `}`, or that begins a line after
//! anything but `[`, `,` or `:`, can only stand in a string or begin the next document, so only
//! such places are looked at closely and a large document passes at the speed of `memchr`. Outside
//! a string such a place inside a document proves that the document is broken: it is given out as
//! far as it goes, for the parser to refuse, and the next one begins there. Where a line begins as the
//! document itself does, behind a `[`, `,` or `:`, it is parsed after all: a line that was cut off there
//! would take the next one with it. So one broken line costs one document. How it is in an array, says
//! [`Element`].

use std::io::{self, Read};

use serde::de::IgnoredAny;

use super::array::{self, Element};
use crate::model::Scanner;

/// How much is read at a time.
pub const CHUNK: usize = 256 << 10;

/// One document as it stands in the stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes, with the blank space that follows it.
    pub bytes: Vec<u8>,
    /// Where it begins.
    pub place: Place,
}

/// A place in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The byte in the line, from 1.
    pub column: usize,
}

impl Place {
    /// The first byte of all.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place just behind these bytes.
    fn after(self, bytes: &[u8]) -> Self {
        match memchr::memrchr(b'\n', bytes) {
            None => Self { column: self.column + bytes.len(), ..self },
            Some(last) => {
                let lines = memchr::memchr_iter(b'\n', bytes).count();
                Self { line: self.line + lines, column: bytes.len() - last }
            }
        }
    }
}

/// Why no further piece can be had.
#[derive(Debug)]
pub enum SplitError {
    /// Reading failed.
    Io(io::Error),
    /// A document is over the limit, having at least this many bytes.
    TooLarge(u64),
    /// The array that begins on this line has no end.
    OpenArray(usize),
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

/// An iterator over the documents of a stream.
pub struct Splitter<R> {
    reader: R,
    /// No document may be longer, in bytes.
    max: u64,
    buffer: Vec<u8>,
    /// Where the current document begins in the buffer.
    start: usize,
    /// The same in the stream.
    place: Place,
    /// Up to here no document ends.
    searched: usize,
    /// What is known of the current document, as far as it was looked at closely.
    scanner: Scanner,
    /// The first line of the current document that begins as itself does.
    doubt: Option<usize>,
    /// The array that the current document is an element of.
    array: Option<Array>,
    /// Whether there was an array, be it an empty one.
    had_array: bool,
    at_end: bool,
    /// Where the current document ends, if that was found before anybody asked for it.
    ready: Option<usize>,
    /// What reading failed with; what came before is given out first.
    failed: Option<io::Error>,
}

/// An array that is being taken apart.
struct Array {
    /// The line it begins on.
    line: usize,
    /// How many brackets are open: an array of arrays of documents is taken apart, too.
    depth: usize,
    /// How the elements begin; see [`array::mark`].
    mark: Option<Vec<u8>>,
    element: Element,
}

impl Array {
    const fn at(line: usize) -> Self {
        Self { line, depth: 1, mark: None, element: Element::at(0) }
    }
}

impl<R: Source> Splitter<R> {
    /// Takes documents of at most `max` bytes from a stream that begins with `beginning` and goes on
    /// in `reader`.
    pub fn new(beginning: Vec<u8>, reader: R, max: u64) -> Self {
        Self {
            reader,
            max,
            buffer: beginning,
            start: 0,
            place: Place::START,
            searched: 0,
            scanner: Scanner::at(0),
            doubt: None,
            array: None,
            had_array: false,
            at_end: false,
            ready: None,
            failed: None,
        }
    }

    /// Whether another document can be had without reading. Of an array it is not looked at.
    pub fn is_ready(&mut self) -> bool {
        if self.ready.is_none() && self.array.is_none() {
            let blank = blank_prefix(&self.buffer[self.start..]);
            if self.buffer.get(self.start + blank) == Some(&b'{') && self.find_start() {
                self.ready = self.find_end();
            }
        }
        self.ready.is_some()
    }

    /// Whether it is certain, without reading, that nothing is left.
    pub fn is_done(&self) -> bool {
        self.at_end && self.start >= self.buffer.len()
    }

    /// Whether an array has come, be it one without elements.
    pub const fn had_array(&self) -> bool {
        self.had_array
    }

    /// Reads some more; drops what was given out already.
    fn fill(&mut self) {
        if self.start >= CHUNK {
            self.buffer.drain(..self.start);
            self.searched = self.searched.saturating_sub(self.start);
            self.doubt = self.doubt.map(|doubt| doubt.saturating_sub(self.start));
            self.scanner.position = self.scanner.position.saturating_sub(self.start);
            let closed = self.scanner.closed;
            self.scanner.closed = closed.map(|closed| closed.saturating_sub(self.start));
            if let Some(array) = &mut self.array {
                array.element.shift(self.start);
            }
            self.start = 0;
        }
        match self.reader.by_ref().take(CHUNK as u64).read_to_end(&mut self.buffer) {
            Ok(read) => self.at_end = read == 0,
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: io::Error) {
        self.failed = Some(error);
        self.at_end = true;
    }

    /// Goes on to `end`, having given out or passed over what is before it.
    fn step_to(&mut self, end: usize) {
        self.place = self.place.after(&self.buffer[self.start..end]);
        self.start = end;
    }

    /// Moves to the next document's first byte, into an array and out of it where one begins or
    /// ends; false at the end of the stream.
    fn find_start(&mut self) -> bool {
        loop {
            let blank = blank_prefix(&self.buffer[self.start..]);
            self.step_to(self.start + blank);
            let Some(byte) = self.buffer.get(self.start).copied() else {
                if self.at_end {
                    return false;
                }
                self.fill();
                continue;
            };
            match (byte, &mut self.array) {
                (b'[', Some(array)) => array.depth += 1,
                (b']', Some(array)) => {
                    array.depth -= 1;
                    if array.depth == 0 {
                        self.array = None;
                    }
                }
                (b',', Some(_)) => {}
                (_, Some(array)) => {
                    array.element = Element::at(self.start);
                    self.searched = self.start + 1;
                    return true;
                }
                (byte, None) => {
                    if byte != b'[' || !self.begins_array() {
                        self.searched = self.start + 1;
                        self.scanner = Scanner::at(self.start);
                        return true;
                    }
                    self.had_array = true;
                    self.array = Some(Array::at(self.place.line));
                }
            }
            self.step_to(self.start + 1);
        }
    }

    /// Whether the `[` that comes next begins an array of documents, or of nothing.
    fn begins_array(&mut self) -> bool {
        let mut length = 1;
        loop {
            let ahead = &self.buffer[self.start + length..];
            match ahead.iter().find(|byte| !is_blank(**byte) && **byte != b'[') {
                Some(byte) => return matches!(byte, b'{' | b']'),
                None if self.at_end || length > CHUNK => return false,
                None => length += ahead.len(),
            }
            self.fill();
        }
    }

    /// Where the current document ends, if that is in the buffer.
    fn find_end(&mut self) -> Option<usize> {
        if let Some(array) = &mut self.array {
            let end = array.element.end(&self.buffer);
            if end.is_some() || !array.element.is_broken() {
                return end;
            }
            let mark = match &array.mark {
                Some(mark) => mark,
                None => &*array.mark.insert(array::mark(&self.buffer[self.start..])?.to_owned()),
            };
            return array::next_start(&self.buffer, self.start, &mut self.searched, mark);
        }
        while let Some(offset) = memchr::memchr(b'{', &self.buffer[self.searched..]) {
            let brace = self.searched + offset;
            self.searched = brace + 1;
            let gap = Gap::before(&self.buffer[self.start..brace]);
            if !gap.is_suspicious() {
                if self.doubt.is_none() && begins_alike(&self.buffer, self.start, brace) {
                    self.doubt = Some(brace);
                }
                continue;
            }
            let solid_end = self.start + gap.solid.len();
            if gap.begins_line && gap.solid.ends_with(b"}") && !gap.marked {
                // As good as always: a document a line. What else there is on the line is no
                // document, and is told of with it.
                return Some(brace);
            }
            self.scanner.advance(&self.buffer, brace);
            if self.scanner.in_string && !gap.begins_line {
                continue;
            }
            // What stands between this document's end and the brace is a piece of its own; a
            // byte-order mark is the next one's.
            let end = if gap.marked { solid_end } else { brace };
            return Some(self.scanner.closed.filter(|end| *end < solid_end).unwrap_or(end));
        }
        self.searched = self.buffer.len();
        None
    }

    /// Where the current document ends that seems to end at `end`: before a line that begins as itself
    /// does, where with that line it is no JSON.
    fn settled(&mut self, end: usize) -> usize {
        let is_json = |bytes: &[u8]| serde_json::from_slice::<IgnoredAny>(trim(bytes)).is_ok();
        let doubt = self.doubt.take().filter(|doubt| self.array.is_none() && *doubt < end);
        doubt.filter(|_| !is_json(&self.buffer[self.start..end])).unwrap_or(end)
    }

    /// Gives out the current document, which seems to end at `end`.
    fn cut(&mut self, end: usize) -> Piece {
        let end = self.settled(end);
        let place = self.place;
        // After the last document nobody asks for a line any more.
        if !(self.at_end && end == self.buffer.len()) {
            self.place = place.after(&self.buffer[self.start..end]);
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
        if let Some(array) = &mut self.array
            && array.mark.is_none()
        {
            array.mark = array::mark(&bytes).map(<[u8]>::to_owned);
        }
        Piece { bytes, place }
    }

    fn next_piece(&mut self) -> Result<Option<Piece>, SplitError> {
        if let Some(end) = self.ready.take() {
            return Ok(Some(self.cut(end)));
        }
        if !self.find_start() {
            return match (self.failed.take(), &self.array) {
                (Some(error), _) => Err(SplitError::Io(error)),
                (None, Some(array)) => Err(SplitError::OpenArray(array.line)),
                (None, None) => Ok(None),
            };
        }
        loop {
            if let Some(end) = self.find_end() {
                return Ok(Some(self.cut(end)));
            }
            let length = (self.buffer.len() - self.start) as u64;
            // What does not begin like a document is not read to its end.
            let hopeless = self.buffer[self.start] != b'{' && length > CHUNK as u64;
            if self.failed.is_some() && !hopeless {
                return self.last_before_failure();
            }
            if self.at_end || hopeless {
                let piece = self.cut(self.buffer.len());
                self.array = None;
                if hopeless {
                    self.stop();
                }
                return Ok(Some(piece));
            }
            if length > self.max {
                return Err(SplitError::TooLarge(length));
            }
            // A document that is larger than a piece is likely the only one.
            let alone = self.start == 0 && self.array.is_none();
            match alone.then(|| self.reader.read_rest(&mut self.buffer, self.max)).transpose() {
                Ok(Some(true)) => {}
                Ok(_) => self.fill(),
                Err(error) => self.fail(error),
            }
        }
    }

    /// What there is of the last document before reading failed, where that is the whole of it.
    fn last_before_failure(&mut self) -> Result<Option<Piece>, SplitError> {
        self.scanner.advance(&self.buffer, self.buffer.len());
        if let Some(end) = self.scanner.closed.filter(|_| self.array.is_none()) {
            return Ok(Some(self.cut(end)));
        }
        self.failed.take().map_or(Ok(None), |error| Err(SplitError::Io(error)))
    }

    /// Gives up on the rest.
    fn stop(&mut self) {
        self.buffer.clear();
        self.start = 0;
        self.array = None;
        self.failed = None;
        self.at_end = true;
    }
}

impl<R: Source> Iterator for Splitter<R> {
    type Item = Result<Piece, SplitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = match self.next_piece() {
            Ok(Some(piece)) if piece.bytes.len() as u64 > self.max => {
                Err(SplitError::TooLarge(piece.bytes.len() as u64))
            }
            // Nothing after an error can be made sense of.
            other => other.transpose()?.inspect_err(|_| self.stop()),
        };
        Some(piece)
    }
}

/// Whether the line that begins at a brace begins as the document at `start` does.
fn begins_alike(buffer: &[u8], start: usize, brace: usize) -> bool {
    buffer.get(brace - 1) == Some(&b'\n')
        && array::mark(&buffer[start..]).is_some_and(|mark| {
            let inside = buffer[brace + 1..].trim_ascii_start();
            // Its key may still be to come.
            inside.starts_with(mark) || mark.starts_with(inside)
        })
}

/// Bytes without byte-order marks before them.
fn trim(bytes: &[u8]) -> &[u8] {
    &bytes[blank_prefix(bytes)..]
}

/// What stands before a `{`.
struct Gap<'b> {
    /// What stands before the blank space before it.
    solid: &'b [u8],
    /// Whether the brace begins a line.
    begins_line: bool,
    /// Whether there is a byte-order mark: files that each had one were put together.
    marked: bool,
}

impl<'b> Gap<'b> {
    fn before(bytes: &'b [u8]) -> Self {
        let mut gap = Self { solid: bytes, begins_line: false, marked: false };
        gap.strip_blank();
        gap
    }

    fn strip_blank(&mut self) {
        loop {
            let blank = self.solid.iter().rev().take_while(|byte| is_blank(**byte)).count();
            let (solid, blank) = self.solid.split_at(self.solid.len() - blank);
            self.begins_line |= blank.contains(&b'\n');
            self.solid = solid;
            let Some(solid) = solid.strip_suffix(MARK) else { return };
            self.solid = solid;
            self.marked = true;
        }
    }

    /// Whether the brace can only stand in a string or begin a document.
    fn is_suspicious(&self) -> bool {
        match self.solid.last() {
            Some(b'}') => true,
            Some(b',' | b':') | None => false,
            Some(b'[') => self.begins_array(),
            Some(_) => self.begins_line || self.marked,
        }
    }

    /// The same where the brace is the first thing in an array, which no document can be followed by.
    fn begins_array(&self) -> bool {
        let mut gap = Self { ..*self };
        while let Some(before) = gap.solid.strip_suffix(b"[") {
            gap.solid = before;
            gap.strip_blank();
        }
        matches!(gap.solid.last(), Some(b'}' | b']'))
    }
}

/// A byte-order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether JSON takes the byte for blank space.
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Length of the blank space, and of byte-order marks, that `bytes` begins with.
fn blank_prefix(bytes: &[u8]) -> usize {
    let mut length = 0;
    loop {
        match &bytes[length..] {
            [byte, ..] if is_blank(*byte) => length += 1,
            [0xef, 0xbb, 0xbf, ..] => length += MARK.len(),
            _ => return length,
        }
    }
}

#[cfg(test)]
mod tests;
