//! A Salesforce user's grant: the OAuth authorization code flow with PKCE, from the redirect to the login page to tokens
//! whose owner is verified. A sign-in and a consent are both made of it.
//!
//! Each attempt is stored in the console's table under the hash of its `state`, which the browser carries along. An
//! attempt is consumed by the first callback. It is bound to the browser that began it by a cookie, whose hash is
//! stored with the attempt. So neither a replayed callback nor one opened in another browser has any effect.

use std::fmt;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use salesforce::Client;
use salesforce::oauth::{self, ExchangeError, Pkce, TrustedHosts, UserInfo, VerifyError};
use secrecy::SecretString;
use store::{Attempt, Connection, Consent, SalesforceTokens, TenantId, TokenHash};
use url::Url;

use crate::connections::salesforce::login_host::my_domain;
use crate::connections::salesforce::revoke_grant;
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::random;
use crate::web::return_to::local_path;

/// How long an attempt is valid: the time to sign in on the login page.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// The OAuth scopes: the API, a refresh token, and the user's identity.
const SCOPE: &str = "api refresh_token openid";
/// The path of the OAuth callback.
const CALLBACK: &str = "/auth/salesforce/callback";
/// What the `state` of a consent begins with. No other state has a dot.
const CONSENT: &str = "consent.";
/// Asks for a login and for consent even where a session of the browser or a former consent would do: whoever opens a link
/// chooses the user. <https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm>
const PROMPT: &str = "login consent";

/// How somebody whose attempt failed begins another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// On the sign-in page.
    SignIn,
    /// By the consent link, whose address only they have.
    Link,
    /// As the signed-in admin.
    Connections,
    /// One of the latter two: it is not known who they are.
    LinkOrConnections,
}

impl Again {
    fn words(self) -> &'static str {
        match self {
            Again::SignIn => "sign in again",
            Again::Link => "open the link again",
            Again::Connections => "begin again under Connections",
            Again::LinkOrConnections => "open the link again, or begin again under Connections",
        }
    }
}

/// Why there is no grant that can be used. Displays as sentences for a user who signs in; [`GrantError::message`] has
/// those for others.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GrantError {
    /// The `state` belongs to no pending attempt.
    Unknown,
    /// The callback was opened in another browser than the one that began the attempt.
    OtherBrowser,
    /// Salesforce refused the grant.
    Refused(ExchangeError),
    /// The org does not have the app.
    NotInstalled {
        error: ExchangeError,
        /// The login URL of the org's users.
        login_url: Url,
    },
    /// The deployment has no Salesforce app credentials.
    NoApp,
    /// What Salesforce said of the user, the org or its address does not hold.
    Unverified(VerifyError),
    /// Salesforce signed the user in, but a later request failed.
    Unanswered(#[from] salesforce::Error),
    /// One of our own stores does not answer.
    Store(#[from] store::Error),
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Again::SignIn))
    }
}

impl From<VerifyError> for GrantError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Unanswered(error) => GrantError::Unanswered(error),
            VerifyError::ForeignHost | VerifyError::Contradiction => GrantError::Unverified(error),
        }
    }
}

impl GrantError {
    fn refused(error: ExchangeError, login_url: &Url) -> Self {
        match error {
            ExchangeError::NotInstalled { .. } => GrantError::NotInstalled { error, login_url: login_url.clone() },
            error => GrantError::Refused(error),
        }
    }

    /// What happened and what to do, as sentences for a user who begins another attempt like this.
    pub(crate) fn message(&self, again: Again) -> String {
        let (attempt, please) = (if again == Again::SignIn { "sign-in" } else { "attempt" }, again.words());
        match self {
            GrantError::Unknown => format!("This {attempt} has expired or was used before. Please {please}."),
            GrantError::OtherBrowser if again == Again::SignIn => {
                format!("This {attempt} was begun in another browser. Please {please} in this one.")
            }
            GrantError::OtherBrowser => format!("This {attempt} was begun in another browser. Please {please}."),
            GrantError::Refused(error) if again == Again::SignIn => error.to_string(),
            GrantError::Refused(ExchangeError::StartAgain { .. }) => GrantError::Unknown.message(again),
            GrantError::Refused(ExchangeError::Denied) => {
                "You did not allow access in Salesforce, so nothing was changed.".to_owned()
            }
            GrantError::Refused(ExchangeError::Unanswered(error)) => {
                format!("Salesforce did not answer ({error}). Please {please}.")
            }
            GrantError::Refused(error) | GrantError::NotInstalled { error, .. } => error.to_string(),
            GrantError::NoApp => {
                "Signing in with Salesforce is not set up yet: the console's operator has to store the consumer key and \
                 secret of the Salesforce app. This page changes within a minute after that."
                    .to_owned()
            }
            GrantError::Unverified(error) => format!(
                "The {attempt} was refused: {error}. Nothing was stored. Please {please}, and tell the console's operator \
                 if it happens again."
            ),
            GrantError::Unanswered(error) => {
                format!("Salesforce signed you in, but the next request failed: {error}. Please {please}.")
            }
            GrantError::Store(error) => error.to_string(),
        }
    }

