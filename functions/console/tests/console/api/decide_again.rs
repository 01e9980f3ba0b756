//! Deciding again about skipped entries.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use console::DecideAgainBounds;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fixture::{Fixture, START, cookie};

const ALL: &str = "/api/activity/decide-again";

/// Sends a request without a body.
async fn post(f: &Fixture, path: &str) -> Value {
    let answer = f.send(Method::POST, path, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

/// The counts of a request that left nothing.
fn counts(decided: usize, to_log: usize) -> Value {
    json!({"decided": decided, "to_log": to_log, "left": 0})
}

async fn state(f: &Fixture, key: &str) -> Value {
    f.get(&format!("/api/activity/{key}")).await.body["state"].clone()
}

#[tokio::test]
async fn a_skipped_entry_is_decided_by_the_current_settings_and_only_by_its_own_tenant() {
    let f = Fixture::new().await;
    f.skip_call(7, 0).await;
    let path = "/api/activity/call-7/decide-again";
    let other = f.send_as(&cookie("two"), Method::POST, path, "").await;
    other.check_error(StatusCode::NOT_FOUND, "not_found");
    f.send_as("", Method::POST, path, "").await.check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
    assert_eq!((state(&f, "call-7").await, f.woken().await.len()), (json!("skipped"), 0));

    let entry = post(&f, path).await;
    assert_eq!(entry["state"], "pending");
    let first = &entry["trace"][0];
    assert_eq!(first["about"], "event");
    let finding = first["finding"].as_str().unwrap();
    assert!(finding.ends_with("UTC, as user@example.com asked."), "{finding}");
    let woken = f.woken().await;
    assert_eq!((woken.len(), &woken[0]["MessageGroupId"]), (1, &json!("one")));

    let again = f.send(Method::POST, path, "").await;
    again.check_error(StatusCode::CONFLICT, "not_skipped");
    assert_eq!(f.woken().await.len(), 1);
}

#[tokio::test]
async fn an_entry_in_another_state_is_not_decided_again() {
    let f = Fixture::new().await;
    let (logged, failed) = (f.missed(1, 0).await, f.missed(2, 0).await);
    f.mark_logged(&logged, "Test Contact").await;
    f.mark_failed(&failed, "No.").await;
    f.missed(3, 0).await;
    f.call("created", 4, 0, &rules::Settings::default()).await;
    for id in 1..=4 {
        let before = f.get(&format!("/api/activity/call-{id}")).await.body;
        let answer = f.send(Method::POST, &format!("/api/activity/call-{id}/decide-again"), "").await;
        answer.check_error(StatusCode::CONFLICT, "not_skipped");
        assert_eq!(f.get(&format!("/api/activity/call-{id}")).await.body, before);
    }
    let unknown = f.send(Method::POST, "/api/activity/call-9/decide-again", "").await;
    unknown.check_error(StatusCode::NOT_FOUND, "not_found");
    assert_eq!(post(&f, ALL).await, counts(0, 0));
    assert_eq!(f.woken().await.len(), 0);
}

#[tokio::test]
async fn an_entry_that_is_still_skipped_says_why() {
    let f = Fixture::new().await;
    f.merge_call(1, START, json!({"party": "anonymous"})).await;
    let entry = post(&f, "/api/activity/call-1/decide-again").await;
    let reason = "The other party withheld the phone number, so there is no record to log on.";
    assert_eq!(json!([entry["state"], entry["reason"]]), json!(["skipped", reason]), "{entry:#}");
    let about: Vec<&Value> = entry["trace"].as_array().unwrap().iter().map(|step| &step["about"]).collect();
    assert_eq!((about[0], about[about.len() - 1]), (&json!("event"), &json!("phone_number")));
    // Once more changes nothing, not even the time of the request.
    let stored = f.calls.get(&f.tenant, "call-1").await.unwrap();
    assert_eq!(post(&f, "/api/activity/call-1/decide-again").await, entry);
    assert_eq!(f.calls.get(&f.tenant, "call-1").await.unwrap(), stored);
    assert_eq!(f.woken().await.len(), 0);
}

#[tokio::test]
async fn an_entry_without_a_record_waits_for_the_writer_again() {
    let f = Fixture::new().await;
    f.mark_unknown(&f.missed(1, 0).await).await;
    let skipped = f.get("/api/activity/call-1").await.body;
    assert!(skipped["reason"].as_str().unwrap().starts_with("No record in Salesforce has"), "{skipped:#}");
    let entry = post(&f, "/api/activity/call-1/decide-again").await;
    let reason = "Waiting to be written to Salesforce.";
    assert_eq!(json!([entry["state"], entry["reason"]]), json!(["pending", reason]));
    let is_of_writer = |step: &Value| step["about"] == "record";
    assert!(!entry["trace"].as_array().unwrap().iter().any(is_of_writer), "{entry:#}");
}

#[tokio::test]
async fn all_skipped_entries_of_a_filter_are_decided_again_with_one_wake_up() {
    let f = Fixture::new().await;
    for id in 1..=40 {
        f.skip_call(id, i64::try_from(id).unwrap()).await;
    }
    f.merge_call(41, START, json!({"party": "anonymous"})).await;
    f.mark_unknown(&f.missed(42, 0).await).await;
    f.mark_logged(&f.missed(43, 0).await, "Test Contact").await;
    f.skip_call(44, -86_400).await;
    let path = format!("{ALL}?from=2026-03-23&time_zone=UTC");
    assert_eq!(f.send_as(&cookie("two"), Method::POST, &path, "").await.body, counts(0, 0));

    let before = f.get("/api/activity?limit=100").await.body;
    assert_eq!(post(&f, &format!("{path}&dry_run=true")).await, counts(42, 41));
    assert_eq!((f.get("/api/activity?limit=100").await.body, f.woken().await.len()), (before, 0));

    assert_eq!(post(&f, &format!("{path}&dry_run=false")).await, counts(42, 41));
    let woken = f.woken().await;
    assert_eq!((woken.len(), &woken[0]["MessageGroupId"]), (1, &json!("one")));
    assert_eq!(json!([state(&f, "call-1").await, state(&f, "call-42").await]), json!(["pending", "pending"]));
    assert_eq!(json!([state(&f, "call-43").await, state(&f, "call-44").await]), json!(["logged", "skipped"]));

    // The withheld number is decided once more, and nothing changes.
    assert_eq!(post(&f, &path).await, counts(1, 0));
    assert_eq!(f.woken().await.len(), 1);
}

#[tokio::test]
async fn the_filters_are_those_of_the_list() {
    let f = Fixture::new().await;
    f.skip_call(1, 0).await;
    f.merge_call(2, START, json!({"party": "anonymous"})).await;
    for (query, expected) in [
        ("outcome=skipped", counts(2, 1)),
        ("outcome=logged", counts(0, 0)),
        ("outcome=waiting", counts(0, 0)),
        ("type=missed&line=397375", counts(2, 1)),
        ("type=voicemail", counts(0, 0)),
        ("line=9", counts(0, 0)),
        ("until=2026-03-22", counts(0, 0)),
        ("from=2026-03-23&until=2026-03-23", counts(2, 1)),
        ("search=%2B1+415+555+0132", counts(1, 1)),
        ("search=call-2", counts(1, 0)),
        ("search=999", counts(0, 0)),
    ] {
        assert_eq!(post(&f, &format!("{ALL}?dry_run=true&{query}")).await, expected, "{query}");
    }
    for (query, name) in [
        ("dry_run=1", "dry_run"),
        ("dry_run=true&dry_run=true", "dry_run"),
        ("dryrun=true", "dryrun"),
        ("limit=5", "limit"),
        ("cursor=x", "cursor"),
        ("outcome=lost", "outcome"),
        ("from=2026-03-24&until=2026-03-23", "until"),
        ("search=Ada", "search"),
    ] {
        let answer = f.send(Method::POST, &format!("{ALL}?{query}"), "").await;
        answer.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
        assert_eq!(answer.body["error"]["parameter"], json!(name), "{query}");
    }
    assert_eq!(state(&f, "call-1").await, "skipped");
}

/// Repeats the request until nothing is left. Returns the counts of each.
async fn until_nothing_is_left(f: &Fixture, query: &str) -> Vec<[u64; 3]> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let body = post(f, &format!("{ALL}?{query}&cursor={cursor}")).await;
        all.push(["decided", "to_log", "left"].map(|name| body[name].as_u64().unwrap()));
        match body["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return all,
        }
    }
}

