//! What the events of a batch change, and the time there is for it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use store::TenantId;
use tokio::time::Instant;

/// When a batch is evaluated, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) now: Timestamp,
    /// No merge is attempted again after this.
    pub(crate) deadline: Instant,
}

/// What one or several events of a batch change.
#[derive(Clone, Debug)]
pub(crate) struct Update<T> {
    pub(crate) tenant: TenantId,
    pub(crate) value: T,
    /// The events' names, for logs.
    pub(crate) events: BTreeSet<String>,
    /// The ids of the SQS messages.
    pub(crate) messages: BTreeSet<String>,
}

impl<T> Update<T> {
    /// The same events' change of something else.
    pub(crate) fn with<U>(&self, value: U) -> Update<U> {
        let Self { tenant, events, messages, .. } = self;
        Update { tenant: tenant.clone(), value, events: events.clone(), messages: messages.clone() }
    }
}
