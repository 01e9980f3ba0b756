//! In-memory cache of the Salesforce users who own the Tasks of Aircall's.

use jiff::{SignedDuration, Timestamp};
use rules::User;
use salesforce::{Record, SalesforceId};
use store::{ChosenUsers, TenantId, TtlCache};

/// Time-to-live of a miss: shorter, as an admin may be about to create the user.
const MISS_TTL: SignedDuration = SignedDuration::from_mins(15);

/// Time-to-live of a hit. Users change rarely, and warm environments live for hours.
const HIT_TTL: SignedDuration = SignedDuration::from_hours(1);

/// The most entries of the cache: a safety bound that is not reached in practice.
const CAPACITY: usize = 20_000;

/// What Salesforce puts behind the e-mail addresses of users in sandboxes.
const SANDBOX_SUFFIX: &str = ".invalid";

/// By what a Salesforce user was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// The e-mail address.
    Email,
    /// The e-mail address as sandboxes write it.
    SandboxEmail,
    /// The username, which often is the e-mail address.
    Username,
    /// An admin's choice.
    Override,
}

/// A user to look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserKey {
    /// By e-mail address, in lower case.
    Email(String),
    /// By id.
    Id(SalesforceId),
}

/// What the cache knows of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An active user.
    User(SalesforceId, MatchedBy),
    /// No active user.
    NoUser,
    /// It is not cached.
    Unknown,
}

/// The cache of users by tenant, in the memory of this Lambda environment.
#[derive(Debug)]
pub struct Owners(TtlCache<(TenantId, UserKey), Option<(SalesforceId, MatchedBy)>>);

impl Default for Owners {
    fn default() -> Self {
        Self(TtlCache::new(CAPACITY))
    }
}

impl UserKey {
    /// The key of an Aircall user by its e-mail address.
    pub fn of_email(email: &str) -> Self {
        Self::Email(email.trim().to_lowercase())
    }

    /// The keys of an Aircall user in the order in which they count: the user that was chosen, then the e-mail address.
    pub fn of_user(user: &User, chosen: &ChosenUsers) -> Vec<Self> {
        let chosen = user.id.and_then(|id| chosen.get(&id)).map(|id| Self::Id(*id));
        chosen.into_iter().chain(user.email.as_deref().map(Self::of_email)).collect()
    }

    /// The texts in `Email` and `Username` of the users that it may mean.
    pub(crate) fn texts(&self) -> Vec<String> {
        match self {
            Self::Email(email) => [Some(email.clone())].into_iter().chain(sandbox_emails(email)).flatten().collect(),
            Self::Id(_) => Vec::new(),
        }
    }

    /// The user that it means, among active `users` as Salesforce returned them. If several share an e-mail address,
    /// the one who also signs in with it, else the most recently updated, which comes first. Portal users and
    /// Chatter-only users may not own Tasks.
    pub fn choose(&self, users: &[Record]) -> Option<(SalesforceId, MatchedBy)> {
        let may_own = |user: &&Record| user.str("UserType").is_none_or(|kind| kind == "Standard");
        let users: Vec<&Record> = users.iter().filter(may_own).collect();
        let email = match self {
            Self::Id(id) => {
                let user = users.iter().find(|user| user.id() == Some(*id));
                return user.map(|_| (*id, MatchedBy::Override));
            }
            Self::Email(email) => email,
        };
        let having = |field: &'static str, text: &str| {
            let is = |user: &&&Record| user.str(field).is_some_and(|value| value.eq_ignore_ascii_case(text));
            users.iter().filter(is).copied().collect::<Vec<_>>()
        };
        let by_username = having("Username", email);
        let best = |users: Vec<&Record>| {
            let signs_in = users.iter().find(|user| by_username.iter().any(|other| other.id() == user.id()));
            signs_in.or(users.first()).and_then(|user| user.id())
        };
        let by_email = best(having("Email", email)).map(|id| (id, MatchedBy::Email));
        let in_sandbox = || {
            let found = sandbox_emails(email).into_iter().flatten().find_map(|form| best(having("Email", &form)));
            found.map(|id| (id, MatchedBy::SandboxEmail))
        };
        let signs_in = || by_username.first().and_then(|user| user.id()).map(|id| (id, MatchedBy::Username));
        by_email.or_else(in_sandbox).or_else(signs_in)
    }
}

/// What sandboxes make of an e-mail address, so that nobody is written to: today's form, and
/// `name=example.com@example.com`.
fn sandbox_emails(email: &str) -> [Option<String>; 2] {
    let former = email.split_once('@').map(|(name, domain)| format!("{name}={domain}@example.com"));
    [Some(format!("{email}{SANDBOX_SUFFIX}")), former]
}

impl Owners {
    /// The user of this key.
    pub fn get(&self, tenant: &TenantId, key: &UserKey) -> Owner {
        match self.0.get(&(tenant.clone(), key.clone()), Timestamp::now()) {
            Some(Some((id, by))) => Owner::User(id, by),
            Some(None) => Owner::NoUser,
            None => Owner::Unknown,
        }
    }

    /// Caches that there is no such user: it may no longer own records.
    pub fn forget(&self, tenant: &TenantId, key: UserKey) {
        self.insert(tenant, key, None);
    }

    /// Caches for each of `keys` who of `users` it means; `users` are active users as Salesforce returned them.
    pub fn learn<'a>(&self, tenant: &TenantId, keys: impl IntoIterator<Item = &'a UserKey>, users: &[Record]) {
        for key in keys {
            self.insert(tenant, key.clone(), key.choose(users));
        }
    }

    fn insert(&self, tenant: &TenantId, key: UserKey, owner: Option<(SalesforceId, MatchedBy)>) {
        let ttl = if owner.is_some() { HIT_TTL } else { MISS_TTL };
        self.0.insert((tenant.clone(), key), owner, Timestamp::now(), ttl);
    }
}
