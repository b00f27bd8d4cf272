//! Many sessions: workers over one client, a shared pacer, and results in order.
//!
//! The workers share a [`Queue`]. A job that has to wait (a retry, a session that still runs) goes
//! back into it with the moment it is due, so nothing but the clock waits. Results reach the
//! consumer through a bounded channel; what arrives out of order is held back, in memory up to one
//! document a worker and beyond that in a temporary file.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use uuid::Uuid;

use crate::api::{Answer, Client, Trace, retry};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::interrupt::on_interrupt;

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

/// How often the observer is told that time passes.
const TICK: Duration = Duration::from_millis(500);

/// What is told of the work while it goes on.
pub trait Observer {
    /// A request came back; `again_in` is the pause before the next one, where there will be one.
    fn request(&mut self, trace: &Trace, tries: u32, again_in: Option<Duration>);
    /// A session still runs and will be asked for again.
    fn waiting(&mut self, session: Uuid, pause: Duration);
    /// A session is settled, for good or ill.
    fn settled(&mut self, failed: bool);
    /// Time has passed.
    fn tick(&mut self);
}

/// A session and what came of it.
pub type Outcome = (Uuid, Result<Answer, Failure>);

/// The fetches under way: an iterator over their outcomes.
pub struct Fetches {
    sessions: Vec<Uuid>,
    ordered: bool,
    events: Receiver<Event>,
    interrupted: Arc<AtomicBool>,
    queue: Arc<Queue>,
    /// The next outcome to hand out.
    next: usize,
    held: ReorderBuffer,
}

enum Event {
    Request { trace: Trace, tries: u32, again_in: Option<Duration> },
    Waiting { session: Uuid, pause: Duration },
    Settled { index: usize, result: Result<Answer, Failure> },
    Interrupted,
}

impl Fetches {
    /// Starts fetching `sessions`, each of which should be named once.
    ///
    /// From here on Ctrl-C is taken as a wish to stop: the iterator ends with
    /// [`Exit::Interrupted`]. Fails where no thread or signal handler can be set up.
    pub fn start(client: Client, sessions: Vec<Uuid>, plan: Plan) -> anyhow::Result<Self> {
        let jobs = plan.jobs.min(sessions.len());
        let (sender, events) = sync_channel(jobs + 1);
        let interrupted = Arc::new(AtomicBool::new(false));
        catch_interrupt(Arc::clone(&interrupted), sender.clone())?;
        let queue = Arc::new(Queue::new(&sessions));
        let client = Arc::new(client);
        for _ in 0..jobs {
            let worker = Worker {
                client: Arc::clone(&client),
                queue: Arc::clone(&queue),
                events: sender.clone(),
                plan,
            };
            // Not joined: whoever stops early must not wait for a request under way.
            thread::Builder::new()
                .name("fetch".to_owned())
                .spawn(move || worker.work())
                .context("starting a worker thread")?;
        }
        Ok(Self {
            sessions,
            ordered: plan.ordered,
            events,
            interrupted,
            queue,
            next: 0,
            held: ReorderBuffer::new(jobs),
        })
    }

    /// The next outcome, once it is there; None after the last.
    ///
    /// Fails with [`Exit::Interrupted`] on Ctrl-C, and where the temporary file fails.
    pub fn next(&mut self, observer: &mut dyn Observer) -> anyhow::Result<Option<Outcome>> {
        if self.next == self.sessions.len() {
            return Ok(None);
        }
        loop {
            if self.interrupted.load(Ordering::SeqCst) {
                return Err(interrupted().into());
            }
            if self.ordered
                && let Some(result) = self.held.take(self.next)?
            {
                self.next += 1;
                return Ok(Some((self.sessions[self.next - 1], result)));
            }
            match self.events.recv_timeout(TICK) {
                Err(RecvTimeoutError::Timeout) => observer.tick(),
                Err(RecvTimeoutError::Disconnected) => bail!("the workers are gone"),
                Ok(Event::Request { trace, tries, again_in }) => {
                    observer.request(&trace, tries, again_in);
                }
                Ok(Event::Waiting { session, pause }) => observer.waiting(session, pause),
                Ok(Event::Interrupted) => return Err(interrupted().into()),
                Ok(Event::Settled { index, result }) => {
                    observer.settled(result.is_err());
                    if !self.ordered || index == self.next {
                        self.next += 1;
                        return Ok(Some((self.sessions[index], result)));
                    }
                    self.held.put(index, result)?;
                }
            }
        }
    }
}

