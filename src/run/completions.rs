//! `completions`: print a completion script.

use std::io::Write as _;

use super::command;
use crate::cli;
use crate::exit::Exit;
use crate::terminal::Out;

/// `completions`.
pub(super) fn print(shell: cli::Shell) -> anyhow::Result<Exit> {
    let shell = match shell {
        cli::Shell::Bash => clap_complete::Shell::Bash,
        cli::Shell::Zsh => clap_complete::Shell::Zsh,
        cli::Shell::Fish => clap_complete::Shell::Fish,
        cli::Shell::PowerShell => clap_complete::Shell::PowerShell,
        cli::Shell::Elvish => clap_complete::Shell::Elvish,
    };
    let mut command = command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    let mut out = Out::stdout();
    out.write_all(&script)?;
    out.finish()?;
    Ok(Exit::Done)
}
