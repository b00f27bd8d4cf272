//! What is known of the terminal, resolved once: colour, width, pager, the buffered output.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::Arc;

use super::pager::Pager;
use crate::cli::{ColorChoice, Output};

/// Output is written in pieces of this size.
pub(super) const BUFFER: usize = 128 * 1024;

/// What standard output and standard error are, and what the user wants of them.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "five independent facts")]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub stdout: bool,
    /// Whether standard error is a terminal.
    pub stderr: bool,
    /// Whether to colour standard output.
    pub color: bool,
    /// Whether to colour standard error.
    pub color_errors: bool,
    /// Columns to lay out for; None is unlimited.
    pub width: Option<usize>,
    /// Columns that standard error has; None where it is no terminal.
    pub error_width: Option<usize>,
    /// Whether what is for reading may be paged.
    pub pager: bool,
    /// Columns of the terminal that standard error goes to, where standard output goes elsewhere and
    /// nobody said how wide that is.
    pub beside: Option<usize>,
}

impl Terminal {
    /// Looks at the streams and the environment.
    pub fn resolve(output: &Output) -> Self {
        let stdout = io::stdout().is_terminal();
        let stderr = io::stderr().is_terminal();
        let width = match output.width {
            Some(0) => None,
            Some(width) => Some(usize::from(width)),
            None if stdout => {
                Some(terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)))
            }
            None => None,
        };
        Self {
            stdout,
            stderr,
            color: wants_color(output.color, stdout),
            color_errors: wants_color(output.color, stderr),
            width,
            error_width: error_width(),
            pager: stdout && !output.no_pager && !is_dumb(),
            beside: error_width().filter(|_| !stdout && output.width.is_none()),
        }
    }

    /// The same where nobody could read what the user wants of them.
    pub fn unread() -> Self {
        let stdout = io::stdout().is_terminal();
        let stderr = io::stderr().is_terminal();
        Self {
            stdout,
            stderr,
            color: wants_color(ColorChoice::Auto, stdout),
            color_errors: wants_color(ColorChoice::Auto, stderr),
            width: None,
            error_width: error_width(),
            pager: stdout && !is_dumb(),
            beside: None,
        }
    }

    /// The same where the output goes to a file and not to standard output.
    pub fn of_file(self, output: &Output) -> Self {
        Self {
            stdout: false,
            color: wants_color(output.color, false),
            width: output.width.map(usize::from).filter(|width| *width > 0),
            pager: false,
            beside: None,
            ..self
        }
    }
}

fn error_width() -> Option<usize> {
    let size = terminal_size::terminal_size_of(io::stderr());
    size.map(|(width, _)| usize::from(width.0)).filter(|_| io::stderr().is_terminal())
}

fn wants_color(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR").is_some() => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorChoice::Auto => {
            terminal && !is_dumb() && set("CLICOLOR").is_none_or(|value| value != "0")
        }
    }
}

/// Whether the terminal can do nothing but print, or nobody says what it can do, as in a bare
/// container. Windows needs no such word.
fn is_dumb() -> bool {
    match env::var_os("TERM") {
        Some(term) => term == "dumb" || term.is_empty(),
        None => !cfg!(windows),
    }
}

/// The buffered standard output, or a pager in its place.
pub struct Out {
    sink: Option<Sink>,
    /// Whether a pager is to be started at the first byte: before there is anything to read it
    /// would only stand in the way of progress and Ctrl-C.
    pager: bool,
    /// What is held until the end, where it may turn out that nothing is to be written.
    held: Option<Vec<u8>>,
}

enum Sink {
    Stdout(BufWriter<io::StdoutLock<'static>>),
    File(BufWriter<Arc<File>>),
    Pager(Pager),
}

impl Out {
    /// Standard output.
    pub fn stdout() -> Self {
        let stdout = BufWriter::with_capacity(BUFFER, io::stdout().lock());
        Self { sink: Some(Sink::Stdout(stdout)), pager: false, held: None }
    }

    /// A file, a pipe or a device.
    pub fn file(file: Arc<File>) -> Self {
        Self {
            sink: Some(Sink::File(BufWriter::with_capacity(BUFFER, file))),
            pager: false,
            held: None,
        }
    }

    /// The user's pager where `terminal` allows one, there is something to show, and it can be
    /// started; else standard output.
    pub fn paged(terminal: &Terminal) -> Self {
        let mut out = Self::stdout();
        out.pager = terminal.pager;
        out
    }

    /// The same, but nothing is written before [`Self::finish`].
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = Some(Vec::new());
        self
    }

    /// Writes out what is buffered and, where there is a pager, waits until it is left.
    ///
    /// Fails where the output cannot be written, for instance to a full disk.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some(held) = self.held.take() {
            self.write_all(&held)?;
        }
        match self.sink.take() {
            None => Ok(()),
            Some(Sink::Stdout(mut stdout)) => stdout.flush(),
            Some(Sink::File(mut file)) => file.flush(),
            Some(Sink::Pager(pager)) => pager.finish(),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(held) = &mut self.held {
            return held.write(bytes);
        }
        if std::mem::take(&mut self.pager)
            && let Some(pager) = Pager::start()
        {
            self.sink = Some(Sink::Pager(pager));
        }
        match &mut self.sink {
            Some(Sink::Stdout(stdout)) => stdout.write(bytes),
            Some(Sink::File(file)) => file.write(bytes),
            Some(Sink::Pager(pager)) => pager.write(bytes),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Some(Sink::Stdout(stdout)) => stdout.flush(),
            Some(Sink::File(file)) => file.flush(),
            Some(Sink::Pager(pager)) => pager.flush(),
            None => Ok(()),
        }
    }
}
