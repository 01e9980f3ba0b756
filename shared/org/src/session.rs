//! The tokens of a tenant's org, renewed by one at a time.
//!
//! Where refresh tokens rotate, each refresh kills the token it used, and using a dead one kills the whole grant. So a
//! refresh is made under a lease, after another look at what is stored, and what it gives is stored before it is used.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use salesforce::{ApiVersion, Client, oauth};
use secrecy::ExposeSecret as _;
use store::{Acquired, AppSecret, LeaseOf, SalesforceTokens, TenantId, Tenants, Tokens};
use url::Url;

use crate::stop::{Stop, Trouble};

/// How often storing new tokens is tried.
const STORE_ATTEMPTS: usize = 3;

/// Longer than a refresh and storing what it gave can take.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How long, and how often within, another's refresh is waited for.
const REFRESH_POLL: (u32, Duration) = (20, Duration::from_millis(250));

/// What it takes to open an org.
#[derive(Clone, Debug)]
pub struct OrgConnector {
    /// For all requests to Salesforce. Without redirects.
    pub http: reqwest::Client,
    /// Where leases are taken.
    pub tenants: Tenants,
    /// The tokens of all tenants.
    pub tokens: Tokens,
    /// The app that admins authorise.
    pub app: AppSecret,
    /// The version of the REST API.
    pub version: ApiVersion,
    /// What could not be stored.
    pub pending: PendingTokens,
    /// How long renewing a session may take: five seconds for the lease, the token endpoint as long as `http` waits for
    /// it, and storing what it gave. With less time left none is begun.
    pub renewal: Duration,
}

/// New tokens that could not be stored, kept in memory, each with the access token that it replaces: they are the only
/// ones that still count.
#[derive(Clone, Debug, Default)]
pub struct PendingTokens(Arc<Mutex<BTreeMap<TenantId, (SalesforceTokens, SalesforceTokens)>>>);

/// A session in a tenant's org.
#[derive(Debug)]
pub struct Session {
    connector: OrgConnector,
    tenant: TenantId,
    /// Names the run, where leases are taken.
    holder: String,
    tokens: SalesforceTokens,
    client: Client,
}

impl Session {
    /// Takes up the session with the stored tokens. `holder` names this run, where leases are taken.
    ///
    /// # Errors
    /// When there are none, or our own memory does not answer.
    pub async fn open(connector: &OrgConnector, tenant: &TenantId, holder: &str) -> Result<Self, Stop> {
        connector.flush_pending(tenant).await?;
        let missing = || Stop::Reconnect(Trouble::new("NOT_CONNECTED", "Salesforce's tokens are missing."));
        let tokens = connector.tokens.get(tenant).await?.ok_or_else(missing)?;
        let client = client(connector, &tokens)?;
        Ok(Self { connector: connector.clone(), tenant: tenant.clone(), holder: holder.to_owned(), tokens, client })
    }

    /// The org, with the newest access token.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// How long [`Session::renew`] may take.
    pub(crate) fn renewal(&self) -> Duration {
        self.connector.renewal
    }

    /// Takes the newest access token: the stored one if somebody renewed it meanwhile, else a new one.
    ///
    /// # Errors
    /// When the grant is dead, or no new token comes now.
    pub async fn renew(&mut self) -> Result<(), Stop> {
        let (looks, between) = REFRESH_POLL;
        for _ in 0..looks {
            if self.take_stored().await? {
                return Ok(());
            }
            let now = Timestamp::now();
            let (tenants, holder) = (&self.connector.tenants, &self.holder);
            match tenants.acquire(&self.tenant, LeaseOf::Refresh, holder, now, now + LEASE).await? {
                Acquired::Held(_) => {
                    // Who held it before may just have stored what came of it.
                    let renewed = if self.take_stored().await? { Ok(()) } else { self.refresh().await };
                    // Given back or not, it ends by itself.
                    let _ = self.connector.tenants.release(&self.tenant, LeaseOf::Refresh, &self.holder, None).await;
                    return renewed;
                }
                Acquired::Taken { .. } => tokio::time::sleep(between).await,
                Acquired::NoTenant => break,
            }
        }
        Err(Stop::Soon(Trouble::new("TOKEN_REFRESH", "The session with Salesforce is being renewed.")))
    }

    /// Exchanges the refresh token, and stores what comes before it is used.
    async fn refresh(&mut self) -> Result<(), Stop> {
        let app = self.connector.app.get().await?;
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
                tracing::info!(tenant = %self.tenant, "renewed the session with Salesforce");
                self.take(tokens)
            }
            // Somebody else, the console say, may have connected the org anew meanwhile.
            Err(oauth::RefreshError::DeadGrant { .. }) if self.take_stored().await? => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the stored tokens; says whether they are other than the ones in use.
    async fn take_stored(&mut self) -> Result<bool, Stop> {
        let Some(stored) = self.connector.tokens.get(&self.tenant).await? else { return Ok(false) };
        if are_same(&stored, &self.tokens) {
            return Ok(false);
        }
        self.take(stored)?;
        Ok(true)
    }

    fn take(&mut self, tokens: SalesforceTokens) -> Result<(), Stop> {
        self.client = client(&self.connector, &tokens)?;
        self.tokens = tokens;
        Ok(())
    }
}

impl OrgConnector {
    /// Stores new tokens in place of `old` ones. Those are dead, so this is not given up easily; and if it must be, the
    /// new ones are kept in memory for the next run.
    async fn store(&self, tenant: &TenantId, new: &SalesforceTokens, old: &SalesforceTokens) -> Result<(), Stop> {
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

    /// Stores what could not be stored earlier, unless the org was connected anew since.
    async fn flush_pending(&self, tenant: &TenantId) -> Result<(), Stop> {
        let unstored = self.pending.lock().get(tenant).cloned();
        if let Some((new, old)) = unstored {
            let stored = self.tokens.get(tenant).await?;
            if stored.is_some_and(|stored| are_same(&stored, &old)) {
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

fn are_same(one: &SalesforceTokens, other: &SalesforceTokens) -> bool {
    one.access_token.expose_secret() == other.access_token.expose_secret()
}

fn client(connector: &OrgConnector, tokens: &SalesforceTokens) -> Result<Client, Stop> {
    let instance_url = address(&tokens.instance_url)?;
    Ok(Client::new(connector.http.clone(), instance_url, tokens.access_token.clone(), connector.version.clone()))
}

fn address(url: &str) -> Result<Url, Stop> {
    Url::parse(url)
        .map_err(|_| Stop::Reconnect(Trouble::new("NOT_CONNECTED", "The stored address of the org is not a URL.")))
}
