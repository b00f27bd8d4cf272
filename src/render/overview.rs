//! The overview of sessions, and the line that names a session above its rows.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

use super::csv::Record;
use super::rows::Section;
use super::style::Tone;
use super::table::{Cell, Column, Table};
use super::{LayoutOptions, sanitize};
use crate::model::{KnowledgeGapAnalysisOutcome as Outcome, MissingEvidenceReason as Reason};
use crate::model::{Number, SessionAnalysisInput};
use crate::rows::spell;
use crate::view::overview::OverviewRow;
use crate::view::turns::seconds_between;

/// What is said of a session that has no end.
const NO_END: &str = "no end";

/// A session in a line: `7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11  chat · transferred · 11m 59s`. The id
/// is whole, to be copied, unless that does not fit.
pub fn title<M, R, C, T>(
    input: &SessionAnalysisInput<'_, M, R, C, T>,
    options: &LayoutOptions,
) -> String {
    let mut facts = Vec::with_capacity(3);
    facts.extend(input.channel.as_deref().map(sanitize::line));
    facts.push(match &input.knowledge_gap_analysis_outcome {
        Some(outcome) => sanitize::line(outcome.as_str()),
        None => "no outcome".into(),
    });
    facts.push(length(seconds_between(input.started_at.as_ref(), input.ended_at.as_ref())));
    let facts = facts.join(" · ");
    let id = sanitize::line(&input.session_id);
    let fits = options.width.is_none_or(|width| id.width() + 2 + facts.width() <= width);
    let id = match id.split_once('-') {
        Some((first, rest)) if !fits && rest.len() > 1 => Cow::Owned(format!("{first}-…")),
        _ => id,
    };
    format!("{id}  {facts}")
}

/// How long a session took.
fn length(seconds: Option<i64>) -> Cow<'static, str> {
    seconds.map_or(NO_END.into(), |seconds| spell::duration(seconds).into())
}

impl Record for OverviewRow<'_> {
    // The score and its scale stand apart: a spreadsheet takes 4/5 for a date.
    const FIELDS: &'static [&'static str] = &[
        "session_id",
        "channel",
        "knowledge_gap_analysis_outcome",
        "completion_reason",
        "started_at",
        "ended_at",
        "duration_seconds",
        "turns",
        "retrievals",
        "hits",
        "hit_rate",
        "citations",
        "tool_calls",
        "tool_calls_unrecorded",
        "tool_errors",
        "handoffs",
        "csat_score",
        "csat_scale_max",
        "missing_evidence_reasons",
        "analyzer_input_schema_version",
    ];

    fn values(&self) -> Vec<Cow<'_, str>> {
        let number = |number: Option<Number<'_>>| {
            number.map_or(Cow::Borrowed(""), |number| number.to_string().into())
        };
        let reasons = self.missing_evidence_reasons.iter().map(Reason::as_str);
        vec![
            self.session_id.into(),
            self.channel.unwrap_or_default().into(),
            self.knowledge_gap_analysis_outcome.map_or("", Outcome::as_str).into(),
            self.completion_reason.unwrap_or_default().into(),
            self.started_at.map_or("", |time| time.as_str()).into(),
            self.ended_at.map_or("", |time| time.as_str()).into(),
            self.duration_seconds.map(|seconds| seconds.to_string()).unwrap_or_default().into(),
            self.turns.to_string().into(),
            self.retrievals.to_string().into(),
            self.hits.to_string().into(),
            self.hit_rate.map(|rate| rate.to_string()).unwrap_or_default().into(),
            self.citations.to_string().into(),
            self.tool_calls.to_string().into(),
            self.tool_calls_unrecorded.to_string().into(),
            self.tool_errors.to_string().into(),
            self.handoffs.to_string().into(),
            number(self.csat_score),
            number(self.csat_scale_max),
            reasons.collect::<Vec<_>>().join(";").into(),
            number(self.analyzer_input_schema_version),
        ]
    }
}

/// Every column there is; a narrow terminal gets a part of them.
const COLUMNS: [Column; 12] = [
    Column::words("session"),
    Column::words("via"),
    Column::words("outcome"),
    Column::words("started"),
    Column::numbers("length"),
    Column::numbers("turns"),
    Column::numbers("hits"),
    Column::numbers("cited"),
    Column::numbers("tools"),
    Column::numbers("hand-offs"),
    Column::numbers("csat"),
    Column::text("missing"),
];

