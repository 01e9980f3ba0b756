//! `GET /auth/salesforce?at=…&return_to=…` and `GET /auth/salesforce/callback`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::grant::{self, Callback, GrantError, Purpose};
use super::sign_in::{self, SignInError, SignedInWith};
use super::{browser, consent, failed, install_url, redirect};
use crate::connections::ConnectionError;
use crate::connections::salesforce::{Joined, login_host};
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::page_error::PageError;
use crate::web::signed_in::{Caller, SignedIn};

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
    let browser = browser::of(&headers);
    let purpose = Purpose::SignIn { return_to: query.get("return_to") };
    match grant::begin(&console, &base_url, &login_url, purpose, &browser).await {
        Ok(login_page) => Ok(redirect(login_page.as_str(), [browser::cookie(&browser)])),
        Err(error) => not_signed_in(&console, error.into()),
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
    let back = Callback { state, code, error, browsers: browser::all(&headers).collect() };
    if back.is_consent() {
        return Box::pin(consent::callback(&console, &base_url, &back)).await;
    }
    let signed_in = match back.attempt(&console).await {
        Ok(attempt) => Box::pin(sign_in::finish(&console, &base_url, attempt, &back)).await,
        Err(error) => Err(error.into()),
    };
    match signed_in {
        Ok(signed_in) => open_session(&console, previous.as_ref(), &signed_in).await,
        Err(error) => not_signed_in(&console, error),
    }
}

/// Sets the session cookie and redirects to the requested page. A new connection leads to the connections page instead if
/// no page was requested; so does, whatever was requested, what the admin has to decide there: about the org that this one
/// follows, or about the user whose dead connection was replaced. If the previous session was for another org, the page
/// says that the org has changed.
async fn open_session(
    console: &Console,
    previous: Option<&SignedIn>,
    signed_in: &SignedInWith,
) -> Result<Response, PageError> {
    let SignedInWith { session, return_to, joined, follows_another } = signed_in;
    let key = console.session_keys.signing().await?;
    let session_cookie = HeaderValue::try_from(session.set_cookie(&key)).expect("base64url is plain");
    let (connected, has_to_decide) = match joined {
        Joined::Kept => (None, false),
        Joined::Connected => (Some(Flash::SalesforceConnected), false),
        Joined::TookOver => (Some(Flash::SalesforceTakenOver), true),
    };
    let has_to_decide = has_to_decide || *follows_another;
    let shows_connections = has_to_decide || (connected.is_some() && return_to == "/");
    let to = if shows_connections { crate::connections::NAV.path } else { return_to };
    let is_other = previous.is_some_and(|previous| previous.session.tenant != session.tenant);
    let flash = if is_other { Some(Flash::OtherOrg) } else { connected };
    let flash = flash.map(Flash::set_cookie);
    Ok(redirect(to, [session_cookie, browser::end_cookie()].into_iter().chain(flash)))
}

fn not_signed_in(console: &Console, error: SignInError) -> Result<Response, PageError> {
    let (status, reason) = match &error {
        SignInError::Grant(error) => error.status(),
        SignInError::NoAdmin => (StatusCode::FORBIDDEN, "no admin"),
        SignInError::OrgNotAllowed(_) => (StatusCode::FORBIDDEN, "org not allowed"),
        SignInError::Connection(ConnectionError::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        SignInError::Connection(_) => (StatusCode::SERVICE_UNAVAILABLE, "not stored"),
    };
    let install_url = match error {
        SignInError::Grant(GrantError::Store(error)) => return Err(error.into()),
        SignInError::Grant(ref error) => install_url(console, error),
        _ => None,
    };
    tracing::warn!(reason, "sign-in failed");
    Ok(failed(status, error.to_string(), install_url))
}
