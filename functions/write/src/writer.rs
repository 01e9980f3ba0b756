//! The writer of one Lambda environment.

use jiff::SignedDuration;
use lambda::queue::{RetryQueue, WriteQueue};
use org::{Lookup, OrgConnector};
use store::{Calls, SettingsStore};

/// Clients and settings that every drain uses.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) calls: Calls,
    pub(crate) settings: SettingsStore,
    pub(crate) connector: OrgConnector,
    pub(crate) phone_ttl: PhoneTtl,
    pub(crate) write_queue: WriteQueue,
    pub(crate) retry_queue: RetryQueue,
    pub(crate) lookup: Lookup,
}

/// Time-to-live of the cache from phone numbers to records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhoneTtl {
    /// For a record that a search found.
    pub(crate) matched: SignedDuration,
    /// For a record that we created: long enough for Salesforce's search index to list it.
    pub(crate) created: SignedDuration,
}
