//! The sign-in: the login URL, the exchange of the code, and the user info.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::id;
use crate::oauth::{ExchangeError, LoginHost, Pkce, Tokens, UserInfo, authorize_url, exchange, userinfo};
use crate::{Error, Kind};

const CALLBACK: &str = "https://console.example.com/auth/salesforce/callback";

#[test]
fn the_login_url_has_all_parameters_but_not_the_verifier() {
    let pkce = Pkce::new();
    let login_url = LoginHost::parse("example.my.salesforce.com").unwrap().url();
    let url = authorize_url(&login_url, "app", CALLBACK, "api refresh_token openid", "st&te", &pkce, None);
    assert_eq!(url.host_str(), Some("example.my.salesforce.com"));
    assert_eq!(url.path(), "/services/oauth2/authorize");
    let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("scope", "api refresh_token openid"),
        ("state", "st&te"),
        ("code_challenge", pkce.challenge()),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(!url.as_str().contains(pkce.verifier().expose_secret()));
    let asking = authorize_url(&login_url, "app", CALLBACK, "api", "state", &pkce, Some("login consent"));
    assert!(asking.query_pairs().any(|pair| pair == ("prompt".into(), "login consent".into())), "{asking}");
}

async fn exchanged(answer: ResponseTemplate) -> Result<Tokens, ExchangeError> {
    let server = MockServer::start().await;
    let form = "grant_type=authorization_code&client_id=app&client_secret=s%26cret&redirect_uri=https%3A%2F%2F\
                console.example.com%2Fauth%2Fsalesforce%2Fcallback&code=aPrx%3D&code_verifier=verifier";
    Mock::given(method("POST"))
        .and(path("/services/oauth2/token"))
        .and(body_string(form))
        .respond_with(answer)
        .mount(&server)
        .await;
    let (http, login_url) = (reqwest::Client::new(), server.uri().parse().unwrap());
    let [secret, code, verifier] = ["s&cret", "aPrx=", "verifier"].map(SecretString::from);
    exchange(&http, &login_url, "app", &secret, CALLBACK, &code, &verifier).await
}

fn tokens() -> Value {
    json!({"access_token": "00Dxx0000001gPL!new", "refresh_token": "5Aep861",
        "instance_url": "https://example.my.salesforce.com", "token_type": "Bearer", "issued_at": "1708058728442",
        "id": "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS", "id_token": "a.b.c"})
}

#[tokio::test]
async fn a_code_is_exchanged_for_both_tokens() {
    let tokens = exchanged(ResponseTemplate::new(200).set_body_json(tokens())).await.unwrap();
    assert_eq!(tokens.refresh_token.unwrap().expose_secret(), "5Aep861");
    assert_eq!((tokens.org_id, tokens.user_id), (id("00Dxx0000001gPLEAY"), id("005xx000001SwiUAAS")));
}

