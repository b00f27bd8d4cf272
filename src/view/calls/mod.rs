//! Tool calls and what belongs to each of them.
//!
//! A call can leave three traces: an entry of `tool_calls` (the record), a message that asked for it
//! and a message that carries its result. [`join`] finds those that belong together:
//!
//! - A record and a request belong together if they have the same call id; of several with one id
//!   those of the same turn come first, then the rest in the document's order, each used once. So
//!   ids that are used again (some models begin at `call_0` in every turn) lose no call. An empty id
//!   belongs to nothing.
//! - A message's result belongs to the latest message before it that asked with that id (in that
//!   message, to the first call that has none), else to the first call of that id that has none. A
//!   result for which no call is left stands alone.
//! - The record's result and error come before a message's. A message's empty output beside an error
//!   is no result: the API requires the field.
//! - A call is of the turn that the record names, else of that of the message that asked or, where
//!   none did, of the message that carries the result.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::hash::Hash;

use hashbrown::HashMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::IgnoredAny;

use super::turns::Place;
use crate::model::{
    LazyText, MessageEntry, MessageTools, Text, ToolCall, ToolCallEntry, ToolResult,
};
use crate::rows::{Quoting, Record, Tone};

/// A message, as far as its tool traffic goes.
pub trait Traffic<'a>: Place {
    /// The calls it asks for.
    fn tool_calls(&self) -> &[ToolCall<'a>];
    /// The result it carries.
    fn tool_results(&self) -> Option<&ToolResult<'a>>;
}

macro_rules! traffic {
    ($($message:ident),+) => {
        $(impl<'a> Traffic<'a> for $message<'a> {
            fn tool_calls(&self) -> &[ToolCall<'a>] {
                self.tool_calls.as_deref().unwrap_or_default()
            }

            fn tool_results(&self) -> Option<&ToolResult<'a>> {
                self.tool_results.as_deref()
            }
        })+
    };
}

pub(super) use traffic;

traffic!(MessageEntry, MessageTools);

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A result came back and no error.
    Ok,
    /// An error that says something is in the record or in the message with the result.
    Error,
    /// Recorded, but neither result nor error is anywhere.
    NoResult,
    /// Absent from `tool_calls`: only messages know of it. Whatever came back does not change that.
    Unrecorded,
}

impl Status {
    /// Whether it is a good one.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Good,
            Self::Error => Tone::Bad,
            Self::NoResult | Self::Unrecorded => Tone::Warn,
        }
    }

    /// Every status, in the order counts are told.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Error, Self::NoResult, Self::Unrecorded];

    /// The status as `--only` and the rows spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::NoResult => "no-result",
            Self::Unrecorded => "unrecorded",
        }
    }
}

/// How many calls have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub calls: usize,
    /// [`Status::Ok`].
    pub ok: usize,
    /// [`Status::Error`].
    pub errors: usize,
    /// [`Status::NoResult`].
    pub no_result: usize,
    /// [`Status::Unrecorded`].
    pub unrecorded: usize,
}

impl Counts {
    /// One more call.
    pub fn add(&mut self, status: Status) {
        self.calls += 1;
        match status {
            Status::Ok => self.ok += 1,
            Status::Error => self.errors += 1,
            Status::NoResult => self.no_result += 1,
            Status::Unrecorded => self.unrecorded += 1,
        }
    }

    /// How many have this status.
    pub const fn with(self, status: Status) -> usize {
        match status {
            Status::Ok => self.ok,
            Status::Error => self.errors,
            Status::NoResult => self.no_result,
            Status::Unrecorded => self.unrecorded,
        }
    }
}

impl FromIterator<Status> for Counts {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        let mut counts = Self::default();
        statuses.into_iter().for_each(|status| counts.add(status));
        counts
    }
}

