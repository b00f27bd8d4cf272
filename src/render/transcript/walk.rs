//! A session as a page of headings, facts, quotes and lists, whatever it is written in: what stands on
//! it, in which order.

use std::borrow::Cow;
use std::io;

use super::cut::{self, Cut, cut, say_the_same};
use super::text::score;
use super::{
    UNREDACTED, asked, chunk, counts, harmless, lasted, left_out, looks, named, nothing, outcome,
    selected, truncation, verdict, word,
};
use crate::model::Timestamp;
use crate::render::{LayoutOptions, sanitize};
use crate::rows::{Tone, look, spell};
use crate::view::calls::{BROKEN_ARGUMENTS, message_first};
use crate::view::transcript::{
    AnswerRow, CallRow, Evidence, MessageRow, ORPHAN, RetrievalRow, Row, Selection, Transcript,
    UNASKED,
};

/// How a stretch of a line is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// As words.
    Plain,
    /// As what a machine would read.
    Code,
    /// As what must be seen.
    Strong(Tone),
    /// As a turn's number.
    Turn(usize),
}

/// A stretch of a line, harmless.
#[derive(Clone, Debug)]
pub struct Piece<'p> {
    /// What it says.
    pub text: Cow<'p, str>,
    /// How it is set.
    pub set: Set,
}

/// What stands between two others on a line.
pub type Part<'p> = Vec<Piece<'p>>;

/// What pages are written with.
pub trait Pages {
    /// Whose page it is.
    fn title(&mut self, session_id: &str) -> io::Result<()>;
    /// A sentence about the whole page; a `loud` one must be seen.
    fn notice(&mut self, text: &str, loud: bool) -> io::Result<()>;
    /// What there is nothing to see of.
    fn nothing(&mut self, text: &str) -> io::Result<()>;
    /// The facts begin.
    fn facts(&mut self) -> io::Result<()>;
    /// A fact of the session.
    fn fact(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()>;
    /// A fact that is JSON.
    fn json_fact(&mut self, label: &str, json: Cut<'_>) -> io::Result<()>;
    /// A turn begins.
    fn turn(
        &mut self,
        row: &MessageRow<'_>,
        parts: &[Part<'_>],
        facts: &[Part<'_>],
    ) -> io::Result<()>;
    /// Something else that happened.
    fn event(&mut self, title: &str, parts: &[Part<'_>]) -> io::Result<()>;
    /// What somebody said.
    fn said(&mut self, text: Cut<'_>) -> io::Result<()>;
    /// A remark of ours about the turn.
    fn remark(&mut self, text: &str) -> io::Result<()>;
    /// Evidence begins.
    fn evidence(&mut self) -> io::Result<()>;
    /// A piece of evidence.
    fn item(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()>;
    /// What belongs to it.
    fn sub_item(&mut self, label: &str, parts: &[Part<'_>]) -> io::Result<()>;
    /// A text that belongs to it.
    fn text(&mut self, label: Option<&str>, text: Cut<'_>, characters: usize) -> io::Result<()>;
}

/// How much of a session stands on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What stands above its turns.
    Facts,
    /// Its turns, and what else happened.
    Turns,
    /// Both.
    Whole,
}

/// Writes so much of a session's page.
pub fn write(
    transcript: &Transcript<'_>,
    selection: &Selection,
    extent: Extent,
    options: &LayoutOptions,
    pages: &mut dyn Pages,
) -> io::Result<()> {
    let mut walk = Walk { pages, options };
    if extent != Extent::Turns {
        walk.facts(transcript, selection)?;
    }
    if extent == Extent::Facts { Ok(()) } else { walk.turns(transcript, selection) }
}

struct Walk<'w> {
    pages: &'w mut dyn Pages,
    options: &'w LayoutOptions,
}

/// Harmless words.
fn plain<'p>(text: impl Into<Cow<'p, str>>) -> Piece<'p> {
    Piece { text: text.into(), set: Set::Plain }
}

/// A stranger's word, which a machine would read.
fn code(text: &str) -> Piece<'_> {
    Piece { text: sanitize::line(text), set: Set::Code }
}

fn strong<'p>(text: impl Into<Cow<'p, str>>, tone: Tone) -> Piece<'p> {
    Piece { text: text.into(), set: Set::Strong(tone) }
}

/// A turn's number without its sign: trackers would take it for an issue's.
fn turn(number: usize) -> Piece<'static> {
    Piece { text: number.to_string().into(), set: Set::Turn(number) }
}

/// What there is to see at a turn: `#4 uncited`.
fn look(look: String) -> Part<'static> {
    let told = look.strip_prefix('#').and_then(|look| look.split_once(' '));
    match told.and_then(|(number, what)| Some((number.parse().ok()?, what))) {
        Some((number, what)) => vec![turn(number), plain(format!(" {what}"))],
        None => vec![plain(look)],
    }
}

/// Pieces with commas between them.
fn listed<'p>(pieces: impl Iterator<Item = Piece<'p>>) -> Part<'p> {
    let mut part = Vec::new();
    for piece in pieces {
        if !part.is_empty() {
            part.push(plain(", "));
        }
        part.push(piece);
    }
    part
}

