//! Thousands of pending calls of one tenant do not delay other tenants.
//!
//! `MANY=10000` drains ten thousand calls instead of two thousand. `cargo test -p tests --test it load -- --nocapture`
//! prints the time and the memory that it takes.

use std::time::{Duration, Instant};

use local::demo::bodies::CallBody;
use salesforce_sandbox::Options;

use crate::support::{Running, TestEnv};

/// The number of Contacts, each with a phone number of its own.
const PHONES: usize = 300;
/// The id of the first call. All ids have as many digits, because the other calls are copies with the id replaced.
const FIRST_ID: usize = 1_000_000;

fn phone(id: usize) -> String {
    format!("+33 6 39 98 {:02} {:02}", 10 + id % PHONES / 100, id % 100)
}

fn call(id: usize) -> CallBody {
    CallBody::inbound((FIRST_ID + id) as u64).from(&phone(id))
}

/// An environment with the Contacts of all [`phone`] numbers.
async fn env(running: &std::sync::Arc<Running>) -> TestEnv {
    let mut env = TestEnv::within(running, Options::default()).await;
    env.timeout = Duration::from_mins(8);
    for id in 0..PHONES {
        env.contact(&format!("Sample {id}"), &phone(id));
    }
    env
}

/// Inserts finished calls into the table as `evaluate` stores them: the first comes through the webhook, and the others
/// are copies of its item.
async fn insert_finished_calls(env: &TestEnv, calls: usize) {
    env.hold_writer().await;
    env.post(call(0).event("call.ended")).await;
    env.wait_for_empty_queues().await;
    let digits = |id: usize| phone(id).replace(' ', "");
    let (first_id, first_digits) = (FIRST_ID.to_string(), digits(0));
    let copies = (1..calls).map(|id| vec![(&*first_id, (FIRST_ID + id).to_string()), (&*first_digits, digits(id))]);
    env.insert_copies(&call(0).key(), copies).await;
}

/// The peak memory of the stack's writer processes so far, in KB.
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

/// An estimate of the calls written so far: 200 for each request.
async fn written(env: &TestEnv) -> usize {
    env.api_calls().await.count("POST", "/composite/sobjects") * 200
}

/// Drains this many pending calls, and checks how long another tenant's single call takes meanwhile.
async fn drain(calls: usize) {
    let running = Running::start(&format!("many-{calls}")).await;
    let (env, other) = tokio::join!(env(&running), env(&running));
    insert_finished_calls(&env, calls).await;
    // The other tenant's writer is warm, as in a busy deployment.
    other.end([&call(0)]).await;

    env.break_lease().await;
    let drain_started = Instant::now();
    env.wake().await;
    let single = async {
        let tenth = calls / 10;
        env.until("a tenth is drained", async |env| written(env).await >= tenth).await;
        let posted = Instant::now();
        other.post(call(1).event("call.ended")).await;
        other.until("it is logged", async |other| other.is_logged(&call(1))).await;
        (posted.elapsed(), written(&env).await)
    };
    let all = env.until("all are in Salesforce", async |env| written(env).await >= calls);
    let ((waited, meanwhile), ()) = tokio::join!(single, all);
    let took = drain_started.elapsed();
    env.wait_until_idle().await;

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
    assert_eq!(keys.len(), calls, "each call has one Task");
    assert!(tasks.iter().all(|task| task["WhoId"].is_string()));
    assert!(meanwhile < calls || calls <= 200, "the other tenant's call was logged only after the drain");
    assert!(waited < Duration::from_secs(10), "another tenant's call took {waited:?}");
    assert!(cost.total <= 10 + 3 * calls.div_ceil(200) as u64, "{:?}", cost.by_resource);
    assert!(memory < 512 * 1024, "{memory} KB of the function's 512 MB");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_calls_drain_while_another_tenants_call_is_logged_at_once() {
    let calls = std::env::var("MANY").ok().and_then(|calls| calls.parse().ok()).unwrap_or(2_000);
    drain(200).await;
    drain(calls).await;
}
