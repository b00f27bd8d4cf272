//! Where output goes: the terminal, the pager, files, and standard error.

mod files;
mod keepers;
mod out_dir;
mod pager;
mod progress;
mod reporter;
mod terminal;

pub use self::files::{Target, WholeFile, is_stdout};
pub use self::out_dir::{Found, OutDir};
pub use self::reporter::{FailureRow, MatchRow, Reporter, usage_as_json, wants_json};
pub use self::terminal::{Out, Terminal};
