//! What waits for a later moment and need not any more.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use crate::calls::Calls;
use crate::error::Error;
use crate::expression::Update;
use crate::item;
use crate::tenant::TenantId;

/// Longer than any entry is postponed.
const MAX_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Most entries at once: a drain postpones 200.
const LIMIT: usize = 2_000;

/// Changed side by side.
const CONCURRENCY: usize = 16;

impl Calls {
    /// Has the tenant's entries that wait, 2,000 of them at most, be due by `now`: what they wait for has come.
    ///
    /// # Errors
    /// When DynamoDB cannot answer; some may be due then.
    pub async fn make_due(&self, tenant: &TenantId, now: Timestamp) -> Result<(), Error> {
        let keys = self.due(tenant, now + MAX_WAIT, LIMIT, &BTreeSet::new()).await?;
        stream::iter(keys)
            .map(|key| async move {
                let update = Update::default().set("due_at", item::seconds(now)).only_if_exists("pending");
                // Recorded meanwhile, or due already.
                let update = update.only_if("due_at", ">", item::seconds(now));
                self.change(tenant, &key, update).await.map(drop)
            })
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }
}
