//! Figures as pictures.

use std::borrow::Cow;

use super::by::text;
use super::figure::Of;
use super::grouped::GroupOf;
use super::rag::{ComparedScores, number};
use super::stats::Tally;
use super::table::Table;
use super::tools::SummaryRow;
use crate::rows::chart::{Bar, Bars, Chart, Course, CourseOf, Histogram, HistogramBin, Plot};
use crate::rows::spell::{self, Spelling, counted, percent};
use crate::rows::{Cell, look};
use crate::view::share;

/// Stretches of time that are drawn side by side, at most, where there are longer ones.
const MOST_TIMES: usize = 62;

/// Bars that are drawn one under the other, at most.
const MOST_BARS: usize = 12;

/// How the sessions' figures went over time. `tables` has them by stretches of time, the shortest
/// first; those are drawn of which there are not too many. None where no session has a time.
pub fn course(tables: &[Table], names: &[&'static str]) -> Option<Chart> {
    let keys_of = |table: &Table| -> Vec<_> {
        let keys = table.keys().into_iter();
        keys.filter(|key| key.first().is_some_and(Option::is_some)).collect()
    };
    let few = tables.iter().find(|table| keys_of(table).len() <= MOST_TIMES);
    let table = few.or_else(|| tables.last())?;
    let span = table.by.fields.first()?.name.clone();
    let span = ["day", "week", "month"].into_iter().find(|name| **name == span)?;
    let keys = keys_of(table);
    let (first, last) = (text(keys.first()?.first())?, text(keys.last()?.first())?);
    let figures: Vec<CourseOf> = names
        .iter()
        .filter_map(|name| {
            let figure = table.plan.find(name)?;
            let values = keys.iter().map(|key| table.group(key).value(figure.of)).collect();
            let is_share = matches!(figure.of, Of::Ratio { .. });
            Some(CourseOf { title: figure.title, is_share, values })
        })
        .collect();
    let ranges = figures.iter().filter_map(|figure| {
        let values = || figure.values.iter().flatten().copied();
        let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
        Some(format!("{} from {} to {}", figure.title, figure.spell(low), figure.spell(high)))
    });
    let about =
        format!("By {span} from {first} to {last}: {}.", ranges.collect::<Vec<_>>().join("; "));
    let without = table.group(&[None]).sessions();
    let notes = (without > 0).then(|| {
        format!("{} without a start time: not drawn", counted(without, "session", "sessions"))
    });
    let times = keys.iter().filter_map(|key| text(key.first())).collect();
    Some(Chart {
        title: format!("Sessions by {span}"),
        about,
        plot: Plot::Course(Course { span, times, figures }),
        notes: notes.into_iter().collect(),
    })
}

/// The first and the last stretch of time of a table's groups.
pub fn ends(table: &Table) -> Option<(String, String)> {
    let keys = table.keys();
    let mut times = keys.iter().filter_map(|key| text(key.first()));
    let first = times.next()?;
    let last = times.next_back().unwrap_or_else(|| first.clone());
    Some((first, last))
}

/// How many sessions are in each group. `none` is what those have in common that have no value; where
/// there is nothing to be said of them they are not drawn.
pub fn shares(table: &Table, title: &str, of: &'static str, none: Option<&'static str>) -> Chart {
    let keys = table.keys();
    let keys = keys.iter().filter(|key| none.is_some() || key.first().is_some_and(Option::is_some));
    let groups: Vec<_> = keys.map(|key| (key, table.group(key).sessions())).collect();
    let all: usize = groups.iter().map(|(_, sessions)| sessions).sum();
    let bars: Vec<Bar> = groups
        .iter()
        .map(|(key, sessions)| {
            let named = GroupOf { by: &table.by, key }.cells(&Spelling::default()).next();
            let named = named.filter(|_| key.first().is_some_and(Option::is_some));
            let share = share(*sessions, all);
            Bar {
                label: named.unwrap_or_else(|| Cell::from(none.unwrap_or_default())),
                parts: vec![*sessions],
                said: Cell::number(share, percent),
            }
        })
        .collect();
    let words = bars.iter().take(3).map(|bar| format!("{} {}", bar.label.text, bar.said.text));
    let about = format!(
        "{}: {}.",
        counted(all, "session", "sessions"),
        words.collect::<Vec<_>>().join(", ")
    );
    let (bars, notes) = most(bars);
    let plot = Plot::Bars(Bars { of, parts: vec!["sessions"], list: bars, said: "share" });
    Chart { title: title.to_owned(), about, plot, notes }
}

/// The first bars, and what is said of the rest.
fn most(mut bars: Vec<Bar>) -> (Vec<Bar>, Vec<String>) {
    let more = bars.len().saturating_sub(MOST_BARS);
    bars.truncate(MOST_BARS);
    let note = (more > 0).then(|| format!("{} more are not drawn", spell::count(more)));
    (bars, note.into_iter().collect())
}

/// Calls by tool, those that failed told apart. `rows` ends with all tools together.
pub fn tool_errors(rows: &[SummaryRow]) -> Chart {
    let tools = rows.split_last().map(|(_, tools)| tools).unwrap_or_default();
    let bars = tools.iter().map(|row| {
        let rate = Cell::number(row.error_rate, percent);
        Bar {
            label: crate::view::tools::name(row.name.as_deref()).into_owned(),
            parts: vec![row.errors, row.calls - row.errors],
            said: Cell { tone: look::TOOL_ERRORS.tone(row.errors, row.calls), ..rate },
        }
    });
    let (calls, errors) = rows.last().map_or((0, 0), |row| (row.calls, row.errors));
    let about = format!("{} of {} failed.", spell::count(errors), counted(calls, "call", "calls"));
    let (bars, notes) = most(bars.collect());
    let parts = vec!["failed", "other calls"];
    let plot = Plot::Bars(Bars { of: "tool", parts, list: bars, said: "error rate" });
    Chart { title: "Tool calls that failed".to_owned(), about, plot, notes }
}

/// The scores of one kind that the gate compares, what was cited told apart, the thresholds marked.
pub fn scores(scores: &ComparedScores<'_>) -> Chart {
    let bins = scores.bins.iter().map(|bin| HistogramBin {
        from: bin.from,
        to: bin.to,
        parts: vec![bin.cited, bin.count - bin.cited],
    });
    let marks = scores.thresholds();
    let thresholds: Vec<&str> = marks.iter().map(|(_, name)| &**name).collect();
    let thresholds =
        if thresholds.is_empty() { "none sent".to_owned() } else { thresholds.join(", ") };
    let about = format!(
        "{}, of {} something was cited. Thresholds: {thresholds}.",
        counted(scores.count, "retrieval", "retrievals"),
        spell::count(scores.cited)
    );
    Chart {
        title: scores.title(),
        about,
        plot: Plot::Histogram(Histogram {
            axis: "score".to_owned(),
            parts: vec!["cited", "not cited"],
            bins: bins.collect(),
            marks,
            spell: number,
        }),
        notes: scores.beyond().into_iter().collect(),
    }
}

/// How long things took, over ranges that grow: 1, 2, 5, 10 and so on milliseconds.
pub fn latencies(tally: &Tally, title: &str, things: (&str, &'static str)) -> Chart {
    let spread = tally.spread();
    let values: Vec<(f64, usize)> = tally.values().filter(|(value, _)| *value >= 0.0).collect();
    let counted_values: usize = values.iter().map(|(_, count)| count).sum();
    let edges = steps(&values);
    let mut bins: Vec<HistogramBin> = edges
        .windows(2)
        .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
        .map(|(from, to)| HistogramBin { from, to, parts: vec![0] })
        .collect();
    for (value, count) in values {
        let place = edges.partition_point(|edge| *edge <= value).saturating_sub(1);
        if let Some(part) = bins.get_mut(place).and_then(|bin| bin.parts.first_mut()) {
            *part += count;
        }
    }
    let marks =
        [("p50", spread.p50), ("p95", spread.p95)].into_iter().filter_map(|(name, value)| {
            let value = value.filter(|value| *value >= 0.0)?;
            Some((value, format!("{name} {}", spell::millis(value))))
        });
    let marks: Vec<(f64, String)> = marks.collect();
    let told: Vec<Cow<'_, str>> = marks.iter().map(|(_, name)| Cow::Borrowed(&**name)).collect();
    let told = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
    let negative = spread.count - counted_values;
    let notes = (negative > 0).then(|| format!("{} below 0 ms: not drawn", spell::count(negative)));
    Chart {
        title: title.to_owned(),
        about: format!("{} with a latency{told}.", counted(spread.count, things.0, things.1)),
        plot: Plot::Histogram(Histogram {
            axis: "latency, each bar about twice as long as the one before".to_owned(),
            parts: vec![things.1],
            bins,
            marks,
            spell: spell::millis,
        }),
        notes: notes.into_iter().collect(),
    }
}

/// Round numbers that grow, from at most the least of the values to more than the greatest.
fn steps(values: &[(f64, usize)]) -> Vec<f64> {
    let Some((greatest, _)) = values.last() else { return Vec::new() };
    let least = values.iter().map(|(value, _)| *value).find(|value| *value >= 1.0);
    let mut edges = Vec::new();
    if values.first().is_some_and(|(value, _)| *value < 1.0) {
        edges.push(0.0);
    }
    let mut unit = 1.0;
    while unit < f64::MAX / 10.0 {
        for factor in [1.0, 2.0, 5.0] {
            let edge = factor * unit;
            edges.push(edge);
            if edge > *greatest {
                // Of those below the least, the last one holds it.
                let needless = edges
                    .iter()
                    .skip(1)
                    .take_while(|next| least.is_some_and(|least| **next <= least))
                    .count();
                let keep = if edges.first() == Some(&0.0) { 0 } else { needless };
                return edges.split_off(keep);
            }
        }
        unit *= 10.0;
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(values: &[f64]) -> Tally {
        let mut tally = Tally::default();
        for value in values {
            tally.add(*value);
        }
        tally
    }

    fn bins(values: &[f64]) -> Vec<(f64, f64, usize)> {
        let chart = latencies(&tally(values), "t", ("call", "calls"));
        let Plot::Histogram(histogram) = chart.plot else { panic!("{chart:?}") };
        histogram.bins.iter().map(|bin| (bin.from, bin.to, bin.parts[0])).collect()
    }

    #[test]
    fn latencies_are_counted_over_ranges_that_hold_them_all() {
        assert_eq!(bins(&[]), []);
        assert_eq!(bins(&[120.0]), [(100.0, 200.0, 1)]);
        assert_eq!(bins(&[200.0]), [(200.0, 500.0, 1)]);
        assert_eq!(bins(&[0.0, 0.5, 3.0]), [(0.0, 1.0, 2), (1.0, 2.0, 0), (2.0, 5.0, 1)]);
        assert_eq!(
            bins(&[90.0, 110.0, 199.9, 900.0]),
            [(50.0, 100.0, 1), (100.0, 200.0, 2), (200.0, 500.0, 0), (500.0, 1000.0, 1)]
        );
        assert_eq!(bins(&[-5.0, 1e300]).iter().map(|(_, _, count)| count).sum::<usize>(), 1);
        let chart = latencies(&tally(&[-5.0, 10.0]), "t", ("call", "calls"));
        assert_eq!(chart.notes, ["1 below 0 ms: not drawn"]);
    }
}
