//! `completions`: scripts that ask the program what may be typed, and its answers.
//!
//! The engine of `clap_complete` finds what may stand at the cursor; [`candidates`] tells it the
//! values that are no enumeration, [`answer`] hands on what it finds. The scripts for bash, zsh and
//! fish are by hand: the engine's own complete nothing behind a `=` in bash, and files as the program
//! sees them, not as the shell does (`~`). Those for PowerShell and elvish are generated and know no
//! more than the command tree.

mod answer;
mod candidates;
mod fields;
mod line;

use std::ffi::OsString;
use std::io::Write as _;

use self::answer::Shell;
use super::command;
use crate::cli;
use crate::exit::Exit;
use crate::output::Out;

/// The variable by which a script asks, with its shell's name as the value.
const VARIABLE: &str = "FEATHER_ANALYSIS_COMPLETE";

/// `completions`.
pub(super) fn print(shell: cli::Shell) -> anyhow::Result<Exit> {
    let mut out = Out::stdout();
    out.write_all(&completion_script(shell))?;
    out.finish()?;
    Ok(Exit::Done)
}

/// The completion script for a shell.
pub(super) fn completion_script(shell: cli::Shell) -> Vec<u8> {
    match shell {
        cli::Shell::Bash => include_bytes!("script.bash").to_vec(),
        cli::Shell::Zsh => include_bytes!("script.zsh").to_vec(),
        cli::Shell::Fish => include_bytes!("script.fish").to_vec(),
        cli::Shell::PowerShell => generated(clap_complete::Shell::PowerShell),
        cli::Shell::Elvish => generated(clap_complete::Shell::Elvish),
    }
}

fn generated(shell: clap_complete::Shell) -> Vec<u8> {
    let mut command = command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, &name, &mut script);
    script
}

/// Answers a script that asks what may be typed; None where none does. What it asks about stands
/// behind a `--`, so that a plain run is one whatever its environment.
pub fn complete() -> Option<Exit> {
    let shell = Shell::named(&std::env::var_os(VARIABLE)?);
    let mut asked = std::env::args_os().skip(1);
    if asked.next()? != "--" {
        return None;
    }
    let answer = shell.map(|shell| answer::of(shell, &asked.collect::<Vec<OsString>>()));
    let mut out = Out::stdout();
    // A shell that no longer listens has moved on.
    let _ = out.write_all(answer.unwrap_or_default().as_bytes()).and_then(|()| out.finish());
    Some(Exit::Done)
}

/// What the script's file is called, as its shell expects it.
#[cfg(test)]
pub(super) const fn completion_file(shell: cli::Shell) -> &'static str {
    match shell {
        cli::Shell::Bash => "feather-analysis.bash",
        cli::Shell::Zsh => "_feather-analysis",
        cli::Shell::Fish => "feather-analysis.fish",
        cli::Shell::PowerShell => "_feather-analysis.ps1",
        cli::Shell::Elvish => "feather-analysis.elv",
    }
}
