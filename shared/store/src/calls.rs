//! The table of calls and messages: the activity log and the entries pending for the writer.
//!
//! `evaluate` writes an entry's document and decision and increments its version; the writer writes its outcome.
//! Neither changes the other's attributes. A pending entry has the attributes `pending`, which holds the tenant,
//! and `due_at`; the sparse index `pending` holds only such entries.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::{SignedDuration, Timestamp};
use rules::{Decision, Document, Verdict};

use crate::batch;
use crate::entry::{Entry, Problem, State};
use crate::error::{self, Corrupt, Error};
use crate::expression::Update;
use crate::index;
use crate::item::{self, Attributes, Item};
use crate::message_aggregate;
use crate::tenant::TenantId;

/// The problem of an entry that cannot be read.
const UNREADABLE: &str = "UNREADABLE_ENTRY";
/// Time until an entry that cannot be read is tried again.
const UNREADABLE_DELAY: SignedDuration = SignedDuration::from_mins(5);
/// How often an entry that cannot be read is postponed: for an hour in all.
const UNREADABLE_ATTEMPTS: u32 = 12;

/// The table of calls.
#[derive(Clone, Debug)]
pub struct Calls {
    pub(crate) dynamodb: Client,
    pub(crate) table: String,
}

/// The part of an entry that `evaluate` writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Everything Aircall has sent so far, merged.
    pub document: Document,
    /// Whether and how the call is logged; `None` while it is in progress.
    pub decision: Option<Decision>,
    /// When DynamoDB may delete the entry (its time to live).
    pub expires_at: Timestamp,
}

/// Why a merge was not written.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The entry was changed since it was read: read it again and repeat the merge.
    #[error("the entry was changed concurrently")]
    Conflict,
    /// The table could not answer.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A page of overdue entries of all tenants.
#[derive(Debug)]
pub struct Overdue {
    /// Tenant and key of each entry.
    pub entries: Vec<(TenantId, String)>,
    /// Where the next page begins, if there is one.
    pub next: Option<OverduePosition>,
}

/// Where a page of [`Overdue`] ends.
#[derive(Clone, Debug)]
pub struct OverduePosition(Attributes);

