//! Opening hours in words.

use rules::schedule::{Period, Schedule};

/// Opening hours in words: a text line for each group of days, the holidays and the time zone.
pub(super) fn words(schedule: &Schedule) -> String {
    let mut lines = days(schedule);
    if lines.is_empty() {
        lines.push("Always closed".to_owned());
    }
    if !schedule.holidays.is_empty() {
        let holidays: Vec<String> = schedule.holidays.iter().map(ToString::to_string).collect();
        lines.push(format!("Closed on {}", holidays.join(", ")));
    }
    let zone = schedule.time_zone.as_ref().map_or("the line’s own time zone", |zone| zone.name());
    lines.push(format!("In {zone}"));
    lines.join("\n")
}

/// The open days; neighbouring days with the same hours share a text line.
fn days(schedule: &Schedule) -> Vec<String> {
    let days = schedule.weekly.days();
    let runs = days.chunk_by(|(_, one), (_, other)| one == other).filter(|run| !run[0].1.is_empty());
    runs.map(|run| {
        let days = match run {
            [only] => short(only.0),
            [first, .., last] => format!("{}–{}", short(first.0), short(last.0)),
            [] => unreachable!("a run has a day"),
        };
        let periods: Vec<String> = run[0].1.iter().map(Period::to_string).collect();
        format!("{days} {}", periods.join(", "))
    })
    .collect()
}

/// `Mon` for `monday`.
fn short(day: &str) -> String {
    day[..1].to_uppercase() + &day[1..3]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(schedule: Value, expected: &str) {
        assert_eq!(words(&serde_json::from_value(schedule).unwrap()), expected);
    }

    #[test]
    fn neighbouring_days_with_the_same_hours_are_one_line() {
        let day = json!([{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "17:00"}]);
        let weekly = json!({"monday": day, "tuesday": day, "wednesday": day, "friday": day,
            "sunday": [{"opens": "22:00", "closes": "06:00"}]});
        check(
            json!({"time_zone": "Europe/Vienna", "weekly": weekly, "holidays": ["2026-12-25", "2026-12-26"]}),
            "Mon–Wed 09:00–12:00, 13:00–17:00\nFri 09:00–12:00, 13:00–17:00\nSun 22:00–06:00\n\
             Closed on 2026-12-25, 2026-12-26\nIn Europe/Vienna",
        );
    }

    #[test]
    fn an_empty_schedule_is_always_closed() {
        check(json!({}), "Always closed\nIn the line’s own time zone");
    }
}
