//! The tenant's Salesforce org: connects it after a sign-in, checks it, sets it up and disconnects it.

pub(crate) mod login_host;
pub(crate) mod statuses;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lambda::metrics::TARGET;
use lambda::queue::WakeUp;
use org::{BatchError, Org, connection};
use salesforce::{OrgCheck, SetUpStep, oauth};
use secrecy::{ExposeSecret as _, SecretString};
use store::{ApiUsage, Connection, Consent, FormerUser, LeaseKind, SalesforceTokens, Tenant, TenantId};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use url::Url;

use super::lease::{Lease, with_lease};
use super::{ConnectionError, LEASE, consent, lease_holder};
use crate::console::Console;

/// For changes of the tenant's tokens: a request waits for another process that refreshes them.
pub(super) const TOKENS: Lease = Lease { kind: LeaseKind::Refresh, wait: Duration::from_secs(4), lasts: LEASE };
/// The time limit of work in the org, such as a check, which includes renewing the session. [`Org`] reserves five seconds of
/// it. API Gateway times out after thirty seconds.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(26);
/// For a check or a set-up, which takes a little less. A second one is refused and not kept waiting: each takes seconds of
/// the function's concurrency, and requests of the org.
const CHECK: Lease = Lease { kind: LeaseKind::Check, wait: Duration::ZERO, lasts: SignedDuration::from_secs(30) };

/// What a sign-in did to the tenant's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// It connected the org.
    Connected,
    /// The same, in place of another user's dead connection.
    TookOver,
    /// The org was connected already; the sign-in's own grant was revoked.
    Kept,
}

/// Makes the new `tokens` the tenant's connection, unless the tenant has a live one.
///
/// Runs under the lease on token refreshes, so that no writer overwrites the new tokens with refreshed old ones. The
/// tokens are stored first: a crash after that has only replaced the tokens of a dead connection, and the next sign-in
/// connects the org. The unused grant is revoked, as Salesforce keeps only five for each user and app.
pub(crate) async fn join(
    console: &Console,
    tenant: &TenantId,
    connection: &Connection,
    tokens: &SalesforceTokens,
) -> Result<Joined, ConnectionError> {
    let joined = with_lease(console, tenant, TOKENS, async |known: Tenant| {
        remember_connector(console, &known).await?;
        let previous = console.connector.tokens.get(tenant).await?;
        // If it is the same grant, revoking it would end the new connection too.
        let is_other = |previous: &SalesforceTokens| {
            previous.refresh_token.expose_secret() != tokens.refresh_token.expose_secret()
        };
        if is_live(&known) && previous.is_some() {
            return Ok((Joined::Kept, previous.filter(is_other).map(|_| tokens.clone())));
        }
        let former = former_user(&known, connection);
        if former != known.former_user {
            console.tenants.set_former_user(tenant, former.as_ref()).await?;
        }
        store_grant(console, &known, connection, tokens).await?;
        let joined = if former.is_some() { Joined::TookOver } else { Joined::Connected };
        Ok((joined, previous.filter(is_other)))
    });
    let joined = revoke_unused(console, tenant, tokens, joined.await).await;
    if matches!(joined, Ok(Joined::Connected | Joined::TookOver)) {
        wake(console, tenant).await;
    }
    joined
}

/// The user whose dead connection this one replaces, if that is another user.
fn former_user(known: &Tenant, connection: &Connection) -> Option<FormerUser> {
    let former = known.salesforce.as_ref().filter(|former| former.user_id != connection.user_id);
    former.map(|former| FormerUser { id: former.user_id.clone(), name: former.user_name.clone() })
}

/// What a consent did to the tenant's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// Its grant connects the org.
    Connected,
    /// The link is no longer valid; the grant was revoked.
    LinkGone,
}

/// Makes the new `tokens` the tenant's connection, in place of those that it has, and revokes these. The org stays the
/// same, its user may be another one.
///
/// Runs under the lease on token refreshes, like [`join`]. The link is used up last: after a crash before that, the same
/// change can be made again.
pub(crate) async fn replace(
    console: &Console,
    connection: &Connection,
    tokens: &SalesforceTokens,
    Consent { tenant, link }: &Consent,
) -> Result<Replaced, ConnectionError> {
    let replaced = with_lease(console, tenant, TOKENS, async |known: Tenant| {
        if known.salesforce.is_none() {
            return Err(ConnectionError::NotConnected("Salesforce"));
        }
        if let Some(link) = link
            && !consent::is_valid(console, tenant, link).await?
        {
            return Ok((Replaced::LinkGone, Some(tokens.clone())));
        }
        remember_connector(console, &known).await?;
        let previous = console.connector.tokens.get(tenant).await?;
        store_grant(console, &known, connection, tokens).await?;
        end_choice(console, &known, link.is_some()).await;
        let is_other = |previous: &SalesforceTokens| {
            previous.refresh_token.expose_secret() != tokens.refresh_token.expose_secret()
        };
        Ok((Replaced::Connected, previous.filter(is_other)))
    });
    let replaced = revoke_unused(console, tenant, tokens, replaced.await).await;
    if matches!(replaced, Ok(Replaced::Connected)) {
        wake(console, tenant).await;
    }
    replaced
}

