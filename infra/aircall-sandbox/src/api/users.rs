//! `/v2/users`. Version 1 was removed on 30 September 2026.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{page::page, query_parameters::QueryParameters};
use crate::{Company, error::ApiError};

pub(super) async fn list(State(company): State<Company>, parameters: QueryParameters) -> Result<Json<Value>, ApiError> {
    page(&parameters, "users", company.lock_untracked().users.values(), Value::clone).map(Json)
}

/// Shows a user by id or by e-mail.
pub(super) async fn show(State(company): State<Company>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let state = company.lock_untracked();
    let user = match id.parse() {
        Ok(id) => state.users.get(&id),
        Err(_) => state.users.values().find(|user| user["email"] == id),
    };
    Ok(Json(json!({"user": user.ok_or_else(ApiError::not_found)?})))
}
