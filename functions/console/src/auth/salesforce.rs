//! `GET /auth/salesforce?at=…&return_to=…` and `GET /auth/salesforce/callback`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use url::Url;

use super::{failed, redirect};
use crate::auth::sign_in::{self, Callback, SignInError, SignedInWith};
use crate::connections::ConnectionError;
use crate::connections::salesforce::{Joined, login_host};
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::page_error::PageError;
use crate::web::random;
use crate::web::signed_in::{Caller, SignedIn, cookies};

/// The path of a package's install link. Other links, as those of a marketplace, are the same for all orgs.
const INSTALL_PACKAGE: &str = "/packaging/installPackage.apexp";
/// Name of the cookie that binds a sign-in to the browser that started it.
const BROWSER: &str = "signin";

/// Redirects the browser to Salesforce's login page.
pub(crate) async fn begin(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let base_url = console.base_url(&headers)?;
    let login_url = login_host::login_url(&console, query.get("at"))
        .map_err(|error| ApiError::parameter("at", error.to_string()))?;
    // Concurrent sign-ins share the cookie, so that the second does not invalidate the first.
    let known = cookies(&headers, BROWSER).find(|cookie| random::may_be(cookie)).map(ToOwned::to_owned);
    let browser = known.unwrap_or_else(random::text);
    match sign_in::begin(&console, &base_url, login_url, query.get("return_to"), &browser).await {
        Ok(login_page) => Ok(redirect(login_page.as_str(), [cookie(&browser, sign_in::LIFETIME.as_secs())])),
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(error) => Ok(not_signed_in(&console, &error)),
    }
}

/// Handles the redirect back from Salesforce.
pub(crate) async fn callback(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    Caller(previous): Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let base_url = console.base_url(&headers)?;
    let [state, code, error] = ["state", "code", "error"].map(|name| query.get(name));
    let back = Callback { state, code, error, browsers: cookies(&headers, BROWSER).collect() };
    match sign_in::finish(&console, &base_url, &back).await {
        Ok(signed_in) => open_session(&console, previous.as_ref(), &signed_in).await,
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(error) => Ok(not_signed_in(&console, &error)),
    }
}

/// Sets the session cookie and redirects to the requested page. A new connection leads to the connections page instead if
/// no page was requested. If the previous session was for another org, the page says that the org has changed.
async fn open_session(
    console: &Console,
    previous: Option<&SignedIn>,
    signed_in: &SignedInWith,
) -> Result<Response, PageError> {
    let SignedInWith { session, return_to, joined } = signed_in;
    let key = console.session_keys.signing().await?;
    let session_cookie = HeaderValue::try_from(session.set_cookie(&key)).expect("base64url is plain");
    let is_new = *joined == Joined::Connected;
    let to = if is_new && return_to == "/" { crate::connections::NAV.path } else { return_to };
    let is_other = previous.is_some_and(|previous| previous.session.tenant != session.tenant);
    let flash = if is_other { Some(Flash::OtherOrg) } else { is_new.then_some(Flash::SalesforceConnected) };
    let flash = flash.map(Flash::set_cookie);
    Ok(redirect(to, [session_cookie, cookie("", 0)].into_iter().chain(flash)))
}

fn not_signed_in(console: &Console, error: &SignInError) -> Response {
    let (status, reason) = match error {
        SignInError::Unknown => (StatusCode::BAD_REQUEST, "unknown"),
        SignInError::OtherBrowser => (StatusCode::FORBIDDEN, "other browser"),
        SignInError::NotInstalled { .. } => (StatusCode::FORBIDDEN, "app not installed"),
        SignInError::Refused(_) => (StatusCode::FORBIDDEN, "refused by Salesforce"),
        SignInError::Unverified(_) => (StatusCode::FORBIDDEN, "not verified"),
        SignInError::NoAdmin => (StatusCode::FORBIDDEN, "no admin"),
        SignInError::OrgNotAllowed(_) => (StatusCode::FORBIDDEN, "org not allowed"),
        SignInError::NoApp => (StatusCode::SERVICE_UNAVAILABLE, "no app"),
        SignInError::Connection(ConnectionError::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        SignInError::Unanswered(_) => (StatusCode::SERVICE_UNAVAILABLE, "unanswered"),
        SignInError::Connection(_) | SignInError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "not stored"),
    };
    tracing::warn!(reason, "sign-in failed");
    let install_url = match error {
        SignInError::NotInstalled { login_url, .. } => {
            console.app_install_url.as_ref().map(|install_url| installed_at(install_url, login_url))
        }
        _ => None,
    };
    failed(status, error.to_string(), install_url)
}

/// The link that installs the app's package in the org of this login URL: sandboxes and production have different hosts.
fn installed_at(install_url: &Url, login_url: &Url) -> Url {
    if install_url.path() != INSTALL_PACKAGE {
        return install_url.clone();
    }
    let mut url = login_url.clone();
    url.set_path(INSTALL_PACKAGE);
    url.set_query(install_url.query());
    url
}

fn cookie(value: &str, seconds: i64) -> HeaderValue {
    let text = format!("{BROWSER}={value}; Max-Age={seconds}; Path=/auth/salesforce; HttpOnly; Secure; SameSite=Lax");
    HeaderValue::try_from(text).expect("base64url is plain")
}
