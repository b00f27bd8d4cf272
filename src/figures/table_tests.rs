//! Groups held against naive code on generated documents.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::figures::rag::{MORE, PLAN, count};
use crate::figures::stats::percentile;
use crate::rows::probe;
use crate::rows::spell::Zone;
use crate::view::overview::{self, OverviewRow};
use crate::view::rag::{Input, Rag, Row};
use crate::view::share;

fn by(names: &[&str]) -> By {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    By::new::<OverviewRow<'_>, Row<'_>>(&names, MORE, Zone::Utc).unwrap()
}

fn add(table: &mut Table, document: &Value) {
    let text = document.to_string();
    let input: Input<'_> = serde_json::from_str(&text).unwrap();
    let facts = probe(&overview::head(&input), table.by.session_fields()).unwrap();
    let by = table.by.clone();
    let mut sorter = by.sorter(&PLAN, &facts);
    count(&Rag::new(&input), &mut sorter).unwrap();
    table.add(sorter.end());
}

fn table(by: &By, documents: &[Value]) -> Table {
    let mut table = Table::new(&PLAN, by.clone());
    for document in documents {
        add(&mut table, document);
    }
    table
}

fn named(key: &[Part]) -> Vec<Value> {
    key.iter()
        .map(|part| serde_json::from_str(part.as_deref().unwrap_or("null")).unwrap())
        .collect()
}

/// A group's key, its figures and their variances.
type Told = (Vec<Value>, Vec<Value>, Vec<Option<f64>>);

/// Every figure of every group, in order.
fn told(table: &Table) -> Vec<Told> {
    let figures = |key: &Key| {
        let group = table.group(key);
        let values = PLAN.values(&group, table.by.of_parts());
        let values = values.map(|(figure, value)| figure.json(value)).collect();
        let variances = PLAN.figures.iter().map(|figure| Some(group.estimate(figure.of)?.variance));
        (named(key), values, variances.collect())
    };
    table.keys().iter().map(figures).collect()
}

fn retrieval() -> impl Strategy<Value = Value> {
    let label = prop::option::of(prop::sample::select(vec!["a", "b", ""]));
    let bases = prop::collection::vec(prop::sample::select(vec!["k1", "k2", "k3"]), 0..3);
    let documents = prop::collection::vec(prop::sample::select(vec!["d1", "d2"]), 0..3);
    (label, bases, documents, prop::option::of(any::<bool>()), prop::option::of(0_u32..50))
        .prop_map(|(label, kb_ids, documents, hit, latency)| {
            let chunks = documents.iter().map(|id| json!({"doc_id": id})).collect::<Vec<_>>();
            json!({"kb_ids": kb_ids, "hit": hit, "latency_ms": latency, "retrieved": chunks,
                   "answerability": {"label": label}})
        })
}

fn documents() -> impl Strategy<Value = Vec<Value>> {
    let channel = prop::option::of(prop::sample::select(vec!["chat", "voice"]));
    let started = prop::option::of(1_u32..28);
    let document = (channel, started, prop::collection::vec(retrieval(), 0..4)).prop_map(
        |(channel, day, retrievals)| {
            let started = day.map(|day| format!("2026-09-{day:02}T23:30:00Z"));
            json!({"session_id": "s", "channel": channel, "started_at": started,
                   "rag_traces": retrievals})
        },
    );
    prop::collection::vec(document, 0..8)
}

/// A document's retrievals by the values of a field, each with what the value is.
fn naive_parts(field: &str, document: &Value, retrieval: Option<&Value>) -> BTreeSet<String> {
    let texts = |values: Vec<Value>| -> BTreeSet<String> {
        let values = values.into_iter().filter(|value| value != "");
        let all: BTreeSet<String> = values.map(|value| value.to_string()).collect();
        if all.is_empty() { BTreeSet::from(["null".to_owned()]) } else { all }
    };
    let none = Value::Null;
    let retrieval = retrieval.unwrap_or(&none);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match field {
        "channel" => texts(vec![document["channel"].clone()]),
        "day" => {
            texts(vec![document["started_at"].as_str().map_or(Value::Null, |at| at[..10].into())])
        }
        "label" => texts(vec![retrieval["answerability"]["label"].clone()]),
        "kb_id" => texts(list(&retrieval["kb_ids"])),
        "doc_id" => texts(
            list(&retrieval["retrieved"]).iter().map(|chunk| chunk["doc_id"].clone()).collect(),
        ),
        _ => unreachable!(),
    }
}

#[derive(Default, PartialEq, Debug)]
struct Naive {
    sessions: usize,
    retrievals: usize,
    hits: usize,
    verdicts: usize,
    latencies: Vec<f64>,
}

fn naive(fields: &[&str], documents: &[Value]) -> BTreeMap<String, Naive> {
    let mut groups: BTreeMap<String, Naive> = BTreeMap::new();
    let of_parts = fields.iter().any(|field| !["channel", "day"].contains(field));
    for document in documents {
        let retrievals = document["rag_traces"].as_array().unwrap();
        let mut units: Vec<Option<&Value>> = retrievals.iter().map(Some).collect();
        if units.is_empty() || !of_parts {
            units.push(None);
        }
        let mut seen = BTreeSet::new();
        for unit in units {
            let mut keys = vec![String::new()];
            for field in fields {
                let parts = naive_parts(field, document, unit);
                keys = keys
                    .iter()
                    .flat_map(|key| parts.iter().map(move |part| format!("{key} {part}")))
                    .collect();
            }
            for key in keys {
                let group = groups.entry(key.clone()).or_default();
                group.sessions += usize::from(seen.insert(key));
                let Some(unit) = unit else { continue };
                group.retrievals += 1;
                group.hits += usize::from(unit["hit"] == true);
                group.verdicts += usize::from(unit["hit"].is_boolean());
                group.latencies.extend(unit["latency_ms"].as_f64());
            }
        }
    }
    for group in groups.values_mut() {
        group.latencies.sort_by(f64::total_cmp);
    }
    groups
}

