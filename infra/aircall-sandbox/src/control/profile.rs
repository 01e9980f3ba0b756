//! `/_sandbox/company`: the company's name, and its id.

use axum::{Json, extract::State};
use sandbox_kit::JsonBody;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Company, error::ApiError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Renaming {
    name: String,
}

pub(super) async fn show(State(company): State<Company>) -> Json<Value> {
    Json(json!(company.lock_untracked().profile))
}

/// Renames the company, as its admin can.
pub(super) async fn rename(
    State(company): State<Company>,
    JsonBody(Renaming { name }): JsonBody<Renaming>,
) -> Result<Json<Value>, ApiError> {
    if name.trim().is_empty() {
        return Err(ApiError::bad_request("`name` is empty"));
    }
    let mut state = company.lock();
    state.profile.name = name;
    Ok(Json(json!(state.profile)))
}
