//! Figures as rows: a row a group, or all in one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::by::{self, By, Key, Part};
use super::figure::{Figure, Of, Plan, Shown, Unit};
use super::group::Group;
use super::table::Table;
use super::{fetch, missing, rag, tools, transcript};
use crate::rows::look;
use crate::rows::spell::{self, Spelling};
use crate::rows::{Align, Cell, Field, Head, Headline, Kind, Page, Section, Tone};

/// The figures of every command that has any.
pub static PLANS: [&Plan; 5] =
    [&fetch::PLAN, &transcript::PLAN, &rag::PLAN, &tools::PLAN, &missing::PLAN];

/// What a group is told apart by, as JSON: its fields and their values; null where there are none.
#[derive(Clone, Copy, Debug)]
pub struct GroupOf<'t> {
    /// The fields.
    pub by: &'t By,
    /// Their values.
    pub key: &'t [Part],
}

/// A group with its figures.
#[derive(Debug)]
pub struct ByRow<'t> {
    plan: &'static Plan,
    of: GroupOf<'t>,
    group: Cow<'t, Group>,
}

/// The figures of `fetch --summary`, as one object.
#[derive(Debug)]
pub struct FetchSummary<'t>(pub Cow<'t, Group>);

/// A table's groups, by their keys.
pub fn rows<'t>(table: &'t Table, keys: &'t [Key]) -> Vec<ByRow<'t>> {
    let row = |key: &'t Key| ByRow {
        plan: table.plan,
        of: GroupOf { by: &table.by, key },
        group: table.group(key),
    };
    keys.iter().map(row).collect()
}

impl Serialize for GroupOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.by.fields.is_empty() {
            return serializer.serialize_unit();
        }
        let mut map = serializer.serialize_map(Some(self.key.len()))?;
        for (field, part) in self.by.fields.iter().zip(self.key) {
            let json = part.as_deref().unwrap_or("null");
            let value: &RawValue = serde_json::from_str(json).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(&field.name, value)?;
        }
        map.end()
    }
}

impl JsonSchema for GroupOf<'_> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Group".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": ["object", "null"],
            "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
        })
    }
}

impl GroupOf<'_> {
    /// Its values as cells, one a field.
    pub fn cells(&self, spelling: &Spelling) -> impl Iterator<Item = Cell<'static>> {
        self.key.iter().zip(&self.by.fields).map(|(part, field)| match part.as_deref() {
            None => Cell::new(NONE, Tone::Dim),
            Some(json) => {
                let text = by::text(Some(part)).unwrap_or_else(|| json.to_owned());
                let is_id = uuid::Uuid::parse_str(&text).is_ok();
                let text = if is_id { spelling.id(&text).into_owned() } else { text };
                let tone = if field.name == "role" { look::role(&text) } else { Tone::Strong };
                Cell::new(text, tone)
            }
        })
    }
}

/// Where the figures are that people are not shown.
pub const ALL_FIGURES: &str = "all figures: --format json or csv";

/// What stands for the value of a group that has none.
pub const NONE: &str = "(none)";

/// The headings of the fields that groups are told apart by.
pub fn heads(by: &By) -> impl Iterator<Item = Head> {
    by.fields.iter().map(|field| Head {
        title: field.name.clone().into(),
        ids: true,
        ..Head::text("")
    })
}

/// The columns of CSV that have the fields that groups are told apart by, in the object at `place`.
pub fn fields(by: &By, place: usize) -> impl Iterator<Item = Field> {
    by.fields.iter().map(move |field| Field {
        name: format!("group_{}", field.name),
        place,
        inner: Some(field.name.clone()),
        kind: Kind::Json,
    })
}

impl Serialize for ByRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("command", self.plan.command)?;
        map.serialize_entry("group", &self.of)?;
        for (figure, value) in self.plan.values(&self.group, self.of.by.of_parts()) {
            map.serialize_entry(figure.name, &figure.json(value))?;
        }
        map.end()
    }
}

impl Serialize for FetchSummary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (figure, value) in fetch::PLAN.values(&self.0, false) {
            map.serialize_entry(figure.name, &figure.json(value))?;
        }
        map.end()
    }
}

