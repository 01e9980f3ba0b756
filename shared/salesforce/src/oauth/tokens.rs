//! The token response.

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::SalesforceId;

/// What a grant or a refresh gives.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For requests, until Salesforce refuses it.
    pub access_token: SecretString,
    /// A new one: always after connecting, after a refresh only where refresh tokens rotate. Replaces the old one.
    pub refresh_token: Option<SecretString>,
    /// Where the org is now. It changes when Salesforce moves the org: take it from each answer.
    pub instance_url: Url,
    /// When it was issued, in UNIX milliseconds.
    pub issued_at_ms: i64,
    /// The user who connected.
    pub user_id: SalesforceId,
    /// The org.
    pub org_id: SalesforceId,
}

impl Tokens {
    /// Reads a successful answer of the token endpoint; `None` if it is not one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            access_token: String,
            refresh_token: Option<String>,
            instance_url: String,
            id: String,
            issued_at: String,
        }
        let wire: Wire = serde_json::from_slice(body).ok()?;
        // …/id/<org>/<user>
        let mut path = wire.id.rsplit('/');
        let user_id = SalesforceId::parse(path.next()?).ok()?;
        let org_id = SalesforceId::parse(path.next()?).ok()?;
        Some(Self {
            access_token: wire.access_token.into(),
            refresh_token: wire.refresh_token.map(SecretString::from),
            instance_url: wire.instance_url.parse().ok()?,
            issued_at_ms: wire.issued_at.parse().ok()?,
            user_id,
            org_id,
        })
    }
}
