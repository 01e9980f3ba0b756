//! The entries that wait for the writer: those that are due, retried or cannot be read.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use crate::calls::entry::Problem;
use crate::calls::state::{self, State};
use crate::calls::{Calls, keys};
use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes, Item};
use crate::error::{self, Corrupt, Error};
use crate::tenant_id::TenantId;

/// The sparse index of pending entries, by tenant and `due_at`.
const INDEX: &str = "pending";

/// Longer than the longest postponement of an entry.
const MAX_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Most entries that are made due at once; a drain postpones 200.
const MAKE_DUE_LIMIT: usize = 2_000;

/// Concurrent updates of entries that are made due.
const MAKE_DUE_CONCURRENCY: usize = 16;

/// The code of the problem of an entry that cannot be read.
pub const UNREADABLE_ENTRY: &str = "UNREADABLE_ENTRY";
/// Time until an entry that cannot be read is tried again.
const UNREADABLE_DELAY: SignedDuration = SignedDuration::from_mins(5);
/// How long an entry that cannot be read is postponed before it has failed.
const UNREADABLE_FOR: SignedDuration = SignedDuration::from_hours(1);
/// The attribute that says since when an entry cannot be read.
pub(crate) const UNREADABLE_SINCE: &str = "unreadable_since";

/// What became of a pending entry that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is tried again then.
    Postponed(Timestamp),
    /// It has failed.
    Failed,
    /// It is no longer pending.
    Gone,
}

/// A page of overdue entries of all tenants.
#[derive(Debug)]
pub struct Overdue {
    /// The entries.
    pub entries: Vec<OverdueEntry>,
    /// Where the next page begins, if there is one.
    pub next: Option<OverduePosition>,
}

/// An entry that should have been written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OverdueEntry {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its key.
    pub key: String,
    /// Since when it is due.
    pub due_at: Timestamp,
}

/// Where a page of [`Overdue`] ends.
#[derive(Clone, Debug)]
pub struct OverduePosition(pub(crate) Attributes);

