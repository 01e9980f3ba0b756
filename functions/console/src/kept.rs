//! What a process remembers of a tenant for a while, to spare everybody the asking.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use store::TenantId;

/// Something of each tenant, until it is too old.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<BTreeMap<TenantId, (Instant, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    /// What is kept of the tenant as of `now`.
    pub(crate) fn get(&self, tenant: &TenantId, now: Instant) -> Option<T> {
        self.lock().get(tenant).filter(|(until, _)| now < *until).map(|(_, kept)| kept.clone())
    }

    /// Keeps it for so long.
    pub(crate) fn keep(&self, tenant: &TenantId, kept: T, now: Instant, duration: Duration) {
        let mut all = self.lock();
        all.retain(|_, (until, _)| now < *until);
        all.insert(tenant.clone(), (now + duration, kept));
    }

    /// Forgets it, as it is not so any more.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        self.lock().remove(tenant);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantId, (Instant, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_grows_old_and_is_forgotten() {
        let (kept, one) = (Kept::default(), TenantId::parse("one").unwrap());
        let (now, minute) = (Instant::now(), Duration::from_mins(1));
        kept.keep(&one, 1, now, minute);
        assert_eq!(kept.get(&one, now), Some(1));
        assert_eq!(kept.get(&TenantId::parse("two").unwrap(), now), None);
        assert_eq!(kept.get(&one, now + minute), None);
        kept.forget(&one);
        assert_eq!(kept.get(&one, now), None);
    }
}
