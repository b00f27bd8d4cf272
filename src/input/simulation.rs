//! The schedule and its pace against servers that exist in virtual time alone.

#![allow(clippy::cast_precision_loss, reason = "no count here is large")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::api::{Answer, Fault};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::pacer::Ticket;
use crate::input::schedule::{Job, Next, Plan, Schedule, Turn};

const SECOND: Duration = Duration::from_secs(1);

/// A limit: whether it takes a request at this moment, in seconds since the run began.
type Limit = Box<dyn FnMut(f64) -> bool>;

/// A run to be simulated.
struct World {
    limit: Limit,
    /// What a refusal says in `Retry-After`.
    asks: Option<Duration>,
    sessions: usize,
    jobs: usize,
    retries: u32,
    latency: Duration,
    seed: u64,
}

/// What came of it.
#[derive(Debug, Default)]
struct Report {
    took: f64,
    /// When each request started, and for which session.
    starts: Vec<(f64, usize)>,
    refused: usize,
    /// Of each session that failed: the exit, the tries and the words.
    failed: Vec<(Exit, u32, String)>,
    settled: usize,
}

impl Report {
    /// Requests in a span of seconds.
    fn requests(&self, from: f64, to: f64) -> usize {
        self.starts.iter().filter(|(at, _)| (from..to).contains(at)).count()
    }

    /// Requests for the session that was asked for most.
    fn most_requests(&self) -> usize {
        let mut counts = HashMap::new();
        for (_, index) in &self.starts {
            *counts.entry(index).or_insert(0) += 1;
        }
        counts.into_values().max().unwrap_or_default()
    }

    fn refused_part(&self) -> f64 {
        self.refused as f64 / self.starts.len() as f64
    }
}

impl World {
    fn new(limit: Limit, sessions: usize) -> Self {
        let latency = Duration::from_millis(1);
        Self { limit, asks: Some(SECOND), sessions, jobs: 8, retries: 3, latency, seed: 1 }
    }

    fn run(mut self) -> Report {
        fastrand::seed(self.seed);
        // Far enough from the beginning of the clock to count back from.
        let begun = Instant::now() + 1000 * SECOND;
        let seconds = |now: Instant| (now - begun).as_secs_f64();
        let sessions: Vec<Uuid> = (0..self.sessions).map(|n| Uuid::from_u128(n as u128)).collect();
        let plan = Plan { jobs: self.jobs, retries: self.retries, wait: None, ordered: true };
        let mut schedule = Schedule::new(&sessions, plan);
        let mut under_way = UnderWay::default();
        let mut report = Report::default();
        let mut not_before = HashMap::new();
        let mut now = begun;
        loop {
            let mut wake = None;
            while under_way.count() < self.jobs {
                match schedule.take(now) {
                    Turn::Ask(job, ticket) => {
                        report.starts.push((seconds(now), job.index));
                        let due = not_before.get(&job.index).copied().unwrap_or(now);
                        assert!(now >= due, "session {} was asked for too early", job.index);
                        let latency = self.latency.mul_f64(0.7 + 0.6 * fastrand::f64());
                        let accepted = (self.limit)(seconds(now + latency / 2));
                        under_way.push(now + latency, job, ticket, accepted);
                    }
                    Turn::Settle(_, failure) => report.fail(failure),
                    Turn::Wait(start) => {
                        // No thread wakes up to the nanosecond.
                        wake = Some(start + Duration::from_micros(fastrand::u64(50..300)));
                        break;
                    }
                    Turn::Idle | Turn::Over => break,
                }
            }
            let arrival = under_way.next();
            let Some(next) = arrival.into_iter().chain(wake).min() else { break };
            now = now.max(next);
            while let Some((job, ticket, accepted)) = under_way.pop(now) {
                let (index, session) = (job.index, job.session);
                if let (false, Some(asked)) = (accepted, self.asks) {
                    not_before.insert(index, now + asked);
                }
                report.refused += usize::from(!accepted);
                let result = if accepted { Ok(answer()) } else { Err(refusal(session, self.asks)) };
                match schedule.answered(job, ticket, result, now) {
                    Next::Settle(Ok(_)) => report.settled += 1,
                    Next::Settle(Err(failure)) => report.fail(failure),
                    Next::Again(_) => {}
                    Next::Poll(_) => panic!("nobody waits"),
                }
            }
        }
        assert_eq!(report.settled, self.sessions, "each session is settled once");
        report.took = seconds(now);
        report
    }
}

impl Report {
    fn fail(&mut self, failure: Failure) {
        self.settled += 1;
        self.failed.push((failure.exit, failure.tries, failure.message));
    }
}

fn answer() -> Answer {
    Answer { body: Vec::new(), status: 200, content_type: None, tries: 1 }
}

fn refusal(session: Uuid, asks: Option<Duration>) -> Fault {
    let mut failure = Failure::new(Exit::RateLimited, Subject::Session(session), "too many");
    failure.status = Some(429);
    Fault { failure, passing: true, retry_after: asks }
}

