//! Secrets Manager: Salesforce tokens, the External Client App, and the key of session cookies.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::{self, Corrupt, Error};
use crate::tenant::TenantId;

/// What a tenant's org let us in with.
#[derive(Clone, Debug, Deserialize)]
pub struct SalesforceTokens {
    /// For the REST API, until the session ends.
    pub access_token: SecretString,
    /// For a new access token.
    pub refresh_token: SecretString,
    /// Where the org's REST API is, as of the last refresh.
    pub instance_url: String,
    /// Where tokens are refreshed.
    pub login_url: String,
}

/// The secrets of all tenants' tokens, each named by a prefix and the tenant's id.
#[derive(Clone, Debug)]
pub struct Tokens {
    secretsmanager: Client,
    prefix: String,
}

impl Tokens {
    /// The secrets whose names begin with `prefix`.
    pub fn new(secretsmanager: Client, prefix: impl Into<String>) -> Self {
        Self { secretsmanager, prefix: prefix.into() }
    }

    /// The tenant's tokens, if its org was ever connected.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer or the secret cannot be read.
    pub async fn get(&self, tenant: &TenantId) -> Result<Option<SalesforceTokens>, Error> {
        let name = self.name(tenant);
        let secret = value(&self.secretsmanager, &name, "AWSCURRENT").await?;
        secret.map(|secret| read(&name, &secret)).transpose()
    }

    /// Stores new tokens of a tenant that has some.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer or the secret does not exist.
    pub async fn put(&self, tenant: &TenantId, tokens: &SalesforceTokens) -> Result<(), Error> {
        let request = self.secretsmanager.put_secret_value().secret_id(self.name(tenant)).secret_string(json(tokens));
        request.send().await.map_err(|e| error::of("PutSecretValue", &e))?;
        Ok(())
    }

    /// Stores the tokens of a tenant, whether or not it has some.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer.
    pub async fn create(&self, tenant: &TenantId, tokens: &SalesforceTokens) -> Result<(), Error> {
        let request = self.secretsmanager.create_secret().name(self.name(tenant)).secret_string(json(tokens));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(CreateSecretError::is_resource_exists_exception) => {
                self.put(tenant, tokens).await
            }
            Err(error) => Err(error::of("CreateSecret", &error)),
        }
    }

    fn name(&self, tenant: &TenantId) -> String {
        format!("{}{tenant}", self.prefix)
    }
}

/// The External Client App that admins authorise.
#[derive(Clone, Debug, Deserialize)]
pub struct App {
    /// Its consumer key.
    pub client_id: String,
    /// Its consumer secret.
    pub client_secret: SecretString,
}

/// The secret that holds the [`App`].
#[derive(Clone, Debug)]
pub struct AppSecret {
    secretsmanager: Client,
    id: String,
}

impl AppSecret {
    /// The secret of this ARN or name.
    pub fn new(secretsmanager: Client, id: impl Into<String>) -> Self {
        Self { secretsmanager, id: id.into() }
    }

    /// The app.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer, or the secret does not exist or cannot be read.
    pub async fn get(&self) -> Result<App, Error> {
        let secret = value(&self.secretsmanager, &self.id, "AWSCURRENT").await?.ok_or_else(|| missing(&self.id))?;
        read(&self.id, &secret)
    }
}

/// The keys that session cookies are signed with: the one that signs, then the one it replaced, whose cookies still count.
///
/// # Errors
/// When Secrets Manager cannot answer or the secret does not exist.
pub async fn session_keys(secretsmanager: &Client, id: &str) -> Result<Vec<SecretString>, Error> {
    let current = value(secretsmanager, id, "AWSCURRENT").await?.ok_or_else(|| missing(id))?;
    let previous = value(secretsmanager, id, "AWSPREVIOUS").await?;
    Ok([current].into_iter().chain(previous).collect())
}

/// The secret's text in a stage; none if there is none.
async fn value(secretsmanager: &Client, id: &str, stage: &str) -> Result<Option<SecretString>, Error> {
    match secretsmanager.get_secret_value().secret_id(id).version_stage(stage).send().await {
        Ok(answer) => Ok(answer.secret_string.map(SecretString::from)),
        Err(error) => match error.as_service_error() {
            Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
            _ => Err(error::of("GetSecretValue", &error)),
        },
    }
}

fn missing(id: &str) -> Error {
    Error::Misconfigured { operation: "GetSecretValue", cause: format!("there is no secret {id}") }
}

fn read<T: for<'de> Deserialize<'de>>(name: &str, secret: &SecretString) -> Result<T, Error> {
    let corrupt = |_| Corrupt { key: name.to_owned(), attribute: "SecretString" };
    Ok(serde_json::from_str(secret.expose_secret()).map_err(corrupt)?)
}

/// The one place that writes tokens out.
fn json(tokens: &SalesforceTokens) -> String {
    #[derive(Serialize)]
    struct Exposed<'a> {
        access_token: &'a str,
        refresh_token: &'a str,
        instance_url: &'a str,
        login_url: &'a str,
    }
    let exposed = Exposed {
        access_token: tokens.access_token.expose_secret(),
        refresh_token: tokens.refresh_token.expose_secret(),
        instance_url: &tokens.instance_url,
        login_url: &tokens.login_url,
    };
    serde_json::to_string(&exposed).expect("texts are JSON")
}
