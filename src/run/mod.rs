//! One short function a command: load → view → render.

mod completions;
mod demo;
mod feed;
mod fetch;
mod figures;
mod gaps;
mod gate;
#[cfg(test)]
mod generated;
mod help;
#[cfg(test)]
mod man;
mod missing;
mod mistakes;
mod opening;
mod out_dir;
mod parts;
mod prefixes;
mod rag;
#[cfg(test)]
mod reference;
mod report;
mod schema;
mod selection;
mod taking;
mod tally;
mod tools;
mod transcript;
mod unparsed;
mod workers;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use clap::CommandFactory as _;

pub use self::completions::complete;
use self::feed::{Next, Queue};
use self::selection::{Reader, Selection};
use self::taking::{Done, Made, Taking};
use self::tally::{Filter, Tally};
pub use self::unparsed::unparsed;
use self::workers::in_order;
use crate::cli::{self, Cli, Command, RowFormat, Sessions};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::figures::Merge;
use crate::input::document::Document;
use crate::input::{Documents, Item};
use crate::output::{self, Out, Reporter, Target, Terminal};
use crate::render::LayoutOptions;
use crate::render::frame::{Frame, Framed};
use crate::render::rows::{Collected, Format, Printer};
use crate::render::style::Styles;
use crate::rows::spell::{self, Spelling, Zone, counted};
use crate::rows::{Page, Pick, Row};

/// The command tree for these arguments, fitted for help where they ask for it.
pub fn tree(arguments: &[OsString]) -> clap::Command {
    help::fitted(command(), arguments)
}

/// The whole command tree, with the exit codes in its help.
pub fn command() -> clap::Command {
    let codes = Exit::table();
    Cli::command().after_long_help(format!(
        "\
Start here, without a key or a network:
  feather-analysis transcript --demo

Then, with a key:
  export FEATHER_API_KEY=…
  feather-analysis fetch 7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11 > session.json
  feather-analysis rag session.json --only miss

The manual: feather-analysis help; of these options: feather-analysis help connection, help output

Exit codes:
{codes}"
    ))
}

/// Runs a command and tells what went wrong.
pub fn run(cli: &Cli) -> Exit {
    let terminal = Terminal::resolve(&cli.output);
    let mut reporter = Reporter::new(&cli.output, &terminal);
    let result = match &cli.command {
        command if command.lacks_summary() => {
            Err(Failure::usage("--by groups the figures of --summary").hint("add --summary").into())
        }
        Command::Completions { shell } => completions::print(*shell),
        Command::Schema { rows } => schema::print(rows.as_deref(), &terminal),
        Command::Help { about } => help::print(about.as_deref(), &terminal),
        Command::Demo { port, list } => demo::serve(*port, *list, &reporter),
        Command::Fetch(args) => {
            let elsewhere = args.output.as_deref().is_some_and(|path| !output::is_stdout(path));
            let terminal = if elsewhere { terminal.of_file(&cli.output) } else { terminal };
            Run::new(cli, terminal, &mut reporter).fetch(args)
        }
        Command::Transcript(args) => Run::new(cli, terminal, &mut reporter).transcript(args),
        Command::Rag(args) => Run::new(cli, terminal, &mut reporter).rag(args),
        Command::Tools(args) => Run::new(cli, terminal, &mut reporter).tools(args),
        Command::Missing(args) => Run::new(cli, terminal, &mut reporter).missing(args),
        Command::Gaps(args) => Run::new(cli, terminal, &mut reporter).gaps(args),
        Command::Report(args) => Run::new(cli, terminal, &mut reporter).report(args),
    };
    let exit = result.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            reporter.end_progress();
            return Exit::Done;
        }
        let failure = match error.downcast::<Failure>() {
            Ok(failure) => failure,
            Err(error) => {
                // What has no context failed where every command does: at its output.
                let bare = error.chain().count() == 1 && error.is::<io::Error>();
                let message = if bare {
                    format!("writing the output: {error}")
                } else {
                    format!("{error:#}")
                };
                Failure::new(Exit::Failure, Subject::Run, message)
            }
        };
        reporter.fatal(&failure);
        failure.exit
    });
    reporter.tell_width();
    exit
}

/// Whether the reader of our output went away, which is its right.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// What the commands over sessions share.
struct Run<'a> {
    cli: &'a Cli,
    terminal: Terminal,
    options: LayoutOptions,
    reporter: &'a mut Reporter,
    /// Documents so far, good or not.
    total: usize,
    /// Sessions so far, and how many of the documents were of one that came before.
    seen: HashSet<u64>,
    /// The sessions that these are held against.
    before: HashSet<u64>,
    repeated: usize,
    /// Which documents are wanted, and how many were.
    selection: Arc<Selection>,
    selected: usize,
    /// Sessions that were given and, by their ids, are not wanted.
    passed_over: usize,
    /// What there is to say at the end.
    tally: Tally,
    /// Which of two sides the documents are of, where some are held against others.
    side: Option<&'static str>,
    /// Where the output goes, if not to standard output.
    sink: Option<Arc<File>>,
    /// What to tell of the file that is replaced, or made, only if nothing fails.
    at_stake: Option<String>,
    /// What failed, where the output lists it.
    listed: Option<Vec<String>>,
}

