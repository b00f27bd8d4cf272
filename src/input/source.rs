//! SESSION arguments → documents, in order: UUIDs, files, folders, standard input.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::thread;

use uuid::Uuid;

use crate::api::{self, Answer};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::document::{Document, Origin};
use crate::input::split::{self, SplitError, Splitter};
use crate::input::{Fetches, Observer};

/// What standard input is called in messages.
const STDIN: &str = "standard input";

/// How much of a file is looked at to tell documents from a list of ids.
const PEEK: usize = 4096;

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

/// Where a file's bytes are.
pub enum Input {
    /// In a file that is opened when its turn comes.
    Path(PathBuf),
    /// In a stream that was opened to see what it holds.
    Open(Box<dyn Read + Send>),
}

/// Makes sense of the SESSION arguments. No request is made here.
///
/// A UUID that is named again is dropped. Fails with [`Exit::Usage`] at the first argument, or line
/// of a list, that is neither.
pub fn resolve(arguments: &[String], stdin_taken: bool) -> Result<Vec<Item>, Failure> {
    let mut resolver = Resolver { items: Vec::new(), seen: HashSet::new(), stdin_taken };
    for argument in arguments {
        resolver.add(argument)?;
    }
    Ok(resolver.items)
}

struct Resolver {
    items: Vec<Item>,
    seen: HashSet<Uuid>,
    stdin_taken: bool,
}

impl Resolver {
    fn add(&mut self, argument: &str) -> Result<(), Failure> {
        if argument == "-" {
            if std::mem::replace(&mut self.stdin_taken, true) {
                return Err(Failure::usage("standard input can be used for one thing only")
                    .hint("name - once, and the key in a file of its own"));
            }
            let stdin = BufReader::with_capacity(PEEK, io::stdin());
            return self.add_stream(STDIN.to_owned(), stdin);
        }
        if let Ok(id) = Uuid::parse_str(argument) {
            self.add_session(id);
            return Ok(());
        }
        let path = Path::new(argument);
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.add_folder(path),
            Ok(metadata) if metadata.is_file() => {
                if !has_document_name(path)
                    && let Some(list) = open_list(path)
                {
                    return self.add_list(argument, list);
                }
                self.add_path(path);
                Ok(())
            }
            // A pipe cannot be opened twice.
            Ok(_) => match File::open(path) {
                Ok(file) => self.add_stream(argument.to_owned(), BufReader::new(file)),
                Err(error) => Err(unreadable(argument, &error)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(no_such(argument)),
            Err(error) => Err(unreadable(argument, &error)),
        }
    }

    fn add_session(&mut self, id: Uuid) {
        if self.seen.insert(id) {
            self.items.push(Item::Session(id));
        }
    }

    fn add_path(&mut self, path: &Path) {
        let label = path.display().to_string();
        self.items.push(Item::Documents { label, input: Input::Path(path.to_owned()) });
    }

    /// The folder's documents, by name.
    fn add_folder(&mut self, folder: &Path) -> Result<(), Failure> {
        let label = folder.display().to_string();
        let mut paths = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<io::Result<Vec<_>>>)
            .map_err(|error| unreadable(&label, &error))?
            .into_iter()
            .map(|entry| entry.path())
            .filter(|path| has_document_name(path) && !path.is_dir())
            .collect::<Vec<_>>();
        if paths.is_empty() {
            return Err(Failure::usage(format!(
                "{label}: the folder holds no *.json and no *.ndjson"
            ))
            .hint("fetch --out-dir fills a folder; folders in it are not looked into"));
        }
        paths.sort();
        for path in paths {
            self.add_path(&path);
        }
        Ok(())
    }

    /// A stream: documents where the first byte that is not blank is `{`, else ids.
    fn add_stream(
        &mut self,
        label: String,
        mut stream: BufReader<impl Read + Send + 'static>,
    ) -> Result<(), Failure> {
        loop {
            let peeked = stream.fill_buf().map_err(|error| unreadable(&label, &error))?;
            let after_mark = peeked.strip_prefix(b"\xef\xbb\xbf").unwrap_or(peeked);
            let Some(first) = after_mark.iter().find(|byte| !byte.is_ascii_whitespace()) else {
                if peeked.is_empty() {
                    return Ok(());
                }
                let blank = peeked.len();
                stream.consume(blank);
                continue;
            };
            if *first == b'{' {
                let input = Input::Open(Box::new(stream));
                self.items.push(Item::Documents { label, input });
                return Ok(());
            }
            return self.add_list(&label, stream);
        }
    }

