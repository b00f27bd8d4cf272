//! The transcript as Markdown: what was said in quotes, word for word, evidence in lists below it,
//! and arguments and results whole, in fences that nothing in them can end.

use std::io;

use serde::de::IgnoredAny;

use super::super::markdown::escape;
use super::super::{LayoutOptions, Out, embedded, sanitize};
use super::cut::{self, Cut, cut, say_the_same};
use super::text::score;
use super::{
    UNREDACTED, asked, block, chunk, counts, lasted, left_out, looks, named, nothing, outcome,
    selected, truncation, verdict,
};
use crate::model::Timestamp;
use crate::rows::spell;
use crate::view::calls::{BROKEN_ARGUMENTS, message_first};
use crate::view::transcript::{
    AnswerRow, CallRow, Evidence, Header, MessageRow, ORPHAN, RetrievalRow, Row, Selection,
    Transcript, UNASKED,
};

/// JSON that takes more columns is laid out.
const WIDE: usize = 100;

/// Results longer than this, in characters, are folded.
const FOLD: usize = 400;

/// One session.
pub fn write(
    transcript: &Transcript<'_>,
    selection: &Selection,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    let mut page = Page { out, options };
    let header = transcript.header();
    writeln!(page.out, "## Session {}", code(header.session_id))?;
    if selection.is_whole() {
        page.header(&header)?;
    } else {
        writeln!(page.out, "\n{}", escape(&selected(selection).replace('#', "")))?;
        if let Some(left_out) = left_out(transcript, selection) {
            writeln!(page.out, "\n{}", escape(&left_out))?;
        }
        if header.unredacted {
            writeln!(page.out, "\n**{}**", escape(UNREDACTED))?;
        }
    }
    if let Some(nothing) = nothing(transcript, selection) {
        writeln!(page.out, "\n*{}*", escape(&nothing))?;
        if transcript.turns() > 0 {
            return Ok(());
        }
    }
    for row in transcript.rows(selection) {
        match &row {
            Row::Message(message) => page.message(message)?,
            Row::Handoff(row) => {
                let to = row.transferred_to_agent_id.map(|id| format!("to {}", code(id)));
                page.event("Hand-off", row.timestamp, to, row.reason)?;
            }
            Row::Csat(csat) => {
                let score = score(csat.score, csat.scale_max);
                page.event("CSAT", csat.timestamp, Some(score), None)?;
            }
            Row::Feedback(row) => {
                let rating = row.rating.map(|rating| format!("rating {rating}"));
                page.event("Feedback", row.timestamp, rating, row.comment)?;
            }
            Row::Reopen(row) => page.event("Reopened", row.timestamp, None, row.reason)?,
            Row::Orphan(orphan) => {
                page.event("Orphans: evidence of turns that no message has", None, None, None)?;
                page.evidence(&orphan.evidence, "")?;
            }
        }
    }
    Ok(())
}

struct Page<'a> {
    out: Out<'a>,
    options: &'a LayoutOptions,
}

