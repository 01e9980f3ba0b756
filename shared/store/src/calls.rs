//! The table of calls and messages: the activity log, and what waits for the writer.
//!
//! `evaluate` writes an entry's document and decision and counts its version; the writer writes its outcome.
//! Neither touches the other's attributes. An entry that waits has the attributes `pending`, which holds the tenant,
//! and `due_at`; the index `pending` holds such entries only.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::Timestamp;
use rules::{Decision, Document, Verdict};

use crate::batch;
use crate::entry::{Entry, Problem, State};
use crate::error::{self, Corrupt, Error};
use crate::expression::Update;
use crate::index;
use crate::item::{self, Attributes};
use crate::message_aggregate;
use crate::tenant::TenantId;

/// The table of calls.
#[derive(Clone, Debug)]
pub struct Calls {
    pub(crate) dynamodb: Client,
    pub(crate) table: String,
}

/// What `evaluate` writes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// All that Aircall said so far.
    pub document: Document,
    /// Whether and how the call is logged; none while it is not over.
    pub decision: Option<Decision>,
    /// When the entry is deleted.
    pub expires_at: Timestamp,
}

/// Why a merge was not written.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The entry was changed since it was read: read it again and merge again.
    #[error("the entry was changed meanwhile")]
    Conflict,
    /// The table could not answer.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A page of entries, of all tenants, whose time has come.
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

    /// The entry, if there is one, as of now (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, tenant: &TenantId, key: &str) -> Result<Option<Entry>, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).set_key(Some(key_of(tenant, key)));
        let answer = request.consistent_read(true).send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        Ok(answer.item.filter(message_aggregate::is_entry).map(Entry::read).transpose()?)
    }

    /// Those of the entries that exist, as of now (a consistent read), by key.
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

    /// Writes what `evaluate` learnt and decided, if the entry still is at the version that was read;
    /// `expected` none means that there was no entry.
    ///
    /// A call to log waits for the writer from `now`, or stays due when it was.
    ///
    /// # Errors
    /// When the entry was changed meanwhile or DynamoDB cannot answer.
    pub async fn merge(
        &self,
        tenant: &TenantId,
        key: &str,
        change: &Merge,
        expected: Option<u64>,
        now: Timestamp,
    ) -> Result<(), MergeError> {
        let update = Update::default()
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
        if self.change(tenant, key, update).await? { Ok(()) } else { Err(MergeError::Conflict) }
    }

    /// Keys of up to `limit` of the tenant's entries that wait and are due by `now`, longest due first,
    /// without those to `skip`.
    ///
    /// The index follows the table within moments, so it may still list what was just settled: that is what to skip.
    /// It is read by pages of `limit` until there are enough, so keys that it lists no more cost nothing.
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

    /// A page of all tenants' entries that were due by `before` and still wait.
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

    /// Has the writer take a failed entry again, at once. Says whether the entry had failed; if not, nothing changes.
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
        self.change(tenant, key, update).await
    }

    /// Fails an entry that cannot be read, so that it does not wait for ever.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn fail_unreadable(&self, tenant: &TenantId, corrupt: &Corrupt, now: Timestamp) -> Result<(), Error> {
        let message = format!("The entry cannot be read: its attribute {:?} is damaged.", corrupt.attribute);
        let problem = Problem { code: "UNREADABLE_ENTRY".to_owned(), message, since: now, shared_failures: 0 };
        let update = terminal(Update::default(), State::Failed)
            .set("problem", item::value(&problem))
            .set("updated_at", item::seconds(now))
            .only_if_exists("key");
        self.change(tenant, &corrupt.key, update).await.map(drop)
    }

    /// Says whether the update's condition held.
    pub(crate) async fn change(&self, tenant: &TenantId, key: &str, update: Update) -> Result<bool, Error> {
        let request = self.dynamodb.update_item().table_name(&self.table);
        match update.on(request.set_key(Some(key_of(tenant, key)))).send().await {
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

/// An entry in `state` that does not wait for the writer.
pub(crate) fn terminal(update: Update, state: State) -> Update {
    update.set("state", item::value(&state)).remove("pending").remove("due_at")
}

pub(crate) fn key_of(tenant: &TenantId, key: &str) -> Attributes {
    [("tenant", tenant.as_str()), ("key", key)].map(|(name, value)| (name.to_owned(), item::text(value))).into()
}

fn sort_key(item: &Attributes) -> Option<&String> {
    item.get("key").and_then(|key| key.as_s().ok())
}
