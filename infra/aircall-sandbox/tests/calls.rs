//! Calls: adding, reading and pagination.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::{Client, column};

/// A company with one call in each of the last `count` minutes, with ids from 1, oldest first; and the oldest start
/// time.
async fn with_calls(count: i64) -> (Client, i64) {
    let client = Client::new();
    let first = Timestamp::now().as_second() - count * 60;
    let calls: Vec<Value> = (0..count).map(|at| json!({"id": at + 1, "started_at": first + at * 60})).collect();
    let added = client.post("/_sandbox/calls", json!(calls)).await;
    assert_eq!((added.status, added.body.as_array().unwrap().len()), (201, usize::try_from(count).unwrap()));
    (client, first)
}

/// The path and query of a link.
fn path(link: &Value) -> String {
    link.as_str().unwrap().strip_prefix("http://aircall.example.com").unwrap().to_owned()
}

#[tokio::test]
async fn next_page_links_reach_all_calls() {
    let (client, _) = with_calls(120).await;
    let mut uri = "/v1/calls?per_page=50&from=0".to_owned();
    let mut ids = Vec::new();
    for count in [50, 50, 20] {
        let page = client.get(&uri).await.body;
        assert_eq!((&page["meta"]["count"], &page["meta"]["total"]), (&json!(count), &json!(120)));
        ids.extend(column(&page["calls"], "id"));
        if page["meta"]["next_page_link"].is_null() {
            assert_eq!(path(&page["meta"]["previous_page_link"]), "/v1/calls?from=0&page=2&per_page=50");
            break;
        }
        uri = path(&page["meta"]["next_page_link"]);
    }
    assert_eq!(ids, (1..=120).map(Value::from).collect::<Vec<_>>());
}

#[tokio::test]
async fn pagination_stops_after_ten_thousand_calls() {
    let (client, _) = with_calls(10_001).await;
    let last = client.get("/v1/calls?per_page=50&page=200").await.body;
    assert_eq!((&last["meta"]["total"], &last["meta"]["next_page_link"]), (&json!(10_001), &Value::Null));
    assert_eq!(client.get("/v1/calls?per_page=50&page=201").await.body["meta"]["count"], 0);
}

#[tokio::test]
async fn calls_are_filtered_by_their_start() {
    let (client, first) = with_calls(5).await;
    let (from, to) = (first + 60, first + 180);
    let some = client.get(&format!("/v1/calls?from={from}&to={to}")).await.body;
    assert_eq!(column(&some["calls"], "id"), [2, 3, 4]);
    let some = client.get(&format!("/v1/calls?from={from}&to={to}&order=desc")).await.body;
    assert_eq!(column(&some["calls"], "id"), [4, 3, 2]);
    for wrong in ["order=up", "per_page=51", "per_page=0", "page=0", "page=x", "from=yesterday"] {
        assert_eq!(client.get(&format!("/v1/calls?{wrong}")).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn history_ends_after_six_months() {
    let client = Client::new();
    let long_ago = Timestamp::now().as_second() - 184 * 86_400;
    client.post("/_sandbox/calls", json!({"id": 7, "started_at": long_ago, "ended_at": long_ago + 9})).await;
    assert_eq!(client.get("/v1/calls?from=0").await.body["meta"]["total"], 0);
    assert_eq!(client.get("/v1/calls/7").await.body["call"]["duration"], 9);
}

#[tokio::test]
async fn missing_fields_get_defaults() {
    let client = Client::new();
    let now = Timestamp::now().as_second();
    let answered = json!({"user": 2002, "number": 1002, "started_at": now, "answered_at": now + 4});
    let ids = client.post("/_sandbox/calls", json!([{}, answered])).await.body;
    let call = client.get(&format!("/v1/calls/{}", ids[0])).await.body["call"].clone();
    assert_eq!((&call["status"], &call["duration"], &call["user"]), (&json!("done"), &json!(30), &Value::Null));
    assert_eq!((&call["number"]["id"], &call["direction"]), (&json!(1001), &json!("inbound")));
    let call = client.get(&format!("/v1/calls/{}", ids[1])).await.body["call"].clone();
    assert_eq!((&call["status"], &call["duration"], &call["ended_at"]), (&json!("answered"), &json!(0), &Value::Null));
    assert_eq!(
        (&call["number"]["name"], &call["user"]["email"]),
        (&json!("Support line"), &json!("robin.rep@example.com"))
    );
    // Once its end is given, the same call is done.
    client.post("/_sandbox/calls", json!({"id": ids[1], "ended_at": now + 10})).await;
    let call = client.get(&format!("/v1/calls/{}", ids[1])).await.body["call"].clone();
    assert_eq!((&call["status"], &call["duration"], &call["user"]["id"]), (&json!("done"), &json!(10), &json!(2002)));
}

#[tokio::test]
async fn an_invalid_call_is_refused_and_changes_nothing() {
    let client = Client::new();
    client.post("/_sandbox/calls", json!({"id": 7, "user": 2001})).await;
    let before = client.get("/_sandbox/calls").await.body;
    for (call, field) in [
        (json!({"id": "x"}), "`id`"),
        (json!({"id": 7, "user": 1}), "`user`"),
        (json!({"number": 1}), "`number`"),
        (json!({"id": 7, "started_at": "today"}), "`started_at`"),
    ] {
        let refused = client.post("/_sandbox/calls", call).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body["troubleshoot"].as_str().unwrap().contains(field), "{}", refused.body);
    }
    assert_eq!(client.get("/_sandbox/calls").await.body, before);
    assert_eq!(client.delete("/_sandbox/calls").await.status, 204);
    assert_eq!(client.get("/v1/calls").await.body["meta"]["total"], 0);
}

#[tokio::test]
async fn the_contact_is_included_on_request() {
    let client = Client::new();
    client.post("/_sandbox/calls", json!({"id": 7, "contact": {"id": 1, "first_name": "Ada"}})).await;
    assert_eq!(client.get("/v1/calls").await.body["calls"][0]["contact"], Value::Null);
    assert_eq!(client.get("/v1/calls?fetch_contact=true").await.body["calls"][0]["contact"]["first_name"], "Ada");
    assert_eq!(client.get("/v1/calls/7").await.body["call"]["contact"], Value::Null);
}
