//! `fetch`: print the analysis input, or write it to a file.

use std::io;
use std::path::Path;

use super::figures::Asked;
use super::selection::Reader;
use super::{Done, Run};
use crate::cli::{FetchArgs, FetchFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::figures::by::By;
use crate::figures::fetch as figures;
use crate::figures::grouped::{FetchSummary, totals};
use crate::figures::table::Table;
use crate::input::document::Checked;
use crate::render::frame::{Frame, Framed};
use crate::render::json;
use crate::render::rows::{Format, Printer, write_figures};
use crate::rows::{Page, Row as _};
use crate::view::overview::{self as view, OverviewRow};

impl Run<'_> {
    /// `fetch`.
    pub(super) fn fetch(self, args: &FetchArgs) -> anyhow::Result<Exit> {
        let format = overview_format(args)?;
        if let Some(folder) = &args.out_dir {
            return self.fetch_into(folder, args);
        }
        match &args.output {
            Some(path) => self.fetch_to(path, args, format),
            None => self.fetch_out(args, format),
        }
    }

    /// `fetch --output`.
    fn fetch_to(
        mut self,
        path: &Path,
        args: &FetchArgs,
        format: Option<Format>,
    ) -> anyhow::Result<Exit> {
        let label = path.display();
        let what = if path.exists() { "left as it was" } else { "not written" };
        self.at_stake =
            Some(format!("{label} is {what}, since not all went well; --out-dir keeps what does"));
        self.into_file(path, |run| {
            let exit = run.fetch_out(args, format)?;
            // What a check found is no failure.
            Ok((exit, matches!(exit, Exit::Done | Exit::Matched | Exit::Unjudged)))
        })
    }

    /// `fetch`, wherever its output goes.
    fn fetch_out(mut self, args: &FetchArgs, format: Option<Format>) -> anyhow::Result<Exit> {
        if args.summary {
            return self.fetch_summary(args, format.unwrap_or(Format::Table));
        }
        if let Some(format) = format {
            return self.overview(args, format);
        }
        let documents = self.documents(&args.sessions)?;
        // Raw is for those who want what was sent, and nothing in its way.
        let mut out = self.out(args.format != Some(FetchFormat::Raw));
        let frame = Frame { lines: true, ..Frame::default() };
        let mut framed = Framed::new(frame, &mut out);
        let options = self.options.clone();
        let print = |document: &Reader<'_>, (): &mut (), out: &mut dyn io::Write| {
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
        self.each(documents, &mut framed, || (), print, Ok)?;
        framed.end()?;
        out.finish()?;
        Ok(self.close())
    }

    /// `fetch --overview`.
    fn overview(self, args: &FetchArgs, format: Format) -> anyhow::Result<Exit> {
        let pick = Self::pick::<OverviewRow<'_>>(&args.rows)?;
        let printer = Printer::new(format, &self.options, pick, &OverviewRow::columns(), true);
        self.print(&args.sessions, &printer, None, |document, out| {
            let input: view::Input<'_> = document.read()?;
            let row = || std::iter::once(view::row(&input));
            let made = printer.make(&OverviewRow::columns(), row, |_| Page::default(), out)?;
            Ok(Done::new(document, &input, made))
        })
    }

    /// `fetch --summary`.
    fn fetch_summary(mut self, args: &FetchArgs, format: Format) -> anyhow::Result<Exit> {
        let count = |document: &Reader<'_>, tables: &mut Vec<Table>| {
            let input: view::Input<'_> = document.read()?;
            let row = view::row(&input);
            let verdicts = input.rag_traces.iter().filter(|trace| trace.hit.is_some()).count();
            document.count(&input, tables, |sorter| {
                figures::count(&row, verdicts, sorter);
                Ok(())
            })?;
            Ok(Done::new(document, &input, ()))
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
        let bys = [By::nothing()];
        let tables = self.sum(&args.sessions, &figures::PLAN, &bys, count)?;
        if let [all] = &*tables {
            let figures = FetchSummary(all.total());
            let sections = || vec![totals(&figures::PLAN, &figures.0)];
            let mut out = self.out(format.is_for_reading());
            let lines = std::slice::from_ref(&figures);
            write_figures(&figures, lines, sections, format, &self.options, &mut out)?;
            out.finish()?;
        }
        Ok(self.close())
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
pub(super) fn check<'a>(document: &'a Reader<'_>) -> anyhow::Result<(Checked<'a>, Vec<String>)> {
    let checked = document.check()?;
    let version = checked.schema_version.and_then(|version| version.get().parse().ok());
    let remarks = document.remarks(&checked.session_id, version);
    Ok((checked, remarks))
}
