//! The table of calls and messages: the activity log and the entries pending for the writer.
//!
//! `evaluate` writes an entry's document and decision and increments its version; the writer writes its outcome.
//! Neither changes the other's attributes. The console decides again about skipped entries, and increments the version. A pending entry has the attributes `pending`, which holds the tenant,
//! and `due_at`; the sparse index `pending` holds only such entries.
//!
//! The methods of [`Calls`], by file:
//!
//! | file | methods |
//! |---|---|
//! | this one | `get`, `get_many` |
//! | `merge` | `merge`, `message_aggregate`, `put_message_aggregate`: what `evaluate` writes |
//! | `pending` | `due`, `overdue`, `make_due`, `retry`, `postpone_unreadable`: the entries that wait for the writer |
//! | `decided_again` | `replace_decision` of a skipped entry |
//! | `outcome`, `sent` | `record_outcome`, `announce`, `get_many_to_write`: what the writer writes and reads |
//! | `activity` | `activity`, `search`: pages of the activity log |
//! | `bodies` | `keep_body`: webhooks that could not be read |
//! | `completeness` | `completeness` |
//! | `counts` | `daily_outcomes`, `failed_keys`, `count_failed`, `count_listed` |

pub(crate) mod activity;
pub(crate) mod bodies;
pub(crate) mod completeness;
pub(crate) mod counts;
pub(crate) mod cursor;
mod decided_again;
pub(crate) mod entry;
mod index;
mod keys;
pub(crate) mod merge;
pub(crate) mod message_aggregate;
pub(crate) mod outcome;
pub(crate) mod pending;
pub(crate) mod sent;
pub(crate) mod state;

use aws_sdk_dynamodb::Client;

use crate::calls::entry::Entry;
use crate::dynamodb::item::Attributes;
use crate::dynamodb::table::Table;
use crate::error::{Corrupt, Error};
use crate::tenant_id::TenantId;

/// The table of calls.
#[derive(Clone, Debug)]
pub struct Calls {
    table: Table,
}

/// Whether an item of the table is an entry.
fn is_entry(item: &Attributes) -> bool {
    message_aggregate::is_entry(item) && !bodies::is_body(item)
}

impl Calls {
    /// The calls in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table) }
    }

    /// The entry, if it exists (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, tenant: &TenantId, key: &str) -> Result<Option<Entry>, Error> {
        let item = self.table.get(keys::key_of(tenant, key)).await?;
        Ok(item.filter(is_entry).map(Entry::read).transpose()?)
    }

    /// Those of the entries that exist, sorted by key (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn get_many(&self, tenant: &TenantId, keys: &[String]) -> Result<Vec<Result<Entry, Corrupt>>, Error> {
        let keys = keys.iter().map(|key| keys::key_of(tenant, key)).collect();
        let mut items = self.table.get_many(keys).await?;
        items.sort_by(|a, b| keys::sort_key(a).cmp(&keys::sort_key(b)));
        Ok(items.into_iter().filter(is_entry).map(Entry::read).collect())
    }
}