/// A figure's schema.
fn property(figure: &Figure, about: &str) -> Value {
    let kind = match figure.unit {
        Unit::Count if !figure.whole => json!("integer"),
        Unit::Count => json!(["integer", "null"]),
        _ => json!(["number", "null"]),
    };
    let mut property = json!({ "description": about, "type": kind });
    let unit = match figure.unit {
        Unit::Seconds => Some("s"),
        Unit::Millis => Some("ms"),
        Unit::Count | Unit::Share | Unit::Mean => None,
    };
    if let (Some(unit), Some(property)) = (unit, property.as_object_mut()) {
        property.insert("unit".to_owned(), unit.into());
    }
    property
}

/// A sentence of what a figure counts.
fn sentence(about: &str) -> String {
    let mut characters = about.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}

impl JsonSchema for FetchSummary<'_> {
    fn schema_name() -> Cow<'static, str> {
        "FetchSummary".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let figures = fetch::PLAN.figures.iter();
        let properties: Map<String, Value> = figures
            .map(|figure| (figure.name.to_owned(), property(figure, &sentence(figure.about))))
            .collect();
        let required: Vec<&String> = properties.keys().collect();
        schemars::json_schema!({
            "description": "Figures over all sessions: how many, and how they ended.",
            "type": "object",
            "required": required,
            "properties": properties,
        })
    }
}

impl JsonSchema for ByRow<'_> {
    fn schema_name() -> Cow<'static, str> {
        "ByRow".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let commands: Vec<&str> = PLANS.iter().map(|plan| plan.command).collect();
        let mut group = GroupOf::json_schema(generator);
        group.insert(
            "description".to_owned(),
            "What its sessions, or parts of them, have in common: the fields of --by with their values; those that lack a field are a group of their own, where it is null.".into(),
        );
        let mut properties = Map::new();
        properties.insert(
            "command".to_owned(),
            json!({ "description": "The command whose figures these are.", "type": "string", "enum": commands }),
        );
        properties.insert("group".to_owned(), group.to_value());
        // Several commands have figures of one name.
        let mut abouts: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for plan in PLANS {
            for figure in plan.figures {
                abouts.entry(figure.name).or_default().push((plan.command, figure.about));
            }
        }
        for figure in PLANS.iter().flat_map(|plan| plan.figures) {
            let abouts = abouts.get(figure.name).map(Vec::as_slice).unwrap_or_default();
            let alike = abouts.iter().all(|(_, about)| *about == figure.about);
            let told = abouts.iter().map(|(command, about)| format!("{command}: {about}"));
            let commands = abouts.iter().map(|(command, _)| *command).collect::<Vec<_>>();
            let about = if alike {
                format!(
                    "{} ({}).",
                    sentence(figure.about).trim_end_matches('.'),
                    commands.join(", ")
                )
            } else {
                sentence(&told.collect::<Vec<_>>().join("; "))
            };
            properties.entry(figure.name).or_insert_with(|| property(figure, &about));
        }
        schemars::json_schema!({
            "description": "A group of sessions, or of parts of them, with its figures: those of the command that printed it.",
            "type": "object",
            "required": ["command", "group", "sessions"],
            "properties": properties,
        })
    }
}

/// The columns of CSV.
pub fn columns(table: &Table) -> Vec<Field> {
    let field = |(place, name): (usize, &str)| Field {
        name: name.to_owned(),
        place,
        inner: None,
        kind: Kind::Json,
    };
    let names = table.plan.figures.iter().map(|figure| figure.name);
    let mut columns = vec![field((0, "command"))];
    columns.extend(fields(&table.by, 1));
    columns.extend(names.enumerate().map(|(place, name)| field((place + 2, name))));
    columns
}

