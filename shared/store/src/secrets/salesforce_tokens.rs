//! OAuth tokens for the tenants' Salesforce orgs.

use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::schema;
use crate::secrets::tenant_secrets::TenantSecrets;
use crate::tenant_id::TenantId;

/// A tenant's OAuth tokens for its Salesforce org.
#[derive(Clone, Debug, Deserialize)]
pub struct SalesforceTokens {
    /// Access token for the REST API, valid until the session ends.
    pub access_token: SecretString,
    /// Refresh token, which obtains new access tokens.
    pub refresh_token: SecretString,
    /// Base URL of the org's REST API, as of the last refresh.
    pub instance_url: String,
    /// URL of the login server that refreshes tokens.
    #[serde(default = "default_login_url")]
    pub login_url: String,
}

/// Where users of production orgs sign in.
fn default_login_url() -> String {
    "https://login.salesforce.com".to_owned()
}

/// The tokens of all tenants: one secret each, named by a prefix and the tenant's id.
#[derive(Clone, Debug)]
pub struct Tokens {
    secrets: TenantSecrets,
}

impl Tokens {
    /// The secrets whose names begin with `prefix`.
    pub fn new(secretsmanager: Client, prefix: impl Into<String>) -> Self {
        Self { secrets: TenantSecrets::new(secretsmanager, prefix) }
    }

    /// The tenant's tokens, if it has any.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer or the secret cannot be read.
    pub async fn get(&self, tenant: &TenantId) -> Result<Option<SalesforceTokens>, Error> {
        self.secrets.get(tenant).await
    }

    /// Replaces a tenant's tokens.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer or the secret does not exist.
    pub async fn put(&self, tenant: &TenantId, tokens: &SalesforceTokens) -> Result<(), Error> {
        self.secrets.put(tenant, &to_json(tokens)).await
    }

    /// Creates or replaces a tenant's tokens.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer.
    pub async fn create(&self, tenant: &TenantId, tokens: &SalesforceTokens) -> Result<(), Error> {
        self.secrets.create(tenant, &to_json(tokens)).await
    }

    /// Permanently deletes the tenant's tokens, if there are any.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer.
    pub async fn delete(&self, tenant: &TenantId) -> Result<(), Error> {
        self.secrets.delete(tenant).await
    }
}

/// Serializes tokens; the only place that exposes them.
fn to_json(tokens: &SalesforceTokens) -> String {
    #[derive(Serialize)]
    struct Exposed<'a> {
        schema: u32,
        access_token: &'a str,
        refresh_token: &'a str,
        instance_url: &'a str,
        login_url: &'a str,
    }
    let exposed = Exposed {
        schema: schema::VERSION,
        access_token: tokens.access_token.expose_secret(),
        refresh_token: tokens.refresh_token.expose_secret(),
        instance_url: &tokens.instance_url,
        login_url: &tokens.login_url,
    };
    serde_json::to_string(&exposed).expect("strings serialize to JSON")
}
