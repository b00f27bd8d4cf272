use chrono::FixedOffset;
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::*;
use crate::rows::probe;

/// A row.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Row {
    /// A name.
    name: Option<String>,
    /// A count.
    count: Option<f64>,
    /// A flag.
    flag: Option<bool>,
    /// Names.
    tags: Vec<String>,
    /// A moment.
    #[schemars(extend("format" = "date-time"))]
    at: Option<String>,
}

fn clock() -> Clock {
    let now = "2026-09-14T12:00:00Z".parse().unwrap();
    Clock { zone: Zone::Utc, now }
}

fn conditions(list: &[&str], clock: Clock) -> Result<Conditions, Failure> {
    let list: Vec<String> = list.iter().map(|condition| (*condition).to_owned()).collect();
    Conditions::new(&list, &Fields::of::<Row>(), clock)
}

fn holds(condition: &str, row: &Row) -> bool {
    let conditions = conditions(&[condition], clock()).unwrap();
    conditions.hold(&probe(row, conditions.fields()).unwrap())
}

fn row() -> Row {
    Row {
        name: Some("Übung, \"one\"".to_owned()),
        count: Some(2.5),
        flag: Some(false),
        tags: vec!["kb-1".to_owned(), "kb-2".to_owned()],
        at: Some("2026-09-14T00:30:00+02:00".to_owned()),
    }
}

#[test]
fn a_value_is_held_against_a_condition_as_its_type_has_it() {
    let row = row();
    for condition in [
        "name~übung",
        "name!~zwei",
        "name!=x,y",
        "count=2.5",
        "count=1,2.50",
        "count<10",
        "count>=2.5",
        "count != 3",
        "flag=false",
        "flag!=true",
        "tags=kb-2",
        "tags=x,kb-1",
        "tags!=kb",
        "tags~KB-",
        "tag=kb-1",
        "at=2026-09-13",
        "at<2026-09-14",
        "at>=2026-09-13",
        "at<=2026-09-13T22:30",
        "at=2026-09-13T22:30:00Z",
        "at>36h",
        "at=yesterday",
        "at<today",
    ] {
        assert!(holds(condition, &row), "{condition}");
    }
    for condition in [
        "name=Übung",
        "name=",
        "count<2.5",
        "count=",
        "flag=true",
        "tags=kb",
        "tags=",
        "at>2026-09-13",
        "at!=2026-09-13",
        "at=today",
        "at>13h",
    ] {
        assert!(!holds(condition, &row), "{condition}");
    }
}

#[test]
fn null_passes_what_is_not_and_fails_the_rest() {
    let none = Row { name: None, count: None, flag: None, tags: Vec::new(), at: None };
    for condition in [
        "name=",
        "name=x,",
        "name!=x",
        "name!~x",
        "count=",
        "count!=1",
        "flag!=true",
        "tags=",
        "tags!=x",
        "at=",
        "at!=today",
    ] {
        assert!(holds(condition, &none), "{condition}");
    }
    for condition in ["name=x", "name~x", "name!=", "count<9", "count>=0", "flag=false", "at<today"]
    {
        assert!(!holds(condition, &none), "{condition}");
    }
    assert!(holds("at!=today", &Row { at: Some("soon".to_owned()), ..none.clone() }));
    assert!(!holds("at<today", &Row { at: Some("soon".to_owned()), ..none }));
}

#[test]
fn what_no_value_can_meet_is_refused_in_words() {
    for (condition, words) in [
        ("cuont=1", "no field cuont"),
        ("count", "no comparison"),
        ("count!1", "no comparison"),
        ("count~1", "count is a number"),
        ("count<", "nothing stands behind <"),
        ("count<many", "many is none"),
        ("count=nan", "nan is none"),
        ("flag=maybe", "maybe is none"),
        ("flag<true", "true or false"),
        ("name<b", "name is text"),
        ("tags>1", "tags is a list"),
        ("at<soon", "soon is none"),
    ] {
        let failure = conditions(&[condition], clock()).unwrap_err();
        assert!(failure.message.contains(words), "{condition}: {}", failure.message);
        assert!(failure.hint.is_some());
    }
    let nearest = conditions(&["cuont=1"], clock()).unwrap_err().hint.unwrap();
    assert_eq!(nearest, "did you mean count?");
}

#[test]
fn dates_are_days_in_the_zone() {
    let zone = Zone::Fixed(FixedOffset::east_opt(2 * 3600).unwrap());
    let fields = Fields::of::<Row>();
    let at = fields.find("at").unwrap();
    let within = |since: &str, until: &str| {
        let mut conditions = Conditions::default();
        let (since, until) = (parse_time(since).ok(), parse_time(until).ok());
        conditions
            .between(at, since, until, Clock { zone, ..clock() })
            .map(|()| conditions.hold(&probe(&row(), conditions.fields()).unwrap()))
    };
    assert!(within("2026-09-14", "2026-09-14").unwrap());
    assert!(!within("", "2026-09-13").unwrap());
    assert!(!within("2026-09-15", "").unwrap());
    assert!(within("today", "today").unwrap());
    assert!(within("2026-09-14T00:30", "14h").is_err(), "14 hours ago it was 00:00");
    assert!(within("2026-09-15", "2026-09-14").is_err());
    assert!(within("2026-09-14", "2026-09-14T00:30").unwrap());
}

proptest! {
    #[test]
    fn numbers_are_selected_as_naive_code_does(
        count in prop::option::of(-3_i32..3), wanted in -3_i32..3, op in 0_usize..6,
    ) {
        let (spelt, naive): (&str, fn(i32, i32) -> bool) = [
            ("=", (|a, b| a == b) as fn(i32, i32) -> bool), ("!=", |a, b| a != b),
            ("<", |a, b| a < b), ("<=", |a, b| a <= b), (">", |a, b| a > b), (">=", |a, b| a >= b),
        ][op];
        let value = Row { count: count.map(f64::from), ..row() };
        let expected = count.map_or(spelt == "!=", |count| naive(count, wanted));
        prop_assert_eq!(holds(&format!("count{spelt}{wanted}"), &value), expected);
    }

    #[test]
    fn lists_and_texts_are_selected_as_naive_code_does(
        tags in prop::collection::vec("[a-c]{0,2}", 0..3),
        wanted in prop::collection::vec("[a-c]{1,2}", 1..3),
    ) {
        let has = tags.iter().any(|tag| wanted.contains(tag));
        let row = Row { tags: tags.clone(), name: tags.first().cloned(), ..row() };
        let list = wanted.join(",");
        prop_assert_eq!(holds(&format!("tags={list}"), &row), has);
        prop_assert_eq!(holds(&format!("tags!={list}"), &row), !has);
        let named = tags.first().is_some_and(|tag| wanted.contains(tag));
        prop_assert_eq!(holds(&format!("name={list}"), &row), named);
        let part = tags.iter().any(|tag| tag.contains(&wanted[0]));
        prop_assert_eq!(holds(&format!("tags~{}", wanted[0].to_uppercase()), &row), part);
        prop_assert_eq!(json!(tags).to_string() == "[]", holds("tags=", &row));
    }
}
