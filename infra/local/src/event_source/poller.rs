//! Polls one queue for one function.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::sync::watch;

use super::{Received, done, event};
use crate::{lambda::Pool, long_messages, services::Api, template::QueueSource};

/// SQS returns at most this many messages at once.
const MAXIMUM_RECEIVE: usize = 10;
/// Wait time of a long poll, in seconds. A poll is never cancelled, as it could lose messages, so the stack may take
/// this long to stop.
const WAIT_SECONDS: u64 = 1;
/// Maximum number of receipts in memory. Messages beyond these are lost if the stack stops before their visibility
/// timeout.
const MAXIMUM_RECEIPTS: usize = 10_000;

/// A queue, the function that consumes it, and how.
#[derive(Debug)]
pub struct Mapping {
    /// The template's properties.
    pub source: QueueSource,
    /// URL of the queue.
    pub queue_url: String,
    /// The function.
    pub pool: Arc<Pool>,
    /// SQS.
    pub sqs: Api,
    /// Receipts of messages that are being consumed, or failed and wait for their visibility timeout; the latest last.
    pub receipts: Mutex<Vec<String>>,
}

impl Mapping {
    /// Makes the messages that are not done visible again, so that they can be saved.
    pub async fn release(&self) {
        let receipts = std::mem::take(&mut *self.receipts.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in receipts {
            let input = json!({ "QueueUrl": self.queue_url, "ReceiptHandle": handle, "VisibilityTimeout": 0 });
            // SQS refuses a receipt that a later one has replaced; then there is nothing to do.
            let _ = self.sqs.call("ChangeMessageVisibility", &input).await;
        }
    }

    fn remember(&self, messages: &[Received]) {
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        receipts.extend(messages.iter().map(|message| message.receipt_handle.clone()));
        let excess = receipts.len().saturating_sub(MAXIMUM_RECEIPTS);
        receipts.drain(..excess);
    }

    fn forget(&self, finished: &[&Received]) {
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        receipts.retain(|handle| !finished.iter().any(|message| message.receipt_handle == *handle));
    }
}

/// Polls until `stop` is true; a batch in flight is finished first.
///
/// Several pollers may share a mapping: SQS delivers no message of a FIFO group while another one of it is in flight.
pub async fn poll(mapping: Arc<Mapping>, stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match receive(&mapping).await {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => consume(&mapping, messages).await,
            Err(error) => {
                tracing::warn!(queue = mapping.queue_url, "cannot poll: {error:#}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn receive(mapping: &Mapping) -> Result<Vec<Received>> {
    let mut messages: Vec<Received> = Vec::new();
    let mut wait_seconds = WAIT_SECONDS;
    loop {
        let wanted = (mapping.source.batch_size - messages.len()).min(MAXIMUM_RECEIVE);
        let input = json!({
            "QueueUrl": mapping.queue_url,
            "MaxNumberOfMessages": wanted,
            "WaitTimeSeconds": wait_seconds,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        let response = mapping.sqs.call("ReceiveMessage", &input).await?;
        let mut received: Vec<Received> = match response.get("Messages") {
            Some(received) => serde_json::from_value(received.clone()).context("ReceiveMessage")?,
            None => Vec::new(),
        };
        for message in &mut received {
            long_messages::join(&mut message.body, &mut message.message_attributes);
        }
        // A batch of more than ten messages takes further calls, as long as messages are available.
        let more = received.len() == wanted;
        messages.extend(received);
        if !more || messages.len() >= mapping.source.batch_size {
            return Ok(messages);
        }
        wait_seconds = 0;
    }
}

async fn consume(mapping: &Mapping, messages: Vec<Received>) {
    mapping.remember(&messages);
    let response = mapping.pool.invoke(event(&messages, &mapping.source.queue_arn)).await;
    let finished = match &response {
        Ok(response) => done(&messages, response, mapping.source.reports_failures),
        Err(_) => Vec::new(),
    };
    for chunk in finished.chunks(MAXIMUM_RECEIVE) {
        let entries: Vec<_> = chunk
            .iter()
            .map(|message| json!({ "Id": message.message_id, "ReceiptHandle": message.receipt_handle }))
            .collect();
        let input = json!({ "QueueUrl": mapping.queue_url, "Entries": entries });
        if let Err(error) = mapping.sqs.call("DeleteMessageBatch", &input).await {
            tracing::warn!(queue = mapping.queue_url, "cannot delete: {error:#}");
        }
    }
    mapping.forget(&finished);
}
