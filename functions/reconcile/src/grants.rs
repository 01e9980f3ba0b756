//! Finds the Salesforce orgs that were neither written to nor asked for an hour. Only the writer may read their grants.

use jiff::Timestamp;
use lambda::{QueueError, WakeUp};
use store::ORG_CHECK_AGE;
use tokio::time::Instant;

use crate::payload::Reconcile;

/// Why not all orgs were found that are to be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GrantsError {
    /// The table could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The writer could not be woken.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Wakes the writer of each tenant whose org is to be asked, until the deadline. Returns how many these are.
///
/// A tenant that is not reached has the next run of the schedule.
pub(crate) async fn wake_unchecked(
    Reconcile { tenants, write_queue, .. }: &Reconcile,
    now: Timestamp,
    deadline: Instant,
) -> Result<usize, GrantsError> {
    // A second wake-up finds the org asked.
    let deduplication_id = format!("grants:{}", now.as_millisecond());
    let (mut woken, mut from, mut sent) = (0, None, Ok(()));
    loop {
        let page = tenants.with_unchecked_org(now, ORG_CHECK_AGE, from).await?;
        let wake_up = |tenant| WakeUp { tenant, key: None };
        let wake_ups = page.tenants.iter().map(|id| (wake_up(id.to_string()), deduplication_id.clone()));
        // The tenants of other pages are woken all the same.
        sent = sent.and(write_queue.wake_many(&wake_ups.collect::<Vec<_>>()).await);
        woken += page.tenants.len();
        from = page.next;
        let is_over = Instant::now() >= deadline;
        if is_over && from.is_some() {
            tracing::warn!(woken, "the time was up before all orgs were found that are to be asked");
        }
        if is_over || from.is_none() {
            return Ok(sent.map(|()| woken)?);
        }
    }
}
