//! The JSON API.

mod activity;
mod connections;
mod csrf;
mod decide_again;
mod document;
mod entry;
mod phones;
mod preview;
mod session;
mod settings;

use axum::http::{Method, StatusCode, header};

use crate::fixture::Fixture;

#[tokio::test]
async fn responses_are_neither_cached_nor_rendered() {
    let f = Fixture::new().await;
    for (path, status) in [("/api/settings", StatusCode::OK), ("/api/nothing", StatusCode::NOT_FOUND)] {
        let answer = f.get(path).await;
        assert_eq!(answer.status, status);
        let header = |name: header::HeaderName| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(header(header::CONTENT_SECURITY_POLICY), "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(header(header::CONTENT_TYPE), "application/json");
    }
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    let f = Fixture::new().await;
    for path in ["/api/nothing", "/api/", "/api/activity/call-1/trace"] {
        f.get(path).await.check_error(StatusCode::NOT_FOUND, "not_found");
    }
}

#[tokio::test]
async fn an_unsupported_method_is_refused_with_the_allowed_ones() {
    let f = Fixture::new().await;
    for (method, path, allowed) in [
        (Method::POST, "/api/settings", "GET,HEAD,PUT"),
        (Method::POST, "/api/connections", "GET,HEAD"),
        (Method::DELETE, "/api/activity", "GET,HEAD"),
        (Method::PATCH, "/api/activity/call-7", "GET,HEAD"),
    ] {
        let answer = f.send(method, path, "").await;
        assert_eq!(answer.headers[header::ALLOW], allowed);
        answer.check_error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
    }
}
