//! The two things that call this function, told apart by what they send.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use lambda::{QueueError, WakeUp, WriteQueue, batch};
use serde::Deserialize;
use store::Calls;

use crate::sweep;

/// Wake-ups that are handed on side by side.
const CONCURRENCY: usize = 10;

/// What the function is called with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Payload {
    /// Wake-ups from the retries queue.
    Retries(SqsEvent),
    /// The schedule.
    Schedule {
        /// The service that calls, such as `aws.scheduler`.
        source: String,
    },
}

/// What the function works with.
#[derive(Debug)]
pub(crate) struct Reconcile {
    /// The entries.
    pub(crate) calls: Calls,
    /// Wakes the writer.
    pub(crate) write_queue: WriteQueue,
}

impl Reconcile {
    /// Hands the retries on, each with an outcome of its own, or sweeps.
    ///
    /// # Errors
    /// When the sweep fails; the next one is a minute away.
    pub(crate) async fn handle(&self, payload: Payload) -> Result<Option<SqsBatchResponse>, lambda_runtime::Error> {
        match payload {
            Payload::Retries(event) => Ok(Some(batch::each(event, CONCURRENCY, |message| self.hand_on(message)).await)),
            Payload::Schedule { source } => {
                let swept = sweep::sweep(&self.calls, &self.write_queue, Timestamp::now()).await;
                let tenants = swept.inspect_err(|error| tracing::error!(%error, "the sweep ended early"))?;
                tracing::info!(source, tenants, "swept");
                Ok(None)
            }
        }
    }

    async fn hand_on(&self, message: SqsMessage) -> Result<(), QueueError> {
        let wake_up = WakeUp::read(&message)?;
        // A message that is delivered twice rings once.
        let id = message.message_id.ok_or(QueueError::NotOurs("id"))?;
        self.write_queue.wake(&wake_up, &format!("retry:{id}")).await
    }
}
