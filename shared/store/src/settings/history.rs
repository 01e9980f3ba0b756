//! The history of the settings: the latest [`HISTORY_LIMIT`] stored versions, with who stored each and when.
//!
//! Stored in the console's table under the tenant, as `history#<version>`, zero-padded so that versions sort in order.
//! [`crate::SettingsStore`] writes a version in the same transaction as the settings.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use rules::Settings;
use serde::{Deserialize, Serialize};

use crate::dynamodb::item::{self, Attributes, Item};
use crate::dynamodb::table::Table;
use crate::dynamodb::transaction;
use crate::error::{self, Corrupt, Error};
use crate::tenant_id::TenantId;

/// The most versions that are kept of a tenant's settings.
pub const HISTORY_LIMIT: u64 = 200;

/// The history in the console's table.
#[derive(Clone, Debug)]
pub struct History {
    table: Table,
}

/// A version of the settings.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingsVersion {
    /// The document, which holds its version.
    pub settings: Settings,
    /// Who stored it.
    pub changed_by: String,
    /// When it was stored.
    pub changed_at: Timestamp,
    /// How it came about.
    pub made_from: MadeFrom,
}

/// How a version of the settings came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum MadeFrom {
    /// As an edit of the previous version.
    Edit,
    /// By restoring an older version.
    Restore {
        /// The restored version; 0 is that of a new tenant.
        version: u64,
    },
}

impl History {
    /// The history in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table) }
    }

    /// Up to `limit` of the tenant's versions before `before_version`, latest first.
    /// An unreadable one does not hide the others.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn list(
        &self,
        tenant: &TenantId,
        before_version: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Result<SettingsVersion, Corrupt>>, Error> {
        let Some(last) = before_version.unwrap_or(u64::MAX).checked_sub(1) else { return Ok(Vec::new()) };
        let mut items: Vec<Attributes> = Vec::new();
        let mut from = None;
        while items.len() < limit {
            let answer = self
                .table
                .query()
                .key_condition_expression("#tenant = :tenant AND #item BETWEEN :first AND :last")
                .expression_attribute_names("#tenant", "tenant")
                .expression_attribute_names("#item", "item")
                .expression_attribute_values(":tenant", item::text(tenant.as_str()))
                .expression_attribute_values(":first", item::text(sort_key(0)))
                .expression_attribute_values(":last", item::text(sort_key(last)))
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(i32::try_from(limit - items.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|e| error::from_sdk("Query", &e))?;
            items.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(items.into_iter().map(read).collect())
    }

    /// One version of the tenant's settings, if it was stored.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, tenant: &TenantId, version: u64) -> Result<Option<SettingsVersion>, Error> {
        Ok(self.table.get(key_of(tenant, version)).await?.map(read).transpose()?)
    }

    /// The transaction items that store a version, and delete the one that is too old after it.
    pub(crate) fn put_version(&self, tenant: &TenantId, version: &SettingsVersion) -> Vec<TransactWriteItem> {
        let outdated = version.settings.version.checked_sub(HISTORY_LIMIT).filter(|outdated| *outdated > 0);
        let outdated = outdated.map(|outdated| {
            let delete = Delete::builder().table_name(self.table.name()).set_key(Some(key_of(tenant, outdated)));
            transaction::delete(delete)
        });
        let put = Put::builder()
            .table_name(self.table.name())
            .set_item(Some(key_of(tenant, version.settings.version)))
            .item(item::SCHEMA, item::schema())
            .item("document", item::value(&version.settings))
            .item("changed_by", item::text(&version.changed_by))
            .item("changed_at", item::seconds(version.changed_at))
            .item("made_from", item::value(&version.made_from));
        [transaction::put(put)].into_iter().chain(outdated).collect()
    }
}

fn sort_key(version: u64) -> String {
    format!("history#{version:020}")
}

fn key_of(tenant: &TenantId, version: u64) -> Attributes {
    item::key([("tenant", tenant.as_str()), ("item", &sort_key(version))])
}

fn read(item: Attributes) -> Result<SettingsVersion, Corrupt> {
    let mut item = Item::new(item, "item");
    let document = item.json("document")?.ok_or_else(|| item.corrupt("document"))?;
    Ok(SettingsVersion {
        settings: Settings::from_stored(document).map_err(|_| item.corrupt("document"))?,
        changed_by: item.optional("changed_by").unwrap_or_default(),
        changed_at: item.instant("changed_at").unwrap_or_default(),
        made_from: item.optional("made_from").unwrap_or(MadeFrom::Edit),
    })
}
