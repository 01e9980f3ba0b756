//! A tenant's Salesforce org: a client that refreshes its token when Salesforce says that it has expired.

use std::time::{Duration, Instant};

use salesforce::{Answer, ApiVersion, Client, Error, Kind, SalesforceId, oauth};
use secrecy::ExposeSecret as _;
use store::{AppSecret, SalesforceTokens, Tenant, TenantId, Tokens};
use tokio::time::timeout;
use url::Url;

use crate::stop::{Stop, Trouble};

/// How long one request to Salesforce may take: its own writes wait up to ten seconds for a row lock.
const PATIENCE: Duration = Duration::from_secs(25);

/// What is kept of the time to store what became of the entries.
const TIME_TO_SETTLE: Duration = Duration::from_secs(5);

/// How often storing new tokens is tried.
const STORE_ATTEMPTS: usize = 3;

/// What it takes to open an org.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    pub(crate) http: reqwest::Client,
    pub(crate) tokens: Tokens,
    pub(crate) app: AppSecret,
    pub(crate) version: ApiVersion,
}

/// An org that is open.
#[derive(Debug)]
pub(crate) struct Org {
    doors: Doors,
    tenant: TenantId,
    tokens: SalesforceTokens,
    client: Client,
    /// No request is begun that could not be answered by then.
    deadline: Instant,
    /// Who connected it, and owns what no other user does.
    pub(crate) default_owner: SalesforceId,
    /// API calls made through it.
    pub(crate) api_calls: u64,
}

impl Org {
    /// Opens the tenant's org with the stored tokens.
    pub(crate) async fn open(doors: &Doors, tenant: &Tenant, deadline: Instant) -> Result<Self, Stop> {
        let dead =
            |message: &str| Stop::Reconnect(Trouble { code: "NOT_CONNECTED".to_owned(), message: message.to_owned() });
        let connection = tenant.salesforce.as_ref().ok_or_else(|| dead("No Salesforce org is connected."))?;
        let tokens = doors.tokens.get(&tenant.id).await?.ok_or_else(|| dead("Salesforce's tokens are missing."))?;
        let default_owner =
            SalesforceId::parse(&connection.user_id).map_err(|_| dead("The connecting user is not known."))?;
        let client = client(doors, &tokens)?;
        let (doors, tenant) = (doors.clone(), tenant.id.clone());
        Ok(Self { doors, tenant, tokens, client, deadline, default_owner, api_calls: 0 })
    }

    /// Makes one API call; and, if Salesforce says that the session has expired, refreshes it and makes the call again.
    ///
    /// The outer error ends the drain; the inner one is Salesforce's answer to this request.
    pub(crate) async fn try_call<T, F>(&mut self, request: F) -> Result<Result<T, Error>, Stop>
    where
        F: AsyncFn(&Client) -> Result<Answer<T>, Error>,
    {
        let mut answer = self.send(&request).await?;
        if answer.as_ref().is_err_and(|error| error.kind() == Kind::Refresh) {
            self.refresh().await?;
            answer = self.send(&request).await?;
        }
        Ok(answer)
    }

    /// The same, where any error ends the drain.
    pub(crate) async fn call<T, F>(&mut self, request: F) -> Result<T, Stop>
    where
        F: AsyncFn(&Client) -> Result<Answer<T>, Error>,
    {
        Ok(self.try_call(request).await??)
    }

    async fn send<T, F>(&mut self, request: &F) -> Result<Result<T, Error>, Stop>
    where
        F: AsyncFn(&Client) -> Result<Answer<T>, Error>,
    {
        let patience = self.time_left()?.min(PATIENCE);
        self.api_calls += 1;
        let answer = timeout(patience, request(&self.client)).await.map_err(|_| {
            let message = "Salesforce did not answer in time.".to_owned();
            Stop::Retry(Trouble { code: "UNANSWERED".to_owned(), message })
        })?;
        Ok(answer.map(|answer| answer.value))
    }

    /// What is left until the deadline, less what it takes to store what became of the entries.
    fn time_left(&self) -> Result<Duration, Stop> {
        let left = self.deadline.saturating_duration_since(Instant::now()).saturating_sub(TIME_TO_SETTLE);
        if left.is_zero() {
            let message = "Salesforce took all the time there was.".to_owned();
            return Err(Stop::Retry(Trouble { code: "OUT_OF_TIME".to_owned(), message }));
        }
        Ok(left)
    }

    /// Takes the newest access token: the stored one if somebody refreshed meanwhile, else a new one.
    ///
    /// The new refresh token is stored before the new access token is used: where refresh tokens rotate, the old one
    /// is dead from that moment, and using it again would kill the grant.
    async fn refresh(&mut self) -> Result<(), Stop> {
        if self.take_stored().await? {
            return Ok(());
        }
        // Cut off between its answer and our storing it, a refresh would lose the only token that still counts.
        self.time_left()?;
        let app = self.doors.app.get().await?;
        let login_url = address(&self.tokens.login_url)?;
        let (secret, token) = (&app.client_secret, &self.tokens.refresh_token);
        match oauth::refresh(&self.doors.http, &login_url, &app.client_id, secret, token).await {
            Ok(new) => {
                let tokens = SalesforceTokens {
                    access_token: new.access_token,
                    refresh_token: new.refresh_token.unwrap_or_else(|| self.tokens.refresh_token.clone()),
                    instance_url: new.instance_url.to_string(),
                    login_url: self.tokens.login_url.clone(),
                };
                self.store(&tokens).await;
                tracing::info!(tenant = %self.tenant, "refreshed the Salesforce session");
                self.take(tokens)
            }
            // Somebody else may have used the refresh token first and stored its successor.
            Err(oauth::RefreshError::DeadGrant { .. }) if self.take_stored().await? => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores new tokens. The old ones are dead, so this is not given up easily; and if it must be,
    /// the new ones at least serve this drain.
    async fn store(&self, tokens: &SalesforceTokens) {
        for attempt in 1..=STORE_ATTEMPTS {
            match self.doors.tokens.put(&self.tenant, tokens).await {
                Ok(()) => return,
                Err(error) => tracing::error!(tenant = %self.tenant, attempt, %error, "new tokens were not stored"),
            }
        }
    }

    /// Takes the stored tokens; says whether they are other than the ones in use.
    async fn take_stored(&mut self) -> Result<bool, Stop> {
        let Some(stored) = self.doors.tokens.get(&self.tenant).await? else { return Ok(false) };
        if stored.access_token.expose_secret() == self.tokens.access_token.expose_secret() {
            return Ok(false);
        }
        self.take(stored)?;
        Ok(true)
    }

    fn take(&mut self, tokens: SalesforceTokens) -> Result<(), Stop> {
        self.client = client(&self.doors, &tokens)?;
        self.tokens = tokens;
        Ok(())
    }
}

fn client(doors: &Doors, tokens: &SalesforceTokens) -> Result<Client, Stop> {
    let instance_url = address(&tokens.instance_url)?;
    Ok(Client::new(doors.http.clone(), instance_url, tokens.access_token.clone(), doors.version.clone()))
}

fn address(url: &str) -> Result<Url, Stop> {
    Url::parse(url).map_err(|_| {
        let message = "The stored address of the org is not a URL.".to_owned();
        Stop::Reconnect(Trouble { code: "NOT_CONNECTED".to_owned(), message })
    })
}
