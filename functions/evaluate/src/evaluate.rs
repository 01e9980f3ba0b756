//! One event: read, merge, decide, store, ring.

use std::time::Duration;

use aircall::Webhook;
use aws_lambda_events::sqs::SqsMessage;
use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{Counter, count};
use lambda::queue::{Bell, Event, QueueError, WakeUp};
use rules::decide::decide;
use rules::{CallDocument, Snapshot, Verdict};
use store::{Calls, Merge, MergeError, SettingsStore, State, TenantId};

use crate::heard::Heard;

/// How often a merge is tried again because another event of the same call came in between.
const TRIES: u32 = 12;

/// What an evaluation works with.
#[derive(Debug)]
pub(crate) struct Evaluator {
    pub(crate) calls: Calls,
    pub(crate) settings: SettingsStore,
    pub(crate) bell: Bell,
    pub(crate) heard: Heard,
    /// How long an entry is kept after its last event.
    pub(crate) retention: SignedDuration,
}

/// Why an event was not evaluated: it comes again, and at last to the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvaluateError {
    #[error(transparent)]
    NotOurs(QueueError),
    #[error("the message names no tenant: {0}")]
    Tenant(#[from] store::NotATenantId),
    /// Names the field and never its value.
    #[error("the webhook cannot be read: {0}")]
    Webhook(#[from] aircall::WebhookError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the call was changed by other events {TRIES} times in a row")]
    Contended,
    #[error(transparent)]
    NotRung(QueueError),
}

impl Evaluator {
    /// Takes in one message of the events queue.
    pub(crate) async fn evaluate(&self, message: SqsMessage, now: Timestamp) -> Result<(), EvaluateError> {
        let event = Event::read(message).map_err(EvaluateError::NotOurs)?;
        let tenant = TenantId::parse(&event.tenant)?;
        let webhook = Webhook::parse(&event.body)?;
        self.heard.aircall(&tenant, now).await;
        match webhook {
            Webhook::Call(snapshot) => self.take(&tenant, *snapshot, now).await,
            Webhook::Other => Ok(()),
        }
    }

    async fn take(&self, tenant: &TenantId, snapshot: Snapshot, now: Timestamp) -> Result<(), EvaluateError> {
        let (key, event) = (snapshot.call.id.key(), snapshot.event);
        let news = CallDocument::from(snapshot);
        for attempt in 0..TRIES {
            let entry = self.calls.get(tenant, &key).await?;
            let (known, decided, version, waits) = match entry {
                Some(entry) => {
                    let waits = entry.state == State::Pending;
                    (Some(entry.document), entry.decision, Some(entry.version), waits)
                }
                None => (None, None, None, false),
            };
            let document = known.iter().cloned().fold(news.clone(), CallDocument::merge);
            if known.as_ref() == Some(&document) {
                // Seen before. If the writer was not woken then, it is now; the same wake-up twice rings once.
                return if waits { self.ring(tenant, &key, version.unwrap_or_default()).await } else { Ok(()) };
            }
            let settings = self.settings.get(tenant).await?;
            let decision = decide(&document, &settings, decided.as_ref());
            let verdict = decision.as_ref().map(|decision| decision.verdict);
            let merge = Merge { document, decision, expires_at: now + self.retention };
            match self.calls.merge(tenant, &key, &merge, version, now).await {
                Ok(()) => {}
                Err(MergeError::Conflict) => {
                    // Apart, so that the events of one call do not meet again and again.
                    let pause = event as u64 * 7 + u64::from(attempt) * 13;
                    tokio::time::sleep(Duration::from_millis(pause % 40)).await;
                    continue;
                }
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
            count(Counter::EventsMerged, 1, &[]);
            tracing::info!(%tenant, key, ?event, ?verdict, "merged an event");
            return match verdict {
                Some(Verdict::Log(_)) => self.ring(tenant, &key, version.unwrap_or_default() + 1).await,
                Some(Verdict::Skip(_)) => {
                    let is_news = decided.is_none_or(|decided| Some(decided.verdict) != verdict);
                    count(Counter::CallsSkipped, u64::from(is_news), &[]);
                    Ok(())
                }
                None => Ok(()),
            };
        }
        Err(EvaluateError::Contended)
    }

    /// Wakes the writer for the entry as of `version`.
    async fn ring(&self, tenant: &TenantId, key: &str, version: u64) -> Result<(), EvaluateError> {
        let wake_up = WakeUp { tenant: tenant.to_string(), key: Some(key.to_owned()) };
        self.bell.ring(&wake_up, &format!("{key}-{version}")).await.map_err(EvaluateError::NotRung)
    }
}
