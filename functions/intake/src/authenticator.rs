//! Authenticates webhooks by tenant and token.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use store::{Error, TenantId, Tenants, TokenHash, TtlCache};

/// How long a tenant's tokens are cached.
const TTL: SignedDuration = SignedDuration::from_mins(1);
/// How long an unknown tenant is cached, and how old cached tokens may be to refuse a token that is not among them.
/// Short, so that a tenant or token that was just added works soon.
const NEGATIVE_TTL: SignedDuration = SignedDuration::from_secs(5);
/// Maximum number of cached tenants, so that made-up ids cannot fill the memory.
const CAPACITY: usize = 10_000;

/// Checks webhook tokens against a cache of the tenants table, so that a warm request waits only for the queue.
#[derive(Debug)]
pub(crate) struct Authenticator {
    tenants: Tenants,
    cache: TtlCache<TenantId, CachedTokens>,
}

/// A tenant's token hashes, empty for an unknown tenant, and when they were read.
#[derive(Clone, Debug)]
struct CachedTokens {
    tokens: Arc<[TokenHash]>,
    read_at: Timestamp,
}

impl Authenticator {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, cache: TtlCache::new(CAPACITY) }
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
        let known = match self.cache.get(&tenant, Timestamp::now()) {
            Some(cached) => cached,
            None => self.look_up(&tenant).await?,
        };
        let mut is_authentic = contains(&known.tokens, token);
        if !is_authentic && !known.tokens.is_empty() && known.read_at + NEGATIVE_TTL < Timestamp::now() {
            is_authentic = contains(&self.look_up(&tenant).await?.tokens, token);
        }
        Ok(is_authentic.then_some(tenant))
    }

    async fn look_up(&self, tenant: &TenantId) -> Result<CachedTokens, Error> {
        let tokens = self.tenants.get(tenant).await?.map(|tenant| tenant.webhook_tokens).unwrap_or_default();
        let now = Timestamp::now();
        let ttl = if tokens.is_empty() { NEGATIVE_TTL } else { TTL };
        let found = CachedTokens { tokens: tokens.into(), read_at: now };
        self.cache.insert(tenant.clone(), found.clone(), now, ttl);
        Ok(found)
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
}
