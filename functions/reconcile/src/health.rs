//! Checks each company's webhook at Aircall, and repairs it: Aircall turns a webhook off that fails, and never says so.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use aircall::client::{Client, Error, SubscriptionDiff, Webhook};
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use lambda::metrics;
use store::{Acquired, AircallConnection, AircallState, LeaseKind, Tenant, TenantId, WebhookProblem, WebhookRepair};
use tokio::time::{Instant, timeout_at};
use url::Url;
use webhook::{AcceptedTokens, Pick, TOKEN_DELAY, TenantWebhooks, activate, diff, subscription, webhook_id};

use crate::access;
use crate::aircall::AircallError;
use crate::backfill;
use crate::payload::Reconcile;

/// Tenants that are checked concurrently.
const CONCURRENCY: usize = 10;
/// How long the lease on the webhook lasts if the function is killed: longer than it runs.
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// Why a webhook was not checked or repaired. The next check tries again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HealthError {
    #[error(transparent)]
    Aircall(#[from] AircallError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<webhook::Error> for HealthError {
    fn from(error: webhook::Error) -> Self {
        match error {
            webhook::Error::Aircall(error) => HealthError::Aircall(error.into()),
            webhook::Error::Store(error) => HealthError::Store(error),
        }
    }
}

/// The number of webhooks that were due to be checked, by what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// They send.
    pub(crate) healthy: usize,
    /// They send again.
    pub(crate) repaired: usize,
    /// Aircall or the store did not answer, or an admin is needed.
    pub(crate) failed: usize,
    /// The time was up before.
    pub(crate) not_reached: usize,
}

/// What the webhooks are compared with.
#[derive(Debug)]
pub(crate) struct Health {
    /// The deployment's own address, if it has a name. Else webhooks stay where they send to.
    pub(crate) public_url: Option<Url>,
    /// How long a webhook waits after its token was stored.
    pub(crate) token_delay: Duration,
}

impl Health {
    pub(crate) fn new(public_url: Option<Url>) -> Self {
        Self { public_url, token_delay: TOKEN_DELAY }
    }

    /// The URL that the tenant's webhook has to send to; `None` if that is not known.
    fn url(&self, id: &TenantId, connection: &AircallConnection) -> Option<Url> {
        let today = self.public_url.as_ref().and_then(|url| url.join(&format!("/webhooks/aircall/{id}")).ok());
        today.or_else(|| connection.webhook_url.as_deref()?.parse().ok())
    }