impl Page<'_> {
    fn header(&mut self, header: &Header<'_>) -> io::Result<()> {
        if header.unredacted {
            writeln!(self.out, "\n**{}**", escape(UNREDACTED))?;
        }
        self.out.write_all(b"\n")?;
        let zone = self.options.spelling.zone;
        let time =
            |time: &Timestamp<'_>| escape(&super::harmless(zone.date_time(time))).into_owned();
        let text = |text: &str| escape(&sanitize::line(text)).into_owned();
        self.item("channel", header.channel.map(text))?;
        self.item("outcome", header.outcome.map(|outcome| text(outcome.as_str())))?;
        self.item("completion reason", header.completion_reason.map(text))?;
        self.item("started", header.started_at.map(time))?;
        let ended = header.ended_at.map_or_else(|| "no end was recorded".to_owned(), time);
        let lasted = header.ended_at.map(|_| format!(" ({})", lasted(header))).unwrap_or_default();
        self.item("ended", Some(format!("{ended}{lasted}")))?;
        self.item("agent", header.agent_id.map(code))?;
        self.item("organization", header.organization_id.map(code))?;
        let version = header.schema_version.map_or("2 (not sent)", |version| version.as_str());
        self.item("schema version", Some(version.to_owned()))?;
        self.item("counts", Some(counts(&header.counts).join(" · ")))?;
        // A turn's number without its sign: trackers would take it for an issue's.
        let looks = looks(header.looks).into_iter();
        let looks = looks.map(|look| escape(look.trim_start_matches('#')).into_owned());
        let looks = looks.collect::<Vec<_>>().join(" · ");
        self.item("look at turns", Some(looks).filter(|looks| !looks.is_empty()))?;
        self.item(
            "knowledge bases",
            header.kb_snapshot.map(|snapshot| {
                let at = snapshot.captured_at.as_ref().map(|at| format!("at {}", time(at)));
                let versions = snapshot.kb_versions.0.iter();
                let versions = versions.map(|(kb, versions)| format!("{}: {versions}", code(kb)));
                at.into_iter().chain(versions).collect::<Vec<_>>().join(" · ")
            }),
        )?;
        let missing: Vec<_> = header.missing.iter().map(|reason| code(reason.as_str())).collect();
        self.item("missing", (!missing.is_empty()).then(|| missing.join(", ")))?;
        self.item("csat", header.csat.map(|csat| score(csat.score, csat.scale_max)))?;
        let rating = |rating| format!("rating {rating}");
        self.item(
            "feedback",
            header
                .feedback
                .map(|feedback| feedback.rating.map_or_else(|| "given".to_owned(), rating)),
        )?;
        self.item(
            "reopened",
            header
                .reopen
                .map(|reopen| reopen.timestamp.as_ref().map_or_else(|| "yes".to_owned(), time)),
        )?;
        if let Some(raw) = header.customer_metadata {
            writeln!(self.out, "- **customer metadata:**\n")?;
            let Cut { text, note } = cut(raw.get(), cut::WHOLE, self.options.full);
            // Indented, however short.
            self.fence("  ", &embedded::laid_out(&text, 0))?;
            self.note("  ", note)?;
        }
        Ok(())
    }

    fn item(&mut self, label: &str, value: Option<String>) -> io::Result<()> {
        match value {
            Some(value) => writeln!(self.out, "- **{label}:** {value}"),
            None => Ok(()),
        }
    }

    fn message(&mut self, row: &MessageRow<'_>) -> io::Result<()> {
        write!(self.out, "\n### Turn {} · {}", row.turn, escape(&named(row.role)))?;
        if let Some(time) = row.timestamp {
            write!(
                self.out,
                " · {}",
                escape(&super::harmless(self.options.spelling.zone.date_time(time)))
            )?;
        }
        let model = row.model_used.map(code);
        let latency = row.latency_ms.map(spell::latency);
        let facts: Vec<_> = model.into_iter().chain(latency).collect();
        self.out.write_all(b"\n")?;
        if !facts.is_empty() {
            writeln!(self.out, "\n{}", facts.join(" · "))?;
        }
        let said = row.content.decode();
        if !said.trim().is_empty() {
            self.said(&said)?;
        } else if row.evidence.as_ref().is_none_or(Evidence::is_empty) {
            writeln!(self.out, "\n*(empty)*")?;
        }
        if let Some(note) = truncation(row) {
            writeln!(self.out, "\n*{note}*")?;
        }
        match &row.evidence {
            Some(evidence) if !evidence.is_empty() => self.evidence(evidence, &said),
            _ => Ok(()),
        }
    }

    /// What somebody said: a quote, or JSON laid out.
    fn said(&mut self, text: &str) -> io::Result<()> {
        let Cut { text, note } = cut(text, cut::MESSAGE, self.options.full);
        if embedded::is_json(&text) {
            self.out.write_all(b"\n")?;
            self.fence("", &embedded::laid_out(&text, WIDE))?;
        } else {
            self.quote(&block(&embedded::decoded(&text)))?;
        }
        self.note("", note)
    }

    /// How much was left out.
    fn note(&mut self, indent: &str, note: Option<String>) -> io::Result<()> {
        match note {
            Some(note) => writeln!(self.out, "\n{indent}*{}*", escape(&note)),
            None => Ok(()),
        }
    }

    /// A quote, every line as it is.
    fn quote(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(b"\n")?;
        let mut lines = text.split('\n').map(str::trim_end).peekable();
        while let Some(line) = lines.next() {
            if line.is_empty() {
                self.out.write_all(b">\n")?;
                continue;
            }
            // Without a hard break the next line would be run in.
            let breaks = lines.peek().is_some_and(|next| !next.is_empty());
            writeln!(self.out, "> {}{}", quoted(line), if breaks { "\\" } else { "" })?;
        }
        Ok(())
    }

    fn event(
        &mut self,
        title: &str,
        time: Option<&Timestamp<'_>>,
        fact: Option<String>,
        text: Option<&str>,
    ) -> io::Result<()> {
        let time = time.map(|time| {
            escape(&super::harmless(self.options.spelling.zone.date_time(time))).into_owned()
        });
        let parts: Vec<_> = [Some(title.to_owned()), time, fact].into_iter().flatten().collect();
        writeln!(self.out, "\n### {}", parts.join(" · "))?;
        match text.filter(|text| !text.trim().is_empty()) {
            Some(text) => self.said(text),
            None => Ok(()),
        }
    }

    fn evidence(&mut self, evidence: &Evidence<'_>, content: &str) -> io::Result<()> {
        self.out.write_all(b"\n")?;
        for retrieval in &evidence.retrievals {
            self.retrieval(retrieval)?;
        }
        for row in evidence.citations.iter().filter(|row| !row.retrieved) {
            let chunk = code(&chunk(row.doc_id, row.chunk_id, false));
            let orphan = orphan(&row.flags, row.assistant_turn_id);
            writeln!(self.out, "- **cited** {chunk} · **cited-not-retrieved**{orphan}")?;
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
        let mut facts = vec![format!("{} found, {} cited", row.found, row.cited)];
        facts.extend(row.top_score.map(|top| format!("top {}", spell::score(top))));
        facts.extend(row.hit.map(|hit| if hit { "hit" } else { "**miss**" }.to_owned()));
        let verdict = row.answerability.as_ref().and_then(verdict);
        facts.extend(verdict.map(|verdict| escape(&verdict).into_owned()));
        facts.extend(row.latency_ms.map(spell::latency));
        facts.extend(row.query_hash.map(code));
        let orphan = orphan(&row.flags, row.assistant_turn_id);
        writeln!(self.out, "- **retrieval** {}{orphan}", facts.join(" · "))?;
        let cited = row.retrieved.cited();
        let cited = cited.iter().map(|row| code(&chunk(&row.doc_id, &row.chunk_id, false)));
        let cited: Vec<_> = cited.collect();
        if cited.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "  - cited {}", cited.join(", "))
    }

    fn call(&mut self, row: &CallRow<'_>) -> io::Result<()> {
        let mut facts = vec![code(row.name), format!("**{}**", row.status.as_str())];
        facts.extend(row.latency_ms.map(spell::latency));
        facts.extend(row.answered_in_turn.map(|turn| format!("answered in turn {turn}")));
        if row.flags.contains(&UNASKED) {
            facts.push(format!("**{UNASKED}**"));
        }
        if row.flags.contains(&BROKEN_ARGUMENTS) {
            facts.push(format!("**{BROKEN_ARGUMENTS}**"));
        }
        let orphan = orphan(&row.flags, row.assistant_turn_id.unwrap_or_default());
        writeln!(self.out, "- **call** {}{orphan}", facts.join(" · "))?;
        let arguments = row.arguments.decode();
        if !arguments.trim().is_empty() {
            self.out.write_all(b"\n")?;
            self.fenced(&arguments)?;
        }
        if let Some(asked) = asked(row) {
            self.folded("asked as", &asked)?;
        }
        let (error, result) = outcome(row);
        if let Some(error) = error {
            self.folded("error", &message_first(error))?;
        }
        match result {
            Some(result) => self.folded("result", &result),
            None => Ok(()),
        }
    }

    fn answer(&mut self, row: &AnswerRow<'_>, content: &str) -> io::Result<()> {
        let mut facts = vec![code(row.name.unwrap_or(row.tool_call_id))];
        facts.extend(row.call_turn.map(|turn| format!("called in turn {turn}")));
        facts.extend(row.flags.iter().map(|flag| format!("**{flag}**")));
        writeln!(self.out, "- **answers** {}", facts.join(" · "))?;
        if row.told {
            return Ok(());
        }
        if let Some(error) = row.error.filter(|error| !error.is_empty()) {
            self.folded("error", &message_first(error))?;
        }
        let output = row.output.decode();
        if output.is_empty() || say_the_same(&output, content) {
            return Ok(());
        }
        self.folded("result", &output)
    }

    /// A text below an item, folded where it is long.
    fn folded(&mut self, label: &str, text: &str) -> io::Result<()> {
        let characters = text.chars().count();
        if characters <= FOLD {
            writeln!(self.out, "\n  {label}:\n")?;
            return self.fenced(text);
        }
        let characters = spell::count(characters);
        writeln!(
            self.out,
            "\n  <details>\n  <summary>{label}, {characters} characters</summary>\n"
        )?;
        self.fenced(text)?;
        self.out.write_all(b"\n  </details>\n\n")
    }

    /// A text below an item, whole but for its blobs.
    fn fenced(&mut self, text: &str) -> io::Result<()> {
        let Cut { text, note } = cut(text, cut::WHOLE, self.options.full);
        self.fence("  ", &embedded::laid_out(&text, WIDE))?;
        self.note("  ", note)
    }

    /// A fence longer than any run of backticks in it.
    fn fence(&mut self, indent: &str, text: &str) -> io::Result<()> {
        let text = sanitize::text(text);
        // Once line feeds are decoded it is JSON to people alone.
        let json =
            text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(&text).is_ok();
        let language = if json { "json" } else { "" };
        let fence = "`".repeat(longest_run(&text).max(2) + 1);
        writeln!(self.out, "{indent}{fence}{language}")?;
        for line in text.split('\n') {
            let line = line.replace('\t', "    ");
            if line.trim().is_empty() {
                self.out.write_all(b"\n")?;
            } else {
                writeln!(self.out, "{indent}{line}")?;
            }
        }
        writeln!(self.out, "{indent}{fence}")
    }
}