/// Reasons are shown as codes where they have so much room: two of the usual ones in a line.
const CODES: usize = 32;

/// And in short words with no column left out where they have so much.
const WORDS: usize = 15;

/// A word of a stranger's is cut past this on a terminal; the API's own are shorter.
const WORD: usize = 14;

/// The sessions' cells, which outlive their documents.
#[derive(Debug, Default)]
pub struct Overview {
    rows: Vec<Vec<Cell<'static>>>,
    /// Hits, tools and reasons once more, in few letters.
    short: Vec<[(&'static str, Cell<'static>); 3]>,
}

impl Overview {
    /// Whether no session was added.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a session.
    pub fn push(&mut self, row: &OverviewRow<'_>, options: &LayoutOptions) {
        let word = |text: &str| {
            let text = sanitize::line(text);
            if options.width.is_some() { spell::shorten(text, WORD) } else { text }.into_owned()
        };
        let outcome = match row.knowledge_gap_analysis_outcome {
            None => Cell::absent(),
            Some(outcome) => Cell::new(word(outcome.as_str()), outcome_tone(outcome)),
        };
        let length = match row.duration_seconds {
            Some(seconds) => spell::duration(seconds).into(),
            None => Cell::new(NO_END, Tone::Warn),
        };
        let (hits, all) = (spell::count(row.hits), spell::count(row.retrievals));
        let short_hits = format!("{hits}/{all}");
        let hits = |text: String| match row.hit_rate {
            None => Cell::absent(),
            Some(_) if row.hits < row.retrievals => Cell::new(text, Tone::Warn),
            Some(_) => text.into(),
        };
        let rate = row.hit_rate.map(spell::percent).unwrap_or_default();
        // As many as the tools command shows.
        let calls = row.tool_calls + row.tool_calls_unrecorded;
        let tools = |failed: &str| match row.tool_errors {
            0 => count(calls),
            errors => {
                let (calls, errors) = (spell::count(calls), spell::count(errors));
                Cell::new(format!("{calls}, {errors} {failed}"), Tone::Bad)
            }
        };
        self.short.push([
            ("hits", hits(short_hits.clone())),
            ("tools", tools("✗")),
            ("missing", reasons(row.missing_evidence_reasons, short)),
        ]);
        let csat = match row.csat_score {
            None => Cell::absent(),
            Some(score) => match row.csat_scale_max {
                Some(scale) => format!("{score}/{scale}").into(),
                None => format!("{score}/5").into(),
            },
        };
        self.rows.push(vec![
            Cell::new(session(row.session_id, options), Tone::Strong),
            row.channel.map_or_else(Cell::absent, |channel| word(channel).into()),
            outcome,
            row.started_at.map_or_else(Cell::absent, |time| options.zone.date_time(time).into()),
            length,
            count(row.turns),
            hits(format!("{short_hits} {rate}")),
            count(row.citations),
            tools("failed"),
            count(row.handoffs),
            csat,
            reasons(row.missing_evidence_reasons, |reason| sanitize::line(reason.as_str())),
        ]);
    }

    /// All sessions as one table: with fewer columns, and fewer letters, where `look` is too narrow
    /// for all.
    pub fn section(self, options: &LayoutOptions) -> Section<'static> {
        let title = spell::counted(self.rows.len(), "session", "sessions");
        let mut table = Table { columns: COLUMNS.to_vec(), rows: self.rows };
        let fits = |table: &Table<'_>, missing: usize| {
            options.width.is_none_or(|width| table.rigid_width() + missing <= width)
        };
        if !fits(&table, CODES) {
            drop_column(&mut table, "started");
        }
        if !fits(&table, CODES) {
            for (row, short) in table.rows.iter_mut().zip(self.short) {
                for (title, short) in short {
                    let place = table.columns.iter().position(|column| column.title == title);
                    if let Some(cell) = place.and_then(|place| row.get_mut(place)) {
                        *cell = short;
                    }
                }
            }
            for spared in ["hand-offs", "cited"] {
                if !fits(&table, WORDS) {
                    drop_column(&mut table, spared);
                }
            }
        }
        Section { title, table, notes: Vec::new() }
    }
}

