//! The rows of retrievals and of chunks, and their columns.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::flags::{Flag, Flags};
use crate::model::{Number, RagTraceAnswerability, Text, Timestamp};
use crate::rows::look;
use crate::rows::spell::{self, Spelling};
use crate::rows::{self, Cell, Column, Tone};

/// A retrieval, or a citation that no retrieval of its turn returned: what was searched, found and
/// cited.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Row<'d> {
    /// The session's id.
    pub session_id: &'d str,
    /// The retrieval's id; null for a citation.
    pub rag_query_id: Option<&'d str>,
    /// The number of the turn it fed, from 1; null for an orphan.
    pub turn: Option<usize>,
    /// The id of the turn it fed.
    pub assistant_turn_id: &'d str,
    /// When that turn was said; null for an orphan.
    pub timestamp: Option<&'d Timestamp<'d>>,
    /// Fingerprint of the query; equal hashes are the same question.
    pub query_hash: Option<&'d str>,
    /// The knowledge bases that were searched; a citation's own.
    pub kb_ids: &'d [Text<'d>],
    /// How many chunks were retrieved; null for a citation.
    pub found: Option<usize>,
    /// How many of them were cited; null for a citation.
    pub cited: Option<usize>,
    /// The best chunk's score as shown to users.
    pub top_score: Option<Number<'d>>,
    /// Whether the runtime counted the retrieval as a hit.
    pub hit: Option<bool>,
    /// The answerability gate's verdict.
    pub label: Option<&'d str>,
    /// What the gate did.
    pub action: Option<&'d str>,
    /// `shadow` (judged only) or `enforce` (acted on).
    pub mode: Option<&'d str>,
    /// Why, as a code.
    pub reason_code: Option<&'d str>,
    /// Best score before normalization.
    pub raw_top_score: Option<Number<'d>>,
    /// What the score measures.
    pub score_basis: Option<&'d str>,
    /// Below this score a query counts as unanswerable.
    pub threshold_low: Option<Number<'d>>,
    /// From this score on a query counts as answerable.
    pub threshold_high: Option<Number<'d>>,
    /// Which score the distances are from: `raw_top_score` or, where that was not sent, `top_score`;
    /// null where there is nothing to compare.
    pub score_used: Option<&'static str>,
    /// That score less `threshold_low`, to nine decimals: negative where it lies under.
    pub distance_low: Option<f64>,
    /// That score less `threshold_high`, to nine decimals: negative where it lies under.
    pub distance_high: Option<f64>,
    /// Time the retrieval took.
    #[schemars(extend("unit" = "ms"))]
    pub latency_ms: Option<Number<'d>>,
    /// The citation, where the row is one; else null.
    pub citation: Option<Citation<'d>>,
    /// What there is to say about it.
    pub flags: Flags,
}

/// A citation that no retrieval of its turn returned.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[allow(clippy::struct_field_names, reason = "the API's own names")]
pub struct Citation<'d> {
    /// The knowledge base it is from.
    pub kb_id: &'d str,
    /// The document it is part of.
    pub doc_id: &'d str,
    /// The chunk's id.
    pub chunk_id: &'d str,
    /// The document's version.
    pub version_id: Option<&'d str>,
}

/// A chunk that was retrieved, or a citation that no retrieval of its turn returned.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct ChunkRow<'d> {
    /// The session's id.
    pub session_id: &'d str,
    /// The id of the retrieval that returned it; null for a citation.
    pub rag_query_id: Option<&'d str>,
    /// The number of the turn it was for, from 1; null for an orphan.
    pub turn: Option<usize>,
    /// The id of the turn it was for.
    pub assistant_turn_id: &'d str,
    /// Its place among what the retrieval returned, from 1; null for a citation.
    pub rank: Option<usize>,
    /// The chunk's id.
    pub chunk_id: &'d str,
    /// The document it is part of.
    pub doc_id: &'d str,
    /// The document's version.
    pub version_id: Option<&'d str>,
    /// The knowledge base it is from; only citations name one.
    pub kb_id: Option<&'d str>,
    /// How well it matched; null for a citation.
    pub score: Option<Number<'d>>,
    /// Whether it was cited.
    pub cited: bool,
    /// What there is to say about the retrieval that returned it, or about the citation.
    pub flags: Flags,
}

impl<'d> Row<'d> {
    /// Takes over the gate's verdict.
    pub(super) fn judge(&mut self, answerability: &'d RagTraceAnswerability<'d>) {
        self.label = answerability.label.as_deref();
        self.action = answerability.action.as_deref();
        self.mode = answerability.mode.as_deref();
        self.reason_code = answerability.reason_code.as_deref();
        self.raw_top_score = answerability.raw_top_score;
        self.score_basis = answerability.score_basis.as_deref();
        self.threshold_low = answerability.threshold_low;
        self.threshold_high = answerability.threshold_high;
        if let Some((name, score)) = score_used(answerability, self.top_score) {
            self.distance_low = distance(score, self.threshold_low);
            self.distance_high = distance(score, self.threshold_high);
            if self.distance_low.is_some() || self.distance_high.is_some() {
                self.score_used = Some(name);
            }
        }
    }
}

