//! SESSION arguments → documents, in order: UUIDs to fetch, files, folders, standard input.

mod arguments;
mod array;
pub mod decode;
pub mod document;
mod fetches;
mod ids;
pub mod outline;
mod refusal;
mod source;
mod split;

pub use self::arguments::{Named, resolve};
pub use self::fetches::{Fetches, Observer, Plan};
pub use self::source::{Documents, Item};
