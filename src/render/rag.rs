//! Retrievals and chunks as tables and as CSV.

pub mod summary;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::LayoutOptions;
use super::csv::Record;
use super::overview;
use super::rows::{Section, Writer};
use super::sanitize;
use super::style::Tone;
use super::table::{Cell, Column, Table};
use crate::model::{MissingEvidenceReason, Number, Timestamp};
use crate::rows::spell;
use crate::view::rag::{ChunkRow, Citation, Counts, Flag, Flags, Rag, Row};

/// From this width on a retrieval stands on one line.
const ONE_LINE: usize = 170;

/// From this width on only its verdict takes two lines; below, most of its cells do.
const ROOMY: usize = 140;

/// From this width on a chunk stands on one line.
const CHUNK_ONE_LINE: usize = 130;

/// The narrowest terminal for which no word is broken, and what its verdict, query and flags take.
const NARROW: usize = 80;
const VERDICT: usize = 20;
const QUERY: usize = 14;
const FLAGS: usize = 12;

/// What the flags beside a chunk take there: `cited not retrieved`.
const CHUNK_FLAGS: usize = 19;

/// What a verdict takes where there is more room.
const ROOMY_VERDICT: usize = 22;

/// Turns that a note names.
const NAMED: usize = 12;

/// Writes the retrievals of a document that have one of the flags in `only`, then the citations
/// that no retrieval returned.
pub fn retrievals(
    writer: &mut Writer<'_>,
    rag: &Rag<'_>,
    only: Flags,
    options: &LayoutOptions,
) -> io::Result<()> {
    let (dates, when) = days(rag, options);
    let pen = Pen::new(options, dates, &when);
    let retrievals = || rag.rows(only).filter(|row| row.citation.is_none());
    let cells = || retrievals().map(|row| pen.retrieval(&row));
    writer.push_made(rag.rows(only), || pen.retrieval_section(rag, only), cells)?;

    let citations = || rag.rows(only).filter_map(|row| Some((row, row.citation?)));
    if rag.counts().cited_not_retrieved == 0 || citations().next().is_none() {
        return Ok(());
    }
    // As rows they are written: this is for people, who read them on their own.
    let none = std::iter::empty::<Row<'_>>();
    let cells = || citations().map(|(row, citation)| pen.citation(&row, &citation));
    writer.push_made(none, || pen.citation_section(rag, citations().count()), cells)
}

/// Writes the chunks of a document whose retrievals have one of the flags in `only`.
pub fn chunks(
    writer: &mut Writer<'_>,
    rag: &Rag<'_>,
    only: Flags,
    options: &LayoutOptions,
) -> io::Result<()> {
    let pen = Pen::new(options, false, "");
    let strays =
        rag.counts().cited_not_retrieved > 0 && rag.rows(only).any(|row| row.citation.is_some());
    let cells = || rag.chunks(only).map(|row| pen.chunk(&row, strays));
    writer.push_made(rag.chunks(only), || pen.chunk_section(rag, only, strays), cells)
}

/// How much room a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    OneLine,
    Roomy,
    Narrow,
}

impl Room {
    const fn of(options: &LayoutOptions) -> Self {
        match options.width {
            Some(width) if width < ROOMY => Self::Narrow,
            Some(width) if width < ONE_LINE => Self::Roomy,
            _ => Self::OneLine,
        }
    }
}

/// How one document's cells are made.
#[derive(Clone, Copy, Debug)]
struct Pen<'l> {
    options: &'l LayoutOptions,
    room: Room,
    /// Whether ids are shortened.
    short: bool,
    /// Whether a chunk and its document share a cell.
    stacked: bool,
    /// Whether times need their dates: the document's are of several days.
    dates: bool,
    /// What the title says of the times; empty where there are none.
    when: &'l str,
}

impl<'l> Pen<'l> {
    fn new(options: &'l LayoutOptions, dates: bool, when: &'l str) -> Self {
        // A column of whole ids fits no width that somebody asks for.
        let short = options.short_ids || options.width.is_some();
        let stacked = options.width.is_some_and(|width| width < CHUNK_ONE_LINE);
        Self { options, room: Room::of(options), short, stacked, dates, when }
    }

