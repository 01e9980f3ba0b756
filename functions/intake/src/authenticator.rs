//! Authenticates webhooks by tenant and token.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use store::{
    AllowedOrgs, Error, REFUSAL_AGE, RetiredToken, TOKEN_GRACE, Tenant, TenantId, Tenants, TokenHash, TtlCache,
};

/// How long a tenant's tokens are cached, and a token is accepted after it was removed.
const TTL: SignedDuration = SignedDuration::from_secs(10);
const _: () = assert!(TTL.as_secs() < TOKEN_GRACE.as_secs(), "the new token is read before the former one ends");
/// Maximum number of cached tenants, so that made-up ids cannot fill the memory.
const CAPACITY: usize = 10_000;

/// Checks webhook tokens against a cache of the tenants table, so that a warm request waits only for the queue.
///
/// A token that is not among the cached ones is refused only if they were read within [`REFUSAL_AGE`], else they are
/// read again: so a new token is known as soon as it is needed, and a flood of wrong ones costs an environment two reads a second.
#[derive(Debug)]
pub(crate) struct Authenticator {
    tenants: Tenants,
    allowed_orgs: AllowedOrgs,
    cache: TtlCache<TenantId, CachedTokens>,
}

/// A tenant's tokens, none for an unknown tenant.
#[derive(Clone, Debug)]
struct CachedTokens {
    tokens: Arc<[TokenHash]>,
    retired: Arc<[RetiredToken]>,
    /// When the read began: what was stored before is in it.
    read_at: Timestamp,
}

impl Authenticator {
    pub(crate) fn new(tenants: Tenants, allowed_orgs: AllowedOrgs) -> Self {
        Self { tenants, allowed_orgs, cache: TtlCache::new(CAPACITY) }
    }

    /// The tenant with this id, if it exists, its org is served, and the token is one of its tokens.
    ///
    /// # Errors
    /// When the tenants table cannot be read.
    pub(crate) async fn authenticate(&self, tenant: &str, token: Option<&str>) -> Result<Option<TenantId>, Error> {
        let (token, now) = (token.unwrap_or_default(), Timestamp::now());
        let Ok(tenant) = TenantId::parse(tenant) else {
            contains(&[], token);
            return Ok(None);
        };
        let known = async {
            match self.cache.get(&tenant, now) {
                Some(cached) => Ok(cached),
                None => self.look_up(&tenant).await,
            }
        };
        let (known, is_allowed) = tokio::join!(known, self.allowed_orgs.contains(&tenant));
        let known = known?;
        let mut is_authentic = contains(&known.accepted(now), token);
        if !is_authentic && known.read_at + REFUSAL_AGE <= now {
            is_authentic = contains(&self.look_up(&tenant).await?.accepted(now), token);
        }
        Ok((is_authentic && is_allowed?).then_some(tenant))
    }

    async fn look_up(&self, tenant: &TenantId) -> Result<CachedTokens, Error> {
        let now = Timestamp::now();
        let found = self.tenants.get(tenant).await?.unwrap_or_else(|| Tenant::new(tenant.clone()));
        let (tokens, retired) = (found.webhook_tokens.into(), found.retired_tokens.into());
        let found = CachedTokens { tokens, retired, read_at: now };
        // Unknown tenants make room soon.
        let ttl = if found.accepted(now).is_empty() { REFUSAL_AGE } else { TTL };
        self.cache.insert(tenant.clone(), found.clone(), now, ttl);
        Ok(found)
    }
}

impl CachedTokens {
    fn accepted(&self, now: Timestamp) -> Vec<TokenHash> {
        let retired = self.retired.iter().filter(|token| now < token.until).map(|token| token.hash);
        self.tokens.iter().copied().chain(retired).collect()
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
    fn a_retired_token_is_accepted_until_its_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let [former, current] = ["former", "current"].map(TokenHash::new);
        let retired = [RetiredToken { hash: former, until: at(900) }].into();
        let cached = CachedTokens { tokens: [current].into(), retired, read_at: at(890) };
        assert_eq!(cached.accepted(at(899)), [current, former]);
        assert_eq!(cached.accepted(at(900)), [current]);
    }
}
