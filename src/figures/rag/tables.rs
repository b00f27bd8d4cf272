//! The figures as small tables for people.

use std::borrow::Cow;

use super::scores::{SCORES, number};
use super::{ComparedScores, Figures};
use crate::rows::{Cell, Head, Page, Section, Tone, look, spell};
use crate::view::share;

/// Lines that a table shows of a list; JSON and CSV have all.
const TOP: usize = 20;

/// Columns of the longest bar.
const BAR: usize = 32;

/// The figures as tables.
pub fn sections<'s>(figures: &Figures<'s>) -> Vec<Section<'s>> {
    let mut sections = vec![totals(figures)];
    if figures.counts.retrievals > 0 {
        // The answers first, then what they are spread over.
        sections.extend([missed(figures), never_cited(figures)]);
        sections.extend(gate_actions(figures));
        sections.push(answerability(figures));
        sections.extend(compared_scores(figures));
        sections.push(latency(figures));
    }
    sections
}

/// How many of everything, with what each is a share of.
pub fn totals<'s>(figures: &Figures<'s>) -> Section<'s> {
    let counts = &figures.counts;
    let of_retrievals = |part: usize| percent(share(part, counts.retrievals));
    let row = |name: &'static str, count: usize, share: Cow<'static, str>, note: String| {
        let note = Cell::new(note, Tone::Dim);
        vec![name.into(), Cell::count(count), share.into(), note]
    };
    let mut hits = row("hits", counts.hits, percent(figures.hit_rate), {
        let verdicts = spell::count(counts.verdicts);
        format!("hit rate: {} of {verdicts} with a verdict", spell::count(counts.hits))
    });
    if let Some(rate) = hits.get_mut(2) {
        rate.tone = look::HITS.tone(counts.hits, counts.verdicts);
    }
    let mut rows = vec![
        hits,
        row("misses", counts.misses, of_retrievals(counts.misses), String::new()),
        row("unanswerable", counts.unanswerable, of_retrievals(counts.unanswerable), String::new()),
        row("uncited", counts.uncited, of_retrievals(counts.uncited), {
            "found chunks, none was cited".to_owned()
        }),
        row(
            "chunks cited",
            counts.chunks_cited,
            percent(share(counts.chunks_cited, counts.chunks_found)),
            format!("of {} found", spell::count(counts.chunks_found)),
        ),
        row(
            "cited, not retrieved",
            counts.cited_not_retrieved,
            percent(share(counts.cited_not_retrieved, counts.citations)),
            format!("of {}", spell::counted(counts.citations, "citation", "citations")),
        ),
        row("orphans", counts.orphans, "".into(), "no message has their turn".to_owned()),
        row(
            "disagree",
            figures.disagrees,
            of_retrievals(figures.disagrees),
            "hit and label contradict one another".to_owned(),
        ),
        row(
            "repeats",
            figures.repeats,
            of_retrievals(figures.repeats),
            "the same query missed earlier in the session".to_owned(),
        ),
    ];
    // What there is none of is left out, beside hits and misses.
    let mut place = 0;
    rows.retain(|row| {
        place += 1;
        place <= 2 || row.get(1).is_some_and(|count| !count.is_idle())
    });
    let mut notes = Vec::new();
    if figures.sessions == 0 {
        notes.push("no session was looked at".to_owned());
    } else if counts.retrievals == 0 {
        notes.push("no retrievals: there is nothing to rate".to_owned());
    }
    notes.extend(figures.cautions.iter().cloned());
    section(
        format!(
            "{} in {}",
            spell::counted(counts.retrievals, "retrieval", "retrievals"),
            spell::counted(figures.sessions, "session", "sessions"),
        ),
        vec![Head::words(""), Head::numbers("count"), Head::numbers("share"), Head::text("")],
        rows,
        notes,
    )
}

fn answerability<'s>(figures: &Figures<'s>) -> Section<'s> {
    let rows = figures.answerability.iter().map(|label| {
        vec![
            label.label.map_or_else(
                || Cell::new("(no label)", Tone::Dim),
                |label| Cell::new(label, look::label(label)),
            ),
            spell::count(label.count).into(),
            percent(label.share).into(),
            Cell::new(spell::bar(label.share.unwrap_or_default(), BAR), Tone::Dim),
        ]
    });
    section(
        "Answerability, by label".to_owned(),
        vec![Head::text("label"), Head::numbers("count"), Head::numbers("share"), Head::words("")],
        rows.collect(),
        Vec::new(),
    )
}

