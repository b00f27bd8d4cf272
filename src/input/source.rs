//! The documents of what was named, in its order: fetched, or read from files and streams.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use crate::api::{self, Answer};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::ahead::{Ahead, Begun};
use crate::input::arguments::has_list_name;
use crate::input::decode::{self, Broken, Coding, Foreign};
use crate::input::document::{Origin, Unread};
use crate::input::split::{self, SplitError, Splitter};
use crate::input::{Fetches, Observer};

/// One thing the user named.
pub enum Item {
    /// A session to fetch.
    Session(Uuid),
    /// A file or stream of documents.
    Documents {
        /// What the user calls it.
        label: String,
        /// Where its bytes are.
        input: Input,
    },
}

impl Item {
    /// Whether both are the same session to fetch.
    pub fn is_same(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Session(id), Self::Session(other)) if id == other)
    }

    /// The same once more, where it is a file that can be read again.
    pub fn again(&self) -> Option<Self> {
        match self {
            Self::Documents { label, input: Input::Path(path) } if path.is_file() => {
                Some(Self::Documents { label: label.clone(), input: Input::Path(path.clone()) })
            }
            _ => None,
        }
    }

    /// What the user calls it, if it is no session to fetch.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Session(_) => None,
            Self::Documents { label, .. } => Some(label),
        }
    }

    /// Where the file is, if it is one.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Documents { input: Input::Path(path), .. } => Some(path),
            _ => None,
        }
    }
}

/// Where documents are.
pub enum Input {
    /// In a file that is opened when its turn comes.
    Path(PathBuf),
    /// In a stream that was opened to see what it holds, as the text it stands for.
    Open(Box<dyn Read + Send>),
    /// Nowhere: the stream turned out to be something else.
    Foreign(Foreign),
}

/// The failure of an input that cannot be read.
pub fn unreadable(label: &str, error: &io::Error) -> Failure {
    Failure::new(
        Exit::Failure,
        Subject::Source(label.to_owned()),
        format!("cannot be read: {error}"),
    )
}

/// A stream, which can only be read piece by piece.
struct Stream(Box<dyn Read + Send>);

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl split::Source for Stream {}

/// A file can be read at two places at a time.
impl split::Source for File {
    /// In two threads: most of the time goes into the memory that is written for the first time.
    #[cfg(unix)]
    fn read_rest(&mut self, buffer: &mut Vec<u8>, max: u64) -> io::Result<bool> {
        use std::os::unix::fs::FileExt as _;

        use crate::aside::both;

        let there = buffer.len() as u64;
        let size = self.metadata()?.len();
        let large = size > there && size <= max && self.stream_position()? == there;
        let (true, Ok(whole)) = (large, usize::try_from(size)) else { return Ok(false) };
        // Made of zeroes, which costs nothing until they are touched.
        let mut all = vec![0; whole];
        let (before, rest) = all.split_at_mut(buffer.len());
        let (first, second) = rest.split_at_mut(rest.len() / 2);
        let middle = there + first.len() as u64;
        let file = &*self;
        let read = both(
            true,
            || file.read_exact_at(first, there),
            || {
                before.copy_from_slice(buffer);
                file.read_exact_at(second, middle)
            },
        );
        read.0.and(read.1)?;
        self.seek(io::SeekFrom::Start(size))?;
        *buffer = all;
        Ok(true)
    }
}

/// An iterator over the documents of the items, in the items' order.
pub struct Documents {
    items: std::vec::IntoIter<Item>,
    fetches: Option<Fetches>,
    ahead: Option<Ahead>,
    open: Option<OpenFile>,
    max_size: u64,
}

/// A file or stream that is being read.
struct OpenFile {
    label: Arc<str>,
    splitter: Splitter<Box<dyn split::Source + Send>>,
    /// Its size in bytes, where it is a file that holds them as they are.
    size: Option<u64>,
    /// Whether to take it amiss if no further document comes.
    wanting: bool,
    /// The line on which the latest document begins.
    line: Option<usize>,
}

impl Documents {
    /// The documents of `items`. `fetches` has the items' sessions, in their order; it may be
    /// absent where there is none. Documents of files may have `max_size` bytes at most.
    pub fn new(items: Vec<Item>, fetches: Option<Fetches>, max_size: u64) -> Self {
        let files: Vec<&Path> = items.iter().filter_map(Item::path).collect();
        let ahead = Ahead::start(&files);
        Self { items: items.into_iter(), fetches, ahead, open: None, max_size }
    }

    /// The next document, or why it cannot be had; None after the last.
    ///
    /// Fails on Ctrl-C.
    pub fn next(
        &mut self,
        observer: &mut dyn Observer,
    ) -> anyhow::Result<Option<Result<Unread, Failure>>> {
        loop {
            if let Some(document) = self.next_of_file() {
                return Ok(Some(document));
            }
            match self.items.next() {
                None => return Ok(None),
                Some(Item::Session(_)) => {
                    let Some(fetches) = &mut self.fetches else {
                        continue;
                    };
                    let Some((id, result)) = fetches.next(observer)? else {
                        continue;
                    };
                    let document = result.map(|answer| {
                        let Answer { body: bytes, status, content_type, tries } = answer;
                        Unread {
                            origin: Origin::Session { id, status, content_type, tries },
                            bytes,
                        }
                    });
                    return Ok(Some(document));
                }
                Some(Item::Documents { label, input }) => {
                    // NDJSON is a list, which may be empty.
                    let wanting = !matches!(&input, Input::Path(path) if has_list_name(path));
                    match self.open(label, input, wanting) {
                        Ok(file) => self.open = Some(file),
                        Err(failure) => return Ok(Some(Err(failure))),
                    }
                }
            }
        }
    }

