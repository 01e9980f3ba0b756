//! The SQS queues and their messages.

#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Longest delay that SQS supports, in seconds.
const MAX_DELAY: i32 = 900;
/// Most messages in a `SendMessageBatch` request.
const MAX_BATCH: usize = 10;
/// The message attribute with the event's tenant.
const TENANT: &str = "tenant";
/// The message attributes with length and digest of the body that a note is of.
const BYTES: &str = "bytes";
const DIGEST: &str = "digest";

/// Wakes the writer to process pending entries. It carries no data: the writer reads the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeUp {
    /// The tenant whose entries are pending.
    pub tenant: String,
    /// Key of the entry that caused the wake-up, if any.
    pub key: Option<String>,
}

/// Why a message was not sent, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// SQS did not accept the message. A retry may succeed, unless the deployment is at fault.
    #[error("{operation}: {cause}")]
    NotSent {
        /// The AWS operation.
        operation: &'static str,
        /// The error of SQS or of the transport.
        cause: String,
    },
    /// The message does not have the format of this queue.
    #[error("the message has no readable {0}")]
    Malformed(&'static str),
}

impl WakeUp {
    /// Parses a message.
    ///
    /// # Errors
    /// When its body is not a wake-up.
    pub fn read(message: &SqsMessage) -> Result<Self, QueueError> {
        let body = message.body.as_deref().unwrap_or_default();
        serde_json::from_str(body).map_err(|_| QueueError::Malformed("wake-up"))
    }

    fn body(&self) -> String {
        serde_json::to_string(self).expect("strings serialize to JSON")
    }
}

/// The writes queue: a FIFO queue with one message group per tenant, so that each Salesforce org has one writer at a
/// time.
#[derive(Clone, Debug)]
pub struct WriteQueue {
    sqs: Client,
    queue_url: String,
}

impl WriteQueue {
    /// The queue with this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Wakes the tenant's writer. SQS drops further wake-ups of the tenant with the same `deduplication_id` within five
    /// minutes, so the id must identify the change; at most 60 ASCII letters, digits and punctuation.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn wake(&self, wake_up: &WakeUp, deduplication_id: &str) -> Result<(), QueueError> {
        self.sqs
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(wake_up.body())
            .message_group_id(&wake_up.tenant)
            .message_deduplication_id(tenant_deduplication_id(wake_up, deduplication_id))
            .send()
            .await
            .map_err(|e| not_sent("SendMessage", &e))?;
        Ok(())
    }

    /// Wakes many writers, each with a deduplication ID as in [`WriteQueue::wake`].
    ///
    /// # Errors
    /// When SQS does not accept all of them; the others are sent.
    pub async fn wake_many(&self, wake_ups: &[(WakeUp, String)]) -> Result<(), QueueError> {
        let mut outcome = Ok(());
        for batch in wake_ups.chunks(MAX_BATCH) {
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
        .message_deduplication_id(tenant_deduplication_id(wake_up, deduplication_id))
        .build()
        .expect("id and body are set")
}

/// Prefixes the id with the tenant, because SQS compares deduplication IDs across message groups.
fn tenant_deduplication_id(wake_up: &WakeUp, deduplication_id: &str) -> String {
    format!("{}:{deduplication_id}", wake_up.tenant)
}

/// The retries queue, which delivers wake-ups with a delay.
#[derive(Clone, Debug)]
pub struct RetryQueue {
    sqs: Client,
    queue_url: String,
}

impl RetryQueue {
    /// The queue with this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Wakes the tenant's writer after the delay `after`, at most fifteen minutes; the sweep finds entries due later.
    ///
    /// # Errors
    /// When SQS does not accept the message.
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

/// The delay in seconds, rounded up so that the wake-up does not arrive before the entry is due.
fn delay_seconds(after: Duration) -> i32 {
    let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
    i32::try_from(seconds).map_or(MAX_DELAY, |seconds| seconds.min(MAX_DELAY))
}

/// The events queue: webhook bodies.
#[derive(Clone, Debug)]
pub struct EventQueue {
    sqs: Client,
    queue_url: String,
}

/// A message of the events queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The tenant that the webhook belongs to.
    pub tenant: String,
    /// The webhook body that Aircall sent, or a note of one that is too long to be queued.
    pub body: String,
    /// The body that was too long, if `body` is a note of it.
    pub too_long: Option<TooLong>,
}

/// A webhook body that is too long to be queued. Its note has the event, the time and the id of `data` in the same places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its digest, the same for each delivery.
    pub digest: String,
}

/// The digest of a webhook body, by which it is recognised: the first 32 hexadecimal digits of its SHA-256.
pub fn digest(body: &str) -> String {
    Sha256::digest(body).iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl EventQueue {
    /// The queue with this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Enqueues a webhook body.
    ///
    /// The group makes the standard queue a fair one: SQS lets no tenant's backlog delay the events of the others.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn enqueue(&self, tenant: &str, body: &str) -> Result<(), QueueError> {
        self.send(self.message(tenant, body)).await
    }

    /// Enqueues a note of a webhook body that is too long, as [`TooLong`] says.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn enqueue_note(&self, tenant: &str, note: &str, body: &str) -> Result<(), QueueError> {
        let message = self.message(tenant, note).message_attributes(BYTES, string_attribute(&body.len().to_string()));
        self.send(message.message_attributes(DIGEST, string_attribute(&digest(body)))).await
    }

    fn message(&self, tenant: &str, body: &str) -> SendMessageFluentBuilder {
        let message = self.sqs.send_message().queue_url(&self.queue_url).message_body(body).message_group_id(tenant);
        message.message_attributes(TENANT, string_attribute(tenant))
    }

    async fn send(&self, message: SendMessageFluentBuilder) -> Result<(), QueueError> {
        message.send().await.map(drop).map_err(|e| not_sent("SendMessage", &e))
    }
}

fn string_attribute(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().expect("the type is set")
}

impl Event {
    /// Parses a message.
    ///
    /// # Errors
    /// When it has no tenant or no body.
    pub fn read(message: SqsMessage) -> Result<Self, QueueError> {
        let mut attributes = message.message_attributes;
        let mut text = |name: &str| attributes.remove(name).and_then(|attribute| attribute.string_value);
        let bytes = text(BYTES).and_then(|bytes| bytes.parse().ok());
        Ok(Self {
            tenant: text(TENANT).ok_or(QueueError::Malformed("tenant"))?,
            too_long: bytes.zip(text(DIGEST)).map(|(bytes, digest)| TooLong { bytes, digest }),
            body: message.body.ok_or(QueueError::Malformed("body"))?,
        })
    }
}

fn not_sent<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> QueueError {
    let cause = match error {
        SdkError::ServiceError(refusal) => refusal.err().code().unwrap_or("an error without a code"),
        SdkError::TimeoutError(_) => "timed out",
        SdkError::DispatchFailure(_) => "not reached",
        SdkError::ConstructionFailure(_) => "the request cannot be built",
        _ => "the response cannot be read",
    };
    QueueError::NotSent { operation, cause: cause.to_owned() }
}
