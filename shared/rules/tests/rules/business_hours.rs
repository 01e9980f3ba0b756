//! Calls during and outside business hours. Call times are in UTC; Vienna is an hour ahead, two in summer.

use rules::settings::{LogCalls, Settings};
use rules::{Call, CallType, MissedCallReason, SkipReason, Topic, Verdict};
use serde_json::{Value, json};

use crate::support::{call_at, decide, ended};

fn settings(schedule: Value, lines: Value) -> Settings {
    let mut document = serde_json::to_value(Settings::default()).unwrap();
    document["business_hours"] = json!({"log_calls": "during_business_hours", "schedule": schedule, "numbers": lines});
    Settings::parse(&document).unwrap()
}

#[track_caller]
fn check_call(settings: &Settings, call: Call, open: bool) {
    let decision = decide(&ended(call), settings, None).unwrap();
    let finding = decision.trace.finding(Topic::BusinessHours);
    assert_eq!(matches!(decision.verdict, Verdict::Log(_)), open, "{finding:?}");
    if !open {
        assert_eq!(decision.verdict, Verdict::Skip(SkipReason::OutsideBusinessHours));
    }
}

/// Checks a schedule with this period on Mondays (2026-03-23 is one), in the line's time zone.
#[track_caller]
fn check(opens: &str, closes: &str, started_at: &str, open: bool) {
    let schedule =
        json!({"time_zone": null, "weekly": {"monday": [{"opens": opens, "closes": closes}]}, "holidays": []});
    check_call(&settings(schedule, json!({})), call_at(CallType::InboundAnswered, started_at), open);
}

#[test]
fn the_minute_of_opening_is_open() {
    check("09:00", "18:00", "2026-03-23T07:59:59Z", false);
    check("09:00", "18:00", "2026-03-23T08:00:00Z", true);
}

#[test]
fn the_minute_of_closing_is_closed() {
    check("09:00", "18:00", "2026-03-23T16:59:59Z", true);
    check("09:00", "18:00", "2026-03-23T17:00:00Z", false);
}

#[test]
fn other_days_are_closed() {
    check("09:00", "18:00", "2026-03-24T10:00:00Z", false);
}

#[test]
fn a_period_over_midnight_runs_into_the_next_day() {
    check("22:00", "06:00", "2026-03-23T21:00:00Z", true);
    check("22:00", "06:00", "2026-03-24T04:59:59Z", true);
    check("22:00", "06:00", "2026-03-24T05:00:00Z", false);
    check("22:00", "06:00", "2026-03-23T04:00:00Z", false);
}

#[test]
fn a_period_may_end_at_midnight() {
    check("18:00", "24:00", "2026-03-23T22:59:59Z", true);
    check("18:00", "24:00", "2026-03-23T23:00:00Z", false);
    check("18:00", "00:00", "2026-03-23T22:59:59Z", true);
    check("18:00", "00:00", "2026-03-23T23:00:00Z", false);
}

#[test]
fn a_break_between_two_periods_is_closed() {
    let schedule = json!({"time_zone": null, "holidays": [], "weekly": {"monday":
        [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}]}});
    let settings = settings(schedule, json!({}));
    for (started_at, open) in
        [("2026-03-23T10:30:00Z", true), ("2026-03-23T11:30:00Z", false), ("2026-03-23T12:30:00Z", true)]
    {
        check_call(&settings, call_at(CallType::Missed, started_at), open);
    }
}

fn every_day(opens: &str, closes: &str, holidays: &Value, zone: &Value) -> Value {
    let period = json!([{"opens": opens, "closes": closes}]);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let weekly: Value = days.iter().map(|day| ((*day).to_owned(), period.clone())).collect();
    json!({"time_zone": zone, "weekly": weekly, "holidays": holidays})
}

#[test]
fn a_holiday_is_closed_from_midnight_to_midnight_and_no_period_opens_on_it() {
    let settings = settings(every_day("20:00", "04:00", &json!(["2026-12-25"]), &json!("UTC")), json!({}));
    for (started_at, open) in [
        ("2026-12-24T23:59:59Z", true),
        ("2026-12-25T00:00:00Z", false),
        ("2026-12-25T21:00:00Z", false),
        ("2026-12-26T03:00:00Z", false),
        ("2026-12-26T20:00:00Z", true),
    ] {
        check_call(&settings, call_at(CallType::Missed, started_at), open);
    }
}

