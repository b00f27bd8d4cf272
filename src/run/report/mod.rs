//! `report`: one page of HTML to look at and to pass on.

mod chapters;
mod spool;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use self::chapters::Folded;
use self::spool::Spool;
use super::figures::Side;
use super::selection::{LeftOut, Reader};
use super::{Done, Run};
use crate::cli::{ReportArgs, Selection};
use crate::exit::Exit;
use crate::figures::dashboard::{Asked, Dashboard, Views};
use crate::figures::gaps::Status;
use crate::input::document::Document;
use crate::input::{Documents, Item};
use crate::model::SessionAnalysisInput;
use crate::render::LayoutOptions;
use crate::render::html::{Chapter, Front, Page, Part, Places};
use crate::render::transcript::html::{self as transcripts, Extent};
use crate::rows::spell::{Spelling, counted};
use crate::view::rag::Rag;
use crate::view::transcript::{Input, Transcript};
use crate::view::{missing, overview, tools};

/// What is read of a document: all of it, for all views at once.
type Whole<'a> = SessionAnalysisInput<'a>;

/// Bytes that the transcripts of several sessions may take.
const ROOM: usize = 3 << 20;

/// What is read a second time: files, and what was kept of the rest.
struct Again {
    files: Vec<Item>,
    spool: Spool,
}

