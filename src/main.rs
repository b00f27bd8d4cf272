//! `feather-analysis`: fetch and inspect the analysis input of completed Feather sessions.
//!
//! Data flows one way: arguments ([`cli`]) → documents ([`input`], [`api`]) → [`view`] (rows, which
//! [`rows`] says what they are) → [`figures`] → [`render`] → [`output`]. [`run`] has a short function
//! a command that puts these together; [`exit`] has the exit codes.

mod api;
mod cli;
mod demo;
mod exit;
mod failure;
mod figures;
mod input;
mod interrupt;
mod model;
mod output;
mod render;
mod rows;
mod run;
mod view;

use std::process::ExitCode;

use clap::FromArgMatches as _;

use crate::exit::Exit;

fn main() -> ExitCode {
    if let Some(exit) = run::complete() {
        return exit.into();
    }
    let parsed =
        run::command().try_get_matches().and_then(|matches| cli::Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => run::run(&cli).into(),
        Err(error) => {
            // A reader that goes away while help is printed has read enough.
            let _ = if output::wants_json(std::env::args_os()) && error.use_stderr() {
                output::usage_as_json(&error.render().to_string())
            } else {
                error.print()
            };
            if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
        }
    }
}
