//! Signing in with Salesforce: to the org's login page and back, once.
//!
//! What has to be remembered in between is in the console's table, under the hash of the `state` that the browser carries
//! along. It is taken out by whoever comes back first, and counts only for the browser that began: a cookie of that
//! browser, of which the hash is remembered, tells it from others. So neither a replayed nor a foreign address signs
//! anybody in.

use jiff::{SignedDuration, Timestamp};
use salesforce::oauth::{self, ExchangeError, LoginHost, NotALoginHost, Pkce};
use salesforce::{Client, SalesforceId};
use secrecy::SecretString;
use store::{Attempt, Connection, SalesforceTokens, TenantId, TokenHash};
use url::Url;

use crate::base_url::BaseUrl;
use crate::connections::ConnectionError;
use crate::connections::salesforce::{Joined, give_back, join};
use crate::console::Console;
use crate::random;
use crate::return_to::local_path;
use crate::session::Session;

/// How long a person may take on the login page.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// What the app is allowed: the API, also without the user, and who the user is.
const SCOPE: &str = "api refresh_token openid";
/// Where the browser comes back to.
const CALLBACK: &str = "/auth/salesforce/callback";

/// Why nobody was signed in. Displays as sentences for the person in front of the browser.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    /// The address that the browser came back with is none that we wait for.
    #[error("This sign-in has expired or was used before. Please sign in again.")]
    Unknown,
    /// The address was opened in another browser than the sign-in was begun in.
    #[error("This sign-in was begun in another browser. Please sign in again in this one.")]
    OtherBrowser,
    /// Salesforce lets nobody in.
    #[error("{0}")]
    Refused(#[from] ExchangeError),
    /// The user administers nothing.
    #[error(
        "Your Salesforce user does not administer this org. Ask an admin to sign in base_url, one who may customize the \
         application or modify all data."
    )]
    NoAdmin,
    /// The deployment is for other orgs.
    #[error(
        "This console is not open to your org ({0}). Whoever runs it can add the org's id to those that are allowed."
    )]
    OrgNotAllowed(SalesforceId),
    /// The deployment lacks what it takes.
    #[error(
        "This console cannot sign anybody in with Salesforce yet: whoever runs it has to give it the consumer key and secret of an app."
    )]
    NoApp,
    /// Salesforce let the user in, and then said no more.
    #[error("Salesforce let you in, but did not answer what was asked next: {0}. Please sign in again.")]
    Unanswered(#[from] salesforce::Error),
    /// The sign-in was good; its connection was not stored.
    #[error("You were let in, but the connection could not be stored: {0} Please sign in again.")]
    Connection(ConnectionError),
    /// Our own memory does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A person who signed in, and where they go now.
#[derive(Debug)]
pub(crate) struct SignedInWith {
    pub(crate) session: Session,
    pub(crate) return_to: String,
    /// Whether the org is connected by this.
    pub(crate) joined: Joined,
}

/// Where somebody signs in who says `at`: `production`, `sandbox` or a My Domain.
pub(crate) fn login_url(console: &Console, at: &str) -> Result<Url, NotALoginHost> {
    match (LoginHost::parse(at)?, &console.salesforce_login_url) {
        (LoginHost::Production | LoginHost::Sandbox, Some(instead)) => Ok(instead.clone()),
        (host, _) => Ok(host.url()),
    }
}

/// What to say as `at` to sign in where the org was connected.
pub(crate) fn at(login_url: &str) -> String {
    let host = Url::parse(login_url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned)).unwrap_or_default();
    if host == LoginHost::Sandbox.host() {
        return LoginHost::Sandbox.to_string();
    }
    LoginHost::parse(&host).unwrap_or(LoginHost::Production).to_string()
}

/// Remembers a sign-in that begins in the browser with this cookie, and gives the address of the login page.
pub(crate) async fn begin(
    console: &Console,
    base_url: &BaseUrl,
    login_url: Url,
    return_to: &str,
    browser: &str,
) -> Result<Url, SignInError> {
    let app = console.connector.app.get().await?;
    if app.client_id.is_empty() {
        return Err(SignInError::NoApp);
    }
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

/// What a browser came back with.
#[derive(Debug)]
pub(crate) struct Back<'a> {
    pub(crate) state: &'a str,
    pub(crate) code: &'a str,
    /// Instead of a code.
    pub(crate) error: &'a str,
    /// The cookies that may be the one it was sent away with.
    pub(crate) browsers: Vec<&'a str>,
}

/// Ends a sign-in: who it is, whose tenant that is, and whether its org is connected by it.
///
/// A grant that leads to no session is revoked, as Salesforce keeps five for each user and app only.
pub(crate) async fn finish(
    console: &Console,
    base_url: &BaseUrl,
    back: &Back<'_>,
) -> Result<SignedInWith, SignInError> {
    let now = Timestamp::now();
    let attempt = console.sign_ins.consume(&hash(back.state), now).await?.ok_or(SignInError::Unknown)?;
    if !back.browsers.iter().any(|browser| attempt.browser_hash.matches(browser)) {
        return Err(SignInError::OtherBrowser);
    }
    if !back.error.is_empty() {
        return Err(ExchangeError::of_redirect(back.error).into());
    }
    let login_url = Url::parse(&attempt.login_url).map_err(|_| SignInError::Unknown)?;
    let app = console.connector.app.get().await?;
    let (http, code) = (&console.connector.http, SecretString::from(back.code));
    let (secret, verifier, callback) = (&app.client_secret, &attempt.code_verifier, base_url.path(CALLBACK));
    let tokens = oauth::exchange(http, &login_url, &app.client_id, secret, callback.as_str(), &code, verifier).await?;
    let refresh_token = tokens.refresh_token.clone().ok_or(SignInError::Unknown)?;
    let tenant = TenantId::of_org(tokens.org_id.as_str()).map_err(|_| SignInError::Unknown)?;
    match known(console, &tokens).await {
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
            give_back(console, &tenant, login_url.as_str(), &refresh_token).await;
            Err(error)
        }
    }
}

/// An admin of an allowed org.
struct Admin {
    /// For the record of who changed what.
    label: String,
    /// For the pages.
    name: String,
}

async fn known(console: &Console, tokens: &oauth::Tokens) -> Result<Admin, SignInError> {
    if !console.allowed_orgs.allow(&tokens.org_id) {
        return Err(SignInError::OrgNotAllowed(tokens.org_id));
    }
    let (http, instance_url) = (&console.connector.http, &tokens.instance_url);
    let client =
        Client::new(http.clone(), instance_url.clone(), tokens.access_token.clone(), console.connector.version.clone());
    if !client.user_permissions().await?.value.is_admin() {
        return Err(SignInError::NoAdmin);
    }
    match oauth::userinfo(http, instance_url, &tokens.access_token).await {
        Ok(user) => {
            let label = user.preferred_username.or(user.email).unwrap_or_else(|| user.user_id.to_string());
            Ok(Admin { label, name: user.name })
        }
        Err(error) => {
            // Who it is, is known; only not by what name.
            tracing::warn!(user = %tokens.user_id, kind = ?error.kind(), "Salesforce did not tell the user's name");
            Ok(Admin { label: tokens.user_id.to_string(), name: tokens.user_id.to_string() })
        }
    }
}

/// Only of a state of this kind of sign-in.
fn hash(state: &str) -> TokenHash {
    TokenHash::new(&format!("salesforce:{state}"))
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
