//! What is said where the command line is none: help, or what was meant.

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::mistakes;
use crate::cli::ErrorFormat;
use crate::exit::Exit;
use crate::output::{self, Out, Reporter, Terminal};

/// Prints what clap has to say in the place of a command: help, the version, or what is wrong with the
/// arguments.
pub fn unparsed(mut error: clap::Error, arguments: &[OsString]) -> Exit {
    if !error.use_stderr() {
        // A reader that goes away while help is printed has read enough.
        let _ = print_help(&error, arguments);
        return Exit::Done;
    }
    let json = output::wants_json(arguments.iter().cloned());
    if let Some(failure) = mistakes::meant(&error, arguments) {
        let format = if json { ErrorFormat::Json } else { ErrorFormat::Human };
        Reporter::unread(format, &Terminal::unread()).fatal(&failure);
        return Exit::Usage;
    }
    if let Some(value) = mistakes::value(&error) {
        error.insert(ContextKind::SuggestedValue, ContextValue::String(value.to_owned()));
    }
    if error.kind() == ErrorKind::UnknownArgument && !mistakes::may_be_value(&error) {
        // That it could be a session behind a -- helps nobody.
        error.remove(ContextKind::Suggested);
    }
    // Where standard error is gone there is nobody left to tell.
    let _ = if json { output::usage_as_json(&error.render().to_string()) } else { error.print() };
    Exit::Usage
}

/// Prints help, on a terminal through the pager.
fn print_help(error: &clap::Error, arguments: &[OsString]) -> io::Result<()> {
    let mut terminal = Terminal::unread();
    let typed = |option: &str| arguments.iter().any(|argument| argument == option);
    terminal.pager &= error.kind() == ErrorKind::DisplayHelp && !typed("--no-pager");
    if !terminal.pager {
        return error.print();
    }
    let text = error.render();
    let mut out = Out::paged(&terminal);
    if terminal.color {
        write!(out, "{}", text.ansi())?;
    } else {
        write!(out, "{text}")?;
    }
    out.finish()
}