impl Run<'_> {
    /// `report`.
    pub(super) fn report(self, args: &ReportArgs) -> anyhow::Result<Exit> {
        let asked = Asked::new(&args.by, self.options.spelling.zone)?;
        if let Some(path) = &args.out {
            return self.into_file(path, |run| run.report_out(args, &asked));
        }
        if self.terminal.stdout {
            self.reporter.note("a page is for a browser: --out FILE writes it to a file");
        }
        self.report_out(args, &asked).map(|(exit, _)| exit)
    }

    /// `report`, wherever its output goes; says whether there is a page.
    fn report_out(mut self, args: &ReportArgs, asked: &Asked) -> anyhow::Result<(Exit, bool)> {
        self.listed = Some(Vec::new());
        let mut again = Again { files: Vec::new(), spool: Spool::new(&[]) };
        let (base, now) = self.sides(&args.sessions, &args.against, |run, items, side| {
            if side == Side::Before {
                return run.fold_dashboard(items, asked, None);
            }
            again.files = items.iter().filter_map(Item::again).collect();
            let spool = Mutex::new(Spool::new(&again.files));
            let now = run.fold_dashboard(items, asked, Some(&spool))?;
            again.spool = spool.into_inner().unwrap_or_else(PoisonError::into_inner);
            Ok(now)
        })?;
        if now.count() == 0 {
            let none = if self.reporter.has_failures() { "could be read" } else { "was selected" };
            self.reporter.note(&format!("nothing to report: no session {none}"));
            let exit = self.close();
            return Ok((if exit == Exit::Done { Exit::Unjudged } else { exit }, false));
        }
        let mut out = self.out(true);
        if now.count() == 1 && base.is_none() && args.by.is_empty() {
            self.write_session(&now, args, again, &mut out)?;
        } else {
            self.write_dashboard(&now, base.as_ref(), args, again, &mut out)?;
        }
        out.finish()?;
        Ok((self.close(), true))
    }

    /// Folds documents into a dashboard; those that cannot be read again go to the spool.
    fn fold_dashboard<'p>(
        &mut self,
        items: Vec<Item>,
        asked: &'p Asked,
        spool: Option<&Mutex<Spool>>,
    ) -> anyhow::Result<Dashboard<'p>> {
        let add = |document: &Reader<'_>, dashboard: &mut Dashboard<'p>| {
            let input: Whole<'_> = document.read()?;
            let rag = Rag::new(&input);
            let row = overview::row_of(&rag);
            let calls = tools::rows(&input.session_id, &input.messages, &input.tool_calls);
            let missing = missing::rows(&input);
            let views = Views { row: &row, rag: &rag, calls: &calls, missing: &missing };
            dashboard.add(&input, &views)?;
            if let Some(spool) = spool {
                let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
                spool.keep(&input.session_id, document)?;
            }
            Ok(Done::new(document, &input, ()))
        };
        self.fold(items, || asked.empty(), add)
    }

    /// Reads these sessions once more, and has `visit` look at each, with its place among them.
    fn visit(
        &mut self,
        wanted: &[String],
        mut again: Again,
        mut visit: impl FnMut(usize, &Reader<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let selection = Arc::clone(&self.selection);
        let mut left: HashMap<&str, usize> =
            wanted.iter().enumerate().map(|(place, id)| (&**id, place)).collect();
        let mut look = |document: &Document, left: &mut HashMap<&str, usize>| {
            let Some(id) = document.session_id() else { return Ok(()) };
            let Some(place) = left.get(&*id).copied() else { return Ok(()) };
            match visit(place, &Reader::new(document, &selection, None)) {
                // Of two documents of a session, it may be the other that is wanted.
                Err(error) if error.is::<LeftOut>() => {}
                visited => {
                    visited?;
                    left.remove(&*id);
                }
            }
            anyhow::Ok(())
        };
        for id in wanted {
            if let Some(document) = again.spool.take(id)? {
                look(&document, &mut left)?;
            }
        }
        let mut documents = Documents::new(again.files, None, self.cli.connection.max_size);
        while !left.is_empty()
            && let Some(next) = documents.next(self.reporter)?
        {
            // What cannot be read was told the first time.
            if let Ok(Ok(document)) = next.map(Document::new) {
                look(&document, &mut left)?;
            }
        }
        Ok(())
    }

    /// How transcripts are laid out.
    fn page_options(&self, full: bool) -> LayoutOptions {
        let spelling = Spelling { zone: self.options.spelling.zone, ..Spelling::default() };
        LayoutOptions { spelling, full, ..LayoutOptions::default() }
    }

    /// The page of one session.
    fn write_session(
        &mut self,
        now: &Dashboard<'_>,
        args: &ReportArgs,
        again: Again,
        out: &mut dyn io::Write,
    ) -> anyhow::Result<()> {
        let options = self.page_options(true);
        let mut failures = self.failures();
        self.visit(&now.listed_ids(), again, |_, document| {
            let input: Input<'_> = document.read()?;
            let transcript = Transcript::new(&input);
            let reasons = missing::rows(&input);
            let mut chapters =
                chapters::of_session(&transcript, &input, &reasons, &options.spelling);
            chapters.extend(failures.take());
            let (first, last) = (("facts", "Facts"), ("transcript", "Transcript"));
            let own = |(id, title): (&'static str, &str)| (id, title.to_owned());
            let front = Front {
                title: title(args, || format!("Session {}", input.session_id)),
                about: vec![overview::how(&input)],
                chapters: [own(first)]
                    .into_iter()
                    .chain(names(&chapters))
                    .chain([own(last)])
                    .collect(),
            };
            let mut page = Page::begin(&front, out)?;
            page.chapter_by(first, |out| {
                transcripts::write(&transcript, Extent::Facts, "", &options, out)
            })?;
            for chapter in &chapters {
                page.chapter(chapter, &Places::default())?;
            }
            page.chapter_by(last, |out| {
                transcripts::write(&transcript, Extent::Turns, "", &options, out)
            })?;
            page.end()?;
            Ok(())
        })
    }

    /// The page of several sessions.
    fn write_dashboard(
        &mut self,
        now: &Dashboard<'_>,
        base: Option<&Dashboard<'_>>,
        args: &ReportArgs,
        again: Again,
        out: &mut dyn io::Write,
    ) -> anyhow::Result<()> {
        let gaps = now.gaps.rows(base.map(|base| &base.gaps));
        let is_now = |status| !matches!(status, Some(Status::Closed | Status::NotAsked));
        let named = gaps.iter().filter(|row| is_now(row.status));
        let named = named.map(|row| row.session_id.to_owned());
        let mut seen = HashSet::new();
        let is_first = |id: &String| seen.insert(id.clone());
        let wanted = named.chain(now.listed_ids()).filter(is_first).take(args.transcripts);
        let wanted: Vec<String> = wanted.collect();
        let (folded, crowded) = self.fold_in(&wanted, again)?;
        let places = Places::new(folded.iter().map(|one| (&*one.session_id, one.anchor.clone())));
        let zone = self.options.spelling.zone;
        let spelling = Spelling { zone, short: true, ..Spelling::default() };
        let mut chapters = chapters::of_dashboard(now, base, &gaps, &spelling);
        chapters.extend(chapters::of_transcripts(&folded, crowded));
        chapters.extend(self.failures());
        let title = title(args, || "Feather sessions".to_owned());
        let mut about = about(now, base, &args.sessions.selection, &zone.name());
        about.extend(self.repeated_words());
        let front = Front { title, about, chapters: names(&chapters).collect() };
        let mut page = Page::begin(&front, out)?;
        for chapter in &chapters {
            page.chapter(chapter, &places)?;
        }
        page.end()?;
        Ok(())
    }

    /// The transcripts of these sessions as far as there is room, in their order, and how many there
    /// is no room for.
    fn fold_in(&mut self, wanted: &[String], again: Again) -> anyhow::Result<(Vec<Folded>, usize)> {
        let options = self.page_options(false);
        let mut folded: BTreeMap<usize, Folded> = BTreeMap::new();
        let (mut taken, mut crowded) = (0, 0);
        self.visit(wanted, again, |place, document| {
            let input: Input<'_> = document.read()?;
            let transcript = Transcript::new(&input);
            let anchor = format!("s{}", place + 1);
            let (turns, mut page) = (format!("{anchor}-"), Vec::new());
            transcripts::write(&transcript, Extent::Whole, &turns, &options, &mut page)?;
            if page.len() > ROOM {
                crowded += 1;
                return Ok(());
            }
            let (session_id, title) = (input.session_id.to_string(), overview::title(&input));
            taken += page.len();
            folded.insert(place, Folded { session_id, title, anchor, page });
            // Those that come first come first, in whichever order they are read.
            while taken > ROOM
                && let Some((_, last)) = folded.pop_last()
            {
                taken -= last.page.len();
                crowded += 1;
            }
            Ok(())
        })?;
        Ok((folded.into_values().collect(), crowded))
    }

    /// The documents that could not be read, where there are any.
    fn failures<'p>(&self) -> Option<Chapter<'p>> {
        let failures = self.listed.as_ref().filter(|failures| !failures.is_empty())?;
        let notes = failures
            .iter()
            .map(|failure| self.reporter.without_key(failure).into_owned())
            .collect();
        let title = "What could not be read".to_owned();
        Some(Chapter { id: "failures", title, parts: vec![Part::Notes(notes)] })
    }
}

/// The chapters by name and title.
fn names(chapters: &[Chapter<'_>]) -> impl Iterator<Item = (&'static str, String)> {
    chapters.iter().map(|chapter| (chapter.id, chapter.title.clone()))
}

/// The title that was asked for, or another.
fn title(args: &ReportArgs, other: impl FnOnce() -> String) -> String {
    let asked = args.title.clone().filter(|title| !title.trim().is_empty());
    asked.unwrap_or_else(other)
}

/// What a dashboard is of.
fn about(
    now: &Dashboard<'_>,
    base: Option<&Dashboard<'_>>,
    selection: &Selection,
    zone: &str,
) -> Vec<String> {
    let sessions = |dashboard: &Dashboard<'_>| {
        let days = dashboard.days().map(|(first, last)| {
            if first == last { format!(" of {first}") } else { format!(" from {first} to {last}") }
        });
        let sessions = counted(dashboard.count(), "session", "sessions");
        format!("{sessions}{}", days.unwrap_or_default())
    };
    let mut lines = vec![format!("{} ({zone})", sessions(now))];
    lines.extend(base.map(|base| format!("held against {}", sessions(base))));
    let since = selection.since.map(|time| format!("since {time}"));
    let until = selection.until.map(|time| format!("until {time}"));
    let conditions: Vec<String> =
        selection.conditions.iter().cloned().chain(since).chain(until).collect();
    if !conditions.is_empty() {
        lines.push(format!("only those with {}", conditions.join(", ")));
    }
    lines
}
