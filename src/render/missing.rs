//! Missing evidence, as rows.

use std::borrow::Cow;

use super::csv::Record;
use super::rows::Section;
use super::style::Tone;
use super::table::{Cell, Column, Table};
use super::{LayoutOptions, sanitize};
use crate::rows::spell;
use crate::view::missing::{Agreement, Evidence, MissingRow, Summary, SummaryRow, verdict};

/// Running text gets a column of its own where that is at least so wide.
const TEXT: usize = 34;

/// A reason's code is cut past this on a terminal; the API's own are shorter.
const CODE: usize = 36;

/// What is said of a reason that has no words here.
const UNKNOWN: &str = "unknown to this version";

impl Record for MissingRow<'_> {
    const FIELDS: &'static [&'static str] = &[
        "session_id",
        "reason",
        "evidence",
        "declared",
        "present",
        "agreement",
        "meaning",
        "weakens",
    ];

    fn values(&self) -> Vec<Cow<'_, str>> {
        vec![
            self.session_id.into(),
            self.reason.unwrap_or_default().into(),
            self.evidence.map_or("", Evidence::as_str).into(),
            if self.declared { "true" } else { "false" }.into(),
            self.present.map(|count| count.to_string()).unwrap_or_default().into(),
            self.agreement.map_or("", Agreement::as_str).into(),
            self.meaning.unwrap_or_default().into(),
            self.weakens.unwrap_or_default().into(),
        ]
    }
}

impl Record for SummaryRow {
    const FIELDS: &'static [&'static str] = &[
        "reason",
        "sessions",
        "share",
        "declared_but_present",
        "absent_but_not_declared",
        "meaning",
        "weakens",
    ];

    fn values(&self) -> Vec<Cow<'_, str>> {
        vec![
            self.reason.as_str().into(),
            self.sessions.to_string().into(),
            self.share.map(|share| share.to_string()).unwrap_or_default().into(),
            self.declared_but_present.to_string().into(),
            self.absent_but_not_declared.to_string().into(),
            self.meaning.unwrap_or_default().into(),
            self.weakens.unwrap_or_default().into(),
        ]
    }
}

/// One session's reasons, and what they come to.
pub fn section<'r>(
    title: String,
    rows: &'r [MissingRow<'_>],
    options: &LayoutOptions,
) -> Section<'r> {
    let mut table = Table {
        columns: vec![Column::words("reason"), Column::words("declared")],
        rows: rows.iter().map(|row| vec![reason(row.reason, options), declared(row)]).collect(),
    };
    explain(&mut table, rows, options);
    let mut notes = vec![verdict(rows)];
    if rows.is_empty() {
        notes.insert(0, "no missing evidence: nothing is declared, and nothing is due".to_owned());
    }
    Section { title, table, notes }
}

/// One session's evidence of every kind, and what its reasons come to.
pub fn all<'r>(title: String, rows: &'r [MissingRow<'_>], options: &LayoutOptions) -> Section<'r> {
    let mut table = Table {
        columns: vec![
            Column::words("evidence"),
            Column::numbers("count"),
            Column::words("reason"),
            Column::words("declared"),
        ],
        rows: rows
            .iter()
            .map(|row| {
                vec![evidence(row), present(row), reason(row.reason, options), declared(row)]
            })
            .collect(),
    };
    // A narrow terminal has the verdict for it.
    if options.width.is_none_or(|width| table.rigid_width() + 2 * TEXT + 4 <= width) {
        explain(&mut table, rows, options);
    }
    Section { title, table, notes: vec![verdict(rows)] }
}

/// Adds what each row means and weakens: side by side, or one below the other where that is narrow.
fn explain(table: &mut Table<'_>, rows: &[MissingRow<'_>], options: &LayoutOptions) {
    let side_by_side =
        options.width.is_none_or(|width| table.rigid_width() + 2 * TEXT + 4 <= width);
    if side_by_side {
        table.columns.extend([Column::text("meaning"), Column::text("weakens")]);
        for (cells, row) in table.rows.iter_mut().zip(rows) {
            cells.extend([meaning(row), weakens(row)]);
        }
        return;
    }
    let blank = table.columns.len();
    table.columns.push(Column::text("meaning, and what it weakens"));
    let cells = std::mem::take(&mut table.rows);
    for (mut cells, row) in cells.into_iter().zip(rows) {
        cells.push(meaning(row));
        table.rows.push(cells);
        if let Some(text) = row.weakens {
            let mut below = vec![Cell::default(); blank];
            below.push(Cell::new(format!("→ {text}"), weakens(row).tone));
            table.rows.push(below);
        }
    }
}

