//! Figures a document of the knowledge bases.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::citations_unrecorded;
use crate::figures::Merge;
use crate::rows::{Cell, Column, Page, Row, Tone, spell};
use crate::view::ending::Ending;
use crate::view::rag::{ChunkRow, Flags, Rag};
use crate::view::turns::Said;

/// What has been folded so far.
#[derive(Debug, Default)]
pub struct Documents {
    sessions: usize,
    /// Sessions that declare that citations were not recorded.
    no_citations: usize,
    /// Retrievals so far that found something: tells one from the next.
    retrievals: usize,
    by_id: HashMap<String, Document>,
}

#[derive(Debug, Default)]
struct Document {
    retrievals: usize,
    found: usize,
    cited: usize,
    strays: usize,
    sessions: usize,
    well: usize,
    badly: usize,
    versions: BTreeSet<String>,
    /// The session and the retrieval that were counted last, from 1.
    session: usize,
    retrieval: usize,
}

impl Documents {
    /// Folds a document in.
    pub fn add<'d, M: Said<'d>, T>(&mut self, rag: &Rag<'d, M, T>) {
        self.sessions += 1;
        self.no_citations += usize::from(rag.declares_no_citations());
        let ending = Ending::of(rag.input());
        for chunk in rag.chunks(Flags::default()) {
            self.retrievals += usize::from(chunk.rank == Some(1));
            self.chunk(&chunk, ending);
        }
    }

    /// Counts a chunk.
    fn chunk(&mut self, chunk: &ChunkRow<'_>, ending: Ending) {
        if chunk.doc_id.is_empty() {
            return;
        }
        let document = self.by_id.entry_ref(chunk.doc_id).or_default();
        if document.session != self.sessions {
            document.session = self.sessions;
            document.sessions += 1;
            document.well += usize::from(ending == Ending::Well);
            document.badly += usize::from(ending == Ending::Badly);
        }
        if chunk.rank.is_some() {
            document.found += 1;
            document.cited += usize::from(chunk.cited);
            document.retrievals += usize::from(document.retrieval != self.retrievals);
            document.retrieval = self.retrievals;
        } else {
            document.strays += 1;
        }
        if let Some(version) = chunk.version_id.filter(|version| !version.is_empty())
            && !document.versions.contains(version)
        {
            document.versions.insert(version.to_owned());
        }
    }

    /// A row a document: most retrievals first, then most sessions.
    pub fn rows(&self) -> Vec<DocumentRow<'_>> {
        let mut rows: Vec<DocumentRow<'_>> = self
            .by_id
            .iter()
            .map(|(id, document)| DocumentRow {
                doc_id: id,
                retrievals: document.retrievals,
                chunks_found: document.found,
                chunks_cited: document.cited,
                cited_not_retrieved: document.strays,
                sessions: document.sessions,
                ended_well: document.well,
                ended_badly: document.badly,
                versions: document.versions.iter().map(String::as_str).collect(),
            })
            .collect();
        rows.sort_unstable_by(|a, b| {
            (b.retrievals, b.sessions).cmp(&(a.retrievals, a.sessions)).then(a.doc_id.cmp(b.doc_id))
        });
        rows
    }

    /// What stands around them.
    pub fn page(&self) -> Page {
        let title = format!(
            "{} in {}",
            spell::counted(self.by_id.len(), "document", "documents"),
            spell::counted(self.sessions, "session", "sessions"),
        );
        let mut notes = Vec::new();
        if self.by_id.is_empty() {
            notes.push("no document was retrieved, and none was cited".to_owned());
        }
        notes.extend(citations_unrecorded(self.no_citations));
        Page { title: vec![title], notes, dates: false }
    }
}

impl Merge for Documents {
    fn merge(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.no_citations += other.no_citations;
        self.retrievals += other.retrievals;
        for (id, theirs) in other.by_id {
            let mine = self.by_id.entry(id).or_default();
            mine.retrievals += theirs.retrievals;
            mine.found += theirs.found;
            mine.cited += theirs.cited;
            mine.strays += theirs.strays;
            mine.sessions += theirs.sessions;
            mine.well += theirs.well;
            mine.badly += theirs.badly;
            mine.versions.extend(theirs.versions);
        }
    }
}

/// A document of the knowledge bases: how often it was found and put before the model, and how those
/// sessions ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DocumentRow<'s> {
    /// The document's id.
    pub doc_id: &'s str,
    /// Retrievals that found a chunk of it.
    pub retrievals: usize,
    /// Chunks of it that were found, over all retrievals.
    pub chunks_found: usize,
    /// How many of those were put before the model.
    pub chunks_cited: usize,
    /// Its chunks that were put before the model although no retrieval of the turn found them.
    pub cited_not_retrieved: usize,
    /// Sessions in which it was found or cited.
    pub sessions: usize,
    /// Those of them that ended well: resolved, handed to nobody, not opened again.
    pub ended_well: usize,
    /// Those of them that ended any other way, where an outcome was sent and somebody was talked to.
    pub ended_badly: usize,
    /// Its versions that were seen, in order of their names.
    pub versions: Vec<&'s str>,
}

impl Row for DocumentRow<'_> {
    const KIND: &'static str = "rag-documents";
    const NOUN: (&'static str, &'static str) = ("document", "documents");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::text("document", |row, _| Cell::new(row.doc_id, Tone::Strong)),
            Column::<Self>::text("versions", |row, _| {
                Cell::of(Some(row.versions.join(" ")).filter(|versions| !versions.is_empty()))
            })
            .below(1)
            .optional(),
            Column::<Self>::numbers("retrievals", |row, _| Cell::count(row.retrievals)),
            Column::<Self>::numbers("chunks", |row, _| Cell::count(row.chunks_found)).below(3),
            Column::<Self>::numbers("cited", |row, _| match row.chunks_cited {
                0 if row.chunks_found > 0 => Cell::new("0", Tone::Warn),
                cited => Cell::count(cited),
            })
            .below(3),
            Column::<Self>::numbers("not retrieved", |row, _| match row.cited_not_retrieved {
                0 => Cell::count(0),
                strays => Cell::new(spell::count(strays), Tone::Warn),
            })
            .below(2)
            .optional(),
            Column::<Self>::numbers("sessions", |row, _| Cell::count(row.sessions)),
            Column::<Self>::numbers("ended well", |row, _| Cell::count(row.ended_well))
                .below(1)
                .optional(),
            Column::<Self>::numbers("badly", |row, _| Cell::count(row.ended_badly))
                .below(1)
                .optional(),
        ]
    }
}
