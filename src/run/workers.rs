//! Work on many items by several threads; what comes of them leaves in the items' order.
//!
//! A thread of its own feeds the items, so that reading and working overlap. It is not waited for:
//! it may be stuck in a read that never ends. Every item gets a channel, its slot, for what it makes;
//! the slots stand in the items' order. A worker that is ahead of its turn fills its slot and waits,
//! so what is made ahead is bounded by the slots and what they hold.
//!
//! By hand, where a crate maps in order (pariter, rayon): those hand on whole results, and one
//! document's output can be as large as the document; and a closed output must end the work even
//! where the feeder is blocked.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Context as _;

/// Items that are read ahead of the one whose turn it is, a worker.
const AHEAD: usize = 8;

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
                let mut output = Output { buffer: Vec::new(), slot: &job.slot };
                let value = make(job.item, &mut state, &mut output);
                // Where the output is closed nobody wants it.
                let _ = output.flush();
                let _ = job.slot.send(Part::Done(value));
                jobs.release(job.bytes);
            }
            state
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        consume(messages, sink)?;
        drop(stop);
        let states = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a worker thread broke down")));
        states.collect()
    })
}

/// What the feeder and the workers hand on.
enum Message<E, T> {
    Told(E),
    /// The next item's output.
    Slot(Receiver<Part<T>>),
}

/// A part of an item's output, or what came of it.
enum Part<T> {
    Bytes(Vec<u8>),
    Done(T),
}

/// Writes what the slots hold, in their order. The slots go with it, so that no worker is left
/// waiting for room in one.
fn consume<E, T>(
    messages: Receiver<Message<E, T>>,
    sink: &mut dyn Sink<E, T>,
) -> anyhow::Result<()> {
    for message in messages {
        match message {
            Message::Told(told) => sink.told(told),
            Message::Slot(slot) => loop {
                match slot.recv().context("a worker thread broke down")? {
                    Part::Bytes(bytes) => sink.write_all(&bytes)?,
                    Part::Done(value) => break sink.done(value)?,
                }
            },
        }
    }
    Ok(())
}

/// An item that waits for a worker.
struct Job<I, T> {
    item: I,
    bytes: usize,
    slot: SyncSender<Part<T>>,
}

/// What waits for a worker.
struct Jobs<I, T> {
    state: Mutex<State<I, T>>,
    changed: Condvar,
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
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl<I: Send + 'static, T: Send + 'static> Jobs<I, T> {
    fn feed<F: Feed<Item = I>>(&self, mut feed: F, sender: &SyncSender<Message<F::Told, T>>) {
        // Nobody is left to be told where sending fails.
        let tell = |told| drop(sender.send(Message::Told(told)));
        while let Some((item, bytes)) = feed.next(&mut { tell }) {
            if !self.reserve(bytes) {
                break;
            }
            let (slot, output) = sync_channel(PARTS);
            if sender.send(Message::Slot(output)).is_err() {
                break;
            }
            self.lock().waiting.push_back(Job { item, bytes, slot });
            self.changed.notify_all();
        }
        self.lock().fed = true;
        self.changed.notify_all();
    }
}

impl<I, T> Jobs<I, T> {
    fn lock(&self) -> MutexGuard<'_, State<I, T>> {
        // It is changed in single steps: a thread that panicked left it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State<I, T>>) -> MutexGuard<'s, State<I, T>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for an item of so many bytes; false where no more is wanted.
    fn reserve(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        while !state.stopped && state.bytes > 0 && state.bytes + bytes > BYTES {
            state = self.wait(state);
        }
        state.bytes += bytes;
        !state.stopped
    }

    fn release(&self, bytes: usize) {
        self.lock().bytes -= bytes;
        self.changed.notify_all();
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
            state = self.wait(state);
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
        self.0.changed.notify_all();
    }
}

/// A worker's output, which goes to its item's slot part by part.
struct Output<'s, T> {
    buffer: Vec<u8>,
    slot: &'s SyncSender<Part<T>>,
}

impl<T> Write for Output<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let part = Part::Bytes(std::mem::take(&mut self.buffer));
        self.slot.send(part).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    /// Numbers, with a word told before each third.
    struct Numbers(std::ops::Range<usize>);

    impl Feed for Numbers {
        type Item = usize;
        type Told = String;

        fn next(&mut self, tell: &mut dyn FnMut(String)) -> Option<(usize, usize)> {
            let number = self.0.next()?;
            if number % 3 == 0 {
                tell(format!("before {number}"));
            }
            Some((number, BYTES / 3))
        }
    }

    /// Takes so many bytes.
    struct Room {
        bytes: Vec<u8>,
        most: usize,
        done: Vec<usize>,
        told: usize,
    }

    impl Room {
        fn of(most: usize) -> Self {
            Self { bytes: Vec::new(), most, done: Vec::new(), told: 0 }
        }
    }

    impl Write for Room {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.bytes.len() + bytes.len() > self.most {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.bytes.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink<String, usize> for Room {
        fn told(&mut self, _: String) {
            self.told += 1;
        }

        fn done(&mut self, value: usize) -> anyhow::Result<()> {
            self.done.push(value);
            Ok(())
        }
    }

    /// A text that is longer than a slot for some numbers, and empty for others.
    fn text(number: usize) -> String {
        format!("{number} ").repeat((number * 7919) % 90_000 / (1 + number % 40))
    }

    fn work(workers: usize, count: usize, room: &mut Room) -> anyhow::Result<usize> {
        let make = |number: usize, sum: &mut usize, out: &mut dyn Write| {
            *sum += number;
            // Whether it could be written is the sink's to say.
            let _ = out.write_all(text(number).as_bytes());
            number
        };
        Ok(in_order(Numbers(0..count), workers, || 0, make, room)?.into_iter().sum())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_number_of_workers_makes_the_same_in_the_same_order(
            workers in 1_usize..9, count in 0_usize..200,
        ) {
            let mut room = Room::of(usize::MAX);
            let sum = work(workers, count, &mut room).unwrap();
            prop_assert_eq!(sum, (0..count).sum::<usize>());
            prop_assert_eq!(&room.done, &(0..count).collect::<Vec<_>>());
            prop_assert!(room.bytes == (0..count).map(text).collect::<String>().into_bytes());
            prop_assert_eq!(room.told, count.div_ceil(3));
        }
    }

    #[test]
    fn a_closed_output_ends_the_work_at_once_wherever_it_stands() {
        for most in [0, 10, 100_000, 3_000_000] {
            let mut room = Room::of(most);
            let error = work(4, usize::MAX, &mut room).unwrap_err();
            assert_eq!(error.downcast::<io::Error>().unwrap().kind(), io::ErrorKind::BrokenPipe);
        }
    }

    #[test]
    fn a_feeder_that_is_stuck_does_not_keep_a_closed_output_waiting() {
        struct Stuck(usize);
        impl Feed for Stuck {
            type Item = usize;
            type Told = String;
            fn next(&mut self, _: &mut dyn FnMut(String)) -> Option<(usize, usize)> {
                self.0 += 1;
                if self.0 > 2 {
                    thread::sleep(Duration::from_secs(3600));
                }
                Some((self.0, 1))
            }
        }
        let make = |_, (): &mut (), out: &mut dyn Write| {
            let _ = out.write_all(b"some text");
            0
        };
        assert!(in_order(Stuck(0), 2, || (), make, &mut Room::of(12)).is_err());
    }
}
