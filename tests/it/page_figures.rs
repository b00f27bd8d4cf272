//! The numbers in the page of `report` are those that the other commands print as JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use crate::bench::corpus::corpus;
use crate::harness::{feather, run};

fn select(css: &str) -> Selector {
    Selector::parse(css).unwrap()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// A cell of a table.
#[derive(Debug)]
struct Cell {
    text: String,
    order: Option<f64>,
}

impl Cell {
    fn of(element: ElementRef<'_>) -> Self {
        let order = element.attr("data-v").map(|order| order.parse().unwrap());
        Self { text: text(element), order }
    }

    /// The number that it holds.
    fn number(&self) -> Option<f64> {
        self.order.or_else(|| self.text.replace(',', "").parse().ok())
    }
}

/// The rows of a table, their cells by the heading above them.
fn rows_of(table: ElementRef<'_>) -> Vec<BTreeMap<String, Cell>> {
    let heads: Vec<String> = table.select(&select("thead tr > *")).map(text).collect();
    let row = |row: ElementRef<'_>| {
        let cells: Vec<Cell> = row.select(&select("th, td")).map(Cell::of).collect();
        assert_eq!(cells.len(), heads.len(), "{cells:?}");
        heads.iter().cloned().zip(cells).collect()
    };
    table.select(&select("tbody tr")).map(row).collect()
}

/// The same of the table in a sheet; none where there is no such table.
fn sheet(page: &Html, id: &str) -> Vec<BTreeMap<String, Cell>> {
    page.select(&select(&format!("#{id} table"))).next().map(rows_of).unwrap_or_default()
}

/// Asserts that rows and those printed as JSON say the same; a column that is not there is one of which
/// there is nothing to say.
#[track_caller]
fn assert_same(rows: &[BTreeMap<String, Cell>], json: &[Value], columns: &[(&str, &str)]) {
    assert_eq!(rows.len(), json.len());
    assert!(!rows.is_empty());
    for (row, json) in rows.iter().zip(json) {
        for (heading, field) in columns {
            let value = &json[field];
            match row.get(*heading) {
                Some(cell) if value.is_string() => assert_eq!(cell.text, *value, "{heading}"),
                Some(cell) => {
                    assert_eq!(cell.number(), value.as_f64(), "{heading}: {row:?} {json}");
                }
                None => {
                    assert!(value.as_f64().is_none_or(|value| value == 0.0), "{heading}: {json}");
                }
            }
        }
    }
}

/// What a command prints of these sessions as JSON.
fn json(sessions: &Path, command: &str) -> Value {
    let arguments = command.split(' ').chain(["--format", "json"]);
    let done = run(feather().args(arguments).arg(sessions));
    assert_eq!(done.code, 0, "{command}: {}", done.stderr);
    serde_json::from_str(&done.stdout).unwrap()
}

fn rows(sessions: &Path, command: &str) -> Vec<Value> {
    let Value::Array(rows) = json(sessions, command) else { panic!("{command}: no rows") };
    rows
}

/// Sessions, and the page of them.
struct Reported {
    sessions: PathBuf,
    page: Html,
    _folder: tempfile::TempDir,
}

impl Reported {
    fn new(sessions: PathBuf, folder: tempfile::TempDir) -> Self {
        let done = run(feather().arg("report").arg(&sessions));
        let page = Html::parse_document(&done.succeeded().stdout);
        Self { sessions, page, _folder: folder }
    }

    /// The demo's sessions, and generated ones.
    fn both() -> [Self; 2] {
        let folder = tempfile::tempdir().unwrap();
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/sessions");
        let generated = folder.path().join("corpus.ndjson");
        let mut lines = Vec::new();
        corpus(120, &mut lines).unwrap();
        std::fs::write(&generated, lines).unwrap();
        [Self::new(samples, tempfile::tempdir().unwrap()), Self::new(generated, folder)]
    }
}

