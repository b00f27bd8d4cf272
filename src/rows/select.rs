//! Which sessions are wanted: `--where`, `--since`, `--until`.

use std::cmp::Ordering;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde_json::value::RawValue;

use super::field::{Field, Fields, Kind};
use super::record::plain;
use super::spell::Zone;
use crate::cli::{Time, parse_time};
use crate::failure::Failure;
use crate::model::Timestamp;

/// Conditions that must all hold.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// The fields they are about, a condition each.
    fields: Vec<Field>,
    tests: Vec<Test>,
}

/// What is asked of a field's value.
#[derive(Clone, Debug)]
struct Test {
    kind: Kind,
    op: Op,
    /// Of `=` and `!=` any number; of the others one.
    values: Vec<Wanted>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Any,
    None,
    Less,
    AtMost,
    More,
    AtLeast,
    Contains,
    ContainsNot,
}

/// In the order in which they are looked for: the longer before what it begins with.
const OPS: [(&str, Op); 9] = [
    ("!=", Op::None),
    ("!~", Op::ContainsNot),
    ("<=", Op::AtMost),
    (">=", Op::AtLeast),
    ("==", Op::Any),
    ("=", Op::Any),
    ("<", Op::Less),
    (">", Op::More),
    ("~", Op::Contains),
];

#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    /// Null, or empty.
    Nothing,
    Text(String),
    Number(f64),
    Boolean(bool),
    Time(Stretch),
}

/// The moments from one on until just before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// The zone times are meant in, and the time it is.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The zone of dates and of times without an offset.
    pub zone: Zone,
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl Conditions {
    /// Makes sense of conditions on these fields.
    ///
    /// Fails where there is no such field, naming the nearest, or where its values cannot meet one.
    pub fn new(conditions: &[String], fields: &Fields, clock: Clock) -> Result<Self, Failure> {
        let mut all = Self::default();
        for condition in conditions {
            let (field, test) = parse(condition, fields, clock).map_err(|error| match error {
                Wrong::Field(failure) => failure,
                Wrong::Condition(hint) => Failure::usage(format!("--where {condition}: {hint}"))
                    .hint("write it like outcome=unresolved, 'csat<3' or channel!=voice,chat"),
            })?;
            all.fields.push(field);
            all.tests.push(test);
        }
        Ok(all)
    }

    /// Adds that a time must lie between these two.
    ///
    /// Fails where there is nothing between them.
    pub fn between(
        &mut self,
        field: &Field,
        since: Option<Time>,
        until: Option<Time>,
        clock: Clock,
    ) -> Result<(), Failure> {
        let since = since.map(|time| Stretch::of(time, clock));
        let until = until.map(|time| Stretch::of(time, clock));
        if let (Some(since), Some(until)) = (since, until)
            && until.last() < since.from
        {
            return Err(Failure::usage("--until lies before --since: no session can be of both")
                .hint("turn the two round"));
        }
        for (op, stretch) in [(Op::AtLeast, since), (Op::AtMost, until)] {
            if let Some(stretch) = stretch {
                self.fields.push(field.clone());
                let values = vec![Wanted::Time(stretch)];
                self.tests.push(Test { kind: Kind::Time, op, values });
            }
        }
        Ok(())
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// The fields they are about.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether they hold of the values of [`Self::fields`], each as JSON has it.
    pub fn hold(&self, values: &[Option<String>]) -> bool {
        self.tests.iter().zip(values).all(|(test, value)| test.holds(value.as_deref()))
    }
}

/// What is wrong with a condition.
enum Wrong {
    Field(Failure),
    Condition(String),
}

fn parse(condition: &str, fields: &Fields, clock: Clock) -> Result<(Field, Test), Wrong> {
    let none = || {
        Wrong::Condition("no comparison in it; there are =, !=, <, <=, >, >=, ~ and !~".to_owned())
    };
    let at = condition.find(['=', '!', '<', '>', '~']).ok_or_else(none)?;
    let (name, rest) = condition.split_at(at);
    let (spelt, op) =
        OPS.into_iter().find(|(spelt, _)| rest.starts_with(spelt)).ok_or_else(none)?;
    let field = fields.resolve("--where", name.trim()).map_err(Wrong::Field)?;
    let value = rest.get(spelt.len()..).unwrap_or_default().trim();
    let kind = field.kind;
    let fits = match kind {
        Kind::Text => !matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast),
        Kind::List => !matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast),
        Kind::Number | Kind::Time => !matches!(op, Op::Contains | Op::ContainsNot),
        Kind::Boolean => matches!(op, Op::Any | Op::None),
        Kind::Json => false,
    };
    let (what, ops) = match kind {
        Kind::Text => ("text", "=, !=, ~ and !~"),
        Kind::List => ("a list", "= (has), !=, ~ and !~"),
        Kind::Number => ("a number", "=, !=, <, <=, > and >="),
        Kind::Time => ("a time", "=, !=, <, <=, > and >="),
        Kind::Boolean => ("true or false", "= and !="),
        Kind::Json => ("an object", "no comparison"),
    };
    if !fits {
        return Err(Wrong::Condition(format!("{} is {what}, which takes {ops}", field.name)));
    }
    let wanted = |value: &str| {
        Wanted::of(value, kind, clock).ok_or_else(|| {
            Wrong::Condition(format!("{} is {what}, and {value} is none", field.name))
        })
    };
    let values = match op {
        Op::Any | Op::None => value.split(',').map(wanted).collect::<Result<_, _>>()?,
        _ if value.is_empty() => {
            return Err(Wrong::Condition(format!("nothing stands behind {spelt}")));
        }
        _ => vec![wanted(value)?],
    };
    Ok((field, Test { kind, op, values }))
}