    /// What stands around the retrievals.
    fn retrieval_section<'d>(self, rag: &Rag<'d>, only: Flags) -> Section<'d> {
        let columns = match self.room {
            Room::OneLine => vec![
                Column::words("turn"),
                Column::words("time"),
                Column::text("KBs"),
                Column::numbers("found"),
                Column::numbers("cited"),
                Column::words("top score"),
                Column::words("hit"),
                Column::text("answerability"),
                Column::text("distance"),
                Column::numbers("latency"),
                Column::words("query"),
                Column::text("flags"),
            ],
            Room::Roomy => vec![
                Column::words("turn"),
                Column::words("time"),
                Column::text("KBs"),
                Column::words("cited"),
                Column::words("top score"),
                Column::words("hit"),
                Column::text("answerability"),
                Column::numbers("latency"),
                Column::words("query"),
                Column::text("flags"),
            ],
            Room::Narrow => vec![
                Column::words("turn"),
                Column::words("hit"),
                Column::words("top score"),
                Column::text("answerability"),
                Column::text("query, KBs"),
                Column::text("flags"),
            ],
        };
        let mut notes = Vec::new();
        if rag.counts().retrievals == 0 {
            notes.push(no_retrievals(rag));
        } else if rag.rows(only).next().is_none() {
            notes.push(nothing_left(only, rag.counts()));
        }
        // A distance that does not fit the score beside it would look wrong.
        if rag.rows(only).any(|row| row.score_used == Some("raw_top_score") && !scores_agree(&row))
        {
            notes.push("distances are those of the raw top score".to_owned());
        }
        notes.extend(citations_unrecorded(rag));
        let table = Table { columns, rows: Vec::new() };
        Section { title: self.title(rag, only), table, notes }
    }

    /// What stands around the citations that no retrieval returned.
    fn citation_section<'d>(self, rag: &Rag<'d>, count: usize) -> Section<'d> {
        let mut columns = vec![Column::words("turn"), Column::words("time"), Column::words("KB")];
        columns.extend(self.source_columns());
        columns.push(Column::text("flags"));
        let chunks = spell::counted(count, "chunk", "chunks");
        let title = [
            spell::id(&rag.input().session_id, self.short).into_owned(),
            format!("{chunks} cited that no retrieval of the turn returned"),
        ];
        Section {
            title: join(&title, self.options.width),
            table: Table { columns, rows: Vec::new() },
            notes: Vec::new(),
        }
    }

    /// What stands around the chunks.
    fn chunk_section<'d>(self, rag: &Rag<'d>, only: Flags, strays: bool) -> Section<'d> {
        let mut columns = vec![Column::words("turn")];
        if !self.stacked {
            columns.push(Column::words("retrieval"));
        }
        columns.extend([Column::numbers("rank"), Column::words("score"), Column::words("cited")]);
        columns.extend(self.source_columns());
        if !self.stacked && strays {
            columns.push(Column::words("KB"));
        }
        columns.push(Column::text("flags"));

        let mut notes = Vec::new();
        if rag.counts().retrievals == 0 {
            notes.push(no_retrievals(rag));
        } else if rag.rows(only).next().is_none() {
            notes.push(nothing_left(only, rag.counts()));
        }
        notes.extend(self.without_chunks(rag, only));
        notes.extend(citations_unrecorded(rag));
        let table = Table { columns, rows: Vec::new() };
        Section { title: self.title(rag, only), table, notes }
    }

    /// Names the retrievals that a table of chunks cannot show.
    fn without_chunks(self, rag: &Rag<'_>, only: Flags) -> Option<String> {
        let empty = || rag.rows(only).filter(|row| row.found == Some(0));
        let count = empty().count();
        let turns = empty().take(NAMED).map(|row| self.turn(row.turn, row.assistant_turn_id).text);
        let turns = turns.collect::<Vec<_>>().join(", ");
        let more = match count.saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {} more", spell::count(more)),
        };
        let retrievals = spell::counted(count, "retrieval", "retrievals");
        (count > 0).then(|| format!("{retrievals} found no chunks: {turns}{more}"))
    }

    /// Whose rows they are, and how many of everything.
    fn title(self, rag: &Rag<'_>, only: Flags) -> String {
        let mut parts = vec![overview::title(rag.input(), self.options)];
        if !self.when.is_empty() {
            parts.push(self.when.to_owned());
        }
        if rag.counts().retrievals > 0 {
            parts.push(counts(rag.counts()));
        }
        let shown = || rag.rows(only).filter(|row| row.citation.is_none()).count();
        if let Some(shown) = (!only.is_empty()).then(shown).filter(|shown| *shown > 0) {
            let all = spell::count(rag.counts().retrievals);
            parts.push(format!("{} of {all} shown", spell::count(shown)));
        }
        join(&parts, self.options.width)
    }

    fn retrieval<'d>(self, row: &Row<'d>) -> Vec<Cell<'d>> {
        match self.room {
            Room::OneLine => self.one_line(row),
            Room::Roomy => self.roomy(row),
            Room::Narrow => self.narrow(row),
        }
    }

    fn one_line<'d>(self, row: &Row<'d>) -> Vec<Cell<'d>> {
        vec![
            self.turn(row.turn, row.assistant_turn_id),
            self.time(row),
            self.kbs(row),
            number(row.found),
            number(row.cited),
            self.score(row.top_score, 8),
            hit(row.hit),
            verdict(row).map_or_else(Cell::absent, |text| Cell::new(text, verdict_tone(row))),
            distance(row).map_or_else(Cell::absent, |text| Cell::new(text, Tone::Plain)),
            latency(row.latency_ms),
            self.query(row),
            self.flags(row.flags),
        ]
    }

    fn roomy<'d>(self, row: &Row<'d>) -> Vec<Cell<'d>> {
        let cited = match (row.cited, row.found) {
            (Some(cited), Some(found)) => Cow::Owned(format!("{cited} of {found}")),
            _ => Cow::Borrowed("–"),
        };
        vec![
            self.turn(row.turn, row.assistant_turn_id),
            self.time(row),
            self.kbs(row),
            cited.into(),
            self.score(row.top_score, 8),
            hit(row.hit),
            stacked_verdict(row, ROOMY_VERDICT),
            latency(row.latency_ms),
            self.query(row),
            self.flags(row.flags),
        ]
    }

    fn narrow<'d>(self, row: &Row<'d>) -> Vec<Cell<'d>> {
        let turn = self.turn(row.turn, row.assistant_turn_id);
        let time = match row.timestamp {
            Some(_) => format!("\n{}", self.time(row).text.replace(' ', "\n")),
            None => String::new(),
        };
        let hit = hit(row.hit);
        let latency = match row.latency_ms {
            Some(latency) => format!("\n{}", spell::latency(latency)),
            None => String::new(),
        };
        let cited = match (row.cited, row.found) {
            (_, Some(0)) => "\n0 found".to_owned(),
            (Some(cited), Some(found)) => format!("\n{cited}/{found} cited"),
            _ => String::new(),
        };
        vec![
            Cell::new(format!("{}{time}", turn.text), turn.tone),
            Cell::new(format!("{}{latency}", hit.text), hit.tone),
            format!("{}{cited}", self.score(row.top_score, 3).text).into(),
            // What a wider terminal has more is the verdict's.
            stacked_verdict(
                row,
                VERDICT + self.options.width.unwrap_or(NARROW).saturating_sub(NARROW),
            ),
            wrap(&format!("{}\n{}", self.query(row).text, self.kbs(row).text), QUERY).into(),
            Cell::new(wrap(&self.flags(row.flags).text.replace(", ", "\n"), FLAGS), Tone::Warn),
        ]
    }

    fn citation<'d>(self, row: &Row<'d>, citation: &Citation<'d>) -> Vec<Cell<'d>> {
        let mut cells = vec![
            self.turn(row.turn, row.assistant_turn_id),
            self.time(row),
            self.id(citation.kb_id),
        ];
        cells.extend(self.source(citation.chunk_id, citation.doc_id, citation.version_id));
        cells.push(self.chunk_flags(row.flags));
        cells
    }

    fn chunk<'d>(self, row: &ChunkRow<'d>, strays: bool) -> Vec<Cell<'d>> {
        // Laid out to a width, what all chunks of a retrieval share stands beside the first.
        let follows = self.options.width.is_some() && row.rank.is_some_and(|rank| rank > 1);
        let shared = |cell: Cell<'d>| if follows { Cell::default() } else { cell };
        let mut cells = vec![shared(self.turn(row.turn, row.assistant_turn_id))];
        if !self.stacked {
            cells.push(shared(row.rag_query_id.map_or_else(Cell::absent, |id| self.id(id))));
        }
        cells.extend([
            number(row.rank),
            self.score(row.score, if self.stacked { 4 } else { 8 }),
            if row.cited { Cell::new("yes", Tone::Good) } else { Cell::new("no", Tone::Dim) },
        ]);
        cells.extend(self.source(row.chunk_id, row.doc_id, row.version_id));
        if !self.stacked && strays {
            cells.push(row.kb_id.map_or_else(Cell::absent, |id| self.id(id)));
        }
        cells.push(shared(self.chunk_flags(row.flags)));
        cells
    }

    /// A chunk, its document and its version: a cell each or, stacked, one of two lines.
    fn source<'d>(self, chunk: &'d str, doc: &'d str, version: Option<&'d str>) -> Vec<Cell<'d>> {
        if !self.stacked {
            return vec![text(chunk), text(doc), version.map_or_else(Cell::absent, text)];
        }
        let version = version.map(|version| format!(" {}", text(version).text));
        let version = version.unwrap_or_default();
        vec![format!("{}\n{}{version}", text(chunk).text, text(doc).text).into()]
    }

    /// The flags beside a chunk, which must not take its room.
    fn chunk_flags(self, flags: Flags) -> Cell<'static> {
        let cell = self.flags(flags);
        match self.options.width {
            Some(width) if self.stacked => {
                let width = CHUNK_FLAGS + width.saturating_sub(NARROW);
                Cell::new(wrap(&cell.text, width), cell.tone)
            }
            _ => cell,
        }
    }

    fn source_columns(self) -> Vec<Column> {
        if self.stacked {
            vec![Column::text("chunk, document")]
        } else {
            vec![Column::text("chunk"), Column::text("document"), Column::words("version")]
        }
    }

    /// The turn's number; an orphan's id, which is all there is.
    fn turn(self, number: Option<usize>, id: &str) -> Cell<'static> {
        match number {
            Some(number) => Cell::new(format!("#{number}"), Tone::Strong),
            None if id.is_empty() => Cell::absent(),
            None => Cell::new(spell::id(id, self.short).into_owned(), Tone::Warn),
        }
    }

    fn time<'d>(self, row: &Row<'d>) -> Cell<'d> {
        let Some(time) = row.timestamp else { return Cell::absent() };
        let clock = self.options.zone.clock(time);
        match time.instant().filter(|_| self.dates) {
            Some(moment) => format!("{} {clock}", self.options.zone.date(moment)).into(),
            None => clock.into(),
        }
    }

    fn id(self, id: &str) -> Cell<'_> {
        if id.is_empty() { Cell::absent() } else { spell::id(id, self.short).into() }
    }

    /// The knowledge bases: all of them, or the first and how many more.
    fn kbs<'d>(self, row: &Row<'d>) -> Cell<'d> {
        let Some((first, more)) = row.kb_ids.split_first() else { return Cell::absent() };
        let mut text = spell::id(first, self.short);
        if self.room == Room::Narrow && !more.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text.to_mut(), " +{}", more.len());
        } else {
            for kb in more {
                let _ = write!(text.to_mut(), " {}", spell::id(kb, self.short));
            }
        }
        text.into()
    }

    fn query<'d>(self, row: &Row<'d>) -> Cell<'d> {
        row.query_hash.map_or_else(Cell::absent, |hash| self.id(hash))
    }

    /// A score, on a terminal with a bar beside it where it lies from 0 to 1.
    fn score(self, score: Option<Number<'_>>, cells: usize) -> Cell<'static> {
        let Some(score) = score else { return Cell::absent() };
        let text = spell::score(score);
        let value = score.as_f64();
        if self.options.terminal && self.options.short_ids && (0.0..=1.0).contains(&value) {
            return format!("{text:<5} {}", bar(value, cells)).trim_end().to_owned().into();
        }
        text.into()
    }

    /// The flags; as words that can be wrapped where there is a width to wrap to.
    fn flags(self, flags: Flags) -> Cell<'static> {
        let list = flags.names().collect::<Vec<_>>().join(", ");
        let list = if self.options.width.is_some() { list.replace('-', " ") } else { list };
        Cell::new(list, Tone::Warn)
    }
}

