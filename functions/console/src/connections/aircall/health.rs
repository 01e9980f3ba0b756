//! Health check of the tenant's webhook at Aircall.

use std::time::Duration;

use aircall::client::SubscriptionDiff;
use jiff::{SignedDuration, Timestamp};
use store::{AircallAuth, AircallConnection, AircallState, Tenant, TenantId};
use tokio::time::timeout;
use webhook::{diff, webhook_id};

use super::{AircallError, client_of, is_uninstalled};
use crate::connections::ConnectionError;
use crate::console::Console;

/// How long the result is cached for pages that are not about the webhook: Aircall allows a company 120 requests a
/// minute, for all its integrations.
const TTL: SignedDuration = SignedDuration::from_secs(5);
/// How long a page waits for Aircall.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Problems that keep calls or some of their data from being logged, and what to do about them.
const TURNED_OFF: &str = "Aircall has turned the webhook off, as it does after many failed deliveries, or somebody \
                          did. No call is logged until it sends again.";
const DELETED: &str = "The webhook no longer exists in Aircall: somebody has deleted it. No call is logged until it is \
                       re-activated.";
const CHANGED: &str = "Somebody changed in Aircall what the webhook sends or where to, or Aircall took events away, so \
                       calls are not logged correctly. Re-activate the webhook to fix it.";
/// The end of the connection.
const UNINSTALLED: &str = "The app was uninstalled in Aircall, so Aircall sends nothing and its access is no longer \
                           used. No call is logged until Aircall is connected again.";
/// The access of an app is refused, though no event said that it was uninstalled.
const ACCESS_REFUSED: &str = "Aircall does not accept the granted access any more: the app may have been uninstalled. \
                              Allow access again.";
/// The console has another address than when the webhook was created.
const FORMER_ADDRESS: &str = "The webhook still sends to the console's former address. Move it to today's address \
                              before the former one is switched off.";
/// A change without an effect on logging.
const EXTRA_EVENTS: &str =
    "Somebody changed in Aircall what the webhook sends: more than is used. Re-activate the webhook to fix it.";
/// No answer, so the stored state is shown.
const NO_ANSWER: &str = "Aircall does not answer right now, so this is its last known state.";

/// Updates the state of the tenant's webhook, and returns a note for the admin if there is a problem.
///
/// A failure is not an error: the page then shows the last known state.
pub(crate) async fn check_webhook(console: &Console, tenant: &mut Tenant) -> Option<String> {
    if tenant.aircall.as_ref().is_some_and(is_uninstalled) {
        return Some(UNINSTALLED.to_owned());
    }
    let mut note = None;
    // Twice at most: the webhook may be replaced while it is checked.
    for _ in 0..2 {
        let connection = tenant.aircall.as_mut()?;
        let state;
        (state, note) = timeout(TIMEOUT, fetch(console, &tenant.id, connection))
            .await
            .unwrap_or_else(|_| (connection.state, Some(NO_ANSWER.to_owned())));
        if state == connection.state {
            break;
        }
        match console.tenants.set_aircall_state(&tenant.id, &connection.webhook_id, &state).await {
            Ok(true) => {
                connection.state = state;
                break;
            }
            Ok(false) => match console.tenants.get(&tenant.id).await {
                Ok(Some(changed)) => *tenant = changed,
                Ok(None) | Err(_) => break,
            },
            Err(error) => {
                // The next check tries again.
                tracing::warn!(tenant = %tenant.id, %error, "the state of the webhook was not stored");
                connection.state = state;
                break;
            }
        }
    }
    let has_moved =
        tenant.aircall.as_ref().is_some_and(|connection| is_at_former_address(console, &tenant.id, connection));
    let note = note.or_else(|| has_moved.then(|| FORMER_ADDRESS.to_owned()));
    let checked = (tenant.aircall.as_ref()?.webhook_id.clone(), note.clone());
    console.aircall.webhook_notes.insert(tenant.id.clone(), checked, Timestamp::now(), TTL);
    note
}

/// Whether the webhook sends to another address than the console has today. Known only if the deployment names its address,
/// as it may be reachable under several.
pub(crate) fn is_at_former_address(console: &Console, tenant: &TenantId, connection: &AircallConnection) -> bool {
    let today = console.public_url.as_ref().map(|base_url| base_url.webhook(tenant));
    today.zip(connection.webhook_url.as_deref()).is_some_and(|(today, at)| today.as_str() != at)
}

/// As [`check_webhook`], unless the webhook was checked within the last seconds: for a page that is not about it.
pub(crate) async fn check_webhook_cached(console: &Console, tenant: &mut Tenant) -> Option<String> {
    let connection = tenant.aircall.as_ref()?;
    match console.aircall.webhook_notes.get(&tenant.id, Timestamp::now()) {
        Some((webhook_id, note)) if webhook_id == connection.webhook_id && !is_uninstalled(connection) => note,
        _ => check_webhook(console, tenant).await,
    }
}

/// Fetches the webhook: its state, and a note if there is a problem. Adds its URL to the connection if that is unknown.
async fn fetch(
    console: &Console,
    tenant: &TenantId,
    connection: &mut AircallConnection,
) -> (AircallState, Option<String>) {
    let off = match connection.state {
        off @ AircallState::Deactivated { .. } => off,
        AircallState::Active | AircallState::Unknown => AircallState::Deactivated { since: Timestamp::now() },
    };
    let fetched = async {
        let Some(id) = webhook_id(connection) else { return Ok(None) };
        Ok::<_, ConnectionError>(client_of(console, tenant).await?.webhook(&id).await?)
    };
    match fetched.await {
        // Compared with the URL of when it was connected, as the console may be reachable under several.
        Ok(Some(webhook)) if webhook.active => {
            let url = connection.webhook_url.get_or_insert_with(|| webhook.url.clone()).clone();
            match diff(&webhook, connection, Some(&url)) {
                SubscriptionDiff::Same => (AircallState::Active, None),
                SubscriptionDiff::Extra => (AircallState::Active, Some(EXTRA_EVENTS.to_owned())),
                SubscriptionDiff::Incomplete => (off, Some(CHANGED.to_owned())),
            }
        }
        Ok(Some(_)) => (off, Some(TURNED_OFF.to_owned())),
        Ok(None) => (off, Some(DELETED.to_owned())),
        Err(ConnectionError::Aircall(AircallError::Refused(_))) if connection.how == AircallAuth::OAuth => {
            (AircallState::Unknown, Some(ACCESS_REFUSED.to_owned()))
        }
        Err(ConnectionError::Aircall(error @ AircallError::Refused(_))) => {
            (AircallState::Unknown, Some(format!("{error} Connect again with a valid key.")))
        }
        Err(error) => {
            tracing::warn!(%tenant, reason = reason_label(&error), "the webhook was not fetched from Aircall");
            (connection.state, Some(NO_ANSWER.to_owned()))
        }
    }
}

/// The reason for the log, which must not contain Aircall's own messages.
fn reason_label(error: &ConnectionError) -> &'static str {
    match error {
        ConnectionError::Aircall(AircallError::RateLimited | AircallError::Unavailable(_)) => "unavailable",
        ConnectionError::Store(_) => "our own store",
        _ => "refused",
    }
}