    /// The status of the page that says it, and the reason in the log.
    pub(crate) fn status(&self) -> (StatusCode, &'static str) {
        match self {
            GrantError::Unknown => (StatusCode::BAD_REQUEST, "unknown"),
            GrantError::OtherBrowser => (StatusCode::FORBIDDEN, "other browser"),
            GrantError::NotInstalled { .. } => (StatusCode::FORBIDDEN, "app not installed"),
            GrantError::Refused(_) => (StatusCode::FORBIDDEN, "refused by Salesforce"),
            GrantError::Unverified(_) => (StatusCode::FORBIDDEN, "not verified"),
            GrantError::NoApp => (StatusCode::SERVICE_UNAVAILABLE, "no app"),
            GrantError::Unanswered(_) => (StatusCode::SERVICE_UNAVAILABLE, "unanswered"),
            GrantError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "not stored"),
        }
    }
}

/// What a grant is asked for.
#[derive(Debug)]
pub(crate) enum Purpose<'a> {
    /// To sign an admin in, who then sees this page.
    SignIn {
        /// The page's path.
        return_to: &'a str,
    },
    /// To connect an org, and nothing else.
    Connect(Consent),
}

/// Stores a new attempt, bound to the browser with this cookie, and returns the URL of the login page.
pub(crate) async fn begin(
    console: &Console,
    base_url: &BaseUrl,
    login_url: &Url,
    purpose: Purpose<'_>,
    browser: &str,
) -> Result<Url, GrantError> {
    let app = console.connector.app.get().await?.ok_or(GrantError::NoApp)?;
    let pkce = Pkce::new();
    let (prefix, return_to, consent) = match purpose {
        Purpose::SignIn { return_to } => ("", return_to, None),
        Purpose::Connect(consent) => (CONSENT, "/", Some(consent)),
    };
    let prompt = consent.as_ref().is_some_and(|consent| consent.link.is_some()).then_some(PROMPT);
    let state = format!("{prefix}{}", random::text());
    let attempt = Attempt {
        state_hash: hash(&state),
        code_verifier: pkce.verifier().clone(),
        login_url: login_url.to_string(),
        return_to: local_path(return_to).to_owned(),
        browser_hash: TokenHash::new(browser),
        consent,
        expires_at: Timestamp::now() + LIFETIME,
    };
    console.sign_ins.begin(&attempt).await?;
    let callback = base_url.path(CALLBACK);
    Ok(oauth::authorize_url(login_url, &app.client_id, callback.as_str(), SCOPE, &state, &pkce, prompt))
}

/// The query parameters and cookies of the callback.
#[derive(Debug)]
pub(crate) struct Callback<'a> {
    pub(crate) state: &'a str,
    pub(crate) code: &'a str,
    /// An OAuth error, instead of a code.
    pub(crate) error: &'a str,
    /// The values of the cookies that bind an attempt to its browser.
    pub(crate) browsers: Vec<&'a str>,
}

impl Callback<'_> {
    /// Whether it ends a consent, and not a sign-in.
    pub(crate) fn is_consent(&self) -> bool {
        self.state.starts_with(CONSENT)
    }

    /// Consumes the attempt that this ends.
    pub(crate) async fn attempt(&self, console: &Console) -> Result<Attempt, GrantError> {
        let attempt = console.sign_ins.consume(&hash(self.state), Timestamp::now()).await?;
        let attempt = attempt.ok_or(GrantError::Unknown)?;
        if self.browsers.iter().any(|browser| attempt.browser_hash.matches(browser)) {
            Ok(attempt)
        } else {
            Err(GrantError::OtherBrowser)
        }
    }
}

