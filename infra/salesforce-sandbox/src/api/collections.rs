//! `…/composite/sobjects`: up to 200 records in one request, each with its own result.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::{
    external_id::{self, Upserted},
    method_not_allowed, require_method, sobjects,
};
use crate::{
    call::{ApiResponse, Call},
    error::ApiError,
    id,
    options::Language,
    schema::{self, Object},
    state::State,
    tables::Fields,
    write::{self, Actor},
};

const MAX_RECORDS: usize = 200;
/// Maximum number of chunks, consecutive records of one type, in a create or update.
const MAX_CHUNKS: usize = 10;

type Outcome = Result<Value, ApiError>;

/// `POST` creates, `PATCH` updates, `DELETE` deletes `?ids=`.
pub(super) fn collection(state: &mut State, call: &Call) -> Result<ApiResponse, ApiError> {
    let actor = Actor::from(call);
    match call.method {
        Method::POST => {
            let records = records(state, call)?;
            check_chunks(&records)?;
            Ok(each(state, call, &records, |state, (object, body)| {
                let id = write::create(state, &actor, object, body)?;
                Ok(json!({"id": id, "success": true, "errors": []}))
            }))
        }
        Method::PATCH => {
            let records = records(state, call)?;
            check_chunks(&records)?;
            Ok(each(state, call, &records, |state, (object, body)| {
                let (id, body) = split_id(body)?;
                write::update(state, &actor, object, &id, &body).map_err(in_record)?;
                Ok(json!({"id": id, "success": true, "errors": []}))
            }))
        }
        Method::DELETE => {
            let ids = ids(call.parameter("ids").unwrap_or_default().split(','))?;
            Ok(each(state, call, &ids, |state, id| {
                let object = schema::object_of_id(id).filter(|object| !state.options.hides_object(object.name));
                let object = object.ok_or_else(ApiError::not_found).map_err(in_record)?;
                let id = id::normalise(id).ok_or_else(|| malformed_id(id))?;
                write::delete(state, &actor, object, &id).map_err(in_record)?;
                Ok(json!({"id": id, "success": true, "errors": []}))
            }))
        }
        _ => Err(method_not_allowed(&call.method, "POST,PATCH,DELETE")),
    }
}

/// `GET …/<S>?ids=&fields=` or `POST …/<S>` with `ids` and `fields`: the records, null for missing ones.
pub(super) fn retrieve(state: &State, call: &Call, object: &Object) -> Result<ApiResponse, ApiError> {
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(ToOwned::to_owned)).collect()
    };
    let (requested, fields) = match call.method {
        Method::GET => {
            let list = |name| call.parameter(name).unwrap_or_default().to_owned();
            (list("ids").split(',').map(ToOwned::to_owned).collect::<Vec<_>>(), list("fields"))
        }
        Method::POST => {
            let body = call.object()?;
            let list = |name| body.get(name).map(strings).unwrap_or_default();
            (list("ids"), list("fields").join(","))
        }
        _ => return Err(method_not_allowed(&call.method, "GET,POST")),
    };
    let ids = ids(requested.iter().map(String::as_str))?;
    let rows = ids.iter().map(|id| {
        let record = id::normalise(id).and_then(|id| write::live(state, object, &id).ok());
        record.map_or(Ok(Value::Null), |record| sobjects::show(state, call, object, record, Some(&fields)))
    });
    rows.collect::<Result<Vec<_>, _>>().map(|rows| ApiResponse::ok(json!(rows)))
}

/// `PATCH …/<S>/<Field>`: upserts by an external id, one type per request.
pub(super) fn upsert(
    state: &mut State,
    call: &Call,
    object: &'static Object,
    field: &str,
) -> Result<ApiResponse, ApiError> {
    require_method(call, &Method::PATCH)?;
    let field = external_id::key_field(state, object, field)?;
    let records = records(state, call)?;
    if records.iter().any(|(record_object, _)| record_object.name != object.name) {
        let message = format!("all records must be of type {}", object.name);
        return Err(ApiError::new(400, "INVALID_TYPE", message));
    }
    let actor = Actor::from(call);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (_, body) in &records {
        *seen.entry(key_text(body, field.name)).or_default() += 1;
    }
    let (mut results, rolled_back) = run(state, call, &records, |state, (object, body)| {
        let key = key_text(body, field.name);
        if seen.get(&key).is_some_and(|&count| count > 1) {
            let message = format!("Duplicate external id specified: {key}");
            return Err(ApiError::record("DUPLICATE_VALUE", message, &[field.name]));
        }
        let Upserted { id, created } = external_id::upsert(state, &actor, object, field, body).map_err(in_record)?;
        Ok(json!({"id": id, "success": true, "errors": [], "created": created}))
    });
    for result in results.iter_mut().filter(|_| rolled_back) {
        result["created"] = json!(false);
    }
    Ok(ApiResponse::ok(json!(results)))
}

