//! The writer of one environment: what every drain works with.

use jiff::SignedDuration;
use lambda::queue::{RetryQueue, WriteQueue};
use org::{Lookup, OrgConnector};
use store::{Calls, SettingsStore};

/// Everything a drain works with.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) calls: Calls,
    pub(crate) settings: SettingsStore,
    pub(crate) connector: OrgConnector,
    pub(crate) phone_memory: PhoneMemory,
    pub(crate) write_queue: WriteQueue,
    pub(crate) later: RetryQueue,
    pub(crate) lookup: Lookup,
}

/// For how long a number leads to a record without asking Salesforce again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhoneMemory {
    /// To one that a search found.
    pub(crate) matched: SignedDuration,
    /// To one that we created: long enough for Salesforce's search index to know it.
    pub(crate) created: SignedDuration,
}