    /// Checks all webhooks that are due, until the deadline, in a random order: so those that are not reached are others
    /// the next time. The failure of one is logged and does not affect the others.
    ///
    /// # Errors
    /// When the tenants cannot be listed.
    pub(crate) async fn check_all(
        &self,
        reconcile: &Reconcile,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Checked, store::Error> {
        let mut due = Vec::new();
        let mut from = None;
        loop {
            let page = reconcile.tenants.with_webhook_to_check(now, from).await?;
            due.extend(page.tenants);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let random = RandomState::new();
        due.sort_by_cached_key(|id| random.hash_one(id));
        let results: Vec<Option<Result<bool, HealthError>>> = stream::iter(&due)
            .map(|id| async move {
                if Instant::now() >= deadline {
                    return None;
                }
                let result = timeout_at(deadline, self.check(reconcile, id)).await.ok();
                if let Some(Err(error)) = &result {
                    tracing::warn!(tenant = %id, %error, "the webhook was not checked");
                }
                result
            })
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        let mut checked = Checked::default();
        for result in results {
            match result {
                Some(Ok(false)) => checked.healthy += 1,
                Some(Ok(true)) => checked.repaired += 1,
                Some(Err(_)) => checked.failed += 1,
                None => checked.not_reached += 1,
            }
        }
        Ok(checked)
    }

    /// Checks the tenant's webhook, and repairs it if it does not send. Returns whether it was repaired.
    pub(crate) async fn check(&self, reconcile: &Reconcile, id: &TenantId) -> Result<bool, HealthError> {
        let tenants = &reconcile.tenants;
        let Some((_, tenant, problem)) = self.find_problem(reconcile, id).await? else { return Ok(false) };
        if let (None, Some(connection)) = (problem, &tenant.aircall) {
            access::accepted(tenants, id, connection).await?;
            if connection.state != AircallState::Active {
                tenants.set_aircall_state(id, &connection.webhook_id, &AircallState::Active).await?;
            }
            tenants.set_webhook_checked(id, Timestamp::now()).await?;
            return Ok(false);
        }
        let (now, holder) = (Timestamp::now(), format!("health-{:x}", RandomState::new().hash_one(id)));
        // Somebody who is changing the webhook repairs it, too.
        let Acquired::Held(tenant) = tenants.acquire(id, LeaseKind::Webhook, &holder, now, now + LEASE).await? else {
            return Ok(false);
        };
        let repaired = self.repair(reconcile, &tenant).await;
        // If this fails, the lease expires.
        let _ = tenants.release(id, LeaseKind::Webhook, &holder, None).await;
        repaired
    }

    /// The tenant's webhook, and what is wrong with it, if anything. `None` if the tenant has no connected account.
    async fn find_problem(
        &self,
        Reconcile { tenants, aircall, .. }: &Reconcile,
        id: &TenantId,
    ) -> Result<Option<(Client, Tenant, Option<WebhookProblem>)>, HealthError> {
        let Some(tenant) = tenants.get(id).await? else { return Ok(None) };
        let Some(connection) = tenant.aircall.as_ref().filter(|it| it.uninstalled_at.is_none()) else {
            return Ok(None);
        };
        // An admin has switched the app off in Aircall.
        if tenant.comparison.is_off {
            return Ok(None);
        }
        let client = aircall.client(id).await?;
        let found = match webhook_id(connection) {
            Some(webhook) => client.webhook(&webhook).await,
            None => Ok(None),
        };
        let found = match found {
            Err(error @ Error::Refused { .. }) => {
                access::refused(tenants, id, connection, &client).await?;
                return Err(AircallError::from(error).into());
            }
            found => found.map_err(AircallError::from)?,
        };
        let problem = self.problem(id, connection, found.as_ref());
        Ok(Some((client, tenant, problem)))
    }

    /// What keeps the webhook from sending what it should to where it should.
    fn problem(
        &self,
        id: &TenantId,
        connection: &AircallConnection,
        found: Option<&Webhook>,
    ) -> Option<WebhookProblem> {
        let Some(webhook) = found else { return Some(WebhookProblem::Deleted) };
        if !webhook.active {
            return Some(WebhookProblem::TurnedOff);
        }
        let expected = self.url(id, connection);
        let is_elsewhere = expected.is_some_and(|url| url.as_str() != webhook.url);
        if is_elsewhere && connection.webhook_url.as_deref() == Some(&webhook.url) {
            return Some(WebhookProblem::FormerAddress);
        }
        let lacks_events = diff(webhook, connection, None) == SubscriptionDiff::Incomplete;
        (is_elsewhere || lacks_events).then_some(WebhookProblem::Changed)
    }

    /// Repairs the webhook of a tenant whose lease is held. Returns whether there was still something to repair.
    async fn repair(&self, reconcile: &Reconcile, held: &Tenant) -> Result<bool, HealthError> {
        let (id, tenants) = (&held.id, &reconcile.tenants);
        // It may have been repaired before the lease was held.
        let Some((client, tenant, Some(problem))) = self.find_problem(reconcile, id).await? else { return Ok(false) };
        let Some(connection) = tenant.aircall.clone() else { return Ok(false) };
        let Some(url) = self.url(id, &connection) else { return Ok(false) };
        let webhooks = TenantWebhooks::new(&tenant, url);
        let mut tokens = AcceptedTokens::new(tenants, &tenant, self.token_delay);
        let webhook = activate(&mut tokens, &webhooks, &client, Pick::Existing).await?;
        let deactivated = match connection.state {
            AircallState::Deactivated { since } => Some(since),
            AircallState::Active | AircallState::Unknown => None,
        };
        let since = tenant.last_event_at.into_iter().chain(deactivated).min().unwrap_or(connection.connected_at);
        let connection = AircallConnection {
            webhook_id: webhook.id.to_string(),
            subscription: Some(subscription(&webhook)),
            webhook_url: Some(webhook.url),
            state: AircallState::Active,
            ..connection
        };
        let repair = WebhookRepair { at: Timestamp::now(), since: Some(since), problem };
        if !tenants.set_webhook(id, &connection, Some(&repair)).await? {
            // The account was connected again or its app uninstalled meanwhile.
            return Ok(false);
        }
        tracing::warn!(target: metrics::TARGET, WebhooksRepaired = 1, tenant = %id, ?problem, "repaired the webhook");
        if let Err(error) = backfill::after_repair(reconcile, &tenant).await {
            // The hourly comparison finds the same calls.
            tracing::warn!(tenant = %id, %error, "no backfill was started after the webhook was repaired");
        }
        Ok(true)
    }
}
