//! How long to wait before a retry, from the response headers.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Longest wait, in milliseconds; Aircall's rate limit is per minute.
const MAX_WAIT: i64 = 60 * 60 * 1000;
/// Shortest wait, in milliseconds, also for a time in the past, because clocks differ.
const MIN_WAIT: i64 = 1000;
/// Numbers from here on are UNIX milliseconds; in seconds this is the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
/// Numbers from here on are UNIX seconds; smaller ones are seconds from now.
const UNIX_FROM: i64 = 1_000_000_000;

/// The wait from `Retry-After`, else from `X-AircallApi-Reset`. The unit of the latter is not documented; both seconds
/// and milliseconds have been seen.
pub(super) fn after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let now = now.as_millisecond();
    let milliseconds = text(RETRY_AFTER.as_str())
        .and_then(|text| number(text, now).or_else(|| date(text, now)))
        .or_else(|| text("X-AircallApi-Reset").and_then(|text| number(text, now)))?;
    u64::try_from(milliseconds.clamp(MIN_WAIT, MAX_WAIT)).ok().map(Duration::from_millis)
}

fn number(text: &str, now: i64) -> Option<i64> {
    Some(match text.parse().ok()? {
        unix @ MILLISECONDS_FROM.. => unix.saturating_sub(now),
        unix @ UNIX_FROM.. => unix.saturating_mul(1000).saturating_sub(now),
        seconds => seconds.saturating_mul(1000),
    })
}

fn date(text: &str, now: i64) -> Option<i64> {
    Some(rfc2822::parse(text).ok()?.timestamp().as_millisecond().saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], expected: Option<u64>) {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        assert_eq!(after(&headers, now), expected.map(Duration::from_secs));
    }

    #[test]
    fn without_a_usable_header_there_is_no_wait() {
        check(&[], None);
        check(&[("X-AircallApi-Remaining", "0")], None);
        check(&[("X-AircallApi-Reset", "soon")], None);
    }

    #[test]
    fn a_reset_may_be_in_seconds_or_milliseconds() {
        check(&[("X-AircallApi-Reset", "1795341642")], Some(42));
        check(&[("X-AircallApi-Reset", "1795341642000")], Some(42));
        check(&[("X-AircallApi-Reset", "42")], Some(42));
    }

    #[test]
    fn retry_after_has_precedence() {
        check(&[("X-AircallApi-Reset", "1795341642"), ("Retry-After", "7")], Some(7));
        check(&[("Retry-After", "Sun, 22 Nov 2026 10:00:09 GMT")], Some(9));
        check(&[("X-AircallApi-Reset", "1795341642"), ("Retry-After", "soon")], Some(42));
    }

    #[test]
    fn waits_are_between_a_second_and_an_hour() {
        check(&[("X-AircallApi-Reset", "1795341590")], Some(1));
        check(&[("Retry-After", "-5")], Some(1));
        check(&[("Retry-After", "999999")], Some(3600));
        check(&[("X-AircallApi-Reset", "9223372036854775807")], Some(3600));
    }
}
