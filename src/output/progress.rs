//! How far a run is: a bar on a terminal, else a line now and then.

use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;
use uuid::Uuid;

use crate::render::style::Styles;
use crate::rows::spell;

/// A run that ends sooner says nothing of its progress.
const FIRST_LINE: Duration = Duration::from_secs(3);

/// From one line to the next.
const INTERVAL: Duration = Duration::from_secs(10);

/// Shows how far a run is.
pub(super) enum Progress {
    /// A bar over sessions, or without their number a spinner.
    Bar {
        /// The bar.
        bar: ProgressBar,
        /// Sessions that failed.
        failed: u64,
        /// How it is coloured.
        styles: Styles,
    },
    /// A line every ten seconds.
    Lines(Lines),
}

/// What is known for the lines.
pub(super) struct Lines {
    begun: Instant,
    next: Instant,
    done: u64,
    failed: u64,
    total: u64,
    waiting: Option<String>,
    styles: Styles,
}

/// Where a run stands.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    /// Sessions that are settled.
    done: u64,
    /// How many of them failed.
    failed: u64,
    /// Sessions that were asked for.
    total: u64,
    /// Milliseconds since the first request.
    elapsed_ms: u64,
    /// Sessions settled a second.
    per_second: f64,
    /// Milliseconds that the rest will take at this rate.
    left_ms: Option<u64>,
    /// What was waited for last.
    waiting: Option<String>,
    /// How it is coloured.
    #[serde(skip)]
    styles: Styles,
}

impl Progress {
    /// A bar over `total` sessions.
    pub(super) fn bar(total: u64, styles: Styles) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let template = "{bar:24} {human_pos} of {human_len} sessions{msg}  {rate}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
                // Where a bar cannot be written nobody sees it.
                let _ = write!(out, "{:.1}/s", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate).progress_chars("━╸─"));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self::Bar { bar, failed: 0, styles }
    }

    /// A spinner, for one session that is waited for.
    pub(super) fn spinner() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::default_spinner());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::Bar { bar, failed: 0, styles: Styles::default() }
    }

    /// Lines over `total` sessions, from `now` on.
    pub(super) fn lines(total: u64, now: Instant, styles: Styles) -> Self {
        let next = now + FIRST_LINE;
        Self::Lines(Lines { begun: now, next, done: 0, failed: 0, total, waiting: None, styles })
    }

    /// Clears it away; where the run ended, and how long it took, if sessions were counted and it
    /// took so long that anybody saw it.
    pub(super) fn end(self, now: Instant) -> Option<Standing> {
        let ended = match self {
            Self::Bar { bar, failed, styles } => {
                let (done, total) = (bar.position(), bar.length());
                let elapsed = bar.elapsed();
                bar.finish_and_clear();
                Some(Standing::new((done, failed, total?), elapsed, None, styles))
            }
            Self::Lines(lines) => Some(Standing { waiting: None, ..lines.standing(now) }),
        };
        ended.filter(|ended| u128::from(ended.elapsed_ms) >= FIRST_LINE.as_millis())
    }

    /// Writes to standard error without tearing it apart.
    pub(super) fn suspend(&self, write: impl FnOnce()) {
        match self {
            Self::Bar { bar, .. } => bar.suspend(write),
            Self::Lines(_) => write(),
        }
    }

    /// A session is waited for.
    pub(super) fn waiting(&mut self, session: Uuid, pause: Duration) {
        let message = format!("session {session} still runs; asking again in {pause:.1?}");
        match self {
            Self::Bar { bar, failed, styles } if bar.length().is_some() => {
                // A bar has a line, and its failures stay there.
                let failures = failures(*failed, *styles);
                let id = session.to_string();
                let id = spell::id(&id, true);
                bar.set_message(format!("{failures}, {id} still runs (again in {pause:.1?})"));
            }
            Self::Bar { bar, .. } => bar.set_message(message),
            Self::Lines(lines) => lines.waiting = Some(message),
        }
    }

    /// A session is settled; false where there is nothing more to show.
    pub(super) fn settled(&mut self, session_failed: bool) -> bool {
        match self {
            Self::Bar { bar, .. } if bar.length().is_none() => return false,
            Self::Bar { bar, failed, styles } => {
                *failed += u64::from(session_failed);
                bar.inc(1);
                bar.set_message(failures(*failed, *styles));
            }
            Self::Lines(lines) => {
                lines.done += 1;
                lines.failed += u64::from(session_failed);
                lines.waiting = None;
            }
        }
        true
    }

    /// Where the run stands, when it is time to say so.
    pub(super) fn due(&mut self, now: Instant) -> Option<Standing> {
        match self {
            Self::Lines(lines) if now >= lines.next => {
                lines.next = now + INTERVAL;
                Some(lines.standing(now))
            }
            _ => None,
        }
    }
}

