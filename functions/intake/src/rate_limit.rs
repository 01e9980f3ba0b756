//! Bounds each tenant's webhooks in one execution environment.
//!
//! An environment handles one request at a time, so a limit above some hundred a second is never reached there, and the
//! route's limit in the template is what bounds a flood.

use std::num::NonZero;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use store::TenantId;

/// How many seconds' worth of webhooks may come at once: Aircall delivers what it held back as fast as it can.
const BURST: u32 = 10;
/// The number of tenants above which those that have been quiet are dropped.
const CAPACITY: usize = 10_000;

/// A token bucket for each tenant, in the memory of one execution environment.
///
/// For floods only: Aircall turns off a webhook that it cannot deliver for long.
#[derive(Debug)]
pub(crate) struct RateLimit(Option<Buckets>);

type Buckets = RateLimiter<TenantId, HashMapStateStore<TenantId>, DefaultClock>;

impl RateLimit {
    /// Accepts `per_second` webhooks a second of each tenant, and ten times as many at once; 0 accepts all.
    pub(crate) fn new(per_second: u32) -> Self {
        let buckets = |per_second: NonZero<u32>| {
            let burst = per_second.saturating_mul(NonZero::new(BURST).expect("not zero"));
            RateLimiter::hashmap(Quota::per_second(per_second).allow_burst(burst))
        };
        Self(NonZero::new(per_second).map(buckets))
    }

    /// Whether the tenant's next webhook is accepted, which counts then.
    pub(crate) fn accepts(&self, tenant: &TenantId) -> bool {
        let Some(buckets) = &self.0 else { return true };
        if buckets.len() > CAPACITY {
            buckets.retain_recent();
        }
        buckets.check_key(tenant).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(limit: &RateLimit, tenant: &str, webhooks: usize) -> usize {
        let tenant = TenantId::parse(tenant).unwrap();
        (0..webhooks).filter(|_| limit.accepts(&tenant)).count()
    }

    #[test]
    fn a_flood_of_one_tenant_is_cut_off_and_leaves_the_others_alone() {
        let limit = RateLimit::new(3);
        assert_eq!(accepted(&limit, "one", 40), 30);
        assert_eq!(accepted(&limit, "two", 20), 20);
    }

    #[test]
    fn no_limit_accepts_every_flood() {
        assert_eq!(accepted(&RateLimit::new(0), "one", 10_000), 10_000);
    }
}
