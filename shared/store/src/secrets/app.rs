//! The apps that admins authorise.

use aws_sdk_secretsmanager::Client;
use secrecy::SecretString;
use serde::Deserialize;

use crate::error::Error;
use crate::secrets;

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
        secrets::read(&self.id, &secrets::required(&self.secretsmanager, &self.id).await?)
    }
}