impl<'a> Run<'a> {
    fn new(cli: &'a Cli, terminal: Terminal, reporter: &'a mut Reporter) -> Self {
        let zone = match cli.output.tz {
            cli::Zone::Utc => Zone::Utc,
            cli::Zone::Local => Zone::Local,
            cli::Zone::Fixed(offset) => Zone::Fixed(offset),
            cli::Zone::Named(zone) => Zone::Named(zone),
        };
        let wide = terminal.width.is_none();
        let options = LayoutOptions {
            width: terminal.width,
            styles: Styles::new(terminal.color),
            spelling: Spelling { zone, short: !wide, bars: terminal.stdout && !wide, dates: false },
            full: false,
            excel: cli.output.excel,
            terminal: terminal.stdout,
            widest: reporter.widest().filter(|_| terminal.beside.is_some()),
        };
        Self {
            cli,
            terminal,
            options,
            reporter,
            total: 0,
            seen: HashSet::new(),
            before: HashSet::new(),
            repeated: 0,
            selection: Arc::default(),
            selected: 0,
            passed_over: 0,
            tally: Tally::default(),
            side: None,
            sink: None,
            at_stake: None,
            listed: None,
        }
    }

    /// Where the command's output goes: to a pager where it is for reading and on a terminal.
    fn out(&self, for_reading: bool) -> Out {
        let out = match &self.sink {
            Some(file) => Out::file(Arc::clone(file)),
            None if for_reading => Out::paged(&self.terminal),
            None => Out::stdout(),
        };
        // Until all are seen, a session may turn out not to be the only one that was meant.
        if self.selection.prefixes.is_empty() { out } else { out.held() }
    }

    /// Has `write` send its output to a file, which gets its place where `write` says that it is to be
    /// kept.
    ///
    /// Fails where nothing can be written there, before `write` does anything.
    fn into_file(
        mut self,
        path: &Path,
        write: impl FnOnce(Self) -> anyhow::Result<(Exit, bool)>,
    ) -> anyhow::Result<Exit> {
        let target = Target::open(path)?;
        // What is no file cannot be left as it was.
        self.at_stake = self.at_stake.take().filter(|_| matches!(target, Target::File(_)));
        self.sink = target.handle()?.map(Arc::new);
        let written = write(self).and_then(|(exit, is_kept)| {
            if is_kept {
                target.keep()?;
            }
            Ok(exit)
        });
        written.map_err(|error| {
            // What has no context failed at the output.
            let bare = error.is::<io::Error>();
            if bare { error.context(format!("writing {}", path.display())) } else { error }
        })
    }

    /// The exit code at the end: that of the failures, else that of a `--fail-on` that matched.
    fn close(self) -> Exit {
        let nothing = !self.selection.is_all() && self.selected == 0;
        if let Some(note) = self.at_stake.filter(|_| self.reporter.has_failures()) {
            self.reporter.note(&note);
        }
        for unknown in self.tally.unknown_names() {
            self.reporter.warn(&unknown);
        }
        let mut matched = false;
        let exit = self.reporter.close(self.total);
        for row in self.tally.gate.matched() {
            self.reporter.matched(&row);
            matched = true;
        }
        match exit {
            Exit::Done if nothing && self.cli.command.is_gate() => {
                self.reporter.note("nothing to judge: no session was selected");
                Exit::Unjudged
            }
            Exit::Done if matched => Exit::Matched,
            exit => exit,
        }
    }