/// A grant whose owner is not verified yet. It is revoked unless it is used, as Salesforce keeps only five for each user
/// and app.
#[derive(Debug)]
pub(crate) struct Grant {
    tokens: oauth::Tokens,
    refresh_token: SecretString,
    login_url: Url,
    /// The tenant of the org that the grant is for.
    pub(crate) tenant: TenantId,
}

impl Grant {
    /// Exchanges the code of the callback that ends the attempt.
    pub(crate) async fn exchange(
        console: &Console,
        base_url: &BaseUrl,
        attempt: &Attempt,
        callback: &Callback<'_>,
    ) -> Result<Self, GrantError> {
        let login_url = Url::parse(&attempt.login_url).map_err(|_| GrantError::Unknown)?;
        if !callback.error.is_empty() {
            return Err(GrantError::refused(ExchangeError::of_redirect(callback.error), &login_url));
        }
        let app = console.connector.app.get().await?.ok_or(GrantError::NoApp)?;
        let (http, code) = (&console.connector.http, SecretString::from(callback.code));
        let (secret, verifier, redirect_uri) = (&app.client_secret, &attempt.code_verifier, base_url.path(CALLBACK));
        let tokens = oauth::exchange(http, &login_url, &app.client_id, secret, redirect_uri.as_str(), &code, verifier)
            .await
            .map_err(|error| GrantError::refused(error, &login_url))?;
        let refresh_token = tokens.refresh_token.clone().ok_or(GrantError::Unknown)?;
        let tenant = TenantId::from_org_id(tokens.org_id.as_str()).map_err(|_| GrantError::Unknown)?;
        Ok(Self { tokens, refresh_token, login_url, tenant })
    }

    /// Verifies whose grant it is, and returns the user.
    pub(crate) async fn verify(&self, console: &Console) -> Result<UserInfo, GrantError> {
        let hosts = TrustedHosts::replaced_by(console.salesforce_login_url.as_ref());
        Ok(oauth::verify(&console.connector.http, &self.tokens, hosts).await?)
    }

    /// A client of the org. Only for a grant that is verified.
    pub(crate) fn client(&self, console: &Console) -> Client {
        let (instance_url, access_token) = (self.tokens.instance_url.clone(), self.tokens.access_token.clone());
        Client::new(console.connector.http.clone(), instance_url, access_token, console.connector.version.clone())
    }

    /// The host of the org.
    pub(crate) fn host(&self) -> &str {
        self.tokens.instance_url.host_str().unwrap_or_default()
    }

    /// The org's My Domain, if its address has one.
    pub(crate) fn my_domain(&self, console: &Console) -> Option<&str> {
        my_domain(console, self.tokens.instance_url.authority())
    }

    /// The org's id.
    pub(crate) fn org_id(&self) -> salesforce::SalesforceId {
        self.tokens.org_id
    }

    /// What is stored of the grant: the tokens, and the connection with this user's name.
    pub(crate) fn stored(&self, user: &UserInfo, now: Timestamp) -> (Connection, SalesforceTokens) {
        let tokens = SalesforceTokens {
            access_token: self.tokens.access_token.clone(),
            refresh_token: self.refresh_token.clone(),
            instance_url: without_slash(&self.tokens.instance_url),
            login_url: without_slash(&self.login_url),
        };
        let connection = Connection {
            org_id: self.tokens.org_id.to_string(),
            instance_url: tokens.instance_url.clone(),
            login_url: tokens.login_url.clone(),
            user_id: self.tokens.user_id.to_string(),
            user_name: Some(user.name.clone()),
            connected_at: now,
        };
        (connection, tokens)
    }

    /// Revokes the grant. Returns whether Salesforce confirmed it.
    pub(crate) async fn revoke(&self, console: &Console) -> bool {
        revoke_grant(console, &self.tenant, self.login_url.as_str(), &self.refresh_token).await
    }
}

/// The hash of a `state`. The prefix separates it from the states of Aircall's OAuth, and consents from sign-ins: nothing
/// that only knows sign-ins finds them.
fn hash(state: &str) -> TokenHash {
    let prefix = if state.starts_with(CONSENT) { "connect" } else { "salesforce" };
    TokenHash::new(&format!("{prefix}:{state}"))
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
