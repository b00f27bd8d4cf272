//! Standard error: failures, warnings, progress, and the line a request of `-v`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::HumanCount;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::api::{self, Key, Trace};
use crate::cli::{ErrorFormat, Output, ProgressChoice};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::{Observer, Pace};
use crate::output::Terminal;
use crate::output::progress::{Progress, Standing};
use crate::render::style::{Ink, Styles};
use crate::render::{sanitize, wrap};

/// Tells the user what is going on, and remembers what failed.
pub struct Reporter {
    format: ErrorFormat,
    quiet: bool,
    verbose: bool,
    terminal: bool,
    /// Columns to wrap at; None where each message is one line.
    width: Option<usize>,
    styles: Styles,
    progress_choice: ProgressChoice,
    progress: Option<Progress>,
    /// Exit code → failures with it.
    exits: BTreeMap<Exit, usize>,
    /// HTTP status, or what else went wrong → failures with it.
    kinds: BTreeMap<String, usize>,
    /// What is shown nowhere.
    key: Option<Key>,
    /// Columns of the terminal that only standard error goes to.
    beside: Option<usize>,
    /// The width of the widest table that was not laid out.
    widest: Arc<AtomicUsize>,
}

/// A failure, as `--error-format json` tells it on standard error.
#[derive(Serialize, JsonSchema)]
pub struct FailureRow<'a> {
    /// The session that was asked for; null where it is a file, or the run.
    #[schemars(with = "Option<&'a str>", extend("format" = "uuid"))]
    session_id: Option<Uuid>,
    /// The file, and the line in it; left out where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    /// The HTTP status, where there was an answer.
    status: Option<u16>,
    /// The API's own error code.
    error: Option<&'a str>,
    /// What happened, in words.
    message: &'a str,
    /// The exit code it stands for.
    exit_code: u8,
    /// How many requests were made.
    tries: u32,
    /// What to do next.
    hint: Option<&'a str>,
}

/// The closing count as `--error-format json` tells it.
#[derive(Serialize)]
struct CountRow<'a> {
    failed: usize,
    total: usize,
    message: &'a str,
    exit_code: u8,
}

/// What is no failure, as `--error-format json` tells it: `{"warning": "…"}`.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum RemarkRow<'a> {
    Warning(&'a str),
    Note(&'a str),
    Request(RequestRow<'a>),
    Pace(PaceRow),
    Progress(&'a Standing),
    FailOn(&'a MatchRow<'a>),
}

/// A condition of `--fail-on` that matched, as `--error-format json` tells it.
#[derive(Serialize)]
pub struct MatchRow<'a> {
    /// The condition.
    pub condition: &'a str,
    /// How often it is met.
    pub matches: usize,
    /// In so many sessions; null where it is not sessions that are looked at one by one.
    pub sessions: Option<usize>,
    /// Of so many.
    pub of: usize,
    /// Where first.
    pub session_id: &'a str,
    /// In which of its turns; null where it is of none.
    pub turn: Option<usize>,
    /// The same in words.
    pub message: String,
}

/// The pace as `-v` tells it.
#[derive(Serialize)]
struct PaceRow {
    per_second: f64,
    answered: u32,
    refused: u32,
}

/// A request as `-v` tells it.
#[derive(Serialize)]
struct RequestRow<'a> {
    method: &'static str,
    url: &'a str,
    status: Option<u16>,
    bytes: u64,
    elapsed_ms: u128,
    tries: u32,
    request_id: Option<&'a str>,
    again_in_ms: Option<u128>,
}

/// Whether the command line, which could not be parsed, asks for failures as JSON.
pub fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let mut arguments = arguments
        .skip_while(|argument| argument != "--error-format" && argument != "--error-format=json");
    match arguments.next() {
        Some(argument) if argument == "--error-format" => {
            arguments.next().is_some_and(|format| format == "json")
        }
        found => found.is_some(),
    }
}

