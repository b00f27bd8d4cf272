//! The header: the facts about the session as a whole.

use std::io;

use super::super::cut::{self, cut};
use super::super::{UNREDACTED, counts, harmless, lasted, word};
use super::lines::{Fact, columns, is_code};
use super::{Page, score};
use crate::model::{KnowledgeGapAnalysisOutcome as Outcome, MissingEvidenceReason, Timestamp};
use crate::render::{embedded, sanitize};
use crate::rows::Tone;
use crate::view::transcript::{Header, Selection, Transcript};

/// The column of labels in the header.
const FACTS: usize = 14;

impl Page<'_> {
    pub(super) fn header(
        &mut self,
        transcript: &Transcript<'_>,
        selection: &Selection,
    ) -> io::Result<()> {
        let header = &transcript.header();
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
        if transcript.is_long_in_coming() {
            // Till then this can be read.
            self.out.flush()?;
        }
        let counts: Vec<_> = counts(&transcript.counts()).into_iter().map(Fact::plain).collect();
        self.fact("counts", &counts)?;
        let looks = super::super::looks(transcript.looks());
        if !looks.is_empty() {
            let looks: Vec<_> = looks.into_iter().map(|look| Fact::new(look, Tone::Warn)).collect();
            self.fact("look at", &looks)?;
        }
        self.knowledge(header)?;
        if !header.missing.is_empty() {
            let reasons = header.missing.iter().map(|reason| {
                let unredacted = *reason == MissingEvidenceReason::TranscriptRedactionSkipped;
                let tone = if unredacted { Tone::Warn } else { Tone::Plain };
                Fact::new(word(reason.as_str()).unwrap_or("(empty)".into()), tone)
            });
            let reasons: Vec<_> = reasons.collect();
            let indent = self.label(0, FACTS, "missing", Tone::Dim)?;
            self.facts(indent, &reasons, ", ")?;
        }
        self.afterwards(header)?;
        self.customer(header)
    }

    pub(super) fn notice(&mut self, header: &Header<'_>) -> io::Result<()> {
        if !header.unredacted {
            return Ok(());
        }
        self.out.write_all(b"\n")?;
        self.text(0, UNREDACTED, Tone::Warn)
    }

    fn fact(&mut self, label: &str, facts: &[Fact<'_>]) -> io::Result<()> {
        let indent = self.label(0, FACTS, label, Tone::Dim)?;
        self.facts(indent, facts, " · ")
    }

    fn times(&mut self, header: &Header<'_>) -> io::Result<()> {
        let zone = self.options.spelling.zone;
        if let Some(started) = header.started_at {
            self.fact("started", &[Fact::plain(harmless(zone.date_time(started)))])?;
            if let Some(moment) = started.instant() {
                let local = zone.local(moment);
                self.day = Some(local.date());
                self.offset = Some(local - moment.naive_utc());
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
            Some(moment) if self.offset != Some(zone.local(moment) - moment.naive_utc()) => {
                harmless(zone.date_time(time))
            }
            Some(moment) if self.day != Some(zone.local(moment).date()) => {
                format!("{} {}", zone.date(moment), harmless(zone.clock(time)))
            }
            _ => harmless(zone.clock(time)),
        }
    }

    fn knowledge(&mut self, header: &Header<'_>) -> io::Result<()> {
        let Some(snapshot) = header.kb_snapshot else { return Ok(()) };
        let mut facts = Vec::new();
        facts.extend(snapshot.captured_at.as_ref().map(|time| Fact::plain(self.moment(time))));
        for (index, (kb, versions)) in snapshot.kb_versions.0.iter().enumerate() {
            let id = super::super::id(kb, self.options.spelling.short);
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
            let indent = self.label(0, FACTS, "customer", Tone::Dim)?;
            return self.text(indent, &sanitize::line(raw.get()), Tone::Plain);
        };
        for (index, (key, value)) in entries.iter().enumerate() {
            let label = if index == 0 { "customer" } else { "" };
            let indent = self.label(0, FACTS, label, Tone::Dim)?;
            let key = format!("{}: ", sanitize::line(key));
            let cut = cut(value.get(), cut::MESSAGE, self.options.full);
            let value = embedded::decoded(&cut.text);
            let value = sanitize::line(&value);
            let fits =
                self.measure(indent).is_none_or(|page| columns(&key) + columns(&value) <= page);
            if fits || !is_code(&value) {
                self.text(indent, &format!("{key}{value}"), Tone::Plain)?;
            } else {
                self.text(indent, key.trim_end(), Tone::Plain)?;
                self.blanks(indent + 2)?;
                self.text(indent + 2, &value, Tone::Plain)?;
            }
            if let Some(note) = cut.note() {
                self.paragraph(indent, &note, Tone::Dim)?;
            }
        }
        Ok(())
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
