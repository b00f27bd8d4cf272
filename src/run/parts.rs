//! One large document, written in parts by all cores.

use std::convert::Infallible;
use std::io::{self, Write};
use std::ops::Range;

use super::workers::{Feed, Sink, in_order};

/// So many places make a part.
const PLACES: usize = 500;

/// Has `write` write so many places of a document: in parts, on these cores, where there are many. The
/// first is written before others are begun, so that it can be read. Returns what any part returned.
///
/// Fails where writing does.
pub(super) fn in_parts<T: Send + 'static>(
    places: usize,
    cores: Option<usize>,
    write: impl Fn(Range<usize>, &mut dyn Write) -> io::Result<Option<T>> + Sync,
    out: &mut dyn Write,
) -> anyhow::Result<Option<T>> {
    let cores = cores.filter(|cores| *cores > 1 && places > 4 * PLACES);
    let Some(cores) = cores else { return Ok(write(0..places, out)?) };
    let told = write(0..PLACES, out)?;
    let mut parts = Parts { out, told };
    in_order(Places(PLACES..places), cores, || (), |part, (), out| write(part, out), &mut parts)?;
    Ok(parts.told)
}

/// Places, a part after the other.
struct Places(Range<usize>);

impl Feed for Places {
    type Item = Range<usize>;
    type Told = Infallible;

    fn next(&mut self, _: &mut dyn FnMut(Infallible)) -> Option<(Range<usize>, usize)> {
        let part = self.0.start..self.0.end.min(self.0.start + PLACES);
        self.0.start = part.end;
        (!part.is_empty()).then_some((part, 0))
    }

    fn is_ready(&mut self) -> bool {
        false
    }

    fn never_waits(&self) -> bool {
        true
    }
}

/// Where the parts go.
struct Parts<'o, T> {
    out: &'o mut dyn Write,
    told: Option<T>,
}

impl<T> Write for Parts<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<T> Sink<Infallible, io::Result<Option<T>>> for Parts<'_, T> {
    fn told(&mut self, never: Infallible) {
        match never {}
    }

    fn done(&mut self, told: io::Result<Option<T>>) -> anyhow::Result<()> {
        self.told = self.told.take().or(told?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_whole_in_its_order_and_a_failure_ends_them() {
        let write = |part: Range<usize>, out: &mut dyn Write| {
            part.clone().try_for_each(|place| writeln!(out, "{place}"))?;
            Ok(part.contains(&7000).then_some("told"))
        };
        let mut outputs = Vec::new();
        for cores in [None, Some(1), Some(2), Some(8)] {
            let mut out = Vec::new();
            assert_eq!(in_parts(10_001, cores, write, &mut out).unwrap(), Some("told"));
            outputs.push(out);
        }
        assert!(outputs.iter().all(|output| *output == outputs[0]));
        assert_eq!(String::from_utf8_lossy(&outputs[0]).lines().count(), 10_001);
        let mut small = vec![0; 50_000];
        let error = in_parts(1_000_000, Some(4), write, &mut &mut small[..]).unwrap_err();
        assert_eq!(error.downcast::<io::Error>().unwrap().kind(), io::ErrorKind::WriteZero);
    }
}