    /// A list of ids, one a line; `#` begins a comment.
    fn add_list(&mut self, label: &str, list: impl BufRead) -> Result<(), Failure> {
        for (number, line) in list.lines().enumerate() {
            let number = number + 1;
            let line = line.map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData => {
                    Failure::usage(format!("{label}, line {number}: not text"))
                }
                _ => unreadable(label, &error),
            })?;
            // Spreadsheets begin a list with a byte-order mark, databases quote.
            let text = line.trim_start_matches('\u{feff}').split('#').next().unwrap_or_default();
            let text = text.trim().trim_matches('"');
            if text.is_empty() {
                continue;
            }
            let id = Uuid::parse_str(text).map_err(|_| {
                let reason = cut_off(text).map(|reason| format!(": {reason}")).unwrap_or_default();
                let shown = quoted(text);
                Failure::usage(format!(
                    "{label}, line {number}: {shown} is not a session id{reason}"
                ))
                .hint(if text.starts_with('[') {
                    "documents begin with {; jq -c '.[]' takes a list of them apart"
                } else {
                    "a list of sessions holds one UUID a line; nothing was fetched"
                })
            })?;
            self.add_session(id);
        }
        Ok(())
    }
}

/// Whether the name is that of a saved document.
fn has_document_name(path: &Path) -> bool {
    has_extension(path, "json") || has_extension(path, "ndjson")
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

/// The file, if it can be read and holds a list of ids. Whatever is wrong with it otherwise is told
/// when its turn comes.
fn open_list(path: &Path) -> Option<BufReader<File>> {
    let mut file = BufReader::with_capacity(PEEK, File::open(path).ok()?);
    holds_ids(file.fill_buf().ok()?).then_some(file)
}

/// Whether a file that begins like this is a list of ids. One that is empty is a list of none.
fn holds_ids(beginning: &[u8]) -> bool {
    let text = String::from_utf8_lossy(beginning);
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    first.is_none_or(|line| line.starts_with('#') || Uuid::parse_str(line).is_ok())
}

fn no_such(argument: &str) -> Failure {
    let shown = quoted(argument);
    if let Some(reason) = cut_off(argument) {
        return Failure::usage(format!("{shown} is not a session id: {reason}"))
            .hint("copy the whole id, like 7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11");
    }
    if humantime::parse_duration(argument).is_ok() {
        return Failure::usage(format!("{shown} is not a session id and there is no such file"))
            .hint(format!("if it is how long to wait, write --wait={argument}"));
    }
    Failure::usage(format!("{shown} is not a session id and there is no such file"))
        .hint("name a session's UUID, a saved document, a folder of them, or - for standard input")
}

/// What is wrong with an id that was not copied whole; None where the text is nothing like an id.
fn cut_off(text: &str) -> Option<String> {
    let like_an_id = (4..40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && text.bytes().any(|byte| byte.is_ascii_digit());
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    like_an_id.then(|| format!("a UUID has 32 hexadecimal digits, this has {digits}"))
}

fn unreadable(label: &str, error: &io::Error) -> Failure {
    Failure::new(
        Exit::Failure,
        Subject::Source(label.to_owned()),
        format!("cannot be read: {error}"),
    )
}

/// Words of the user's, shortened where they go on and on.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}

/// A stream, which can only be read piece by piece.
struct Stream(Box<dyn Read + Send>);

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl split::Source for Stream {}

/// A file that can be read at two places at a time.
struct Regular(File);

impl Read for Regular {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl split::Source for Regular {
    /// In two threads: most of the time goes into the memory that is written for the first time.
    #[cfg(unix)]
    fn read_rest(&mut self, buffer: &mut Vec<u8>, max: u64) -> io::Result<bool> {
        use std::os::unix::fs::FileExt as _;

        let there = buffer.len() as u64;
        let size = self.0.metadata()?.len();
        let large = size > there && size <= max && self.0.stream_position()? == there;
        let (true, Ok(whole)) = (large, usize::try_from(size)) else { return Ok(false) };
        // Made of zeroes, which costs nothing until they are touched.
        let mut all = vec![0; whole];
        let (before, rest) = all.split_at_mut(buffer.len());
        let (first, second) = rest.split_at_mut(rest.len() / 2);
        let middle = there + first.len() as u64;
        let file = &self.0;
        thread::scope(|scope| {
            let aside = scope.spawn(|| file.read_exact_at(first, there));
            before.copy_from_slice(buffer);
            file.read_exact_at(second, middle)?;
            aside.join().unwrap_or_else(|_| Err(io::Error::other("the reading thread is gone")))
        })?;
        self.0.seek(io::SeekFrom::Start(size))?;
        *buffer = all;
        Ok(true)
    }
}

/// An iterator over the documents of the items, in the items' order.
pub struct Documents {
    items: std::vec::IntoIter<Item>,
    fetches: Option<Fetches>,
    open: Option<OpenFile>,
    max_size: u64,
}

/// A file or stream that is being read.
struct OpenFile {
    label: String,
    splitter: Splitter<Box<dyn split::Source + Send>>,
    /// Its size in bytes, where it is a file.
    size: Option<u64>,
    /// Whether to take it amiss if no further document comes.
    wanting: bool,
}

impl Documents {
    /// The documents of `items`. `fetches` has the items' sessions, in their order; it may be
    /// absent where there is none. Documents of files may have `max_size` bytes at most.
    pub fn new(items: Vec<Item>, fetches: Option<Fetches>, max_size: u64) -> Self {
        Self { items: items.into_iter(), fetches, open: None, max_size }
    }

    /// The next document, or why it cannot be had; None after the last.
    ///
    /// Fails on Ctrl-C.
    pub fn next(
        &mut self,
        observer: &mut dyn Observer,
    ) -> anyhow::Result<Option<Result<Document, Failure>>> {
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
                    let document = result.and_then(|answer| {
                        let Answer { body, status, content_type, tries } = answer;
                        Document::new(Origin::Session { id, status, content_type, tries }, body)
                    });
                    return Ok(Some(document));
                }
                Some(Item::Documents { label, input }) => {
                    // NDJSON is a list, which may be empty.
                    let wanting =
                        !matches!(&input, Input::Path(path) if has_extension(path, "ndjson"));
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

    fn open(&self, label: String, input: Input, wanting: bool) -> Result<OpenFile, Failure> {
        let (reader, size): (Box<dyn split::Source + Send>, _) = match input {
            Input::Path(path) => {
                let file = File::open(path).map_err(|error| unreadable(&label, &error))?;
                let size = file.metadata().ok().map(|metadata| metadata.len());
                (Box::new(Regular(file)), size)
            }
            Input::Open(reader) => (Box::new(Stream(reader)), None),
        };
        let splitter = Splitter::new(reader, self.max_size);
        Ok(OpenFile { label, splitter, size, wanting })
    }

    fn next_of_file(&mut self) -> Option<Result<Document, Failure>> {
        let file = self.open.as_mut()?;
        let wanting = std::mem::take(&mut file.wanting);
        let (label, size) = (file.label.clone(), file.size);
        let Some(piece) = file.splitter.next() else {
            self.open = None;
            return wanting.then(|| {
                let failure =
                    Failure::new(Exit::Document, Subject::Source(label), "holds no document");
                Err(failure.hint("a fetch that failed may have left it empty; fetch it again"))
            });
        };
        Some(match piece {
            Ok(piece) => Document::new(Origin::File { label, line: piece.line }, piece.bytes),
            Err(SplitError::Io(error)) => Err(unreadable(&label, &error)),
            Err(SplitError::TooLarge(at_least)) => {
                let size = size.unwrap_or(at_least);
                Err(api::too_large(Subject::Source(label), size, self.max_size))
            }
        })
    }
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
                    Ok(piece) => format!("line {}, {} bytes", piece.line, piece.bytes.len()),
                    Err(_) => "an error".to_owned(),
                };
                let at_once = Regular(File::open(file.path()).unwrap());
                let at_once: Vec<_> = Splitter::new(at_once, max).map(describe).collect();
                let pieces = Stream(Box::new(File::open(file.path()).unwrap()));
                let pieces: Vec<_> = Splitter::new(pieces, max).map(describe).collect();
                assert_eq!(at_once, pieces, "{} bytes, at most {max}", text.len());
            }
        }
    }
}
