//! Connecting Aircall with an API key, and managing the connection.

use axum::http::{Method, StatusCode, header};
use rules::{E164, OwnLines};
use serde_json::{Value, json};
use store::{AircallState, OrgList, TokenHash};

use crate::fixture::{Fixture, HOST, cookie};

/// Injects a fault into the Aircall sandbox.
pub(super) async fn fault(f: &Fixture, fault: Value) {
    let url = format!("{}/_sandbox/faults", f.vendors.aircall_url);
    reqwest::Client::new().post(url).body(fault.to_string()).send().await.unwrap();
}

/// The requests that the Aircall sandbox has logged, as `METHOD path`.
pub(super) async fn requests(f: &Fixture) -> Vec<String> {
    let url = format!("{}/_sandbox/requests", f.vendors.aircall_url);
    let log: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    log["log"].as_array().unwrap().iter().map(|r| format!("{} {}", text(&r["method"]), text(&r["path"]))).collect()
}

/// The number of webhooks that were created.
pub(super) async fn created(f: &Fixture) -> usize {
    requests(f).await.iter().filter(|request| *request == "POST /v1/webhooks").count()
}

#[tokio::test]
async fn connecting_creates_one_webhook_with_exactly_our_events() {
    let f = Fixture::new().await.with_tenant().await;
    let answer = f.connect_aircall().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let connection = &answer.body["aircall"];
    assert_eq!((&connection["company_name"], &connection["state"]), (&json!("Example Company"), &json!("active")));
    assert_eq!(connection["webhook_url"], format!("https://{HOST}/webhooks/aircall/one"));
    assert_eq!((&connection["how"], &connection["last_event_at"]), (&json!("api_key"), &Value::Null));
    f.check_connected(&f.stored(&f.tenant).await);
    let credential = json!({ "schema": 1, "is": "api_key", "api_id": "api-id", "api_token": "api-token" });
    assert_eq!(f.vendors.secrets.get("aircall/one"), Some(credential));
    // The other tenant does not see the connection.
    let other = f.send_as(&cookie("two"), Method::GET, "/api/connections", "").await;
    assert_eq!(other.body["aircall"], Value::Null);
}

/// The lines of the Aircall sandbox.
pub(super) fn own_lines() -> OwnLines {
    let phones = ["+14155550100", "+33199000100", "+442079460100"];
    phones.into_iter().map(|phone| E164::parse(phone).unwrap()).collect()
}

#[tokio::test]
async fn connecting_stores_the_own_lines() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    assert_eq!(f.stored(&f.tenant).await.own_lines, own_lines());
}

#[tokio::test]
async fn an_account_whose_lines_cannot_be_listed_is_connected_all_the_same() {
    let f = Fixture::new().await.with_tenant().await;
    fault(&f, json!({ "path": "/v1/numbers", "status": 500 })).await;
    assert_eq!(f.connect_aircall().await.status, StatusCode::OK);
    let tenant = f.stored(&f.tenant).await;
    f.check_connected(&tenant);
    assert!(tenant.own_lines.is_empty());
    f.connect_aircall().await;
    assert_eq!(f.stored(&f.tenant).await.own_lines, own_lines());
}

#[tokio::test]
async fn a_wrong_key_is_reported_at_its_field_and_nothing_is_stored() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall_with("api-id", "wrong").await.check_error(StatusCode::UNPROCESSABLE_ENTITY, "aircall_refused");
    let page = f.post("/connections/aircall", &[("api_id", "<b>"), ("api_token", "a-wrong-token")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("id=\"api_id-error\">Aircall does not accept the API key"), "{}", page.text);
    assert!(page.text.contains("value=\"&#60;b&#62;\"") && !page.text.contains("a-wrong-token"));
    for (api_id, api_token, at) in [("", "x", "api_id"), ("x", "", "api_token"), ("a:b", "x", "api_id")] {
        let page = f.post("/connections/aircall", &[("api_id", api_id), ("api_token", api_token)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains(&format!("href=\"#{at}\"")), "{at}: {}", page.text);
    }
    let tenant = f.stored(&f.tenant).await;
    assert_eq!((tenant.aircall, tenant.webhook_tokens.len(), f.webhooks().len()), (None, 0, 0));
    assert_eq!(f.vendors.secrets.get("aircall/one"), None);
}

#[tokio::test]
async fn a_malformed_body_is_refused_without_being_quoted() {
    let f = Fixture::new().await.with_tenant().await;
    for body in ["", "[]", r#"{"api_id": "x", "api_token": 7, "secret-word": 1}"#, r#"{"api_id": "x"}"#] {
        let answer = f.send(Method::PUT, "/api/connections/aircall", body.to_owned()).await;
        answer.check_error(StatusCode::BAD_REQUEST, "not_json");
        assert!(!answer.text.contains("secret-word"));
    }
}

#[tokio::test]
async fn connecting_again_creates_no_second_webhook() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let before = f.stored(&f.tenant).await;
    assert_eq!(f.connect_aircall().await.status, StatusCode::OK);
    let after = f.stored(&f.tenant).await;
    f.check_connected(&after);
    assert_eq!((before.webhook_tokens, before.aircall.unwrap().webhook_id), {
        (after.webhook_tokens, after.aircall.unwrap().webhook_id)
    });
}

