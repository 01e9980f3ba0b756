//! Checking, setting up and disconnecting the org.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::ConnectionState;

use crate::browser::Browser;
use crate::fixture::{Fixture, Response, cookie};

/// A console whose admin has connected the org.
async fn connected() -> (Fixture, Browser) {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    (f, browser)
}

async fn send(f: &Fixture, method: Method, path: &str) -> Response {
    f.send_as(&cookie(f.org_tenant().as_str()), method, path, "").await
}

async fn options(f: &Fixture, options: Value) {
    let url = format!("{}/_sandbox/options", f.vendors.salesforce_url);
    reqwest::Client::new().put(url).body(options.to_string()).send().await.unwrap();
}

#[tokio::test]
async fn a_check_of_a_complete_org_finds_nothing_missing() {
    let (f, mut browser) = connected().await;
    let check = send(&f, Method::GET, "/api/connections/salesforce/check").await;
    assert_eq!((check.status, &check.body["status"]), (StatusCode::OK, &json!("ok")), "{}", check.text);
    assert_eq!(check.body["may_customize"], true);
    let page = browser.open(&f, "/connections/salesforce/check").await;
    assert!(
        page.text.contains("Everything is set up correctly.") && !page.text.contains("Set up now"),
        "{}",
        page.text
    );
    // The API usage that the check reported is shown from then on.
    assert!(browser.open(&f, "/connections").await.text.contains("of 100,000 API calls"));
}

#[tokio::test]
async fn an_org_is_checked_once_at_a_time_while_others_sign_in() {
    let (f, mut browser) = connected().await;
    let slow = json!({ "path": "/services/data", "delay_ms": 2_000 });
    let url = format!("{}/_sandbox/faults", f.vendors.salesforce_url);
    reqwest::Client::new().post(url).body(slow.to_string()).send().await.unwrap();
    let check = || send(&f, Method::GET, "/api/connections/salesforce/check");
    let set_up = || send(&f, Method::POST, "/api/connections/salesforce/set-up");
    let (checks, set_ups) = (join_all((0..5).map(|_| check())), join_all((0..5).map(|_| set_up())));
    let mut page = browser.clone();
    let page = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        page.open(&f, "/connections/salesforce/check").await
    };
    let sign_in = async { Browser::default().sign_in(&f).await.status };
    let (mut checks, set_ups, page, signed_in) = tokio::join!(checks, set_ups, page, sign_in);
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("changing or checking this connection"), "{}", page.text);
    checks.extend(set_ups);
    let refused: Vec<_> = checks.iter().filter(|answer| answer.status == StatusCode::CONFLICT).collect();
    assert_eq!(refused.len(), 9, "{checks:?}");
    for answer in refused {
        answer.check_error(StatusCode::CONFLICT, "busy");
    }
    assert_eq!(signed_in, StatusCode::SEE_OTHER);
    // The one that was checked, and the next admin, are answered; so is the page.
    assert_eq!(check().await.status, StatusCode::OK);
    assert_eq!(browser.open(&f, "/connections/salesforce/check").await.status, StatusCode::OK);
}

#[tokio::test]
async fn setting_up_the_key_field_is_idempotent() {
    let (f, mut browser) = connected().await;
    options(&f, json!({ "unique_key_field": false })).await;
    let page = browser.open(&f, "/connections/salesforce/check").await;
    assert!(page.text.contains("Set up now") && page.text.contains("sf project deploy start"), "{}", page.text);
    for expected in ["The field was created", "already"] {
        let page = browser.submit(&f, "/connections", "/connections/salesforce/set-up", &[]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("The key field is set up") && page.text.contains(expected), "{}", page.text);
    }
    let check = send(&f, Method::GET, "/api/connections/salesforce/check").await;
    assert_eq!(check.body["status"], "ok", "{}", check.text);
    let steps = send(&f, Method::POST, "/api/connections/salesforce/set-up").await;
    let outcomes: Vec<&Value> = steps.body["steps"].as_array().unwrap().iter().map(|step| &step["outcome"]).collect();
    assert!(outcomes.len() >= 4 && outcomes.iter().all(|outcome| **outcome == "already_there"), "{}", steps.text);
}

