//! Dates and instants in Salesforce's notation.

use jiff::{Timestamp, civil::Date, fmt::rfc2822, tz::TimeZone};

/// `2026-11-22T17:36:26.000+0000`; Salesforce keeps whole seconds.
pub(crate) fn datetime(instant: Timestamp) -> String {
    instant.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

/// Any ISO 8601 instant, with `Z`, `+00:00` or `+0000`.
pub(crate) fn parse_datetime(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok())
}

/// The date of an HTTP header, such as `Wed, 21 Oct 2015 07:28:00 GMT`.
pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|date| date.timestamp())
}

/// `2026-11-22`.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// The UTC date `offset` days after that of `now`.
pub(crate) fn day(now: Timestamp, offset: i64) -> Date {
    let today = now.to_zoned(TimeZone::UTC).date();
    today.saturating_add(jiff::Span::new().days(offset.clamp(-36_500, 36_500)))
}

#[cfg(test)]
mod tests {
    use super::{datetime, parse_datetime};

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(parse_datetime(text).map(datetime).as_deref(), expect);
    }

    #[test]
    fn all_offset_notations_are_parsed() {
        check("2026-11-22T17:36:26.123+0000", Some("2026-11-22T17:36:26.000+0000"));
        check("2026-11-22T17:36:26Z", Some("2026-11-22T17:36:26.000+0000"));
        check("2026-11-22T18:36:26+01:00", Some("2026-11-22T17:36:26.000+0000"));
        check("2026-11-22T18:36:26.000+0100", Some("2026-11-22T17:36:26.000+0000"));
        check("yesterday", None);
    }
}
