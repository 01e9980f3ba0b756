//! Request faults: which requests they apply to, and their effects and timing.

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use sandbox_kit::Server;
use serde_json::{Value, json};

use crate::client::{Client, data};

async fn add_fault(org: &Client, fault: Value) {
    assert_eq!(org.post("/_sandbox/faults", fault).await.status, 201);
}

#[tokio::test]
async fn a_fault_replaces_the_request_or_with_commit_only_its_response() {
    let org = Client::new();
    let body = json!([{"errorCode": "SERVER_UNAVAILABLE", "message": "Try later"}]);
    let path = "/sobjects/Task";
    add_fault(
        &org,
        json!({"method": "POST", "path": path, "status": 503, "body": body, "headers": {"Retry-After": "1"}}),
    )
    .await;
    let refused = org.create("Task", json!({})).await;
    assert_eq!(
        (refused.status, refused.code(), &refused.headers["retry-after"].to_str().unwrap()),
        (503, "SERVER_UNAVAILABLE", &"1")
    );
    assert!(org.org.records("Task").is_empty());
    add_fault(&org, json!([{"path": path, "status": 500, "body": "<h1>oops</h1>", "commit": true}])).await;
    let lost = org.create("Task", json!({})).await;
    assert_eq!((lost.status, lost.body, org.org.records("Task").len()), (500, json!("<h1>oops</h1>"), 1));
    org.create("Task", json!({})).await.id();
    let counted = org.get("/_sandbox/requests").await.body;
    assert_eq!((&counted["total"], &counted["log"][1]["status"]), (&json!(3), &json!(500)));
}

#[tokio::test]
async fn faults_match_method_and_path_and_are_used_up() {
    let org = Client::new();
    add_fault(&org, json!({"method": "GET", "path": "query.*FROM\\+Task", "times": 2, "status": 502})).await;
    assert_eq!(org.query("SELECT Id FROM Contact").await.status, 200);
    assert_eq!(org.query("SELECT Id FROM Task").await.status, 502);
    assert_eq!(org.get("/_sandbox/faults").await.body[0]["times"], 1);
    assert_eq!(org.query("SELECT Id FROM Task").await.status, 502);
    assert_eq!(org.query("SELECT Id FROM Task").await.status, 200);
    add_fault(&org, json!({"status": 500, "times": 9})).await;
    org.delete("/_sandbox/faults").await;
    assert_eq!(org.get(&data("limits")).await.status, 200);
    assert_eq!(org.post("/_sandbox/faults", json!({"path": "("})).await.status, 400);
    assert_eq!(org.post("/_sandbox/faults", json!({"pth": "x"})).await.status, 400);
}

#[tokio::test]
async fn a_fault_with_only_a_delay_keeps_the_response() {
    let org = Client::new();
    add_fault(&org, json!({"path": "Task", "delay_ms": 30})).await;
    let start = Instant::now();
    org.create("Task", json!({})).await.id();
    assert!(start.elapsed().as_millis() >= 30);
}

/// Sends a request over a real connection, and returns what is read before it is closed.
async fn raw(org: &Client, path: &str) -> String {
    let server = Server::start(org.org.router()).await.unwrap();
    let address = server.address;
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 2\r\nconnection: close\r\n\r\n{{}}",
        org.token
    );
    let read = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        // The connection may be reset instead of closed.
        let _ = stream.read_to_string(&mut text);
        text
    });
    read.await.unwrap()
}

#[tokio::test]
async fn a_dropped_connection_sends_no_bytes_even_if_the_request_took_effect() {
    let org = Client::new();
    let path = data("sobjects/Task");
    add_fault(&org, json!({"path": "Task", "drop": true})).await;
    assert_eq!((raw(&org, &path).await, org.org.records("Task").len()), (String::new(), 0));
    add_fault(&org, json!({"path": "Task", "status": 0, "commit": true})).await;
    assert_eq!((raw(&org, &path).await, org.org.records("Task").len()), (String::new(), 1));
    assert!(raw(&org, &path).await.starts_with("HTTP/1.1 201 Created"));
}

#[tokio::test]
async fn the_content_type_follows_the_body_of_the_fault() {
    let org = Client::new();
    let error = json!([{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "locked"}]);
    for (body, content_type) in [
        (error.clone(), "application/json;charset=UTF-8"),
        (json!(error.to_string()), "application/json;charset=UTF-8"),
        (json!("<h1>oops</h1>"), "text/html;charset=UTF-8"),
    ] {
        add_fault(&org, json!({"status": 400, "body": body})).await;
        let answer = org.create("Task", json!({})).await;
        assert_eq!(answer.headers["content-type"], content_type);
        assert_eq!(answer.body, if body.is_array() || content_type.starts_with("app") { error.clone() } else { body });
    }
}

