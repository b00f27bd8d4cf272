//! Work on many items by several threads; what comes of them leaves in the items' order.
//!
//! A thread of its own feeds the items, so that reading and working overlap. It is not waited for:
//! it may be stuck in a read that never ends. Small items that are at hand go together, a batch, since
//! handing one on costs more than some take to work on. Every batch gets a channel, its slot, for what
//! comes of it; the slots stand in the items' order. A worker that is ahead of its turn fills its slot
//! and waits, so what is made ahead is bounded by the slots and what they hold.
//!
//! By hand, where a crate maps in order (pariter, rayon): those hand on whole results, and one
//! document's output can be as large as the document; and a closed output must end the work even
//! where the feeder is blocked.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use anyhow::Context as _;

/// Batches that are read ahead of the one whose turn it is, a worker.
const AHEAD: usize = 4;

/// Items go together up to this many bytes.
const BATCH: usize = 256 << 10;

/// Bytes of items that are read ahead; one that is larger is read alone.
const BYTES: usize = 16 << 20;

/// A worker's output is handed on in parts of this size.
const PART: usize = 64 << 10;

/// Parts that a slot holds.
const PARTS: usize = 4;

/// What an item comes from.
pub trait Feed: Send + 'static {
    /// An item.
    type Item: Send + 'static;
    /// What is told while the next item is waited for.
    type Told: Send + 'static;

    /// The next item and its size in bytes; None after the last.
    fn next(&mut self, tell: &mut dyn FnMut(Self::Told)) -> Option<(Self::Item, usize)>;

    /// Whether the next item is there without waiting for anybody.
    fn is_ready(&mut self) -> bool;

    /// Whether that is so of every item to come.
    fn never_waits(&self) -> bool;
}

/// Where the output goes, and what came of each item.
pub trait Sink<E, T>: Write {
    /// Something was told while an item was waited for.
    fn told(&mut self, told: E);

    /// The item whose output was just written came to this.
    ///
    /// Fails where that ends the work.
    fn done(&mut self, value: T) -> anyhow::Result<()>;
}

/// Has `workers` threads `make` something of every item, each thread with a state of its own, and
/// returns the states. With one worker no thread is started.
///
/// Fails where the sink does; the work ends there.
pub fn in_order<F: Feed, T: Send + 'static, A: Send>(
    mut feed: F,
    workers: usize,
    state: impl Fn() -> A + Sync,
    make: impl Fn(F::Item, &mut A, &mut dyn Write) -> T + Sync,
    sink: &mut dyn Sink<F::Told, T>,
) -> anyhow::Result<Vec<A>> {
    if workers <= 1 {
        let mut state = state();
        while let Some((item, _)) = feed.next(&mut |told| sink.told(told)) {
            let value = make(item, &mut state, &mut &mut *sink);
            sink.done(value)?;
        }
        return Ok(vec![state]);
    }
    if feed.never_waits() {
        return fed_by_workers(feed, workers, state, make, sink);
    }
    let (sender, messages) = sync_channel(workers * AHEAD);
    let jobs = Arc::new(Jobs::default());
    let feeding = Arc::clone(&jobs);
    thread::Builder::new()
        .name("feed".to_owned())
        .spawn(move || feeding.feed(feed, &sender))
        .context("starting a thread")?;
    thread::scope(|scope| {
        // Dropped where this ends early, so that no worker waits for more.
        let stop = Stop(&jobs);
        let worker = || {
            let mut state = state();
            while let Some(job) = jobs.take() {
                work(job.items, &job.slot, &mut state, &make);
                jobs.release(job.bytes);
            }
            state
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        consume(messages, sink)?;
        drop(stop);
        joined(threads)
    })
}

/// The same where no item is waited for: each worker fetches its own, so that what was just read is at
/// hand to the core that read it, and no thread stands beside the workers.
fn fed_by_workers<F: Feed, T: Send + 'static, A: Send>(
    feed: F,
    workers: usize,
    state: impl Fn() -> A + Sync,
    make: impl Fn(F::Item, &mut A, &mut dyn Write) -> T + Sync,
    sink: &mut dyn Sink<F::Told, T>,
) -> anyhow::Result<Vec<A>> {
    let (sender, messages) = sync_channel(workers * AHEAD);
    let source = Mutex::new(Some((feed, sender)));
    // The next batch and its slot, which stand in the items' order, since one worker at a time asks.
    // The sender goes with the last one, and the messages end.
    let fetch = || {
        let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
        let next = source.as_mut().and_then(|(feed, sender)| {
            let (items, _) = batch(feed, sender)?;
            let (slot, output) = sync_channel(PARTS);
            sender.send(Message::Slot(items.len(), output)).ok()?;
            Some((items, slot))
        });
        if next.is_none() {
            *source = None;
        }
        next
    };
    let worker = || {
        let mut state = state();
        while let Some((items, slot)) = fetch() {
            work(items, &slot, &mut state, &make);
        }
        state
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        consume(messages, sink)?;
        joined(threads)
    })
}

