//! Connecting a tenant: each step changes only its own attributes, so that none undoes what another part wrote.
//!
//! In the order of a first sign-in: [`Tenants::create`], then the tokens in Secrets Manager under the lease
//! [`crate::LeaseOf::Refresh`], then [`Tenants::connect_salesforce`].
//! Each step says whether there is such a tenant; where there is none, nothing is stored.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use crate::aircall::{AircallConnection, AircallState};
use crate::error::Error;
use crate::expression::Update;
use crate::item;
use crate::tenant::{Connection, ConnectionState, TenantId};
use crate::tenants::Tenants;
use crate::token_hash::TokenHash;

/// How old the record of a tenant's last webhook may become while webhooks come.
const SEEN_FOR: SignedDuration = SignedDuration::from_mins(1);

impl Tenants {
    /// Makes a tenant that nothing is connected to, with the id of [`TenantId::of_org`]. Says whether it is new; one that
    /// is there stays as it is.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn create(&self, id: &TenantId, now: Timestamp) -> Result<bool, Error> {
        let update = Update::default()
            .set("webhook_tokens", AttributeValue::L(Vec::new()))
            .set("state", item::value(&ConnectionState::Connected))
            .set("created_at", item::seconds(now))
            .only_if_new("tenant");
        self.update_if(id, update).await
    }

    /// Connects the org, which takes requests then as far as is known.
    ///
    /// What was learnt about the org stays if it is the same org as before, and is forgotten otherwise.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn connect_salesforce(&self, id: &TenantId, connection: &Connection) -> Result<bool, Error> {
        let connect = || {
            Update::default()
                .set("salesforce", item::value(connection))
                .set("state", item::value(&ConnectionState::Connected))
                .remove("former_login_url")
                .only_if_exists("tenant")
                .value("org", item::text(&connection.org_id))
        };
        let same = connect().only_where("#salesforce.#org_id = :org", &["salesforce", "org_id"]);
        let is_other = "attribute_not_exists(#salesforce.#org_id) OR #salesforce.#org_id <> :org";
        let other = connect().remove("facts").remove("api_usage").only_where(is_other, &["salesforce", "org_id"]);
        // Whoever connects the same org in between changes which of the two holds; the last one is stored then.
        Ok(self.update_if(id, same.clone()).await?
            || self.update_if(id, other).await?
            || self.update_if(id, same).await?)
    }

    /// Disconnects the org and forgets what was learnt about it, but where its users sign in: it may be connected again.
    /// Entries wait.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn disconnect_salesforce(&self, id: &TenantId, login_url: &str) -> Result<bool, Error> {
        let update = Update::default().remove("salesforce").remove("facts").remove("api_usage");
        let update = update.set("former_login_url", item::text(login_url));
        let update = update.set("state", item::value(&ConnectionState::Connected)).only_if_exists("tenant");
        self.update_if(id, update).await
    }

    /// Connects the Aircall account, or stores what changed of its connection, such as another webhook.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn connect_aircall(&self, id: &TenantId, connection: &AircallConnection) -> Result<bool, Error> {
        let update = Update::default().set("aircall", item::value(connection)).only_if_exists("tenant");
        self.update_if(id, update).await
    }

    /// Stores whether the account's webhook sends, if it still is this webhook.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_aircall_state(
        &self,
        id: &TenantId,
        webhook_id: &str,
        state: &AircallState,
    ) -> Result<bool, Error> {
        let update = Update::default()
            .set_part("aircall", "state", item::value(state))
            .only_where("#aircall.#webhook_id = :webhook_id", &["aircall", "webhook_id"])
            .value("webhook_id", item::text(webhook_id));
        self.update_if(id, update).await
    }

    /// Disconnects the Aircall account. Its webhook's token counts until [`Tenants::set_webhook_tokens`] takes it away.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn disconnect_aircall(&self, id: &TenantId) -> Result<bool, Error> {
        let update = Update::default().remove("aircall").remove("last_event_at").only_if_exists("tenant");
        self.update_if(id, update).await
    }

    /// Stores which webhook tokens count: of both webhooks while one replaces the other, and none once the account is
    /// disconnected.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_webhook_tokens(&self, id: &TenantId, tokens: &[TokenHash]) -> Result<bool, Error> {
        let update = Update::default().set("webhook_tokens", item::value(&tokens)).only_if_exists("tenant");
        self.update_if(id, update).await
    }

    /// Records that a webhook came, unless one is recorded that came within the minute before.
    ///
    /// DynamoDB charges for an update that is refused, too: who sees many events asks no more than once a minute.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn saw_event(&self, id: &TenantId, at: Timestamp) -> Result<(), Error> {
        let update = Update::default()
            .set("last_event_at", item::seconds(at))
            .only_if_exists("tenant")
            .only_where("attribute_not_exists(#last_event_at) OR #last_event_at <= :before", &["last_event_at"])
            .value("before", item::seconds(at - SEEN_FOR));
        self.update_if(id, update).await.map(drop)
    }
}
