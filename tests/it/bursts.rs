//! Bursts: many events of one conversation or call at once.
//!
//! `cargo test -p tests --test it bursts -- --nocapture` prints how long they take.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use local::demo::bodies::{CallBody, MessageBody};
use proptest::prelude::{Just, Strategy};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// A tenant with a Contact for the demo's phone number, in a stack of its own.
async fn env(name: &str) -> TestEnv {
    let env = TestEnv::within(&Running::start(name).await, Options::default()).await;
    env.contact("Lou Sample", "+33639980001");
    env
}

/// The same events in a shuffled order that is the same in every run.
fn shuffled(events: Vec<Value>) -> Vec<Value> {
    Just(events).prop_shuffle().new_tree(&mut TestRunner::deterministic()).expect("an order").current()
}

/// Posts all events at once, and returns how long it takes until they are evaluated and written.
async fn burst(env: &TestEnv, events: Vec<Value>) -> Duration {
    let count = events.len();
    let started = Instant::now();
    env.post_all(shuffled(events)).await;
    let posted = started.elapsed();
    env.wait_until_idle().await;
    let took = started.elapsed();
    let logs = env.running.logs();
    let failed: usize = logs.iter().map(|(_, text)| text.matches("a record failed").count()).sum();
    let (posted, written) = (posted.as_secs_f32(), took.as_secs_f32());
    println!("{count} events: posted in {posted:.1} s, written after {written:.1} s, {failed} delivered again");
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_messages_of_one_conversation_at_once_are_one_task_in_order() {
    let mut env = env("burst of messages").await;
    env.timeout = Duration::from_mins(5);
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    let messages: Vec<MessageBody> = (0..500)
        .map(|n| {
            let body = MessageBody::inbound(1_000 + n);
            let sent_at = body.sent_at() + SignedDuration::from_secs(7 * i64::try_from(n).unwrap());
            body.at(sent_at).saying(&format!("No. {n}."))
        })
        .collect();
    let took = burst(&env, messages.iter().map(MessageBody::event).collect()).await;
    assert_eq!(env.records("Task").len(), 1);
    let key = env.conversation_key(&messages[0]).await;
    let description = env.task_of(&key)["Description"].as_str().unwrap().to_owned();
    let texts: Vec<&str> = description.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    assert_eq!(texts, messages.iter().map(MessageBody::text).collect::<Vec<_>>());
    assert_eq!(env.activity(&key).await["messages"].as_array().unwrap().len(), messages.len());
    // Most of it is the time of the local stack's DynamoDB.
    assert!(took < Duration::from_secs(150), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_events_of_one_call_at_once_are_one_task_with_everything() {
    let env = env("burst of one call").await;
    let call = CallBody::inbound(1).answered_after(5).lasting(60);
    let tags: Vec<String> = (10..58).map(|n| format!("T{n}")).collect();
    // Each event has the tags so far.
    let mut tagged = call.clone();
    let tagged = tags.iter().zip(90..).map(|(tag, second)| {
        tagged = tagged.clone().tagged_after(second, tag);
        (tagged.clone(), "call.tagged")
    });
    let events = [(call.clone(), "call.created"), (call.clone(), "call.ended")].into_iter().chain(tagged);
    burst(&env, events.map(|(call, name)| call.event(name)).collect()).await;
    assert_eq!(env.records("Task").len(), 1);
    assert_eq!(env.task(&call)["CallDisposition"], tags.join(", "));
}
