//! `fetch`: print the analysis input, or write it to a file.

use std::io::{self, Write as _};

use super::{Run, remarks};
use crate::cli::{FetchArgs, FetchFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::document::{Checked, Document};
use crate::output::Target;
use crate::render::csv::{self, Record as _};
use crate::render::overview::Overview;
use crate::render::{json, rows};
use crate::view::overview::{self as view, OverviewRow};

impl Run<'_> {
    /// `fetch`.
    pub(super) fn fetch(mut self, args: &FetchArgs) -> anyhow::Result<Exit> {
        if let Some(folder) = &args.out_dir {
            return self.fetch_into(folder, args);
        }
        let Some(path) = &args.output else {
            return self.fetch_out(args);
        };
        let target = Target::open(path)?;
        let label = path.display();
        let what = if path.exists() { "left as it was" } else { "not written" };
        self.at_stake = matches!(target, Target::File(_)).then(|| {
            format!("{label} is {what}, since not all went well; --out-dir keeps what does")
        });
        self.sink = target.handle()?;
        let written = self.fetch_out(args).and_then(|exit| {
            if exit == Exit::Done {
                target.keep()?;
            }
            Ok(exit)
        });
        written.map_err(|error| {
            // What has no context failed at the output.
            let bare = error.is::<io::Error>();
            if bare { error.context(format!("writing {label}")) } else { error }
        })
    }

    /// `fetch`, wherever its output goes.
    fn fetch_out(mut self, args: &FetchArgs) -> anyhow::Result<Exit> {
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
}

/// Checks what `fetch` asks of a document; returns remarks.
pub(super) fn check(document: &Document) -> Result<(Checked<'_>, Vec<String>), Failure> {
    let checked = document.check()?;
    let version = checked.schema_version.and_then(|version| version.get().parse().ok());
    let remarks = document.remarks(&checked.session_id, version);
    Ok((checked, remarks))
}
