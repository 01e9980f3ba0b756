//! What every drain uses, and the state of one drain.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use lambda::queue::{QueueError, RetryQueue, WriteQueue};
use org::{BatchError, Lookup, Org, OrgConnector};
use store::{ApiUsage, Calls, SettingsStore, Tenant};

/// The most entries of one batch: the limit of one sObject collection.
pub(crate) const BATCH: usize = 200;

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
    /// How long a request that was given up may still take effect in Salesforce.
    pub(crate) late_effect: SignedDuration,
}

/// Time-to-live of the cache from phone numbers to records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhoneTtl {
    /// For a record that a search found.
    pub(crate) matched: SignedDuration,
    /// For a record that we created: long enough for Salesforce's search index to list it.
    pub(crate) created: SignedDuration,
}

/// Why a drain failed. Its wake-ups are redelivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrainError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the drain ran out of time")]
    OutOfTime,
}

/// One drain.
pub(crate) struct Drain {
    pub(crate) tenant: Tenant,
    /// The holder of its leases.
    pub(crate) holder: String,
    /// When Lambda ends the invocation.
    pub(crate) deadline: Instant,
    /// The open org; `None` before the first request.
    pub(crate) org: Option<Org>,
    /// Whether anything was written.
    pub(crate) wrote: bool,
}

impl Drain {
    /// The org, which is opened before the first request, and the tenant.
    pub(crate) async fn org(
        &mut self,
        connector: &OrgConnector,
        usage_limit: u8,
    ) -> Result<(&mut Org, &mut Tenant), BatchError> {
        let Self { tenant, holder, deadline, org, .. } = self;
        let org = match org {
            Some(org) => org,
            None => org.insert(Org::open(connector, tenant, holder, usage_limit, *deadline).await?),
        };
        Ok((org, tenant))
    }

    pub(crate) fn usage(&self) -> Option<ApiUsage> {
        let usage = self.org.as_ref()?.usage?;
        Some(ApiUsage { used: usage.used, limit: usage.limit, at: Timestamp::now() })
    }
}
