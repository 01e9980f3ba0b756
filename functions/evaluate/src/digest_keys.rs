//! The tenants' keys for digests of phone numbers, cached.

use jiff::{SignedDuration, Timestamp};
use rules::DigestKey;
use store::{Error, TenantId, Tenants, TtlCache};

/// A key never changes; the bound keeps deleted tenants from staying for ever.
const TTL: SignedDuration = SignedDuration::from_hours(1);
/// Maximum number of cached keys.
const CAPACITY: usize = 10_000;

/// Reads the tenants' keys through a cache.
#[derive(Debug)]
pub(crate) struct DigestKeys {
    tenants: Tenants,
    cache: TtlCache<TenantId, DigestKey>,
}

impl DigestKeys {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, cache: TtlCache::new(CAPACITY) }
    }

    /// The tenant's key; none if there is no such tenant.
    pub(crate) async fn get(&self, tenant: &TenantId, now: Timestamp) -> Result<Option<DigestKey>, Error> {
        if let Some(key) = self.cache.get(tenant, now) {
            return Ok(Some(key));
        }
        let key = self.tenants.digest_key(tenant).await?;
        if let Some(key) = &key {
            self.cache.insert(tenant.clone(), key.clone(), now, TTL);
        }
        Ok(key)
    }
}
