//! The authenticated caller of a request: an admin in a browser, by a cookie; or a program, by an API token.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use secrecy::SecretString;
use store::TokenHash;

use crate::web::bearer::TokenSession;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::kit::Kit;
use crate::web::page_error::PageError;
use crate::web::session::{COOKIE_NAME, Session};

/// The session of a request. As an extractor, it refuses a request without one.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// The session.
    pub(crate) session: Session,
    /// The cookie, which CSRF tokens are bound to. `None` for an API token.
    pub(crate) cookie: Option<SessionCookie>,
}

/// A session cookie that was verified.
#[derive(Clone, Debug)]
pub(crate) struct SessionCookie {
    /// Its value as the browser sent it.
    pub(crate) value: String,
    /// The key that it was signed with.
    pub(crate) key: SecretString,
}

impl SignedIn {
    /// The session in a request's cookies, if any of them is valid and its org is still served. The result is cached for the request.
    ///
    /// # Errors
    /// When Secrets Manager or DynamoDB cannot answer whether that is so, or the session was ended: the request is refused
    /// then.
    pub(crate) async fn from_cookies(parts: &mut Parts, kit: &Kit) -> Result<Option<Self>, store::Error> {
        // Several extractors and middlewares look at one request.
        if let Some(CachedSession(known)) = parts.extensions.get() {
            return Ok(known.clone());
        }
        let known = Self::from_headers(&parts.headers, kit).await?;
        parts.extensions.insert(CachedSession(known.clone()));
        Ok(known)
    }

    async fn from_headers(headers: &HeaderMap, kit: &Kit) -> Result<Option<Self>, store::Error> {
        let now = Timestamp::now();
        for cookie in cookies(headers, COOKIE_NAME) {
            let verify = |key: &SecretString| Some((Session::verify(cookie, key, now)?, key.clone()));
            let Some((session, key)) = kit.session_keys.find(verify).await? else { continue };
            let is_open = kit.allowed_orgs.contains(&session.tenant).await?;
            if is_open && !kit.ended_sessions.has_ended(&hash(cookie)).await? {
                return Ok(Some(Self { session, cookie: Some(SessionCookie { value: cookie.to_owned(), key }) }));
            }
        }
        Ok(None)
    }

    /// Ends the session on the server, so that copies of its cookie stop working too.
    pub(crate) async fn end(&self, kit: &Kit) -> Result<(), store::Error> {
        let Some(cookie) = &self.cookie else { return Ok(()) };
        kit.ended_sessions.end(&hash(&cookie.value), self.session.expires).await
    }
}

/// The cached session of a request.
#[derive(Clone, Debug)]
struct CachedSession(Option<SignedIn>);

/// A session's hash. The signature is left out, as each key gives another one.
fn hash(cookie: &str) -> TokenHash {
    TokenHash::new(cookie.split('.').next().unwrap_or_default())
}

/// The caller of a public page; `None` if not signed in.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Option<SignedIn>);

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Arc<Kit>: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        Ok(Self(SignedIn::from_cookies(parts, &Arc::from_ref(state)).await?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Arc<Kit>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // With an API token, cookies are ignored.
        if let Some(TokenSession(session)) = parts.extensions.get().cloned() {
            return Ok(Self { session, cookie: None });
        }
        Self::from_cookies(parts, &Arc::from_ref(state)).await?.ok_or_else(|| ErrorCode::NotSignedIn.into())
    }
}

/// An admin with a cookie session. API tokens are refused: they must not change connections, users or tokens.
#[derive(Clone, Debug)]
pub(crate) struct Admin(pub(crate) Session);

impl<S: Send + Sync> FromRequestParts<S> for Admin
where
    Arc<Kit>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        if signed_in.cookie.is_some() { Ok(Self(signed_in.session)) } else { Err(ErrorCode::AdminOnly.into()) }
    }
}

/// The values of the cookies with this name. There may be several, for different paths or domains.
pub(crate) fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .filter_map(move |cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
}
