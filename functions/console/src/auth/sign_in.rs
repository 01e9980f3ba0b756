//! Signing in with Salesforce: the OAuth authorization code flow with PKCE.
//!
//! Each attempt is stored in the console's table under the hash of its `state`, which the browser carries along. An
//! attempt is consumed by the first callback. It is bound to the browser that began it by a cookie, whose hash is
//! stored with the attempt. So neither a replayed callback nor one opened in another browser signs anybody in.

use jiff::{SignedDuration, Timestamp};
use salesforce::oauth::{self, ExchangeError, Pkce, TrustedHosts, VerifyError};
use salesforce::{Client, SalesforceId};
use secrecy::SecretString;
use store::{Attempt, Connection, SalesforceTokens, TenantId, TokenHash};
use url::Url;

use crate::connections::ConnectionError;
use crate::connections::salesforce::{Joined, join, revoke_grant};
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::random;
use crate::web::return_to::local_path;
use crate::web::session::Session;

/// How long an attempt is valid: the time to sign in on the login page.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// The OAuth scopes: the API, a refresh token, and the user's identity.
const SCOPE: &str = "api refresh_token openid";
/// The path of the OAuth callback.
const CALLBACK: &str = "/auth/salesforce/callback";

/// Why a sign-in failed. Displays as sentences for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    /// The `state` belongs to no pending attempt.
    #[error("This sign-in has expired or was used before. Please sign in again.")]
    Unknown,
    /// The callback was opened in another browser than the one that began the sign-in.
    #[error("This sign-in was begun in another browser. Please sign in again in this one.")]
    OtherBrowser,
    /// Salesforce refused the sign-in.
    #[error("{0}")]
    Refused(ExchangeError),
    /// The org does not have the app.
    #[error("{error}")]
    NotInstalled {
        error: ExchangeError,
        /// The login URL of the org's users.
        login_url: Url,
    },
    /// The user is not an admin of the org.
    #[error(
        "Your Salesforce user does not administer this org. Ask an admin to sign in here: a user with the \
         permission to customize the application or to modify all data."
    )]
    NoAdmin,
    /// The org is not in the deployment's allow list.
    #[error(
        "This console is not open to your org. Ask its operator to add the org's ID, {0}, to the list of allowed orgs."
    )]
    OrgNotAllowed(SalesforceId),
    /// The deployment has no Salesforce app credentials.
    #[error(
        "Signing in with Salesforce is not set up yet: the console's operator has to store the consumer key and secret \
         of the Salesforce app. This page changes within a minute after that."
    )]
    NoApp,
    /// What Salesforce said of the user, the org or its address does not hold.
    #[error(
        "The sign-in was refused: {0}. Nothing was stored. Please sign in again, and tell the console's operator if it happens again."
    )]
    Unverified(VerifyError),
    /// Salesforce signed the user in, but a later request failed.
    #[error("Salesforce signed you in, but the next request failed: {0}. Please sign in again.")]
    Unanswered(#[from] salesforce::Error),
    /// The sign-in succeeded, but its connection was not stored.
    #[error("You were signed in, but the connection could not be stored: {0} Please sign in again.")]
    Connection(ConnectionError),
    /// One of our own stores does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<VerifyError> for SignInError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Unanswered(error) => SignInError::Unanswered(error),
            VerifyError::ForeignHost | VerifyError::Contradiction => SignInError::Unverified(error),
        }
    }
}

impl SignInError {
    fn refused(error: ExchangeError, login_url: &Url) -> Self {
        match error {
            ExchangeError::NotInstalled { .. } => SignInError::NotInstalled { error, login_url: login_url.clone() },
            error => SignInError::Refused(error),
        }
    }
}

/// A successful sign-in, and the page to return to.
#[derive(Debug)]
pub(crate) struct SignedInWith {
    pub(crate) session: Session,
    pub(crate) return_to: String,
    /// What the sign-in did to the org's connection.
    pub(crate) joined: Joined,
}

