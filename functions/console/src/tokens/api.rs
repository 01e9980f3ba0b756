//! `GET` and `POST /api/tokens`, `DELETE /api/tokens/{id}`: for admins' sessions only, not for API tokens.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use store::{ApiToken, ApiTokens};
use utoipa::ToSchema;

use crate::tokens;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::openapi::body;
use crate::web::signed_in::Admin;

/// Longest body, in bytes.
const MAX_LEN: usize = 4 * 1024;

/// The tenant's API tokens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensView {
    /// The tokens, the latest first.
    tokens: Vec<TokenView>,
}

/// An API token, without its secret text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenView {
    #[schema(example = "00f1c2d3e4a5b697")]
    id: String,
    /// What the token is for.
    #[schema(example = "Nightly report")]
    name: String,
    /// Who created it.
    #[schema(example = "admin@example.com")]
    created_by: String,
    /// When it was created, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    created_at: Timestamp,
    /// When it was last used, to the hour, in UNIX seconds; null if never.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required, example = 1_774_260_000)]
    last_used_at: Option<Timestamp>,
}

/// A token that was just created, with its secret text.
// Without `Debug`, which would show the secret.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedToken)]
pub(crate) struct CreatedView {
    /// The secret text, to send as `Authorization: Bearer …`. It cannot be shown again.
    #[schema(pattern = "^act_[A-Za-z0-9_-]{43}$", example = "act_EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-123")]
    token: String,
    #[serde(flatten)]
    view: TokenView,
}

/// The body of a request to create a token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
struct NameBody {
    /// What the token is for; without control characters such as line breaks, and without spaces around it.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        example = "Nightly report"
    )]
    name: String,
}

/// List the API tokens
#[utoipa::path(
    get,
    path = "/api/tokens",
    tag = "API tokens",
    operation_id = "listTokens",
    responses((status = OK, description = "The tokens, without their secret texts.", body = TokensView)),
)]
pub(crate) async fn list(State(store): State<ApiTokens>, Admin(session): Admin) -> Result<Json<TokensView>, ApiError> {
    let tokens = tokens::list(&store, &session).await?;
    Ok(Json(TokensView { tokens: tokens.into_iter().map(TokenView::new).collect() }))
}

/// Create an API token
///
/// A tenant has at most 20. Only this response contains the secret text, as only its hash is stored.
#[utoipa::path(
    post,
    path = "/api/tokens",
    tag = "API tokens",
    operation_id = "createToken",
    request_body = NameBody,
    responses((
        status = CREATED,
        description = "The token with its secret text.",
        body = CreatedView,
        links(("revoke" = (operation_id = "revokeToken", parameters(("id" = "$response.body#/id"))))),
    )),
)]
pub(crate) async fn create(
    State(store): State<ApiTokens>,
    Admin(session): Admin,
    body: Body,
) -> Result<(StatusCode, Json<CreatedView>), ApiError> {
    let body = body::bytes(body, MAX_LEN).await?;
    let NameBody { name } = serde_json::from_slice(&body).map_err(|error| {
        ApiError::new(ErrorCode::NotJson, format!("The body must be {{\"name\": \"…\"}}: {error}."))
    })?;
    if !tokens::may_be_name(&name) {
        return Err(ApiError::parameter("name", tokens::NAME));
    }
    let (text, token) = tokens::create(&store, &session, &name).await?;
    let created = CreatedView { token: text.expose_secret().to_owned(), view: TokenView::new(token) };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Revoke an API token
///
/// Programs that use it lose access.
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
    responses((status = NO_CONTENT, description = "The token is revoked.")),
)]
pub(crate) async fn revoke(
    State(store): State<ApiTokens>,
    Admin(session): Admin,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    if tokens::revoke(&store, &session, &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("There is no API token with this ID."))
    }
}

impl TokenView {
    fn new(token: ApiToken) -> Self {
        let ApiToken { id, name, created_by, created_at, last_used_at } = token;
        Self { id, name, created_by, created_at, last_used_at }
    }
}
