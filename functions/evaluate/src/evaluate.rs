//! Evaluates one event: parse, merge, decide, store, wake the writer.

use std::time::Duration;

use aircall::Webhook;
use aws_lambda_events::sqs::SqsMessage;
use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{Counter, count};
use lambda::queue::{Event, QueueError, WakeUp, WriteQueue};
use rules::decide::decide;
use rules::messages::loggable;
use rules::{CallDocument, Conversation, Document, MessageDocument, MessageSnapshot, Messages, Verdict};
use store::{Calls, Merge, MergeError, MessageAggregate, SettingsStore, State, TenantId};

use crate::heartbeat::Heartbeat;

/// Maximum attempts of a merge, as concurrent events of the same call or message conflict (optimistic locking).
const MAX_ATTEMPTS: u32 = 12;

/// Evaluates events.
#[derive(Debug)]
pub(crate) struct Evaluator {
    pub(crate) calls: Calls,
    pub(crate) settings: SettingsStore,
    pub(crate) write_queue: WriteQueue,
    pub(crate) heartbeat: Heartbeat,
    /// How long an entry is kept after its last event.
    pub(crate) retention: SignedDuration,
}

/// Why an event was not evaluated. SQS delivers it again, and at last moves it to the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvaluateError {
    #[error(transparent)]
    Malformed(QueueError),
    #[error("the message names no tenant: {0}")]
    Tenant(#[from] store::NotATenantId),
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
        let event = Event::read(message).map_err(EvaluateError::Malformed)?;
        let tenant = TenantId::parse(&event.tenant)?;
        let webhook = Webhook::parse(&event.body)?;
        self.heartbeat.record(&tenant, now).await;
        match webhook {
            Webhook::Call(snapshot) => {
                let (key, event) = (snapshot.call.id.key(), format!("{:?}", snapshot.event));
                self.merge_entry(&tenant, &key, &CallDocument::from(*snapshot).into(), &event, now).await
            }
            Webhook::Message(snapshot) => self.merge_message(&tenant, *snapshot, now).await,
            Webhook::Other => Ok(()),
        }
    }

    /// Merges an event into its message's aggregate, and the aggregate into each entry that it is routed to.
    ///
    /// The entries are merged even if the aggregate is unchanged: an event is redelivered if its evaluation was
    /// interrupted.
    async fn merge_message(
        &self,
        tenant: &TenantId,
        snapshot: MessageSnapshot,
        now: Timestamp,
    ) -> Result<(), EvaluateError> {
        let event = format!("{:?}", snapshot.event);
        let (aggregate, version) = self.merge_aggregate(tenant, snapshot.into(), &event, now).await?;
        for message in aggregate.document.messages() {
            let conversation = aggregate.routes.get(&message.id).cloned().flatten();
            let messages = Messages::from_message(message, version, conversation);
            self.merge_entry(tenant, &messages.key(), &Document::Messages(messages), &event, now).await?;
        }
        Ok(())
    }

    /// Merges an update into a message's aggregate, and returns the aggregate with its version. Each message is routed
    /// once, as soon as enough is known about it.
    async fn merge_aggregate(
        &self,
        tenant: &TenantId,
        update: MessageDocument,
        event: &str,
        now: Timestamp,
    ) -> Result<(MessageAggregate, u64), EvaluateError> {
        for attempt in 0..MAX_ATTEMPTS {
            let (known, version) = self.calls.message_aggregate(tenant, update.id()).await?.unzip();
            let documents = known.iter().map(|known| known.document.clone());
            let document = documents.fold(update.clone(), MessageDocument::merge);
            let mut routes = known.as_ref().map(|known| known.routes.clone()).unwrap_or_default();
            let messages = document.messages();
            if messages.iter().any(|message| !routes.contains_key(&message.id)) {
                let settings = self.settings.get(tenant).await?;
                for message in messages {
                    routes.entry(message.id.clone()).or_insert_with(|| Conversation::for_message(&message, &settings));
                }
            }
            let aggregate = MessageAggregate { document, routes };
            if let Some(version) = version.filter(|_| known.as_ref() == Some(&aggregate)) {
                return Ok((aggregate, version));
            }
            match self.calls.put_message_aggregate(tenant, &aggregate, version, now + self.retention).await {
                Ok(()) => return Ok((aggregate, version.map_or(1, |version| version + 1))),
                Err(MergeError::Conflict) => back_off(event, attempt).await,
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
        }
        Err(EvaluateError::Contended)
    }

    /// Merges an update into an entry, decides, and stores both. Wakes the writer if the entry has to be logged.
    async fn merge_entry(
        &self,
        tenant: &TenantId,
        key: &str,
        update: &Document,
        event: &str,
        now: Timestamp,
    ) -> Result<(), EvaluateError> {
        for attempt in 0..MAX_ATTEMPTS {
            let entry = self.calls.get(tenant, key).await?;
            let (known, last_decision, version, is_pending) = match entry {
                Some(entry) => {
                    let is_pending = entry.state == State::Pending;
                    (Some(entry.document), entry.decision, Some(entry.version), is_pending)
                }
                None => (None, None, None, false),
            };
            let document = known.iter().cloned().fold(update.clone(), Document::merge);
            if known.as_ref() == Some(&document) {
                // Nothing new. The writer may not have been woken the first time, so wake it; SQS drops a duplicate.
                return if is_pending { self.wake(tenant, key, version.unwrap_or_default()).await } else { Ok(()) };
            }
            let settings = self.settings.get(tenant).await?;
            let decision = decide(&document, &settings, last_decision.as_ref());
            let verdict = decision.as_ref().map(|decision| decision.verdict);
            let merge = Merge { document, decision, expires_at: now + self.retention };
            match self.calls.merge(tenant, key, &merge, version, now).await {
                Ok(()) => {}
                Err(MergeError::Conflict) => {
                    back_off(event, attempt).await;
                    continue;
                }
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
            count(Counter::EventsMerged, 1, &[]);
            tracing::info!(%tenant, key = %loggable(key), event, ?verdict, "merged an event");
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

/// Waits for a time that differs between events and attempts, so that concurrent events do not keep conflicting.
async fn back_off(event: &str, attempt: u32) {
    let milliseconds = event.len() as u64 * 7 + u64::from(attempt) * 13;
    tokio::time::sleep(Duration::from_millis(milliseconds % 40)).await;
}