impl Wanted {
    /// The value that is meant for a field of this kind; None where it can be none.
    fn of(text: &str, kind: Kind, clock: Clock) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::Nothing);
        }
        match kind {
            Kind::Number => {
                text.parse().ok().filter(|value: &f64| value.is_finite()).map(Self::Number)
            }
            Kind::Boolean => text.parse().ok().map(Self::Boolean),
            Kind::Time => parse_time(text).ok().map(|time| Self::Time(Stretch::of(time, clock))),
            Kind::Text | Kind::List | Kind::Json => Some(Self::Text(text.to_owned())),
        }
    }
}

impl Test {
    fn holds(&self, json: Option<&str>) -> bool {
        match self.op {
            Op::Any => self.values.iter().any(|wanted| self.is(json, wanted)),
            Op::None => !self.values.iter().any(|wanted| self.is(json, wanted)),
            Op::Contains => self.contains(json),
            Op::ContainsNot => !self.contains(json),
            Op::Less => self.order(json) == Some(Ordering::Less),
            Op::AtMost => self.order(json).is_some_and(Ordering::is_le),
            Op::More => self.order(json) == Some(Ordering::Greater),
            Op::AtLeast => self.order(json).is_some_and(Ordering::is_ge),
        }
    }

    fn is(&self, json: Option<&str>, wanted: &Wanted) -> bool {
        let nothing = json.is_none_or(|json| matches!(json, "null" | "\"\"" | "[]"));
        match (wanted, json) {
            (Wanted::Nothing, _) => nothing,
            (_, None) => false,
            (Wanted::Text(text), Some(json)) if self.kind == Kind::List => {
                elements(json).any(|element| plain(element) == *text)
            }
            (Wanted::Text(text), Some(json)) => plain(json) == *text,
            (Wanted::Boolean(wanted), Some(json)) => json.parse() == Ok(*wanted),
            (Wanted::Number(_) | Wanted::Time(_), Some(_)) => {
                order(json, wanted) == Some(Ordering::Equal)
            }
        }
    }

    fn contains(&self, json: Option<&str>) -> bool {
        let (Some(json), Some(Wanted::Text(text))) = (json, self.values.first()) else {
            return false;
        };
        let text = text.to_lowercase();
        let has = |json: &str| plain(json).to_lowercase().contains(&text);
        if self.kind == Kind::List { elements(json).any(has) } else { has(json) }
    }

    fn order(&self, json: Option<&str>) -> Option<Ordering> {
        order(json, self.values.first()?)
    }
}

/// Where a value lies beside the one that is wanted; None where it is null, or cannot be told.
fn order(json: Option<&str>, wanted: &Wanted) -> Option<Ordering> {
    let json = json?;
    match wanted {
        Wanted::Number(number) => json.parse::<f64>().ok()?.partial_cmp(number),
        Wanted::Time(stretch) => {
            let moment = Timestamp::from(&*plain(json)).instant()?;
            Some(if moment < stretch.from {
                Ordering::Less
            } else if moment > stretch.last() {
                Ordering::Greater
            } else {
                Ordering::Equal
            })
        }
        Wanted::Nothing | Wanted::Text(_) | Wanted::Boolean(_) => None,
    }
}

/// The elements of a list, each as JSON has it.
fn elements(json: &str) -> impl Iterator<Item = &str> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    elements.into_iter().map(RawValue::get)
}

impl Stretch {
    /// What a time that was typed means.
    fn of(time: Time, Clock { zone, now }: Clock) -> Self {
        let day = |day: NaiveDate| {
            let from = zone.instant(day.into());
            let next = day.succ_opt().map(|next| zone.instant(next.into()));
            Self { from, to: next.unwrap_or(DateTime::<Utc>::MAX_UTC) }
        };
        let moment = |from: DateTime<Utc>| Self { from, to: from };
        match time {
            Time::Day(date) => day(date),
            Time::DaysAgo(days) => {
                let today = zone.local(now).date();
                day(today.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN))
            }
            Time::Minute(time) => {
                let from = zone.instant(time);
                Self { from, to: from.checked_add_signed(TimeDelta::minutes(1)).unwrap_or(from) }
            }
            Time::Local(time) => moment(zone.instant(time)),
            Time::Moment(time) => moment(time),
            Time::Ago(age) => {
                let from =
                    TimeDelta::from_std(age).ok().and_then(|age| now.checked_sub_signed(age));
                moment(from.unwrap_or(DateTime::<Utc>::MIN_UTC))
            }
        }
    }

    /// The last moment that is part of it.
    fn last(self) -> DateTime<Utc> {
        if self.from == self.to {
            return self.from;
        }
        self.to.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(self.to)
    }
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
