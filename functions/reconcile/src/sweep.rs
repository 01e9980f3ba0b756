//! The sweep: finds overdue entries, so that a lost wake-up only delays them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lambda::{QueueError, WakeUp};
use store::{ConnectionState, OverdueEntry, TenantId, Tenants};

use crate::payload::Reconcile;

/// How long an entry must be overdue before the sweep wakes the writer for it. Until then its own wake-up may arrive.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// How many tenants are read to find one whose org takes requests.
const MAX_LOOK_UPS: usize = 100;
/// How long a sweep goes on to further pages. The function's timeout is 60 s, and the next sweep follows in a minute.
pub(crate) const BUDGET: Duration = Duration::from_secs(20);

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

/// What a sweep found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Swept {
    /// The number of tenants that have overdue entries.
    pub(crate) tenants: usize,
    /// For how long the most overdue entry has been due whose tenant's org takes requests; zero if there is none.
    pub(crate) oldest: SignedDuration,
}

/// Wakes the writer once for each tenant that has overdue entries.
///
/// The writer works from the table, so one wake-up is enough for all entries of a tenant.
///
/// A sweep reads at least one page, and begins where the one before ran out of its budget of time: so each tenant of a
/// backlog, however large, is reached after as many sweeps as the backlog has pages, at most.
pub(crate) async fn sweep(
    Reconcile { calls, tenants, write_queue, .. }: &Reconcile,
    now: Timestamp,
    budget: Duration,
) -> Result<Swept, SweepError> {
    let started = Instant::now();
    // The queue drops the duplicates of a second sweep within a minute.
    let deduplication_id = format!("sweep:{}", now.as_second() / 60);
    // Since when the most overdue entry of each tenant is due.
    let mut woken: BTreeMap<TenantId, Timestamp> = BTreeMap::new();
    let mut from = tenants.sweep_position().await?;
    let mut is_remembered = from.is_some();
    loop {
        let page = match calls.overdue(now - GRACE, from).await {
            // The position may be what is refused.
            Err(error @ (store::Error::Misconfigured { .. } | store::Error::Corrupt(_))) if is_remembered => {
                tenants.set_sweep_position(None).await?;
                return Err(error.into());
            }
            page => page?,
        };
        let mut fresh = BTreeSet::new();
        for OverdueEntry { tenant, due_at, .. } in page.entries {
            let since = woken.entry(tenant).or_insert_with_key(|tenant| {
                fresh.insert(tenant.clone());
                due_at
            });
            *since = due_at.min(*since);
        }
        let wake_up = |tenant: &TenantId| WakeUp { tenant: tenant.to_string(), key: None };
        let wake_ups: Vec<_> = fresh.iter().map(|tenant| (wake_up(tenant), deduplication_id.clone())).collect();
        write_queue.wake_many(&wake_ups).await?;
        from = page.next;
        // After each page, because the function may be killed.
        if from.is_some() || is_remembered {
            tenants.set_sweep_position(from.as_ref()).await?;
        }
        is_remembered = from.is_some();
        if from.is_none() {
            break;
        }
        if started.elapsed() >= budget {
            tracing::warn!(tenants = woken.len(), "the sweep ran out of time: the next one reads on");
            break;
        }
    }
    let (count, oldest) = (woken.len(), oldest(tenants, woken).await?);
    Ok(Swept { tenants: count, oldest: oldest.map(|since| now.duration_since(since)).unwrap_or_default() })
}

/// The instant at which the first entry became due of those whose tenant's org takes requests. Entries of a paused or dead
/// connection wait for the org or its admin, and nothing is wrong with the writer.
async fn oldest(tenants: &Tenants, overdue: BTreeMap<TenantId, Timestamp>) -> Result<Option<Timestamp>, store::Error> {
    let mut overdue: Vec<(TenantId, Timestamp)> = overdue.into_iter().collect();
    overdue.sort_by_key(|(_, since)| *since);
    for (tenant, since) in overdue.into_iter().take(MAX_LOOK_UPS) {
        let found = tenants.get(&tenant).await?;
        if found.is_some_and(|found| found.state == ConnectionState::Connected) {
            return Ok(Some(since));
        }
    }
    Ok(None)
}
