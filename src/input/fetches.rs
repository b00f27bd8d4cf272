//! Many sessions: workers over one client, and results in order.
//!
//! The workers share a [`Queue`], which says what to ask for next and when: one of them waits for
//! that moment, the others for their turn to wait. Results reach the consumer through a bounded
//! channel; what comes out of order is held back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use uuid::Uuid;

use crate::api::{Answer, Client, Exchange, Trace};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::pacer::{Pace, Ticket};
use crate::input::reorder::{self, ReorderBuffer};
use crate::input::schedule::{Job, Next, Plan, Schedule, Turn};
use crate::interrupt::on_interrupt;

/// How often the observer is told that time passes.
const TICK: Duration = Duration::from_millis(500);

/// What is told of the work while it goes on.
pub trait Observer {
    /// A request came back; `again_in` is the pause before the next one, where there will be one.
    fn request(&mut self, trace: &Trace, tries: u32, again_in: Option<Duration>);
    /// The server refuses requests, and this is how many are sent now.
    fn pace(&mut self, pace: Pace);
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
    /// Whether the workers ask for nothing but the next one.
    holding: bool,
}

enum Event {
    Request { trace: Trace, tries: u32, again_in: Option<Duration> },
    Pace(Pace),
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
        let queue = Arc::new(Queue::new(Schedule::new(&sessions, plan)));
        let client = Arc::new(client);
        for _ in 0..jobs {
            let worker = Worker {
                client: Arc::clone(&client),
                queue: Arc::clone(&queue),
                events: sender.clone(),
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
            held: ReorderBuffer::new(reorder::BOUND),
            holding: false,
        })
    }

    /// The next outcome, once it is there; None after the last.
    ///
    /// Fails with [`Exit::Interrupted`] on Ctrl-C.
    pub fn next(&mut self, observer: &mut dyn Observer) -> anyhow::Result<Option<Outcome>> {
        let Some(session) = self.sessions.get(self.next).copied() else { return Ok(None) };
        loop {
            if self.interrupted.load(Ordering::SeqCst) {
                return Err(interrupted().into());
            }
            if self.ordered
                && let Some(result) = self.held.take(self.next, session)
            {
                return Ok(Some(self.hand_out(session, result)));
            }
            match self.events.recv_timeout(TICK) {
                Err(RecvTimeoutError::Timeout) => observer.tick(),
                Err(RecvTimeoutError::Disconnected) => bail!("the workers are gone"),
                Ok(Event::Interrupted) => return Err(interrupted().into()),
                Ok(Event::Request { trace, tries, again_in }) => {
                    observer.request(&trace, tries, again_in);
                }
                Ok(Event::Pace(pace)) => observer.pace(pace),
                Ok(Event::Waiting { session, pause }) => observer.waiting(session, pause),
                Ok(Event::Settled { index, result }) => {
                    observer.settled(result.is_err());
                    if !self.ordered || index == self.next {
                        return Ok(Some(self.hand_out(self.sessions[index], result)));
                    }
                    self.held.put(index, result);
                    self.hold();
                }
            }
        }
    }

    fn hand_out(&mut self, session: Uuid, result: Result<Answer, Failure>) -> Outcome {
        self.next += 1;
        self.hold();
        (session, result)
    }

    /// Where nothing more can be held back, has the workers ask for the next session alone.
    fn hold(&mut self) {
        let full = self.held.is_full();
        if full || self.holding {
            self.holding = full;
            self.queue.hold(full.then_some(self.next));
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

/// What the workers share.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    schedule: Schedule,
    /// The moment that a worker waits for; the others wait for it.
    attended: Option<Instant>,
}

impl Queue {
    fn new(schedule: Schedule) -> Self {
        let state = State { schedule, attended: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A worker that panicked left the state whole: it is changed in single steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.lock().schedule.stop();
        self.changed.notify_all();
    }

    fn hold(&self, only: Option<usize>) {
        self.lock().schedule.hold(only);
        self.changed.notify_all();
    }

    /// What a worker is to do next, once there is something; None when nothing more will come.
    fn take(&self) -> Option<Turn> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            match state.schedule.take(now) {
                Turn::Over => {
                    self.changed.notify_all();
                    return None;
                }
                Turn::Wait(start) if state.attended.is_none_or(|attended| start < attended) => {
                    state.attended = Some(start);
                    let waited = self.changed.wait_timeout(state, start - now);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    if state.attended == Some(start) {
                        state.attended = None;
                    }
                }
                Turn::Wait(_) | Turn::Idle => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                turn => {
                    // Somebody else has to see to what comes next.
                    self.changed.notify_one();
                    return Some(turn);
                }
            }
        }
    }

    /// Takes in an answer, and says what follows and whether the pace has changed.
    fn answered(
        &self,
        job: Job,
        ticket: Ticket,
        exchange: Exchange,
    ) -> (Event, Next, Option<Pace>) {
        let now = Instant::now();
        let tries = job.tries + 1;
        let mut state = self.lock();
        let next = state.schedule.answered(job, ticket, exchange.result, now);
        let pace = state.schedule.news(now);
        drop(state);
        let again_in = match &next {
            Next::Settle(_) => None,
            Next::Again(pause) | Next::Poll(pause) => {
                // It may be due before what is waited for.
                self.changed.notify_all();
                Some(*pause)
            }
        };
        (Event::Request { trace: exchange.trace, tries, again_in }, next, pace)
    }
}

struct Worker {
    client: Arc<Client>,
    queue: Arc<Queue>,
    events: SyncSender<Event>,
}

impl Worker {
    fn work(&self) {
        // Without a consumer there is nobody to work for.
        while let Some(turn) = self.queue.take() {
            if self.turn(turn).is_none() {
                return;
            }
        }
    }

    /// Does what there is to do; None where nobody listens any more.
    fn turn(&self, turn: Turn) -> Option<()> {
        match turn {
            Turn::Ask(job, ticket) => self.ask(job, ticket),
            Turn::Settle(index, failure) => {
                self.tell(Event::Settled { index, result: Err(failure) })
            }
            Turn::Wait(_) | Turn::Idle | Turn::Over => Some(()),
        }
    }

    fn ask(&self, job: Job, ticket: Ticket) -> Option<()> {
        let Job { index, session, .. } = job;
        let exchange = self.client.get(session);
        let (request, next, pace) = self.queue.answered(job, ticket, exchange);
        self.tell(request)?;
        if let Some(pace) = pace {
            self.tell(Event::Pace(pace))?;
        }
        match next {
            Next::Settle(result) => self.tell(Event::Settled { index, result }),
            Next::Again(_) => Some(()),
            Next::Poll(pause) => self.tell(Event::Waiting { session, pause }),
        }
    }

    fn tell(&self, event: Event) -> Option<()> {
        self.events.send(event).ok()
    }
}
