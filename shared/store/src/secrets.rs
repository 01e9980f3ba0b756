//! Secrets Manager: Salesforce tokens, credentials for Aircall's API, the apps that admins authorise, and the signing
//! keys of session cookies.

pub(crate) mod aircall_credentials;
pub(crate) mod app;
pub(crate) mod salesforce_tokens;
mod session_keys;
mod tenant_secrets;

pub use session_keys::SessionKeys;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use crate::error::{self, Corrupt, Error};

/// The version stage of a secret's value.
const CURRENT: &str = "AWSCURRENT";

/// The secret's text in a version stage; `None` if the secret or the stage does not exist.
async fn value(secretsmanager: &Client, id: &str, stage: &str) -> Result<Option<SecretString>, Error> {
    match secretsmanager.get_secret_value().secret_id(id).version_stage(stage).send().await {
        Ok(answer) => Ok(answer.secret_string.map(SecretString::from)),
        Err(error) => match error.as_service_error() {
            Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
            _ => Err(error::from_sdk("GetSecretValue", &error)),
        },
    }
}

/// The text of a secret that the deployment creates.
async fn required(secretsmanager: &Client, id: &str) -> Result<SecretString, Error> {
    let missing = || Error::Misconfigured { operation: "GetSecretValue", cause: format!("there is no secret {id}") };
    value(secretsmanager, id, CURRENT).await?.ok_or_else(missing)
}

fn read<T: DeserializeOwned>(name: &str, secret: &SecretString) -> Result<T, Error> {
    let corrupt = |_| Corrupt { key: name.to_owned(), attribute: "SecretString" };
    Ok(serde_json::from_str(secret.expose_secret()).map_err(corrupt)?)
}
