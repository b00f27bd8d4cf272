//! What stands in a report, chapter by chapter.

use crate::figures::by::Key;
use crate::figures::compare::{self, keys_of};
use crate::figures::dashboard::Dashboard;
use crate::figures::gaps::GapRow;
use crate::figures::table::Table;
use crate::figures::{charts, grouped, missing, rag, tools};
use crate::render::html::{Chapter, Part};
use crate::rows::chart::{Chart, Plot};
use crate::rows::spell::{self, Spelling, counted};
use crate::rows::{Page, Row as _, Section};
use crate::view::missing::{self as reasons, MissingRow};
use crate::view::overview::OverviewRow;
use crate::view::timeline;
use crate::view::transcript::{Input, Transcript};

/// Rows that a table has at most.
const ROWS: usize = 1000;

/// A transcript that is folded in.
pub(super) struct Folded {
    pub(super) session_id: String,
    pub(super) title: String,
    /// Where it stands.
    pub(super) anchor: String,
    /// What it says, as HTML.
    pub(super) page: Vec<u8>,
}

fn chapter<'p>(id: &'static str, title: &str, parts: Vec<Part<'p>>) -> Chapter<'p> {
    Chapter { id, title: title.to_owned(), parts }
}

/// What is missing of a session, and its timeline.
pub(super) fn of_session<'p>(
    transcript: &Transcript<'_>,
    input: &Input<'_>,
    rows: &'p [MissingRow<'_>],
    spelling: &Spelling,
) -> Vec<Chapter<'p>> {
    let mut page = reasons::page(input, rows);
    page.title = vec![counted(rows.len(), "reason", "reasons")];
    let table =
        Part::Figures { section: Section::of(rows, ROWS, page, spelling).alone(), id: "reasons" };
    let (timeline, without) = timeline::of(transcript);
    let notes = (without > 0).then(|| {
        format!(
            "{} without a time: not drawn",
            counted(without, "turn or hand-off", "turns or hand-offs")
        )
    });
    let about = format!(
        "{} over {}. Of retrievals and calls it is known how long they took, not when they were: a \
         retrieval is drawn from where its turn begins to be made, a call from where its turn was said.",
        counted(timeline.events.len(), "event", "events"),
        spell::seconds(timeline.seconds)
    );
    let chart = Chart {
        title: "What happened when".to_owned(),
        about,
        plot: Plot::Timeline(timeline),
        notes: notes.into_iter().collect(),
    };
    vec![
        chapter("missing", "Missing evidence", vec![table]),
        chapter("timeline", "Timeline", vec![Part::Charts(vec![chart])]),
    ]
}

/// All of many sessions, but for their transcripts.
pub(super) fn of_dashboard<'p>(
    now: &'p Dashboard<'_>,
    base: Option<&'p Dashboard<'_>>,
    gaps: &'p [GapRow<'p>],
    spelling: &Spelling,
) -> Vec<Chapter<'p>> {
    let mut chapters = Vec::new();
    chapters.extend(base.map(|base| compared(now, base, spelling)));
    chapters.push(figures(now, spelling));
    let spelling_of_days = Spelling { dates: true, ..*spelling };
    // Its page says itself how many of them are shown.
    let first = gaps.get(..ROWS).unwrap_or(gaps);
    let shown: Vec<&GapRow<'_>> = first.iter().collect();
    let page = now.gaps.page(&shown, gaps.len(), base.map(|base| &base.gaps), spelling.zone);
    let section = Section::of(first, ROWS, page, &spelling_of_days);
    chapters.push(chapter("gaps", "Knowledge gaps", vec![Part::Table { section, id: "gap-rows" }]));
    chapters.push(retrieval(now, spelling));
    chapters.push(calls(now, spelling));
    let rows = missing::rows(&now.reasons, &now.missing);
    let page = missing::page(&rows, &now.missing);
    let section = Section::of(&rows, ROWS, page, spelling).into_owned();
    let part = Part::Table { section, id: "missing-rows" };
    chapters.push(chapter("missing", "Missing evidence", vec![part]));
    chapters.push(sessions(now, spelling));
    chapters
}

/// The sessions' figures held against those of others.
fn compared<'p>(
    now: &'p Dashboard<'_>,
    base: &'p Dashboard<'_>,
    spelling: &Spelling,
) -> Chapter<'p> {
    let pairs =
        [(base.all(), now.all(), "compared-all"), (base.groups(), now.groups(), "compared-groups")];
    let parts = pairs.into_iter().filter_map(|(before, after, id)| {
        let section = against(before?, after?, spelling);
        Some(Part::Figures { section, id })
    });
    chapter("compared", "Before and after", parts.collect())
}

