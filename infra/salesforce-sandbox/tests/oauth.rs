//! OAuth tokens: exchange, refresh, rotation, expiry, revocation.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use url::Url;

use crate::client::{Client, Response, answer, data, encode};

const CALLBACK: &str = "https://console.example.com/callback";
// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An org that grants access as the admin, without pages.
fn approving() -> Client {
    Client::with(json!({"auto_approve": true}))
}

async fn authorize(org: &Client, more: &str) -> Response {
    let base = format!("response_type=code&client_id={}&redirect_uri={}", org.org.client_id(), encode(CALLBACK));
    org.get(&format!("/services/oauth2/authorize?{base}&state=xyz&scope=api+refresh_token{more}")).await
}

/// A parameter of the address that the browser is redirected to.
fn returned(answer: &Response, name: &str) -> Option<String> {
    let location = Url::parse(answer.headers.get("location")?.to_str().ok()?).ok()?;
    assert!(location.as_str().starts_with(CALLBACK));
    location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn token(org: &Client, parameters: &[(&str, &str)]) -> Response {
    let (id, secret) = (org.org.client_id(), org.org.client_secret());
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(parameters);
    if parameters.iter().all(|(name, _)| *name != "client_secret") {
        form.extend_pairs([("client_id", &id), ("client_secret", &secret)]);
    }
    let request = Request::post("/services/oauth2/token").header("host", "org.example.com");
    answer(&org.org, request.body(Body::from(form.finish())).unwrap()).await
}

async fn code(org: &Client) -> String {
    let sent_back = authorize(org, &format!("&code_challenge={CHALLENGE}&code_challenge_method=S256")).await;
    assert_eq!(returned(&sent_back, "state").as_deref(), Some("xyz"));
    returned(&sent_back, "code").unwrap()
}

async fn exchange(org: &Client, code: &str, verifier: &str) -> Response {
    let parameters =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)];
    token(org, &parameters).await
}

pub(crate) async fn refresh(org: &Client, refresh_token: &Value) -> Response {
    token(org, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str().unwrap())]).await
}

async fn status(org: &Client, access_token: &Value) -> u16 {
    let client = Client { org: org.org.clone(), token: access_token.as_str().unwrap().to_owned() };
    client.get(&data("limits")).await.status
}

