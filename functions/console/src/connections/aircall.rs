//! The tenant's Aircall account: its credential in Secrets Manager, its webhook at Aircall, the hash of that webhook's
//! token in the tenants table.
//! All changes are made under one lease on the tenant.

pub(crate) mod app;
pub(crate) mod backfill;
mod company;
pub(crate) mod health;
pub(crate) mod import_preview;
pub(crate) mod key;
pub(crate) mod lines;
pub(crate) mod users;

use std::time::Duration;

use aircall::client::{Client, Error, Reason, Webhook};
use jiff::Timestamp;
use store::{
    AircallAuth, AircallConnection, AircallCredential, AircallState, LeaseKind, TOKEN_GRACE, Tenant, TenantId,
};
use webhook::{AcceptedTokens, Pick, TenantWebhooks, activate, connected_by, token_hash};

use self::company::GivenCompany;
use super::lease::{self, Lease};
use super::{ConnectionError, LEASE};
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::error_code::ErrorCode;

/// How long a change waits for another one of the same tenant: two clicks, or two admins at once.
const LEASE_WAIT: Duration = Duration::from_secs(10);

/// Why a request to Aircall failed, as a sentence for an admin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AircallError {
    /// Aircall does not accept the credential.
    #[error("Aircall does not accept the API key: {0}.")]
    Refused(String),
    /// The company has reached its rate limit of requests a minute.
    #[error("Aircall accepts no more requests from this company for now. Try again in a minute.")]
    RateLimited,
    /// Aircall cannot answer now; a later try may succeed.
    #[error("Aircall cannot do this now ({0}). Try again in a minute.")]
    Unavailable(String),
    /// Aircall rejected the request; trying again does not help.
    #[error("Aircall rejected the request: {0}.")]
    Rejected(String),
    /// The app was uninstalled in Aircall, so the credential is not used.
    #[error("The app was uninstalled in Aircall. Connect Aircall again.")]
    Uninstalled,
    /// The credential belongs to another company than the connected one.
    #[error("This account belongs to {given}, but {connected} is connected. Disconnect {connected} first.")]
    OtherCompany {
        /// The company that is connected.
        connected: String,
        /// The company of the credential.
        given: String,
    },
}

impl From<Error> for AircallError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { message } => AircallError::Refused(message),
            Error::Retry { reason: Reason::RateLimited, .. } => AircallError::RateLimited,
            Error::Retry { reason, .. } => AircallError::Unavailable(reason.to_string()),
            Error::Rejected { status, message } => AircallError::Rejected(format!("{message} (HTTP {status})")),
        }
    }
}

impl AircallError {
    /// The API's error code.
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            AircallError::Refused(_) | AircallError::Uninstalled => ErrorCode::AircallRefused,
            AircallError::RateLimited => ErrorCode::AircallRateLimited,
            AircallError::Unavailable(_) => ErrorCode::AircallUnavailable,
            AircallError::Rejected(_) => ErrorCode::AircallRejected,
            AircallError::OtherCompany { .. } => ErrorCode::OtherCompany,
        }
    }
}

/// A client with the tenant's stored credential.
async fn client_of(console: &Console, tenant: &TenantId) -> Result<Client, ConnectionError> {
    let credential = console.aircall.credentials.get(tenant).await?;
    let credential = credential.ok_or_else(|| AircallError::Refused("none is stored".to_owned()))?;
    Ok(console.aircall.client(&credential))
}

