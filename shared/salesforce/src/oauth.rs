//! OAuth: signing in to an org, and its tokens.
//!
//! A sign-in starts with [`authorize_url`] and ends with [`exchange`] and [`verify`], which returns the user.
//!
//! Access tokens have no stated lifetime: use one until Salesforce answers [`crate::Kind::Refresh`], then refresh. With
//! refresh token rotation, each refresh invalidates the token it used, and using an invalid one revokes the whole
//! grant: let one writer refresh at a time, and store the new refresh token before anything else. Source:
//! <https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow_ca.htm>.
//!
//! The `oauth2` crate is not used: it would save only two forms, its errors do not distinguish a dead grant from a busy
//! login server, and what Salesforce adds to the response (the instance, the org, the user) would be extra fields.

mod authorize;
mod exchange;
mod hosts;
mod login_host;
mod pkce;
mod tokens;
mod userinfo;
mod verify;

use reqwest::Response;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

pub use authorize::authorize_url;
pub use exchange::{ExchangeError, exchange};
pub use hosts::TrustedHosts;
pub use login_host::{LoginHost, MyDomain, NotALoginHost};
pub use pkce::Pkce;
pub use tokens::{Refreshed, Tokens};
pub use userinfo::{UserInfo, userinfo};
pub use verify::{VerifyError, verify};

use crate::transport::read;
use crate::{Error, Refusal, Transport};

/// Why a refresh returned no new tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// The grant is dead: an admin must reconnect. First read the stored token again, as another process may have
    /// refreshed meanwhile.
    #[error("Salesforce no longer accepts this connection: {description}")]
    DeadGrant {
        /// Salesforce's own words.
        description: String,
    },
    /// The refresh may have happened, but its response is lost. With rotation the old token may be invalid now.
    #[error("Salesforce did not answer: {0}")]
    Unanswered(Transport),
    /// The refresh had no effect and may succeed later.
    #[error("Salesforce cannot refresh the connection now: {reason}")]
    Retry {
        /// The reason.
        reason: String,
    },
    /// The app's own credentials or settings are wrong: the operator of the deployment must act.
    #[error("Salesforce refuses the app: {description} ({error})")]
    Misconfigured {
        /// OAuth's error code.
        error: String,
        /// Salesforce's own words.
        description: String,
    },
}

/// Exchanges a refresh token for new tokens. Any successful response with an access token and the org's address is
/// accepted.
///
/// `login_url` is `https://login.salesforce.com`, `https://test.salesforce.com` or the org's My Domain.
///
/// # Errors
///
/// [`RefreshError`] says what to do.
pub async fn refresh(
    http: &reqwest::Client,
    login_url: &Url,
    client_id: &str,
    client_secret: &SecretString,
    refresh_token: &SecretString,
) -> Result<Refreshed, RefreshError> {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("client_secret", client_secret.expose_secret()),
        ("refresh_token", refresh_token.expose_secret()),
    ];
    let response = post(http, login_url, "token", &form).await.map_err(|error| match error {
        Error::Unanswered(reason) => RefreshError::Unanswered(reason),
        unsent @ (Error::Unsent(_) | Error::Refused(_) | Error::Malformed(_)) => {
            RefreshError::Retry { reason: unsent.to_string() }
        }
    })?;
    let status = response.status();
    let body = read(response).await;
    if status.is_success() {
        let body = body.map_err(RefreshError::Unanswered)?;
        return Refreshed::parse(&body).ok_or(RefreshError::Unanswered(Transport::Unreadable));
    }
    Err(refused(status.as_u16(), &body.unwrap_or_default()))
}

/// Revokes a token. Revoking a refresh token also revokes its access tokens. It is no error if the token is already
/// invalid.
///
/// # Errors
///
/// [`Error`] if the revocation is not confirmed.
pub async fn revoke(http: &reqwest::Client, login_url: &Url, token: &SecretString) -> Result<(), Error> {
    let response = post(http, login_url, "revoke", &[("token", token.expose_secret())]).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let body = read(response).await.unwrap_or_default();
    match serde_json::from_slice::<OAuthError>(&body) {
        Ok(dead) if matches!(dead.error.as_str(), "invalid_token" | "unsupported_token_type") => Ok(()),
        _ => Err(Refusal::from_body(status.as_u16(), &body).into()),
    }
}

async fn post(http: &reqwest::Client, login_url: &Url, name: &str, form: &[(&str, &str)]) -> Result<Response, Error> {
    http.post(endpoint(login_url, name)?).form(form).send().await.map_err(Error::from_send)
}

fn endpoint(base_url: &Url, name: &str) -> Result<Url, Error> {
    let url = base_url.join(&format!("/services/oauth2/{name}"));
    url.map_err(|_| Error::Malformed("the login URL cannot have a path".to_owned()))
}

#[derive(Deserialize)]
struct OAuthError {
    error: String,
    #[serde(default)]
    error_description: String,
}

fn refused(status: u16, body: &[u8]) -> RefreshError {
    let Ok(OAuthError { error, error_description: description }) = serde_json::from_slice(body) else {
        return RefreshError::Retry { reason: format!("HTTP {status}") };
    };
    if is_temporary(status, &error, &description) {
        return RefreshError::Retry { reason: description_or(error, description) };
    }
    match error.as_str() {
        "invalid_grant" => RefreshError::DeadGrant { description: description_or(error, description) },
        _ => RefreshError::Misconfigured { error, description },
    }
}

/// Whether the same request can succeed later.
fn is_temporary(status: u16, error: &str, description: &str) -> bool {
    // Salesforce also uses `invalid_grant` to throttle logins of one user.
    let is_throttled = description.contains("rate exceeded") || description.contains("rate limit");
    let is_busy = matches!(error, "unknown_error" | "server_error" | "temporarily_unavailable");
    status >= 500 || status == 429 || is_throttled || is_busy
}

fn description_or(error: String, description: String) -> String {
    if description.is_empty() { error } else { description }
}
