//! The transcript as a page to read: numbers and roles in a margin, text at a measure that eyes can
//! follow, evidence below it under labels in a column of their own.

use std::borrow::Cow;
use std::io;

use chrono::{NaiveDate, Timelike as _};
use unicode_width::UnicodeWidthStr as _;

use super::super::style::Ink;
use super::super::wrap::{clip, wrap, wrap_code};
use super::super::{LayoutOptions, Out, sanitize};
use super::{
    UNREDACTED, asked, block, chunk, counts, lasted, named, nothing, selected, truncation, verdict,
    word,
};
use crate::model::{
    KnowledgeGapAnalysisOutcome as Outcome, MissingEvidenceReason, Number, Timestamp,
};
use crate::rows::Tone;
use crate::rows::spell::{self, counted};
use crate::view::transcript::{
    AnswerRow, CallRow, CitationRow, Evidence, HandoffRow, Header, MessageRow, ORPHAN, OrphanRow,
    RetrievalRow, Row, Selection, Status, Transcript, UNASKED,
};

/// Lines are never longer than this, however wide the terminal: longer ones are hard to follow.
const WIDEST: usize = 100;

/// Text gets at least this many columns, however narrow the terminal.
const NARROWEST: usize = 16;

/// Arguments, results and errors are cut to so many characters…
const CLIP: usize = 320;

/// …where they have more than this.
const LONG: usize = 400;

/// The column of labels in the header.
const FACTS: usize = 14;

/// The column of labels in the evidence.
const LABELS: usize = 11;

/// What stands in the margin where there is no turn number.
const NO_NUMBER: &str = "–";

/// What divides two sessions.
pub fn between(options: &LayoutOptions) -> String {
    let width = options.width.unwrap_or(WIDEST).min(WIDEST);
    format!("\n{}\n\n", options.styles.dim.paint(&"─".repeat(width)))
}

/// One session.
pub fn write(
    transcript: &Transcript<'_>,
    selection: &Selection,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    let number = transcript.turns().to_string().len() + 1;
    let roles = transcript.roles().iter().map(|role| columns(&named(role)));
    let mut page = Page {
        out,
        options,
        width: options.width.map(|width| width.min(WIDEST)),
        margin: number.max(3) + 2,
        roles: roles.chain(["feedback".len()]).max().unwrap_or(0).min(12),
        day: None,
        zone_told: false,
    };
    let header = transcript.header();
    if selection.is_whole() {
        page.header(&header, selection)?;
    } else {
        page.line(
            0,
            &[
                Fact::new(format!("Session {}", sanitize::line(header.session_id)), Tone::Strong),
                Fact::plain(selected(selection)),
            ],
        )?;
        page.notice(&header)?;
    }
    if let Some(nothing) = nothing(transcript, selection) {
        page.out.write_all(b"\n")?;
        page.paragraph(0, &nothing, Tone::Warn)?;
        if transcript.turns() > 0 {
            return Ok(());
        }
    }
    for row in transcript.rows(selection) {
        match &row {
            Row::Message(message) => page.message(message)?,
            Row::Handoff(handoff) => page.handoff(handoff)?,
            Row::Csat(csat) => {
                let fact = score(csat.score, csat.scale_max);
                page.event("csat", csat.timestamp, Tone::Strong, &[Fact::plain(fact)], None)?;
            }
            Row::Feedback(row) => {
                let facts = row.rating.map(|rating| Fact::plain(format!("rating {rating}")));
                let facts: Vec<_> = facts.into_iter().collect();
                page.event("feedback", row.timestamp, Tone::Strong, &facts, row.comment)?;
            }
            Row::Reopen(row) => {
                page.event("reopened", row.timestamp, Tone::Warn, &[], row.reason)?;
            }
            Row::Orphan(orphan) => page.orphans(orphan)?,
        }
    }
    Ok(())
}

/// `3 of 5`.
pub(super) fn score(score: Option<Number<'_>>, scale: Option<Number<'_>>) -> String {
    let scale = scale.map_or("5", Number::as_str);
    score.map_or_else(|| format!("no score, of {scale}"), |score| format!("{score} of {scale}"))
}

/// A stretch of a line that is kept together: harmless, without line feeds.
struct Fact<'t> {
    text: Cow<'t, str>,
    tone: Tone,
}

