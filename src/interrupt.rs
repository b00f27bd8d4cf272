//! The wish to stop: Ctrl-C, and where there are such signals, SIGTERM and SIGHUP.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;

/// Whether another program, a pager, has the terminal: then Ctrl-C is its own. One for the process,
/// as the signal is.
static LENT: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C is for the program that is about to be given the terminal.
///
/// The signal goes to both: it would end this process and leave the other one to fight with the
/// shell over the terminal.
pub fn lend_terminal() {
    LENT.store(true, Ordering::SeqCst);
    // Where there is no handler the signal would do what it does; the others still end the program.
    #[allow(clippy::exit, reason = "what the signals do where nobody handles them")]
    let _ = on_interrupt(|| std::process::exit(i32::from(Exit::Interrupted.code())));
}

/// The terminal is the program's again.
pub fn take_terminal_back() {
    LENT.store(false, Ordering::SeqCst);
}

fn is_lent() -> bool {
    LENT.load(Ordering::SeqCst)
}

/// Calls `stop` each time somebody wishes the program to stop, which from here on ends it no more.
///
/// With a handler of its own the program can be stopped even where it is the first process of a
/// container. Fails where no handler can be set up.
pub fn on_interrupt(stop: impl FnMut() + Send + 'static) -> io::Result<()> {
    platform::on_interrupt(stop)
}

#[cfg(unix)]
mod platform {
    use std::io;
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    pub(super) fn on_interrupt(mut stop: impl FnMut() + Send + 'static) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        if !is_ignored(SIGHUP) {
            signals.add_signal(SIGHUP)?;
        }
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                if signal != SIGINT || !super::is_lent() {
                    stop();
                }
            }
        })?;
        Ok(())
    }

    /// Whether the signal is ignored, as SIGHUP is under `nohup`: then it is to stay so. Where that
    /// cannot be known it is left alone as well.
    fn is_ignored(signal: i32) -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_none_or(|mask| mask >> (signal - 1) & 1 == 1)
    }
}

#[cfg(not(unix))]
mod platform {
    use std::io;

    pub(super) fn on_interrupt(mut stop: impl FnMut() + Send + 'static) -> io::Result<()> {
        ctrlc::set_handler(move || {
            if !super::is_lent() {
                stop();
            }
        })
        .map_err(io::Error::other)
    }
}