/// Uses the link up, and forgets the user before. The connection is stored, so what fails is only logged: the former grant
/// is revoked and the writer woken all the same.
async fn end_choice(console: &Console, known: &Tenant, has_link: bool) {
    let tenant = &known.id;
    if has_link && let Err(error) = console.consent_links.delete(tenant).await {
        tracing::warn!(%tenant, %error, "a consent link that was used stays valid until it expires");
    }
    if known.former_user.is_some()
        && let Err(error) = console.tenants.set_former_user(tenant, None).await
    {
        tracing::warn!(%tenant, %error, "the user of the former connection is still mentioned");
    }
}

/// Forgets the user whose dead connection was replaced.
pub(crate) async fn dismiss_former_user(console: &Console, tenant: &TenantId) -> Result<(), store::Error> {
    console.tenants.set_former_user(tenant, None).await
}

/// Remembers who connected the org before admins were remembered: only the connection tells it. From now on, its user need
/// not be an admin, and another admin may be the first who is remembered.
async fn remember_connector(console: &Console, known: &Tenant) -> Result<(), store::Error> {
    match &known.salesforce {
        Some(Connection { instance_url, user_id, connected_at, .. })
            if known.admins.is_none() && !user_id.is_empty() =>
        {
            let my_domain = login_host::my_domain(console, consent::host_of(instance_url));
            console.tenants.remember_admin(known, my_domain, user_id, *connected_at).await
        }
        _ => Ok(()),
    }
}

/// Stores the tokens first, then the connection.
async fn store_grant(
    console: &Console,
    known: &Tenant,
    connection: &Connection,
    tokens: &SalesforceTokens,
) -> Result<(), ConnectionError> {
    console.connector.tokens.create(&known.id, tokens).await?;
    console.tenants.connect_salesforce(&known.id, connection).await?;
    Ok(())
}

/// Revokes the grant that a change left unused: the one that it names, or the new one if it failed before anything was
/// stored.
async fn revoke_unused<T>(
    console: &Console,
    tenant: &TenantId,
    new: &SalesforceTokens,
    changed: Result<(T, Option<SalesforceTokens>), ConnectionError>,
) -> Result<T, ConnectionError> {
    let (result, unused) = match changed {
        Ok((result, unused)) => (Ok(result), unused),
        // Nothing was stored, so the new grant is unused. After other errors this is unknown: it is not revoked.
        Err(error @ (ConnectionError::Busy | ConnectionError::NotConnected(_))) => (Err(error), Some(new.clone())),
        Err(error) => (Err(error), None),
    };
    if let Some(unused) = unused {
        revoke_grant(console, tenant, &unused.login_url, &unused.refresh_token).await;
    }
    result
}

/// Whether the org is connected and its connection is not known to be dead.
pub(crate) fn is_live(tenant: &Tenant) -> bool {
    tenant.salesforce.is_some() && !tenant.state.is_dead()
}

/// Revokes the grant, then deletes the tokens and the connection. Returns whether Salesforce confirmed the revocation.
///
/// In this order, a crash leaves the org shown as connected, and it can be disconnected again: a grant that is already
/// revoked and tokens that are already deleted are not an error. An org that does not answer can be disconnected too,
/// as it may no longer exist.
pub(crate) async fn disconnect(console: &Console, tenant: &TenantId) -> Result<bool, ConnectionError> {
    with_lease(console, tenant, TOKENS, async |known: Tenant| {
        let connection = known.salesforce.ok_or(ConnectionError::NotConnected("Salesforce"))?;
        console.consent_links.delete(tenant).await?;
        let is_revoked = match console.connector.tokens.get(tenant).await? {
            Some(tokens) => revoke_grant(console, tenant, &tokens.login_url, &tokens.refresh_token).await,
            None => true,
        };
        console.connector.tokens.delete(tenant).await?;
        console.tenants.disconnect_salesforce(tenant, &connection.login_url).await?;
        tracing::info!(%tenant, is_revoked, "disconnected the Salesforce org");
        Ok(is_revoked)
    })
    .await
}

/// Checks the org's fields and permissions. Nothing is written to it.
pub(crate) async fn check(console: &Console, tenant: &TenantId) -> Result<OrgCheck, ConnectionError> {
    with_lease(console, tenant, CHECK, async |mut known| {
        let mut org = open(console, &mut known, Instant::now() + TIMEOUT).await?;
        let settings = console.settings.get(&known.id).await?;
        let check = org.check(&console.tenants, &mut known, &settings, Timestamp::now()).await;
        record_result(console, &mut known, &org, check).await
    })
    .await
}

