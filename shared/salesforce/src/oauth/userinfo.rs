//! The user who signed in.

use std::fmt;

use reqwest::header::ACCEPT;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::endpoint;
use crate::transport::read;
use crate::{Error, ErrorCode, Fault, Refusal, SalesforceId};

/// The user of an access token. `Debug` shows ids only.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct UserInfo {
    /// The user.
    pub user_id: SalesforceId,
    /// The org.
    pub organization_id: SalesforceId,
    /// The user's full name; else the user name or the id, if Salesforce does not return it.
    pub name: String,
    /// The user's e-mail, if Salesforce returns it.
    pub email: Option<String>,
    /// The user name, which looks like an e-mail and is unique across all orgs.
    pub preferred_username: Option<String>,
    /// The user's time zone, such as `Europe/Paris`.
    pub zoneinfo: Option<String>,
}

/// Which fields are returned depends on the scopes and policies of the app; the ids always are.
#[derive(Deserialize)]
struct Wire {
    user_id: SalesforceId,
    organization_id: SalesforceId,
    name: Option<String>,
    email: Option<String>,
    preferred_username: Option<String>,
    zoneinfo: Option<String>,
}

impl From<Wire> for UserInfo {
    fn from(wire: Wire) -> Self {
        let Wire { user_id, organization_id, name, email, preferred_username, zoneinfo } = wire;
        let name = name.filter(|name| !name.is_empty()).or_else(|| preferred_username.clone());
        let name = name.unwrap_or_else(|| user_id.to_string());
        Self { user_id, organization_id, name, email, preferred_username, zoneinfo }
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo")
            .field("user_id", &self.user_id)
            .field("organization_id", &self.organization_id)
            .finish_non_exhaustive()
    }
}

/// Fetches the user of a token. `base_url` is the login URL or the instance URL. Salesforce does not count this as an
/// API call. Source: <https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm>.
///
/// # Errors
///
/// [`Error`] says what to do; [`crate::Kind::Refresh`] if the token is no longer valid.
pub async fn userinfo(http: &reqwest::Client, base_url: &Url, access_token: &SecretString) -> Result<UserInfo, Error> {
    let request = http.get(endpoint(base_url, "userinfo")?).bearer_auth(access_token.expose_secret());
    let response = request.header(ACCEPT, "application/json").send().await.map_err(Error::from_send)?;
    let status = response.status();
    let body = read(response).await;
    if status.is_success() {
        return serde_json::from_slice(&body.map_err(Error::Unanswered)?).map_err(|_| Error::unreadable());
    }
    let body = body.unwrap_or_default();
    // This endpoint reports an invalid token by a word of its own, with a status that elsewhere means a limit.
    if body.trim_ascii() == b"Bad_OAuth_Token" {
        let code = ErrorCode::InvalidSessionId;
        let (message, fields, records) = (String::new(), Vec::new(), Vec::new());
        let fault = Fault { code, message, fields, records, duplicate_rule: None };
        return Err(Refusal::new(status.as_u16(), vec![fault]).into());
    }
    Err(Refusal::from_body(status.as_u16(), &body).into())
}
