//! `…/sobjects/<S>` and `…/sobjects/<S>/<id>`.

use axum::http::{Method, header};
use serde_json::{Value, json};

use super::{describe, method_not_allowed};
use crate::{
    call::{ApiResponse, Call},
    error::ApiError,
    id,
    query::attributes,
    schema::Object,
    state::State,
    tables::Record,
    time,
    write::{self, Actor},
};

/// `GET` describes the object, `POST` creates a record.
pub(super) fn collection(state: &mut State, call: &Call, object: &'static Object) -> Result<ApiResponse, ApiError> {
    match call.method {
        Method::GET => {
            Ok(ApiResponse::ok(json!({"objectDescribe": describe::basics(&call.version, object), "recentItems": []})))
        }
        Method::POST => {
            let id = write::create(state, &Actor::from(call), object, call.object()?)?;
            Ok(created(call, object, &id, json!({"id": id, "success": true, "errors": []})))
        }
        _ => Err(method_not_allowed(&call.method, "HEAD,GET,POST")),
    }
}

/// 201 with the record's address.
pub(super) fn created(call: &Call, object: &Object, id: &str, body: Value) -> ApiResponse {
    ApiResponse { location: Some(call.record_url(object.name, id)), ..ApiResponse::status(201, body) }
}

/// Reads, updates or deletes a record by its id.
pub(super) fn row(state: &mut State, call: &Call, object: &'static Object, id: &str) -> Result<ApiResponse, ApiError> {
    let Some(id) = id::normalise(id) else {
        let message = format!("Provided external ID field does not exist or is not accessible: {id}");
        return Err(ApiError::new(404, "NOT_FOUND", message));
    };
    match call.method {
        Method::GET => {
            let record = write::live(state, object, &id)?;
            show(state, call, object, record, call.parameter("fields")).map(ApiResponse::ok)
        }
        Method::PATCH => {
            if is_modified(state, call, object, &id)? {
                return Ok(ApiResponse::status(412, Value::Null));
            }
            write::update(state, &Actor::from(call), object, &id, call.object()?)?;
            Ok(ApiResponse::no_content())
        }
        Method::DELETE => {
            write::delete(state, &Actor::from(call), object, &id)?;
            Ok(ApiResponse::no_content())
        }
        _ => Err(method_not_allowed(&call.method, "HEAD,GET,PATCH,DELETE")),
    }
}

/// Whether the record was modified after the second in `If-Unmodified-Since`, if the call has that header.
/// <https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest-conditional-requests.html>
fn is_modified(state: &State, call: &Call, object: &'static Object, id: &str) -> Result<bool, ApiError> {
    let Some(header) = call.headers.get(header::IF_UNMODIFIED_SINCE) else { return Ok(false) };
    let since = header
        .to_str()
        .ok()
        .and_then(time::parse_http_date)
        .ok_or_else(|| ApiError::new(400, "INVALID_INPUT", "The value of If-Unmodified-Since is not a date"))?;
    let modified = write::live(state, object, id)?.text("LastModifiedDate").and_then(time::parse_datetime);
    Ok(modified.is_some_and(|modified| modified > since))
}

/// A record with all visible fields, or with the fields of a comma-separated list.
pub(super) fn show(
    state: &State,
    call: &Call,
    object: &Object,
    record: &Record,
    fields: Option<&str>,
) -> Result<Value, ApiError> {
    let mut shown = serde_json::Map::new();
    shown.insert("attributes".to_owned(), attributes(&call.version, object, record));
    let Some(names) = fields else {
        let all = object.visible_fields(state);
        shown.extend(all.map(|field| (field.name.to_owned(), record.get(field.name).clone())));
        return Ok(Value::Object(shown));
    };
    for name in names.split(',').map(str::trim) {
        let field = object.visible_field(state, name).ok_or_else(|| {
            ApiError::new(400, "INVALID_FIELD", format!("No such column '{name}' on sobject of type {}", object.name))
        })?;
        shown.insert(field.name.to_owned(), record.get(field.name).clone());
    }
    shown.insert("Id".to_owned(), json!(record.id()));
    Ok(Value::Object(shown))
}
