//! Calls of long ago: of before the company was connected, and of before entries are kept.

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::CallBody;
use serde_json::json;

use crate::support::{Running, TestEnv};

/// A call that ended this many days ago.
fn call(id: u64, days: i64) -> CallBody {
    CallBody::inbound(id).at(Timestamp::now() - SignedDuration::from_hours(24 * days)).answered_after(5)
}

/// Stores since when the company is connected.
async fn connected_since(env: &TestEnv, days: i64) {
    let since = (Timestamp::now() - SignedDuration::from_hours(24 * days)).as_second().to_string();
    let update = json!({
        "UpdateExpression": "SET aircall_since = :since",
        "ExpressionAttributeValues": {":since": {"N": since}},
    });
    env.update_tenant(update).await;
}

#[tokio::test]
async fn a_call_from_before_the_first_connection_is_skipped_whatever_comes_later() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    connected_since(&env, 10).await;
    let (before, after) = (call(1, 11), call(2, 9));
    env.end([&before, &after]).await;
    env.post(before.clone().tagged_after(86_400, "Order").event("call.tagged")).await;
    env.wait_until_idle().await;
    let entry = env.activity(&before.key()).await;
    let expected = json!(["skipped", "The call ended before Aircall was first connected."]);
    assert_eq!(json!([entry["state"], entry["reason"]]), expected);
    assert!(env.is_logged(&after));

    // Another key, or a rotated webhook, does not change it.
    env.connect_aircall().await;
    env.end([&call(3, 9)]).await;
    assert!(env.is_logged(&call(3, 9)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_from_before_entries_are_kept_makes_none() {
    let parameters = vec![("RetentionDays".to_owned(), "30".to_owned())];
    let running = Running::start_with("old-calls", local::Options { parameters, ..Default::default() }).await;
    let env = TestEnv::within(&running, salesforce_sandbox::Options::default()).await;
    env.contact("Lou Sample", "+33639980001");
    let (old, recent) = (call(1, 31), call(2, 29));
    env.end([&old, &recent]).await;
    assert!(env.is_logged(&recent) && !env.is_logged(&old));
    assert_eq!(env.entries().await.len(), 1);
    let is_counted = |(name, text): &(String, String)| name.starts_with("evaluate") && text.contains("EventsTooOld");
    assert!(running.logs().iter().any(is_counted));
}