#[tokio::test]
async fn the_web_server_flow_with_pkce_issues_tokens() {
    let org = approving();
    let code = code(&org).await;
    let tokens = exchange(&org, &code, VERIFIER).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!((&tokens.body["token_type"], &tokens.body["expires_in"]), (&json!("Bearer"), &Value::Null));
    assert_eq!(tokens.body["instance_url"], "http://org.example.com");
    let id = format!("http://org.example.com/id/{}/{}", org.org.org_id(), org.org.admin_user_id());
    assert_eq!(tokens.body["id"], json!(id));
    let issued_at: i64 = tokens.body["issued_at"].as_str().unwrap().parse().unwrap();
    assert!(issued_at > 1_700_000_000_000);
    assert_eq!(status(&org, &tokens.body["access_token"]).await, 200);
    let again = exchange(&org, &code, VERIFIER).await;
    assert_eq!((again.status, again.code()), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_code_needs_its_verifier_and_redirect_uri() {
    let org = approving();
    let other = VERIFIER.replace('d', "e");
    assert_eq!(exchange(&org, &code(&org).await, &other).await.code(), "invalid_grant");
    assert_eq!(exchange(&org, &code(&org).await, "").await.code(), "invalid_grant");
    let code = code(&org).await;
    let parameters = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", "https://evil.example.com"),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(token(&org, &parameters).await.code(), "redirect_uri_mismatch");
    assert_eq!(returned(&authorize(&org, "").await, "error").as_deref(), Some("invalid_request"));
    let unknown = org.get("/services/oauth2/authorize?client_id=nope").await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test]
async fn the_client_needs_its_id_and_secret() {
    let org = Client::new();
    let id = org.org.client_id();
    let answer = token(&org, &[("grant_type", "refresh_token"), ("client_id", &id), ("client_secret", "wrong")]).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_client"));
    assert_eq!(token(&org, &[("client_id", "x"), ("client_secret", "y")]).await.code(), "invalid_client_id");
    assert_eq!(token(&org, &[("grant_type", "password")]).await.code(), "unsupported_grant_type");
}

#[tokio::test]
async fn a_refresh_opens_a_session_and_keeps_the_refresh_token() {
    let org = Client::new();
    let grant = org.org.issue_grant(&org.org.admin_user_id());
    let refresh_token = json!(grant.refresh_token);
    for _ in 0..2 {
        let answer = refresh(&org, &refresh_token).await;
        assert_eq!(answer.body["refresh_token"], Value::Null);
        assert_eq!(status(&org, &answer.body["access_token"]).await, 200);
    }
    let unknown = refresh(&org, &json!("5Aep861nope")).await;
    let expected = json!({"error": "invalid_grant", "error_description": "expired access/refresh token"});
    assert_eq!((unknown.status, unknown.body), (400, expected));
}

#[tokio::test]
async fn reuse_of_a_rotated_token_revokes_the_grant() {
    let org = Client::with(json!({"rotate_refresh_tokens": true}));
    let first = json!(org.org.issue_grant(&org.org.admin_user_id()).refresh_token);
    let second = refresh(&org, &first).await.body;
    let third = refresh(&org, &second["refresh_token"]).await.body;
    assert_ne!(second["refresh_token"], third["refresh_token"]);
    assert_eq!(status(&org, &third["access_token"]).await, 200);
    assert_eq!(refresh(&org, &first).await.code(), "invalid_grant");
    assert_eq!(refresh(&org, &third["refresh_token"]).await.code(), "invalid_grant");
    assert_eq!(status(&org, &third["access_token"]).await, 401);
}

#[tokio::test]
async fn sessions_expire_and_grants_do_not() {
    let org = Client::new();
    let grant = org.org.issue_grant(&org.org.admin_user_id());
    assert_eq!(org.post("/_sandbox/expire_sessions", json!({})).await.status, 204);
    assert_eq!(status(&org, &json!(grant.access_token)).await, 401);
    let fresh = refresh(&org, &json!(grant.refresh_token)).await.body;
    org.set(json!({"session_ms": 60_000})).await;
    assert_eq!(status(&org, &fresh["access_token"]).await, 200);
    org.set(json!({"session_ms": 1})).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(status(&org, &fresh["access_token"]).await, 401);
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_sessions() {
    let org = Client::new();
    let grant = org.org.issue_grant(&org.org.admin_user_id());
    let revoke = format!("/services/oauth2/revoke?token={}", encode(&grant.refresh_token));
    assert_eq!(org.get(&revoke).await.status, 200);
    assert_eq!(status(&org, &json!(grant.access_token)).await, 401);
    assert_eq!(org.get(&revoke).await.code(), "invalid_token");
}

#[tokio::test]
async fn the_sixth_approval_revokes_the_first() {
    let org = approving();
    let mut refresh_tokens = Vec::new();
    for _ in 0..6 {
        refresh_tokens.push(exchange(&org, &code(&org).await, VERIFIER).await.body["refresh_token"].clone());
    }
    assert_eq!(refresh(&org, &refresh_tokens[0]).await.code(), "invalid_grant");
    assert_eq!(refresh(&org, &refresh_tokens[1]).await.status, 200);
}

#[tokio::test]
async fn user_info_describes_the_sessions_user() {
    let org = Client::new();
    let info = org.get("/services/oauth2/userinfo").await.body;
    assert_eq!((&info["user_id"], &info["email"]), (&json!(org.org.admin_user_id()), &json!("admin@example.com")));
    assert_eq!(info["organization_id"], json!(org.org.org_id()));
    let identity = org.get(&format!("/id/{}/{}", org.org.org_id(), org.org.admin_user_id())).await.body;
    assert_eq!(identity["username"], "admin@org.example.com");
    let stranger = Client { token: "x".to_owned(), ..org };
    assert_eq!(stranger.get("/services/oauth2/userinfo").await.status, 403);
}

#[tokio::test]
async fn user_info_can_contradict_the_token() {
    let other = "005000000000002AAA";
    let org = Client::with(json!({"userinfo": {"user_id": other}}));
    let info = org.get("/services/oauth2/userinfo").await.body;
    assert_eq!((&info["user_id"], &info["organization_id"]), (&json!(other), &json!(org.org.org_id())));
    let identity = org.get(&format!("/id/{}/{}", org.org.org_id(), org.org.admin_user_id())).await.body;
    assert_eq!(identity["user_id"], json!(org.org.admin_user_id()));
}
