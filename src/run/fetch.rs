//! `fetch`: print the analysis input, or write it to files.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use uuid::Uuid;

use super::figures::Asked;
use super::selection::Reader;
use super::{Done, Run};
use crate::cli::{FetchArgs, FetchFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::figures::by::By;
use crate::figures::fetch as figures;
use crate::figures::grouped::{FetchSummary, totals};
use crate::input::Item;
use crate::input::document::{Checked, Document, Origin};
use crate::render::frame::{Frame, Framed};
use crate::render::rows::{Format, Printer, write_figures};
use crate::render::{LayoutOptions, json};
use crate::rows::{Page, Row as _};
use crate::view::overview::{self as view, OverviewRow};

impl Run<'_> {
    /// `fetch`.
    pub(super) fn fetch(mut self, args: &FetchArgs) -> anyhow::Result<Exit> {
        let format = overview_format(args)?;
        if args.summary {
            return self.fetch_summary(args, format.unwrap_or(Format::Table));
        }
        if let Some(folder) = &args.out_dir {
            return self.fetch_into(folder, args);
        }
        if let Some(format) = format {
            return self.overview(args, format);
        }
        let documents = self.documents(&args.sessions)?;
        let mut out = self.out(false);
        let frame = Frame { lines: true, ..Frame::default() };
        let mut framed = Framed::new(frame, &mut out);
        let options = self.options.clone();
        let print = |document: &Reader<'_>, out: &mut dyn io::Write| {
            let (checked, remarks) = check(document)?;
            match args.format {
                Some(FetchFormat::Raw) => {
                    let raw = json::for_output(document.raw(), &options);
                    out.write_all(raw.as_bytes())?;
                }
                Some(FetchFormat::Ndjson) => {
                    json::one_line(document.json(), &checked.seams, &options, out)?;
                }
                _ => json::indented(document.json(), &checked.seams, &options, out)?,
            }
            Ok(Done::of(&checked.session_id, remarks, ()))
        };
        self.each(documents, &mut framed, print, Ok)?;
        framed.end()?;
        out.finish()?;
        Ok(self.close(false))
    }

    /// `fetch --overview`.
    fn overview(self, args: &FetchArgs, format: Format) -> anyhow::Result<Exit> {
        let pick = Self::pick::<OverviewRow<'_>>(&args.rows)?;
        let printer = Printer::new(format, &self.options, pick, &OverviewRow::columns(), true);
        self.print(&args.sessions, &printer, |document, out| {
            let input: view::Input<'_> = document.read()?;
            let row = || std::iter::once(view::row(&input));
            let made = printer.make(&OverviewRow::columns(), row, |_| Page::default(), out)?;
            Ok(Done::new(document, &input, (made, false)))
        })
    }

    /// `fetch --summary`.
    fn fetch_summary(mut self, args: &FetchArgs, format: Format) -> anyhow::Result<Exit> {
        let count = |document: &Reader<'_>, bys: &[By]| {
            let input: view::Input<'_> = document.read()?;
            let row = view::row(&input);
            let verdicts = input.rag_traces.iter().filter(|trace| trace.hit.is_some()).count();
            let counted = document.count(&input, &figures::PLAN, bys, |sorter| {
                figures::count(&row, verdicts, sorter);
                Ok(())
            })?;
            Ok(Done::new(document, &input, (counted, false)))
        };
        let asked = Asked {
            sessions: &args.sessions,
            figures: &args.figures,
            plan: &figures::PLAN,
            more: &[],
            format,
        };
        if asked.is_grouped() {
            return self.grouped::<OverviewRow<'_>>(&asked, count);
        }
        let bys = vec![By::nothing()];
        let (tables, matched) = self.sum(&args.sessions, &figures::PLAN, bys, count)?;
        if let [all] = &*tables {
            let figures = FetchSummary(all.total());
            let sections = || vec![totals(&figures::PLAN, &figures.0)];
            let mut out = self.out(format.is_for_reading());
            let lines = std::slice::from_ref(&figures);
            write_figures(&figures, lines, sections, format, &self.options, &mut out)?;
            out.finish()?;
        }
        Ok(self.close(matched))
    }

    /// `fetch --out-dir`.
    fn fetch_into(mut self, folder: &Path, args: &FetchArgs) -> anyhow::Result<Exit> {
        let folder = Folder::open(folder, args.force)?;
        let mut items = self.items(&args.sessions)?;
        let asked = items.len();
        items.retain(|item| match item {
            Item::Session(id) => !folder.has(&id.to_string()),
            Item::Documents { .. } => true,
        });
        let skipped = asked - items.len();
        let documents = self.open(items, false)?;
        let progress = Mutex::new((folder, skipped, 0_usize));
        let plain = LayoutOptions::default();
        let write = |document: &Reader<'_>, _: &mut dyn io::Write| {
            let (checked, remarks) = check(document)?;
            let name = match document.origin() {
                Origin::Session { id, .. } => id.to_string(),
                Origin::File { .. } => file_name(&checked.session_id, document)?,
            };
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            let (folder, skipped, written) = &mut *progress;
            // A file may hold a session that is there, or was a moment ago.
            if folder.has(&name) {
                *skipped += 1;
                return Ok(Done::of(&checked.session_id, remarks, ()));
            }
            folder.write(&name, |file| match args.format {
                Some(FetchFormat::Raw) => file.write_all(document.raw().as_bytes()),
                Some(FetchFormat::Ndjson) => {
                    json::one_line(document.json(), &checked.seams, &plain, file)
                }
                _ => json::indented(document.json(), &checked.seams, &plain, file),
            })?;
            *written += 1;
            Ok(Done::of(&checked.session_id, remarks, ()))
        };
        let mut nothing = io::sink();
        let mut framed = Framed::new(Frame::default(), &mut nothing);
        let ended = self.each(documents, &mut framed, write, Ok);
        let (folder, skipped, written) =
            progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.reporter.end_progress();
        let label = folder.path.display();
        let already =
            if skipped > 0 { format!(", {skipped} already there") } else { String::new() };
        let again = if ended.is_err() { "; run it again to go on" } else { "" };
        self.reporter.note(&format!("{written} written to {label}{already}{again}"));
        ended?;
        Ok(self.close(false))
    }
}