    /// Whether it is certain, without waiting, that no further document comes.
    pub fn is_exhausted(&self) -> bool {
        self.items.as_slice().is_empty()
            && self.open.as_ref().is_none_or(|file| !file.wanting && file.splitter.is_done())
    }

    /// Whether the next one comes without waiting for a server, or for who writes a stream.
    pub fn is_ready(&mut self) -> bool {
        // A file keeps nobody waiting.
        let is_file = |item: &Item| item.path().is_some();
        match &mut self.open {
            Some(file) if file.splitter.is_done() => {
                !file.wanting && self.items.as_slice().first().is_some_and(is_file)
            }
            Some(file) => file.size.is_some() || file.splitter.is_ready(),
            None => self.items.as_slice().first().is_some_and(is_file),
        }
    }

    /// Whether all that is left is in files.
    pub fn never_waits(&self) -> bool {
        self.open.as_ref().is_none_or(|file| file.size.is_some())
            && self.items.as_slice().iter().all(|item| item.path().is_some())
    }

    fn open(&mut self, label: String, input: Input, wanting: bool) -> Result<OpenFile, Failure> {
        let unreadable = |error: io::Error| unreadable(&label, &error);
        let refuse = |foreign| refuse(&label, foreign);
        let mut size = None;
        let (beginning, reader): (_, Box<dyn split::Source + Send>) = match input {
            Input::Open(text) => (Vec::new(), Box::new(Stream(text))),
            Input::Foreign(foreign) => return Err(refuse(foreign)),
            Input::Path(path) => {
                let begun = self.ahead.as_mut().and_then(Ahead::next);
                let begun = begun
                    .unwrap_or_else(|| Begun::open(&path, split::CHUNK))
                    .map_err(unreadable)?;
                let Begun { file, beginning } = begun;
                if Coding::of(&beginning) == Coding::Utf8 {
                    size = file.metadata().ok().map(|metadata| metadata.len());
                    (beginning, Box::new(file))
                } else {
                    let decoded = decode::decode(beginning, file).map_err(refuse)?;
                    (Vec::new(), Box::new(Stream(decoded.text)))
                }
            }
        };
        let splitter = Splitter::new(beginning, reader, self.max_size);
        Ok(OpenFile { label: label.into(), splitter, size, wanting, line: None })
    }

    fn next_of_file(&mut self) -> Option<Result<Unread, Failure>> {
        let file = self.open.as_mut()?;
        let wanting = std::mem::take(&mut file.wanting);
        let (label, size) = (&file.label, file.size);
        let Some(piece) = file.splitter.next() else {
            let wanting = wanting && !file.splitter.had_array();
            let subject = wanting.then(|| Subject::Source(label.to_string()));
            self.open = None;
            return subject.map(|subject| {
                let failure = Failure::new(Exit::Document, subject, "holds no document");
                Err(failure.hint("a fetch that failed may have left it empty; fetch it again"))
            });
        };
        Some(match piece {
            Ok(piece) => {
                let beside = file.line.replace(piece.place.line) == Some(piece.place.line);
                let origin = Origin::File { label: Arc::clone(label), place: piece.place, beside };
                Ok(Unread { origin, bytes: piece.bytes })
            }
            Err(SplitError::Io(error)) => Err(match Broken::words(&error) {
                Some(words) => broken_off(label, words),
                None => unreadable(label, &error),
            }),
            Err(SplitError::OpenArray(line)) => {
                Err(broken_off(label, &format!("the array that begins on line {line} breaks off")))
            }
            Err(SplitError::TooLarge(at_least)) => {
                let size = size.unwrap_or(at_least);
                Err(api::too_large(Subject::Source(label.to_string()), size, self.max_size))
            }
        })
    }
}

/// The failure of an input that is something else.
fn refuse(label: &str, foreign: Foreign) -> Failure {
    let message = format!("{}, not JSON", foreign.what);
    Failure::new(Exit::Document, Subject::Source(label.to_owned()), message).hint(foreign.hint)
}

/// The failure of an input of which only the beginning can be read.
fn broken_off(label: &str, words: &str) -> Failure {
    Failure::new(Exit::Document, Subject::Source(label.to_owned()), words)
        .hint("it was not written or copied to its end; what came before was read")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_is_read_alike_at_once_and_piece_by_piece() {
        let large = format!("{{\"a\":\"{}\"}}", "some text ".repeat(150_000));
        let small = "{\"b\":1}\n";
        for text in [
            format!("{large}\n"),
            format!("{large}{small}{large}\n{small}"),
            format!("{small}{large}"),
            format!("{}{large}", small.repeat(1000)),
            format!("{large}\n{{\"broken\": [1,\n{small}"),
            large[..1_400_000].to_owned(),
            small.to_owned(),
            String::new(),
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            for max in [1 << 30, 1_400_007] {
                let describe = |piece: Result<split::Piece, SplitError>| match piece {
                    Ok(piece) => format!("line {}, {} bytes", piece.place.line, piece.bytes.len()),
                    Err(_) => "an error".to_owned(),
                };
                let at_once = File::open(file.path()).unwrap();
                let at_once: Vec<_> =
                    Splitter::new(Vec::new(), at_once, max).map(describe).collect();
                let pieces = Stream(Box::new(File::open(file.path()).unwrap()));
                let pieces: Vec<_> = Splitter::new(Vec::new(), pieces, max).map(describe).collect();
                assert_eq!(at_once, pieces, "{} bytes, at most {max}", text.len());
            }
        }
    }
}
