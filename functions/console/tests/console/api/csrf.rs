//! CSRF protection of the API: changes that another site may have caused are refused.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use store::OrgList;

use crate::fixture::{Fixture, Response, cookie};

/// Saves the settings with these headers and the session cookie.
async fn put(f: &Fixture, headers: &[(&str, &str)]) -> Response {
    let settings = f.get("/api/settings").await.body.to_string();
    let mut request = Request::put("/api/settings").header(header::COOKIE, cookie("one"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    f.request(request.body(Body::from(settings)).unwrap()).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn programs_and_our_own_pages_may_make_changes() {
    let f = Fixture::new().await;
    for headers in [
        &[JSON][..],
        &[("content-type", "application/json; charset=utf-8")],
        &[
            JSON,
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://console.example.com"),
            ("host", "console.example.com"),
        ],
        &[JSON, ("sec-fetch-site", "none")],
    ] {
        assert_eq!(put(&f, headers).await.status, StatusCode::OK, "{headers:?}");
    }
}

#[tokio::test]
async fn pages_at_the_public_url_may_make_changes_behind_a_proxy_with_another_host() {
    let f = Fixture::new().await.restarted_with(OrgList::All, Some("https://calls.example.com"));
    let host = ("host", "abc123.execute-api.eu-central-1.amazonaws.com");
    assert_eq!(put(&f, &[JSON, ("origin", "https://calls.example.com"), host]).await.status, StatusCode::OK);
    for origin in ["https://calls.example.com.example.net", &format!("https://{}", host.1)] {
        put(&f, &[JSON, ("origin", origin), host]).await.check_error(StatusCode::FORBIDDEN, "forged");
    }
}

#[tokio::test]
async fn another_site_may_not_make_changes() {
    let f = Fixture::new().await;
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://example.net"), ("host", "console.example.com")],
        &[("origin", "https://console.example.com")],
        &[("origin", "null"), ("host", "console.example.com")],
        &[("x-csrf-token", "bm9uZQ"), ("sec-fetch-site", "cross-site")],
    ] {
        let headers = [&[JSON], headers].concat();
        put(&f, &headers).await.check_error(StatusCode::FORBIDDEN, "forged");
    }
}

#[tokio::test]
async fn content_types_that_a_form_can_send_are_refused() {
    let f = Fixture::new().await;
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "multipart/form-data; boundary=application/json")],
    ] {
        put(&f, headers).await.check_error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_csrf_token_of_our_pages_is_accepted() {
    let f = Fixture::new().await;
    let token = f.token("/call-workflow").await;
    let headers = [JSON, ("x-csrf-token", &token), ("sec-fetch-site", "cross-site")];
    assert_eq!(put(&f, &headers).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_without_a_body_needs_no_content_type() {
    let f = Fixture::new().await;
    // The empty body of Lambda, and that of an HTTP server.
    for body in [Body::new(lambda_http::Body::Empty), Body::empty()] {
        let request = Request::post("/api/activity/retry-failed").header(header::COOKIE, cookie("one"));
        assert_eq!(f.request(request.body(body).unwrap()).await.status, StatusCode::OK);
    }
}
