//! Rows → figures: what many sessions come to.

pub mod gaps;
pub mod missing;
pub mod rag;
pub mod stats;
pub mod tools;
