//! Numbers, words and ids that look random and are the same every time.

use uuid::Uuid;

/// Small numbers that look random and are the same every time.
pub struct Numbers(pub u64);

impl Numbers {
    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// The id of the `number`th thing of a kind.
pub fn id(kind: u128, number: u64) -> Uuid {
    Uuid::from_u128((kind << 100) | (0x4000_8000 << 48) | u128::from(number))
}

const WORDS: &[&str] = &[
    "the", "invoice", "router", "line", "moved", "charge", "credit", "please", "check", "contract",
    "for", "is", "was", "my", "your", "new", "address", "month", "speed", "café", "engineer",
    "visit", "and", "of", "to", "in", "we", "can", "see", "that",
];

/// So many words.
pub fn words(numbers: &mut Numbers, count: u64) -> String {
    let mut text = String::new();
    for _ in 0..count {
        if !text.is_empty() {
            text.push(' ');
        }
        let index = usize::try_from(numbers.below(WORDS.len() as u64)).unwrap_or_default();
        text.push_str(WORDS[index]);
    }
    text
}
