//! The transcript: text for reading, Markdown for an issue tracker, rows for scripts.

mod cut;
pub mod html;
mod markdown;
mod text;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::ops::{Range, RangeInclusive};

use self::cut::say_the_same;
use super::frame::Frame;
use super::{LayoutOptions, Out, embedded, json, sanitize};
use crate::model::LazyText;
use crate::rows::spell::{self, counted, duration};
use crate::view::transcript::{
    AnswerabilityRow, CallRow, Counts, Header, MessageRow, Selection, Transcript,
};

/// How the transcript is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For reading.
    Text,
    /// For an issue tracker.
    Markdown,
    /// One array, an object a row.
    Json,
    /// A line a row.
    Ndjson,
}

/// What stands around and between the sessions.
pub fn frame(format: Format, options: &LayoutOptions) -> Frame {
    match format {
        Format::Json => json::frame(false),
        Format::Ndjson => json::frame(true),
        Format::Text => Frame { between: text::between(options).into(), ..Frame::default() },
        Format::Markdown => Frame { between: "\n---\n\n".into(), ..Frame::default() },
    }
}

/// Whether a session can be written in parts, one not waiting for another.
pub fn has_parts(selection: &Selection, format: Format) -> bool {
    // Where a part may turn out empty it is not known how the next one begins.
    selection.is_whole() && format != Format::Markdown
}

/// Writes what stands at these places of one session, as far as it is selected. Returns what must be
/// told elsewhere, since the format has no place for it.
pub fn write(
    transcript: &Transcript<'_>,
    selection: &Selection,
    format: Format,
    options: &LayoutOptions,
    places: Range<usize>,
    out: Out<'_>,
) -> io::Result<Option<String>> {
    match format {
        Format::Json | Format::Ndjson => {
            let mut elements = json::Elements::new(format == Format::Ndjson, options, out);
            if places.start > 0 {
                elements = elements.going_on();
            }
            transcript.rows_at(selection, places).try_for_each(|row| elements.push(&row))?;
            Ok(nothing(transcript, selection).filter(|_| !selection.is_whole()))
        }
        Format::Text => text::write(transcript, selection, options, places, out).map(|()| None),
        Format::Markdown => markdown::write(transcript, selection, options, out).map(|()| None),
    }
}

/// The notice for a document whose text was not redacted.
const UNREDACTED: &str = "Not redacted: the document carries transcript_redaction_skipped, so \
     personal data stands in this text as it was said.";

/// Why there is no turn to show, where there is none.
fn nothing(transcript: &Transcript<'_>, selection: &Selection) -> Option<String> {
    if transcript.turns() == 0 {
        return Some("no messages: the document has no transcript".to_owned());
    }
    if transcript.has(selection) {
        return None;
    }
    let roles: Vec<_> = selection.roles.iter().map(|role| quoted(role)).collect();
    let roles = roles.join(" or ");
    let place = spans(&selection.turns);
    if selection.flagged && transcript.has(&Selection { flagged: false, ..selection.clone() }) {
        let wanted = if selection.takes_ends() { "" } else { " that is selected" };
        return Some(format!("no turn{wanted} has a flag: there is nothing to look at"));
    }
    Some(match &*selection.turns {
        [] => {
            let known: Vec<_> =
                transcript.roles().iter().take(12).map(|role| named(role)).collect();
            let more = if transcript.roles().len() > 12 { ", …" } else { "" };
            format!(
                "no turn has the role {roles}; the session's roles are {}{more}",
                known.join(", ")
            )
        }
        ranges
            if selection.roles.is_empty()
                || ranges.iter().all(|range| *range.start() > transcript.turns()) =>
        {
            format!("no turn {place}; the session has {}", turns(transcript.turns()))
        }
        _ => format!("no turn of {place} has the role {roles}"),
    })
}

/// `#4, #10 or later`.
fn spans(ranges: &[RangeInclusive<usize>]) -> String {
    ranges.iter().map(span).collect::<Vec<_>>().join(", ")
}

