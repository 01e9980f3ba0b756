//! The tenant's Salesforce org: connected by a sign-in, looked at, set up, and disconnected.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lambda::queue::WakeUp;
use org::{Org, Stop};
use salesforce::{OrgCheck, SetUpStep, oauth};
use secrecy::{ExposeSecret as _, SecretString};
use store::{Acquired, ApiUsage, Connection, ConnectionState, LeaseOf, SalesforceTokens, Tenant, TenantId};
use url::Url;

use super::{ConnectionError, holder, until};
use crate::console::Console;

/// How often, and how long between, somebody else's refresh of the tokens is waited for.
const REFRESH_POLL: (u32, Duration) = (16, Duration::from_millis(250));
/// How long the org may take for a check or a set-up, of which [`Org`] keeps five seconds back; enough to renew its
/// session first. API Gateway gives up after thirty seconds.
const TIMEOUT: Duration = Duration::from_secs(26);
/// When a dead connection is tried again, as the writer does.
const TRY_AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// What a sign-in was to the tenant's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// The org is connected by it.
    Connected,
    /// The org was connected already and stays so; the sign-in's own grant was given back.
    Kept,
}

/// Makes the new `tokens` the tenant's connection, unless it has one that lives.
///
/// Under the lease of refreshes, so that no writer stores a refreshed old token over the new one. The tokens come first:
/// whoever is killed after that has changed nothing but which tokens a connection that was dead anyway would use, and the
/// next sign-in connects. The grant that is not used is revoked, as Salesforce keeps five for each user and app only.
pub(crate) async fn join(
    console: &Console,
    tenant: &TenantId,
    connection: &Connection,
    tokens: &SalesforceTokens,
) -> Result<Joined, ConnectionError> {
    let joined = alone(console, tenant, async |known: Tenant| {
        let before = console.connector.tokens.get(tenant).await?;
        // Were it the same grant once more, revoking one would end both.
        let is_other =
            |before: &SalesforceTokens| before.refresh_token.expose_secret() != tokens.refresh_token.expose_secret();
        if lives(&known) && before.is_some() {
            return Ok((Joined::Kept, before.filter(is_other).map(|_| tokens.clone())));
        }
        console.connector.tokens.create(tenant, tokens).await?;
        console.tenants.connect_salesforce(tenant, connection).await?;
        Ok((Joined::Connected, before.filter(is_other)))
    });
    let (joined, unused) = match joined.await {
        Ok((joined, unused)) => (Ok(joined), unused),
        // Nothing was stored. Of other errors that is not known, and the next sign-in looks.
        Err(error @ (ConnectionError::Busy | ConnectionError::NotConnected(_))) => (Err(error), Some(tokens.clone())),
        Err(error) => (Err(error), None),
    };
    if let Some(unused) = unused {
        give_back(console, tenant, &unused.login_url, &unused.refresh_token).await;
    }
    if matches!(joined, Ok(Joined::Connected)) {
        wake(console, tenant).await;
    }
    joined
}

/// Whether the org is connected and not known to be dead.
pub(crate) fn lives(tenant: &Tenant) -> bool {
    let is_dead = matches!(tenant.state, ConnectionState::ReconnectNeeded { .. });
    tenant.salesforce.is_some() && !is_dead
}

/// Revokes the grant, deletes the tokens and forgets the connection. Says whether Salesforce confirmed the revocation.
///
/// In this order, so that what is left after a kill still shows as connected, and can be disconnected again: a grant that
/// is revoked already and tokens that are gone are no error. An org that does not answer, as it may be gone for good, keeps
/// nobody from disconnecting it.
pub(crate) async fn disconnect(console: &Console, tenant: &TenantId) -> Result<bool, ConnectionError> {
    alone(console, tenant, async |known: Tenant| {
        let connection = known.salesforce.ok_or(ConnectionError::NotConnected("Salesforce"))?;
        let is_revoked = match console.connector.tokens.get(tenant).await? {
            Some(tokens) => give_back(console, tenant, &tokens.login_url, &tokens.refresh_token).await,
            None => true,
        };
        console.connector.tokens.delete(tenant).await?;
        console.tenants.disconnect_salesforce(tenant, &connection.login_url).await?;
        tracing::info!(%tenant, is_revoked, "disconnected the Salesforce org");
        Ok(is_revoked)
    })
    .await
}

/// Looks at what the org offers. Nothing is written to it.
pub(crate) async fn check(console: &Console, tenant: &TenantId) -> Result<OrgCheck, ConnectionError> {
    let (mut org, mut tenant) = open(console, tenant).await?;
    let check = org.check(&console.tenants, &mut tenant, Timestamp::now()).await;
    told(console, &tenant, &org, check).await
}

