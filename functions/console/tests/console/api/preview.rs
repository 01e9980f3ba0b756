//! The preview API.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use store::{ConnectionState, Tenant};

use crate::fixture::{Fixture, Response, START, at, cookie};

async fn preview(f: &Fixture, request: Value) -> Response {
    f.send(Method::POST, "/api/preview", request.to_string()).await
}

fn call() -> Value {
    json!({"call_type": "inbound_answered", "line": 397_375, "started_at_local": "2026-03-23T09:30",
        "external_number": "+436641234567", "user_email": "nobody@example.com"})
}

#[tokio::test]
async fn it_shows_what_would_be_written_and_writes_nothing() {
    let f = Fixture::new().await;
    f.connect().await;
    let org = &f.vendors.salesforce;
    let id = org
        .insert("Lead", json!({"LastName": "Example", "Company": "Example Ltd", "MobilePhone": "+436641234567"}))
        .unwrap();
    f.merge_call(7, START, json!({})).await;
    let answer = preview(&f, json!({ "call": call() })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let mut body = answer.body;
    let task = body["task"].take();
    let trace = body["trace"].take();
    assert_eq!(
        body,
        json!({"would_log": true, "status": "completed", "skip_reason": null, "reason": null,
            "call_type": "inbound_answered", "trace": null, "salesforce_left_out": null, "task": null, "task_id": null,
            "records": [{"kind": "Lead", "id": id, "name": "Example", "fields": []}]})
    );
    assert_eq!((&task["WhoId"], &task["Status"]), (&json!(id), &json!("Completed")));
    assert_eq!(task["OwnerId"], json!(org.admin_user_id()));
    assert_eq!(task["CallDurationInSeconds"], 60);
    let about: Vec<_> = trace.as_array().unwrap().iter().map(|step| step["about"].as_str().unwrap()).collect();
    let expected =
        ["call_type", "number", "call_workflow", "business_hours", "phone_number", "record", "phone_number", "owner"];
    assert_eq!(about, expected);
    assert_eq!(org.records("Task").len(), 0);
}

#[tokio::test]
async fn an_entry_can_be_previewed_under_other_settings() {
    let f = Fixture::new().await;
    f.connect().await;
    f.merge_call(7, START, json!({})).await;
    let unknown = preview(&f, json!({"key": "call-7"})).await.body;
    assert_eq!((&unknown["would_log"], &unknown["skip_reason"]), (&json!(false), &json!("unknown_number")));
    let mut settings = f.get("/api/settings").await.body;
    settings["unknown_number"] = json!("create_lead");
    let answer = preview(&f, json!({"key": "call-7", "settings": settings})).await.body;
    assert_eq!((&answer["would_log"], &answer["records"][0]["id"]), (&json!(true), &Value::Null));
    assert_eq!(answer["records"][0]["kind"], "Lead");
    assert_eq!(answer["task"]["WhoId"], Value::Null);
    assert_eq!(f.vendors.salesforce.records("Lead").len(), 0);
}

#[tokio::test]
async fn it_says_why_salesforce_was_not_searched() {
    let f = Fixture::new().await;
    let left_out = async || preview(&f, json!({ "call": call() })).await.body["salesforce_left_out"].clone();
    assert_eq!(left_out().await, "Salesforce is not connected.");
    f.connect().await;
    let connected = f.tenants.get(&f.tenant).await.unwrap().unwrap();
    let (since, until) = (at(START), jiff::Timestamp::now() + jiff::SignedDuration::from_mins(9));
    let state = ConnectionState::Paused { since, until, reason: "The org is busy.".to_owned() };
    f.tenants.put(&Tenant { state, ..connected }).await.unwrap();
    assert_eq!(left_out().await, "The org is busy.");
}

#[tokio::test]
async fn an_expired_access_token_is_refreshed() {
    let f = Fixture::new().await;
    f.connect_with(Some("expired")).await;
    let answer = preview(&f, json!({ "call": call() })).await.body;
    assert_eq!((&answer["salesforce_left_out"], &answer["skip_reason"]), (&Value::Null, &json!("unknown_number")));
}

#[tokio::test]
async fn an_unusable_connection_leaves_salesforce_out() {
    let f = Fixture::new().await;
    f.connect().await;
    f.vendors.secrets.put("salesforce/one", "{}");
    let answer = preview(&f, json!({ "call": call() })).await;
    assert_eq!((answer.status, &answer.body["would_log"]), (StatusCode::OK, &json!(true)));
    assert_eq!(answer.body["salesforce_left_out"], "The connection cannot be used right now. Try again.");
    assert_eq!(answer.body["task"]["Status"], "Completed");
}

#[tokio::test]
async fn an_invalid_request_is_refused() {
    let f = Fixture::new().await;
    f.call("created", 8, 0, &rules::Settings::default()).await;
    for request in [
        json!([]),
        json!({}),
        json!({"key": "call-8", "call": call()}),
        json!({"call": {"call_type": "sms"}}),
        json!({"call": {"call_type": "sms", "started_at_local": "2026-03-23T09:30"}}),
        json!({"kee": "1"}),
    ] {
        preview(&f, request).await.check_error(StatusCode::BAD_REQUEST, "not_json");
    }
    let mut soon = call();
    soon["started_at_local"] = json!("soon");
    preview(&f, json!({ "call": soon })).await.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
    preview(&f, json!({"key": "call-8"})).await.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
    for key in ["call-9", "", &"call-".repeat(205)] {
        preview(&f, json!({ "key": key })).await.check_error(StatusCode::NOT_FOUND, "not_found");
    }
    let settings = json!({"version": 0});
    let invalid = preview(&f, json!({"key": "call-8", "settings": settings})).await;
    invalid.check_error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_settings");
}

#[tokio::test]
async fn another_tenants_call_is_not_found() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({})).await;
    let other = f.send_as(&cookie("two"), Method::POST, "/api/preview", json!({"key": "call-7"}).to_string()).await;
    other.check_error(StatusCode::NOT_FOUND, "not_found");
}