/// Tells what is wrong with the command line as `--error-format json` does.
///
/// Fails where standard error cannot be written to.
pub fn usage_as_json(text: &str) -> io::Result<()> {
    let mut paragraphs = text.trim().trim_start_matches("error: ").split("\n\n");
    let message = sanitize::line(paragraphs.next().unwrap_or_default()).into_owned();
    // The rest says where the help is, and sometimes what was meant.
    let hint = paragraphs.find(|paragraph| paragraph.trim_start().starts_with("tip: "));
    let row = FailureRow {
        session_id: None,
        source: None,
        status: None,
        error: None,
        message: &message,
        exit_code: Exit::Usage.code(),
        tries: 0,
        hint: hint.map(|hint| hint.trim().trim_start_matches("tip: ")),
    };
    writeln!(io::stderr().lock(), "{}", serde_json::to_string(&row)?)
}

impl Reporter {
    /// A reporter as the user wants it.
    pub fn new(output: &Output, terminal: &Terminal) -> Self {
        Self {
            quiet: output.quiet,
            verbose: output.verbose,
            progress_choice: output.progress,
            ..Self::unread(output.error_format, terminal)
        }
    }

    /// A reporter where nobody could read what the user wants.
    pub fn unread(format: ErrorFormat, terminal: &Terminal) -> Self {
        Self {
            format,
            quiet: false,
            verbose: false,
            terminal: terminal.stderr,
            width: terminal.error_width,
            styles: Styles::new(terminal.color_errors),
            progress_choice: ProgressChoice::Auto,
            progress: None,
            exits: BTreeMap::new(),
            kinds: BTreeMap::new(),
            key: None,
            beside: terminal.beside,
            widest: Arc::default(),
        }
    }

    /// From now on this key is told nowhere, whatever a server makes of it.
    pub fn conceal(&mut self, key: Key) {
        self.key = Some(key);
    }

