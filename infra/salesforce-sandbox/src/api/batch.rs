//! `…/composite/batch`: up to 25 independent subrequests, each an API call of its own.

use axum::http::{HeaderMap, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{handle, require_method};
use crate::{
    call::{Address, ApiResponse, Call, DATA},
    error::ApiError,
    state::State,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(default)]
    halt_on_error: bool,
    batch_requests: Vec<Subrequest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Subrequest {
    method: String,
    /// Relative to `/services/data/`, or the full path.
    url: String,
    #[serde(default)]
    rich_input: Value,
}

pub(super) fn batch(state: &mut State, call: &Call) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::POST)?;
    let body: Body = serde_json::from_value(Value::Object(call.object()?.clone()))
        .map_err(|error| ApiError::malformed_body(error.to_string()))?;
    if body.batch_requests.len() > 25 {
        return Err(ApiError::new(400, "LIMIT_EXCEEDED", "Cannot include more than 25 subrequests"));
    }
    let mut failed = false;
    let mut results = Vec::new();
    for subrequest in &body.batch_requests {
        let given = if failed && body.halt_on_error {
            let message = "Batch processing halted per request";
            ApiError::new(412, "BATCH_PROCESSING_HALTED", message).into()
        } else {
            one(state, call, subrequest).unwrap_or_else(ApiResponse::from)
        };
        failed |= given.status >= 400;
        results.push(json!({"statusCode": given.status, "result": given.body}));
    }
    Ok(ApiResponse::ok(json!({"hasErrors": failed, "results": results})))
}

fn one(state: &mut State, call: &Call, subrequest: &Subrequest) -> Result<ApiResponse, ApiError> {
    let relative = subrequest.url.trim_start_matches(DATA).trim_start_matches('/');
    let address = Address::parse(&format!("{DATA}/{relative}"))?;
    if address.segments.first().is_some_and(|first| first == "composite") {
        return Err(ApiError::not_found());
    }
    let method = subrequest.method.parse().map_err(|_| ApiError::new(400, "INVALID_INPUT", "unknown method"))?;
    let inner = Call {
        method,
        version: address.version,
        segments: address.segments,
        query: address.query,
        headers: HeaderMap::new(),
        body: Some(subrequest.rich_input.clone()).filter(|body| !body.is_null()),
        user_id: call.user_id.clone(),
        now: call.now,
    };
    Ok(handle(state, &inner))
}