#[tokio::test]
async fn a_response_without_a_valid_user_is_unanswered() {
    for id in [Value::Null, "".into(), "https://login.salesforce.com/id/me".into(), 7.into()] {
        let mut body = tokens();
        body["id"] = id;
        let error = exchanged(ResponseTemplate::new(200).set_body_json(body)).await.unwrap_err();
        assert!(matches!(error, ExchangeError::Unanswered(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_response_without_a_refresh_token_is_a_misconfiguration() {
    let mut body = tokens();
    body.as_object_mut().unwrap().remove("refresh_token");
    let error = exchanged(ResponseTemplate::new(200).set_body_json(body)).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Misconfigured { .. }), "{error:?}");
    assert!(error.to_string().contains("scope refresh_token"), "{error}");
}

async fn error_of_refusal(status: u16, error: &str, description: &str) -> ExchangeError {
    let body = json!({"error": error, "error_description": description});
    exchanged(ResponseTemplate::new(status).set_body_json(body)).await.unwrap_err()
}

#[tokio::test]
async fn an_invalid_code_asks_to_start_again() {
    for description in ["expired authorization code", "invalid authorization code", "invalid code verifier", ""] {
        let error = error_of_refusal(400, "invalid_grant", description).await;
        assert_eq!(error, ExchangeError::StartAgain { description: description.to_owned() });
        assert_eq!(error.to_string(), "This sign-in has expired or was used before. Please sign in again.");
    }
}

#[tokio::test]
async fn a_blocked_user_is_told_the_reason() {
    for description in ["ip restricted", "inactive user", "user hasn't approved this consumer"] {
        let error = error_of_refusal(400, "invalid_grant", description).await;
        assert_eq!(error, ExchangeError::Blocked { description: description.to_owned() });
    }
    let error = error_of_refusal(400, "OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app").await;
    assert!(matches!(error, ExchangeError::Blocked { .. }), "{error:?}");
}

#[tokio::test]
async fn wrong_app_settings_are_a_misconfiguration() {
    for (status, code) in [(400, "redirect_uri_mismatch"), (401, "invalid_client"), (400, "invalid_client_id")] {
        let error = error_of_refusal(status, code, "said so").await;
        assert_eq!(error, ExchangeError::Misconfigured { error: code.to_owned(), description: "said so".to_owned() });
    }
}

#[tokio::test]
async fn a_busy_login_server_is_retried() {
    for (status, code, description) in
        [(400, "invalid_grant", "login rate exceeded"), (503, "invalid_grant", ""), (400, "unknown_error", "retry")]
    {
        let error = error_of_refusal(status, code, description).await;
        assert!(matches!(error, ExchangeError::Retry { .. }), "{error:?}");
    }
    let page = ResponseTemplate::new(502).set_body_raw("<html></html>", "text/html");
    assert_eq!(exchanged(page).await.unwrap_err(), ExchangeError::Retry { reason: "HTTP 502".to_owned() });
}

#[tokio::test]
async fn an_unreadable_success_may_have_used_the_code() {
    let error = exchanged(ResponseTemplate::new(200).set_body_json(json!({"access_token": "x"}))).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Unanswered(_)), "{error:?}");
}

#[test]
fn a_redirect_error_is_read_by_its_code_only() {
    let denied = ExchangeError::of_redirect("access_denied");
    assert_eq!(denied, ExchangeError::Denied);
    for code in ["OAUTH_APPROVAL_ERROR_GENERIC", "OAUTH_EC_APP_NOT_FOUND", "invalid_client"] {
        assert_eq!(ExchangeError::of_redirect(code), ExchangeError::NotInstalled { code: code.to_owned() });
    }
    for code in ["OAUTH_APP_BLOCKED", "OAUTH_APP_ACCESS_DENIED"] {
        assert!(matches!(ExchangeError::of_redirect(code), ExchangeError::Blocked { .. }), "{code}");
    }
    assert!(matches!(ExchangeError::of_redirect("server_error"), ExchangeError::Retry { .. }));
    assert!(matches!(ExchangeError::of_redirect("invalid_scope"), ExchangeError::Misconfigured { .. }));
    for nonsense in ["", "call us at 555-0100", "<b>", &"x".repeat(65)] {
        let error = ExchangeError::of_redirect(nonsense);
        assert_eq!(error, ExchangeError::StartAgain { description: String::new() });
    }
}

#[test]
fn every_error_is_a_sentence() {
    for error in [
        ExchangeError::StartAgain { description: "x".to_owned() },
        ExchangeError::Denied,
        ExchangeError::Blocked { description: "x".to_owned() },
        ExchangeError::Misconfigured { error: "x".to_owned(), description: "y".to_owned() },
        ExchangeError::Retry { reason: "x".to_owned() },
        ExchangeError::Unanswered(crate::Transport::TimedOut),
    ] {
        let text = error.to_string();
        assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
    }
}

async fn user(answer: ResponseTemplate) -> Result<UserInfo, Error> {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/services/oauth2/userinfo"))
        .and(header("Authorization", "Bearer 00D!token"))
        .respond_with(answer)
        .mount(&server)
        .await;
    userinfo(&reqwest::Client::new(), &server.uri().parse().unwrap(), &"00D!token".into()).await
}

#[tokio::test]
async fn the_user_of_a_token_is_read() {
    let body = json!({"sub": "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS",
        "user_id": "005xx000001SwiU", "organization_id": "00Dxx0000001gPL", "name": "Alex Admin",
        "preferred_username": "alex@example.com.org", "email": "alex@example.com", "zoneinfo": "Europe/Paris"});
    let user = user(ResponseTemplate::new(200).set_body_json(body)).await.unwrap();
    assert_eq!((user.organization_id, user.user_id), (id("00Dxx0000001gPLEAY"), id("005xx000001SwiUAAS")));
    assert_eq!((user.name.as_str(), user.zoneinfo.as_deref()), ("Alex Admin", Some("Europe/Paris")));
    let shown = format!("{user:?}");
    assert!(shown.contains("005xx") && !shown.contains("Alex") && !shown.contains("example"), "{shown}");
}

#[tokio::test]
async fn a_user_without_a_name_is_named_by_id() {
    let body = json!({"user_id": "005xx000001SwiUAAS", "organization_id": "00Dxx0000001gPLEAY"});
    let user = user(ResponseTemplate::new(200).set_body_json(body)).await.unwrap();
    assert_eq!((user.name.as_str(), user.email), ("005xx000001SwiUAAS", None));
}

#[tokio::test]
async fn a_dead_token_asks_for_a_refresh() {
    let bad = ResponseTemplate::new(403).set_body_string("Bad_OAuth_Token");
    assert_eq!(user(bad).await.unwrap_err().kind(), Kind::Refresh);
    let down = ResponseTemplate::new(503).set_body_string("");
    assert_eq!(user(down).await.unwrap_err().kind(), Kind::Retry);
}