    /// A line without the key.
    pub fn without_key<'t>(&self, line: &'t str) -> Cow<'t, str> {
        self.key.as_ref().map_or(Cow::Borrowed(line), |key| key.hide(line))
    }

    /// Shows progress over `total` sessions: by a bar on a terminal, where there is more than one
    /// and no documents scroll by that would tear it apart; by lines where the user insists.
    pub fn start_progress(&mut self, total: usize, scrolls: bool) {
        let total = total as u64;
        self.progress = if self.shows_bar() && !scrolls && total > 1 {
            Some(Progress::bar(total, self.styles))
        } else if self.progress_choice == ProgressChoice::Always {
            Some(Progress::lines(total, Instant::now(), self.styles))
        } else {
            None
        };
    }

    /// Whether there may be a bar.
    fn shows_bar(&self) -> bool {
        self.terminal
            && match self.progress_choice {
                ProgressChoice::Auto => !self.quiet,
                ProgressChoice::Always => self.format == ErrorFormat::Human,
                ProgressChoice::Never => false,
            }
    }

    /// Clears the progress away, and says how long it took.
    pub fn end_progress(&mut self) {
        let ended = self.progress.take().and_then(|progress| progress.end(Instant::now()));
        match (ended, self.format) {
            (None, _) => {}
            (Some(standing), ErrorFormat::Human) => self.line(&standing.ended()),
            (Some(standing), ErrorFormat::Json) => {
                self.json_line(&RemarkRow::Progress(&standing));
            }
        }
    }

    /// Where the widths of tables are told that are not laid out, in case a person reads them: where
    /// they go to no terminal, standard error does.
    pub fn widest(&self) -> Option<Arc<AtomicUsize>> {
        self.beside.map(|_| Arc::clone(&self.widest))
    }

    /// Says how a table is laid out that is wider than the terminal beside it.
    pub fn tell_width(&self) {
        let widest = self.widest.load(Ordering::Relaxed);
        if let Some(width) = self.beside.filter(|width| *width < widest) {
            self.note(&format!(
                "the table is {} columns wide, the terminal {width}: --width {width} lays it out",
                HumanCount(widest as u64)
            ));
        }
    }

    /// A warning, unless the user wants quiet.
    pub fn warn(&self, message: &str) {
        match self.format {
            _ if self.quiet => {}
            ErrorFormat::Human => self.labelled("warning:", self.styles.warning, message),
            ErrorFormat::Json => self.json_line(&RemarkRow::Warning(message)),
        }
    }

    /// A note, as [`Self::warn`] but of no concern.
    pub fn note(&self, message: &str) {
        match self.format {
            _ if self.quiet => {}
            ErrorFormat::Human => self.labelled("", Ink::default(), message),
            ErrorFormat::Json => self.json_line(&RemarkRow::Note(message)),
        }
    }

    /// What met a `--fail-on` condition, as a note.
    pub fn matched(&self, row: &MatchRow<'_>) {
        match self.format {
            ErrorFormat::Json if !self.quiet => self.json_line(&RemarkRow::FailOn(row)),
            _ => self.note(&row.message),
        }
    }

    /// One failure, at once.
    pub fn failure(&mut self, failure: &Failure) {
        *self.exits.entry(failure.exit).or_default() += 1;
        let kind = match (failure.status, failure.exit) {
            (Some(status), exit) if exit != Exit::Document => status.to_string(),
            (_, Exit::Network) => "no answer".to_owned(),
            (_, Exit::Document) => "an unusable document".to_owned(),
            _ => "another failure".to_owned(),
        };
        *self.kinds.entry(kind).or_default() += 1;
        self.say(failure);
    }

    /// Whether there were any failures so far.
    pub fn has_failures(&self) -> bool {
        !self.exits.is_empty()
    }

    /// The failure that ended the run.
    pub fn fatal(&mut self, failure: &Failure) {
        self.end_progress();
        self.say(failure);
    }

    fn say(&self, failure: &Failure) {
        let hint = failure.hint.as_deref().filter(|_| !self.quiet);
        match self.format {
            ErrorFormat::Human => {
                let mut message = failure.to_string();
                // On a terminal it has a line of its own.
                if let Some(hint) = hint.filter(|_| self.width.is_none()) {
                    let _ = write!(message, " (hint: {hint})");
                }
                self.labelled("error:", self.styles.error, &message);
                if let Some(hint) = hint.filter(|_| self.width.is_some()) {
                    self.labelled("hint:", self.styles.strong, hint);
                }
            }
            ErrorFormat::Json => self.json_line(&FailureRow {
                session_id: match failure.subject {
                    Subject::Session(id) => Some(id),
                    _ => None,
                },
                source: match &failure.subject {
                    Subject::Source(label) => Some(label),
                    _ => None,
                },
                status: failure.status,
                error: failure.error.as_deref(),
                message: &failure.message,
                exit_code: failure.exit.code(),
                tries: failure.tries,
                hint: failure.hint.as_deref(),
            }),
        }
    }

    /// The code of the failures so far: their own where they are alike, else the general one. Where
    /// there was more than one document, a closing line counts them.
    pub fn close(&mut self, total: usize) -> Exit {
        self.end_progress();
        let exit = match self.exits.keys().copied().collect::<Vec<_>>()[..] {
            [] => return Exit::Done,
            [exit] => exit,
            _ => Exit::Failure,
        };
        let failed = self.exits.values().sum::<usize>();
        if total > 1 {
            let kinds = self
                .kinds
                .iter()
                .map(|(kind, count)| format!("{} with {kind}", HumanCount(*count as u64)))
                .collect::<Vec<_>>()
                .join(", ");
            let message = format!(
                "{} of {} failed: {kinds}",
                HumanCount(failed as u64),
                HumanCount(total as u64)
            );
            match self.format {
                ErrorFormat::Human => self.labelled("error:", self.styles.error, &message),
                ErrorFormat::Json => self.json_line(&CountRow {
                    failed,
                    total,
                    message: &message,
                    exit_code: exit.code(),
                }),
            }
        }
        exit
    }

    fn json_line(&self, row: &impl Serialize) {
        if let Ok(json) = serde_json::to_string(row) {
            let json: Cow<'_, str> =
                if self.terminal { sanitize::json(&json) } else { Cow::Borrowed(&json) };
            self.line(&json);
        }
    }

    /// A message behind a label, which may be empty: one line or, on a terminal, as many as it takes.
    fn labelled(&self, label: &str, ink: Ink, message: &str) {
        let blank = if label.is_empty() { "" } else { " " };
        // Before it is wrapped, which could take it apart.
        let message = self.without_key(message);
        let text = format!("{label}{blank}{}", sanitize::line(&message));
        let lines = match self.width {
            Some(width) => wrap::wrap_words(&text, width).join("\n"),
            None => text,
        };
        let rest = lines.strip_prefix(label).unwrap_or(&lines);
        let label = if label.is_empty() { String::new() } else { ink.paint(label) };
        self.line(&format!("{label}{rest}"));
    }

    fn line(&self, line: &str) {
        let write = || {
            // Where standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr().lock(), "{}", self.without_key(line));
        };
        match &self.progress {
            Some(progress) => progress.suspend(write),
            None => write(),
        }
    }
}

