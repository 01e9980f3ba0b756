//! `/v1/numbers`.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{page::page, query_parameters::QueryParameters};
use crate::{Company, error::ApiError};

pub(super) async fn list(State(company): State<Company>, parameters: QueryParameters) -> Result<Json<Value>, ApiError> {
    page(&parameters, "numbers", company.lock_untracked().numbers.values(), Value::clone).map(Json)
}

pub(super) async fn show(State(company): State<Company>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let id = id.parse().map_err(|_| ApiError::not_found())?;
    let state = company.lock_untracked();
    let number = state.numbers.get(&id).ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({"number": number})))
}
