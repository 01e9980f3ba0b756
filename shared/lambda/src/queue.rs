//! The SQS queues and their messages.

mod dead_letters;
mod events;
mod retries;
#[cfg(test)]
mod tests;

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

pub use dead_letters::{DeadLetter, DeadLetterQueue};
pub use events::{Event, EventQueue, Fetch, MAX_EVENT_LEN, TooLong, digest};
pub use retries::{Retry, RetryQueue};

/// Most messages in a `SendMessageBatch` request.
const MAX_BATCH: usize = 10;

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