/// Sets up the key field, step by step. It may be done again.
pub(crate) async fn set_up(console: &Console, tenant: &TenantId) -> Result<Vec<SetUpStep>, ConnectionError> {
    let (mut org, mut tenant) = open(console, tenant).await?;
    let steps = org.set_up(&console.tenants, &mut tenant).await;
    told(console, &tenant, &org, steps).await
}

async fn open(console: &Console, tenant: &TenantId) -> Result<(Org, Tenant), ConnectionError> {
    let settings = console.settings.get(tenant).await?;
    let known = console.tenants.get(tenant).await?.filter(|known| known.salesforce.is_some());
    let known = known.ok_or(ConnectionError::NotConnected("Salesforce"))?;
    let deadline = Instant::now() + TIMEOUT;
    match Org::open(&console.connector, &known, &holder(), settings.api_usage_limit, deadline).await {
        Ok(org) => Ok((org, known)),
        Err(stop) => Err(stopped(console, &known, stop).await?),
    }
}

/// Remembers what the org told beside its answer.
async fn told<T>(console: &Console, tenant: &Tenant, org: &Org, answer: Result<T, Stop>) -> Result<T, ConnectionError> {
    if let Some(usage) = org.usage {
        let usage = ApiUsage { used: usage.used, limit: usage.limit, at: Timestamp::now() };
        console.tenants.set_api_usage(&tenant.id, &usage).await?;
    }
    match answer {
        Ok(answer) => Ok(answer),
        Err(stop) => Err(stopped(console, tenant, stop).await?),
    }
}

/// What kept the org from answering; that its connection is dead is remembered, so that it can be connected again.
async fn stopped(console: &Console, tenant: &Tenant, stop: Stop) -> Result<ConnectionError, store::Error> {
    if let Stop::Reconnect(trouble) = &stop
        && lives(tenant)
    {
        let (since, reason) = (Timestamp::now(), trouble.message.clone());
        let state = ConnectionState::ReconnectNeeded { reason, since, try_at: since + TRY_AGAIN };
        console.tenants.set_state(&tenant.id, &state).await?;
        tracing::warn!(tenant = %tenant.id, code = trouble.code, "the connection to the org is dead");
    }
    Ok(stop.into())
}

/// Does `work` while nobody else refreshes or replaces the tenant's tokens.
async fn alone<T>(
    console: &Console,
    tenant: &TenantId,
    work: impl AsyncFnOnce(Tenant) -> Result<T, ConnectionError>,
) -> Result<T, ConnectionError> {
    let (looks, between) = REFRESH_POLL;
    let holder = holder();
    for _ in 0..looks {
        let now = Timestamp::now();
        match console.tenants.acquire(tenant, LeaseOf::Refresh, &holder, now, until(now)).await? {
            Acquired::Held(known) => {
                let done = work(*known).await;
                // Given back or not, it ends by itself.
                let _ = console.tenants.release(tenant, LeaseOf::Refresh, &holder, None).await;
                return done;
            }
            Acquired::Taken { .. } => tokio::time::sleep(between).await,
            Acquired::NoTenant => return Err(ConnectionError::NotConnected("Salesforce")),
        }
    }
    Err(ConnectionError::Busy)
}

/// Revokes a grant that nobody is to use any more. Says whether Salesforce confirmed it.
pub(crate) async fn give_back(console: &Console, tenant: &TenantId, login_url: &str, token: &SecretString) -> bool {
    let Ok(login_url) = Url::parse(login_url) else { return false };
    match oauth::revoke(&console.connector.http, &login_url, token).await {
        Ok(()) => true,
        Err(error) => {
            let kind = error.kind();
            tracing::warn!(%tenant, ?kind, "a grant of Salesforce's was not revoked");
            false
        }
    }
}

/// Has the writer see to what waited for the org.
async fn wake(console: &Console, tenant: &TenantId) {
    if let Err(error) = console.calls.make_due(tenant, Timestamp::now()).await {
        // Only a delay: each is due within a quarter of an hour.
        tracing::warn!(%tenant, %error, "not all that waited is due at once");
    }
    let wake_up = WakeUp { tenant: tenant.to_string(), key: None };
    let id = format!("connected-{}", Timestamp::now().as_millisecond());
    if let Err(error) = console.write_queue.wake(&wake_up, &id).await {
        // Only a delay: the sweep finds what waits.
        tracing::warn!(%tenant, %error, "the writer was not woken for a connected org");
    }
}