/// How the overview is to be printed, where it is what is asked for.
///
/// Fails where the options do not go together.
fn overview_format(args: &FetchArgs) -> Result<Option<Format>, Failure> {
    let format = match args.format {
        None => Some(Format::Table).filter(|_| args.overview),
        Some(FetchFormat::Table) => Some(Format::Table),
        Some(FetchFormat::Csv) => Some(Format::Csv),
        Some(FetchFormat::Markdown) => Some(Format::Markdown),
        Some(FetchFormat::Raw) if args.summary => {
            return Err(Failure::usage("--summary prints figures, and raw is for documents")
                .hint("use table, json, ndjson, csv or markdown"));
        }
        Some(FetchFormat::Json) => Some(Format::Json).filter(|_| args.overview || args.summary),
        Some(FetchFormat::Ndjson) => Some(Format::Ndjson).filter(|_| args.overview || args.summary),
        Some(FetchFormat::Raw) if args.overview => {
            return Err(Failure::usage("--overview prints rows, and raw is for documents")
                .hint("use table, json, ndjson, csv or markdown"));
        }
        Some(FetchFormat::Raw) => None,
    };
    if format.is_none() && args.rows.is_any() {
        return Err(Failure::usage("--fields, --sort and --limit are for the overview's rows")
            .hint("add --overview"));
    }
    if format.is_some() && args.out_dir.is_some() {
        return Err(Failure::usage("--out-dir writes documents, not an overview of them")
            .hint("use json, ndjson or raw; the overview comes from fetch --overview DIR"));
    }
    Ok(format)
}

/// Checks what `fetch` asks of a document; returns remarks.
fn check<'a>(document: &'a Reader<'_>) -> anyhow::Result<(Checked<'a>, Vec<String>)> {
    let checked = document.check()?;
    let version = checked.schema_version.and_then(|version| version.get().parse().ok());
    let remarks = document.remarks(&checked.session_id, version);
    Ok((checked, remarks))
}

/// The file name for a document that was not fetched: its session's id, which must be one.
fn file_name(session_id: &str, document: &Document) -> Result<String, Failure> {
    Uuid::parse_str(session_id).map(|id| id.to_string()).map_err(|_| {
        Failure::new(
            Exit::Failure,
            document.origin().subject(),
            format!("its session_id is no UUID, so it cannot name a file: {session_id}"),
        )
    })
}

/// Where `fetch --out-dir` writes to.
struct Folder {
    path: PathBuf,
    /// What is there already and stays.
    there: HashSet<String>,
}

impl Folder {
    /// Makes the folder where it is not there. Fails, before any request, where it cannot be used.
    fn open(path: &Path, force: bool) -> anyhow::Result<Self> {
        let label = || format!("writing to {}", path.display());
        if path.exists() && !path.is_dir() {
            return Err(Failure::usage(format!("--out-dir {} is no folder", path.display()))
                .hint("name a folder; it is made where it is not there")
                .into());
        }
        std::fs::create_dir_all(path).with_context(label)?;
        // Better to know now than after the first answer.
        Self::temporary(path, "probe").with_context(label)?;
        let mut there = HashSet::new();
        if !force {
            for entry in std::fs::read_dir(path).with_context(label)? {
                there.insert(entry.with_context(label)?.file_name().to_string_lossy().into_owned());
            }
        }
        Ok(Self { path: path.to_owned(), there })
    }

    fn has(&self, name: &str) -> bool {
        self.there.contains(&format!("{name}.json"))
    }

    /// A file that is readable by its owner alone and goes away unless it is kept.
    fn temporary(path: &Path, name: &str) -> io::Result<tempfile::NamedTempFile> {
        tempfile::Builder::new().prefix(&format!(".{name}.")).suffix(".part").tempfile_in(path)
    }

    /// Writes `NAME.json` beside and renames it, so that it is there whole or not at all.
    fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let path = self.path.join(format!("{name}.json"));
        let label = || format!("writing {}", path.display());
        let file = Self::temporary(&self.path, name).with_context(label)?;
        let mut buffered = io::BufWriter::new(file);
        write(&mut buffered).with_context(label)?;
        let file =
            buffered.into_inner().map_err(io::IntoInnerError::into_error).with_context(label)?;
        file.persist(&path).map_err(|error| error.error).with_context(label)?;
        self.there.insert(format!("{name}.json"));
        Ok(())
    }
}
