//! Which Salesforce user has an e-mail: asked once an hour.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use salesforce::{Record, SalesforceId};
use store::TenantId;

/// How long an answer counts. Users change rarely, and warm environments live for hours.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The most answers that are kept: a bound, not a limit anybody meets.
const CAPACITY: usize = 20_000;

/// What was learnt about users, in the memory of this environment.
#[derive(Debug, Default)]
pub(crate) struct Owners(Mutex<BTreeMap<(TenantId, String), (Option<SalesforceId>, Instant)>>);

impl Owners {
    /// The user with this e-mail (small letters); the outer none means that it is not known, the inner that there is none.
    pub(crate) fn get(&self, tenant: &TenantId, email: &str) -> Option<Option<SalesforceId>> {
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (owner, at) = known.get(&(tenant.clone(), email.to_owned()))?;
        (at.elapsed() < LIFETIME).then_some(*owner)
    }

    /// Keeps who of `asked` is among `users`, active users as Salesforce answers them.
    pub(crate) fn learn(&self, tenant: &TenantId, asked: &[String], users: &[Record]) {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.retain(|_, (_, at)| at.elapsed() < LIFETIME);
        if known.len() + asked.len() > CAPACITY {
            known.clear();
        }
        for email in asked {
            known.insert((tenant.clone(), email.clone()), (choose(email, users), Instant::now()));
        }
    }
}

/// The user with this e-mail. Several may share it: then the one who also signs in with it, else the latest updated,
/// which comes first.
fn choose(email: &str, users: &[Record]) -> Option<SalesforceId> {
    let is = |user: &&Record, field| user.str(field).is_some_and(|value| value.eq_ignore_ascii_case(email));
    let mut having = users.iter().filter(|user| is(user, "Email"));
    let first = having.clone().next()?;
    having.find(|user| is(user, "Username")).unwrap_or(first).id()
}
