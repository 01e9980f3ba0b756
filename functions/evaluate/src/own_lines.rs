//! The phone numbers of the tenants' own lines, cached.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rules::settings::InternalCalls;
use rules::{OwnLines, Settings};
use store::{Error, TenantId, Tenants, TtlCache};

/// How long the lines of a tenant are cached. They are read from Aircall once a day.
const TTL: SignedDuration = SignedDuration::from_mins(5);
/// Maximum number of cached tenants: each has up to [`OwnLines::MAX`] lines.
const CAPACITY: usize = 1_000;

/// Reads the tenants' own lines through a cache.
#[derive(Debug)]
pub(crate) struct OwnLinesCache {
    tenants: Tenants,
    cache: TtlCache<TenantId, Arc<OwnLines>>,
}

impl OwnLinesCache {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, cache: TtlCache::new(CAPACITY) }
    }

    /// The tenant's own lines, if the settings make a decision depend on them; else none.
    pub(crate) async fn get(
        &self,
        tenant: &TenantId,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Arc<OwnLines>, Error> {
        match settings.internal_calls {
            InternalCalls::Log => Ok(Arc::default()),
            InternalCalls::DoNothing => self.read(tenant, now).await,
        }
    }

    /// The tenant's own lines.
    pub(crate) async fn read(&self, tenant: &TenantId, now: Timestamp) -> Result<Arc<OwnLines>, Error> {
        if let Some(lines) = self.cache.get(tenant, now) {
            return Ok(lines);
        }
        let lines = Arc::new(self.tenants.own_lines(tenant).await?);
        self.cache.insert(tenant.clone(), Arc::clone(&lines), now, TTL);
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use rules::E164;
    use store::Tenant;
    use store::test_tables::TestTables;

    use super::*;

    #[tokio::test]
    async fn lines_are_read_only_if_the_settings_need_them_and_then_cached() {
        let tables = TestTables::start().await;
        let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
        let one = TenantId::parse("one").unwrap();
        let lines = |phone: &str| -> OwnLines { [E164::parse(phone).unwrap()].into_iter().collect() };
        let (first, second) = (lines("+14155550100"), lines("+442079460100"));
        tenants.put(&Tenant { own_lines: first.clone(), ..Tenant::new(one.clone()) }).await.unwrap();
        let cache = OwnLinesCache::new(tenants.clone());
        let log = Settings::default();
        let do_nothing = Settings { internal_calls: InternalCalls::DoNothing, ..Settings::default() };
        let read = async |settings, seconds| {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
            OwnLines::clone(&*cache.get(&one, settings, now).await.unwrap())
        };
        assert_eq!(read(&log, 0).await, OwnLines::default());
        assert_eq!(read(&do_nothing, 0).await, first);
        tenants.set_own_lines(&one, &second).await.unwrap();
        assert_eq!(read(&do_nothing, 299).await, first);
        assert_eq!(read(&do_nothing, 300).await, second);
    }
}