/// Works on a batch; what comes of it goes to its slot.
fn work<I, T, A>(
    items: Vec<I>,
    slot: &SyncSender<Part<T>>,
    state: &mut A,
    make: impl Fn(I, &mut A, &mut dyn Write) -> T,
) {
    let mut output = Output { part: Part::default(), slot };
    for item in items {
        let value = make(item, state, &mut output);
        output.done(value);
    }
    // Where the output is closed nobody wants it.
    let _ = output.send();
}

/// The states that the workers end with.
fn joined<A>(threads: Vec<ScopedJoinHandle<'_, A>>) -> anyhow::Result<Vec<A>> {
    let broke_down = |_| anyhow::anyhow!("a worker thread broke down");
    threads.into_iter().map(|thread| thread.join().map_err(broke_down)).collect()
}

/// The items that are to be worked on together, and how many bytes they have; None after the last.
fn batch<F: Feed, T>(
    feed: &mut F,
    sender: &SyncSender<Message<F::Told, T>>,
) -> Option<(Vec<F::Item>, usize)> {
    // Nobody is left to be told where sending fails.
    let tell = |told| drop(sender.send(Message::Told(told)));
    let (mut items, mut bytes) = (Vec::new(), 0);
    while let Some((item, size)) = feed.next(&mut { tell }) {
        items.push(item);
        bytes += size;
        if bytes >= BATCH || !feed.is_ready() {
            break;
        }
    }
    Some((items, bytes)).filter(|(items, _)| !items.is_empty())
}

/// What the feeder and the workers hand on.
enum Message<E, T> {
    Told(E),
    /// What comes of the next batch, of so many items.
    Slot(usize, Receiver<Part<T>>),
}

/// A part of a batch's output.
struct Part<T> {
    bytes: Vec<u8>,
    /// What items came to, and where in the bytes their output ends.
    done: Vec<(usize, T)>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self { bytes: Vec::new(), done: Vec::new() }
    }
}

/// Writes what the slots hold, in their order. The slots go with it, so that no worker is left
/// waiting for room in one.
fn consume<E, T>(
    messages: Receiver<Message<E, T>>,
    sink: &mut dyn Sink<E, T>,
) -> anyhow::Result<()> {
    for message in messages {
        let (mut left, parts) = match message {
            Message::Told(told) => {
                sink.told(told);
                continue;
            }
            Message::Slot(items, parts) => (items, parts),
        };
        while left > 0 {
            let Part { bytes, done } = parts.recv().context("a worker thread broke down")?;
            left -= done.len();
            let mut written = 0;
            for (end, value) in done {
                sink.write_all(bytes.get(written..end).unwrap_or_default())?;
                sink.done(value)?;
                written = end;
            }
            sink.write_all(bytes.get(written..).unwrap_or_default())?;
        }
    }
    Ok(())
}

