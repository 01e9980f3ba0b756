//! The table of tenants.
//!
//! Console and writer each own some attributes of an item and update only those, so neither overwrites the other.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use rules::DigestKey;

use crate::error::{self, Corrupt, Error};
use crate::expression::Update;
use crate::item::{self, Attributes, Item};
use crate::random;
use crate::tenant::{ApiUsage, ConnectionState, OrgFacts, Tenant, TenantId};

/// The table of tenants.
#[derive(Clone, Debug)]
pub struct Tenants {
    pub(crate) dynamodb: Client,
    pub(crate) table: String,
}

impl Tenants {
    /// The tenants in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { dynamodb, table: table.into() }
    }

    /// The tenant with this id, if it exists.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, id: &TenantId) -> Result<Option<Tenant>, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        let answer = request.consistent_read(true).send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        Ok(answer.item.map(|item| read(id, item)).transpose()?)
    }

    /// Stores the tenant's webhook tokens, connections and state, which an admin configures.
    ///
    /// The org's facts, its API usage and the time of the last event are observed later and stored only where absent.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn put(&self, tenant: &Tenant) -> Result<(), Error> {
        let update = Update::default()
            .set(item::SCHEMA, item::schema())
            .set("webhook_tokens", item::value(&tenant.webhook_tokens))
            .set_or_remove("salesforce", tenant.salesforce.as_ref().map(item::value))
            .set_or_remove("former_login_url", tenant.former_login_url.as_deref().map(item::text))
            .set("state", item::value(&tenant.state))
            .set_if_absent("facts", item::value(&tenant.facts))
            .set_or_remove("aircall", tenant.aircall.as_ref().map(item::value));
        let update = match &tenant.api_usage {
            Some(usage) => update.set_if_absent("api_usage", item::value(usage)),
            None => update,
        };
        let update = match tenant.last_event_at {
            Some(at) => update.set_if_absent("last_event_at", item::seconds(at)),
            None => update,
        };
        self.update(&tenant.id, update).await
    }

    /// Stores whether the tenant's org accepts requests.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_state(&self, id: &TenantId, state: &ConnectionState) -> Result<(), Error> {
        self.update(id, Update::default().set("state", item::value(state))).await
    }

    /// Stores the known facts about the tenant's org.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_facts(&self, id: &TenantId, facts: &OrgFacts) -> Result<(), Error> {
        self.update(id, Update::default().set("facts", item::value(facts))).await
    }

    /// Stores the API usage of the tenant's org, unless a newer one is stored.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_api_usage(&self, id: &TenantId, usage: &ApiUsage) -> Result<(), Error> {
        let update = Update::default()
            .set("api_usage", item::value(usage))
            .only_if_exists("tenant")
            .only_if_expression("attribute_not_exists(#api_usage.#at) OR #api_usage.#at <= :at", &["api_usage", "at"])
            .value("at", item::seconds(usage.at));
        self.update_if(id, update).await.map(drop)
    }

    /// The tenant's key for digests of phone numbers, created on first use. Returns `None` if there is no such tenant.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the stored key cannot be read.
    pub async fn digest_key(&self, id: &TenantId) -> Result<Option<DigestKey>, Error> {
        let new: [u8; 32] = random::bytes()?;
        let update =
            Update::default().set_if_absent("digest_key", AttributeValue::B(Blob::new(new))).only_if_exists("tenant");
        let request = self.dynamodb.update_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        let request = update.apply_to(request).return_values(ReturnValue::UpdatedNew);
        let attributes = match request.send().await {
            Ok(response) => response.attributes.unwrap_or_default(),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error::from_sdk("UpdateItem", &error)),
        };
        let stored = attributes.get("digest_key").and_then(|key| key.as_b().ok()).map(AsRef::as_ref);
        match stored.and_then(|key| <[u8; 32]>::try_from(key).ok()) {
            Some(key) => Ok(Some(DigestKey::new(key))),
            None => Err(Corrupt { key: id.to_string(), attribute: "digest_key" }.into()),
        }
    }

    async fn update(&self, id: &TenantId, update: Update) -> Result<(), Error> {
        let request = self.dynamodb.update_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        update.apply_to(request).send().await.map_err(|e| error::from_sdk("UpdateItem", &e))?;
        Ok(())
    }

    /// Applies a conditional update. Returns whether its condition held.
    pub(crate) async fn update_if(&self, id: &TenantId, update: Update) -> Result<bool, Error> {
        let request = self.dynamodb.update_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        match update.apply_to(request).send().await {
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

pub(crate) fn read(id: &TenantId, item: Attributes) -> Result<Tenant, Corrupt> {
    let mut item = Item::new(item, "tenant");
    Ok(Tenant {
        id: id.clone(),
        // Not taken for absent if it cannot be read: Aircall turns off a webhook that is refused too often.
        webhook_tokens: item.readable("webhook_tokens")?.unwrap_or_default(),
        salesforce: item.optional("salesforce"),
        former_login_url: item.optional("former_login_url"),
        state: item.optional::<ConnectionState>("state").unwrap_or_default().complete(),
        facts: item.optional("facts").unwrap_or_default(),
        api_usage: item.optional("api_usage"),
        aircall: item.optional("aircall"),
        last_event_at: item.instant("last_event_at"),
    })
}
