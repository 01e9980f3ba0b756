//! Versions, the list of resources, and limits.

use axum::http::Method;
use serde_json::{Value, json};

use super::require_method;
use crate::{
    call::{ApiResponse, Call, DATA},
    error::ApiError,
    oauth,
    state::State,
};

/// `GET /services/data`, the one resource that needs no session.
pub(crate) fn versions() -> Value {
    let releases = ["Winter '26", "Spring '26", "Summer '26", "Winter '27"];
    let versions = (65..).zip(releases);
    versions.map(|(version, label)| json!({"label": label, "url": format!("{DATA}/v{version}.0"), "version": format!("{version}.0")})).collect()
}

/// `GET /services/data/vXX.X`.
pub(super) fn resources(state: &State, call: &Call) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::GET)?;
    let names = ["composite", "limits", "parameterizedSearch", "query", "queryAll", "search", "sobjects"];
    let list = names.map(|name| (name.to_owned(), json!(format!("{DATA}/v{}/{name}", call.version))));
    let identity = format!("/id/{}/{}", state.identity.org_id, call.user_id);
    let identity = format!("{}{identity}", oauth::instance_url(state, &call.headers));
    Ok(ApiResponse::ok(Value::Object(list.into_iter().chain([("identity".to_owned(), json!(identity))]).collect())))
}

/// `GET …/limits`.
pub(super) fn limits(state: &State, call: &Call) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::GET)?;
    let max = state.options.daily_api_limit;
    let remaining = max.saturating_sub(state.control.requests.counted());
    // Storage limits are those of a Developer Edition org, and storage is never used.
    Ok(ApiResponse::ok(json!({"DailyApiRequests": {"Max": max, "Remaining": remaining},
        "DataStorageMB": {"Max": 5, "Remaining": 5}, "FileStorageMB": {"Max": 20, "Remaining": 20}})))
}
