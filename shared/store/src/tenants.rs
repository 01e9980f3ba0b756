//! The table of tenants.
//!
//! Console and writer each own some attributes of an item and update only those, so neither overwrites the other.
//!
//! The methods of [`Tenants`], by file:
//!
//! | file | methods |
//! |---|---|
//! | this one | `get`, `put`, `set_state`, `set_facts`, `set_api_usage` |
//! | `connect` | `create`, and what connects and disconnects Salesforce and Aircall |
//! | `choices` | `set_statuses`, `set_user` |
//! | `predecessor` | `create_after`, `remember_admin`, `find_predecessor`, `forget_predecessor`, `set_choices` |
//! | `former_user` | `set_former_user` |
//! | `lease` | `acquire`, `release` |
//! | `digest_key` | `digest_key` |
//! | `backfill` | `start_backfill`, `take_backfill`, `set_backfill`, `stop_backfill`, `set_comparison` |
//! | `grant` | `set_grant_refreshed`, `set_org_checked` |
//! | `own_lines` | `company`, `set_own_lines` |
//! | `scan` | `with_aircall`, `with_unchecked_org` |
//! | `sweep` | `sweep_position`, `set_sweep_position` |
//! | `allowed_orgs` | what [`AllowedOrgs`](allowed_orgs::AllowedOrgs) reads |
//! | `webhook_check` | `with_webhook_to_check`, `set_webhook_checked` |
//! | `webhook_tokens` | `set_webhook_tokens`, `retire_webhook_tokens` |

pub(crate) mod aircall;
pub(crate) mod allowed_orgs;
pub(crate) mod backfill;
pub(crate) mod choices;
mod connect;
mod digest_key;
pub(crate) mod former_user;
pub(crate) mod grant;
pub(crate) mod lease;
pub(crate) mod org_facts;
pub(crate) mod own_lines;
pub(crate) mod predecessor;
pub(crate) mod salesforce;
pub(crate) mod scan;
mod sweep;
pub(crate) mod tenant;
pub(crate) mod webhook_check;
pub(crate) mod webhook_tokens;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes};
use crate::dynamodb::table::Table;
use crate::error::Error;
use crate::tenant_id::TenantId;
use crate::tenants::salesforce::{ApiUsage, ConnectionState};
use crate::tenants::tenant::Tenant;

/// The condition that the org is connected by the user `:user`.
const OF_USER: &str = "attribute_not_exists(#salesforce.#user_id) OR #salesforce.#user_id = :user";

/// The condition that the org was connected at `:at`.
const SAME_CONNECTION: &str = "attribute_not_exists(#salesforce.#connected_at) OR #salesforce.#connected_at = :at";

/// The table of tenants.
#[derive(Clone, Debug)]
pub struct Tenants {
    table: Table,
}

impl Tenants {
    /// The tenants in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table) }
    }

    /// The tenant with this id, if it exists.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn get(&self, id: &TenantId) -> Result<Option<Tenant>, Error> {
        Ok(self.table.get(key_of(id)).await?.map(|item| tenant::read(id, item)).transpose()?)
    }

    /// Stores the tenant's webhook tokens, connections and state, which an admin configures.
    ///
    /// The org's facts, its API usage, the own lines, what was chosen from the org and the times of the last refresh and of
    /// the last event are observed later and stored only where absent.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn put(&self, tenant: &Tenant) -> Result<(), Error> {
        let update = webhook_tokens::set(Update::default(), &tenant.webhook_tokens, &tenant.retired_tokens)
            .set(item::SCHEMA, item::schema())
            .set_or_remove("salesforce", tenant.salesforce.as_ref().map(item::value))
            .set_or_remove("former_login_url", tenant.former_login_url.as_deref().map(item::text))
            .set("state", item::value(&tenant.state))
            .set_if_absent("facts", item::value(&tenant.facts))
            .set_or_remove("aircall", tenant.aircall.as_ref().map(item::value));
        let lines = Some(&tenant.own_lines).filter(|lines| !lines.is_empty());
        let users = tenant.users.iter().map(|(aircall, user)| (aircall.to_string(), item::value(user)));
        let update = update
            .set_if_absent_and_known("api_usage", tenant.api_usage.as_ref().map(item::value))
            .set_if_absent_and_known(connect::AIRCALL_SINCE, tenant.aircall_since.map(item::seconds))
            .set_if_absent_and_known(own_lines::ATTRIBUTE, lines.map(item::value))
            .set_if_absent(choices::STATUSES, item::value(&tenant.statuses))
            .set_if_absent(choices::USERS, AttributeValue::M(users.collect()))
            .set_if_absent_and_known(grant::REFRESHED_AT, tenant.grant_refreshed_at.map(item::seconds))
            .set_if_absent_and_known(grant::CHECKED_AT, tenant.org_checked_at.map(item::seconds))
            .set_if_absent_and_known("last_event_at", tenant.last_event_at.map(item::seconds));
        self.table.update(key_of(&tenant.id), update).await
    }

    /// Stores whether the tenant's org accepts requests.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_state(&self, id: &TenantId, state: &ConnectionState) -> Result<(), Error> {
        self.table.update(key_of(id), Update::default().set("state", item::value(state))).await
    }

    /// The same, unless the org was connected again since the tenant was read.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_state_of_connection(&self, tenant: &Tenant, state: &ConnectionState) -> Result<(), Error> {
        let update = Update::default().set("state", item::value(state)).only_if_exists("tenant");
        let update = match &tenant.salesforce {
            Some(connection) => update
                .only_if_expression(SAME_CONNECTION, &["salesforce", "connected_at"])
                .value("at", item::seconds(connection.connected_at)),
            None => update.only_if_new("salesforce"),
        };
        self.table.update_if(key_of(&tenant.id), update).await.map(drop)
    }

    /// Stores the known facts about the tenant's org, unless another user has connected it since the tenant was read.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_facts(&self, tenant: &Tenant) -> Result<(), Error> {
        let update = Update::default().set("facts", item::value(&tenant.facts)).only_if_exists("tenant");
        let update = match &tenant.salesforce {
            Some(connection) => update
                .only_if_expression(OF_USER, &["salesforce", "user_id"])
                .value("user", item::text(&connection.user_id)),
            None => update.only_if_new("salesforce"),
        };
        self.table.update_if(key_of(&tenant.id), update).await.map(drop)
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
        self.table.update_if(key_of(id), update).await.map(drop)
    }
}

fn key(key: &str) -> Attributes {
    item::key([("tenant", key)])
}

fn key_of(id: &TenantId) -> Attributes {
    key(id.as_str())
}