#[test]
fn periods_follow_the_wall_clock_when_clocks_change() {
    // In Vienna 2026-03-29 02:00 becomes 03:00, and 2026-10-25 03:00 becomes 02:00.
    let settings = settings(every_day("09:00", "18:00", &json!([]), &json!("Europe/Vienna")), json!({}));
    for (started_at, open) in [
        ("2026-03-28T07:59:59Z", false),
        ("2026-03-28T08:00:00Z", true),
        ("2026-03-29T06:59:59Z", false),
        ("2026-03-29T07:00:00Z", true),
        ("2026-10-25T07:59:59Z", false),
        ("2026-10-25T08:00:00Z", true),
    ] {
        check_call(&settings, call_at(CallType::Missed, started_at), open);
    }
}

#[test]
fn a_period_during_a_clock_change_is_an_hour_shorter_or_longer() {
    let settings = settings(every_day("01:30", "02:30", &json!([]), &json!("Europe/Vienna")), json!({}));
    for (started_at, open) in [
        ("2026-03-29T00:59:59Z", true),
        ("2026-03-29T01:00:00Z", false),
        ("2026-10-25T00:29:59Z", true),
        ("2026-10-25T00:30:00Z", false),
        ("2026-10-25T01:29:59Z", true),
        ("2026-10-25T01:30:00Z", false),
    ] {
        check_call(&settings, call_at(CallType::Missed, started_at), open);
    }
}

#[test]
fn a_line_s_own_schedule_takes_precedence_over_the_general_one() {
    let general = every_day("00:00", "24:00", &json!([]), &json!(null));
    let own = json!({"397375": {"time_zone": "Europe/Vienna", "weekly": {}, "holidays": []}});
    check_call(&settings(general.clone(), own), call_at(CallType::Missed, "2026-03-23T10:00:00Z"), false);
    let another_line_s = json!({"1": {"time_zone": "Europe/Vienna", "weekly": {}, "holidays": []}});
    check_call(&settings(general, another_line_s), call_at(CallType::Missed, "2026-03-23T10:00:00Z"), true);
}

#[test]
fn a_line_s_own_schedule_applies_without_a_general_one() {
    let own = json!({"397375": every_day("09:00", "18:00", &json!([]), &json!("America/New_York"))});
    let settings = settings(json!(null), own);
    check_call(&settings, call_at(CallType::Missed, "2026-03-23T12:59:59Z"), false);
    check_call(&settings, call_at(CallType::Missed, "2026-03-23T13:00:00Z"), true);
}

#[test]
fn without_a_schedule_aircall_s_signals_decide() {
    let settings = settings(json!(null), json!({}));
    let missed = || call_at(CallType::Missed, "2026-03-23T10:00:00Z");
    check_call(&settings, missed(), true);
    check_call(&settings, Call { missed_call_reason: Some(MissedCallReason::OutOfOpeningHours), ..missed() }, false);
    let mut closed = missed();
    closed.line.open = Some(false);
    check_call(&settings, closed.clone(), false);
    closed.line.open = None;
    check_call(&settings, closed, true);
}

#[test]
fn with_a_schedule_aircall_s_signals_are_ignored() {
    let settings = settings(every_day("00:00", "24:00", &json!([]), &json!(null)), json!({}));
    let mut call = call_at(CallType::Missed, "2026-03-23T10:00:00Z");
    call.line.open = Some(false);
    check_call(&settings, call, true);
}

#[test]
fn log_calls_always_ignores_the_schedule() {
    let mut settings = settings(every_day("00:00", "00:01", &json!([]), &json!(null)), json!({}));
    settings.business_hours.log_calls = LogCalls::Always;
    check_call(&settings, call_at(CallType::Missed, "2026-03-23T10:00:00Z"), true);
}

#[test]
fn an_unknown_time_zone_counts_as_utc() {
    let mut call = call_at(CallType::Missed, "2026-03-23T09:00:00Z");
    call.line.time_zone = Some("Middle/Earth".to_owned());
    let schedule = every_day("09:00", "09:01", &json!([]), &json!(null));
    check_call(&settings(schedule, json!({})), call, true);
}