impl<'t> Fact<'t> {
    fn new(text: impl Into<Cow<'t, str>>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    fn plain(text: impl Into<Cow<'t, str>>) -> Self {
        Self::new(text, Tone::Plain)
    }

    fn dim(text: impl Into<Cow<'t, str>>) -> Self {
        Self::new(text, Tone::Dim)
    }
}

struct Page<'a> {
    out: Out<'a>,
    options: &'a LayoutOptions,
    /// Columns of the page; None is unlimited.
    width: Option<usize>,
    /// Columns of the margin, which holds the turn numbers.
    margin: usize,
    /// Columns of the roles.
    roles: usize,
    /// The day of the last time that was shown.
    day: Option<NaiveDate>,
    /// Whether the zone of the times was told.
    zone_told: bool,
}

impl Page<'_> {
    // --- Lines

    fn blanks(&mut self, count: usize) -> io::Result<()> {
        const BLANKS: &[u8; 64] = &[b' '; 64];
        let mut left = count;
        while left > 0 {
            let some = left.min(BLANKS.len());
            self.out.write_all(BLANKS.get(..some).unwrap_or_default())?;
            left -= some;
        }
        Ok(())
    }

    fn paint(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        if self.options.styles.color && !text.is_empty() {
            self.out.write_all(ink.paint(text).as_bytes())
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

    fn tone(&mut self, tone: Tone, text: &str) -> io::Result<()> {
        if tone == Tone::Plain {
            return self.out.write_all(text.as_bytes());
        }
        self.paint(self.options.styles.ink(tone), text)
    }

    /// Columns for text that begins at `indent`.
    fn measure(&self, indent: usize) -> Option<usize> {
        self.width.map(|width| width.saturating_sub(indent).max(NARROWEST))
    }

    /// Harmless text, its first line where the cursor is, which must be at `indent`, and the rest
    /// under it. Ends the line.
    fn text(&mut self, indent: usize, text: &str, tone: Tone) -> io::Result<()> {
        let mut first = true;
        for line in text.split('\n') {
            let line = line.trim_end();
            let Some(measure) = self.measure(indent) else {
                self.begin(&mut first, if line.is_empty() { 0 } else { indent })?;
                self.tone(tone, line)?;
                continue;
            };
            let code = is_code(line);
            let hang = hang(line, measure);
            let (marker, words) = line.split_at_checked(hang.bytes).unwrap_or(("", line));
            let measure = measure - hang.columns;
            let pieces = if code { wrap_code(words, measure) } else { wrap(words, measure) };
            for (index, piece) in pieces.into_iter().enumerate() {
                let piece = piece.trim_end();
                let marker = if index == 0 { marker } else { "" };
                let empty = piece.is_empty() && marker.is_empty();
                self.begin(&mut first, if empty { 0 } else { indent })?;
                if index == 0 {
                    self.tone(tone, marker)?;
                } else if !empty {
                    self.blanks(hang.columns)?;
                }
                self.tone(tone, piece)?;
            }
        }
        self.out.write_all(b"\n")
    }

    /// Begins a line, unless it is the first.
    fn begin(&mut self, first: &mut bool, indent: usize) -> io::Result<()> {
        if std::mem::take(first) {
            return Ok(());
        }
        self.out.write_all(b"\n")?;
        self.blanks(indent)
    }

    fn paragraph(&mut self, indent: usize, text: &str, tone: Tone) -> io::Result<()> {
        self.blanks(indent)?;
        self.text(indent, text, tone)
    }

    /// Facts with a dot between them, the first where the cursor is, at `indent`. Those that do not
    /// fit go to a new line. Ends the line.
    fn facts(&mut self, indent: usize, facts: &[Fact<'_>], between: &str) -> io::Result<()> {
        self.facts_from(indent, 0, indent, facts, between)
    }

    /// The same with the cursor at `column`, and `lead` blanks to the first fact where it fits there.
    fn facts_from(
        &mut self,
        column: usize,
        lead: usize,
        indent: usize,
        facts: &[Fact<'_>],
        between: &str,
    ) -> io::Result<()> {
        // A dot stands between two facts of one line only; a comma stays at the end of its line.
        let (tail, gap, tone) = if between.starts_with(' ') {
            ("", between, Tone::Dim)
        } else {
            (",", " ", Tone::Plain)
        };
        let page = self.width.map_or(usize::MAX, |page| page.max(indent + NARROWEST));
        let mut column = column;
        for (index, fact) in facts.iter().enumerate() {
            let tail = if index + 1 == facts.len() { "" } else { tail };
            let width = columns(&fact.text) + columns(tail);
            let apart = if index == 0 { lead } else { columns(gap) };
            if column + apart + width <= page {
                if index == 0 {
                    self.blanks(lead)?;
                } else {
                    self.tone(tone, gap)?;
                }
                column += apart;
            } else if column > indent {
                self.out.write_all(b"\n")?;
                self.blanks(indent)?;
                column = indent;
            }
            if column + width <= page {
                self.tone(fact.tone, &fact.text)?;
                column += width;
            } else {
                // Longer than a line: broken like text.
                let pieces = wrap(&fact.text, page - indent).into_iter().map(str::trim_end);
                for (index, piece) in pieces.filter(|piece| !piece.is_empty()).enumerate() {
                    if index > 0 {
                        self.out.write_all(b"\n")?;
                        self.blanks(indent)?;
                    }
                    self.tone(fact.tone, piece)?;
                    column = indent + columns(piece);
                }
            }
            self.tone(tone, tail)?;
        }
        self.out.write_all(b"\n")
    }

    /// A line of facts.
    fn line(&mut self, indent: usize, facts: &[Fact<'_>]) -> io::Result<()> {
        self.blanks(indent)?;
        self.facts(indent, facts, " · ")
    }

    /// A label in a column of `room` at `indent`; leaves the cursor behind that column.
    fn label(&mut self, indent: usize, room: usize, label: &str, tone: Tone) -> io::Result<()> {
        self.blanks(indent)?;
        self.tone(tone, label)?;
        self.blanks(room.saturating_sub(columns(label)).max(1))
    }

    // --- Header

    fn header(&mut self, header: &Header<'_>, selection: &Selection) -> io::Result<()> {
        let title = format!("Session {}", sanitize::line(header.session_id));
        self.line(0, &[Fact::new(title, Tone::Strong)])?;
        let mut facts = Vec::new();
        facts.extend(header.channel.and_then(word).map(Fact::plain));
        facts.extend(
            header.outcome.and_then(|outcome| {
                Some(Fact::new(word(outcome.as_str())?, outcome_tone(outcome)))
            }),
        );
        facts.extend(header.completion_reason.and_then(word).map(Fact::plain));
        facts.push(Fact::plain(lasted(header)));
        if !selection.evidence {
            facts.push(Fact::dim("shown without evidence"));
        }
        self.line(0, &facts)?;
        self.notice(header)?;
        self.out.write_all(b"\n")?;
        self.times(header)?;
        for (label, id) in [("agent", header.agent_id), ("organization", header.organization_id)] {
            if let Some(id) = id.and_then(word) {
                self.fact(label, &[Fact::plain(id)])?;
            }
        }
        let version = header.schema_version.map_or("2 (not sent)", |version| version.as_str());
        self.fact("schema", &[Fact::plain(version)])?;
        let counts: Vec<_> = counts(&header.counts).into_iter().map(Fact::plain).collect();
        self.fact("counts", &counts)?;
        self.knowledge(header)?;
        if !header.missing.is_empty() {
            let reasons = header.missing.iter().map(|reason| {
                let unredacted = *reason == MissingEvidenceReason::TranscriptRedactionSkipped;
                let tone = if unredacted { Tone::Warn } else { Tone::Plain };
                Fact::new(word(reason.as_str()).unwrap_or("(empty)".into()), tone)
            });
            let reasons: Vec<_> = reasons.collect();
            self.label(0, FACTS, "missing", Tone::Dim)?;
            self.facts(FACTS, &reasons, ", ")?;
        }
        self.afterwards(header)?;
        self.customer(header)
    }

    fn notice(&mut self, header: &Header<'_>) -> io::Result<()> {
        if !header.unredacted {
            return Ok(());
        }
        self.out.write_all(b"\n")?;
        self.text(0, UNREDACTED, Tone::Warn)
    }

    fn fact(&mut self, label: &str, facts: &[Fact<'_>]) -> io::Result<()> {
        self.label(0, FACTS, label, Tone::Dim)?;
        self.facts(FACTS, facts, " · ")
    }

    fn times(&mut self, header: &Header<'_>) -> io::Result<()> {
        let zone = self.options.spelling.zone;
        if let Some(started) = header.started_at {
            self.fact("started", &[Fact::plain(super::harmless(zone.date_time(started)))])?;
            if let Some(moment) = started.instant() {
                self.day = Some(zone.local(moment).date());
                self.zone_told = true;
            }
        }
        let ended = match header.ended_at {
            Some(ended) => Fact::plain(self.moment(ended)),
            None => Fact::new("no end was recorded", Tone::Warn),
        };
        self.fact("ended", &[ended])
    }

    /// A time of the header: with its date where that is not the session's first day.
    fn moment(&self, time: &Timestamp<'_>) -> String {
        let zone = self.options.spelling.zone;
        match time.instant() {
            Some(_) if !self.zone_told => super::harmless(zone.date_time(time)),
            Some(moment) if self.day != Some(zone.local(moment).date()) => {
                format!("{} {}", zone.date(moment), super::harmless(zone.clock(time)))
            }
            _ => super::harmless(zone.clock(time)),
        }
    }

    fn knowledge(&mut self, header: &Header<'_>) -> io::Result<()> {
        let Some(snapshot) = header.kb_snapshot else { return Ok(()) };
        let mut facts = Vec::new();
        facts.extend(snapshot.captured_at.as_ref().map(|time| Fact::plain(self.moment(time))));
        for (index, (kb, versions)) in snapshot.kb_versions.0.iter().enumerate() {
            let id = super::id(kb, self.options.spelling.short);
            let what = if index == 0 { " versions" } else { "" };
            facts.push(Fact::plain(format!("{id}: {versions}{what}")));
        }
        if snapshot.kb_versions.0.is_empty() {
            facts.push(Fact::plain("no knowledge bases"));
        }
        self.fact("kb snapshot", &facts)
    }

    fn afterwards(&mut self, header: &Header<'_>) -> io::Result<()> {
        let mut facts = Vec::new();
        if let Some(csat) = header.csat {
            facts.push(Fact::plain(format!("csat {}", score(csat.score, csat.scale_max))));
        }
        if let Some(feedback) = header.feedback {
            facts.push(Fact::plain(match feedback.rating {
                Some(rating) => format!("feedback, rating {rating}"),
                None => "feedback".to_owned(),
            }));
        }
        if header.reopen.is_some() {
            facts.push(Fact::new("reopened", Tone::Warn));
        }
        if facts.is_empty() { Ok(()) } else { self.fact("afterwards", &facts) }
    }

    fn customer(&mut self, header: &Header<'_>) -> io::Result<()> {
        let Some(raw) = header.customer_metadata else { return Ok(()) };
        let Some(entries) = header.customer_entries() else {
            self.label(0, FACTS, "customer", Tone::Dim)?;
            return self.text(FACTS, &sanitize::line(raw.get()), Tone::Plain);
        };
        for (index, (key, value)) in entries.iter().enumerate() {
            self.label(0, FACTS, if index == 0 { "customer" } else { "" }, Tone::Dim)?;
            let key = format!("{}: ", sanitize::line(key));
            let value = sanitize::line(value.get());
            let fits =
                self.measure(FACTS).is_none_or(|page| columns(&key) + columns(&value) <= page);
            if fits || !is_code(&value) {
                self.text(FACTS, &format!("{key}{value}"), Tone::Plain)?;
            } else {
                self.text(FACTS, key.trim_end(), Tone::Plain)?;
                self.blanks(FACTS + 2)?;
                self.text(FACTS + 2, &value, Tone::Plain)?;
            }
        }
        Ok(())
    }

    // --- Entries

    /// The line that begins an entry: number, role, time, facts.
    fn head(
        &mut self,
        number: &str,
        label: (&str, Ink),
        time: Option<&Timestamp<'_>>,
        facts: &[Fact<'_>],
    ) -> io::Result<()> {
        self.out.write_all(b"\n")?;
        let zone = self.options.spelling.zone;
        let moment = time.and_then(Timestamp::instant);
        let local = moment.map(|moment| zone.local(moment));
        if let (Some(moment), Some(day)) = (moment, local.map(|local| local.date()))
            && self.day != Some(day)
        {
            let line = if self.zone_told {
                format!("── {day} ──")
            } else {
                format!("── {day}, times in {} ──", zone.label(moment))
            };
            self.zone_told = true;
            self.tone(Tone::Dim, &line)?;
            self.out.write_all(b"\n\n")?;
            self.day = Some(day);
        }
        self.tone(Tone::Dim, number)?;
        self.blanks(self.margin.saturating_sub(columns(number)))?;
        let (role, ink) = label;
        let clock = match (local, time) {
            // By hand, since a pattern is slow to follow a hundred thousand times.
            (Some(local), _) => {
                format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
            }
            // What is no time is shown as it was sent.
            (None, Some(time)) => word(time.as_str()).unwrap_or_default().into_owned(),
            (None, None) => String::new(),
        };
        // A role that takes up the line leaves the next to what belongs beside it.
        let long = self.measure(self.margin).is_some_and(|page| columns(role) + 12 > page);
        if long {
            let measure = self.measure(self.margin).unwrap_or(usize::MAX);
            let mut first = true;
            for piece in wrap(role, measure) {
                self.begin(&mut first, self.margin)?;
                self.paint(ink, piece.trim_end())?;
            }
            if !clock.is_empty() || !facts.is_empty() {
                self.begin(&mut first, self.margin)?;
            }
        } else {
            self.paint(ink, role)?;
        }
        let width = columns(role);
        let (column, lead) = if long {
            (self.margin, 0)
        } else {
            (self.margin + width, self.roles.saturating_sub(width) + 2)
        };
        if clock.is_empty() {
            return self.facts_from(column, lead, self.margin, facts, " · ");
        }
        self.blanks(lead)?;
        self.tone(Tone::Dim, &clock)?;
        // The time stands apart from the facts.
        self.facts_from(column + lead + columns(&clock), 2, self.margin, facts, " · ")
    }

    fn message(&mut self, row: &MessageRow<'_>) -> io::Result<()> {
        let styles = &self.options.styles;
        let role = named(row.role);
        let ink = match row.role {
            "user" | "customer" => styles.user,
            "assistant" | "agent" => styles.assistant,
            "tool" | "function" => styles.tool,
            _ => styles.other,
        };
        let mut facts = Vec::new();
        facts.extend(row.model_used.and_then(word).map(Fact::dim));
        facts.extend(row.latency_ms.map(|latency| Fact::dim(spell::latency(latency))));
        self.head(&format!("#{}", row.turn), (&role, ink), row.timestamp, &facts)?;
        let said = row.content.decode();
        let content = block(&said);
        let silent = row.evidence.as_ref().is_none_or(Evidence::is_empty);
        if !content.is_empty() {
            self.paragraph(self.margin, &content, Tone::Plain)?;
        } else if silent {
            self.paragraph(self.margin, "(empty)", Tone::Dim)?;
        }
        if let Some(note) = truncation(row) {
            self.paragraph(self.margin, &format!("… {note}"), Tone::Warn)?;
        }
        match &row.evidence {
            Some(evidence) if !evidence.is_empty() => {
                if !content.is_empty() || row.truncated {
                    self.out.write_all(b"\n")?;
                }
                self.evidence(evidence, &said)
            }
            _ => Ok(()),
        }
    }

    fn handoff(&mut self, row: &HandoffRow<'_>) -> io::Result<()> {
        let to = row
            .transferred_to_agent_id
            .map(|id| Fact::plain(format!("to {}", super::id(id, self.options.spelling.short))));
        self.event("hand-off", row.timestamp, Tone::Warn, to.as_slice(), row.reason)
    }

    /// Something that is no turn.
    fn event(
        &mut self,
        label: &str,
        time: Option<&Timestamp<'_>>,
        tone: Tone,
        facts: &[Fact<'_>],
        text: Option<&str>,
    ) -> io::Result<()> {
        self.head(NO_NUMBER, (label, self.options.styles.ink(tone)), time, facts)?;
        match text.map(block).filter(|text| !text.is_empty()) {
            Some(text) => self.paragraph(self.margin, &text, Tone::Plain),
            None => Ok(()),
        }
    }

    fn orphans(&mut self, row: &OrphanRow<'_>) -> io::Result<()> {
        let what = Fact::plain("evidence of turns that no message has");
        self.event("orphans", None, Tone::Warn, &[what], None)?;
        self.evidence(&row.evidence, "")
    }

    // --- Evidence

    fn evidence(&mut self, evidence: &Evidence<'_>, content: &str) -> io::Result<()> {
        for retrieval in &evidence.retrievals {
            self.retrieval(retrieval)?;
        }
        self.citations(&evidence.citations)?;
        for call in &evidence.tool_calls {
            self.call(call)?;
        }
        if let Some(result) = &evidence.tool_results {
            self.answer(result, content)?;
        }
        Ok(())
    }

    /// A label in the evidence, and the column behind it.
    fn evidence_label(&mut self, label: &str, tone: Tone) -> io::Result<usize> {
        self.label(self.margin, LABELS, label, tone)?;
        Ok(self.margin + LABELS)
    }

    fn labelled(&mut self, label: &str, facts: &[Fact<'_>], between: &str) -> io::Result<()> {
        let indent = self.evidence_label(label, Tone::Dim)?;
        self.facts(indent, facts, between)
    }

    fn retrieval(&mut self, row: &RetrievalRow<'_>) -> io::Result<()> {
        let cited = match (row.found, row.cited) {
            (0, _) => Fact::new("nothing found", Tone::Warn),
            (found, 0) => Fact::plain(format!("{} found, none cited", spell::count(found))),
            (found, cited) => {
                Fact::plain(format!("{} found, {} cited", spell::count(found), spell::count(cited)))
            }
        };
        let mut facts = vec![cited];
        facts.extend(row.top_score.map(|top| Fact::plain(format!("top {}", spell::score(top)))));
        facts.extend(row.hit.map(|hit| {
            if hit { Fact::new("hit", Tone::Good) } else { Fact::new("miss", Tone::Warn) }
        }));
        if let Some(gate) = &row.answerability {
            let tone = match gate.label {
                Some("answerable") => Tone::Good,
                Some("unanswerable") => Tone::Warn,
                _ => Tone::Plain,
            };
            facts.extend(verdict(gate).map(|verdict| Fact::new(verdict, tone)));
        }
        facts.extend(row.latency_ms.map(|latency| Fact::dim(spell::latency(latency))));
        let hash = row.query_hash.filter(|hash| !hash.trim().is_empty());
        let hash = hash.map(|hash| super::id(hash, self.options.spelling.short));
        facts.extend(hash.map(Fact::dim));
        self.orphan_turn(&mut facts, &row.flags, row.assistant_turn_id);
        self.labelled("retrieval", &facts, " · ")?;
        let short = self.options.spelling.short;
        let cited = row.retrieved.cited();
        let cited = cited.iter().map(|row| Fact::plain(chunk(&row.doc_id, &row.chunk_id, short)));
        let cited: Vec<_> = cited.collect();
        if cited.is_empty() { Ok(()) } else { self.labelled("cited", &cited, ", ") }
    }

    /// The citations that the retrievals above do not show.
    fn citations(&mut self, citations: &[CitationRow<'_>]) -> io::Result<()> {
        for row in citations.iter().filter(|row| !row.retrieved) {
            let chunk = chunk(row.doc_id, row.chunk_id, self.options.spelling.short);
            let mut facts = vec![Fact::plain(chunk), Fact::new("cited-not-retrieved", Tone::Warn)];
            self.orphan_turn(&mut facts, &row.flags, row.assistant_turn_id);
            self.labelled("cited", &facts, " · ")?;
        }
        Ok(())
    }

    /// For an orphan, the turn it names.
    fn orphan_turn(&self, facts: &mut Vec<Fact<'_>>, flags: &[&str], turn_id: &str) {
        if flags.contains(&ORPHAN) {
            let turn = match turn_id {
                "" => "orphan, no turn id".to_owned(),
                id => format!("orphan of turn {}", super::id(id, self.options.spelling.short)),
            };
            facts.push(Fact::new(turn, Tone::Warn));
        }
    }

    fn call(&mut self, row: &CallRow<'_>) -> io::Result<()> {
        let name = word(row.name).unwrap_or("(no name)".into());
        let mut facts = vec![Fact::new(name, Tone::Strong)];
        let tone = match row.status {
            Status::Ok => Tone::Good,
            Status::Error => Tone::Bad,
            Status::NoResult | Status::Unrecorded => Tone::Warn,
        };
        facts.push(Fact::new(row.status.as_str(), tone));
        facts.extend(row.latency_ms.map(|latency| Fact::dim(spell::latency(latency))));
        facts.extend(row.answered_in_turn.map(|turn| Fact::dim(format!("answered in #{turn}"))));
        if row.flags.contains(&UNASKED) {
            facts.push(Fact::new("no message asked for it", Tone::Warn));
        }
        self.orphan_turn(&mut facts, &row.flags, row.assistant_turn_id.unwrap_or_default());
        self.labelled("call", &facts, " · ")?;
        self.blank_label(&row.arguments.decode(), Tone::Plain)?;
        if row.asked_name.is_some() || row.asked_arguments.is_some() {
            self.clipped("asked as", &asked(row), Tone::Warn, Tone::Plain)?;
        }
        if let Some(error) = row.error {
            self.clipped("error", error, Tone::Bad, Tone::Plain)?;
        }
        match row.result {
            Some(result) => self.clipped("result", &result.decode(), Tone::Dim, Tone::Plain),
            None => Ok(()),
        }
    }

    /// The result that a message carries; its text only where the call, or the message itself, does
    /// not show it.
    fn answer(&mut self, row: &AnswerRow<'_>, content: &str) -> io::Result<()> {
        let name = row.name.and_then(word).or_else(|| word(row.tool_call_id));
        let name = name.unwrap_or("(no id)".into());
        let mut facts = vec![Fact::plain(name)];
        facts.extend(row.flags.iter().map(|flag| Fact::new(*flag, Tone::Warn)));
        facts.extend(row.call_turn.map(|turn| Fact::dim(format!("called in #{turn}"))));
        self.labelled("answers", &facts, " · ")?;
        if row.told {
            return Ok(());
        }
        if let Some(error) = row.error.filter(|error| !error.is_empty()) {
            self.clipped("error", error, Tone::Bad, Tone::Plain)?;
        }
        let output = row.output.decode();
        if output.is_empty() || output == content {
            return Ok(());
        }
        self.clipped("result", &output, Tone::Dim, Tone::Plain)
    }

    fn blank_label(&mut self, text: &str, tone: Tone) -> io::Result<()> {
        if text.trim().is_empty() || text == "{}" {
            return Ok(());
        }
        self.clipped("", text, Tone::Dim, tone)
    }

    /// A label and a text that is cut where it is long.
    fn clipped(&mut self, label: &str, text: &str, tone: Tone, ink: Tone) -> io::Result<()> {
        let indent = self.evidence_label(label, tone)?;
        let text = match block(text) {
            text if text.is_empty() => Cow::Borrowed("(empty)"),
            text => text,
        };
        let (shown, left) =
            if text.chars().nth(LONG).is_some() { clip(&text, CLIP) } else { (&*text, 0) };
        self.text(indent, shown, ink)?;
        if left == 0 {
            return Ok(());
        }
        let more = counted(left, "more character", "more characters");
        self.paragraph(indent, &format!("… {more}; tools --full shows all"), Tone::Dim)
    }
}

fn outcome_tone(outcome: &Outcome<'_>) -> Tone {
    match outcome {
        Outcome::Resolved => Tone::Good,
        Outcome::Error | Outcome::CallFailed => Tone::Bad,
        Outcome::Unresolved | Outcome::Abandoned | Outcome::Expired => Tone::Warn,
        _ => Tone::Strong,
    }
}

/// How many columns a text takes.
fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Whether it looks like a JSON object or an array on one line, not like prose in brackets.
fn is_code(line: &str) -> bool {
    let mut characters = line.chars().filter(|character| *character != ' ');
    match characters.next() {
        Some('{') => true,
        Some('[') => matches!(characters.next(), Some('{' | '[' | '"' | '0'..='9')),
        _ => false,
    }
}

/// How far the lines after the first of a paragraph stand in.
#[derive(Clone, Copy)]
struct Hang {
    bytes: usize,
    columns: usize,
}

/// Under the words of an indented line, or of a list's item.
fn hang(line: &str, measure: usize) -> Hang {
    let words = line.trim_start_matches(' ');
    let blank = line.len() - words.len();
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    let after = words.get(digits..).unwrap_or_default();
    let marker = if digits == 0 && ["- ", "* ", "> ", "+ "].iter().any(|it| words.starts_with(it)) {
        2
    } else if digits == 0 && (words.starts_with("• ") || words.starts_with("– ")) {
        // Three bytes and a blank, two columns.
        4
    } else if (1..=3).contains(&digits) && (after.starts_with(". ") || after.starts_with(") ")) {
        digits + 2
    } else {
        0
    };
    let bytes = blank + marker;
    let columns = if marker == 4 && digits == 0 { blank + 2 } else { bytes };
    if columns * 2 > measure { Hang { bytes: 0, columns: 0 } } else { Hang { bytes, columns } }
}