/// Sets up the key field, step by step. Idempotent.
pub(crate) async fn set_up(console: &Console, tenant: &TenantId) -> Result<Vec<SetUpStep>, ConnectionError> {
    with_lease(console, tenant, CHECK, async |mut known| {
        let mut org = open(console, &mut known, Instant::now() + TIMEOUT).await?;
        let steps = org.set_up(&console.tenants, &mut known).await;
        record_result(console, &mut known, &org, steps).await
    })
    .await
}

/// Does `work` in the org of `tenant`, unless the org is paused.
///
/// On a blocking thread, as the compiler cannot prove that a look-up is `Send`, which a handler's future must be:
/// <https://github.com/rust-lang/rust/issues/110338>.
pub(crate) async fn with_org<T: Send + 'static>(
    console: &Arc<Console>,
    mut tenant: Tenant,
    deadline: Instant,
    work: impl AsyncFnOnce(&Console, &mut Org, &mut Tenant) -> Result<T, BatchError> + Send + 'static,
) -> Result<T, ConnectionError> {
    let (console, runtime) = (Arc::clone(console), Handle::current());
    let task = spawn_blocking(move || {
        runtime.block_on(async {
            connection::is_open(&tenant, Timestamp::now())?;
            let mut org = open(&console, &mut tenant, deadline).await?;
            let answer = work(&console, &mut org, &mut tenant).await;
            record_result(&console, &mut tenant, &org, answer).await
        })
    });
    task.await.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic()))
}

async fn open(console: &Console, tenant: &mut Tenant, deadline: Instant) -> Result<Org, ConnectionError> {
    if tenant.salesforce.is_none() {
        return Err(ConnectionError::NotConnected("Salesforce"));
    }
    tenant.facts = std::mem::take(&mut tenant.facts).as_of(Timestamp::now());
    let settings = console.settings.get(&tenant.id).await?;
    match Org::open(&console.connector, tenant, &lease_holder(), settings.api_usage_limit, deadline).await {
        Ok(org) => Ok(org),
        Err(stop) => Err(record_stop(console, tenant, stop).await?),
    }
}

/// Stores the API usage that the org reported, and maps the result.
async fn record_result<T>(
    console: &Console,
    tenant: &mut Tenant,
    org: &Org,
    answer: Result<T, BatchError>,
) -> Result<T, ConnectionError> {
    if let Some(usage) = org.usage {
        let usage = ApiUsage { used: usage.used, limit: usage.limit, at: Timestamp::now() };
        console.tenants.set_api_usage(&tenant.id, &usage).await?;
    }
    match answer {
        Ok(answer) => Ok(answer),
        Err(stop) => Err(record_stop(console, tenant, stop).await?),
    }
}

/// Maps the error. If the connection turned out to be dead, its state is stored, so that an admin is asked to
/// reconnect.
async fn record_stop(
    console: &Console,
    tenant: &mut Tenant,
    stop: BatchError,
) -> Result<ConnectionError, store::Error> {
    if let BatchError::Reconnect(trouble) = &stop
        && is_live(tenant)
    {
        connection::ask_to_reconnect(&console.tenants, tenant, trouble).await?;
        let code = &trouble.code;
        tracing::warn!(target: TARGET, ReconnectsNeeded = 1, tenant = %tenant.id, code, "the connection to the org is dead");
    }
    Ok(stop.into())
}

/// Revokes a grant that is no longer used. Returns whether Salesforce confirmed it.
pub(crate) async fn revoke_grant(console: &Console, tenant: &TenantId, login_url: &str, token: &SecretString) -> bool {
    let Ok(login_url) = Url::parse(login_url) else { return false };
    match oauth::revoke(&console.connector.http, &login_url, token).await {
        Ok(()) => true,
        Err(error) => {
            let kind = error.kind();
            tracing::warn!(%tenant, ?kind, "a Salesforce grant was not revoked");
            false
        }
    }
}

/// Makes the entries that waited for the org due now, and wakes the writer.
async fn wake(console: &Console, tenant: &TenantId) {
    if let Err(error) = console.calls.make_due(tenant, Timestamp::now()).await {
        // Only a delay: each is due within a quarter of an hour.
        tracing::warn!(%tenant, %error, "not all waiting entries were made due");
    }
    let wake_up = WakeUp { tenant: tenant.to_string(), key: None };
    let id = format!("connected-{}", Timestamp::now().as_millisecond());
    if let Err(error) = console.write_queue.wake(&wake_up, &id).await {
        // Only a delay: the sweep finds the waiting entries.
        tracing::warn!(%tenant, %error, "the writer was not woken for a connected org");
    }
}
