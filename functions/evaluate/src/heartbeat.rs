//! When Aircall was last heard from, which the console shows.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use store::{TenantId, Tenants};

/// How long a record of it is new enough. A busy tenant has many events a minute.
const COUNTS_FOR: SignedDuration = SignedDuration::from_mins(1);

/// Records it, once a minute for each tenant.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    tenants: Tenants,
    last: Mutex<BTreeMap<TenantId, Timestamp>>,
}

impl Heartbeat {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, last: Mutex::default() }
    }

    /// Records that Aircall was heard from. If that cannot be stored, no event has to wait for it.
    pub(crate) async fn record(&self, tenant: &TenantId, now: Timestamp) {
        if !self.is_news(tenant, now) {
            return;
        }
        if let Err(error) = self.tenants.saw_event(tenant, now).await {
            tracing::warn!(%tenant, %error, "it was not recorded that Aircall was heard from");
        }
    }

    fn is_news(&self, tenant: &TenantId, now: Timestamp) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|_, at| now < *at + COUNTS_FOR);
        if last.contains_key(tenant) {
            return false;
        }
        last.insert(tenant.clone(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use store::Tenant;
    use store::test_tables::TestTables;

    use super::*;

    #[tokio::test]
    async fn it_is_recorded_once_a_minute() {
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
    async fn an_unknown_tenant_is_no_tenant_after_it() {
        let tables = TestTables::start().await;
        let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
        let one = TenantId::parse("one").unwrap();
        Heartbeat::new(tenants.clone()).record(&one, Timestamp::UNIX_EPOCH).await;
        assert_eq!(tenants.get(&one).await.unwrap(), None);
    }
}
