//! Documents → rows: the joins. Pure functions that know no style and no writer.

pub mod transcript;
pub mod turns;
