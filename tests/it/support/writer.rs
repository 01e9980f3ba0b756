//! Control of the tenant's writer: holding it back, waking it, and running two at once.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{POLL, TestEnv};

/// The lease holder while a test holds the tenant's writer back.
const HOLDER: &str = "a-test";

impl TestEnv {
    /// Posts events while the writer is held back, so that it writes them together, and waits until no entry is pending.
    pub(crate) async fn write_together(&self, events: impl IntoIterator<Item = Value>) {
        self.begin_together(events).await;
        self.wait_until_idle().await;
    }

    /// The same as [`TestEnv::write_together`], without waiting for the outcome.
    pub(crate) async fn begin_together(&self, events: impl IntoIterator<Item = Value>) {
        self.hold_writer().await;
        self.post_all(events).await;
        self.release_writer().await;
    }

    /// Holds the tenant's writer back by taking its lease: new events are decided, and their entries stay pending.
    pub(crate) async fn hold_writer(&self) {
        let until = Timestamp::now() + SignedDuration::from_mins(5);
        let lease = json!({"M": {"holder": {"S": HOLDER}, "until": {"N": until.as_millisecond().to_string()}}});
        let update = json!({
            "TableName": self.table("TenantsTable"),
            "Key": {"tenant": {"S": self.tenant.tenant}},
            "UpdateExpression": "SET drain_lease = :lease",
            "ConditionExpression": "attribute_exists(tenant) AND attribute_not_exists(drain_lease)",
            "ExpressionAttributeValues": {":lease": lease},
        });
        // A writer holds it for moments after it has recorded its outcomes.
        for _ in 0..600 {
            if self.update_if(&update).await {
                return;
            }
            Self::moment().await;
        }
        panic!("never: the lease is free");
    }

    /// Ends [`TestEnv::hold_writer`] once every event has been evaluated.
    pub(crate) async fn release_writer(&self) {
        self.wait_for_empty_queues().await;
        self.break_lease().await;
        self.wake().await;
    }

    /// Waits until the events queue and the writes queue are empty.
    pub(crate) async fn wait_for_empty_queues(&self) {
        self.until("the events queue is empty", async |env| env.is_empty(&env.queue("EventsQueue")).await).await;
        self.until("the writes queue is empty", async |env| env.is_empty(&env.queue("WritesQueue")).await).await;
    }

    /// Removes the stored connection state, so that the org counts as connected, as after a new connection.
    pub(crate) async fn forget_connection_state(&self) {
        let state = json!({"UpdateExpression": "REMOVE #state", "ExpressionAttributeNames": {"#state": "state"}});
        self.update_tenant(state).await;
    }

    /// Makes a pending entry due now.
    pub(crate) async fn make_due(&self, key: &str) {
        self.make_overdue(key, 0).await;
    }

    /// Makes a pending entry due since some seconds.
    pub(crate) async fn make_overdue(&self, key: &str, seconds: i64) {
        let due_at = Timestamp::now().as_second() - seconds;
        let update = json!({
            "TableName": self.table("CallsTable"),
            "Key": {"tenant": {"S": self.tenant.tenant}, "key": {"S": key}},
            "UpdateExpression": "SET due_at = :due_at",
            "ConditionExpression": "attribute_exists(pending)",
            "ExpressionAttributeValues": {":due_at": {"N": due_at.to_string()}},
        });
        self.dynamodb("UpdateItem", &update).await;
    }

    /// Removes the lease on the tenant, as if it had expired.
    pub(crate) async fn break_lease(&self) {
        self.update_tenant(json!({"UpdateExpression": "REMOVE drain_lease"})).await;
    }

    /// Wakes the tenant's writer.
    pub(crate) async fn wake(&self) {
        let message = json!({
            "QueueUrl": self.queue("WritesQueue"),
            "MessageBody": self.wake_up(),
            "MessageGroupId": self.tenant.tenant,
            "MessageDeduplicationId": format!("{}:test-{}", self.tenant.tenant, unique()),
        });
        self.sqs("SendMessage", &message).await;
    }

    /// Runs a second writer for the tenant, concurrently with the one that the queue wakes.
    pub(crate) async fn run_another_writer(&self) {
        let message = json!({
            "messageId": format!("test-{}", unique()),
            "receiptHandle": "none",
            "body": self.wake_up(),
            "md5OfBody": "",
            "attributes": {"MessageGroupId": self.tenant.tenant},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:test.fifo",
            "awsRegion": "eu-west-1",
        });
        // The test that runs this writer may kill it.
        let _ = self.running.stack.invoke("write", json!({"Records": [message]})).await;
    }

    fn wake_up(&self) -> String {
        json!({"tenant": self.tenant.tenant, "key": null}).to_string()
    }

    pub(crate) async fn update_tenant(&self, mut update: Value) {
        update["TableName"] = json!(self.table("TenantsTable"));
        update["Key"] = json!({"tenant": {"S": self.tenant.tenant}});
        self.dynamodb("UpdateItem", &update).await;
    }

    /// Whether a queue is empty and no message of it is in flight.
    pub(crate) async fn is_empty(&self, queue: &str) -> bool {
        let answer = self.sqs("GetQueueAttributes", &json!({"QueueUrl": queue, "AttributeNames": ["All"]})).await;
        let count = |name: &str| answer["Attributes"][name].as_str().expect("a count").to_owned();
        count("ApproximateNumberOfMessages") == "0" && count("ApproximateNumberOfMessagesNotVisible") == "0"
    }

    /// Waits for one [`POLL`] interval.
    pub(crate) async fn moment() {
        tokio::time::sleep(POLL).await;
    }
}

fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
