//! What stands around and between the pieces of an output, a piece a document.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Out;

/// The text before the first piece, between two, and after the last.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Before the first piece.
    pub begin: Cow<'static, str>,
    /// Between two pieces.
    pub between: Cow<'static, str>,
    /// After the last piece.
    pub end: &'static str,
    /// Instead of all of that, where there is no piece.
    pub none: Cow<'static, str>,
    /// Whether a piece that does not end a line is followed by a line feed, where another comes.
    pub lines: bool,
}

/// An output that is written piece by piece. A piece that turns out empty leaves no trace.
pub struct Framed<'a> {
    out: Out<'a>,
    frame: Frame,
    /// Whether anything was written.
    begun: bool,
    /// Whether the current piece was begun.
    open: bool,
    /// The last byte that was written.
    last: u8,
}

impl<'a> Framed<'a> {
    /// An output of no pieces so far.
    pub fn new(frame: Frame, out: Out<'a>) -> Self {
        Self { out, frame, begun: false, open: false, last: b'\n' }
    }

    /// Ends the current piece: what is written next is another.
    pub fn next(&mut self) {
        self.open = false;
    }

    /// Ends the output.
    pub fn end(self) -> io::Result<()> {
        let last = if self.begun { self.frame.end } else { &*self.frame.none };
        self.out.write_all(last.as_bytes())
    }
}

impl Write for Framed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if !self.open {
            let before = if self.begun { &*self.frame.between } else { &*self.frame.begin };
            if self.frame.lines && self.last != b'\n' {
                self.out.write_all(b"\n")?;
            }
            self.out.write_all(before.as_bytes())?;
            (self.begun, self.open) = (true, true);
        }
        let written = self.out.write(bytes)?;
        self.last = bytes.get(written.saturating_sub(1)).copied().unwrap_or(self.last);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[&str]) -> String {
        let frame = Frame {
            begin: "[".into(),
            between: ",".into(),
            end: "]",
            none: "none".into(),
            lines: false,
        };
        let mut out = Vec::new();
        let mut framed = Framed::new(frame, &mut out);
        for piece in pieces {
            for part in piece.split('+') {
                framed.write_all(part.as_bytes()).unwrap();
            }
            framed.next();
        }
        framed.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn pieces_are_told_apart_and_empty_ones_leave_no_trace() {
        assert_eq!(written(&[]), "none");
        assert_eq!(written(&["", ""]), "none");
        assert_eq!(written(&["", "a+b", "", "c"]), "[ab,c]");
    }
}
