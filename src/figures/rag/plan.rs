//! What a retrieval or a citation adds to the figures.

use crate::figures::by::Sorter;
use crate::figures::figure::{Better, Figure, Of, Plan, Unit};
use crate::figures::group::Group;
use crate::rows::look;
use crate::view::rag::{Counts, Flag, Rag};
use crate::view::turns::Said;

const RETRIEVALS: usize = 0;
const HITS: usize = 1;
const VERDICTS: usize = 2;
const MISSES: usize = 3;
const UNANSWERABLE: usize = 4;
const UNCITED: usize = 5;
const CITED_NOT_RETRIEVED: usize = 6;
const ORPHANS: usize = 7;
const CHUNKS_FOUND: usize = 8;
const CHUNKS_CITED: usize = 9;
const CITATIONS: usize = 10;
const SUMS: usize = 11;

/// The latencies.
pub(super) const LATENCY: usize = 0;

/// What [`count`] knows of a row beside its fields, to group by: the documents it is of.
pub const MORE: &[&str] = &["doc_id"];

/// The figures of `rag --summary`.
pub static PLAN: Plan = Plan {
    command: "rag",
    figures: FIGURES,
    sums: SUMS,
    values: 1,
    size: Of::Sum(RETRIEVALS),
    main: Some("hit_rate"),
    noun: ("retrieval", "retrievals"),
};

/// [`FIGURES`]' `hit_rate`.
pub(super) const HIT_RATE: Of = Of::Ratio { part: HITS, whole: VERDICTS, per: 1 };
/// [`FIGURES`]' `unanswerable_rate`.
pub(super) const UNANSWERABLE_RATE: Of =
    Of::Ratio { part: UNANSWERABLE, whole: RETRIEVALS, per: 1 };
/// [`FIGURES`]' `uncited_rate`.
pub(super) const UNCITED_RATE: Of = Of::Ratio { part: UNCITED, whole: RETRIEVALS, per: 1 };

const FIGURES: &[Figure] = &[
    Figure::sessions().shown(),
    Figure::count("retrievals", "retrievals", RETRIEVALS).about("retrievals").shown(),
    Figure::count("hits", "hits", HITS)
        .about("retrievals that the runtime counted as a hit")
        .below(3),
    Figure::count("verdicts", "verdicts", VERDICTS)
        .about("retrievals for which the runtime said whether they were one"),
    Figure::rate("hit_rate", "hit rate", HITS, VERDICTS)
        .about("`hits` of `verdicts`, 0 to 1")
        .better(Better::Higher)
        .stated(look::HITS)
        .shown(),
    Figure::count("misses", "misses", MISSES).about("retrievals flagged `miss`").below(2),
    Figure::count("unanswerable", "unanswerable", UNANSWERABLE)
        .about("retrievals flagged `unanswerable`"),
    Figure::rate("unanswerable_rate", "unanswerable rate", UNANSWERABLE, RETRIEVALS)
        .about("`unanswerable` of `retrievals`, 0 to 1")
        .better(Better::Lower)
        .stated(look::UNANSWERABLE)
        .shown(),
    Figure::count("uncited", "uncited", UNCITED).about("retrievals of whose chunks none was cited"),
    Figure::rate("uncited_rate", "uncited rate", UNCITED, RETRIEVALS)
        .about("`uncited` of `retrievals`, 0 to 1")
        .better(Better::Lower)
        .below(1),
    Figure::count("cited_not_retrieved", "cited, not retrieved", CITED_NOT_RETRIEVED)
        .about("citations flagged `cited-not-retrieved`"),
    Figure::count("orphans", "orphans", ORPHANS).about("rows flagged `orphan`"),
    Figure::count("chunks_found", "chunks found", CHUNKS_FOUND).about("chunks that were retrieved"),
    Figure::count("chunks_cited", "chunks cited", CHUNKS_CITED)
        .about("how many of those were cited"),
    Figure::percentile("latency_p50_ms", "latency p50", LATENCY, 50, Unit::Millis)
        .about("half of the retrievals that have a latency took at most this (nearest rank)")
        .below(2),
    Figure::percentile("latency_p95_ms", "latency p95", LATENCY, 95, Unit::Millis)
        .about("95 of 100 retrievals that have a latency took at most this (nearest rank)"),
];

/// Counts a session's retrievals and citations.
///
/// Fails where a row cannot be made JSON of.
pub fn count<'d, M: Said<'d>, T>(
    rag: &Rag<'d, M, T>,
    sorter: &mut Sorter<'_>,
) -> serde_json::Result<()> {
    // Several retrievals may have found what is one citation.
    sorter.session(|share| share.add(CITATIONS, rag.counts().citations));
    for (row, trace) in rag.units() {
        let documents = |_: &str| {
            let chunks = trace.into_iter().flat_map(|trace| &*trace.retrieved);
            let cited = row.citation.iter().map(|citation| citation.doc_id.to_owned());
            chunks.map(|chunk| chunk.doc_id.to_string()).chain(cited).collect()
        };
        sorter.row(&row, documents, |share| {
            share.add_if(RETRIEVALS, trace.is_some());
            share.add_if(HITS, row.hit == Some(true));
            share.add_if(VERDICTS, row.hit.is_some());
            share.add_if(MISSES, row.flags.has(Flag::Miss));
            share.add_if(UNANSWERABLE, row.flags.has(Flag::Unanswerable));
            share.add_if(UNCITED, row.flags.has(Flag::Uncited));
            share.add_if(CITED_NOT_RETRIEVED, row.flags.has(Flag::CitedNotRetrieved));
            share.add_if(ORPHANS, row.flags.has(Flag::Orphan));
            share.add(CHUNKS_FOUND, row.found.unwrap_or_default());
            share.add(CHUNKS_CITED, row.cited.unwrap_or_default());
            if let Some(latency) = row.latency_ms {
                share.value(LATENCY, latency.as_f64());
            }
        })?;
    }
    Ok(())
}

/// How many of everything a group has.
pub(super) fn counts(group: &Group) -> Counts {
    Counts {
        retrievals: group.count(RETRIEVALS),
        hits: group.count(HITS),
        verdicts: group.count(VERDICTS),
        misses: group.count(MISSES),
        unanswerable: group.count(UNANSWERABLE),
        uncited: group.count(UNCITED),
        cited_not_retrieved: group.count(CITED_NOT_RETRIEVED),
        orphans: group.count(ORPHANS),
        chunks_found: group.count(CHUNKS_FOUND),
        chunks_cited: group.count(CHUNKS_CITED),
        citations: group.count(CITATIONS),
    }
}
