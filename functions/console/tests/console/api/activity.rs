//! The activity API: lists, searches, daily counts and retries.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use rules::Trace;
use serde_json::{Value, json};
use store::{ConnectionState, Outcome, Problem, Tenant};

use crate::fixture::{Fixture, START, at, cookie};

fn keys(body: &Value) -> Vec<&str> {
    body["entries"].as_array().unwrap().iter().map(|entry| entry["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn entries_are_sorted_latest_first_and_paginated_by_cursor() {
    let f = Fixture::new().await;
    for (id, after) in [(1, 0), (2, 20), (3, 10)] {
        f.missed(id, after).await;
    }
    let first = f.get("/api/activity?limit=2").await.body;
    assert_eq!(keys(&first), ["call-2", "call-3"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = f.get(&format!("/api/activity?limit=2&cursor={cursor}")).await.body;
    assert_eq!((keys(&second), &second["next_cursor"]), (vec!["call-1"], &Value::Null));
}

#[tokio::test]
async fn a_page_has_25_entries_by_default() {
    let f = Fixture::new().await;
    for id in 0..26 {
        f.missed(id, 0).await;
    }
    for path in ["/api/activity", "/api/activity?limit=&cursor="] {
        assert_eq!(keys(&f.get(path).await.body).len(), 25, "{path}");
    }
    assert_eq!(keys(&f.get("/api/activity?limit=100").await.body).len(), 26);
}

#[tokio::test]
async fn an_invalid_parameter_is_named() {
    let f = Fixture::new().await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=%2B5", "limit"),
        ("limit=5&limit=6", "limit"),
        ("limit=5+", "limit"),
        ("outcom=failed", "outcom"),
        ("cursor=x", "cursor"),
        ("limit=5&cursor=e30", "cursor"),
        ("outcome=lost", "outcome"),
        ("type=sms", "type"),
        ("line=Sales", "line"),
        ("from=23.3.2026", "from"),
        ("from=2026-03-24&until=2026-03-23", "until"),
        ("search=Ada", "search"),
        ("from=2026-03-23&time_zone=Vienna", "time_zone"),
    ] {
        let answer = f.get(&format!("/api/activity?{query}")).await;
        answer.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
        assert_eq!(answer.body["error"]["parameter"], json!(name), "{query}");
    }
}

/// A call that Salesforce refused.
async fn failed(f: &Fixture) {
    f.missed(7, 0).await;
    let entry = f.calls.get(&f.tenant, "call-7").await.unwrap().unwrap();
    let problem = Problem {
        code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
        message: "No calls on Mondays.".to_owned(),
        since: Timestamp::now(),
        shared_failures: 0,
    };
    let outcome = Outcome::Failed { problem, trace: Trace::new() };
    f.calls.record_outcome(&f.tenant, &entry, &outcome, Timestamp::now()).await.unwrap();
}

#[tokio::test]
async fn a_failed_entry_is_retried_once_and_only_by_its_own_tenant() {
    let f = Fixture::new().await;
    failed(&f).await;
    let path = "/api/activity/call-7/retry";
    let other = f.send_as(&cookie("two"), Method::POST, path, "").await;
    other.check_error(StatusCode::NOT_FOUND, "not_found");
    f.send_as("", Method::POST, path, "").await.check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
    assert_eq!(f.woken().await.len(), 0);

    let retried = f.send_as(&cookie("one"), Method::POST, path, "").await;
    assert_eq!((retried.status, &retried.body["state"]), (StatusCode::OK, &json!("pending")));
    let woken = f.woken().await;
    assert_eq!((woken.len(), &woken[0]["MessageGroupId"]), (1, &json!("one")));

    let again = f.send_as(&cookie("one"), Method::POST, path, "").await;
    again.check_error(StatusCode::CONFLICT, "not_failed");
}

#[tokio::test]
async fn an_entry_that_waits_for_a_connection_says_so() {
    let f = Fixture::new().await;
    f.missed(7, 0).await;
    let reason = async || f.get("/api/activity/call-7").await.body["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason().await, "Waiting to be written to Salesforce.");
    let since = at(0);
    let tenant = Tenant {
        state: ConnectionState::ReconnectNeeded { reason: "The grant is dead.".to_owned(), since, try_at: since },
        ..Tenant::new(f.tenant.clone())
    };
    f.tenants.put(&tenant).await.unwrap();
    assert_eq!(reason().await, "Waiting until Salesforce is connected again: The grant is dead.");
}

#[tokio::test]
async fn filters_find_exactly_the_matching_entries() {
    let f = Fixture::new().await;
    // 09:30 and 23:50 in Vienna; the latter is the next day in Auckland.
    let (morning, night) = (START, START + 51_600);
    let failed = f.merge_call(1, morning, json!({})).await;
    f.mark_failed(&failed, "No.").await;
    let logged = f.merge_call(2, night, json!({"direction": "outbound", "answered_at": night + 5})).await;
    f.mark_logged(&logged, "Test Contact").await;
    f.merge_call(3, night + 60, json!({"party": "anonymous"})).await;
    let london =
        json!({"id": 8, "name": "London", "digits": "+44 20 7946 0000", "time_zone": "Europe/London", "open": true});
    f.merge_call(4, night + 120, json!({"number": london, "party": {"number": "+442079460958"}})).await;
    for (query, expected) in [
        ("", &["call-4", "call-3", "call-2", "call-1"][..]),
        ("outcome=failed", &["call-1"]),
        ("outcome=waiting", &["call-4"]),
        ("outcome=skipped", &["call-3"]),
        ("outcome=logged&type=outbound_answered", &["call-2"]),
        ("outcome=logged&type=missed", &[]),
        ("type=missed&line=397375", &["call-3", "call-1"]),
        ("line=9", &[]),
        ("until=2026-03-22", &[]),
        ("from=2026-03-23&until=2026-03-23&time_zone=Europe/Vienna", &["call-4", "call-3", "call-2", "call-1"]),
        ("from=2026-03-24&time_zone=Pacific/Auckland", &["call-4", "call-3", "call-2"]),
        ("from=2026-03-23&until=2026-03-23&line=8", &["call-4"]),
        ("search=%2B43+664+123+4567", &["call-2", "call-1"]),
        ("search=0664/1234567", &["call-2", "call-1"]),
        ("search=0664/1234567&outcome=failed", &["call-1"]),
        ("search=020+7946+0958", &["call-4"]),
        ("search=00442079460958", &["call-4"]),
        ("search=%2B43+664+123+4568", &[]),
        ("search=call-3", &["call-3"]),
        ("search=3", &["call-3"]),
        ("search=call-9", &[]),
        ("search=999", &[]),
    ] {
        assert_eq!(keys(&f.get(&format!("/api/activity?{query}")).await.body), expected, "{query}");
    }
}

#[tokio::test]
async fn a_search_is_paginated_by_cursor() {
    let f = Fixture::new().await;
    for id in 1..=5 {
        f.merge_call(id, START + i64::try_from(id).unwrap(), json!({})).await;
    }
    let query = "/api/activity?search=0664+1234567&limit=2";
    let first = f.get(query).await.body;
    let second = f.get(&format!("{query}&cursor={}", first["next_cursor"].as_str().unwrap())).await.body;
    assert_eq!((keys(&first), keys(&second)), (vec!["call-5", "call-4"], vec!["call-3", "call-2"]));
}

#[tokio::test]
async fn days_are_counted_in_the_requested_time_zone() {
    let f = Fixture::new().await;
    let failed = f.merge_call(1, START, json!({})).await;
    f.mark_failed(&failed, "No.").await;
    f.merge_call(2, START + 51_600, json!({"party": "anonymous"})).await;
    f.merge_call(3, START + 51_600, json!({})).await;
    let days = f.get("/api/activity/days?from=2026-03-22&until=2026-03-23").await.body;
    let day = |date, logged, skipped, failed, waiting| json!({"date": date, "logged": logged, "skipped": skipped, "failed": failed, "waiting": waiting});
    assert_eq!(
        days,
        json!({"time_zone": "Europe/Vienna", "is_complete": true,
            "days": [day("2026-03-22", 0, 0, 0, 0), day("2026-03-23", 0, 1, 1, 1)]})
    );
    let days = f.get("/api/activity/days?from=2026-03-24&until=2026-03-24&time_zone=Pacific/Auckland").await.body;
    assert_eq!(days["days"], json!([day("2026-03-24", 0, 1, 0, 1)]));
    let days = f.get("/api/activity/days").await.body;
    assert_eq!(days["days"].as_array().unwrap().len(), 14);
    let wrong = f.get("/api/activity/days?from=x").await;
    wrong.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
}

#[tokio::test]
async fn days_refuse_parameters_that_they_do_not_use() {
    let f = Fixture::new().await;
    for (query, name) in [("limit=5", "limit"), ("cursor=e30", "cursor"), ("outcome=failed", "outcome")] {
        let answer = f.get(&format!("/api/activity/days?{query}")).await;
        answer.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
        assert_eq!(answer.body["error"]["parameter"], json!(name), "{query}");
    }
}

#[tokio::test]
async fn all_failed_entries_are_retried_with_one_wake_up_and_only_by_their_own_tenant() {
    let f = Fixture::new().await;
    for id in 1..=45 {
        let entry = f.merge_call(id, START, json!({})).await;
        if id > 3 {
            f.mark_failed(&entry, "No.").await;
        }
    }
    let path = "/api/activity/retry-failed";
    let other = f.send_as(&cookie("two"), Method::POST, path, "").await;
    assert_eq!(other.body, json!({"retried": 0, "more": false}));
    assert_eq!(f.woken().await.len(), 0);
    assert_eq!(f.send(Method::POST, path, "").await.body, json!({"retried": 42, "more": false}));
    let woken = f.woken().await;
    assert_eq!((woken.len(), &woken[0]["MessageGroupId"]), (1, &json!("one")));
    assert_eq!(keys(&f.get("/api/activity?outcome=waiting&limit=100").await.body).len(), 45);
    assert_eq!(f.send(Method::POST, path, "").await.body, json!({"retried": 0, "more": false}));
}
