//! How single values look to people: times, durations, ids, counts.

use std::borrow::Cow;

use chrono::{
    DateTime, FixedOffset, Local, NaiveDateTime, TimeDelta, TimeZone as _, Timelike as _, Utc,
};
use indicatif::HumanCount;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::cli::NamedZone;
use crate::model::{Number, Timestamp};

/// The zone times are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// UTC
    Utc,
    /// This machine's
    Local,
    /// A fixed offset
    Fixed(FixedOffset),
    /// One with rules of its own
    Named(NamedZone),
}

impl Zone {
    /// A moment in this zone, by a `strftime` pattern.
    fn format(self, moment: DateTime<Utc>, pattern: &str) -> String {
        match self {
            Self::Utc => moment.format(pattern).to_string(),
            Self::Local => moment.with_timezone(&Local).format(pattern).to_string(),
            Self::Fixed(offset) => moment.with_timezone(&offset).format(pattern).to_string(),
            Self::Named(zone) => moment.with_timezone(&zone).format(pattern).to_string(),
        }
    }

    /// A moment's date and time of day in this zone.
    pub fn local(self, moment: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Utc => moment.naive_utc(),
            Self::Local => moment.with_timezone(&Local).naive_local(),
            Self::Fixed(offset) => moment.with_timezone(&offset).naive_local(),
            Self::Named(zone) => moment.with_timezone(&zone).naive_local(),
        }
    }

    /// The moment of a date and time of day in this zone: of two the earlier one; where clocks pass
    /// over it, an hour on.
    pub fn instant(self, time: NaiveDateTime) -> DateTime<Utc> {
        let offset = |zone: &dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>>| {
            zone(time)
                .or_else(|| zone(time.checked_add_signed(TimeDelta::hours(1))?))
                .unwrap_or_else(|| time.and_utc())
        };
        match self {
            Self::Utc => time.and_utc(),
            Self::Local => offset(&|time| {
                Local.from_local_datetime(&time).earliest().map(|time| time.to_utc())
            }),
            Self::Fixed(zone) => {
                offset(&|time| zone.from_local_datetime(&time).earliest().map(|time| time.to_utc()))
            }
            Self::Named(zone) => {
                offset(&|time| zone.from_local_datetime(&time).earliest().map(|time| time.to_utc()))
            }
        }
    }

    /// What the zone is called beside a time: `UTC`, `+02:00`.
    pub fn label(self, moment: DateTime<Utc>) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            _ => self.format(moment, "%:z"),
        }
    }

    /// `2026-09-14 10:02:11 UTC`; the text as it was sent where it is no time.
    pub fn date_time(self, time: &Timestamp<'_>) -> String {
        match time.instant() {
            Some(moment) => {
                format!("{} {}", self.format(moment, "%Y-%m-%d %H:%M:%S"), self.label(moment))
            }
            None => time.as_str().to_owned(),
        }
    }

    /// `10:02:11`; the text as it was sent where it is no time. The zone must be told elsewhere.
    pub fn clock(self, time: &Timestamp<'_>) -> String {
        match time.instant() {
            Some(moment) => {
                // By hand: a date pattern takes longer than all else in a row.
                let time = self.local(moment).time();
                format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
            }
            None => time.as_str().to_owned(),
        }
    }

    /// `2026-09-14 10:02`; the text as it was sent where it is no time. The zone must be told
    /// elsewhere.
    pub fn minute(self, time: &Timestamp<'_>) -> String {
        match time.instant() {
            Some(moment) => self.format(moment, "%Y-%m-%d %H:%M"),
            None => time.as_str().to_owned(),
        }
    }

    /// What the zone is called where no single time is meant.
    pub fn name(self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Local => "local time".to_owned(),
            Self::Fixed(offset) => offset.to_string(),
            Self::Named(zone) => zone.name.to_owned(),
        }
    }

    /// `2026-09-14`.
    pub fn date(self, moment: DateTime<Utc>) -> String {
        self.format(moment, "%Y-%m-%d")
    }
}

