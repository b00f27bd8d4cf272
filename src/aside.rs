//! Work that two cores share.

use std::panic::resume_unwind;
use std::thread;

/// What comes of both; where it pays, the first is done by a thread of its own, beside the second.
pub fn both<A: Send, B>(
    pays: bool,
    aside: impl FnOnce() -> A + Send,
    here: impl FnOnce() -> B,
) -> (A, B) {
    if !pays {
        return (aside(), here());
    }
    thread::scope(|scope| {
        let aside = scope.spawn(aside);
        let here = here();
        // A panic goes on as one: there is nothing to hand back.
        (aside.join().unwrap_or_else(|panic| resume_unwind(panic)), here)
    })
}
