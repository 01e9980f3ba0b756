//! `/_sandbox/send` and `/_sandbox/deliveries`: sends events to webhooks, and lists the delivery attempts.

use axum::{Json, extract::State, http::StatusCode};
use sandbox_kit::JsonBody;
use serde_json::{Map, Value};

use crate::{Company, deliver, deliver::Delivery, error::ApiError};

/// Sends an event, and returns the first attempts.
pub(super) async fn send(
    State(company): State<Company>,
    JsonBody(event): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<Delivery>>, ApiError> {
    deliver::send(&company, event).await.map(Json).map_err(ApiError::bad_request)
}

/// Every attempt, oldest first.
pub(super) async fn deliveries(State(company): State<Company>) -> Json<Vec<Delivery>> {
    Json(company.lock_untracked().deliveries.iter().cloned().collect())
}

pub(super) async fn clear_deliveries(State(company): State<Company>) -> StatusCode {
    company.lock_untracked().deliveries.clear();
    StatusCode::NO_CONTENT
}