#[tokio::test]
async fn what_is_above_the_bound_is_left_for_the_next_request() {
    let f = Fixture::new().await;
    for id in 1..=7 {
        f.skip_call(id, i64::try_from(id).unwrap()).await;
    }
    for id in 8..=9 {
        f.merge_call(id, START + 100, json!({"party": "anonymous"})).await;
    }
    let bounds = DecideAgainBounds { entries: 4, page: 3, ..DecideAgainBounds::default() };
    let f = f.deciding_again_at_most(bounds);
    let expected = vec![[4, 2, 5], [4, 4, 1], [1, 1, 0]];
    assert_eq!(until_nothing_is_left(&f, "dry_run=true").await, expected);
    assert_eq!(until_nothing_is_left(&f, "").await, expected);
    assert_eq!(until_nothing_is_left(&f, "").await, [[2, 0, 0]]);
    assert_eq!(f.woken().await.len(), 3);
}

#[tokio::test]
async fn a_request_whose_time_is_up_has_made_progress_and_leaves_the_rest() {
    let f = Fixture::new().await;
    for id in 1..=5 {
        f.skip_call(id, i64::try_from(id).unwrap()).await;
    }
    let bounds = DecideAgainBounds { page: 2, time: Duration::ZERO, ..DecideAgainBounds::default() };
    let f = f.deciding_again_at_most(bounds);
    assert_eq!(until_nothing_is_left(&f, "search=%2B14155550132").await, [[2, 2, 3], [2, 2, 1], [1, 1, 0]]);
}

