//! Which parts of conversations are closed, cached: so that a new message need not be refused by each of them.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rules::{Conversation, E164, LineId};
use store::{TenantId, TtlCache};

/// A closed part stays closed; the bound keeps the conversations of former days from staying for ever.
const TTL: SignedDuration = SignedDuration::from_mins(10);
/// Maximum number of cached conversations.
const CAPACITY: usize = 1_000;

/// The first part of conversations that is not known to be closed.
#[derive(Debug)]
pub(crate) struct OpenParts(TtlCache<(TenantId, LineId, E164, Date), Conversation>);

impl OpenParts {
    pub(crate) fn new() -> Self {
        Self(TtlCache::new(CAPACITY))
    }

    /// The part to which a new message of the conversation that begins with `first` is routed.
    pub(crate) fn get(&self, tenant: &TenantId, first: Conversation, now: Timestamp) -> Conversation {
        self.0.get(&key(tenant, &first), now).unwrap_or(first)
    }

    /// Notes that the parts before `next` are closed.
    pub(crate) fn note(&self, tenant: &TenantId, next: &Conversation, now: Timestamp) {
        let key = key(tenant, next);
        if self.0.get(&key, now).is_none_or(|known| known.part() < next.part()) {
            self.0.insert(key, next.clone(), now, TTL);
        }
    }
}

fn key(tenant: &TenantId, Conversation { line, phone, day, .. }: &Conversation) -> (TenantId, LineId, E164, Date) {
    (tenant.clone(), *line, phone.clone(), *day)
}
