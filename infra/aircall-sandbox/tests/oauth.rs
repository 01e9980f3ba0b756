//! Consent, and the exchange of its code for a token.

use serde_json::json;
use url::{Url, form_urlencoded};

use crate::client::{Client, Response};

const REDIRECT: &str = "https://app.example.com/callback?tab=1";

/// The query of an app's authorization request, with `changes` applied.
fn query(client: &Client, changes: &[(&str, &str)]) -> String {
    let (id, mut pairs) = (client.company.client_id(), Vec::new());
    for (name, value) in [
        ("client_id", id.as_str()),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "public_api"),
        ("state", "a\"<b"),
    ] {
        let other = changes.iter().find(|(changed, _)| *changed == name);
        pairs.push((name, other.map_or(value, |(_, value)| value)));
    }
    pairs.extend(changes.iter().filter(|(name, _)| ["decision", "asks_for_numbers", "number_ids"].contains(name)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Submits the consent form, and returns the address of the redirect.
async fn decide(client: &Client, decision: &str) -> Url {
    submit(client, &[("decision", decision)]).await
}

async fn submit(client: &Client, fields: &[(&str, &str)]) -> Url {
    let form = query(client, fields);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = client.send("POST", "/oauth/authorize", &form, &headers).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.headers["location"].to_str().unwrap().parse().unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn exchange(client: &Client, code: &str, redirect_uri: &str, secret: &str) -> Response {
    let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
        "client_id": client.company.client_id(), "client_secret": secret});
    client.send("POST", "/v1/oauth/token", &body.to_string(), &[]).await
}

#[tokio::test]
async fn a_code_from_consent_is_exchanged_for_a_token_once() {
    let client = Client::new();
    let page = client.send("GET", &format!("/oauth/authorize?{}", query(&client, &[])), "", &[]).await;
    let html = page.body.as_str().unwrap();
    assert_eq!(page.status, 200);
    assert!(html.contains("Example Company") && html.contains("app.example.com"), "{html}");
    assert!(html.contains("value=\"a&quot;&lt;b\""), "{html}");
    assert!(html.contains("name=\"number_ids\" value=\"1002\" checked> Support line"), "{html}");
    let target = decide(&client, "allow").await;
    assert!(target.as_str().starts_with("https://app.example.com/callback?tab=1&code="), "{target}");
    assert_eq!(parameter(&target, "state").as_deref(), Some("a\"<b"));
    let code = parameter(&target, "code").unwrap();
    let secret = client.company.client_secret();
    let token = exchange(&client, &code, REDIRECT, &secret).await;
    assert_eq!((token.status, &token.body["token_type"]), (200, &json!("Bearer")));
    let authorization = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
    let answer = client.send("GET", "/v1/ping", "", &[("authorization", &authorization)]).await;
    assert_eq!(answer.status, 200);
    let again = exchange(&client, &code, REDIRECT, &secret).await;
    assert_eq!((again.status, &again.body["error"]), (400, &json!("invalid_grant")), "a code works once");
}

/// A client of the same company that uses the token of an app that an admin authorised for these lines.
pub(crate) async fn app_for_lines(client: &Client, lines: &[u64]) -> Client {
    let ids: Vec<String> = lines.iter().map(u64::to_string).collect();
    let mut fields = vec![("decision", "allow"), ("asks_for_numbers", "1")];
    fields.extend(ids.iter().map(|id| ("number_ids", id.as_str())));
    let code = parameter(&submit(client, &fields).await, "code").unwrap();
    let token = exchange(client, &code, REDIRECT, &client.company.client_secret()).await.body;
    let authorization = format!("Bearer {}", token["access_token"].as_str().unwrap());
    Client { company: client.company.clone(), authorization }
}

#[tokio::test]
async fn an_app_leads_back_to_the_success_page() {
    let client = Client::new();
    let page = client.send("GET", "/oauth/success", "", &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.as_str().unwrap().contains("is installed"));
}

#[tokio::test]
async fn a_denial_redirects_with_an_error() {
    let client = Client::new();
    let target = decide(&client, "deny").await;
    assert_eq!((parameter(&target, "error").as_deref(), parameter(&target, "code")), (Some("access_denied"), None));
}

#[tokio::test]
async fn an_invalid_request_is_refused_without_a_redirect() {
    let client = Client::new();
    for change in [
        ("client_id", "another"),
        ("response_type", "token"),
        ("scope", "everything"),
        ("redirect_uri", "/callback"),
        ("redirect_uri", "javascript:alert(1)"),
    ] {
        let query = query(&client, &[change]);
        let answer = client.send("GET", &format!("/oauth/authorize?{query}"), "", &[]).await;
        assert_eq!((answer.status, answer.headers.get("location")), (400, None), "{change:?}");
    }
}

#[tokio::test]
async fn an_exchange_with_wrong_parameters_is_refused() {
    let client = Client::new();
    let secret = client.company.client_secret();
    let code = parameter(&decide(&client, "allow").await, "code").unwrap();
    let wrong_secret = exchange(&client, &code, REDIRECT, "guess").await;
    assert_eq!((wrong_secret.status, &wrong_secret.body["error"]), (401, &json!("invalid_client")));
    let elsewhere = exchange(&client, &code, "https://other.example.com/", &secret).await;
    assert_eq!((elsewhere.status, &elsewhere.body["error"]), (400, &json!("invalid_grant")));
    let unknown = exchange(&client, "guess", REDIRECT, &secret).await;
    assert_eq!((unknown.status, &unknown.body["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn an_exchange_can_be_a_form() {
    let client = Client::new();
    let code = parameter(&decide(&client, "allow").await, "code").unwrap();
    let (id, secret) = (client.company.client_id(), client.company.client_secret());
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", &code)
        .append_pair("redirect_uri", REDIRECT)
        .append_pair("client_id", &id)
        .append_pair("client_secret", &secret)
        .finish();
    assert_eq!(client.send("POST", "/v1/oauth/token", &form, &[]).await.status, 200);
}
