//! `/api/connections/aircall`: connects the account, changes its webhook and disconnects it.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::connections::aircall::{self, key};
use crate::connections::view::Connections;
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::openapi::body;
use crate::web::signed_in::Admin;

/// Longest body, in bytes.
const MAX_LEN: usize = 4 * 1024;

/// The result of disconnecting the Aircall account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AircallDisconnected)]
pub(crate) struct AircallDisconnected {
    /// Whether Aircall confirmed that the webhook is deleted. If not, an admin must delete it in Aircall.
    webhook_deleted: bool,
}

/// An Aircall API key, which an admin creates in Aircall's dashboard. Spaces around its parts are ignored.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AircallKey)]
struct KeyBody {
    #[schema(pattern = r"^\s*[!-9;-~]{1,200}\s*$", example = "0123456789abcdef0123456789abcdef")]
    api_id: String,
    #[schema(write_only, format = Password, pattern = r"^\s*[!-~]{1,200}\s*$", example = "fedcba9876543210fedcba9876543210")]
    api_token: String,
}

/// Connect an Aircall account
///
/// Creates the webhook with the events that are used, or stores another key of the account that is already connected.
#[utoipa::path(
    put,
    path = "/api/connections/aircall",
    tag = "Connections",
    operation_id = "connectAircall",
    request_body = KeyBody,
    responses((status = OK, description = "The connections.", body = Connections)),
)]
pub(crate) async fn connect(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Connections>, ApiError> {
    let body = body::bytes(body, MAX_LEN).await?;
    // The error is not shown, as it could quote the secret in the body.
    let body: KeyBody = serde_json::from_slice(&body).map_err(|_| {
        ApiError::new(ErrorCode::NotJson, "The body must be {\"api_id\": \"…\", \"api_token\": \"…\"}.")
    })?;
    let key = key::read(&body.api_id, &body.api_token)?;
    aircall::connect(&console, &session.tenant, &key, &console.base_url(&headers)?).await?;
    Ok(Json(Connections::load(&console, &session).await?))
}

/// Reactivate the webhook
///
/// Turns Aircall's webhook on again, or creates a new one if it was deleted.
#[utoipa::path(
    post,
    path = "/api/connections/aircall/reactivate",
    tag = "Connections",
    operation_id = "reactivateAircall",
    responses((status = OK, description = "The connections.", body = Connections)),
)]
pub(crate) async fn reactivate(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Json<Connections>, ApiError> {
    aircall::reactivate(&console, &session.tenant, &console.base_url(&headers)?).await?;
    Ok(Json(Connections::load(&console, &session).await?))
}

/// Rotate the webhook
///
/// Replaces Aircall's webhook and its token. No event is lost during the rotation: the former token is accepted for
/// another 15 minutes. A request that is repeated in that time changes nothing and gets the same response.
#[utoipa::path(
    post,
    path = "/api/connections/aircall/rotate",
    tag = "Connections",
    operation_id = "rotateAircall",
    responses((status = OK, description = "The connections.", body = Connections)),
)]
pub(crate) async fn rotate(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Json<Connections>, ApiError> {
    aircall::rotate(&console, &session.tenant, &console.base_url(&headers)?).await?;
    Ok(Json(Connections::load(&console, &session).await?))
}

/// Disconnect the Aircall account
///
/// Deletes the webhook at Aircall and the stored key.
#[utoipa::path(
    delete,
    path = "/api/connections/aircall",
    tag = "Connections",
    operation_id = "disconnectAircall",
    responses((status = OK, description = "The connection is deleted.", body = AircallDisconnected)),
)]
pub(crate) async fn disconnect(
    State(console): State<Arc<Console>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Json<AircallDisconnected>, ApiError> {
    let webhook_deleted = aircall::disconnect(&console, &session.tenant, &console.base_url(&headers)?).await?;
    Ok(Json(AircallDisconnected { webhook_deleted }))
}
