//! Makes pending entries due ahead of their time.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use crate::calls::Calls;
use crate::error::Error;
use crate::expression::Update;
use crate::item;
use crate::tenant::TenantId;

/// Longer than the longest postponement of an entry.
const MAX_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Most entries of one run; a drain postpones 200.
const LIMIT: usize = 2_000;

/// Concurrent updates.
const CONCURRENCY: usize = 16;

impl Calls {
    /// Makes up to 2,000 of the tenant's pending entries due at `now`, because the reason for their delay is gone.
    ///
    /// # Errors
    /// When DynamoDB cannot answer; some entries may be due then.
    pub async fn make_due(&self, tenant: &TenantId, now: Timestamp) -> Result<(), Error> {
        let keys = self.due(tenant, now + MAX_WAIT, LIMIT, &BTreeSet::new()).await?;
        stream::iter(keys)
            .map(|key| async move {
                let update = Update::default().set("due_at", item::seconds(now)).only_if_exists("pending");
                // Fails if the entry is no longer pending or is already due.
                let update = update.only_if("due_at", ">", item::seconds(now));
                self.update_if(tenant, &key, update).await.map(drop)
            })
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }
}
