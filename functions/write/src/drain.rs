//! Drains one tenant: writes all pending entries, 200 at a time, until the deadline.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lambda::metrics::TARGET;
use lambda::queue::WakeUp;
use org::connection::is_open;
use rules::messages::redact_key;
use store::{Acquired, Entry, LeaseKind, State, TenantId, UNREADABLE_ENTRY, Unreadable};

use crate::batch;
use crate::writer::{BATCH, Drain, DrainError, Writer};

/// The minimum time left to start a batch.
pub(crate) const MIN_BATCH_TIME: Duration = Duration::from_secs(30);

/// By how much a wake-up may come late to serve several entries.
const MIN_DELAY: SignedDuration = SignedDuration::from_secs(1);

impl Writer {
    /// Writes a tenant's pending entries: first those whose keys are in `woken`, then all others that are due.
    ///
    /// The message group allows one writer per tenant at a time. The lease guarantees it where two invocations overlap.
    pub(crate) async fn drain(
        &self,
        id: &TenantId,
        holder: &str,
        woken: BTreeSet<String>,
        deadline: Instant,
    ) -> Result<(), DrainError> {
        let now = Timestamp::now();
        let left = deadline.saturating_duration_since(Instant::now());
        let until = now + SignedDuration::try_from(left).unwrap_or_default();
        let tenant = match self.lookup.tenants.acquire(id, LeaseKind::Drain, holder, now, until).await? {
            Acquired::Held(tenant) => *tenant,
            Acquired::Taken { until } => {
                tracing::info!(tenant = %id, "another writer holds the lease");
                return self.wake_at(id, until).await;
            }
            Acquired::NoTenant => {
                tracing::warn!(tenant = %id, "a wake-up names an unknown tenant");
                return Ok(());
            }
        };
        let mut drain = Drain { tenant, holder: holder.to_owned(), deadline, org: None, wrote: false };
        drain.tenant.facts = std::mem::take(&mut drain.tenant.facts).as_of(now);
        let outcome = match is_open(&drain.tenant, now) {
            Ok(()) => match self.drain_all(&mut drain, woken).await {
                Ok(()) => self.keep_connection(&mut drain, Timestamp::now()).await.map_err(DrainError::from),
                failed => failed,
            },
            Err(stop) => {
                tracing::warn!(tenant = %id, %stop, "the org takes no requests, nothing is written");
                Ok(())
            }
        };
        // A lease that is not released expires with this invocation.
        let released = self.lookup.tenants.release(id, LeaseKind::Drain, holder, drain.usage().as_ref()).await;
        outcome.and(released.map(drop).map_err(DrainError::from))
    }

    async fn drain_all(&self, drain: &mut Drain, woken: BTreeSet<String>) -> Result<(), DrainError> {
        let id = drain.tenant.id.clone();
        let mut woken: Vec<String> = woken.into_iter().collect();
        let mut dues = BTreeSet::new();
        // The index is eventually consistent, so it may still list entries that were just handled.
        let mut handled = BTreeSet::new();
        loop {
            let now = Timestamp::now();
            let mut keys: Vec<String> = woken.drain(..woken.len().min(BATCH)).collect();
            handled.extend(keys.iter().cloned());
            keys.extend(self.calls.due(&id, now, BATCH - keys.len(), &handled).await?);
            if keys.is_empty() {
                break;
            }
            let has_time = drain.deadline.saturating_duration_since(Instant::now()) >= MIN_BATCH_TIME;
            if !has_time {
                let wake_up = WakeUp { tenant: id.to_string(), key: None };
                self.write_queue.wake(&wake_up, &format!("go-on-{}", now.as_millisecond())).await?;
                break;
            }
            handled.extend(keys.iter().cloned());
            let (entries, unreadable_due) = self.read(&id, &keys, now).await?;
            dues.extend(unreadable_due);
            if entries.is_empty() {
                continue;
            }
            dues.extend(batch::write(self, drain, entries, now).await?);
            if let Some(until) = drain.tenant.state.next_attempt() {
                dues.insert(until);
                break;
            }
        }
        let api_calls = drain.org.as_ref().map_or(0, |org| org.api_calls);
        if api_calls > 0 {
            tracing::info!(target: TARGET, SalesforceApiCalls = api_calls, tenant = %id, "drained");
        }
        for due in wake_times(&dues, Timestamp::now()) {
            self.wake_at(&id, due).await?;
        }
        Ok(())
    }

    async fn wake_at(&self, tenant: &TenantId, at: Timestamp) -> Result<(), DrainError> {
        let wait = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
        Ok(self.retry_queue.wake_after(&WakeUp { tenant: tenant.to_string(), key: None }, wait).await?)
    }

    /// Reads the entries, and keeps those that are pending and due by `now`. Also returns the times at which those that
    /// cannot be read are tried again.
    async fn read(
        &self,
        tenant: &TenantId,
        keys: &[String],
        now: Timestamp,
    ) -> Result<(Vec<Entry>, Vec<Timestamp>), DrainError> {
        let mut dues = Vec::new();
        let mut entries = Vec::new();
        for read in self.calls.get_many_to_write(tenant, keys).await? {
            match read {
                Ok(entry) => entries.push(entry),
                Err(corrupt) => {
                    tracing::error!(%tenant, key = %redact_key(&corrupt.key), attribute = corrupt.attribute, "an entry cannot be read");
                    match self.calls.postpone_unreadable(tenant, &corrupt, now).await? {
                        Unreadable::Postponed(due_at) => dues.push(due_at),
                        Unreadable::Failed => {
                            tracing::warn!(target: TARGET, CallsFailed = 1, %tenant, key = %redact_key(&corrupt.key), code = UNREADABLE_ENTRY, "failed");
                        }
                        Unreadable::Gone => {}
                    }
                }
            }
        }
        entries.retain(|entry| entry.state == State::Pending && entry.due_at.is_none_or(|due| due <= now));
        Ok((entries, dues))
    }
}

/// When to wake the writer for entries that are due at these times: no entry waits for more than a second, or a quarter
/// of its time, longer than it has to.
fn wake_times(dues: &BTreeSet<Timestamp>, now: Timestamp) -> Vec<Timestamp> {
    let mut groups: Vec<(Timestamp, Timestamp)> = Vec::new();
    for due in dues {
        match groups.last_mut() {
            Some((first, last)) if *due <= *first + (first.duration_since(now) / 4).max(MIN_DELAY) => *last = *due,
            _ => groups.push((*due, *due)),
        }
    }
    groups.into_iter().map(|(_, last)| last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_are_due_at_about_the_same_time_share_a_wake_up() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let check = |dues: &[i64], expected: &[i64]| {
            let dues = dues.iter().copied().map(at).collect();
            assert_eq!(wake_times(&dues, at(0)), expected.iter().copied().map(at).collect::<Vec<_>>());
        };
        check(&[], &[]);
        check(&[2, 3, 5], &[3, 5]);
        check(&[100, 110, 125, 126], &[125, 126]);
        check(&[-5, 0, 660], &[-5, 0, 660]);
    }
}
