//! The function's two triggers, distinguished by their payloads.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use lambda::{QueueError, WakeUp, WriteQueue, batch, metrics};
use serde::Deserialize;
use store::{Calls, Tenants};

use crate::sweep::{self, Swept};

/// Wake-ups that are forwarded concurrently.
const CONCURRENCY: usize = 10;

/// The function's payload.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Payload {
    /// Wake-ups from the retries queue.
    Retries(SqsEvent),
    /// The schedule.
    Schedule {
        /// The calling service, such as `aws.scheduler`.
        source: String,
    },
}

/// Handles both triggers.
#[derive(Debug)]
pub(crate) struct Reconcile {
    /// The entries.
    pub(crate) calls: Calls,
    /// The tenants, for the state of their orgs.
    pub(crate) tenants: Tenants,
    /// Wakes the writer.
    pub(crate) write_queue: WriteQueue,
}

impl Reconcile {
    /// Forwards the retries, each with its own outcome, or sweeps.
    ///
    /// # Errors
    /// When the sweep fails. The next one follows in a minute.
    pub(crate) async fn handle(&self, payload: Payload) -> Result<Option<SqsBatchResponse>, lambda_runtime::Error> {
        match payload {
            Payload::Retries(event) => {
                Ok(Some(batch::each(event, CONCURRENCY, |message| self.forward(message)).await?))
            }
            Payload::Schedule { source } => {
                let swept = sweep::sweep(self, Timestamp::now()).await;
                let Swept { tenants, oldest } =
                    swept.inspect_err(|error| tracing::error!(%error, "the sweep ended early"))?;
                tracing::info!(
                    target: metrics::TARGET,
                    OverdueTenants = tenants,
                    OldestOverdueSeconds = oldest.as_secs(),
                    source,
                    "swept"
                );
                Ok(None)
            }
        }
    }

    async fn forward(&self, message: SqsMessage) -> Result<(), QueueError> {
        let wake_up = WakeUp::read(&message)?;
        // The queue drops the duplicate of a message that is delivered twice.
        let id = message.message_id.ok_or(QueueError::Malformed("id"))?;
        self.write_queue.wake(&wake_up, &format!("retry:{id}")).await
    }
}
