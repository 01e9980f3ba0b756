//! `…/composite/tree/<S>`: creates up to 200 records of one type, all or none. Nested children are not supported.

use axum::http::Method;
use serde_json::{Value, json};

use super::require_method;
use crate::{
    call::{ApiResponse, Call},
    error::ApiError,
    schema::Object,
    state::State,
    write::{self, Actor},
};

pub(super) fn tree(state: &mut State, call: &Call, object: &'static Object) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::POST)?;
    let records = call.object()?.get("records").and_then(Value::as_array);
    let records = records.ok_or_else(|| ApiError::malformed_body("a list of records is required"))?;
    if records.len() > 200 {
        return Err(ApiError::new(400, "LIMIT_EXCEEDED", "Cannot include more than 200 records"));
    }
    let actor = Actor::from(call);
    let savepoint = state.tables.savepoint();
    let (mut created, mut errors) = (Vec::new(), Vec::new());
    for record in records {
        let body = record.as_object().cloned().unwrap_or_default();
        let reference_id = record["attributes"]["referenceId"].clone();
        match write::create(state, &actor, object, &body) {
            Ok(id) => created.push(json!({"referenceId": reference_id, "id": id})),
            Err(error) => {
                errors.push(json!({"referenceId": reference_id, "errors": [error.to_collection_json()]}));
            }
        }
    }
    if errors.is_empty() {
        return Ok(ApiResponse::status(201, json!({"hasErrors": false, "results": created})));
    }
    state.tables.rollback(savepoint);
    Ok(ApiResponse::status(400, json!({"hasErrors": true, "results": errors})))
}