/// How single values are spelt in one output.
#[derive(Clone, Copy, Debug)]
pub struct Spelling {
    /// The zone of the times shown.
    pub zone: Zone,
    /// Whether long ids and the like are shortened, as where there is a width to keep to.
    pub short: bool,
    /// Whether a score has a bar beside it, as on a terminal.
    pub bars: bool,
    /// Whether times need their dates: those of the rows at hand are of several days.
    pub dates: bool,
}

impl Default for Spelling {
    /// UTC and whole: what a pipe gets.
    fn default() -> Self {
        Self { zone: Zone::Utc, short: false, bars: false, dates: false }
    }
}

impl Spelling {
    /// A time of day, with its date where that is needed.
    pub fn time(&self, time: &Timestamp<'_>) -> String {
        let clock = self.zone.clock(time);
        match time.instant().filter(|_| self.dates) {
            Some(moment) => format!("{} {clock}", self.zone.date(moment)),
            None => clock,
        }
    }

    /// An id in a table's cell: what is long is shortened here, unless it is a UUID or the like, which
    /// is shortened where all of the table's are known.
    pub fn id<'i>(&self, id: &'i str) -> Cow<'i, str> {
        self::id(id, self.short && !is_digits(id))
    }
}

/// A stretch of seconds: `8s`, `12m 04s`, `3h 07m`, `2d 04h`.
pub fn duration(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{sign}{days}d {:02}h", hours % 24)
    } else if hours > 0 {
        format!("{sign}{hours}h {:02}m", minutes % 60)
    } else if minutes > 0 {
        format!("{sign}{minutes}m {:02}s", seconds % 60)
    } else {
        format!("{sign}{seconds}s")
    }
}

/// Milliseconds: `840 ms`, `1.24 s`, `30.0 s`, `2m 05s`.
pub fn latency(milliseconds: Number<'_>) -> String {
    // Nearly all are: no float need be printed for them.
    if let Ok(value @ 0..1000) = milliseconds.as_str().parse::<u16>() {
        return format!("{value} ms");
    }
    let value = milliseconds.as_f64();
    if !value.is_finite() || value < 0.0 {
        return format!("{milliseconds} ms");
    }
    millis(value)
}

/// [`latency`] for a figure that was computed.
#[allow(clippy::cast_possible_truncation, reason = "rounded for reading")]
pub fn millis(value: f64) -> String {
    if value < 1000.0 {
        format!("{value:.0} ms")
    } else if value < 10_000.0 {
        format!("{:.2} s", value / 1000.0)
    } else if value < 60_000.0 {
        format!("{:.1} s", value / 1000.0)
    } else {
        duration((value / 1000.0).round() as i64)
    }
}

/// Seconds that were measured: `3.4 s` under a minute, else as stretches of time are told.
#[allow(clippy::cast_possible_truncation, reason = "rounded for reading")]
pub fn seconds(value: f64) -> String {
    if value.fract() != 0.0 && value.abs() < 60.0 {
        return format!("{value:.1} s");
    }
    duration(value.round() as i64)
}

/// A score as it was sent, or to three decimals where it has more.
pub fn score(score: Number<'_>) -> String {
    let digits = score.as_str();
    match digits.split_once('.') {
        Some((_, decimals)) if decimals.len() > 3 => format!("{:.3}", score.as_f64()),
        _ => digits.to_owned(),
    }
}

/// [`score`] for one that was computed.
pub fn score_of(score: f64) -> String {
    let digits = score.to_string();
    match digits.split_once('.') {
        Some((_, decimals)) if decimals.len() > 3 => format!("{score:.3}"),
        _ => digits,
    }
}

/// A count with its thousands told apart: `12,431`.
pub fn count(count: usize) -> String {
    HumanCount(count as u64).to_string()
}

