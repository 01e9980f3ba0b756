//! Signing in and connecting, against the sandboxes of both vendors.

mod activity_notices;
mod aircall;
mod backfill;
mod company;
mod consent;
mod crash_recovery;
mod events;
mod oauth;
mod org;
mod predecessor;
mod rotation;
mod sign_in;
mod statuses;
mod tokens;
pub(crate) mod users;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use serde_json::{Value, json};
use store::{Tenant, TenantId, TokenHash};

use crate::fixture::{Fixture, Response};

impl Fixture {
    /// The tenant of the sandbox org.
    pub(crate) fn org_tenant(&self) -> TenantId {
        TenantId::from_org_id(&self.vendors.salesforce.org_id()).unwrap()
    }

    /// The tenant `one`, with nothing connected.
    pub(crate) async fn with_tenant(self) -> Self {
        self.tenants.put(&Tenant::new(self.tenant.clone())).await.unwrap();
        self
    }

    pub(crate) async fn stored(&self, tenant: &TenantId) -> Tenant {
        self.tenants.get(tenant).await.unwrap().unwrap()
    }

    /// Releases the leases that a killed run held, as if they had expired.
    pub(crate) async fn release_leases(&self, tenant: &TenantId) {
        let update = self.tables.dynamodb.update_item().table_name("TenantsTable");
        let update = update.key("tenant", AttributeValue::S(tenant.to_string()));
        update.update_expression("REMOVE webhook_lease, refresh_lease").send().await.unwrap();
    }

    /// Connects Aircall with the sandbox's API key.
    pub(crate) async fn connect_aircall(&self) -> Response {
        self.connect_aircall_with("api-id", "api-token").await
    }

    pub(crate) async fn connect_aircall_with(&self, api_id: &str, api_token: &str) -> Response {
        let body = json!({ "api_id": api_id, "api_token": api_token }).to_string();
        self.send(Method::PUT, "/api/connections/aircall", body).await
    }

    /// The webhooks in Aircall that send to the tenant `one`.
    pub(crate) fn webhooks(&self) -> Vec<Value> {
        let all = self.vendors.aircall.snapshot()["webhooks"].as_array().unwrap().clone();
        let is_ours = |webhook: &Value| webhook["url"].as_str().unwrap().ends_with("/webhooks/aircall/one");
        all.into_iter().filter(is_ours).collect()
    }

    /// Exactly one webhook is active with all our events, and the stored connection and tokens match it.
    #[track_caller]
    pub(crate) fn check_connected(&self, tenant: &Tenant) {
        let webhooks = self.webhooks();
        assert_eq!(webhooks.len(), 1, "{webhooks:?}");
        assert_eq!(webhooks[0]["active"], true);
        let events: Vec<&str> = webhooks[0]["events"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
        assert_eq!(events, ::aircall::EVENTS);
        let subscription = tenant.aircall.as_ref().unwrap().subscription.as_ref().unwrap();
        assert!(subscription.is_for(&::aircall::EVENTS) && subscription.missing().is_empty());
        let connection = tenant.aircall.as_ref().unwrap();
        assert_eq!(connection.webhook_id, webhooks[0]["id"].as_str().unwrap());
        assert!(tenant.webhook_tokens.contains(&TokenHash::new(webhooks[0]["token"].as_str().unwrap())));
        assert!(self.vendors.secrets.get("aircall/one").is_some());
    }
}
