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
/// Receipts to remember. Messages beyond these are lost if the stack stops before their visibility timeout.
const MAXIMUM_HELD: usize = 10_000;

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
    pub held: Mutex<Vec<String>>,
}

impl Mapping {
    /// Makes the messages that are not done visible again, so that they can be saved.
    pub async fn release(&self) {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in held {
            let input = json!({ "QueueUrl": self.queue_url, "ReceiptHandle": handle, "VisibilityTimeout": 0 });
            // A receipt that has been replaced by a later one is refused, and that is fine.
            let _ = self.sqs.call("ChangeMessageVisibility", &input).await;
        }
    }

    fn hold(&self, messages: &[Received]) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend(messages.iter().map(|message| message.receipt_handle.clone()));
        let excess = held.len().saturating_sub(MAXIMUM_HELD);
        held.drain(..excess);
    }

    fn let_go(&self, finished: &[&Received]) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|handle| !finished.iter().any(|message| message.receipt_handle == *handle));
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
    mapping.hold(&messages);
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
    mapping.let_go(&finished);
}
