//! CSRF protection of the pages: a form is accepted only with the token of its session.

use axum::http::{StatusCode, header};
use console::session::Session;
use jiff::{SignedDuration, Timestamp};
use store::TenantId;

use crate::fixture::{Fixture, cookie, key};

/// Every path that takes a form, with fields that would change something.
const FORMS: [(&str, &[(&str, &str)]); 25] = [
    (
        "/call-workflow",
        &[
            ("version", "0"),
            ("outbound_answered", "do_nothing"),
            ("outbound_unanswered", "do_nothing"),
            ("inbound_answered", "do_nothing"),
            ("missed", "do_nothing"),
            ("voicemail", "do_nothing"),
        ],
    ),
    ("/settings/conflict", &[("version", "0"), ("all", "mine"), ("mine", "{}"), ("back", "/call-workflow")]),
    ("/general", &[("version", "0"), ("api_usage_limit", "50")]),
    ("/history/0", &[("version", "0")]),
    ("/activity/decide-again", &[("outcome", "skipped")]),
    ("/activity/call-7/decide-again", &[]),
    ("/preview", &[("of", "field"), ("field_text", "06 12 34 56 78")]),
    ("/sign-out", &[]),
    ("/connections/aircall", &[("api_id", "api-id"), ("api_token", "api-token")]),
    ("/connections/aircall/reactivate", &[]),
    ("/connections/aircall/rotate", &[]),
    ("/connections/aircall/backfill", &[("import_from", "2026-03-01"), ("import_until", "2026-03-02")]),
    ("/connections/aircall/backfill/stop", &[]),
    ("/connections/aircall/disconnect", &[]),
    ("/connections/salesforce/disconnect", &[]),
    ("/connections/salesforce/set-up", &[]),
    ("/connections/salesforce/consent-link", &[]),
    ("/connections/salesforce/consent-link/withdraw", &[]),
    ("/auth/salesforce/own-grant", &[]),
    ("/connections/salesforce/predecessor/copy", &[]),
    ("/connections/salesforce/predecessor/dismiss", &[]),
    ("/connections/salesforce/statuses", &[("completed", ""), ("in_progress", "")]),
    ("/users/2002", &[("salesforce_user_id", "")]),
    ("/tokens", &[("name", "token")]),
    ("/tokens/0123456789abcdef/revoke", &[]),
];

#[tokio::test]
async fn a_form_without_the_csrf_token_of_its_session_is_refused() {
    let f = Fixture::new().await;
    let session = |tenant: &str, hours| {
        let issued = Timestamp::now() - SignedDuration::from_hours(hours);
        Session::new(TenantId::parse(tenant).unwrap(), "user", issued).sign(&key())
    };
    let ours = cookie("one");
    let good = f.token("/call-workflow").await;
    let of = async |cookie: &str| {
        let page = f.send_as(cookie, axum::http::Method::GET, "/call-workflow", "").await;
        super::support::value(&page.text, "csrf_token")
    };
    let (other_tenant, other_session) = (of(&cookie("two")).await, of(&session("one", 1)).await);
    let signature = ours.rsplit_once('.').unwrap().1;
    for (path, fields) in FORMS {
        let altered = good.replacen(|_| true, if good.starts_with('A') { "B" } else { "A" }, 1);
        for token in ["", "x", &good[..20], &altered, &other_tenant, &other_session, signature] {
            let answer = f.post_as(&ours, path, &[&[("csrf_token", token)], fields].concat()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {token:?}");
            assert!(answer.text.contains("Nothing was changed") && answer.cookies().is_empty());
        }
        assert_eq!(f.post_as(&ours, path, fields).await.status, StatusCode::FORBIDDEN, "{path} without");
    }
    assert_eq!(f.get("/api/settings").await.body["version"], 0);
}

#[tokio::test]
async fn a_form_without_a_session_redirects_to_the_sign_in_with_a_message_and_a_way_back() {
    let f = Fixture::new().await;
    let token = f.token("/call-workflow").await;
    // Signing out without a session needs no sign-in.
    for (path, fields) in FORMS.into_iter().filter(|(path, _)| *path != "/sign-out") {
        let answer = f.post_as("", path, &[&[("csrf_token", token.as_str())], fields].concat()).await;
        let back = format!("/login?return_to={}", path.replace('/', "%2F"));
        assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, &*back));
        assert!(answer.cookies().iter().any(|cookie| cookie.starts_with("flash=session-over")), "{path}");
        let page = f.get(path).await.status;
        assert!(page.is_success() || page.is_redirection(), "{path} leads back to a page");
    }
}

#[tokio::test]
async fn an_oversized_form_is_refused() {
    let f = Fixture::new().await;
    let long = "x".repeat(600_000);
    let answer = f.post("/call-workflow", &[("missed", &long)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
