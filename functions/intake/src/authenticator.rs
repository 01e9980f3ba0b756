//! Authenticates webhooks by tenant and token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Error, TenantId, Tenants, TokenHash};

/// How long a tenant's tokens are cached.
const TTL: Duration = Duration::from_mins(1);
/// How long an unknown tenant is cached, and how old cached tokens may be to refuse a token that is not among them.
/// Short, so that a tenant or token that was just added works soon.
const NEGATIVE_TTL: Duration = Duration::from_secs(5);
/// Maximum number of cached tenants, so that made-up ids cannot fill the memory.
const CAPACITY: usize = 10_000;

/// Checks webhook tokens against a cache of the tenants table, so that a warm request waits only for the queue.
#[derive(Debug)]
pub(crate) struct Authenticator {
    tenants: Tenants,
    cache: Mutex<HashMap<TenantId, CachedTokens>>,
}

/// A tenant's token hashes, empty for an unknown tenant, and when they were read.
#[derive(Clone, Debug)]
struct CachedTokens {
    tokens: Arc<[TokenHash]>,
    read_at: Instant,
}

impl Authenticator {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, cache: Mutex::default() }
    }

    /// The tenant with this id, if it exists and the token is one of its tokens.
    ///
    /// # Errors
    /// When the tenants table cannot be read.
    pub(crate) async fn authenticate(&self, tenant: &str, token: Option<&str>) -> Result<Option<TenantId>, Error> {
        let token = token.unwrap_or_default();
        let Ok(tenant) = TenantId::parse(tenant) else {
            contains(&[], token);
            return Ok(None);
        };
        let known = match self.cached(&tenant) {
            Some(cached) => cached,
            None => self.look_up(&tenant).await?,
        };
        let mut is_authentic = contains(&known.tokens, token);
        if !is_authentic && !known.tokens.is_empty() && known.read_at.elapsed() > NEGATIVE_TTL {
            is_authentic = contains(&self.look_up(&tenant).await?.tokens, token);
        }
        Ok(is_authentic.then_some(tenant))
    }

    fn cached(&self, tenant: &TenantId) -> Option<CachedTokens> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get(tenant).filter(|cached| cached.is_fresh()).cloned()
    }

    async fn look_up(&self, tenant: &TenantId) -> Result<CachedTokens, Error> {
        let tokens = self.tenants.get(tenant).await?.map(|tenant| tenant.webhook_tokens).unwrap_or_default();
        let found = CachedTokens { tokens: tokens.into(), read_at: Instant::now() };
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        evict(&mut cache);
        cache.insert(tenant.clone(), found.clone());
        Ok(found)
    }
}

impl CachedTokens {
    fn is_fresh(&self) -> bool {
        self.read_at.elapsed() < if self.tokens.is_empty() { NEGATIVE_TTL } else { TTL }
    }
}

fn evict(cache: &mut HashMap<TenantId, CachedTokens>) {
    if cache.len() >= CAPACITY {
        cache.retain(|_, cached| cached.is_fresh());
    }
    if cache.len() >= CAPACITY {
        cache.clear();
    }
}

/// Whether `token` is one of `tokens`. The time does not depend on which one it is, nor on whether there are any.
fn contains(tokens: &[TokenHash], token: &str) -> bool {
    // Compared if there are no tokens. It is the hash of an empty token, which no webhook has.
    let dummy = [TokenHash::new("")];
    let compared = if tokens.is_empty() { &dummy } else { tokens };
    let found = compared.iter().fold(false, |found, hash| hash.matches(token) | found);
    found & !tokens.is_empty() & !token.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_tokens_is_accepted() {
        let tokens = [TokenHash::new("old"), TokenHash::new("new")];
        assert!(contains(&tokens, "old") && contains(&tokens, "new"));
        assert!(!contains(&tokens, "other") && !contains(&tokens, ""));
    }

    #[test]
    fn no_token_is_accepted_if_there_are_none() {
        assert!(!contains(&[], "") && !contains(&[], "any"));
        assert!(!contains(&[TokenHash::new("")], ""));
    }

    #[test]
    fn a_full_cache_evicts_stale_entries_first_and_then_all() {
        let cached = |read_at| CachedTokens { tokens: Arc::new([]), read_at };
        let long_ago = Instant::now().checked_sub(NEGATIVE_TTL).unwrap();
        let id = |n: usize| TenantId::parse(&format!("t-{n}")).unwrap();
        let mut all: HashMap<_, _> = (1..CAPACITY).map(|n| (id(n), cached(long_ago))).collect();
        all.insert(id(0), cached(Instant::now()));
        evict(&mut all);
        assert_eq!(all.into_keys().collect::<Vec<_>>(), [id(0)]);
        let mut fresh: HashMap<_, _> = (0..CAPACITY).map(|n| (id(n), cached(Instant::now()))).collect();
        evict(&mut fresh);
        assert!(fresh.is_empty());
    }
}
