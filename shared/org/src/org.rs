//! A tenant's open Salesforce org, for one run: enforces the deadline and the API usage limit, and renews the session
//! when Salesforce says that it has expired.

use std::time::{Duration, Instant};

use salesforce::{ApiUsage, Client, Error, ErrorCode, Kind, Reply, SObject, SalesforceId, Soql};
use store::Tenant;
use tokio::time::timeout;

use crate::batch_error::{BatchError, Reason};
use crate::session::{OrgConnector, Session};

/// Timeout of one request to Salesforce, whose writes wait up to ten seconds for a row lock.
const TIMEOUT: Duration = Duration::from_secs(25);

/// Time reserved before the deadline for recording the outcomes of the entries.
const RECORDING_TIME: Duration = Duration::from_secs(5);

/// An open org.
#[derive(Debug)]
pub struct Org {
    session: Session,
    /// No request may run beyond it.
    deadline: Instant,
    /// How long a request may take.
    timeout: Duration,
    /// Per cent of the org's daily API calls, used by all integrations, at which we stop.
    usage_limit: u8,
    /// The org's API calls of the last 24 hours, as of its last response.
    pub usage: Option<ApiUsage>,
    /// The user who connected the org, and the owner where there is no other.
    pub default_owner: SalesforceId,
    /// API calls made through this value.
    pub api_calls: u64,
    /// Whether a refresh for a lost address was already tried.
    retried_address: bool,
    /// Whether the session was renewed.
    is_renewed: bool,
}

impl Org {
    /// Opens the tenant's org with the stored tokens. `holder` is this run as the holder of leases.
    ///
    /// # Errors
    /// When the org is not connected, or our own tables or secrets do not answer.
    pub async fn open(
        connector: &OrgConnector,
        tenant: &Tenant,
        holder: &str,
        usage_limit: u8,
        deadline: Instant,
    ) -> Result<Self, BatchError> {
        let not_connected = |message: &str| BatchError::Reconnect(Reason::new("NOT_CONNECTED", message));
        let connection = tenant.salesforce.as_ref().ok_or_else(|| not_connected("No Salesforce org is connected."))?;
        let mut session = Session::open(connector, &tenant.id, holder).await?;
        let default_owner = match SalesforceId::parse(&connection.user_id) {
            Ok(id) => id,
            // Another version stored the connection.
            Err(_) => session.user().await?,
        };
        let timeout = TIMEOUT;
        Ok(Self {
            session,
            deadline,
            timeout,
            usage_limit,
            usage: None,
            default_owner,
            api_calls: 0,
            retried_address: false,
            is_renewed: false,
        })
    }

    /// Makes one API call. If Salesforce says that the session has expired, renews it and retries the call. It also
    /// does this, but only once, if there is no org at this address, as a new session names the org's current address.
    ///
    /// The outer error ends the work; the inner one is Salesforce's response to this request.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn try_call<T, F>(&mut self, request: F) -> Result<Result<T, Error>, BatchError>
    where
        F: AsyncFn(&Client) -> Result<Reply<T>, Error>,
    {
        let mut answer = self.send(&request).await?;
        let should_renew =
            matches!(&answer, Err(error) if error.kind() == Kind::Refresh && self.renewal_may_help(error));
        if should_renew {
            self.renew().await?;
            answer = self.send(&request).await?;
        }
        Ok(answer)
    }

    /// Renews the session, whether it has expired or not.
    ///
    /// # Errors
    /// When the grant is dead, no new token is available now, or the run has too little time left.
    pub async fn renew(&mut self) -> Result<(), BatchError> {
        // If the run ended between the refresh and storing its token, the only valid token would be lost.
        if self.time_left()? < self.session.renewal() {
            let message = "The session with Salesforce has to be renewed.";
            return Err(BatchError::RetrySoon(Reason::new("TOKEN_REFRESH", message)));
        }
        self.session.renew().await?;
        self.is_renewed = true;
        Ok(())
    }

