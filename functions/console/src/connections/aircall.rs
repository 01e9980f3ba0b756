//! The tenant's Aircall account: its credential in Secrets Manager, its webhook at Aircall, the hash of that webhook's
//! token in the tenants table.
//!
//! A webhook of ours is known by the address it sends to, which names the tenant. So whoever begins again after a kill
//! finds the webhook that was made before, and makes no second one. All changes are made under one lease of the tenant's.

pub(crate) mod key;
pub(crate) mod lines;
pub(crate) mod watch;
mod webhook;

use aircall::client::{Client, Company, Credentials, Error, Reason, WebhookId};
use aircall::oauth;
use jiff::Timestamp;
use store::{
    Acquired, AircallAuth, AircallConnection, AircallCredential, AircallCredentials, AircallState, AppSecret, LeaseOf,
    Tenant, TenantId, TokenHash,
};
use tokio::sync::OnceCell;
use url::Url;

use self::webhook::Ours;
use super::{ConnectionError, holder, until};
use crate::base_url::BaseUrl;
use crate::console::Console;
use crate::error_code::ErrorCode;
use crate::kept::Kept;
use crate::lines::Lines;

/// Aircall, as the console talks to it.
#[derive(Debug)]
pub struct Aircall {
    http: reqwest::Client,
    api_url: Url,
    /// Where admins consent to the app.
    pub(crate) dashboard_url: Url,
    credentials: AircallCredentials,
    app: AppSecret,
    /// The app, once it was asked for; none if the deployment has none.
    known_app: OnceCell<Option<store::App>>,
    /// What there is to say of a tenant's webhook.
    watched: Kept<Option<String>>,
    /// A tenant's lines.
    lines: Kept<Lines>,
}

/// Why Aircall does not do what it is asked, as a sentence for an admin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AircallError {
    /// It does not take the credential.
    #[error("Aircall does not accept the API key: {0}.")]
    Refused(String),
    /// The company has used up its requests of the minute.
    #[error("Aircall takes no more requests of this company for now. Try again in a minute.")]
    RateLimited,
    /// It does not now.
    #[error("Aircall cannot do this now ({0}). Try again in a minute.")]
    RetryQueue(String),
    /// It never will.
    #[error("Aircall does not do this: {0}.")]
    Rejected(String),
    /// It belongs to another company.
    #[error("This is the account of {given}, and {connected} is connected. Disconnect that first.")]
    OtherCompany {
        /// The company that is connected.
        connected: String,
        /// That of the credential.
        given: String,
    },
}

impl From<Error> for AircallError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { message } => AircallError::Refused(message),
            Error::Retry { reason: Reason::RateLimited, .. } => AircallError::RateLimited,
            Error::Retry { reason, .. } => AircallError::RetryQueue(reason.to_string()),
            Error::Rejected { status, message } => AircallError::Rejected(format!("{message} (HTTP {status})")),
        }
    }
}

impl AircallError {
    /// What the API calls it.
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            AircallError::Refused(_) => ErrorCode::AircallRefused,
            AircallError::RateLimited => ErrorCode::AircallRateLimited,
            AircallError::RetryQueue(_) => ErrorCode::AircallUnavailable,
            AircallError::Rejected(_) => ErrorCode::AircallRejected,
            AircallError::OtherCompany { .. } => ErrorCode::OtherCompany,
        }
    }
}

impl Aircall {
    /// Aircall at these addresses, [`aircall::client::BASE_URL`] and [`oauth::DASHBOARD_URL`] but in tests. `http` follows
    /// no redirects.
    pub fn new(
        http: reqwest::Client,
        api_url: Url,
        dashboard_url: Url,
        credentials: AircallCredentials,
        app: AppSecret,
    ) -> Self {
        let (known_app, watched, lines) = (OnceCell::new(), Kept::default(), Kept::default());
        Self { http, api_url, dashboard_url, credentials, app, known_app, watched, lines }
    }

    /// The app by which admins connect without an API key, if the deployment has one.
    pub(crate) async fn app(&self, base_url: &BaseUrl) -> Result<Option<oauth::App>, store::Error> {
        let known = self.known_app.get_or_try_init(async || {
            let app = self.app.get().await?;
            Ok::<_, store::Error>(Some(app).filter(|app| !app.client_id.is_empty()))
        });
        Ok(known.await?.clone().map(|store::App { client_id, client_secret }| oauth::App {
            client_id,
            client_secret,
            redirect_uri: base_url.path("/auth/aircall/callback"),
        }))
    }

