//! Takes an array of documents apart, element by element, broken ones included.
//!
//! An element ends where its brackets say so, each of its kind. A bracket of the wrong kind, or a
//! line break in a string, proves that it is broken: then nothing in it can be relied on any more, and
//! the next element is found by how it begins. What writes an array writes the same key first in
//! each of its documents, and an object that begins with this key and follows a comma is, as good as
//! always, the next one.

/// The longest key that is looked for.
const LONGEST_MARK: usize = 256;

/// Follows one element of an array to its end.
#[derive(Debug)]
pub struct Element {
    position: usize,
    in_string: bool,
    /// The brackets that are to come, the next one last.
    closing: Vec<u8>,
    broken: bool,
}

impl Element {
    /// An element that begins at `position` of a buffer.
    pub const fn at(position: usize) -> Self {
        Self { position, in_string: false, closing: Vec::new(), broken: false }
    }

    /// Takes note that so many bytes were taken off the buffer's beginning.
    pub const fn shift(&mut self, bytes: usize) {
        self.position = self.position.saturating_sub(bytes);
    }

    /// Whether it turned out to be no JSON.
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Where it ends, if that is in the buffer; never where it is broken.
    pub fn end(&mut self, buffer: &[u8]) -> Option<usize> {
        while !self.broken && self.position < buffer.len() {
            if self.in_string {
                self.end_string(buffer);
                continue;
            }
            match buffer[self.position] {
                b'"' => self.in_string = true,
                b'{' => self.closing.push(b'}'),
                b'[' => self.closing.push(b']'),
                b',' | b']' if self.closing.is_empty() => return Some(self.position),
                bracket @ (b'}' | b']') => {
                    self.broken = self.closing.pop() != Some(bracket);
                    if self.closing.is_empty() && !self.broken {
                        return Some(self.position + 1);
                    }
                }
                _ => {}
            }
            self.position += 1;
        }
        None
    }

    fn end_string(&mut self, buffer: &[u8]) {
        match memchr::memchr3(b'"', b'\\', b'\n', &buffer[self.position..]) {
            None => self.position = buffer.len(),
            Some(offset) => match buffer[self.position + offset] {
                b'"' => {
                    self.position += offset + 1;
                    self.in_string = false;
                }
                // An escape may reach past the end of the buffer.
                b'\\' => self.position += offset + 2,
                _ => self.broken = true,
            },
        }
    }
}

/// By what an element's siblings are known: its first key, with its quotes. None where it has none.
pub fn mark(element: &[u8]) -> Option<&[u8]> {
    let key = element.strip_prefix(b"{")?.trim_ascii_start();
    let end =
        memchr::memchr(b'"', key.strip_prefix(b"\"")?.get(..LONGEST_MARK.min(key.len() - 1))?)?;
    key.get(..end + 2)
}

/// Where the element ends that begins at `start` and is broken, which is where the next one with this
/// mark begins, without the comma between them. `searched` is how far the buffer was looked through.
pub fn next_start(buffer: &[u8], start: usize, searched: &mut usize, mark: &[u8]) -> Option<usize> {
    *searched = (*searched).max(start + 1);
    while let Some(offset) = memchr::memchr(b'{', &buffer[*searched..]) {
        let brace = *searched + offset;
        let inside = buffer[brace + 1..].trim_ascii_start();
        if inside.len() < mark.len() {
            // Its key is still to come.
            return None;
        }
        let before = buffer[start..brace].trim_ascii_end();
        if inside.starts_with(mark)
            && let Some(before) = before.strip_suffix(b",")
        {
            return Some(start + before.trim_ascii_end().len().max(1));
        }
        *searched = brace + 1;
    }
    *searched = buffer.len();
    None
}
