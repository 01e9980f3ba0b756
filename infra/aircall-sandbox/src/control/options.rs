//! `/_sandbox/options`.

use axum::{Json, extract::State};
use serde_json::{Map, Value};

use crate::{Company, body::JsonBody, error::ApiError, options::Options};

pub(super) async fn show(State(company): State<Company>) -> Json<Options> {
    Json(company.options())
}

/// Replaces the given options, keeps the others, and returns all options.
pub(super) async fn change(
    State(company): State<Company>,
    JsonBody(changes): JsonBody<Map<String, Value>>,
) -> Result<Json<Options>, ApiError> {
    let mut state = company.lock();
    state.options = state.options.merged(changes).map_err(ApiError::bad_request)?;
    Ok(Json(state.options.clone()))
}
