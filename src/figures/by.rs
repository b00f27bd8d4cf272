//! Which group a session, or a part of one, belongs to: `--by`.

use chrono::{Datelike as _, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _};
use hashbrown::HashMap;
use serde::Serialize;
use serde_json::value::RawValue;

use super::figure::Plan;
use super::group::Share;
use crate::failure::Failure;
use crate::model::{Text, Timestamp};
use crate::rows::spell::Zone;
use crate::rows::{Field, Fields, Kind, Row, nearest, probe};

/// A value that groups are told apart by, as JSON has it; None for null.
pub type Part = Option<Box<str>>;

/// What a value that is a text says; None where it is null, or none.
pub fn text(part: Option<&Part>) -> Option<String> {
    serde_json::from_str(part?.as_deref()?).ok()
}

/// A group's values, one a field.
pub type Key = Box<[Part]>;

/// A stretch of time that sessions are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// `2026-09-14T10:00`.
    Hour,
    /// `2026-09-14`.
    Day,
    /// Its Monday's date.
    Week,
    /// `2026-09`.
    Month,
}

/// Where a field's values come from.
#[derive(Clone, Debug)]
enum Source {
    /// The session's overview: a place in [`By::of_session`].
    Session(usize),
    /// The session's `started_at`, at that place.
    Time(Span, usize),
    /// The command's rows: a place in [`By::own`].
    Own(usize),
    /// What the command says of a row beside its fields.
    More(&'static str),
}

/// A field that groups are told apart by.
#[derive(Clone, Debug)]
pub struct ByField {
    /// Its name.
    pub name: String,
    source: Source,
    /// Whether its values are lists, so that what it is of can be in several groups.
    pub list: bool,
}

/// The fields that groups are told apart by.
#[derive(Clone, Debug)]
pub struct By {
    /// In order.
    pub fields: Vec<ByField>,
    of_session: Vec<Field>,
    own: Vec<Field>,
    zone: Zone,
    /// Whether a session without a row is in the group that has no value.
    blank: bool,
}

const SPANS: [(&str, Span); 4] =
    [("hour", Span::Hour), ("day", Span::Day), ("week", Span::Week), ("month", Span::Month)];

impl By {
    /// All in one group.
    pub const fn nothing() -> Self {
        Self {
            fields: Vec::new(),
            of_session: Vec::new(),
            own: Vec::new(),
            zone: Zone::Utc,
            blank: true,
        }
    }

    /// By one field of the command's rows; a session without rows is in no group.
    ///
    /// Fails where there is no such field.
    pub fn own<R: Row>(name: &str) -> Result<Self, Failure> {
        let mut by = Self::nothing();
        by.push_own(name, Fields::of_row::<R>().resolve("--by", name)?);
        by.blank = false;
        Ok(by)
    }

    /// By fields of the command's rows (`R`), those that the command knows beside them (`more`,
    /// lists), of a session's overview (`S`) or a stretch of the time it began.
    ///
    /// Fails where there is no such field, naming the nearest.
    pub fn new<S: Row, R: Row>(
        names: &[String],
        more: &[&'static str],
        zone: Zone,
    ) -> Result<Self, Failure> {
        let (session, own) = (Fields::of_row::<S>(), Fields::of_row::<R>());
        let mut by = Self { zone, ..Self::nothing() };
        for (place, name) in names.iter().enumerate() {
            if names.get(..place).is_some_and(|before| before.contains(name)) {
                continue;
            }
            if let Some(more) = more.iter().find(|more| *more == name) {
                let source = Source::More(more);
                by.fields.push(ByField { name: name.clone(), source, list: true });
            } else if let Some((_, span)) = SPANS.iter().find(|(span, _)| span == name) {
                let started = session.resolve("--by", "started_at")?;
                let source = Source::Time(*span, by.session_place(started));
                by.fields.push(ByField { name: name.clone(), source, list: false });
            } else if let Some(field) = own.find(name).filter(|_| S::KIND != R::KIND) {
                by.push_own(name, field.clone());
            } else if let Some(field) = session.find(name) {
                let list = field.kind == Kind::List;
                let source = Source::Session(by.session_place(field.clone()));
                by.fields.push(ByField { name: name.clone(), source, list });
            } else {
                let spans = SPANS.iter().map(|(span, _)| *span);
                let known = own.names().chain(session.names()).chain(spans);
                let failure = Failure::usage(format!("--by: there is no field {name}"));
                return Err(match nearest(name, known.chain(more.iter().copied())) {
                    Some(nearest) => failure.hint(format!("did you mean {nearest}?")),
                    None => failure.hint(format!(
                        "there are hour, day, week, month and the fields that feather-analysis \
                         schema {} and schema {} list",
                        S::KIND,
                        R::KIND
                    )),
                });
            }
        }
        Ok(by)
    }

    /// The names of the stretches of time there are.
    pub fn spans() -> impl Iterator<Item = &'static str> {
        SPANS.iter().map(|(name, _)| *name)
    }

