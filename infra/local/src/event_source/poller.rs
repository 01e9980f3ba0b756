//! Polls one queue for one function.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::sync::watch;

use super::{Received, done, event};
use crate::{lambda::Pool, services::Api, template::QueueSource};

/// SQS gives at most this many messages at once.
const MAXIMUM_RECEIVE: usize = 10;
/// A poll waits this many seconds for a message. A poll is never given up half-way, lest it take messages along, so
/// this is also how long the stack may take to stop.
const WAIT_SECONDS: u64 = 1;

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
    /// Receipts of messages that failed and wait for their visibility timeout, the latest last.
    pub failed: Mutex<Vec<String>>,
}

/// Enough to remember: a message in flight beyond these is only not saved when the stack stops.
const MAXIMUM_FAILED: usize = 10_000;

impl Mapping {
    /// Makes the messages that failed visible again, so that they can be saved.
    pub async fn release(&self) {
        let failed = std::mem::take(&mut *self.failed.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in failed {
            let input = json!({ "QueueUrl": self.queue_url, "ReceiptHandle": handle, "VisibilityTimeout": 0 });
            // A receipt that has been replaced by a later one is refused, and that is fine.
            let _ = self.sqs.call("ChangeMessageVisibility", &input).await;
        }
    }
}

/// Polls until told to stop; a batch in flight is finished first.
///
/// Several of these may share a mapping: SQS gives no message of a FIFO group to one while another holds one of it.
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
        let answer = mapping.sqs.call("ReceiveMessage", &input).await?;
        let received: Vec<Received> = match answer.get("Messages") {
            Some(received) => serde_json::from_value(received.clone()).context("ReceiveMessage")?,
            None => Vec::new(),
        };
        // A batch of more than ten is filled by more calls, as long as there is something to take.
        let more = received.len() == wanted;
        messages.extend(received);
        if !more || messages.len() >= mapping.source.batch_size {
            return Ok(messages);
        }
        wait_seconds = 0;
    }
}

async fn consume(mapping: &Mapping, messages: Vec<Received>) {
    let answer = mapping.pool.invoke(event(&messages, &mapping.source.queue_arn)).await;
    let finished = match &answer {
        Ok(answer) => done(&messages, answer, mapping.source.reports_failures),
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
    let ids: Vec<_> = finished.iter().map(|message| message.message_id.as_str()).collect();
    let mut failed = mapping.failed.lock().unwrap_or_else(PoisonError::into_inner);
    failed.extend(
        messages.iter().filter(|message| !ids.contains(&message.message_id.as_str())).map(|m| m.receipt_handle.clone()),
    );
    let excess = failed.len().saturating_sub(MAXIMUM_FAILED);
    failed.drain(..excess);
}
