//! Whether the webhook sends, as Aircall says now.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use store::{AircallConnection, AircallState, Tenant};
use tokio::time::timeout;

use super::webhook::SubscriptionDiff;
use super::{AircallError, webhook_id};
use crate::connections::ConnectionError;
use crate::console::Console;

/// How long Aircall's word counts: a company has 120 requests a minute, for all its integrations.
const COUNTS_FOR: Duration = Duration::from_secs(30);
/// A page waits no longer for Aircall.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Why no call comes, or not all that is to be known of each, and what helps.
const OFF: &str = "Aircall has turned the webhook off, as it does after many failed deliveries, or somebody has. No call \
                   is logged until it sends again.";
const GONE: &str = "The webhook is gone from Aircall: somebody has deleted it. No call is logged until it sends \
                    again.";
const OTHER: &str = "Somebody changed in Aircall what the webhook sends or where to, so calls are not logged as they \
                     should be. Re-activate sets it right.";
/// What does no harm.
const MORE: &str = "Somebody changed in Aircall what the webhook sends: more than is used. Re-activate sets it right.";

/// Brings the state of the tenant's webhook up to date, and says what an admin should know of it.
///
/// Aircall is asked now and then, and nothing that goes wrong is an error: the page then shows what was known before.
pub(crate) async fn check_webhook(console: &Console, tenant: &mut Tenant) -> Option<String> {
    let connection = tenant.aircall.as_mut()?;
    let (watched, now) = (&console.aircall.watched, Instant::now());
    if let Some(note) = watched.get(&tenant.id, now) {
        return note;
    }
    let (state, note) = timeout(TIMEOUT, ask(console, &tenant.id, connection)).await.unwrap_or_else(|_| {
        (connection.state, Some("Aircall does not answer right now, so this is what it last said.".to_owned()))
    });
    if state != connection.state {
        // Lost, it is asked again.
        if let Err(error) = console.tenants.set_aircall_state(&tenant.id, &connection.webhook_id, &state).await {
            tracing::warn!(tenant = %tenant.id, %error, "the state of the webhook was not stored");
        }
        connection.state = state;
    }
    watched.keep(&tenant.id, note.clone(), now, COUNTS_FOR);
    note
}

async fn ask(
    console: &Console,
    tenant: &store::TenantId,
    connection: &AircallConnection,
) -> (AircallState, Option<String>) {
    let off = match connection.state {
        off @ AircallState::Deactivated { .. } => off,
        AircallState::Active | AircallState::Unknown => AircallState::Deactivated { since: Timestamp::now() },
    };
    let asked = async {
        let Some(id) = webhook_id(connection) else { return Ok(None) };
        Ok::<_, ConnectionError>(console.aircall.client_of(tenant).await?.webhook(&id).await?)
    };
    match asked.await {
        // The address is that of when it was connected: the console may have several.
        Ok(Some(webhook)) if webhook.active => {
            match SubscriptionDiff::between(&webhook, connection.webhook_url.as_deref()) {
                SubscriptionDiff::Same => (AircallState::Active, None),
                SubscriptionDiff::Extra => (AircallState::Active, Some(MORE.to_owned())),
                SubscriptionDiff::Incomplete => (off, Some(OTHER.to_owned())),
            }
        }
        Ok(Some(_)) => (off, Some(OFF.to_owned())),
        Ok(None) => (off, Some(GONE.to_owned())),
        Err(ConnectionError::Aircall(error @ AircallError::Refused(_))) => {
            (AircallState::Unknown, Some(format!("{error} Connect again with a key that is good.")))
        }
        Err(error) => {
            tracing::warn!(%tenant, reason = kind(&error), "Aircall was not asked for the webhook");
            (connection.state, Some("Aircall does not answer right now, so this is what it last said.".to_owned()))
        }
    }
}

/// For the log, which holds none of Aircall's words.
fn kind(error: &ConnectionError) -> &'static str {
    match error {
        ConnectionError::Aircall(AircallError::RateLimited | AircallError::RetryQueue(_)) => "not now",
        ConnectionError::Store(_) => "our own memory",
        _ => "refused",
    }
}
