//! The end of a sign-in: exchanges a code for tokens, or explains an error.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{OAuthError, Tokens, description_or, is_temporary, post};
use crate::transport::read;
use crate::{Error, Transport};

/// Why a sign-in returned no tokens. Displays as a sentence for an admin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The code has expired, was used before, or belongs to another sign-in: start again.
    #[error("This sign-in has expired or was used before. Please sign in again.")]
    StartAgain {
        /// Salesforce's own words.
        description: String,
    },
    /// The user denied access on the consent page.
    #[error("You did not allow access in Salesforce, so nothing was connected. Sign in again if that was a mistake.")]
    Denied,
    /// Salesforce blocks this user, or blocks the app in this org: an admin has to change that in Salesforce.
    #[error("Salesforce does not let this user in with this app: {description}. An admin of the org can change that.")]
    Blocked {
        /// Salesforce's own words.
        description: String,
    },
    /// The app is not installed in this org, or the org does not allow it: the org's admin must act. An app that its
    /// operator has not packaged is refused in the same way by every org but the operator's own.
    #[error(
        "Your Salesforce org does not have the app of this console, or does not allow it ({code}). An admin of the org \
         installs it, or allows it under Setup, External Client App Manager, and then signs in again. Ask the console's \
         operator if you have no link to install it: an app that is not packaged works only in the operator's org."
    )]
    NotInstalled {
        /// Salesforce's code.
        code: String,
    },
    /// The app's own credentials or settings are wrong: the operator of the deployment must act.
    #[error(
        "Salesforce refuses the app itself: {description} ({error}). The operator of this deployment has to correct it."
    )]
    Misconfigured {
        /// OAuth's error code.
        error: String,
        /// Salesforce's own words.
        description: String,
    },
    /// The exchange had no effect and may succeed later.
    #[error("Salesforce cannot sign you in right now ({reason}). Please try again in a minute.")]
    Retry {
        /// The reason.
        reason: String,
    },
    /// The code may have been used, but the response is lost.
    #[error("Salesforce did not answer ({0}). Please sign in again.")]
    Unanswered(Transport),
}

/// Exchanges the code of a sign-in for tokens, including a refresh token. A code is valid once, for 15 minutes.
///
/// `redirect_uri`, `login_url` and `verifier` must be those that the sign-in was started with.
///
/// # Errors
///
/// [`ExchangeError`] says what to do.
pub async fn exchange(
    http: &reqwest::Client,
    login_url: &Url,
    client_id: &str,
    client_secret: &SecretString,
    redirect_uri: &str,
    code: &SecretString,
    verifier: &SecretString,
) -> Result<Tokens, ExchangeError> {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("client_secret", client_secret.expose_secret()),
        ("redirect_uri", redirect_uri),
        ("code", code.expose_secret()),
        ("code_verifier", verifier.expose_secret()),
    ];
    let response = post(http, login_url, "token", &form).await.map_err(|error| match error {
        Error::Unanswered(reason) => ExchangeError::Unanswered(reason),
        unsent @ (Error::Unsent(_) | Error::Refused(_) | Error::Malformed(_)) => {
            ExchangeError::Retry { reason: unsent.to_string() }
        }
    })?;
    let status = response.status();
    let body = read(response).await;
    if !status.is_success() {
        return Err(refused(status.as_u16(), &body.unwrap_or_default()));
    }
    let body = body.map_err(ExchangeError::Unanswered)?;
    let tokens = Tokens::parse(&body).ok_or(ExchangeError::Unanswered(Transport::Unreadable))?;
    if tokens.refresh_token.is_none() {
        return Err(ExchangeError::Misconfigured {
            error: "no refresh_token".to_owned(),
            description:
                "it may not keep a connection; its OAuth settings need the scope refresh_token, and a refresh \
                          token that is valid until revoked"
                    .to_owned(),
        });
    }
    Ok(tokens)
}

fn refused(status: u16, body: &[u8]) -> ExchangeError {
    let Ok(OAuthError { error, error_description: description }) = serde_json::from_slice(body) else {
        return ExchangeError::Retry { reason: format!("HTTP {status}") };
    };
    if is_temporary(status, &error, &description) {
        return ExchangeError::Retry { reason: description_or(error, description) };
    }
    match error.as_str() {
        // Salesforce uses this error both for a bad code and for a blocked user.
        "invalid_grant" if concerns_the_code(&description) => ExchangeError::StartAgain { description },
        "invalid_grant" => ExchangeError::Blocked { description: description_or(error, description) },
        _ => ExchangeError::from_code(&error, description),
    }
}

/// True for `expired authorization code`, `invalid authorization code`, `invalid code verifier` and an empty
/// description.
fn concerns_the_code(description: &str) -> bool {
    description.is_empty() || description.contains("code")
}

impl ExchangeError {
    /// Reads the `error` parameter that the redirect carries instead of a code.
    ///
    /// `error_description` is never shown, as anybody can craft such a URL. Source:
    /// <https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm>.
    pub fn of_redirect(error: &str) -> Self {
        let is_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !(1..=64).contains(&error.len()) || !error.bytes().all(is_code) {
            return Self::StartAgain { description: String::new() };
        }
        match error {
            // A wrong client id is not redirected: here, `invalid_client` is "app must be installed into org".
            "invalid_client" => Self::NotInstalled { code: error.to_owned() },
            _ => Self::from_code(error, "see the app's OAuth settings in Salesforce".to_owned()),
        }
    }

    fn from_code(error: &str, description: String) -> Self {
        match error {
            "access_denied" => Self::Denied,
            "server_error" | "temporarily_unavailable" | "unknown_error" => Self::Retry { reason: error.to_owned() },
            "inactive_user" | "inactive_org" | "invalid_grant" => Self::Blocked { description: error.to_owned() },
            // Since September 2025 an app that is not installed is refused; the second is that of a local app, which
            // works only in the org that made it.
            "OAUTH_APPROVAL_ERROR_GENERIC" | "OAUTH_EC_APP_NOT_FOUND" => Self::NotInstalled { code: error.to_owned() },
            // An admin of the org has blocked the app, or it does not admit this user: OAUTH_APP_BLOCKED,
            // OAUTH_APP_ACCESS_DENIED and the like.
            app if app.starts_with("OAUTH_") => Self::Blocked { description: app.to_owned() },
            _ => Self::Misconfigured { error: error.to_owned(), description },
        }
    }
}
