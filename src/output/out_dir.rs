//! The folder of `--out-dir`: a file a session, and what is there from earlier runs.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use uuid::Uuid;

use super::files::{WholeFile, name_of_leftover, remove_leftover, sync_folder};
use super::keepers::Keepers;
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::document::{Document, Origin, Unread};
use crate::input::split::Place;
use crate::model::Text;

/// Files up to this size, in bytes, are looked at as a whole.
const SMALL: u64 = 64 * 1024;

/// How much of the end of others is looked at.
const TAIL: u64 = 64;

/// Where `fetch --out-dir` writes to.
pub struct OutDir {
    path: PathBuf,
    /// Names that were there in the beginning.
    names: HashSet<String>,
    /// Sessions that were written since, or are about to be on disk.
    written: HashSet<Uuid>,
    keepers: Keepers,
    /// Whether what was there is to be replaced whatever it is.
    force: bool,
}

/// What stands in a session's place.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or nothing that counts.
    Nothing,
    /// Its whole document.
    Whole,
    /// What is no whole document of it, in words; it can be replaced.
    Flawed(String),
}

impl OutDir {
    /// Makes the folder where it is not there, and removes what killed runs left in it.
    ///
    /// Fails, before any request, where it cannot be used.
    pub fn open(path: &Path, force: bool) -> anyhow::Result<Self> {
        let label = || format!("writing to {}", path.display());
        if path.exists() && !path.is_dir() {
            return Err(Failure::usage(format!("--out-dir {} is no folder", path.display()))
                .hint("name a folder; it is made where it is not there")
                .into());
        }
        fs::create_dir_all(path).with_context(label)?;
        let mut names = HashSet::new();
        for entry in fs::read_dir(path).with_context(label)? {
            let entry = entry.with_context(label)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let leftover = name_of_leftover(&name).and_then(|name| name.strip_suffix(".json"));
            if leftover.is_some_and(|id| Uuid::parse_str(id).is_ok()) {
                remove_leftover(&entry.path());
            }
            names.insert(name);
        }
        // Better to know now than after the first answer.
        WholeFile::begin(&path.join(file_name(Uuid::nil()))).with_context(label)?;
        Ok(Self {
            path: path.to_owned(),
            names,
            written: HashSet::new(),
            keepers: Keepers::new(),
            force,
        })
    }

    /// How messages name it.
    pub fn label(&self) -> String {
        self.path.display().to_string()
    }

    /// Where a session's document belongs.
    pub fn place(&self, session: Uuid) -> PathBuf {
        self.path.join(file_name(session))
    }

    /// What stands in a session's place.
    ///
    /// Fails where that cannot be replaced.
    pub fn look(&self, session: Uuid) -> Result<Found, Failure> {
        if self.written.contains(&session) {
            return Ok(Found::Whole);
        }
        if !self.names.contains(&file_name(session)) {
            return Ok(Found::Nothing);
        }
        let path = self.place(session);
        let cannot = |what: &str| {
            let message = format!("{} {what}, which is not replaced", path.display());
            Failure::new(Exit::Failure, Subject::Session(session), message)
                .hint("move it away, or name another --out-dir")
        };
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => return Err(cannot("is a folder")),
            Ok(metadata) if !metadata.is_file() => return Err(cannot("is no regular file")),
            _ if self.force => return Ok(Found::Nothing),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Found::Flawed("is a link to nothing".to_owned()));
            }
            Err(error) => return Err(cannot(&format!("cannot be read ({error})"))),
        }
        inspect(&path, session).map_err(|error| cannot(&format!("cannot be read ({error})")))
    }

    /// Begins the file of a session's document.
    ///
    /// Fails where the folder takes no more.
    pub fn begin(&mut self, session: Uuid) -> anyhow::Result<WholeFile> {
        let place = self.place(session);
        let file = WholeFile::begin(&place);
        let file = file.with_context(|| format!("writing {}", place.display()))?;
        self.written.insert(session);
        Ok(file)
    }

    /// Has a file kept. It is on disk, and counts, once [`OutDir::finish`] has returned.
    ///
    /// Fails where it, or one before it, cannot be written.
    pub fn keep(&mut self, file: WholeFile) -> anyhow::Result<()> {
        self.keepers.keep(file)
    }

    /// Waits until all is on disk. Returns how many documents were written, and what went wrong.
    pub fn finish(self) -> (usize, anyhow::Result<()>) {
        let (written, kept) = self.keepers.finish();
        let synced = if written > 0 { sync_folder(&self.path) } else { Ok(()) };
        let label = || format!("writing to {}", self.path.display());
        (written, kept.and_then(|()| synced.with_context(label)))
    }
}

fn file_name(session: Uuid) -> String {
    format!("{session}.json")
}

