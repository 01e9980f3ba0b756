//! Asks a quiet org whether a call could be written, and keeps its grant alive: a refresh token that is not used expires.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use org::{BatchError, Org, connection};
use store::{ConnectionState, ORG_CHECK_AGE};

use crate::drain::MIN_BATCH_TIME;
use crate::writer::{Drain, Writer};

/// How exactly it is stored when calls were written.
const PRECISION: SignedDuration = SignedDuration::from_mins(5);

impl Writer {
    /// Asks the org whether the grant, the key field and the permissions are still there, if nothing was written for an
    /// hour, and refreshes the grant if that was not done for a week. What is missing is remembered, a dead grant is
    /// stored, and an org that does not answer is paused.
    pub(crate) async fn keep_connection(&self, drain: &mut Drain, now: Timestamp) -> Result<(), store::Error> {
        let tenants = &self.lookup.tenants;
        let is_idle = drain.tenant.has_idle_grant(now) && !drain.org.as_ref().is_some_and(Org::is_renewed);
        let is_to_be_asked = drain.tenant.is_unchecked_since(now - ORG_CHECK_AGE) && !drain.wrote;
        let has_time = drain.deadline.saturating_duration_since(Instant::now()) >= MIN_BATCH_TIME;
        let is_checked = if (is_idle || is_to_be_asked) && has_time && connection::is_open(&drain.tenant, now).is_ok() {
            match self.ask(drain, is_idle, now).await {
                Ok(()) => connection::mark_connected(tenants, &mut drain.tenant).await?,
                Err(error) => {
                    tracing::warn!(tenant = %drain.tenant.id, %error, "the org was asked in vain");
                    drain.triage(tenants, error, true).await?;
                }
            }
            // It is asked again once the pause is over.
            !matches!(drain.tenant.state, ConnectionState::Paused { .. })
        } else {
            drain.wrote && drain.tenant.is_unchecked_since(now - PRECISION)
        };
        if is_checked { tenants.set_org_checked(&drain.tenant.id, now).await } else { Ok(()) }
    }

    async fn ask(&self, drain: &mut Drain, refreshes: bool, now: Timestamp) -> Result<(), BatchError> {
        let settings = self.settings.get(&drain.tenant.id).await?;
        let (org, tenant) = drain.org(&self.connector, settings.api_usage_limit).await?;
        if refreshes {
            org.renew().await?;
        }
        org.check_essentials(&self.lookup.tenants, tenant, now).await
    }
}