/// A session's id, cut on a terminal even where it is no id.
fn session(id: &str, options: &LayoutOptions) -> String {
    let id = spell::id(id, options.short_ids);
    if options.short_ids { spell::shorten(id, WORD) } else { id }.into_owned()
}

/// Takes a column out.
fn drop_column(table: &mut Table<'_>, title: &str) {
    let Some(index) = table.columns.iter().position(|column| column.title == title) else { return };
    table.columns.remove(index);
    for row in &mut table.rows {
        if index < row.len() {
            row.remove(index);
        }
    }
}

fn count(count: usize) -> Cell<'static> {
    Cell::new(spell::count(count), if count == 0 { Tone::Dim } else { Tone::Plain })
}

fn reasons<'a>(
    reasons: &'a [Reason<'_>],
    name: impl Fn(&'a Reason<'_>) -> Cow<'a, str>,
) -> Cell<'static> {
    if reasons.is_empty() {
        return Cell::absent();
    }
    reasons.iter().map(name).collect::<Vec<_>>().join(", ").into()
}

/// A reason in few letters: what is missing.
fn short<'a>(reason: &'a Reason<'_>) -> Cow<'a, str> {
    Cow::Borrowed(match reason {
        Reason::NoRagTrace => "rag",
        Reason::NoKbSnapshot => "kb",
        Reason::NoCitations => "citations",
        Reason::NoToolTrace => "tools",
        Reason::NoCsat => "csat",
        Reason::NoUserFeedback => "feedback",
        Reason::TranscriptRedactionSkipped => "redaction",
        Reason::LegacySession => "legacy",
        Reason::Other(other) => return sanitize::line(other),
    })
}

/// Whether an outcome is a good one.
fn outcome_tone(outcome: &Outcome<'_>) -> Tone {
    match outcome {
        Outcome::Resolved => Tone::Good,
        Outcome::Error | Outcome::CallFailed => Tone::Bad,
        Outcome::Unresolved | Outcome::Abandoned | Outcome::Expired | Outcome::Escalated => {
            Tone::Warn
        }
        Outcome::Transferred | Outcome::Voicemail | Outcome::Other(_) => Tone::Plain,
    }
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "as snapbox writes them")]
mod tests {
    use snapbox::{IntoData as _, assert_data_eq, str};

    use super::*;
    use crate::render::rows;
    use crate::view::overview::{self as view, Input};

