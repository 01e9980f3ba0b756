//! The token response.

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::SalesforceId;

/// What a sign-in gives.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For requests, until Salesforce refuses it.
    pub access_token: SecretString,
    /// For [`super::refresh`]. [`super::exchange`] gives no tokens without one.
    pub refresh_token: Option<SecretString>,
    /// Where the org is now.
    pub instance_url: Url,
    /// The user who connected.
    pub user_id: SalesforceId,
    /// The org.
    pub org_id: SalesforceId,
}

/// What a refresh gives. Whose it is was told when it was granted: an answer that says so in another way, or not at all,
/// counts as well, for the refresh token in it may be the only one that is still good.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// For requests, until Salesforce refuses it.
    pub access_token: SecretString,
    /// A new one, only where refresh tokens rotate. Replaces the old one.
    pub refresh_token: Option<SecretString>,
    /// Where the org is now. It changes when Salesforce moves the org: take it from each answer.
    pub instance_url: Url,
}

impl Tokens {
    /// Reads a successful answer to a code; `None` if it is not one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            id: String,
        }
        let Refreshed { access_token, refresh_token, instance_url } = Refreshed::parse(body)?;
        let Wire { id } = serde_json::from_slice(body).ok()?;
        // …/id/<org>/<user>
        let mut path = id.rsplit('/');
        let user_id = SalesforceId::parse(path.next()?).ok()?;
        let org_id = SalesforceId::parse(path.next()?).ok()?;
        Some(Self { access_token, refresh_token, instance_url, user_id, org_id })
    }
}

impl Refreshed {
    /// Reads a successful answer of the token endpoint; `None` if it is not one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            access_token: String,
            refresh_token: Option<String>,
            instance_url: String,
        }
        let Wire { access_token, refresh_token, instance_url } = serde_json::from_slice(body).ok()?;
        let refresh_token = refresh_token.filter(|token| !token.is_empty()).map(SecretString::from);
        Some(Self { access_token: access_token.into(), refresh_token, instance_url: instance_url.parse().ok()? })
    }
}
