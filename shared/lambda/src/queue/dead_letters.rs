//! The dead-letter queues: what was received too often without success.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageSystemAttributeName;

use super::{Event, QueueError, not_sent};

/// Most messages of a `ReceiveMessage` request.
const MAX_RECEIVE: i32 = 10;

/// A dead-letter queue.
#[derive(Clone, Debug)]
pub struct DeadLetterQueue {
    sqs: Client,
    queue_url: String,
}

/// A message of a dead-letter queue.
#[derive(Debug)]
pub struct DeadLetter {
    /// Its id.
    pub id: String,
    /// What it is if it comes from the events queue.
    pub event: Result<Event, QueueError>,
    /// Identifies this receipt of the message.
    receipt: String,
}

impl DeadLetterQueue {
    /// The queue with this URL.
    pub fn new(sqs: Client, queue_url: impl Into<String>) -> Self {
        Self { sqs, queue_url: queue_url.into() }
    }

    /// Receives up to ten messages, without waiting for any. Those that are not deleted are received again.
    ///
    /// # Errors
    /// When SQS does not answer.
    pub async fn receive(&self) -> Result<Vec<DeadLetter>, QueueError> {
        let received = self
            .sqs
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(MAX_RECEIVE)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|e| not_sent("ReceiveMessage", &e))?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(DeadLetter::new).collect())
    }

    /// Deletes a message that was received.
    ///
    /// # Errors
    /// When SQS does not answer.
    pub async fn delete(&self, letter: &DeadLetter) -> Result<(), QueueError> {
        let delete = self.sqs.delete_message().queue_url(&self.queue_url).receipt_handle(&letter.receipt);
        delete.send().await.map(drop).map_err(|e| not_sent("DeleteMessage", &e))
    }
}

impl DeadLetter {
    fn new(message: aws_sdk_sqs::types::Message) -> Option<Self> {
        let attributes = message.message_attributes.unwrap_or_default().into_iter();
        let attributes = attributes.filter_map(|(name, attribute)| Some((name, attribute.string_value?)));
        let event = Event::from_parts(message.body, attributes.collect());
        Some(Self { id: message.message_id.unwrap_or_default(), event, receipt: message.receipt_handle? })
    }
}
