//! Credentials, the rate limit, and the company's numbers and users.

use jiff::Timestamp;
use serde_json::json;

use crate::client::{Client, column};

#[tokio::test]
async fn no_credentials_are_401_and_wrong_ones_403() {
    let client = Client::new();
    let none = client.send("GET", "/v1/ping", "", &[]).await;
    assert_eq!(none.status, 401);
    for wrong in ["Basic d3Jvbmc6d3Jvbmc=", "Basic %%%", "Bearer wrong", "Digest x", "nonsense"] {
        let answer = client.send("GET", "/v1/ping", "", &[("authorization", wrong)]).await;
        assert_eq!((answer.status, answer.body), (403, json!({"message": "Forbidden"})), "{wrong}");
    }
    for right in [&client, &client.app()] {
        let answer = right.get("/v1/ping").await;
        assert_eq!((answer.status, answer.body), (200, json!({"ping": "pong"})));
    }
}

#[tokio::test]
async fn options_can_set_the_credentials() {
    let client = Client::with(json!({"api_id": "an-id", "api_token": "a-token"}));
    let answer = client.send("GET", "/v1/ping", "", &[("authorization", "Basic YW4taWQ6YS10b2tlbg==")]).await;
    assert_eq!(answer.status, 200);
    assert_ne!(Client::new().authorization, Client::new().authorization);
}

#[tokio::test]
async fn the_company_has_numbers_and_users() {
    let client = Client::new();
    let company = client.get("/v1/company").await.body;
    assert_eq!(company, json!({"company": {"name": "Example Company", "users_count": 3, "numbers_count": 3}}));
    let numbers = client.get("/v1/numbers").await.body;
    assert_eq!(column(&numbers["numbers"], "id"), [1001, 1002, 1003]);
    assert_eq!(column(&numbers["numbers"], "time_zone"), ["America/Los_Angeles", "Europe/Paris", "Europe/London"]);
    assert_eq!(client.get("/v1/numbers/1002").await.body["number"]["name"], "Support line");
    let users = client.get("/v2/users").await.body;
    assert_eq!(column(&users["users"], "name"), ["Alex Admin", "Robin Rep", "Kim Temp"]);
    assert_eq!(client.get("/v2/users/robin.rep@example.com").await.body["user"]["id"], 2002);
    assert_eq!(client.get("/v2/users/2003").await.body["user"]["email"], "kim.temp@example.com");
}

#[tokio::test]
async fn unknown_resources_are_404() {
    let client = Client::new();
    for uri in ["/v1/numbers/1", "/v2/users/1", "/v1/users", "/v1/calls/1", "/v1/calls/x", "/v1/webhooks/x", "/nowhere"]
    {
        let answer = client.get(uri).await;
        assert_eq!((answer.status, &answer.body["error"]), (404, &json!("Not Found")), "{uri}");
    }
}

#[tokio::test]
async fn requests_above_the_limit_are_refused_until_the_next_window() {
    let client = Client::with(json!({"rate_limit": 2, "rate_window_ms": 200}));
    for status in [200, 200, 429] {
        assert_eq!(client.get("/v1/ping").await.status, status);
    }
    let refused = client.app().get("/v1/ping").await;
    assert_eq!(refused.status, 429, "the limit is shared by all callers of the company");
    let header = |name: &str| refused.headers[name].to_str().unwrap().parse::<i64>().unwrap();
    assert_eq!((header("x-aircallapi-limit"), header("x-aircallapi-remaining")), (2, 0));
    let until = header("x-aircallapi-reset") - Timestamp::now().as_second();
    assert!((0..=2).contains(&until), "{until}");
    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    let answer = client.get("/v1/ping").await;
    assert_eq!((answer.status, answer.headers.get("x-aircallapi-limit")), (200, None));
}

#[tokio::test]
async fn the_reset_can_be_in_milliseconds_and_the_limit_disabled() {
    let client = Client::with(json!({"rate_limit": 1, "reset_unit": "milliseconds"}));
    client.get("/v1/ping").await;
    let refused = client.get("/v1/ping").await;
    let reset: i64 = refused.headers["x-aircallapi-reset"].to_str().unwrap().parse().unwrap();
    let until = reset - Timestamp::now().as_millisecond();
    assert!((1..=60_000).contains(&until), "{until}");
    client.put("/_sandbox/options", json!({"rate_limit": 0})).await;
    assert_eq!(client.get("/v1/ping").await.status, 200);
}