/// A call, with at least one of its three traces.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The call as it was recorded.
    pub record: Option<&'a ToolCallEntry<'a>>,
    /// The index of the message that asked for it, and the call as it was asked for.
    pub asked: Option<(usize, &'a ToolCall<'a>)>,
    /// The index of the message that carries its result, and the result.
    pub carried: Option<(usize, &'a ToolResult<'a>)>,
    /// The number of its turn, from 1; None for an orphan.
    pub turn: Option<usize>,
    /// The request's place among all requests; the last of all where there is none.
    request: usize,
}

impl<'a> Call<'a> {
    /// The call's id.
    pub fn id(&self) -> &'a str {
        self.record
            .map(|record| &*record.tool_call_id)
            .or_else(|| self.asked.map(|(_, asked)| &*asked.id))
            .or_else(|| self.carried.map(|(_, result)| &*result.tool_call_id))
            .unwrap_or_default()
    }

    /// The tool; None where no name was sent.
    pub fn name(&self) -> Option<&'a str> {
        self.record
            .and_then(|record| filled(Some(&record.name)))
            .or_else(|| self.asked.and_then(|(_, asked)| filled(Some(&asked.function.name))))
    }

    /// The arguments as the model wrote them: the record's where it has some, else the request's.
    pub fn arguments(&self) -> Option<LazyText<'a>> {
        let recorded = self.record.map(|record| record.arguments);
        recorded
            .filter(|arguments| !arguments.is_empty())
            .or_else(|| self.asked.map(|(_, asked)| asked.function.arguments))
            .or(recorded)
    }

    /// What went wrong: the record's, else the message's; None where it is empty.
    pub fn error(&self) -> Option<&'a str> {
        self.record
            .and_then(|record| filled(record.error.as_ref()))
            .or_else(|| self.carried.and_then(|(_, result)| filled(result.error.as_ref())))
    }

    /// What came back: the record's, else the message's.
    pub fn result(&self) -> Option<LazyText<'a>> {
        self.record.and_then(|record| record.result).or_else(|| {
            self.carried
                .map(|(_, result)| result.output)
                .filter(|output| !(output.is_empty() && self.error().is_some()))
        })
    }

    /// How it went.
    pub fn status(&self) -> Status {
        if self.record.is_none() {
            Status::Unrecorded
        } else if self.error().is_some() {
            Status::Error
        } else if self.result().is_some() {
            Status::Ok
        } else {
            Status::NoResult
        }
    }

    /// Whether only a message with its result knows of it.
    pub const fn is_result_alone(&self) -> bool {
        self.record.is_none() && self.asked.is_none()
    }

    /// Whether its arguments set out to be JSON and are none.
    pub fn has_broken_arguments(&self) -> bool {
        // What was parsed was whole.
        self.record.is_none_or(|record| record.arguments_parsed.is_none())
            && self.arguments().is_some_and(are_broken)
    }

    /// The turn's id, where the record names one.
    pub fn recorded_turn_id(&self) -> Option<&'a str> {
        self.record.and_then(|record| filled(Some(&record.assistant_turn_id)))
    }

    /// The index of the message that asked for it, else of the one with its result.
    pub fn message(&self) -> Option<usize> {
        self.asked.map(|(index, _)| index).or(self.carried.map(|(index, _)| index))
    }
}

/// Arguments that set out to be a JSON object or array and are none.
pub const BROKEN_ARGUMENTS: &str = "broken-arguments";

/// Whether arguments set out to be a JSON object or array and are none.
pub fn are_broken(arguments: LazyText<'_>) -> bool {
    let text = arguments.decode();
    let text = text.trim();
    text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_err()
}

/// An error as people read it: where it is JSON that has a message, that comes first.
pub fn message_first(error: &str) -> Cow<'_, str> {
    match told(error) {
        (Some(message), rest) if rest.is_empty() => Cow::Owned(message),
        (Some(message), rest) => Cow::Owned(format!("{message} {rest}")),
        (None, _) => Cow::Borrowed(error),
    }
}