impl Lines {
    fn standing(&self, now: Instant) -> Standing {
        let counts = (self.done, self.failed, self.total);
        Standing::new(counts, now - self.begun, self.waiting.clone(), self.styles)
    }
}

impl Standing {
    #[allow(clippy::cast_precision_loss, reason = "nobody has so many sessions")]
    fn new(
        (done, failed, total): (u64, u64, u64),
        elapsed: Duration,
        waiting: Option<String>,
        styles: Styles,
    ) -> Self {
        let per_second = done as f64 / elapsed.as_secs_f64().max(1e-3);
        let left = (total - done.min(total)) as f64 / per_second;
        let left = Duration::try_from_secs_f64(left).ok();
        Self {
            done,
            failed,
            total,
            elapsed_ms: milliseconds(elapsed),
            per_second: (per_second * 10.0).round() / 10.0,
            left_ms: left.map(milliseconds),
            waiting,
            styles,
        }
    }

    /// The end of the run in a line: `2,000 of 2,000 sessions, 3 failed, in 1m 02s`.
    #[allow(clippy::cast_precision_loss, reason = "nobody waits so long")]
    pub(super) fn ended(&self) -> String {
        let took = spell::seconds((self.elapsed_ms as f64 / 100.0).round() / 10.0);
        format!("{}, in {took}", self.counts())
    }

    fn counts(&self) -> String {
        let Self { done, failed, total, .. } = self;
        let failures = failures(*failed, self.styles);
        format!("{} of {} sessions{failures}", HumanCount(*done), HumanCount(*total))
    }
}

/// How many failed, behind how many there were; nothing where none did.
fn failures(count: u64, styles: Styles) -> String {
    if count == 0 {
        return String::new();
    }
    let failed = format!("{} failed", HumanCount(count));
    format!(", {}", styles.error.paint(&failed))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {:.1}/s", self.counts(), self.per_second)?;
        if let Some(left) = self.left_ms {
            let left = Duration::from_secs(left.div_ceil(1000));
            write!(f, ", {} left", humantime::format_duration(left))?;
        }
        match &self.waiting {
            Some(waiting) => write!(f, "; {waiting}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_after_a_while_and_then_every_ten_seconds() {
        let begun = Instant::now();
        let second = |number: u64| begun + Duration::from_secs(number);
        let mut progress = Progress::lines(2000, begun, Styles::default());
        let said: Vec<String> = (0..30)
            .filter_map(|number| {
                for _ in 0..if number < 20 { 50 } else { 0 } {
                    assert!(progress.settled(number == 9));
                }
                progress.waiting(Uuid::nil(), Duration::from_secs(number));
                progress.due(second(number)).map(|standing| standing.to_string())
            })
            .collect();
        let ended = progress.end(second(62)).unwrap();
        assert_eq!(ended.ended(), "1,000 of 2,000 sessions, 50 failed, in 1m 02s");
        assert_eq!(
            said,
            [
                "200 of 2,000 sessions, 66.7/s, 27s left; session 00000000-0000-0000-0000-000000000000 still runs; asking again in 3.0s",
                "700 of 2,000 sessions, 50 failed, 53.8/s, 25s left; session 00000000-0000-0000-0000-000000000000 still runs; asking again in 13.0s",
                "1,000 of 2,000 sessions, 50 failed, 43.5/s, 23s left; session 00000000-0000-0000-0000-000000000000 still runs; asking again in 23.0s",
            ]
        );
    }

    #[test]
    fn a_run_in_which_nothing_was_settled_yet_does_not_guess() {
        let begun = Instant::now();
        let mut progress = Progress::lines(7, begun, Styles::new(true));
        let standing = progress.due(begun + Duration::from_secs(60)).unwrap();
        assert_eq!(standing.to_string(), "0 of 7 sessions, 0.0/s");
        assert_eq!((standing.left_ms, standing.elapsed_ms), (None, 60_000));
    }

    #[test]
    fn failures_are_counted_in_colour_where_there_are_any() {
        let (plain, coloured) = (Styles::default(), Styles::new(true));
        assert_eq!(
            (failures(0, coloured), failures(1200, plain)),
            (String::new(), ", 1,200 failed".to_owned())
        );
        assert_eq!(failures(2, coloured), format!(", {}", coloured.error.paint("2 failed")));
    }
}
