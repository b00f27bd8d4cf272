//! Which of a view's rows and fields are wanted, and in which order: `--fields`, `--sort`, `--limit`.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use schemars::JsonSchema;
use serde::Serialize;

use super::field::{Field, Fields, Kind};
use super::probe::probe;
use super::record::plain;
use crate::failure::Failure;
use crate::model::Timestamp;

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Pick {
    /// These fields, in this order; None is all of them.
    pub fields: Option<Vec<Field>>,
    /// By these fields.
    sort: Vec<Field>,
    /// Of each of them, whether it is downward.
    down: Vec<bool>,
    /// At most so many rows.
    limit: Option<usize>,
    /// The kind's fields as CSV has them.
    flat: Vec<Field>,
}

impl Pick {
    /// Makes sense of the names for rows of type `T`; a sort field that begins with `-` is downward.
    ///
    /// Fails where no field has such a name, naming the nearest.
    pub fn new<T: JsonSchema>(
        fields: &[String],
        sort: &[String],
        limit: Option<usize>,
    ) -> Result<Self, Failure> {
        let known = Fields::of::<T>();
        let find = |option: &str, name: &str| known.resolve(option, name);
        let picked = fields.iter().map(|name| find("--fields", name)).collect::<Result<_, _>>()?;
        let down: Vec<bool> = sort.iter().map(|name| name.starts_with('-')).collect();
        let name = |name: &str| name.strip_prefix(['-', '+']).unwrap_or(name).to_owned();
        let sort =
            sort.iter().map(|field| find("--sort", &name(field))).collect::<Result<_, _>>()?;
        let fields = Some(picked).filter(|fields: &Vec<Field>| !fields.is_empty());
        Ok(Self { fields, sort, down, limit, flat: known.flat })
    }

    /// Whether the rows of all sessions make one table.
    pub fn is_any(&self) -> bool {
        self.fields.is_some() || self.holds()
    }

    /// Whether rows must be held until the last is known.
    pub fn holds(&self) -> bool {
        !self.sort.is_empty() || self.limit.is_some()
    }

    /// The same fields of all rows, as they come.
    #[must_use]
    pub fn without_order(self) -> Self {
        Self { sort: Vec::new(), down: Vec::new(), limit: None, ..self }
    }

    /// The columns of CSV.
    pub fn columns(&self) -> &[Field] {
        self.fields.as_deref().unwrap_or(&self.flat)
    }

    /// The values of those columns of a row, each as JSON has it; None where it is null.
    ///
    /// Fails where the row cannot be made JSON of.
    pub fn values<R: Serialize + ?Sized>(
        &self,
        row: &R,
    ) -> serde_json::Result<Vec<Option<String>>> {
        probe(row, self.columns())
    }

    /// The row's JSON as far as it is wanted, its fields in the order they were asked for.
    ///
    /// Fails where the row cannot be made JSON of.
    pub fn json<R: Serialize + ?Sized>(&self, row: &R) -> serde_json::Result<String> {
        let Some(fields) = &self.fields else { return serde_json::to_string(row) };
        let values = probe(row, fields)?;
        let entry = |(field, value): (&Field, &Option<String>)| {
            let value = value.as_deref().unwrap_or("null");
            Ok(format!("{}:{value}", serde_json::to_string(&field.name)?))
        };
        let entries = fields.iter().zip(&values).map(entry);
        let entries: Vec<String> = entries.collect::<serde_json::Result<_>>()?;
        Ok(format!("{{{}}}", entries.join(",")))
    }

    /// Holds rows until all are known.
    pub fn top<T>(&self) -> Top<T> {
        Top { heap: BinaryHeap::new(), limit: self.limit, serial: 0, seen: 0 }
    }

