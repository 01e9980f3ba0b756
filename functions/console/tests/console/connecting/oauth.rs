//! Connecting Aircall with the deployment's OAuth app.

use axum::http::{StatusCode, header};
use serde_json::json;
use url::Url;
use url::form_urlencoded::Serializer;

use super::aircall::own_lines;
use crate::browser::{Browser, submit_consent};
use crate::fixture::Fixture;

/// Starts the OAuth flow and returns the URL of the consent page.
async fn begin(f: &Fixture, browser: &mut Browser) -> Url {
    let answer = browser.open(f, "/auth/aircall").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.header(header::LOCATION).parse().unwrap()
}

async fn decide(page: &Url, decision: &str) -> String {
    let fields = page.query_pairs().into_owned().chain([("decision".to_owned(), decision.to_owned())]);
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    submit_consent(page, body).await
}

/// A console whose admin is signed in.
async fn signed_in() -> (Fixture, Browser) {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    (f, browser)
}

#[tokio::test]
async fn an_admin_who_allows_access_connects_the_account() {
    let (f, mut browser) = signed_in().await;
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("href=\"/auth/aircall\""));
    let consent = begin(&f, &mut browser).await;
    let callback = decide(&consent, "allow").await;
    let answer = browser.open(&f, &callback).await;
    let success = format!("{}/oauth/success", f.vendors.aircall_url);
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, &*success), "{}", answer.text);
    let tenant = f.stored(&f.org_tenant()).await;
    assert_eq!(tenant.own_lines, own_lines());
    assert_eq!((tenant.webhook_tokens.len(), tenant.aircall.unwrap().how), (1, store::AircallAuth::OAuth));
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("Aircall is connected.") && page.text.contains("Access granted in Aircall"));
    // A callback is valid only once.
    let again = browser.open(&f, &callback).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(again.text.contains("Please start again."));
}

#[tokio::test]
async fn granting_access_again_leaves_one_webhook() {
    let (f, mut browser) = signed_in().await;
    for _ in 0..2 {
        let consent = begin(&f, &mut browser).await;
        let callback = decide(&consent, "allow").await;
        assert_eq!(browser.open(&f, &callback).await.status, StatusCode::SEE_OTHER);
    }
    check_one_webhook(&f).await;
}

/// Exactly one webhook is left, and only its token is accepted for good.
async fn check_one_webhook(f: &Fixture) {
    let tenant = f.stored(&f.org_tenant()).await;
    let webhooks = f.vendors.aircall.snapshot()["webhooks"].clone();
    assert_eq!(webhooks.as_array().unwrap().len(), 1);
    assert_eq!(tenant.webhook_tokens, [store::TokenHash::new(webhooks[0]["token"].as_str().unwrap())]);
    assert_eq!(tenant.retired_tokens.len(), 1, "the events of the former webhook are still on their way");
}

#[tokio::test]
async fn granting_access_replaces_the_webhook_of_an_api_key() {
    let (f, mut browser) = signed_in().await;
    let key = json!({ "api_id": "api-id", "api_token": "api-token" }).to_string();
    let cookie = crate::fixture::cookie(f.org_tenant().as_str());
    f.send_as(&cookie, axum::http::Method::PUT, "/api/connections/aircall", key).await;
    let consent = begin(&f, &mut browser).await;
    let callback = decide(&consent, "allow").await;
    assert_eq!(browser.open(&f, &callback).await.status, StatusCode::SEE_OTHER);
    check_one_webhook(&f).await;
}

#[tokio::test]
async fn a_denial_is_explained() {
    let (f, mut browser) = signed_in().await;
    let consent = begin(&f, &mut browser).await;
    let answer = browser.open(&f, &decide(&consent, "deny").await).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text.contains("You did not allow access in Aircall"), "{}", answer.text);
}

#[tokio::test]
async fn a_callback_in_another_session_is_refused() {
    let (f, mut browser) = signed_in().await;
    let callback = decide(&begin(&f, &mut browser).await, "allow").await;
    let mut other = Browser::default();
    let anonymous = other.open(&f, &callback).await;
    assert_eq!(anonymous.header(header::LOCATION), "/login?return_to=%2Fconnections");
    // Sessions that start in the same second are identical.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    other.sign_in(&f).await;
    let answer = other.open(&f, &callback).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(f.stored(&f.org_tenant()).await.aircall, None);
}

