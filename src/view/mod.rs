//! Documents → rows: the joins, what a row is, and its columns. Pure functions that know no style and
//! no writer.

pub mod calls;
pub mod cause;
pub mod citations;
pub mod ending;
pub mod evidence;
pub mod gaps;
pub mod messages;
pub mod missing;
pub mod overview;
pub mod rag;
pub mod timeline;
pub mod tools;
pub mod transcript;
pub mod turns;

/// `part` of `whole`, from 0 to 1; None where there is no whole.
#[allow(clippy::cast_precision_loss, reason = "a share is for reading")]
pub fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
