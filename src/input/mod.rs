//! SESSION arguments → documents, in order: UUIDs to fetch, files, folders, standard input.

pub mod document;
mod fetches;
mod pacer;
mod reorder;
mod schedule;
#[cfg(test)]
mod simulation;
mod source;
pub mod split;

pub use self::fetches::{Fetches, Observer};
pub use self::pacer::Pace;
pub use self::schedule::Plan;
pub use self::source::{Documents, Item, resolve};
