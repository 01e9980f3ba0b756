//! A weekly schedule of opening hours, in one time zone's wall-clock time.

use std::fmt;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An IANA time zone that the bundled database knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Reads an IANA name, such as `Europe/Vienna`.
    ///
    /// # Errors
    /// If the database has no such zone, with a sentence for an admin.
    pub fn parse(name: &str) -> Result<Self, String> {
        let zone = TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some());
        zone.map(Self).ok_or_else(|| {
            format!("there is no time zone {name:?}; use a name of the IANA database such as \"Europe/Vienna\"")
        })
    }

    /// The zone.
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

/// A minute of the day, `00:00` to `24:00`, written `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteOfDay(u16);

const MINUTES_PER_DAY: u16 = 24 * 60;

impl MinuteOfDay {
    fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let is_plain = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let two_digits = |part: &str| is_plain(part).then(|| part.parse::<u16>().ok()).flatten();
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        let minute = hours * 60 + minutes;
        (minutes < 60 && minute <= MINUTES_PER_DAY).then_some(Self(minute))
    }
}

impl fmt::Display for MinuteOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for MinuteOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MinuteOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("{text:?} is not a time of day; write it as \"09:00\", at most \"24:00\""))
        })
    }
}

/// Open from the minute `opens`, closed from the minute `closes`.
///
/// If `closes` is before `opens`, the period runs past midnight into the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first open minute.
    pub opens: MinuteOfDay,
    /// The first closed minute after it; `24:00` is the end of the day.
    pub closes: MinuteOfDay,
}

impl Period {
    fn is_overnight(self) -> bool {
        self.closes < self.opens
    }

    /// Whether it is open at `minute` of the day it opens on.
    fn covers(self, minute: MinuteOfDay) -> bool {
        self.opens <= minute && (minute < self.closes || self.is_overnight())
    }

    /// Whether it is still open at `minute` of the day after.
    fn covers_next_day(self, minute: MinuteOfDay) -> bool {
        self.is_overnight() && minute < self.closes
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.opens, self.closes)
    }
}

/// The periods of each day of the week. A day without periods is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the days of the week")]
pub struct Weekly {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub monday: Vec<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tuesday: Vec<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wednesday: Vec<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thursday: Vec<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub friday: Vec<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saturday: Vec<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sunday: Vec<Period>,
}

impl Weekly {
    /// The days from Monday on, each with its name in the settings document.
    pub fn days(&self) -> [(&'static str, &[Period]); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }

    fn on(&self, day: Weekday) -> &[Period] {
        self.days()[usize::from(day.to_monday_zero_offset().unsigned_abs())].1
    }
}

/// Opening hours: a weekly schedule, its time zone, and the holidays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// The time zone; null means that of the line.
    pub time_zone: Option<Zone>,
    /// The weekly schedule.
    pub weekly: Weekly,
    /// Closed days. No period opens on a holiday, and one that opened on the day before ends at midnight.
    #[serde(deserialize_with = "plain_dates")]
    pub holidays: Vec<Date>,
}

/// Dates as exactly `YYYY-MM-DD`. A time of day after the date would be ignored, so it is an error.
fn plain_dates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Date>, D::Error> {
    let day = |text: String| {
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        date.ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a day; write it as \"2026-12-25\"")))
    };
    Vec::<String>::deserialize(deserializer)?.into_iter().map(day).collect()
}

/// Whether a [`Schedule`] is open at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Open, within this period.
    Open(Period),
    /// Closed: no period covers the instant.
    Closed,
    /// Closed: the day is a holiday.
    Holiday,
}

impl Schedule {
    /// Whether it is open at `local`, the wall-clock time in the schedule's zone.
    ///
    /// Periods follow wall-clock time: one during a clock change is an hour shorter when clocks go forward, and an hour
    /// longer when they go back.
    pub fn at(&self, local: DateTime) -> Opening {
        let (today, yesterday) = (local.date(), local.date().yesterday().ok());
        if self.holidays.contains(&today) {
            return Opening::Holiday;
        }
        let minute =
            MinuteOfDay(u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs()));
        let from_today = self.weekly.on(today.weekday()).iter().find(|period| period.covers(minute));
        let from_yesterday = yesterday
            .filter(|day| !self.holidays.contains(day))
            .and_then(|day| self.weekly.on(day.weekday()).iter().find(|period| period.covers_next_day(minute)));
        from_today.or(from_yesterday).map_or(Opening::Closed, |period| Opening::Open(*period))
    }

    /// The problems with the periods, each as its path below the schedule and a sentence.
    pub(crate) fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut spans = Vec::new();
        for (day, (name, periods)) in (0u16..).zip(self.weekly.days()) {
            for (index, period) in periods.iter().enumerate() {
                let path = format!("weekly.{name}[{index}]");
                if period.opens == period.closes {
                    let sentence = "it opens and closes at the same minute; for a whole day write 00:00 to 24:00";
                    problems.push((path, sentence.to_owned()));
                    continue;
                }
                let from = day * MINUTES_PER_DAY + period.opens.0;
                let length = if period.is_overnight() {
                    MINUTES_PER_DAY - period.opens.0 + period.closes.0
                } else {
                    period.closes.0 - period.opens.0
                };
                spans.push((from, from + length, path, format!("{} {period}", capitalised(name))));
            }
        }
        spans.sort();
        let overlap = |later: &(u16, u16, String, String), earlier: &(u16, u16, String, String)| {
            (later.2.clone(), format!("{} overlaps {}", later.3, earlier.3))
        };
        for pair in spans.windows(2) {
            if pair[1].0 < pair[0].1 {
                problems.push(overlap(&pair[1], &pair[0]));
            }
        }
        // Sunday's last period may run into Monday's first.
        if let (Some(first), Some(last)) = (spans.first(), spans.last())
            && last.1 > 7 * MINUTES_PER_DAY
            && first.0 < last.1 - 7 * MINUTES_PER_DAY
        {
            problems.push(overlap(first, last));
        }
        problems
    }
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}
