//! `feather-analysis`: fetch and inspect the analysis input of completed Feather sessions.
//!
//! Data flows one way: arguments ([`cli`]) → documents ([`source`], [`bulk`], [`api`]) → [`view`]
//! → [`render`] → the output ([`terminal`]). [`run`] has a short function a command that puts these
//! together; [`exit`] has the exit codes, [`report`] all that is written to standard error.

mod api;
mod bulk;
mod cli;
#[cfg(test)]
mod contract;
mod demo;
mod document;
mod exit;
mod failure;
#[cfg(test)]
mod generated;
mod model;
mod render;
mod report;
mod run;
mod source;
mod split;
mod terminal;
mod view;

use std::process::ExitCode;

use clap::FromArgMatches as _;

use crate::exit::Exit;

fn main() -> ExitCode {
    let parsed =
        run::command().try_get_matches().and_then(|matches| cli::Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => run::run(&cli).into(),
        Err(error) => {
            // A reader that goes away while help is printed has read enough.
            let _ = if report::wants_json(std::env::args_os()) && error.use_stderr() {
                report::usage_as_json(&error.render().to_string())
            } else {
                error.print()
            };
            if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
        }
    }
}
