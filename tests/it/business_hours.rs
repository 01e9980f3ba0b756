//! Business hours, from the settings to the Task: the start of the call decides.
//!
//! The calls of these tests started in March 2026, long before they are processed.

use local::demo::bodies::{CallBody, Line};
use serde_json::{Value, json};

use crate::support::{TestEnv, at};

/// Checks missed calls that started at these instants, each with whether it is logged.
async fn check(hours: Value, line: &Line, expected: &[(&str, bool)]) {
    let calls = expected.iter().zip(1..);
    let calls = calls.map(|((start, logged), id)| (CallBody::inbound(id).on(line).at(at(start)), *logged));
    check_calls(hours, calls.collect()).await;
}

async fn check_calls(hours: Value, calls: Vec<(CallBody, bool)>) {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let mut business_hours = json!({"log_calls": "during_business_hours", "schedule": null, "numbers": {}});
    business_hours.as_object_mut().unwrap().extend(hours.as_object().unwrap().clone());
    env.put_settings(json!({"business_hours": business_hours})).await;
    env.end(calls.iter().map(|(call, _)| call)).await;
    for (call, logged) in calls {
        let entry = env.activity(&call.key()).await;
        let finding = env.finding(&call.key(), "business_hours").await;
        assert_eq!(entry["state"], if logged { "logged" } else { "skipped" }, "{}: {finding}", call.started_at());
        assert_eq!(env.is_logged(&call), logged, "{}: {finding}", call.started_at());
        assert_eq!(finding.ends_with("Only calls during business hours are logged: not logged."), !logged, "{finding}");
    }
}

fn schedule(weekly: Value) -> Value {
    json!({"schedule": {"time_zone": null, "weekly": weekly, "holidays": []}})
}

#[tokio::test]
async fn the_minute_of_opening_is_open_and_the_minute_of_closing_is_closed() {
    // Monday, in Paris, an hour ahead of UTC.
    check(
        schedule(json!({"monday": [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:30", "closes": "18:00"}]})),
        &Line::default(),
        &[
            ("2026-03-02T07:59:59Z", false),
            ("2026-03-02T08:00:00Z", true),
            ("2026-03-02T10:59:59Z", true),
            ("2026-03-02T11:00:00Z", false),
            ("2026-03-02T12:30:00Z", true),
            ("2026-03-02T16:59:59Z", true),
            ("2026-03-02T17:00:00Z", false),
            ("2026-03-03T09:00:00Z", false),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_period_may_run_over_midnight() {
    check(
        schedule(json!({"monday": [{"opens": "22:00", "closes": "02:00"}]})),
        &Line::default(),
        &[
            ("2026-03-02T00:30:00Z", false),
            ("2026-03-02T21:00:00Z", true),
            ("2026-03-03T00:59:59Z", true),
            ("2026-03-03T01:00:00Z", false),
            ("2026-03-03T21:30:00Z", false),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_holiday_is_closed_all_day_long() {
    check(
        json!({"schedule": {"time_zone": null, "weekly": {"monday": [{"opens": "00:00", "closes": "24:00"}]}, "holidays": ["2026-03-09"]}}),
        &Line::default(),
        &[
            ("2026-03-02T11:00:00Z", true),
            ("2026-03-08T23:30:00Z", false),
            ("2026-03-09T11:00:00Z", false),
            ("2026-03-16T11:00:00Z", true),
        ],
    )
    .await;
}

#[tokio::test]
async fn opening_hours_follow_the_lines_time_zone_through_a_change_to_summer_time() {
    let los_angeles = Line::new(7, "Sales line", "+1 415-555-0100", "US", "America/Los_Angeles");
    // Clocks went forward on Sunday 2026-03-08: 09:00 was 17:00 UTC before, and 16:00 UTC after.
    let weekly =
        json!({"friday": [{"opens": "09:00", "closes": "17:00"}], "monday": [{"opens": "09:00", "closes": "17:00"}]});
    check(
        schedule(weekly),
        &los_angeles,
        &[
            ("2026-03-06T16:30:00Z", false),
            ("2026-03-06T17:00:00Z", true),
            ("2026-03-09T15:59:59Z", false),
            ("2026-03-09T16:00:00Z", true),
            ("2026-03-10T00:00:00Z", false),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_schedule_of_a_line_overrides_the_general_one() {
    let (own, empty, other) = (
        Line::new(397_375, "Night line", "+43 1 999 00 01", "AT", "Europe/Vienna"),
        Line::new(397_376, "Closed line", "+43 1 999 00 02", "AT", "Europe/Vienna"),
        Line::new(397_377, "Day line", "+43 1 999 00 03", "AT", "Europe/Vienna"),
    );
    let night = json!({"time_zone": "Europe/Vienna", "weekly": {"monday": [{"opens": "18:00", "closes": "22:00"}]}, "holidays": []});
    let never = json!({"time_zone": null, "weekly": {}, "holidays": []});
    let mut hours = schedule(json!({"monday": [{"opens": "09:00", "closes": "18:00"}]}));
    hours["numbers"] = json!({"397375": night, "397376": never});
    let (day, evening) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T18:00:00Z"));
    check_calls(
        hours,
        vec![
            (CallBody::inbound(1).on(&own).at(day), false),
            (CallBody::inbound(2).on(&own).at(evening), true),
            (CallBody::inbound(3).on(&empty).at(day), false),
            (CallBody::inbound(4).on(&empty).at(evening), false),
            (CallBody::inbound(5).on(&other).at(day), true),
            (CallBody::inbound(6).on(&other).at(evening), false),
        ],
    )
    .await;
}

#[tokio::test]
async fn without_a_schedule_aircalls_own_signals_decide() {
    let open = Line::default();
    check_calls(
        json!({}),
        vec![
            (CallBody::inbound(1).on(&open), true),
            (CallBody::inbound(2).on(&open.closed()), false),
            (CallBody::inbound(3).on(&open).missed_because(Some("out_of_opening_hours")), false),
            (CallBody::inbound(4).on(&open).missed_because(Some("no_available_agent")), true),
            (CallBody::outbound(5).on(&open.closed()).answered_after(3), true),
            (CallBody::inbound(6).on(&open).missed_because(None), true),
            (CallBody::inbound(7).on(&open.closed()).answered_after(3), true),
        ],
    )
    .await;
}

#[tokio::test]
async fn calls_outside_business_hours_are_logged_if_all_calls_are() {
    let schedule = json!({"time_zone": null, "weekly": {}, "holidays": []});
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env.put_settings(json!({"business_hours": {"log_calls": "always", "schedule": schedule, "numbers": {}}})).await;
    let call = CallBody::inbound(1).on(&Line::default().closed());
    env.end([&call]).await;
    assert!(env.is_logged(&call));
}
