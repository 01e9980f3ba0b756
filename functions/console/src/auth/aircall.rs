//! `GET /auth/aircall` and its callback: connecting Aircall by the deployment's app instead of an API key.

use std::sync::Arc;

use aircall::oauth::{App, success_url};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::Timestamp;
use store::{Attempt, TokenHash};

use super::grant::LIFETIME;
use super::redirect;
use crate::connections::page::{FailedChange, show_failed};
use crate::connections::{ConnectionError, aircall as account};
use crate::console::Console;
use crate::web::base_url::BaseUrl;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::kit::Kit;
use crate::web::page_error::PageError;
use crate::web::page_request::PageRequest;
use crate::web::signed_in::{Caller, SignedIn};
use crate::web::{page, random};

/// Redirects a signed-in admin to Aircall's consent page.
pub(crate) async fn begin(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    Caller(signed_in): Caller,
) -> Result<Response, PageError> {
    let signed_in = signed_in.ok_or(PageError::NotSignedIn)?;
    let app = console.aircall.app(&console.base_url(&headers)?).await?.ok_or(PageError::NotFound)?;
    let state = random::text();
    let attempt = Attempt {
        state_hash: hash(&state),
        // Aircall does not support PKCE.
        code_verifier: "".into(),
        login_url: console.aircall.dashboard_url.to_string(),
        return_to: crate::connections::NAV.path.to_owned(),
        browser_hash: browser(&signed_in),
        consent: None,
        expires_at: Timestamp::now() + LIFETIME,
    };
    console.sign_ins.begin(&attempt).await?;
    Ok(redirect(app.authorize_url(&console.aircall.dashboard_url, &state).as_str(), []))
}

/// Handles the redirect back from Aircall and connects the account.
///
/// Then the admin goes to Aircall's success page, as Aircall expects of an app: there its installation ends. That page
/// leads nowhere, so the console opens Aircall in a tab of its own; what the page *Connections* says next waits in a cookie.
pub(crate) async fn callback(
    State(console): State<Arc<Console>>,
    State(kit): State<Arc<Kit>>,
    headers: HeaderMap,
    Caller(signed_in): Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let Some(signed_in) = signed_in else {
        // Do not return here after signing in: the code is bound to the previous session.
        return Ok(Redirect::to("/login?return_to=%2Fconnections").into_response());
    };
    let base_url = console.base_url(&headers)?;
    let app = console.aircall.app(&base_url).await?.ok_or(PageError::NotFound)?;
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let connected = connect(&console, &base_url, &app, &signed_in, &query).await;
    let page = PageRequest::new(signed_in, &kit, None);
    match connected {
        Ok(()) => Ok(page::done(success_url(&console.aircall.dashboard_url).as_str(), Flash::AircallConnected)),
        Err(Failed::Message(status, message)) => show_failed(&console, page, status, FailedChange::new(message)).await,
        Err(Failed::Connection(ConnectionError::Store(error))) => Err(error.into()),
        Err(Failed::Connection(error)) => {
            show_failed(&console, page, StatusCode::CONFLICT, FailedChange::new(error.to_string())).await
        }
    }
}

enum Failed {
    Message(StatusCode, String),
    Connection(ConnectionError),
}

impl<E: Into<ConnectionError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed::Connection(error.into())
    }
}

async fn connect(
    console: &Console,
    base_url: &BaseUrl,
    app: &App,
    signed_in: &SignedIn,
    query: &Fields,
) -> Result<(), Failed> {
    let attempt = console.sign_ins.consume(&hash(query.get("state")), Timestamp::now()).await?;
    let Some(attempt) = attempt else {
        let message = "This connection attempt has expired or was used before. Please start again.";
        return Err(Failed::Message(StatusCode::BAD_REQUEST, message.to_owned()));
    };
    if attempt.browser_hash != browser(signed_in) {
        let message = "This connection was started in another browser or by another user. Please start again here.";
        return Err(Failed::Message(StatusCode::FORBIDDEN, message.to_owned()));
    }
    match query.get("error") {
        "" => {}
        "access_denied" => {
            let message = "You did not allow access in Aircall, so nothing was connected.";
            return Err(Failed::Message(StatusCode::FORBIDDEN, message.to_owned()));
        }
        _ => {
            let message = "Aircall did not grant access, so nothing was connected. Please start again.";
            return Err(Failed::Message(StatusCode::FORBIDDEN, message.to_owned()));
        }
    }
    let credential = console.aircall.exchange_code(app, query.get("code")).await.map_err(ConnectionError::from)?;
    account::connect(console, &signed_in.session.tenant, &credential, base_url).await?;
    Ok(())
}

/// Hashes the OAuth state. The prefix keeps it apart from the states of Salesforce sign-ins.
fn hash(state: &str) -> TokenHash {
    TokenHash::new(&format!("aircall:{state}"))
}

/// Hashes the session cookie, which binds the attempt to this browser.
fn browser(signed_in: &SignedIn) -> TokenHash {
    TokenHash::new(signed_in.cookie.as_ref().map_or("", |cookie| &cookie.value))
}
