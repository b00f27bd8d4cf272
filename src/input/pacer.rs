//! The pace of the requests: it finds the rate that the server accepts, and stays near it.
//!
//! A pure piece: it is told when requests start and how they are answered, and says when the next
//! one may start. The clock is its caller's.
//!
//! Nothing is held back before anything is refused. Then the pace follows a curve like that of TCP
//! CUBIC and of the adaptive mode of the AWS SDKs: from a little below the rate that was accepted
//! last, up to it, past it slowly, and then ever faster, until the server refuses again. What was
//! accepted is counted from one refusal to the next, where a token bucket is empty both times, so
//! that it is the bucket's rate and not what it had saved up.
//!
//! Somebody else may use the same key, and then requests are refused at any rate. So not each
//! refusal counts: they slow the pace when they come more often than while it was below what had
//! been accepted (a cumulative sum, Page's test), and what comes as often there as elsewhere is
//! taken for the others' doing. Where everything is refused, the gaps double, and once something is
//! accepted the pace doubles, up to the average of the run.

use std::time::{Duration, Instant};

/// How far below the accepted rate the pace begins, as a part of it.
const DIP: f64 = 0.1;

/// The pace is back at the accepted rate after as long as this many requests take, within bounds.
const PLATEAU_REQUESTS: f64 = 30.0;

/// The bounds of that, in seconds.
const PLATEAU_BOUNDS: (f64, f64) = (0.8, 5.0);

/// How many refusals beyond the expected ones slow the pace.
const EXCESS: f64 = 2.0;

/// The part of the requests that may be refused without any consequence.
const TOLERANCE: f64 = 0.05;

/// How much weight the latest answer has in the background of refusals.
const SMOOTHING: f64 = 1.0 / 32.0;

/// No larger part is taken for background.
const MOST_BACKGROUND: f64 = 0.3;

/// Refused so many times in a row, with nothing accepted between: the server accepts nothing.
const DROUGHT: u32 = 3;

/// The pace doubles on the way up from there, not more often than this.
const DOUBLING: Duration = Duration::from_millis(100);

/// Fewer requests below the accepted rate say nothing of the background.
const SAMPLE: u32 = 20;

/// An accepted rate that rests on fewer acceptances is a guess.
const SETTLED: u32 = 10;

/// The accepted rate is taken from at least this many plateaus.
const MEASURED_PLATEAUS: f64 = 1.5;

/// With sessions left for less than this many seconds there is nothing to gain by a faster pace.
const ENDING: f64 = 2.0;

/// The gaps grow no longer than this, or than a part of the pause that the server asks for.
const MAX_GAP: Duration = Duration::from_secs(1);

/// That part: so much of a drought may pass after its end before it is noticed.
const PART_OF_PAUSE: u32 = 8;

/// A start that came late is made up for, up to this and to so many starts.
const LATE: (Duration, u32) = (Duration::from_millis(20), 8);

/// With nothing under way for so long, nobody asked for what the server would have accepted.
const IDLE: Duration = Duration::from_millis(200);

/// A request that was started; to be given back with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// How often the pace had been changed.
    era: u32,
    /// Whether the pace was below the accepted rate.
    below: bool,
}

/// What there is to tell of the pace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Requests a second that the server accepted last.
    pub per_second: f64,
    /// Requests of the run that were answered, refused or not.
    pub answered: u32,
    /// How many of them were refused.
    pub refused: u32,
}

/// How many requests were answered, and how many of them refused.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    answered: u32,
    refused: u32,
}

impl Tally {
    fn add(&mut self, refused: bool) {
        self.answered += 1;
        self.refused += u32::from(refused);
    }

    /// The part that was refused.
    fn part(self) -> f64 {
        f64::from(self.refused) / f64::from(self.answered.max(1))
    }
}

/// Counts what is accepted, from a moment on that moves along.
#[derive(Clone, Copy, Debug)]
struct Meter {
    since: Instant,
    count: u32,
    /// The moment from which on to count next, and the count by then.
    next: (Instant, u32),
}

impl Meter {
    const fn new(now: Instant) -> Self {
        Self { since: now, count: 0, next: (now, 0) }
    }

    fn roll(&mut self, now: Instant, after: f64) {
        let (since, count) = self.next;
        if (now - since).as_secs_f64() > after {
            *self = Self { since, count: self.count - count, next: (now, self.count - count) };
        }
    }

    /// Requests accepted a second, were the one refused just now accepted too.
    fn rate(&self, now: Instant) -> f64 {
        f64::from(self.count + 1) / seconds(now - self.since)
    }
}

