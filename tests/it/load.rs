//! Thousands of calls of one tenant wait, and nobody else notices.
//!
//! `MANY=10000` drains ten thousand instead of two; as `cargo test -p tests --test it many -- --nocapture` shows, with
//! the time and the memory that it takes.

use std::time::{Duration, Instant};

use local::demo::bodies::CallBody;
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// Contacts whose calls wait.
const NUMBERS: usize = 300;
/// Ids of calls have as many digits as that of the call that the others are made from.
const FIRST_ID: usize = 1_000_000;
/// What `BatchWriteItem` takes.
const BATCH: usize = 25;

fn number(id: usize) -> String {
    format!("+33 6 39 98 {:02} {:02}", 10 + id % NUMBERS / 100, id % 100)
}

fn call(id: usize) -> CallBody {
    CallBody::inbound((FIRST_ID + id) as u64).from(&number(id))
}

/// An environment with the Contacts of [`number`]s.
async fn env(running: &std::sync::Arc<Running>) -> TestEnv {
    let mut env = TestEnv::within(running, Options::default()).await;
    env.timeout = Duration::from_mins(8);
    for id in 0..NUMBERS {
        env.contact(&format!("Sample {id}"), &number(id));
    }
    env
}

/// Puts so many finished calls into the table as `evaluate` does: the first comes through the webhook, and the others
/// are made from what became of it.
async fn put(env: &TestEnv, calls: usize) {
    env.hold_writer().await;
    env.post(call(0).event("call.ended")).await;
    env.wait_for_empty_queues().await;
    let table = env.table("CallsTable");
    let key = json!({"tenant": {"S": env.tenant.tenant}, "key": {"S": call(0).key()}});
    let first = env.dynamodb("GetItem", &json!({"TableName": table, "Key": key})).await["Item"].to_string();
    let digits = |id: usize| number(id).replace(' ', "");
    for ids in (1..calls).collect::<Vec<_>>().chunks(BATCH) {
        let items = ids.iter().map(|id| {
            let item =
                first.replace(&FIRST_ID.to_string(), &(FIRST_ID + id).to_string()).replace(&digits(0), &digits(*id));
            let item: Value = serde_json::from_str(&item).expect("an item");
            json!({"PutRequest": {"Item": item}})
        });
        let written =
            env.dynamodb("BatchWriteItem", &json!({"RequestItems": {&table: items.collect::<Vec<_>>()}})).await;
        assert!(written["UnprocessedItems"].as_object().is_none_or(serde_json::Map::is_empty), "{written}");
    }
}

/// The most memory that any process of the stack's writer has used so far, in KB.
fn peak_memory(running: &Running) -> u64 {
    let queue = &running.stack.info().queues["WritesQueue"];
    let of_process = |folder: std::path::PathBuf| {
        let read = |file: &str| std::fs::read(folder.join(file)).ok();
        let name = String::from_utf8(read("comm")?).ok()?;
        let environment = String::from_utf8_lossy(&read("environ")?).into_owned();
        let ours = name.trim() == "write" && environment.contains(queue);
        let status = String::from_utf8(read("status")?).ok().filter(|_| ours)?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        peak.trim().trim_end_matches(" kB").parse().ok()
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|process| of_process(process.path())).max().unwrap_or_default()
}

/// How many calls have been written at least: 200 for a request.
async fn written(env: &TestEnv) -> usize {
    env.api_calls().await.count("POST", "/composite/sobjects") * 200
}

/// Lets so many calls wait, and drains them; tells how long the other tenant's single call took meanwhile.
async fn drain(calls: usize) {
    let running = Running::start(&format!("many-{calls}")).await;
    let (env, other) = tokio::join!(env(&running), env(&running));
    put(&env, calls).await;
    // The other's writer is warm, as it is in a deployment that is busy.
    other.end([&call(0)]).await;

    env.break_lease().await;
    let begun = Instant::now();
    env.wake().await;
    let single = async {
        let some = calls / 10;
        env.until("a tenth is drained", async |env| written(env).await >= some).await;
        let begun = Instant::now();
        other.post(call(1).event("call.ended")).await;
        other.until("it is logged", async |other| other.is_logged(&call(1))).await;
        (begun.elapsed(), written(&env).await)
    };
    let all = env.until("all are in Salesforce", async |env| written(env).await >= calls);
    let ((waited, meanwhile), ()) = tokio::join!(single, all);
    let took = begun.elapsed();
    env.settle().await;

    let cost = env.api_calls().await;
    let memory = peak_memory(&running);
    println!(
        "{calls} calls: {:.1} s, {} API calls {:?}, at most {} MB; another tenant's call meanwhile (at {meanwhile}): {:.1} s",
        took.as_secs_f32(),
        cost.total,
        cost.by_resource,
        memory / 1024,
        waited.as_secs_f32(),
    );
    let tasks = env.records("Task");
    assert_eq!(tasks.len(), calls);
    let keys: std::collections::BTreeSet<&str> =
        tasks.iter().filter_map(|task| task["Aircall_Key__c"].as_str()).collect();
    assert_eq!(keys.len(), calls, "each once");
    assert!(tasks.iter().all(|task| task["WhoId"].is_string()));
    assert!(meanwhile < calls || calls <= 200, "the other tenant's call was not logged meanwhile, but after");
    assert!(waited < Duration::from_secs(10), "another tenant's call took {waited:?}");
    assert!(cost.total <= 10 + 3 * calls.div_ceil(200) as u64, "{:?}", cost.by_resource);
    assert!(memory < 512 * 1024, "{memory} KB of the function's 512 MB");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_calls_drain_while_another_tenants_call_is_logged_at_once() {
    let many = std::env::var("MANY").ok().and_then(|many| many.parse().ok()).unwrap_or(2_000);
    drain(200).await;
    drain(many).await;
}