#[tokio::test]
async fn a_state_of_aircall_is_not_valid_for_salesforce() {
    let (f, mut browser) = signed_in().await;
    let consent = begin(&f, &mut browser).await;
    let callback = decide(&consent, "allow").await.replace("/auth/aircall/", "/auth/salesforce/");
    assert_eq!(browser.open(&f, &callback).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_an_app_oauth_is_not_offered() {
    let f = Fixture::new().await.with_tenant().await;
    f.vendors.secrets.put("aircall-app", &json!({ "client_id": "", "client_secret": "" }).to_string());
    assert!(!f.get("/connections").await.text.contains("/auth/aircall"));
    assert_eq!(f.get("/auth/aircall").await.status, StatusCode::NOT_FOUND);
}

/// Posts to the sandbox.
async fn sandbox(f: &Fixture, path: &str) {
    let answer = reqwest::Client::new().post(format!("{}{path}", f.vendors.aircall_url)).send().await.unwrap();
    assert!(answer.status().is_success());
}

/// Connects the account with the app, for these of the sandbox's lines.
async fn connect(f: &Fixture, browser: &mut Browser, lines: &[&str]) {
    let page = begin(f, browser).await;
    let fields = page.query_pairs().into_owned().chain([("decision".to_owned(), "allow".to_owned())]);
    let chosen = lines.iter().map(|line| ("number_ids".to_owned(), (*line).to_owned()));
    let asked = [("asks_for_numbers".to_owned(), "1".to_owned())];
    let body = Serializer::new(String::new()).extend_pairs(fields.chain(asked).chain(chosen)).finish();
    let callback = submit_consent(&page, body).await;
    assert_eq!(browser.open(f, &callback).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_lines_that_the_admin_chose_are_shown() {
    for (lines, text) in
        [(&["1001", "1002", "1003"][..], "All (3)"), (&["1002"], "Support line"), (&[], "None, so no call is logged")]
    {
        let (f, mut browser) = signed_in().await;
        connect(&f, &mut browser, lines).await;
        let page = browser.open(&f, "/connections").await;
        assert!(page.text.contains(&format!("<dt>Lines</dt><dd>{text} ")), "{}", page.text);
        let shown = browser.open(&f, "/api/connections").await.body["aircall"].clone();
        let ids: Vec<_> = shown["lines"].as_array().unwrap().iter().map(|line| line["id"].to_string()).collect();
        assert_eq!((ids, shown["state"].as_str()), (lines.iter().map(|id| (*id).to_owned()).collect(), Some("active")));
        assert!(shown["company_id"].is_u64(), "{shown}");
    }
}

#[tokio::test]
async fn an_uninstalled_app_is_shown_and_its_access_is_not_used_any_more() {
    let (f, mut browser) = signed_in().await;
    connect(&f, &mut browser, &["1001"]).await;
    sandbox(&f, "/_sandbox/uninstall").await;
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains("the app may have been uninstalled"), "{}", page.text);
    // `evaluate` stores it when the event arrives.
    let tenant = f.org_tenant();
    assert!(f.tenants.uninstall_aircall(&tenant, jiff::Timestamp::now()).await.unwrap());
    assert!(f.stored(&tenant).await.webhook_tokens.is_empty());
    let before = super::aircall::requests(&f).await.len();
    let shown = browser.open(&f, "/api/connections").await.body["aircall"].clone();
    assert_eq!((&shown["state"], &shown["lines"]), (&json!("uninstalled"), &serde_json::Value::Null));
    assert!(shown["reason"].as_str().unwrap().contains("was uninstalled") && shown["since"].is_i64(), "{shown}");
    let page = browser.open(&f, "/connections").await;
    assert!(page.text.contains(">Uninstalled</span>") && page.text.contains("Allow access again"), "{}", page.text);
    assert!(!page.text.contains("/connections/aircall/rotate") && !page.text.contains("Re-activate"));
    let cookie = crate::fixture::cookie(tenant.as_str());
    for change in ["reactivate", "rotate"] {
        let path = format!("/api/connections/aircall/{change}");
        let answer = f.send_as(&cookie, axum::http::Method::POST, &path, "").await;
        answer.check_error(StatusCode::UNPROCESSABLE_ENTITY, "aircall_refused");
    }
    browser.open(&f, "/general").await;
    assert_eq!(super::aircall::requests(&f).await.len(), before, "Aircall is asked nothing");
    // It is installed again.
    connect(&f, &mut browser, &["1001"]).await;
    let stored = f.stored(&tenant).await;
    assert_eq!((stored.webhook_tokens.len(), stored.aircall.unwrap().uninstalled_at), (1, None));
    assert_eq!(browser.open(&f, "/api/connections").await.body["aircall"]["state"], "active");
}

#[tokio::test]
async fn an_account_whose_app_was_uninstalled_can_be_disconnected() {
    let (f, mut browser) = signed_in().await;
    connect(&f, &mut browser, &["1001"]).await;
    sandbox(&f, "/_sandbox/uninstall").await;
    let tenant = f.org_tenant();
    f.tenants.uninstall_aircall(&tenant, jiff::Timestamp::now()).await.unwrap();
    let cookie = crate::fixture::cookie(tenant.as_str());
    let answer = f.send_as(&cookie, axum::http::Method::DELETE, "/api/connections/aircall", "").await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, json!({ "webhook_deleted": true })));
    assert_eq!(f.stored(&tenant).await.aircall, None);
    assert_eq!(f.vendors.secrets.get(&format!("aircall/{tenant}")), None);
}

#[tokio::test]
async fn an_app_that_is_switched_off_is_shown() {
    let (f, mut browser) = signed_in().await;
    connect(&f, &mut browser, &["1001"]).await;
    let credential = f.vendors.secrets.get(&format!("aircall/{}", f.org_tenant())).unwrap();
    let url = format!("{}/v1/integrations/disable", f.vendors.aircall_url);
    let request = reqwest::Client::new().post(url).bearer_auth(credential["access_token"].as_str().unwrap());
    assert!(request.send().await.unwrap().status().is_success());
    let shown = browser.open(&f, "/api/connections").await.body["aircall"].clone();
    assert_eq!(shown["state"], "deactivated");
    assert!(shown["reason"].as_str().unwrap().contains("switched off in Aircall"), "{shown}");
}
