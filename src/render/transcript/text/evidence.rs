//! The evidence below an entry, under labels in a column of their own.

use std::io;

use super::super::cut::{self, say_the_same};
use super::super::{asked, chunk, outcome, verdict, word};
use super::Page;
use super::lines::Fact;
use crate::rows::{Tone, look, spell};
use crate::view::calls::message_first;
use crate::view::transcript::{AnswerRow, CallRow, CitationRow, Evidence, ORPHAN, RetrievalRow};

/// The column of labels in the evidence.
const LABELS: usize = 11;

impl Page<'_> {
    pub(super) fn evidence(&mut self, evidence: &Evidence<'_>, content: &str) -> io::Result<()> {
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
        self.label(self.margin, LABELS, label, tone)
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
            let (word, tone) = look::hit(hit);
            Fact::new(word, tone)
        }));
        if let Some(gate) = &row.answerability {
            let tone = gate.label.map_or(Tone::Plain, look::label);
            facts.extend(verdict(gate).map(|verdict| Fact::new(verdict, tone)));
        }
        facts.extend(row.latency_ms.map(|latency| Fact::dim(spell::latency(latency))));
        let hash = row.query_hash.filter(|hash| !hash.trim().is_empty());
        let hash = hash.map(|hash| super::super::id(hash, self.options.spelling.short));
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
                id => {
                    format!("orphan of turn {}", super::super::id(id, self.options.spelling.short))
                }
            };
            facts.push(Fact::new(turn, Tone::Warn));
        }
    }

    fn call(&mut self, row: &CallRow<'_>) -> io::Result<()> {
        let name = word(row.name).unwrap_or("(no name)".into());
        let mut facts = vec![Fact::new(name, Tone::Strong)];
        facts.push(Fact::new(row.status.as_str(), row.status.tone()));
        facts.extend(row.latency_ms.map(|latency| Fact::dim(spell::latency(latency))));
        facts.extend(row.answered_in_turn.map(|turn| Fact::dim(format!("answered in #{turn}"))));
        let flags = row.flags.iter().filter(|flag| **flag != ORPHAN);
        facts.extend(flags.map(|flag| Fact::new(*flag, Tone::Warn)));
        self.orphan_turn(&mut facts, &row.flags, row.assistant_turn_id.unwrap_or_default());
        self.labelled("call", &facts, " · ")?;
        self.blank_label(&row.arguments.decode(), Tone::Plain)?;
        if let Some(asked) = asked(row) {
            self.clipped("asked as", &asked, Tone::Warn, Tone::Plain)?;
        }
        let (error, result) = outcome(row);
        if let Some(error) = error {
            self.error(error)?;
        }
        match result {
            Some(result) => self.clipped("result", &result, Tone::Dim, Tone::Plain),
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
            self.error(error)?;
        }
        let output = row.output.decode();
        if output.is_empty() || say_the_same(&output, content) {
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

    /// What went wrong, which is cut only where it is very long.
    fn error(&mut self, error: &str) -> io::Result<()> {
        let indent = self.evidence_label("error", Tone::Bad)?;
        self.long_text(indent, &message_first(error), cut::MESSAGE, Tone::Plain)
    }

    /// A label and a text that is cut where it is long.
    fn clipped(&mut self, label: &str, text: &str, tone: Tone, ink: Tone) -> io::Result<()> {
        let indent = self.evidence_label(label, tone)?;
        self.long_text(indent, text, cut::EVIDENCE, ink)
    }
}
