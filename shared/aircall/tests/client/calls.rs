//! Listing calls between two instants, and getting a call by its id.

use std::time::Duration;

use aircall::Webhook;
use aircall::client::CallPage;
use aircall_sandbox::Options;
use jiff::Timestamp;
use rules::{CallEvent, CallId, Direction};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// A sandbox with a call in each of the last `count` seconds, ids from 1, oldest first; and when the first started.
async fn with_calls(count: i64) -> (Sandbox, Timestamp) {
    let sandbox = Sandbox::with(Options { rate_limit: 0, ..Options::default() }).await;
    let first = Timestamp::now().as_second() - count;
    let calls: Vec<Value> =
        (0..count).map(|at| json!({"id": at + 1, "started_at": first + at, "ended_at": first + at + 1})).collect();
    sandbox.control("calls", json!(calls)).await;
    (sandbox, Timestamp::from_second(first).unwrap())
}

fn ids(page: &CallPage) -> Vec<u64> {
    page.calls.iter().map(|call| call.id.0).collect()
}

#[tokio::test]
async fn calls_are_listed_page_by_page_oldest_first() {
    let (sandbox, first) = with_calls(120).await;
    let (from, to) = (first + Duration::from_secs(5), first + Duration::from_secs(109));
    let page = async |page| sandbox.client().call_page(from, to, page).await.unwrap();
    let (one, three) = (page(1).await, page(3).await);
    assert_eq!((ids(&one), one.has_next), ((6..=55).collect(), true));
    assert_eq!((one.calls[0].started_at, one.calls[0].ended_at), (Some(from), Some(from + Duration::from_secs(1))));
    assert_eq!((ids(&three), three.has_next), ((106..=110).collect(), false));
    assert!(page(4).await.calls.is_empty());
    assert_eq!(sandbox.requests().await, 3);
}

#[tokio::test]
async fn a_list_goes_on_from_the_start_of_the_last_call() {
    let (sandbox, first) = with_calls(120).await;
    let one = sandbox.client().call_page(first, Timestamp::now(), 1).await.unwrap();
    let next = sandbox.client().call_page(one.calls[49].started_at.unwrap(), Timestamp::now(), 1).await.unwrap();
    assert_eq!(ids(&next), (50..=99).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_call_converts_to_the_webhook_body_of_its_end() {
    let sandbox = Sandbox::start().await;
    let now = Timestamp::now().as_second();
    let contact = json!({"id": 1, "first_name": "Ada", "last_name": "Demo"});
    let call = json!({"id": 7, "direction": "outbound", "number": 1002, "user": 2002, "raw_digits": "+1 415-555-0132",
        "started_at": now - 60, "answered_at": now - 50, "ended_at": now - 5, "contact": contact});
    sandbox.control("calls", call).await;
    let call = sandbox.client().call(CallId(7)).await.unwrap().unwrap();
    let read = call.read().unwrap();
    assert_eq!((read.direction, read.line.name.as_deref()), (Direction::Outbound, Some("Support line")));
    assert_eq!(read.contact.as_ref().unwrap().last_name.as_deref(), Some("Demo"));
    let requested_at = Timestamp::from_second(now).unwrap();
    let Webhook::Call(snapshot) = Webhook::parse(&call.ended_body(requested_at).unwrap(), requested_at).unwrap() else {
        panic!("not a call");
    };
    assert_eq!((snapshot.event, snapshot.at, snapshot.call()), (CallEvent::Ended, requested_at, read));
}

#[tokio::test]
async fn a_call_in_progress_has_no_end() {
    let sandbox = Sandbox::start().await;
    sandbox.control("calls", json!({"id": 7, "started_at": Timestamp::now().as_second()})).await;
    let call = sandbox.client().call(CallId(7)).await.unwrap().unwrap();
    assert_eq!((call.ended_at, call.ended_body(Timestamp::now())), (None, None));
}

#[tokio::test]
async fn a_missing_call_is_none() {
    assert!(Sandbox::start().await.client().call(CallId(7)).await.unwrap().is_none());
}
