//! Rows → figures: what many sessions come to, in groups, and held against other sessions.

pub mod by;
pub mod compare;
pub mod estimate;
pub mod fetch;
pub mod figure;
pub mod gaps;
pub mod group;
pub mod grouped;
pub mod missing;
pub mod rag;
pub mod stats;
pub mod table;
pub mod tools;
pub mod transcript;
