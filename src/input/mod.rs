//! SESSION arguments → documents, in order: UUIDs to fetch, files, folders, standard input.

mod ahead;
mod arguments;
mod array;
pub mod decode;
pub mod document;
mod fetches;
mod ids;
pub mod outline;
mod pacer;
mod refusal;
mod reorder;
mod schedule;
#[cfg(test)]
mod simulation;
mod source;
pub mod split;

pub use self::arguments::{Named, describe, no_file_to_look_in, resolve};
pub use self::fetches::{Fetches, Observer};
pub use self::ids::{is_key_setting, quoted};
pub use self::pacer::Pace;
pub use self::schedule::Plan;
pub use self::source::{Documents, Item};