/// `6 retrievals: 4 hits, 2 misses; 3 of 12 chunks cited`.
fn counts(counts: &Counts) -> String {
    let mut text = format!(
        "{}: {}, {}",
        spell::counted(counts.retrievals, "retrieval", "retrievals"),
        spell::counted(counts.hits, "hit", "hits"),
        spell::counted(counts.misses, "miss", "misses"),
    );
    let unknown = counts.retrievals.saturating_sub(counts.hits + counts.misses);
    // Writing to a string cannot fail.
    if unknown > 0 {
        let _ = write!(text, ", {} unknown", spell::count(unknown));
    }
    if counts.chunks_found > 0 {
        let found = spell::counted(counts.chunks_found, "chunk", "chunks");
        let _ = write!(text, "; {} of {found} cited", spell::count(counts.chunks_cited));
    }
    if counts.cited_not_retrieved > 0 {
        let strays = spell::count(counts.cited_not_retrieved);
        let _ = write!(text, "; {strays} cited but not retrieved");
    }
    text
}

/// Parts of a title, broken between them where a line would be longer than `width`.
fn join(parts: &[String], width: Option<usize>) -> String {
    let mut title = String::new();
    let mut line = 0;
    for part in parts {
        if title.is_empty() {
            line = part.width();
        } else if width.is_some_and(|width| line + 3 + part.width() > width) {
            title.push('\n');
            line = part.width();
        } else {
            title.push_str(" · ");
            line += 3 + part.width();
        }
        title.push_str(part);
    }
    title
}

