//! Refreshing and revoking.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use wiremock::matchers::{body_string, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::oauth::{RefreshError, Refreshed, refresh, revoke};

async fn refreshed(answer: ResponseTemplate) -> Result<Refreshed, RefreshError> {
    let server = MockServer::start().await;
    let form = "grant_type=refresh_token&client_id=app&client_secret=s%26cret&refresh_token=5Aep861%3D";
    Mock::given(method("POST"))
        .and(path("/services/oauth2/token"))
        .and(body_string(form))
        .respond_with(answer)
        .mount(&server)
        .await;
    let login_url = server.uri().parse().unwrap();
    let secret = SecretString::from("s&cret");
    refresh(&reqwest::Client::new(), &login_url, "app", &secret, &SecretString::from("5Aep861=")).await
}

fn tokens() -> Value {
    json!({"access_token": "00Dxx0000001gPL!new", "instance_url": "https://example.my.salesforce.com",
        "id": "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS", "token_type": "Bearer",
        "issued_at": "1708058728442", "signature": "HfBA4=", "scope": "refresh_token api id"})
}

#[tokio::test]
async fn a_refresh_returns_tokens() {
    let tokens = refreshed(ResponseTemplate::new(200).set_body_json(tokens())).await.unwrap();
    assert_eq!(tokens.access_token.expose_secret(), "00Dxx0000001gPL!new");
    assert!(tokens.refresh_token.is_none());
    assert_eq!(tokens.instance_url.as_str(), "https://example.my.salesforce.com/");
    assert!(!format!("{tokens:?}").contains("!new"));
}

#[tokio::test]
async fn a_refresh_may_return_a_rotated_refresh_token() {
    let mut body = tokens();
    body["refresh_token"] = "5Aep862".into();
    let tokens = refreshed(ResponseTemplate::new(200).set_body_json(body)).await.unwrap();
    assert_eq!(tokens.refresh_token.unwrap().expose_secret(), "5Aep862");
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_even_if_other_fields_are_malformed() {
    let odd = [Value::Null, 7.into(), "".into(), "https://login.salesforce.com/id/me".into(), json!({"a": []})];
    for field in ["id", "issued_at", "token_type", "signature", "scope"] {
        for value in odd.iter().map(Some).chain([None]) {
            let mut body = tokens();
            body["refresh_token"] = "5Aep862".into();
            match value {
                Some(value) => body[field] = value.clone(),
                None => drop(body.as_object_mut().unwrap().remove(field)),
            }
            let tokens = refreshed(ResponseTemplate::new(200).set_body_json(&body)).await.unwrap();
            assert_eq!(tokens.refresh_token.unwrap().expose_secret(), "5Aep862", "{field} {value:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_refresh_token_is_ignored() {
    for empty in [Value::Null, "".into()] {
        let mut body = tokens();
        body["refresh_token"] = empty;
        let tokens = refreshed(ResponseTemplate::new(200).set_body_json(body)).await.unwrap();
        assert!(tokens.refresh_token.is_none());
    }
}

async fn refused(status: u16, error: &str, description: &str) -> RefreshError {
    let body = json!({"error": error, "error_description": description});
    refreshed(ResponseTemplate::new(status).set_body_json(body)).await.unwrap_err()
}

#[tokio::test]
async fn an_expired_refresh_token_is_a_dead_grant() {
    let description = "expired access/refresh token".to_owned();
    assert_eq!(refused(400, "invalid_grant", &description).await, RefreshError::DeadGrant { description });
}

#[tokio::test]
async fn a_wrong_client_secret_is_a_misconfiguration() {
    let error = refused(401, "invalid_client", "invalid client credentials").await;
    assert_eq!(error.to_string(), "Salesforce refuses the app: invalid client credentials (invalid_client)");
    assert!(matches!(error, RefreshError::Misconfigured { .. }));
}

#[tokio::test]
async fn a_busy_login_server_is_retried() {
    for (status, error, description) in [
        (400, "unknown_error", "retry your request"),
        (400, "invalid_grant", "login rate exceeded"),
        (503, "invalid_grant", "maintenance"),
        (429, "too_many_requests", ""),
    ] {
        let error = refused(status, error, description).await;
        assert!(matches!(error, RefreshError::Retry { .. }), "{error:?}");
    }
    let page = ResponseTemplate::new(502).set_body_raw("<html></html>", "text/html");
    assert_eq!(refreshed(page).await.unwrap_err(), RefreshError::Retry { reason: "HTTP 502".to_owned() });
}

#[tokio::test]
async fn an_unreadable_success_may_have_rotated_the_token() {
    let error = refreshed(ResponseTemplate::new(200).set_body_json(json!({"access_token": "x"}))).await.unwrap_err();
    assert!(matches!(error, RefreshError::Unanswered(_)), "{error:?}");
}

#[tokio::test]
async fn an_unreachable_login_server_is_retried() {
    let login_url = "http://127.0.0.1:1".parse().unwrap();
    let secret = SecretString::from("s");
    let error = refresh(&reqwest::Client::new(), &login_url, "app", &secret, &secret).await.unwrap_err();
    assert!(matches!(error, RefreshError::Retry { .. }), "{error:?}");
}

#[tokio::test]
async fn revoking_a_token_is_idempotent() {
    let server = MockServer::start().await;
    let revoked = Mock::given(path("/services/oauth2/revoke")).and(body_string("token=5Aep861"));
    revoked.respond_with(ResponseTemplate::new(200)).up_to_n_times(1).mount(&server).await;
    let dead = ResponseTemplate::new(400)
        .set_body_json(json!({"error": "invalid_token", "error_description": "invalid token: 5Aep861"}));
    Mock::given(method("POST")).respond_with(dead).mount(&server).await;
    let (http, login_url) = (reqwest::Client::new(), server.uri().parse().unwrap());
    for _ in 0..2 {
        assert_eq!(revoke(&http, &login_url, &SecretString::from("5Aep861")).await, Ok(()));
    }
}
