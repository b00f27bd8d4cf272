//! `feather-analysis`: fetch and inspect the analysis input of completed Feather sessions.
//!
//! Data flows one way: arguments ([`cli`]) → documents ([`input`], [`api`]) → [`view`] (rows, which
//! [`rows`] says what they are) → [`figures`] → [`render`] → [`output`]. [`run`] has a short function
//! a command that puts these together; [`exit`] has the exit codes, [`manual`] what `help` shows.

mod api;
mod aside;
mod cli;
mod demo;
mod exit;
mod failure;
mod figures;
mod input;
mod interrupt;
mod manual;
mod model;
mod output;
mod render;
mod rows;
mod run;
mod view;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches as _;

fn main() -> ExitCode {
    if let Some(exit) = run::complete() {
        return exit.into();
    }
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parsed = run::tree(&arguments)
        .try_get_matches_from(&arguments)
        .and_then(|matches| cli::Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => run::run(&cli).into(),
        Err(error) => run::unparsed(error, &arguments).into(),
    }
}
