//! Whose Ctrl-C is: the program's, or that of a pager which has the terminal.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;

/// Whether another program has the terminal. One for the process, as the signal is.
static LENT: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C is for the program that is about to be given the terminal.
///
/// The signal goes to both: it would end this process and leave the other one to fight with the
/// shell over the terminal.
pub fn lend_terminal() {
    LENT.store(true, Ordering::SeqCst);
    // Where there is a handler it asks, as this one does, whose the signal is.
    #[allow(clippy::exit, reason = "what the signal does where nobody handles it")]
    let _ = ctrlc::set_handler(|| {
        if !is_lent() {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    });
}

/// The terminal is the program's again.
pub fn take_terminal_back() {
    LENT.store(false, Ordering::SeqCst);
}

/// Whether Ctrl-C is another program's.
pub fn is_lent() -> bool {
    LENT.load(Ordering::SeqCst)
}
