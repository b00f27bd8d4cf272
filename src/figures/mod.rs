//! Rows → figures: how values are counted, ranked and compared.

pub mod stats;
