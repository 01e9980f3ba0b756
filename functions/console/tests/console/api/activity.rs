//! The pages of the activity log.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use rules::Trace;
use serde_json::{Value, json};
use store::{ConnectionState, Outcome, Problem, Tenant};

use crate::fixture::{Fixture, at, cookie};

fn keys(body: &Value) -> Vec<&str> {
    body["entries"].as_array().unwrap().iter().map(|entry| entry["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_latest_call_comes_first_and_pages_follow_their_cursor() {
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
async fn a_page_has_25_entries_when_nobody_says_how_many() {
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
async fn a_bad_parameter_is_named() {
    let f = Fixture::new().await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("cursor=x", "cursor"),
        ("limit=5&cursor=e30", "cursor"),
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
        spoiled: 0,
    };
    let outcome = Outcome::Failed { problem, trace: Trace::new() };
    f.calls.settle(&f.tenant, &entry, &outcome, Timestamp::now()).await.unwrap();
}

#[tokio::test]
async fn what_failed_is_retried_once_and_by_its_own_tenant_only() {
    let f = Fixture::new().await;
    failed(&f).await;
    let path = "/api/activity/call-7/retry";
    let other = f.send_as(&cookie("two"), Method::POST, path, "").await;
    other.check_error(StatusCode::NOT_FOUND, "not_found");
    f.send_as("", Method::POST, path, "").await.check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
    assert_eq!(f.rung().await.len(), 0);

    let retried = f.send_as(&cookie("one"), Method::POST, path, "").await;
    assert_eq!((retried.status, &retried.body["state"]), (StatusCode::OK, &json!("pending")));
    let rung = f.rung().await;
    assert_eq!((rung.len(), &rung[0]["MessageGroupId"]), (1, &json!("one")));

    let again = f.send_as(&cookie("one"), Method::POST, path, "").await;
    again.check_error(StatusCode::CONFLICT, "not_failed");
}

#[tokio::test]
async fn what_waits_for_a_connection_says_so() {
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