/// `1 chunk`, `2 chunks`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", self::count(count), if count == 1 { one } else { many })
}

/// Digits of a UUID, or the like, that are shown where it is shortened.
pub const DIGITS: usize = 8;

/// An id, shortened where it is long and that is wanted: to the first digits of a UUID, to `kb-b…14`
/// where it is a name.
pub fn id(id: &str, short: bool) -> Cow<'_, str> {
    if !short || id.len() < 20 || !id.is_ascii() {
        return Cow::Borrowed(id);
    }
    if is_digits(id) {
        return Cow::Borrowed(id.get(..DIGITS).unwrap_or(id));
    }
    Cow::Owned(format!("{}…{}", &id[..4], &id[id.len() - 2..]))
}

/// Whether an id is long and hexadecimal: a UUID, a hash.
pub fn is_digits(id: &str) -> bool {
    id.len() >= 20 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Text that takes at most `width` columns, `…` standing for what is left out.
pub fn shorten(text: Cow<'_, str>, width: usize) -> Cow<'_, str> {
    if text.len() <= width || text.width() <= width {
        return text;
    }
    let mut taken = 0;
    let end = text.char_indices().find(|(_, character)| {
        taken += character.width().unwrap_or(0);
        taken + 1 > width
    });
    let kept = end.and_then(|(end, _)| text.get(..end)).unwrap_or_default();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// A share from 0 to 1: `50%`, `<1%`, `>99%`; nothing but none and all are 0% and 100%.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 {
        "<1%".to_owned()
    } else if percent > 99.0 && percent < 100.0 {
        ">99%".to_owned()
    } else {
        format!("{percent:.0}%")
    }
}

/// A bar of `share` (0 to 1) of `cells` columns, to an eighth of one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the share is clamped, and there are few columns"
)]
pub fn bar(share: f64, cells: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (8 * cells) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(PARTS.get(eighths % 8).copied().unwrap_or_default());
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_humane() {
        for (seconds, text) in [
            (0, "0s"),
            (8, "8s"),
            (724, "12m 04s"),
            (11_220, "3h 07m"),
            (187_200, "2d 04h"),
            (-61, "-1m 01s"),
        ] {
            assert_eq!(duration(seconds), text);
        }
        assert!(duration(i64::MIN).starts_with('-'));
    }

    #[test]
    fn latencies_have_a_unit_that_fits() {
        for (value, text) in [
            (0.0, "0 ms"),
            (840.4, "840 ms"),
            (1240.0, "1.24 s"),
            (30_004.0, "30.0 s"),
            (125_000.0, "2m 05s"),
        ] {
            assert_eq!(millis(value), text);
        }
    }

    #[test]
    fn shortened_text_fits_and_says_so() {
        assert_eq!(shorten("abcdef".into(), 6), "abcdef");
        assert_eq!(shorten("abcdefg".into(), 6), "abcde…");
        assert_eq!(shorten("ab cdefg".into(), 4), "ab…");
        assert_eq!(shorten("接続できません".into(), 6), "接続…");
        assert_eq!(shorten("é".repeat(6).into(), 6), "é".repeat(6));
        assert_eq!(shorten("abc".into(), 0), "…");
    }

    #[test]
    fn only_none_and_all_are_told_as_such() {
        for (share, text) in [
            (0.0, "0%"),
            (0.001, "<1%"),
            (0.5, "50%"),
            (0.666, "67%"),
            (0.999, ">99%"),
            (1.0, "100%"),
        ] {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn ids_are_shortened_only_where_long_and_wanted() {
        assert_eq!(id("7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11", true), "7f3c1a52");
        assert_eq!(id("kb-billing-and-payments-014", true), "kb-b…14");
        assert_eq!(id("7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11", false).len(), 36);
        assert_eq!(id("kb-billing-014", true), "kb-billing-014");
        assert_eq!(id("接続接続接続接続接続接続接続", true), "接続接続接続接続接続接続接続");
    }
}
