//! What is known of the tenants' Aircall companies, cached.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rules::Company;
use store::{Error, TenantId, Tenants, TtlCache};

/// How long what is known of a company is cached. Its lines are read from Aircall once a day.
const TTL: SignedDuration = SignedDuration::from_mins(5);
/// The same while it is not known since when it is connected: it may just be connected for the first time.
const UNCONNECTED_TTL: SignedDuration = SignedDuration::from_secs(10);
/// Maximum number of cached tenants: each has up to [`rules::OwnLines::MAX`] lines.
const CAPACITY: usize = 1_000;

/// Reads what is known of the tenants' Aircall companies through a cache.
#[derive(Debug)]
pub(crate) struct Companies {
    tenants: Tenants,
    cache: TtlCache<TenantId, Arc<Company>>,
}

impl Companies {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, cache: TtlCache::new(CAPACITY) }
    }

    /// What is known of the tenant's company.
    pub(crate) async fn get(&self, tenant: &TenantId, now: Timestamp) -> Result<Arc<Company>, Error> {
        if let Some(company) = self.cache.get(tenant, now) {
            return Ok(company);
        }
        let company = Arc::new(self.tenants.company(tenant).await?);
        let ttl = if company.connected_since.is_some() { TTL } else { UNCONNECTED_TTL };
        self.cache.insert(tenant.clone(), Arc::clone(&company), now, ttl);
        Ok(company)
    }
}

#[cfg(test)]
mod tests {
    use rules::{E164, OwnLines};
    use store::Tenant;
    use store::test_tables::TestTables;

    use super::*;

    #[tokio::test]
    async fn a_company_is_cached_longer_once_it_is_connected() {
        let tables = TestTables::start().await;
        let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
        let one = TenantId::parse("one").unwrap();
        let lines = |phone: &str| -> OwnLines { [E164::parse(phone).unwrap()].into_iter().collect() };
        let (first, second) = (lines("+14155550100"), lines("+442079460100"));
        tenants.put(&Tenant { own_lines: first.clone(), ..Tenant::new(one.clone()) }).await.unwrap();
        let companies = Companies::new(tenants.clone());
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let read = async |seconds| Company::clone(&*companies.get(&one, at(seconds)).await.unwrap());
        assert_eq!(read(0).await, Company { own_lines: first.clone(), connected_since: None });
        tenants.begin_with_company(&one, at(5)).await.unwrap();
        tenants.set_own_lines(&one, &first).await.unwrap();
        assert_eq!(read(10).await, Company { own_lines: first.clone(), connected_since: Some(at(5)) });
        tenants.set_own_lines(&one, &second).await.unwrap();
        assert_eq!(read(309).await.own_lines, first);
        assert_eq!(read(310).await.own_lines, second);
    }
}
