//! `…/query?q=`, `…/queryAll?q=` and their pagination.

use axum::http::Method;
use serde_json::{Value, json};

use super::require_method;
use crate::{
    call::{ApiResponse, Call, DATA},
    error::ApiError,
    query::{self, Scope},
    schema,
    state::State,
};

/// Minimum number of records of a full page.
const MIN_PAGE: usize = 200;
/// How long a query may take, in milliseconds.
const MAX_QUERY_MS: u64 = 120_000;

pub(super) fn first_page(state: &mut State, call: &Call, scope: Scope) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::GET)?;
    if let Some(source) = call.parameter("explain") {
        return explain(state, call, source, scope);
    }
    let source = call
        .parameter("q")
        .ok_or_else(|| ApiError::new(400, "MALFORMED_QUERY", "A query string has to be specified"))?;
    let select = query::select(source).map_err(|error| ApiError::new(400, "MALFORMED_QUERY", error.explain(source)))?;
    let found = query::run(state, &select, source, scope, &call.version, call.now)?;
    take_time(state, &select.from.text)?;
    let size = page_size(state, call);
    if found.records.len() <= size {
        return Ok(ApiResponse::ok(json!({"totalSize": found.total, "done": true, "records": found.records})));
    }
    let locator = state.cursors.open(found.records);
    page(state, call, &locator, 0)
}

/// Adds the time that a query of the object takes to that of the transaction.
fn take_time(state: &mut State, sobject: &str) -> Result<(), ApiError> {
    let query_ms = state.options.query_ms(sobject);
    if query_ms >= MAX_QUERY_MS {
        return Err(ApiError::new(400, "QUERY_TIMEOUT", "Your query request was running for too long."));
    }
    state.query_ms += query_ms;
    Ok(())
}

/// `?explain=`: the plan of the query, which here is always a table scan.
fn explain(state: &State, call: &Call, source: &str, scope: Scope) -> Result<ApiResponse, ApiError> {
    let select = query::select(source).map_err(|error| ApiError::new(400, "MALFORMED_QUERY", error.explain(source)))?;
    let found = query::run(state, &select, source, scope, &call.version, call.now)?;
    let object = schema::object(&select.from.text).ok_or_else(ApiError::not_found)?;
    let plan = json!({"cardinality": found.total, "fields": [], "leadingOperationType": "TableScan", "notes": [],
        "relativeCost": 1.0, "sobjectCardinality": state.tables.rows(object).len(), "sobjectType": object.name});
    Ok(ApiResponse::ok(json!({"plans": [plan], "sourceQuery": source})))
}

/// Returns the page of a `nextRecordsUrl`, which ends in the locator and the number of records already fetched.
pub(super) fn next_page(state: &State, call: &Call, locator: &str) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::GET)?;
    let (locator, from) = locator.split_once('-').ok_or_else(invalid_locator)?;
    page(state, call, locator, from.parse().map_err(|_| invalid_locator())?)
}

fn page(state: &State, call: &Call, locator: &str, from: usize) -> Result<ApiResponse, ApiError> {
    let all = state.cursors.get(locator).filter(|all| from < all.len()).ok_or_else(invalid_locator)?;
    let until = (from + page_size(state, call)).min(all.len());
    let mut body: Value = json!({"totalSize": all.len(), "done": until == all.len(), "records": &all[from..until]});
    if until < all.len() {
        body["nextRecordsUrl"] = json!(format!("{DATA}/v{}/query/{locator}-{until}", call.version));
    }
    Ok(ApiResponse::ok(body))
}

fn page_size(state: &State, call: &Call) -> usize {
    let max = state.options.query_page_size.max(MIN_PAGE);
    let size = call.header_option("Sforce-Query-Options", "batchSize").and_then(|size| size.parse().ok());
    size.unwrap_or(max).clamp(MIN_PAGE, max)
}

fn invalid_locator() -> ApiError {
    ApiError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
}