    /// Whether the session was renewed through this value.
    pub fn is_renewed(&self) -> bool {
        self.is_renewed
    }

    /// Like [`Org::try_call`], with a request that is given up after `limit`, if there is one.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub(crate) async fn try_call_within<T, F>(
        &mut self,
        limit: Option<Duration>,
        request: F,
    ) -> Result<Result<T, Error>, BatchError>
    where
        F: AsyncFn(&Client) -> Result<Reply<T>, Error>,
    {
        let usual = std::mem::replace(&mut self.timeout, limit.unwrap_or(TIMEOUT));
        let answer = self.try_call(request).await;
        self.timeout = usual;
        answer
    }

    /// Whether a request may take this long before the run ends.
    pub(crate) fn has_time(&self, limit: Duration) -> bool {
        self.time_left().is_ok_and(|left| left > limit)
    }

    /// Whether renewing the session may help. Each refresh is a risk to the grant, so a lost address causes only one.
    fn renewal_may_help(&mut self, error: &Error) -> bool {
        let is_lost = error.refusal().is_some_and(|refusal| match refusal.code() {
            ErrorCode::Http(status) => *status != 401,
            _ => false,
        });
        !is_lost || !std::mem::replace(&mut self.retried_address, true)
    }

    /// Like [`Org::try_call`], but any error ends the work.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn call<T, F>(&mut self, request: F) -> Result<T, BatchError>
    where
        F: AsyncFn(&Client) -> Result<Reply<T>, Error>,
    {
        Ok(self.try_call(request).await??)
    }

    /// Sends a minimal query after a failed request, to distinguish an outage of the org from a fault of the request.
    /// Any response counts as up, even a refusal.
    ///
    /// # Errors
    /// What keeps the org from answering.
    pub async fn probe(&mut self) -> Result<(), BatchError> {
        for soql in Soql::records_by_id(SObject::User, &[self.default_owner], &[]) {
            match self.call(async |client| client.query(&soql).await).await {
                Ok(_) | Err(BatchError::Refused(_) | BatchError::Unknown(_)) => {}
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    /// Why no further call may be made, if the org's API usage has reached the limit of the settings.
    pub fn is_spent(&self) -> Option<Reason> {
        let usage = self.usage.filter(|usage| usage.reaches(self.usage_limit))?;
        let (used, limit, share) = (usage.used, usage.limit, self.usage_limit);
        let message = format!(
            "The org has used {used} of its {limit} API calls of 24 hours, all integrations together, and the settings \
             say to stop at {share} %."
        );
        Some(Reason::new("API_USAGE_LIMIT", message))
    }

    async fn send<T, F>(&mut self, request: &F) -> Result<Result<T, Error>, BatchError>
    where
        F: AsyncFn(&Client) -> Result<Reply<T>, Error>,
    {
        if let Some(spent) = self.is_spent() {
            return Err(BatchError::Pause(spent));
        }
        let limit = self.time_left()?.min(self.timeout);
        let answer = timeout(limit, request(self.session.client())).await;
        let (usage, calls) = match &answer {
            Ok(Ok(answer)) => (answer.usage, answer.calls),
            Ok(Err(error)) => (error.usage(), 1),
            Err(_) => (None, 1),
        };
        self.api_calls += calls;
        self.usage = usage.or(self.usage);
        let answer = answer
            .map_err(|_| BatchError::TimedOut(Reason::new("UNANSWERED", "Salesforce did not answer in time.")))?;
        Ok(answer.map(|answer| answer.value))
    }

    /// The time left until the deadline, less the time reserved for recording the outcomes.
    fn time_left(&self) -> Result<Duration, BatchError> {
        let left = self.deadline.saturating_duration_since(Instant::now()).saturating_sub(RECORDING_TIME);
        if left.is_zero() {
            return Err(BatchError::OutOfTime(Reason::new(
                "OUT_OF_TIME",
                "No time was left for another request to Salesforce.",
            )));
        }
        Ok(left)
    }
}
