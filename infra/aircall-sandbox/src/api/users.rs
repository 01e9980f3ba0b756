//! `/v2/users`. Version 1 of it went away on 30 September 2026.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{page::page, query_parameters::QueryParameters};
use crate::{Company, error::ApiError};

pub(super) async fn list(State(company): State<Company>, asked: QueryParameters) -> Result<Json<Value>, ApiError> {
    page(&asked, "users", company.look().users.values(), Value::clone).map(Json)
}

/// By id, or by e-mail.
pub(super) async fn show(State(company): State<Company>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let state = company.look();
    let user = match id.parse() {
        Ok(id) => state.users.get(&id),
        Err(_) => state.users.values().find(|user| user["email"] == id),
    };
    Ok(Json(json!({"user": user.ok_or_else(ApiError::not_found)?})))
}
