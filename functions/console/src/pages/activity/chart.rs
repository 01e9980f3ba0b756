//! What became of the calls of the last days, as bars.

use jiff::tz::TimeZone;
use store::{DailyOutcomes, DayOutcomes};

/// The height of the drawing, and what a day has of its width.
const HEIGHT: f64 = 100.0;
const STEP: f64 = 10.0;
/// The width of a bar, and the least height of a part of one.
const WIDTH: f64 = 6.4;
const LEAST: f64 = 2.0;

/// What became of the calls of the last days.
pub(super) struct Chart {
    pub(super) days: Vec<Day>,
    /// How wide the drawing is.
    pub(super) width: f64,
    /// The number of calls at the top.
    pub(super) top: u64,
    pub(super) logged: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
    /// On whose clock the days begin.
    pub(super) zone: String,
    /// Whether all calls are counted.
    pub(super) is_complete: bool,
}

/// A day: a bar, and a row of the table that says the same.
pub(super) struct Day {
    /// As in an address.
    pub(super) date: String,
    /// Such as `23`; the first, and that of a month, with the month.
    pub(super) number: String,
    /// Such as `Mon 23 Mar`.
    pub(super) name: String,
    pub(super) logged: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
    pub(super) parts: Vec<Part>,
}

/// A part of a bar.
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) height: String,
}

impl Chart {
    /// The chart; none if there was nothing to draw.
    pub(super) fn new(counted: &DailyOutcomes, zone: &TimeZone) -> Option<Self> {
        let sum = |of: fn(&DayOutcomes) -> u64| counted.days.iter().map(of).sum();
        let highest = counted.days.iter().map(|day| day.logged + day.skipped + day.failed).max().unwrap_or_default();
        if highest == 0 {
            return None;
        }
        let top = round(highest);
        let days = counted.days.iter().enumerate().map(|(index, day)| Day::new(day, index, top)).collect();
        Some(Self {
            days,
            width: STEP * length(counted.days.len()),
            top,
            logged: sum(|day| day.logged),
            skipped: sum(|day| day.skipped),
            failed: sum(|day| day.failed),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            is_complete: counted.is_complete,
        })
    }
}

impl Day {
    fn new(day: &DayOutcomes, index: usize, top: u64) -> Self {
        let mut parts = Vec::new();
        let mut y = HEIGHT;
        for (class, count) in [("logged", day.logged), ("skipped", day.skipped), ("failed", day.failed)] {
            if count > 0 {
                let height = (HEIGHT * amount(count) / amount(top)).max(LEAST);
                y -= height;
                let x = STEP * length(index) + (STEP - WIDTH) / 2.0;
                let [x, y, height] = [x, y, height].map(|number| format!("{number:.1}"));
                parts.push(Part { class, x, y, height });
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
            parts,
        }
    }
}

/// The next number of calls that is easy to read: 1, 2 or 5, and as many zeros as it takes.
fn round(highest: u64) -> u64 {
    let mut power = 1;
    loop {
        if let Some(top) = [1, 2, 5].into_iter().map(|digit| digit * power).find(|top| *top >= highest) {
            return top;
        }
        power *= 10;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has fewer points than a number has digits")]
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
    fn the_top_is_easy_to_read() {
        for (highest, top) in [(1, 1), (3, 5), (5, 5), (6, 10), (11, 20), (201, 500), (1000, 1000), (1001, 2000)] {
            assert_eq!(round(highest), top);
        }
    }

    #[test]
    fn parts_stand_on_each_other() {
        let chart = chart(&[day(0, 0, 0), day(5, 0, 3)]).unwrap();
        let parts = |day: &Day| -> Vec<String> {
            day.parts.iter().map(|part| format!("{} {} {} {}", part.class, part.x, part.y, part.height)).collect()
        };
        assert_eq!(parts(&chart.days[0]), [""; 0]);
        assert_eq!(parts(&chart.days[1]), ["logged 11.8 50.0 50.0", "failed 11.8 20.0 30.0"]);
        assert_eq!((chart.top, chart.logged, chart.skipped, chart.failed), (10, 5, 0, 3));
    }

    #[test]
    fn a_single_call_is_seen_beside_a_thousand() {
        let chart = chart(&[day(1000, 1, 0)]).unwrap();
        assert_eq!(chart.days[0].parts[1].height, "2.0");
    }

    #[test]
    fn nothing_is_not_drawn() {
        assert!(chart(&[day(0, 0, 0)]).is_none());
        assert!(chart(&[]).is_none());
    }
}
