//! Middleware for API tokens: `Authorization: Bearer act_…` instead of a session.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use secrecy::SecretString;
use store::FoundToken;

use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::kit::Kit;
use crate::web::session::Session;

/// The session of a request that carries a valid API token.
#[derive(Clone, Debug)]
pub(crate) struct TokenSession(pub(crate) Session);

/// Authenticates a request by its API token, if it carries one. With an invalid token the request is refused: its
/// session cookie is not tried instead.
pub(crate) async fn bearer_auth(State(kit): State<Arc<Kit>>, mut request: Request, next: Next) -> Response {
    let Some(token) = bearer_token(request.headers()) else { return next.run(request).await };
    match session(&kit, &token).await {
        Ok(session) => {
            request.extensions_mut().insert(TokenSession(session));
            next.run(request).await
        }
        Err(error) => {
            let mut response = error.into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
    }
}

/// The token in the header; `None` for other schemes, such as a proxy's.
fn bearer_token(headers: &HeaderMap) -> Option<SecretString> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}

async fn session(kit: &Kit, token: &SecretString) -> Result<Session, ApiError> {
    let now = Timestamp::now();
    let found = kit.api_tokens.find(token).await?.ok_or(ErrorCode::BadToken)?;
    if !kit.allowed_orgs.contains(&found.tenant).await? {
        return Err(ErrorCode::BadToken.into());
    }
    if let Err(error) = kit.api_tokens.touch(&found, now).await {
        tracing::warn!(tenant = %found.tenant, token = found.id, %error, "the use of a token was not recorded");
    }
    let FoundToken { tenant, name, .. } = found;
    Ok(Session::new(tenant, format!("API token {name}"), now))
}
