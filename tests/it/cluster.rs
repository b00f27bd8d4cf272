//! The recipes of `src/manual/cluster.md`: run where their engines are, and held against `--summary`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::examples::{compare, has_tools, rerun};
use crate::harness::{can_import, has, skipped};

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/manual/cluster.md")
}

/// Whether the engine of a section is here; most need none.
fn can_run(section: &str) -> bool {
    match section.lines().next().unwrap_or_default() {
        "GNU parallel" => has("parallel"),
        "DuckDB" => has("duckdb"),
        // Half a gigabyte: not of every machine that checks a change.
        "Spark" => can_import("pyspark") || skipped("pyspark is not installed"),
        _ => true,
    }
}

#[test]
fn every_recipe_prints_what_the_page_says() {
    if !has_tools() || !has("xargs") {
        return;
    }
    let page = std::fs::read_to_string(page()).unwrap();
    let (kept, left): (Vec<&str>, Vec<&str>) =
        page.split("\n## ").partition(|section| can_run(section));
    let kept = kept.join("\n## ");
    let renewed = rerun(&kept);
    if std::env::var_os("RENEW").is_some() && left.is_empty() {
        std::fs::write(self::page(), renewed).unwrap();
        return;
    }
    compare(&kept, &renewed, "what can run of src/manual/cluster.md; RENEW=1 cargo test recipe");
}

#[test]
fn every_recipe_comes_to_the_figures_of_a_summary() {
    let page = std::fs::read_to_string(page()).unwrap();
    // What the same figures are of → each time that they are printed.
    let mut figures: BTreeMap<String, Vec<BTreeMap<String, f64>>> = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("{\"")) {
        let printed: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
        let numbers: BTreeMap<String, f64> = printed
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
            .collect();
        if numbers.contains_key("retrievals") || numbers.contains_key("sessions") {
            let names: Vec<&str> = printed.keys().map(String::as_str).collect();
            let of = format!("{} {:?}", names.join(", "), printed.get("channel"));
            figures.entry(of).or_default().push(numbers);
        }
    }
    let times: Vec<usize> = figures.values().map(Vec::len).collect();
    // Each channel; all retrievals by every engine; all sessions.
    assert_eq!(times, [2, 2, 2, 6, 2], "{figures:#?}");
    for (of, printed) in figures {
        assert!(printed.iter().all(|figures| *figures == printed[0]), "{of}: {printed:#?}");
    }
}

#[test]
fn the_page_is_read_in_five_minutes() {
    assert!(std::fs::metadata(page()).unwrap().len() <= 8 * 1024);
}