#[test]
fn every_headline_is_the_figure_that_fetch_summary_prints() {
    for Reported { sessions, page, .. } in Reported::both() {
        let figures = json(&sessions, "fetch --summary");
        let headline = |element: ElementRef<'_>| {
            let value = element.select(&select("data")).next().unwrap().attr("value").unwrap();
            let name = element.attr("data-figure").unwrap().to_owned();
            (name, serde_json::from_str::<Value>(value).unwrap())
        };
        let shown = page.select(&select("[data-figure]")).map(headline).collect();
        assert_eq!(Value::Object(shown), figures);
        // What is read is what is meant.
        let first = page.select(&select("[data-figure=sessions] data")).next().unwrap();
        assert_eq!(text(first).replace(',', ""), figures["sessions"].to_string());
        let counted = text(page.select(&select("header p")).next().unwrap());
        assert!(counted.starts_with(&format!("{} sessions", figures["sessions"])), "{counted}");
    }
}

#[test]
fn tables_of_tools_documents_and_missing_evidence_have_the_rows_of_their_commands() {
    for Reported { sessions, page, .. } in Reported::both() {
        let mut tools = rows(&sessions, "tools --summary");
        tools.retain(|row| row["scope"] == "tool");
        let columns = [
            ("tool", "name"),
            ("calls", "calls"),
            ("ok", "ok"),
            ("errors", "errors"),
            ("no-result", "no_result"),
            ("unrecorded", "unrecorded"),
            ("rate", "error_rate"),
            ("p50", "latency_p50_ms"),
            ("p95", "latency_p95_ms"),
        ];
        let shown = sheet(&page, "tool-rows");
        assert_same(&shown, &tools, &columns);
        for (row, json) in shown.iter().zip(&tools) {
            let kinds = json["error_kinds"].as_array().unwrap();
            let errors = &row["errors, most frequent first"].text;
            assert!(
                kinds.iter().all(|kind| errors.contains(&format!("{}× ", kind["count"]))),
                "{errors}"
            );
        }

        let mut documents = rows(&sessions, "rag --by doc_id");
        documents.truncate(1000);
        let columns = [
            ("document", "doc_id"),
            ("retrievals", "retrievals"),
            ("chunks", "chunks_found"),
            ("cited", "chunks_cited"),
            ("not retrieved", "cited_not_retrieved"),
            ("sessions", "sessions"),
            ("ended well", "ended_well"),
            ("badly", "ended_badly"),
        ];
        assert_same(&sheet(&page, "document-rows"), &documents, &columns);

        let mut missing = rows(&sessions, "missing --summary");
        for row in &mut missing {
            let count = |name: &str| row[name].as_u64().unwrap();
            let disagree = count("declared_but_present") + count("absent_but_not_declared");
            row["disagree"] = disagree.into();
        }
        let columns = [
            ("reason", "reason"),
            ("sessions", "sessions"),
            ("share", "share"),
            ("disagree", "disagree"),
        ];
        assert_same(&sheet(&page, "missing-rows"), &missing, &columns);
    }
}

