//! The tenant's lines, which Aircall calls numbers, as Aircall lists them: cached for the pages, and stored for the rules.

use std::time::Duration;

use aircall::client::phones;
use jiff::{SignedDuration, Timestamp};
use rules::Line;
use store::TenantId;
use tokio::time::timeout;

use super::{client_of, is_uninstalled};
use crate::connections::ConnectionError;
use crate::console::Console;
use crate::console::aircall::Lines;

/// How long the lines are cached.
const TTL: SignedDuration = SignedDuration::from_mins(5);
/// How long it is cached that there are none, or that Aircall did not answer.
const EMPTY_TTL: SignedDuration = SignedDuration::from_secs(30);
/// How long a page waits for Aircall.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The lines that Aircall lists; empty if it is not connected or does not answer.
pub(crate) async fn lines(console: &Console, tenant: &TenantId) -> Lines {
    let (cache, now) = (&console.aircall.lines, Timestamp::now());
    if let Some(lines) = cache.get(tenant, now) {
        return lines;
    }
    let (lines, ttl) = match timeout(TIMEOUT, fetch(console, tenant)).await {
        Ok(Ok(lines)) if !lines.is_empty() => (lines, TTL),
        Ok(Ok(empty)) => (empty, EMPTY_TTL),
        Ok(Err(ConnectionError::Store(error))) => {
            tracing::warn!(%tenant, %error, "the lines were not fetched from Aircall");
            (Lines::new(), EMPTY_TTL)
        }
        Ok(Err(_)) | Err(_) => {
            tracing::warn!(%tenant, "Aircall did not return the lines");
            (Lines::new(), EMPTY_TTL)
        }
    };
    cache.insert(tenant.clone(), lines.clone(), now, ttl);
    lines
}

async fn fetch(console: &Console, tenant: &TenantId) -> Result<Lines, ConnectionError> {
    let connection = console.tenants.get(tenant).await?.and_then(|tenant| tenant.aircall);
    if connection.is_none_or(|connection| is_uninstalled(&connection)) {
        return Ok(Lines::new());
    }
    let lines = client_of(console, tenant).await?.lines().await?;
    Ok(lines.into_iter().map(|line| (line.id, line)).collect())
}

/// Stores the phone numbers of the company's own lines. A failure is only logged: they are also read once a day.
pub(super) async fn store_own(console: &Console, tenant: &TenantId, lines: &[Line]) {
    let lines = phones(lines);
    match console.tenants.set_own_lines(tenant, &lines).await {
        Ok(_) => tracing::info!(%tenant, lines = lines.len(), "stored the own lines"),
        Err(error) => tracing::warn!(%tenant, %error, "the own lines were not stored"),
    }
}
