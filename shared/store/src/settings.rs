//! The table of settings: one document for each tenant.

pub(crate) mod history;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use jiff::Timestamp;
use rules::Settings;

use crate::dynamodb::item::{self, Attributes, Item};
use crate::dynamodb::table::Table;
use crate::dynamodb::transaction::{self, Refusal, Transacted};
use crate::error::{Corrupt, Error};
use crate::settings::history::{History, MadeFrom, SettingsVersion};
use crate::tenant_id::TenantId;

/// The table of settings.
#[derive(Clone, Debug)]
pub struct SettingsStore {
    table: Table,
    history: Option<History>,
}

/// Why a settings document was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The settings were changed concurrently. Nothing was stored.
    #[error("the settings have changed: they are now at version {}", current.version)]
    Stale {
        /// The current settings.
        current: Box<Settings>,
    },
    /// The table could not answer.
    #[error(transparent)]
    Store(#[from] Error),
}

impl SettingsStore {
    /// The settings in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table), history: None }
    }

    /// Also stores each version in `history`.
    #[must_use]
    pub fn with_history(self, history: History) -> Self {
        Self { history: Some(history), ..self }
    }

    /// The tenant's settings; the defaults, version 0, if none were ever stored.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, tenant: &TenantId) -> Result<Settings, Error> {
        Ok(self.table.get(key_of(tenant)).await?.map(read).transpose()?.unwrap_or_default())
    }

    /// Replaces the settings if they are still at the version that `settings` carries, and returns them with the next
    /// version. `by` is who changed them.
    ///
    /// # Errors
    /// When they are at another version or DynamoDB cannot answer.
    pub async fn put(
        &self,
        tenant: &TenantId,
        settings: &Settings,
        by: &str,
        now: Timestamp,
    ) -> Result<Settings, PutError> {
        self.put_with_origin(tenant, settings, MadeFrom::Edit, by, now).await
    }

    /// Like [`SettingsStore::put`], for a version that may have come about in another way than by an edit.
    ///
    /// # Errors
    /// When they are at another version or DynamoDB cannot answer.
    pub async fn put_with_origin(
        &self,
        tenant: &TenantId,
        settings: &Settings,
        made_from: MadeFrom,
        by: &str,
        now: Timestamp,
    ) -> Result<Settings, PutError> {
        let next = Settings { version: settings.version.saturating_add(1), ..settings.clone() };
        let next = SettingsVersion { settings: next, changed_by: by.to_owned(), changed_at: now, made_from };
        let version = self.history.iter().flat_map(|history| history.put_version(tenant, &next));
        let changes = [self.put_settings(settings.version, tenant, &next)].into_iter().chain(version).collect();
        match transaction::send(self.table.client(), changes).await? {
            Transacted::Done => Ok(next.settings),
            Transacted::Refused(refusal) => {
                let current = current(&refusal).map_err(Error::from)?;
                // Our own change, sent again because its response was lost.
                if current == next.settings { Ok(current) } else { Err(PutError::Stale { current: Box::new(current) }) }
            }
        }
    }

    /// The transaction item that replaces the settings if they are at `version`.
    fn put_settings(&self, version: u64, tenant: &TenantId, next: &SettingsVersion) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(self.table.name())
            .set_item(Some(key_of(tenant)))
            .item(item::SCHEMA, item::schema())
            .item("document", item::value(&next.settings))
            .item("changed_by", item::text(&next.changed_by))
            .item("changed_at", item::seconds(next.changed_at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = if version == 0 {
            put.condition_expression("attribute_not_exists(#tenant)").expression_attribute_names("#tenant", "tenant")
        } else {
            put.condition_expression("#document.#version = :version")
                .expression_attribute_names("#document", "document")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", item::number(version))
        };
        transaction::put(put)
    }
}

fn key_of(tenant: &TenantId) -> Attributes {
    item::key([("tenant", tenant.as_str())])
}

/// The current settings, from a failed condition; the defaults if there are none.
fn current(refusal: &Refusal) -> Result<Settings, Corrupt> {
    let item = refusal.reason_for(0).and_then(|reason| reason.item.clone()).filter(|item| !item.is_empty());
    Ok(item.map(read).transpose()?.unwrap_or_default())
}

fn read(item: Attributes) -> Result<Settings, Corrupt> {
    let mut item = Item::new(item, "tenant");
    let document = item.json("document")?.ok_or_else(|| item.corrupt("document"))?;
    Settings::from_stored(document).map_err(|_| item.corrupt("document"))
}
