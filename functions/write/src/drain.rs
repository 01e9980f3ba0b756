//! The drain of one tenant: everything that waits, 200 entries at a time, while there is time.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{Counter, count};
use lambda::queue::{QueueError, WakeUp};
use org::{Org, is_open};
use rules::messages::loggable;
use salesforce::KeyField;
use store::{Acquired, ApiUsage, ConnectionState, Entry, LeaseOf, State, Tenant, TenantId};

use crate::writer::Writer;

/// The most entries of one batch: what one sObject collection takes.
pub(crate) const BATCH: usize = 200;

/// A batch is begun only with this much time left.
const TIME_FOR_A_BATCH: Duration = Duration::from_secs(30);

/// Why a drain failed: its wake-ups come again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrainError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the org took all the time there was")]
    OutOfTime,
}

/// One drain.
pub(crate) struct Drain {
    pub(crate) tenant: Tenant,
    /// Names it where leases are taken.
    pub(crate) holder: String,
    /// When Lambda ends it.
    pub(crate) deadline: Instant,
    /// The org, from the first request on.
    pub(crate) org: Option<Org>,
    /// Whether anything was written.
    pub(crate) wrote: bool,
}

impl Drain {
    /// Whether the org has no field in which Salesforce itself keeps a call from being written twice.
    pub(crate) fn lacks_key_field(&self) -> bool {
        self.tenant.facts.missing_fields.contains_key(&format!("Task.{}", KeyField::AircallKey.name()))
    }

    fn usage(&self) -> Option<ApiUsage> {
        let usage = self.org.as_ref()?.usage?;
        Some(ApiUsage { used: usage.used, limit: usage.limit, at: Timestamp::now() })
    }
}

impl Writer {
    /// Writes what waits of a tenant: the entries that `rang`, then whatever else is due.
    ///
    /// The message group lets one writer at a time work for a tenant; the lease does so too where two overlap.
    pub(crate) async fn drain(
        &self,
        id: &TenantId,
        holder: &str,
        rang: BTreeSet<String>,
        deadline: Instant,
    ) -> Result<(), DrainError> {
        let now = Timestamp::now();
        let left = deadline.saturating_duration_since(Instant::now());
        let until = now + SignedDuration::try_from(left).unwrap_or_default();
        let tenant = match self.lookup.tenants.acquire(id, LeaseOf::Drain, holder, now, until).await? {
            Acquired::Held(tenant) => *tenant,
            Acquired::Taken { until } => {
                tracing::info!(tenant = %id, "another writer is at it");
                return self.ring_at(id, until).await;
            }
            Acquired::NoTenant => {
                tracing::warn!(tenant = %id, "a wake-up names no tenant");
                return Ok(());
            }
        };
        let mut drain = Drain { tenant, holder: holder.to_owned(), deadline, org: None, wrote: false };
        drain.tenant.facts = std::mem::take(&mut drain.tenant.facts).as_of(now);
        if drain.lacks_key_field() {
            drain.tenant.facts.unkeyed_at = Some(now);
            self.lookup.tenants.set_facts(id, &drain.tenant.facts).await?;
        }
        let outcome = if takes_requests(&drain.tenant) { self.drain_all(&mut drain, rang).await } else { Ok(()) };
        // A lease that is not given back ends by itself, with this invocation.
        let released = self.lookup.tenants.release(id, LeaseOf::Drain, holder, drain.usage().as_ref()).await;
        outcome.and(released.map(drop).map_err(DrainError::from))
    }

    async fn drain_all(&self, drain: &mut Drain, rang: BTreeSet<String>) -> Result<(), DrainError> {
        let id = drain.tenant.id.clone();
        let mut rang: Vec<String> = rang.into_iter().collect();
        let mut next_due: Option<Timestamp> = None;
        // The index lags behind the table, so it still lists what was just handled.
        let mut handled = BTreeSet::new();
        loop {
            let now = Timestamp::now();
            let mut keys: Vec<String> = rang.drain(..rang.len().min(BATCH)).collect();
            handled.extend(keys.iter().cloned());
            keys.extend(self.calls.due(&id, now, BATCH - keys.len(), &handled).await?);
            if keys.is_empty() {
                break;
            }
            let has_time = drain.deadline.saturating_duration_since(Instant::now()) >= TIME_FOR_A_BATCH;
            if !has_time {
                let wake_up = WakeUp { tenant: id.to_string(), key: None };
                self.write_queue.wake(&wake_up, &format!("go-on-{}", now.as_millisecond())).await?;
                break;
            }
            handled.extend(keys.iter().cloned());
            let entries = self.read(&id, &keys, now).await?;
            if entries.is_empty() {
                continue;
            }
            let due = self.write_batch(drain, entries, now).await?;
            next_due = next_due.into_iter().chain(due).min();
            if let Some(until) = asked_again(&drain.tenant.state) {
                next_due = next_due.into_iter().chain([until]).min();
                break;
            }
        }
        count(Counter::SalesforceApiCalls, drain.org.as_ref().map_or(0, |org| org.api_calls), &[]);
        match next_due {
            Some(due) => self.ring_at(&id, due).await,
            None => Ok(()),
        }
    }

    async fn ring_at(&self, tenant: &TenantId, at: Timestamp) -> Result<(), DrainError> {
        let wait = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
        Ok(self.later.wake_after(&WakeUp { tenant: tenant.to_string(), key: None }, wait).await?)
    }

    /// Those of the entries that wait and are due by `now`.
    async fn read(&self, tenant: &TenantId, keys: &[String], now: Timestamp) -> Result<Vec<Entry>, DrainError> {
        let mut entries = Vec::new();
        for read in self.calls.get_many(tenant, keys).await? {
            match read {
                Ok(entry) => entries.push(entry),
                Err(corrupt) => {
                    tracing::error!(%tenant, key = %loggable(&corrupt.key), attribute = corrupt.attribute, "an entry cannot be read");
                    self.calls.fail_unreadable(tenant, &corrupt, now).await?;
                }
            }
        }
        entries.retain(|entry| entry.state == State::Pending && entry.due_at.is_none_or(|due| due <= now));
        Ok(entries)
    }
}

/// Whether the tenant's org is to be asked now.
fn takes_requests(tenant: &Tenant) -> bool {
    let stop = is_open(tenant, Timestamp::now()).err();
    if let Some(stop) = &stop {
        tracing::warn!(tenant = %tenant.id, %stop, "nothing is written");
    }
    stop.is_none()
}

/// When an org that takes no requests is asked again.
fn asked_again(state: &ConnectionState) -> Option<Timestamp> {
    match state {
        ConnectionState::Connected => None,
        ConnectionState::Paused { until, .. } => Some(*until),
        ConnectionState::ReconnectNeeded { try_at, .. } => Some(*try_at),
    }
}
