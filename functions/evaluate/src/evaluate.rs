//! Evaluates one event: parse, merge, decide, store, wake the writer.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use aircall::Webhook;
use aws_lambda_events::sqs::SqsMessage;
use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{Counter, count};
use lambda::queue::{Event, QueueError, WakeUp, WriteQueue};
use rules::decide::decide;
use rules::messages::redact_key;
use rules::{CallDocument, Document, Verdict};
use store::{Calls, Merge, MergeError, SettingsStore, State, TenantId};

use crate::digest_keys::DigestKeys;
use crate::heartbeat::Heartbeat;

/// Maximum attempts of a merge, as concurrent events of the same call or message conflict (optimistic locking).
pub(crate) const MAX_ATTEMPTS: u32 = 12;
/// The longest wait before the second attempt, milliseconds. It doubles with each attempt.
const MIN_BACKOFF_MS: u64 = 10;
/// How often the longest wait doubles: up to 320 ms.
const MAX_BACKOFF_DOUBLINGS: u32 = 5;

/// Evaluates events.
#[derive(Debug)]
pub(crate) struct Evaluator {
    pub(crate) calls: Calls,
    pub(crate) settings: SettingsStore,
    pub(crate) write_queue: WriteQueue,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) digest_keys: DigestKeys,
    /// How long an entry is kept after its last event.
    pub(crate) retention: SignedDuration,
}

/// Why an event was not evaluated. SQS delivers it again, and at last moves it to the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvaluateError {
    #[error(transparent)]
    Malformed(QueueError),
    #[error("the message names no tenant: {0}")]
    Tenant(#[from] store::InvalidTenantId),
    /// Names the field and never its value.
    #[error("the webhook cannot be read: {0}")]
    Webhook(#[from] aircall::WebhookError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the call or message was changed by other events {MAX_ATTEMPTS} times in a row")]
    Contended,
    #[error(transparent)]
    NotWoken(QueueError),
}

impl Evaluator {
    /// Evaluates one message of the events queue.
    pub(crate) async fn evaluate(&self, message: SqsMessage, now: Timestamp) -> Result<(), EvaluateError> {
        let seed = message.message_id.clone().unwrap_or_default();
        let event = Event::read(message).map_err(EvaluateError::Malformed)?;
        let tenant = TenantId::parse(&event.tenant)?;
        let webhook = Webhook::parse(&event.body)?;
        self.heartbeat.record(&tenant, now).await;
        match webhook {
            Webhook::Call(snapshot) => {
                let delivery = Delivery { tenant, event: format!("{:?}", snapshot.event), seed, now };
                let key = snapshot.call.id.key();
                self.merge_entry(&delivery, &key, &CallDocument::from(*snapshot).into()).await
            }
            Webhook::Message(snapshot) => {
                let delivery = Delivery { tenant, event: format!("{:?}", snapshot.event), seed, now };
                self.merge_message(&delivery, *snapshot).await
            }
            Webhook::Other => Ok(()),
        }
    }

    /// Merges an update into an entry, decides, and stores both. Wakes the writer if the entry has to be logged.
    pub(crate) async fn merge_entry(
        &self,
        delivery: &Delivery,
        key: &str,
        update: &Document,
    ) -> Result<(), EvaluateError> {
        let Delivery { tenant, event, now, .. } = delivery;
        for attempt in 0..MAX_ATTEMPTS {
            let entry = self.calls.get(tenant, key).await?;
            let (known, last_decision, version, is_pending, task_status) = match entry {
                Some(entry) => {
                    let (is_pending, task_status) = (entry.state == State::Pending, entry.task_status());
                    (Some(entry.document), entry.decision, Some(entry.version), is_pending, task_status)
                }
                None => (None, None, None, false, None),
            };
            let document = known.iter().cloned().fold(update.clone(), Document::merge);
            if known.as_ref() == Some(&document) {
                // Nothing new. The writer may not have been woken the first time, so wake it; SQS drops a duplicate.
                return if is_pending { self.wake(tenant, key, version.unwrap_or_default()).await } else { Ok(()) };
            }
            let settings = self.settings.get(tenant).await?;
            let mut decision = decide(&document, &settings, last_decision.as_ref());
            if let (None, Some(status)) = (&last_decision, task_status) {
                decision = decision.map(|decision| decision.keep_task(status));
            }
            let verdict = decision.as_ref().map(|decision| decision.verdict);
            let merge = Merge { document, decision, expires_at: *now + self.retention };
            match self.calls.merge(tenant, key, &merge, version, *now).await {
                Ok(()) => {}
                Err(MergeError::Conflict) => {
                    delivery.back_off(attempt).await;
                    continue;
                }
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
            count(Counter::EventsMerged, 1, &[]);
            tracing::info!(%tenant, key = %redact_key(key), event, ?verdict, "merged an event");
            return match verdict {
                Some(Verdict::Log(_)) => self.wake(tenant, key, version.unwrap_or_default() + 1).await,
                Some(Verdict::Skip(_)) => {
                    let is_new = last_decision.is_none_or(|last| Some(last.verdict) != verdict);
                    count(Counter::CallsSkipped, u64::from(is_new), &[]);
                    Ok(())
                }
                None => Ok(()),
            };
        }
        Err(EvaluateError::Contended)
    }

    /// Wakes the writer for the entry as of `version`.
    async fn wake(&self, tenant: &TenantId, key: &str, version: u64) -> Result<(), EvaluateError> {
        let wake_up = WakeUp { tenant: tenant.to_string(), key: Some(key.to_owned()) };
        self.write_queue.wake(&wake_up, &format!("{key}-{version}")).await.map_err(EvaluateError::NotWoken)
    }
}

/// One event as it was delivered.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) tenant: TenantId,
    /// The event's name, for logs.
    pub(crate) event: String,
    /// The id of the SQS message, from which the jitter of retries is derived.
    pub(crate) seed: String,
    pub(crate) now: Timestamp,
}

impl Delivery {
    /// Waits before the next attempt: exponential backoff with full jitter, so that the events of one call or message do
    /// not conflict again and again.
    pub(crate) async fn back_off(&self, attempt: u32) {
        let mut hasher = DefaultHasher::new();
        (&self.seed, attempt).hash(&mut hasher);
        let limit = MIN_BACKOFF_MS << attempt.min(MAX_BACKOFF_DOUBLINGS);
        tokio::time::sleep(Duration::from_millis(hasher.finish() % limit)).await;
    }
}