impl Calls {
    /// Keys of up to `limit` of the tenant's pending entries that are due by `now`, longest due first, without those in
    /// `skip`.
    ///
    /// The index is eventually consistent and may still list entries whose outcome was just recorded: pass those in
    /// `skip`. The index is read in pages of `limit` until there are enough keys.
    /// Keys in `skip` that the index no longer lists cost nothing.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn due(
        &self,
        tenant: &TenantId,
        now: Timestamp,
        limit: usize,
        skip: &BTreeSet<String>,
    ) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        let mut from = None;
        while keys.len() < limit {
            let answer = self
                .table
                .query()
                .index_name(INDEX)
                .key_condition_expression("#pending = :tenant AND #due_at <= :now")
                .expression_attribute_names("#pending", "pending")
                .expression_attribute_names("#due_at", "due_at")
                .expression_attribute_values(":tenant", item::text(tenant.as_str()))
                .expression_attribute_values(":now", item::seconds(now))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|e| error::from_sdk("Query", &e))?;
            let listed = answer.items.iter().flatten().filter_map(keys::sort_key);
            keys.extend(listed.filter(|key| !skip.contains(*key)).cloned());
            from = answer.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        keys.truncate(limit);
        Ok(keys)
    }

    /// A page of all tenants' entries that were due by `before` and are still pending.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn overdue(&self, before: Timestamp, from: Option<OverduePosition>) -> Result<Overdue, Error> {
        let answer = self
            .table
            .scan()
            .index_name(INDEX)
            .filter_expression("#due_at <= :before")
            .expression_attribute_names("#due_at", "due_at")
            .expression_attribute_values(":before", item::seconds(before))
            .set_exclusive_start_key(from.map(|position| position.0))
            .send()
            .await
            .map_err(|e| error::from_sdk("Scan", &e))?;
        let entry = |item: &Attributes| {
            let tenant = TenantId::parse(item.get("tenant")?.as_s().ok()?).ok()?;
            let due_at = Timestamp::from_second(item.get("due_at")?.as_n().ok()?.parse().ok()?).ok()?;
            Some(OverdueEntry { tenant, key: keys::sort_key(item)?.clone(), due_at })
        };
        let entries = answer.items.iter().flatten().filter_map(entry).collect();
        Ok(Overdue { entries, next: answer.last_evaluated_key.map(OverduePosition) })
    }

    /// Makes up to 2,000 of the tenant's pending entries due at `now`, because the reason for their delay is gone.
    ///
    /// # Errors
    /// When DynamoDB cannot answer; some entries may be due then.
    pub async fn make_due(&self, tenant: &TenantId, now: Timestamp) -> Result<(), Error> {
        let keys = self.due(tenant, now + MAX_WAIT, MAKE_DUE_LIMIT, &BTreeSet::new()).await?;
        stream::iter(keys)
            .map(|key| async move {
                let update = Update::default().set("due_at", item::seconds(now)).only_if_exists("pending");
                // Fails if the entry is no longer pending or is already due.
                let update = update.only_if("due_at", ">", item::seconds(now));
                self.table.update_if(keys::key_of(tenant, &key), update).await.map(drop)
            })
            .buffer_unordered(MAKE_DUE_CONCURRENCY)
            .try_collect()
            .await
    }

    /// Makes a failed entry pending and due at `now`. Returns whether the entry was failed; if not, nothing changes.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn retry(&self, tenant: &TenantId, key: &str, now: Timestamp) -> Result<bool, Error> {
        let update = state::pending(Update::default(), tenant)
            .set("due_at", item::seconds(now))
            .set("attempts", item::number(0))
            .set("updated_at", item::seconds(now))
            .remove(UNREADABLE_SINCE)
            .only_if("state", "=", item::value(&State::Failed));
        self.table.update_if(keys::key_of(tenant, key), update).await
    }

    /// Postpones a pending entry that this version cannot read, as another version may be able to. After
    /// [an hour](UNREADABLE_FOR) it has failed.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn postpone_unreadable(
        &self,
        tenant: &TenantId,
        corrupt: &Corrupt,
        now: Timestamp,
    ) -> Result<Unreadable, Error> {
        let key = || keys::key_of(tenant, &corrupt.key);
        let Some(item) = self.table.get(key()).await? else { return Ok(Unreadable::Gone) };
        let mut item = Item::new(item, "key");
        // A wake-up that names the key may come again before the entry is due.
        if let Some(due_at) = item.instant("due_at").filter(|due_at| *due_at > now) {
            return Ok(Unreadable::Postponed(due_at));
        }
        let unreadable_since = item.instant(UNREADABLE_SINCE).unwrap_or(now);
        let fails_at = unreadable_since + UNREADABLE_FOR;
        let message = format!("The entry cannot be read: its attribute {:?} is missing or damaged.", corrupt.attribute);
        let since = item.optional("problem").map_or(now, |problem: Problem| problem.since);
        let problem = Problem { code: UNREADABLE_ENTRY.to_owned(), message, since, shared_failures: 0 };
        let (update, outcome) = if fails_at <= now {
            (state::terminal(Update::default(), State::Failed).remove(UNREADABLE_SINCE), Unreadable::Failed)
        } else {
            let due_at = fails_at.min(now + UNREADABLE_DELAY);
            let update = Update::default()
                .set("due_at", item::seconds(due_at))
                .set(UNREADABLE_SINCE, item::seconds(unreadable_since));
            (update, Unreadable::Postponed(due_at))
        };
        let update = update
            .set("problem", item::value(&problem))
            .set("updated_at", item::seconds(now))
            .only_if_exists("pending");
        Ok(if self.table.update_if(key(), update).await? { outcome } else { Unreadable::Gone })
    }
}