/// Requests that are not answered yet.
#[derive(Default)]
struct UnderWay {
    arrivals: BinaryHeap<Reverse<(Instant, usize)>>,
    jobs: HashMap<usize, (Job, Ticket, bool)>,
}

impl UnderWay {
    fn count(&self) -> usize {
        self.jobs.len()
    }

    fn push(&mut self, arrival: Instant, job: Job, ticket: Ticket, accepted: bool) {
        self.arrivals.push(Reverse((arrival, job.index)));
        self.jobs.insert(job.index, (job, ticket, accepted));
    }

    fn next(&self) -> Option<Instant> {
        self.arrivals.peek().map(|Reverse((arrival, _))| *arrival)
    }

    fn pop(&mut self, now: Instant) -> Option<(Job, Ticket, bool)> {
        self.next().filter(|arrival| *arrival <= now)?;
        let Reverse((_, index)) = self.arrivals.pop()?;
        self.jobs.remove(&index)
    }
}

/// A token bucket that is filled at a rate that may change, and holds 20.
fn bucket(rate: fn(f64) -> f64) -> Limit {
    let (mut tokens, mut filled) = (20.0_f64, 0.0);
    Box::new(move |now| {
        tokens = (tokens + rate(now) * (now - filled)).min(20.0);
        filled = now;
        let accepted = tokens >= 1.0;
        tokens -= f64::from(u8::from(accepted));
        accepted
    })
}

/// Seconds until the bucket has had so many tokens.
fn ideal(rate: fn(f64) -> f64, sessions: usize) -> f64 {
    let (mut tokens, mut now) = (20.0, 0.0);
    while tokens < sessions as f64 {
        now += 0.001;
        tokens += rate(now) * 0.001;
    }
    now
}

/// Refuses so many of a hundred, whatever the rate.
fn random(percent: u32) -> Limit {
    Box::new(move |_| fastrand::u32(0..100) >= percent)
}

#[test]
fn the_pace_of_a_token_bucket_is_found_and_kept() {
    for (name, rate, sessions, most_refused) in [
        ("20", (|_| 20.0) as fn(f64) -> f64, 400, 0.2),
        ("100", |_| 100.0, 2000, 0.08),
        ("100, few", |_| 100.0, 400, 0.2),
        ("500", |_| 500.0, 10_000, 0.04),
        ("500, few", |_| 500.0, 2000, 0.1),
        ("halved", |now| if now < 10.0 { 100.0 } else { 50.0 }, 2000, 0.1),
        ("doubled", |now| if now < 10.0 { 100.0 } else { 200.0 }, 2000, 0.1),
        ("down and up", |now| if (8.0..16.0).contains(&now) { 50.0 } else { 100.0 }, 2000, 0.1),
    ] {
        let ideal = ideal(rate, sessions);
        for (asks, jobs, latency, seed) in [
            (Some(SECOND), 8, 1, 1),
            (Some(SECOND), 16, 1, 2),
            (None, 8, 1, 3),
            (None, 16, 1, 4),
            (Some(SECOND), 64, 50, 5),
            (None, 64, 50, 6),
        ] {
            let latency = Duration::from_millis(latency);
            let world = World::new(bucket(rate), sessions);
            let report = World { asks, jobs, latency, seed, ..world }.run();
            let case = format!("{name}, {asks:?}, {jobs} jobs, {latency:?}: {ideal:.1} s");
            assert_eq!(report.failed, [], "{case}");
            // Where so many are under way that they use the bucket up twice, the end is a matter of
            // when the last of them were told to come again.
            let end = if jobs == 64 && sessions < 2001 { 1.0 } else { 0.0 };
            assert!(report.took <= 1.25 * ideal + end, "{case}: {:.1} s", report.took);
            let refused = report.refused_part();
            assert!(jobs == 64 || refused <= most_refused, "{case}: {refused:.3} refused");
        }
    }
}

#[test]
fn refusals_at_random_barely_slow_anything() {
    for (percent, most) in [(0, 0.5), (3, 5.0), (10, 12.0)] {
        for asks in [Some(SECOND), None] {
            for seed in 0..40 {
                let world = World::new(random(percent), 500);
                let report = World { asks, seed, ..world }.run();
                assert_eq!(report.failed, [], "{percent} %, {asks:?}, seed {seed}");
                let took = report.took;
                assert!(took <= most, "{percent} %, {asks:?}, seed {seed}: {took:.1} s");
            }
        }
    }
}

#[test]
fn one_refusal_among_many_changes_nothing() {
    let mut count = 0;
    let limit = move |_: f64| {
        count += 1;
        count != 100
    };
    let report = World { asks: None, ..World::new(Box::new(limit), 1000) }.run();
    assert_eq!((report.refused, report.starts.len()), (1, 1001));
    // Eight at a time, a millisecond each, and one that waits for a moment at the end.
    assert!(report.requests(0.0, 0.2) >= 1000, "{}", report.took);
}