fn reason<'r>(reason: Option<&'r str>, options: &LayoutOptions) -> Cell<'r> {
    let Some(reason) = reason else { return Cell::absent() };
    let code = sanitize::line(reason);
    let code = if options.width.is_some() { spell::shorten(code, CODE) } else { code };
    Cell::new(code, Tone::Strong)
}

fn evidence(row: &MissingRow<'_>) -> Cell<'static> {
    match row.evidence {
        Some(evidence) => evidence.as_str().into(),
        None => Cell::new("(the session)", Tone::Dim),
    }
}

fn present(row: &MissingRow<'_>) -> Cell<'static> {
    match row.present {
        None => Cell::absent(),
        Some(0) => Cell::new("0", Tone::Dim),
        Some(count) => spell::count(count).into(),
    }
}

/// Whether the reason is declared, and whether the document agrees.
fn declared(row: &MissingRow<'_>) -> Cell<'static> {
    match row.agreement {
        None => Cell::absent(),
        Some(Agreement::Agrees) if row.declared => Cell::new("yes, agrees", Tone::Plain),
        Some(Agreement::Agrees) => Cell::new("no", Tone::Dim),
        Some(Agreement::DeclaredButPresent) => Cell::new("yes, but present", Tone::Warn),
        Some(Agreement::AbsentButNotDeclared) => Cell::new("no, but absent", Tone::Warn),
        Some(Agreement::NotCheckable) => Cell::new("yes, not checkable", Tone::Dim),
        Some(Agreement::UnknownReason) => Cell::new("yes, unknown", Tone::Warn),
    }
}

fn meaning(row: &MissingRow<'_>) -> Cell<'static> {
    match (row.meaning, row.reason) {
        (Some(meaning), _) => meaning.into(),
        (None, Some(_)) => Cell::new(UNKNOWN, Tone::Warn),
        (None, None) => Cell::absent(),
    }
}

fn weakens(row: &MissingRow<'_>) -> Cell<'static> {
    row.weakens.map_or_else(Cell::absent, |weakens| Cell::new(weakens, Tone::Warn))
}

/// The figures over all sessions.
pub fn summary<'r>(
    summary: &Summary,
    rows: &'r [SummaryRow],
    options: &LayoutOptions,
) -> Section<'r> {
    let columns = vec![
        Column::words("reason"),
        Column::numbers("sessions"),
        Column::numbers("share"),
        Column::numbers("disagree"),
        Column::text("weakens"),
    ];
    let cells = |row: &'r SummaryRow| {
        let disagree = row.declared_but_present + row.absent_but_not_declared;
        vec![
            reason(Some(&row.reason), options),
            spell::count(row.sessions).into(),
            row.share.map_or_else(Cell::absent, |share| spell::percent(share).into()),
            Cell::new(spell::count(disagree), if disagree == 0 { Tone::Dim } else { Tone::Warn }),
            row.weakens.map_or_else(|| Cell::new(UNKNOWN, Tone::Warn), Cell::from),
        ]
    };
    let present: usize = rows.iter().map(|row| row.declared_but_present).sum();
    let undeclared: usize = rows.iter().map(|row| row.absent_but_not_declared).sum();
    let mut notes = vec![format!(
        "nothing is missing in {} of {}",
        spell::count(summary.complete),
        spell::counted(summary.sessions, "session", "sessions"),
    )];
    if present + undeclared > 0 {
        notes.push(format!(
            "disagreements: {} declared but present, {} absent but not declared",
            spell::count(present),
            spell::count(undeclared),
        ));
    }
    Section {
        title: format!(
            "Missing evidence in {}",
            spell::counted(summary.sessions, "session", "sessions")
        ),
        table: Table { columns, rows: rows.iter().map(cells).collect() },
        notes,
    }
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "as snapbox writes them")]
mod tests {
    use snapbox::{IntoData as _, assert_data_eq, str};
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::render::rows;
    use crate::view::missing::{self as view, Input};

    const SESSION: &str = r#"{
        "session_id": "s", "messages": [{"tool_calls": [{"id": "a"}]}], "user_feedback": {},
        "missing_evidence_reasons": ["no_user_feedback", "no_csat", "no_kb_snapshot",
                                     "transcript_redaction_skipped", "no_\u001b[1mmoon"]
    }"#;

    fn text(section: &Section<'_>, options: &LayoutOptions) -> String {
        let mut out = Vec::new();
        rows::write_text(section, options, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for line in text.lines() {
            assert!(options.width.is_none_or(|width| line.width() <= width), "too wide: {line}");
        }
        text
    }

    fn shown(width: Option<usize>, every: bool) -> String {
        let input: Input<'_> = serde_json::from_str(SESSION).unwrap();
        let options = LayoutOptions { width, ..LayoutOptions::default() };
        let title = "title".to_owned();
        if every {
            text(&all(title, &view::all(&input), &options), &options)
        } else {
            text(&section(title, &view::rows(&input), &options), &options)
        }
    }

    #[test]
    fn on_a_narrow_terminal_what_is_weakened_stands_below() {
        assert_data_eq!(
            shown(Some(80), false),
            str![[r#"
title
reason                        declared            meaning, and what it weakens
no_user_feedback              yes, but present    no feedback from the customer
                                                  was recorded
                                                  → gap the customer named vs
                                                  gap inferred
no_csat                       yes, agrees         no satisfaction score was
                                                  recorded
                                                  → satisfied vs dissatisfied
                                                  customer
no_kb_snapshot                yes, agrees         the state of the knowledge
                                                  bases at the time was not
                                                  recorded
                                                  → content missing then vs
                                                  removed or added since
transcript_redaction_skipped  yes, not checkable  the messages were not redacted
                                                  and may hold personal data
                                                  → any classification that
                                                  quotes the transcript
no_moon                       yes, unknown        unknown to this version
no_tool_trace                 no, but absent      tool calls were not recorded
                                                  → tool failure vs knowledge
                                                  gap
weakened: gap the customer named vs gap inferred; satisfied vs dissatisfied
customer; content missing then vs removed or added since; any classification
that quotes the transcript; tool failure vs knowledge gap; what reasons unknown
to this version rule out

"#]]
            .raw()
        );
        assert_data_eq!(
            shown(Some(80), true),
            str![[r#"
title
evidence           count  reason                        declared
messages               1  transcript_redaction_skipped  yes, not checkable
rag_traces             0  –                             no
citations              0  –                             no
tool_calls             0  no_tool_trace                 no, but absent
handoff_events         0  –                             –
kb_snapshot            0  no_kb_snapshot                yes, agrees
user_feedback          1  no_user_feedback              yes, but present
csat                   0  no_csat                       yes, agrees
reopen                 0  –                             –
customer_metadata      0  –                             –
(the session)          –  no_moon                       yes, unknown
weakened: any classification that quotes the transcript; tool failure vs
knowledge gap; content missing then vs removed or added since; gap the customer
named vs gap inferred; satisfied vs dissatisfied customer; what reasons unknown
to this version rule out

"#]]
            .raw()
        );
    }

    #[test]
    fn on_a_wide_terminal_it_stands_beside() {
        assert_data_eq!(shown(Some(140), false), str![[r#"
title
reason                        declared            meaning                                       weakens
no_user_feedback              yes, but present    no feedback from the customer was recorded    gap the customer named vs gap inferred
no_csat                       yes, agrees         no satisfaction score was recorded            satisfied vs dissatisfied customer
no_kb_snapshot                yes, agrees         the state of the knowledge bases at the time  content missing then vs removed or added
                                                  was not recorded                              since
transcript_redaction_skipped  yes, not checkable  the messages were not redacted and may hold   any classification that quotes the
                                                  personal data                                 transcript
no_moon                       yes, unknown        unknown to this version                       –
no_tool_trace                 no, but absent      tool calls were not recorded                  tool failure vs knowledge gap
weakened: gap the customer named vs gap inferred; satisfied vs dissatisfied customer; content missing then vs removed or added since; any
classification that quotes the transcript; tool failure vs knowledge gap; what reasons unknown to this version rule out

"#]].raw());
        assert_data_eq!(shown(Some(160), true), str![[r#"
title
evidence           count  reason                        declared            meaning                                    weakens
messages               1  transcript_redaction_skipped  yes, not checkable  the messages were not redacted and may     any classification that quotes the
                                                                            hold personal data                         transcript
rag_traces             0  –                             no                  –                                          –
citations              0  –                             no                  –                                          –
tool_calls             0  no_tool_trace                 no, but absent      tool calls were not recorded               tool failure vs knowledge gap
handoff_events         0  –                             –                   –                                          –
kb_snapshot            0  no_kb_snapshot                yes, agrees         the state of the knowledge bases at the    content missing then vs removed or added
                                                                            time was not recorded                      since
user_feedback          1  no_user_feedback              yes, but present    no feedback from the customer was          gap the customer named vs gap inferred
                                                                            recorded
csat                   0  no_csat                       yes, agrees         no satisfaction score was recorded         satisfied vs dissatisfied customer
reopen                 0  –                             –                   –                                          –
customer_metadata      0  –                             –                   –                                          –
(the session)          –  no_moon                       yes, unknown        unknown to this version                    –
weakened: any classification that quotes the transcript; tool failure vs knowledge gap; content missing then vs removed or added since; gap the customer named
vs gap inferred; satisfied vs dissatisfied customer; what reasons unknown to this version rule out

"#]].raw());
    }

    #[test]
    fn in_a_pipe_a_row_is_a_line() {
        assert_data_eq!(shown(None, false), str![[r#"
title
reason                        declared            meaning                                                        weakens
no_user_feedback              yes, but present    no feedback from the customer was recorded                     gap the customer named vs gap inferred
no_csat                       yes, agrees         no satisfaction score was recorded                             satisfied vs dissatisfied customer
no_kb_snapshot                yes, agrees         the state of the knowledge bases at the time was not recorded  content missing then vs removed or added since
transcript_redaction_skipped  yes, not checkable  the messages were not redacted and may hold personal data      any classification that quotes the transcript
no_moon                       yes, unknown        unknown to this version                                        –
no_tool_trace                 no, but absent      tool calls were not recorded                                   tool failure vs knowledge gap
weakened: gap the customer named vs gap inferred; satisfied vs dissatisfied customer; content missing then vs removed or added since; any classification that quotes the transcript; tool failure vs knowledge gap; what reasons unknown to this version rule out

"#]].raw());
        assert_data_eq!(shown(None, true), str![[r#"
title
evidence           count  reason                        declared            meaning                                                        weakens
messages               1  transcript_redaction_skipped  yes, not checkable  the messages were not redacted and may hold personal data      any classification that quotes the transcript
rag_traces             0  –                             no                  –                                                              –
citations              0  –                             no                  –                                                              –
tool_calls             0  no_tool_trace                 no, but absent      tool calls were not recorded                                   tool failure vs knowledge gap
handoff_events         0  –                             –                   –                                                              –
kb_snapshot            0  no_kb_snapshot                yes, agrees         the state of the knowledge bases at the time was not recorded  content missing then vs removed or added since
user_feedback          1  no_user_feedback              yes, but present    no feedback from the customer was recorded                     gap the customer named vs gap inferred
csat                   0  no_csat                       yes, agrees         no satisfaction score was recorded                             satisfied vs dissatisfied customer
reopen                 0  –                             –                   –                                                              –
customer_metadata      0  –                             –                   –                                                              –
(the session)          –  no_moon                       yes, unknown        unknown to this version                                        –
weakened: any classification that quotes the transcript; tool failure vs knowledge gap; content missing then vs removed or added since; gap the customer named vs gap inferred; satisfied vs dissatisfied customer; what reasons unknown to this version rule out

"#]].raw());
    }

    #[test]
    fn the_summary_tells_shares_and_disagreements() {
        let input: Input<'_> = serde_json::from_str(SESSION).unwrap();
        let mut figures = Summary::default();
        figures.add(&view::rows(&input));
        figures.add(&[]);
        let rows = figures.rows();
        let shown = |width| {
            let options = LayoutOptions { width, ..LayoutOptions::default() };
            text(&summary(&figures, &rows, &options), &options)
        };
        assert_data_eq!(
            shown(Some(80)),
            str![[r#"
Missing evidence in 2 sessions
reason                        sessions  share  disagree  weakens
no_user_feedback                     1    50%         1  gap the customer named
                                                         vs gap inferred
no_moon                              1    50%         0  unknown to this version
no_csat                              1    50%         0  satisfied vs
                                                         dissatisfied customer
no_kb_snapshot                       1    50%         0  content missing then vs
                                                         removed or added since
transcript_redaction_skipped         1    50%         0  any classification that
                                                         quotes the transcript
no_tool_trace                        0     0%         1  tool failure vs
                                                         knowledge gap
nothing is missing in 1 of 2 sessions
disagreements: 1 declared but present, 1 absent but not declared

"#]]
            .raw()
        );
        assert_data_eq!(shown(None), str![[r#"
Missing evidence in 2 sessions
reason                        sessions  share  disagree  weakens
no_user_feedback                     1    50%         1  gap the customer named vs gap inferred
no_moon                              1    50%         0  unknown to this version
no_csat                              1    50%         0  satisfied vs dissatisfied customer
no_kb_snapshot                       1    50%         0  content missing then vs removed or added since
transcript_redaction_skipped         1    50%         0  any classification that quotes the transcript
no_tool_trace                        0     0%         1  tool failure vs knowledge gap
nothing is missing in 1 of 2 sessions
disagreements: 1 declared but present, 1 absent but not declared

"#]].raw());
    }

    #[test]
    fn a_strangers_code_does_not_burst_the_table() {
        let code = "no_".repeat(100);
        let session = format!(r#"{{"session_id":"s","missing_evidence_reasons":["{code}"]}}"#);
        let input: Input<'_> = serde_json::from_str(&session).unwrap();
        let options = LayoutOptions { width: Some(80), ..LayoutOptions::default() };
        let rows = view::rows(&input);
        assert!(text(&section(String::new(), &rows, &options), &options).contains('…'));
        let every = view::all(&input);
        assert!(text(&all(String::new(), &every, &options), &options).contains('…'));
        let mut figures = Summary::default();
        figures.add(&rows);
        let rows = figures.rows();
        assert!(text(&summary(&figures, &rows, &options), &options).contains('…'));
        assert!(
            text(&summary(&figures, &rows, &LayoutOptions::default()), &LayoutOptions::default())
                .contains(&code)
        );
    }

    #[test]
    fn a_complete_session_says_so() {
        let section = section(String::new(), &[], &LayoutOptions::default());
        assert_eq!(
            section.notes,
            [
                "no missing evidence: nothing is declared, and nothing is due",
                "classifiable: no evidence-backed classification is weakened",
            ]
        );
    }

    #[test]
    fn a_csv_row_has_a_value_a_field() {
        let input: Input<'_> = serde_json::from_str(SESSION).unwrap();
        let mut figures = Summary::default();
        let rows = view::rows(&input);
        figures.add(&rows);
        for row in &rows {
            assert_eq!(row.values().len(), MissingRow::FIELDS.len());
            let json = serde_json::to_value(row).unwrap();
            assert!(MissingRow::FIELDS.iter().all(|field| json.get(field).is_some()));
        }
        for row in figures.rows() {
            assert_eq!(row.values().len(), SummaryRow::FIELDS.len());
            let json = serde_json::to_value(&row).unwrap();
            assert!(SummaryRow::FIELDS.iter().all(|field| json.get(field).is_some()));
        }
    }
}
