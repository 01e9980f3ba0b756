//! Bar chart of the daily call outcomes.

use jiff::tz::TimeZone;
use store::{DailyOutcomes, DayOutcomes};

/// The height of the chart, and the width that each day takes.
const HEIGHT: f64 = 100.0;
const DAY_WIDTH: f64 = 10.0;
/// The width of a bar, and the minimum height of a bar segment.
const BAR_WIDTH: f64 = 6.4;
const MIN_HEIGHT: f64 = 2.0;

/// The outcomes of the last days' calls.
pub(super) struct Chart {
    pub(super) days: Vec<Day>,
    /// The width of the chart.
    pub(super) width: f64,
    /// The number of calls at the top of the scale.
    pub(super) top: u64,
    pub(super) logged: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
    /// The time zone in which days begin.
    pub(super) zone: String,
    /// Whether every call was counted.
    pub(super) is_complete: bool,
}

/// A day: a bar of the chart and a row of the equivalent table.
pub(super) struct Day {
    /// In the form used in URLs.
    pub(super) date: String,
    /// Such as `23`; with the month for the first bar and the first day of a month.
    pub(super) number: String,
    /// Such as `Mon 23 Mar`.
    pub(super) name: String,
    pub(super) logged: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
    pub(super) segments: Vec<Segment>,
}

/// A segment of a bar.
pub(super) struct Segment {
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) height: String,
}

impl Chart {
    /// The chart; `None` if there are no calls.
    pub(super) fn new(outcomes: &DailyOutcomes, zone: &TimeZone) -> Option<Self> {
        let sum = |count: fn(&DayOutcomes) -> u64| outcomes.days.iter().map(count).sum();
        let highest = outcomes.days.iter().map(|day| day.logged + day.skipped + day.failed).max().unwrap_or_default();
        if highest == 0 {
            return None;
        }
        let top = round_up(highest);
        let days = outcomes.days.iter().enumerate().map(|(index, day)| Day::new(day, index, top)).collect();
        Some(Self {
            days,
            width: DAY_WIDTH * length(outcomes.days.len()),
            top,
            logged: sum(|day| day.logged),
            skipped: sum(|day| day.skipped),
            failed: sum(|day| day.failed),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            is_complete: outcomes.is_complete,
        })
    }
}

impl Day {
    fn new(day: &DayOutcomes, index: usize, top: u64) -> Self {
        let mut segments = Vec::new();
        let mut y = HEIGHT;
        for (class, count) in [("logged", day.logged), ("skipped", day.skipped), ("failed", day.failed)] {
            if count > 0 {
                let height = (HEIGHT * amount(count) / amount(top)).max(MIN_HEIGHT);
                y -= height;
                let x = DAY_WIDTH * length(index) + (DAY_WIDTH - BAR_WIDTH) / 2.0;
                let [x, y, height] = [x, y, height].map(|number| format!("{number:.1}"));
                segments.push(Segment { class, x, y, height });
            }
        }
        Self {
            date: day.date.to_string(),
            number: if index == 0 || day.date.day() == 1 {
                day.date.strftime("%-d %b").to_string()
            } else {
                day.date.day().to_string()
            },
            name: day.date.strftime("%a %-d %b").to_string(),
            logged: day.logged,
            skipped: day.skipped,
            failed: day.failed,
            segments,
        }
    }
}

/// The next round number: 1, 2 or 5 times a power of ten.
fn round_up(highest: u64) -> u64 {
    let mut power = 1;
    loop {
        if let Some(top) = [1, 2, 5].into_iter().map(|digit| digit * power).find(|top| *top >= highest) {
            return top;
        }
        power *= 10;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a pixel needs less precision than an f64 has")]
fn amount(count: u64) -> f64 {
    count as f64
}

fn length(count: usize) -> f64 {
    amount(count as u64)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn day(logged: u64, skipped: u64, failed: u64) -> DayOutcomes {
        DayOutcomes { date: date(2026, 3, 23), logged, skipped, failed, waiting: 7 }
    }

    fn chart(days: &[DayOutcomes]) -> Option<Chart> {
        Chart::new(&DailyOutcomes { days: days.to_vec(), is_complete: true }, &TimeZone::UTC)
    }

    #[test]
    fn the_scale_ends_at_a_round_number() {
        for (highest, top) in [(1, 1), (3, 5), (5, 5), (6, 10), (11, 20), (201, 500), (1000, 1000), (1001, 2000)] {
            assert_eq!(round_up(highest), top);
        }
    }

    #[test]
    fn segments_are_stacked() {
        let chart = chart(&[day(0, 0, 0), day(5, 0, 3)]).unwrap();
        let segments = |day: &Day| -> Vec<String> {
            day.segments.iter().map(|s| format!("{} {} {} {}", s.class, s.x, s.y, s.height)).collect()
        };
        assert_eq!(segments(&chart.days[0]), [""; 0]);
        assert_eq!(segments(&chart.days[1]), ["logged 11.8 50.0 50.0", "failed 11.8 20.0 30.0"]);
        assert_eq!((chart.top, chart.logged, chart.skipped, chart.failed), (10, 5, 0, 3));
    }

    #[test]
    fn a_single_call_is_visible_next_to_a_thousand() {
        let chart = chart(&[day(1000, 1, 0)]).unwrap();
        assert_eq!(chart.days[0].segments[1].height, "2.0");
    }

    #[test]
    fn without_calls_there_is_no_chart() {
        assert!(chart(&[day(0, 0, 0)]).is_none());
        assert!(chart(&[]).is_none());
    }
}