    fn push_own(&mut self, name: &str, field: Field) {
        let list = field.kind == Kind::List;
        let source = Source::Own(self.own.len());
        self.own.push(field);
        self.fields.push(ByField { name: name.to_owned(), source, list });
    }

    fn session_place(&mut self, field: Field) -> usize {
        self.of_session.push(field);
        self.of_session.len() - 1
    }

    /// The fields of a session's overview that are asked for.
    pub fn session_fields(&self) -> &[Field] {
        &self.of_session
    }

    /// Whether groups are of parts of sessions, not of whole ones.
    pub fn of_parts(&self) -> bool {
        self.fields.iter().any(|field| field.source.is_own())
    }

    /// The place of the one field that is a stretch of time, and which stretch.
    pub fn span(&self) -> Option<(usize, Span)> {
        let mut spans = self.fields.iter().enumerate().filter_map(|(place, field)| {
            if let Source::Time(span, _) = field.source { Some((place, span)) } else { None }
        });
        spans.next().filter(|_| spans.next().is_none())
    }

    /// Takes one session apart; `session` has the values of [`Self::session_fields`].
    pub fn sorter<'b>(&'b self, plan: &'static Plan, session: &[Option<String>]) -> Sorter<'b> {
        let of_session = self.fields.iter().map(|field| match &field.source {
            Source::Session(place) => parts(session.get(*place).and_then(Option::as_deref), field),
            Source::Time(span, place) => {
                vec![session.get(*place).and_then(Option::as_deref).and_then(|json| {
                    let text: Text<'_> = serde_json::from_str(json).ok()?;
                    let moment = Timestamp::from(&*text).instant()?;
                    Some(span.part(span.begin(self.zone.local(moment))))
                })]
            }
            Source::Own(_) | Source::More(_) => Vec::new(),
        });
        Sorter {
            plan,
            by: self,
            of_session: of_session.collect(),
            whole: Share::new(plan),
            shares: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl Source {
    const fn is_own(&self) -> bool {
        matches!(self, Self::Own(_) | Self::More(_))
    }
}

/// The groups of a value: each element of a list once, one that is null or empty being none.
fn parts(json: Option<&str>, field: &ByField) -> Vec<Part> {
    let Some(json) = json.filter(|json| *json != "\"\"") else { return vec![None] };
    if !field.list {
        return vec![Some(json.into())];
    }
    let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    distinct(elements.into_iter().map(RawValue::get))
}

/// Each value once; null where there is none.
fn distinct<'j>(values: impl Iterator<Item = &'j str>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for value in values {
        let part = Some(value).filter(|json| !matches!(*json, "\"\"" | "null")).map(Into::into);
        if !all.contains(&part) {
            all.push(part);
        }
    }
    if all.is_empty() { vec![None] } else { all }
}

/// Sorts what one session adds into its groups.
#[derive(Debug)]
pub struct Sorter<'b> {
    plan: &'static Plan,
    by: &'b By,
    /// By field, the session's values; none where the field is of its rows.
    of_session: Vec<Vec<Part>>,
    /// What it adds as a whole.
    whole: Share,
    /// What its rows add, by the values of their own fields.
    shares: Vec<(Key, Share)>,
    places: HashMap<Key, usize>,
}

impl Sorter<'_> {
    /// What the session adds as a whole, where its groups are not of parts of it.
    pub fn session(&mut self, add: impl FnOnce(&mut Share)) {
        if !self.by.of_parts() {
            add(&mut self.whole);
        }
    }

