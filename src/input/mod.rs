//! SESSION arguments → documents, in order: UUIDs to fetch, files, folders, standard input.

pub mod document;
mod fetches;
mod source;
pub mod split;

pub use self::fetches::{Fetches, Observer, Plan};
pub use self::source::{Documents, Item, resolve};
