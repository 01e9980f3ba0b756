//! Listing calls between two instants, and getting a call by its id.

use std::time::Duration;

use aircall::Webhook;
use aircall::client::MAX_CALLS;
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

#[tokio::test]
async fn calls_of_all_pages_are_listed_oldest_first() {
    let (sandbox, first) = with_calls(120).await;
    let (from, to) = (first + Duration::from_secs(5), first + Duration::from_secs(109));
    let calls = sandbox.client().calls(from, to, MAX_CALLS).await.unwrap();
    let ids: Vec<u64> = calls.iter().map(|call| call.id.0).collect();
    assert_eq!(ids, (6..=110).collect::<Vec<_>>());
    assert_eq!((calls[0].started_at, calls[0].ended_at), (Some(from), Some(from + Duration::from_secs(1))));
}

#[tokio::test]
async fn no_more_pages_are_requested_than_the_limit_needs() {
    let (sandbox, first) = with_calls(120).await;
    let calls = sandbox.client().calls(first, Timestamp::now(), 60).await.unwrap();
    assert_eq!(calls.iter().map(|call| call.id.0).collect::<Vec<_>>(), (1..=60).collect::<Vec<_>>());
    assert_eq!(sandbox.requests().await, 2);
    let rest = sandbox.client().calls(calls[59].started_at.unwrap(), Timestamp::now(), usize::MAX).await.unwrap();
    assert_eq!(rest.iter().map(|call| call.id.0).collect::<Vec<_>>(), (60..=120).collect::<Vec<_>>());
    assert!(sandbox.client().calls(first, Timestamp::now(), 0).await.unwrap().is_empty());
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