#[tokio::test]
async fn existing_tokens_stay_valid_and_foreign_webhooks_stay() {
    let f = Fixture::new().await.with_tenant().await;
    let by_hand = TokenHash::new("set up by hand");
    f.tenants.set_webhook_tokens(&f.tenant, &[by_hand]).await.unwrap();
    let other = json!({ "url": "https://other.example.com/hook", "events": ["call.ended"] });
    let url = format!("{}/v1/webhooks", f.vendors.aircall_url);
    let http = reqwest::Client::new();
    http.post(url).basic_auth("api-id", Some("api-token")).json(&other).send().await.unwrap();
    f.connect_aircall().await;
    f.send(Method::POST, "/api/connections/aircall/reactivate", "").await;
    let tenant = f.stored(&f.tenant).await;
    f.check_connected(&tenant);
    assert!(tenant.webhook_tokens.contains(&by_hand));
    f.send(Method::DELETE, "/api/connections/aircall", "").await;
    let left = f.vendors.aircall.snapshot()["webhooks"].as_array().unwrap().len();
    assert_eq!((left, f.webhooks().len()), (1, 0));
}

#[tokio::test]
async fn a_webhook_whose_creation_got_no_response_is_found_again() {
    for commit in [true, false] {
        let f = Fixture::new().await.with_tenant().await;
        fault(&f, json!({ "method": "POST", "path": "/v1/webhooks", "status": 502, "commit": commit })).await;
        let answer = f.connect_aircall().await;
        if commit {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        } else {
            answer.check_error(StatusCode::SERVICE_UNAVAILABLE, "aircall_unavailable");
            assert_eq!(f.vendors.secrets.get("aircall/one"), None);
            f.connect_aircall().await;
        }
        f.check_connected(&f.stored(&f.tenant).await);
    }
}

/// Changes the webhook directly in Aircall, as in its Dashboard.
pub(super) async fn change_in_dashboard(f: &Fixture, method: Method, body: Value) {
    let id = f.webhooks()[0]["id"].as_str().unwrap().to_owned();
    let url = format!("{}/v1/webhooks/{id}", f.vendors.aircall_url);
    let request = reqwest::Client::new().request(method, url).basic_auth("api-id", Some("api-token"));
    assert!(request.json(&body).send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn a_deactivated_webhook_is_shown_and_can_be_reactivated() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    change_in_dashboard(&f, Method::PUT, json!({ "active": false, "events": ["call.ended"] })).await;
    // Neither this process, which has just shown it as active, nor another one.
    let other = f.restarted();
    assert_eq!(f.get("/api/connections").await.body["aircall"]["state"], "deactivated");
    let shown = other.get("/api/connections").await.body["aircall"].clone();
    assert_eq!(shown["state"], "deactivated");
    assert!(shown["reason"].as_str().unwrap().contains("turned the webhook off") && shown["since"].is_i64());
    assert!(matches!(f.stored(&f.tenant).await.aircall.unwrap().state, AircallState::Deactivated { .. }));
    let page = other.get("/connections").await;
    assert!(page.text.contains("Not sending") && page.text.contains("No call is logged until it sends again."));
    let answer = other.post("/connections/aircall/reactivate", &[]).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/connections"));
    f.check_connected(&f.stored(&f.tenant).await);
    assert_eq!(other.get("/api/connections").await.body["aircall"]["state"], "active");
}

#[tokio::test]
async fn a_deleted_webhook_is_shown_and_can_be_recreated() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    f.get("/connections").await;
    change_in_dashboard(&f, Method::DELETE, Value::Null).await;
    let page = f.get("/connections").await;
    assert!(page.text.contains("Not sending") && page.text.contains("somebody has deleted it"), "{}", page.text);
    let other = f.restarted();
    let shown = other.get("/api/connections").await.body["aircall"].clone();
    assert!(shown["reason"].as_str().unwrap().contains("somebody has deleted it"), "{shown}");
    other.post("/connections/aircall/reactivate", &[]).await;
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn a_webhook_with_other_events_or_url_is_shown_and_can_be_corrected() {
    for change in [
        json!({ "events": ["contact.created"] }),
        json!({ "events": &::aircall::EVENTS[1..] }),
        json!({ "url": "https://other.example.com/hook" }),
    ] {
        let f = Fixture::new().await.with_tenant().await;
        f.connect_aircall().await;
        change_in_dashboard(&f, Method::PUT, change.clone()).await;
        let other = f.restarted();
        let shown = other.get("/api/connections").await.body["aircall"].clone();
        assert_eq!(shown["state"], "deactivated", "{change}");
        let reason = shown["reason"].as_str().unwrap();
        assert!(
            reason.contains("Somebody changed") && reason.contains("Re-activate the webhook to fix it."),
            "{reason}"
        );
        let page = other.get("/connections").await;
        assert!(page.text.contains("Not sending") && page.text.contains(reason), "{}", page.text);
        other.post("/connections/aircall/reactivate", &[]).await;
        f.check_connected(&f.stored(&f.tenant).await);
        let shown = f.restarted().get("/api/connections").await.body["aircall"].clone();
        assert_eq!((&shown["state"], &shown["reason"]), (&json!("active"), &Value::Null), "{change}");
    }
}

#[tokio::test]
async fn a_webhook_with_additional_events_is_active() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let events = [&::aircall::EVENTS[..], &["contact.created"]].concat();
    change_in_dashboard(&f, Method::PUT, json!({ "events": events })).await;
    let other = f.restarted();
    let shown = other.get("/api/connections").await.body["aircall"].clone();
    assert_eq!(shown["state"], "active");
    assert!(shown["reason"].as_str().unwrap().contains("more than is used"), "{shown}");
    other.post("/connections/aircall/reactivate", &[]).await;
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn pages_work_while_aircall_is_unavailable() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let other = f.restarted();
    fault(&f, json!({ "path": "/v1/", "status": 500, "times": 50 })).await;
    let page = other.get("/connections").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Aircall does not answer right now"), "{}", page.text);
    assert_eq!(other.get("/general").await.status, StatusCode::OK);
}

