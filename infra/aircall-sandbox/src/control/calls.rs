//! `/_sandbox/calls`: lists, adds and removes calls without sending webhooks.

use axum::{Json, extract::State, http::StatusCode};
use sandbox_kit::{JsonBody, OneOrMore};
use serde_json::{Map, Value, json};

use crate::{Company, call, error::ApiError};

/// All calls, in order of their ids.
pub(super) async fn list(State(company): State<Company>) -> Json<Vec<Value>> {
    Json(company.lock_untracked().calls.values().cloned().collect())
}

/// Adds or replaces calls, and returns their ids.
pub(super) async fn put(
    State(company): State<Company>,
    JsonBody(calls): JsonBody<OneOrMore<Map<String, Value>>>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let mut state = company.lock();
    let ids = calls.into_vec().into_iter().map(|given| call::put(&mut state, given));
    let ids: Vec<u64> = ids.collect::<Result<_, _>>().map_err(ApiError::bad_request)?;
    Ok((StatusCode::CREATED, Json(json!(ids))))
}

pub(super) async fn remove(State(company): State<Company>) -> StatusCode {
    company.lock().calls.clear();
    StatusCode::NO_CONTENT
}