/// Items that wait for a worker.
struct Job<I, T> {
    items: Vec<I>,
    bytes: usize,
    slot: SyncSender<Part<T>>,
}

/// What waits for a worker.
struct Jobs<I, T> {
    state: Mutex<State<I, T>>,
    /// Something waits, or nothing more will.
    more: Condvar,
    /// Something was worked on.
    room: Condvar,
}

struct State<I, T> {
    waiting: VecDeque<Job<I, T>>,
    /// Of the items that wait or are worked on.
    bytes: usize,
    /// Whether no more will come.
    fed: bool,
    /// Whether no more is wanted.
    stopped: bool,
}

impl<I, T> Default for Jobs<I, T> {
    fn default() -> Self {
        let state = State { waiting: VecDeque::new(), bytes: 0, fed: false, stopped: false };
        Self { state: Mutex::new(state), more: Condvar::new(), room: Condvar::new() }
    }
}

impl<I: Send + 'static, T: Send + 'static> Jobs<I, T> {
    fn feed<F: Feed<Item = I>>(&self, mut feed: F, sender: &SyncSender<Message<F::Told, T>>) {
        while let Some((items, bytes)) = batch(&mut feed, sender) {
            if !self.send(items, bytes, sender) {
                break;
            }
        }
        self.lock().fed = true;
        self.more.notify_all();
    }

    /// Hands a batch to the workers; false where no more is wanted.
    fn send<E>(&self, items: Vec<I>, bytes: usize, sender: &SyncSender<Message<E, T>>) -> bool {
        let (slot, output) = sync_channel(PARTS);
        if !self.reserve(bytes) || sender.send(Message::Slot(items.len(), output)).is_err() {
            return false;
        }
        self.lock().waiting.push_back(Job { items, bytes, slot });
        self.more.notify_one();
        true
    }
}

impl<I, T> Jobs<I, T> {
    fn lock(&self) -> MutexGuard<'_, State<I, T>> {
        // It is changed in single steps: a thread that panicked left it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for a batch of so many bytes; false where no more is wanted.
    fn reserve(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        while !state.stopped && state.bytes > 0 && state.bytes + bytes > BYTES {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.bytes += bytes;
        !state.stopped
    }

    fn release(&self, bytes: usize) {
        self.lock().bytes -= bytes;
        self.room.notify_one();
    }

    /// The next job, once there is one; None where no more will come, or is wanted.
    fn take(&self) -> Option<Job<I, T>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(job) = state.waiting.pop_front() {
                return Some(job);
            }
            if state.fed {
                return None;
            }
            state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Ends the work when it is dropped before all is done.
struct Stop<'j, I, T>(&'j Jobs<I, T>);

impl<I, T> Drop for Stop<'_, I, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        // All was consumed where the feeder has ended and nothing waits; else no more is wanted.
        state.stopped = true;
        state.waiting.clear();
        drop(state);
        self.0.more.notify_all();
        self.0.room.notify_all();
    }
}

/// A worker's output, which goes to its batch's slot part by part.
struct Output<'s, T> {
    part: Part<T>,
    slot: &'s SyncSender<Part<T>>,
}

impl<T> Output<'_, T> {
    /// The item whose output was just written came to this.
    fn done(&mut self, value: T) {
        self.part.done.push((self.part.bytes.len(), value));
    }

    /// Hands on what there is.
    fn send(&mut self) -> io::Result<()> {
        if self.part.bytes.is_empty() && self.part.done.is_empty() {
            return Ok(());
        }
        let part = std::mem::take(&mut self.part);
        self.slot.send(part).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl<T> Write for Output<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.bytes.extend_from_slice(bytes);
        if self.part.bytes.len() >= PART {
            self.send()?;
        }
        Ok(bytes.len())
    }

    /// Does nothing: who writes into it ends each item so, and an item is too little to hand on.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "workers_tests.rs"]
mod tests;