impl Calls {
    /// The calls in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { dynamodb, table: table.into() }
    }

    /// The entry, if it exists (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, tenant: &TenantId, key: &str) -> Result<Option<Entry>, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).set_key(Some(key_of(tenant, key)));
        let answer = request.consistent_read(true).send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        Ok(answer.item.filter(message_aggregate::is_entry).map(Entry::read).transpose()?)
    }

    /// Those of the entries that exist, sorted by key (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn get_many(&self, tenant: &TenantId, keys: &[String]) -> Result<Vec<Result<Entry, Corrupt>>, Error> {
        let keys = keys.iter().map(|key| key_of(tenant, key)).collect();
        let read = KeysAndAttributes::builder().consistent_read(true);
        let mut items = batch::get(&self.dynamodb, &self.table, keys, read).await?;
        items.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        Ok(items.into_iter().filter(message_aggregate::is_entry).map(Entry::read).collect())
    }

    /// Writes the merged document and its decision, with optimistic locking: `expected` is the version that was read,
    /// `None` if there was no entry.
    ///
    /// A call to log becomes pending for the writer, due at `now`, or keeps its earlier due time.
    ///
    /// # Errors
    /// When the entry was changed concurrently or DynamoDB cannot answer.
    pub async fn merge(
        &self,
        tenant: &TenantId,
        key: &str,
        change: &Merge,
        expected: Option<u64>,
        now: Timestamp,
    ) -> Result<(), MergeError> {
        let update = Update::default()
            .set(item::SCHEMA, item::schema())
            .set("version", item::number(expected.map_or(1, |version| version + 1)))
            .set("document", item::value(&change.document))
            .set_or_remove("decision", change.decision.as_ref().map(item::value))
            .set("expires_at", item::seconds(change.expires_at))
            .set("updated_at", item::seconds(now));
        let update = index::set_attributes(update, key, &change.document.interaction(), change.decision.as_ref());
        let update = match change.decision.as_ref().map(|decision| decision.verdict) {
            Some(Verdict::Log(_)) => update
                .set("state", item::value(&State::Pending))
                .set("pending", item::text(tenant.as_str()))
                .set_if_absent("due_at", item::seconds(now)),
            Some(Verdict::Skip(_)) => terminal(update, State::Skipped),
            None => terminal(update, State::Open),
        };
        let update = match expected {
            Some(version) => update.only_if("version", "=", item::number(version)),
            None => update.only_if_new("key"),
        };
        if self.update_if(tenant, key, update).await? { Ok(()) } else { Err(MergeError::Conflict) }
    }

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
                .dynamodb
                .query()
                .table_name(&self.table)
                .index_name("pending")
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
            let listed = answer.items.iter().flatten().filter_map(sort_key);
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
            .dynamodb
            .scan()
            .table_name(&self.table)
            .index_name("pending")
            .filter_expression("#due_at <= :before")
            .expression_attribute_names("#due_at", "due_at")
            .expression_attribute_values(":before", item::seconds(before))
            .set_exclusive_start_key(from.map(|position| position.0))
            .send()
            .await
            .map_err(|e| error::from_sdk("Scan", &e))?;
        let entry = |item: &Attributes| {
            let tenant = TenantId::parse(item.get("tenant")?.as_s().ok()?).ok()?;
            Some((tenant, sort_key(item)?.clone()))
        };
        let entries = answer.items.iter().flatten().filter_map(entry).collect();
        Ok(Overdue { entries, next: answer.last_evaluated_key.map(OverduePosition) })
    }

    /// Makes a failed entry pending and due at `now`. Returns whether the entry was failed; if not, nothing changes.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn retry(&self, tenant: &TenantId, key: &str, now: Timestamp) -> Result<bool, Error> {
        let update = Update::default()
            .set("state", item::value(&State::Pending))
            .set("pending", item::text(tenant.as_str()))
            .set("due_at", item::seconds(now))
            .set("attempts", item::number(0))
            .set("updated_at", item::seconds(now))
            .only_if("state", "=", item::value(&State::Failed));
        self.update_if(tenant, key, update).await
    }

    /// Postpones a pending entry that this version cannot read, as another version may be able to; after
    /// [an hour](UNREADABLE_ATTEMPTS) it has failed. Returns whether it has failed.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn postpone_unreadable(
        &self,
        tenant: &TenantId,
        corrupt: &Corrupt,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).set_key(Some(key_of(tenant, &corrupt.key)));
        let answer = request.consistent_read(true).send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        let Some(item) = answer.item else { return Ok(false) };
        let mut item = Item::new(item, "key");
        let attempts: u32 = item.optional("attempts").unwrap_or_default();
        let since = item.optional("problem").filter(|problem: &Problem| problem.code == UNREADABLE);
        let has_failed = attempts >= UNREADABLE_ATTEMPTS;
        let message = format!("The entry cannot be read: its attribute {:?} is missing or damaged.", corrupt.attribute);
        let since = since.map_or(now, |problem| problem.since);
        let problem = Problem { code: UNREADABLE.to_owned(), message, since, shared_failures: 0 };
        let update = Update::default();
        let update = if has_failed {
            terminal(update, State::Failed)
        } else {
            update.set("due_at", item::seconds(now + UNREADABLE_DELAY)).set("attempts", item::number(attempts + 1))
        };
        let update = update
            .set("problem", item::value(&problem))
            .set("updated_at", item::seconds(now))
            .only_if_exists("pending");
        Ok(self.update_if(tenant, &corrupt.key, update).await? && has_failed)
    }

    /// Applies a conditional update. Returns whether its condition held.
    pub(crate) async fn update_if(&self, tenant: &TenantId, key: &str, update: Update) -> Result<bool, Error> {
        let request = self.dynamodb.update_item().table_name(&self.table);
        match update.apply_to(request.set_key(Some(key_of(tenant, key)))).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(error::from_sdk("UpdateItem", &error)),
        }
    }
}

/// Puts an entry into a state in which it is not pending for the writer.
pub(crate) fn terminal(update: Update, state: State) -> Update {
    update.set("state", item::value(&state)).remove("pending").remove("due_at")
}

pub(crate) fn key_of(tenant: &TenantId, key: &str) -> Attributes {
    [("tenant", tenant.as_str()), ("key", key)].map(|(name, value)| (name.to_owned(), item::text(value))).into()
}

fn sort_key(item: &Attributes) -> Option<&String> {
    item.get("key").and_then(|key| key.as_s().ok())
}
