//! What the workers make of documents, taken in the documents' order.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};

use super::Run;
use super::feed::Told;
use super::selection::LeftOut;
use super::tally::Share;
use super::workers::Sink;
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::document::Document;
use crate::model::{Number, SessionAnalysisInput};
use crate::render::frame::Framed;

/// Failures that an output lists at most.
const LISTED: usize = 1000;

/// What a worker made of a document.
pub(super) struct Made<T> {
    /// Whose remarks there are, if there are any.
    pub(super) subject: Option<Subject>,
    /// Whether it was fetched: the next one may be long in coming.
    pub(super) fetched: bool,
    pub(super) value: Done<T>,
}

/// Takes what the workers make, in the documents' order.
pub(super) struct Taking<'t, 'a, 'o, F> {
    pub(super) run: &'t mut Run<'a>,
    pub(super) out: &'t mut Framed<'o>,
    pub(super) take: F,
    /// Sessions that were selected, and that were not.
    pub(super) selected: usize,
    pub(super) left_out: usize,
}

impl<F> io::Write for Taking<'_, '_, '_, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<T, F: FnMut(T) -> anyhow::Result<()>> Sink<Told, anyhow::Result<Made<T>>>
    for Taking<'_, '_, '_, F>
{
    fn told(&mut self, told: Told) {
        told.tell(self.run.reporter);
    }

    fn done(&mut self, made: anyhow::Result<Made<T>>) -> anyhow::Result<()> {
        self.out.next();
        let made = match made {
            Ok(made) => made,
            Err(error) if error.is::<LeftOut>() => {
                self.run.total += 1;
                self.left_out += 1;
                return Ok(());
            }
            Err(error) => {
                let failure = error.downcast::<Failure>()?;
                if failure.exit == Exit::Interrupted {
                    return Err(failure.into());
                }
                self.run.total += 1;
                self.run.reporter.failure(&failure);
                if let Some(listed) =
                    self.run.listed.as_mut().filter(|listed| listed.len() < LISTED)
                {
                    listed.push(failure.to_string());
                }
                return Ok(());
            }
        };
        self.run.total += 1;
        self.selected += 1;
        if made.fetched {
            // A reader need not wait for the next one.
            self.out.flush()?;
        }
        if let Some(subject) = &made.subject {
            for remark in &made.value.remarks {
                self.run.reporter.warn(&format!("{subject}: {remark}"));
            }
        }
        self.run.tally.add(made.value.share);
        self.run.repeated += usize::from(!self.run.seen.insert(made.value.session));
        (self.take)(made.value.value)
    }
}

/// What came of a document.
pub(super) struct Done<T> {
    pub(super) value: T,
    /// The session's id, by its hash: no more is asked than whether it came before.
    session: u64,
    /// What is odd about it.
    pub(super) remarks: Vec<String>,
    /// What it adds to what is said at the end.
    share: Share,
}

impl<T> Done<T> {
    /// This came of a document that a view has read.
    pub(super) fn new<M, R, C, U>(
        document: &Document,
        input: &SessionAnalysisInput<'_, M, R, C, U>,
        value: T,
    ) -> Self {
        let version = input.analyzer_input_schema_version.map(Number::as_i64);
        let remarks = document.remarks(&input.session_id, version);
        Self::of(&input.session_id, remarks, value)
    }

    /// This came of a document of that session.
    pub(super) fn of(session_id: &str, remarks: Vec<String>, value: T) -> Self {
        let mut hasher = DefaultHasher::new();
        session_id.hash(&mut hasher);
        Self { value, session: hasher.finish(), remarks, share: Share::default() }
    }

    /// The same, and this is added to what is said at the end.
    pub(super) fn with(self, share: Share) -> Self {
        Self { share, ..self }
    }
}
