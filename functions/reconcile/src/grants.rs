//! Finds the Salesforce grants that were not refreshed for a week. Only the writer may read them.

use jiff::Timestamp;
use lambda::{QueueError, WakeUp};
use store::GRANT_IDLE;
use tokio::time::Instant;

use crate::payload::Reconcile;

/// Why not all idle grants were found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GrantsError {
    /// The table could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The writer could not be woken.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Wakes the writer of each tenant whose grant is idle, until the deadline. Returns how many these are.
///
/// A tenant that is not reached has the next days: a grant expires after 30 days at the earliest.
pub(crate) async fn wake_idle(
    Reconcile { tenants, write_queue, .. }: &Reconcile,
    now: Timestamp,
    deadline: Instant,
) -> Result<usize, GrantsError> {
    // A second wake-up finds the grant refreshed.
    let deduplication_id = format!("grants:{}", now.as_millisecond());
    let (mut woken, mut from, mut sent) = (0, None, Ok(()));
    loop {
        let page = tenants.with_idle_grant(now - GRANT_IDLE, from).await?;
        let wake_up = |tenant| WakeUp { tenant, key: None };
        let wake_ups = page.tenants.iter().map(|id| (wake_up(id.to_string()), deduplication_id.clone()));
        // The tenants of other pages are woken all the same.
        sent = sent.and(write_queue.wake_many(&wake_ups.collect::<Vec<_>>()).await);
        woken += page.tenants.len();
        from = page.next;
        let is_over = Instant::now() >= deadline;
        if is_over && from.is_some() {
            tracing::warn!(woken, "the time was up before all idle grants were found");
        }
        if is_over || from.is_none() {
            return Ok(sent.map(|()| woken)?);
        }
    }
}