impl Walk<'_> {
    fn facts(&mut self, transcript: &Transcript<'_>, selection: &Selection) -> io::Result<()> {
        let header = transcript.header();
        self.pages.title(header.session_id)?;
        if selection.is_whole() {
            return self.header(transcript);
        }
        self.pages.notice(&selected(selection).replace('#', ""), false)?;
        if let Some(left_out) = left_out(transcript, selection) {
            self.pages.notice(&left_out, false)?;
        }
        if header.unredacted {
            self.pages.notice(UNREDACTED, true)?;
        }
        Ok(())
    }

    fn turns(&mut self, transcript: &Transcript<'_>, selection: &Selection) -> io::Result<()> {
        if let Some(nothing) = nothing(transcript, selection) {
            self.pages.nothing(&nothing)?;
            if transcript.turns() > 0 {
                return Ok(());
            }
        }
        for row in transcript.rows(selection) {
            match &row {
                Row::Message(message) => self.message(message)?,
                Row::Handoff(row) => {
                    let to = row.transferred_to_agent_id;
                    let to = to.map(|id| vec![plain("to "), code(id)]);
                    self.event("Hand-off", row.timestamp, to, row.reason)?;
                }
                Row::Csat(csat) => {
                    let score = vec![plain(score(csat.score, csat.scale_max))];
                    self.event("CSAT", csat.timestamp, Some(score), None)?;
                }
                Row::Feedback(row) => {
                    let rating = row.rating.map(|rating| vec![plain(format!("rating {rating}"))]);
                    self.event("Feedback", row.timestamp, rating, row.comment)?;
                }
                Row::Reopen(row) => self.event("Reopened", row.timestamp, None, row.reason)?,
                Row::Orphan(orphan) => {
                    let title = "Orphans: evidence of turns that no message has";
                    self.event(title, None, None, None)?;
                    self.evidence(&orphan.evidence, "")?;
                }
            }
        }
        Ok(())
    }

    fn time(&self, time: &Timestamp<'_>) -> Piece<'static> {
        plain(harmless(self.options.spelling.zone.date_time(time)))
    }

    fn header(&mut self, transcript: &Transcript<'_>) -> io::Result<()> {
        let header = &transcript.header();
        if header.unredacted {
            self.pages.notice(UNREDACTED, true)?;
        }
        self.pages.facts()?;
        let text = |text: &str| plain(sanitize::line(text).into_owned());
        self.fact("channel", header.channel.map(text))?;
        self.fact("outcome", header.outcome.map(|outcome| text(outcome.as_str())))?;
        self.fact("completion reason", header.completion_reason.map(text))?;
        self.fact("started", header.started_at.map(|time| self.time(time)))?;
        let mut ended = match header.ended_at {
            Some(time) => vec![self.time(time)],
            None => vec![plain("no end was recorded")],
        };
        ended.extend(header.ended_at.map(|_| plain(format!(" ({})", lasted(header)))));
        self.parts("ended", vec![ended])?;
        self.fact("agent", header.agent_id.map(code))?;
        self.fact("organization", header.organization_id.map(code))?;
        let version = header.schema_version.map_or("2 (not sent)", |version| version.as_str());
        self.fact("schema version", Some(plain(version)))?;
        let one = |text: String| vec![plain(text)];
        self.parts("counts", counts(&transcript.counts()).into_iter().map(one).collect())?;
        let looks = looks(transcript.looks()).into_iter();
        self.parts("look at turns", looks.map(look).collect())?;
        if let Some(snapshot) = header.kb_snapshot {
            let at = snapshot.captured_at.as_ref();
            let at = at.map(|at| vec![plain("at "), self.time(at)]);
            let versions = snapshot.kb_versions.0.iter();
            let versions =
                versions.map(|(kb, versions)| vec![code(kb), plain(format!(": {versions}"))]);
            let parts: Vec<_> = at.into_iter().chain(versions).collect();
            self.pages.fact("knowledge bases", &parts)?;
        }
        let missing = listed(header.missing.iter().map(|reason| code(reason.as_str())));
        self.parts("missing", vec![missing])?;
        self.fact("csat", header.csat.map(|csat| plain(score(csat.score, csat.scale_max))))?;
        let rated = |rating: Option<_>| match rating {
            Some(rating) => plain(format!("rating {rating}")),
            None => plain("given"),
        };
        self.fact("feedback", header.feedback.map(|feedback| rated(feedback.rating)))?;
        let at = |time: Option<&Timestamp<'_>>| time.map_or(plain("yes"), |time| self.time(time));
        self.fact("reopened", header.reopen.map(|reopen| at(reopen.timestamp.as_ref())))?;
        match header.customer_metadata {
            Some(raw) => {
                let json = cut(raw.get(), cut::WHOLE, self.options.full);
                self.pages.json_fact("customer metadata", json)
            }
            None => Ok(()),
        }
    }

    fn fact(&mut self, label: &str, value: Option<Piece<'_>>) -> io::Result<()> {
        self.parts(label, vec![value.into_iter().collect()])
    }

    /// A fact, where there is any.
    fn parts(&mut self, label: &str, mut parts: Vec<Part<'_>>) -> io::Result<()> {
        parts.retain(|part| !part.is_empty());
        if parts.is_empty() { Ok(()) } else { self.pages.fact(label, &parts) }
    }

    fn message(&mut self, row: &MessageRow<'_>) -> io::Result<()> {
        let mut parts = vec![vec![plain(named(row.role))]];
        parts.extend(row.timestamp.map(|time| vec![self.time(time)]));
        let model = row.model_used.map(|model| vec![code(model)]);
        let latency = row.latency_ms.map(|latency| vec![plain(spell::latency(latency))]);
        let facts: Vec<_> = model.into_iter().chain(latency).collect();
        self.pages.turn(row, &parts, &facts)?;
        let said = row.content.decode();
        if !said.trim().is_empty() {
            self.pages.said(cut(&said, cut::MESSAGE, self.options.full))?;
        } else if row.evidence.as_ref().is_none_or(Evidence::is_empty) {
            self.pages.remark("(empty)")?;
        }
        if let Some(note) = truncation(row) {
            self.pages.remark(&note)?;
        }
        match &row.evidence {
            Some(evidence) if !evidence.is_empty() => self.evidence(evidence, &said),
            _ => Ok(()),
        }
    }

    fn event(
        &mut self,
        title: &str,
        time: Option<&Timestamp<'_>>,
        fact: Option<Part<'_>>,
        text: Option<&str>,
    ) -> io::Result<()> {
        let time = time.map(|time| vec![self.time(time)]);
        let parts: Vec<_> = time.into_iter().chain(fact).collect();
        self.pages.event(title, &parts)?;
        match text.filter(|text| !text.trim().is_empty()) {
            Some(text) => self.pages.said(cut(text, cut::MESSAGE, self.options.full)),
            None => Ok(()),
        }
    }

    fn evidence(&mut self, evidence: &Evidence<'_>, content: &str) -> io::Result<()> {
        self.pages.evidence()?;
        for retrieval in &evidence.retrievals {
            self.retrieval(retrieval)?;
        }
        for row in evidence.citations.iter().filter(|row| !row.retrieved) {
            let chunk = chunk(row.doc_id, row.chunk_id, false);
            let mut parts = vec![
                vec![code(&chunk)],
                vec![strong(crate::view::rag::Flag::CitedNotRetrieved.name(), Tone::Warn)],
            ];
            parts.extend(orphan(&row.flags, row.assistant_turn_id));
            self.pages.item("cited", &parts)?;
        }
        for call in &evidence.tool_calls {
            self.call(call)?;
        }
        match &evidence.tool_results {
            Some(result) => self.answer(result, content),
            None => Ok(()),
        }
    }

    fn retrieval(&mut self, row: &RetrievalRow<'_>) -> io::Result<()> {
        let mut parts = vec![vec![plain(format!("{} found, {} cited", row.found, row.cited))]];
        parts.extend(row.top_score.map(|top| vec![plain(format!("top {}", spell::score(top)))]));
        parts.extend(row.hit.map(|hit| match look::hit(hit) {
            (word, Tone::Bad) => vec![strong(word, Tone::Bad)],
            (word, _) => vec![plain(word)],
        }));
        parts.extend(row.answerability.as_ref().and_then(verdict).map(|text| vec![plain(text)]));
        parts.extend(row.latency_ms.map(|latency| vec![plain(spell::latency(latency))]));
        parts.extend(row.query_hash.map(|hash| vec![code(hash)]));
        parts.extend(orphan(&row.flags, row.assistant_turn_id));
        self.pages.item("retrieval", &parts)?;
        let cited = row.retrieved.cited();
        let cited: Vec<String> =
            cited.iter().map(|row| chunk(&row.doc_id, &row.chunk_id, false)).collect();
        if cited.is_empty() {
            return Ok(());
        }
        self.pages.sub_item("cited", &[listed(cited.iter().map(|chunk| code(chunk)))])
    }

    fn call(&mut self, row: &CallRow<'_>) -> io::Result<()> {
        let status = strong(row.status.as_str(), row.status.tone());
        let mut parts = vec![vec![code(row.name)], vec![status]];
        parts.extend(row.latency_ms.map(|latency| vec![plain(spell::latency(latency))]));
        let answered = row.answered_in_turn;
        parts.extend(answered.map(|number| vec![plain("answered in turn "), turn(number)]));
        for flag in [UNASKED, BROKEN_ARGUMENTS] {
            if row.flags.contains(&flag) {
                parts.push(vec![strong(flag, Tone::Warn)]);
            }
        }
        parts.extend(orphan(&row.flags, row.assistant_turn_id.unwrap_or_default()));
        self.pages.item("call", &parts)?;
        let arguments = row.arguments.decode();
        if !arguments.trim().is_empty() {
            self.text(None, &arguments)?;
        }
        if let Some(asked) = asked(row) {
            self.text(Some("asked as"), &asked)?;
        }
        let (error, result) = outcome(row);
        if let Some(error) = error {
            self.text(Some("error"), &message_first(error))?;
        }
        match result {
            Some(result) => self.text(Some("result"), &result),
            None => Ok(()),
        }
    }

    fn answer(&mut self, row: &AnswerRow<'_>, content: &str) -> io::Result<()> {
        let mut parts = vec![vec![code(row.name.unwrap_or(row.tool_call_id))]];
        parts.extend(row.call_turn.map(|number| vec![plain("called in turn "), turn(number)]));
        parts.extend(row.flags.iter().map(|flag| vec![strong(*flag, Tone::Warn)]));
        self.pages.item("answers", &parts)?;
        if row.told {
            return Ok(());
        }
        if let Some(error) = row.error.filter(|error| !error.is_empty()) {
            self.text(Some("error"), &message_first(error))?;
        }
        let output = row.output.decode();
        if output.is_empty() || say_the_same(&output, content) {
            return Ok(());
        }
        self.text(Some("result"), &output)
    }

    /// A text below an item, whole but for its blobs.
    fn text(&mut self, label: Option<&str>, text: &str) -> io::Result<()> {
        let characters = text.chars().count();
        self.pages.text(label, cut(text, cut::WHOLE, self.options.full), characters)
    }
}

/// For an orphan, the turn it names.
fn orphan<'p>(flags: &[&str], turn_id: &'p str) -> Option<Part<'p>> {
    let named = match word(turn_id) {
        None => vec![strong(ORPHAN, Tone::Warn), plain(", no turn id")],
        Some(_) => vec![strong(ORPHAN, Tone::Warn), plain(" of turn "), code(turn_id)],
    };
    flags.contains(&ORPHAN).then_some(named)
}