    /// Exchanges what a consenting admin brought back for the account's credential.
    pub(crate) async fn interaction(&self, app: &oauth::App, code: &str) -> Result<AircallCredential, AircallError> {
        let access_token = app.exchange_code(&self.http, &self.api_url, code).await?;
        Ok(AircallCredential::OAuth { access_token })
    }

    fn client(&self, credential: &AircallCredential) -> Client {
        let credentials = match credential.clone() {
            AircallCredential::ApiKey { api_id, api_token } => Credentials::ApiKey { id: api_id, token: api_token },
            AircallCredential::OAuth { access_token } => Credentials::OAuth { access_token },
        };
        Client::new(self.http.clone(), self.api_url.clone(), credentials)
    }

    /// Asks with the tenant's stored credential.
    async fn client_of(&self, tenant: &TenantId) -> Result<Client, ConnectionError> {
        let credential = self.credentials.get(tenant).await?;
        let credential = credential.ok_or_else(|| AircallError::Refused("none is stored".to_owned()))?;
        Ok(self.client(&credential))
    }

    /// Forgets what was known before a change.
    fn forget(&self, tenant: &TenantId) {
        self.watched.forget(tenant);
        self.lines.forget(tenant);
    }
}

/// Connects the account of a credential, or stores another credential of the account that is connected.
///
/// First the webhook, so that nothing is stored of an account that does not take one; then its token's hash, beside those
/// that count already, so that its events are let in; then the credential; and last the connection. Whoever is killed in
/// between has at most a webhook that nobody reads, which the next try takes over. Webhooks of ours that this makes
/// superfluous go last, and only then do their tokens no longer count.
pub(crate) async fn connect(
    console: &Console,
    tenant: &TenantId,
    credential: &AircallCredential,
    base_url: &BaseUrl,
) -> Result<AircallConnection, ConnectionError> {
    let client = console.aircall.client(credential);
    client.ping().await?;
    let company = client.company().await?;
    alone(console, tenant, async |known: Tenant| {
        if let Some(connected) = known.aircall.as_ref().filter(|connected| is_other(connected, &company)) {
            let (connected, given) = (connected.company_name.clone(), company.name);
            return Err(AircallError::OtherCompany { connected, given }.into());
        }
        let ours = Ours::new(&known, base_url);
        let webhook = ours.make_sure(&client).await?;
        let tokens = with(&known.webhook_tokens, webhook::hash(&webhook));
        console.tenants.set_webhook_tokens(tenant, &tokens).await?;
        let before = console.aircall.credentials.get(tenant).await?;
        console.aircall.credentials.create(tenant, credential).await?;
        let how = match credential {
            AircallCredential::ApiKey { .. } => AircallAuth::ApiKey,
            AircallCredential::OAuth { .. } => AircallAuth::OAuth,
        };
        let connection = AircallConnection {
            company_id: company.id,
            company_name: company.name,
            how,
            webhook_id: webhook.id.to_string(),
            webhook_url: Some(webhook.url),
            connected_at: Timestamp::now(),
            state: AircallState::Active,
        };
        console.tenants.connect_aircall(tenant, &connection).await?;
        tracing::info!(%tenant, webhook = connection.webhook_id, "connected the Aircall account");
        let mut gone = ours.delete_others(&client, &webhook.id).await;
        // An app's webhooks are seen with the access token only that made them.
        if let Some(before @ AircallCredential::OAuth { .. }) = before {
            gone.extend(ours.delete_others(&console.aircall.client(&before), &webhook.id).await);
        }
        if !gone.is_empty() {
            let tokens: Vec<_> = tokens.into_iter().filter(|token| !gone.contains(token)).collect();
            console.tenants.set_webhook_tokens(tenant, &tokens).await?;
        }
        Ok(connection)
    })
    .await
}

/// Has the webhook send again: turned on and with our events, or made anew if it is gone. In the order of [`connect`].
pub(crate) async fn reactivate(
    console: &Console,
    tenant: &TenantId,
    base_url: &BaseUrl,
) -> Result<AircallConnection, ConnectionError> {
    alone(console, tenant, async |known: Tenant| {
        let (client, connection) = connected(console, &known).await?;
        let webhook = Ours::new(&known, base_url).make_sure(&client).await?;
        let tokens = with(&known.webhook_tokens, webhook::hash(&webhook));
        console.tenants.set_webhook_tokens(tenant, &tokens).await?;
        sends_by(console, tenant, connection, webhook).await
    })
    .await
}

