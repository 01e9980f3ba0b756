//! All triggers, against an embedded DynamoDB and a mock SQS that records its requests.

mod attached;
mod backfill;
mod compare;
mod day;
mod dead_letters;
mod events;
mod grants;
mod health;
mod lines;
mod sweep;

use std::time::Duration;

use aws_lambda_events::sqs::SqsBatchResponse;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use lambda::queue::DeadLetterQueue;
use lambda::{EventQueue, RetryQueue, WriteQueue};
use serde_json::{Value, json};
use store::test_tables::TestTables;
use store::{AircallCredentials, Calls, SettingsStore, Tenants};
use tokio::time::Instant;
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::aircall::Aircall;
use crate::dead_letters::DeadLetters;
use crate::health::Health;
use crate::payload::{Payload, Reconcile};

const NOW: i64 = 1_774_254_600;
/// The events queue, and the retries queue.
const EVENTS: &str = "https://sqs.us-east-1.example.com/0/events";
const RETRIES: &str = "https://sqs.us-east-1.example.com/0/retries";
/// How the URLs of the dead-letter queues begin.
const DEAD: &str = "https://sqs.us-east-1.example.com/0/dead-";

struct Fixture {
    tables: TestTables,
    sqs: MockServer,
    aircall: MockServer,
    secrets: MockServer,
    reconcile: Reconcile,
}

impl Fixture {
    async fn new() -> Self {
        let tables = TestTables::start().await;
        let sqs = MockServer::start().await;
        let sent = json!({ "MessageId": "1", "MD5OfMessageBody": "", "Successful": [], "Failed": [] });
        let answer = ResponseTemplate::new(200).set_body_json(sent);
        Mock::given(method("POST")).respond_with(answer).with_priority(6).mount(&sqs).await;
        let config = test_aws::config(sqs.uri());
        let client = aws_sdk_sqs::Client::new(&config);
        let write_queue = WriteQueue::new(client.clone(), "https://sqs.us-east-1.example.com/0/writes.fifo");
        let event_queue = EventQueue::new(client.clone(), EVENTS);
        let retry_queue = RetryQueue::new(client.clone(), RETRIES);
        let settings = SettingsStore::new(tables.dynamodb.clone(), "SettingsTable");
        let calls = Calls::new(tables.dynamodb.clone(), "CallsTable");
        let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
        let (aircall, secrets) = (MockServer::start().await, MockServer::start().await);
        let secretsmanager = aws_sdk_secretsmanager::Client::new(&test_aws::config(secrets.uri()));
        let access = Aircall {
            http: reqwest::Client::new(),
            api_url: aircall.uri().parse().unwrap(),
            credentials: AircallCredentials::new(secretsmanager, "aircall/"),
        };
        let health = Health { public_url: None, token_delay: Duration::ZERO };
        let dead = |name: &str| DeadLetterQueue::new(client.clone(), format!("{DEAD}{name}"));
        let dead_letters = DeadLetters { events: dead("events"), wake_ups: [dead("writes.fifo"), dead("retries")] };
        let reconcile = Reconcile {
            calls,
            tenants,
            settings,
            write_queue,
            event_queue,
            retry_queue,
            aircall: access,
            health,
            dead_letters,
        };
        Self { tables, sqs, aircall, secrets, reconcile }
    }

    /// Stores a pending entry that is due at `due_at`.
    async fn insert_pending(&self, tenant: &str, key: &str, due_at: i64) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = self.tables.dynamodb.put_item().table_name("CallsTable");
        let put = put.item("tenant", text(tenant)).item("key", text(key)).item("pending", text(tenant));
        put.item("due_at", AttributeValue::N(due_at.to_string())).send().await.unwrap();
    }

    async fn handle(&self, event: Value) -> Option<SqsBatchResponse> {
        let deadline = Instant::now() + Duration::from_mins(1);
        self.reconcile.handle(payload(event), deadline).await.unwrap()
    }

    async fn sent(&self) -> Vec<Value> {
        let requests = self.sqs.received_requests().await.unwrap();
        let is_sent = |request: &&wiremock::Request| {
            request.headers.get("x-amz-target").is_some_and(|target| target.to_str().unwrap().contains("SendMessage"))
        };
        requests.iter().filter(is_sent).map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }

    /// Tenants that were woken, with the deduplication IDs.
    async fn woken(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let entries = self.sent().await.into_iter().flat_map(|request| request["Entries"].as_array().unwrap().clone());
        entries.map(|e| (text(&e["MessageGroupId"]), text(&e["MessageDeduplicationId"]))).collect()
    }
}

fn payload(json: Value) -> Payload {
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn a_retry_is_forwarded_to_the_writes_queue() {
    let f = Fixture::new().await;
    let body = r#"{"tenant":"one","key":"call-7"}"#;
    let event = json!({ "Records": [{ "messageId": "m-1", "body": body }] });
    let response = f.handle(event).await.unwrap();
    assert!(response.batch_item_failures.is_empty());
    let sent = &f.sent().await[0];
    assert_eq!((&sent["MessageBody"], &sent["MessageGroupId"]), (&json!(body), &json!("one")));
    assert_eq!(sent["MessageDeduplicationId"], "one:retry:m-1");
}

#[tokio::test]
async fn a_failed_retry_does_not_fail_the_others() {
    let f = Fixture::new().await;
    let refuse = ResponseTemplate::new(500);
    Mock::given(body_string_contains("refused")).respond_with(refuse).with_priority(1).mount(&f.sqs).await;
    let record = |id: &str, body: &str| json!({ "messageId": id, "body": body });
    let event = json!({ "Records": [
        record("good", r#"{"tenant":"one","key":null}"#),
        record("not-json", "x"),
        record("refused", r#"{"tenant":"refused","key":null}"#),
    ]});
    let response = f.handle(event).await.unwrap();
    let mut failed: Vec<_> = response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
    failed.sort();
    assert_eq!(failed, ["not-json", "refused"]);
}

#[tokio::test]
async fn a_scheduled_invocation_sweeps() {
    let f = Fixture::new().await;
    f.insert_pending("one", "call-1", 0).await;
    let event = json!({ "version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": "{}" });
    assert!(f.handle(event).await.is_none());
    assert_eq!(f.woken().await.len(), 1);
}
