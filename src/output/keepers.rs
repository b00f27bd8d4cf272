//! Puts files on disk beside other work: a disk takes several at a time as fast as one.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::Context as _;

use super::files::WholeFile;

/// Beyond this many the disk gains nothing.
const MOST: usize = 8;

type Kept = Result<(), (PathBuf, io::Error)>;

/// Threads that keep files. They are started as there is something to do.
pub struct Keepers {
    files: SyncSender<WholeFile>,
    taken: Arc<Mutex<Receiver<WholeFile>>>,
    results: Receiver<Kept>,
    done: Sender<Kept>,
    threads: Vec<JoinHandle<()>>,
    kept: usize,
}

impl Keepers {
    /// Keepers of no files yet.
    pub fn new() -> Self {
        let (files, taken) = sync_channel(MOST);
        let (done, results) = channel();
        let taken = Arc::new(Mutex::new(taken));
        Self { files, taken, results, done, threads: Vec::new(), kept: 0 }
    }

    /// Has a file kept, soon.
    ///
    /// Fails where one before it could not be, or no thread can be started.
    pub fn keep(&mut self, file: WholeFile) -> anyhow::Result<()> {
        while let Ok(result) = self.results.try_recv() {
            result.map_err(explain)?;
            self.kept += 1;
        }
        if self.threads.len() < MOST {
            let (taken, done) = (Arc::clone(&self.taken), self.done.clone());
            let thread = thread::Builder::new().name("keep".to_owned()).spawn(move || {
                while let Some(file) = next(&taken) {
                    let place = file.place().to_owned();
                    if done.send(file.keep().map_err(|error| (place, error))).is_err() {
                        return;
                    }
                }
            });
            self.threads.push(thread.context("starting a thread that writes")?);
        }
        self.files.send(file).context("the threads that write are gone")
    }

    /// Waits until all are kept. Returns how many were, and what went wrong first.
    pub fn finish(self) -> (usize, anyhow::Result<()>) {
        let Self { files, taken, results, done, threads, kept } = self;
        drop(files);
        drop(done);
        for thread in threads {
            // One that panicked has said so.
            let _ = thread.join();
        }
        drop(taken);
        let mut all = (kept, Ok(()));
        for result in results {
            match result {
                Ok(()) => all.0 += 1,
                Err(failed) if all.1.is_ok() => all.1 = Err(explain(failed)),
                Err(_) => {}
            }
        }
        all
    }
}

fn next(taken: &Mutex<Receiver<WholeFile>>) -> Option<WholeFile> {
    taken.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn explain((place, error): (PathBuf, io::Error)) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("writing {}", place.display()))
}