/// Turns that the header names.
const NAMED: usize = 12;

/// The turns to look at, with what there is to see: `#6 cited-not-retrieved`.
fn looks(looks: &BTreeMap<usize, Vec<String>>) -> Vec<String> {
    let named = looks.iter().take(NAMED);
    let mut parts: Vec<String> = named
        .map(|(turn, looks)| sanitize::line(&format!("#{turn} {}", looks.join(", "))).into_owned())
        .collect();
    let more = looks.len().saturating_sub(NAMED);
    parts.extend((more > 0).then(|| format!("{} more: --only flagged", spell::count(more))));
    parts
}

/// What a selection of turns leaves out; None where that is nothing.
fn left_out(transcript: &Transcript<'_>, selection: &Selection) -> Option<String> {
    let parts = transcript.left_out(selection);
    (!parts.is_empty()).then(|| format!("left out: {}", parts.join(", ")))
}

/// `#4`, `#4..#9`, `#4 and later`.
fn span(range: &RangeInclusive<usize>) -> String {
    match (*range.start(), *range.end()) {
        (first, usize::MAX) => format!("#{first} or later"),
        (first, last) if first == last => format!("#{first}"),
        (first, last) => format!("#{first}..#{last}"),
    }
}

/// What is selected, in words: `turns #4..#9, role user, without evidence`.
fn selected(selection: &Selection) -> String {
    let mut parts = Vec::new();
    if let [range] = &*selection.turns {
        let one = range.start() == range.end();
        parts.push(format!("turn{} {}", if one { "" } else { "s" }, span(range)));
    } else if !selection.turns.is_empty() {
        parts.push(format!("turns {}", spans(&selection.turns)));
    }
    if !selection.roles.is_empty() {
        let roles: Vec<_> = selection.roles.iter().map(|role| named(role)).collect();
        parts.push(format!("role {}", roles.join(" or ")));
    }
    if selection.flagged {
        parts.push("flagged".to_owned());
    }
    if !selection.evidence {
        parts.push("without evidence".to_owned());
    }
    parts.join(", ")
}

fn quoted(role: &str) -> String {
    format!("\"{}\"", sanitize::line(role))
}

/// A role, or what stands for one that was not sent.
fn named(role: &str) -> Cow<'_, str> {
    word(role).unwrap_or(Cow::Borrowed("(no role)"))
}

/// Harmless text on one line without blanks at its ends; None where nothing is left.
fn word(text: &str) -> Option<Cow<'_, str>> {
    let text = match sanitize::line(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty()).then_some(text)
}

/// An id, harmless, as [`spell::id`] has it.
fn id(id: &str, short: bool) -> Cow<'_, str> {
    sanitize::cow_line(spell::id(id, short))
}

/// A time as it is spelt; one that is no time is a stranger's text.
fn harmless(time: String) -> String {
    sanitize::cow_line(Cow::Owned(time)).into_owned()
}

fn turns(count: usize) -> String {
    counted(count, "turn", "turns")
}

/// The counts in words, a part a kind of evidence; what there is none of is left out.
fn counts(counts: &Counts) -> Vec<String> {
    let mut parts = vec![turns(counts.turns)];
    let mut part = |count: usize, one: &str, many: &str, details: &[(usize, &str)]| {
        if count > 0 {
            let mut part = counted(count, one, many);
            for (count, what) in details.iter().filter(|(count, _)| *count > 0) {
                part = format!("{part}, {} {what}", spell::count(*count));
            }
            parts.push(part);
        }
    };
    let hits = if counts.hits == 1 { "hit" } else { "hits" };
    let errors = if counts.errors == 1 { "error" } else { "errors" };
    part(counts.retrievals, "retrieval", "retrievals", &[(counts.hits, hits)]);
    let not_retrieved = [(counts.not_retrieved, "not retrieved")];
    part(counts.citations, "citation", "citations", &not_retrieved);
    let details = [
        (counts.errors, errors),
        (counts.no_result, "no-result"),
        (counts.unrecorded, "unrecorded"),
    ];
    part(counts.tool_calls, "tool call", "tool calls", &details);
    part(counts.handoffs, "hand-off", "hand-offs", &[]);
    part(counts.orphans, "orphan", "orphans", &[]);
    parts
}

