//! `demo`: serve the sample sessions.

use std::io::Write as _;
use std::sync::mpsc;

use anyhow::Context as _;

use crate::demo;
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::Item;
use crate::interrupt::on_interrupt;
use crate::output::Out;
use crate::output::Reporter;

/// The samples that `--demo` means where no session is named: all that are sessions, or else the one
/// that shows everything.
pub(super) fn sessions(all: bool) -> Vec<Item> {
    let samples = demo::SAMPLES.iter().filter(|sample| sample.is_session());
    let ids = if all { samples.map(|sample| sample.id).collect() } else { vec![demo::SHOWCASE] };
    ids.into_iter().map(Item::Session).collect()
}

/// `demo`.
pub(super) fn serve(port: u16, list: bool, reporter: &Reporter) -> anyhow::Result<Exit> {
    let mut out = Out::stdout();
    if list {
        for sample in demo::SAMPLES {
            writeln!(out, "{}  {}", sample.id, sample.about)?;
        }
        out.finish()?;
        return Ok(Exit::Done);
    }
    let server = demo::Server::start(port).map_err(|error| {
        Failure::new(Exit::Failure, Subject::Run, format!("cannot listen on port {port}: {error}"))
            .hint("--port 0 takes a free port")
    })?;
    let (sender, stopped) = mpsc::channel();
    on_interrupt(move || {
        // The receiver is there until the first of these is taken.
        let _ = sender.send(());
    })
    .context("setting up the signal handler")?;
    writeln!(out, "{}", server.base_url())?;
    out.flush()?;
    reporter.note("serving the sample sessions until Ctrl-C; demo --list names them");
    // Fails only where the handler is gone, and then nothing can stop us but a signal.
    let _ = stopped.recv();
    Ok(Exit::Interrupted)
}
