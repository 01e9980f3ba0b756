//! In-memory cache of Salesforce users by e-mail.

use jiff::{SignedDuration, Timestamp};
use salesforce::{Record, SalesforceId};
use store::{TenantId, TtlCache};

/// Time-to-live of a miss: shorter, as an admin may be about to create the user.
const MISS_TTL: SignedDuration = SignedDuration::from_mins(15);

/// Time-to-live of a hit. Users change rarely, and warm environments live for hours.
const HIT_TTL: SignedDuration = SignedDuration::from_hours(1);

/// The most entries of the cache: a safety bound that is not reached in practice.
const CAPACITY: usize = 20_000;

/// What the cache knows of an e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An active user has it.
    User(SalesforceId),
    /// No active user has it.
    NoUser,
    /// It is not cached.
    Unknown,
}

/// The cache of users by tenant and e-mail, in the memory of this Lambda environment.
#[derive(Debug)]
pub struct Owners(TtlCache<(TenantId, String), Option<SalesforceId>>);

impl Default for Owners {
    fn default() -> Self {
        Self(TtlCache::new(CAPACITY))
    }
}

impl Owners {
    /// The user with this e-mail (in lower case).
    pub fn get(&self, tenant: &TenantId, email: &str) -> Owner {
        match self.0.get(&(tenant.clone(), email.to_owned()), Timestamp::now()) {
            Some(Some(id)) => Owner::User(id),
            Some(None) => Owner::NoUser,
            None => Owner::Unknown,
        }
    }

    /// Caches that no user has this e-mail (in lower case): the user may no longer own records.
    pub fn forget(&self, tenant: &TenantId, email: &str) {
        self.insert(tenant, email, None);
    }

    /// Caches for each of `emails` who of `users` has it; `users` are active users as Salesforce returned them.
    pub fn learn(&self, tenant: &TenantId, emails: &[String], users: &[Record]) {
        for email in emails {
            self.insert(tenant, email, choose(email, users));
        }
    }

    fn insert(&self, tenant: &TenantId, email: &str, owner: Option<SalesforceId>) {
        let ttl = if owner.is_some() { HIT_TTL } else { MISS_TTL };
        self.0.insert((tenant.clone(), email.to_owned()), owner, Timestamp::now(), ttl);
    }
}

/// The user with this e-mail. If several share it, the one who also signs in with it, else the most recently updated,
/// which comes first. Portal users and Chatter-only users may not own Tasks.
fn choose(email: &str, users: &[Record]) -> Option<SalesforceId> {
    let is = |user: &&Record, field| user.str(field).is_some_and(|value| value.eq_ignore_ascii_case(email));
    let may_own = |user: &&Record| user.str("UserType").is_none_or(|kind| kind == "Standard");
    let mut having = users.iter().filter(|user| is(user, "Email")).filter(may_own);
    let first = having.clone().next()?;
    having.find(|user| is(user, "Username")).unwrap_or(first).id()
}
