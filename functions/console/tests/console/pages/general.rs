//! The General page: business hours, unknown numbers, and the other settings.

use std::time::Instant;

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::support::{chosen, fields};
use crate::fixture::{Fixture, Response, cookie};

/// Submits the page's form with these changes. Each change replaces all fields of its name; `None` clears a checkbox.
async fn edit(f: &Fixture, page: &str, changes: &[(&str, Option<&str>)]) -> Response {
    let mut all = fields(page);
    all.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    all.extend(changes.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned()))));
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    f.post_as(&cookie("one"), "/general", &all).await
}

async fn page(f: &Fixture) -> String {
    f.get("/general").await.text
}

/// Checks that the form was saved.
#[track_caller]
fn check_saved(answer: &Response) {
    let location = answer.headers.get(header::LOCATION).map(|location| location.to_str().unwrap());
    assert_eq!((answer.status, location), (StatusCode::SEE_OTHER, Some("/general")), "{}", answer.text);
    assert!(answer.cookies()[0].starts_with("flash=saved;"), "{:?}", answer.cookies());
}

async fn settings(f: &Fixture) -> Value {
    f.get("/api/settings").await.body
}

#[tokio::test]
async fn every_setting_can_be_changed() {
    let f = Fixture::new().await;
    let answer = edit(
        &f,
        &page(&f).await,
        &[
            ("log_calls", Some("during_business_hours")),
            ("hours_from", Some("own")),
            ("hours.time_zone", Some("Europe/Vienna")),
            ("hours.friday.closes", Some("15:30")),
            ("hours.holiday", Some("2026-12-25")),
            ("unknown_number", Some("create_contact")),
            ("contact_account", Some("named")),
            ("contact_account_id", Some("001000000000001")),
            ("assignment_rules", Some("true")),
            ("internal_calls", Some("do_nothing")),
            ("transferred_call_owner", Some("first")),
            ("aircall_result", Some("true")),
            ("relate_to", Some("case")),
            ("create_case_if_none", Some("true")),
            ("recording_link", None),
            ("log_messages", None),
            ("conversations", Some("true")),
            ("lines", Some("some")),
            ("other_lines", Some("397375, 397376")),
            ("api_usage_limit", Some("80")),
            ("backfill_requests_per_minute", Some("12")),
        ],
    )
    .await;
    check_saved(&answer);
    let day = json!([{"opens": "09:00", "closes": "17:00"}]);
    let week = json!({"monday": day, "tuesday": day, "wednesday": day, "thursday": day,
        "friday": [{"opens": "09:00", "closes": "15:30"}]});
    let mut expected = serde_json::to_value(rules::Settings::default()).unwrap();
    for (key, value) in [
        ("version", json!(1)),
        ("unknown_number", json!("create_contact")),
        ("contact_account", json!("named")),
        ("contact_account_id", json!("001000000000001AAA")),
        ("assignment_rules", json!(true)),
        ("internal_calls", json!("do_nothing")),
        ("transferred_call_owner", json!("first")),
        ("call_result", json!("aircall")),
        ("relate_to", json!("case")),
        ("create_case_if_none", json!(true)),
        ("recording_link", json!(false)),
        ("log_messages", json!(false)),
        ("message_tasks", json!("per_conversation")),
        ("numbers", json!([397_375, 397_376])),
        ("api_usage_limit", json!(80)),
        ("backfill_requests_per_minute", json!(12)),
    ] {
        expected[key] = value;
    }
    expected["business_hours"] = json!({"log_calls": "during_business_hours", "numbers": {},
        "schedule": {"time_zone": "Europe/Vienna", "weekly": week, "holidays": ["2026-12-25"]}});
    assert_eq!(settings(&f).await, expected);
}