    const SESSIONS: [&str; 3] = [
        r#"{
            "session_id": "0b54a1de-0000-4000-8000-00000000c0de",
            "channel": "chat", "knowledge_gap_analysis_outcome": "transferred",
            "started_at": "2026-09-14T10:00:00Z", "ended_at": "2026-09-14T10:12:04Z",
            "messages": [{"turn_id": "t"}, {"turn_id": "u"}],
            "rag_traces": [{"hit": true}, {"hit": false}, {"hit": true}], "citations": [{}],
            "tool_calls": [{"error": "e"}, {"result": "r"}], "handoff_events": [{}],
            "csat": {"score": 4, "scale_max": 5},
            "missing_evidence_reasons": ["no_user_feedback", "transcript_redaction_skipped"]
        }"#,
        r#"{
            "session_id": "1c54a1de-0000-4000-8000-00000000beef", "channel": "voice",
            "knowledge_gap_analysis_outcome": "aban\u001b[31mdoned",
            "started_at": "2026-09-14T10:00:00Z", "rag_traces": [{"hit": true}],
            "missing_evidence_reasons": ["legacy_session", "no_rag_trace", "no_kb_snapshot",
                "no_citations", "no_tool_trace", "no_csat", "no_moon"]
        }"#,
        r#"{"session_id": "bare"}"#,
    ];

    fn shown(width: Option<usize>) -> String {
        let options =
            LayoutOptions { width, short_ids: width.is_some(), ..LayoutOptions::default() };
        let mut overview = Overview::default();
        for session in SESSIONS {
            let input: Input<'_> = serde_json::from_str(session).unwrap();
            overview.push(&view::row(&input), &options);
        }
        let mut out = Vec::new();
        rows::write_text(&overview.section(&options), &options, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for line in text.lines() {
            assert!(width.is_none_or(|width| line.width() <= width), "too wide: {line}");
        }
        text
    }

    #[test]
    fn the_overview_fits_eighty_columns() {
        assert_data_eq!(
            shown(Some(80)),
            str![[r#"
3 sessions
session  via    outcome       length  turns  hits   tools  csat  missing
0b54…de  chat   transferred  12m 04s      2   2/3  2, 1 ✗   4/5  feedback,
                                                                 redaction
1c54…ef  voice  abandoned     no end      0   1/1       0     –  legacy, rag,
                                                                 kb, citations,
                                                                 tools, csat,
                                                                 no_moon
bare     –      –             no end      0     –       0     –  –

"#]]
            .raw()
        );
    }

    #[test]
    fn a_wide_terminal_gets_every_column() {
        assert_data_eq!(shown(Some(160)), str![[r#"
3 sessions
session  via    outcome      started                   length  turns      hits  cited        tools  hand-offs  csat  missing
0b54…de  chat   transferred  2026-09-14 10:00:00 UTC  12m 04s      2   2/3 67%      1  2, 1 failed          1   4/5  no_user_feedback,
                                                                                                                     transcript_redaction_skipped
1c54…ef  voice  abandoned    2026-09-14 10:00:00 UTC   no end      0  1/1 100%      0            0          0     –  legacy_session, no_rag_trace,
                                                                                                                     no_kb_snapshot, no_citations,
                                                                                                                     no_tool_trace, no_csat, no_moon
bare     –      –            –                         no end      0         –      0            0          0     –  –

"#]].raw());
    }

    #[test]
    fn in_a_pipe_a_row_is_a_line_with_whole_ids_and_codes() {
        assert_data_eq!(shown(None), str![[r#"
3 sessions
session                               via    outcome      started                   length  turns      hits  cited        tools  hand-offs  csat  missing
0b54a1de-0000-4000-8000-00000000c0de  chat   transferred  2026-09-14 10:00:00 UTC  12m 04s      2   2/3 67%      1  2, 1 failed          1   4/5  no_user_feedback, transcript_redaction_skipped
1c54a1de-0000-4000-8000-00000000beef  voice  abandoned    2026-09-14 10:00:00 UTC   no end      0  1/1 100%      0            0          0     –  legacy_session, no_rag_trace, no_kb_snapshot, no_citations, no_tool_trace, no_csat, no_moon
bare                                  –      –            –                         no end      0         –      0            0          0     –  –

"#]].raw());
    }

    #[test]
    fn strangers_words_do_not_burst_the_table() {
        let long = "接続".repeat(40);
        let session = format!(
            r#"{{"session_id":"{long}","channel":"{long}","knowledge_gap_analysis_outcome":"{long}"}}"#
        );
        let input: Input<'_> = serde_json::from_str(&session).unwrap();
        let options =
            LayoutOptions { width: Some(80), short_ids: true, ..LayoutOptions::default() };
        let mut overview = Overview::default();
        overview.push(&view::row(&input), &options);
        assert!(overview.section(&options).table.rigid_width() <= 80);
    }

    #[test]
    fn a_title_names_the_session_in_one_line() {
        let title = |session: &str, width| {
            let input: Input<'_> = serde_json::from_str(session).unwrap();
            title(&input, &LayoutOptions { width, ..LayoutOptions::default() })
        };
        let [first, second, third] = SESSIONS;
        assert_eq!(
            title(first, None),
            "0b54a1de-0000-4000-8000-00000000c0de  chat · transferred · 12m 04s"
        );
        assert_eq!(title(first, Some(40)), "0b54a1de-…  chat · transferred · 12m 04s");
        assert_eq!(
            title(second, Some(80)),
            "1c54a1de-0000-4000-8000-00000000beef  voice · abandoned · no end"
        );
        assert_eq!(title(third, Some(80)), "bare  no outcome · no end");
    }

    #[test]
    fn a_csv_row_has_a_value_a_field() {
        for session in SESSIONS {
            let input: Input<'_> = serde_json::from_str(session).unwrap();
            let row = view::row(&input);
            assert_eq!(row.values().len(), OverviewRow::FIELDS.len());
            let json = serde_json::to_value(&row).unwrap();
            assert!(OverviewRow::FIELDS.iter().all(|field| json.get(field).is_some()));
        }
    }
}
