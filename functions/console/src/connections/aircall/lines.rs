//! The tenant's lines, which Aircall calls numbers, as Aircall tells them.

use std::time::{Duration, Instant};

use store::TenantId;
use tokio::time::timeout;

use crate::connections::ConnectionError;
use crate::console::Console;
use crate::lines::Lines;

/// How long they count.
const COUNT_FOR: Duration = Duration::from_mins(5);
/// How long it counts that there were none to be had.
const NONE_FOR: Duration = Duration::from_secs(30);
/// A page waits no longer for Aircall.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The lines that Aircall tells of; none where it is not connected or does not answer.
pub(crate) async fn lines(console: &Console, tenant: &TenantId) -> Lines {
    let (kept, now) = (&console.aircall.lines, Instant::now());
    if let Some(lines) = kept.get(tenant, now) {
        return lines;
    }
    let (lines, counts_for) = match timeout(TIMEOUT, ask(console, tenant)).await {
        Ok(Ok(lines)) if !lines.is_empty() => (lines, COUNT_FOR),
        Ok(Ok(none)) => (none, NONE_FOR),
        Ok(Err(ConnectionError::Store(error))) => {
            tracing::warn!(%tenant, %error, "Aircall was not asked for the lines");
            (Lines::new(), NONE_FOR)
        }
        Ok(Err(_)) | Err(_) => {
            tracing::warn!(%tenant, "Aircall did not tell the lines");
            (Lines::new(), NONE_FOR)
        }
    };
    kept.keep(tenant, lines.clone(), now, counts_for);
    lines
}

async fn ask(console: &Console, tenant: &TenantId) -> Result<Lines, ConnectionError> {
    let is_connected = console.tenants.get(tenant).await?.is_some_and(|tenant| tenant.aircall.is_some());
    if !is_connected {
        return Ok(Lines::new());
    }
    let numbers = console.aircall.client_of(tenant).await?.lines().await?;
    Ok(numbers.into_iter().map(|number| (number.id, number)).collect())
}
