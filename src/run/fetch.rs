//! `fetch`: print the analysis input, or write it to files.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum as _;
use uuid::Uuid;

use super::{Run, remarks};
use crate::cli::{FetchArgs, FetchFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::Item;
use crate::input::document::{Checked, Document, Origin};
use crate::render::csv::{self, Record as _};
use crate::render::overview::Overview;
use crate::render::{LayoutOptions, json, rows};
use crate::view::overview::{self as view, OverviewRow};

impl Run<'_> {
    /// `fetch`.
    pub(super) fn fetch(mut self, args: &FetchArgs) -> anyhow::Result<Exit> {
        if let Some(folder) = &args.out_dir {
            return self.fetch_into(folder, args);
        }
        match args.format {
            FetchFormat::Table => return self.overview(args),
            FetchFormat::Csv => return self.overview_csv(args),
            FetchFormat::Json | FetchFormat::Raw | FetchFormat::Ndjson => {}
        }
        let mut documents = self.documents(&args.sessions)?;
        let mut out = self.out(false);
        let options = self.options.clone();
        let mut unfinished = false;
        self.each(&mut documents, |document| {
            let (checked, remarks) = check(document)?;
            if std::mem::take(&mut unfinished) {
                out.write_all(b"\n")?;
            }
            match args.format {
                FetchFormat::Raw => {
                    let raw = json::for_output(document.raw(), &options);
                    out.write_all(raw.as_bytes())?;
                    unfinished = !raw.ends_with('\n');
                }
                FetchFormat::Ndjson => {
                    json::one_line(document.json(), &checked.seams, &options, &mut out)?;
                }
                _ => json::indented(document.json(), &checked.seams, &options, &mut out)?,
            }
            if document.is_fetched() {
                out.flush()?;
            }
            Ok(remarks)
        })?;
        out.finish()?;
        Ok(self.close(false))
    }

    /// `fetch --format table`: a row a session, laid out when all are known.
    fn overview(mut self, args: &FetchArgs) -> anyhow::Result<Exit> {
        let mut documents = self.documents(&args.sessions)?;
        let mut out = self.out(true);
        let options = self.options.clone();
        let mut overview = Overview::default();
        self.each(&mut documents, |document| {
            let input = document.read()?;
            overview.push(&view::row(&input), &options);
            Ok(remarks(document, &input))
        })?;
        if !overview.is_empty() {
            rows::write_text(&overview.section(&options), &options, &mut out)?;
        }
        out.finish()?;
        Ok(self.close(false))
    }

    /// `fetch --format csv`: the same, written as the sessions come.
    fn overview_csv(mut self, args: &FetchArgs) -> anyhow::Result<Exit> {
        let mut documents = self.documents(&args.sessions)?;
        let mut out = self.out(false);
        let mut writer = csv::Writer::new(OverviewRow::FIELDS, &mut out)?;
        self.each(&mut documents, |document| {
            let input = document.read()?;
            writer.push(&view::row(&input))?;
            Ok(remarks(document, &input))
        })?;
        writer.end()?;
        out.finish()?;
        Ok(self.close(false))
    }

    /// `fetch --out-dir`.
    fn fetch_into(mut self, folder: &Path, args: &FetchArgs) -> anyhow::Result<Exit> {
        if matches!(args.format, FetchFormat::Table | FetchFormat::Csv) {
            let name = args.format.to_possible_value().map(|value| value.get_name().to_owned());
            let name = name.unwrap_or_default();
            return Err(Failure::usage(format!("--out-dir writes documents, not --format {name}"))
                .hint("use json, ndjson or raw; the overview comes from fetch --format table DIR")
                .into());
        }
        let mut folder = Folder::open(folder, args.force)?;
        let mut items = self.items(&args.sessions)?;
        let asked = items.len();
        items.retain(|item| match item {
            Item::Session(id) => !folder.has(&id.to_string()),
            Item::Documents { .. } => true,
        });
        let mut skipped = asked - items.len();
        let mut documents = self.open(items, false)?;
        let mut written = 0_usize;
        let plain = LayoutOptions::default();
        let ended = self.each(&mut documents, |document| {
            let (checked, remarks) = check(document)?;
            let name = match document.origin() {
                Origin::Session { id, .. } => id.to_string(),
                Origin::File { .. } => file_name(&checked.session_id, document)?,
            };
            // A file may hold a session that is there, or was a moment ago.
            if folder.has(&name) {
                skipped += 1;
                return Ok(remarks);
            }
            folder.write(&name, |file| match args.format {
                FetchFormat::Raw => file.write_all(document.raw().as_bytes()),
                FetchFormat::Ndjson => {
                    json::one_line(document.json(), &checked.seams, &plain, file)
                }
                _ => json::indented(document.json(), &checked.seams, &plain, file),
            })?;
            written += 1;
            Ok(remarks)
        });
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

/// Checks what `fetch` asks of a document; returns remarks.
fn check(document: &Document) -> Result<(Checked<'_>, Vec<String>), Failure> {
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
