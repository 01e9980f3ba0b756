//! Waiting, always bounded and never for a fixed time.

use std::time::Instant;

use serde_json::{Value, json};

use super::{POLL, World};

impl World {
    /// Waits until every event that was posted has been looked at and nothing waits to be written any more.
    /// A call that is not over stays open.
    ///
    /// # Panics
    /// After [`World::patience`], with what still waits.
    pub(crate) async fn settle(&self) {
        let deadline = Instant::now() + self.patience;
        while !self.no_event_waits().await {
            assert!(Instant::now() < deadline, "events still wait in the queue");
            tokio::time::sleep(POLL).await;
        }
        loop {
            let entries = self.entries().await;
            let waiting: Vec<_> = entries.iter().filter(|entry| entry["state"] == "pending").collect();
            if waiting.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "still pending: {waiting:#?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until `is_so`.
    ///
    /// # Panics
    /// After [`World::patience`], with `what`.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl AsyncFnMut(&Self) -> bool) {
        let deadline = Instant::now() + self.patience;
        while !is_so(self).await {
            assert!(Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Whether the events queue is empty, with nothing in the hands of a function either.
    async fn no_event_waits(&self) -> bool {
        let input = json!({"QueueUrl": self.events_queue(), "AttributeNames": ["All"]});
        let answer = self.sqs("GetQueueAttributes", &input).await;
        let count = |name: &str| answer["Attributes"][name].as_str().expect("a count").to_owned();
        count("ApproximateNumberOfMessages") == "0" && count("ApproximateNumberOfMessagesNotVisible") == "0"
    }

    /// URL of the queue between intake and evaluate.
    pub(crate) fn events_queue(&self) -> String {
        self.running.stack.info().queues["EventsQueue"].clone()
    }

    /// Calls an operation of the stack's SQS.
    pub(crate) async fn sqs(&self, operation: &str, input: &Value) -> Value {
        let request = self
            .http
            .post(&self.running.stack.info().aws_endpoint_urls.sqs)
            .header("x-amz-target", format!("AmazonSQS.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=none")
            .body(input.to_string());
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a text"));
        assert!(status.is_success(), "{operation}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
