//! Retries of failed entries.

use futures_util::future::join_all;
use jiff::Timestamp;
use store::TenantId;

use crate::console::Console;
use crate::web::error::ApiError;

/// Most entries that are retried at once, which is also the most that one run of the writer takes.
pub(crate) const LIMIT: usize = 200;
/// How many entries are updated concurrently.
const CONCURRENCY: usize = 20;

/// The result of retrying all failed entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retried {
    /// How many entries are retried.
    pub(crate) count: usize,
    /// Whether there may be more failed entries.
    pub(crate) is_more: bool,
}

/// Retries a failed entry, without reading it: an entry that this version cannot read can be retried too. Returns
/// whether it had failed.
pub(crate) async fn one(console: &Console, tenant: &TenantId, key: &str) -> Result<bool, ApiError> {
    let now = Timestamp::now();
    let is_waiting = console.calls.retry(tenant, key, now).await?;
    if is_waiting {
        super::wake(console, tenant, Some(key), &format!("{key}-retry-{}", now.as_millisecond())).await;
        return Ok(true);
    }
    match super::find(console, tenant, key).await {
        Ok(None) => Err(super::not_found()),
        Ok(Some(_)) | Err(store::Error::Corrupt(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Retries the latest failed entries, 200 at most.
pub(crate) async fn all(console: &Console, tenant: &TenantId) -> Result<Retried, store::Error> {
    let now = Timestamp::now();
    let failed = console.calls.failed_keys(tenant, LIMIT).await?;
    let mut outcome = Ok(());
    let mut count = 0;
    for keys in failed.keys.chunks(CONCURRENCY) {
        let mut retries = Vec::with_capacity(keys.len());
        for key in keys {
            retries.push(console.calls.retry(tenant, key, now));
        }
        for retried in join_all(retries).await {
            match retried {
                Ok(is_waiting) => count += usize::from(is_waiting),
                Err(error) => outcome = Err(error),
            }
        }
        if outcome.is_err() {
            break;
        }
    }
    if count > 0 {
        super::wake(console, tenant, None, &format!("retry-failed-{}", now.as_millisecond())).await;
    }
    outcome?;
    tracing::info!(%tenant, count, "retried the failed entries");
    Ok(Retried { count, is_more: !failed.is_complete })
}