#[test]
fn a_server_that_refuses_everything_is_left_alone() {
    for (asks, sessions, most_seconds) in [
        (Some(SECOND), 8, 40.0),
        (None, 8, 40.0),
        (Some(30 * SECOND), 8, 125.0),
        (Some(SECOND), 5000, 90.0),
        (None, 5000, 90.0),
        (Some(30 * SECOND), 5000, 300.0),
    ] {
        let world = World::new(Box::new(|_| false), sessions);
        let report = World { asks, ..world }.run();
        let case = format!("{sessions} sessions, {asks:?}");
        assert_eq!(report.failed.len(), sessions, "{case}");
        assert!(report.failed.iter().all(|(exit, ..)| *exit == Exit::RateLimited), "{case}");
        assert!(report.most_requests() <= 4, "{case}: {} requests", report.most_requests());
        assert!(report.took <= most_seconds, "{case}: {:.0} s", report.took);
        assert!(report.requests(0.0, 1.0) <= 25, "{case}: {}", report.requests(0.0, 1.0));
        let rest = report.requests(2.0, f64::MAX) as f64 / (report.took - 2.0);
        assert!(rest <= 1.1, "{case}: {rest:.1} a second");
        // What was not asked for says so; it is told as every other.
        let (asked, spared): (Vec<_>, Vec<_>) =
            report.failed.iter().partition(|(_, tries, _)| *tries > 0);
        assert_eq!(spared.is_empty(), sessions < 100, "{case}: {} asked for", asked.len());
        assert!(spared.iter().all(|(.., words)| words.contains("refused everything")), "{case}");
    }
}

#[test]
fn where_no_pause_is_waited_for_the_rest_is_not_asked_for_either() {
    let world = World::new(Box::new(|_| false), 5000);
    let report = World { asks: Some(3600 * SECOND), ..world }.run();
    assert_eq!((report.failed.len(), report.most_requests()), (5000, 1));
    let (_, _, words) = &report.failed[0];
    assert_eq!(words, "too many (the server asks to be left alone for 1h)");
    assert!(report.took <= 65.0 && report.starts.len() <= 90, "{report:?}");
}

#[test]
fn the_end_of_a_drought_is_noticed_soon() {
    // Nothing for half a minute, then a hundred a second.
    let mut open = bucket(|_| 100.0);
    let limit = move |now: f64| now >= 30.0 && open(now);
    let world = World::new(Box::new(limit), 500);
    let report = World { asks: Some(30 * SECOND), ..world }.run();
    assert_eq!(report.failed, []);
    assert!(report.requests(1.0, 29.9) <= 10, "{}", report.requests(1.0, 29.9));
    // Those that were asked for in between have to wait for half a minute more.
    assert!(report.requests(30.0, 45.0) >= 480, "{}", report.requests(30.0, 45.0));
}

#[test]
fn limits_by_the_window_are_found_too() {
    let sliding = |counts_refused: bool| -> Limit {
        let mut seen = VecDeque::new();
        Box::new(move |now| {
            while seen.front().is_some_and(|at| now - at > 1.0) {
                seen.pop_front();
            }
            let over = seen.len() >= 50;
            if !over || counts_refused {
                seen.push_back(now);
            }
            !over
        })
    };
    let fixed = |most: u32, length: f64| -> Limit {
        let (mut window, mut used) = (0.0, 0);
        Box::new(move |now| {
            if (now / length).floor() > window {
                (window, used) = ((now / length).floor(), 0);
            }
            used += 1;
            used <= most
        })
    };
    for (name, limit, sessions, ideal) in [
        ("50 in a second", sliding(false), 1000, 19.0),
        ("50 in a second, refused or not", sliding(true), 1000, 19.0),
        ("100 each second", fixed(100, 1.0), 2000, 19.0),
        ("600 each minute", fixed(600, 60.0), 1800, 120.0),
    ] {
        let report = World { jobs: 16, ..World::new(limit, sessions) }.run();
        assert!(report.took <= 1.6 * ideal, "{name}: {:.0} s", report.took);
        assert!(report.refused_part() <= 0.15, "{name}: {:.2}", report.refused_part());
        // A minute is longer than the pause that this server asks for.
        let lost = if ideal > 100.0 { sessions / 50 } else { 0 };
        assert!(report.failed.len() <= lost, "{name}: {:?}", report.failed.len());
    }
}

#[test]
fn a_burst_costs_no_session_more_than_a_try() {
    // Eight at a time are refused, three times over, between those that are accepted.
    let mut count = 0;
    let limit = move |_: f64| {
        count += 1;
        count > 60 || count % 20 < 12
    };
    let report = World { retries: 1, ..World::new(Box::new(limit), 100) }.run();
    assert_eq!((report.failed.len(), report.refused), (0, 24), "{report:?}");
}

#[test]
fn no_retries_are_none_while_others_get_through_either() {
    let report = World { retries: 0, ..World::new(random(50), 100) }.run();
    assert_eq!((report.starts.len(), report.failed.len()), (100, report.refused));
}