fn against(before: &Table, after: &Table, spelling: &Spelling) -> Section<'static> {
    let keys: Vec<Key> = keys_of(before, after);
    let rows = compare::rows(before, after, &keys);
    for_a_page(compare::section(&rows, before, after, spelling))
}

/// A table of figures without what is said of options.
fn for_a_page(section: Section<'_>) -> Section<'static> {
    let mut section = section.into_owned();
    section.page.notes.retain(|note| note != grouped::ALL_FIGURES);
    section
}

/// The sessions' figures, over time and in groups.
fn figures<'p>(now: &'p Dashboard<'_>, spelling: &Spelling) -> Chapter<'p> {
    let (asked, all) = (now.groups(), now.all());
    let mut parts = Vec::new();
    if let Some(all) = all {
        parts.push(Part::Headlines(grouped::headlines(all.plan, &all.total())));
    }
    parts.push(Part::Charts(now.charts()));
    if let (Some(asked), Some(all)) = (asked, all) {
        let keys = asked.keys();
        let rows = grouped::rows(asked, &keys);
        let section =
            for_a_page(grouped::section(&rows, asked, &all.total(), spelling).first(ROWS));
        parts.push(Part::Table { section, id: "group-rows" });
    }
    chapter("figures", "Figures", parts)
}

fn retrieval<'p>(now: &'p Dashboard<'_>, spelling: &Spelling) -> Chapter<'p> {
    let figures = now.rag.figures();
    let section = rag::totals(&figures).into_owned();
    let mut parts = vec![Part::Figures { section, id: "retrieval-rows" }];
    let mut pictures: Vec<Chart> = figures.compared_scores.iter().map(charts::scores).collect();
    if let Some(latencies) = now.rag.latencies() {
        let things = ("retrieval", "retrievals");
        pictures.push(charts::latencies(latencies, "How long retrievals took", things));
    }
    pictures.retain(|chart| !chart.plot.is_empty());
    parts.push(Part::Charts(pictures));
    let rows = now.documents.rows();
    let section = Section::of(&rows, ROWS, now.documents.page(), spelling).into_owned();
    parts.push(Part::Table { section, id: "document-rows" });
    chapter("retrieval", "Retrieval", parts)
}

fn calls<'p>(now: &'p Dashboard<'_>, spelling: &Spelling) -> Chapter<'p> {
    let rows = tools::rows(&now.tools, &now.calls);
    // The last is of all tools together, which the headlines tell.
    let of_tools = rows.split_last().map(|(_, tools)| tools).unwrap_or_default();
    let mut pictures = vec![charts::tool_errors(&rows)];
    if let Some(latencies) = tools::latencies(&now.calls.total()) {
        pictures.push(charts::latencies(latencies, "How long tool calls took", ("call", "calls")));
    }
    pictures.retain(|chart| !chart.plot.is_empty());
    let page = tools::page(now.count(), &rows);
    let section = Section::of(of_tools, ROWS, page, spelling).into_owned();
    let table = Part::Table { section, id: "tool-rows" };
    chapter("tools", "Tool calls", vec![Part::Charts(pictures), table])
}

/// The sessions to look at first.
fn sessions<'p>(now: &'p Dashboard<'_>, spelling: &Spelling) -> Chapter<'p> {
    let rows = now.list();
    let mut title = vec![counted(now.count(), "session", "sessions")];
    let mut notes = Vec::new();
    if rows.len() < now.count() {
        title.push(format!("{} shown: those with the most misses", spell::count(rows.len())));
        notes.push("all of them: feather-analysis fetch --overview".to_owned());
    }
    title.push(format!("times in {}", spelling.zone.name()));
    let heads = OverviewRow::columns().into_iter().map(|column| column.head).collect();
    let section = Section { page: Page { title, notes, dates: true }, heads, rows };
    chapter("sessions", "Sessions", vec![Part::Table { section, id: "session-rows" }])
}

/// The transcripts that are folded in; there was no room for so many more.
pub(super) fn of_transcripts(folded: &[Folded], crowded: usize) -> Option<Chapter<'_>> {
    let mut parts = vec![Part::Notes(vec![
        "The sessions that the gaps name first. Long messages are cut; \
         feather-analysis transcript SESSION --full shows all."
            .to_owned(),
    ])];
    parts.extend(folded.iter().map(|one| Part::Folded {
        id: &one.anchor,
        title: &one.title,
        page: &one.page,
    }));
    if crowded > 0 {
        let more = counted(crowded, "transcript", "transcripts");
        parts.push(Part::Notes(vec![format!("There was no room for {more} more.")]));
    }
    (!folded.is_empty()).then(|| chapter("transcripts", "Transcripts", parts))
}
