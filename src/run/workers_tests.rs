//! The same in the same order, whoever works on it.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// Numbers, with a word told before each third; whether they are waited for.
struct Numbers(std::ops::Range<usize>, bool);

impl Feed for Numbers {
    type Item = usize;
    type Told = String;

    fn next(&mut self, tell: &mut dyn FnMut(String)) -> Option<(usize, usize)> {
        let number = self.0.next()?;
        if number % 3 == 0 {
            tell(format!("before {number}"));
        }
        Some((number, if number % 50 < 25 { BYTES / 3 } else { BATCH / 5 }))
    }

    fn is_ready(&mut self) -> bool {
        !self.0.start.is_multiple_of(7)
    }

    fn never_waits(&self) -> bool {
        !self.1
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

fn worked(workers: usize, count: usize, waits: bool, room: &mut Room) -> anyhow::Result<usize> {
    let make = |number: usize, sum: &mut usize, out: &mut dyn Write| {
        *sum += number;
        // Whether it could be written is the sink's to say.
        let _ = out.write_all(text(number).as_bytes());
        number
    };
    Ok(in_order(Numbers(0..count, waits), workers, || 0, make, room)?.into_iter().sum())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_number_of_workers_makes_the_same_in_the_same_order(
        workers in 1_usize..9, count in 0_usize..200, waits: bool,
    ) {
        let mut room = Room::of(usize::MAX);
        let sum = worked(workers, count, waits, &mut room).unwrap();
        prop_assert_eq!(sum, (0..count).sum::<usize>());
        prop_assert_eq!(&room.done, &(0..count).collect::<Vec<_>>());
        prop_assert!(room.bytes == (0..count).map(text).collect::<String>().into_bytes());
        prop_assert_eq!(room.told, count.div_ceil(3));
    }
}

#[test]
fn a_closed_output_ends_the_work_at_once_wherever_it_stands() {
    for most in [0, 10, 100_000, 3_000_000] {
        for waits in [true, false] {
            let error = worked(4, usize::MAX, waits, &mut Room::of(most)).unwrap_err();
            let error = error.downcast::<io::Error>().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        }
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
        fn is_ready(&mut self) -> bool {
            false
        }
        fn never_waits(&self) -> bool {
            false
        }
    }
    let make = |_, (): &mut (), out: &mut dyn Write| {
        let _ = out.write_all(b"some text");
        0
    };
    assert!(in_order(Stuck(0), 2, || (), make, &mut Room::of(12)).is_err());
}
