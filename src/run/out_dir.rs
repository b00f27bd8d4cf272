//! `fetch --out-dir`: a file a session.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::fetch::check;
use super::selection::Reader;
use super::{Done, Run};
use crate::cli::{FetchArgs, FetchFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::Item;
use crate::input::document::{Document, Origin};
use crate::output::{Found, OutDir, WholeFile};
use crate::render::frame::{Frame, Framed};
use crate::render::{LayoutOptions, json};

impl Run<'_> {
    /// `fetch --out-dir`.
    pub(super) fn fetch_into(mut self, folder: &Path, args: &FetchArgs) -> anyhow::Result<Exit> {
        let folder = OutDir::open(folder, args.force)?;
        let mut items = self.items(&args.sessions)?;
        let mut skipped = 0;
        items.retain(|item| match item {
            Item::Session(id) => self.is_wanted(&folder, *id, &mut skipped),
            Item::Documents { .. } => true,
        });
        let documents = self.open(items, false)?;
        let label = folder.label();
        let plain = LayoutOptions::default();
        let progress = Mutex::new(Progress { folder, skipped });
        let write = |document: &Reader<'_>, (): &mut (), _: &mut dyn io::Write| {
            let (checked, mut remarks) = check(document)?;
            let Some(mut file) =
                lock(&progress).begin(document, &checked.session_id, &mut remarks)?
            else {
                return Ok(Done::of(&checked.session_id, remarks, ()));
            };
            file.write(|file| match args.format {
                Some(FetchFormat::Raw) => file.write_all(document.raw().as_bytes()),
                Some(FetchFormat::Ndjson) => {
                    json::one_line(document.json(), &checked.seams, &plain, file)
                }
                _ => json::indented(document.json(), &checked.seams, &plain, file),
            })?;
            lock(&progress).folder.keep(file)?;
            Ok(Done::of(&checked.session_id, remarks, ()))
        };
        let mut nothing = io::sink();
        let mut framed = Framed::new(Frame::default(), &mut nothing);
        let ended = self.each(documents, &mut framed, || (), write, Ok);
        let Progress { folder, skipped } =
            progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.reporter.end_progress();
        let (written, finished) = folder.finish();
        let already =
            if skipped > 0 { format!(", {skipped} already there") } else { String::new() };
        let ended = ended.and(finished);
        let again = if ended.is_err() { "; run it again to go on" } else { "" };
        self.reporter.note(&format!("{written} written to {label}{already}{again}"));
        ended?;
        Ok(self.close())
    }

    /// Whether a session is to be fetched, by what stands in its place.
    fn is_wanted(&mut self, folder: &OutDir, session: Uuid, skipped: &mut usize) -> bool {
        match folder.look(session) {
            Ok(Found::Nothing) => return true,
            Ok(Found::Whole) => *skipped += 1,
            Ok(Found::Flawed(reason)) => {
                let place = folder.place(session);
                self.reporter.warn(&format!("{} {reason}; it is fetched again", place.display()));
                return true;
            }
            Err(failure) => {
                self.total += 1;
                self.reporter.failure(&failure);
            }
        }
        false
    }
}

/// What the workers share.
struct Progress {
    folder: OutDir,
    /// Documents that were there.
    skipped: usize,
}

/// A worker that panicked left the progress whole: it is changed in single steps.
fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    /// Begins the file of a document; None where there is one already, or was made a moment ago.
    ///
    /// Fails where it cannot be.
    fn begin(
        &mut self,
        document: &Document,
        session_id: &str,
        remarks: &mut Vec<String>,
    ) -> anyhow::Result<Option<WholeFile>> {
        let session = match document.origin() {
            // What is in its place was looked at before it was fetched.
            Origin::Session { id, .. } => return self.folder.begin(*id).map(Some),
            Origin::File { .. } => named(session_id, document)?,
        };
        match self.folder.look(session)? {
            Found::Nothing => {}
            Found::Whole => {
                self.skipped += 1;
                return Ok(None);
            }
            Found::Flawed(reason) => {
                let place = self.folder.place(session);
                remarks.push(format!("{} {reason}; it is replaced", place.display()));
            }
        }
        self.folder.begin(session).map(Some)
    }
}

/// The session of a document that was not fetched: its id, which must be one.
fn named(session_id: &str, document: &Document) -> Result<Uuid, Failure> {
    Uuid::parse_str(session_id).map_err(|_| {
        Failure::new(
            Exit::Failure,
            document.origin().subject(),
            format!("its session_id is no UUID, so it cannot name a file: {session_id}"),
        )
    })
}