/// Connects the account of a credential, or stores another credential of the account that is already connected.
///
/// The order of the steps: first the webhook, so that nothing is stored for an account that does not accept one; then
/// its token's hash, added to those that are already accepted; then its events, which are authenticated from the first
/// one on; then the credential; then the connection. A crash in between leaves at most an unused webhook, which the next
/// try reuses. Then superfluous webhooks of ours are deleted, and only then are their tokens retired. Last, the phone
/// numbers of the company's own lines are stored.
pub(crate) async fn connect(
    console: &Console,
    tenant: &TenantId,
    credential: &AircallCredential,
    base_url: &BaseUrl,
) -> Result<AircallConnection, ConnectionError> {
    let client = console.aircall.client(credential);
    client.ping().await?;
    let company = GivenCompany::fetch(&client, credential).await?;
    let connection = with_lease(console, tenant, async |known: Tenant| {
        // Where nothing else tells, the name does: a key of another company would replace the connected one.
        if let Some(connected) = &known.aircall
            && !company.is_that_of(connected, &known.own_lines)?.unwrap_or(connected.company_name == company.name)
        {
            let (connected, given) = (connected.company_name.clone(), company.name.clone());
            return Err(AircallError::OtherCompany { connected, given }.into());
        }
        let webhooks = TenantWebhooks::new(&known, base_url.webhook(&known.id));
        let mut tokens = AcceptedTokens::new(&console.tenants, &known, console.aircall.token_delay);
        // Before the first event, which may be of an old call.
        let connected_at = Timestamp::now();
        if is_another_company(&company, &known) {
            console.tenants.begin_with_company(tenant, connected_at).await?;
        } else {
            console.tenants.begin_with_aircall(tenant, connected_at).await?;
        }
        let webhook = activate(&mut tokens, &webhooks, &client, Pick::Existing).await?;
        let previous = console.aircall.credentials.get(tenant).await?;
        let previous = previous.filter(|_| !known.aircall.as_ref().is_some_and(is_uninstalled));
        console.aircall.credentials.create(tenant, credential).await?;
        let how = match credential {
            AircallCredential::ApiKey { .. } => AircallAuth::ApiKey,
            AircallCredential::OAuth { .. } => AircallAuth::OAuth,
        };
        let connection = AircallConnection {
            company_id: company.id,
            company_name: company.name.clone(),
            how,
            webhook_id: webhook.id.to_string(),
            subscription: Some(::webhook::subscription(&webhook)),
            webhook_url: Some(webhook.url),
            connected_at,
            rotated_at: known.aircall.as_ref().and_then(|connected| connected.rotated_at),
            state: AircallState::Active,
            signs: company.signs(),
            refused_since: None,
            uninstalled_at: None,
        };
        console.tenants.connect_aircall(tenant, &connection).await?;
        tracing::info!(%tenant, webhook = connection.webhook_id, "connected the Aircall account");
        let mut deleted = webhooks.delete_others(&client, &webhook.id).await;
        // Another app does not see the webhooks that were created with the previous credential.
        if let Some(previous) = previous.filter(|previous| is_app(previous) || is_app(credential)) {
            deleted.extend(webhooks.delete_others(&console.aircall.client(&previous), &webhook.id).await);
        }
        tokens.retire(&deleted).await?;
        if known.aircall.is_some() {
            backfill::after_repair(console, &known).await;
        }
        Ok(connection)
    })
    .await?;
    if let Ok(lines) = &company.lines {
        lines::store_own(console, tenant, lines).await;
    }
    Ok(connection)
}

/// Whether another company was connected before, and disconnected. If nothing tells, it is taken to be the same.
fn is_another_company(company: &GivenCompany, known: &Tenant) -> bool {
    let former = known.former_aircall.as_ref().filter(|_| known.aircall.is_none());
    former.is_some_and(|former| matches!(company.is_that_of(former, &known.own_lines), Ok(Some(false))))
}

/// Reactivates the webhook: turns it on with our events, or creates a new one if it was deleted. The steps are in the
/// same order as in [`connect`].
pub(crate) async fn reactivate(
    console: &Console,
    tenant: &TenantId,
    base_url: &BaseUrl,
) -> Result<AircallConnection, ConnectionError> {
    with_lease(console, tenant, async |known: Tenant| {
        let (client, connection) = connected(console, &known).await?;
        let webhooks = TenantWebhooks::new(&known, base_url.webhook(&known.id));
        let mut tokens = AcceptedTokens::new(&console.tenants, &known, console.aircall.token_delay);
        let webhook = activate(&mut tokens, &webhooks, &client, Pick::Existing).await?;
        let connection = store_webhook(console, tenant, connection, webhook).await?;
        backfill::after_repair(console, &known).await;
        Ok(connection)
    })
    .await
}

