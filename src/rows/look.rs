//! What one thing looks like, wherever it stands: in a table, on the transcript's page, in figures.

use super::column::{Cell, Tone};

/// What is said below what was cut, where it is not said how much.
pub const CUT: &str = "… cut";

/// How to see what was cut, said behind that.
pub const SHOWS_ALL: &str = "; --full shows all";

/// From which rate on, or under which, a rate is coloured, and how: a few of few say little, so only
/// where the whole 95 % interval lies there.
#[derive(Clone, Copy, Debug)]
pub struct Stated {
    /// The rate.
    pub rate: f64,
    /// Whether what lies above it is coloured; else what lies under it.
    pub above: bool,
    /// How.
    pub tone: Tone,
}

/// Tool calls that failed.
pub const TOOL_ERRORS: Stated = Stated { rate: 0.05, above: true, tone: Tone::Bad };
/// Retrievals that were a hit.
pub const HITS: Stated = Stated { rate: 0.5, above: false, tone: Tone::Warn };
/// Retrievals that hold no answer.
pub const UNANSWERABLE: Stated = Stated { rate: 0.5, above: true, tone: Tone::Warn };
/// Messages that were cut.
pub const TRUNCATED: Stated = Stated { rate: 0.05, above: true, tone: Tone::Warn };

impl Stated {
    /// The colour of a rate.
    pub fn tone(&self, part: usize, whole: usize) -> Tone {
        let beyond = wilson(part, whole)
            .is_some_and(|(low, high)| if self.above { low > self.rate } else { high < self.rate });
        if beyond { self.tone } else { Tone::Plain }
    }
}

/// The 95 % interval of a rate by Wilson's score; None where there is nothing to rate.
#[allow(clippy::cast_precision_loss, reason = "an interval is for reading")]
fn wilson(part: usize, whole: usize) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_964;
    if whole == 0 {
        return None;
    }
    let (n, rate) = (whole as f64, part as f64 / whole as f64);
    let scale = 1.0 + Z * Z / n;
    let middle = (rate + Z * Z / (2.0 * n)) / scale;
    let reach = Z / scale * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some((middle - reach, middle + reach))
}

/// Whether a retrieval was a hit.
pub const fn hit(hit: bool) -> (&'static str, Tone) {
    if hit { ("hit", Tone::Good) } else { ("miss", Tone::Bad) }
}

/// The answerability gate's label.
pub fn label(label: &str) -> Tone {
    match label {
        "answerable" => Tone::Good,
        "partially_answerable" => Tone::Warn,
        "unanswerable" => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// A turn's number; nothing for an orphan, which its flags name.
pub fn turn(number: Option<usize>) -> Cell<'static> {
    number.map_or_else(Cell::absent, |number| Cell::new(format!("#{number}"), Tone::Strong))
}

/// Flags; empty where there are none.
pub fn flags<'f>(names: impl Iterator<Item = &'f str>) -> Cell<'static> {
    Cell::new(names.collect::<Vec<_>>().join(", "), Tone::Warn)
}

/// Who spoke.
pub fn role(role: &str) -> Tone {
    match role {
        "user" | "customer" => Tone::User,
        "assistant" | "agent" => Tone::Assistant,
        "tool" | "function" => Tone::Tool,
        _ => Tone::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_colour_only_where_its_interval_lies_beyond_the_stated_one() {
        // Newcombe's worked examples (1998), to four decimals.
        for (part, whole, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
        {
            let (lower, upper) = wilson(part, whole).unwrap();
            assert!((lower - low).abs() < 5e-5 && (upper - high).abs() < 5e-5, "{lower} {upper}");
        }
        for (part, whole, tone) in [
            (0, 0, Tone::Plain),
            (1, 1, Tone::Bad),
            (1, 2, Tone::Bad),
            (1, 4, Tone::Plain),
            (6, 100, Tone::Plain),
            (10, 300, Tone::Plain),
            (30, 300, Tone::Bad),
        ] {
            assert_eq!(TOOL_ERRORS.tone(part, whole), tone, "{part} of {whole}");
        }
        assert_eq!((HITS.tone(3, 6), HITS.tone(0, 6)), (Tone::Plain, Tone::Warn));
    }
}
