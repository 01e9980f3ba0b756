//! Every route requires a session, and a session gives access to its own tenant only.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use console::session::Session;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::json;
use store::TenantId;

use crate::browser::Browser;
use crate::fixture::{Fixture, KEY, cookie, key};

const ROUTES: [(Method, &str); 20] = [
    (Method::GET, "/api/settings"),
    (Method::PUT, "/api/settings"),
    (Method::GET, "/api/connections"),
    (Method::PUT, "/api/connections/aircall"),
    (Method::DELETE, "/api/connections/aircall"),
    (Method::POST, "/api/connections/aircall/reactivate"),
    (Method::POST, "/api/connections/aircall/rotate"),
    (Method::DELETE, "/api/connections/salesforce"),
    (Method::GET, "/api/connections/salesforce/check"),
    (Method::POST, "/api/connections/salesforce/set-up"),
    (Method::GET, "/api/tokens"),
    (Method::POST, "/api/tokens"),
    (Method::DELETE, "/api/tokens/0123456789abcdef"),
    (Method::GET, "/api/activity"),
    (Method::GET, "/api/activity/call-7"),
    (Method::GET, "/api/activity/days"),
    (Method::POST, "/api/activity/call-7/retry"),
    (Method::POST, "/api/activity/retry-failed"),
    (Method::POST, "/api/preview"),
    (Method::POST, "/api/phones"),
];

/// Checks that every route responds with 401 to this `Cookie` header.
async fn check_refused(f: &Fixture, cookie: &str) {
    for (method, path) in ROUTES {
        let answer = f.send_as(cookie, method, path, Body::empty()).await;
        answer.check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
    }
}

#[tokio::test]
async fn without_a_session_every_route_is_refused() {
    let f = Fixture::new().await;
    for cookie in ["", "other=1", "session=", "session=x.y", &cookie("one").replace("session=", "sessions=")] {
        check_refused(&f, cookie).await;
    }
}

#[tokio::test]
async fn altered_expired_and_foreign_sessions_are_refused() {
    let f = Fixture::new().await;
    let tenant = || TenantId::parse("one").unwrap();
    let (payload, _) = cookie("two").split_once('.').map(|(p, s)| (p.to_owned(), s.to_owned())).unwrap();
    let (_, signature) = cookie("one").split_once('.').map(|(p, s)| (p.to_owned(), s.to_owned())).unwrap();
    check_refused(&f, &format!("{payload}.{signature}")).await;

    let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
    check_refused(&f, &Session::new(tenant(), "user", yesterday).sign(&key())).await;
    let other = SecretString::from("another key");
    check_refused(&f, &Session::new(tenant(), "user", Timestamp::now()).sign(&other)).await;
}

#[tokio::test]
async fn the_session_key_is_replaced_while_the_console_runs() {
    let f = Fixture::new().await;
    let mut browser = Browser::default();
    browser.sign_in(&f).await;
    let is_signed_in = async |browser: &mut Browser| browser.open(&f, "/api/settings").await.status == StatusCode::OK;
    let secrets = &f.vendors.secrets;
    secrets.put("session-key", "a new key of the console's sessions");
    secrets.put("session-key, former", KEY);
    let mut second = Browser::default();
    second.sign_in(&f).await;
    assert!(is_signed_in(&mut browser).await && is_signed_in(&mut second).await);
    // A key that is too short signs nobody in, also not with the former key.
    secrets.put("session-key, former", "a new key of the console's sessions");
    secrets.put("session-key", "short");
    let answer = Browser::default().sign_in(&f).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.cookies().iter().all(|cookie| !cookie.starts_with("session=")), "{:?}", answer.cookies());
    // After a second replacement, sessions of the first key are over.
    secrets.put("session-key", "the third key of the console's sessions");
    Browser::default().sign_in(&f).await;
    assert!(!is_signed_in(&mut browser).await && is_signed_in(&mut second).await);
}

#[tokio::test]
async fn the_session_is_found_among_other_cookies() {
    let f = Fixture::new().await;
    let cookies = format!("a=b; session=stale.one;{}; c=d", cookie("one"));
    assert_eq!(f.send_as(&cookies, Method::GET, "/api/settings", Body::empty()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_tenant_sees_and_changes_nothing() {
    let f = Fixture::new().await;
    f.missed(7, 0).await;
    f.missed(8, 10).await;
    let mut settings = f.get("/api/settings").await.body;
    settings["unknown_number"] = json!("create_lead");
    assert_eq!(f.send(Method::PUT, "/api/settings", settings.to_string()).await.status, StatusCode::OK);
    let cursor = f.get("/api/activity?limit=1").await.body["next_cursor"].as_str().unwrap().to_owned();

    let other = cookie("two");
    let get = |path: String| {
        let (f, other) = (&f, &other);
        async move { f.send_as(other, Method::GET, &path, Body::empty()).await }
    };
    assert_eq!(get("/api/activity".to_owned()).await.body, json!({ "entries": [], "next_cursor": null }));
    get("/api/activity/call-7".to_owned()).await.check_error(StatusCode::NOT_FOUND, "not_found");
    get(format!("/api/activity?cursor={cursor}")).await.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
    let mut theirs = get("/api/settings".to_owned()).await.body;
    assert_eq!((&theirs["version"], &theirs["unknown_number"]), (&json!(0), &json!("do_nothing")));

    theirs["log_messages"] = json!(false);
    f.send_as(&other, Method::PUT, "/api/settings", theirs.to_string()).await;
    assert_eq!(f.get("/api/settings").await.body["log_messages"], json!(true));
}
