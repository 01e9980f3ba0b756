//! What follows from Aircall refusing an account's access.

use aircall::client::{Client, Error};
use jiff::{SignedDuration, Timestamp};
use lambda::metrics;
use store::{AircallAuth, AircallConnection, AircallState, TenantId, Tenants};

/// How long Aircall has to refuse an app's access before it counts as uninstalled.
const UNINSTALLED_AFTER: SignedDuration = SignedDuration::from_hours(6);

/// Notes that Aircall refuses the access, which an admin then sees. That of an app which is refused for hours, also where it
/// asks about its own installation, ends: the app was uninstalled, and the event that says so is lost.
///
/// # Errors
/// When the store does not answer.
pub(crate) async fn refused(
    tenants: &Tenants,
    id: &TenantId,
    connection: &AircallConnection,
    client: &Client,
) -> Result<(), store::Error> {
    let now = Timestamp::now();
    let Some(since) = connection.refused_since else {
        if tenants.set_refused_since(id, connection, Some(now)).await? {
            tenants.set_aircall_state(id, &connection.webhook_id, &AircallState::Unknown).await?;
            tracing::warn!(target: metrics::TARGET, AircallAccountsRefused = 1, tenant = %id, "Aircall refuses the access");
        }
        return Ok(());
    };
    if connection.how != AircallAuth::OAuth || now - UNINSTALLED_AFTER < since {
        return Ok(());
    }
    let is_refused = matches!(client.integration().await, Err(Error::Refused { .. }));
    // Not one that is connected since.
    if is_refused && tenants.uninstall_aircall(id, connection.connected_at).await? {
        tracing::warn!(target: metrics::TARGET, AppsUninstalled = 1, tenant = %id, "the app was uninstalled in Aircall");
    }
    Ok(())
}

/// Notes that Aircall does not refuse the access any more.
///
/// # Errors
/// When the store does not answer.
pub(crate) async fn accepted(
    tenants: &Tenants,
    id: &TenantId,
    connection: &AircallConnection,
) -> Result<(), store::Error> {
    if connection.refused_since.is_some() {
        tenants.set_refused_since(id, connection, None).await?;
    }
    Ok(())
}
