//! The corpus that the benchmark measures, for tests.

#[path = "../bench/corpus.rs"]
pub mod corpus;
#[path = "../bench/random.rs"]
mod random;
