//! Functions are killed in the middle of their work, and each call is still logged once.
//!
//! A message that a killed function had received becomes visible again after the queue's visibility timeout, so these
//! tests take at least that long: 30 s for `evaluate`, 60 s for `write`.

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

/// A further tenant in `running`.
async fn another_env(running: &Arc<Running>) -> TestEnv {
    let mut env = TestEnv::within(running, salesforce_sandbox::Options::default()).await;
    let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
    env.put_settings(settings).await;
    env.timeout = Duration::from_mins(5);
    env
}

/// Two calls for each of this many phone numbers.
fn calls(phones: u64) -> Vec<CallBody> {
    let calls_of = |n: u64| {
        let phone = format!("+33 6 39 98 10 {n:02}");
        [CallBody::inbound(2 * n + 100).from(&phone).voicemail(), CallBody::outbound(2 * n + 101).to(&phone)]
    };
    (0..phones).flat_map(calls_of).collect()
}

/// Asserts that each call has one Task, and each phone number one Contact with one Case.
async fn assert_each_logged_once(env: &TestEnv, calls: &[CallBody]) {
    env.until("all calls have an entry", async |env| env.entries().await.len() == calls.len()).await;
    env.wait_until_idle().await;
    for call in calls {
        let entry = env.activity(&call.key()).await;
        assert_eq!(entry["state"], "logged", "{entry:#}");
        assert_eq!(env.task(call)["Id"], entry["task_id"]);
    }
    let phones = calls.len() / 2;
    assert_eq!((env.records("Contact").len(), env.records("Case").len()), (phones, phones));
    assert_eq!(env.records("Task").len(), calls.len());
}

/// Kills a function repeatedly until `work` is done, with growing pauses so that the function makes progress.
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
    assert!(refused > 0, "no request was interrupted");
    assert_each_logged_once(&env, &calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_logged_once_even_if_evaluate_is_killed() {
    let env = env("killed-evaluate").await;
    let calls = calls(20);
    let started = Instant::now();
    kill_during(&env, "evaluate", env.post_all(calls.iter().map(|call| call.event("call.ended")))).await;
    assert_each_logged_once(&env, &calls).await;
    assert!(started.elapsed() > Duration::from_secs(29), "interrupted messages come back after the visibility timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_logged_once_even_if_write_is_killed_before_or_after_salesforce_commits() {
    let env = env("killed-write").await;
    let before = another_env(&env.running).await;
    let calls = calls(3);
    let events = || calls.iter().map(|call| call.event("call.ended"));
    // When `write` is killed, one org has not written yet and the other has.
    before.fault(json!([{"path": "/composite/graph", "delay_ms": 5_000}])).await;
    before.post_all(events()).await;
    before.until("the write has been sent", async |env| env.faults_left().await == json!([])).await;
    env.post_all(events()).await;
    env.until("Salesforce has a Task", async |env| !env.records("Task").is_empty()).await;
    env.running.stack.kill("write").expect("there is a write");
    assert!(before.records("Task").is_empty());
    assert_each_logged_once(&env, &calls).await;
    assert_each_logged_once(&before, &calls).await;
}