/// Stores a new attempt, bound to the browser with this cookie, and returns the URL of the login page.
pub(crate) async fn begin(
    console: &Console,
    base_url: &BaseUrl,
    login_url: Url,
    return_to: &str,
    browser: &str,
) -> Result<Url, SignInError> {
    let app = console.connector.app.get().await?.ok_or(SignInError::NoApp)?;
    let (state, pkce) = (random::text(), Pkce::new());
    let attempt = Attempt {
        state_hash: hash(&state),
        code_verifier: pkce.verifier().clone(),
        login_url: login_url.to_string(),
        return_to: local_path(return_to).to_owned(),
        browser_hash: TokenHash::new(browser),
        expires_at: Timestamp::now() + LIFETIME,
    };
    console.sign_ins.begin(&attempt).await?;
    let callback = base_url.path(CALLBACK);
    Ok(oauth::authorize_url(&login_url, &app.client_id, callback.as_str(), SCOPE, &state, &pkce))
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

/// Completes a sign-in: exchanges the code, verifies the admin, and connects the org if needed.
///
/// A grant that leads to no session is revoked, as Salesforce keeps only five for each user and app.
pub(crate) async fn finish(
    console: &Console,
    base_url: &BaseUrl,
    callback: &Callback<'_>,
) -> Result<SignedInWith, SignInError> {
    let now = Timestamp::now();
    let attempt = console.sign_ins.consume(&hash(callback.state), now).await?.ok_or(SignInError::Unknown)?;
    if !callback.browsers.iter().any(|browser| attempt.browser_hash.matches(browser)) {
        return Err(SignInError::OtherBrowser);
    }
    let login_url = Url::parse(&attempt.login_url).map_err(|_| SignInError::Unknown)?;
    if !callback.error.is_empty() {
        return Err(SignInError::refused(ExchangeError::of_redirect(callback.error), &login_url));
    }
    let app = console.connector.app.get().await?.ok_or(SignInError::NoApp)?;
    let (http, code) = (&console.connector.http, SecretString::from(callback.code));
    let (secret, verifier, redirect_uri) = (&app.client_secret, &attempt.code_verifier, base_url.path(CALLBACK));
    let tokens = oauth::exchange(http, &login_url, &app.client_id, secret, redirect_uri.as_str(), &code, verifier)
        .await
        .map_err(|error| SignInError::refused(error, &login_url))?;
    let refresh_token = tokens.refresh_token.clone().ok_or(SignInError::Unknown)?;
    let tenant = TenantId::from_org_id(tokens.org_id.as_str()).map_err(|_| SignInError::Unknown)?;
    match verify_admin(console, &tenant, &tokens).await {
        Ok(user) => {
            let stored = SalesforceTokens {
                access_token: tokens.access_token,
                refresh_token,
                instance_url: without_slash(&tokens.instance_url),
                login_url: without_slash(&login_url),
            };
            let connection = Connection {
                org_id: tokens.org_id.to_string(),
                instance_url: stored.instance_url.clone(),
                login_url: stored.login_url.clone(),
                user_id: tokens.user_id.to_string(),
                user_name: Some(user.name.clone()),
                connected_at: now,
            };
            console.tenants.create(&tenant, now).await?;
            let joined = join(console, &tenant, &connection, &stored).await.map_err(SignInError::Connection)?;
            tracing::info!(%tenant, user = %tokens.user_id, ?joined, "an admin signed in");
            let org = tokens.instance_url.host_str().unwrap_or_default();
            let session = Session::new(tenant, user.label, now).named(random::text()).called(user.name, org);
            Ok(SignedInWith { session, return_to: attempt.return_to, joined })
        }
        Err(error) => {
            revoke_grant(console, &tenant, login_url.as_str(), &refresh_token).await;
            Err(error)
        }
    }
}

/// An admin of an allowed org.
struct Admin {
    /// For the history of changes.
    label: String,
    /// For the pages.
    name: String,
}

async fn verify_admin(console: &Console, tenant: &TenantId, tokens: &oauth::Tokens) -> Result<Admin, SignInError> {
    if !console.allowed_orgs.contains(tenant).await? {
        return Err(SignInError::OrgNotAllowed(tokens.org_id));
    }
    let http = &console.connector.http;
    let hosts = TrustedHosts::replaced_by(console.salesforce_login_url.as_ref());
    let user = oauth::verify(http, tokens, hosts).await?;
    let (instance_url, access_token) = (tokens.instance_url.clone(), tokens.access_token.clone());
    let client = Client::new(http.clone(), instance_url, access_token, console.connector.version.clone());
    if !client.user_permissions().await?.value.is_admin() {
        return Err(SignInError::NoAdmin);
    }
    let label = user.preferred_username.or(user.email).unwrap_or_else(|| user.user_id.to_string());
    Ok(Admin { label, name: user.name })
}

/// The hash of a `state`. The prefix separates it from the states of Aircall's OAuth.
fn hash(state: &str) -> TokenHash {
    TokenHash::new(&format!("salesforce:{state}"))
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