fn gate_actions<'s>(figures: &Figures<'s>) -> Option<Section<'s>> {
    let rows: Vec<_> = figures
        .gate_actions
        .iter()
        .map(|action| {
            vec![
                action.mode.map_or_else(Cell::absent, Cell::from),
                action.action.map_or_else(Cell::absent, Cell::from),
                spell::count(action.retrievals).into(),
                Cell::count(action.ended_well),
                Cell::count(action.ended_badly),
                Cell::count(action.ended_unknown),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| {
        section(
            "What the gate did, and how those sessions ended".to_owned(),
            vec![
                Head::words("mode"),
                Head::words("action"),
                Head::numbers("retrievals"),
                Head::numbers("ended well"),
                Head::numbers("badly"),
                Head { optional: true, ..Head::numbers("unknown") },
            ],
            rows,
            vec!["well: resolved, handed to nobody, not opened again".to_owned()],
        )
    })
}

fn compared_scores<'s>(figures: &Figures<'s>) -> Vec<Section<'s>> {
    let mut sections: Vec<Section<'s>> =
        figures.compared_scores.iter().map(|scores| histogram(scores)).collect();
    let scored: usize = figures.compared_scores.iter().map(|scores| scores.count).sum();
    let without = figures.counts.retrievals.saturating_sub(scored);
    let note = format!("{} without a score", spell::counted(without, "retrieval", "retrievals"));
    match sections.last_mut() {
        Some(last) if without > 0 => last.page.notes.push(note),
        Some(_) => {}
        None => sections.push(section(SCORES.to_owned(), Vec::new(), Vec::new(), vec![note])),
    }
    sections
}

fn histogram<'s>(scores: &ComparedScores<'s>) -> Section<'s> {
    let most = scores.bins.iter().map(|bin| bin.count).max().unwrap_or_default();
    let last = scores.bins.len().saturating_sub(1);
    let thresholds = scores.thresholds();
    let rows = scores.bins.iter().enumerate().map(|(place, bin)| {
        let inside = |threshold: f64| {
            threshold >= bin.from && (threshold < bin.to || place == last && threshold <= bin.to)
        };
        let here = thresholds.iter().filter(|(value, _)| inside(*value));
        let marks: Vec<&str> = here.map(|(_, name)| &**name).collect();
        vec![
            format!("{}–{}", number(bin.from), number(bin.to)).into(),
            spell::count(bin.count).into(),
            percent(share(bin.count, scores.count)).into(),
            Cell::count(bin.cited),
            Cell::new(parted_bar(bin.cited, bin.count, most), Tone::Dim),
            Cell::new(marks.join(", "), Tone::Strong),
        ]
    });
    section(
        format!("{}; █ cited, ░ not", scores.title()),
        vec![
            Head::words("score"),
            Head::numbers("count"),
            Head::numbers("share"),
            Head { optional: true, ..Head::numbers("cited") },
            Head::words(""),
            Head { optional: true, ..Head::words("threshold") },
        ],
        rows.collect(),
        scores.beyond().into_iter().collect(),
    )
}

/// A bar of `count` of `most`, of which the `part` that stands first is filled.
fn parted_bar(part: usize, count: usize, most: usize) -> String {
    if count == 0 {
        return String::new();
    }
    // Rounded up, so that nothing but none has no bar.
    let cells = (count * BAR).div_ceil(most.max(1));
    let filled = (part * cells).div_ceil(count).min(cells);
    // What is not cited shows too.
    let filled = if part < count { filled.min(cells.saturating_sub(1)) } else { filled };
    format!("{}{}", "█".repeat(filled), "░".repeat(cells - filled))
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
    section(
        format!("Latency; percentiles by {}", latency.method),
        vec![
            Head::numbers("p50"),
            Head::numbers("p95"),
            Head::numbers("max"),
            Head::numbers("retrievals"),
        ],
        rows,
        notes,
    )
}

fn missed<'s>(figures: &Figures<'s>) -> Section<'s> {
    let rows: Vec<_> = figures
        .missed_queries
        .iter()
        .take(TOP)
        .map(|missed| {
            vec![
                missed.query_hash.into(),
                spell::count(missed.misses).into(),
                spell::count(missed.sessions).into(),
                missed.best_score.map_or_else(Cell::absent, |score| spell::score_of(score).into()),
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
    section(
        "Queries that miss, most often first: the knowledge gaps".to_owned(),
        vec![
            Head { ids: true, ..Head::text("query hash") },
            Head::numbers("misses"),
            Head::numbers("sessions"),
            Head { optional: true, ..Head::numbers("best score") },
        ],
        rows,
        notes,
    )
}

fn never_cited<'s>(figures: &Figures<'s>) -> Section<'s> {
    let rows: Vec<_> = figures
        .never_cited_documents
        .iter()
        .take(TOP)
        .map(|document| {
            vec![
                document.doc_id.into(),
                spell::count(document.retrievals).into(),
                spell::count(document.sessions).into(),
            ]
        })
        .collect();
    let mut notes = more(figures.never_cited_documents.len(), "document", "documents");
    if rows.is_empty() {
        notes.push("every document that was retrieved was cited".to_owned());
    }
    section(
        "Documents retrieved, never cited".to_owned(),
        vec![Head::text("document"), Head::numbers("retrievals"), Head::numbers("sessions")],
        rows,
        notes,
    )
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

fn section(
    title: String,
    heads: Vec<Head>,
    rows: Vec<Vec<Cell<'_>>>,
    notes: Vec<String>,
) -> Section<'_> {
    Section { page: Page { title: vec![title], notes, dates: false }, heads, rows }
}
