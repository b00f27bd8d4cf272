//! Values that are read from text: durations, sizes, zones, ranges of turns.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::values::{Time, Zone};
use super::zone::NamedZone;

/// `30s`, `2m`, `1h 5m`; a bare number is seconds.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text)
            .map_err(|_| "not a duration; write it like 30s, 2m or 1h 5m".to_owned())?,
    };
    if duration.is_zero() {
        return Err("must be more than 0".to_owned());
    }
    // Deadlines are moments: one that no clock can name must not come up later.
    if duration > Duration::from_secs(366 * 24 * 3600) {
        return Err("must be at most a year".to_owned());
    }
    Ok(duration)
}

/// A number of workers.
pub(super) fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "must be a number from 1 on".to_owned())
}

/// `512MiB`, `2G`, `1000000`; K, M and G are powers of 1024.
pub(super) fn parse_size(text: &str) -> Result<u64, String> {
    match parse_size::Config::new().with_binary().parse_size(text) {
        Ok(0) => Err("must be more than 0".to_owned()),
        Ok(size) => Ok(size),
        Err(_) => Err("not a size; write it like 512MiB or 2GiB".to_owned()),
    }
}

/// `utc`, `local`, `+02:00`, `Europe/Berlin`.
pub(super) fn parse_zone(text: &str) -> Result<Zone, String> {
    match text.to_ascii_lowercase().as_str() {
        "utc" | "z" => Ok(Zone::Utc),
        "local" => Ok(Zone::Local),
        _ => match text.parse() {
            Ok(offset) => Ok(Zone::Fixed(offset)),
            Err(_) => NamedZone::find(text).map(Zone::Named),
        },
    }
}

/// `2026-09-14`, `2026-09-14T10:00`, the same with seconds and an offset, `36h`, `7d`, `today`,
/// `yesterday`.
pub fn parse_time(text: &str) -> Result<Time, String> {
    match text.to_ascii_lowercase().as_str() {
        "today" => return Ok(Time::DaysAgo(0)),
        "yesterday" => return Ok(Time::DaysAgo(1)),
        _ => {}
    }
    let local = |formats: [&str; 2]| {
        formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    };
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .map(Time::Day)
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| Time::Moment(time.to_utc())))
        .or_else(|| local(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]).map(Time::Minute))
        .or_else(|| local(["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]).map(Time::Local))
        .or_else(|| humantime::parse_duration(text).ok().map(Time::Ago))
        .ok_or_else(|| {
            "not a time; write it like 2026-09-14, 2026-09-14T10:00, 36h, 7d, today or yesterday"
                .to_owned()
        })
}

/// `4`, `4..9`, `4-9`, `4..`, `..9`, each number with or without a `#`. Both ends are part of the
/// range.
pub(super) fn parse_turns(text: &str) -> Result<RangeInclusive<usize>, String> {
    let number = |text: &str| {
        text.trim()
            .trim_start_matches('#')
            .parse::<usize>()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| "must be a turn or a range of them: 4, 4..9, 4.. or ..9".to_owned())
    };
    let range = match text.split_once("..").or_else(|| text.split_once('-')) {
        None => {
            let turn = number(text)?;
            turn..=turn
        }
        Some((first, last)) => {
            let last = last.trim_start_matches('=');
            let first = if first.trim().is_empty() { 1 } else { number(first)? };
            let last = if last.trim().is_empty() { usize::MAX } else { number(last)? };
            first..=last
        }
    };
    if range.is_empty() {
        return Err(format!("turn {} comes after turn {}", range.start(), range.end()));
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_read_in_every_spelling() {
        assert_eq!(parse_turns("4"), Ok(4..=4));
        assert_eq!(parse_turns("#4..#9"), Ok(4..=9));
        assert_eq!(parse_turns("4-9"), Ok(4..=9));
        assert_eq!(parse_turns("4.."), Ok(4..=usize::MAX));
        assert_eq!(parse_turns("..9"), Ok(1..=9));
        for bad in ["", "x", "0", "9..4", "4..x", "3,5"] {
            assert!(parse_turns(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_and_sizes_are_humane() {
        assert_eq!(parse_duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("1h 5m"), Ok(Duration::from_secs(3900)));
        assert!(parse_duration("0s").is_err());
        assert!(parse_duration("soon").is_err());
        assert!(parse_duration("9999999years").is_err());
        assert_eq!(parse_size("512MiB"), Ok(512 << 20));
        assert_eq!(parse_size("2G"), Ok(2 << 30));
        assert!(parse_size("0").is_err());
        assert!(parse_size("big").is_err());
    }

    #[test]
    fn times_are_days_moments_and_ages() {
        let day = NaiveDate::from_ymd_opt(2026, 9, 14).unwrap();
        assert_eq!(parse_time("2026-09-14"), Ok(Time::Day(day)));
        let ten = day.and_hms_opt(10, 0, 0).unwrap();
        assert_eq!(parse_time("2026-09-14T10:00"), Ok(Time::Minute(ten)));
        assert_eq!(parse_time("2026-09-14 10:00:00"), Ok(Time::Local(ten)));
        assert_eq!(parse_time("2026-09-14T12:00:00+02:00"), Ok(Time::Moment(ten.and_utc())));
        assert_eq!(parse_time("36h"), Ok(Time::Ago(Duration::from_secs(36 * 3600))));
        assert_eq!(
            (parse_time("Today"), parse_time("yesterday")),
            (Ok(Time::DaysAgo(0)), Ok(Time::DaysAgo(1)))
        );
        for bad in ["", "soon", "2026-13-01", "7", "2026-09-14T25:00"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn zones_are_named_or_offsets() {
        assert_eq!(parse_zone("UTC"), Ok(Zone::Utc));
        assert_eq!(parse_zone("local"), Ok(Zone::Local));
        assert!(matches!(parse_zone("-05:30"), Ok(Zone::Fixed(_))));
        assert!(matches!(parse_zone("europe/berlin"), Ok(Zone::Named(_))));
        assert!(parse_zone("Mars").is_err());
        assert!(parse_zone("+99:00").is_err());
    }
}
