//! The signing keys of session cookies.

use aws_sdk_secretsmanager::Client;
use secrecy::SecretString;

use crate::error::Error;
use crate::secrets;

/// The version stage of the value before the current one.
const PREVIOUS: &str = "AWSPREVIOUS";

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
    let current = secrets::required(secretsmanager, id).await?;
    let previous = secrets::value(secretsmanager, id, PREVIOUS).await?;
    Ok([current].into_iter().chain(previous).collect())
}
