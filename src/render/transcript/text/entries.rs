//! The entries: messages, and what happened between and after them.

use std::io;

use chrono::{DateTime, NaiveDateTime, Timelike as _, Utc};

use super::super::cut;
use super::super::{named, truncation, word};
use super::Page;
use super::lines::{Fact, columns};
use crate::model::Timestamp;
use crate::render::style::Ink;
use crate::render::wrap::wrap;
use crate::rows::{Tone, look, spell};
use crate::view::transcript::{Evidence, HandoffRow, MessageRow, OrphanRow};

/// What stands in the margin where there is no turn number.
const NO_NUMBER: &str = "–";

impl Page<'_> {
    /// The line that begins an entry: number, role, time, facts.
    pub(super) fn head(
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
        if let Some((moment, local)) = moment.zip(local) {
            self.day_and_zone(moment, local)?;
        }
        self.tone(if number == NO_NUMBER { Tone::Dim } else { Tone::Strong }, number)?;
        let mut column = self.margin.max(columns(number) + 1);
        self.blanks(column - columns(number))?;
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
        let page = self.width.unwrap_or(usize::MAX);
        let mut lead = self.roles.saturating_sub(columns(role)) + 2;
        if column + columns(role) <= page {
            self.paint(ink, role)?;
            column += columns(role);
        } else {
            // Longer than a line: broken like text.
            let begin = column;
            let mut first = true;
            for piece in wrap(role, page.saturating_sub(begin)) {
                self.begin(&mut first, begin)?;
                self.paint(ink, piece.trim_end())?;
                column = begin + columns(piece.trim_end());
            }
            lead = 2;
        }
        if clock.is_empty() {
            return self.facts_from(column, lead, self.margin, facts, " · ");
        }
        if column + lead + columns(&clock) <= page {
            self.blanks(lead)?;
            self.tone(Tone::Dim, &clock)?;
            // The time stands apart from the facts.
            let column = column + lead + columns(&clock);
            return self.facts_from(column, 2, self.margin, facts, " · ");
        }
        self.out.write_all(b"\n")?;
        self.blanks(self.margin)?;
        self.facts_from(self.margin, 0, self.margin, &[Fact::dim(clock)], " · ")?;
        if facts.is_empty() { Ok(()) } else { self.line(self.margin, facts) }
    }

    /// A line of its own where a day begins, and where clocks were changed.
    fn day_and_zone(&mut self, moment: DateTime<Utc>, local: NaiveDateTime) -> io::Result<()> {
        let (day, offset) = (local.date(), local - moment.naive_utc());
        if self.day == Some(day) && self.offset == Some(offset) {
            return Ok(());
        }
        let line = if self.offset == Some(offset) {
            format!("── {day} ──")
        } else {
            format!("── {day}, times in {} ──", self.options.spelling.zone.label(moment))
        };
        self.see(moment, local);
        self.paragraph(0, &line, Tone::Dim)?;
        self.out.write_all(b"\n")
    }

    pub(super) fn message(&mut self, row: &MessageRow<'_>) -> io::Result<()> {
        let role = named(row.role);
        let ink = self.options.styles.ink(look::role(row.role));
        let mut facts = Vec::new();
        facts.extend(row.model_used.and_then(word).map(Fact::dim));
        facts.extend(row.latency_ms.map(|latency| Fact::dim(spell::latency(latency))));
        self.head(&format!("#{}", row.turn), (&role, ink), row.timestamp, &facts)?;
        let said = row.content.decode();
        let content = said.trim();
        let silent = row.evidence.as_ref().is_none_or(Evidence::is_empty);
        if !content.is_empty() {
            self.blanks(self.margin)?;
            self.long_text(self.margin, &said, cut::MESSAGE, Tone::Plain)?;
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

    pub(super) fn handoff(&mut self, row: &HandoffRow<'_>) -> io::Result<()> {
        let to = row.transferred_to_agent_id.map(|id| {
            Fact::plain(format!("to {}", super::super::id(id, self.options.spelling.short)))
        });
        self.event("hand-off", row.timestamp, Tone::Warn, to.as_slice(), row.reason)
    }

    /// Something that is no turn.
    pub(super) fn event(
        &mut self,
        label: &str,
        time: Option<&Timestamp<'_>>,
        tone: Tone,
        facts: &[Fact<'_>],
        text: Option<&str>,
    ) -> io::Result<()> {
        self.head(NO_NUMBER, (label, self.options.styles.ink(tone)), time, facts)?;
        match text.filter(|text| !text.trim().is_empty()) {
            Some(text) => {
                self.blanks(self.margin)?;
                self.long_text(self.margin, text, cut::MESSAGE, Tone::Plain)
            }
            None => Ok(()),
        }
    }

    pub(super) fn orphans(&mut self, row: &OrphanRow<'_>) -> io::Result<()> {
        let what = Fact::plain("evidence of turns that no message has");
        self.event("orphans", None, Tone::Warn, &[what], None)?;
        self.evidence(&row.evidence, "")
    }
}
