//! The table of tenants.
//!
//! Console and writer each own attributes of an item and update only those, so neither undoes what the other wrote.

use aws_sdk_dynamodb::Client;

use crate::error::{self, Corrupt, Error};
use crate::expression::Update;
use crate::item::{self, Attributes, Item};
use crate::tenant::{ConnectionState, OrgFacts, Tenant, TenantId};

/// The table of tenants.
#[derive(Clone, Debug)]
pub struct Tenants {
    dynamodb: Client,
    table: String,
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
        let answer = request.consistent_read(true).send().await.map_err(|e| error::of("GetItem", &e))?;
        Ok(answer.item.map(|item| read(id, item)).transpose()?)
    }

    /// Stores the tenant's webhook tokens, connection and state, as an admin sets them up.
    ///
    /// What the writer learnt about the org, its facts, is stored for a new tenant only.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn put(&self, tenant: &Tenant) -> Result<(), Error> {
        let update = Update::default()
            .set("webhook_tokens", item::value(&tenant.webhook_tokens))
            .set_or_remove("salesforce", tenant.salesforce.as_ref().map(item::value))
            .set("state", item::value(&tenant.state))
            .set_if_absent("facts", item::value(&tenant.facts));
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

    async fn update(&self, id: &TenantId, update: Update) -> Result<(), Error> {
        let request = self.dynamodb.update_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        update.on(request).send().await.map_err(|e| error::of("UpdateItem", &e))?;
        Ok(())
    }
}

fn read(id: &TenantId, item: Attributes) -> Result<Tenant, Corrupt> {
    let mut item = Item::new(item, "tenant");
    Ok(Tenant {
        id: id.clone(),
        webhook_tokens: item.optional("webhook_tokens")?.unwrap_or_default(),
        salesforce: item.optional("salesforce")?,
        state: item.optional("state")?.unwrap_or_default(),
        facts: item.optional("facts")?.unwrap_or_default(),
    })
}
