//! `/_sandbox`: faults, requests, numbers and options; snapshots.

use std::{
    io::{Read, Write},
    time::Instant,
};

use aircall_sandbox::{Company, Options};
use sandbox_kit::Server;
use serde_json::{Value, json};

use crate::client::Client;

async fn add_fault(client: &Client, fault: Value) {
    assert_eq!(client.post("/_sandbox/faults", fault).await.status, 201);
}

#[tokio::test]
async fn a_fault_replaces_the_request_or_with_commit_only_its_response() {
    let client = Client::new();
    let body = json!({"url": "https://hooks.example.com/"});
    add_fault(
        &client,
        json!({"method": "POST", "path": "^/v1/webhooks", "status": 503, "headers": {"Retry-After": "1"}}),
    )
    .await;
    let refused = client.post("/v1/webhooks", body.clone()).await;
    assert_eq!((refused.status, refused.headers["retry-after"].to_str().unwrap()), (503, "1"));
    add_fault(&client, json!([{"path": "webhooks", "status": 500, "body": "<h1>oops</h1>", "commit": true}])).await;
    let lost = client.post("/v1/webhooks", body).await;
    assert_eq!((lost.status, lost.body), (500, json!("<h1>oops</h1>")));
    assert_eq!(client.get("/v1/webhooks").await.body["meta"]["total"], 1);
}

#[tokio::test]
async fn faults_match_method_and_path_and_are_used_up() {
    let client = Client::new();
    add_fault(&client, json!({"method": "GET", "path": "numbers.*page=2", "times": 2, "status": 502})).await;
    assert_eq!(client.get("/v1/numbers?page=1").await.status, 200);
    assert_eq!(client.get("/v1/numbers?page=2").await.status, 502);
    assert_eq!(client.get("/_sandbox/faults").await.body[0]["times"], 1);
    assert_eq!(client.get("/v1/numbers?page=2").await.status, 502);
    assert_eq!(client.get("/v1/numbers?page=2").await.status, 200);
    add_fault(&client, json!({"status": 500, "times": 9})).await;
    client.delete("/_sandbox/faults").await;
    assert_eq!(client.get("/v1/ping").await.status, 200);
    for wrong in [json!({"path": "("}), json!({"pth": "x"}), json!([{}, 7])] {
        assert_eq!(client.post("/_sandbox/faults", wrong).await.status, 400);
    }
    assert_eq!(client.get("/_sandbox/faults").await.body, json!([]));
}

#[tokio::test]
async fn a_fault_with_only_a_delay_keeps_the_response() {
    let client = Client::new();
    add_fault(&client, json!({"delay_ms": 30})).await;
    let start = Instant::now();
    assert_eq!(client.get("/v1/ping").await.status, 200);
    assert!(start.elapsed().as_millis() >= 30);
}

#[tokio::test]
async fn a_dropped_connection_sends_no_bytes() {
    let client = Client::new();
    add_fault(&client, json!({"drop": true})).await;
    let server = Server::start(client.company.router()).await.unwrap();
    let address = server.address;
    let read = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /v1/ping HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        // The connection may be reset instead of closed.
        let _ = stream.read_to_string(&mut text);
        text
    });
    assert_eq!(read.await.unwrap(), "");
    assert_eq!(client.get("/_sandbox/requests").await.body["log"][0]["status"], 0);
}

#[tokio::test]
async fn requests_to_the_api_are_logged_and_others_are_not() {
    let client = Client::new();
    client.get("/v1/calls?from=7").await;
    client.get("/v1/nowhere").await;
    client.send("GET", "/v1/ping", "", &[]).await;
    client.get("/_sandbox/options").await;
    let requests = client.get("/_sandbox/requests").await.body;
    let entry =
        |path: &str, query: &str, status: u16| json!({"method": "GET", "path": path, "query": query, "status": status});
    let log = [entry("/v1/calls", "from=7", 200), entry("/v1/nowhere", "", 404), entry("/v1/ping", "", 401)];
    assert_eq!(requests, json!({"total": 3, "log": log}));
    assert_eq!(client.delete("/_sandbox/requests").await.status, 204);
    assert_eq!(client.get("/_sandbox/requests").await.body["total"], 0);
}

#[tokio::test]
async fn numbers_can_be_added_and_replaced() {
    let client = Client::new();
    let numbers = json!([{"id": 1003, "name": "Renamed"}, {"id": 9, "time_zone": "Asia/Tokyo", "open": false}]);
    let added = client.post("/_sandbox/numbers", numbers).await;
    assert_eq!((added.status, added.body), (201, json!([1003, 9])));
    let numbers = client.get("/v1/numbers").await.body["numbers"].clone();
    assert_eq!(numbers.as_array().unwrap().len(), 4);
    assert_eq!((&numbers[0]["time_zone"], &numbers[0]["open"]), (&json!("Asia/Tokyo"), &json!(false)));
    assert_eq!(numbers[3]["name"], "Renamed");
    assert_eq!(client.get("/_sandbox/numbers").await.body, numbers);
    assert_eq!(client.post("/_sandbox/numbers", json!([{"id": 5}, {"name": "No id"}])).await.status, 400);
    assert_eq!(client.get("/v1/numbers/5").await.status, 404);
}

#[tokio::test]
async fn options_are_merged_and_unknown_ones_refused() {
    let client = Client::new();
    let changed = client.put("/_sandbox/options", json!({"retry_ms": 7})).await;
    assert_eq!((changed.status, &changed.body["retry_ms"], &changed.body["rate_limit"]), (200, &json!(7), &json!(120)));
    assert_eq!(client.put("/_sandbox/options", json!({"retry": 7})).await.status, 400);
    assert_eq!(client.get("/_sandbox/options").await.body, changed.body);
}

#[tokio::test]
async fn a_snapshot_restores_the_company() {
    let client = Client::with(json!({"retry_ms": 7}));
    let app = client.app();
    let webhook = app.webhook(json!({"url": "https://hooks.example.com/", "events": ["call.ended"]})).await;
    client.post("/_sandbox/calls", json!({"id": 7})).await;
    let copy = Company::new(Options::default());
    copy.restore(client.company.snapshot()).unwrap();
    for (old, company) in [(&client, copy.clone()), (&app, copy.clone())] {
        let again = Client { company, authorization: old.authorization.clone() };
        assert_eq!(again.get("/v1/webhooks").await.body["webhooks"], json!([webhook]));
        assert_eq!(again.get("/v1/calls/7").await.body, client.get("/v1/calls/7").await.body);
    }
    assert_eq!((copy.options().retry_ms, copy.client_secret()), (7, client.company.client_secret()));
    assert!(copy.restore(json!({"nonsense": true})).is_err());
}

#[tokio::test]
async fn the_revision_changes_with_the_snapshot() {
    let client = Client::new();
    let before = (client.company.revision(), client.company.snapshot());
    client.get("/v1/numbers").await;
    assert_eq!((client.company.revision(), client.company.snapshot()), before);
    client.webhook(json!({"url": "https://hooks.example.com/"})).await;
    assert_ne!(client.company.revision(), before.0);
}
