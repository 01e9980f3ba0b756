//! Calls during and outside business hours. Call times are in UTC; Vienna is an hour ahead, two in summer.

use rules::settings::{LogCalls, Settings};
use rules::{
    Call, CallDocument, CallEvent, CallReport, CallType, MissedCallReason, SkipReason, Task, TaskStatus, Topic, Verdict,
};
use serde_json::{Value, json};

use crate::support::{Timestamp, call_at, decide, ended};

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
fn the_line_s_flag_does_not_judge_a_call_that_was_answered_or_is_outbound() {
    let settings = settings(json!(null), json!({}));
    for call_type in [CallType::InboundAnswered, CallType::OutboundAnswered, CallType::OutboundUnanswered] {
        let mut call = call_at(call_type, "2026-03-23T10:00:00Z");
        call.line.open = Some(false);
        check_call(&settings, call, true);
    }
    let mut voicemail = call_at(CallType::Voicemail, "2026-03-23T10:00:00Z");
    voicemail.line.open = Some(false);
    check_call(&settings, voicemail, false);
}

/// Checks whether a missed call is logged whose events, so many seconds after its start, say that the line is closed or
/// open.
#[track_caller]
fn check_flags(flags: &[(CallEvent, i64, bool)], open: bool, reason: &str) {
    let missed = call_at(CallType::Missed, "2026-03-23T10:00:00Z");
    let report = |(event, after, flag): &(CallEvent, i64, bool)| {
        let at = Timestamp::from_second(missed.started_at.as_second() + after).unwrap();
        let mut report = CallReport::new(*event, at, missed.id);
        report.line.open = Some(*flag);
        CallDocument::from(report)
    };
    let mut silent = missed.clone();
    silent.line.open = None;
    let document = flags.iter().map(report).fold(ended(silent), CallDocument::merge);
    let decision = decide(&document, &settings(json!(null), json!({})), None).unwrap();
    assert_eq!(matches!(decision.verdict, Verdict::Log(_)), open);
    let finding = decision.trace.finding(Topic::BusinessHours).unwrap();
    assert!(finding.starts_with(reason), "{finding}");
}

#[test]
fn the_line_s_flag_counts_only_close_to_the_start() {
    let unknown = "Aircall does not say whether the line was open";
    let [was_open, was_closed] = ["open", "closed"].map(|word| format!("Aircall says that the line was {word} when"));
    check_flags(&[], true, unknown);
    for event in [CallEvent::Created, CallEvent::RingingOnAgent] {
        check_flags(&[(event, 0, false)], false, &was_closed);
        check_flags(&[(event, 300, false)], false, &was_closed);
    }
    check_flags(&[(CallEvent::Hungup, 60, false)], false, &was_closed);
    check_flags(&[(CallEvent::Hungup, 61, false)], true, unknown);
    check_flags(&[(CallEvent::Archived, 9_000, false)], true, unknown);
    check_flags(&[(CallEvent::Hungup, 20, true), (CallEvent::Ended, 45, false)], true, &was_open);
    check_flags(
        &[(CallEvent::IvrOptionSelected, 90, true), (CallEvent::RingingOnAgent, 95, false)],
        false,
        &was_closed,
    );
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
fn a_time_zone_has_its_name_in_the_iana_database_or_in_rails_and_an_unknown_one_is_said_to_be_unknown() {
    let check = |name: Option<&str>, time: &str, expected: &str| {
        let mut call = call_at(CallType::Missed, time);
        call.line.time_zone = name.map(str::to_owned);
        let settings = settings(every_day("09:00", "09:01", &json!([]), &json!(null)), json!({}));
        let description = Task::from_call(&call, TaskStatus::Completed, &settings, "").description;
        let decision = decide(&ended(call), &settings, None).unwrap();
        let finding = decision.trace.finding(Topic::BusinessHours).unwrap();
        assert_eq!(
            finding,
            format!("The call started Monday 2026-03-23 09:00 ({expected}): open 09:00–09:01 by the general schedule.")
        );
        match expected.split_once(", ") {
            Some(_) => assert!(description.contains(&format!("\nTime zone: {expected}\n")), "{description}"),
            None => assert!(!description.contains("Time zone"), "{description}"),
        }
    };
    check(Some("Europe/Vienna"), "2026-03-23T08:00:00Z", "Europe/Vienna");
    check(Some("Amsterdam"), "2026-03-23T08:00:00Z", "Europe/Amsterdam");
    check(Some("Pacific Time (US & Canada)"), "2026-03-23T16:00:00Z", "America/Los_Angeles");
    check(Some("UTC"), "2026-03-23T09:00:00Z", "UTC");
    check(
        Some("Middle\n/Earth"),
        "2026-03-23T09:00:00Z",
        "UTC, as Aircall's time zone of the line is unknown: Middle /Earth",
    );
    check(None, "2026-03-23T09:00:00Z", "UTC, as Aircall names no time zone of the line");
}
