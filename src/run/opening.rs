//! What sessions are named, and the client that fetches those that are not saved.

use std::path::PathBuf;

use anyhow::Context as _;
use uuid::Uuid;

use super::prefixes::Prefixes;
use super::selection::Selection;
use super::{Run, demo};
use crate::api::{self, BaseUrl, Client, Key};
use crate::cli::{IdPrefix, Sessions};
use crate::demo as samples;
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::{self, Documents, Fetches, Item, Named, Plan};

impl Run<'_> {
    /// The documents that `sessions` names, in their order.
    pub(super) fn documents(&mut self, sessions: &Sessions) -> anyhow::Result<Documents> {
        let items = self.items(sessions)?;
        self.open(items, true)
    }

    /// What `sessions` names. No request is made.
    pub(super) fn items(&mut self, sessions: &Sessions) -> anyhow::Result<Vec<Item>> {
        let connection = &self.cli.connection;
        let key_from_stdin =
            connection.api_key_file.as_ref().is_some_and(|path| path.as_os_str() == "-");
        let asked = &sessions.selection;
        // What makes no sense is told before anything is read.
        let selection = Selection::new(asked, self.options.spelling.zone)?;
        if sessions.sessions.is_empty() {
            if connection.demo {
                let all = !asked.session.is_empty() || self.cli.command.is_over_many();
                return self.selected(demo::sessions(all), selection, &asked.session, &[]);
            }
            return Err(Failure::usage("no session was named")
                .hint("name a UUID, a saved document, a folder, or -; or try --demo")
                .into());
        }
        let Named { mut items, mut prefixes, notes } =
            input::resolve(&sessions.sessions, key_from_stdin)?;
        for note in notes {
            self.reporter.note(&note);
        }
        if let Some(prefix) = prefixes.first()
            && !items.iter().any(|item| matches!(item, Item::Documents { .. }))
        {
            if !connection.demo {
                return Err(input::no_file_to_look_in(prefix).into());
            }
            let meant = Prefixes::new(&std::mem::take(&mut prefixes), &[]);
            let samples = demo::sessions(true);
            let all = samples.len();
            let found = samples.into_iter().filter(|item| is_meant(item, &meant));
            let is_new = |item: &Item| !items.iter().any(|other| other.is_same(item));
            let found: Vec<Item> = found.filter(is_new).collect();
            items.extend(found);
            meant.settle(all)?;
        }
        if items.is_empty() {
            // Done, as an empty list would have it, would let a check of nothing pass.
            return Err(Failure::usage("the input names no session")
                .hint("it was empty, or held only blank lines and comments")
                .into());
        }
        self.selected(items, selection, &asked.session, &prefixes)
    }

    /// Of the items those that may be wanted, by what is known before anything is fetched or read.
    fn selected(
        &mut self,
        mut items: Vec<Item>,
        selection: Selection,
        of_all: &[IdPrefix],
        of_saved: &[IdPrefix],
    ) -> anyhow::Result<Vec<Item>> {
        let prefixes = Prefixes::new(of_all, of_saved);
        let given = items.len();
        items.retain(|item| is_meant(item, &prefixes));
        self.passed_over = given - items.len();
        if !items.iter().any(|item| matches!(item, Item::Documents { .. })) {
            prefixes.settle(given)?;
        }
        self.selection = selection.of(prefixes).into();
        Ok(items)
    }

    /// The items' documents; starts fetching where there is something to fetch.
    pub(super) fn open(&mut self, items: Vec<Item>, ordered: bool) -> anyhow::Result<Documents> {
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
        let (headers, warnings) = api::headers::read(&connection.header)?;
        let files = api::TlsFiles {
            ca_cert: connection.ca_cert.clone(),
            cert: connection.cert.clone(),
            key: connection.key.clone(),
        };
        let (tls, warning) = files.read()?;
        for warning in warnings.into_iter().chain(warning) {
            self.reporter.warn(&warning);
        }
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
            if let Some(key) = &key {
                self.reporter.conceal(key.clone());
            }
            (base, key)
        };
        let route = api::Route::choose(&base, |name| std::env::var_os(name))?;
        Client::new(api::Settings {
            base,
            key,
            tls,
            route,
            headers,
            timeout: connection.timeout,
            connect_timeout: connection.connect_timeout,
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
}

/// Whether an item may hold a session that was named by how its id begins.
fn is_meant(item: &Item, prefixes: &Prefixes) -> bool {
    match item {
        Item::Session(id) => prefixes.take(&id.to_string(), true),
        Item::Documents { .. } => true,
    }
}