/// Whether the turns' times are of several days, and what the title says of them.
fn days(rag: &Rag<'_>, options: &LayoutOptions) -> (bool, String) {
    let moments = rag.times().filter_map(Timestamp::instant);
    let ends = moments.fold(None, |ends, moment| {
        let (first, last) = ends.unwrap_or((moment, moment));
        Some((first.min(moment), last.max(moment)))
    });
    let Some((first, last)) = ends else { return (false, String::new()) };
    let label = options.zone.label(first);
    let date = options.zone.date(first);
    if date == options.zone.date(last) {
        (false, format!("{date} {label}"))
    } else {
        (true, format!("times in {label}"))
    }
}

fn no_retrievals(rag: &Rag<'_>) -> String {
    let reasons: Vec<&str> = rag.reasons().map(MissingEvidenceReason::as_str).collect();
    if reasons.is_empty() {
        "no retrievals, and the session declares no reason".to_owned()
    } else {
        format!("no retrievals; the session declares {}", reasons.join(" and "))
    }
}

/// Why a filter left no row.
fn nothing_left(only: Flags, counts: &Counts) -> String {
    let words: Vec<&str> = Flag::ALL
        .into_iter()
        .filter(|flag| only.has(*flag))
        .filter_map(|flag| match flag {
            Flag::Miss => Some("a miss"),
            Flag::Unanswerable => Some("unanswerable"),
            Flag::Uncited => Some("uncited"),
            Flag::Orphan => Some("an orphan"),
            Flag::CitedNotRetrieved => None,
        })
        .collect();
    let mut clauses = Vec::new();
    if !words.is_empty() {
        let retrievals = spell::count(counts.retrievals);
        clauses.push(format!("no retrieval is {} ({retrievals} looked at)", any_of(&words)));
    }
    if only.has(Flag::CitedNotRetrieved) {
        let citations = spell::count(counts.citations);
        clauses.push(format!("no citation is without its retrieval ({citations} looked at)"));
    }
    clauses.join("; ")
}

/// `a`, `a or b`, `a, b or c`.
fn any_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A caution where `uncited` may only mean that nobody wrote it down.
fn citations_unrecorded(rag: &Rag<'_>) -> Option<String> {
    let counts = rag.counts();
    (rag.declares_no_citations() && counts.citations == 0 && counts.chunks_found > 0).then(|| {
        "the session declares no_citations: what was cited may not have been recorded".to_owned()
    })
}

/// Text of lines that take at most `width` columns, broken between words where it can be.
fn wrap(text: &str, width: usize) -> String {
    textwrap::wrap(text, width).join("\n")
}

fn text(text: &str) -> Cell<'_> {
    if text.is_empty() { Cell::absent() } else { sanitize::line(text).into() }
}

fn number(number: Option<usize>) -> Cell<'static> {
    number.map_or_else(Cell::absent, |number| spell::count(number).into())
}

fn latency(latency: Option<Number<'_>>) -> Cell<'static> {
    latency.map_or_else(Cell::absent, |latency| spell::latency(latency).into())
}

fn hit(hit: Option<bool>) -> Cell<'static> {
    match hit {
        Some(true) => Cell::new("yes", Tone::Good),
        Some(false) => Cell::new("no", Tone::Bad),
        None => Cell::new("unknown", Tone::Dim),
    }
}

/// `unanswerable → abstain (shadow)`; the mode is left out where the gate's action was taken. None
/// where the gate said nothing.
fn verdict(row: &Row<'_>) -> Option<String> {
    let mut text = row.label.map(sanitize::line).unwrap_or_default().into_owned();
    if let Some(action) = row.action {
        if text.is_empty() {
            text.push_str("no label");
        }
        // Writing to a string cannot fail.
        let _ = write!(text, " → {}", sanitize::line(action));
    }
    if text.is_empty() {
        return None;
    }
    if let Some(mode) = row.mode.filter(|mode| *mode != "enforce") {
        let _ = write!(text, " ({})", sanitize::line(mode));
    }
    Some(text)
}

