//! The fold against a naive reading of generated documents.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::view::gaps::Input;

fn folded(documents: &[Value]) -> Gaps {
    let mut all = Gaps::default();
    for document in documents {
        let text = document.to_string();
        let input: Input<'_> = serde_json::from_str(&text).unwrap();
        let mut one = Gaps::default();
        one.add(&Questions::new(&input));
        all.merge(one);
    }
    all
}

fn rows(gaps: &Gaps, base: Option<&Gaps>) -> Vec<Value> {
    gaps.rows(base).iter().map(|row| serde_json::to_value(row).unwrap()).collect()
}

/// Times, as they are sent, in order; the first two are none.
const TIMES: [Option<&str>; 5] = [
    None,
    Some("soon"),
    Some("2026-09-14T10:00:00Z"),
    Some("2026-09-14T12:30:00+02:00"),
    Some("2026-09-14T10:45:00"),
];

/// A time's place in the order of moments; None where it is none.
fn moment(time: &Value) -> Option<usize> {
    TIMES.iter().position(|known| *known == time.as_str()).filter(|place| *place > 1)
}

fn any_of(values: &[Value]) -> impl Strategy<Value = Value> + use<> {
    prop::sample::select(values.to_vec())
}

fn time() -> impl Strategy<Value = Value> {
    any_of(&TIMES.map(|time| json!(time)))
}

fn trace() -> impl Strategy<Value = Value> {
    let number = || any_of(&[Value::Null, json!(0.2), json!(0.4), json!(7), json!(-1.5)]);
    let docs = any_of(&[
        json!([]),
        json!([{"doc_id": "d"}]),
        json!([{"doc_id": ""}, {"doc_id": "d"}]),
        json!([{"doc_id": "c"}]),
    ]);
    let hash = any_of(&[Value::Null, json!(""), json!("q"), json!("Q"), json!("r")]);
    let hit = any_of(&[json!(true), json!(false), Value::Null]);
    let turn = any_of(&[json!("t0"), json!("t1"), json!("t2"), json!("t3"), json!("x"), json!("")]);
    let gate = (number(), number(), any_of(&[Value::Null, json!("a"), json!("b")]), any::<bool>());
    (hash, hit, turn, docs, number(), gate, any_of(&[json!([]), json!(["k"]), json!(["l", "k"])]))
        .prop_map(|(hash, hit, turn, docs, score, (raw, low, basis, gated), kbs)| {
            json!({
                "query_hash": hash, "hit": hit, "assistant_turn_id": turn, "retrieved": docs,
                "top_score": score, "kb_ids": kbs,
                "answerability": gated.then(|| json!({
                    "raw_top_score": raw, "threshold_low": low, "score_basis": basis})),
            })
        })
}

fn message() -> impl Strategy<Value = Value> {
    let role = any_of(&[json!("user"), json!("assistant"), json!("User"), Value::Null]);
    let content = any_of(&[json!("one"), json!("two \u{e9}\n"), json!(" "), Value::Null]);
    (role, content, time()).prop_map(
        |(role, content, time)| json!({"role": role, "content": content, "timestamp": time}),
    )
}

fn document() -> impl Strategy<Value = Value> {
    let outcome = any_of(&[json!("resolved"), json!("abandoned"), Value::Null]);
    let csat = any_of(&[
        Value::Null,
        json!({"score": 4}),
        json!({"score": 7, "scale_max": 10}),
        json!({"score": 2, "scale_max": 0}),
    ]);
    let reasons = any_of(&[json!([]), json!(["transcript_redaction_skipped"]), Value::Null]);
    let handoffs = any_of(&[json!([]), json!([{}, {}])]);
    let reopen = any_of(&[Value::Null, json!({})]);
    let messages = prop::collection::vec(message(), 0..4);
    let traces = prop::collection::vec(trace(), 0..6);
    (outcome, csat, reasons, handoffs, reopen, messages, traces, time()).prop_map(
        |(outcome, csat, reasons, handoffs, reopen, mut messages, traces, started)| {
            for (place, message) in messages.iter_mut().enumerate() {
                message["turn_id"] = json!(format!("t{place}"));
            }
            json!({
                "knowledge_gap_analysis_outcome": outcome, "csat": csat,
                "missing_evidence_reasons": reasons, "handoff_events": handoffs, "reopen": reopen,
                "messages": messages, "rag_traces": traces, "started_at": started,
            })
        },
    )
}

/// Documents of sessions that are told apart by their ids.
fn documents() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(document(), 0..6).prop_map(|mut documents| {
        for (place, document) in documents.iter_mut().enumerate() {
            document["session_id"] = json!(format!("s{place}"));
        }
        documents
    })
}

/// A retrieval with the session it is of and its place there.
type Asked<'d> = (&'d Value, &'d Value, usize);

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_miss(trace: &Value) -> bool {
    trace["hit"] == json!(false) || trace["hit"].is_null() && list(&trace["retrieved"]).is_empty()
}

