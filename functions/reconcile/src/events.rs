//! Subscribes the webhooks that an earlier version created to the events of this one.

use std::hash::{BuildHasher as _, RandomState};

use aircall::EVENTS;
use aircall::client::{Client, Remembered, SubscriptionDiff, WebhookId};
use jiff::{SignedDuration, Timestamp};
use store::{Acquired, AircallConnection, AircallSubscription, LeaseKind, TenantId, Tenants};

use crate::aircall::AircallError;
use crate::lines::LinesError;

/// How long the lease on the webhook lasts if the function is killed: longer than it runs.
const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// The webhook's name in Aircall's dashboard, if it has none.
const NAME: &str = "Aircall to Salesforce";

/// Subscribes the tenant's webhook to the events of today, if Aircall was asked for others. No request is sent otherwise.
///
/// A webhook that somebody has changed or turned off is left as it is, and the console says so.
pub(crate) async fn subscribe(
    client: &Client,
    tenants: &Tenants,
    known: &AircallConnection,
    id: &TenantId,
) -> Result<(), LinesError> {
    let is_old =
        |connection: &AircallConnection| !connection.subscription.as_ref().is_some_and(|at| at.is_for(&EVENTS));
    if !is_old(known) {
        return Ok(());
    }
    let (now, holder) = (Timestamp::now(), format!("reconcile-{:x}", RandomState::new().hash_one(id)));
    // Somebody who is changing the webhook subscribes it, too.
    let Acquired::Held(tenant) = tenants.acquire(id, LeaseKind::Webhook, &holder, now, now + LEASE).await? else {
        return Ok(());
    };
    let result = match tenant.aircall.filter(is_old) {
        Some(connection) => subscribe_webhook(client, tenants, id, &connection).await,
        None => Ok(()),
    };
    // If this fails, the lease expires.
    let _ = tenants.release(id, LeaseKind::Webhook, &holder, None).await;
    result
}

async fn subscribe_webhook(
    client: &Client,
    tenants: &Tenants,
    id: &TenantId,
    connection: &AircallConnection,
) -> Result<(), LinesError> {
    let Ok(webhook_id) = WebhookId::parse(&connection.webhook_id) else { return Ok(()) };
    let Some(webhook) = client.webhook(&webhook_id).await.map_err(AircallError::from)? else { return Ok(()) };
    let remembered = connection.subscription.as_ref();
    let remembered = remembered.map(|AircallSubscription { asked, granted }| Remembered { asked, granted });
    let diff = SubscriptionDiff::between(&webhook, connection.webhook_url.as_deref(), remembered);
    let (SubscriptionDiff::Same, true, Ok(url)) = (diff, webhook.active, webhook.url.parse()) else {
        tracing::debug!(tenant = %id, "the webhook was changed or turned off, and is left as it is");
        return Ok(());
    };
    let name = webhook.custom_name.as_deref().unwrap_or(NAME);
    let subscribed = client.subscribe(&webhook, name, &url).await.map_err(AircallError::from)?;
    let subscription = AircallSubscription {
        asked: EVENTS.map(str::to_owned).into(),
        granted: subscribed.events.into_iter().filter(|event| EVENTS.contains(&event.as_str())).collect(),
    };
    tenants.set_aircall_subscription(id, webhook_id.as_str(), &subscription).await?;
    tracing::info!(tenant = %id, missing = ?subscription.missing(), "subscribed the webhook to the events of today");
    Ok(())
}
