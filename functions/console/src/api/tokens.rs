//! `GET` and `POST /api/tokens`, `DELETE /api/tokens/{id}`: for admins, not for tokens themselves.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use store::ApiToken;
use utoipa::ToSchema;

use super::body;
use crate::console::Console;
use crate::error::ApiError;
use crate::signed_in::Admin;
use crate::tokens;

/// Longest body that makes sense base_url, bytes.
const MAX_LEN: usize = 4 * 1024;

/// The tenant's tokens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensView {
    /// The latest first.
    tokens: Vec<TokenView>,
}

/// A token, without its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenView {
    #[schema(example = "00f1c2d3e4a5b697")]
    id: String,
    /// What it is for.
    #[schema(example = "Nightly report")]
    name: String,
    /// Who made it.
    #[schema(example = "admin@example.com")]
    created_by: String,
    /// UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    created_at: Timestamp,
    /// To the hour, UNIX seconds; null if it never was.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required, example = 1_774_260_000)]
    last_used_at: Option<Timestamp>,
}

/// A token that was just made. It has no `Debug`, which would show its text.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedToken)]
pub(crate) struct CreatedView {
    /// The text to send as `Authorization: Bearer …`. Nobody can show it again.
    #[schema(pattern = "^act_[A-Za-z0-9_-]{43}$", example = "act_EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-123")]
    token: String,
    #[serde(flatten)]
    view: TokenView,
}

/// What a token is made of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
struct NameBody {
    /// What it is for; neither line breaks or other control characters, nor spaces around it.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        example = "Nightly report"
    )]
    name: String,
}

/// The API tokens
#[utoipa::path(
    get,
    path = "/api/tokens",
    tag = "API tokens",
    operation_id = "listTokens",
    responses((status = OK, description = "The tokens, without their texts.", body = TokensView)),
)]
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
) -> Result<Json<TokensView>, ApiError> {
    let tokens = tokens::list(&console, &session).await?;
    Ok(Json(TokensView { tokens: tokens.into_iter().map(TokenView::new).collect() }))
}

/// Make an API token
///
/// A tenant has 20 at most. The answer shows the token's text for the only time: only its hash is stored.
#[utoipa::path(
    post,
    path = "/api/tokens",
    tag = "API tokens",
    operation_id = "createToken",
    request_body = NameBody,
    responses((
        status = CREATED,
        description = "The token with its text.",
        body = CreatedView,
        links(("revoke" = (operation_id = "revokeToken", parameters(("id" = "$response.body#/id"))))),
    )),
)]
pub(crate) async fn create(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    body: Body,
) -> Result<(StatusCode, Json<CreatedView>), ApiError> {
    let body = body::bytes(body, MAX_LEN).await?;
    let NameBody { name } = serde_json::from_slice(&body)
        .map_err(|error| ApiError::NotJson(format!("The body is {{\"name\": \"…\"}}: {error}.")))?;
    if !tokens::may_be_name(&name) {
        return Err(ApiError::Parameter { name: "name", message: tokens::NAME.to_owned() });
    }
    let (text, token) = tokens::create(&console, &session, &name).await?;
    let created = CreatedView { token: text.expose_secret().to_owned(), view: TokenView::new(token) };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Revoke an API token
///
/// From then on it lets nobody in.
#[utoipa::path(
    delete,
    path = "/api/tokens/{id}",
    tag = "API tokens",
    operation_id = "revokeToken",
    params((
        "id" = String,
        Path,
        description = "The token's `id`.",
        pattern = "^[0-9a-f]{16}$",
        example = "00f1c2d3e4a5b697",
    )),
    responses((status = NO_CONTENT, description = "It is revoked.")),
)]
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
    fn new(token: ApiToken) -> Self {
        let ApiToken { id, name, created_by, created_at, last_used_at } = token;
        Self { id, name, created_by, created_at, last_used_at }
    }
}
