//! Records the time of a tenant's last event, which the console shows.

use jiff::{SignedDuration, Timestamp};
use store::{TenantId, Tenants, TtlCache};

/// Minimum time between two updates of a tenant, as a busy tenant has many events a minute.
const INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// Maximum number of tenants that are remembered.
const CAPACITY: usize = 10_000;

/// Records the last event of each tenant, at most once a minute.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    tenants: Tenants,
    /// Tenants whose last event was recorded within the interval.
    recorded: TtlCache<TenantId, ()>,
}

impl Heartbeat {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, recorded: TtlCache::new(CAPACITY) }
    }

    /// Records an event of the tenant. A failure is only logged, so that it does not delay the event.
    pub(crate) async fn record(&self, tenant: &TenantId, now: Timestamp) {
        if !self.recorded.insert_new(tenant.clone(), (), now, INTERVAL) {
            return;
        }
        if let Err(error) = self.tenants.record_event(tenant, now).await {
            tracing::warn!(%tenant, %error, "could not record the time of the last event");
        }
    }
}

#[cfg(test)]
mod tests {
    use store::Tenant;
    use store::test_tables::TestTables;

    use super::*;

    #[tokio::test]
    async fn the_last_event_is_recorded_once_a_minute() {
        let tables = TestTables::start().await;
        let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
        let one = TenantId::parse("one").unwrap();
        tenants.put(&Tenant::new(one.clone())).await.unwrap();
        let heartbeat = Heartbeat::new(tenants.clone());
        let at = |seconds: i64| Timestamp::from_second(1_774_254_600 + seconds).unwrap();
        for (now, recorded) in [(0, 0), (59, 0), (60, 60), (119, 60), (300, 300)] {
            heartbeat.record(&one, at(now)).await;
            let stored = tenants.get(&one).await.unwrap().unwrap();
            assert_eq!(stored.last_event_at, Some(at(recorded)), "after {now} seconds");
        }
    }

    #[tokio::test]
    async fn an_event_of_an_unknown_tenant_does_not_create_the_tenant() {
        let tables = TestTables::start().await;
        let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
        let one = TenantId::parse("one").unwrap();
        Heartbeat::new(tenants.clone()).record(&one, Timestamp::UNIX_EPOCH).await;
        assert_eq!(tenants.get(&one).await.unwrap(), None);
    }
}
