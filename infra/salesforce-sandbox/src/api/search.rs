//! `…/search?q=`: SOSL.

use axum::http::Method;
use serde_json::json;

use super::require_method;
use crate::{
    call::{ApiResponse, Call},
    error::ApiError,
    search,
    state::State,
};

pub(super) fn search(state: &State, call: &Call) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::GET)?;
    let source = call
        .parameter("q")
        .ok_or_else(|| ApiError::new(400, "MALFORMED_SEARCH", "A search string has to be specified"))?;
    let search =
        search::search(source).map_err(|error| ApiError::new(400, "MALFORMED_SEARCH", error.explain(source)))?;
    let records = search::run(state, &search, source, &call.version, call.now)?;
    Ok(ApiResponse::ok(json!({"searchRecords": records})))
}
