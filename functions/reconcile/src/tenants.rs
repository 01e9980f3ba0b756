//! Work for many tenants in one invocation.

use std::fmt::Display;
use std::hash::{BuildHasher as _, RandomState};

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use store::{Acquired, Error, LeaseKind, Tenant, TenantId, TenantPage, TenantPosition, Tenants};
use tokio::time::{Instant, timeout_at};

/// Tenants whose work is done concurrently.
const CONCURRENCY: usize = 10;
/// How long the lease on a webhook lasts if the function is killed: longer than it runs.
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// What became of the work for many tenants.
#[derive(Debug)]
pub(crate) struct Worked<T> {
    /// The results, in no particular order.
    pub(crate) done: Vec<T>,
    /// For how many it failed.
    pub(crate) failed: usize,
    /// For how many the time was up before.
    pub(crate) not_reached: usize,
}

/// The tenants of all pages.
///
/// # Errors
/// When a page cannot be read.
pub(crate) async fn all_pages(
    page: impl AsyncFn(Option<TenantPosition>) -> Result<TenantPage, Error>,
) -> Result<Vec<TenantId>, Error> {
    let (mut ids, mut from) = (Vec::new(), None);
    loop {
        let read = page(from).await?;
        ids.extend(read.tenants);
        from = read.next;
        if from.is_none() {
            return Ok(ids);
        }
    }
}

/// Does the work for each tenant, until the deadline, in a random order: so those that are not reached are others the next
/// time. The failure of one is logged as `failure` and does not affect the others.
pub(crate) async fn each<T, E: Display>(
    mut ids: Vec<TenantId>,
    deadline: Instant,
    failure: &str,
    work: impl AsyncFn(&TenantId) -> Result<T, E>,
) -> Worked<T> {
    let (random, work) = (RandomState::new(), &work);
    ids.sort_by_cached_key(|id| random.hash_one(id));
    let results: Vec<Option<Result<T, E>>> = stream::iter(&ids)
        .map(|id| async move {
            // Else those that begin after the deadline would still send a request.
            if Instant::now() >= deadline {
                return None;
            }
            let result = timeout_at(deadline, work(id)).await.ok();
            if let Some(Err(error)) = &result {
                tracing::warn!(tenant = %id, %error, "{failure}");
            }
            result
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut worked = Worked { done: Vec::new(), failed: 0, not_reached: 0 };
    for result in results {
        match result {
            Some(Ok(done)) => worked.done.push(done),
            Some(Err(_)) => worked.failed += 1,
            None => worked.not_reached += 1,
        }
    }
    worked
}

/// Does the work under the lease on the tenant's webhook, with the tenant as of that moment. Returns `None` while somebody
/// else changes the webhook.
///
/// # Errors
/// As `work`, and when the store does not answer.
pub(crate) async fn with_webhook<T, E: From<Error>>(
    tenants: &Tenants,
    id: &TenantId,
    work: impl AsyncFnOnce(Tenant) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let (now, holder) = (Timestamp::now(), format!("reconcile-{:x}", RandomState::new().hash_one(id)));
    let Acquired::Held(tenant) = tenants.acquire(id, LeaseKind::Webhook, &holder, now, now + LEASE).await? else {
        return Ok(None);
    };
    let result = Box::pin(work(*tenant)).await;
    // If this fails, the lease expires.
    let _ = tenants.release(id, LeaseKind::Webhook, &holder, None).await;
    result.map(Some)
}
