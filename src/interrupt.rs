//! The wish to stop: Ctrl-C, and where there are such signals, SIGTERM and SIGHUP.

use std::io;

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
            for _ in signals.forever() {
                stop();
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

    pub(super) fn on_interrupt(stop: impl FnMut() + Send + 'static) -> io::Result<()> {
        ctrlc::set_handler(stop).map_err(io::Error::other)
    }
}
