//! The function's access to Aircall: the companies' lines, and the events of our webhooks.

use std::time::Duration;

use aircall::client::{Client, Credentials, Error, Reason};
use store::{AircallCredential, AircallCredentials, TenantId};
use url::Url;

/// Aircall, with the credentials of each tenant.
#[derive(Debug)]
pub(crate) struct Aircall {
    /// Must not follow redirects.
    pub(crate) http: reqwest::Client,
    /// Aircall's own URL except in tests and the local stack.
    pub(crate) api_url: Url,
    pub(crate) credentials: AircallCredentials,
}

/// Why something that is asked of Aircall was not done. Holds nothing that Aircall said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AircallError {
    /// The credential or the tenant could not be read or stored.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The account is being connected or disconnected.
    #[error("no credential is stored")]
    NoCredential,
    /// An admin has to reconnect the account.
    #[error("Aircall refuses the credentials")]
    Refused,
    /// It is not known where the webhook is to send to: an admin has to reconnect the account.
    #[error("the address of the webhook is not known")]
    NoAddress,
    /// A later attempt may succeed.
    #[error("{reason}")]
    Unavailable {
        /// Why not now.
        reason: Reason,
        /// The least time to wait, if Aircall gave one.
        after: Option<Duration>,
    },
    /// Aircall does not accept the request.
    #[error("Aircall does not accept the request (HTTP {0})")]
    Rejected(u16),
}

impl From<Error> for AircallError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { .. } => AircallError::Refused,
            Error::Retry { reason, after } => AircallError::Unavailable { reason, after },
            Error::Rejected { status, .. } => AircallError::Rejected(status),
        }
    }
}

impl From<webhook::Error> for AircallError {
    fn from(error: webhook::Error) -> Self {
        match error {
            webhook::Error::Aircall(error) => error.into(),
            webhook::Error::Store(error) => AircallError::Store(error),
        }
    }
}

impl Aircall {
    /// A client with the tenant's credential.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn client(&self, tenant: &TenantId) -> Result<Client, AircallError> {
        let credentials = match self.credentials.get(tenant).await?.ok_or(AircallError::NoCredential)? {
            AircallCredential::ApiKey { api_id, api_token } => Credentials::ApiKey { id: api_id, token: api_token },
            AircallCredential::OAuth { access_token } => Credentials::OAuth { access_token },
        };
        Ok(Client::new(self.http.clone(), self.api_url.clone(), credentials))
    }
}
