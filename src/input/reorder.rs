//! Results that came before their turn: held in memory up to a bound, then in a temporary file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use uuid::Uuid;

use crate::api::Answer;
use crate::exit::Exit;
use crate::failure::{Failure, Subject};

/// Bytes of documents that are held in memory.
pub const BOUND: usize = 64 << 20;

/// What becomes of a session.
type Outcome = Result<Answer, Failure>;

/// Holds results back until it is their turn.
pub struct ReorderBuffer {
    results: BTreeMap<usize, Slot>,
    /// Bytes of the documents that are in memory.
    in_memory: usize,
    bound: usize,
    spill: Spill,
}

enum Slot {
    Memory(Outcome),
    /// An answer without its body, and where that is in the temporary file.
    Spilled {
        answer: Answer,
        position: u64,
        length: usize,
    },
}

/// The temporary file.
enum Spill {
    /// It was not needed yet.
    Unopened,
    /// It holds so many documents, up to this position; full is one that took no more.
    Open { file: File, documents: usize, end: u64, full: bool },
    /// None can be made.
    Impossible,
}

impl ReorderBuffer {
    /// Holds this many bytes of documents in memory.
    pub const fn new(bound: usize) -> Self {
        Self { results: BTreeMap::new(), in_memory: 0, bound, spill: Spill::Unopened }
    }

    /// Takes a result in: to memory while there is room for it, else to the file, and where that
    /// cannot be, to memory all the same.
    pub fn put(&mut self, index: usize, mut result: Outcome) {
        if let Ok(Answer { body, .. }) = &mut result
            && body.capacity() > body.len() + body.len() / 4
        {
            body.shrink_to_fit();
        }
        let size = size(&result);
        let slot = match result {
            Ok(answer) if self.in_memory + size > self.bound => self.spill(answer),
            result => Slot::Memory(result),
        };
        if matches!(slot, Slot::Memory(_)) {
            self.in_memory += size;
        }
        self.results.insert(index, slot);
    }

    /// The result of `session`, if it is there. One that cannot be read back is a failure.
    pub fn take(&mut self, index: usize, session: Uuid) -> Option<Outcome> {
        Some(match self.results.remove(&index)? {
            Slot::Memory(result) => {
                self.in_memory -= size(&result);
                result
            }
            Slot::Spilled { answer, position, length } => self
                .spill
                .read(position, length)
                .map(|body| Answer { body, ..answer })
                .map_err(|error| {
                    let message = format!("taking the answer back from a temporary file: {error}");
                    Failure::new(Exit::Failure, Subject::Session(session), message)
                }),
        })
    }

    /// Whether nothing more should come: memory is used up, and there is no file.
    pub const fn is_full(&self) -> bool {
        let nowhere = matches!(self.spill, Spill::Impossible | Spill::Open { full: true, .. });
        nowhere && self.in_memory > self.bound
    }

    fn spill(&mut self, mut answer: Answer) -> Slot {
        match self.spill.write(&answer.body) {
            Ok(position) => {
                let length = std::mem::take(&mut answer.body).len();
                Slot::Spilled { answer, position, length }
            }
            Err(_) => Slot::Memory(Ok(answer)),
        }
    }
}

/// Bytes of memory that a result takes.
fn size(result: &Outcome) -> usize {
    result.as_ref().map_or(0, |answer| answer.body.capacity())
}

impl Spill {
    /// Puts a document into the file and says where. After a failure, for want of a folder or of
    /// room, it is not tried again before the file is empty.
    fn write(&mut self, body: &[u8]) -> io::Result<u64> {
        if matches!(self, Self::Unopened) {
            *self = match tempfile::tempfile() {
                Ok(file) => Self::Open { file, documents: 0, end: 0, full: false },
                Err(_) => Self::Impossible,
            };
        }
        let Self::Open { file, documents, end, full: full @ false } = self else {
            return Err(io::ErrorKind::StorageFull.into());
        };
        let position = *end;
        let written = file.seek(SeekFrom::Start(position)).and_then(|_| file.write_all(body));
        *full = written.is_err();
        written?;
        *documents += 1;
        *end += body.len() as u64;
        Ok(position)
    }

