//! The sandbox Aircall, over HTTP.

use local::aircall::{API_ID, API_TOKEN, router};
use serde_json::{Value, json};

async fn start() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router()).await });
    url
}

#[tokio::test]
async fn credentials_are_checked_as_aircall_checks_them() {
    let url = start().await + "/v1/ping";
    let http = reqwest::Client::new();
    let none = http.get(&url).send().await.expect("an answer");
    assert_eq!(none.status(), 401);
    let wrong = http.get(&url).basic_auth(API_ID, Some("wrong")).send().await.expect("an answer");
    assert_eq!(wrong.status(), 403);
    let right = http.get(&url).basic_auth(API_ID, Some(API_TOKEN)).send().await.expect("an answer");
    assert_eq!(right.json::<Value>().await.expect("JSON"), json!({ "ping": "pong" }));
}

#[tokio::test]
async fn numbers_have_the_fields_that_settings_are_made_of() {
    let url = start().await + "/v1/numbers";
    let answer = reqwest::Client::new().get(&url).basic_auth(API_ID, Some(API_TOKEN)).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["meta"]["total"], 2);
    assert_eq!(answer["numbers"][0]["time_zone"], "America/Los_Angeles");
    assert_eq!(answer["numbers"][0]["e164_digits"], "+14155550100");
}
