//! `/_sandbox`, the daily allowance, snapshots.

use std::io::{Read, Write};

use salesforce_sandbox::{Options, Org};
use serde_json::{Value, json};

use crate::client::{Client, data};

#[tokio::test]
async fn requests_are_counted_as_salesforce_counts() {
    let org = Client::new();
    org.create("Task", json!({})).await;
    org.query("SELECT Id FROM Task").await;
    org.search("FIND {0612345678} IN PHONE FIELDS").await;
    let step = |reference_id: &str| json!({"method": "GET", "referenceId": reference_id, "url": data("query?q=SELECT+Id+FROM+Task")});
    let composite = json!({"compositeRequest": [step("one"), step("two")]});
    org.post(&data("composite/"), composite).await;
    org.post(&data("composite/sobjects"), json!({"records": []})).await;
    let part = json!({"method": "GET", "url": "v66.0/limits"});
    org.post(&data("composite/batch"), json!({"batchRequests": [part, part, part]})).await;
    org.get("/services/data").await;
    org.get("/services/oauth2/userinfo").await;
    Client { token: "x".to_owned(), org: org.org.clone() }.get(&data("limits")).await;
    let counted = org.get("/_sandbox/requests").await.body;
    let by_resource = json!({"composite": 1, "composite/batch": 3, "composite/sobjects": 1, "query": 1, "search": 1,
        "sobjects": 1});
    assert_eq!((&counted["total"], &counted["by_resource"]), (&json!(8), &by_resource));
    let log = counted["log"].as_array().unwrap();
    assert_eq!(log.len(), 9);
    assert_eq!(
        (&log[0]["method"], &log[0]["path"], &log[0]["status"]),
        (&json!("POST"), &json!(data("sobjects/Task")), &json!(201))
    );
    assert_eq!(log[8]["status"], 401);
    assert_eq!(org.delete("/_sandbox/requests").await.status, 204);
    assert_eq!(org.get("/_sandbox/requests").await.body, json!({"total": 0, "by_resource": {}, "log": []}));
}

#[tokio::test]
async fn the_daily_allowance_ends() {
    let org = Client::with(json!({"daily_api_limit": 2}));
    let first = org.get(&data("limits")).await;
    assert_eq!(first.headers["sforce-limit-info"], "api-usage=1/2");
    assert_eq!(first.body["DailyApiRequests"], json!({"Max": 2, "Remaining": 1}));
    org.get(&data("limits")).await;
    let refused = org.create("Task", json!({})).await;
    assert_eq!((refused.status, refused.code()), (403, "REQUEST_LIMIT_EXCEEDED"));
    assert_eq!((refused.message(), org.org.records("Task").len()), ("TotalRequests Limit exceeded.", 0));
    org.set(json!({"daily_api_limit": 3})).await;
    org.create("Task", json!({})).await.id();
}

#[tokio::test]
async fn records_are_seeded_listed_and_removed() {
    let org = Client::new();
    let seeded = json!({"LastName": "Roe", "LastModifiedDate": "2026-01-02T03:04:05Z", "CreatedDate": "2025-01-02T03:04:05+01:00"});
    let one = org.post("/_sandbox/records/Contact", seeded).await.id();
    let several = org.post("/_sandbox/records/Contact", json!([{"LastName": "A"}, {"LastName": "B"}])).await;
    assert_eq!((several.status, several.body.as_array().unwrap().len()), (201, 2));
    let records = org.get("/_sandbox/records/Contact").await.body;
    assert_eq!((&records[0]["Id"], &records[2]["LastName"]), (&json!(one), &json!("B")));
    assert_eq!(records[0]["LastModifiedDate"], "2026-01-02T03:04:05.000+0000");
    assert_eq!(records[0]["CreatedDate"], "2025-01-02T02:04:05.000+0000");
    let half = org.post("/_sandbox/records/Contact", json!([{"LastName": "C"}, {"Nope": 1}])).await;
    assert_eq!((half.status, org.org.records("Contact").len()), (400, 3));
    assert_eq!(org.get("/_sandbox/records/Nope").await.status, 404);
    assert_eq!(org.get("/_sandbox/requests").await.body["total"], 0);

    org.seed("Task", json!({}));
    org.delete("/_sandbox/records/Contact").await;
    assert_eq!((org.org.records("Contact").len(), org.org.records("Task").len()), (0, 1));
    org.delete("/_sandbox/records").await;
    assert_eq!((org.org.records("Task").len(), org.org.records("User").len()), (0, 1));
    org.create("Contact", json!({"LastName": "Again"})).await.id();
}

#[tokio::test]
async fn options_merge_and_unknown_ones_are_refused() {
    let org = Client::new();
    let changed = org.put("/_sandbox/options", json!({"index_lag_ms": 5})).await;
    assert_eq!((changed.status, &changed.body["index_lag_ms"]), (200, &json!(5)));
    org.set(json!({"person_accounts": true})).await;
    let all = org.get("/_sandbox/options").await.body;
    assert_eq!((&all["index_lag_ms"], &all["person_accounts"]), (&json!(5), &json!(true)));
    assert_eq!(org.put("/_sandbox/options", json!({"index_lag": 5})).await.status, 400);
    let rule = json!({"sobject": "Task", "field": "Subject", "regex": "(", "message": "x"});
    assert_eq!(org.put("/_sandbox/options", json!({"validation_rules": [rule]})).await.status, 400);
    assert_eq!(org.get("/_sandbox/options").await.body, all);
}