fn verdict_tone(row: &Row<'_>) -> Tone {
    match row.label {
        _ if row.flags.has(Flag::Unanswerable) => Tone::Bad,
        Some("answerable") => Tone::Good,
        Some("partially_answerable") => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// The verdict, and the distance below it. A verdict too long for a line is broken at its arrow.
fn stacked_verdict(row: &Row<'_>, width: usize) -> Cell<'static> {
    let verdict = verdict(row).map(|verdict| match verdict.split_once(" → ") {
        Some((label, action)) if verdict.width() > width => format!("{label}\n→ {action}"),
        _ => verdict,
    });
    let lines: Vec<String> = verdict.into_iter().chain(distance(row)).collect();
    if lines.is_empty() {
        return Cell::absent();
    }
    Cell::new(wrap(&lines.join("\n"), width), verdict_tone(row))
}

/// Where the score lies among its thresholds: `0.176 under low 0.45`, `0.152 over high 0.75`,
/// `between 0.45–0.75`. It says so where the score is the one shown to users.
fn distance(row: &Row<'_>) -> Option<String> {
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
    match row.score_used {
        Some("top_score") => Some(format!("{text} (top score)")),
        _ => Some(text),
    }
}

/// Whether the score that is shown is the one that was held against the thresholds.
fn scores_agree(row: &Row<'_>) -> bool {
    match (row.raw_top_score, row.top_score) {
        (Some(raw), Some(top)) => {
            raw.as_str() == top.as_str() || spell::score(raw) == spell::score(top)
        }
        (raw, top) => raw.is_none() && top.is_none(),
    }
}

fn gap(distance: f64) -> String {
    let distance = distance.abs();
    if distance < 0.0005 { "<0.001".to_owned() } else { format!("{distance:.3}") }
}

/// A bar of `share` (0 to 1) of `cells` columns, to an eighth of one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the share is clamped, and there are few columns"
)]
fn bar(share: f64, cells: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (8 * cells) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(PARTS.get(eighths % 8).copied().unwrap_or_default());
    bar
}

impl Record for Row<'_> {
    const FIELDS: &'static [&'static str] = &[
        "session_id",
        "rag_query_id",
        "turn",
        "assistant_turn_id",
        "timestamp",
        "query_hash",
        "kb_ids",
        "found",
        "cited",
        "top_score",
        "hit",
        "label",
        "action",
        "mode",
        "reason_code",
        "raw_top_score",
        "score_basis",
        "threshold_low",
        "threshold_high",
        "score_used",
        "distance_low",
        "distance_high",
        "latency_ms",
        "citation_kb_id",
        "citation_doc_id",
        "citation_chunk_id",
        "citation_version_id",
        "flags",
    ];

    fn values(&self) -> Vec<Cow<'_, str>> {
        let citation = self.citation.as_ref();
        vec![
            self.session_id.into(),
            or_empty(self.rag_query_id),
            shown(self.turn),
            self.assistant_turn_id.into(),
            or_empty(self.timestamp.map(Timestamp::as_str)),
            or_empty(self.query_hash),
            self.kb_ids.iter().map(|id| &**id).collect::<Vec<_>>().join(";").into(),
            shown(self.found),
            shown(self.cited),
            digits(self.top_score),
            shown(self.hit),
            or_empty(self.label),
            or_empty(self.action),
            or_empty(self.mode),
            or_empty(self.reason_code),
            digits(self.raw_top_score),
            or_empty(self.score_basis),
            digits(self.threshold_low),
            digits(self.threshold_high),
            or_empty(self.score_used),
            shown(self.distance_low),
            shown(self.distance_high),
            digits(self.latency_ms),
            or_empty(citation.map(|citation| citation.kb_id)),
            or_empty(citation.map(|citation| citation.doc_id)),
            or_empty(citation.map(|citation| citation.chunk_id)),
            or_empty(citation.and_then(|citation| citation.version_id)),
            self.flags.names().collect::<Vec<_>>().join(";").into(),
        ]
    }
}

impl Record for ChunkRow<'_> {
    const FIELDS: &'static [&'static str] = &[
        "session_id",
        "rag_query_id",
        "turn",
        "assistant_turn_id",
        "rank",
        "chunk_id",
        "doc_id",
        "version_id",
        "kb_id",
        "score",
        "cited",
        "flags",
    ];

    fn values(&self) -> Vec<Cow<'_, str>> {
        vec![
            self.session_id.into(),
            or_empty(self.rag_query_id),
            shown(self.turn),
            self.assistant_turn_id.into(),
            shown(self.rank),
            self.chunk_id.into(),
            self.doc_id.into(),
            or_empty(self.version_id),
            or_empty(self.kb_id),
            digits(self.score),
            self.cited.to_string().into(),
            self.flags.names().collect::<Vec<_>>().join(";").into(),
        ]
    }
}

fn or_empty(text: Option<&str>) -> Cow<'_, str> {
    Cow::Borrowed(text.unwrap_or_default())
}