/// The score that is held against the thresholds, and the name of the field it is from.
pub fn score_used<'d>(
    answerability: &RagTraceAnswerability<'d>,
    top_score: Option<Number<'d>>,
) -> Option<(&'static str, Number<'d>)> {
    let raw = answerability.raw_top_score.map(|score| ("raw_top_score", score));
    raw.or_else(|| top_score.map(|score| ("top_score", score)))
}

/// How far a score lies from a threshold: negative where it lies under. None where either is past
/// what a float can hold.
fn distance(score: Number<'_>, threshold: Option<Number<'_>>) -> Option<f64> {
    let distance = score.as_f64() - threshold?.as_f64();
    // 0.274 - 0.45 is -0.17600000000000002 in binary; nobody sent those digits.
    let rounded = (distance * 1e9).round() / 1e9;
    let distance = if rounded.is_finite() { rounded } else { distance };
    // Adding zero makes a positive zero of a negative one.
    distance.is_finite().then_some(distance + 0.0)
}

impl rows::Row for Row<'_> {
    const KIND: &'static str = "rag";
    const NOUN: (&'static str, &'static str) = ("retrieval", "retrievals");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::session(|row, spelling| spelling.id(row.session_id).into()),
            Column::<Self>::words("turn", |row, _| look::turn(row.turn)),
            Column::<Self>::times("time", |row, spelling| {
                Cell::of(row.timestamp.map(|time| spelling.time(time)))
            })
            .below(1),
            Column::<Self>::words("hit", |row, _| {
                row.hit.map_or_else(Cell::absent, |hit| {
                    let (word, tone) = look::hit(hit);
                    Cell::new(word, tone)
                })
            }),
            Column::<Self>::numbers("latency", |row, _| {
                Cell::of(row.latency_ms.map(spell::latency))
            })
            .below(2),
            Column::<Self>::words("top score", |row, spelling| score(row.top_score, spelling)),
            Column::<Self>::words("cited", |row, _| match (row.cited, row.found) {
                (_, Some(0)) => Cell::new("0 found", Tone::Warn),
                (Some(cited), Some(found)) => {
                    format!("{} of {}", spell::count(cited), spell::count(found)).into()
                }
                _ => Cell::absent(),
            })
            .below(1),
            Column::<Self>::text("answerability", |row, _| match verdict(row) {
                None => Cell::absent(),
                Some(text) => Cell::new(text, verdict_tone(row)),
            }),
            Column::<Self>::text("distance", |row, _| Cell::of(position(row))).below(2),
            Column::<Self>::words("query", |row, spelling| {
                Cell::of(row.query_hash.map(|hash| spelling.id(hash)))
            })
            .ids(),
            Column::<Self>::text("KBs", |row, spelling| {
                let ids: Vec<_> = row.kb_ids.iter().map(|id| spelling.id(id)).collect();
                let ids = ids.join(" ");
                match row.citation {
                    Some(citation) => {
                        format!("{ids} {}", cited(&citation)).trim().to_owned().into()
                    }
                    None => Cell::of(Some(ids).filter(|ids| !ids.is_empty())),
                }
            })
            .below(1)
            .ids(),
            Column::<Self>::text("flags", |row, _| look::flags(untold(row).names())).optional(),
        ]
    }
}

impl rows::Row for ChunkRow<'_> {
    const KIND: &'static str = "rag-chunks";
    const NOUN: (&'static str, &'static str) = ("chunk", "chunks");

    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::<Self>::session(|row, spelling| spelling.id(row.session_id).into()),
            Column::<Self>::words("turn", |row, _| look::turn(row.turn)).once(),
            Column::<Self>::words("retrieval", |row, spelling| {
                Cell::of(row.rag_query_id.map(|id| spelling.id(id)))
            })
            .below(2)
            .once()
            .ids(),
            Column::<Self>::numbers("rank", |row, _| Cell::of(row.rank.map(spell::count))),
            Column::<Self>::words("score", |row, spelling| score(row.score, spelling)),
            Column::<Self>::words("cited", |row, _| {
                if row.cited { Cell::new("yes", Tone::Good) } else { Cell::new("no", Tone::Dim) }
            }),
            Column::<Self>::text("chunk", |row, _| named(row.chunk_id)),
            Column::<Self>::text("document", |row, spelling| {
                match document(row.chunk_id, row.doc_id) {
                    // It stands in the chunk's id already.
                    None if spelling.short && !row.doc_id.is_empty() => Cell::default(),
                    _ => named(row.doc_id),
                }
            })
            .below(1)
            .optional(),
            Column::<Self>::words("version", |row, _| Cell::of(row.version_id)).below(1),
            Column::<Self>::words("KB", |row, spelling| match row.kb_id {
                None => Cell::default(),
                Some(id) => spelling.id(id).into(),
            })
            .below(1)
            .optional()
            .ids(),
            Column::<Self>::text("flags", |row, _| look::flags(row.flags.names()))
                .optional()
                .once(),
        ]
    }
}