#[tokio::test]
async fn a_refused_step_is_shown_as_failed_with_the_manual_alternative() {
    let (f, mut browser) = connected().await;
    options(&f, json!({ "unique_key_field": false })).await;
    let fault = json!({ "method": "POST", "path": "tooling", "status": 403,
        "body": [{ "errorCode": "INSUFFICIENT_ACCESS", "message": "no <b>rights</b>" }] });
    let url = format!("{}/_sandbox/faults", f.vendors.salesforce_url);
    reqwest::Client::new().post(url).body(fault.to_string()).send().await.unwrap();
    let page = browser.submit(&f, "/connections", "/connections/salesforce/set-up", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("not set up yet") && page.text.contains("by hand") && page.text.contains("Try again"));
    assert!(page.text.contains("no &#60;b&#62;rights") && !page.text.contains("<b>"), "{}", page.text);
}

#[tokio::test]
async fn an_org_that_is_not_connected_cannot_be_checked() {
    let f = Fixture::new().await.with_tenant().await;
    f.get("/api/connections/salesforce/check").await.check_error(StatusCode::CONFLICT, "not_connected");
    let page = f.get("/connections/salesforce/check").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("Salesforce is not connected. Connect it first."));
}

#[tokio::test]
async fn a_check_that_finds_a_dead_connection_offers_to_reconnect() {
    let (f, mut browser) = connected().await;
    let secret = format!("salesforce/{}", f.org_tenant());
    let mut tokens = f.vendors.secrets.get(&secret).unwrap();
    (tokens["access_token"], tokens["refresh_token"]) = (json!("ended"), json!("ended"));
    f.vendors.secrets.put(&secret, &tokens.to_string());
    let page = browser.open(&f, "/connections/salesforce/check").await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.text);
    assert!(page.text.contains("Reconnect needed") && page.text.contains(">Reconnect</a>"), "{}", page.text);
    assert!(page.text.contains("/auth/salesforce?at=production&#38;return_to=%2Fconnections"));
    browser.sign_in(&f).await;
    assert_eq!(f.stored(&f.org_tenant()).await.state, ConnectionState::Connected);
    assert_eq!(send(&f, Method::GET, "/api/connections/salesforce/check").await.status, StatusCode::OK);
}

#[tokio::test]
async fn disconnecting_revokes_the_grant_and_deletes_the_tokens() {
    let (f, mut browser) = connected().await;
    let tokens = f.vendors.secrets.get(&format!("salesforce/{}", f.org_tenant())).unwrap();
    let answer = browser.submit(&f, "/connections", "/connections/salesforce/disconnect", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert!(!f.vendors.salesforce.has_grant(tokens["refresh_token"].as_str().unwrap()));
    assert_eq!(f.vendors.secrets.get(&format!("salesforce/{}", f.org_tenant())), None);
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("Not connected") && page.text.contains("Connect Salesforce"));
    browser.sign_in(&f).await;
    assert!(f.stored(&f.org_tenant()).await.salesforce.is_some());
}

#[tokio::test]
async fn an_org_that_no_longer_exists_can_be_disconnected() {
    let (f, _) = connected().await;
    let fault = json!({ "path": "revoke", "status": 503 });
    let url = format!("{}/_sandbox/faults", f.vendors.salesforce_url);
    reqwest::Client::new().post(url).body(fault.to_string()).send().await.unwrap();
    let answer = send(&f, Method::DELETE, "/api/connections/salesforce").await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, json!({ "revoked": false })));
    assert_eq!(f.stored(&f.org_tenant()).await.salesforce, None);
}
