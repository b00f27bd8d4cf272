//! Documents that cannot be read a second time, kept for it: fetched ones, and those of streams.

use std::collections::{HashMap, HashSet};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use anyhow::Context as _;
use tempfile::SpooledTempFile;

use crate::input::Item;
use crate::input::document::{Document, Origin, Unread};

/// Bytes that are kept in memory; more go to a file without a name.
const MEMORY: usize = 16 << 20;

/// What is kept.
pub(super) struct Spool {
    /// The files that can be read again, as the user named them.
    files: HashSet<String>,
    kept: SpooledTempFile,
    /// Where a session's document is, and how long; the first of several.
    places: HashMap<String, (Origin, u64, usize)>,
    end: u64,
}

impl Spool {
    /// Keeps what does not come from these.
    pub(super) fn new(files: &[Item]) -> Self {
        Self {
            files: files.iter().filter_map(Item::label).map(str::to_owned).collect(),
            kept: SpooledTempFile::new(MEMORY),
            places: HashMap::new(),
            end: 0,
        }
    }

    /// Keeps a session's document, unless it can be read again.
    ///
    /// Fails where the disk does.
    pub(super) fn keep(&mut self, session_id: &str, document: &Document) -> anyhow::Result<()> {
        let origin = document.origin();
        let is_file = matches!(origin, Origin::File { label, .. } if self.files.contains(&**label));
        if is_file || self.places.contains_key(session_id) {
            return Ok(());
        }
        let bytes = document.raw().as_bytes();
        self.kept.write_all(bytes).context("keeping a document in a temporary file")?;
        self.places.insert(session_id.to_owned(), (origin.clone(), self.end, bytes.len()));
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// A session's document, where it was kept.
    ///
    /// Fails where the disk does.
    pub(super) fn take(&mut self, session_id: &str) -> anyhow::Result<Option<Document>> {
        let Some((origin, begin, length)) = self.places.remove(session_id) else { return Ok(None) };
        let mut bytes = vec![0; length];
        self.kept
            .seek(SeekFrom::Start(begin))
            .and_then(|_| self.kept.read_exact(&mut bytes))
            .context("reading a document from a temporary file")?;
        Ok(Some(Document::new(Unread { origin, bytes })?))
    }
}
