//! `/v1/calls`.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{page::page, query_parameters::QueryParameters};
use crate::{Company, call::started_at, error::ApiError};

const DAY: i64 = 24 * 60 * 60;

/// Lists calls in order of their start, between `from` and `to`, in UNIX seconds.
pub(super) async fn list(State(company): State<Company>, parameters: QueryParameters) -> Result<Json<Value>, ApiError> {
    let state = company.lock_untracked();
    let oldest = Timestamp::now().as_second() - i64::from(state.options.history_days) * DAY;
    let from = parameters.number("from")?.unwrap_or(oldest).max(oldest);
    let to = parameters.number("to")?.unwrap_or(i64::MAX);
    let mut calls: Vec<&Value> = state.calls.values().filter(|call| (from..=to).contains(&started_at(call))).collect();
    // The sort is stable: calls that start in the same second stay in order of their ids.
    calls.sort_by_key(|call| started_at(call));
    match parameters.get("order").unwrap_or("asc") {
        "asc" => {}
        "desc" => calls.reverse(),
        _ => return Err(ApiError::bad_request("order is asc or desc")),
    }
    page(&parameters, "calls", calls, |call| shown(call, &parameters)).map(Json)
}

pub(super) async fn show(
    State(company): State<Company>,
    Path(id): Path<String>,
    parameters: QueryParameters,
) -> Result<Json<Value>, ApiError> {
    let id = id.parse().map_err(|_| ApiError::not_found())?;
    let state = company.lock_untracked();
    let call = state.calls.get(&id).ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({"call": shown(call, &parameters)})))
}

/// The call as the API shows it: with its contact only if `fetch_contact` is `true`.
fn shown(call: &Value, parameters: &QueryParameters) -> Value {
    let mut call = call.clone();
    if parameters.get("fetch_contact") != Some("true") {
        call["contact"] = Value::Null;
    }
    call
}
