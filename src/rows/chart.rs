//! Pictures of figures: what is to be drawn, and its numbers. How it is drawn is decided where it is
//! rendered.

use std::borrow::Cow;

use super::column::{Cell, Head, Tone};
use super::spell;

/// A picture of figures.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it is of.
    pub title: String,
    /// What can be seen in it, in words.
    pub about: String,
    /// What is drawn.
    pub plot: Plot,
    /// What is to be borne in mind.
    pub notes: Vec<String>,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub enum Plot {
    /// A bar a thing, one under the other.
    Bars(Bars),
    /// How often there was a value, over its range.
    Histogram(Histogram),
    /// How several figures went over time, one under the other.
    Course(Course),
    /// What happened when.
    Timeline(Timeline),
}

/// A bar a thing.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What the things are.
    pub of: &'static str,
    /// What is counted, a name a part of the bars.
    pub parts: Vec<&'static str>,
    /// The bars.
    pub list: Vec<Bar>,
    /// What the last of what is said of a bar is: a share, a rate.
    pub said: &'static str,
}

/// A bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The thing.
    pub label: Cell<'static>,
    /// How many, a count a part.
    pub parts: Vec<usize>,
    /// What else is said of it.
    pub said: Cell<'static>,
}

/// How often there was a value.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// What the values are, and their unit.
    pub axis: String,
    /// What is counted, a name a part of the bins.
    pub parts: Vec<&'static str>,
    /// The bins, side by side.
    pub bins: Vec<HistogramBin>,
    /// Values that are marked, each with its name.
    pub marks: Vec<(f64, String)>,
    /// How a value is spelt.
    pub spell: fn(f64) -> String,
}

/// The values from one to below another.
#[derive(Clone, Debug)]
pub struct HistogramBin {
    /// The least.
    pub from: f64,
    /// The end.
    pub to: f64,
    /// How many there are, a count a part.
    pub parts: Vec<usize>,
}

/// How figures went over time.
#[derive(Clone, Debug)]
pub struct Course {
    /// What a stretch of time is called: `day`.
    pub span: &'static str,
    /// The stretches, in order.
    pub times: Vec<String>,
    /// The figures.
    pub figures: Vec<CourseOf>,
}

/// How one figure went.
#[derive(Clone, Debug)]
pub struct CourseOf {
    /// Its name.
    pub title: &'static str,
    /// Whether it is a share, drawn as a line from 0 to 1; else a count, drawn as bars.
    pub is_share: bool,
    /// Its value at each stretch; None where it is of nothing.
    pub values: Vec<Option<f64>>,
}

/// What happened when.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// How long it is, in seconds.
    pub seconds: f64,
    /// What kinds of things happened, each on a line of its own.
    pub lanes: Vec<Cow<'static, str>>,
    /// What happened.
    pub events: Vec<Event>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// The lane's place.
    pub lane: usize,
    /// When it began, in seconds from the begin of all.
    pub at: f64,
    /// How long it took, in seconds; None where that is not known, or it took no time.
    pub took: Option<f64>,
    /// What it was. It may hold strangers' words.
    pub what: String,
    /// The turn it belongs to.
    pub turn: Option<usize>,
    /// How it went.
    pub tone: Tone,
}

impl Plot {
    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Bars(bars) => bars.list.is_empty(),
            Self::Histogram(histogram) => histogram.bins.is_empty(),
            Self::Course(course) => course.times.is_empty(),
            Self::Timeline(timeline) => timeline.events.is_empty(),
        }
    }

    /// The numbers that are drawn, as a table.
    pub fn numbers(&self) -> (Vec<Head>, Vec<Vec<Cell<'_>>>) {
        match self {
            Self::Bars(bars) => bars.numbers(),
            Self::Histogram(histogram) => histogram.numbers(),
            Self::Course(course) => course.numbers(),
            Self::Timeline(timeline) => timeline.numbers(),
        }
    }
}

fn counts(parts: &[usize]) -> impl Iterator<Item = Cell<'static>> {
    parts.iter().map(|count| Cell::count(*count))
}

