//! Pictures as SVG: as wide as there is room, in type of one size.
//!
//! What lies along the page's width is given in hundredths of it, what lies along its height in
//! pixels. By hand and not by a drawing library: those draw for one width, in colours of their own,
//! which neither a dark page nor a narrow one can change.

use maud::{Markup, html};

use super::table::{Places, numbers};
use super::{line, notes, tone};
use crate::rows::chart::{
    Bars, Chart, Course, CourseOf, Event, Histogram, HistogramBin, Plot, Timeline, elapsed,
};
use crate::rows::spell::{self, shorten};

/// A picture with its title, what can be seen in it, and its numbers.
pub(super) fn figure(chart: &Chart, number: usize, places: &Places<'_>) -> Markup {
    let (heads, rows) = chart.plot.numbers();
    let (title, about) = (format!("c{number}"), format!("c{number}-about"));
    let kind = match chart.plot {
        Plot::Bars(_) => "bars",
        Plot::Histogram(_) => "histogram",
        Plot::Course(_) => "course",
        Plot::Timeline(_) => "timeline",
    };
    html! {
        figure.chart.(kind) {
            figcaption {
                h3 { (line(&chart.title)) }
                p { (line(&chart.about)) }
            }
            @if chart.plot.is_empty() {
                p.note { "Nothing to draw." }
            } @else {
                (legend(&chart.plot))
                svg role="img" aria-labelledby={ (title) " " (about) } width="100%" height=(height(&chart.plot)) {
                    title id=(title) { (line(&chart.title)) }
                    desc id=(about) { (line(&chart.about)) }
                    (drawn(&chart.plot))
                }
                (notes(&chart.notes))
                details.numbers {
                    summary { "Numbers" }
                    div.scroll role="region" tabindex="0" aria-label={ "Numbers: " (line(&chart.title)) } {
                        (numbers(&heads, &rows, places))
                    }
                }
            }
        }
    }
}

fn legend(plot: &Plot) -> Markup {
    let parts: &[&str] = match plot {
        Plot::Bars(bars) => &bars.parts,
        Plot::Histogram(histogram) => &histogram.parts,
        Plot::Course(_) | Plot::Timeline(_) => &[],
    };
    html! {
        @if parts.len() > 1 {
            p.legend {
                @for (place, part) in parts.iter().enumerate() {
                    span.key.(fill(place)) {} (part) " "
                }
            }
        }
    }
}

/// The class of a part.
const fn fill(place: usize) -> &'static str {
    if place == 0 { "a" } else { "b" }
}

/// Hundredths of the width.
fn x(share: f64) -> String {
    format!("{:.2}%", share.clamp(-1.0, 2.0) * 100.0)
}

/// Pixels.
fn y(pixels: f64) -> String {
    format!("{pixels:.1}")
}

#[allow(clippy::cast_precision_loss, reason = "a place on a picture")]
fn of(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn height(plot: &Plot) -> usize {
    match plot {
        Plot::Bars(bars) => bars.list.len() * BAR + AXIS,
        Plot::Histogram(_) => MARKS + PLOT + AXIS + 16,
        Plot::Course(course) => course.figures.len() * PANEL + AXIS,
        Plot::Timeline(timeline) => timeline.lanes.len() * LANE + AXIS,
    }
}

fn drawn(plot: &Plot) -> Markup {
    match plot {
        Plot::Bars(bars) => self::bars(bars),
        Plot::Histogram(histogram) => self::histogram(histogram),
        Plot::Course(course) => self::course(course),
        Plot::Timeline(timeline) => self::timeline(timeline),
    }
}

/// Pixels of a bar with its words, of an axis, of a plot, of what stands above it, of a panel, of a lane.
const BAR: usize = 34;
const AXIS: usize = 22;
const PLOT: usize = 150;
const MARKS: usize = 34;
const PANEL: usize = 104;
const LANE: usize = 34;

/// Characters of a bar's words that a narrow page has room for.
const LABEL: usize = 30;

#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn bars(bars: &Bars) -> Markup {
    let most = bars.list.iter().map(|bar| bar.parts.iter().sum::<usize>()).max().unwrap_or(0);
    let base = bars.list.len() * BAR;
    html! {
        @for (place, bar) in bars.list.iter().enumerate() {
            @let top = (place * BAR) as f64;
            @let all: usize = bar.parts.iter().sum();
            @let first = bar.parts.first().copied().unwrap_or_default();
            text.label x="0" y=(y(top + 15.0)) { (shorten(line(&bar.label.text).into(), LABEL)) }
            text.value x="100%" y=(y(top + 15.0)) text-anchor="end" {
                (said(first, all, bar.parts.len())) " · " (bar.said.text)
            }
            rect.track x="0" y=(y(top + 20.0)) width="100%" height="8" {}
            @for (part, begin, share) in stack(&bar.parts, most) {
                rect.(fill(part)) x=(x(begin)) y=(y(top + 20.0)) width=(x(share)) height="8" {}
            }
        }
        line.axis x1="0" x2="100%" y1=(base) y2=(base) {}
        text.tick x="0" y=(base + 15) { "0" }
        text.tick x="100%" y=(base + 15) text-anchor="end" { (spell::count(most)) " " (unit(&bars.parts)) }
    }
}

