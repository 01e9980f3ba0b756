//! The sweep: a lost wake-up is only a delay until the next one.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{self, Counter};
use lambda::{QueueError, WakeUp, WriteQueue};
use store::{Calls, TenantId};

/// How long past its time an entry is before the sweep rings for it; until then its own wake-up is on the way.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// How long a sweep takes at most; the function has 30 s.
const BUDGET: Duration = Duration::from_secs(20);

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    /// The table could not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The writer could not be woken.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Wakes the writer of every tenant that has overdue entries, once each, and says how many that are.
///
/// The writer works from the table, so one wake-up is enough for all entries of a tenant.
pub(crate) async fn sweep(calls: &Calls, write_queue: &WriteQueue, now: Timestamp) -> Result<usize, SweepError> {
    let started = Instant::now();
    // Twice within a minute rings once.
    let deduplication_id = format!("sweep:{}", now.as_second() / 60);
    let mut rung: BTreeSet<TenantId> = BTreeSet::new();
    let mut from = None;
    loop {
        let page = calls.overdue(now - GRACE, from).await?;
        let tenants: BTreeSet<TenantId> = page.entries.into_iter().map(|(tenant, _)| tenant).collect();
        let fresh: Vec<TenantId> = tenants.difference(&rung).cloned().collect();
        let wake_up = |tenant: &TenantId| WakeUp { tenant: tenant.to_string(), key: None };
        let wake_ups: Vec<_> = fresh.iter().map(|tenant| (wake_up(tenant), deduplication_id.clone())).collect();
        write_queue.wake_many(&wake_ups).await?;
        rung.extend(fresh);
        from = page.next;
        if from.is_none() {
            break;
        }
        if started.elapsed() > BUDGET {
            tracing::warn!(tenants = rung.len(), "the sweep ended before it had seen all that is overdue");
            break;
        }
    }
    metrics::count(Counter::OverdueTenants, rung.len() as u64, &[]);
    Ok(rung.len())
}
