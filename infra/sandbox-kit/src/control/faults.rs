//! `/_sandbox/faults`: scripted faults.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde_json::Value;

use crate::{
    json_body::{JsonBody, OneOrMore},
    refusal::Refusal,
    sandbox::Sandbox,
};

pub(super) async fn list<S: Sandbox>(State(sandbox): State<S>) -> Json<Vec<Value>> {
    Json(sandbox.list_faults())
}

/// Adds faults: all of them, or none if one is invalid.
pub(super) async fn add<S: Sandbox>(
    State(sandbox): State<S>,
    JsonBody(faults): JsonBody<OneOrMore<Value>>,
) -> Result<StatusCode, Response> {
    sandbox.add_faults(faults.into_vec()).map_err(|why| S::refuse(Refusal::Invalid(why)))?;
    Ok(StatusCode::CREATED)
}

pub(super) async fn clear<S: Sandbox>(State(sandbox): State<S>) -> StatusCode {
    sandbox.clear_faults();
    StatusCode::NO_CONTENT
}
