//! Keeps the grant of a quiet org alive: a refresh token that is not used expires.

use jiff::Timestamp;
use org::{BatchError, Org, connection};
use store::ConnectionState;

use crate::writer::{Drain, Writer};

impl Writer {
    /// Refreshes the tenant's grant if that was not done for a week. A dead one is stored; after any other failure it is
    /// tried again by the next drain, at the latest after a day.
    pub(crate) async fn keep_grant(&self, drain: &mut Drain, now: Timestamp) -> Result<(), store::Error> {
        let is_renewed = drain.org.as_ref().is_some_and(Org::is_renewed);
        if is_renewed || !drain.tenant.has_idle_grant(now) || connection::is_open(&drain.tenant, now).is_err() {
            return Ok(());
        }
        let tenants = &self.lookup.tenants;
        match self.refresh(drain).await {
            Ok(()) => connection::mark_connected(tenants, &mut drain.tenant).await,
            Err(BatchError::Store(error)) => Err(error),
            Err(BatchError::Reconnect(reason)) => drain.note_dead_grant(tenants, &reason).await.map(drop),
            Err(error) => {
                tracing::warn!(tenant = %drain.tenant.id, %error, "the grant was not refreshed");
                Ok(())
            }
        }
    }

    async fn refresh(&self, drain: &mut Drain) -> Result<(), BatchError> {
        let settings = self.settings.get(&drain.tenant.id).await?;
        let (org, tenant) = drain.org(&self.connector, settings.api_usage_limit).await?;
        org.renew().await?;
        // What made the connection dead, or paused it, may be something that a refresh does not cure.
        if tenant.state == ConnectionState::Connected { Ok(()) } else { org.probe().await }
    }
}
