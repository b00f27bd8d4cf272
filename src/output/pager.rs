//! The pager: which program it is, what it is told, and who waits for whom.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::terminal::BUFFER;
use crate::interrupt;

/// The pager where `$PAGER` names none.
const DEFAULT: &str = "less";

/// What less is told where `$LESS` says nothing: quit if all fits, ignore case, keep colours, leave
/// the text behind, and do not warn and wait where the terminal is not known.
const LESS: &str = "FIRXd";

/// A pager that runs. Ctrl-C is its own until it is left.
pub(super) struct Pager {
    child: Child,
    /// None once all is written.
    input: Option<BufWriter<ChildStdin>>,
}

impl Pager {
    /// The user's; None where that is none, or cannot be started.
    pub(super) fn start() -> Option<Self> {
        let variable = env::var("PAGER").ok();
        let words = shell_words::split(variable.as_deref().unwrap_or(DEFAULT)).ok()?;
        let (program, arguments) = words.split_first()?;
        if program == "cat" {
            return None;
        }
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped());
        if env::var_os("LESS").is_none() {
            // By the environment: so a plain PAGER=less is like the default, and a less that lacks an
            // option, as BusyBox's does, passes over it.
            command.env("LESS", LESS);
        } else if variable.is_none() {
            command.arg("-FIRX");
        }
        if wants_utf8(|name| env::var_os(name)) {
            command.env("LESSCHARSET", "utf-8");
        }
        interrupt::lend_terminal();
        let Ok(mut child) = command.spawn() else {
            interrupt::take_terminal_back();
            return None;
        };
        let input = child.stdin.take();
        Some(Self { child, input: input.map(|input| BufWriter::with_capacity(BUFFER, input)) })
    }

    /// Writes out what is buffered, and waits until the user leaves the pager.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.input.take().map_or(Ok(()), |mut input| input.flush())
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        drop(self.input.take());
        // The terminal is the pager's until it is left.
        let _ = self.child.wait();
        interrupt::take_terminal_back();
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or(Ok(bytes.len()), |input| input.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

/// Whether less must be told that the text is UTF-8: neither it nor the locale was given an encoding.
fn wants_utf8(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if set("LESSCHARSET").is_some() || set("LESSCHARDEF").is_some() {
        return false;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_none_or(|locale| locale == "C" || locale == "POSIX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_told_of_utf8_where_nobody_named_an_encoding() {
        for (environment, told) in [
            (&[][..], true),
            (&[("LANG", "C")], true),
            (&[("LANG", "")], true),
            (&[("LC_ALL", "POSIX"), ("LANG", "en_US.ISO-8859-1")], true),
            (&[("LANG", "en_US.UTF-8")], false),
            (&[("LANG", "C.UTF-8")], false),
            (&[("LC_CTYPE", "en_US.ISO-8859-1"), ("LANG", "C")], false),
            (&[("LESSCHARSET", "latin1")], false),
            (&[("LESSCHARDEF", "8bcccbcc18b95.b33b.")], false),
        ] {
            let variable = |name: &str| {
                let found = environment.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(wants_utf8(variable), told, "{environment:?}");
        }
    }
}
