//! Versions, the list of resources, and limits.

use axum::http::Method;
use serde_json::{Value, json};

use super::require_method;
use crate::{
    call::{Answer, Call, DATA},
    error::ApiError,
    state::State,
};

/// `GET /services/data`, the one resource that needs no session.
pub(crate) fn versions() -> Value {
    let releases = ["Winter '26", "Spring '26", "Summer '26", "Winter '27"];
    let versions = (65..).zip(releases);
    versions.map(|(version, label)| json!({"label": label, "url": format!("{DATA}/v{version}.0"), "version": format!("{version}.0")})).collect()
}

/// `GET /services/data/vXX.X`.
pub(super) fn resources(call: &Call) -> Result<Answer, ApiError> {
    require_method(call, &Method::GET)?;
    let names = ["composite", "limits", "parameterizedSearch", "query", "queryAll", "search", "sobjects"];
    let list = names.map(|name| (name.to_owned(), json!(format!("{DATA}/v{}/{name}", call.version))));
    Ok(Answer::ok(Value::Object(list.into_iter().collect())))
}

/// `GET …/limits`.
pub(super) fn limits(state: &State, call: &Call) -> Result<Answer, ApiError> {
    require_method(call, &Method::GET)?;
    let max = state.options.daily_api_limit;
    let remaining = max.saturating_sub(state.requests.total());
    Ok(Answer::ok(json!({"DailyApiRequests": {"Max": max, "Remaining": remaining}})))
}
