//! The session of a tenant's org. Only one run at a time refreshes its tokens.
//!
//! With refresh token rotation, each refresh invalidates the token it used, and using an invalid one revokes the whole
//! grant. So a refresh takes a lease, reads the stored tokens again first, and stores the new tokens before using them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use salesforce::{ApiVersion, Client, Kind, SalesforceId, oauth};
use secrecy::ExposeSecret as _;
use store::{Acquired, AppSecret, LeaseKind, SalesforceTokens, TenantId, Tenants, Tokens};
use url::Url;

use crate::batch_error::{BatchError, Reason};

/// The number of attempts to store new tokens.
const STORE_ATTEMPTS: usize = 3;

/// Duration of the refresh lease: longer than a refresh and storing its tokens can take.
const REFRESH_LEASE: SignedDuration = SignedDuration::from_secs(60);

/// While another run refreshes: how many times, and how often, the stored tokens are polled.
const REFRESH_POLL: (u32, Duration) = (20, Duration::from_millis(250));

/// The dependencies for opening an org.
#[derive(Clone, Debug)]
pub struct OrgConnector {
    /// The HTTP client for all requests to Salesforce. Must not follow redirects.
    pub http: reqwest::Client,
    /// The store of leases.
    pub tenants: Tenants,
    /// The tokens of all tenants.
    pub tokens: Tokens,
    /// The OAuth app that admins authorise.
    pub app: AppSecret,
    /// The version of the REST API.
    pub version: ApiVersion,
    /// New tokens that could not be stored.
    pub pending: PendingTokens,
    /// How long renewing a session may take: five seconds for the lease, the timeout of `http` for the token endpoint,
    /// and storing the new tokens. With less time left, no renewal is started.
    pub renewal: Duration,
}

/// New tokens that could not be stored, kept in memory with the tokens that they replace. They are the only valid ones.
#[derive(Clone, Debug, Default)]
pub struct PendingTokens(Arc<Mutex<BTreeMap<TenantId, (SalesforceTokens, SalesforceTokens)>>>);

/// A session in a tenant's org.
#[derive(Debug)]
pub struct Session {
    connector: OrgConnector,
    tenant: TenantId,
    /// This run as the holder of leases.
    holder: String,
    tokens: SalesforceTokens,
    client: Client,
}

impl Session {
    /// Opens a session with the stored tokens. `holder` is this run as the holder of leases.
    ///
    /// # Errors
    /// When there are no tokens, or our own tables or secrets do not answer.
    pub async fn open(connector: &OrgConnector, tenant: &TenantId, holder: &str) -> Result<Self, BatchError> {
        connector.flush_pending(tenant).await?;
        let missing = || BatchError::Reconnect(Reason::new("NOT_CONNECTED", "Salesforce's tokens are missing."));
        let tokens = connector.tokens.get(tenant).await?.ok_or_else(missing)?;
        let client = client(connector, &tokens)?;
        Ok(Self { connector: connector.clone(), tenant: tenant.clone(), holder: holder.to_owned(), tokens, client })
    }

