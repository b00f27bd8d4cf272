//! Chunks, and which of them were cited: citations held against the retrievals of their turns.

use std::ops::ControlFlow::{self, Break, Continue};

use schemars::JsonSchema;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use super::super::turns::Turns;
use super::Retrieval;
use crate::model::{CitedChunk, LazyList, Number, RetrievedChunk, Text};

/// The chunks that a retrieval returned, made when they are asked for. As JSON, an array of
/// [`ChunkRow`].
#[derive(Clone, Copy, Debug)]
pub struct Chunks<'a> {
    pub(super) list: &'a LazyList<'a, RetrievedChunk<'a>>,
    /// Where the turn that the retrieval fed stands.
    pub(super) place: usize,
    /// The session's citations.
    pub(super) citations: &'a [Cited<'a>],
    /// How many of the chunks are cited.
    pub(super) cited: usize,
}

impl<'a> Chunks<'a> {
    /// Those that the turn cited.
    pub fn cited(&self) -> Vec<ChunkRow<'a>> {
        let mut rows = Vec::with_capacity(self.cited);
        if self.cited > 0 {
            self.each(|row| {
                rows.extend(Some(row).filter(|row| row.cited));
                // They are among the first, as a rule.
                if rows.len() < self.cited { Continue(()) } else { Break(()) }
            });
        }
        rows
    }

    fn each(&self, mut each: impl FnMut(ChunkRow<'a>) -> ControlFlow<()>) {
        let of_turn = if self.cited > 0 { of_turn(self.citations, self.place) } else { &[] };
        self.list.each(|chunk| {
            each(ChunkRow {
                cited: place_of(of_turn, &chunk.doc_id, &chunk.chunk_id).is_some(),
                chunk_id: chunk.chunk_id,
                doc_id: chunk.doc_id,
                version_id: chunk.version_id,
                score: chunk.score,
            })
        });
    }
}

impl Serialize for Chunks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.list.len()))?;
        let mut result = Ok(());
        self.each(|row| {
            result = list.serialize_element(&row);
            if result.is_ok() { Continue(()) } else { Break(()) }
        });
        result?;
        list.end()
    }
}

/// A chunk that a retrieval returned.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChunkRow<'a> {
    /// The chunk's id.
    pub chunk_id: Text<'a>,
    /// The document it is part of.
    pub doc_id: Text<'a>,
    /// The document's version.
    pub version_id: Option<Text<'a>>,
    /// How well it matched.
    pub score: Option<Number<'a>>,
    /// Whether the turn cited it.
    pub cited: bool,
}

/// A citation, as far as it is looked for.
#[derive(Debug)]
pub(super) struct Cited<'a> {
    /// Where its turn stands.
    place: usize,
    doc_id: &'a str,
    chunk_id: &'a str,
    /// Its place in the document's list.
    index: usize,
}

impl<'a> Cited<'a> {
    const fn key(&self) -> (usize, &'a str, &'a str) {
        (self.place, self.doc_id, self.chunk_id)
    }
}

/// Citations held against the retrievals of their turns.
pub(super) struct CitationJoin<'a> {
    /// In the order of their keys.
    pub(super) cited: Vec<Cited<'a>>,
    /// Of each retrieval, where its turn stands, and how many of its chunks are cited.
    pub(super) counts: Vec<(usize, usize)>,
    /// Of each citation, whether a retrieval of its turn returned the chunk.
    pub(super) retrieved: Vec<bool>,
}

impl<'a> CitationJoin<'a> {
    /// Joins retrievals and citations, of whose turns it is known where they stand.
    pub(super) fn new(
        traces: &'a [Retrieval<'a>],
        citations: &'a [CitedChunk<'a>],
        turns: &mut Turns<'a>,
    ) -> Self {
        /// With so few citations it pays to look whether any can be among the chunks.
        const FEW: usize = 4;
        let cited = citations.iter().enumerate().map(|(index, chunk)| Cited {
            place: turns.place(&chunk.assistant_turn_id),
            doc_id: &chunk.doc_id,
            chunk_id: &chunk.chunk_id,
            index,
        });
        let mut cited: Vec<_> = cited.collect();
        cited.sort_by_key(Cited::key);
        let mut retrieved = vec![false; citations.len()];
        let mut found = |cited: &Cited<'_>| {
            if let Some(retrieved) = retrieved.get_mut(cited.index) {
                *retrieved = true;
            }
        };
        let count = |trace: &'a Retrieval<'a>| {
            let place = turns.place(&trace.assistant_turn_id);
            let of_turn = of_turn(&cited, place);
            let chunks = &trace.retrieved;
            if of_turn.len() <= FEW && !of_turn.iter().any(|cited| chunks.may_have(cited.chunk_id))
            {
                return (place, 0);
            }
            let mut count = 0;
            chunks.each(|chunk| {
                let cited = place_of(of_turn, &chunk.doc_id, &chunk.chunk_id);
                if let Some(cited) = cited.and_then(|place| of_turn.get(place)) {
                    found(cited);
                    count += 1;
                }
                Continue(())
            });
            (place, count)
        };
        let counts = traces.iter().map(count).collect();
        // Of citations that say the same only the first was found.
        for same in cited.chunk_by(|one, other| one.key() == other.key()) {
            let first = same.first().and_then(|first| retrieved.get(first.index));
            if first == Some(&true) {
                for cited in same {
                    if let Some(retrieved) = retrieved.get_mut(cited.index) {
                        *retrieved = true;
                    }
                }
            }
        }
        Self { cited, counts, retrieved }
    }
}

/// The citations of the turn at a place.
fn of_turn<'c, 'a>(cited: &'c [Cited<'a>], place: usize) -> &'c [Cited<'a>] {
    let begin = cited.partition_point(|cited| cited.place < place);
    let rest = cited.get(begin..).unwrap_or_default();
    // There are few.
    let length = rest.iter().take_while(|cited| cited.place == place).count();
    rest.get(..length).unwrap_or_default()
}

/// Where the first citation of a chunk stands among those of one turn.
fn place_of(of_turn: &[Cited<'_>], doc_id: &str, chunk_id: &str) -> Option<usize> {
    let place =
        of_turn.partition_point(|cited| (cited.doc_id, cited.chunk_id) < (doc_id, chunk_id));
    let found = of_turn.get(place)?;
    (found.doc_id == doc_id && found.chunk_id == chunk_id).then_some(place)
}
