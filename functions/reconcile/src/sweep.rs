//! The sweep: finds overdue entries, so that a lost wake-up only delays them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{self, Counter};
use lambda::{QueueError, WakeUp, WriteQueue};
use store::{Calls, TenantId};

/// How long an entry must be overdue before the sweep wakes the writer for it. Until then its own wake-up may arrive.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// Maximum duration of a sweep. The function's timeout is 30 s.
const BUDGET: Duration = Duration::from_secs(20);

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    /// The table could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The writer could not be woken.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Wakes the writer once for each tenant that has overdue entries, and returns the number of these tenants.
///
/// The writer works from the table, so one wake-up is enough for all entries of a tenant.
pub(crate) async fn sweep(calls: &Calls, write_queue: &WriteQueue, now: Timestamp) -> Result<usize, SweepError> {
    let started = Instant::now();
    // The queue drops the duplicates of a second sweep within a minute.
    let deduplication_id = format!("sweep:{}", now.as_second() / 60);
    let mut woken: BTreeSet<TenantId> = BTreeSet::new();
    let mut from = None;
    loop {
        let page = calls.overdue(now - GRACE, from).await?;
        let tenants: BTreeSet<TenantId> = page.entries.into_iter().map(|(tenant, _)| tenant).collect();
        let fresh: Vec<TenantId> = tenants.difference(&woken).cloned().collect();
        let wake_up = |tenant: &TenantId| WakeUp { tenant: tenant.to_string(), key: None };
        let wake_ups: Vec<_> = fresh.iter().map(|tenant| (wake_up(tenant), deduplication_id.clone())).collect();
        write_queue.wake_many(&wake_ups).await?;
        woken.extend(fresh);
        from = page.next;
        if from.is_none() {
            break;
        }
        if started.elapsed() > BUDGET {
            tracing::warn!(tenants = woken.len(), "the sweep ran out of time before it had read all overdue entries");
            break;
        }
    }
    metrics::count(Counter::OverdueTenants, woken.len() as u64, &[]);
    Ok(woken.len())
}
