//! Subscribes the webhooks that an earlier version created to the events of this one.

use aircall::EVENTS;
use aircall::client::{Client, SubscriptionDiff};
use store::{AircallConnection, TenantId, Tenants};
use webhook::{NAME, diff, subscription, webhook_id};

use crate::aircall::AircallError;
use crate::tenants::with_webhook;

/// Subscribes the tenant's webhook to the events of today, if Aircall was asked for others. No request is sent otherwise.
///
/// A webhook that somebody has changed or turned off is left as it is, and the console says so.
pub(crate) async fn subscribe(
    client: &Client,
    tenants: &Tenants,
    known: &AircallConnection,
    id: &TenantId,
) -> Result<(), AircallError> {
    let is_old =
        |connection: &AircallConnection| !connection.subscription.as_ref().is_some_and(|at| at.is_for(&EVENTS));
    if !is_old(known) {
        return Ok(());
    }
    // Somebody who is changing the webhook subscribes it, too.
    let subscribed = with_webhook(tenants, id, async |tenant| match tenant.aircall.filter(is_old) {
        Some(connection) => subscribe_webhook(client, tenants, id, &connection).await,
        None => Ok(()),
    });
    subscribed.await.map(Option::unwrap_or_default)
}

async fn subscribe_webhook(
    client: &Client,
    tenants: &Tenants,
    id: &TenantId,
    connection: &AircallConnection,
) -> Result<(), AircallError> {
    let Some(webhook_id) = webhook_id(connection) else { return Ok(()) };
    let Some(webhook) = client.webhook(&webhook_id).await? else { return Ok(()) };
    let diff = diff(&webhook, connection, connection.webhook_url.as_deref());
    let (SubscriptionDiff::Same, true, Ok(url)) = (diff, webhook.active, webhook.url.parse()) else {
        tracing::debug!(tenant = %id, "the webhook was changed or turned off, and is left as it is");
        return Ok(());
    };
    let name = webhook.custom_name.as_deref().unwrap_or(NAME);
    let subscription = subscription(&client.subscribe(&webhook, name, &url).await?);
    tenants.set_aircall_subscription(id, webhook_id.as_str(), &subscription).await?;
    tracing::info!(tenant = %id, missing = ?subscription.missing(), "subscribed the webhook to the events of today");
    Ok(())
}
