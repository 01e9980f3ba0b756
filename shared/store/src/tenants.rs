//! The table of tenants.
//!
//! Console and writer each own attributes of an item and update only those, so neither undoes what the other wrote.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use crate::error::{self, Corrupt, Error};
use crate::expression::Update;
use crate::item::{self, Attributes, Item};
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

    /// The tenant, if there is one of that id.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, id: &TenantId) -> Result<Option<Tenant>, Error> {
        let request = self.dynamodb.get_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        let answer = request.consistent_read(true).send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        Ok(answer.item.map(|item| read(id, item)).transpose()?)
    }

    /// Stores the tenant's webhook tokens, connections and state, as an admin sets them up.
    ///
    /// What was learnt since, the org's facts and API calls and when Aircall was heard from, is stored for a new tenant
    /// only.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn put(&self, tenant: &Tenant) -> Result<(), Error> {
        let update = Update::default()
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

    /// Stores whether the tenant's org takes requests.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_state(&self, id: &TenantId, state: &ConnectionState) -> Result<(), Error> {
        self.update(id, Update::default().set("state", item::value(state))).await
    }

    /// Stores what was learnt about the tenant's org.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_facts(&self, id: &TenantId, facts: &OrgFacts) -> Result<(), Error> {
        self.update(id, Update::default().set("facts", item::value(facts))).await
    }

    /// Stores how many API calls the tenant's org has used, unless something newer is known.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_api_usage(&self, id: &TenantId, usage: &ApiUsage) -> Result<(), Error> {
        let update = Update::default()
            .set("api_usage", item::value(usage))
            .only_if_exists("tenant")
            .only_where("attribute_not_exists(#api_usage.#at) OR #api_usage.#at <= :at", &["api_usage", "at"])
            .value("at", item::seconds(usage.at));
        self.update_if(id, update).await.map(drop)
    }

    async fn update(&self, id: &TenantId, update: Update) -> Result<(), Error> {
        let request = self.dynamodb.update_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        update.on(request).send().await.map_err(|e| error::from_sdk("UpdateItem", &e))?;
        Ok(())
    }

    /// Says whether the update's condition held.
    pub(crate) async fn update_if(&self, id: &TenantId, update: Update) -> Result<bool, Error> {
        let request = self.dynamodb.update_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        match update.on(request).send().await {
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
        webhook_tokens: item.optional("webhook_tokens")?.unwrap_or_default(),
        salesforce: item.optional("salesforce")?,
        former_login_url: item.optional("former_login_url")?,
        state: item.optional::<ConnectionState>("state")?.unwrap_or_default().complete(),
        facts: item.optional("facts")?.unwrap_or_default(),
        api_usage: item.optional("api_usage")?,
        aircall: item.optional("aircall")?,
        last_event_at: item.instant("last_event_at")?,
    })
}
