//! A tenant: one Aircall account and the Salesforce org that its calls are logged in.

use jiff::Timestamp;

use crate::dynamodb::item::{Attributes, Item};
use crate::error::Corrupt;
use crate::tenant_id::TenantId;
use crate::tenants::aircall::AircallConnection;
use crate::tenants::org_facts::OrgFacts;
use crate::tenants::salesforce::{ApiUsage, Connection, ConnectionState};
use crate::token_hash::TokenHash;

/// A tenant, without its settings and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Hashes of the valid webhook tokens; several while one webhook replaces another.
    pub webhook_tokens: Vec<TokenHash>,
    /// The connected Salesforce org.
    pub salesforce: Option<Connection>,
    /// Login URL of the previously connected org, if none is connected.
    pub former_login_url: Option<String>,
    /// Whether the org accepts requests.
    pub state: ConnectionState,
    /// Known facts about the org.
    pub facts: OrgFacts,
    /// The org's API usage, as Salesforce last reported.
    pub api_usage: Option<ApiUsage>,
    /// The connected Aircall account.
    pub aircall: Option<AircallConnection>,
    /// When the last event arrived from Aircall; minute precision.
    pub last_event_at: Option<Timestamp>,
}

impl Tenant {
    /// A tenant without connections.
    pub fn new(id: TenantId) -> Self {
        Self {
            id,
            webhook_tokens: Vec::new(),
            salesforce: None,
            former_login_url: None,
            state: ConnectionState::Connected,
            facts: OrgFacts::default(),
            api_usage: None,
            aircall: None,
            last_event_at: None,
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
        state: item.optional("state").unwrap_or_default(),
        facts: item.optional("facts").unwrap_or_default(),
        api_usage: item.optional("api_usage"),
        aircall: item.optional("aircall"),
        last_event_at: item.instant("last_event_at"),
    })
}
