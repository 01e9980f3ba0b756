//! `GET` and `POST /api/tokens`, `DELETE /api/tokens/{id}`: for admins, not for tokens themselves.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use store::ApiToken;

use crate::console::Console;
use crate::error::ApiError;
use crate::signed_in::Admin;
use crate::tokens;

/// Longest body that makes sense here, bytes.
const LONGEST: usize = 4 * 1024;

/// The tenant's tokens.
#[derive(Debug, Serialize)]
pub(crate) struct TokensView {
    /// The latest first.
    tokens: Vec<TokenView>,
}

/// A token, without its text.
#[derive(Debug, Serialize)]
struct TokenView {
    id: String,
    name: String,
    /// Who made it.
    created_by: String,
    /// UNIX seconds.
    #[serde(with = "required")]
    created_at: Timestamp,
    /// To the hour, UNIX seconds; null if it never was.
    #[serde(with = "optional")]
    last_used_at: Option<Timestamp>,
}

/// A token that was just made. It has no `Debug`, which would show its text.
#[derive(Serialize)]
pub(crate) struct CreatedView {
    /// The text to send as `Authorization: Bearer …`. Nobody can show it again.
    token: String,
    #[serde(flatten)]
    view: TokenView,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameBody {
    name: String,
}

/// Lists the tokens.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<Json<TokensView>, ApiError> {
    let tokens = tokens::list(&console, &session).await?;
    Ok(Json(TokensView { tokens: tokens.into_iter().map(TokenView::of).collect() }))
}

/// Makes a token.
pub(crate) async fn create(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    body: Body,
) -> Result<(StatusCode, Json<CreatedView>), ApiError> {
    let body = to_bytes(body, LONGEST).await.map_err(|_| ApiError::TooLarge)?;
    let NameBody { name } = serde_json::from_slice(&body)
        .map_err(|error| ApiError::NotJson(format!("The body is {{\"name\": \"…\"}}: {error}.")))?;
    if !tokens::may_be_name(&name) {
        return Err(ApiError::Parameter { name: "name", message: tokens::NAME.to_owned() });
    }
    let (text, token) = tokens::create(&console, &session, &name).await?;
    let created = CreatedView { token: text.expose_secret().to_owned(), view: TokenView::of(token) };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Revokes a token.
pub(crate) async fn revoke(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    if tokens::revoke(&console, &session, &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound("There is no API token of this id.".to_owned()))
    }
}

impl TokenView {
    fn of(token: ApiToken) -> Self {
        let ApiToken { id, name, created_by, created_at, last_used_at } = token;
        Self { id, name, created_by, created_at, last_used_at }
    }
}
