//! Checks each company's webhook at Aircall, and repairs it: Aircall turns a webhook off that fails, and never says so.

use std::time::Duration;

use aircall::client::{Client, Error, SubscriptionDiff, Webhook};
use jiff::Timestamp;
use lambda::metrics;
use store::{AircallConnection, AircallState, Tenant, TenantId, WebhookProblem, WebhookRepair};
use tokio::time::Instant;
use url::Url;
use webhook::{AcceptedTokens, Pick, TOKEN_DELAY, TenantWebhooks, activate, connected_by, diff, path, webhook_id};

use crate::aircall::AircallError;
use crate::payload::Reconcile;
use crate::tenants::{Worked, all_pages, each, with_webhook};
use crate::{access, backfill};

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
        let today = self.public_url.as_ref().and_then(|url| url.join(&path(id)).ok());
        today.or_else(|| connection.webhook_url.as_deref()?.parse().ok())
    }

    /// Checks all webhooks that are due, until the deadline.
    ///
    /// # Errors
    /// When the tenants cannot be listed.
    pub(crate) async fn check_all(
        &self,
        reconcile: &Reconcile,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Checked, store::Error> {
        let due = all_pages(async |from| reconcile.tenants.with_webhook_to_check(now, from).await).await?;
        let check = async |id: &TenantId| Box::pin(self.check(reconcile, id, now)).await;
        let Worked { done, failed, not_reached } = each(due, deadline, "the webhook was not checked", check).await;
        let repaired = done.iter().filter(|is_repaired| **is_repaired).count();
        Ok(Checked { healthy: done.len() - repaired, repaired, failed, not_reached })
    }

    /// Checks the tenant's webhook, and repairs it if it does not send. Returns whether it was repaired.
    pub(crate) async fn check(
        &self,
        reconcile: &Reconcile,
        id: &TenantId,
        now: Timestamp,
    ) -> Result<bool, AircallError> {
        let tenants = &reconcile.tenants;
        let Some((_, tenant, problem)) = self.find_problem(reconcile, id).await? else { return Ok(false) };
        let Some(connection) = &tenant.aircall else { return Ok(false) };
        let is_known_off = matches!(connection.state, AircallState::Deactivated { .. });
        if problem.is_none() {
            access::accepted(tenants, id, connection).await?;
            if is_known_off {
                // By a repair that was cut off, or by somebody in Aircall.
                return self.conclude(reconcile, &tenant, connection.clone(), WebhookProblem::Unknown).await;
            }
            if connection.state != AircallState::Active {
                tenants.set_aircall_state(id, &connection.webhook_id, &AircallState::Active).await?;
            }
            tenants.set_webhook_checked(id, now).await?;
            return Ok(false);
        }
        if !is_known_off {
            // So that it is checked again soon if the repair fails.
            let off = AircallState::Deactivated { since: now };
            tenants.set_aircall_state(id, &connection.webhook_id, &off).await?;
        }
        // Somebody who is changing the webhook repairs it, too.
        let repaired = with_webhook(tenants, id, async |_| self.repair(reconcile, id).await).await;
        if repaired.is_err() {
            tracing::warn!(target: metrics::TARGET, WebhooksNotRepaired = 1, tenant = %id, ?problem, "the webhook was not repaired");
        }
        repaired.map(Option::unwrap_or_default)
    }

    /// The tenant's webhook, and what is wrong with it, if anything. `None` if the tenant has no connected account.
    async fn find_problem(
        &self,
        Reconcile { tenants, aircall, .. }: &Reconcile,
        id: &TenantId,
    ) -> Result<Option<(Client, Tenant, Option<WebhookProblem>)>, AircallError> {
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
                return Err(error.into());
            }
            found => found?,
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
        // Aircall may spell it otherwise, such as with a port.
        let is_elsewhere = expected.is_some_and(|url| webhook.url.parse() != Ok(url));
        if is_elsewhere && connection.webhook_url.as_deref() == Some(&webhook.url) {
            return Some(WebhookProblem::FormerAddress);
        }
        let lacks_events = diff(webhook, connection, None) == SubscriptionDiff::Incomplete;
        (is_elsewhere || lacks_events).then_some(WebhookProblem::Changed)
    }

    /// Repairs the webhook of a tenant whose lease is held. Returns whether there was still something to repair.
    async fn repair(&self, reconcile: &Reconcile, id: &TenantId) -> Result<bool, AircallError> {
        let tenants = &reconcile.tenants;
        // It may have been repaired before the lease was held.
        let Some((client, tenant, Some(problem))) = self.find_problem(reconcile, id).await? else { return Ok(false) };
        let Some(connection) = tenant.aircall.clone() else { return Ok(false) };
        let url = self.url(id, &connection).ok_or(AircallError::NoAddress)?;
        let webhooks = TenantWebhooks::new(&tenant, url);
        let mut tokens = AcceptedTokens::new(tenants, &tenant, self.token_delay);
        let webhook = activate(&mut tokens, &webhooks, &client, Pick::Existing).await?;
        self.conclude(reconcile, &tenant, connected_by(connection, webhook), problem).await
    }

    /// Fetches what the webhook may not have sent, and notes that it sends again. Returns whether it did: not if the account
    /// was connected again or its app uninstalled meanwhile.
    async fn conclude(
        &self,
        reconcile: &Reconcile,
        tenant: &Tenant,
        connection: AircallConnection,
        problem: WebhookProblem,
    ) -> Result<bool, AircallError> {
        let id = &tenant.id;
        if let Err(error) = backfill::after_repair(reconcile, tenant).await {
            // The hourly comparison finds the same calls.
            tracing::warn!(tenant = %id, %error, "no backfill was started after the webhook was repaired");
        }
        let heard_at = tenant.last_event_at.unwrap_or(connection.connected_at);
        let since = match tenant.aircall.as_ref().map(|known| known.state) {
            Some(AircallState::Deactivated { since }) => since.min(heard_at),
            Some(AircallState::Active | AircallState::Unknown) | None => heard_at,
        };
        let repair = WebhookRepair { at: Timestamp::now(), since: Some(since), problem };
        let connection = AircallConnection { state: AircallState::Active, ..connection };
        let is_noted = reconcile.tenants.set_webhook(id, &connection, Some(&repair)).await?;
        if is_noted {
            tracing::warn!(target: metrics::TARGET, WebhooksRepaired = 1, tenant = %id, ?problem, "repaired the webhook");
        }
        Ok(is_noted)
    }
}
