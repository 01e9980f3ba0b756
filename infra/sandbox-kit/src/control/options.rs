//! `/_sandbox/options`.

use axum::{Json, extract::State, response::Response};
use serde_json::{Map, Value};

use crate::{json_body::JsonBody, refusal::Refusal, sandbox::Sandbox};

pub(super) async fn show<S: Sandbox>(State(sandbox): State<S>) -> Json<S::Options> {
    Json(sandbox.current_options())
}

/// Replaces the given options, keeps the others, and returns all options.
pub(super) async fn change<S: Sandbox>(
    State(sandbox): State<S>,
    JsonBody(changes): JsonBody<Map<String, Value>>,
) -> Result<Json<S::Options>, Response> {
    sandbox.change_options(changes).map(Json).map_err(|why| S::refuse(Refusal::Invalid(why)))
}
