//! The sign-in page and signing out.

use axum::http::{Method, StatusCode, header};
use console::session::Session;
use jiff::Timestamp;
use store::TenantId;

use super::support::value;
use crate::fixture::{Fixture, cookie, key};

async fn login(f: &Fixture, query: &str) -> crate::fixture::Response {
    f.send_as("", Method::GET, &format!("/login{query}"), "").await
}

#[tokio::test]
async fn the_sign_in_page_links_to_salesforce_with_the_return_path() {
    let f = Fixture::new().await;
    let page = login(&f, "?return_to=%2Fcall-workflow%3Fa%3Db").await;
    assert_eq!(page.status, StatusCode::OK);
    for at in ["production", "sandbox"] {
        let link = format!("href=\"/auth/salesforce?at={at}&#38;return_to=%2Fcall-workflow%3Fa%3Db\"");
        assert!(page.text.contains(&link), "{}", page.text);
    }
}

#[tokio::test]
async fn it_never_returns_to_another_site() {
    let f = Fixture::new().await;
    for path in ["https%3A%2F%2Fexample.com", "%2F%2Fexample.com", "%2F%5Cexample.com", "%2F%09%2Fexample.com"] {
        let page = login(&f, &format!("?return_to={path}")).await;
        assert!(page.text.contains("return_to=%2F\"") && !page.text.contains("example.com\""), "{path}");
        let signed_in = f.get(&format!("/login?return_to={path}")).await;
        assert_eq!((signed_in.status, signed_in.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/"), "{path}");
    }
    assert_eq!(f.get("/login?return_to=%2Fcall-workflow").await.header(header::LOCATION), "/call-workflow");
}

#[tokio::test]
async fn a_custom_domain_is_opened_by_a_forwarding_page() {
    let f = Fixture::new().await;
    let page = login(&f, "?domain=example&return_to=%2Fcall-workflow").await;
    let path = "/auth/salesforce?at=example.my.salesforce.com&return_to=%2Fcall-workflow";
    assert_eq!((page.status, page.header("refresh")), (StatusCode::OK, &*format!("0;url={path}")));
    let wrong = login(&f, "?domain=%3Cb%3Eexample.com").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"&#60;b&#62;example.com\"") && wrong.text.contains("aria-invalid=\"true\""));
}

#[tokio::test]
async fn a_copied_cookie_is_refused_after_signing_out() {
    let f = Fixture::new().await;
    let settings = f.get("/api/settings").await.body.to_string();
    let others = [cookie("two"), of_one("a", Timestamp::now())];
    // Another process has the session in its cache too.
    for console in [&f, &f.restarted()] {
        assert_eq!(console.get("/activity").await.status, StatusCode::OK);
    }
    assert_eq!(f.post("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    for console in [&f, &f.restarted()] {
        let page = console.get("/activity").await;
        let expected = (StatusCode::SEE_OTHER, "/login?return_to=%2Factivity");
        assert_eq!((page.status, page.header(header::LOCATION)), expected);
        let form = console.post_as(&cookie("one"), "/call-workflow", &[]).await;
        assert!(form.header(header::LOCATION).starts_with("/login"), "{form:?}");
        console.get("/api/settings").await.check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
        let change = console.send(Method::PUT, "/api/settings", settings.clone()).await;
        change.check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
        assert_eq!(console.get("/login").await.status, StatusCode::OK);
        // A valid session cookie works even after an invalid one.
        for other in others.iter().cloned().chain([format!("{}; {}", cookie("one"), others[1])]) {
            let page = console.send_as(&other, Method::GET, "/activity", "").await;
            assert_eq!(page.status, StatusCode::OK, "{other}");
        }
    }
}

/// A session of the tenant `one` with this ID.
fn of_one(id: &str, since: Timestamp) -> String {
    Session::new(TenantId::parse("one").unwrap(), "user@example.com", since).named(id).sign(&key())
}

#[tokio::test]
async fn signing_out_ends_only_one_of_two_sessions_of_the_same_second() {
    let (f, now) = (Fixture::new().await, Timestamp::now());
    let (one, other) = (of_one("a", now), of_one("b", now));
    let page = f.send_as(&one, Method::GET, "/activity", "").await;
    let token = value(&page.text, "csrf_token");
    f.post_as(&one, "/sign-out", &[("csrf_token", &token)]).await;
    assert_eq!(f.send_as(&one, Method::GET, "/activity", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(f.send_as(&other, Method::GET, "/activity", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_that_cannot_be_checked_is_refused() {
    let f = Fixture::new().await;
    f.tables.dynamodb.delete_table().table_name("ConsoleTable").send().await.unwrap();
    for path in ["/activity", "/call-workflow", "/login", "/api/settings", "/api/activity"] {
        let answer = f.get(path).await;
        assert!(answer.status.is_server_error(), "{path}: {}", answer.status);
        assert!(!answer.text.contains("user@example.com"), "{path}");
    }
    let change = f.send(Method::PUT, "/api/settings", "{}").await;
    assert!(change.status.is_server_error(), "{}", change.status);
    // A request without a session needs no lookup.
    assert_eq!(login(&f, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_says_so_once() {
    let f = Fixture::new().await;
    let answer = f.post("/sign-out", &[]).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/login"));
    let cookies = answer.cookies();
    assert_eq!(cookies[0], "session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax");
    let flash = cookies[1].split(';').next().unwrap();
    let page = f.send_as(flash, Method::GET, "/login", "").await;
    assert!(page.text.contains("You are signed out."));
    assert!(page.cookies()[0].starts_with("flash=; Max-Age=0;"));
    assert!(!login(&f, "").await.text.contains("You are signed out."));
}