#[tokio::test]
async fn concurrent_requests_decide_each_entry_once() {
    let f = Fixture::new().await;
    for id in 1..=20 {
        f.skip_call(id, 0).await;
    }
    join_all((0..4).map(|_| post(&f, ALL))).await;
    for id in 1..=20 {
        let entry = f.calls.get(&f.tenant, &format!("call-{id}")).await.unwrap().unwrap();
        assert_eq!((entry.version, entry.state), (2, store::State::Pending));
    }
}

#[tokio::test]
async fn a_killed_request_is_completed_by_repeating_it() {
    for takes_effect in [false, true] {
        let mut requests = 0;
        loop {
            let f = Fixture::with_barrier_to_tables().await;
            for id in 1..=3 {
                f.skip_call(id, 0).await;
            }
            let f = f.deciding_again_at_most(DecideAgainBounds { page: 2, ..DecideAgainBounds::default() });
            let is_done = f.vendors.barrier.kill(requests, takes_effect, post(&f, ALL)).await.is_some();
            let pending = f.calls.due(&f.tenant, Timestamp::now(), 10, &[].into()).await.unwrap().len();
            let rest = post(&f, ALL).await;
            assert_eq!(rest["to_log"], 3 - pending, "after {requests} requests");
            for id in 1..=3 {
                let entry = f.calls.get(&f.tenant, &format!("call-{id}")).await.unwrap().unwrap();
                assert_eq!((entry.version, entry.state), (2, store::State::Pending));
            }
            if is_done {
                assert!(requests > 5, "{requests}");
                break;
            }
            requests += 1;
        }
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_does_not_hinder_the_others() {
    let f = Fixture::new().await;
    f.damage(&f.skip_call(1, 0).await).await;
    f.skip_call(2, 0).await;
    assert_eq!(post(&f, ALL).await, counts(1, 1));
    let answer = f.send(Method::POST, "/api/activity/call-1/decide-again", "").await;
    answer.check_error(StatusCode::INTERNAL_SERVER_ERROR, "unreadable");
}