    /// What a row adds; `more` has the values of a field that the command knows beside the row's.
    ///
    /// Fails where the row cannot be made JSON of.
    pub fn row<R: Serialize>(
        &mut self,
        row: &R,
        more: impl Fn(&str) -> Vec<String>,
        add: impl Fn(&mut Share),
    ) -> serde_json::Result<()> {
        if !self.by.of_parts() {
            add(&mut self.whole);
            return Ok(());
        }
        let values = probe(row, &self.by.own)?;
        let own = self.by.fields.iter().filter(|field| field.source.is_own());
        let lists = own.map(|field| match &field.source {
            Source::More(name) => {
                let values = more(name);
                let json = values.iter().filter_map(|value| serde_json::to_string(value).ok());
                let json: Vec<String> = json.collect();
                distinct(json.iter().map(|json| &**json))
            }
            Source::Own(place) => parts(values.get(*place).and_then(Option::as_deref), field),
            Source::Session(_) | Source::Time(..) => vec![None],
        });
        for key in product(&lists.collect::<Vec<_>>()) {
            let place = if let Some(place) = self.places.get(&key) {
                *place
            } else {
                self.places.insert(key.clone(), self.shares.len());
                self.shares.push((key, Share::new(self.plan)));
                self.shares.len() - 1
            };
            if let Some((_, share)) = self.shares.get_mut(place) {
                add(share);
            }
        }
        Ok(())
    }

    /// What the session adds to each of its groups.
    pub fn end(mut self) -> Vec<(Key, Share)> {
        let own = self.by.fields.iter().filter(|field| field.source.is_own()).count();
        if own == 0 {
            self.shares.push((Box::new([]), self.whole));
        } else if self.shares.is_empty() && self.by.blank {
            self.shares.push((vec![None; own].into(), self.whole));
        }
        if own == self.by.fields.len() {
            return self.shares;
        }
        let mut all = Vec::new();
        for (key, share) in self.shares {
            let mut own = key.into_iter();
            let lists: Vec<Vec<Part>> =
                self.by
                    .fields
                    .iter()
                    .zip(&self.of_session)
                    .map(|(field, parts)| {
                        if field.source.is_own() {
                            vec![own.next().flatten()]
                        } else {
                            parts.clone()
                        }
                    })
                    .collect();
            all.extend(product(&lists).into_iter().map(|key| (key, share.clone())));
        }
        all
    }
}

/// Every way to take one of each list.
fn product(lists: &[Vec<Part>]) -> Vec<Key> {
    let mut keys: Vec<Vec<Part>> = vec![Vec::with_capacity(lists.len())];
    for list in lists {
        keys = keys
            .into_iter()
            .flat_map(|key| {
                list.iter().map(move |part| {
                    let mut key = key.clone();
                    key.push(part.clone());
                    key
                })
            })
            .collect();
    }
    keys.into_iter().map(Into::into).collect()
}

impl Span {
    /// When the stretch that a time is in begins.
    fn begin(self, time: NaiveDateTime) -> NaiveDateTime {
        let day = time.date();
        let day = match self {
            Self::Hour | Self::Day => Some(day),
            Self::Week => {
                day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))
            }
            Self::Month => day.with_day(1),
        };
        let hour = if self == Self::Hour { time.hour() } else { 0 };
        day.and_then(|day| day.and_hms_opt(hour, 0, 0)).unwrap_or(time)
    }

    /// The stretch that a day, as groups have it, is in; the day as it is where it is none.
    pub fn of(self, day: &str) -> Box<str> {
        Self::Day.parse(day).map_or_else(|| day.into(), |day| self.part(self.begin(day)))
    }

    /// When the next one begins.
    fn next(self, begin: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::Hour => begin.checked_add_signed(TimeDelta::hours(1)),
            Self::Day => begin.checked_add_days(Days::new(1)),
            Self::Week => begin.checked_add_days(Days::new(7)),
            Self::Month => begin.checked_add_months(Months::new(1)),
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Self::Hour => "%Y-%m-%dT%H:%M",
            Self::Day | Self::Week => "%Y-%m-%d",
            Self::Month => "%Y-%m",
        }
    }

    /// A stretch's value, by when it begins.
    fn part(self, begin: NaiveDateTime) -> Box<str> {
        format!("\"{}\"", begin.format(self.pattern())).into()
    }

    fn parse(self, part: &str) -> Option<NaiveDateTime> {
        let text = part.trim_matches('"');
        match self {
            Self::Hour => NaiveDateTime::parse_from_str(text, self.pattern()).ok(),
            Self::Day | Self::Week => {
                NaiveDate::parse_from_str(text, self.pattern()).ok().map(Into::into)
            }
            Self::Month => {
                NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok().map(Into::into)
            }
        }
    }

    /// Every stretch from one to another, both included; None where there would be more than `most`.
    pub fn between(self, first: &str, last: &str, most: usize) -> Option<Vec<Box<str>>> {
        let (mut begin, last) = (self.parse(first)?, self.parse(last)?);
        let mut all = Vec::new();
        while begin <= last {
            if all.len() == most {
                return None;
            }
            all.push(self.part(begin));
            begin = self.next(begin)?;
        }
        Some(all)
    }
}
