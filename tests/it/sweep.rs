//! The sweep: wakes the writer for entries whose wake-up was lost, and measures how long the oldest has waited.

use local::demo::bodies::CallBody;
use serde_json::Value;

use crate::support::{Running, TestEnv};

/// The last line of the sweep in the log.
fn swept(running: &Running) -> Value {
    let logs = running.logs();
    let (_, text) = logs.iter().find(|(name, _)| name.starts_with("reconcile")).expect("its log");
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.rev().find(|line| line["message"] == "swept").expect("a sweep")
}

async fn sweep(env: &TestEnv, running: &Running) -> Value {
    let address = &running.stack.info().schedules["ReconcileFunctionSweep"];
    assert!(env.request(address.clone()).send().await.unwrap().status().is_success());
    swept(running)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_whose_wake_up_was_lost_is_measured_and_written() {
    let running = Running::start("sweep").await;
    let env = TestEnv::within(&running, salesforce_sandbox::Options::default()).await;
    env.contact("Lou Sample", "+33639980001");
    let metric = |line: &Value| line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"].clone();
    let idle = sweep(&env, &running).await;
    assert_eq!((metric(&idle), &idle["OldestOverdueSeconds"]), ("OldestOverdueSeconds".into(), &0.into()));

    env.hold_writer().await;
    let call = CallBody::inbound(1);
    env.post(call.event("call.ended")).await;
    env.until("the call is pending", async |env| env.entries().await.len() == 1).await;
    env.make_overdue("call-1", 700).await;
    let line = sweep(&env, &running).await;
    let oldest = line["OldestOverdueSeconds"].as_i64().unwrap();
    assert!((700..800).contains(&oldest), "{line}");
    assert_eq!(line["OverdueTenants"], 1);
    env.release_writer().await;
    env.wait_until_idle().await;
    assert!(env.is_logged(&call));
}
