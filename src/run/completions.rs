//! `completions`: print a completion script.

use std::io::Write as _;

use super::command;
use crate::cli;
use crate::exit::Exit;
use crate::output::Out;

/// `completions`.
pub(super) fn print(shell: cli::Shell) -> anyhow::Result<Exit> {
    let mut out = Out::stdout();
    out.write_all(&completion_script(shell))?;
    out.finish()?;
    Ok(Exit::Done)
}

/// The completion script for a shell.
pub(super) fn completion_script(shell: cli::Shell) -> Vec<u8> {
    let mut command = command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(generator(shell), &mut command, &name, &mut script);
    if shell == cli::Shell::Bash {
        return mend_bash(&script, &name);
    }
    script
}

/// Spells a subcommand's state alike where the script sets it and where it looks for it: the hyphen
/// of the program's name becomes something else in either place, so that nothing after a subcommand
/// is completed (<https://github.com/clap-rs/clap/issues/6421>).
fn mend_bash(script: &[u8], name: &str) -> Vec<u8> {
    let (set, looked_for) = (name.replace('-', "__"), name.replace('-', "__subcmd__"));
    let state = |name: &str| format!("{name}__subcmd__");
    String::from_utf8_lossy(script).replace(&state(&looked_for), &state(&set)).into_bytes()
}

/// What the script's file is called, as its shell expects it.
#[cfg(test)]
pub(super) fn completion_file(shell: cli::Shell) -> String {
    use clap_complete::Generator as _;

    generator(shell).file_name(command().get_name())
}

const fn generator(shell: cli::Shell) -> clap_complete::Shell {
    match shell {
        cli::Shell::Bash => clap_complete::Shell::Bash,
        cli::Shell::Zsh => clap_complete::Shell::Zsh,
        cli::Shell::Fish => clap_complete::Shell::Fish,
        cli::Shell::PowerShell => clap_complete::Shell::PowerShell,
        cli::Shell::Elvish => clap_complete::Shell::Elvish,
    }
}
