//! What is fetched next, what is tried again and when: every decision of many fetches, without a
//! thread or a clock.
//!
//! A job that has to wait (a retry, a session that still runs) goes back with the moment it is due,
//! so nothing but the clock waits.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::api::{Answer, Fault, retry};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::pacer::{Pace, Pacer, Ticket};

/// How the sessions are to be fetched.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Requests under way at a time.
    pub jobs: usize,
    /// Further tries after a failure that can pass.
    pub retries: u32,
    /// How long to wait for a session that still runs.
    pub wait: Option<Duration>,
    /// Whether results must come in the order of the sessions, or as they arrive.
    pub ordered: bool,
}

/// A server that has refused everything for longer than any pause it is granted is given up.
const PATIENCE: Duration = retry::MAX_RETRY_AFTER;

/// Fewer refusals in a row do not show that a server refuses everything.
const REFUSALS: u32 = 10;

/// One session's way through the schedule.
#[derive(Debug)]
pub struct Job {
    /// Its place among the sessions.
    pub index: usize,
    /// What to ask for.
    pub session: Uuid,
    /// Requests made.
    pub tries: u32,
    /// Answers that it still runs.
    polls: u32,
    /// Refusals that cost no try.
    forgiven: u32,
    /// How many requests of the run had been accepted when it was refused last.
    accepted: u32,
    /// When waiting for it ends; set at the first such answer.
    deadline: Option<Instant>,
}

/// What a worker is to do now.
#[derive(Debug)]
pub enum Turn {
    /// Ask for this session.
    Ask(Job, Ticket),
    /// Pass this on: nothing will be asked for it any more.
    Settle(usize, Failure),
    /// Come again at this moment.
    Wait(Instant),
    /// Come again when something has changed.
    Idle,
    /// Nothing will come any more.
    Over,
}

/// What follows from an answer.
#[derive(Debug)]
pub enum Next {
    /// The session is settled, for good or ill.
    Settle(Result<Answer, Failure>),
    /// It will be asked for again.
    Again(Duration),
    /// It still runs and will be asked for again.
    Poll(Duration),
}

/// The sessions that are not settled, and what decides when each is asked for.
#[derive(Debug)]
pub struct Schedule {
    plan: Plan,
    fresh: VecDeque<Job>,
    /// By the moment each is due.
    delayed: BTreeMap<(Instant, usize), Job>,
    under_way: usize,
    pacer: Pacer,
    /// Where results can be held back no more: the only one that may be asked for.
    only: Option<usize>,
    /// Why nothing more is asked for.
    given_up: Option<String>,
    stopped: bool,
}

impl Schedule {
    /// The schedule of `sessions`, in their order.
    pub fn new(sessions: &[Uuid], plan: Plan) -> Self {
        let job = |(index, session): (usize, &Uuid)| Job {
            index,
            session: *session,
            tries: 0,
            polls: 0,
            forgiven: 0,
            accepted: 0,
            deadline: None,
        };
        Self {
            plan,
            fresh: sessions.iter().enumerate().map(job).collect(),
            delayed: BTreeMap::new(),
            under_way: 0,
            pacer: Pacer::default(),
            only: None,
            given_up: None,
            stopped: false,
        }
    }

    /// Ends it: nothing more will be asked for.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Lets this session alone be asked for, or all of them again.
    pub fn hold(&mut self, only: Option<usize>) {
        self.only = only;
    }

    /// What to do at `now`.
    pub fn take(&mut self, now: Instant) -> Turn {
        if self.stopped || self.left() == 0 {
            return Turn::Over;
        }
        if let Some(turn) = self.take_given_up() {
            return turn;
        }
        let Some(due) = self.next_due(now) else { return Turn::Idle };
        self.pacer.expect(self.left());
        let start = due.max(self.pacer.opens(now));
        if start > now {
            return Turn::Wait(start);
        }
        match self.pop(now) {
            None => Turn::Idle,
            Some(job) => {
                self.under_way += 1;
                Turn::Ask(job, self.pacer.start(now))
            }
        }
    }

    /// Takes in an answer, and says what follows.
    pub fn answered(
        &mut self,
        mut job: Job,
        ticket: Ticket,
        result: Result<Answer, Fault>,
        now: Instant,
    ) -> Next {
        self.under_way -= 1;
        job.tries += 1;
        match &result {
            Err(fault) if is_refusal(fault) => {
                let asked = fault.retry_after.filter(|asked| *asked <= retry::MAX_RETRY_AFTER);
                self.pacer.refused(ticket, now, asked);
                // While others get through, being refused is no failure of this session's.
                let accepted = self.pacer.accepted_so_far();
                if accepted > job.accepted && job.forgiven < self.plan.retries {
                    job.forgiven += 1;
                }
                job.accepted = accepted;
            }
            Err(fault) if fault.failure.status.is_none() => {}
            _ => self.pacer.accepted(ticket, now),
        }
        let next = self.decide(&mut job, result, now);
        if let Next::Again(pause) | Next::Poll(pause) = &next {
            self.delayed.insert((now + *pause, job.index), job);
        }
        next
    }

