//! Figures over retrievals as small tables, one JSON object, or flat CSV.

use std::borrow::Cow;
use std::io;

use super::{bar, text};
use crate::figures::stats;
use crate::render::csv::{self, Record};
use crate::render::rows::{Format, Section, write_markdown, write_text};
use crate::render::style::Tone;
use crate::render::table::{Cell, Column, Table};
use crate::render::{LayoutOptions, Out, json};
use crate::rows::spell;
use crate::view::rag::summary::Figures;

/// Lines that a table shows of a list; JSON and CSV have all.
const TOP: usize = 20;

/// Columns of the longest bar.
const BAR: usize = 32;

/// Writes the figures.
pub fn write(
    figures: &Figures<'_>,
    format: Format,
    options: &LayoutOptions,
    out: Out<'_>,
) -> io::Result<()> {
    match format {
        Format::Json => json::value(figures, options, out),
        Format::Ndjson => {
            let mut array = json::Array::lines(out, options);
            array.push(figures)?;
            array.end()
        }
        Format::Csv => {
            let mut writer = csv::Writer::new(Line::FIELDS, out)?;
            lines(figures).iter().try_for_each(|line| writer.push(line))?;
            writer.end()
        }
        Format::Table | Format::Markdown => {
            for (index, section) in sections(figures).iter().enumerate() {
                if index > 0 {
                    out.write_all(b"\n")?;
                }
                if format == Format::Markdown {
                    write_markdown(section, out)?;
                } else {
                    write_text(section, options, out)?;
                }
            }
            Ok(())
        }
    }
}

fn sections<'s>(figures: &Figures<'s>) -> Vec<Section<'s>> {
    let mut sections = vec![totals(figures)];
    if figures.counts.retrievals > 0 {
        sections.extend([
            answerability(figures),
            top_scores(figures),
            latency(figures),
            missed(figures),
            never_cited(figures),
        ]);
    }
    sections
}

fn totals<'s>(figures: &Figures<'s>) -> Section<'s> {
    let counts = &figures.counts;
    let of_retrievals = |part: usize| percent(stats::share(part, counts.retrievals));
    let row = |name: &'static str, count: usize, share: Cow<'static, str>, note: String| {
        vec![name.into(), spell::count(count).into(), share.into(), note.into()]
    };
    let rows = vec![
        row("hits", counts.hits, percent(figures.hit_rate), {
            let verdicts = spell::count(counts.verdicts);
            format!("hit rate: {} of {verdicts} with a verdict", spell::count(counts.hits))
        }),
        row("misses", counts.misses, of_retrievals(counts.misses), String::new()),
        row("unanswerable", counts.unanswerable, of_retrievals(counts.unanswerable), String::new()),
        row("uncited", counts.uncited, of_retrievals(counts.uncited), {
            "found chunks, none was cited".to_owned()
        }),
        row(
            "chunks cited",
            counts.chunks_cited,
            percent(stats::share(counts.chunks_cited, counts.chunks_found)),
            format!("of {} found", spell::count(counts.chunks_found)),
        ),
        row(
            "cited, not retrieved",
            counts.cited_not_retrieved,
            percent(stats::share(counts.cited_not_retrieved, counts.citations)),
            format!("of {}", spell::counted(counts.citations, "citation", "citations")),
        ),
        row("orphans", counts.orphans, "".into(), "no message has their turn".to_owned()),
    ];
    let mut notes = Vec::new();
    if figures.sessions == 0 {
        notes.push("no session was looked at".to_owned());
    } else if counts.retrievals == 0 {
        notes.push("no retrievals: there is nothing to rate".to_owned());
    }
    if figures.sessions_declaring_no_citations > 0 {
        notes.push(format!(
            "{} no_citations: what {} cited may not have been recorded",
            match figures.sessions_declaring_no_citations {
                1 => "1 session declares".to_owned(),
                many => format!("{} sessions declare", spell::count(many)),
            },
            if figures.sessions_declaring_no_citations == 1 { "it" } else { "they" },
        ));
    }
    Section {
        title: format!(
            "{} in {}",
            spell::counted(counts.retrievals, "retrieval", "retrievals"),
            spell::counted(figures.sessions, "session", "sessions"),
        ),
        table: Table {
            columns: vec![
                Column::words(""),
                Column::numbers("count"),
                Column::numbers("share"),
                Column::text(""),
            ],
            rows,
        },
        notes,
    }
}

fn answerability<'s>(figures: &Figures<'s>) -> Section<'s> {
    let rows = figures.answerability.iter().map(|label| {
        vec![
            label.label.map_or_else(|| Cell::new("(no label)", Tone::Dim), text),
            spell::count(label.count).into(),
            percent(label.share).into(),
            bar(label.share.unwrap_or_default(), BAR).into(),
        ]
    });
    Section {
        title: "Answerability, by label".to_owned(),
        table: Table {
            columns: vec![
                Column::text("label"),
                Column::numbers("count"),
                Column::numbers("share"),
                Column::words(""),
            ],
            rows: rows.collect(),
        },
        notes: Vec::new(),
    }
}

