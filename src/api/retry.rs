//! Which failures pass, and how long to leave the server alone.

use std::time::{Duration, SystemTime};

/// The longest pause a server is granted by its `Retry-After`.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The first pause is at most this long; each further one may be twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// No pause of our own choosing is longer.
const MAX_PAUSE: Duration = Duration::from_secs(20);

/// The first pause before a session that still runs is asked for again.
const FIRST_POLL: Duration = Duration::from_secs(1);

/// No pause between two polls is longer.
const MAX_POLL: Duration = Duration::from_secs(30);

/// Whether a request that was answered with `status` may succeed when sent again.
pub const fn can_pass(status: u16) -> bool {
    // From 520 on: those of the proxies before a server that is down, late or overloaded.
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 520..=524 | 529)
}

/// The pause after the `tries`th try: what the server asked for, up to a minute, or else a random
/// time up to a bound that doubles (exponential back-off with full jitter).
pub fn pause(tries: u32, asked: Option<Duration>) -> Duration {
    match asked {
        Some(asked) => asked.min(MAX_RETRY_AFTER),
        None => bound(tries).mul_f64(fastrand::f64()),
    }
}

/// The same after a 429. Where the server asks for no pause, at least half of the bound: a limit is
/// not over at once, and chance must not use the tries up within one window of it. A wish for no
/// seconds is none, since servers round down.
pub fn pause_of_limit(tries: u32, asked: Option<Duration>) -> Duration {
    match asked.filter(|asked| !asked.is_zero()) {
        Some(asked) => asked.min(MAX_RETRY_AFTER),
        None => bound(tries).mul_f64(0.5 + fastrand::f64() / 2.0),
    }
}

fn bound(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(MAX_PAUSE)
}

/// The pause after the `polls`th answer that a session still runs: half as long again each time.
pub fn poll_pause(polls: u32, asked: Option<Duration>) -> Duration {
    match asked {
        Some(asked) => asked.min(MAX_RETRY_AFTER),
        None => {
            FIRST_POLL
                .mul_f64(1.5_f64.powi(i32::from(
                    u8::try_from(polls.saturating_sub(1)).unwrap_or(u8::MAX).min(20),
                )))
                .min(MAX_POLL)
        }
    }
}

/// Reads a `Retry-After` header: seconds, or a date that lies ahead of `now`. None where it makes no
/// sense.
pub fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_tried_again() {
        let passing: Vec<u16> = (100..600).filter(|status| can_pass(*status)).collect();
        assert_eq!(passing, [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]);
    }

    #[test]
    fn pauses_are_random_below_a_bound_that_doubles() {
        assert_eq!(bound(1), Duration::from_millis(500));
        assert_eq!(bound(2), Duration::from_secs(1));
        assert_eq!(bound(3), Duration::from_secs(2));
        assert_eq!(bound(u32::MAX), MAX_PAUSE);
        let pauses: Vec<Duration> = (0..1000).map(|_| pause(3, None)).collect();
        assert!(pauses.iter().all(|pause| *pause <= bound(3)));
        // Full jitter reaches near both ends.
        assert!(pauses.iter().min().unwrap() < &bound(1));
        assert!(pauses.iter().max().unwrap() > &bound(2));
    }

    #[test]
    fn what_the_server_asks_for_is_granted_up_to_a_minute() {
        assert_eq!(pause(1, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(pause(1, Some(Duration::from_secs(3600))), MAX_RETRY_AFTER);
        assert_eq!(poll_pause(9, Some(Duration::ZERO)), Duration::ZERO);
    }

    #[test]
    fn a_limit_is_not_over_at_once() {
        assert_eq!(pause_of_limit(1, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(pause_of_limit(1, Some(Duration::from_secs(3600))), MAX_RETRY_AFTER);
        for asked in [None, Some(Duration::ZERO)] {
            let pauses: Vec<Duration> = (0..1000).map(|_| pause_of_limit(3, asked)).collect();
            assert!(pauses.iter().all(|pause| (bound(3) / 2..=bound(3)).contains(pause)));
            assert!(pauses.iter().max().unwrap() > &(bound(3) * 3 / 4));
        }
    }

    #[test]
    fn polls_grow_apart() {
        assert_eq!(poll_pause(1, None), FIRST_POLL);
        assert_eq!(poll_pause(2, None), Duration::from_millis(1500));
        assert_eq!(poll_pause(u32::MAX, None), MAX_POLL);
    }

    #[test]
    fn retry_after_has_two_forms() {
        let now = httpdate::parse_http_date("Tue, 24 Nov 2026 10:00:00 GMT").unwrap();
        let parse = |value| parse_retry_after(value, now);
        assert_eq!(parse("120"), Some(Duration::from_secs(120)));
        assert_eq!(parse(" 0 "), Some(Duration::ZERO));
        assert_eq!(parse("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(parse("99999999999999999999999"), Some(Duration::MAX));
        assert_eq!(parse("Tue, 24 Nov 2026 10:00:09 GMT"), Some(Duration::from_secs(9)));
        assert_eq!(parse("Tue, 24 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
        for bad in
            ["", " ", "soon", "-1", "NaN", "inf", "1e99", "1e999", "5s", "2026-11-25T18:00:00Z"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
