//! Conversations in several parts, against an embedded DynamoDB: batches that run concurrently, twice, in any order, and
//! are killed anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::task::Poll;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage, SqsMessageAttribute};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lambda::queue::WriteQueue;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rules::settings::MessageTasks;
use rules::{Document, Messages, Settings};
use serde_json::json;
use store::test_tables::TestTables;
use store::{Calls, Entry, SettingsStore, Tenant, TenantId, Tenants};
use tokio::time::Instant;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::companies::Companies;
use crate::digest_keys::DigestKeys;
use crate::evaluate::Evaluator;
use crate::heartbeat::Heartbeat;
use crate::open_parts::OpenParts;
use crate::update::Times;

/// When the first message was sent, in UNIX seconds.
const START: i64 = 1_774_260_000;

fn tenant() -> TenantId {
    TenantId::parse("one").unwrap()
}

struct Fixture {
    tables: TestTables,
    sqs: MockServer,
}

impl Fixture {
    /// A tenant whose messages are logged by conversation.
    async fn new() -> Self {
        let (tables, sqs) = (TestTables::start().await, MockServer::start().await);
        let sent = json!({ "MessageId": "1", "MD5OfMessageBody": "", "Successful": [], "Failed": [] });
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_json(sent)).mount(&sqs).await;
        Tenants::new(tables.dynamodb.clone(), "TenantsTable").put(&Tenant::new(tenant())).await.unwrap();
        let f = Self { tables, sqs };
        f.log_messages(MessageTasks::PerConversation).await;
        f
    }

    async fn log_messages(&self, message_tasks: MessageTasks) {
        let store = SettingsStore::new(self.tables.dynamodb.clone(), "SettingsTable");
        let settings = Settings { message_tasks, ..store.get(&tenant()).await.unwrap() };
        store.put(&tenant(), &settings, "admin@example.com", now()).await.unwrap();
    }

    /// An execution environment, which has cached nothing.
    fn evaluator(&self) -> Evaluator {
        let dynamodb = || self.tables.dynamodb.clone();
        let tenants = Tenants::new(dynamodb(), "TenantsTable");
        let sqs = aws_sdk_sqs::Client::new(&test_aws::config(self.sqs.uri()));
        Evaluator {
            calls: Calls::new(dynamodb(), "CallsTable"),
            settings: SettingsStore::new(dynamodb(), "SettingsTable"),
            write_queue: WriteQueue::new(sqs, "https://sqs.us-east-1.example.com/0/writes.fifo"),
            heartbeat: Heartbeat::new(tenants.clone()),
            digest_keys: DigestKeys::new(tenants.clone()),
            companies: Companies::new(tenants.clone()),
            open_parts: OpenParts::new(),
            tenants,
            retention: SignedDuration::from_hours(24),
        }
    }

    async fn entries(&self) -> Vec<Entry> {
        let calls = Calls::new(self.tables.dynamodb.clone(), "CallsTable");
        let page = calls.activity(&tenant(), 200, None).await.unwrap();
        assert!(page.next.is_none());
        page.entries.into_iter().map(|entry| entry.unwrap()).collect()
    }

    /// The ids of the messages of each entry, in order, by its key.
    async fn parts(&self) -> BTreeMap<String, Vec<String>> {
        let ids = |messages: &Messages| messages.in_order().iter().map(|message| message.id.to_string()).collect();
        let part = |entry: Entry| match entry.document {
            Document::Messages(messages) => {
                assert_eq!(messages.key(), entry.key);
                (entry.key, ids(&messages))
            }
            other => panic!("{other:?}"),
        };
        self.entries().await.into_iter().map(part).collect()
    }

    /// The states of all messages.
    async fn states(&self) -> BTreeSet<String> {
        let state = |entry: Entry| match entry.document {
            Document::Messages(messages) => {
                messages.in_order().iter().map(|message| message.state.clone().unwrap().0).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        self.entries().await.into_iter().flat_map(state).collect()
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(START + 60).unwrap()
}

fn times() -> Times {
    Times { now: now(), deadline: Instant::now() + std::time::Duration::from_mins(5) }
}

/// An event of the `n`th message, with this status and a text of so many words.
fn event(n: i64, status: &str, words: usize) -> String {
    let is_update = status != "received";
    json!({
        "resource": "message", "event": if is_update { "message.status_updated" } else { "message.received" },
        "timestamp": START + n + i64::from(is_update),
        "data": {
            "id": format!("{}", 1_000 + n), "direction": "inbound", "status": status,
            "body": format!("No. {n}. {}", "word ".repeat(words)), "external_number": "+44 7700 900123",
            "created_at": (START + n) * 1_000,
            "number": {"id": 397_375, "name": "Product line", "digits": "+43 1 234567", "time_zone": "Europe/Vienna"},
        },
    })
    .to_string()
}

fn batch(bodies: impl IntoIterator<Item = String>) -> SqsEvent {
    let message = |(index, body): (usize, String)| {
        let mut message = SqsMessage::default();
        (message.body, message.message_id) = (Some(body), Some(index.to_string()));
        let mut attribute = SqsMessageAttribute::default();
        attribute.string_value = Some(tenant().to_string());
        message.message_attributes.insert("tenant".to_owned(), attribute);
        message
    };
    let mut event = SqsEvent::default();
    event.records = bodies.into_iter().enumerate().map(message).collect();
    event
}

async fn evaluate(evaluator: &Evaluator, bodies: Vec<String>) {
    let response = evaluator.evaluate(batch(bodies), times()).await.unwrap();
    assert_eq!(response.batch_item_failures.len(), 0);
}

/// Runs a future until it was polled so many times, and drops it then.
async fn killed_after(polls: u32, future: impl Future) {
    let (mut future, mut polls) = (pin!(future), polls);
    std::future::poll_fn(move |context| {
        let Some(left) = polls.checked_sub(1) else { return Poll::Ready(()) };
        polls = left;
        future.as_mut().poll(context).map(drop)
    })
    .await;
}

#[track_caller]
fn assert_each_once(parts: &BTreeMap<String, Vec<String>>, count: i64) {
    let mut all: Vec<String> = parts.values().flatten().cloned().collect();
    all.sort();
    assert_eq!(all, (0..count).map(|n| (1_000 + n).to_string()).collect::<Vec<_>>(), "{parts:?}");
    assert!(parts.values().all(|ids| ids.is_sorted()), "{parts:?}");
    let key = parts.keys().next().unwrap();
    let expected = (1..=parts.len()).map(|part| if part == 1 { key.clone() } else { format!("{key}-{part}") });
    assert_eq!(parts.keys().cloned().collect::<BTreeSet<_>>(), expected.collect());
}

/// How a batch ends: it is killed after so many polls, or evaluated.
type Batch = (Vec<(i64, &'static str)>, Option<u32>);

/// Twelve messages, two of which fill a part or nearly so, and a later status of each: in batches, in any order, some of
/// them twice, each batch in one of the two execution environments, some of them killed.
fn any_batches() -> impl Strategy<Value = Vec<Vec<Batch>>> {
    let events: Vec<(i64, &str)> = (0..12).flat_map(|n| [(n, "received"), (n, "read")]).collect();
    let events = [events.clone(), events].concat();
    let shuffled = Just(events).prop_shuffle();
    let kills = proptest::collection::vec(proptest::option::weighted(0.6, 1u32..90), 48);
    (shuffled, kills, 1usize..7).prop_map(|(events, kills, together)| {
        let batches: Vec<Batch> =
            events.chunks(together).zip(kills).map(|(events, kill)| (events.to_vec(), kill)).collect();
        batches.chunks(3).map(<[_]>::to_vec).collect()
    })
}

#[tokio::test]
async fn each_message_is_in_one_part_whatever_runs_twice_at_once_or_is_killed() {
    let mut runner = TestRunner::deterministic();
    let words = |n: i64| if n % 4 == 3 { 900 } else { 2_600 };
    for _ in 0..6 {
        let f = Fixture::new().await;
        let at_once = any_batches().new_tree(&mut runner).unwrap().current();
        let environments = [f.evaluator(), f.evaluator(), f.evaluator()];
        let body = |(n, status): &(i64, &str)| event(*n, status, words(*n));
        let bodies = |events: &[(i64, &str)]| -> Vec<String> { events.iter().map(body).collect() };
        for batches in &at_once {
            let work = batches.iter().zip(&environments).map(async |((events, kill), environment)| match kill {
                Some(polls) => {
                    Box::pin(killed_after(*polls, environment.evaluate(batch(bodies(events)), times()))).await;
                }
                None => evaluate(environment, bodies(events)).await,
            });
            join_all(work).await;
        }
        // What was killed is delivered again, to an environment that knows nothing.
        let again = f.evaluator();
        for (events, _) in at_once.iter().flatten().filter(|(_, kill)| kill.is_some()) {
            evaluate(&again, bodies(events)).await;
        }
        let parts = f.parts().await;
        assert_each_once(&parts, 12);
        assert!((4..=12).contains(&parts.len()), "{parts:?}");
        assert_eq!(f.states().await, BTreeSet::from(["read".to_owned()]));
    }
}

#[tokio::test]
async fn a_batch_that_fills_several_parts_is_divided_and_a_later_status_follows_its_message() {
    let f = Fixture::new().await;
    evaluate(&f.evaluator(), (0..8).map(|n| event(n, "received", 2_600)).collect()).await;
    let parts = f.parts().await;
    assert_each_once(&parts, 8);
    assert_eq!(parts.values().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2, 2]);
    evaluate(&f.evaluator(), (0..8).map(|n| event(n, "read", 2_600)).collect()).await;
    assert_eq!((f.parts().await, f.states().await), (parts, BTreeSet::from(["read".to_owned()])));
}

#[tokio::test]
async fn a_message_that_was_logged_on_its_own_stays_there() {
    let f = Fixture::new().await;
    f.log_messages(MessageTasks::PerMessage).await;
    evaluate(&f.evaluator(), vec![event(0, "received", 1)]).await;
    f.log_messages(MessageTasks::PerConversation).await;
    evaluate(&f.evaluator(), vec![event(0, "read", 1), event(1, "read", 1)]).await;
    let parts = f.parts().await;
    assert_eq!(parts.values().collect::<Vec<_>>(), [&["1001"], &["1000"]], "{parts:?}");
    assert!(parts.contains_key("message-1000"));
}