impl Observer for Reporter {
    fn request(&mut self, trace: &Trace, tries: u32, again_in: Option<Duration>) {
        if !self.verbose {
            return;
        }
        if self.format == ErrorFormat::Json {
            self.json_line(&RemarkRow::Request(RequestRow {
                method: "GET",
                url: trace.url.as_str(),
                status: trace.status,
                bytes: trace.bytes,
                elapsed_ms: trace.elapsed.as_millis(),
                tries,
                request_id: trace.request_id.as_deref(),
                again_in_ms: again_in.map(|pause| pause.as_millis()),
            }));
            return;
        }
        let status =
            trace.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let mut line = format!(
            "GET {} {status}, {}, {:.0?}, try {tries}",
            trace.url,
            api::in_bytes(trace.bytes),
            trace.elapsed,
        );
        if let Some(id) = &trace.request_id {
            line.push_str(", request id ");
            line.push_str(id);
        }
        let again = match again_in {
            None => String::new(),
            Some(Duration::ZERO) => ", again at once".to_owned(),
            Some(pause) => format!(", again in {pause:.1?}"),
        };
        line.push_str(&again);
        self.line(&sanitize::line(&line));
    }

    fn pace(&mut self, pace: Pace) {
        if !self.verbose {
            return;
        }
        let Pace { per_second, answered, refused } = pace;
        let per_second = (per_second * 10.0).round() / 10.0;
        match self.format {
            ErrorFormat::Human => self.line(&format!(
                "pace: {per_second:.1} requests a second; of {} so far, {} were refused",
                HumanCount(answered.into()),
                HumanCount(refused.into()),
            )),
            ErrorFormat::Json => {
                self.json_line(&RemarkRow::Pace(PaceRow { per_second, answered, refused }));
            }
        }
    }

    fn waiting(&mut self, session: Uuid, pause: Duration) {
        if self.progress.is_none() && self.shows_bar() && !self.verbose {
            self.progress = Some(Progress::spinner());
        }
        if let Some(progress) = &mut self.progress {
            progress.waiting(session, pause);
        }
    }

    fn settled(&mut self, failed: bool) {
        if self.progress.as_mut().is_some_and(|progress| !progress.settled(failed)) {
            self.end_progress();
        }
        self.tick();
    }

    fn tick(&mut self) {
        let due = self.progress.as_mut().and_then(|progress| progress.due(Instant::now()));
        match (due, self.format) {
            (None, _) => {}
            (Some(standing), ErrorFormat::Human) => self.line(&standing.to_string()),
            (Some(standing), ErrorFormat::Json) => {
                self.json_line(&RemarkRow::Progress(&standing));
            }
        }
    }
}
