//! Who may send webhooks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Error, TenantId, Tenants, TokenHash};

/// How long a tenant's tokens are believed.
const TTL: Duration = Duration::from_mins(1);
/// How long it is believed that there is no such tenant, and that a token is not among a tenant's:
/// short, as a tenant or a token that was just added should work.
const NEGATIVE_TTL: Duration = Duration::from_secs(5);
/// Most tenants in memory, so that made-up ids do not fill it.
const CAPACITY: usize = 10_000;

/// Knows the tenants' webhook tokens; asks the table only when it has to, so that a warm request waits for the queue alone.
#[derive(Debug)]
pub(crate) struct Authenticator {
    tenants: Tenants,
    seen: Mutex<HashMap<TenantId, Seen>>,
}

/// A tenant's tokens, none if there is no such tenant, as of a time.
#[derive(Clone, Debug)]
struct Seen {
    tokens: Arc<[TokenHash]>,
    at: Instant,
}

impl Authenticator {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, seen: Mutex::default() }
    }

    /// The tenant, if there is one of this id and the token is one of its own.
    ///
    /// # Errors
    /// When the table cannot answer.
    pub(crate) async fn authenticate(&self, tenant: &str, token: Option<&str>) -> Result<Option<TenantId>, Error> {
        let token = token.unwrap_or_default();
        let Ok(tenant) = TenantId::parse(tenant) else {
            contains(&[], token);
            return Ok(None);
        };
        let seen = match self.remembered(&tenant) {
            Some(seen) => seen,
            None => self.look_up(&tenant).await?,
        };
        let mut admitted = contains(&seen.tokens, token);
        if !admitted && !seen.tokens.is_empty() && seen.at.elapsed() > NEGATIVE_TTL {
            admitted = contains(&self.look_up(&tenant).await?.tokens, token);
        }
        Ok(admitted.then_some(tenant))
    }

    fn remembered(&self, tenant: &TenantId) -> Option<Seen> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(tenant).filter(|seen| seen.is_fresh()).cloned()
    }

    async fn look_up(&self, tenant: &TenantId) -> Result<Seen, Error> {
        let tokens = self.tenants.get(tenant).await?.map(|tenant| tenant.webhook_tokens).unwrap_or_default();
        let found = Seen { tokens: tokens.into(), at: Instant::now() };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        evict(&mut seen);
        seen.insert(tenant.clone(), found.clone());
        Ok(found)
    }
}

impl Seen {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < if self.tokens.is_empty() { NEGATIVE_TTL } else { TTL }
    }
}

fn evict(seen: &mut HashMap<TenantId, Seen>) {
    if seen.len() >= CAPACITY {
        seen.retain(|_, seen| seen.is_fresh());
    }
    if seen.len() >= CAPACITY {
        seen.clear();
    }
}

/// Whether `token` is one of `tokens`; takes as long whichever it is, and whether or not there are any.
fn contains(tokens: &[TokenHash], token: &str) -> bool {
    // No webhook has an empty token, and no token has this hash.
    let nobodys = TokenHash::new("");
    let none = [nobodys];
    let compared = if tokens.is_empty() { &none } else { tokens };
    let found = compared.iter().fold(false, |found, hash| hash.matches(token) | found);
    found & !tokens.is_empty() & !token.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_tokens_is_good() {
        let tokens = [TokenHash::new("old"), TokenHash::new("new")];
        assert!(contains(&tokens, "old") && contains(&tokens, "new"));
        assert!(!contains(&tokens, "other") && !contains(&tokens, ""));
    }

    #[test]
    fn nothing_is_good_where_there_are_no_tokens() {
        assert!(!contains(&[], "") && !contains(&[], "any"));
        assert!(!contains(&[TokenHash::new("")], ""));
    }

    #[test]
    fn memory_is_bounded() {
        let seen = |at| Seen { tokens: Arc::new([]), at };
        let long_ago = Instant::now().checked_sub(NEGATIVE_TTL).unwrap();
        let id = |n: usize| TenantId::parse(&format!("t-{n}")).unwrap();
        let mut all: HashMap<_, _> = (1..CAPACITY).map(|n| (id(n), seen(long_ago))).collect();
        all.insert(id(0), seen(Instant::now()));
        evict(&mut all);
        assert_eq!(all.into_keys().collect::<Vec<_>>(), [id(0)]);
        let mut fresh: HashMap<_, _> = (0..CAPACITY).map(|n| (id(n), seen(Instant::now()))).collect();
        evict(&mut fresh);
        assert!(fresh.is_empty());
    }
}