async fn fault(org: &Client, fault: Value) {
    assert_eq!(org.post("/_sandbox/faults", fault).await.status, 201);
}

#[tokio::test]
async fn a_fault_keeps_the_request_out_or_only_its_answer() {
    let org = Client::new();
    let body = json!([{"errorCode": "SERVER_UNAVAILABLE", "message": "Try later"}]);
    let path = "/sobjects/Task";
    fault(&org, json!({"method": "POST", "path": path, "status": 503, "body": body, "headers": {"Retry-After": "1"}}))
        .await;
    let refused = org.create("Task", json!({})).await;
    assert_eq!(
        (refused.status, refused.code(), &refused.headers["retry-after"].to_str().unwrap()),
        (503, "SERVER_UNAVAILABLE", &"1")
    );
    assert!(org.org.records("Task").is_empty());
    fault(&org, json!([{"path": path, "status": 500, "body": "<h1>oops</h1>", "commit": true}])).await;
    let lost = org.create("Task", json!({})).await;
    assert_eq!((lost.status, lost.body, org.org.records("Task").len()), (500, json!("<h1>oops</h1>"), 1));
    org.create("Task", json!({})).await.id();
    let counted = org.get("/_sandbox/requests").await.body;
    assert_eq!((&counted["total"], &counted["log"][1]["status"]), (&json!(3), &json!(500)));
}

#[tokio::test]
async fn faults_fit_by_method_and_path_and_are_used_up() {
    let org = Client::new();
    fault(&org, json!({"method": "GET", "path": "query.*FROM\\+Task", "times": 2, "status": 502})).await;
    assert_eq!(org.query("SELECT Id FROM Contact").await.status, 200);
    assert_eq!(org.query("SELECT Id FROM Task").await.status, 502);
    assert_eq!(org.get("/_sandbox/faults").await.body[0]["times"], 1);
    assert_eq!(org.query("SELECT Id FROM Task").await.status, 502);
    assert_eq!(org.query("SELECT Id FROM Task").await.status, 200);
    fault(&org, json!({"status": 500, "times": 9})).await;
    org.delete("/_sandbox/faults").await;
    assert_eq!(org.get(&data("limits")).await.status, 200);
    assert_eq!(org.post("/_sandbox/faults", json!({"path": "("})).await.status, 400);
    assert_eq!(org.post("/_sandbox/faults", json!({"pth": "x"})).await.status, 400);
}

#[tokio::test]
async fn a_delay_alone_changes_nothing_else() {
    let org = Client::new();
    fault(&org, json!({"path": "Task", "delay_ms": 30})).await;
    let start = std::time::Instant::now();
    org.create("Task", json!({})).await.id();
    assert!(start.elapsed().as_millis() >= 30);
}

/// What a client on a real connection reads before it is closed.
async fn raw(org: &Client, path: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, org.org.router()).into_future());
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 2\r\nconnection: close\r\n\r\n{{}}",
        org.token
    );
    let read = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        // A reset connection is as good as a closed one.
        let _ = stream.read_to_string(&mut text);
        text
    });
    let text = read.await.unwrap();
    server.abort();
    text
}

#[tokio::test]
async fn a_dropped_connection_says_nothing_but_may_have_committed() {
    let org = Client::new();
    let path = data("sobjects/Task");
    fault(&org, json!({"path": "Task", "drop": true})).await;
    assert_eq!((raw(&org, &path).await, org.org.records("Task").len()), (String::new(), 0));
    fault(&org, json!({"path": "Task", "status": 0, "commit": true})).await;
    assert_eq!((raw(&org, &path).await, org.org.records("Task").len()), (String::new(), 1));
    assert!(raw(&org, &path).await.starts_with("HTTP/1.1 201 Created"));
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let org = Client::with(json!({"index_lag_ms": 7}));
    let id = org.create("Task", json!({"Aircall_Key__c": "call-1"})).await.id();
    let copy = Org::new(Options::default());
    copy.restore(org.org.snapshot()).unwrap();
    let copy = Client { org: copy, token: org.token.clone() };
    assert_eq!(copy.get(&data(&format!("sobjects/Task/{id}"))).await.body["Aircall_Key__c"], "call-1");
    assert_eq!(copy.create("Task", json!({"Aircall_Key__c": "call-1"})).await.code(), "DUPLICATE_VALUE");
    assert_ne!(copy.create("Task", json!({})).await.id(), id);
    assert_eq!((copy.org.client_id(), copy.org.options().index_lag_ms), (org.org.client_id(), 7));
    assert!(copy.org.restore(json!({"nonsense": true})).is_err());
    assert_eq!(copy.org.records("Task").len(), 2);
}
