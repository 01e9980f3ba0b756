//! What `evaluate` writes, with optimistic locking: entries and message aggregates.

use jiff::Timestamp;
use rules::{Decision, Document, MessageId, Verdict};

use crate::calls::message_aggregate::{self, MessageAggregate};
use crate::calls::state::{self, State};
use crate::calls::{Calls, index, keys};
use crate::dynamodb::expression::Update;
use crate::dynamodb::item;
use crate::error::Error;
use crate::tenant_id::TenantId;

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

impl Calls {
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
            .set("document", item::value(&change.document))
            .set_or_remove("decision", change.decision.as_ref().map(item::value))
            .set("expires_at", item::seconds(change.expires_at))
            .set("updated_at", item::seconds(now));
        let update = index::set_attributes(update, key, &change.document.interaction(), change.decision.as_ref());
        let update = match change.decision.as_ref().map(|decision| decision.verdict) {
            Some(Verdict::Log(_)) => state::pending(update, tenant).set_if_absent("due_at", item::seconds(now)),
            Some(Verdict::Skip(_)) => state::terminal(update, State::Skipped),
            None => state::terminal(update, State::Open),
        };
        self.put_version(tenant, key, update, expected).await
    }

    /// The aggregate of a message, if there is one, and its version (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn message_aggregate(
        &self,
        tenant: &TenantId,
        id: &MessageId,
    ) -> Result<Option<(MessageAggregate, u64)>, Error> {
        let item = self.table.get(keys::key_of(tenant, &message_aggregate::key(id))).await?;
        Ok(item.map(message_aggregate::read).transpose()?)
    }

    /// Writes the aggregate of a message, with optimistic locking: `expected` is the version that was read, `None` if
    /// there was no aggregate.
    ///
    /// # Errors
    /// When it was changed concurrently or DynamoDB cannot answer.
    pub async fn put_message_aggregate(
        &self,
        tenant: &TenantId,
        aggregate: &MessageAggregate,
        expected: Option<u64>,
        expires_at: Timestamp,
    ) -> Result<(), MergeError> {
        let update = message_aggregate::set(Update::default(), aggregate).set("expires_at", item::seconds(expires_at));
        self.put_version(tenant, &message_aggregate::key(aggregate.document.id()), update, expected).await
    }

    /// Applies `update` if the item is at the version `expected`, and increments that.
    async fn put_version(
        &self,
        tenant: &TenantId,
        key: &str,
        update: Update,
        expected: Option<u64>,
    ) -> Result<(), MergeError> {
        let update = update
            .set(item::SCHEMA, item::schema())
            .set("version", item::number(expected.map_or(1, |version| version + 1)));
        let update = match expected {
            Some(version) => update.only_if("version", "=", item::number(version)),
            None => update.only_if_new("key"),
        };
        if self.table.update_if(keys::key_of(tenant, key), update).await? { Ok(()) } else { Err(MergeError::Conflict) }
    }
}
