//! The API tokens: their page, their API, and the changes that both make.

mod api;
mod page;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use secrecy::SecretString;
use store::{ApiToken, ApiTokens, CreateTokenError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::console::AppState;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::nav::Nav;
use crate::web::openapi::refusals::operations;
use crate::web::page::redirect_to;
use crate::web::session::Session;

/// Its entry in the navigation.
pub(crate) const NAV: Nav = Nav::secondary("API tokens", "/tokens");

/// The page of the API tokens.
pub(crate) fn pages() -> Router<AppState> {
    Router::new()
        .route("/tokens", get(page::list).post(page::create))
        .route("/tokens/{id}/revoke", get(redirect_to("/tokens")).post(page::revoke))
}

/// The API of the API tokens.
pub(crate) fn api() -> OpenApiRouter<AppState> {
    use ErrorCode::{AdminOnly, BadParameter, NotFound, TooManyTokens};
    operations([
        (routes!(api::list), &[AdminOnly]),
        (routes!(api::create), &[AdminOnly, BadParameter, TooManyTokens]),
        (routes!(api::revoke), &[AdminOnly, NotFound]),
    ])
}

/// Longest name, in characters.
const MAX_LEN: usize = 80;

/// The error message for an invalid name.
pub(crate) const NAME: &str = "Enter a name of up to 80 characters that says what the token is for.";

/// Whether the text is a valid name for a token.
pub(crate) fn may_be_name(name: &str) -> bool {
    (1..=MAX_LEN).contains(&name.chars().count()) && name.trim() == name && !name.chars().any(char::is_control)
}

/// Creates a token. Its text is returned only once.
pub(crate) async fn create(
    store: &ApiTokens,
    session: &Session,
    name: &str,
) -> Result<(SecretString, ApiToken), ApiError> {
    let created = store.create(&session.tenant, name, &session.user, Timestamp::now()).await;
    let (text, token) = created.map_err(|error| match error {
        CreateTokenError::TooMany => ApiError::from(ErrorCode::TooManyTokens),
        CreateTokenError::Store(error) => error.into(),
    })?;
    tracing::info!(tenant = %session.tenant, token = token.id, "made an API token");
    Ok((text, token))
}

/// The tenant's tokens, the latest first. Tokens that cannot be read are logged and left out.
pub(crate) async fn list(store: &ApiTokens, session: &Session) -> Result<Vec<ApiToken>, ApiError> {
    let tokens = store.list(&session.tenant).await?;
    let readable = tokens
        .into_iter()
        .filter_map(|token| token.inspect_err(|error| tracing::error!(%error, "an API token cannot be read")).ok());
    let mut tokens: Vec<_> = readable.collect();
    tokens.reverse();
    Ok(tokens)
}

/// Revokes a token. Returns whether it existed.
pub(crate) async fn revoke(store: &ApiTokens, session: &Session, id: &str) -> Result<bool, ApiError> {
    let is_revoked = store.revoke(&session.tenant, id).await?;
    if is_revoked {
        tracing::info!(tenant = %session.tenant, token = id, "revoked an API token");
    }
    Ok(is_revoked)
}