/// Runs `work` for each item, and responds with the results.
fn each<T>(state: &mut State, call: &Call, items: &[T], work: impl FnMut(&mut State, &T) -> Outcome) -> ApiResponse {
    let (results, _) = run(state, call, items, work);
    ApiResponse::ok(json!(results))
}

/// Runs `work` for each item; with `allOrNone`, one failure rolls back all of them. Returns the results and whether they
/// were rolled back.
fn run<T>(
    state: &mut State,
    call: &Call,
    items: &[T],
    mut work: impl FnMut(&mut State, &T) -> Outcome,
) -> (Vec<Value>, bool) {
    let language = state.options.language;
    let savepoint = state.tables.savepoint();
    let outcomes: Vec<Outcome> = items.iter().map(|item| work(state, item)).collect();
    let in_body = call.body.as_ref().and_then(|body| body.get("allOrNone")).and_then(Value::as_bool);
    let rolled_back = in_body.unwrap_or_else(|| call.flag("allOrNone")) && outcomes.iter().any(Result::is_err);
    if rolled_back {
        state.tables.rollback(savepoint);
    }
    let results = outcomes.into_iter().map(|outcome| match outcome {
        Ok(_) if rolled_back => failure(&rolled_back_error(), language),
        Ok(result) => result,
        Err(error) => failure(&error, language),
    });
    (results.collect(), rolled_back)
}

fn rolled_back_error() -> ApiError {
    let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
    ApiError::record("ALL_OR_NONE_OPERATION_ROLLED_BACK", message, &[])
}

fn failure(error: &ApiError, language: Language) -> Value {
    json!({"success": false, "errors": [error.to_collection_json(language)]})
}

/// The body's records, each with the object that its `attributes` name.
fn records<'a>(state: &State, call: &'a Call) -> Result<Vec<(&'static Object, &'a Fields)>, ApiError> {
    let list = call.object()?.get("records").and_then(Value::as_array);
    let list = list.ok_or_else(|| ApiError::malformed_body("a list of records is required"))?;
    check_count(list.len())?;
    list.iter()
        .map(|record| {
            let body = record.as_object().ok_or_else(|| ApiError::malformed_body("a record must be an object"))?;
            let name = record["attributes"]["type"].as_str().unwrap_or_default();
            let message = || format!("sObject type '{name}' is not supported.");
            let object = schema::visible_object(&state.options, name);
            Ok((object.ok_or_else(|| ApiError::new(400, "INVALID_TYPE", message()))?, body))
        })
        .collect()
}

fn check_count(count: usize) -> Result<(), ApiError> {
    if count <= MAX_RECORDS {
        return Ok(());
    }
    let message = format!("record limit reached. cannot submit more than {MAX_RECORDS} records into this call");
    Err(ApiError::new(400, "EXCEEDED_ID_LIMIT", message))
}

fn check_chunks(records: &[(&'static Object, &Fields)]) -> Result<(), ApiError> {
    let changes = records.windows(2).filter(|pair| pair[0].0.name != pair[1].0.name).count();
    if changes < MAX_CHUNKS {
        return Ok(());
    }
    let message =
        "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking.";
    Err(ApiError::new(400, "LIMIT_EXCEEDED", message))
}

fn ids<'a>(ids: impl Iterator<Item = &'a str>) -> Result<Vec<&'a str>, ApiError> {
    let ids: Vec<&str> = ids.map(str::trim).filter(|id| !id.is_empty()).collect();
    check_count(ids.len())?;
    Ok(ids)
}

/// Splits a record of an update into its id, under `id` or `Id`, and the other fields.
fn split_id(body: &Fields) -> Result<(String, Map<String, Value>), ApiError> {
    let mut body = body.clone();
    let given = body.remove("id").or_else(|| body.remove("Id"));
    let Some(given) = given.as_ref().and_then(Value::as_str) else {
        return Err(ApiError::record("MISSING_ARGUMENT", "Id not specified in an update call", &["Id"]));
    };
    let id = id::normalise(given).ok_or_else(|| malformed_id(given))?;
    Ok((id, body))
}

fn malformed_id(id: &str) -> ApiError {
    ApiError::record("MALFORMED_ID", format!("id value of incorrect type: {id}"), &["Id"])
}

/// Converts `NOT_FOUND`, the error of a single resource, to the error of a record in a collection.
fn in_record(error: ApiError) -> ApiError {
    if error.code() == "NOT_FOUND" {
        return ApiError::record("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[]);
    }
    error
}

fn key_text(body: &Fields, field: &str) -> String {
    let value = body.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value);
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}
