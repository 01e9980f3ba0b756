//! `/_sandbox/send`, `/_sandbox/send_exact`, `/_sandbox/uninstall` and `/_sandbox/deliveries`: sends events to webhooks,
//! and lists the delivery attempts.

use axum::{Json, extract::State, http::StatusCode};
use sandbox_kit::JsonBody;
use serde_json::{Map, Value};

use crate::{Company, deliver::Delivery, error::ApiError};

/// Sends an event, and returns the first attempts.
pub(super) async fn send(
    State(company): State<Company>,
    JsonBody(event): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<Delivery>>, ApiError> {
    company.send(event).await.map(Json).map_err(|error| ApiError::bad_request(error.to_string()))
}

/// Sends a body exactly as it is, but for its token, and returns the first attempts.
pub(super) async fn send_exact(State(company): State<Company>, text: String) -> Json<Vec<Delivery>> {
    Json(company.send_exact(&text).await)
}

/// Uninstalls the app, and returns the first attempts to tell it.
pub(super) async fn uninstall(State(company): State<Company>) -> Json<Vec<Delivery>> {
    Json(company.uninstall().await)
}

/// Every attempt, oldest first.
pub(super) async fn deliveries(State(company): State<Company>) -> Json<Vec<Delivery>> {
    Json(company.lock_untracked().deliveries.iter().cloned().collect())
}

pub(super) async fn clear_deliveries(State(company): State<Company>) -> StatusCode {
    company.lock_untracked().deliveries.clear();
    StatusCode::NO_CONTENT
}
