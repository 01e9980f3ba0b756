//! Reading and saving the settings document.

use axum::http::{Method, StatusCode};
use rules::Settings;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Response};

async fn put(f: &Fixture, settings: &Value) -> Response {
    f.send(Method::PUT, "/api/settings", settings.to_string()).await
}

#[tokio::test]
async fn a_new_tenant_has_the_defaults_and_can_change_them() {
    let f = Fixture::new().await;
    let mut settings = f.get("/api/settings").await.body;
    assert_eq!(settings, serde_json::to_value(Settings::default()).unwrap());

    settings["relate_to"] = json!("case");
    settings["create_case_if_none"] = json!(true);
    settings["numbers"] = json!([397_375]);
    settings["business_hours"]["numbers"] =
        json!({"397375": {"time_zone": "Europe/Vienna", "weekly": {}, "holidays": []}});
    let stored = put(&f, &settings).await;
    settings["version"] = json!(1);
    assert_eq!((stored.status, &stored.body["version"]), (StatusCode::OK, &json!(1)));
    assert_eq!(Settings::parse(&stored.body).unwrap(), Settings::parse(&settings).unwrap());
    assert_eq!(f.get("/api/settings").await.body, stored.body);
    assert_eq!(put(&f, &stored.body).await.body["version"], json!(2));
}

#[tokio::test]
async fn a_stale_document_is_refused_with_the_current_one() {
    let f = Fixture::new().await;
    let read = f.get("/api/settings").await.body;
    let current = put(&f, &read).await.body;
    let mut stale = read.clone();
    stale["log_messages"] = json!(false);
    let answer = put(&f, &stale).await;
    answer.check_error(StatusCode::CONFLICT, "stale");
    assert_eq!((&answer.body["error"]["current_version"], &answer.body["error"]["settings"]), (&json!(1), &current));
    assert_eq!(f.get("/api/settings").await.body, current);
}

#[tokio::test]
async fn invalid_settings_are_named_by_path_and_nothing_is_saved() {
    let f = Fixture::new().await;
    let read = f.get("/api/settings").await.body;
    for (pointer, value, path) in [
        ("/call_workflow/missed", json!("sometimes"), "call_workflow.missed"),
        ("/create_case_if_none", json!(true), "create_case_if_none"),
        ("/api_usage_limit", json!(101), "api_usage_limit"),
        ("/backfill_requests_per_minute", json!(0), "backfill_requests_per_minute"),
        ("/backfill_requests_per_minute", json!(61), "backfill_requests_per_minute"),
        ("/business_hours", json!({"log_calls": "always", "schedule": null, "numbrs": {}}), "business_hours.numbrs"),
    ] {
        let mut wrong = read.clone();
        wrong["log_messages"] = json!(false);
        *wrong.pointer_mut(pointer).unwrap() = value;
        let answer = put(&f, &wrong).await;
        answer.check_error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_settings");
        let problem = &answer.body["error"]["problems"][0];
        assert_eq!(problem["path"], path);
        assert!(!problem["message"].as_str().unwrap().is_empty());
    }
    assert_eq!(f.get("/api/settings").await.body, read);
}

#[tokio::test]
async fn a_body_that_is_no_settings_document_is_refused() {
    let f = Fixture::new().await;
    for body in ["", "{", "settings", "{} {}"] {
        f.send(Method::PUT, "/api/settings", body).await.check_error(StatusCode::BAD_REQUEST, "not_json");
    }
    for body in ["[]", "null", "{}"] {
        f.send(Method::PUT, "/api/settings", body)
            .await
            .check_error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_settings");
    }
}

#[tokio::test]
async fn the_longest_document_has_64_kib() {
    let f = Fixture::new().await;
    let settings = f.get("/api/settings").await.body.to_string();
    let padded = |length: usize| format!("{settings}{}", " ".repeat(length - settings.len()));
    f.send(Method::PUT, "/api/settings", padded(65_537)).await.check_error(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
    assert_eq!(f.send(Method::PUT, "/api/settings", padded(65_536)).await.status, StatusCode::OK);
}
