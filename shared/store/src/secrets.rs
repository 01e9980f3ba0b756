//! Secrets Manager: Salesforce tokens, the apps that admins authorise, and the signing keys of session cookies.
//!
//! A tenant's secret is deleted without Secrets Manager's recovery window. During that window no secret of the same
//! name can be created, so the tenant could not reconnect. The recovered credentials would be useless anyway, because
//! disconnecting revokes them.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::delete_secret::DeleteSecretError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::{self, Corrupt, Error};
use crate::item;
use crate::tenant::TenantId;

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
    pub login_url: String,
}

/// The tokens of all tenants: one secret each, named by a prefix and the tenant's id.
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

    /// The tenant's tokens, if it has any.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer or the secret cannot be read.
    pub async fn get(&self, tenant: &TenantId) -> Result<Option<SalesforceTokens>, Error> {
        let name = self.name(tenant);
        let secret = value(&self.secretsmanager, &name, "AWSCURRENT").await?;
        secret.map(|secret| read(&name, &secret)).transpose()
    }

    /// Replaces a tenant's tokens.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer or the secret does not exist.
    pub async fn put(&self, tenant: &TenantId, tokens: &SalesforceTokens) -> Result<(), Error> {
        let request =
            self.secretsmanager.put_secret_value().secret_id(self.name(tenant)).secret_string(to_json(tokens));
        request.send().await.map_err(|e| error::from_sdk("PutSecretValue", &e))?;
        Ok(())
    }

    /// Creates or replaces a tenant's tokens.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer.
    pub async fn create(&self, tenant: &TenantId, tokens: &SalesforceTokens) -> Result<(), Error> {
        let request = self.secretsmanager.create_secret().name(self.name(tenant)).secret_string(to_json(tokens));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(CreateSecretError::is_resource_exists_exception) => {
                self.put(tenant, tokens).await
            }
            Err(error) => Err(create_error(&error)),
        }
    }

    /// Permanently deletes the tenant's tokens, if there are any.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer.
    pub async fn delete(&self, tenant: &TenantId) -> Result<(), Error> {
        delete(&self.secretsmanager, &self.name(tenant)).await
    }

    fn name(&self, tenant: &TenantId) -> String {
        format!("{}{tenant}", self.prefix)
    }
}

/// An app that admins authorise: Salesforce's External Client App, or Aircall's partner app.
#[derive(Clone, Debug, Deserialize)]
pub struct App {
    /// Salesforce's consumer key, or Aircall's client id; empty if the deployment has no such app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// The secret that holds the [`App`].
#[derive(Clone, Debug)]
pub struct AppSecret {
    secretsmanager: Client,
    id: String,
}

impl AppSecret {
    /// The secret with this ARN or name.
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

/// The signing keys of session cookies: the current key, then the previous one, whose cookies are still accepted.
///
/// An operator replaces the key by giving the secret a new value, such as
/// `aws secretsmanager put-secret-value --secret-id <ARN> --secret-string "$(openssl rand -hex 32)"`:
/// Secrets Manager itself then moves `AWSPREVIOUS` to the value before. The function reads the keys when it starts, so
/// a running execution environment refuses cookies of the new key: restart all of them, by deploying or with
/// `aws lambda update-function-configuration --function-name <name> --description "new session key"`.
/// A second replacement within the lifetime of a session ends the sessions of the first key.
/// When a key has leaked, replace it twice.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>
///
/// # Errors
/// When Secrets Manager cannot answer or the secret does not exist.
pub async fn session_keys(secretsmanager: &Client, id: &str) -> Result<Vec<SecretString>, Error> {
    let current = value(secretsmanager, id, "AWSCURRENT").await?.ok_or_else(|| missing(id))?;
    let previous = value(secretsmanager, id, "AWSPREVIOUS").await?;
    Ok([current].into_iter().chain(previous).collect())
}

/// The secret's text in a version stage; `None` if the secret or the stage does not exist.
pub(crate) async fn value(secretsmanager: &Client, id: &str, stage: &str) -> Result<Option<SecretString>, Error> {
    match secretsmanager.get_secret_value().secret_id(id).version_stage(stage).send().await {
        Ok(answer) => Ok(answer.secret_string.map(SecretString::from)),
        Err(error) => match error.as_service_error() {
            Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
            _ => Err(error::from_sdk("GetSecretValue", &error)),
        },
    }
}

fn missing(id: &str) -> Error {
    Error::Misconfigured { operation: "GetSecretValue", cause: format!("there is no secret {id}") }
}

/// Permanently deletes a secret; succeeds if it does not exist.
pub(crate) async fn delete(secretsmanager: &Client, name: &str) -> Result<(), Error> {
    match secretsmanager.delete_secret().secret_id(name).force_delete_without_recovery(true).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(DeleteSecretError::is_resource_not_found_exception) => {
            Ok(())
        }
        Err(error) => Err(error::from_sdk("DeleteSecret", &error)),
    }
}

/// Classifies an error of `CreateSecret`.
pub(crate) fn create_error(error: &SdkError<CreateSecretError>) -> Error {
    match error.as_service_error() {
        // A secret of this name is still being deleted: even a forced deletion takes a moment.
        Some(CreateSecretError::InvalidRequestException(refusal)) => {
            let cause = format!("InvalidRequestException: {}", refusal.message().unwrap_or("no message"));
            Error::Retry { operation: "CreateSecret", cause }
        }
        _ => error::from_sdk("CreateSecret", error),
    }
}

pub(crate) fn read<T: for<'de> Deserialize<'de>>(name: &str, secret: &SecretString) -> Result<T, Error> {
    let corrupt = |_| Corrupt { key: name.to_owned(), attribute: "SecretString" };
    Ok(serde_json::from_str(secret.expose_secret()).map_err(corrupt)?)
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
        schema: item::SCHEMA_VERSION,
        access_token: tokens.access_token.expose_secret(),
        refresh_token: tokens.refresh_token.expose_secret(),
        instance_url: &tokens.instance_url,
        login_url: &tokens.login_url,
    };
    serde_json::to_string(&exposed).expect("strings serialize to JSON")
}
