//! The function's triggers, distinguished by their payloads.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use lambda::{EventQueue, QueueError, Retry, RetryQueue, WriteQueue, batch, metrics};
use serde::Deserialize;
use store::{Calls, SettingsStore, TenantId, Tenants};
use tokio::time::Instant;

use crate::aircall::Aircall;
use crate::backfill::compare::{self, Compared};
use crate::backfill::{self, BackfillError};
use crate::dead_letters::{DeadLetters, Emptied};
use crate::grants;
use crate::health::{Checked, Health};
use crate::lines::{self, LinesRead};
use crate::sweep::{self, Swept};

/// Messages of the retries queue that are handled concurrently.
const CONCURRENCY: usize = 10;
/// How long a sweep empties the dead-letter queues.
const DEAD_LETTERS_BUDGET: Duration = Duration::from_secs(10);

/// The function's payload.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Payload {
    /// Messages of the retries queue.
    Retries(SqsEvent),
    /// A schedule.
    Schedule {
        /// The calling service, such as `aws.scheduler`.
        source: String,
        /// What it is for: the schedule of the sweep has no input of its own, so its payload does not say.
        #[serde(default)]
        job: Job,
    },
}

/// What a schedule is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Job {
    /// Finding overdue entries, each minute.
    #[default]
    Sweep,
    /// Reading the own lines, each day.
    Lines,
    /// Finding the orgs that are to be asked whether their grants and permissions are still there, every ten minutes.
    Grants,
    /// Checking the webhooks at Aircall, each quarter of an hour.
    Health,
    /// Comparing Aircall's lists of calls with the entries, each hour.
    Backfill,
    /// A schedule that a later version's template has.
    #[serde(other)]
    Unknown,
}

/// Handles all triggers.
#[derive(Debug)]
pub(crate) struct Reconcile {
    /// The entries.
    pub(crate) calls: Calls,
    /// The tenants, for the state of their orgs.
    pub(crate) tenants: Tenants,
    /// The settings, for how fast calls are fetched.
    pub(crate) settings: SettingsStore,
    /// Wakes the writer.
    pub(crate) write_queue: WriteQueue,
    /// Takes the calls that are fetched.
    pub(crate) event_queue: EventQueue,
    /// Wakes this function for the next step of a backfill.
    pub(crate) retry_queue: RetryQueue,
    /// The companies' lines, calls and webhooks.
    pub(crate) aircall: Aircall,
    /// What the webhooks are compared with.
    pub(crate) health: Health,
    /// What the functions gave up.
    pub(crate) dead_letters: DeadLetters,
}