fn score_of(trace: &Value) -> Option<f64> {
    trace["answerability"]["raw_top_score"].as_f64().or(trace["top_score"].as_f64())
}

fn turn_of((document, trace, _): &Asked<'_>) -> Option<usize> {
    let turn = trace["assistant_turn_id"].as_str().unwrap();
    list(&document["messages"])
        .iter()
        .position(|message| !turn.is_empty() && message["turn_id"] == turn)
}

fn time_of<'d>(asked: &Asked<'d>) -> &'d Value {
    let time = turn_of(asked).map(|turn| &asked.0["messages"][turn]["timestamp"]);
    time.filter(|time| !time.is_null()).unwrap_or(&asked.0["started_at"])
}

fn place_of<'d>(asked: &Asked<'d>) -> (Option<usize>, &'d str, usize) {
    (moment(time_of(asked)), asked.0["session_id"].as_str().unwrap(), asked.2)
}

fn words_of(asked: &Asked<'_>) -> Option<String> {
    list(&asked.0["messages"])[..turn_of(asked)?]
        .iter()
        .rev()
        .filter(|message| {
            message["role"].as_str().is_some_and(|role| role.eq_ignore_ascii_case("user"))
        })
        .filter_map(|message| message["content"].as_str().map(str::trim))
        .find(|words| !words.is_empty())
        .map(str::to_owned)
}

fn is_redacted(document: &Value) -> bool {
    list(&document["missing_evidence_reasons"]).is_empty()
}

fn basis_of<'d>(asked: &Asked<'d>) -> Option<&'d str> {
    asked.1["answerability"]["score_basis"].as_str()
}

fn hash_of<'d>(asked: &Asked<'d>) -> Option<&'d str> {
    asked.1["query_hash"].as_str().filter(|hash| !hash.is_empty())
}