    /// What a row is sorted by.
    ///
    /// Fails where the row cannot be made JSON of.
    pub fn keys<R: Serialize + ?Sized>(&self, row: &R) -> serde_json::Result<Vec<Key>> {
        if self.sort.is_empty() {
            return Ok(Vec::new());
        }
        let values = probe(row, &self.sort)?;
        let fields = values.iter().zip(&self.sort).zip(&self.down);
        let key = |((json, field), down): ((&Option<String>, &Field), &bool)| {
            Key::of(json.as_deref(), field.kind, *down)
        };
        Ok(fields.map(key).collect())
    }
}

/// A value to sort by. Null comes last, whichever the direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    value: Option<Value>,
    down: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    /// Numbers, moments in nanoseconds, false and true.
    Number(f64),
    Time(i128),
    Text(String),
}

impl Key {
    fn of(json: Option<&str>, kind: Kind, down: bool) -> Self {
        let value = json.and_then(|json| match kind {
            Kind::Number => json.parse().ok().map(Value::Number),
            Kind::Boolean => Some(Value::Number(if json == "true" { 1.0 } else { 0.0 })),
            Kind::Time => {
                let text = plain(json);
                let time = Timestamp::from(&*text).instant()?;
                // What is no time is sorted among the nulls.
                Some(Value::Time(
                    i128::from(time.timestamp()) * 1_000_000_000
                        + i128::from(time.timestamp_subsec_nanos()),
                ))
            }
            Kind::Text | Kind::List | Kind::Json => Some(Value::Text(plain(json).into_owned())),
        });
        Self { value, down }
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = match (&self.value, &other.value) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(Value::Number(one)), Some(Value::Number(other))) => one.total_cmp(other),
            (Some(Value::Time(one)), Some(Value::Time(other))) => one.cmp(other),
            (Some(Value::Text(one)), Some(Value::Text(other))) => one.cmp(other),
            // One field has values of one kind.
            _ => Ordering::Equal,
        };
        if self.down { order.reverse() } else { order }
    }
}

/// A row that is held, with what it is sorted by.
#[derive(Debug)]
struct Held<T> {
    keys: Vec<Key>,
    /// Rows that are alike keep the order they came in.
    serial: u64,
    row: T,
}

impl<T> Held<T> {
    fn order(&self) -> (&[Key], u64) {
        (&self.keys, self.serial)
    }
}

impl<T> PartialEq for Held<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl<T> Eq for Held<T> {}

impl<T> PartialOrd for Held<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Held<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

/// The first rows of a sorted list of them: with a limit, no more than that are ever held.
#[derive(Debug)]
pub struct Top<T> {
    heap: BinaryHeap<Held<T>>,
    limit: Option<usize>,
    serial: u64,
    /// Rows that came, held or not.
    seen: usize,
}

impl<T> Top<T> {
    /// How many rows came, be they held or not.
    pub const fn seen(&self) -> usize {
        self.seen
    }

    /// Takes a row, if it is among the first; it is made only then.
    pub fn push(&mut self, keys: Vec<Key>, row: impl FnOnce() -> T) {
        let serial = self.serial;
        self.serial += 1;
        self.seen += 1;
        if let Some(limit) = self.limit
            && self.heap.len() >= limit
        {
            let Some(last) = self.heap.peek() else { return };
            if (&*keys, serial) >= last.order() {
                return;
            }
            self.heap.pop();
        }
        self.heap.push(Held { keys, serial, row: row() });
    }

    /// Takes over what another holds, whose rows came later.
    pub fn extend(&mut self, other: Self) {
        self.seen += other.seen - other.heap.len();
        for (keys, row) in other.into_held() {
            self.push(keys, || row);
        }
    }

    /// The rows in order.
    pub fn held(&self) -> Vec<&T> {
        let mut held: Vec<&Held<T>> = self.heap.iter().collect();
        held.sort_unstable();
        held.into_iter().map(|held| &held.row).collect()
    }

