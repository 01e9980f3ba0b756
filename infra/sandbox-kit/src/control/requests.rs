//! `/_sandbox/requests`: the requests to the vendor's API.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::Value;

use crate::{requests::Requests, sandbox::Sandbox};

pub(super) async fn show<S: Sandbox>(State(sandbox): State<S>) -> Json<Value> {
    Json(sandbox.with_control(|control| S::show_requests(&control.requests)))
}

pub(super) async fn reset<S: Sandbox>(State(sandbox): State<S>) -> StatusCode {
    sandbox.with_control(|control| control.requests = Requests::default());
    StatusCode::NO_CONTENT
}
