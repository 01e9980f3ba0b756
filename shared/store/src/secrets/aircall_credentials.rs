//! Credentials for Aircall's API.

use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::schema;
use crate::secrets::tenant_secrets::TenantSecrets;
use crate::tenant_id::TenantId;

/// A tenant's credential for Aircall's API. <https://developer.aircall.io/docs/authentication>
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AircallCredential {
    /// An API key that an admin created in Aircall's dashboard, for basic authentication.
    ApiKey {
        /// Its id.
        api_id: String,
        /// Its secret.
        api_token: SecretString,
    },
    /// An access token that an admin granted; it does not expire.
    #[serde(rename = "oauth")]
    OAuth {
        /// The token.
        access_token: SecretString,
    },
}

/// The credentials of all tenants: one secret each, named by a prefix and the tenant's id.
#[derive(Clone, Debug)]
pub struct AircallCredentials {
    secrets: TenantSecrets,
}

impl AircallCredentials {
    /// The secrets whose names begin with `prefix`.
    pub fn new(secretsmanager: Client, prefix: impl Into<String>) -> Self {
        Self { secrets: TenantSecrets::new(secretsmanager, prefix) }
    }

    /// The tenant's credential, if its account is connected.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer or the secret cannot be read.
    pub async fn get(&self, tenant: &TenantId) -> Result<Option<AircallCredential>, Error> {
        self.secrets.get(tenant).await
    }

    /// Creates or replaces a tenant's credential.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer.
    pub async fn create(&self, tenant: &TenantId, credential: &AircallCredential) -> Result<(), Error> {
        self.secrets.create(tenant, &to_json(credential)).await
    }

    /// Permanently deletes the tenant's credential, if there is one.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer.
    pub async fn delete(&self, tenant: &TenantId) -> Result<(), Error> {
        self.secrets.delete(tenant).await
    }
}

/// Serializes a credential; the only place that exposes one.
fn to_json(credential: &AircallCredential) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "snake_case", tag = "is")]
    enum Exposed<'a> {
        ApiKey { api_id: &'a str, api_token: &'a str },
        Oauth { access_token: &'a str },
    }
    #[derive(Serialize)]
    struct Stored<'a> {
        schema: u32,
        #[serde(flatten)]
        credential: Exposed<'a>,
    }
    let credential = match credential {
        AircallCredential::ApiKey { api_id, api_token } => {
            Exposed::ApiKey { api_id, api_token: api_token.expose_secret() }
        }
        AircallCredential::OAuth { access_token } => Exposed::Oauth { access_token: access_token.expose_secret() },
    };
    serde_json::to_string(&Stored { schema: schema::VERSION, credential }).expect("strings serialize to JSON")
}