    /// The rows with what they are sorted by, in order.
    pub fn into_held(self) -> impl Iterator<Item = (Vec<Key>, T)> {
        self.heap.into_sorted_vec().into_iter().map(|held| (held.keys, held.row))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A row.
    #[derive(Serialize, JsonSchema)]
    struct Row {
        /// A name.
        name: Option<String>,
        /// A count.
        count: Option<i32>,
        /// A moment.
        #[schemars(extend("format" = "date-time"))]
        at: Option<String>,
    }

    fn sorted(rows: &[Row], sort: &[&str], limit: Option<usize>) -> Vec<usize> {
        let sort: Vec<String> = sort.iter().map(|name| (*name).to_owned()).collect();
        let pick = Pick::new::<Row>(&[], &sort, limit).unwrap();
        let mut top = pick.top();
        for (index, row) in rows.iter().enumerate() {
            top.push(pick.keys(row).unwrap(), || index);
            assert!(limit.is_none_or(|limit| top.heap.len() <= limit));
        }
        top.into_held().map(|(_, row)| row).collect()
    }

    #[test]
    fn picked_fields_stand_in_the_order_that_was_asked_for() {
        let row = Row { name: Some("a \"b\"".to_owned()), count: Some(7), at: None };
        let json = |fields: &[&str]| {
            let fields: Vec<String> = fields.iter().map(|name| (*name).to_owned()).collect();
            Pick::new::<Row>(&fields, &[], None).unwrap().json(&row).unwrap()
        };
        assert_eq!(json(&["at", "count", "at"]), r#"{"at":null,"count":7,"at":null}"#);
        assert_eq!(json(&["name"]), r#"{"name":"a \"b\""}"#);
        assert_eq!(json(&[]), serde_json::to_string(&row).unwrap());
    }

    #[test]
    fn numbers_times_and_texts_are_sorted_as_such_and_nulls_stand_last() {
        let row = |name: &str, count: Option<i32>, at: &str| Row {
            name: Some(name.to_owned()),
            count,
            at: Some(at.to_owned()),
        };
        let rows = [
            row("b", Some(10), "2026-09-14T10:00:00+02:00"),
            row("a", Some(9), "2026-09-14T09:00:00Z"),
            row("c", None, "soon"),
            row("a", Some(-1), "2026-09-14T08:30:00Z"),
        ];
        assert_eq!(sorted(&rows, &["count"], None), [3, 1, 0, 2]);
        assert_eq!(sorted(&rows, &["-count"], None), [0, 1, 3, 2]);
        assert_eq!(sorted(&rows, &["at"], None), [0, 3, 1, 2]);
        assert_eq!(sorted(&rows, &["name", "-count"], None), [1, 3, 0, 2]);
        assert_eq!(sorted(&rows, &["name"], Some(2)), [1, 3]);
        assert_eq!(sorted(&rows, &[], Some(2)), [0, 1]);
        assert_eq!(sorted(&rows, &[], Some(0)), [0_usize; 0]);
    }

    #[test]
    fn a_field_that_is_none_is_told_with_the_nearest() {
        let failure = Pick::new::<Row>(&["cuont".to_owned()], &[], None).unwrap_err();
        assert_eq!(failure.message, "--fields: there is no field cuont");
        assert_eq!(failure.hint.as_deref(), Some("did you mean count?"));
        let failure = Pick::new::<Row>(&[], &["-zzz".to_owned()], None).unwrap_err();
        assert_eq!(failure.hint.as_deref(), Some("the fields are name, count, at"));
    }

    proptest! {
        #[test]
        fn the_first_rows_are_those_of_a_stable_sort(
            counts in prop::collection::vec(prop::option::of(-3..3), 0..40),
            limit in prop::option::of(0_usize..10),
            down: bool,
        ) {
            let row = |count: &Option<i32>| Row { name: None, count: *count, at: None };
            let rows: Vec<Row> = counts.iter().map(row).collect();
            let mut naive: Vec<usize> = (0..counts.len()).collect();
            naive.sort_by_key(|index| {
                let count = counts[*index].map(|count| if down { -count } else { count });
                (count.is_none(), count)
            });
            naive.truncate(limit.unwrap_or(usize::MAX));
            let sort = if down { "-count" } else { "count" };
            prop_assert_eq!(sorted(&rows, &[sort], limit), naive);
        }
    }
}