fn named(id: &str) -> Cell<'_> {
    Cell::of(Some(id).filter(|id| !id.is_empty()))
}

/// The document a chunk is of, unless the chunk's id begins with it or it was not sent.
fn document<'d>(chunk_id: &str, doc_id: &'d str) -> Option<&'d str> {
    Some(doc_id).filter(|doc_id| !doc_id.is_empty() && !chunk_id.starts_with(doc_id))
}

/// What was cited: the chunk, its document where the chunk's id does not say it, the version.
fn cited(citation: &Citation<'_>) -> String {
    let mut text = citation.chunk_id.to_owned();
    // Writing to a string cannot fail.
    if let Some(document) = document(citation.chunk_id, citation.doc_id) {
        let _ = write!(text, " of {document}");
    }
    if let Some(version) = citation.version_id {
        let _ = write!(text, ", {version}");
    }
    text
}

/// The flags that say what no other cell of the row does.
fn untold(row: &Row<'_>) -> Flags {
    let told = [
        (Flag::Miss, row.hit.is_some() || row.found == Some(0)),
        (Flag::Unanswerable, row.label.is_some()),
    ];
    let mut flags = row.flags;
    for (flag, _) in told.into_iter().filter(|(_, told)| *told) {
        flags.set(flag, false);
    }
    flags
}

/// Columns of a score's bar.
const BAR: usize = 2;

/// A score, on a terminal with a bar beside it where it lies from 0 to 1.
fn score(score: Option<Number<'_>>, spelling: &Spelling) -> Cell<'static> {
    let Some(score) = score else { return Cell::absent() };
    let text = spell::score(score);
    let value = score.as_f64();
    if spelling.bars && (0.0..=1.0).contains(&value) {
        return format!("{text:<5} {}", spell::bar(value, BAR)).trim_end().to_owned().into();
    }
    text.into()
}

/// `unanswerable → abstain (shadow)`; the mode is left out where the gate's action was taken. None
/// where the gate said nothing.
fn verdict(row: &Row<'_>) -> Option<String> {
    let mut text = row.label.unwrap_or_default().to_owned();
    if let Some(action) = row.action {
        if text.is_empty() {
            text.push_str("no label");
        }
        // Writing to a string cannot fail.
        let _ = write!(text, " → {action}");
    }
    if text.is_empty() {
        return None;
    }
    if let Some(mode) = row.mode.filter(|mode| *mode != "enforce") {
        let _ = write!(text, " ({mode})");
    }
    Some(text)
}

fn verdict_tone(row: &Row<'_>) -> Tone {
    match row.label {
        _ if row.flags.has(Flag::Unanswerable) => Tone::Bad,
        Some(label) => look::label(label),
        None => Tone::Plain,
    }
}

/// Where the score that the gate compared lies among its thresholds: `0.176 under low 0.45`, `0.152
/// over high 0.75`, `between 0.45–0.75`. Which score that is stands beside it, unless it is the one
/// that is shown as the top score.
fn position(row: &Row<'_>) -> Option<String> {
    let digits = |threshold: Option<Number<'_>>| threshold.map(spell::score).unwrap_or_default();
    let (low, high) = (digits(row.threshold_low), digits(row.threshold_high));
    let text = match (row.distance_low, row.distance_high) {
        (Some(under), _) if under < 0.0 => format!("{} under low {low}", gap(under)),
        (_, Some(0.0)) => format!("at high {high}"),
        (_, Some(over)) if over > 0.0 => format!("{} over high {high}", gap(over)),
        (Some(0.0), _) => format!("at low {low}"),
        (Some(_), Some(_)) => format!("between {low}–{high}"),
        (Some(over), None) => format!("{} over low {low}", gap(over)),
        (None, Some(under)) => format!("{} under high {high}", gap(under)),
        (None, None) => return None,
    };
    let raw = row.raw_top_score.map(spell::score);
    Some(match raw.filter(|raw| row.top_score.map(spell::score).as_ref() != Some(raw)) {
        Some(raw) => format!("raw {raw}: {text}"),
        None if row.score_used == Some("top_score") => format!("{text} (top score)"),
        None => text,
    })
}

fn gap(distance: f64) -> String {
    let distance = distance.abs();
    if distance < 0.0005 { "<0.001".to_owned() } else { format!("{distance:.3}") }
}
