//! Which settings documents are valid, and the problems of the others.

use serde_json::{Value, json};

use super::*;

fn document() -> Value {
    json!({
        "version": 3,
        "call_workflow": {"outbound_answered": "completed", "outbound_unanswered": "completed",
            "inbound_answered": "completed", "missed": "in_progress", "voicemail": "in_progress"},
        "business_hours": {"log_calls": "always",
            "schedule": {"time_zone": null, "weekly": {"monday": [{"opens": "09:00", "closes": "18:00"}]},
                "holidays": ["2026-12-25"]},
            "numbers": {"397375": {"time_zone": "Europe/Vienna", "weekly": {}, "holidays": []}}},
        "unknown_number": "create_lead", "contact_account": "by_company",
        "contact_account_id": "001Vr00000m4eGCIAY", "assignment_rules": true, "internal_calls": "do_nothing", "transferred_call_owner": "first",
        "call_result": "aircall", "relate_to": "case", "create_case_if_none": true,
        "recording_link": true, "log_messages": true, "message_tasks": "per_conversation", "numbers": null,
        "api_usage_limit": 80, "backfill_requests_per_minute": 12
    })
}

/// Checks the single problem of the document with `value` at `pointer`.
#[track_caller]
fn check(pointer: &str, value: Value, path: &str, message: &str) {
    let mut document = document();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[key] = value;
    let problems = Settings::parse(&document).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].path.as_str(), problems[0].message.as_str()), (path, message));
}

#[test]
fn a_document_round_trips() {
    let settings = Settings::parse(&document()).unwrap();
    assert_eq!(serde_json::to_value(&settings).unwrap(), document());
}

#[test]
fn the_defaults_are_valid() {
    let defaults = Settings::default();
    assert_eq!(Settings::parse(&serde_json::to_value(&defaults).unwrap()), Ok(defaults));
}

#[test]
fn an_unknown_key_is_named() {
    check(
        "/business_hours/schdule",
        json!(null),
        "business_hours.schdule",
        "`schdule` is not a setting; expected one of `log_calls`, `schedule`, `numbers`",
    );
}

#[test]
fn a_missing_key_is_named() {
    let mut document = document();
    document.as_object_mut().unwrap().remove("unknown_number");
    let problems = Settings::parse(&document).unwrap_err();
    assert_eq!(problems[0].to_string(), "unknown_number: `unknown_number` is missing");
}

#[test]
fn a_nullable_key_is_required() {
    for (parent, key) in [("", "numbers"), ("/business_hours", "schedule"), ("/business_hours", "numbers")] {
        let mut document = document();
        document.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        assert!(Settings::parse(&document).unwrap_err()[0].message.starts_with(&format!("`{key}` is missing")));
    }
}

#[test]
fn line_ids_are_canonical_and_unique() {
    check("/numbers", json!(["397375"]), "numbers[0]", "invalid type: string \"397375\", expected u64");
    check("/numbers", json!([7, 8, 7]), "numbers", "the line 7 is listed twice");
    for key in ["+7", "07", "", "7.0", "-7"] {
        let mut document = document();
        document["business_hours"]["numbers"] = json!({ key: {} });
        assert!(Settings::parse(&document).is_err(), "{key:?}");
    }
}

#[test]
fn malformed_times_and_dates_are_rejected() {
    for times in [["+9:00", "18:00"], ["09:00", "1:800"], ["09:00", "24:01"], ["09:60", "18:00"], ["", "18:00"]] {
        let mut document = document();
        document["business_hours"]["schedule"]["weekly"]["monday"] = json!([{"opens": times[0], "closes": times[1]}]);
        assert!(Settings::parse(&document).is_err(), "{times:?}");
    }
    for day in ["2026-12-25T10:00:00", "2026-02-30", "25.12.2026", "2026-12-25[Europe/Vienna]"] {
        let mut document = document();
        document["business_hours"]["schedule"]["holidays"] = json!([day]);
        assert!(Settings::parse(&document).is_err(), "{day}");
    }
    assert!(Settings::parse(&json!([3])).is_err());
}

#[test]
fn an_unknown_value_is_named() {
    check(
        "/call_workflow/missed",
        json!("later"),
        "call_workflow.missed",
        "unknown variant `later`, expected one of `completed`, `in_progress`, `do_nothing`",
    );
}

#[test]
fn an_unknown_time_zone_is_rejected() {
    check(
        "/business_hours/numbers/397375/time_zone",
        json!("Europe/Wien"),
        "business_hours.numbers.397375.time_zone",
        "there is no time zone \"Europe/Wien\"; use a name of the IANA database such as \"Europe/Vienna\"",
    );
}

#[test]
fn a_time_of_day_needs_two_digits_each() {
    check(
        "/business_hours/schedule/weekly/monday",
        json!([{"opens": "9:00", "closes": "18:00"}]),
        "business_hours.schedule.weekly.monday[0].opens",
        "\"9:00\" is not a time of day; write it as \"09:00\", at most \"24:00\"",
    );
}

#[test]
fn overlapping_periods_are_rejected() {
    check(
        "/business_hours/schedule/weekly/monday",
        json!([{"opens": "09:00", "closes": "13:00"}, {"opens": "12:59", "closes": "18:00"}]),
        "business_hours.schedule.weekly.monday[1]",
        "Monday 12:59–18:00 overlaps Monday 09:00–13:00",
    );
}

