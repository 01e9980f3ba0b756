//! Stores a tenant for the functions: its item in DynamoDB and its tokens in Secrets Manager.
//!
//! The names of tables and secrets come from the functions' environment variables.

use anyhow::{Context as _, Result};
use console::session::Session;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use store::{Connection, ConnectionState, SalesforceTokens, Tenant, TenantId, TokenHash};

use crate::{salesforce::ServedOrg, services::Services, template::Function};

#[derive(Debug)]
pub(super) struct TenantStore {
    tenants: store::Tenants,
    tokens: store::Tokens,
    session_keys: store::SessionKeys,
}

impl TenantStore {
    pub(super) fn new(services: &Services, functions: &[Function]) -> Result<Self> {
        let variable = |name: &str| {
            let value = functions.iter().find_map(|function| function.environment.get(name));
            value.cloned().with_context(|| format!("no function has the variable {name}"))
        };
        let (dynamodb, secretsmanager) = services.clients();
        Ok(Self {
            tenants: store::Tenants::new(dynamodb, variable("TENANTS_TABLE")?),
            tokens: store::Tokens::new(secretsmanager.clone(), variable("SALESFORCE_TOKENS_PREFIX")?),
            session_keys: store::SessionKeys::new(secretsmanager, variable("SESSION_KEY_SECRET")?),
        })
    }

    /// Stores the tenant as an admin's sign-up would. Tokens that are stored already are kept if the org accepts them:
    /// after a kill, the org's snapshot may be older than the tokens.
    pub(super) async fn connect(&self, id: &str, webhook_token: &str, org: &ServedOrg) -> Result<()> {
        let id = TenantId::parse(id)?;
        let admin = org.org.admin_user_id();
        let stored = self.tokens.get(&id).await?;
        let stored = stored.filter(|tokens| org.org.has_grant(tokens.refresh_token.expose_secret()));
        let mut tokens = stored.unwrap_or_else(|| {
            let grant = org.org.issue_grant(&admin);
            SalesforceTokens {
                access_token: grant.access_token.into(),
                refresh_token: grant.refresh_token.into(),
                instance_url: String::new(),
                login_url: String::new(),
            }
        });
        // The port may differ from that of the last run.
        tokens.instance_url.clone_from(&org.url);
        tokens.login_url.clone_from(&org.url);
        self.tokens.create(&id, &tokens).await?;
        let connection = Connection {
            org_id: org.org.org_id(),
            instance_url: org.url.clone(),
            login_url: org.url.clone(),
            user_name: name_of(org, &admin),
            user_id: admin,
            connected_at: Timestamp::now(),
        };
        // What an earlier run stored, such as the Aircall account, is kept.
        let known = self.tenants.get(&id).await?.unwrap_or_else(|| Tenant::new(id));
        let token = TokenHash::new(webhook_token);
        let others = known.webhook_tokens.iter().copied().filter(|other| *other != token);
        let tenant = Tenant {
            webhook_tokens: [token].into_iter().chain(others).collect(),
            salesforce: Some(connection),
            state: ConnectionState::Connected,
            ..known
        };
        Ok(self.tenants.put(&tenant).await?)
    }

    /// Stores since when the Aircall company counts as connected, of a tenant that may not be connected yet.
    pub(super) async fn set_connected_since(&self, id: &TenantId, since: Timestamp) -> Result<()> {
        self.tenants.create(id, Timestamp::now()).await?;
        self.tenants.begin_with_company(id, since).await?;
        Ok(())
    }

    /// A session of the tenant's admin, as `name=value`, signed as the console signs it.
    pub(super) async fn session_cookie(&self, id: &str) -> Result<String> {
        let key = self.session_keys.signing().await?;
        Ok(Session::new(TenantId::parse(id)?, "admin@example.com", Timestamp::now()).sign(&key))
    }
}

/// The name of a user of the org.
fn name_of(org: &ServedOrg, id: &str) -> Option<String> {
    let user = org.org.records("User").into_iter().find(|user| user["Id"] == id)?;
    user["Name"].as_str().map(str::to_owned)
}
