//! Instants, formatted for pages.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An instant for a `<time>` element: the machine-readable value and the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct When {
    /// ISO 8601, in UTC.
    pub(crate) datetime: String,
    /// For example `25 Dec 2026, 09:30 UTC`.
    pub(crate) text: String,
}

impl When {
    pub(crate) fn new(instant: Timestamp) -> Self {
        let datetime = instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self { datetime, text: instant.strftime("%-d %b %Y, %H:%M UTC").to_string() }
    }
}

/// An instant in the time zone of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    /// ISO 8601, in UTC.
    pub(crate) datetime: String,
    /// For example `25 Dec 2026`.
    pub(crate) date: String,
    /// For example `10:30 CET`.
    pub(crate) time: String,
    /// The same in UTC, with the line's time zone: `2026-12-25 09:30:00 UTC; the line is in Europe/Vienna`.
    pub(crate) title: String,
}

impl Local {
    pub(crate) fn new(instant: Timestamp, zone: &TimeZone) -> Self {
        let local = instant.to_zoned(zone.clone());
        Self {
            datetime: instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            date: local.strftime("%-d %b %Y").to_string(),
            time: local.strftime("%H:%M %Z").to_string(),
            title: format!(
                "{}; the line is in {}",
                instant.strftime("%Y-%m-%d %H:%M:%S UTC"),
                zone.iana_name().unwrap_or("UTC")
            ),
        }
    }
}

/// The time since `at`, rounded down to one unit.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let (count, unit) = match seconds {
        ..120 => return "just now".to_owned(),
        120..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_formatted_for_a_browser_and_for_a_person() {
        let when = When::new("2026-12-05T09:30:59.7Z".parse().unwrap());
        assert_eq!((&*when.datetime, &*when.text), ("2026-12-05T09:30:59Z", "5 Dec 2026, 09:30 UTC"));
    }

    #[test]
    fn elapsed_time_is_shown_in_one_unit() {
        let at = Timestamp::UNIX_EPOCH;
        for (seconds, text) in [
            (0, "just now"),
            (119, "just now"),
            (120, "2 minutes ago"),
            (7_200, "2 hours ago"),
            (172_800, "2 days ago"),
        ] {
            assert_eq!(ago(at, Timestamp::from_second(seconds).unwrap()), text);
        }
        assert_eq!(ago(Timestamp::from_second(5).unwrap(), at), "just now");
    }

    #[test]
    fn an_instant_is_formatted_in_the_time_zone_of_a_line() {
        let zone = TimeZone::get("Europe/Vienna").unwrap();
        let local = Local::new("2026-12-05T23:30:59Z".parse().unwrap(), &zone);
        assert_eq!((&*local.date, &*local.time), ("6 Dec 2026", "00:30 CET"));
        assert_eq!(local.title, "2026-12-05 23:30:59 UTC; the line is in Europe/Vienna");
    }
}