#[tokio::test]
async fn saved_settings_survive_an_unchanged_form() {
    let f = Fixture::new().await;
    let mut document = settings(&f).await;
    document["business_hours"] = json!({"log_calls": "during_business_hours",
        "schedule": {"time_zone": "Asia/Tokyo", "holidays": ["2026-01-01", "2026-12-31"], "weekly": {
            "wednesday": [{"opens": "00:00", "closes": "24:00"}],
            "sunday": [{"opens": "08:00", "closes": "12:00"}, {"opens": "22:00", "closes": "06:00"}]}},
        "numbers": {"7": {"time_zone": null, "weekly": {}, "holidays": []}}});
    document["numbers"] = json!([7, 397_375]);
    document["relate_to"] = json!("opportunity");
    document["contact_account"] = json!("by_company");
    document["contact_account_id"] = json!("001000000000001AAA");
    document["assignment_rules"] = json!(true);
    assert_eq!(f.send(Method::PUT, "/api/settings", document.to_string()).await.status, StatusCode::OK);
    let answer = edit(&f, &page(&f).await, &[]).await;
    assert!(answer.cookies()[0].starts_with("flash=unchanged;"), "{} {:?}", answer.text, answer.headers);
    assert_eq!(settings(&f).await["version"], 1);
}

#[tokio::test]
async fn errors_are_shown_at_their_fields_and_the_input_is_kept() {
    let f = Fixture::new().await;
    let answer = edit(
        &f,
        &page(&f).await,
        &[
            ("hours_from", Some("own")),
            ("hours.time_zone", Some("Europe/<b>Wien")),
            ("hours.monday.opens", Some("9")),
            ("hours.tuesday.closes", Some("")),
            ("hours.holiday", Some("Christmas")),
            ("lines", Some("some")),
            ("other_lines", Some("7, sales")),
            ("api_usage_limit", Some("101")),
            ("backfill_requests_per_minute", Some("61")),
        ],
    )
    .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "<a href=\"#hours-time-zone\">Time zone: There is no time zone &#34;Europe/&#60;b&#62;Wien&#34;;",
        "<a href=\"#hours-monday-0\">Monday: &#34;9&#34; is not a time of day;",
        "<a href=\"#hours-tuesday-0\">Tuesday: Enter an opening and a closing time.</a>",
        "<a href=\"#hours-holiday-0\">Holiday: &#34;Christmas&#34; is not a day;",
        "<a href=\"#other_lines\">Lines: “sales” is not a line ID.",
        "<a href=\"#api_usage_limit\">Salesforce API use: enter a whole number from 1 to 100.</a>",
        "<a href=\"#backfill_requests_per_minute\">Aircall API use: enter a whole number from 1 to 60.</a>",
        "id=\"hours-monday-0\" name=\"hours.monday.opens\" value=\"9\"",
        "aria-describedby=\"hours-monday-0-error\"",
        "id=\"hours-time-zone-error\"",
        "value=\"Europe/&#60;b&#62;Wien\"",
        "value=\"7, sales\"",
        "value=\"101\"",
        " data-changed",
    ] {
        assert!(answer.text.contains(text), "{text} is not in {}", answer.text);
    }
    assert!(!answer.text.contains("<b>"));
    assert_eq!(settings(&f).await["version"], 0);
}

#[tokio::test]
async fn validation_errors_are_shown_at_their_fields() {
    let f = Fixture::new().await;
    let shown = page(&f).await;
    let mut all = fields(&shown);
    all.retain(|(name, _)| name != "hours_from" && name != "hours.monday.opens" && name != "hours.monday.closes");
    let monday = ["hours.monday.opens", "hours.monday.closes"];
    for (opens, closes) in [("09:00", "13:00"), ("", ""), ("12:00", "18:00")] {
        all.extend(monday.into_iter().map(ToOwned::to_owned).zip([opens.to_owned(), closes.to_owned()]));
    }
    all.push(("hours_from".to_owned(), "own".to_owned()));
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = f.post_as(&cookie("one"), "/general", &all).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let message = "Monday 12:00–18:00 overlaps Monday 09:00–13:00.";
    assert!(answer.text.contains(&format!("<a href=\"#hours-monday-1\">Monday: {message}</a>")), "{}", answer.text);
    assert!(answer.text.contains(&format!("id=\"hours-monday-1-error\">{message}</p>")), "{}", answer.text);
}

