//! Which Salesforce user has an e-mail: asked once an hour.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use salesforce::{Record, SalesforceId};
use store::TenantId;

/// How long it counts that nobody has an e-mail: somebody may be about to create the user.
const MISS_LIFETIME: Duration = Duration::from_mins(15);

/// How long an answer counts. Users change rarely, and warm environments live for hours.
const LIFETIME: Duration = Duration::from_hours(1);

/// The most answers that are kept: a bound, not a limit anybody meets.
const CAPACITY: usize = 20_000;

/// What is known of an e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This active user has it.
    User(SalesforceId),
    /// No active user has it.
    Nobody,
    /// It has not been asked for lately.
    Unknown,
}

/// What was learnt about users, by tenant and e-mail, in the memory of this environment.
#[derive(Debug, Default)]
pub struct Owners(Mutex<BTreeMap<(TenantId, String), Learnt>>);

#[derive(Debug)]
struct Learnt {
    owner: Option<SalesforceId>,
    at: Instant,
}

impl Learnt {
    fn counts(&self) -> bool {
        self.at.elapsed() < if self.owner.is_some() { LIFETIME } else { MISS_LIFETIME }
    }
}

impl Owners {
    /// Who has this e-mail (in small letters).
    pub fn get(&self, tenant: &TenantId, email: &str) -> Owner {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&(tenant.clone(), email.to_owned())).filter(|learnt| learnt.counts()) {
            Some(Learnt { owner: Some(id), .. }) => Owner::User(*id),
            Some(Learnt { owner: None, .. }) => Owner::Nobody,
            None => Owner::Unknown,
        }
    }

    /// Forgets who has this e-mail (in small letters): the user may own nothing any more.
    pub fn forget(&self, tenant: &TenantId, email: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((tenant.clone(), email.to_owned()), Learnt { owner: None, at: Instant::now() });
    }

    /// Keeps who of `asked` is among `users`, active users as Salesforce answers them.
    pub fn learn(&self, tenant: &TenantId, asked: &[String], users: &[Record]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, learnt| learnt.counts());
        if known.len() + asked.len() > CAPACITY {
            known.clear();
        }
        for email in asked {
            known.insert((tenant.clone(), email.clone()), Learnt { owner: choose(email, users), at: Instant::now() });
        }
    }
}

/// The user with this e-mail. Several may share it: then the one who also signs in with it, else the latest updated,
/// which comes first. Users of portals and of Chatter alone may own no Task.
fn choose(email: &str, users: &[Record]) -> Option<SalesforceId> {
    let is = |user: &&Record, field| user.str(field).is_some_and(|value| value.eq_ignore_ascii_case(email));
    let may_own = |user: &&Record| user.str("UserType").is_none_or(|kind| kind == "Standard");
    let mut having = users.iter().filter(|user| is(user, "Email")).filter(may_own);
    let first = having.clone().next()?;
    having.find(|user| is(user, "Username")).unwrap_or(first).id()
}