const GROUPINGS: [&[&str]; 8] = [
    &[],
    &["channel"],
    &["day"],
    &["label"],
    &["kb_id"],
    &["doc_id"],
    &["channel", "label"],
    &["kb_id", "day", "doc_id"],
];

proptest! {
    #[test]
    fn weeks_and_months_are_the_same_by_way_of_days(documents in documents()) {
        let days = table(&by(&["day"]), &documents);
        for (name, span) in [("week", Span::Week), ("month", Span::Month)] {
            let by = by(&[name]);
            let coarser = days.coarser(&by, span);
            prop_assert_eq!(coarser.sessions, documents.len());
            prop_assert_eq!(told(&coarser), told(&table(&by, &documents)));
        }
    }

    #[test]
    fn groups_are_those_of_naive_code(documents in documents(), at in 0..GROUPINGS.len()) {
        let fields = GROUPINGS[at];
        let table = table(&by(fields), &documents);
        let mut expected = naive(fields, &documents);
        let mut sizes = Vec::new();
        for (key, figures, _) in told(&table) {
            let key = key.iter().fold(String::new(), |key, part| format!("{key} {part}"));
            let naive = expected.remove(&key).unwrap_or_default();
            let figure = |name: &str| {
                let place = PLAN.figures.iter().position(|figure| figure.name == name).unwrap();
                figures[place].clone()
            };
            prop_assert_eq!(figure("sessions"), json!(naive.sessions), "{}", key);
            prop_assert_eq!(figure("retrievals"), json!(naive.retrievals));
            let rate = share(naive.hits, naive.verdicts);
            prop_assert_eq!(figure("hit_rate"), json!(rate));
            let p95 = percentile(&naive.latencies, 95.0);
            prop_assert_eq!(figure("latency_p95_ms").as_f64(), p95);
            sizes.push(naive.retrievals);
            if naive.sessions == 0 && !documents.is_empty() {
                prop_assert!(fields.contains(&"day"), "a group of nothing: {}", key);
            }
        }
        prop_assert!(expected.is_empty(), "{:?}", expected);
        if fields.len() == 1 && fields != ["day"] {
            // What has no value stands last, whatever its size.
            let named = table.keys().iter().filter(|key| key[0].is_some()).count();
            prop_assert!(sizes[..named].is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn merging_in_any_order_gives_the_same_figures(
        documents in documents(), seed: u64, at in 0..GROUPINGS.len(),
    ) {
        let by = by(GROUPINGS[at]);
        let whole = table(&by, &documents);
        let mut random = fastrand::Rng::with_seed(seed);
        let mut parts: Vec<Table> =
            documents.iter().map(|document| table(&by, std::slice::from_ref(document))).collect();
        parts.push(Table::new(&PLAN, by));
        while parts.len() > 1 {
            let one = parts.swap_remove(random.usize(..parts.len()));
            let into = random.usize(..parts.len());
            parts[into].merge(one);
        }
        let merged = parts.pop().unwrap();
        prop_assert_eq!(told(&merged), told(&whole));
        prop_assert_eq!(merged.sessions, documents.len());
    }
}

#[test]
fn days_between_in_which_nothing_was_are_groups_of_nothing() {
    let document =
        |at: &str, channel: &str| json!({"session_id": "s", "started_at": at, "channel": channel});
    let documents = [
        document("2026-09-14T10:00:00Z", "chat"),
        document("2026-09-17T10:00:00Z", "voice"),
        document("soon", "chat"),
    ];
    let days = |names: &[&str]| {
        let table = table(&by(names), &documents);
        let keys = table.keys();
        keys.iter().map(|key| (named(key), table.group(key).sessions())).collect::<Vec<_>>()
    };
    let day = |day: &str| vec![json!(format!("2026-09-{day}"))];
    let expected =
        [(day("14"), 1), (day("15"), 0), (day("16"), 0), (day("17"), 1), (vec![Value::Null], 1)];
    assert_eq!(days(&["day"]), expected);
    assert_eq!(days(&["week"]), [(day("14"), 2), (vec![Value::Null], 1)]);
    assert_eq!(days(&["month"]), [(vec![json!("2026-09")], 2), (vec![Value::Null], 1)]);
    assert_eq!(days(&["hour"]).len(), 74);
    assert_eq!(days(&["hour"])[0].0, [json!("2026-09-14T10:00")]);
    let both = days(&["channel", "day"]);
    assert_eq!(both.iter().filter(|(key, _)| key[0] == "chat").count(), 5);
    assert_eq!(both.iter().filter(|(key, _)| key[0] == "voice").count(), 4);
}

#[test]
fn stretches_that_lie_too_far_apart_are_not_filled() {
    let document = |at: &str| json!({"session_id": "s", "started_at": at});
    let documents = [document("1970-01-01T00:00:00Z"), document("2026-09-14T10:00:00Z")];
    assert_eq!(table(&by(&["hour"]), &documents).keys().len(), 2);
}
