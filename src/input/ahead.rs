//! Files that are opened, and their beginnings read, ahead of their turn: where there are many, what
//! one waits for the disk or the network is not added up over all.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{thread, vec};

/// From so many files on it pays.
const MANY: usize = 8;

/// So many files are read at a time.
const READERS: usize = 4;

/// As much of each, in bytes: most are no larger.
const BEGINNING: usize = 64 << 10;

/// So many files are handed on together.
const TOGETHER: usize = 16;

/// A file of which the beginning was read.
pub struct Begun {
    /// The rest of it.
    pub file: File,
    /// Its first bytes; all of them where it is small.
    pub beginning: Vec<u8>,
}

impl Begun {
    /// Opens a file and reads its first `most` bytes.
    ///
    /// Fails where either does.
    pub fn open(path: &Path, most: usize) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut beginning = Vec::new();
        file.by_ref().take(most as u64).read_to_end(&mut beginning)?;
        Ok(Self { file, beginning })
    }
}

type Batch = Vec<io::Result<Begun>>;

/// Files in their order, some of them begun already.
pub struct Ahead {
    batches: Receiver<(usize, Batch)>,
    /// Batches that came before their turn.
    early: BTreeMap<usize, Batch>,
    next: usize,
    current: vec::IntoIter<io::Result<Begun>>,
}

impl Ahead {
    /// Begins to read the files; None where they are too few.
    pub fn start(paths: &[&Path]) -> Option<Self> {
        if paths.len() < MANY {
            return None;
        }
        let batches = paths.chunks(TOGETHER).map(|paths| paths.iter().map(PathBuf::from).collect());
        let batches: Vec<Vec<PathBuf>> = batches.collect();
        let batches = Arc::new(Mutex::new(batches.into_iter().enumerate()));
        let (sender, receiver) = sync_channel(READERS);
        for _ in 0..READERS {
            let (batches, sender) = (Arc::clone(&batches), sender.clone());
            let read = move || {
                loop {
                    // A reader that panicked had its batch: the iterator is whole.
                    let next = batches.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((place, paths)) = next else { return };
                    let begun = paths.iter().map(|path| Begun::open(path, BEGINNING)).collect();
                    if sender.send((place, begun)).is_err() {
                        return;
                    }
                }
            };
            // One is enough, and without any the files are opened when their turn comes.
            let _ = thread::Builder::new().name("read".to_owned()).spawn(read);
        }
        let (early, current) = (BTreeMap::new(), Vec::new().into_iter());
        Some(Self { batches: receiver, early, next: 0, current })
    }

    /// The next file; None where nobody reads any more.
    pub fn next(&mut self) -> Option<io::Result<Begun>> {
        loop {
            if let Some(begun) = self.current.next() {
                return Some(begun);
            }
            let batch = loop {
                if let Some(batch) = self.early.remove(&self.next) {
                    break batch;
                }
                let (place, batch) = self.batches.recv().ok()?;
                self.early.insert(place, batch);
            };
            self.next += 1;
            self.current = batch.into_iter();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_their_order_with_all_that_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..1000).map(|n| folder.path().join(n.to_string())).collect();
        for (n, path) in paths.iter().enumerate().filter(|(n, _)| n % 7 != 3) {
            std::fs::write(path, format!("{n} ").repeat(n * 37)).unwrap();
        }
        let mut ahead =
            Ahead::start(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>()).unwrap();
        for n in 0..1000 {
            match ahead.next().unwrap() {
                Err(error) => assert_eq!((error.kind(), n % 7), (io::ErrorKind::NotFound, 3)),
                Ok(mut begun) => {
                    begun.file.read_to_end(&mut begun.beginning).unwrap();
                    assert!(begun.beginning == format!("{n} ").repeat(n * 37).into_bytes());
                }
            }
        }
        assert!(ahead.next().is_none());
    }

    #[test]
    fn no_more_is_opened_than_a_few_ahead_of_the_one_whose_turn_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "text").unwrap();
        let mut ahead = Ahead::start(&vec![&*file; 100_000]).unwrap();
        assert_eq!(ahead.next().unwrap().unwrap().beginning, b"text");
        // Each reader holds a batch, the channel as many, and one is being taken.
        thread::sleep(std::time::Duration::from_millis(100));
        let open = std::fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or_default();
        assert!(open < (2 * READERS + 2) * TOGETHER + 200, "{open}");
    }
}