/// Replaces the webhook, and with it its token, by new ones.
///
/// The new one is made first, and while both send both tokens count: an event that comes twice is merged into itself. Then
/// the connection names the new one, the old one is deleted, and only then does its token no longer count. Whoever is
/// killed in between leaves two webhooks that both are let in, and the next rotation goes on with the newer.
pub(crate) async fn rotate(
    console: &Console,
    tenant: &TenantId,
    base_url: &BaseUrl,
) -> Result<AircallConnection, ConnectionError> {
    alone(console, tenant, async |known: Tenant| {
        let (client, connection) = connected(console, &known).await?;
        let ours = Ours::new(&known, base_url);
        let webhook = ours.make_new(&client).await?;
        let hash = webhook::hash(&webhook);
        console.tenants.set_webhook_tokens(tenant, &with(&known.webhook_tokens, hash)).await?;
        let (id, connection) = (webhook.id.clone(), sends_by(console, tenant, connection, webhook).await?);
        ours.delete_all_but(&client, Some(&id)).await?;
        console.tenants.set_webhook_tokens(tenant, &[hash]).await?;
        tracing::info!(%tenant, webhook = connection.webhook_id, "rotated the webhook");
        Ok(connection)
    })
    .await
}

/// Deletes the webhook, takes its token away, deletes the credential and forgets the connection. Says whether Aircall
/// confirmed that the webhook is gone.
///
/// The connection goes last, so that what is left after a kill can be disconnected again: what is gone is no error. An
/// account whose key is dead keeps nobody from disconnecting it; one that does not answer now is to be tried again.
pub(crate) async fn disconnect(
    console: &Console,
    tenant: &TenantId,
    base_url: &BaseUrl,
) -> Result<bool, ConnectionError> {
    alone(console, tenant, async |known: Tenant| {
        if known.aircall.is_none() {
            return Err(ConnectionError::NotConnected("Aircall"));
        }
        let deleted = match console.aircall.client_of(tenant).await {
            Ok(client) => Ours::new(&known, base_url)
                .delete_all_but(&client, None)
                .await
                .map_err(|error| AircallError::from(error).into()),
            Err(error) => Err(error),
        };
        let is_deleted = match deleted {
            Ok(()) => true,
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

/// Stores by which webhook the account sends now.
async fn sends_by(
    console: &Console,
    tenant: &TenantId,
    connection: AircallConnection,
    webhook: aircall::client::Webhook,
) -> Result<AircallConnection, ConnectionError> {
    let connection = AircallConnection {
        webhook_id: webhook.id.to_string(),
        webhook_url: Some(webhook.url),
        state: AircallState::Active,
        ..connection
    };
    console.tenants.connect_aircall(tenant, &connection).await?;
    Ok(connection)
}

async fn connected(console: &Console, known: &Tenant) -> Result<(Client, AircallConnection), ConnectionError> {
    let connection = known.aircall.clone().ok_or(ConnectionError::NotConnected("Aircall"))?;
    Ok((console.aircall.client_of(&known.id).await?, connection))
}

fn is_other(connected: &AircallConnection, company: &Company) -> bool {
    match (connected.company_id, company.id) {
        (Some(connected), Some(given)) => connected != given,
        _ => connected.company_name != company.name,
    }
}

fn with(tokens: &[TokenHash], token: TokenHash) -> Vec<TokenHash> {
    let others = tokens.iter().copied().filter(|other| *other != token);
    others.chain([token]).collect()
}

/// Does `work` while nobody else changes the tenant's Aircall connection.
async fn alone<T>(
    console: &Console,
    tenant: &TenantId,
    work: impl AsyncFnOnce(Tenant) -> Result<T, ConnectionError>,
) -> Result<T, ConnectionError> {
    let (now, holder) = (Timestamp::now(), holder());
    match console.tenants.acquire(tenant, LeaseOf::Webhook, &holder, now, until(now)).await? {
        Acquired::Held(known) => {
            let done = work(*known).await;
            console.aircall.forget(tenant);
            // Given back or not, it ends by itself.
            let _ = console.tenants.release(tenant, LeaseOf::Webhook, &holder, None).await;
            done
        }
        Acquired::Taken { .. } => Err(ConnectionError::Busy),
        Acquired::NoTenant => Err(ConnectionError::NotConnected("Salesforce")),
    }
}

/// The id of a stored webhook; none if it never was one.
fn webhook_id(connection: &AircallConnection) -> Option<WebhookId> {
    WebhookId::parse(&connection.webhook_id).ok()
}