/// Looks whether a file holds a session's document, whole: at its two ends where these say enough,
/// else at all of it.
fn inspect(path: &Path, session: Uuid) -> io::Result<Found> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut head = Vec::new();
    file.by_ref().take(SMALL).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Found::Flawed("is empty".to_owned()));
    }
    if size > SMALL {
        let mut tail = Vec::new();
        file.seek(SeekFrom::End(-(TAIL.cast_signed())))?;
        file.by_ref().take(TAIL).read_to_end(&mut tail)?;
        if let Some(id) = session_in(&head)
            && ends_whole(&head, &tail)
        {
            return Ok(judge(&id, session));
        }
        file.seek(SeekFrom::Start(SMALL))?;
        file.read_to_end(&mut head)?;
    }
    let label = path.display().to_string().into();
    let origin = Origin::File { label, place: Place { line: 1, column: 1 }, beside: false };
    let checked = Document::new(Unread { origin, bytes: head }).and_then(|document| {
        let checked = document.check()?;
        Ok(judge(&checked.session_id, session))
    });
    Ok(checked.unwrap_or_else(|failure| Found::Flawed(format!("is {}", failure.message))))
}

fn judge(id: &str, session: Uuid) -> Found {
    if Uuid::parse_str(id).ok() == Some(session) {
        return Found::Whole;
    }
    Found::Flawed(format!("is the document of another session, {id}"))
}

/// Whether a document that begins and ends like this has its end. Only where all of it is on one
/// line, or all of its lines but the first and the last are indented, does a closing brace there
/// close the document and nothing in it.
fn ends_whole(head: &[u8], tail: &[u8]) -> bool {
    let indented = head.starts_with(b"{\n ") && tail.ends_with(b"\n}\n");
    let one_line = !head.contains(&b'\n')
        && tail.ends_with(b"}\n")
        && !tail[..tail.len() - 1].contains(&b'\n');
    indented || one_line
}

/// The `session_id` of a document that begins like this, where it has come by then.
fn session_in(head: &[u8]) -> Option<String> {
    let mut found = None;
    let mut deserializer = serde_json::Deserializer::from_slice(head);
    // Ends with an error in any case: at the id, or where the head breaks off.
    let _ = SessionId(&mut found).deserialize(&mut deserializer);
    found
}

/// Reads a document up to its `session_id`.
struct SessionId<'a>(&'a mut Option<String>);

impl<'de> DeserializeSeed<'de> for SessionId<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for SessionId<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a session_id")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if &*key == "session_id" {
                *self.0 = Some(map.next_value::<Text<'de>>()?.to_string());
                return Err(A::Error::custom("enough"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(bytes: &[u8]) -> bool {
        let tail = bytes.len().saturating_sub(usize::try_from(TAIL).unwrap());
        ends_whole(&bytes[..bytes.len().min(1000)], &bytes[tail..])
    }

    #[test]
    fn a_document_of_ours_that_is_cut_anywhere_does_not_end_whole() {
        let value = serde_json::json!({
            "a": {"session_id": "nested", "c": [{}, {"d": {}}, {"text": "}\n}\n"}]},
            "messages": (0..50).map(|n| serde_json::json!({"n": n, "e": {"f": []}})).collect::<Vec<_>>(),
            "z": {"y": {}},
        });
        let indented = format!("{}\n", serde_json::to_string_pretty(&value).unwrap());
        let one_line = format!("{value}\n");
        for text in [indented, one_line] {
            assert!(ends(text.as_bytes()));
            for cut in 0..text.len() {
                assert!(!ends(&text.as_bytes()[..cut]), "{:?}", &text[..cut]);
            }
        }
    }

    #[test]
    fn what_may_close_anything_says_nothing() {
        for text in
            ["{\n\"a\": {\n}\n}\n", "{\"a\":1}", "{\"a\":\n{}}\n", "{\n  \"a\": 1\n}", "}\n", ""]
        {
            assert!(!ends(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn the_session_of_a_document_is_found_in_what_there_is_of_it() {
        for (head, expected) in [
            (r#"{"session_id":"x","a"#, Some("x")),
            (r#"{"a":{"session_id":"y"},"session_id" : "x""#, Some("x")),
            (r#"{"a":["session_id","y"],"session_id":"x"}"#, Some("x")),
            (r#"{"session\u005fid":"x"}"#, Some("x")),
            (r#"{"a":{"session_id":"y"}"#, None),
            (r#"{"session_id":"x"#, None),
            (r#"{"session_id":5}"#, None),
            (r#"["session_id","x"]"#, None),
            ("", None),
        ] {
            assert_eq!(session_in(head.as_bytes()).as_deref(), expected, "{head}");
        }
    }
}
