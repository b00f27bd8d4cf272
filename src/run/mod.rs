//! One short function a command: load → view → render.

mod completions;
mod demo;
mod fetch;
#[cfg(test)]
mod generated;
mod missing;
mod rag;
mod tools;
mod transcript;

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory as _;
use uuid::Uuid;

use crate::api::{self, BaseUrl, Client, Key};

use crate::cli::{self, Cli, Command, RowFormat, Sessions};
use crate::demo as samples;
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::document::Document;
use crate::input::{self, Documents, Fetches, Item, Plan};
use crate::model::{Number, SessionAnalysisInput};
use crate::output::Reporter;
use crate::output::{Out, Terminal};
use crate::render::LayoutOptions;
use crate::render::rows::Format;
use crate::render::style::Styles;
use crate::rows::spell::Zone;

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

Exit codes:
{codes}"
    ))
}

/// Runs a command and tells what went wrong.
pub fn run(cli: &Cli) -> Exit {
    let terminal = Terminal::resolve(&cli.output);
    let mut reporter = Reporter::new(&cli.output, &terminal);
    let result = match &cli.command {
        Command::Completions { shell } => completions::print(*shell),
        Command::Demo { port, list } => demo::serve(*port, *list, &reporter),
        Command::Fetch(args) => Run::new(cli, terminal, &mut reporter).fetch(args),
        Command::Transcript(args) => Run::new(cli, terminal, &mut reporter).transcript(args),
        Command::Rag(args) => Run::new(cli, terminal, &mut reporter).rag(args),
        Command::Tools(args) => Run::new(cli, terminal, &mut reporter).tools(args),
        Command::Missing(args) => Run::new(cli, terminal, &mut reporter).missing(args),
    };
    result.unwrap_or_else(|error| {
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
    })
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
}

impl<'a> Run<'a> {
    fn new(cli: &'a Cli, terminal: Terminal, reporter: &'a mut Reporter) -> Self {
        let options = LayoutOptions {
            width: terminal.width,
            styles: Styles::new(terminal.color),
            zone: match cli.output.tz {
                cli::Zone::Utc => Zone::Utc,
                cli::Zone::Local => Zone::Local,
                cli::Zone::Fixed(offset) => Zone::Fixed(offset),
            },
            short_ids: terminal.width.is_some(),
            terminal: terminal.stdout,
        };
        Self { cli, terminal, options, reporter, total: 0 }
    }

    /// The documents that `sessions` names, in their order.
    fn documents(&mut self, sessions: &Sessions) -> anyhow::Result<Documents> {
        let items = self.items(sessions)?;
        self.open(items, true)
    }

    /// What `sessions` names. No request is made.
    fn items(&mut self, sessions: &Sessions) -> anyhow::Result<Vec<Item>> {
        let connection = &self.cli.connection;
        let key_from_stdin =
            connection.api_key_file.as_ref().is_some_and(|path| path.as_os_str() == "-");
        if sessions.sessions.is_empty() {
            if connection.demo {
                return Ok(vec![Item::Session(samples::SHOWCASE)]);
            }
            return Err(Failure::usage("no session was named")
                .hint("name a UUID, a saved document, a folder, or -; or try --demo")
                .into());
        }
        let items = input::resolve(&sessions.sessions, key_from_stdin)?;
        if items.is_empty() {
            // Done, as an empty list would have it, would let a check of nothing pass.
            return Err(Failure::usage("the input names no session")
                .hint("it was empty, or held only blank lines and comments")
                .into());
        }
        Ok(items)
    }

    /// The items' documents; starts fetching where there is something to fetch.
    fn open(&mut self, items: Vec<Item>, ordered: bool) -> anyhow::Result<Documents> {
        let connection = &self.cli.connection;
        let sessions: Vec<Uuid> = items
            .iter()
            .filter_map(|item| match item {
                Item::Session(id) => Some(*id),
                Item::Documents { .. } => None,
            })
            .collect();
        if sessions.is_empty() {
            return Ok(Documents::new(items, None, connection.max_size));
        }
        let plan = Plan {
            jobs: connection.jobs.get(),
            retries: connection.retries,
            wait: connection.wait,
            ordered,
        };
        let client = self.client(plan.jobs.min(sessions.len()))?;
        let scrolls = self.terminal.stdout && ordered;
        self.reporter.start_progress(sessions.len(), scrolls);
        let fetches = Fetches::start(client, sessions, plan)?;
        Ok(Documents::new(items, Some(fetches), connection.max_size))
    }

