//! The transcript as a page to read: numbers and roles in a margin, text at a measure that eyes can
//! follow, evidence below it under labels in a column of their own.

mod entries;
mod evidence;
mod header;
mod lines;

use std::io;
use std::ops::ControlFlow::{self, Break, Continue};
use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use self::lines::{Fact, columns};
use super::super::{LayoutOptions, Out, sanitize};
use super::{named, nothing, selected};
use crate::model::{Number, Timestamp};
use crate::rows::Tone;
use crate::view::transcript::{Row, Selection, Transcript};

/// Lines are never longer than this, however wide the terminal: longer ones are hard to follow.
const WIDEST: usize = 100;

/// On a narrower page texts begin below the turn numbers, not beside them.
const NARROW: usize = 40;

/// What divides two sessions.
pub fn between(options: &LayoutOptions) -> String {
    let width = options.width.unwrap_or(WIDEST).min(WIDEST);
    format!("\n{}\n\n", options.styles.dim.paint(&"─".repeat(width)))
}

/// What stands at these places of one session; its header before the first.
pub fn write(
    transcript: &Transcript<'_>,
    selection: &Selection,
    options: &LayoutOptions,
    places: Range<usize>,
    out: Out<'_>,
) -> io::Result<()> {
    let number = transcript.turns().to_string().len() + 1;
    let roles = transcript.roles().iter().map(|role| columns(&named(role)));
    let mut page = Page {
        out,
        options,
        width: options.width.map(|width| width.min(WIDEST)),
        margin: if options.width.is_some_and(|width| width < NARROW) {
            2
        } else {
            number.max(3) + 2
        },
        roles: roles.chain(["feedback".len()]).max().unwrap_or(0).min(12),
        day: None,
        offset: None,
    };
    if places.start > 0 {
        page.go_on(transcript, selection, places.start);
    } else if page.begin_session(transcript, selection)?.is_break() {
        return Ok(());
    }
    for row in transcript.rows_at(selection, places) {
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
    /// How far the times are from UTC, as it was last told.
    offset: Option<TimeDelta>,
}

impl Page<'_> {
    /// What stands before the first turn; breaks off where nothing comes after it.
    fn begin_session(
        &mut self,
        transcript: &Transcript<'_>,
        selection: &Selection,
    ) -> io::Result<ControlFlow<()>> {
        let header = transcript.header();
        if selection.is_whole() {
            self.header(transcript, selection)?;
        } else {
            self.line(
                0,
                &[
                    Fact::new(
                        format!("Session {}", sanitize::line(header.session_id)),
                        Tone::Strong,
                    ),
                    Fact::plain(selected(selection)),
                ],
            )?;
            if let Some(left_out) = super::left_out(transcript, selection) {
                self.paragraph(0, &left_out, Tone::Dim)?;
            }
            self.notice(&header)?;
        }
        if let Some(nothing) = nothing(transcript, selection) {
            self.out.write_all(b"\n")?;
            self.paragraph(0, &nothing, Tone::Warn)?;
            if transcript.turns() > 0 {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    /// Goes on behind what stands at the places before this one.
    fn go_on(&mut self, transcript: &Transcript<'_>, selection: &Selection, place: usize) {
        let bare = Selection { evidence: false, ..selection.clone() };
        let zone = self.options.spelling.zone;
        for place in (0..place).rev() {
            let rows = transcript.rows_at(&bare, place..place + 1);
            let moments = rows.filter_map(|row| row.timestamp().and_then(Timestamp::instant));
            if let Some(moment) = moments.last() {
                self.see(moment, zone.local(moment));
                return;
            }
        }
    }

    /// Takes note of the day and the zone of a time that is shown.
    fn see(&mut self, moment: DateTime<Utc>, local: NaiveDateTime) {
        (self.day, self.offset) = (Some(local.date()), Some(local - moment.naive_utc()));
    }
}