#[tokio::test]
async fn a_missing_choice_is_an_error() {
    let f = Fixture::new().await;
    let answer =
        edit(&f, &page(&f).await, &[("log_calls", None), ("unknown_number", Some("x")), ("relate_to", None)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for id in ["log_calls-always", "unknown_number-create_contact", "relate_to-nothing"] {
        assert!(answer.text.contains(&format!("<a href=\"#{id}\">Choose an option.</a>")), "{id}");
    }
    let changes = [("unknown_number", Some("create_contact")), ("contact_account", None)];
    let no_account = edit(&f, &page(&f).await, &changes).await;
    assert!(no_account.text.contains("<a href=\"#contact_account-none\">Choose an option.</a>"));
    let none = edit(&f, &page(&f).await, &[("lines", Some("some"))]).await;
    assert!(none.text.contains("<a href=\"#lines-all\">Lines: choose at least one, or log all lines.</a>"));
}

#[tokio::test]
async fn the_account_of_new_contacts_is_saved_only_with_contacts() {
    let f = Fixture::new().await;
    let named = [("contact_account", Some("named")), ("contact_account_id", Some("001000000000001AAA"))];
    let with = |unknown: &'static str| [&[("unknown_number", Some(unknown))], &named[..]].concat();
    check_saved(&edit(&f, &page(&f).await, &with("create_lead")).await);
    assert_eq!(settings(&f).await["contact_account"], "none");
    check_saved(&edit(&f, &page(&f).await, &with("create_contact")).await);
    // Another choice keeps the ID for the next time.
    for (unknown, chosen) in [("create_contact", "by_company"), ("create_account", "none")] {
        let changes =
            [("unknown_number", Some(unknown)), ("contact_account", Some(chosen)), ("contact_account_id", Some("x"))];
        check_saved(&edit(&f, &page(&f).await, &changes).await);
        let saved = settings(&f).await;
        assert_eq!(
            (&saved["contact_account"], &saved["contact_account_id"]),
            (&json!("by_company"), &json!("001000000000001AAA"))
        );
    }
    let shown = page(&f).await;
    assert_eq!(chosen(&shown, "contact_account").as_deref(), Some("by_company"));
    assert!(shown.contains("only its owner and administrators see it"), "{shown}");
}

#[tokio::test]
async fn the_account_is_named_by_the_id_of_an_account() {
    let f = Fixture::new().await;
    for id in ["", "Callers", "003000000000001AAA", "001000000000001AAB"] {
        let changes = [
            ("unknown_number", Some("create_contact")),
            ("contact_account", Some("named")),
            ("contact_account_id", Some(id)),
        ];
        let wrong = edit(&f, &page(&f).await, &changes).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let message = "Account: enter the ID of an Account, which begins with 001.";
        for text in [
            format!("<a href=\"#contact_account_id\">{message}</a>"),
            format!("id=\"contact_account_id-error\">{message}</p>"),
            format!("name=\"contact_account_id\" value=\"{id}\""),
        ] {
            assert!(wrong.text.contains(&text), "{text} is not in {}", wrong.text);
        }
    }
    assert_eq!(settings(&f).await["version"], 0);
}

#[tokio::test]
async fn create_case_is_saved_only_with_case() {
    let f = Fixture::new().await;
    let changes = [("relate_to", Some("opportunity")), ("create_case_if_none", Some("true"))];
    check_saved(&edit(&f, &page(&f).await, &changes).await);
    let settings = settings(&f).await;
    assert_eq!((&settings["relate_to"], &settings["create_case_if_none"]), (&json!("opportunity"), &json!(false)));
}

#[tokio::test]
async fn without_scripts_buttons_add_rows_and_save_nothing() {
    let f = Fixture::new().await;
    let shown = page(&f).await;
    let count = |text: &str, name: &str| fields(text).iter().filter(|(field, _)| field == name).count();
    let changes = [("hours_from", Some("own")), ("api_usage_limit", Some("50")), ("add", Some("hours.saturday"))];
    let more = edit(&f, &shown, &changes).await;
    assert_eq!(more.status, StatusCode::OK);
    assert_eq!((count(&shown, "hours.saturday.opens"), count(&more.text, "hours.saturday.opens")), (0, 1));
    assert!(more.text.contains(" data-changed") && more.text.contains("value=\"50\""));
    let holiday = edit(&f, &more.text, &[("add", Some("hours.holiday"))]).await;
    assert_eq!(count(&holiday.text, "hours.holiday"), 1);
    let copied = edit(&f, &holiday.text, &[("hours.monday.opens", Some("07:00")), ("copy", Some("hours"))]).await;
    let opens = |day: &str| fields(&copied.text).into_iter().find(|(name, _)| *name == format!("hours.{day}.opens"));
    assert_eq!(["tuesday", "friday"].map(|day| opens(day).unwrap().1), ["07:00", "07:00"]);
    assert_eq!(settings(&f).await["version"], 0);
    // Empty rows are ignored.
    check_saved(&edit(&f, &copied.text, &[]).await);
    let weekly = &settings(&f).await["business_hours"]["schedule"]["weekly"];
    assert_eq!((&weekly["friday"][0]["opens"], &weekly["saturday"]), (&json!("07:00"), &Value::Null));
}

#[tokio::test]
async fn a_lines_own_hours_can_be_added_and_removed() {
    let f = Fixture::new().await;
    let none = edit(&f, &page(&f).await, &[("add_line", Some("1"))]).await;
    assert!(none.text.contains("<a href=\"#new_line\">"), "{}", none.text);
    let added = edit(&f, &page(&f).await, &[("new_line", Some("7")), ("add_line", Some("1"))]).await;
    check_saved(&edit(&f, &added.text, &[("line-7.friday.closes", Some("13:00"))]).await);
    let friday = &settings(&f).await["business_hours"]["numbers"]["7"]["weekly"]["friday"];
    assert_eq!(*friday, json!([{"opens": "09:00", "closes": "13:00"}]));

    let wrong = edit(&f, &page(&f).await, &[("line-7.friday.closes", Some("09:00"))]).await;
    assert!(wrong.text.contains("<a href=\"#line-7-friday-0\">Friday: It opens and closes at the same minute;"));

    let removed = edit(&f, &page(&f).await, &[("remove_line", Some("7"))]).await;
    check_saved(&edit(&f, &removed.text, &[]).await);
    assert_eq!(settings(&f).await["business_hours"]["numbers"], json!({}));
}

#[tokio::test]
async fn lines_have_the_names_from_their_calls() {
    let f = Fixture::new().await;
    f.missed(7, 0).await;
    let shown = page(&f).await;
    assert!(shown.contains("<option value=\"397375\">Sales</option>"), "{shown}");
    check_saved(&edit(&f, &shown, &[("lines", Some("some")), ("line", Some("397375"))]).await);
    assert_eq!(settings(&f).await["numbers"], json!([397_375]));
    let shown = page(&f).await;
    assert_eq!(chosen(&shown, "line").as_deref(), Some("397375"));
    assert!(shown.contains("name=\"other_lines\" value=\"\""));
}

#[tokio::test]
async fn a_concurrent_change_is_merged_or_a_conflict() {
    let f = Fixture::new().await;
    let shown = page(&f).await;
    let mut theirs = settings(&f).await;
    theirs["log_messages"] = json!(false);
    assert_eq!(f.send(Method::PUT, "/api/settings", theirs.to_string()).await.status, StatusCode::OK);
    let answer = edit(&f, &shown, &[("api_usage_limit", Some("50"))]).await;
    // The changes do not conflict, so both are kept.
    assert!(answer.cookies()[0].starts_with("flash=saved-both;"), "{:?}", answer.cookies());
    let saved = settings(&f).await;
    assert_eq!((&saved["log_messages"], &saved["api_usage_limit"]), (&json!(false), &json!(50)));
    // Submitting the outdated page again changes the same setting, which is a conflict.
    let answer = edit(&f, &shown, &[("api_usage_limit", Some("60"))]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    for text in ["<legend>Salesforce API use</legend>", "value=\"/general\""] {
        assert!(answer.text.contains(text), "{text} is not in {}", answer.text);
    }
    assert!(!answer.text.contains("<legend>Messages</legend>"), "{}", answer.text);
}

/// Forms that are as long as they may be, each of one kind of field.
fn long_forms(length: usize) -> Vec<(&'static str, Vec<(String, String)>)> {
    let repeated = |fields: &dyn Fn(usize) -> Vec<(String, String)>| {
        let (mut all, mut size) = (Vec::new(), 0);
        for n in 0.. {
            let more = fields(n);
            size += more.iter().map(|(name, value)| name.len() + value.len() + 6).sum::<usize>();
            if size > length {
                break;
            }
            all.extend(more);
        }
        all
    };
    let field = |name: &str, value: String| (name.to_owned(), value);
    let at = |n: usize| format!("{:02}:{:02}", n / 60 % 24, n % 60);
    vec![
        ("lines", repeated(&|n| vec![field("line_hours", n.to_string())])),
        ("periods", repeated(&|n| vec![field("hours.monday.opens", at(n)), field("hours.monday.closes", at(n + 9))])),
        ("holidays", repeated(&|n| vec![field("hours.holiday", format!("{}-12-25", 2000 + n % 1000))])),
        ("no holidays", repeated(&|_| vec![field("hours.holiday", "never".to_owned())])),
        ("unknown fields", repeated(&|n| vec![field(&format!("x{n}"), String::new())])),
        ("line IDs", vec![field("lines", "some".to_owned()), field("other_lines", "x,".repeat(length / 4))]),
    ]
}

/// The seconds that the response to a form takes, on a console of its own.
async fn seconds(form: Vec<(String, String)>) -> f64 {
    let f = Fixture::new().await;
    let mut all = fields(&page(&f).await);
    all.retain(|(name, _)| name != "hours_from" && !form.iter().any(|(changed, _)| changed == name));
    all.push(("hours_from".to_owned(), "own".to_owned()));
    all.extend(form);
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let started = Instant::now();
    let answer = f.post_as(&cookie("one"), "/general", &all).await;
    let seconds = started.elapsed().as_secs_f64();
    assert!(answer.text.len() < 4_000_000, "Lambda responds with at most 6 MB, not {}", answer.text.len());
    seconds
}

#[tokio::test]
async fn a_form_costs_in_proportion_to_its_length() {
    for ((kind, short), (_, long)) in long_forms(7_000).into_iter().zip(long_forms(56_000)) {
        let (short, long) = (seconds(short).await, seconds(long).await);
        // Eight times as long; a square would be 64 times as much. Other tests run at the same time.
        assert!(long < 24.0 * short.max(0.05), "{kind}: {short} s and {long} s");
    }
}

#[tokio::test]
async fn a_form_of_more_than_64_kib_or_200_lines_is_refused() {
    let f = Fixture::new().await;
    let padding = "x".repeat(65_536);
    let lines: Vec<String> = (0..201).map(|line| line.to_string()).collect();
    let lines: Vec<(&str, &str)> = lines.iter().map(|line| ("line_hours", line.as_str())).collect();
    let token = f.token("/general").await;
    for form in [vec![("other_lines", padding.as_str())], lines] {
        let answer =
            f.post_as(&cookie("one"), "/general", &[&[("csrf_token", token.as_str())], &form[..]].concat()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.text);
    }
}