    fn client(&mut self, jobs: usize) -> anyhow::Result<Client> {
        let connection = &self.cli.connection;
        let (base, key) = if connection.demo {
            let server = samples::Server::start(0).context("starting the demo server")?;
            (BaseUrl::parse(&server.base_url(), false)?, None)
        } else {
            let base = match &connection.base_url {
                Some(base) => base.clone(),
                None => std::env::var_os("FEATHER_BASE_URL")
                    .map(|base| base.to_string_lossy().into_owned())
                    .unwrap_or_default(),
            };
            let base = BaseUrl::parse(&base, connection.allow_http)?;
            let key = self.key(&base)?;
            (base, key)
        };
        Client::new(api::Settings {
            base,
            key,
            timeout: connection.timeout,
            connect_timeout: connection.connect_timeout,
            ca_cert: connection.ca_cert.clone(),
            max_size: connection.max_size,
            jobs,
        })
    }

    /// The key; only a server on this machine may do without.
    fn key(&mut self, base: &BaseUrl) -> anyhow::Result<Option<Key>> {
        let sources = api::KeySources {
            option: self.cli.connection.api_key_file.clone(),
            variable: std::env::var_os("FEATHER_API_KEY"),
            file_variable: std::env::var_os("FEATHER_API_KEY_FILE").map(PathBuf::from),
        };
        let (key, warning) = sources.read()?;
        if let Some(warning) = warning {
            self.reporter.warn(&warning);
        }
        if key.is_none() && !base.is_loopback() {
            let failure =
                Failure::new(Exit::Unauthorized, Subject::Run, format!("no API key for {base}"));
            return Err(failure
                .hint("set FEATHER_API_KEY, or name a file with --api-key-file; --demo needs none")
                .into());
        }
        Ok(key)
    }

    /// Where the command's output goes: to a pager where it is for reading and on a terminal.
    fn out(&self, for_reading: bool) -> Out {
        if for_reading { Out::paged(&self.terminal) } else { Out::stdout() }
    }

    /// The exit code at the end: that of the failures, else that of a `--fail-on` that matched.
    fn close(self, matched: bool) -> Exit {
        match self.reporter.close(self.total) {
            Exit::Done if matched => {
                self.reporter.note("a --fail-on condition matched");
                Exit::Matched
            }
            exit => exit,
        }
    }

    /// Calls `each` with every document; what fails is told, and the rest go on. `each` returns
    /// remarks about the document.
    fn each(
        &mut self,
        documents: &mut Documents,
        mut each: impl FnMut(&Document) -> anyhow::Result<Vec<String>>,
    ) -> anyhow::Result<()> {
        while let Some(document) = documents.next(self.reporter)? {
            self.total += 1;
            let result = document.map_err(anyhow::Error::from).and_then(|document| {
                for remark in each(&document)? {
                    self.reporter.warn(&format!("{}: {remark}", document.origin().subject()));
                }
                Ok(())
            });
            if let Err(error) = result {
                self.reporter.failure(&error.downcast::<Failure>()?);
            }
        }
        self.reporter.end_progress();
        Ok(())
    }
}

/// Sessions that figures were made of. One that comes again is counted again, and remarked upon.
#[derive(Default)]
struct Counted(HashSet<String>);

impl Counted {
    /// What is odd about the next document.
    fn remarks<M, R, C, T>(
        &mut self,
        document: &Document,
        input: &SessionAnalysisInput<'_, M, R, C, T>,
    ) -> Vec<String> {
        let mut remarks = remarks(document, input);
        if !self.0.insert(input.session_id.to_string()) {
            remarks.push(format!("session {} came before; it is counted again", input.session_id));
        }
        remarks
    }
}

/// What is odd about a document that a view has read.
fn remarks<M, R, C, T>(
    document: &Document,
    input: &SessionAnalysisInput<'_, M, R, C, T>,
) -> Vec<String> {
    let version = input.analyzer_input_schema_version.map(Number::as_i64);
    document.remarks(&input.session_id, version)
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

/// Whether output in this format is read, not processed.
const fn for_reading(format: RowFormat) -> bool {
    matches!(format, RowFormat::Table | RowFormat::Markdown)
}
