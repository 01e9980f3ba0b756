//! The response of the token endpoint.

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::SalesforceId;

/// The tokens of a sign-in.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token for requests, valid until Salesforce refuses it.
    pub access_token: SecretString,
    /// The refresh token for [`super::refresh`]. [`super::exchange`] never returns tokens without one.
    pub refresh_token: Option<SecretString>,
    /// The org's current address.
    pub instance_url: Url,
    /// The address of the user's identity, which the two ids are taken from. [`super::verify`] checks that they hold.
    pub identity_url: Url,
    /// The user who connected.
    pub user_id: SalesforceId,
    /// The org.
    pub org_id: SalesforceId,
}

/// The tokens of a refresh. The user and the org are known from the sign-in, so a response that names them differently
/// or not at all is accepted: its refresh token may be the only valid one.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The access token for requests, valid until Salesforce refuses it.
    pub access_token: SecretString,
    /// A new refresh token, only with rotation. Replaces the old one.
    pub refresh_token: Option<SecretString>,
    /// The org's current address. It changes when Salesforce moves the org: take it from each response.
    pub instance_url: Url,
}

impl Tokens {
    /// Reads the successful response to a code; `None` if it is not one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            id: String,
        }
        let Refreshed { access_token, refresh_token, instance_url } = Refreshed::parse(body)?;
        let Wire { id } = serde_json::from_slice(body).ok()?;
        let identity_url: Url = id.parse().ok()?;
        // …/id/<org>/<user>
        let mut path = identity_url.path().rsplit('/');
        let user_id = SalesforceId::parse(path.next()?).ok()?;
        let org_id = SalesforceId::parse(path.next()?).ok()?;
        Some(Self { access_token, refresh_token, instance_url, identity_url, user_id, org_id })
    }
}

impl Refreshed {
    /// Reads a successful response of the token endpoint; `None` if it is not one.
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
