//! What there is to say about a retrieval or a citation.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

/// What there is to say about a retrieval or a citation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// A retrieval that found nothing of use: `hit` is false or, where `hit` was not sent, no chunk
    /// was retrieved.
    Miss,
    /// A retrieval whose answerability `label` is `unanswerable` or, where there is no label, whose
    /// `raw_top_score` (else `top_score`) lies under `threshold_low`.
    Unanswerable,
    /// A retrieval that found chunks of which none was cited.
    Uncited,
    /// A citation that no retrieval of its turn returned.
    CitedNotRetrieved,
    /// A retrieval or a citation whose turn no message has.
    Orphan,
    /// A retrieval whose `hit` and answerability `label` contradict one another: a hit that is
    /// `unanswerable`, or none that is `answerable`.
    Disagrees,
    /// A retrieval whose query missed earlier in the session: equal hashes, in the document's order.
    Repeat,
}

impl Flag {
    /// Every flag, in the order rows list them.
    pub const ALL: [Self; 7] = [
        Self::Miss,
        Self::Unanswerable,
        Self::Uncited,
        Self::CitedNotRetrieved,
        Self::Orphan,
        Self::Disagrees,
        Self::Repeat,
    ];

    /// The flag as rows and `--only` spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Miss => "miss",
            Self::Unanswerable => "unanswerable",
            Self::Uncited => "uncited",
            Self::CitedNotRetrieved => "cited-not-retrieved",
            Self::Orphan => "orphan",
            Self::Disagrees => "disagrees",
            Self::Repeat => "repeat",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of flags. As JSON, an array of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `flag` is among them.
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & flag.bit() != 0
    }

    /// Whether the two sets share a flag.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Adds those of another set.
    pub(super) const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The names, in order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Flag::ALL.into_iter().filter(move |flag| self.has(*flag)).map(Flag::name)
    }

    /// Whether a row with these flags is shown where `only` was asked for; an empty `only` asks for
    /// all.
    pub(super) const fn pass(self, only: Self) -> bool {
        only.is_empty() || self.meets(only)
    }

    pub(super) const fn set(&mut self, flag: Flag, on: bool) {
        if on {
            self.0 |= flag.bit();
        } else {
            self.0 &= !flag.bit();
        }
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        Self(flags.into_iter().fold(0, |bits, flag| bits | flag.bit()))
    }
}

impl JsonSchema for Flags {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Flags".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Flag::ALL.map(Flag::name);
        json_schema!({ "type": "array", "items": { "type": "string", "enum": names } })
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.count_ones() as usize))?;
        for name in self.names() {
            list.serialize_element(name)?;
        }
        list.end()
    }
}
