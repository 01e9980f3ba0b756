//! The apps that admins authorise.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;

use crate::error::Error;
use crate::secrets;
use crate::ttl_cache::TtlCache;

/// How long an app is cached: an operator who stores or replaces it waits at most this long.
const TTL: SignedDuration = SignedDuration::from_mins(1);

/// An app that admins authorise: Salesforce's External Client App, or Aircall's partner app.
#[derive(Clone, Debug, Deserialize)]
pub struct App {
    /// Salesforce's consumer key, or Aircall's client id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// The secret that holds the [`App`], as JSON with the keys `client_id` and `client_secret`.
#[derive(Clone, Debug)]
pub struct AppSecret {
    secretsmanager: Client,
    id: String,
    ttl: SignedDuration,
    cache: Arc<TtlCache<(), Option<App>>>,
}

impl AppSecret {
    /// The secret with this ARN or name.
    pub fn new(secretsmanager: Client, id: impl Into<String>) -> Self {
        Self { secretsmanager, id: id.into(), ttl: TTL, cache: Arc::new(TtlCache::new(1)) }
    }

    /// For tests: the secret is read again after this time.
    #[cfg(test)]
    pub(crate) fn with_ttl(self, ttl: SignedDuration) -> Self {
        Self { ttl, ..self }
    }

    /// The app; none if the operator has not stored it yet, or stored something else.
    ///
    /// # Errors
    /// When Secrets Manager cannot answer.
    pub async fn get(&self) -> Result<Option<App>, Error> {
        let now = Timestamp::now();
        if let Some(app) = self.cache.get(&(), now) {
            return Ok(app);
        }
        // A deployment makes the secret without a value.
        let secret = secrets::value(&self.secretsmanager, &self.id, secrets::CURRENT).await?;
        let app = secret.and_then(|secret| match secrets::read::<App>(&self.id, &secret) {
            Ok(app) => Some(app).filter(|app| !app.client_id.is_empty()),
            Err(error) => {
                tracing::error!(%error, "the secret of an app is not JSON with client_id and client_secret");
                None
            }
        });
        self.cache.insert((), app.clone(), now, self.ttl);
        Ok(app)
    }

    /// The app, where there must be one because somebody has authorised it.
    ///
    /// # Errors
    /// As [`AppSecret::get`], and when there is none.
    pub async fn required(&self) -> Result<App, Error> {
        let missing = || Error::Misconfigured {
            operation: "GetSecretValue",
            cause: format!("the secret {} holds no app", self.id),
        };
        self.get().await?.ok_or_else(missing)
    }
}