fn top_scores<'s>(figures: &Figures<'s>) -> Section<'s> {
    let scores = &figures.top_scores;
    let most = scores.bins.iter().map(|bin| bin.count).chain([scores.under, scores.over]).max();
    let row = |name: Cow<'static, str>, count: usize| {
        vec![
            name.into(),
            spell::count(count).into(),
            percent(stats::share(count, scores.count)).into(),
            bar(stats::share(count, most.unwrap_or_default()).unwrap_or_default(), BAR).into(),
        ]
    };
    let mut rows = Vec::new();
    if scores.under > 0 {
        rows.push(row("below 0".into(), scores.under));
    }
    rows.extend(
        scores
            .bins
            .iter()
            .map(|bin| row(format!("{:.1}–{:.1}", bin.from, bin.to).into(), bin.count)),
    );
    if scores.over > 0 {
        rows.push(row("above 1".into(), scores.over));
    }
    let without = figures.counts.retrievals.saturating_sub(scores.count);
    let notes = (without > 0).then(|| {
        format!("{} without a top score", spell::counted(without, "retrieval", "retrievals"))
    });
    if scores.count == 0 {
        rows.clear();
    }
    Section {
        title: "Top scores".to_owned(),
        table: Table {
            columns: vec![
                Column::words("score"),
                Column::numbers("count"),
                Column::numbers("share"),
                Column::words(""),
            ],
            rows,
        },
        notes: notes.into_iter().collect(),
    }
}

fn latency<'s>(figures: &Figures<'s>) -> Section<'s> {
    let latency = &figures.latency_ms;
    let cell = |value: Option<f64>| value.map_or_else(Cell::absent, |v| spell::millis(v).into());
    let (rows, notes) = if latency.count == 0 {
        (Vec::new(), vec!["no retrieval has a latency".to_owned()])
    } else {
        let row = vec![
            cell(latency.p50),
            cell(latency.p95),
            cell(latency.max),
            spell::count(latency.count).into(),
        ];
        (vec![row], Vec::new())
    };
    Section {
        title: format!("Latency; percentiles by {}", latency.method),
        table: Table {
            columns: vec![
                Column::numbers("p50"),
                Column::numbers("p95"),
                Column::numbers("max"),
                Column::numbers("retrievals"),
            ],
            rows,
        },
        notes,
    }
}

fn missed<'s>(figures: &Figures<'s>) -> Section<'s> {
    let rows: Vec<_> = figures
        .missed_queries
        .iter()
        .take(TOP)
        .map(|missed| {
            vec![
                text(missed.query_hash),
                spell::count(missed.misses).into(),
                spell::count(missed.sessions).into(),
                missed.best_score.map_or_else(Cell::absent, |score| score_of(score).into()),
            ]
        })
        .collect();
    let mut notes = more(figures.missed_queries.len(), "hash", "hashes");
    if rows.is_empty() && figures.misses_without_hash == 0 {
        notes.push("no retrieval missed".to_owned());
    }
    if figures.misses_without_hash > 0 {
        let misses = spell::counted(figures.misses_without_hash, "miss has", "misses have");
        notes.push(format!("{misses} no query hash"));
    }
    Section {
        title: "Queries that miss, most often first: the knowledge gaps".to_owned(),
        table: Table {
            columns: vec![
                Column::text("query hash"),
                Column::numbers("misses"),
                Column::numbers("sessions"),
                Column::numbers("best score"),
            ],
            rows,
        },
        notes,
    }
}

fn never_cited<'s>(figures: &Figures<'s>) -> Section<'s> {
    let rows: Vec<_> = figures
        .never_cited_documents
        .iter()
        .take(TOP)
        .map(|document| {
            vec![
                text(document.doc_id),
                spell::count(document.retrievals).into(),
                spell::count(document.sessions).into(),
            ]
        })
        .collect();
    let mut notes = more(figures.never_cited_documents.len(), "document", "documents");
    if rows.is_empty() {
        notes.push("every document that was retrieved was cited".to_owned());
    }
    Section {
        title: "Documents retrieved, never cited".to_owned(),
        table: Table {
            columns: vec![
                Column::text("document"),
                Column::numbers("retrievals"),
                Column::numbers("sessions"),
            ],
            rows,
        },
        notes,
    }
}

/// Says how much of a list is left out.
fn more(len: usize, one: &str, many: &str) -> Vec<String> {
    match len.saturating_sub(TOP) {
        0 => Vec::new(),
        rest => {
            let name = if rest == 1 { one } else { many };
            vec![format!("{} more {name}; --format json has all", spell::count(rest))]
        }
    }
}