#[tokio::test]
async fn disconnecting_removes_webhook_tokens_and_credential() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let answer = f.send(Method::DELETE, "/api/connections/aircall", "").await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, json!({ "webhook_deleted": true })));
    let tenant = f.stored(&f.tenant).await;
    assert_eq!((tenant.aircall, tenant.webhook_tokens.len(), f.webhooks().len()), (None, 0, 0));
    assert_eq!(f.vendors.secrets.get("aircall/one"), None);
    f.send(Method::DELETE, "/api/connections/aircall", "").await.check_error(StatusCode::CONFLICT, "not_connected");
}

#[tokio::test]
async fn an_account_whose_key_was_revoked_can_be_disconnected() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    fault(&f, json!({ "path": "/v1/", "status": 403, "times": 50, "body": { "message": "Forbidden" } })).await;
    let page = f.restarted().get("/connections").await;
    assert!(page.text.contains("Connect again with a valid key."), "{}", page.text);
    let answer = f.post("/connections/aircall/disconnect", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.cookies()[0].starts_with("flash=aircall-not-deleted;"));
    assert_eq!(f.stored(&f.tenant).await.aircall, None);
}

#[tokio::test]
async fn disconnecting_fails_while_aircall_is_down_and_changes_nothing() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    fault(&f, json!({ "path": "/v1/", "status": 503, "times": 1 })).await;
    let page = f.post("/connections/aircall/disconnect", &[]).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("Try again in a minute."), "{}", page.text);
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn concurrent_requests_make_one_connection() {
    let f = Fixture::new().await.with_tenant().await;
    let (one, other) = tokio::join!(f.connect_aircall(), f.connect_aircall());
    for answer in [&one, &other] {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    assert_eq!(created(&f).await, 1);
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn the_settings_show_the_names_of_the_lines() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let page = f.get("/general").await;
    let numbers = reqwest::get(format!("{}/_sandbox/numbers", f.vendors.aircall_url)).await.unwrap();
    let numbers: Value = numbers.json().await.unwrap();
    for number in numbers.as_array().unwrap() {
        assert!(page.text.contains(number["name"].as_str().unwrap()), "{number}");
    }
    // They are cached.
    let before = requests(&f).await.len();
    f.get("/general").await;
    assert_eq!(requests(&f).await.len(), before);
}

#[tokio::test]
async fn a_webhook_at_a_former_address_is_shown_and_moved_with_one_click() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let before = f.webhooks();
    let f = f.restarted_with(OrgList::All, Some("https://calls.example.com"));
    let page = f.get("/connections").await;
    assert!(page.text.contains("former address") && page.text.contains("Move the webhook"), "{}", page.text);
    let moved = f.post("/connections/aircall/reactivate", &[]).await;
    assert_eq!((moved.status, moved.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/connections"));
    let page = f.get("/connections").await;
    assert!(!page.text.contains("former address") && !page.text.contains("Move the webhook"), "{}", page.text);
    let connection = f.get("/api/connections").await.body["aircall"].clone();
    assert_eq!(connection["webhook_url"], "https://calls.example.com/webhooks/aircall/one");
    assert_eq!(connection["reason"], Value::Null);
    // The same webhook with the same token: no event on its way is refused.
    let after = f.webhooks();
    assert_eq!((after.len(), after[0]["webhook_id"].clone()), (1, before[0]["webhook_id"].clone()));
    assert_eq!(after[0]["url"], connection["webhook_url"]);
}