/// A gap, by what is said of its fields.
fn naive_gap(asked: &[Asked<'_>]) -> Option<Value> {
    let misses: Vec<&Asked<'_>> = asked.iter().filter(|(_, trace, _)| is_miss(trace)).collect();
    let latest = misses.iter().max_by_key(|miss| place_of(miss))?;
    let sessions: BTreeSet<&str> =
        misses.iter().map(|miss| miss.0["session_id"].as_str().unwrap()).collect();
    let of_session = |id: &&str| misses.iter().find(|miss| miss.0["session_id"] == *id).unwrap().0;
    let count =
        |test: &dyn Fn(&Value) -> bool| sessions.iter().filter(|id| test(of_session(id))).count();
    let csats: Vec<f64> = sessions
        .iter()
        .filter_map(|id| {
            let csat = &of_session(id)["csat"];
            let scale = csat["scale_max"].as_f64().unwrap_or(5.0);
            csat["score"].as_f64().filter(|_| scale > 0.0).map(|score| score / scale * 5.0)
        })
        .collect();
    #[allow(clippy::cast_precision_loss, reason = "few")]
    let mean = csats.iter().sum::<f64>() / csats.len() as f64;
    let mut timed: Vec<&Value> =
        misses.iter().map(|miss| time_of(miss)).filter(|time| moment(time).is_some()).collect();
    timed.sort_by_key(|time| moment(time));

    let low_of = |miss: &&&Asked<'_>| miss.1["answerability"]["threshold_low"].as_f64();
    let basis = misses
        .iter()
        .filter(|miss| score_of(miss.1).is_some() || low_of(miss).is_some())
        .max_by_key(|miss| {
            let alike = misses.iter().filter(|other| basis_of(other) == basis_of(miss));
            (alike.filter(|other| score_of(other.1).is_some()).count() > 0, place_of(miss))
        })
        .map(|miss| basis_of(miss));
    let alike: Vec<&&Asked<'_>> =
        misses.iter().filter(|miss| Some(basis_of(miss)) == basis).collect();
    let best = alike.iter().filter_map(|miss| score_of(miss.1)).reduce(f64::max);
    let mut nearest: Vec<(f64, &str)> = alike
        .iter()
        .filter_map(|miss| Some((score_of(miss.1)?, miss.1["retrieved"][0]["doc_id"].as_str()?)))
        .collect();
    nearest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let lows: Vec<f64> = alike.iter().filter_map(low_of).collect();
    let low = alike.iter().filter(|miss| low_of(miss).is_some()).max_by_key(|miss| place_of(miss));

    let open = misses.iter().max_by_key(|miss| {
        let words = words_of(miss).is_some();
        (words, words && is_redacted(miss.0), place_of(miss))
    })?;
    let kbs: BTreeSet<&str> =
        misses.iter().flat_map(|miss| list(&miss.1["kb_ids"])).filter_map(Value::as_str).collect();
    let kind = match (score_of(latest.1), latest.1["answerability"]["threshold_low"].as_f64()) {
        _ if list(&latest.1["retrieved"]).is_empty() => "nothing-found",
        (Some(score), Some(low)) if score < low => "under-threshold",
        _ => "no-hit",
    };
    Some(json!({
        "query_hash": asked[0].1["query_hash"].as_str().filter(|hash| !hash.is_empty()),
        "kind": kind, "misses": misses.len(), "retrievals": asked.len(), "sessions": sessions.len(),
        "unresolved": count(&|document| document["knowledge_gap_analysis_outcome"] != "resolved"),
        "handoffs": count(&|document| !list(&document["handoff_events"]).is_empty()),
        "reopened": count(&|document| !document["reopen"].is_null()),
        "csat_mean": (!csats.is_empty()).then(|| (mean * 1e6).round() / 1e6),
        "first_seen": timed.first(), "last_seen": timed.last(),
        "best_score": best, "threshold_low": low.and_then(low_of),
        "kb_ids": kbs, "nearest_doc_id": nearest.first().map(|(_, id)| id).filter(|id| !id.is_empty()),
        "words": words_of(open), "session_id": open.0["session_id"],
        "turn": turn_of(open).map(|turn| turn + 1), "status": null,
        "words_redacted": words_of(open).map(|_| is_redacted(open.0)),
        "thresholds_changed": lows.iter().any(|low| low.total_cmp(&lows[0]).is_ne()),
        "score_basis": basis.flatten(),
    }))
}

/// Every gap, in no order.
fn naive(documents: &[Value]) -> Vec<Value> {
    let all: Vec<Asked<'_>> = documents
        .iter()
        .flat_map(|document| {
            let traces = list(&document["rag_traces"]).iter().enumerate();
            traces.map(move |(place, trace)| (document, trace, place))
        })
        .collect();
    let hashes: BTreeSet<&str> = all.iter().filter_map(hash_of).collect();
    let named = hashes.iter().filter_map(|hash| {
        let asked: Vec<Asked<'_>> =
            all.iter().filter(|asked| hash_of(asked) == Some(*hash)).copied().collect();
        naive_gap(&asked)
    });
    let unnamed = all
        .iter()
        .filter(|asked| hash_of(asked).is_none())
        .filter_map(|asked| naive_gap(&[*asked]));
    named.chain(unnamed).collect()
}

fn sorted(mut rows: Vec<Value>) -> Vec<String> {
    rows.sort_by_key(Value::to_string);
    rows.iter().map(Value::to_string).collect()
}

proptest! {
    #[test]
    fn gaps_are_what_a_naive_reading_finds(documents in documents()) {
        let gaps = folded(&documents);
        let found = rows(&gaps, None);
        prop_assert_eq!(sorted(found.clone()), sorted(naive(&documents)));
        let weight = |row: &Value| {
            ["sessions", "unresolved", "misses"].map(|field| row[field].as_u64().unwrap())
        };
        prop_assert!(found.is_sorted_by(|a, b| weight(a) >= weight(b)));
        let misses: u64 = found.iter().map(|row| row["misses"].as_u64().unwrap()).sum();
        prop_assert_eq!(misses, gaps.misses as u64);
    }

    #[test]
    fn documents_merge_in_any_order(documents in documents(), seed in any::<u64>()) {
        let mut shuffled = documents.clone();
        let length = shuffled.len().max(1);
        for place in 0..shuffled.len() {
            shuffled.swap(place, usize::try_from(seed % 997).unwrap() * (place + 7) % length);
        }
        prop_assert_eq!(rows(&folded(&documents), None), rows(&folded(&shuffled), None));
        let (one, other) = shuffled.split_at(length / 2);
        let mut halves = folded(other);
        halves.merge(folded(one));
        prop_assert_eq!(rows(&folded(&documents), None), rows(&halves, None));
    }

    #[test]
    fn a_gaps_status_is_what_both_sides_say(now in documents(), before in documents()) {
        let (gaps, base) = (folded(&now), folded(&before));
        let named = |rows: Vec<Value>| -> BTreeSet<String> {
            rows.iter().filter_map(|row| row["query_hash"].as_str().map(str::to_owned)).collect()
        };
        let (missing, missed) = (named(naive(&now)), named(naive(&before)));
        let asked: BTreeSet<&str> = now
            .iter()
            .flat_map(|document| list(&document["rag_traces"]))
            .filter_map(|trace| trace["query_hash"].as_str())
            .collect();
        let found = rows(&gaps, Some(&base));
        for row in &found {
            let status = row["status"].as_str();
            let Some(hash) = row["query_hash"].as_str() else {
                prop_assert_eq!(status, None);
                continue;
            };
            let expected = match (missing.contains(hash), missed.contains(hash)) {
                (true, false) => "new",
                (true, true) => "open",
                (false, _) if asked.contains(hash) => "closed",
                (false, _) => "not-asked",
            };
            prop_assert_eq!(status, Some(expected));
        }
        prop_assert_eq!(named(found), missing.union(&missed).cloned().collect());
    }
}

#[test]
fn what_a_customer_said_is_kept_up_to_a_length() {
    assert_eq!(kept(" a\nb "), "a\nb");
    let long = "é".repeat(WORDS);
    assert_eq!(kept(&long), long);
    assert_eq!(kept(&format!("{long}é")), format!("{long}…"));
}