#[tokio::test]
async fn by_default_a_fault_applies_once_to_any_request() {
    let org = Client::new();
    add_fault(&org, json!({"status": 503})).await;
    assert_eq!(org.delete(&data("sobjects/Task/1")).await.status, 503);
    assert_eq!(org.get(&data("limits")).await.status, 200);
}

#[tokio::test]
async fn a_request_fault_does_not_apply_to_subrequests() {
    let org = Client::new();
    add_fault(&org, json!({"path": "sobjects/Task", "status": 503})).await;
    let step = json!({"method": "POST", "referenceId": "t", "url": data("sobjects/Task"), "body": {"Subject": "Call"}});
    let answer = org.post(&data("composite"), json!({"compositeRequest": [step]})).await;
    assert_eq!((answer.status, &answer.body["compositeResponse"][0]["httpStatusCode"]), (200, &json!(201)));
    assert_eq!(org.create("Task", json!({})).await.status, 503);
}

/// Sends a request, abandons it after 60 ms, and returns the number of Tasks at that time.
async fn abandon(org: &Client) -> usize {
    let timeout = Duration::from_millis(60);
    let answer = tokio::time::timeout(timeout, org.create("Task", json!({"Subject": "Call"}))).await;
    assert!(answer.is_err(), "the caller did not wait");
    org.org.records("Task").len()
}

/// Waits until the org has this number of Tasks and has logged a request with this status.
async fn wait_for(org: &Client, tasks: usize, status: u16) {
    let start = Instant::now();
    loop {
        let log = org.get("/_sandbox/requests").await.body["log"].clone();
        if org.org.records("Task").len() == tasks && log[0]["status"] == status {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{log}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_committed_request_takes_effect_before_the_delay() {
    for answer in [json!({"status": 504}), json!({"drop": true}), json!({})] {
        let org = Client::new();
        let mut rule = json!({"path": "Task", "commit": true, "delay_ms": 200});
        rule.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
        add_fault(&org, rule).await;
        assert_eq!(abandon(&org).await, 1, "{answer}");
        let status = if answer["drop"] == true { 0 } else { answer["status"].as_u64().unwrap_or(201) };
        wait_for(&org, 1, u16::try_from(status).unwrap()).await;
    }
}

#[tokio::test]
async fn a_delayed_request_completes_after_its_caller_disconnects() {
    let org = Client::new();
    add_fault(&org, json!({"path": "Task", "delay_ms": 200})).await;
    assert_eq!(abandon(&org).await, 0);
    wait_for(&org, 1, 201).await;
}

#[tokio::test]
async fn a_delayed_error_is_counted_after_its_caller_disconnects() {
    let org = Client::new();
    add_fault(&org, json!({"path": "Task", "delay_ms": 200, "status": 503})).await;
    assert_eq!(abandon(&org).await, 0);
    wait_for(&org, 0, 503).await;
    assert_eq!(org.get("/_sandbox/requests").await.body["total"], 1);
}

#[tokio::test]
async fn a_request_takes_effect_when_its_connection_is_closed() {
    let org = Client::new();
    add_fault(&org, json!({"path": "Task", "delay_ms": 200})).await;
    let server = Server::start(org.org.router()).await.unwrap();
    let address = server.address;
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 2\r\n\r\n{{}}",
        data("sobjects/Task"),
        org.token
    );
    let disconnected = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(60));
    });
    disconnected.await.unwrap();
    assert!(org.org.records("Task").is_empty());
    wait_for(&org, 1, 201).await;
}

#[tokio::test]
async fn a_late_request_takes_effect_after_its_caller_has_the_response() {
    let org = Client::new();
    add_fault(&org, json!({"path": "Task", "status": 504, "effect_after_ms": 100})).await;
    assert_eq!((org.create("Task", json!({})).await.status, org.org.records("Task").len()), (504, 0));
    wait_for(&org, 1, 504).await;
    assert_eq!(org.get("/_sandbox/requests").await.body["total"], 1);

    add_fault(&org, json!({"path": "Task", "effect_after_ms": 100})).await;
    assert_eq!((raw(&org, &data("sobjects/Task")).await, org.org.records("Task").len()), (String::new(), 1));
    wait_for(&org, 2, 504).await;
}

#[tokio::test]
async fn a_late_update_is_refused_if_the_record_was_modified_meanwhile() {
    let org = Client::new();
    let id = org.seed("Task", json!({"Subject": "Call", "LastModifiedDate": "2026-03-01T10:00:00.000+0000"}));
    let path = data(&format!("sobjects/Task/{id}"));
    let unmodified = [("if-unmodified-since", "Sun, 01 Mar 2026 10:00:00 GMT")];
    let update = async |subject: &str| org.send("PATCH", &path, Some(json!({"Subject": subject})), &unmodified).await;
    add_fault(&org, json!({"method": "PATCH", "status": 504, "effect_after_ms": 50})).await;
    assert_eq!(update("late").await.status, 504);
    assert_eq!(update("in time").await.status, 204);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(org.only("Task")["Subject"], "in time");
}
