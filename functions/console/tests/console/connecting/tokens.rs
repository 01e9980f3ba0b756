//! API tokens, which admins create for programs.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Response, cookie};

/// Creates a token of the tenant `one` and returns its text and ID.
async fn create(f: &Fixture, name: &str) -> (String, String) {
    let answer = f.send(Method::POST, "/api/tokens", json!({ "name": name }).to_string()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let text = |key: &str| answer.body[key].as_str().unwrap().to_owned();
    (text("token"), text("id"))
}

/// Sends a request with an `Authorization` header and no cookie.
async fn send(f: &Fixture, authorization: &str, method: Method, path: &str, body: &str) -> Response {
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, authorization);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    f.request(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_token_gives_access_to_its_own_tenant_only() {
    let f = Fixture::new().await.with_tenant().await;
    let (token, _) = create(&f, "report").await;
    assert!(token.starts_with("act_"));
    for scheme in ["Bearer", "bearer"] {
        for path in ["/api/settings", "/api/activity", "/api/connections", "/api/settings/history"] {
            let answer = send(&f, &format!("{scheme} {token}"), Method::GET, path, "").await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
    }
    // A change with a token needs no CSRF token and is attributed to the API token.
    let mut settings: Value = f.get("/api/settings").await.body;
    settings["log_messages"] = json!(false);
    let request = Request::put("/api/settings").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request =
        request.header(header::CONTENT_TYPE, "application/json").header(header::ORIGIN, "https://example.com");
    let saved = f.request(request.body(Body::from(settings.to_string())).unwrap()).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
    let history = f.get("/api/settings/history").await.body;
    assert_eq!(history["versions"][0]["changed_by"], "API token report");
    let other = f.send_as(&cookie("two"), Method::GET, "/api/settings", "").await;
    assert_eq!(other.body["log_messages"], true);
}

#[tokio::test]
async fn an_invalid_token_is_refused_even_with_a_valid_session() {
    let f = Fixture::new().await.with_tenant().await;
    let (token, id) = create(&f, "report").await;
    let altered = token.replace("act_", "act-");
    let made_up = format!("act_{}", "A".repeat(43));
    for wrong in ["", "x", &token[..20], &altered, &made_up] {
        let request = Request::get("/api/settings").header(header::AUTHORIZATION, format!("Bearer {wrong}"));
        let answer = f.request(request.header(header::COOKIE, cookie("one")).body(Body::empty()).unwrap()).await;
        answer.check_error(StatusCode::UNAUTHORIZED, "bad_token");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
    }
    assert_eq!(f.send(Method::DELETE, &format!("/api/tokens/{id}"), "").await.status, StatusCode::NO_CONTENT);
    send(&f, &format!("Bearer {token}"), Method::GET, "/api/settings", "")
        .await
        .check_error(StatusCode::UNAUTHORIZED, "bad_token");
    f.send(Method::DELETE, &format!("/api/tokens/{id}"), "").await.check_error(StatusCode::NOT_FOUND, "not_found");
}

#[tokio::test]
async fn other_authorization_schemes_are_ignored() {
    let f = Fixture::new().await.with_tenant().await;
    let request = Request::get("/api/settings").header(header::AUTHORIZATION, "Basic eDp5");
    let answer = f.request(request.header(header::COOKIE, cookie("one")).body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    send(&f, "Basic eDp5", Method::GET, "/api/settings", "")
        .await
        .check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
}

#[tokio::test]
async fn a_token_cannot_manage_tokens_or_connections() {
    let f = Fixture::new().await.with_tenant().await;
    let (token, id) = create(&f, "report").await;
    let token = format!("Bearer {token}");
    for (method, path) in [
        (Method::GET, "/api/tokens".to_owned()),
        (Method::POST, "/api/tokens".to_owned()),
        (Method::DELETE, format!("/api/tokens/{id}")),
        (Method::PUT, "/api/connections/aircall".to_owned()),
        (Method::DELETE, "/api/connections/aircall".to_owned()),
        (Method::POST, "/api/connections/aircall/reactivate".to_owned()),
        (Method::POST, "/api/connections/aircall/rotate".to_owned()),
        (Method::DELETE, "/api/connections/salesforce".to_owned()),
        (Method::POST, "/api/connections/salesforce/set-up".to_owned()),
        (Method::PUT, "/api/connections/salesforce/statuses".to_owned()),
        (Method::PUT, "/api/users/2002".to_owned()),
    ] {
        let answer = send(&f, &token, method, &path, "{}").await;
        answer.check_error(StatusCode::FORBIDDEN, "admin_only");
    }
}

#[tokio::test]
async fn a_token_does_not_open_pages() {
    let f = Fixture::new().await.with_tenant().await;
    let (token, _) = create(&f, "report").await;
    for path in ["/tokens", "/connections", "/general"] {
        assert_eq!(send(&f, &format!("Bearer {token}"), Method::GET, path, "").await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn another_tenants_tokens_cannot_be_listed_or_revoked() {
    let f = Fixture::new().await.with_tenant().await;
    let (token, id) = create(&f, "report").await;
    let other = cookie("two");
    assert_eq!(f.send_as(&other, Method::GET, "/api/tokens", "").await.body, json!({ "tokens": [] }));
    let answer = f.send_as(&other, Method::DELETE, &format!("/api/tokens/{id}"), "").await;
    answer.check_error(StatusCode::NOT_FOUND, "not_found");
    assert_eq!(send(&f, &format!("Bearer {token}"), Method::GET, "/api/settings", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_shows_a_token_once() {
    let f = Fixture::new().await.with_tenant().await;
    let made = f.post("/tokens", &[("name", "<b>report</b>")]).await;
    assert_eq!(made.status, StatusCode::OK);
    let token = made.text.split("id=\"token\"").nth(1).unwrap().split('>').nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(send(&f, &format!("Bearer {token}"), Method::GET, "/api/settings", "").await.status, StatusCode::OK);
    let page = f.get("/tokens").await;
    assert!(!page.text.contains(token) && page.text.contains("&#60;b&#62;report") && !page.text.contains("<b>"));
    assert!(page.text.contains("by user@example.com") && !page.text.contains(">Never<"));
    let id = page.text.split("/tokens/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    f.post(&format!("/tokens/{id}/revoke"), &[]).await;
    assert!(f.get("/tokens").await.text.contains("There are no tokens yet."));
}

#[tokio::test]
async fn names_are_validated_and_the_number_of_tokens_is_limited() {
    let f = Fixture::new().await.with_tenant().await;
    for name in ["", "   ", &"x".repeat(81), "a\u{7}b"] {
        let page = f.post("/tokens", &[("name", name)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        assert!(page.text.contains("id=\"name-error\""));
        let body = json!({ "name": name }).to_string();
        f.send(Method::POST, "/api/tokens", body).await.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
    }
    for n in 0..20 {
        create(&f, &format!("token {n}")).await;
    }
    let body = json!({ "name": "one more" }).to_string();
    f.send(Method::POST, "/api/tokens", body).await.check_error(StatusCode::CONFLICT, "too_many_tokens");
    let page = f.post("/tokens", &[("name", "one more")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("There are 20 API tokens already."));
}
