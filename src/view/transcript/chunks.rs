//! The chunks of a retrieval, and which of them were cited.

use std::ops::ControlFlow::{self, Break, Continue};

use schemars::JsonSchema;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use super::super::citations::Citations;
use crate::model::{LazyList, Number, RetrievedChunk, Text};

/// The chunks that a retrieval returned, made when they are asked for. As JSON, an array of
/// [`ChunkRow`].
#[derive(Clone, Copy, Debug)]
pub struct Chunks<'a> {
    pub(super) list: &'a LazyList<'a, RetrievedChunk<'a>>,
    /// Where the turn that the retrieval fed stands.
    pub(super) place: usize,
    /// The session's citations.
    pub(super) citations: &'a Citations<'a>,
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
        let of_turn = if self.cited > 0 { self.citations.of_turn(self.place) } else { &[] };
        self.list.each(|chunk| {
            let citation = self.citations.find(of_turn, &chunk.doc_id, &chunk.chunk_id);
            each(ChunkRow {
                cited: citation.is_some(),
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