/// Where the pace is on its way.
#[derive(Clone, Copy, Debug)]
struct Curve {
    /// The rate that was accepted last.
    level: f64,
    since: Instant,
    /// Where it began: -1 is below the level, 0 at it.
    from: f64,
}

impl Curve {
    /// Seconds until the pace is back at its level.
    fn plateau(&self) -> f64 {
        let (least, most) = PLATEAU_BOUNDS;
        (PLATEAU_REQUESTS / self.level).clamp(least, most)
    }

    /// From -1 below the level, by 0 at it, to the time past it, in plateaus.
    fn position(&self, now: Instant) -> f64 {
        self.from + (now - self.since).as_secs_f64() / self.plateau()
    }
}

/// The pace. See above.
#[derive(Debug, Default)]
pub struct Pacer {
    /// None while nothing is held back.
    curve: Option<Curve>,
    /// When the last request started, or should have.
    last_start: Option<Instant>,
    last_answer: Option<Instant>,
    first_answer: Option<Instant>,
    /// When anything was accepted last, or when the first request started.
    last_accepted: Option<Instant>,
    /// The pause that the server asked for last.
    asked: Duration,
    /// Sessions that are not settled, where that is known.
    left: Option<u32>,
    meter: Option<Meter>,
    /// Of the whole run.
    total: Tally,
    /// How often the pace was changed.
    era: u32,
    /// Of this era.
    tally: Tally,
    /// Of this era, while the pace was below the accepted rate.
    below: Tally,
    /// The cumulative sum of refusals beyond the expected ones.
    excess: f64,
    /// The part of requests that is refused whatever the pace.
    background: f64,
    /// Refusals since anything was accepted.
    dry: u32,
    /// Whether the accepted rate rests on enough requests to judge by what comes below it.
    settled: bool,
    /// How often in a row slowing down changed nothing.
    vain: u32,
    /// How far the way up from a drought goes.
    recovering: Option<f64>,
    /// The pace and the moment when it was told.
    news: Option<(f64, Instant)>,
}

impl Pacer {
    /// When the next request may start.
    pub fn opens(&self, now: Instant) -> Instant {
        let Some(last) = self.last_start else { return now };
        (last + self.gap(now)).max(now)
    }

    /// A request starts.
    pub fn start(&mut self, now: Instant) -> Ticket {
        let gap = self.gap(now);
        let due = self.last_start.map_or(now, |last| last + gap);
        let idle = self.last_answer.is_some_and(|last| now > last.max(due) + IDLE);
        if idle && self.dry == 0 {
            self.meter = None;
        }
        self.last_accepted.get_or_insert(now);
        let late = now.checked_sub(LATE.0.min(gap * LATE.1)).unwrap_or(now);
        self.last_start = Some(due.min(now).max(late));
        let below = self.curve.is_some_and(|curve| curve.position(now) < 0.0);
        Ticket { era: self.era, below }
    }

    /// So many sessions are not settled.
    pub fn expect(&mut self, left: usize) {
        self.left = u32::try_from(left).ok();
    }

    /// A request was answered by anything but a refusal.
    pub fn accepted(&mut self, ticket: Ticket, now: Instant) {
        self.answered(now, false);
        if let Some(meter) = &mut self.meter {
            meter.count += 1;
        }
        self.dry = 0;
        self.last_accepted = Some(now);
        if ticket.era != self.era {
            return;
        }
        self.learn(ticket, false);
        if let (Some(curve), Some(target)) = (&mut self.curve, self.recovering)
            && now - curve.since >= DOUBLING
        {
            let level = (curve.level * 2.0).min(target);
            *curve = Curve { level, since: now, from: 0.0 };
            self.recovering = Some(target).filter(|target| level < *target);
            self.era += 1;
        }
    }

    /// A request was refused, and the server asked for a pause.
    pub fn refused(&mut self, ticket: Ticket, now: Instant, asked: Option<Duration>) {
        self.answered(now, true);
        self.asked = asked.unwrap_or_default();
        // What was under way when the pace was slowed says nothing of the new pace.
        if ticket.era != self.era {
            return;
        }
        self.dry += 1;
        self.learn(ticket, true);
        if self.dry <= DROUGHT && (self.excess <= EXCESS || self.is_background()) {
            return;
        }
        self.slow_down(now);
    }

    /// How many requests were accepted so far.
    pub fn accepted_so_far(&self) -> u32 {
        self.total.answered - self.total.refused
    }

    /// For how long, and how many times, the server has now refused everything.
    pub fn drought(&self, now: Instant) -> (Duration, u32) {
        (now - self.last_accepted.unwrap_or(now), self.dry)
    }

