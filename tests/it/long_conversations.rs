//! Conversations that are too long for one Task and one item of the table: they go on in a next part.
//!
//! `MESSAGES=3000 cargo test -p tests --test it long_conversations -- --nocapture` has three thousand messages instead of
//! six hundred, and prints how long they take.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use local::demo::bodies::MessageBody;
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// How many messages are written before the others arrive.
const EARLY: usize = 20;

/// The `n`th message, a quarter of a minute after the one before.
fn message(n: u64) -> MessageBody {
    let id = 100_000 + n;
    let body = if n.is_multiple_of(3) { MessageBody::outbound(id) } else { MessageBody::inbound(id) };
    let sent_at =
        body.sent_at() - SignedDuration::from_hours(9) + SignedDuration::from_secs(15 * i64::try_from(n).unwrap());
    body.at(sent_at)
        .saying(&format!("No. {n}. It is about the order of last week, of which two boxes have not arrived."))
}

/// The numbers of the messages in a text, in order.
fn numbers(description: &str) -> Vec<u64> {
    let number = |line: &str| line.strip_prefix("> No. ")?.split_once('.')?.0.parse().ok();
    description.lines().filter_map(number).collect()
}

impl TestEnv {
    /// Puts events on the queue, as `intake` does, but ten in a request.
    async fn enqueue(&self, events: impl Iterator<Item = Value>) {
        let tenant = json!({"tenant": {"DataType": "String", "StringValue": self.tenant.tenant}});
        let entry = |(id, event): (usize, &Value)| json!({"Id": id.to_string(), "MessageBody": event.to_string(), "MessageAttributes": tenant});
        for events in events.collect::<Vec<_>>().chunks(10) {
            let entries: Vec<Value> = events.iter().enumerate().map(entry).collect();
            let input = json!({"QueueUrl": self.queue("EventsQueue"), "Entries": entries});
            let sent = self.sqs("SendMessageBatch", &input).await;
            assert_eq!(sent["Successful"].as_array().map(Vec::len), Some(events.len()));
        }
    }

    /// The Tasks of a conversation, the first part first.
    fn parts(&self, key: &str) -> Vec<Value> {
        let count = self.records("Task").len();
        let part = |part| if part == 1 { key.to_owned() } else { format!("{key}-{part}") };
        (1..=count).map(|n| self.task_of(&part(n))).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_conversation_has_each_message_once_over_no_more_parts_than_needed() {
    let count = std::env::var("MESSAGES").ok().and_then(|count| count.parse().ok()).unwrap_or(600);
    let mut env = TestEnv::within(&Running::start("long conversation").await, Options::default()).await;
    env.timeout = Duration::from_mins(8);
    let contact = env.contact("Lou Sample", "+33639980001");
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    let messages: Vec<MessageBody> = (0..count).map(message).collect();
    let started = Instant::now();
    // The first ones are in a Task when the others arrive, which are written together.
    let (first, others) = messages.split_at(EARLY);
    env.post_all(first.iter().map(MessageBody::event)).await;
    env.wait_until_idle().await;
    env.hold_writer().await;
    env.enqueue(others.iter().map(MessageBody::event)).await;
    env.wait_for_empty_queues().await;
    let evaluated = started.elapsed();
    env.release_writer().await;
    env.wait_until_idle().await;
    let took = started.elapsed();

    let key = env.conversation_key(&messages[0]).await;
    let tasks = env.parts(&key);
    println!(
        "{count} messages: evaluated after {:.1} s, written after {:.1} s, {} parts",
        evaluated.as_secs_f32(),
        took.as_secs_f32(),
        tasks.len()
    );
    let mut all = Vec::new();
    for (index, task) in tasks.iter().enumerate() {
        let part = if index == 0 { String::new() } else { format!(" (part {})", index + 1) };
        let subject = format!("SMS conversation with Lou Sample on Support line{part}");
        assert_eq!((&task["Subject"], &task["WhoId"]), (&json!(subject), &json!(contact)));
        let description = task["Description"].as_str().unwrap();
        let numbers = numbers(description);
        assert!(numbers.is_sorted(), "{numbers:?}");
        let is_full = index + 1 < tasks.len();
        assert!(!is_full || description.chars().count() > 25_000, "part {index} is not full: {}", description.len());
        all.extend(numbers);
    }
    all.sort_unstable();
    assert_eq!(all, (0..count).collect::<Vec<_>>());
    assert_eq!(env.entries().await.len(), tasks.len());

    // A later status changes the part that has the message.
    let (first, last) = (&messages[0], messages.iter().rfind(|message| message.is_outbound()).unwrap());
    env.post_all([first.status_updated("read", 60), last.status_updated("read", 60)]).await;
    env.wait_until_idle().await;
    let updated = env.parts(&key);
    assert_eq!(updated.len(), tasks.len());
    let read = updated.iter().map(|task| task["Description"].as_str().unwrap().matches("(read)").count());
    assert_eq!(read.sum::<usize>(), 2);
    assert!(took < Duration::from_mins(5), "{took:?}");
}

/// More messages than fit into a part.
const EARLIER_MESSAGES: usize = 1_500;

#[tokio::test]
async fn a_conversation_that_an_earlier_version_did_not_divide_goes_on_in_a_second_part() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    let first = MessageBody::inbound(1).saying("The first.");
    env.post(first.event()).await;
    env.wait_until_idle().await;
    let key = env.conversation_key(&first).await;
    // As if it had been a busy day: the messages that a Task has no room for are stored without their text.
    let mut entry = env.item("CallsTable", env.call_key(&key)).await;
    let messages = entry["document"]["M"]["messages"]["M"].as_object_mut().unwrap();
    let mut earlier = messages.values().next().unwrap().clone();
    earlier["M"]["message"]["M"].as_object_mut().unwrap().retain(|key, _| key != "text" && key != "state");
    for n in 0..EARLIER_MESSAGES {
        earlier["M"]["message"]["M"]["id"] = json!({"S": format!("earlier-{n}")});
        messages.insert(format!("earlier-{n}"), earlier.clone());
    }
    env.put_item("CallsTable", &entry).await;
    let sent_at = first.sent_at() + SignedDuration::from_secs(60);
    let second = MessageBody::outbound(2).at(sent_at).saying("The second.");
    // It is delivered twice.
    env.post_all([second.event(), second.event()]).await;
    env.wait_until_idle().await;
    env.post(second.status_updated("read", 4)).await;
    env.wait_until_idle().await;
    let [one, two] = &env.parts(&key)[..] else { panic!("{:?}", env.records("Task")) };
    let (one, two) = (one["Description"].as_str().unwrap(), two["Description"].as_str().unwrap());
    assert!(!one.contains("The second."), "{one}");
    assert!(two.contains("(read):\n> The second."), "{two}");
    assert_eq!(env.activity(&key).await["messages"].as_array().unwrap().len(), EARLIER_MESSAGES + 1);
    assert_eq!(env.activity(&format!("{key}-2")).await["kind"], "conversation");
}