    /// The client of the org, with the newest access token.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The user who connected the org, as Salesforce names them. Not counted as an API call.
    ///
    /// # Errors
    /// When Salesforce does not name them.
    pub(crate) async fn user(&mut self) -> Result<SalesforceId, BatchError> {
        let ask = async |session: &Self| {
            let address = address(&session.tokens.instance_url)?;
            Ok::<_, BatchError>(oauth::userinfo(&session.connector.http, &address, &session.tokens.access_token).await)
        };
        match ask(self).await? {
            Ok(info) => Ok(info.user_id),
            Err(error) if error.kind() == Kind::Refresh => {
                self.renew().await?;
                Ok(ask(self).await??.user_id)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// How long [`Session::renew`] may take.
    pub(crate) fn renewal(&self) -> Duration {
        self.connector.renewal
    }

    /// Switches to a newer access token: the stored one if another run renewed it meanwhile, else a new one.
    ///
    /// # Errors
    /// When the grant is dead, or no new token is available now.
    pub async fn renew(&mut self) -> Result<(), BatchError> {
        let (polls, interval) = REFRESH_POLL;
        for _ in 0..polls {
            if self.use_stored().await? {
                return Ok(());
            }
            let now = Timestamp::now();
            let (tenants, holder) = (&self.connector.tenants, &self.holder);
            match tenants.acquire(&self.tenant, LeaseKind::Refresh, holder, now, now + REFRESH_LEASE).await? {
                Acquired::Held(_) => {
                    // The previous holder may just have stored its new tokens.
                    let renewed = if self.use_stored().await? { Ok(()) } else { self.refresh().await };
                    // If the release fails, the lease expires.
                    let _ = self.connector.tenants.release(&self.tenant, LeaseKind::Refresh, &self.holder, None).await;
                    return renewed;
                }
                Acquired::Taken { .. } => tokio::time::sleep(interval).await,
                Acquired::NoTenant => break,
            }
        }
        Err(BatchError::RetrySoon(Reason::new("TOKEN_REFRESH", "The session with Salesforce is being renewed.")))
    }

    /// Exchanges the refresh token, and stores the new tokens before using them.
    async fn refresh(&mut self) -> Result<(), BatchError> {
        let app = self.connector.app.required().await?;
        let login_url = address(&self.tokens.login_url)?;
        let (secret, token) = (&app.client_secret, &self.tokens.refresh_token);
        match oauth::refresh(&self.connector.http, &login_url, &app.client_id, secret, token).await {
            Ok(new) => {
                let tokens = SalesforceTokens {
                    access_token: new.access_token,
                    refresh_token: new.refresh_token.unwrap_or_else(|| self.tokens.refresh_token.clone()),
                    instance_url: new.instance_url.to_string(),
                    login_url: self.tokens.login_url.clone(),
                };
                self.connector.store(&self.tenant, &tokens, &self.tokens).await?;
                if let Err(error) = self.connector.tenants.set_grant_refreshed(&self.tenant, Timestamp::now()).await {
                    // It is refreshed once more the next day.
                    tracing::warn!(tenant = %self.tenant, %error, "the time of a refresh was not stored");
                }
                tracing::info!(tenant = %self.tenant, "renewed the session with Salesforce");
                self.use_tokens(tokens)
            }
            // The org may have been connected again meanwhile, for instance in the console.
            Err(oauth::RefreshError::DeadGrant { .. }) if self.use_stored().await? => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Uses the stored tokens. Returns whether they differ from the ones in use.
    async fn use_stored(&mut self) -> Result<bool, BatchError> {
        let Some(stored) = self.connector.tokens.get(&self.tenant).await? else { return Ok(false) };
        if have_same_access_token(&stored, &self.tokens) {
            return Ok(false);
        }
        self.use_tokens(stored)?;
        Ok(true)
    }

    fn use_tokens(&mut self, tokens: SalesforceTokens) -> Result<(), BatchError> {
        self.client = client(&self.connector, &tokens)?;
        self.tokens = tokens;
        Ok(())
    }
}

impl OrgConnector {
    /// Stores new tokens in place of the `old` ones. These are no longer valid, so storing is retried; if it fails, the
    /// new tokens are kept in memory for the next run.
    async fn store(&self, tenant: &TenantId, new: &SalesforceTokens, old: &SalesforceTokens) -> Result<(), BatchError> {
        let mut outcome = Ok(());
        for attempt in 1..=STORE_ATTEMPTS {
            outcome = self.tokens.put(tenant, new).await;
            match &outcome {
                Ok(()) => return Ok(()),
                Err(error) => tracing::error!(%tenant, attempt, %error, "new tokens were not stored"),
            }
        }
        self.pending.lock().insert(tenant.clone(), (new.clone(), old.clone()));
        Ok(outcome?)
    }

    /// Stores tokens that could not be stored earlier, unless the org was connected again since.
    async fn flush_pending(&self, tenant: &TenantId) -> Result<(), BatchError> {
        let pending = self.pending.lock().get(tenant).cloned();
        if let Some((new, old)) = pending {
            let stored = self.tokens.get(tenant).await?;
            if stored.is_some_and(|stored| have_same_access_token(&stored, &old)) {
                self.tokens.put(tenant, &new).await?;
            }
            self.pending.lock().remove(tenant);
        }
        Ok(())
    }
}

impl PendingTokens {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<TenantId, (SalesforceTokens, SalesforceTokens)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn have_same_access_token(one: &SalesforceTokens, other: &SalesforceTokens) -> bool {
    one.access_token.expose_secret() == other.access_token.expose_secret()
}

fn client(connector: &OrgConnector, tokens: &SalesforceTokens) -> Result<Client, BatchError> {
    let instance_url = address(&tokens.instance_url)?;
    Ok(Client::new(connector.http.clone(), instance_url, tokens.access_token.clone(), connector.version.clone()))
}

fn address(url: &str) -> Result<Url, BatchError> {
    Url::parse(url)
        .map_err(|_| BatchError::Reconnect(Reason::new("NOT_CONNECTED", "The stored address of the org is not a URL.")))
}
