//! Who may send webhooks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Error, TenantId, Tenants, TokenHash};

/// How long a tenant's tokens are believed.
const KNOWN: Duration = Duration::from_mins(1);
/// How long it is believed that there is no such tenant, and that a token is not among a tenant's:
/// short, as a tenant or a token that was just added should work.
const UNKNOWN: Duration = Duration::from_secs(5);
/// Most tenants in memory, so that made-up ids do not fill it.
const MOST: usize = 10_000;

/// Knows the tenants' webhook tokens; asks the table only when it has to, so that a warm request waits for the queue alone.
#[derive(Debug)]
pub(crate) struct Gate {
    tenants: Tenants,
    seen: Mutex<HashMap<TenantId, Seen>>,
}

/// A tenant's tokens, none if there is no such tenant, as of a time.
#[derive(Clone, Debug)]
struct Seen {
    tokens: Arc<[TokenHash]>,
    at: Instant,
}

impl Gate {
    pub(crate) fn new(tenants: Tenants) -> Self {
        Self { tenants, seen: Mutex::default() }
    }

    /// The tenant, if there is one of this id and the token is one of its own.
    ///
    /// # Errors
    /// When the table cannot answer.
    pub(crate) async fn admit(&self, tenant: &str, token: Option<&str>) -> Result<Option<TenantId>, Error> {
        let token = token.unwrap_or_default();
        let Ok(tenant) = TenantId::parse(tenant) else {
            is_among(&[], token);
            return Ok(None);
        };
        let seen = match self.remembered(&tenant) {
            Some(seen) => seen,
            None => self.look_up(&tenant).await?,
        };
        let mut admitted = is_among(&seen.tokens, token);
        if !admitted && !seen.tokens.is_empty() && seen.at.elapsed() > UNKNOWN {
            admitted = is_among(&self.look_up(&tenant).await?.tokens, token);
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
        make_room(&mut seen);
        seen.insert(tenant.clone(), found.clone());
        Ok(found)
    }
}

impl Seen {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < if self.tokens.is_empty() { UNKNOWN } else { KNOWN }
    }
}

fn make_room(seen: &mut HashMap<TenantId, Seen>) {
    if seen.len() >= MOST {
        seen.retain(|_, seen| seen.is_fresh());
    }
    if seen.len() >= MOST {
        seen.clear();
    }
}

/// Whether `token` is one of `tokens`; takes as long whichever it is, and whether or not there are any.
fn is_among(tokens: &[TokenHash], token: &str) -> bool {
    // No webhook has an empty token, and no token has this hash.
    let nobodys = TokenHash::of("");
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
        let tokens = [TokenHash::of("old"), TokenHash::of("new")];
        assert!(is_among(&tokens, "old") && is_among(&tokens, "new"));
        assert!(!is_among(&tokens, "other") && !is_among(&tokens, ""));
    }

    #[test]
    fn nothing_is_good_where_there_are_no_tokens() {
        assert!(!is_among(&[], "") && !is_among(&[], "any"));
        assert!(!is_among(&[TokenHash::of("")], ""));
    }

    #[test]
    fn memory_is_bounded() {
        let seen = |at| Seen { tokens: Arc::new([]), at };
        let long_ago = Instant::now().checked_sub(UNKNOWN).unwrap();
        let id = |n: usize| TenantId::parse(&format!("t-{n}")).unwrap();
        let mut all: HashMap<_, _> = (1..MOST).map(|n| (id(n), seen(long_ago))).collect();
        all.insert(id(0), seen(Instant::now()));
        make_room(&mut all);
        assert_eq!(all.into_keys().collect::<Vec<_>>(), [id(0)]);
        let mut fresh: HashMap<_, _> = (0..MOST).map(|n| (id(n), seen(Instant::now()))).collect();
        make_room(&mut fresh);
        assert!(fresh.is_empty());
    }
}
