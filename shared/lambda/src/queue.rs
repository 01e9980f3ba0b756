//! What is sent on which queue.

#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use serde::{Deserialize, Serialize};

/// Longest delay of a message, seconds.
const MAX_DELAY: i32 = 900;
/// Most messages of a `SendMessageBatch`.
const BATCH: usize = 10;
/// The message attribute that says whose event it is.
const TENANT: &str = "tenant";

/// Has the writer look for what waits. It carries no data: the writer works from the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeUp {
    /// Whose entries.
    pub tenant: String,
    /// Key of the entry that rang, if it was one.
    pub key: Option<String>,
}

/// Why a message was not sent, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// SQS did not take the message. It may later, unless the deployment is at fault.
    #[error("{operation}: {cause}")]
    NotSent {
        /// The AWS operation.
        operation: &'static str,
        /// What SQS, or the way to it, said.
        cause: String,
    },
    /// The message is not one of ours.
    #[error("the message has no {0} that can be read")]
    NotOurs(&'static str),
}

impl WakeUp {
    /// Reads a message.
    ///
    /// # Errors
    /// When its body is no wake-up.
    pub fn read(message: &SqsMessage) -> Result<Self, QueueError> {
        let body = message.body.as_deref().unwrap_or_default();
        serde_json::from_str(body).map_err(|_| QueueError::NotOurs("wake-up"))
    }

    fn body(&self) -> String {
        serde_json::to_string(self).expect("texts are JSON")
    }
}

/// The writes queue, a FIFO with one message group for each tenant: one writer for each Salesforce org at a time.
#[derive(Clone, Debug)]
pub struct WriteQueue {
    sqs: Client,
    queue_url: String,
}

impl WriteQueue {
    /// The queue of this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Wakes the tenant's writer. Of wake-ups of one tenant with one `deduplication_id` within five minutes only the
    /// first rings, so the id names what has changed; at most 60 ASCII letters, digits and punctuation.
    ///
    /// # Errors
    /// When SQS does not take it.
    pub async fn wake(&self, wake_up: &WakeUp, deduplication_id: &str) -> Result<(), QueueError> {
        self.sqs
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(wake_up.body())
            .message_group_id(&wake_up.tenant)
            .message_deduplication_id(of_tenant(wake_up, deduplication_id))
            .send()
            .await
            .map_err(|e| not_sent("SendMessage", &e))?;
        Ok(())
    }

    /// Wakes many writers, each with its deduplication id as in [`WriteQueue::wake`].
    ///
    /// # Errors
    /// When SQS does not take all of them; the others are sent nevertheless.
    pub async fn wake_many(&self, wake_ups: &[(WakeUp, String)]) -> Result<(), QueueError> {
        let mut outcome = Ok(());
        for batch in wake_ups.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(batch_entry).collect();
            let request = self.sqs.send_message_batch().queue_url(&self.queue_url).set_entries(Some(entries));
            let sent = request.send().await.map_err(|e| not_sent("SendMessageBatch", &e));
            let sent = sent.and_then(|answer| match answer.failed.first() {
                None => Ok(()),
                Some(first) => {
                    let cause = format!("{} of {}, the first: {}", answer.failed.len(), batch.len(), first.code);
                    Err(QueueError::NotSent { operation: "SendMessageBatch", cause })
                }
            });
            outcome = outcome.and(sent);
        }
        outcome
    }
}

fn batch_entry((at, (wake_up, deduplication_id)): (usize, &(WakeUp, String))) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(at.to_string())
        .message_body(wake_up.body())
        .message_group_id(&wake_up.tenant)
        .message_deduplication_id(of_tenant(wake_up, deduplication_id))
        .build()
        .expect("id and body are set")
}

/// SQS compares deduplication ids across message groups, so the tenant is part of each.
fn of_tenant(wake_up: &WakeUp, deduplication_id: &str) -> String {
    format!("{}:{deduplication_id}", wake_up.tenant)
}

/// The retries queue, which holds a wake-up back for a while.
#[derive(Clone, Debug)]
pub struct RetryQueue {
    sqs: Client,
    queue_url: String,
}

impl RetryQueue {
    /// The queue of this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Wakes the tenant's writer `after` a while, fifteen minutes at most; the sweep finds what is due later still.
    ///
    /// # Errors
    /// When SQS does not take it.
    pub async fn wake_after(&self, wake_up: &WakeUp, after: Duration) -> Result<(), QueueError> {
        self.sqs
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(wake_up.body())
            .delay_seconds(delay_seconds(after))
            .send()
            .await
            .map_err(|e| not_sent("SendMessage", &e))?;
        Ok(())
    }
}

/// Rounded up: an entry is not due a moment before its time.
fn delay_seconds(after: Duration) -> i32 {
    let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
    i32::try_from(seconds).map_or(MAX_DELAY, |seconds| seconds.min(MAX_DELAY))
}

/// The events queue: webhooks as Aircall sent them.
#[derive(Clone, Debug)]
pub struct Events {
    sqs: Client,
    queue_url: String,
}

/// A webhook from the events queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose it is.
    pub tenant: String,
    /// Aircall's body.
    pub body: String,
}

impl Events {
    /// The queue of this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Sends a webhook's body as it is.
    ///
    /// # Errors
    /// When SQS does not take it.
    pub async fn send(&self, tenant: &str, body: &str) -> Result<(), QueueError> {
        self.sqs
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(body)
            .message_attributes(TENANT, string(tenant))
            .send()
            .await
            .map_err(|e| not_sent("SendMessage", &e))?;
        Ok(())
    }
}

fn string(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().expect("the type is set")
}

impl Event {
    /// Reads a message.
    ///
    /// # Errors
    /// When it has no tenant or no body.
    pub fn read(message: SqsMessage) -> Result<Self, QueueError> {
        let mut attributes = message.message_attributes;
        let tenant = attributes.remove(TENANT).and_then(|attribute| attribute.string_value);
        Ok(Self {
            tenant: tenant.ok_or(QueueError::NotOurs("tenant"))?,
            body: message.body.ok_or(QueueError::NotOurs("body"))?,
        })
    }
}

fn not_sent<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> QueueError {
    let cause = match error {
        SdkError::ServiceError(refusal) => refusal.err().code().unwrap_or("an error without a code"),
        SdkError::TimeoutError(_) => "timed out",
        SdkError::DispatchFailure(_) => "not reached",
        SdkError::ConstructionFailure(_) => "the request cannot be built",
        _ => "an answer that cannot be read",
    };
    QueueError::NotSent { operation, cause: cause.to_owned() }
}
