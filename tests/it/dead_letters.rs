//! What no function can process does not stay in a queue that nobody sees: it becomes an entry, and can be sent once more.

use local::demo::bodies::CallBody;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

async fn env(name: &str) -> TestEnv {
    let env = TestEnv::within(&Running::start(name).await, salesforce_sandbox::Options::default()).await;
    env.contact("Lou Sample", "+33639980001");
    env
}

impl TestEnv {
    /// Puts a body into the dead-letter queue of the events, as if it had been received too often.
    async fn give_up(&self, body: &Value) {
        let tenant = json!({"DataType": "String", "StringValue": self.tenant.tenant});
        let message = json!({
            "QueueUrl": self.queue("EventsDeadLetterQueue"),
            "MessageBody": body.to_string(),
            "MessageAttributes": {"tenant": tenant},
        });
        self.sqs("SendMessage", &message).await;
    }

    async fn empty_dead_letters(&self) {
        let schedule = self.running.stack.info().schedules["ReconcileFunctionSweep"].clone();
        assert!(self.request(schedule).send().await.unwrap().status().is_success());
    }

    async fn decide_again_about(&self, key: &str) -> StatusCode {
        self.admin(Method::POST, &format!("/api/activity/{key}/decide-again")).send().await.unwrap().status()
    }

    /// How many messages wait in a queue.
    async fn waiting_in(&self, queue: &str) -> Value {
        let names = json!(["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]);
        let answer =
            self.sqs("GetQueueAttributes", &json!({"QueueUrl": self.queue(queue), "AttributeNames": names})).await;
        answer["Attributes"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_given_up_is_an_entry_that_can_be_sent_once_more() {
    let env = env("dead-letters").await;
    let call = CallBody::inbound(1).answered_after(2);
    env.give_up(&call.event("call.ended")).await;
    env.give_up(&call.event("call.ended")).await;
    env.empty_dead_letters().await;
    env.until("there is an entry", async |env| env.entries().await.len() == 1).await;
    let key = env.entries().await[0]["key"].as_str().unwrap().to_owned();
    let entry = env.activity(&key).await;
    assert!(key.starts_with("unread-"), "{key}");
    assert_eq!(entry["state"], "skipped");
    let found = env.finding(&key, "event").await;
    assert!(found.starts_with("An event of Aircall about call-1 could not be processed"), "{found}");
    assert_eq!(env.records("Task").len(), 0);

    assert_eq!(env.decide_again_about(&key).await, StatusCode::OK);
    env.until("the call takes its place", async |env| {
        let entries = env.entries().await;
        entries.len() == 1 && entries[0]["key"] == call.key()
    })
    .await;
    env.wait_until_idle().await;
    env.task(&call);
    assert_eq!(env.decide_again_about(&key).await, StatusCode::NOT_FOUND);

    // One of a call that is logged has an entry of its own, until it is part of the call.
    let tagged = call.clone().tagged_after(600, "Order");
    env.give_up(&tagged.event("call.tagged")).await;
    env.empty_dead_letters().await;
    env.until("there is another entry", async |env| env.entries().await.len() == 2).await;
    let entries = env.entries().await;
    let other = entries.iter().find(|entry| entry["key"] != call.key()).unwrap()["key"].as_str().unwrap().to_owned();
    assert_eq!(env.decide_again_about(&other).await, StatusCode::OK);
    env.until("it is part of the call", async |env| env.entries().await.len() == 1).await;
    env.wait_until_idle().await;
    assert!(env.task(&call)["Description"].as_str().unwrap().contains("Order"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_still_cannot_be_read_stays_as_it_is_when_it_is_sent_once_more() {
    let env = env("dead-letters-unreadable").await;
    env.post(json!({"event": "call.ended", "timestamp": 1_774_254_600, "data": {"id": null}})).await;
    env.until("there is an entry", async |env| env.entries().await.len() == 1).await;
    let key = env.entries().await[0]["key"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        assert_eq!(env.decide_again_about(&key).await, StatusCode::OK);
        env.wait_for_empty_queues().await;
        let entries = env.entries().await;
        assert_eq!((entries.len(), &entries[0]["state"]), (1, &json!("skipped")));
    }
    let found: Value = env.activity(&key).await;
    let steps = found["trace"].to_string();
    assert_eq!(steps.matches("was sent once more").count(), 1, "{steps}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wake_ups_that_were_given_up_are_dropped() {
    let env = env("dead-letters-wake-ups").await;
    let wake_up = json!({"tenant": env.tenant.tenant, "key": null}).to_string();
    let of_writes = json!({
        "QueueUrl": env.queue("WritesDeadLetterQueue"), "MessageBody": wake_up,
        "MessageGroupId": "one", "MessageDeduplicationId": "one",
    });
    env.sqs("SendMessage", &of_writes).await;
    for _ in 0..25 {
        let of_retries = json!({"QueueUrl": env.queue("RetriesDeadLetterQueue"), "MessageBody": wake_up});
        env.sqs("SendMessage", &of_retries).await;
    }
    // Not even one whose tenant is unknown stays.
    let of_nobody = json!({"QueueUrl": env.queue("EventsDeadLetterQueue"), "MessageBody": "{}"});
    env.sqs("SendMessage", &of_nobody).await;
    env.empty_dead_letters().await;
    for queue in ["WritesDeadLetterQueue", "RetriesDeadLetterQueue", "EventsDeadLetterQueue"] {
        let expected = json!({"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"});
        assert_eq!(env.waiting_in(queue).await, expected, "{queue}");
    }
}
