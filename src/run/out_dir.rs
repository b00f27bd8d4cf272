//! `fetch --out-dir`: a file a session.

use std::path::Path;

use clap::ValueEnum as _;
use uuid::Uuid;

use super::Run;
use super::fetch::check;
use crate::cli::{FetchArgs, FetchFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::Item;
use crate::input::document::{Document, Origin};
use crate::output::{Found, OutDir};
use crate::render::{LayoutOptions, json};

impl Run<'_> {
    /// `fetch --out-dir`.
    pub(super) fn fetch_into(mut self, folder: &Path, args: &FetchArgs) -> anyhow::Result<Exit> {
        if matches!(args.format, FetchFormat::Table | FetchFormat::Csv) {
            let name = args.format.to_possible_value().map(|value| value.get_name().to_owned());
            let name = name.unwrap_or_default();
            return Err(Failure::usage(format!("--out-dir writes documents, not --format {name}"))
                .hint("use json, ndjson or raw; the overview comes from fetch --format table DIR")
                .into());
        }
        let mut folder = OutDir::open(folder, args.force)?;
        let mut items = self.items(&args.sessions)?;
        let mut skipped = 0;
        items.retain(|item| match item {
            Item::Session(id) => self.is_wanted(&folder, *id, &mut skipped),
            Item::Documents { .. } => true,
        });
        let mut documents = self.open(items, false)?;
        let plain = LayoutOptions::default();
        let ended = self.each(&mut documents, |document| {
            let (checked, mut remarks) = check(document)?;
            let session = match document.origin() {
                Origin::Session { id, .. } => *id,
                Origin::File { .. } => {
                    let session = named(&checked.session_id, document)?;
                    // A file may hold a session that is there, or was a moment ago.
                    match folder.look(session)? {
                        Found::Nothing => {}
                        Found::Whole => {
                            skipped += 1;
                            return Ok(remarks);
                        }
                        Found::Flawed(reason) => {
                            let place = folder.place(session);
                            remarks.push(format!("{} {reason}; it is replaced", place.display()));
                        }
                    }
                    session
                }
            };
            folder.write(session, |file| match args.format {
                FetchFormat::Raw => file.write_all(document.raw().as_bytes()),
                FetchFormat::Ndjson => {
                    json::one_line(document.json(), &checked.seams, &plain, file)
                }
                _ => json::indented(document.json(), &checked.seams, &plain, file),
            })?;
            Ok(remarks)
        });
        self.reporter.end_progress();
        let label = folder.label();
        let (written, finished) = folder.finish();
        let already =
            if skipped > 0 { format!(", {skipped} already there") } else { String::new() };
        let ended = ended.and(finished);
        let again = if ended.is_err() { "; run it again to go on" } else { "" };
        self.reporter.note(&format!("{written} written to {label}{already}{again}"));
        ended?;
        Ok(self.close(false))
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
