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

/// Calls by when they began, within `from` and `to` in UNIX seconds.
pub(super) async fn list(State(company): State<Company>, asked: QueryParameters) -> Result<Json<Value>, ApiError> {
    let state = company.look();
    let oldest = Timestamp::now().as_second() - i64::from(state.options.history_days) * DAY;
    let from = asked.number("from")?.unwrap_or(oldest).max(oldest);
    let to = asked.number("to")?.unwrap_or(i64::MAX);
    let mut calls: Vec<&Value> = state.calls.values().filter(|call| (from..=to).contains(&started_at(call))).collect();
    // Stable, so that calls of one second stay in the order of their ids.
    calls.sort_by_key(|call| started_at(call));
    match asked.get("order").unwrap_or("asc") {
        "asc" => {}
        "desc" => calls.reverse(),
        _ => return Err(ApiError::bad_request("order is asc or desc")),
    }
    page(&asked, "calls", calls, |call| shown(call, &asked)).map(Json)
}

pub(super) async fn show(
    State(company): State<Company>,
    Path(id): Path<String>,
    asked: QueryParameters,
) -> Result<Json<Value>, ApiError> {
    let id = id.parse().map_err(|_| ApiError::not_found())?;
    let state = company.look();
    let call = state.calls.get(&id).ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({"call": shown(call, &asked)})))
}

/// The contact comes only when it is asked for.
fn shown(call: &Value, asked: &QueryParameters) -> Value {
    let mut call = call.clone();
    if asked.get("fetch_contact") != Some("true") {
        call["contact"] = Value::Null;
    }
    call
}