    /// Takes a document out again.
    fn read(&mut self, position: u64, length: usize) -> io::Result<Vec<u8>> {
        let Self::Open { file, documents, end, full } = self else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let mut body = vec![0; length];
        let read = file.seek(SeekFrom::Start(position)).and_then(|_| file.read_exact(&mut body));
        *documents -= 1;
        if *documents == 0 {
            // What was taken out takes no room on the disk.
            *full = file.set_len(0).is_err();
            *end = 0;
        }
        read.map(|()| body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(index: usize) -> Answer {
        Answer {
            body: vec![u8::try_from(index).unwrap(); 1000 + index],
            status: 200,
            content_type: Some(index.to_string()),
            tries: 1,
        }
    }

    fn failure() -> Failure {
        Failure::new(Exit::NotFound, Subject::Run, "gone")
    }

    #[test]
    fn results_come_out_as_they_went_in() {
        let mut held = ReorderBuffer::new(3500);
        for round in 0..3 {
            for index in (0..9).rev() {
                held.put(index, Ok(answer(index)));
            }
            held.put(9, Err(failure()));
            let Spill::Open { documents, end, .. } = &held.spill else { panic!("no file") };
            assert_eq!(*documents, 6, "{round}: three are in memory");
            assert_eq!(*end, (0..6).map(|index| 1000 + index).sum::<u64>());
            for index in 0..9 {
                let taken = held.take(index, Uuid::nil()).unwrap().unwrap();
                assert_eq!(taken.body, answer(index).body);
                assert_eq!(taken.content_type, answer(index).content_type);
            }
            assert!(held.take(9, Uuid::nil()).unwrap().is_err());
            assert!(held.take(9, Uuid::nil()).is_none());
            assert_eq!(held.in_memory, 0);
            let Spill::Open { file, documents: 0, end: 0, .. } = &held.spill else { panic!() };
            assert_eq!(file.metadata().unwrap().len(), 0, "an empty file takes no room");
        }
        assert!(!held.is_full());
    }

    #[test]
    fn where_no_file_can_be_made_nothing_is_lost_and_it_says_that_it_is_full() {
        let mut held = ReorderBuffer::new(3500);
        held.spill = Spill::Impossible;
        for index in 1..6 {
            held.put(index, Ok(answer(index)));
            assert_eq!(held.is_full(), index > 3, "{index}");
        }
        held.put(6, Err(failure()));
        for index in 1..6 {
            assert_eq!(held.take(index, Uuid::nil()).unwrap().unwrap().body, answer(index).body);
        }
        assert!(held.take(6, Uuid::nil()).unwrap().is_err());
        assert!(!held.is_full());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_like_no_file_until_the_file_is_empty() {
        let mut held = ReorderBuffer::new(0);
        held.put(0, Ok(answer(0)));
        let Spill::Open { file, .. } = &mut held.spill else { panic!("no file") };
        // Takes nothing, as a full disk does.
        let disk = std::mem::replace(file, File::options().write(true).open("/dev/full").unwrap());
        held.put(1, Ok(answer(1)));
        held.put(2, Ok(answer(2)));
        assert!(held.is_full());
        let Spill::Open { file, documents: 1, .. } = &mut held.spill else { panic!("no file") };
        *file = disk;
        for index in 0..3 {
            assert_eq!(held.take(index, Uuid::nil()).unwrap().unwrap().body, answer(index).body);
        }
        assert!(!held.is_full());
        held.put(3, Ok(answer(3)));
        let Spill::Open { documents: 1, full: false, .. } = &held.spill else { panic!() };
    }

    #[test]
    fn what_cannot_be_read_back_is_a_failure_of_its_session() {
        let mut held = ReorderBuffer::new(0);
        held.put(0, Ok(answer(0)));
        let Spill::Open { file, .. } = &held.spill else { panic!("no file") };
        file.set_len(10).unwrap();
        let session = Uuid::from_u128(7);
        let failure = held.take(0, session).unwrap().unwrap_err();
        assert_eq!((failure.exit, failure.subject), (Exit::Failure, Subject::Session(session)));
    }

    #[test]
    fn memory_that_a_document_does_not_need_is_let_go() {
        let mut held = ReorderBuffer::new(1 << 20);
        let mut body = Vec::with_capacity(1 << 16);
        body.extend_from_slice(b"{}");
        held.put(0, Ok(Answer { body, ..answer(0) }));
        assert!(held.in_memory < 1000, "{}", held.in_memory);
    }
}