/// The same among other words.
pub fn quote_error(quoting: &mut Quoting, error: &str) {
    let (message, rest) = told(error);
    if let Some(message) = message {
        quoting.words(&message);
        quoting.words(if rest.is_empty() { "" } else { " " });
    }
    quoting.quote(&rest);
}

/// The message of an error that is JSON and has one, and what else it says.
fn told(error: &str) -> (Option<String>, Cow<'_, str>) {
    fn message(record: &Record<'_>) -> Option<String> {
        let message = record.string("message").filter(|text| !text.trim().is_empty());
        message.map(Cow::into_owned)
    }

    let record = error.trim_start().starts_with('{').then(|| Record::of(error).ok()).flatten();
    let Some(record) = record else { return (None, error.into()) };
    if let Some(message) = message(&record) {
        let rest = Some(record.without("message")).filter(|rest| rest != "{}");
        return (Some(message), rest.unwrap_or_default().into());
    }
    let inner = record.named("error").filter(|json| json.starts_with('{'));
    (inner.and_then(|json| message(&Record::of(json).ok()?)), error.into())
}

/// The text, if there is any.
fn filled<'a>(text: Option<&'a Text<'a>>) -> Option<&'a str> {
    text.map(|text| &**text).filter(|text| !text.is_empty())
}

/// No place.
const NONE: usize = usize::MAX;

/// Places by key, first in first out. Each place can be in one queue.
struct Queues<K> {
    /// The first place that waits, and the last that ever did.
    ends: HashMap<K, (usize, usize)>,
    /// By place, the one behind it.
    next: Vec<usize>,
}

impl<K: Eq + Hash> Queues<K> {
    fn new(places: usize) -> Self {
        Self { ends: HashMap::with_capacity(places), next: vec![NONE; places] }
    }

    fn of(places: usize, entries: impl Iterator<Item = (K, usize)>) -> Self {
        let mut queues = Self::new(places);
        entries.for_each(|(key, place)| queues.push(key, place, |_| true));
        queues
    }

    /// Puts a place behind the others; in place of them unless it `goes_with` the last that came.
    fn push(&mut self, key: K, place: usize, goes_with: impl FnOnce(usize) -> bool) {
        let (first, last) = self.ends.entry(key).or_insert((NONE, NONE));
        if *first == NONE || !goes_with(*last) {
            *first = place;
        } else if let Some(next) = self.next.get_mut(*last) {
            *next = place;
        }
        *last = place;
    }

    fn take(&mut self, key: &K) -> Option<usize> {
        let (first, _) = self.ends.get_mut(key)?;
        let place = *first;
        // There is none behind no place.
        *first = *self.next.get(place)?;
        Some(place)
    }
}

/// A call as a message asked for it, and the message's index.
type Request<'a> = (usize, &'a ToolCall<'a>);

/// The calls: in the order of the turns, in a turn as they were asked for, then as the document has
/// them; orphans last. `number` gives the number of the turn with an id.
pub fn join<'a, M: Traffic<'a>>(
    messages: &'a [M],
    records: &'a [ToolCallEntry<'a>],
    number: impl Fn(&str) -> Option<usize>,
) -> Vec<Call<'a>> {
    let requests: Vec<Request<'a>> = messages
        .iter()
        .enumerate()
        .flat_map(|(index, message)| message.tool_calls().iter().map(move |call| (index, call)))
        .collect();
    let mut calls = join_requests(messages, records, &requests);
    join_results(messages, &requests, &mut calls);
    for call in &mut calls {
        call.turn = match call.recorded_turn_id() {
            Some(id) => number(id),
            None => call.message().map(|index| index + 1),
        };
    }
    // Stable: what has no request stays in the document's order.
    calls.sort_by_key(|call| (call.turn.unwrap_or(usize::MAX), call.request));
    calls
}