impl Bars {
    fn numbers(&self) -> (Vec<Head>, Vec<Vec<Cell<'_>>>) {
        let mut heads = vec![Head::text(self.of)];
        heads.extend(self.parts.iter().map(|part| Head::numbers(part)));
        heads.push(Head::numbers(self.said));
        let row = |bar: &Bar| {
            let label = std::iter::once(bar.label.clone());
            label.chain(counts(&bar.parts)).chain([bar.said.clone()]).collect()
        };
        (heads, self.list.iter().map(row).collect())
    }
}

impl Histogram {
    fn numbers(&self) -> (Vec<Head>, Vec<Vec<Cell<'_>>>) {
        let mut heads = vec![Head { title: self.axis.clone().into(), ..Head::numbers("") }];
        heads.extend(self.parts.iter().map(|part| Head::numbers(part)));
        let row = |bin: &HistogramBin| {
            let range = format!("{}–{}", (self.spell)(bin.from), (self.spell)(bin.to));
            std::iter::once(Cell::from(range).ordered(bin.from)).chain(counts(&bin.parts)).collect()
        };
        (heads, self.bins.iter().map(row).collect())
    }
}

impl Course {
    fn numbers(&self) -> (Vec<Head>, Vec<Vec<Cell<'_>>>) {
        let mut heads = vec![Head::words(self.span)];
        heads.extend(self.figures.iter().map(|figure| Head::numbers(figure.title)));
        let row = |(place, time): (usize, &'_ String)| {
            let mut cells = vec![Cell::from(time.clone())];
            cells.extend(self.figures.iter().map(|figure| {
                let value = figure.values.get(place).copied().flatten();
                value.map_or_else(Cell::absent, |value| Cell::from(figure.spell(value)))
            }));
            cells
        };
        (heads, self.times.iter().enumerate().map(row).collect())
    }
}

impl CourseOf {
    /// A value for people.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    pub fn spell(&self, value: f64) -> String {
        if self.is_share { spell::percent(value) } else { spell::count(value.max(0.0) as usize) }
    }
}

impl Timeline {
    fn numbers(&self) -> (Vec<Head>, Vec<Vec<Cell<'_>>>) {
        let heads = vec![
            Head::numbers("after"),
            Head::words("what"),
            Head::words("turn"),
            Head::numbers("took"),
            Head::text("how"),
        ];
        let row = |event: &'_ Event| {
            let lane = self.lanes.get(event.lane).map_or("", |lane| &**lane);
            vec![
                Cell::from(elapsed(event.at)).ordered(event.at),
                Cell::from(lane.to_owned()),
                super::look::turn(event.turn),
                Cell::number(event.took, spell::seconds),
                Cell::new(event.what.clone(), event.tone),
            ]
        };
        (heads, self.events.iter().map(row).collect())
    }
}

/// How long after the begin: `4:07`, `1:02:09`.
#[allow(clippy::cast_possible_truncation, reason = "seconds of a session")]
pub fn elapsed(seconds: f64) -> String {
    let (sign, whole) = (if seconds < 0.0 { "−" } else { "" }, seconds.abs() as i64);
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{sign}{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{sign}{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_since_the_begin_is_told_as_a_clock_has_it() {
        let told = [0.0, 59.9, 247.0, 3729.0, -3.2].map(elapsed);
        assert_eq!(told, ["0:00", "0:59", "4:07", "1:02:09", "−0:03"]);
    }

    #[test]
    fn a_plot_has_a_number_for_all_that_it_draws() {
        let plot = Plot::Histogram(Histogram {
            axis: "score".to_owned(),
            parts: vec!["cited", "not cited"],
            bins: vec![
                HistogramBin { from: 0.0, to: 0.5, parts: vec![1, 2] },
                HistogramBin { from: 0.5, to: 1.0, parts: vec![0, 1200] },
            ],
            marks: Vec::new(),
            spell: |value| value.to_string(),
        });
        let (heads, rows) = plot.numbers();
        let titles: Vec<&str> = heads.iter().map(|head| &*head.title).collect();
        assert_eq!(titles, ["score", "cited", "not cited"]);
        let texts = rows.iter().map(|row| row.iter().map(|cell| &*cell.text).collect::<Vec<_>>());
        assert_eq!(texts.collect::<Vec<_>>(), [["0–0.5", "1", "2"], ["0.5–1", "0", "1,200"]]);
    }
}