/// The groups as people see them; `total` has all in one.
pub fn section<'t>(
    rows: &'t [ByRow<'t>],
    table: &Table,
    total: &Group,
    spelling: &Spelling,
) -> Section<'t> {
    let plan = table.plan;
    let of_parts = table.by.of_parts();
    let shown = |figure: &&Figure| figure.shown != Shown::No && !(figure.whole && of_parts);
    let mut heads: Vec<Head> = heads(&table.by).collect();
    heads.extend(plan.figures.iter().filter(shown).map(|figure| Head {
        title: figure.title.into(),
        align: Align::Right,
        step: match figure.shown {
            Shown::Below(step) => Some(step),
            Shown::No | Shown::Beside => None,
        },
        optional: true,
        ..Head::words("")
    }));
    let cells = |row: &'t ByRow<'t>| {
        let figures = plan
            .values(&row.group, of_parts)
            .filter(|(figure, _)| shown(figure))
            .map(|(figure, value)| cell(figure, value, &row.group));
        row.of.cells(spelling).chain(figures).collect()
    };
    let names: Vec<&str> = table.by.fields.iter().map(|field| &*field.name).collect();
    let mut notes = Vec::new();
    if rows.is_empty() {
        notes.push("no session was looked at".to_owned());
    }
    let lists = table.by.fields.iter().filter(|field| field.list).map(|field| &*field.name);
    let lists: Vec<&str> = lists.collect();
    if !lists.is_empty() && !rows.is_empty() {
        let one = if of_parts { plan.noun.0 } else { "session" };
        notes.push(format!(
            "a {one} counts in each of its {}: the groups may add up to more than there are",
            lists.join(" and ")
        ));
    }
    notes.extend((!rows.is_empty()).then(|| ALL_FIGURES.to_owned()));
    Section {
        page: Page {
            title: vec![title(plan, total), format!("by {}", names.join(", "))],
            notes,
            dates: false,
        },
        heads,
        rows: rows.iter().map(cells).collect(),
    }
}

/// A figure's value.
fn cell(figure: &Figure, value: Option<f64>, group: &Group) -> Cell<'static> {
    let Some(value) = value else { return Cell::absent() };
    let none = figure.unit == Unit::Count && value == 0.0;
    Cell::new(figure.spell(value), if none { Tone::Dim } else { figure.tone(group) }).ordered(value)
}

/// How much there is: `96 retrievals in 40 sessions`.
pub fn title(plan: &'static Plan, total: &Group) -> String {
    let sessions = spell::counted(total.sessions(), "session", "sessions");
    let size = total.value(plan.size).unwrap_or_default();
    if plan.noun.0 == "session" || plan.command == "missing" {
        return sessions;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let size = spell::counted(size as usize, plan.noun.0, plan.noun.1);
    format!("{size} in {sessions}")
}

/// All figures of a plan as they stand alone.
pub fn headlines(plan: &'static Plan, group: &Group) -> Vec<Headline> {
    let figures = plan.values(group, false);
    let headline = |(figure, value): (&'static Figure, Option<f64>)| Headline {
        name: figure.name,
        title: figure.title,
        value: cell(figure, value, group),
        json: figure.json(value).to_string(),
        of: rests_on(figure, group),
        about: match figure.of {
            // Its title says it.
            Of::Sessions => String::new(),
            _ => sentence(figure.about.replace('`', "").trim_end_matches(", 0 to 1")),
        },
    };
    figures.map(headline).collect()
}

/// What a figure is a share of, or how many it is over.
fn rests_on(figure: &Figure, group: &Group) -> String {
    match figure.of {
        Of::Sessions | Of::Sum(_) => String::new(),
        Of::Ratio { part, whole, .. } if figure.unit == Unit::Share => {
            let (part, whole) = (spell::count(group.count(part)), spell::count(group.count(whole)));
            format!("{part} of {whole}")
        }
        Of::Ratio { whole, .. } => format!("over {}", spell::count(group.count(whole))),
        Of::Percentile { values, .. } => {
            let count = group.values(values).map_or(0, |values| values.spread().count);
            format!("of {}", spell::count(count))
        }
    }
}

/// All figures of a plan as people see them, a line a figure.
pub fn totals(plan: &'static Plan, group: &Group) -> Section<'static> {
    let rows = plan.values(group, false).filter(|(figure, _)| figure.name != "sessions");
    let rows = rows.map(|(figure, value)| {
        vec![
            figure.title.into(),
            cell(figure, value, group),
            Cell::new(figure.about.replace('`', ""), Tone::Dim),
        ]
    });
    let rows = if group.sessions() == 0 { Vec::new() } else { rows.collect() };
    let notes = if rows.is_empty() { vec!["no session was looked at".to_owned()] } else { vec![] };
    Section {
        page: Page { title: vec![title(plan, group)], notes, dates: false },
        heads: vec![Head::words("figure"), Head::numbers("value"), Head::text("of")],
        rows,
    }
}