/// Nothing where there is no whole to have a share of.
fn percent(share: Option<f64>) -> Cow<'static, str> {
    share.map_or(Cow::Borrowed("–"), |share| spell::percent(share).into())
}

fn score_of(score: f64) -> String {
    let digits = score.to_string();
    match digits.split_once('.') {
        Some((_, decimals)) if decimals.len() > 3 => format!("{score:.3}"),
        _ => digits,
    }
}

/// A figure as CSV: which table it is of, what it is of, and what of it is known.
///
/// | section | key | count | share | sessions | value |
/// | --- | --- | --- | --- | --- | --- |
/// | `total` | the field's name in JSON | how many | of retrievals; of `hits`: the hit rate | | |
/// | `answerability` | label | retrievals | of retrievals | | |
/// | `top_score` | `0.0-0.1` …, `under`, `over` | retrievals | of those with a score | | |
/// | `latency_ms` | `p50`, `p95`, `max` | retrievals with a latency | | | milliseconds |
/// | `missed_query` | query hash | misses | | sessions | best score |
/// | `never_cited_document` | document id | retrievals | | sessions | |
struct Line<'s> {
    section: &'static str,
    key: Cow<'s, str>,
    count: usize,
    share: Option<f64>,
    sessions: Option<usize>,
    value: Option<f64>,
}

impl Record for Line<'_> {
    const FIELDS: &'static [&'static str] =
        &["section", "key", "count", "share", "sessions", "value"];

    fn values(&self) -> Vec<Cow<'_, str>> {
        vec![
            self.section.into(),
            Cow::Borrowed(&self.key),
            self.count.to_string().into(),
            super::shown(self.share),
            super::shown(self.sessions),
            super::shown(self.value),
        ]
    }
}

fn lines<'s>(figures: &Figures<'s>) -> Vec<Line<'s>> {
    let counts = &figures.counts;
    let line = |section, key: &'static str, count, share| Line {
        section,
        key: key.into(),
        count,
        share,
        sessions: None,
        value: None,
    };
    let share = |part| stats::share(part, counts.retrievals);
    let total = |key, count, share| line("total", key, count, share);
    let mut lines = vec![
        total("sessions", figures.sessions, None),
        total(
            "sessions_declaring_no_citations",
            figures.sessions_declaring_no_citations,
            stats::share(figures.sessions_declaring_no_citations, figures.sessions),
        ),
        total("retrievals", counts.retrievals, None),
        total("hits", counts.hits, figures.hit_rate),
        total("verdicts", counts.verdicts, share(counts.verdicts)),
        total("misses", counts.misses, share(counts.misses)),
        total("unanswerable", counts.unanswerable, share(counts.unanswerable)),
        total("uncited", counts.uncited, share(counts.uncited)),
        total("cited_not_retrieved", counts.cited_not_retrieved, None),
        total("orphans", counts.orphans, None),
        total("chunks_found", counts.chunks_found, None),
        total("chunks_cited", counts.chunks_cited, None),
        total("citations", counts.citations, None),
        total("misses_without_hash", figures.misses_without_hash, None),
    ];
    lines.extend(figures.answerability.iter().map(|label| Line {
        key: label.label.unwrap_or_default().into(),
        ..line("answerability", "", label.count, label.share)
    }));
    let scores = &figures.top_scores;
    let score = |key: Cow<'static, str>, count| Line {
        key,
        ..line("top_score", "", count, stats::share(count, scores.count))
    };
    lines.push(score("under".into(), scores.under));
    lines.extend(
        scores
            .bins
            .iter()
            .map(|bin| score(format!("{:.1}-{:.1}", bin.from, bin.to).into(), bin.count)),
    );
    lines.push(score("over".into(), scores.over));
    let latency = &figures.latency_ms;
    for (key, value) in [("p50", latency.p50), ("p95", latency.p95), ("max", latency.max)] {
        lines.push(Line { value, ..line("latency_ms", key, latency.count, None) });
    }
    lines.extend(figures.missed_queries.iter().map(|missed| Line {
        key: missed.query_hash.into(),
        sessions: Some(missed.sessions),
        value: missed.best_score,
        ..line("missed_query", "", missed.misses, None)
    }));
    lines.extend(figures.never_cited_documents.iter().map(|document| Line {
        key: document.doc_id.into(),
        sessions: Some(document.sessions),
        ..line("never_cited_document", "", document.retrievals, None)
    }));
    lines
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "snapshots are rewritten in this form")]
mod tests {
    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::view::rag::summary::Summary;
    use crate::view::rag::{Input, Rag};