    /// The pace, where it has changed since it was last told, but not more than once a second.
    pub fn news(&mut self, now: Instant) -> Option<Pace> {
        let per_second = self.curve?.level;
        let (told, at) = *self.news.get_or_insert((0.0, now));
        let changed = (per_second - told).abs() > f64::EPSILON;
        if !changed || now - at < Duration::from_secs(1) {
            return None;
        }
        self.news = Some((per_second, now));
        let Tally { answered, refused } = self.total;
        Some(Pace { per_second, answered, refused })
    }

    /// The time from one start to the next.
    fn gap(&self, now: Instant) -> Duration {
        let Some(curve) = self.curve else { return Duration::ZERO };
        let position = curve.position(now);
        let ending = self.left.is_some_and(|left| f64::from(left) < curve.level * ENDING);
        let position = if ending { position.min(-0.5) } else { position };
        let rate = curve.level * (1.0 + DIP * position.powi(3));
        let most = self.longest_gap();
        Duration::try_from_secs_f64(1.0 / rate).map_or(most, |gap| gap.min(most))
    }

    fn longest_gap(&self) -> Duration {
        MAX_GAP.max(self.asked / PART_OF_PAUSE)
    }

    fn answered(&mut self, now: Instant, refused: bool) {
        self.first_answer.get_or_insert(now);
        self.last_answer = Some(now);
        self.total.add(refused);
        let plateau = self.curve.map_or(PLATEAU_BOUNDS.0, |curve| curve.plateau());
        let meter = self.meter.get_or_insert(Meter::new(now));
        meter.roll(now, MEASURED_PLATEAUS * plateau);
    }

    /// Takes in the answer to a request that was started at the present pace.
    fn learn(&mut self, ticket: Ticket, refused: bool) {
        self.tally.add(refused);
        if ticket.below {
            self.below.add(refused);
            if self.settled && self.dry < DROUGHT {
                let answer = f64::from(u8::from(refused));
                self.background += (answer - self.background) * SMOOTHING;
                self.background = self.background.min(MOST_BACKGROUND);
            }
        }
        // Half as much again, since the background is an estimate.
        let expected = 1.5 * self.background + TOLERANCE;
        self.excess = (self.excess + f64::from(u8::from(refused)) - expected).max(0.0);
    }

    /// Whether the refusals are none of our doing: twice, slowing down has not halved them.
    fn is_background(&mut self) -> bool {
        let part = self.tally.part();
        if self.below.answered >= SAMPLE {
            let helped = self.below.part() * 2.0 <= part;
            self.vain = if helped { 0 } else { self.vain + 1 };
        }
        // The sample was taken because it is bad, so it may be worse than the background is.
        let background = self.vain >= 2 && self.dry < DROUGHT && part < MOST_BACKGROUND + 0.1;
        if background {
            self.background = part.max(self.background);
            self.excess = 0.0;
        }
        background
    }

    /// Goes back to what was accepted.
    fn slow_down(&mut self, now: Instant) {
        let level = self.accepted_rate(now);
        // The average of the run, droughts included, is what a limit by the hour comes down to.
        let elapsed = seconds(now - self.first_answer.unwrap_or(now));
        let average = f64::from(self.accepted_so_far()) / elapsed;
        let target = if average > level { average } else { f64::INFINITY };
        self.recovering = (self.dry > DROUGHT).then_some(target);
        self.curve = Some(Curve { level, since: now, from: -1.0 });
        self.excess = 0.0;
        self.tally = Tally::default();
        self.below = Tally::default();
        self.era += 1;
    }

    /// The rate at which requests were accepted of late, at most the pace. Begins to count anew.
    fn accepted_rate(&mut self, now: Instant) -> f64 {
        let meter = self.meter.get_or_insert(Meter::new(now));
        let mut rate = meter.rate(now);
        self.settled = meter.count >= SETTLED;
        // While nothing is accepted the time goes on being counted, and so the gaps double.
        if meter.count > 0 {
            *meter = Meter::new(now);
        }
        // What was accepted on the way up from a drought was little because the way is long.
        let way_up = self.recovering.is_some() && self.dry <= DROUGHT;
        if let Some(curve) = self.curve.filter(|_| way_up) {
            rate = rate.max(curve.level / 4.0);
        }
        let gap = self.gap(now);
        if !gap.is_zero() {
            rate = rate.min(1.0 / gap.as_secs_f64());
        }
        rate.max(1.0 / self.longest_gap().as_secs_f64())
    }
}

/// A time in seconds, never none.
fn seconds(time: Duration) -> f64 {
    time.as_secs_f64().max(1e-4)
}

#[cfg(test)]
mod tests;