/// How long the session took, in words.
fn lasted(header: &Header<'_>) -> String {
    match header.seconds {
        Some(seconds) => duration(seconds),
        None if header.ended_at.is_none() => "no end recorded".to_owned(),
        None => "unknown duration".to_owned(),
    }
}

/// `truncated, 12,431 characters originally`; None where nothing was cut.
fn truncation(row: &MessageRow<'_>) -> Option<String> {
    let count = row.original_char_count.map(|count| {
        let number = usize::try_from(count.as_i64());
        number.map_or_else(|_| count.to_string(), spell::count)
    });
    row.truncated.then(|| match count {
        Some(count) => format!("truncated, {count} characters originally"),
        None => "truncated".to_owned(),
    })
}

/// `answerable → answer`, `unanswerable → abstain (shadow)`.
fn verdict(gate: &AnswerabilityRow<'_>) -> Option<String> {
    let label = gate.label.and_then(word);
    let action = gate.action.and_then(word);
    let verdict = match (label, action) {
        (Some(label), Some(action)) => format!("{label} → {action}"),
        (Some(one), None) | (None, Some(one)) => one.into_owned(),
        (None, None) => return None,
    };
    let shadow = gate.mode.is_some_and(|mode| mode.eq_ignore_ascii_case("shadow"));
    Some(if shadow { format!("{verdict} (shadow)") } else { verdict })
}

/// How a message asked for a call, as far as that says something else than the call's record.
fn asked(row: &CallRow<'_>) -> Option<String> {
    let arguments = row.asked_arguments.map(LazyText::decode);
    let arguments = arguments.filter(|asked| !say_the_same(asked, &row.arguments.decode()));
    let arguments = arguments.map(|arguments| embedded::decoded(&arguments).into_owned());
    let name = row.asked_name.map(str::to_owned);
    let parts: Vec<_> = name.into_iter().chain(arguments).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// What came back of a call, error and result, as far as it does not stand in the turn that brought
/// it: what stands there is not told twice.
fn outcome<'a>(row: &CallRow<'a>) -> (Option<&'a str>, Option<Cow<'a, str>>) {
    let said = row.answered_with.map(LazyText::decode);
    let stands = |text: &str| said.as_ref().is_some_and(|said| say_the_same(said, text));
    let error = row.error.filter(|error| !stands(error));
    let result = row.result.map(LazyText::decode).filter(|result| !stands(result));
    (error, result)
}

/// A chunk by its id, its document before it where the id does not begin with that.
fn chunk(doc_id: &str, chunk_id: &str, short: bool) -> String {
    // Names say where a chunk is from; only what is as long as a UUID is cut.
    let id = |id: &str| self::id(id, short && id.len() >= 32).into_owned();
    let chunk_id = word(chunk_id).unwrap_or(Cow::Borrowed("(no id)"));
    let chunk = id(&chunk_id);
    if doc_id.is_empty() || chunk_id.starts_with(doc_id) {
        return chunk;
    }
    format!("{}/{chunk}", id(doc_id))
}

/// Harmless text without tabs, or blanks and empty lines at its ends; indentation stays.
fn block(text: &str) -> Cow<'_, str> {
    let clean = sanitize::text(text);
    let clean = if clean.contains('\t') { Cow::Owned(clean.replace('\t', "    ")) } else { clean };
    match clean {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) if trim(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    }
}

fn trim(text: &str) -> &str {
    let text = text.trim_end();
    let indented = text.trim_start();
    let blank = text.len() - indented.len();
    // Only whole empty lines go.
    let begin = text.get(..blank).and_then(|blank| blank.rfind('\n')).map_or(0, |end| end + 1);
    text.get(begin..).unwrap_or(indented)
}

#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod tests;