    /// The pace, where there is something new to tell of it.
    pub fn news(&mut self, now: Instant) -> Option<Pace> {
        self.pacer.news(now)
    }

    /// Sessions that are not settled.
    fn left(&self) -> usize {
        self.fresh.len() + self.delayed.len() + self.under_way
    }

    /// When the next job that is not under way may be asked for, the pace aside.
    fn next_due(&self, now: Instant) -> Option<Instant> {
        let allowed = |job: &Job| self.only.is_none_or(|only| job.index == only);
        if self.fresh.front().is_some_and(allowed) {
            return Some(now);
        }
        self.delayed.iter().find(|(_, job)| allowed(job)).map(|((due, _), _)| *due)
    }

    /// The job that is due: what was put off comes first.
    fn pop(&mut self, now: Instant) -> Option<Job> {
        let allowed = |job: &Job| self.only.is_none_or(|only| job.index == only);
        let due = self.delayed.range(..=(now, usize::MAX)).find(|(_, job)| allowed(job));
        match due.map(|(key, _)| *key) {
            Some(key) => self.delayed.remove(&key),
            None => self.fresh.front().is_some_and(allowed).then(|| self.fresh.pop_front())?,
        }
    }

    /// The next of those that are not asked for any more.
    fn take_given_up(&mut self) -> Option<Turn> {
        let reason = self.given_up.clone()?;
        let delayed = self.delayed.pop_first().map(|(_, job)| job);
        let Some(job) = delayed.or_else(|| self.fresh.pop_front()) else {
            return Some(Turn::Idle);
        };
        let mut failure = Failure::new(Exit::RateLimited, Subject::Session(job.session), reason)
            .hint("try again later; with --out-dir a run goes on where it broke off");
        failure.status = Some(LIMITED);
        failure.tries = job.tries;
        Some(Turn::Settle(job.index, failure))
    }

    fn decide(&mut self, job: &mut Job, result: Result<Answer, Fault>, now: Instant) -> Next {
        let mut fault = match result {
            Ok(answer) => return Next::Settle(Ok(Answer { tries: job.tries, ..answer })),
            Err(fault) => fault,
        };
        fault.failure.tries = job.tries;
        if fault.failure.status == Some(409)
            && let Some(wait) = self.plan.wait
        {
            return poll(job, fault, wait, now);
        }
        let limited = is_refusal(&fault);
        let too_long = fault.retry_after.filter(|asked| *asked > retry::MAX_RETRY_AFTER);
        let tries = job.tries - job.polls - job.forgiven;
        if fault.passing && too_long.is_none() && tries <= self.plan.retries {
            let pause = if limited { retry::pause_of_limit } else { retry::pause };
            return Next::Again(pause(tries.max(1), fault.retry_after));
        }
        if limited {
            self.give_up(now);
        }
        Next::Settle(Err(match too_long.filter(|_| fault.passing) {
            Some(asked) => asks_too_much(fault.failure, asked),
            None => fault.failure,
        }))
    }

    /// Asks for nothing more where the server has refused everything for long enough.
    fn give_up(&mut self, now: Instant) {
        let (drought, refusals) = self.pacer.drought(now);
        if drought >= PATIENCE && refusals >= REFUSALS {
            let drought = humantime::format_duration(Duration::from_secs(drought.as_secs()));
            self.given_up = Some(format!(
                "not asked for any more: the server has refused everything for {drought}"
            ));
        }
    }
}

/// Too many requests.
const LIMITED: u16 = 429;

/// Whether the server will not take so many requests.
fn is_refusal(fault: &Fault) -> bool {
    fault.failure.status == Some(LIMITED)
}

/// A session that still runs.
fn poll(job: &mut Job, mut fault: Fault, wait: Duration, now: Instant) -> Next {
    let deadline = *job.deadline.get_or_insert(now + wait);
    job.polls += 1;
    if now < deadline {
        let pause = retry::poll_pause(job.polls, fault.retry_after);
        return Next::Poll(pause.min(deadline - now));
    }
    let waited = humantime::format_duration(wait);
    fault.failure.hint = Some(format!("waited {waited} for it to end; give --wait a longer time"));
    Next::Settle(Err(fault.failure))
}

/// The failure, with the pause that the server asks for and that nobody should sit through.
fn asks_too_much(mut failure: Failure, asked: Duration) -> Failure {
    let asked = humantime::format_duration(Duration::from_secs(asked.as_secs()));
    let separator = if failure.message.is_empty() { "" } else { " " };
    // Writing to a string cannot fail.
    let _ = write!(failure.message, "{separator}(the server asks to be left alone for {asked})");
    failure.hint = Some("try again after that; no more than a minute is waited".to_owned());
    failure
}