/// What is said of a bar: how many, of how many where a part is told apart.
fn said(first: usize, all: usize, parts: usize) -> String {
    if parts > 1 {
        format!("{} of {}", spell::count(first), spell::count(all))
    } else {
        spell::count(all)
    }
}

fn unit(parts: &[&'static str]) -> &'static str {
    match parts {
        [one] => one,
        _ => "",
    }
}

/// Parts one behind the other: where each begins, and how long it is.
fn stack(parts: &[usize], most: usize) -> Vec<(usize, f64, f64)> {
    let mut before = 0;
    let place = |(place, count): (usize, &usize)| {
        let begin = before;
        before += count;
        (place, of(begin, most), of(*count, most))
    };
    parts.iter().enumerate().map(place).filter(|(_, _, share)| *share > 0.0).collect()
}

/// A height on a plot that begins below `top`, for a share of the most there is.
#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn rise(share: f64) -> f64 {
    share.clamp(0.0, 1.0) * PLOT as f64
}

#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn histogram(histogram: &Histogram) -> Markup {
    let most = histogram.bins.iter().map(|bin| bin.parts.iter().sum::<usize>()).max().unwrap_or(0);
    let count = histogram.bins.len();
    let (top, base) = (MARKS as f64, (MARKS + PLOT) as f64);
    let wide = of(1, count);
    let edges: Vec<f64> = histogram
        .bins
        .iter()
        .map(|bin| bin.from)
        .chain(histogram.bins.last().map(|bin| bin.to))
        .collect();
    let at = |(value, name): &'_ (f64, String)| Some((along(histogram, *value)?, name.clone()));
    let marks: Vec<(f64, String)> = histogram.marks.iter().filter_map(at).collect();
    // As many as a narrow page has room for, the ends among them.
    let every = count.div_ceil(4).max(1);
    // Half of what cannot be halved is no count.
    let halves: &[f64] = if most % 2 == 0 { &[0.5, 1.0] } else { &[1.0] };
    html! {
        @for share in halves {
            line.grid x1="0" x2="100%" y1=(y(base - rise(*share))) y2=(y(base - rise(*share))) {}
        }
        @for (place, bin) in histogram.bins.iter().enumerate() {
            g {
                title { (told(histogram, bin)) }
                @for (part, begin, share) in stack(&bin.parts, most) {
                    rect.column.(fill(part)) x=(x(of(place, count))) width=(x(wide))
                        y=(y(base - rise(begin + share))) height=(y(rise(share))) {}
                }
            }
        }
        @for share in halves {
            text.tick.halo x="0" y=(y(base - rise(*share) - 3.0)) {
                (spell::count(if *share < 1.0 { most / 2 } else { most }))
            }
        }
        line.axis x1="0" x2="100%" y1=(y(base)) y2=(y(base)) {}
        @for (place, edge) in edges.iter().enumerate() {
            @if place % every == 0 && place + every / 2 < count || place == count {
                text.tick x=(x(of(place, count))) y=(y(base + 15.0)) text-anchor=(anchor(place, count)) {
                    ((histogram.spell)(*edge))
                }
            }
        }
        text.tick x="50%" y=(y(base + 32.0)) text-anchor="middle" { (line(&histogram.axis)) }
        @for (place, (at, name)) in marks.iter().take(MOST_MARKS).enumerate() {
            @let at = *at;
            @let words = if place % 2 == 0 { 11.0 } else { 25.0 };
            line.mark x1=(x(at)) x2=(x(at)) y1=(y(words + 3.0)) y2=(y(base)) {}
            text.mark x=(x(at)) y=(y(words)) text-anchor=(if at > 0.6 { "end" } else { "start" }) { (name) }
        }
        line.axis x1="0" x2="0" y1=(y(top)) y2=(y(base)) {}
    }
}

/// Marks that there is room for.
const MOST_MARKS: usize = 6;

fn told(histogram: &Histogram, bin: &HistogramBin) -> String {
    let counts = bin.parts.iter().zip(&histogram.parts);
    let counts = counts.map(|(count, part)| format!("{} {part}", spell::count(*count)));
    format!(
        "{}–{}: {}",
        (histogram.spell)(bin.from),
        (histogram.spell)(bin.to),
        counts.collect::<Vec<_>>().join(", ")
    )
}

/// Where a value lies along a histogram whose bins are drawn equally wide; None beyond them.
#[allow(clippy::cast_precision_loss, reason = "a place on a picture")]
fn along(histogram: &Histogram, value: f64) -> Option<f64> {
    let (count, last) = (histogram.bins.len(), histogram.bins.len().saturating_sub(1));
    let mut bins = histogram.bins.iter().enumerate();
    let holds = |(place, bin): &(usize, &HistogramBin)| {
        value >= bin.from && (value < bin.to || *place == last && value <= bin.to)
    };
    let (place, bin) = bins.find(holds)?;
    let inside = if bin.to > bin.from { (value - bin.from) / (bin.to - bin.from) } else { 0.5 };
    Some((place as f64 + inside) / count as f64)
}

