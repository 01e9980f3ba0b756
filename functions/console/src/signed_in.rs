//! Who a request is from: an admin in a browser, by a cookie; or a program, by an API token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use store::TokenHash;

use crate::bearer::TokenSession;
use crate::console::Console;
use crate::error::ApiError;
use crate::page_error::PageError;
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
    /// Who a request is from by its cookies, if any of them holds a session that counts.
    ///
    /// # Errors
    /// When it cannot be said whether somebody signed out of it: nobody is let in then.
    pub(crate) async fn known(parts: &mut Parts, console: &Console) -> Result<Option<Self>, store::Error> {
        // Several look at one request.
        if let Some(CachedSession(known)) = parts.extensions.get() {
            return Ok(known.clone());
        }
        let known = Self::from_headers(&parts.headers, console).await?;
        parts.extensions.insert(CachedSession(known.clone()));
        Ok(known)
    }

    async fn from_headers(headers: &HeaderMap, console: &Console) -> Result<Option<Self>, store::Error> {
        let now = Timestamp::now();
        for cookie in cookies(headers, COOKIE_NAME) {
            let Some(session) = Session::verify(cookie, &console.session_keys, now) else { continue };
            if !console.ended_sessions.has_ended(&hash(cookie)).await? {
                return Ok(Some(Self { session, cookie: Some(cookie.to_owned()) }));
            }
        }
        Ok(None)
    }

    /// Ends the session, whoever has a copy of its cookie.
    pub(crate) async fn end(&self, console: &Console) -> Result<(), store::Error> {
        let Some(cookie) = &self.cookie else { return Ok(()) };
        console.ended_sessions.end(&hash(cookie), self.session.expires).await
    }
}

/// What was found out about a request's cookies.
#[derive(Clone, Debug)]
struct CachedSession(Option<SignedIn>);

/// A session's hash. Its signature is none of it: there is one for each key.
fn hash(cookie: &str) -> TokenHash {
    TokenHash::new(cookie.split('.').next().unwrap_or_default())
}

/// Who looks at a page that is for everybody; nobody is there who is not signed in.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Option<SignedIn>);

impl FromRequestParts<Arc<Console>> for Caller {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, PageError> {
        Ok(Self(SignedIn::known(parts, console).await?))
    }
}

impl FromRequestParts<Arc<Console>> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, ApiError> {
        // Where a token was shown, no cookie counts.
        if let Some(TokenSession(session)) = parts.extensions.get().cloned() {
            return Ok(Self { session, cookie: None });
        }
        Self::known(parts, console).await?.ok_or(ApiError::NotSignedIn)
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