impl Drop for Fetches {
    fn drop(&mut self) {
        self.queue.stop();
    }
}

/// The failure that Ctrl-C stands for.
pub fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, Subject::Run, "interrupted")
}

/// Has Ctrl-C set the flag and wake the consumer; a second one ends the process.
fn catch_interrupt(flag: Arc<AtomicBool>, events: SyncSender<Event>) -> anyhow::Result<()> {
    #[allow(clippy::exit, reason = "the consumer may be stuck in a write that never ends")]
    on_interrupt(move || {
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        // Where the channel is full the consumer has something to wake up for anyway.
        let _ = events.try_send(Event::Interrupted);
    })
    .context("setting up the signal handler")
}

/// Results that came before their turn.
struct ReorderBuffer {
    results: BTreeMap<usize, Slot>,
    in_memory: usize,
    /// Documents held in memory before the temporary file is used.
    most: usize,
    spill: Option<File>,
}

enum Slot {
    Memory(Result<Answer, Failure>),
    /// An answer without its body, and where that is in the temporary file.
    Spilled {
        answer: Answer,
        position: u64,
        length: u64,
    },
}

impl ReorderBuffer {
    fn new(most: usize) -> Self {
        Self { results: BTreeMap::new(), in_memory: 0, most, spill: None }
    }

    fn put(&mut self, index: usize, result: Result<Answer, Failure>) -> anyhow::Result<()> {
        let slot = match result {
            Ok(answer) if self.in_memory >= self.most => {
                self.spill(answer).context("holding an answer back in a temporary file")?
            }
            result => {
                self.in_memory += usize::from(result.is_ok());
                Slot::Memory(result)
            }
        };
        self.results.insert(index, slot);
        Ok(())
    }

    fn spill(&mut self, mut answer: Answer) -> std::io::Result<Slot> {
        let file = match &mut self.spill {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let position = file.seek(SeekFrom::End(0))?;
        let body = std::mem::take(&mut answer.body);
        file.write_all(&body)?;
        Ok(Slot::Spilled { answer, position, length: body.len() as u64 })
    }

    fn take(&mut self, index: usize) -> anyhow::Result<Option<Result<Answer, Failure>>> {
        match self.results.remove(&index) {
            None => Ok(None),
            Some(Slot::Memory(result)) => {
                self.in_memory -= usize::from(result.is_ok());
                Ok(Some(result))
            }
            Some(Slot::Spilled { mut answer, position, length }) => {
                let file = self.spill.as_mut().context("the temporary file is gone")?;
                file.seek(SeekFrom::Start(position))
                    .and_then(|_| file.take(length).read_to_end(&mut answer.body))
                    .context("taking an answer back from the temporary file")?;
                Ok(Some(Ok(answer)))
            }
        }
    }
}

/// One session's way through the queue.
#[derive(Debug)]
struct Job {
    index: usize,
    session: Uuid,
    /// Requests made.
    tries: u32,
    /// Answers that it still runs.
    polls: u32,
    /// Refusals of a limit that another request had struck already.
    spared: u32,
    /// When waiting for it ends; set at the first such answer.
    deadline: Option<Instant>,
}

/// What the workers share.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    fresh: VecDeque<Job>,
    delayed: BinaryHeap<Reverse<Delayed>>,
    /// Jobs that are with a worker.
    under_way: usize,
    pacer: Pacer,
    stopped: bool,
}

struct Delayed {
    due: Instant,
    job: Job,
}

impl Delayed {
    fn key(&self) -> (Instant, usize) {
        (self.due, self.job.index)
    }
}

