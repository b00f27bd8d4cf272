//! Where output goes: the terminal, the pager, and standard error.

mod progress;
mod reporter;
mod terminal;

pub use self::reporter::{Reporter, usage_as_json, wants_json};
pub use self::terminal::{Out, Terminal};