/// Finds each record's request. What comes back begins with the records, in order; the requests
/// that have none follow.
fn join_requests<'a, M: Traffic<'a>>(
    messages: &'a [M],
    records: &'a [ToolCallEntry<'a>],
    requests: &[Request<'a>],
) -> Vec<Call<'a>> {
    let named = || requests.iter().enumerate().filter(|(_, (_, call))| !call.id.is_empty());
    let mut same_turn = Queues::of(
        requests.len(),
        named().map(|(place, (index, call))| {
            let turn_id = messages.get(*index).map_or("", Place::turn_id);
            ((turn_id, &*call.id), place)
        }),
    );
    let mut calls: Vec<Call<'a>> = records
        .iter()
        .map(|record| {
            let request = same_turn.take(&(&*record.assistant_turn_id, &*record.tool_call_id));
            Call::of(Some(record), requests, request.unwrap_or(NONE))
        })
        .collect();
    drop(same_turn);
    let mut joined = vec![false; requests.len()];
    for call in &calls {
        if let Some(joined) = joined.get_mut(call.request) {
            *joined = true;
        }
    }
    if calls.iter().any(|call| call.request == NONE) {
        let mut same_id = Queues::of(
            requests.len(),
            named()
                .filter(|(place, _)| joined.get(*place) == Some(&false))
                .map(|(place, (_, call))| (&*call.id, place)),
        );
        for call in calls.iter_mut().filter(|call| call.request == NONE) {
            if let Some(place) = same_id.take(&call.id()) {
                *call = Call::of(call.record, requests, place);
                if let Some(joined) = joined.get_mut(place) {
                    *joined = true;
                }
            }
        }
    }
    let unrecorded = joined.iter().enumerate().filter(|(_, joined)| !**joined);
    calls.extend(unrecorded.map(|(place, _)| Call::of(None, requests, place)));
    calls
}

/// Finds each result's call; adds a call for a result without one.
fn join_results<'a, M: Traffic<'a>>(
    messages: &'a [M],
    requests: &[Request<'a>],
    calls: &mut Vec<Call<'a>>,
) {
    if messages.iter().all(|message| message.tool_results().is_none()) {
        return;
    }
    let mut call_of = vec![NONE; requests.len()];
    for (index, call) in calls.iter().enumerate() {
        if let Some(slot) = call_of.get_mut(call.request) {
            *slot = index;
        }
    }
    // Call id → the requests that still wait for a result, all of the last message that asked.
    let mut open: Queues<&str> = Queues::new(requests.len());
    let mut next = requests.iter().enumerate().peekable();
    let mut left = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if let Some(result) = message.tool_results() {
            let call = Some(&*result.tool_call_id)
                .filter(|id| !id.is_empty())
                .and_then(|id| open.take(&id))
                .and_then(|request| call_of.get(request))
                .and_then(|call| calls.get_mut(*call));
            match call {
                Some(call) => call.carried = Some((index, result)),
                None => left.push((index, result)),
            }
        }
        while let Some((place, (_, call))) = next.next_if(|(_, (at, _))| *at == index) {
            open.push(&call.id, place, |last| {
                requests.get(last).is_some_and(|(asked_at, _)| *asked_at == index)
            });
        }
    }
    if left.is_empty() {
        return;
    }
    let mut without = Queues::of(
        calls.len(),
        calls
            .iter()
            .enumerate()
            .filter(|(_, call)| call.carried.is_none() && !call.id().is_empty())
            .map(|(index, call)| (call.id(), index)),
    );
    for (index, result) in left {
        let call = without.take(&&*result.tool_call_id).and_then(|call| calls.get_mut(call));
        let carried = Some((index, result));
        match call {
            Some(call) => call.carried = carried,
            None => calls.push(Call { carried, ..Call::of(None, &[], NONE) }),
        }
    }
}

impl<'a> Call<'a> {
    fn of(record: Option<&'a ToolCallEntry<'a>>, requests: &[Request<'a>], request: usize) -> Self {
        let asked = requests.get(request).copied();
        Self { record, asked, carried: None, turn: None, request }
    }
}
