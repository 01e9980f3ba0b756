//! A tenant's Salesforce org, as one run talks to it: within its time, within its share of the org's API calls, and
//! with a session that is renewed when Salesforce says that it has expired.

use std::time::{Duration, Instant};

use salesforce::{ApiUsage, Client, Error, ErrorCode, Kind, Reply, SObject, SalesforceId, Soql};
use store::Tenant;
use tokio::time::timeout;

use crate::session::{OrgConnector, Session};
use crate::stop::{Stop, Trouble};

/// How long one request to Salesforce may take: its own writes wait up to ten seconds for a row lock.
const TIMEOUT: Duration = Duration::from_secs(25);

/// What is kept of the time to store what became of the entries.
const TIME_TO_SETTLE: Duration = Duration::from_secs(5);

/// An org that is open.
#[derive(Debug)]
pub struct Org {
    session: Session,
    /// No request is begun that could not be answered by then.
    deadline: Instant,
    /// Per cent of the org's daily API calls at which we leave the rest to others.
    usage_limit: u8,
    /// The org's API calls of the last 24 hours, as of its last answer.
    pub usage: Option<ApiUsage>,
    /// Who connected it, and owns what no other user does.
    pub default_owner: SalesforceId,
    /// API calls made through it.
    pub api_calls: u64,
    /// Whether its address was asked for anew.
    was_looked_for: bool,
}

impl Org {
    /// Opens the tenant's org with the stored tokens. `holder` names this run, where leases are taken.
    ///
    /// # Errors
    /// When the org is not connected, or our own memory does not answer.
    pub async fn open(
        connector: &OrgConnector,
        tenant: &Tenant,
        holder: &str,
        usage_limit: u8,
        deadline: Instant,
    ) -> Result<Self, Stop> {
        let dead = |message: &str| Stop::Reconnect(Trouble::new("NOT_CONNECTED", message));
        let connection = tenant.salesforce.as_ref().ok_or_else(|| dead("No Salesforce org is connected."))?;
        let default_owner =
            SalesforceId::parse(&connection.user_id).map_err(|_| dead("The connecting user is not known."))?;
        let session = Session::open(connector, &tenant.id, holder).await?;
        Ok(Self { session, deadline, usage_limit, usage: None, default_owner, api_calls: 0, was_looked_for: false })
    }

    /// Makes one API call; and, if Salesforce says that the session has expired, renews it and makes the call again. The
    /// same, once, if there is no org at this address: a new session comes with the org's address.
    ///
    /// The outer error ends the work; the inner one is Salesforce's answer to this request.
    ///
    /// # Errors
    /// Why it cannot go on.
    pub async fn try_call<T, F>(&mut self, request: F) -> Result<Result<T, Error>, Stop>
    where
        F: AsyncFn(&Client) -> Result<Reply<T>, Error>,
    {
        let mut answer = self.send(&request).await?;
        let may_help = matches!(&answer, Err(error) if error.kind() == Kind::Refresh && self.may_help(error));
        if may_help {
            // Cut off between its answer and our storing it, a refresh would lose the only token that still counts.
            if self.time_left()? < self.session.renewal() {
                return Err(Stop::Soon(Trouble::new("TOKEN_REFRESH", "The session with Salesforce is to be renewed.")));
            }
            self.session.renew().await?;
            answer = self.send(&request).await?;
        }
        Ok(answer)
    }

    /// Whether a new session may mend it. Each refresh is a risk to the grant, so a lost address is asked for once.
    fn may_help(&mut self, error: &Error) -> bool {
        let is_lost = error.refusal().is_some_and(|refusal| match refusal.code() {
            ErrorCode::Http(status) => *status != 401,
            _ => false,
        });
        !is_lost || !std::mem::replace(&mut self.was_looked_for, true)
    }

    /// The same, where any error ends the work.
    ///
    /// # Errors
    /// Why it cannot go on.
    pub async fn call<T, F>(&mut self, request: F) -> Result<T, Stop>
    where
        F: AsyncFn(&Client) -> Result<Reply<T>, Error>,
    {
        Ok(self.try_call(request).await??)
    }

    /// Asks the org for next to nothing, after a request that failed, to tell a fault of the org from one of the
    /// request: whatever it answers, it does.
    ///
    /// # Errors
    /// What keeps it from answering.
    pub async fn probe(&mut self) -> Result<(), Stop> {
        for soql in Soql::records_by_id(SObject::User, &[self.default_owner], &[]) {
            match self.call(async |client| client.query(&soql).await).await {
                Ok(_) | Err(Stop::Refused(_)) => {}
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    /// Why no further call may be made, if the org's API calls are used up to our share.
    pub fn is_spent(&self) -> Option<Trouble> {
        let usage = self.usage.filter(|usage| usage.reaches(self.usage_limit))?;
        let (used, limit, share) = (usage.used, usage.limit, self.usage_limit);
        let message = format!(
            "The org has used {used} of its {limit} API calls of 24 hours, all integrations together, and the settings \
             say to stop at {share} %."
        );
        Some(Trouble::new("API_USAGE_LIMIT", message))
    }

    async fn send<T, F>(&mut self, request: &F) -> Result<Result<T, Error>, Stop>
    where
        F: AsyncFn(&Client) -> Result<Reply<T>, Error>,
    {
        if let Some(spent) = self.is_spent() {
            return Err(Stop::Pause(spent));
        }
        let patience = self.time_left()?.min(TIMEOUT);
        let answer = timeout(patience, request(self.session.client())).await;
        let (usage, calls) = match &answer {
            Ok(Ok(answer)) => (answer.usage, answer.calls),
            Ok(Err(error)) => (error.usage(), 1),
            Err(_) => (None, 1),
        };
        self.api_calls += calls;
        self.usage = usage.or(self.usage);
        let answer =
            answer.map_err(|_| Stop::TimedOut(Trouble::new("UNANSWERED", "Salesforce did not answer in time.")))?;
        Ok(answer.map(|answer| answer.value))
    }

    /// What is left until the deadline, less what it takes to store what became of the entries.
    fn time_left(&self) -> Result<Duration, Stop> {
        let left = self.deadline.saturating_duration_since(Instant::now()).saturating_sub(TIME_TO_SETTLE);
        if left.is_zero() {
            return Err(Stop::OutOfTime(Trouble::new("OUT_OF_TIME", "Salesforce took all the time there was.")));
        }
        Ok(left)
    }
}
