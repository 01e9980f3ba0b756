//! Functions that are killed in the middle of their work: each call is logged once all the same.
//!
//! What a killed function had taken from a queue comes back after the queue's visibility timeout, so these tests take
//! as long as that: 30 s for `evaluate`, 60 s for `write`.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use local::demo::bodies::CallBody;
use serde_json::json;

use crate::support::{Running, TestEnv};

/// An environment in a stack of its own that creates a Contact and a Case for each unknown number.
async fn env(name: &str) -> TestEnv {
    another_env(&Running::start(name).await).await
}

/// A further tenant in that stack.
async fn another_env(running: &Arc<Running>) -> TestEnv {
    let mut env = TestEnv::within(running, salesforce_sandbox::Options::default()).await;
    let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
    env.put_settings(settings).await;
    env.timeout = Duration::from_mins(5);
    env
}

/// Two calls of each of these many numbers.
fn calls(numbers: u64) -> Vec<CallBody> {
    let of = |n: u64| {
        let number = format!("+33 6 39 98 10 {n:02}");
        [CallBody::inbound(2 * n + 100).from(&number).voicemail(), CallBody::outbound(2 * n + 101).to(&number)]
    };
    (0..numbers).flat_map(of).collect()
}

/// Each call has one Task, and each number one Contact with one Case.
async fn each_is_logged_once(env: &TestEnv, calls: &[CallBody]) {
    env.until("all calls are known", async |env| env.entries().await.len() == calls.len()).await;
    env.settle().await;
    for call in calls {
        let entry = env.activity(&call.key()).await;
        assert_eq!(entry["state"], "logged", "{entry:#}");
        assert_eq!(env.task(call)["Id"], entry["task_id"]);
    }
    let numbers = calls.len() / 2;
    assert_eq!((env.records("Contact").len(), env.records("Case").len()), (numbers, numbers));
    assert_eq!(env.records("Task").len(), calls.len());
}

/// Kills a function again and again, and less and less often so that it gets somewhere, until `work` is done.
async fn kill_during(env: &TestEnv, function: &str, work: impl Future<Output = ()>) {
    let mut work = pin!(work);
    let mut pause = Duration::from_millis(10);
    while tokio::time::timeout(pause, &mut work).await.is_err() {
        env.running.stack.kill(function).expect("there is such a function");
        pause += Duration::from_millis(15);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_logged_once_even_if_intake_is_killed() {
    let env = env("killed-intake").await;
    let calls = calls(20);
    let mut refused = 0;
    let post = async {
        for call in &calls {
            refused += env.post(call.event("call.ended")).await;
        }
    };
    kill_during(&env, "intake", post).await;
    assert!(refused > 0, "no request was hit");
    each_is_logged_once(&env, &calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_logged_once_even_if_evaluate_is_killed() {
    let env = env("killed-evaluate").await;
    let calls = calls(20);
    let killing = Instant::now();
    kill_during(&env, "evaluate", env.post_all(calls.iter().map(|call| call.event("call.ended")))).await;
    each_is_logged_once(&env, &calls).await;
    assert!(killing.elapsed() > Duration::from_secs(29), "what was hit comes back after the visibility timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_logged_once_even_if_write_is_killed_before_or_after_salesforce_commits() {
    let env = env("killed-write").await;
    let before = another_env(&env.running).await;
    let calls = calls(3);
    let events = || calls.iter().map(|call| call.event("call.ended"));
    // One org hangs before it writes, the other one has written when the killing starts.
    before.fault(json!([{"path": "/composite/graph", "delay_ms": 5_000}])).await;
    before.post_all(events()).await;
    before.until("the write is on its way", async |env| env.faults_left().await == json!([])).await;
    env.post_all(events()).await;
    env.until("Salesforce has a Task", async |env| !env.records("Task").is_empty()).await;
    env.running.stack.kill("write").expect("there is a write");
    assert!(before.records("Task").is_empty());
    each_is_logged_once(&env, &calls).await;
    each_is_logged_once(&before, &calls).await;
}
