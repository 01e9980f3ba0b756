//! Delivery of events: recipients, content, retries and deactivation.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::client::{Client, column};

/// A webhook receiver that answers with the given statuses in order, then repeats the last one.
#[derive(Clone, Default)]
struct Receiver {
    statuses: Arc<Mutex<Vec<u16>>>,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    async fn start(statuses: &[u16]) -> (Self, String) {
        let receiver = Self::default();
        statuses.iter().rev().for_each(|status| receiver.statuses.try_lock().unwrap().push(*status));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(Self::receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    async fn receive(State(receiver): State<Self>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
        assert_eq!(headers["aircall-origin"], "webhooks");
        receiver.bodies.lock().await.push(body);
        let mut statuses = receiver.statuses.lock().await;
        let status = if statuses.len() > 1 { statuses.pop() } else { statuses.last().copied() };
        StatusCode::from_u16(status.unwrap_or(200)).unwrap()
    }

    async fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().await.clone()
    }
}

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