/// What stands at the ends of an axis stays on the page.
const fn anchor(place: usize, last: usize) -> &'static str {
    if place == 0 {
        "start"
    } else if place == last {
        "end"
    } else {
        "middle"
    }
}

#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn course(course: &Course) -> Markup {
    let count = course.times.len();
    let base = course.figures.len() * PANEL;
    let last = count.saturating_sub(1);
    html! {
        @for (place, figure) in course.figures.iter().enumerate() {
            (panel(figure, course, (place * PANEL) as f64))
        }
        text.tick x="0" y=(base + 15) { (line(course.times.first().map_or("", |time| time))) }
        @if last > 3 {
            text.tick x="50%" y=(base + 15) text-anchor="middle" {
                (line(course.times.get(last / 2).map_or("", |time| time)))
            }
        }
        @if last > 0 {
            text.tick x="100%" y=(base + 15) text-anchor="end" {
                (line(course.times.last().map_or("", |time| time)))
            }
        }
    }
}

/// One figure over time.
#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn panel(figure: &CourseOf, course: &Course, top: f64) -> Markup {
    const PLOTTED: f64 = 64.0;
    let count = figure.values.len();
    let base = top + PANEL as f64 - 8.0;
    let most = figure.values.iter().flatten().copied().fold(0.0, f64::max);
    let most = if figure.is_share { 1.0 } else { most.max(1.0) };
    let at = |place: usize| (place as f64 + 0.5) / count.max(1) as f64;
    let up = |value: f64| base - value / most * PLOTTED;
    let wide = of(1, count);
    let points: Vec<(usize, f64)> = figure
        .values
        .iter()
        .enumerate()
        .filter_map(|(place, value)| Some((place, (*value)?)))
        .collect();
    let name = |place: usize, value: f64| {
        let time = course.times.get(place).map_or("", |time| time);
        line(&format!("{time}: {}", figure.spell(value)))
    };
    html! {
        text.label x="0" y=(y(top + 14.0)) { (figure.title) }
        line.grid x1="0" x2="100%" y1=(y(up(most))) y2=(y(up(most))) {}
        @if figure.is_share {
            @for pair in points.windows(2) {
                @if let [(one, from), (next, to)] = pair {
                    line.course x1=(x(at(*one))) y1=(y(up(*from))) x2=(x(at(*next))) y2=(y(up(*to))) {}
                }
            }
            @for (place, value) in &points {
                circle.a cx=(x(at(*place))) cy=(y(up(*value))) r="3" { title { (name(*place, *value)) } }
            }
        } @else {
            @for (place, value) in &points {
                rect.column.a x=(x(of(*place, count))) width=(x(wide)) y=(y(up(*value)))
                    height=(y(base - up(*value))) { title { (name(*place, *value)) } }
            }
        }
        text.tick.halo x="100%" y=(y(up(most) - 3.0)) text-anchor="end" { (figure.spell(most)) }
        line.axis x1="0" x2="100%" y1=(y(base)) y2=(y(base)) {}
    }
}

#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn timeline(timeline: &Timeline) -> Markup {
    let base = timeline.lanes.len() * LANE;
    let whole = timeline.seconds.max(1e-9);
    let mut seen = hashbrown::HashSet::new();
    // What would be drawn over the same is drawn once.
    let marks: Vec<_> = timeline
        .events
        .iter()
        .map(|event| {
            let begin = x(event.at / whole);
            let share = (event.took.unwrap_or_default() / whole).min(1.0);
            // What took next to no time can be seen too.
            let wide = if share < 0.004 { "3".to_owned() } else { x(share) };
            (event, begin, wide)
        })
        .filter(|(event, begin, wide)| {
            seen.insert((event.lane, begin.clone(), wide.clone(), tone(event.tone)))
        })
        .collect();
    html! {
        @for (place, lane) in timeline.lanes.iter().enumerate() {
            @let top = (place * LANE) as f64;
            text.label x="0" y=(y(top + 13.0)) { (line(lane)) }
            line.grid x1="0" x2="100%" y1=(y(top + 24.0)) y2=(y(top + 24.0)) {}
        }
        @for (event, begin, wide) in &marks {
            rect.event.(tone(event.tone)) x=(begin) width=(wide) y=(y((event.lane * LANE) as f64 + 18.0)) height="12" {
                title { (event_told(event)) }
            }
        }
        line.axis x1="0" x2="100%" y1=(base) y2=(base) {}
        @for place in 0..=4 {
            text.tick x=(x(of(place, 4))) y=(base + 15) text-anchor=(anchor(place, 4)) {
                (elapsed(timeline.seconds * of(place, 4)))
            }
        }
    }
}

fn event_told(event: &Event) -> String {
    let turn = event.turn.map(|turn| format!("#{turn} ")).unwrap_or_default();
    let took = event.took.map(|took| format!(", {}", spell::seconds(took))).unwrap_or_default();
    line(&format!("{turn}{} at {}{took}", event.what, elapsed(event.at)))
}
