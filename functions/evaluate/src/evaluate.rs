//! Merges events into their entry: read, merge, decide, store, wake the writer.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda::metrics;
use lambda::queue::{QueueError, WakeUp, WriteQueue};
use rules::decide::decide;
use rules::messages::redact_key;
use rules::{CallDocument, Document, MessageId, Verdict};
use store::{Calls, Merge, MergeError, SettingsStore, State, TenantId, Tenants};
use tokio::time::Instant;

use crate::companies::Companies;
use crate::digest_keys::DigestKeys;
use crate::heartbeat::Heartbeat;
use crate::open_parts::OpenParts;
use crate::update::{Times, Update};

/// The shortest of the longest waits before the second attempt of a merge: else it is as long as an attempt takes. It
/// doubles with each attempt.
const MIN_BACKOFF: Duration = Duration::from_millis(10);
/// How often the longest wait doubles.
const MAX_BACKOFF_DOUBLINGS: u32 = 2;

/// Evaluates events.
#[derive(Debug)]
pub(crate) struct Evaluator {
    pub(crate) calls: Calls,
    pub(crate) settings: SettingsStore,
    pub(crate) tenants: Tenants,
    pub(crate) write_queue: WriteQueue,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) digest_keys: DigestKeys,
    pub(crate) companies: Companies,
    pub(crate) open_parts: OpenParts,
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
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the call or message was changed by other events until the function's time was up")]
    Contended,
    #[error(transparent)]
    NotWoken(QueueError),
}

impl EvaluateError {
    /// Whether one of several updates that were merged together may be the cause, and not what they have in common: an
    /// item that is too large is refused, like a request that the deployment does not allow.
    pub(crate) fn may_be_of_one(&self) -> bool {
        match self {
            EvaluateError::Store(store::Error::Misconfigured { .. }) => true,
            EvaluateError::Store(store::Error::Retry { .. } | store::Error::Corrupt(_))
            | EvaluateError::Malformed(_)
            | EvaluateError::Tenant(_)
            | EvaluateError::Contended
            | EvaluateError::NotWoken(_) => false,
        }
    }
}

impl Evaluator {
    /// Merges an update into an entry, decides, and stores both. Wakes the writer if the entry has to be logged.
    ///
    /// A conflict means that another execution environment has merged its events into the entry, so the merge is repeated
    /// until it succeeds or the time is up.
    ///
    /// Returns the messages for which their part of a conversation has no room: the next part has to take them.
    pub(crate) async fn merge_entry(
        &self,
        key: &str,
        update: &Update<Document>,
        times: Times,
    ) -> Result<Vec<MessageId>, EvaluateError> {
        let Update { tenant, events, messages, .. } = update;
        let mut attempts = Attempts::new(messages, times.deadline);
        loop {
            let entry = self.calls.get(tenant, key).await?;
            let (known, last_decision, version, is_pending, task_status) = match entry {
                Some(entry) => {
                    let (is_pending, task_status) = (entry.state == State::Pending, entry.task_status());
                    (Some(entry.document), entry.decision, Some(entry.version), is_pending, task_status)
                }
                None => (None, None, None, false, None),
            };
            let (document, excess) = Document::merge_within_limit(known.as_ref(), update.value.clone());
            if known.is_none() && is_too_old(&document, times.now - self.retention) {
                tracing::info!(target: metrics::TARGET, EventsTooOld = messages.len(), %tenant, key = %redact_key(key), "ignored events of an old call");
                return Ok(Vec::new());
            }
            if known.as_ref() == Some(&document) {
                // Nothing new. The writer may not have been woken the first time, so wake it; SQS drops a duplicate.
                if is_pending {
                    self.wake(tenant, key, version.unwrap_or_default()).await?;
                }
                return Ok(excess);
            }
            let settings = self.settings.get(tenant).await?;
            let company = self.companies.get(tenant, times.now).await?;
            let mut decision = decide(&document, &settings, &company, last_decision.as_ref());
            if let (None, Some(status)) = (&last_decision, task_status) {
                decision = decision.map(|decision| decision.keep_task(status));
            }
            let verdict = decision.as_ref().map(|decision| decision.verdict);
            let merge = Merge { document, decision, expires_at: times.now + self.retention };
            match self.calls.merge(tenant, key, &merge, version, times.now).await {
                Ok(()) => {}
                Err(MergeError::Conflict) => {
                    attempts.back_off().await?;
                    continue;
                }
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
            let is_new = last_decision.is_none_or(|last| Some(last.verdict) != verdict);
            let is_skipped = is_new && matches!(verdict, Some(Verdict::Skip(_)));
            tracing::info!(
                target: metrics::TARGET,
                EventsMerged = messages.len(),
                CallsSkipped = u64::from(is_skipped),
                %tenant,
                key = %redact_key(key),
                event = events.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
                ?verdict,
                "merged events"
            );
            if let Some(Verdict::Log(_)) = verdict {
                self.wake(tenant, key, version.unwrap_or_default() + 1).await?;
            }
            return Ok(excess);
        }
    }

    /// Wakes the writer for the entry as of `version`.
    async fn wake(&self, tenant: &TenantId, key: &str, version: u64) -> Result<(), EvaluateError> {
        let wake_up = WakeUp { tenant: tenant.to_string(), key: Some(key.to_owned()) };
        self.write_queue.wake(&wake_up, &format!("{key}-{version}")).await.map_err(EvaluateError::NotWoken)
    }
}

/// Whether a call ended before this time: its entry, if it had one, has been deleted since. A call that Aircall was asked
/// for is of the period that was asked for.
fn is_too_old(document: &Document, kept_since: Timestamp) -> bool {
    let sent = document.call().filter(|document| document.fetched().is_none());
    sent.map(CallDocument::call)
        .is_some_and(|call| call.ended_at.unwrap_or(call.started_at + LONGEST_CALL) < kept_since)
}

/// Longer than any call.
const LONGEST_CALL: SignedDuration = SignedDuration::from_hours(24);

/// The attempts of a merge with optimistic locking.
///
/// There is no limit to their number: each conflict means that another merge succeeded. As the batches in flight are
/// finite, each succeeds in the end; the deadline only spares the function from being killed.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// From which the jitter is derived.
    seed: u64,
    made: u32,
    /// When the current attempt began.
    began: Instant,
    deadline: Instant,
}

impl Attempts {
    pub(crate) fn new(seed: impl std::hash::Hash, deadline: Instant) -> Self {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        Self { seed: hasher.finish(), made: 0, began: Instant::now(), deadline }
    }

    /// Waits before the next attempt: exponential backoff with full jitter, so that the merges of one item do not
    /// conflict again and again.
    ///
    /// # Errors
    /// When the time is up.
    pub(crate) async fn back_off(&mut self) -> Result<(), EvaluateError> {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.made).hash(&mut hasher);
        // The merges of a large item take long, and each has to find a gap between the others.
        let limit = self.began.elapsed().max(MIN_BACKOFF) * (1 << self.made.min(MAX_BACKOFF_DOUBLINGS));
        let limit = limit.min(self.deadline.saturating_duration_since(Instant::now()) / 4);
        self.made += 1;
        let percent = u32::try_from(hasher.finish() % 100).unwrap_or_default();
        self.began = Instant::now() + limit * percent / 100;
        if self.began + MIN_BACKOFF >= self.deadline {
            return Err(EvaluateError::Contended);
        }
        tokio::time::sleep_until(self.began).await;
        Ok(())
    }
}
