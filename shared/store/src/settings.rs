//! The table of settings: one document for each tenant.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;
use rules::Settings;

use crate::error::{self, Corrupt, Error};
use crate::item::{self, Attributes, Item};
use crate::tenant::TenantId;

/// The table of settings.
#[derive(Clone, Debug)]
pub struct SettingsStore {
    dynamodb: Client,
    table: String,
}

/// Why a settings document was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Somebody else changed the settings first. Nothing was stored.
    #[error("the settings are at version {} by now", current.version)]
    Stale {
        /// What the settings are now.
        current: Box<Settings>,
    },
    /// The table could not answer.
    #[error(transparent)]
    Store(#[from] Error),
}

impl SettingsStore {
    /// The settings in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { dynamodb, table: table.into() }
    }

    /// The tenant's settings; those of a new tenant, version 0, when none were ever stored.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, tenant: &TenantId) -> Result<Settings, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).key("tenant", item::text(tenant.as_str()));
        let answer = request.consistent_read(true).send().await.map_err(|e| error::of("GetItem", &e))?;
        Ok(answer.item.map(read).transpose()?.unwrap_or_default())
    }

    /// Replaces the settings if they still are at the version that `settings` names, and returns them with the next.
    /// `by` is who changed them.
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
        let next = Settings { version: settings.version.saturating_add(1), ..settings.clone() };
        let mut request = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .item("tenant", item::text(tenant.as_str()))
            .item("document", item::value(&next))
            .item("changed_by", item::text(by))
            .item("changed_at", item::seconds(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        request = if settings.version == 0 {
            request
                .condition_expression("attribute_not_exists(#tenant)")
                .expression_attribute_names("#tenant", "tenant")
        } else {
            request
                .condition_expression("#document.#version = :version")
                .expression_attribute_names("#document", "document")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", item::number(settings.version))
        };
        match request.send().await {
            Ok(_) => Ok(next),
            Err(error) => match error.as_service_error() {
                Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(stale)) => {
                    let current = stale.item().cloned().map(read).transpose().map_err(Error::from)?.unwrap_or_default();
                    // Our own change, whose answer was lost on the way.
                    if current == next { Ok(next) } else { Err(PutError::Stale { current: Box::new(current) }) }
                }
                _ => Err(error::of("PutItem", &error).into()),
            },
        }
    }
}

fn read(item: Attributes) -> Result<Settings, Corrupt> {
    Item::new(item, "tenant").required("document")
}