/// Replaces the webhook and its token (rotation).
///
/// The new webhook is created first. While both exist, both tokens are accepted; an event that is delivered twice is
/// merged idempotently. Then the connection names the new webhook, the old one is deleted, and only then is its token
/// retired. A crash in between leaves two webhooks whose tokens are both accepted, and the next rotation continues with
/// the newer one.
///
/// A rotation that is repeated within [`TOKEN_GRACE`] is the same one: it completes what is left of it.
pub(crate) async fn rotate(
    console: &Console,
    tenant: &TenantId,
    base_url: &BaseUrl,
) -> Result<AircallConnection, ConnectionError> {
    with_lease(console, tenant, async |known: Tenant| {
        let (client, connection) = connected(console, &known).await?;
        let webhooks = TenantWebhooks::new(&known, base_url.webhook(&known.id));
        let mut tokens = AcceptedTokens::new(&console.tenants, &known, console.aircall.token_delay);
        let is_recent = connection.rotated_at.is_some_and(|rotated_at| Timestamp::now() < rotated_at + TOKEN_GRACE);
        let rotated = if is_recent { webhooks.sending(&client, &connection).await? } else { None };
        let (webhook, connection) = if let Some(webhook) = rotated {
            (webhook, connection)
        } else {
            let webhook = activate(&mut tokens, &webhooks, &client, Pick::Successor).await?;
            let connection = AircallConnection { rotated_at: Some(Timestamp::now()), ..connection };
            let connection = store_webhook(console, tenant, connection, webhook.clone()).await?;
            tracing::info!(%tenant, webhook = connection.webhook_id, "rotated the webhook");
            backfill::after_repair(console, &known).await;
            (webhook, connection)
        };
        webhooks.delete_all_but(&client, Some(&webhook.id)).await?;
        tokens.retire_all_but(token_hash(&webhook)).await?;
        Ok(connection)
    })
    .await
}

/// Deletes the webhook, its token, the credential and the connection. Returns whether Aircall confirmed that the
/// webhook is deleted.
///
/// The connection is deleted last, so that after a crash the account can be disconnected again: steps that are already
/// done are not an error. An account whose key is no longer accepted can still be disconnected; if Aircall does not
/// answer, the admin has to try again later.
pub(crate) async fn disconnect(
    console: &Console,
    tenant: &TenantId,
    base_url: &BaseUrl,
) -> Result<bool, ConnectionError> {
    with_lease(console, tenant, async |known: Tenant| {
        if known.aircall.is_none() {
            return Err(ConnectionError::NotConnected("Aircall"));
        }
        let deleted = match connected(console, &known).await {
            Ok((client, _)) => TenantWebhooks::new(&known, base_url.webhook(&known.id))
                .delete_all_but(&client, None)
                .await
                .map_err(|error| AircallError::from(error).into()),
            Err(error) => Err(error),
        };
        let is_deleted = match deleted {
            // Uninstalling has deleted the webhooks.
            Ok(()) | Err(ConnectionError::Aircall(AircallError::Uninstalled)) => true,
            Err(ConnectionError::Aircall(AircallError::Refused(_) | AircallError::Rejected(_))) => false,
            Err(error) => return Err(error),
        };
        console.tenants.set_webhook_tokens(tenant, &[]).await?;
        console.aircall.credentials.delete(tenant).await?;
        console.tenants.disconnect_aircall(tenant).await?;
        tracing::info!(%tenant, is_deleted, "disconnected the Aircall account");
        Ok(is_deleted)
    })
    .await
}

/// Stores the webhook that the connection uses now.
async fn store_webhook(
    console: &Console,
    tenant: &TenantId,
    connection: AircallConnection,
    webhook: Webhook,
) -> Result<AircallConnection, ConnectionError> {
    let connection = connected_by(connection, webhook);
    if console.tenants.set_webhook(tenant, &connection, None).await? {
        Ok(connection)
    } else {
        Err(AircallError::Uninstalled.into())
    }
}

async fn connected(console: &Console, known: &Tenant) -> Result<(Client, AircallConnection), ConnectionError> {
    let connection = known.aircall.clone().ok_or(ConnectionError::NotConnected("Aircall"))?;
    if is_uninstalled(&connection) {
        return Err(AircallError::Uninstalled.into());
    }
    Ok((client_of(console, &known.id).await?, connection))
}

fn is_uninstalled(connection: &AircallConnection) -> bool {
    connection.uninstalled_at.is_some()
}

/// Whether it is the credential of an app, which sees only the webhooks that it created itself.
fn is_app(credential: &AircallCredential) -> bool {
    matches!(credential, AircallCredential::OAuth { .. })
}

/// Runs `work` under the lease on the tenant's Aircall connection, after a change that is being made.
async fn with_lease<T>(
    console: &Console,
    tenant: &TenantId,
    work: impl AsyncFnOnce(Tenant) -> Result<T, ConnectionError>,
) -> Result<T, ConnectionError> {
    let lease = Lease { kind: LeaseKind::Webhook, wait: LEASE_WAIT, lasts: LEASE };
    lease::with_lease(console, tenant, lease, async |known| {
        let result = work(known).await;
        console.aircall.forget(tenant);
        result
    })
    .await
}