fn digits(number: Option<Number<'_>>) -> Cow<'_, str> {
    Cow::Borrowed(number.map(Number::as_str).unwrap_or_default())
}

fn shown<'v>(value: Option<impl ToString>) -> Cow<'v, str> {
    Cow::Owned(value.map(|value| value.to_string()).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "snapshots are rewritten in this form")]
mod tests {
    use proptest::prelude::*;
    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::render::rows::Format;
    use crate::view::rag::Input;
    use crate::view::rag::tests::documents;

    /// Retrievals of every kind: a hit, a miss of an orphan, one that was not judged, and a citation
    /// that nothing retrieved.
    const SESSION: &str = r#"{
        "session_id": "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11",
        "channel": "chat",
        "knowledge_gap_analysis_outcome": "resolved",
        "messages": [
            {"turn_id": "t1", "timestamp": "2026-10-05T14:02:03Z"},
            {"turn_id": "t2", "timestamp": "2026-10-05T14:02:21.530Z"}
        ],
        "rag_traces": [
            {
                "rag_query_id": "8286be96-3d0c-4596-92f8-e0a552e73b62",
                "assistant_turn_id": "t2",
                "query_hash": "q_27d6f1e8035b",
                "kb_ids": [
                    "665bce74-4bdc-4164-8bb1-cc4246de2400",
                    "859b0f5e-8dab-4577-9848-f9d0278ceafa"
                ],
                "retrieved": [
                    {"chunk_id": "kb-billing-014#3", "doc_id": "kb-billing-014",
                     "version_id": "v7", "score": 0.934},
                    {"chunk_id": "kb-billing-008#1", "doc_id": "kb-billing-008", "score": 0.713}
                ],
                "top_score": 0.934,
                "hit": true,
                "latency_ms": 184,
                "answerability": {
                    "label": "answerable", "action": "answer", "mode": "enforce",
                    "raw_top_score": 0.902, "threshold_low": 0.45, "threshold_high": 0.75
                }
            },
            {
                "rag_query_id": "cfa22ebf-576d-458a-914c-ac0cedb26a70",
                "assistant_turn_id": "ee07da33-c9d5-439a-8ec1-fc08009e911c",
                "query_hash": "q_5b0f3ad19c77",
                "kb_ids": ["665bce74-4bdc-4164-8bb1-cc4246de2400"],
                "retrieved": [
                    {"chunk_id": "kb-moving-003#4", "doc_id": "kb-moving-003", "score": 0.312}
                ],
                "top_score": 0.312,
                "hit": false,
                "latency_ms": 1240,
                "answerability": {
                    "label": "unanswerable", "action": "abstain", "mode": "shadow",
                    "threshold_low": 0.45, "threshold_high": 0.75
                }
            },
            {"rag_query_id": "r3", "assistant_turn_id": "t1"}
        ],
        "citations": [
            {"assistant_turn_id": "t2", "kb_id": "665bce74-4bdc-4164-8bb1-cc4246de2400",
             "doc_id": "kb-billing-014", "chunk_id": "kb-billing-014#3"},
            {"assistant_turn_id": "t2", "kb_id": "69cbe66c-a40b-4ac8-b12f-4803e2342e39",
             "doc_id": "kb-prices-011", "chunk_id": "kb-prices-011#2", "version_id": "v1"}
        ]
    }"#;

    /// What a terminal of this width shows, without colours.
    fn terminal(width: usize) -> LayoutOptions {
        LayoutOptions {
            width: Some(width),
            short_ids: true,
            terminal: true,
            ..LayoutOptions::default()
        }
    }

    fn shown(
        json: &str,
        by_chunk: bool,
        only: &[Flag],
        format: Format,
        options: &LayoutOptions,
    ) -> String {
        let input: Input<'_> = serde_json::from_str(json).unwrap();
        let rag = Rag::new(&input);
        let only = only.iter().copied().collect();
        let mut bytes = Vec::new();
        if by_chunk {
            let mut writer = Writer::new::<ChunkRow<'_>>(format, options, &mut bytes).unwrap();
            chunks(&mut writer, &rag, only, options).unwrap();
            writer.end().unwrap();
        } else {
            let mut writer = Writer::new::<Row<'_>>(format, options, &mut bytes).unwrap();
            retrievals(&mut writer, &rag, only, options).unwrap();
            writer.end().unwrap();
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn at_80_columns_cells_take_two_lines_and_no_word_is_broken() {
        assert_data_eq!(
            shown(SESSION, false, &[], Format::Table, &terminal(80)),
            str![[r#"
7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11  chat · resolved · no end · 2026-10-05 UTC
3 retrievals: 1 hit, 2 misses; 1 of 3 chunks cited; 1 cited but not retrieved
turn      hit      top score  answerability         query, KBs      flags
#2        yes      0.934 ██▊  answerable → answer   q_27d6f1e8035b
14:02:21  184 ms   1/2 cited  0.152 over high 0.75  665b…00 +1
ee07…1c   no       0.312 ▉    unanswerable          q_5b0f3ad19c77  miss
          1.24 s   0/1 cited  → abstain (shadow)    665b…00         unanswerable
                              0.138 under low 0.45                  uncited
                              (top score)                           orphan
#1        unknown  –          –                     –               miss
14:02:03           0 found                          –
distances are those of the raw top score

7f3c…11 · 1 chunk cited that no retrieval of the turn returned
turn  time      KB       chunk, document   flags
#2    14:02:21  69cb…39  kb-prices-011#2   cited not retrieved
                         kb-prices-011 v1

"#]]
        );
    }

    #[test]
    fn at_140_columns_only_the_verdict_takes_two_lines() {
        assert_data_eq!(
            shown(SESSION, false, &[], Format::Table, &terminal(140)),
            str![[r#"
7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11  chat · resolved · no end · 2026-10-05 UTC
3 retrievals: 1 hit, 2 misses; 1 of 3 chunks cited; 1 cited but not retrieved
turn     time      KBs              cited   top score       hit      answerability         latency  query           flags
#2       14:02:21  665b…00 859b…fa  1 of 2  0.934 ███████▌  yes      answerable → answer    184 ms  q_27d6f1e8035b
                                                                     0.152 over high 0.75
ee07…1c  –         665b…00          0 of 1  0.312 ██▌       no       unanswerable           1.24 s  q_5b0f3ad19c77  miss, unanswerable,
                                                                     → abstain (shadow)                             uncited, orphan
                                                                     0.138 under low 0.45
                                                                     (top score)
#1       14:02:03  –                0 of 0  –               unknown  –                           –  –               miss
distances are those of the raw top score

7f3c…11 · 1 chunk cited that no retrieval of the turn returned
turn  time      KB       chunk            document       version  flags
#2    14:02:21  69cb…39  kb-prices-011#2  kb-prices-011  v1       cited not retrieved

"#]]
        );
    }

    #[test]
    fn piped_a_row_is_a_line_with_whole_ids() {
        assert_data_eq!(
            shown(SESSION, false, &[], Format::Table, &LayoutOptions::default()),
            str![[r#"
7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11  chat · resolved · no end · 2026-10-05 UTC · 3 retrievals: 1 hit, 2 misses; 1 of 3 chunks cited; 1 cited but not retrieved
turn                                  time      KBs                                                                        found  cited  top score  hit      answerability                    distance                          latency  query           flags
#2                                    14:02:21  665bce74-4bdc-4164-8bb1-cc4246de2400 859b0f5e-8dab-4577-9848-f9d0278ceafa      2      1  0.934      yes      answerable → answer              0.152 over high 0.75               184 ms  q_27d6f1e8035b
ee07da33-c9d5-439a-8ec1-fc08009e911c  –         665bce74-4bdc-4164-8bb1-cc4246de2400                                           1      0  0.312      no       unanswerable → abstain (shadow)  0.138 under low 0.45 (top score)   1.24 s  q_5b0f3ad19c77  miss, unanswerable, uncited, orphan
#1                                    14:02:03  –                                                                              0      0  –          unknown  –                                –                                       –  –               miss
distances are those of the raw top score

7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11 · 1 chunk cited that no retrieval of the turn returned
turn  time      KB                                    chunk            document       version  flags
#2    14:02:21  69cbe66c-a40b-4ac8-b12f-4803e2342e39  kb-prices-011#2  kb-prices-011  v1       cited-not-retrieved

"#]]
        );
    }

    #[test]
    fn chunks_of_a_retrieval_share_its_turn_on_a_terminal() {
        assert_data_eq!(
            shown(SESSION, true, &[], Format::Table, &terminal(80)),
            str![[r#"
7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11  chat · resolved · no end
3 retrievals: 1 hit, 2 misses; 1 of 3 chunks cited; 1 cited but not retrieved
turn     rank  score       cited  chunk, document    flags
#2          1  0.934 ███▊  yes    kb-billing-014#3
                                  kb-billing-014 v7
            2  0.713 ██▉   no     kb-billing-008#1
                                  kb-billing-008
#2          –  –           yes    kb-prices-011#2    cited not retrieved
                                  kb-prices-011 v1
ee07…1c     1  0.312 █▎    no     kb-moving-003#4    miss, unanswerable,
                                  kb-moving-003      uncited, orphan
1 retrieval found no chunks: #1

"#]]
        );
    }

    #[test]
    fn piped_every_chunk_says_all_of_itself() {
        assert_data_eq!(
            shown(SESSION, true, &[], Format::Table, &LayoutOptions::default()),
            str![[r#"
7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11  chat · resolved · no end · 3 retrievals: 1 hit, 2 misses; 1 of 3 chunks cited; 1 cited but not retrieved
turn                                  retrieval                             rank  score  cited  chunk             document        version  KB                                    flags
#2                                    8286be96-3d0c-4596-92f8-e0a552e73b62     1  0.934  yes    kb-billing-014#3  kb-billing-014  v7       –
#2                                    8286be96-3d0c-4596-92f8-e0a552e73b62     2  0.713  no     kb-billing-008#1  kb-billing-008  –        –
#2                                    –                                        –  –      yes    kb-prices-011#2   kb-prices-011   v1       69cbe66c-a40b-4ac8-b12f-4803e2342e39  cited-not-retrieved
ee07da33-c9d5-439a-8ec1-fc08009e911c  cfa22ebf-576d-458a-914c-ac0cedb26a70     1  0.312  no     kb-moving-003#4   kb-moving-003   –        –                                     miss, unanswerable, uncited, orphan
1 retrieval found no chunks: #1

"#]]
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_word_is_broken() {
        let rows = "answerable abstain (shadow) under unanswerable q_5b0f3ad19c77 uncited orphan";
        let chunks = "kb-billing-014#3 kb-prices-011#2 kb-moving-003 unanswerable retrieved";
        for width in 80..220 {
            for (by_chunk, words) in [(false, rows), (true, chunks)] {
                let text = shown(SESSION, by_chunk, &[], Format::Table, &terminal(width));
                for line in text.lines() {
                    assert!(line.width() <= width, "{width}: {line}");
                }
                for word in words.split(' ') {
                    let mut words = text.split([' ', '\n', ',']);
                    let whole = words.any(|other| other == word);
                    assert!(whole, "{width}: {word} in {text}");
                }
            }
        }
    }

    #[test]
    fn an_empty_table_says_why() {
        let title = "s  no outcome · no end · 2 retrievals: 1 hit, 1 miss; 0 of 1 chunk cited";
        let session = r#"{"session_id":"s","rag_traces":[
            {"assistant_turn_id":"x","hit":true,"retrieved":[{}]},
            {"assistant_turn_id":"x","hit":false}
        ]}"#;
        let table =
            |only: &[Flag]| shown(session, false, only, Format::Table, &LayoutOptions::default());
        assert_eq!(
            table(&[Flag::Unanswerable]),
            format!("{title}\nno retrieval is unanswerable (2 looked at)\n")
        );
        assert_eq!(
            table(&[Flag::CitedNotRetrieved]),
            format!("{title}\nno citation is without its retrieval (0 looked at)\n")
        );
        assert!(table(&[Flag::Miss, Flag::Unanswerable]).contains("1 of 2 shown"));
        let none = |reasons: &str| {
            let json = format!(r#"{{"session_id":"s","missing_evidence_reasons":{reasons}}}"#);
            shown(&json, false, &[], Format::Table, &LayoutOptions::default())
        };
        assert_eq!(
            none("[]"),
            "s  no outcome · no end\nno retrievals, and the session declares no reason\n"
        );
        assert_eq!(
            none(r#"["no_csat","no_rag_trace"]"#),
            "s  no outcome · no end\nno retrievals; the session declares no_rag_trace\n"
        );
    }

    #[test]
    fn a_filter_that_leaves_nothing_names_what_it_looked_for() {
        let counts = Counts { retrievals: 6, citations: 4, ..Counts::default() };
        let left = |flags: &[Flag]| nothing_left(flags.iter().copied().collect(), &counts);
        assert_eq!(
            left(&[Flag::Miss, Flag::Unanswerable, Flag::Orphan]),
            "no retrieval is a miss, unanswerable or an orphan (6 looked at)"
        );
        assert_eq!(
            left(&[Flag::Miss, Flag::CitedNotRetrieved]),
            "no retrieval is a miss (6 looked at); no citation is without its retrieval (4 looked at)"
        );
    }

    #[test]
    fn citations_that_nothing_retrieved_are_rows_in_every_format() {
        let only = [Flag::CitedNotRetrieved];
        let show =
            |by_chunk, format| shown(SESSION, by_chunk, &only, format, &LayoutOptions::default());
        for by_chunk in [false, true] {
            for format in
                [Format::Json, Format::Ndjson, Format::Csv, Format::Table, Format::Markdown]
            {
                let text = show(by_chunk, format);
                let times = text.matches("kb-prices-011").count();
                assert_eq!(times, 2, "chunk and document, once: {text}");
                assert!(text.contains("cited-not-retrieved"), "{text}");
                assert!(!text.contains("kb-billing"), "{text}");
            }
        }
    }

    #[test]
    fn csv_has_the_fields_of_json() {
        fn names(row: &impl serde::Serialize) -> Vec<String> {
            // Through text, since numbers are kept as such.
            let text = serde_json::to_string(row).unwrap();
            let mut names: Vec<(usize, String)> =
                serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text)
                    .unwrap()
                    .into_iter()
                    .map(|(name, _)| (text.find(&format!("\"{name}\":")).unwrap(), name))
                    .collect();
            names.sort();
            names.into_iter().map(|(_, name)| name).collect()
        }
        let input: Input<'_> = serde_json::from_str(SESSION).unwrap();
        let rag = Rag::new(&input);
        for row in rag.rows(Flags::default()) {
            let mut fields: Vec<&str> = Row::FIELDS.to_vec();
            let first = fields.iter().position(|field| field.starts_with("citation_")).unwrap();
            fields.retain(|field| !field.starts_with("citation_"));
            fields.insert(first, "citation");
            assert_eq!(names(&row), fields);
            assert_eq!(row.values().len(), Row::FIELDS.len());
        }
        for row in rag.chunks(Flags::default()) {
            assert_eq!(names(&row), ChunkRow::FIELDS);
            assert_eq!(row.values().len(), ChunkRow::FIELDS.len());
        }
    }

    #[test]
    fn strangers_text_is_harmless_on_every_table() {
        let dirty = SESSION.replace("kb-", "\\u001b[31m\\u202ekb-").replace("q_", "\\u009b2Jq_");
        for options in [terminal(80), terminal(140), LayoutOptions::default()] {
            for by_chunk in [false, true] {
                for format in [Format::Table, Format::Markdown] {
                    let text = shown(&dirty, by_chunk, &[], format, &options);
                    let bad = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
                    assert_eq!(text.chars().filter(bad).collect::<String>(), "");
                }
            }
        }
    }

    #[test]
    fn distances_say_on_which_side_of_what() {
        let shown = |scores: &str, low: &str, high: &str| {
            let json = format!(r#"{{"session_id":"s","rag_traces":[{{{scores}"#)
                + &format!(r#""threshold_low":{low},"threshold_high":{high}}}}}]}}"#);
            let input: Input<'_> = serde_json::from_str(&json).unwrap();
            let rag = Rag::new(&input);
            rag.rows(Flags::default()).next().and_then(|row| distance(&row))
        };
        let raw = |score: &str| format!(r#""answerability":{{"raw_top_score":{score},"#);
        let top = |score: &str| format!(r#""top_score":{score},"answerability":{{"#);
        for (scores, low, high, text) in [
            (raw("0.274"), "0.40", "0.75", Some("0.126 under low 0.40")),
            (raw("0.952"), "0.40", "0.75", Some("0.202 over high 0.75")),
            (raw("0.75"), "0.40", "0.75", Some("at high 0.75")),
            (raw("0.40"), "0.40", "0.75", Some("at low 0.40")),
            (raw("0.5"), "0.40", "0.75", Some("between 0.40–0.75")),
            (raw("0.5"), "0.4", "null", Some("0.100 over low 0.4")),
            (raw("0.5"), "null", "0.75", Some("0.250 under high 0.75")),
            (raw("0.3999"), "0.4", "0.75", Some("<0.001 under low 0.4")),
            (top("0.1"), "0.4", "0.75", Some("0.300 under low 0.4 (top score)")),
            (raw("0.5"), "null", "null", None),
            (raw("null"), "0.4", "0.75", None),
            (raw("1e400"), "0.4", "0.75", None),
        ] {
            assert_eq!(shown(&scores, low, high).as_deref(), text, "{scores} {low} {high}");
        }
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        for (share, text) in
            [(0.0, ""), (0.01, ""), (0.125, "▌"), (0.5, "██"), (0.99, "████"), (1.0, "████")]
        {
            assert_eq!(bar(share, 4), text);
        }
        assert_eq!(bar(7.0, 4), "████");
        assert_eq!(bar(f64::NAN, 4), "");
    }

    #[test]
    fn scores_off_the_scale_have_no_bar() {
        let session = r#"{"session_id":"s","rag_traces":[{"top_score":12.5},{"top_score":-0.0}]}"#;
        let text = shown(session, false, &[], Format::Table, &terminal(80));
        assert!(text.contains("12.5") && text.contains("-0.0") && !text.contains('█'), "{text}");
    }

    proptest! {
        #[test]
        fn any_document_is_shown_at_any_width(
            json in documents(),
            width in prop::option::of(1_usize..240),
            by_chunk in any::<bool>(),
            flag in prop::option::of(prop::sample::select(&Flag::ALL[..])),
        ) {
            let only: Vec<Flag> = flag.into_iter().collect();
            let options = width.map_or_else(LayoutOptions::default, terminal);
            let text = shown(&json, by_chunk, &only, Format::Table, &options);
            prop_assert!(text.lines().all(|line| line.trim_end() == line));
            for format in [Format::Json, Format::Markdown] {
                shown(&json, by_chunk, &only, format, &options);
            }
            let csv = shown(&json, by_chunk, &only, Format::Csv, &options);
            let lines = shown(&json, by_chunk, &only, Format::Ndjson, &options);
            prop_assert_eq!(csv.lines().count(), lines.lines().count() + 1);
            if width.is_none() {
                // A line a row, beside the titles, the headings and the notes.
                let marked = |line: &&str| line.starts_with('#') || line.starts_with("x ") || line.starts_with("– ");
                prop_assert_eq!(text.lines().filter(marked).count(), lines.lines().count());
            }
        }
    }
}
