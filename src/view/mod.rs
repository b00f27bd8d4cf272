//! Documents → rows: the joins. Pure functions that know no style and no writer.

pub mod calls;
pub mod missing;
pub mod overview;
pub mod rag;
pub mod tools;
pub mod transcript;
pub mod turns;
