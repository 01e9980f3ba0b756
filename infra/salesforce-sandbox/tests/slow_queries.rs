//! Queries of big tables, which take long or time out.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Client, Response, data};

const SLOW: Duration = Duration::from_millis(800);

/// An org in which a query of Contacts takes long.
fn org() -> Client {
    let org = Client::with(json!({"slow_query_ms": {"contact": SLOW.as_millis()}}));
    org.seed("Contact", json!({"LastName": "Roe", "Phone": "0612345678"}));
    org
}

/// How long a request takes that succeeds.
async fn time_of(request: impl Future<Output = Response>) -> Duration {
    let start = Instant::now();
    let answer = request.await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    start.elapsed()
}

#[tokio::test]
async fn a_query_of_a_slow_object_takes_long_and_nothing_else_does() {
    let org = org();
    let (slow, other) = tokio::join!(
        time_of(org.query("SELECT Id FROM Contact WHERE Phone = '0612345678'")),
        // Meanwhile the org answers.
        time_of(async {
            org.search("FIND {0612345678} IN PHONE FIELDS RETURNING Contact(Id)").await;
            org.create("Contact", json!({"LastName": "Doe"})).await.id();
            org.query("SELECT Id FROM Contact WHERE Nope = 1").await;
            org.query("SELECT Id FROM Lead").await
        }),
    );
    assert!(slow >= SLOW && other < SLOW, "{slow:?}, {other:?}");
}

#[tokio::test]
async fn the_queries_of_a_composite_take_their_time_one_after_the_other() {
    let org = org();
    let step = |reference_id: &str, object: &str| {
        let url = data(&format!("query?q=SELECT+Id+FROM+{object}"));
        json!({"method": "GET", "referenceId": reference_id, "url": url})
    };
    let body = json!({"compositeRequest": [step("one", "Contact"), step("two", "Lead"), step("three", "Contact")]});
    assert!(time_of(org.post(&data("composite"), body)).await >= 2 * SLOW);
}

#[tokio::test]
async fn a_query_of_two_minutes_times_out_at_once() {
    let org = Client::with(json!({"slow_query_ms": {"Contact": 120_000}}));
    let timed_out = org.query("SELECT COUNT() FROM Contact").await;
    assert_eq!((timed_out.status, timed_out.code()), (400, "QUERY_TIMEOUT"));
    assert_eq!(timed_out.message(), "Your query request was running for too long.");
    let url = data("query?q=SELECT+Id+FROM+Contact");
    let body = json!({"compositeRequest": [{"method": "GET", "referenceId": "one", "url": url}]});
    let composite = org.post(&data("composite"), body).await.body;
    let step = &composite["compositeResponse"][0];
    assert_eq!((&step["httpStatusCode"], &step["body"][0]["errorCode"]), (&json!(400), &json!("QUERY_TIMEOUT")));
    assert_eq!(org.search("FIND {0612345678} RETURNING Contact(Id)").await.status, 200);
}