impl PartialEq for Delayed {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Delayed {}

impl PartialOrd for Delayed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Delayed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Queue {
    fn new(sessions: &[Uuid]) -> Self {
        let fresh = sessions
            .iter()
            .enumerate()
            .map(|(index, session)| Job {
                index,
                session: *session,
                tries: 0,
                polls: 0,
                spared: 0,
                deadline: None,
            })
            .collect();
        Self {
            state: Mutex::new(State {
                fresh,
                delayed: BinaryHeap::new(),
                under_way: 0,
                pacer: Pacer::default(),
                stopped: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A worker that panicked left the state whole: it is changed in single steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// The next job that may start, once there is one; None when no more will come.
    fn take(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let now = Instant::now();
            let ready = match state.delayed.peek() {
                _ if !state.fresh.is_empty() => Some(now),
                Some(Reverse(delayed)) => Some(delayed.due),
                None if state.under_way == 0 => return None,
                None => None,
            };
            let Some(ready) = ready else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let start = ready.max(state.pacer.opens(now));
            if start > now {
                let pause = start - now;
                state = self
                    .changed
                    .wait_timeout(state, pause)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
                continue;
            }
            let delayed = state.delayed.peek().is_some_and(|Reverse(delayed)| delayed.due <= now);
            let job = if delayed {
                state.delayed.pop().map(|Reverse(delayed)| delayed.job)
            } else {
                state.fresh.pop_front()
            };
            state.pacer.started(now);
            state.under_way += 1;
            return job;
        }
    }

    fn give_back(&self, job: Job, due: Instant) {
        let mut state = self.lock();
        state.delayed.push(Reverse(Delayed { due, job }));
        state.under_way -= 1;
        drop(state);
        self.changed.notify_all();
    }

    fn done(&self) {
        self.lock().under_way -= 1;
        self.changed.notify_all();
    }
}

/// Slows every worker after a 429 and lets go as answers come again.
#[derive(Debug, Default)]
struct Pacer {
    /// Nothing starts before.
    until: Option<Instant>,
    /// The least time between two starts.
    gap: Duration,
    last_start: Option<Instant>,
}

impl Pacer {
    const FIRST_GAP: Duration = Duration::from_millis(10);
    const MAX_GAP: Duration = Duration::from_secs(2);
    const NO_GAP: Duration = Duration::from_millis(1);

    /// When the next request may start.
    fn opens(&self, now: Instant) -> Instant {
        let after_gap = self.last_start.map_or(now, |last| last + self.gap);
        after_gap.max(self.until.unwrap_or(now)).max(now)
    }

    fn started(&mut self, now: Instant) {
        self.last_start = Some(now);
    }

    /// A 429 to a request that began at `begun`: everything pauses, then goes on more slowly. Those
    /// that were under way when the pacer was pulled pull it no further: false for them.
    fn pull(&mut self, begun: Instant, now: Instant, pause: Duration) -> bool {
        let fresh = self.until.is_none_or(|until| begun >= until);
        if fresh {
            self.gap = (self.gap * 2).clamp(Self::FIRST_GAP, Self::MAX_GAP);
        }
        let until = now + pause;
        self.until = Some(self.until.map_or(until, |before| before.max(until)));
        fresh
    }

    /// An answer: speed comes back a little.
    fn ease(&mut self) {
        self.gap = self.gap.mul_f64(0.95);
        if self.gap < Self::NO_GAP {
            self.gap = Duration::ZERO;
        }
    }
}

struct Worker {
    client: Arc<Client>,
    queue: Arc<Queue>,
    events: SyncSender<Event>,
    plan: Plan,
}

/// What follows from an exchange.
enum Next {
    Settle(Result<Answer, Failure>),
    Again(Duration),
    Poll(Duration),
}

impl Worker {
    fn work(&self) {
        while let Some(mut job) = self.queue.take() {
            let begun = Instant::now();
            let exchange = self.client.get(job.session);
            job.tries += 1;
            let status = exchange.trace.status;
            let next = self.decide(&mut job, exchange.result, begun);
            if status.is_some_and(|status| status != 429) {
                self.queue.lock().pacer.ease();
            }
            let again_in = match &next {
                Next::Settle(_) => None,
                Next::Again(pause) | Next::Poll(pause) => Some(*pause),
            };
            let request = Event::Request { trace: exchange.trace, tries: job.tries, again_in };
            let told = match next {
                Next::Settle(result) => {
                    let index = job.index;
                    let told = self
                        .events
                        .send(request)
                        .and_then(|()| self.events.send(Event::Settled { index, result }));
                    self.queue.done();
                    told
                }
                Next::Again(pause) => {
                    self.queue.give_back(job, Instant::now() + pause);
                    self.events.send(request)
                }
                Next::Poll(pause) => {
                    let session = job.session;
                    self.queue.give_back(job, Instant::now() + pause);
                    self.events
                        .send(request)
                        .and_then(|()| self.events.send(Event::Waiting { session, pause }))
                }
            };
            // Nobody listens any more.
            if told.is_err() {
                return;
            }
        }
    }

    fn decide(
        &self,
        job: &mut Job,
        result: Result<Answer, crate::api::Fault>,
        begun: Instant,
    ) -> Next {
        let mut fault = match result {
            Ok(answer) => return Next::Settle(Ok(Answer { tries: job.tries, ..answer })),
            Err(fault) => fault,
        };
        fault.failure.tries = job.tries;
        let now = Instant::now();
        if fault.failure.status == Some(409)
            && let Some(wait) = self.plan.wait
        {
            let deadline = *job.deadline.get_or_insert(now + wait);
            job.polls += 1;
            if now < deadline {
                let pause = retry::poll_pause(job.polls, fault.retry_after);
                return Next::Poll(pause.min(deadline - now));
            }
            let waited = humantime::format_duration(wait);
            fault.failure.hint =
                Some(format!("waited {waited} for it to end; give --wait a longer time"));
            return Next::Settle(Err(fault.failure));
        }
        let retried = job.tries - job.polls - job.spared;
        let mut again = fault.passing && retried <= self.plan.retries;
        let limited = fault.failure.status == Some(429);
        let pause_after = if limited { retry::pause_of_limit } else { retry::pause };
        let pause = pause_after(retried, fault.retry_after);
        if limited {
            let struck = self.queue.lock().pacer.pull(begun, now, pause);
            // One burst over a limit is one mistake: only the first that hears of it loses a try.
            if !struck && self.plan.retries > 0 {
                job.spared += 1;
                again = true;
            }
        }
        if again { Next::Again(pause) } else { Next::Settle(Err(fault.failure)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brake_stops_all_and_lets_go_step_by_step() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let mut pacer = Pacer::default();
        assert_eq!(pacer.opens(now), now);
        assert!(pacer.pull(now, now, second));
        assert_eq!(pacer.opens(now), now + second);
        // One that was under way already slows nothing further.
        assert!(!pacer.pull(now, now, second / 2));
        assert_eq!(pacer.gap, Pacer::FIRST_GAP);
        let later = now + second;
        assert!(pacer.pull(later, later, second));
        assert_eq!(pacer.gap, Pacer::FIRST_GAP * 2);
        pacer.started(later + second);
        assert_eq!(pacer.opens(later + second), later + second + Pacer::FIRST_GAP * 2);
        for _ in 0..100 {
            pacer.ease();
        }
        assert_eq!(pacer.opens(later + second), later + second);
    }

    #[test]
    fn results_held_back_come_out_as_they_went_in() {
        let mut held = ReorderBuffer::new(2);
        let answer = |index: usize| Answer {
            body: vec![u8::try_from(index).unwrap(); index],
            status: 200,
            content_type: Some(index.to_string()),
            tries: 1,
        };
        for index in (0..9).rev() {
            held.put(index, Ok(answer(index))).unwrap();
        }
        held.put(9, Err(interrupted())).unwrap();
        assert!(held.spill.is_some());
        for index in 0..9 {
            let taken = held.take(index).unwrap().unwrap().unwrap();
            assert_eq!(taken.body, answer(index).body);
            assert_eq!(taken.content_type, answer(index).content_type);
        }
        assert!(held.take(9).unwrap().unwrap().is_err());
        assert!(held.take(9).unwrap().is_none());
    }
}
