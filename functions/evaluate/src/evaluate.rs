//! One event: read, merge, decide, store, ring.

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

/// How often a merge is tried again because another event of the same call or message came in between.
const TRIES: u32 = 12;

/// What an evaluation works with.
#[derive(Debug)]
pub(crate) struct Evaluator {
    pub(crate) calls: Calls,
    pub(crate) settings: SettingsStore,
    pub(crate) write_queue: WriteQueue,
    pub(crate) heartbeat: Heartbeat,
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
    #[error("the call or message was changed by other events {TRIES} times in a row")]
    Contended,
    #[error(transparent)]
    NotWoken(QueueError),
}

impl Evaluator {
    /// Takes in one message of the events queue.
    pub(crate) async fn evaluate(&self, message: SqsMessage, now: Timestamp) -> Result<(), EvaluateError> {
        let event = Event::read(message).map_err(EvaluateError::NotOurs)?;
        let tenant = TenantId::parse(&event.tenant)?;
        let webhook = Webhook::parse(&event.body)?;
        self.heartbeat.record(&tenant, now).await;
        match webhook {
            Webhook::Call(snapshot) => {
                let (key, event) = (snapshot.call.id.key(), format!("{:?}", snapshot.event));
                self.take(&tenant, &key, &CallDocument::from(*snapshot).into(), &event, now).await
            }
            Webhook::Message(snapshot) => self.take_message(&tenant, *snapshot, now).await,
            Webhook::Other => Ok(()),
        }
    }

    /// Puts what is new of a message to what was gathered of it, and takes it in where it is logged.
    ///
    /// What was known before is taken in again: an event comes again if the work on it was cut off.
    async fn take_message(
        &self,
        tenant: &TenantId,
        news: MessageSnapshot,
        now: Timestamp,
    ) -> Result<(), EvaluateError> {
        let event = format!("{:?}", news.event);
        let (gathered, version) = self.merge_aggregate(tenant, news.into(), &event, now).await?;
        for message in gathered.document.messages() {
            let conversation = gathered.routes.get(&message.id).cloned().flatten();
            let messages = Messages::from_message(message, version, conversation);
            self.take(tenant, &messages.key(), &Document::Messages(messages), &event, now).await?;
        }
        Ok(())
    }

    /// All that was gathered of a message, with its version. Where it is logged is settled as soon as enough is known.
    async fn merge_aggregate(
        &self,
        tenant: &TenantId,
        news: MessageDocument,
        event: &str,
        now: Timestamp,
    ) -> Result<(MessageAggregate, u64), EvaluateError> {
        for attempt in 0..TRIES {
            let (known, version) = self.calls.message_aggregate(tenant, news.id()).await?.unzip();
            let documents = known.iter().map(|known| known.document.clone());
            let document = documents.fold(news.clone(), MessageDocument::merge);
            let mut places = known.as_ref().map(|known| known.routes.clone()).unwrap_or_default();
            let messages = document.messages();
            if messages.iter().any(|message| !places.contains_key(&message.id)) {
                let settings = self.settings.get(tenant).await?;
                for message in messages {
                    places.entry(message.id.clone()).or_insert_with(|| Conversation::for_message(&message, &settings));
                }
            }
            let gathered = MessageAggregate { document, routes: places };
            if let Some(version) = version.filter(|_| known.as_ref() == Some(&gathered)) {
                return Ok((gathered, version));
            }
            match self.calls.put_message_aggregate(tenant, &gathered, version, now + self.retention).await {
                Ok(()) => return Ok((gathered, version.map_or(1, |version| version + 1))),
                Err(MergeError::Conflict) => pause(event, attempt).await,
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
        }
        Err(EvaluateError::Contended)
    }

    /// Takes in what is new of an entry.
    async fn take(
        &self,
        tenant: &TenantId,
        key: &str,
        news: &Document,
        event: &str,
        now: Timestamp,
    ) -> Result<(), EvaluateError> {
        for attempt in 0..TRIES {
            let entry = self.calls.get(tenant, key).await?;
            let (known, decided, version, waits) = match entry {
                Some(entry) => {
                    let waits = entry.state == State::Pending;
                    (Some(entry.document), entry.decision, Some(entry.version), waits)
                }
                None => (None, None, None, false),
            };
            let document = known.iter().cloned().fold(news.clone(), Document::merge);
            if known.as_ref() == Some(&document) {
                // Seen before. If the writer was not woken then, it is now; the same wake-up twice rings once.
                return if waits { self.wake(tenant, key, version.unwrap_or_default()).await } else { Ok(()) };
            }
            let settings = self.settings.get(tenant).await?;
            let decision = decide(&document, &settings, decided.as_ref());
            let verdict = decision.as_ref().map(|decision| decision.verdict);
            let merge = Merge { document, decision, expires_at: now + self.retention };
            match self.calls.merge(tenant, key, &merge, version, now).await {
                Ok(()) => {}
                Err(MergeError::Conflict) => {
                    pause(event, attempt).await;
                    continue;
                }
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
            count(Counter::EventsMerged, 1, &[]);
            tracing::info!(%tenant, key = %loggable(key), event, ?verdict, "merged an event");
            return match verdict {
                Some(Verdict::Log(_)) => self.wake(tenant, key, version.unwrap_or_default() + 1).await,
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
    async fn wake(&self, tenant: &TenantId, key: &str, version: u64) -> Result<(), EvaluateError> {
        let wake_up = WakeUp { tenant: tenant.to_string(), key: Some(key.to_owned()) };
        self.write_queue.wake(&wake_up, &format!("{key}-{version}")).await.map_err(EvaluateError::NotWoken)
    }
}

/// Apart, so that the events of one call or message do not meet again and again.
async fn pause(event: &str, attempt: u32) {
    let pause = event.len() as u64 * 7 + u64::from(attempt) * 13;
    tokio::time::sleep(Duration::from_millis(pause % 40)).await;
}