impl Reconcile {
    /// Handles the retries, each with its own outcome, or does the schedule's job until the deadline.
    ///
    /// # Errors
    /// When the job fails. The next one follows in a minute or in a day.
    pub(crate) async fn handle(
        &self,
        payload: Payload,
        deadline: Instant,
    ) -> Result<Option<SqsBatchResponse>, lambda_runtime::Error> {
        match payload {
            Payload::Retries(event) => {
                Ok(Some(batch::each(event, CONCURRENCY, |message| self.retry(message, deadline)).await?))
            }
            Payload::Schedule { source, job: Job::Sweep } => {
                let swept = sweep::sweep(self, Timestamp::now(), sweep::BUDGET).await;
                let Swept { tenants, oldest } =
                    swept.inspect_err(|error| tracing::error!(%error, "the sweep ended early"))?;
                tracing::info!(
                    target: metrics::TARGET,
                    OverdueTenants = tenants,
                    OldestOverdueSeconds = oldest.as_secs(),
                    source,
                    "swept"
                );
                self.empty_dead_letters(deadline.min(Instant::now() + DEAD_LETTERS_BUDGET)).await;
                Ok(None)
            }
            Payload::Schedule { source, job: Job::Lines } => {
                let read = lines::read_all(&self.aircall, &self.tenants, deadline).await;
                let LinesRead { stored, failed, not_reached } =
                    read.inspect_err(|error| tracing::error!(%error, "the own lines were not read"))?;
                tracing::info!(stored, failed, not_reached, source, "read the own lines");
                if not_reached > 0 {
                    tracing::warn!(not_reached, "the own lines of some tenants were not read in time");
                }
                Ok(None)
            }
            Payload::Schedule { source, job: Job::Grants } => {
                let woken = grants::wake_unchecked(self, Timestamp::now(), deadline).await;
                let tenants = woken
                    .inspect_err(|error| tracing::error!(%error, "the orgs that are to be asked were not all found"))?;
                tracing::info!(tenants, source, "woke the writer for orgs that are to be asked");
                Ok(None)
            }
            Payload::Schedule { source, job: Job::Health } => {
                let checked = self.health.check_all(self, Timestamp::now(), deadline).await;
                let Checked { healthy, repaired, failed, not_reached } =
                    checked.inspect_err(|error| tracing::error!(%error, "the webhooks were not checked"))?;
                tracing::info!(healthy, repaired, failed, not_reached, source, "checked the webhooks");
                if not_reached > 0 {
                    tracing::warn!(not_reached, "the webhooks of some tenants were not checked in time");
                }
                Ok(None)
            }
            Payload::Schedule { source: _, job: Job::Backfill } => {
                Box::pin(self.compare(Timestamp::now(), deadline)).await?;
                Ok(None)
            }
            Payload::Schedule { source, job: Job::Unknown } => {
                tracing::warn!(source, "a schedule is for a job that this version does not know");
                Ok(None)
            }
        }
    }

    async fn retry(&self, message: SqsMessage, deadline: Instant) -> Result<(), BackfillError> {
        match Retry::read(&message)? {
            Retry::Wake(wake_up) => {
                // The queue drops the duplicate of a message that is delivered twice.
                let id = message.message_id.ok_or(QueueError::Malformed("id"))?;
                Ok(self.write_queue.wake(&wake_up, &format!("retry:{id}")).await?)
            }
            Retry::Backfill { tenant, run } => Box::pin(backfill::step(self, &tenant, &run, deadline)).await,
            Retry::SendAgain { tenant, key, bodies } => {
                let id = TenantId::parse(&tenant)?;
                for digest in bodies {
                    // One that is no longer kept cannot be read any more.
                    if let Some(body) = self.calls.kept_body(&id, &digest).await? {
                        self.event_queue.enqueue_again(&tenant, &body, &key).await?;
                    }
                }
                Ok(())
            }
            Retry::Compare { since } => {
                let since = Timestamp::from_second(since).map_err(|_| QueueError::Malformed("time"))?;
                Box::pin(self.compare(since, deadline.min(Instant::now() + backfill::BUDGET))).await
            }
        }
    }

    /// Empties the dead-letter queues. What is left is taken by the next sweep.
    async fn empty_dead_letters(&self, deadline: Instant) {
        match self.dead_letters.empty(&self.event_queue, deadline).await {
            Ok(Emptied { events: 0, wake_ups: 0 }) => {}
            Ok(Emptied { events, wake_ups }) => {
                tracing::error!(target: metrics::TARGET, EventsGivenUp = events, WakeUpsGivenUp = wake_ups, "emptied the dead-letter queues");
            }
            Err(error) => tracing::error!(%error, "the dead-letter queues were not emptied"),
        }
    }

    /// Compares Aircall's lists of calls for the tenants that were not compared after `since`.
    async fn compare(&self, since: Timestamp, deadline: Instant) -> Result<(), BackfillError> {
        let compared = compare::compare_all(self, since, deadline).await;
        let Compared { well, started, failed, not_reached } =
            compared.inspect_err(|error| tracing::error!(%error, "not all lists of calls were compared"))?;
        tracing::info!(well, started, failed, not_reached, "compared Aircall's lists of calls");
        Ok(())
    }
}