#[test]
fn more_than_200_lines_with_hours_are_rejected() {
    let lines = |count: usize| -> serde_json::Map<_, _> { (0..count).map(|id| (id.to_string(), json!({}))).collect() };
    let mut document = document();
    document["business_hours"]["numbers"] = json!(lines(200));
    Settings::parse(&document).unwrap();
    let message = "at most 200 lines can have hours of their own";
    check("/business_hours/numbers", json!(lines(201)), "business_hours.numbers", message);
}

#[test]
fn adjacent_periods_are_valid() {
    let mut document = document();
    document["business_hours"]["schedule"]["weekly"]["monday"] =
        json!([{"opens": "09:00", "closes": "13:00"}, {"opens": "13:00", "closes": "18:00"}]);
    Settings::parse(&document).unwrap();
}

#[test]
fn a_period_of_sunday_night_that_overlaps_monday_is_rejected() {
    check(
        "/business_hours/schedule/weekly/sunday",
        json!([{"opens": "22:00", "closes": "09:01"}]),
        "business_hours.schedule.weekly.monday[0]",
        "Monday 09:00–18:00 overlaps Sunday 22:00–09:01",
    );
}

#[test]
fn an_empty_period_is_rejected() {
    check(
        "/business_hours/schedule/weekly/monday",
        json!([{"opens": "09:00", "closes": "09:00"}]),
        "business_hours.schedule.weekly.monday[0]",
        "it opens and closes at the same minute; for a whole day write 00:00 to 24:00",
    );
}

#[test]
fn creating_cases_requires_relating_to_cases() {
    check(
        "/relate_to",
        json!("opportunity"),
        "create_case_if_none",
        "a Case can only be created when relate_to is \"case\"",
    );
}

#[test]
fn the_api_usage_limit_is_a_whole_percentage_from_1_to_100() {
    let expected = "expected a whole number of per cent from 1 to 100";
    for (value, problem) in [
        (json!(0), "invalid value: integer `0`"),
        (json!(101), "invalid value: integer `101`"),
        (json!(357), "invalid value: integer `357`"),
        (json!(-5), "invalid type: integer `-5`"),
        (json!(95.5), "invalid type: floating point `95.5`"),
        (json!("95"), "invalid type: string \"95\""),
        (json!(null), "invalid type: null"),
    ] {
        check("/api_usage_limit", value, "api_usage_limit", &format!("{problem}, {expected}"));
    }
    for limit in [1, 100] {
        let mut document = document();
        document["api_usage_limit"] = json!(limit);
        assert_eq!(Settings::parse(&document).unwrap().api_usage_limit, limit);
    }
}

#[test]
fn a_document_without_message_tasks_logs_one_task_per_message() {
    let mut document = document();
    document.as_object_mut().unwrap().remove("message_tasks");
    assert_eq!(Settings::parse(&document).unwrap().message_tasks, MessageTasks::PerMessage);
    let message = "unknown variant `per_day`, expected `per_message` or `per_conversation`";
    check("/message_tasks", json!("per_day"), "message_tasks", message);
}

#[test]
fn the_account_of_new_contacts_is_checked() {
    let mut document = document();
    for key in ["contact_account", "contact_account_id", "assignment_rules"] {
        document.as_object_mut().unwrap().remove(key);
    }
    let settings = Settings::parse(&document).unwrap();
    assert_eq!((settings.contact_account, settings.contact_account_id), (ContactAccount::None, None));
    assert!(!settings.assignment_rules);
    document["contact_account"] = json!("named");
    document.as_object_mut().unwrap().remove("contact_account_id");
    let problem = |document: &Value| Settings::parse(document).unwrap_err()[0].to_string();
    let required = "contact_account_id: the id of an Account is required where contact_account is \"named\"";
    assert_eq!(problem(&document), required);
    document["contact_account_id"] = json!("003Vr00000m4eGCIAY");
    assert!(problem(&document).starts_with("contact_account_id: this is not the id of an Account"));
    document["contact_account_id"] = json!("no id");
    assert!(problem(&document).starts_with("contact_account_id: "));
    document["contact_account_id"] = json!("001Vr00000m4eGC");
    assert_eq!(Settings::parse(&document).unwrap().contact_account, ContactAccount::Named);
}

#[test]
fn a_document_without_internal_calls_logs_them_where_a_record_exists() {
    let mut document = document();
    document.as_object_mut().unwrap().remove("internal_calls");
    assert_eq!(Settings::parse(&document).unwrap().internal_calls, InternalCalls::Log);
    let message = "unknown variant `create_contact`, expected `log` or `do_nothing`";
    check("/internal_calls", json!("create_contact"), "internal_calls", message);
}

#[test]
fn the_backfill_requests_per_minute_are_a_whole_number_from_1_to_60() {
    for value in [json!(0), json!(61), json!(-1), json!(30.5), json!("30"), json!(null)] {
        let mut document = document();
        document["backfill_requests_per_minute"] = value.clone();
        let problems = Settings::parse(&document).unwrap_err();
        assert_eq!(problems[0].path, "backfill_requests_per_minute", "{value}");
        assert!(problems[0].message.ends_with("expected a whole number of requests from 1 to 60"), "{problems:?}");
    }
    for requests in [1, 60] {
        let mut document = document();
        document["backfill_requests_per_minute"] = json!(requests);
        assert_eq!(Settings::parse(&document).unwrap().backfill_requests_per_minute, requests);
    }
    let mut former = document();
    former.as_object_mut().unwrap().remove("backfill_requests_per_minute");
    assert_eq!(Settings::parse(&former).unwrap().backfill_requests_per_minute, 30);
    former["backfill_requests_per_minute"] = json!(120);
    assert_eq!(Settings::from_stored(former).unwrap().backfill_requests_per_minute, 30);
}
