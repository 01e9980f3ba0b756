//! Who a request is from: an admin in a browser, by a cookie; or a program, by an API token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;

use crate::bearer::ByToken;
use crate::console::Console;
use crate::error::ApiError;
use crate::session::{COOKIE_NAME, Session};

/// The session of a request; a request without one is answered before anything else is looked at.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// Whose session it is.
    pub(crate) session: Session,
    /// The cookie's value, as the browser sent it: what forms are bound to. None of an API token.
    pub(crate) cookie: Option<String>,
}

impl SignedIn {
    /// The session that a request's headers hold, if any counts.
    pub(crate) fn of(headers: &HeaderMap, console: &Console) -> Option<Self> {
        let now = Timestamp::now();
        cookies(headers, COOKIE_NAME).find_map(|cookie| {
            let session = Session::verify(cookie, &console.session_keys, now)?;
            Some(Self { session, cookie: Some(cookie.to_owned()) })
        })
    }
}

impl FromRequestParts<Arc<Console>> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, ApiError> {
        // Where a token was shown, no cookie counts.
        if let Some(ByToken(session)) = parts.extensions.get().cloned() {
            return Ok(Self { session, cookie: None });
        }
        Self::of(&parts.headers, console).ok_or(ApiError::NotSignedIn)
    }
}

/// An admin who is there in person: what a token may do ends at what lets others in.
#[derive(Clone, Debug)]
pub(crate) struct Admin(pub(crate) Session);

impl FromRequestParts<Arc<Console>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, ApiError> {
        let signed_in = SignedIn::from_request_parts(parts, console).await?;
        if signed_in.cookie.is_some() { Ok(Self(signed_in.session)) } else { Err(ApiError::AdminOnly) }
    }
}

/// The values of the cookies of this name: there may be several, of other paths or domains.
pub(crate) fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(move |cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
}
