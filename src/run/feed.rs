//! Documents as the workers are fed with them, and what is told of fetches meanwhile.

use std::time::Duration;

use uuid::Uuid;

use super::workers::Feed;
use crate::api::Trace;
use crate::failure::Failure;
use crate::input::document::Unread;
use crate::input::{Documents, Observer, Pace};

/// The next document, or why it cannot be had; an error ends the run.
pub(super) type Next = anyhow::Result<Result<Unread, Failure>>;

/// What an [`Observer`] was told, to be passed on to one in another thread.
pub(super) enum Told {
    Request { trace: Trace, tries: u32, again_in: Option<Duration> },
    Waiting { session: Uuid, pause: Duration },
    Settled { failed: bool },
    Pace(Pace),
    Tick,
}

impl Told {
    pub(super) fn tell(self, observer: &mut dyn Observer) {
        match self {
            Self::Request { trace, tries, again_in } => observer.request(&trace, tries, again_in),
            Self::Waiting { session, pause } => observer.waiting(session, pause),
            Self::Settled { failed } => observer.settled(failed),
            Self::Pace(pace) => observer.pace(pace),
            Self::Tick => observer.tick(),
        }
    }
}

/// Passes on what it is told.
struct Telling<'t>(&'t mut dyn FnMut(Told));

impl Observer for Telling<'_> {
    fn request(&mut self, trace: &Trace, tries: u32, again_in: Option<Duration>) {
        (self.0)(Told::Request { trace: trace.clone(), tries, again_in });
    }

    fn waiting(&mut self, session: Uuid, pause: Duration) {
        (self.0)(Told::Waiting { session, pause });
    }

    fn settled(&mut self, failed: bool) {
        (self.0)(Told::Settled { failed });
    }

    fn pace(&mut self, pace: Pace) {
        (self.0)(Told::Pace(pace));
    }

    fn tick(&mut self) {
        (self.0)(Told::Tick);
    }
}

/// Documents to be worked on.
pub(super) struct Queue {
    /// The first, which was waited for to see whether there are more.
    pub(super) first: Option<Next>,
    pub(super) rest: Documents,
    /// Whether an error has ended it.
    pub(super) ended: bool,
}

impl Feed for Queue {
    type Item = Next;
    type Told = Told;

    fn next(&mut self, tell: &mut dyn FnMut(Told)) -> Option<(Next, usize)> {
        if self.ended {
            return None;
        }
        let next = match self.first.take() {
            Some(first) => first,
            None => self.rest.next(&mut Telling(tell)).transpose()?,
        };
        self.ended = next.is_err();
        let bytes = match &next {
            Ok(Ok(document)) => document.bytes.len(),
            _ => 0,
        };
        Some((next, bytes))
    }

    fn is_ready(&mut self) -> bool {
        self.ended || self.rest.is_ready()
    }

    fn never_waits(&self) -> bool {
        self.rest.never_waits()
    }
}