/// For an orphan, the turn it names.
fn orphan(flags: &[&str], turn_id: &str) -> String {
    match (flags.contains(&ORPHAN), turn_id) {
        (false, _) => String::new(),
        (true, "") => " · **orphan**, no turn id".to_owned(),
        (true, id) => format!(" · **orphan** of turn {}", code(id)),
    }
}

/// A code span that shows `text` as it is, on one line.
fn code(text: &str) -> String {
    let text = sanitize::line(text);
    if text.trim().is_empty() {
        return "(none)".to_owned();
    }
    let fence = "`".repeat(match longest_run(&text) {
        // One backtick is enough around none.
        0 => 1,
        run => run + 1,
    });
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// A line of a quote: what would begin a list, a heading or a code block is defused.
fn quoted(line: &str) -> String {
    let words = line.trim_start_matches(' ');
    let mut quoted = "&nbsp;".repeat(line.len() - words.len());
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = words.split_at_checked(digits).unwrap_or(("", words));
    if digits == 0 && rest.starts_with(['-', '+', '=']) {
        quoted.push('\\');
    } else if digits > 0 && rest.starts_with(['.', ')']) {
        quoted.push_str(number);
        quoted.push('\\');
        quoted.push_str(&escape(rest));
        return quoted;
    }
    quoted.push_str(&escape(words));
    quoted
}
