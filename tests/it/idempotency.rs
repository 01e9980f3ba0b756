//! One Task per call, whatever events are repeated, concurrent or out of order.

use local::demo::bodies::{CallBody, User};
use proptest::prelude::{Just, Strategy};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::TestEnv;

/// An org whose search index finds a new record only after a minute.
fn slow_index() -> salesforce_sandbox::Options {
    salesforce_sandbox::Options { index_lag_ms: 60_000, ..Default::default() }
}

#[tokio::test]
async fn two_calls_of_one_new_number_at_the_same_moment_make_one_record_and_two_tasks() {
    for (setting, sobject, field) in [
        ("create_contact", "Contact", "WhoId"),
        ("create_lead", "Lead", "WhoId"),
        ("create_account", "Account", "WhatId"),
    ] {
        let env = TestEnv::with(slow_index()).await;
        env.put_settings(json!({"unknown_number": setting})).await;
        let calls = [CallBody::inbound(1), CallBody::outbound(2).answered_after(3)];
        env.end(&calls).await;
        // Another call, while the record is still not indexed.
        let later = CallBody::inbound(3);
        env.end([&later]).await;
        let records = env.records(sobject);
        assert_eq!(records.len(), 1, "{sobject}");
        for call in calls.iter().chain([&later]) {
            assert_eq!(env.task(call)[field], records[0]["Id"]);
        }
    }
}

#[tokio::test]
async fn a_record_that_search_does_not_know_yet_is_found_before_another_is_created() {
    let env = TestEnv::with(slow_index()).await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    env.insert_unindexed("Contact", json!({"LastName": "Just Made", "MobilePhone": "06 39 98 00 01"})).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_eq!(env.records("Contact").len(), 1);
    assert_eq!(env.task(&call)["WhoId"], env.records("Contact")[0]["Id"]);
}

#[tokio::test]
async fn the_same_webhook_five_times_makes_one_task() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let concurrent = CallBody::inbound(1).voicemail();
    env.post_all(vec![concurrent.event("call.ended"); 5]).await;
    env.wait_until_idle().await;
    let sequential = CallBody::outbound(2);
    for _ in 0..5 {
        env.end([&sequential]).await;
    }
    env.task(&concurrent);
    env.task(&sequential);
    assert_eq!((env.records("Task").len(), env.records("Contact").len()), (2, 1));
}

/// A Task without the org's ids and timestamps, and with the id of the call replaced.
fn normalized(mut task: Value, call: &CallBody) -> Value {
    for field in ["Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "CompletedDateTime"] {
        task.as_object_mut().expect("a record").remove(field).expect(field);
    }
    let text = task.to_string().replace(&call.key(), "call-ID");
    let id = call.key().replace("call-", "");
    serde_json::from_str(&text.replace(&format!("/calls/{id}/"), "/calls/ID/")).expect("JSON")
}

/// A call and all its events. The id has five digits, so that it does not occur inside other values.
fn call_with_events(id: u64, answered: bool) -> (CallBody, Vec<Value>) {
    let robin = User::new(2002, "Robin Rep", "robin.rep@example.com");
    let call = CallBody::inbound(id).by(&robin).voicemail().tagged("Order").commented("Wants two more.");
    let call = if answered { call.answered_after(5).lasting(40) } else { call };
    let mut names = vec![
        "call.created",
        "call.answered",
        "call.hungup",
        "call.tagged",
        "call.ended",
        "call.commented",
        "call.voicemail_left",
    ];
    names.retain(|name| answered || *name != "call.answered");
    (call.clone(), names.into_iter().map(|name| call.event(name)).collect())
}

async fn every_order_makes_the_same_task(answered: bool) {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    // A fixed seed gives the same orders in every run. The unit tests of `rules` cover all 5,040.
    let mut runner = TestRunner::deterministic();
    let mut calls = Vec::new();
    let mut rounds = vec![Vec::new(); 7];
    for id in 10_001..=10_030 {
        let (call, events) = call_with_events(id, answered);
        let shuffled = Just(events.clone()).prop_shuffle().new_tree(&mut runner).expect("an order").current();
        let order = if calls.is_empty() { events } else { shuffled };
        for (round, event) in rounds.iter_mut().zip(order) {
            round.push(event);
        }
        calls.push(call);
    }
    // Every other round is written before the next, so that Tasks are created early and updated later.
    for (index, round) in rounds.into_iter().enumerate() {
        env.post_all(round).await;
        if index % 2 == 0 {
            env.wait_until_idle().await;
        }
    }
    env.wait_until_idle().await;
    let expected = normalized(env.task(&calls[0]), &calls[0]);
    for call in &calls {
        assert_eq!(normalized(env.task(call), call), expected, "{}", call.key());
    }
    assert_eq!(env.records("Task").len(), calls.len());
    let call_type = if answered { "inbound_answered" } else { "voicemail" };
    assert_eq!(env.activity(&calls[0].key()).await["call_type"], call_type);
    let description = expected["Description"].as_str().expect("a description");
    assert!(description.contains("Tags: Order") && description.contains("Wants two more."), "{description}");
}

#[tokio::test]
async fn every_order_of_the_events_of_a_voicemail_makes_the_same_task() {
    every_order_makes_the_same_task(false).await;
}

#[tokio::test]
async fn every_order_of_the_events_of_an_answered_call_makes_the_same_task() {
    every_order_makes_the_same_task(true).await;
}
