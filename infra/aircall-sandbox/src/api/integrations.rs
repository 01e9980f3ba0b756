//! `/v1/integrations`: the installation of the app that asks.

use axum::{Extension, Json, extract::State};
use serde_json::{Value, json};

use crate::{Company, access::Caller, error::ApiError, state};

pub(super) async fn show(
    State(company): State<Company>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, ApiError> {
    response(&company.lock_untracked(), caller)
}

pub(super) async fn enable(
    State(company): State<Company>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, ApiError> {
    set_active(&company, caller, true)
}

pub(super) async fn disable(
    State(company): State<Company>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, ApiError> {
    set_active(&company, caller, false)
}

fn set_active(company: &Company, caller: Caller, active: bool) -> Result<Json<Value>, ApiError> {
    let mut state = company.lock();
    match caller {
        Caller::Company => Err(ApiError::not_found()),
        Caller::App(app) => {
            state.access.set_active(app, active);
            response(&state, caller)
        }
    }
}

/// The installation, with the ids of the lines that the admin chose. An API key has none.
fn response(state: &state::State, caller: Caller) -> Result<Json<Value>, ApiError> {
    let integration = state.access.integration(caller).ok_or_else(ApiError::not_found)?;
    let lines: Vec<u64> = state.numbers.keys().copied().filter(|line| integration.covers(*line)).collect();
    let status = if integration.active { "open" } else { "closed" };
    Ok(Json(json!({"integration": {
        "name": "Sandbox app", "custom_name": null, "logo": "https://example.com/logo.png",
        "company_id": state.profile.id, "status": status, "active": integration.active,
        "number_ids": lines, "numbers_count": lines.len(), "user": state.users.values().next(),
    }})))
}
