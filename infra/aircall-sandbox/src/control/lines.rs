//! `/_sandbox/numbers`: the company's lines.

use axum::{Json, extract::State, http::StatusCode};
use sandbox_kit::{JsonBody, OneOrMore};
use serde_json::{Value, json};

use crate::{Company, error::ApiError, seed_data};

/// All numbers, in order of their ids.
pub(super) async fn list(State(company): State<Company>) -> Json<Vec<Value>> {
    Json(company.lock_untracked().numbers.values().cloned().collect())
}

/// Adds or replaces numbers, and returns their ids. Only the `id` of a number is required.
pub(super) async fn put(
    State(company): State<Company>,
    JsonBody(numbers): JsonBody<OneOrMore<Value>>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let numbers = numbers.into_vec();
    let ids: Option<Vec<u64>> = numbers.iter().map(|number| number["id"].as_u64()).collect();
    let ids = ids.ok_or_else(|| ApiError::bad_request("A number has no `id` that is a whole number"))?;
    let completed = ids.iter().zip(&numbers).map(|(id, given)| (*id, seed_data::line(*id, given)));
    company.lock().numbers.extend(completed);
    Ok((StatusCode::CREATED, Json(json!(ids))))
}
