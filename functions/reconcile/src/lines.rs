//! Reads the phone numbers of each company's own lines from Aircall, so that calls between them are known as internal; and
//! subscribes the company's webhook to the events of today.

use std::hash::{BuildHasher as _, RandomState};

use aircall::client::{Error, phones};
use futures_util::{StreamExt as _, stream};
use store::{CompanySigns, TenantId, Tenants};
use tokio::time::{Instant, timeout_at};

use crate::access;
use crate::aircall::{Aircall, AircallError};
use crate::events;

/// Tenants whose lines are read concurrently.
const CONCURRENCY: usize = 10;

/// Why the lines or the events of a tenant were not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinesError {
    #[error(transparent)]
    Aircall(#[from] AircallError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The number of tenants with an Aircall connection, by what became of their lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinesRead {
    /// Their lines are stored.
    pub(crate) stored: usize,
    /// Their lines could not be read or stored; the former ones still count.
    pub(crate) failed: usize,
    /// The time was up before.
    pub(crate) not_reached: usize,
}

/// Stores the own lines of all tenants that have an Aircall connection, until the deadline.
///
/// The order is a random one, so that those that are not reached are others the next time. The failure of one tenant is
/// logged and does not affect the others.
///
/// # Errors
/// When the tenants cannot be listed.
pub(crate) async fn read_all(
    aircall: &Aircall,
    tenants: &Tenants,
    deadline: Instant,
) -> Result<LinesRead, store::Error> {
    let mut ids = with_aircall(tenants).await?;
    let random = RandomState::new();
    ids.sort_by_cached_key(|id| random.hash_one(id));
    let results: Vec<Option<Result<usize, LinesError>>> = stream::iter(&ids)
        .map(|id| async move {
            // Else those that begin after the deadline would still send a request.
            if Instant::now() >= deadline {
                return None;
            }
            let result = timeout_at(deadline, read_one(aircall, tenants, id)).await.ok();
            match &result {
                Some(Ok(lines)) => tracing::debug!(tenant = %id, lines, "stored the own lines"),
                Some(Err(error)) => tracing::warn!(tenant = %id, %error, "the own lines were not read"),
                None => {}
            }
            result
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut read = LinesRead::default();
    for result in results {
        match result {
            Some(Ok(_)) => read.stored += 1,
            Some(Err(_)) => read.failed += 1,
            None => read.not_reached += 1,
        }
    }
    Ok(read)
}

/// The tenants that have an Aircall connection.
pub(crate) async fn with_aircall(tenants: &Tenants) -> Result<Vec<TenantId>, store::Error> {
    let mut ids = Vec::new();
    let mut from = None;
    loop {
        let page = tenants.with_aircall(from).await?;
        ids.extend(page.tenants);
        from = page.next;
        if from.is_none() {
            return Ok(ids);
        }
    }
}

async fn read_one(aircall: &Aircall, tenants: &Tenants, id: &TenantId) -> Result<usize, LinesError> {
    // Before the credential, so that nothing is stored with an account that is connected meanwhile.
    let Some(connection) = tenants.get(id).await?.and_then(|tenant| tenant.aircall) else { return Ok(0) };
    let client = aircall.client(id).await?;
    let lines = match client.lines().await {
        Err(error @ Error::Refused { .. }) => {
            access::refused(tenants, id, &connection, &client).await?;
            return Err(AircallError::from(error).into());
        }
        lines => lines.map_err(AircallError::from)?,
    };
    let own = phones(&lines);
    let signs = CompanySigns::new(lines.iter().map(|line| line.id.0), []);
    tenants.set_company(id, &connection, &own, &signs).await?;
    if let Err(error) = events::subscribe(&client, tenants, &connection, id).await {
        tracing::warn!(tenant = %id, %error, "the webhook was not subscribed to further events");
    }
    Ok(own.len())
}
