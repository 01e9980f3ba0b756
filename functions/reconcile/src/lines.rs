//! Reads the phone numbers of each company's own lines from Aircall, so that calls between them are known as internal; and
//! subscribes the company's webhook to the events of today.

use aircall::client::{Error, phones};
use store::{CompanySigns, TenantId, Tenants};
use tokio::time::Instant;

use crate::aircall::{Aircall, AircallError};
use crate::tenants::{Worked, all_pages, each};
use crate::{access, events};

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
/// # Errors
/// When the tenants cannot be listed.
pub(crate) async fn read_all(
    aircall: &Aircall,
    tenants: &Tenants,
    deadline: Instant,
) -> Result<LinesRead, store::Error> {
    let read = async |id: &TenantId| {
        let lines = read_one(aircall, tenants, id).await?;
        tracing::debug!(tenant = %id, lines, "stored the own lines");
        Ok::<_, AircallError>(())
    };
    let ids = with_aircall(tenants).await?;
    let Worked { done, failed, not_reached } = each(ids, deadline, "the own lines were not read", read).await;
    Ok(LinesRead { stored: done.len(), failed, not_reached })
}

/// The tenants that have an Aircall connection.
pub(crate) async fn with_aircall(tenants: &Tenants) -> Result<Vec<TenantId>, store::Error> {
    all_pages(async |from| tenants.with_aircall(from).await).await
}

async fn read_one(aircall: &Aircall, tenants: &Tenants, id: &TenantId) -> Result<usize, AircallError> {
    // Before the credential, so that nothing is stored with an account that is connected meanwhile.
    let Some(connection) = tenants.get(id).await?.and_then(|tenant| tenant.aircall) else { return Ok(0) };
    let client = aircall.client(id).await?;
    let lines = match client.lines().await {
        Err(error @ Error::Refused { .. }) => {
            access::refused(tenants, id, &connection, &client).await?;
            return Err(error.into());
        }
        lines => lines?,
    };
    let own = phones(&lines);
    let signs = CompanySigns::new(lines.iter().map(|line| line.id.0), []);
    tenants.set_company(id, &connection, &own, &signs).await?;
    if let Err(error) = events::subscribe(&client, tenants, &connection, id).await {
        tracing::warn!(tenant = %id, %error, "the webhook was not subscribed to further events");
    }
    Ok(own.len())
}