    const SESSION: &str = r#"{"session_id":"1","messages":[{"turn_id":"a"}],"rag_traces":[
        {"assistant_turn_id":"a","query_hash":"=q1","hit":false,"top_score":0.25,"latency_ms":10,
         "retrieved":[{"doc_id":"d"}],"answerability":{"label":"unanswerable"}},
        {"assistant_turn_id":"a","query_hash":"q2","hit":true,"top_score":12.5,"latency_ms":1240,
         "retrieved":[{"doc_id":"e","chunk_id":"1"}],"answerability":{"label":"answerable"}}
    ],"citations":[{"assistant_turn_id":"a","doc_id":"e","chunk_id":"1"}]}"#;

    fn shown(documents: &[&str], format: Format, options: &LayoutOptions) -> String {
        let mut summary = Summary::default();
        for json in documents {
            let input: Input<'_> = serde_json::from_str(json).unwrap();
            summary.add(&Rag::new(&input));
        }
        let mut bytes = Vec::new();
        write(&summary.figures(), format, options, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_table_a_subject() {
        assert_data_eq!(
            shown(&[SESSION], Format::Table, &LayoutOptions::default()),
            str![[r#"
2 retrievals in 1 session
                      count  share
hits                      1    50%  hit rate: 1 of 2 with a verdict
misses                    1    50%
unanswerable              1    50%
uncited                   1    50%  found chunks, none was cited
chunks cited              1    50%  of 2 found
cited, not retrieved      0     0%  of 1 citation
orphans                   0         no message has their turn

Answerability, by label
label         count  share
answerable        1    50%  ████████████████
unanswerable      1    50%  ████████████████

Top scores
score    count  share
0.0–0.1      0     0%
0.1–0.2      0     0%
0.2–0.3      1    50%  ████████████████████████████████
0.3–0.4      0     0%
0.4–0.5      0     0%
0.5–0.6      0     0%
0.6–0.7      0     0%
0.7–0.8      0     0%
0.8–0.9      0     0%
0.9–1.0      0     0%
above 1      1    50%  ████████████████████████████████

Latency; percentiles by nearest-rank
  p50     p95     max  retrievals
10 ms  1.24 s  1.24 s           2

Queries that miss, most often first: the knowledge gaps
query hash  misses  sessions  best score
=q1              1         1        0.25

Documents retrieved, never cited
document  retrievals  sessions
d                  1         1

"#]]
        );
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let text = shown(&[], Format::Table, &LayoutOptions::default());
        assert!(text.starts_with("0 retrievals in 0 sessions\n"), "{text}");
        assert!(text.ends_with("no session was looked at\n"), "{text}");
        let text = shown(&[r#"{"session_id":"s"}"#], Format::Table, &LayoutOptions::default());
        assert!(text.ends_with("no retrievals: there is nothing to rate\n"), "{text}");
        for format in [Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown] {
            assert!(!shown(&[], format, &LayoutOptions::default()).contains("NaN"));
        }
    }

    #[test]
    fn csv_is_flat_and_its_keys_are_defused() {
        let text = shown(&[SESSION], Format::Csv, &LayoutOptions::default());
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("section,key,count,share,sessions,value"));
        for line in [
            "total,sessions,1,,,",
            "total,hits,1,0.5,,",
            "answerability,answerable,1,0.5,,",
            "top_score,0.2-0.3,1,0.5,,",
            "top_score,over,1,0.5,,",
            "latency_ms,p95,2,,,1240",
            "missed_query,'=q1,1,,1,0.25",
            "never_cited_document,d,1,,1,",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} in {text}");
        }
    }

    #[test]
    fn json_is_one_object_and_ndjson_one_line() {
        let json = shown(&[SESSION, SESSION], Format::Json, &LayoutOptions::default());
        let line = shown(&[SESSION, SESSION], Format::Ndjson, &LayoutOptions::default());
        assert_eq!(line.lines().count(), 1);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(&line).unwrap());
        assert_eq!(value["sessions"], 2);
        assert_eq!(value["missed_queries"][0]["misses"], 2);
        assert_eq!(value["latency_ms"]["method"], "nearest-rank");
    }

    #[test]
    fn long_lists_are_cut_in_tables_alone() {
        let traces: Vec<String> = (0..25)
            .map(|n| format!(r#"{{"query_hash":"hash-{n}","hit":false,"retrieved":[{{"doc_id":"doc-{n}"}}]}}"#))
            .collect();
        let json = format!(r#"{{"session_id":"s","rag_traces":[{}]}}"#, traces.join(","));
        let table = shown(&[&json], Format::Table, &LayoutOptions::default());
        assert_eq!(table.matches("hash-").count(), TOP);
        assert_eq!(table.matches("doc-").count(), TOP);
        assert!(table.contains("5 more hashes; --format json has all"), "{table}");
        let csv = shown(&[&json], Format::Csv, &LayoutOptions::default());
        assert_eq!((csv.matches("hash-").count(), csv.matches("doc-").count()), (25, 25));
    }
}
