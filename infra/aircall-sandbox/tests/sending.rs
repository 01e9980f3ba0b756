//! Delivery of events: recipients, content, retries and deactivation.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, column};
use crate::receiver::Receiver;

/// Waits for `count` delivery attempts, and returns all attempts.
async fn attempts(client: &Client, count: usize) -> Value {
    for _ in 0..200 {
        let deliveries = client.get("/_sandbox/deliveries").await.body;
        if deliveries.as_array().unwrap().len() >= count {
            return deliveries;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there were never {count} attempts");
}

fn ended(id: u64) -> Value {
    json!({"event": "call.ended", "data": {"id": id, "started_at": 1_774_259_984, "ended_at": 1_774_260_001}})
}

#[tokio::test]
async fn an_event_reaches_the_active_webhooks_that_subscribe_to_it() {
    let client = Client::new();
    let (receiver, url) = Receiver::start(&[204]).await;
    let subscribed = client.webhook(json!({"url": url, "events": ["call.ended"]})).await;
    client.webhook(json!({"url": url, "events": ["call.created"]})).await;
    client.webhook(json!({"url": url, "events": ["call.ended"], "active": false})).await;
    let sent = client.post("/_sandbox/send", ended(7)).await;
    let delivery =
        json!([{"webhook_id": subscribed["webhook_id"], "event": "call.ended", "attempt": 1, "status": 204}]);
    assert_eq!((sent.status, &sent.body), (200, &delivery));
    let bodies = receiver.bodies().await;
    assert_eq!(bodies.len(), 1);
    assert_eq!((&bodies[0]["token"], &bodies[0]["resource"]), (&subscribed["token"], &json!("call")));
    assert!(bodies[0]["timestamp"].is_i64());
    assert_eq!(bodies[0]["data"], ended(7)["data"]);
    assert_eq!(client.get("/v1/calls/7").await.body["call"]["duration"], 17, "the call is stored, too");
    assert_eq!(client.get("/_sandbox/deliveries").await.body, delivery);
}

#[tokio::test]
async fn a_failed_delivery_is_retried_until_it_succeeds() {
    let client = Client::with(json!({"retry_ms": 5}));
    let (receiver, url) = Receiver::start(&[500, 302, 200]).await;
    client.webhook(json!({"url": url})).await;
    let sent = client.post("/_sandbox/send", ended(7)).await.body;
    assert_eq!(sent[0]["status"], 500, "the first attempt is awaited");
    let deliveries = attempts(&client, 3).await;
    assert_eq!(column(&deliveries, "status"), [500, 302, 200]);
    assert_eq!(column(&deliveries, "attempt"), [1, 2, 3]);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let bodies = receiver.bodies().await;
    assert_eq!(bodies.len(), 3, "an accepted delivery is not repeated");
    assert_eq!(bodies[0], bodies[2]);
}

#[tokio::test]
async fn a_webhook_that_keeps_failing_is_deactivated() {
    let client = Client::with(json!({"retry_ms": 5, "deactivate_after": 3}));
    let (receiver, url) = Receiver::start(&[503]).await;
    let webhook = client.webhook(json!({"url": url, "events": ["call.ended"]})).await;
    client.post("/_sandbox/send", ended(7)).await;
    attempts(&client, 3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(receiver.bodies().await.len(), 3);
    let uri = format!("/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap());
    assert_eq!(client.get(&uri).await.body["webhook"]["active"], false);
    assert_eq!(client.post("/_sandbox/send", ended(8)).await.body, json!([]), "an inactive webhook gets no events");
    client.put(&uri, json!({"active": true, "events": ["call.ended"]})).await;
    assert_eq!(client.post("/_sandbox/send", ended(9)).await.body[0]["status"], 503);
    assert_eq!(client.get(&uri).await.body["webhook"]["active"], true, "reactivation resets the failure count");
}

#[tokio::test]
async fn a_refused_connection_and_a_timeout_have_status_0() {
    let client = Client::with(json!({"retry_ms": 60_000, "delivery_timeout_ms": 50}));
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    for listener in [&silent, &gone] {
        client.webhook(json!({"url": format!("http://{}", listener.local_addr().unwrap())})).await;
    }
    drop(gone);
    let sent = client.post("/_sandbox/send", ended(7)).await.body;
    assert_eq!(column(&sent, "status"), [0, 0]);
}

#[tokio::test]
async fn an_event_on_its_way_is_delivered_although_its_webhook_is_deleted() {
    let client = Client::with(json!({"delivery_delay_ms": 50}));
    let (receiver, url) = Receiver::start(&[200]).await;
    let webhook = client.webhook(json!({"url": url})).await;
    let uri = format!("/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap());
    let (sent, deleted) = tokio::join!(client.post("/_sandbox/send", ended(7)), client.delete(&uri));
    assert_eq!((deleted.status, &sent.body[0]["status"]), (204, &json!(200)));
    assert_eq!(receiver.bodies().await[0]["token"], webhook["token"]);
    assert_eq!(client.post("/_sandbox/send", ended(8)).await.body, json!([]));
}

#[tokio::test]
async fn an_event_needs_a_name_and_a_valid_call() {
    let client = Client::new();
    assert_eq!(client.post("/_sandbox/send", json!({"data": {}})).await.status, 400);
    assert_eq!(client.post("/_sandbox/send", json!({"event": "call.ended", "data": {"id": "x"}})).await.status, 400);
    assert_eq!(
        client.post("/_sandbox/send", json!({"event": "number.opened", "data": {"id": 1001}})).await.status,
        200
    );
    assert_eq!(client.get("/_sandbox/calls").await.body, json!([]));
}

#[tokio::test]
async fn keys_can_be_left_out_of_what_is_delivered() {
    let paths = ["timestamp", "data.number.time_zone", "data.comments.id", "data.user", "data.absent.anyway"];
    let client = Client::with(json!({"absent_keys": paths}));
    let (receiver, url) = Receiver::start(&[200]).await;
    client.webhook(json!({"url": url})).await;
    let mut event = ended(7);
    event["data"]["number"] = json!({"id": 1002, "time_zone": "Europe/Paris"});
    event["data"]["comments"] = json!([{"id": 1, "content": "One"}, {"id": 2, "content": "Two"}]);
    event["data"]["user"] = json!({"id": 2002});
    client.post("/_sandbox/send", event).await;
    let body = receiver.bodies().await[0].clone();
    assert_eq!(body.get("timestamp"), None);
    assert_eq!(body["data"]["number"], json!({"id": 1002}));
    assert_eq!(body["data"]["comments"], json!([{"content": "One"}, {"content": "Two"}]));
    assert_eq!((body["data"].get("user"), &body["data"]["id"]), (None, &json!(7)));
    assert_eq!(client.get("/v1/calls/7").await.body["call"]["user"]["id"], 2002, "the API has all");
}

/// Sends `text` exactly to a webhook for `call.ended`, and returns what arrives for the token `T`.
async fn exactly(text: &str) -> Vec<String> {
    let client = Client::new();
    let (receiver, url) = Receiver::start(&[200]).await;
    let webhook = client.webhook(json!({"url": url, "events": ["call.ended"]})).await;
    let sent = client.send("POST", "/_sandbox/send_exact", text, &[]).await;
    assert_eq!(sent.status, 200);
    assert_eq!(client.get("/_sandbox/calls").await.body, json!([]), "nothing is stored");
    let token = webhook["token"].as_str().unwrap();
    receiver.texts().await.iter().map(|text| text.replace(token, "T")).collect()
}

#[tokio::test]
async fn a_body_can_be_sent_exactly_as_it_is_but_for_its_token() {
    let odd = r#"{ "token" :"x", "data": {"id":"7", "number":{}, "id": 8, "started_at": 1e3},"event":"call.ended"}"#;
    assert_eq!(exactly(odd).await, [odd.replace("\"x\"", "\"T\"")]);
    for other in [
        r#"{"event":"call.ended","data":null}"#,
        r#"{"event":"call.ended","token":null}"#,
        r#"{"event":7,"data":{}}"#,
        "not JSON",
    ] {
        assert_eq!(exactly(other).await, [other]);
    }
    assert_eq!(exactly(r#"{"event":"call.created","token":"x"}"#).await, [""; 0]);
}