    /// Makes each document's piece of the output, on all cores and in order, and hands what else came
    /// of it to `take`. What fails is told, and the rest go on. Every core has a `state` of its own;
    /// they are given back.
    fn each<A: Send, T: Send + 'static>(
        &mut self,
        mut documents: Documents,
        out: &mut Framed<'_>,
        state: impl Fn() -> A + Sync,
        make: impl Fn(&Reader<'_>, &mut A, &mut dyn io::Write) -> anyhow::Result<Done<T>> + Sync,
        take: impl FnMut(T) -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<A>> {
        let first = documents.next(self.reporter).transpose();
        let queue = Queue { ended: first.is_none(), first, rest: documents };
        let cores = thread::available_parallelism()?.get();
        // One document is one thread's work, who may share it out.
        let alone = queue.rest.is_exhausted();
        let workers = if alone { 1 } else { cores };
        let cores = alone.then_some(cores);
        let selection = Arc::clone(&self.selection);
        let make = |next: Next, state: &mut A, out: &mut dyn io::Write| {
            let document = Document::new(next??)?;
            let value = make(&Reader::new(&document, &selection, cores), state, out)?;
            let subject = (!value.remarks.is_empty()).then(|| document.origin().subject());
            Ok(Made { subject, fetched: document.is_fetched(), value })
        };
        let mut taking = Taking { run: self, out, take, selected: 0, left_out: 0 };
        let states = in_order(queue, workers, state, make, &mut taking)?;
        let Taking { selected, left_out, .. } = taking;
        self.reporter.end_progress();
        self.selected += selected;
        if !self.selection.is_all() {
            let seen = selected + left_out + std::mem::take(&mut self.passed_over);
            self.selection.prefixes.settle(seen)?;
            let all = counted(seen, "session", "sessions");
            let side = self.side.map(|side| format!(" {side}")).unwrap_or_default();
            self.reporter.note(&format!("{} of {all}{side} selected", spell::count(selected)));
        }
        Ok(states)
    }

    /// Prints every document's rows; `make` gives those that are to be held until all are known. With a
    /// `filter`, which names what it leaves, sessions of which nothing is left are left out.
    fn print(
        mut self,
        sessions: &Sessions,
        printer: &Printer,
        filter: Option<Filter>,
        make: impl Fn(&Reader<'_>, &mut dyn io::Write) -> anyhow::Result<Done<Collected>> + Sync,
    ) -> anyhow::Result<Exit> {
        let documents = self.documents(sessions)?;
        let mut out = self.out(printer.is_for_reading());
        let mut framed = Framed::new(printer.frame(), &mut out);
        let mut collected = printer.collected();
        let make =
            |document: &Reader<'_>, (): &mut (), out: &mut dyn io::Write| make(document, out);
        let take = |made| {
            collected.extend(made);
            Ok(())
        };
        self.each(documents, &mut framed, || (), make, take)?;
        printer.end(collected, &mut framed)?;
        let (aside, _) = self.tally.of_one();
        framed.write_all(&aside)?;
        if let Some(left) = filter.and_then(|filter| self.tally.left(&filter)) {
            framed.next();
            printer.last_line(&left, &mut framed)?;
        }
        framed.end()?;
        out.finish()?;
        Ok(self.close())
    }

    /// Folds what sessions named into figures, of which each core makes its own; `add` folds a document
    /// in.
    fn fold<A: Merge + Send>(
        &mut self,
        items: Vec<Item>,
        empty: impl Fn() -> A + Sync,
        add: impl Fn(&Reader<'_>, &mut A) -> anyhow::Result<Done<()>> + Sync,
    ) -> anyhow::Result<A> {
        // What comes again is looked for on one side.
        (self.seen, self.repeated) = (HashSet::new(), 0);
        let documents = self.open(items, true)?;
        let mut nothing = io::sink();
        let mut framed = Framed::new(Frame::default(), &mut nothing);
        let add =
            |document: &Reader<'_>, figures: &mut A, _: &mut dyn io::Write| add(document, figures);
        let figures = self.each(documents, &mut framed, &empty, add, Ok)?;
        if let Some(message) = self.repeated_words() {
            self.reporter.warn(&message);
        }
        let both = self.seen.intersection(&self.before).count();
        if both > 0 {
            let are = counted(both, "session stands", "sessions stand");
            self.reporter.warn(&format!("{are} on both sides, held against what is the same"));
        }
        let mut all = empty();
        for figures in figures {
            all.merge(figures);
        }
        Ok(all)
    }

    /// What is to be borne in mind where sessions came more than once.
    fn repeated_words(&self) -> Option<String> {
        let documents = counted(self.repeated, "document is", "documents are");
        (self.repeated > 0)
            .then(|| format!("{documents} of a session that came before; every one is counted"))
    }

    /// Prints rows of figures: one table for people.
    fn figures<R: Row>(&self, rows: &[R], page: Page, format: RowFormat) -> anyhow::Result<()> {
        let mut out = self.out(format.is_for_reading());
        let pick = Pick::new::<R>(&[], &[], None)?;
        let columns = R::columns();
        let printer = Printer::new(format.into(), &self.options, pick, &columns, false);
        let mut framed = Framed::new(printer.frame(), &mut out);
        printer.make(&columns, || rows.iter(), |_| page, &mut framed)?;
        framed.end()?;
        out.finish()?;
        Ok(())
    }

    /// The rows and fields that are wanted of rows of type `R`.
    fn pick<R: Row>(rows: &cli::Rows) -> Result<Pick, Failure> {
        Pick::new::<R>(&rows.fields, &rows.sort, rows.limit)
    }
}

impl From<RowFormat> for Format {
    fn from(format: RowFormat) -> Self {
        match format {
            RowFormat::Table => Self::Table,
            RowFormat::Json => Self::Json,
            RowFormat::Ndjson => Self::Ndjson,
            RowFormat::Csv => Self::Csv,
            RowFormat::Markdown => Self::Markdown,
        }
    }
}