#[test]
fn gaps_and_sessions_stand_there_as_their_commands_list_them_and_open_what_they_name() {
    for Reported { sessions, page, .. } in Reported::both() {
        let gaps = rows(&sessions, "gaps");
        let shown = sheet(&page, "gap-rows");
        assert_same(
            &shown,
            &gaps,
            &[("query", "query_hash"), ("sessions, and what they cost", "sessions")],
        );
        for (row, gap) in shown.iter().zip(&gaps) {
            let score = row["best score"].number().filter(|score| score.is_finite());
            assert_eq!(score, gap["best_score"].as_f64(), "{row:?}");
            let opens = row["to open"].text.split_once(" #").unwrap();
            assert!(gap["session_id"].as_str().unwrap().starts_with(opens.0), "{row:?} {gap}");
            assert_eq!(opens.1, gap["turn"].to_string());
            let cost = &row["sessions, and what they cost"].text;
            for (field, words) in [("unresolved", "unresolved"), ("handoffs", "handed over")] {
                let count = gap[field].as_u64().unwrap();
                assert_eq!(cost.contains(&format!("{count} {words}")), count > 0, "{cost}: {gap}");
            }
            // Elsewhere what would not be seen is shown for what it is.
            let words = gap["words"].as_str().unwrap_or_default();
            if words.is_ascii() && !words.contains('\u{1b}') {
                let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
                assert_eq!(row["the customer's words"].text, words);
            }
        }
        // The turn of a link is one of that session.
        let mut followed = 0;
        for link in page.select(&select("#gap-rows td a")) {
            let turn = link.attr("href").unwrap().to_owned();
            let turn = page.select(&select(&turn)).next().unwrap_or_else(|| panic!("{turn}"));
            let session = turn.ancestors().filter_map(ElementRef::wrap);
            let session = session.filter(|one| one.value().name() == "details").last().unwrap();
            let title = text(session.select(&select("summary h3")).next().unwrap());
            assert!(title.starts_with(text(link).split(' ').next().unwrap()), "{title}");
            followed += 1;
        }
        assert!(followed >= 5, "{followed}");

        let mut overview = rows(&sessions, "fetch --overview");
        let shown = sheet(&page, "session-rows");
        let of_id = |id: &str| {
            overview
                .iter()
                .position(|row| row["session_id"].as_str().unwrap().starts_with(id))
                .unwrap()
        };
        let order: Vec<usize> = shown.iter().map(|row| of_id(&row["session"].text)).collect();
        overview = order.iter().map(|place| overview[*place].clone()).collect();
        let columns = [("turns", "turns"), ("length", "duration_seconds"), ("cited", "citations")];
        assert_same(&shown, &overview, &columns);
        let misses: Vec<u64> = overview.iter().map(|row| row["misses"].as_u64().unwrap()).collect();
        assert!(misses.is_sorted_by(|one, next| one >= next), "{misses:?}");
    }
}

#[test]
fn retrievals_and_the_histograms_of_their_scores_are_those_of_rag_summary() {
    for Reported { sessions, page, .. } in Reported::both() {
        let summary = json(&sessions, "rag --summary");
        let shown: BTreeMap<String, Option<f64>> = sheet(&page, "retrieval-rows")
            .iter()
            // What they are has no heading.
            .map(|row| row["count"].number())
            .zip(page.select(&select("#retrieval-rows tbody th")).map(text))
            .map(|(count, name)| (name, count))
            .collect();
        for (name, field) in [
            ("hits", "hits"),
            ("misses", "misses"),
            ("unanswerable", "unanswerable"),
            ("uncited", "uncited"),
            ("chunks cited", "chunks_cited"),
            ("cited, not retrieved", "cited_not_retrieved"),
            ("orphans", "orphans"),
            ("disagree", "disagrees"),
            ("repeats", "repeats"),
        ] {
            let count = summary[field].as_f64();
            let told = shown.get(name).copied().unwrap_or(Some(0.0));
            assert_eq!(told, count, "{name}: {shown:?}");
        }

        let compared = summary["compared_scores"].as_array().unwrap();
        let mut compared = compared.iter().filter(|scores| scores["count"] != 0);
        let titled = |figure: &ElementRef<'_>| {
            let title = text(figure.select(&select("h3")).next().unwrap());
            title.starts_with("Scores that the gate compares")
        };
        for figure in page.select(&select("figure.histogram")).filter(titled) {
            let scores = compared.next().unwrap();
            let title = text(figure.select(&select("h3")).next().unwrap());
            let basis = scores["score_basis"].as_str().unwrap_or_default();
            assert!(title.ends_with(basis), "{title}: {scores}");
            let mut bins = scores["bins"].as_array().unwrap().clone();
            for bin in &mut bins {
                let count = |name: &str| bin[name].as_u64().unwrap();
                bin["not_cited"] = (count("count") - count("cited")).into();
            }
            let rows = rows_of(figure.select(&select("table")).next().unwrap());
            assert_same(
                &rows,
                &bins,
                &[("score", "from"), ("cited", "cited"), ("not cited", "not_cited")],
            );
            let about = text(figure.select(&select("figcaption p")).next().unwrap());
            for threshold in ["threshold_low", "threshold_high"] {
                for value in scores[threshold].as_array().unwrap() {
                    let value = value.as_f64().unwrap().to_string();
                    assert!(about.contains(&value), "{threshold} {value}: {about}");
                }
            }
        }
        assert_eq!(compared.next(), None, "a basis without a picture");
    }
}
