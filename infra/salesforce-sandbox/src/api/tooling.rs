//! `…/tooling`: the part of the Tooling API that creates, reads and deletes the key field.
//! <https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_customfield.htm>

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::{method_not_allowed, query};
use crate::{
    call::{ApiResponse, Call},
    error::ApiError,
    id,
    key_field::FULL_NAME,
    query::{Scope, attributes},
    schema,
    state::State,
    write,
};

pub(super) fn route(state: &mut State, call: &Call, segments: &[&str]) -> Result<ApiResponse, ApiError> {
    match segments {
        ["query"] => query::first_page(state, call, Scope::Tooling),
        ["sobjects", object] if is_custom_field(object) => match call.method {
            Method::POST => create(state, call),
            _ => Err(method_not_allowed(&call.method, "POST")),
        },
        ["sobjects", object, id] if is_custom_field(object) => row(state, call, id),
        _ => Err(ApiError::not_found()),
    }
}

fn is_custom_field(name: &str) -> bool {
    name.eq_ignore_ascii_case(schema::CUSTOM_FIELD.name)
}

/// Creates the key field, visible to no user: a field created through an API is granted to no user.
fn create(state: &mut State, call: &Call) -> Result<ApiResponse, ApiError> {
    require_admin(state, call)?;
    write::require_read_write(state)?;
    let body = call.object()?;
    check_name(body)?;
    check_metadata(body)?;
    if state.options.unique_key_field {
        let label = body["Metadata"]["label"].as_str().unwrap_or_default();
        let message = format!("There is already a field named {label} on Activity.");
        return Err(ApiError::record("DUPLICATE_DEVELOPER_NAME", message, &[]));
    }
    state.options.unique_key_field = true;
    state.options.unique_key_field_for_all = false;
    let id = state.custom_field_id();
    let body = json!({"id": id, "success": true, "errors": [], "warnings": [], "infos": []});
    let location = format!("/services/data/v{}/tooling/sobjects/CustomField/{id}", call.version);
    Ok(ApiResponse { location: Some(location), ..ApiResponse::status(201, body) })
}

fn row(state: &mut State, call: &Call, id: &str) -> Result<ApiResponse, ApiError> {
    let record = state.custom_field().filter(|record| id::normalise(id).as_deref() == Some(record.id()));
    let record = record.ok_or_else(ApiError::not_found)?;
    match call.method {
        Method::GET => {
            let mut shown = Map::new();
            shown.insert("attributes".to_owned(), attributes(&call.version, schema::CUSTOM_FIELD, &record));
            shown.extend(record.fields);
            shown.insert("Metadata".to_owned(), metadata());
            Ok(ApiResponse::ok(Value::Object(shown)))
        }
        Method::DELETE => {
            require_admin(state, call)?;
            write::require_read_write(state)?;
            let options = crate::Options { unique_key_field: false, ..state.options.clone() };
            state.set_options(options);
            Ok(ApiResponse::no_content())
        }
        _ => Err(method_not_allowed(&call.method, "GET,DELETE")),
    }
}

fn require_admin(state: &State, call: &Call) -> Result<(), ApiError> {
    if state.permits(&call.user_id, "PermissionsCustomizeApplication") {
        return Ok(());
    }
    Err(ApiError::new(403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id"))
}

/// Fields of Task and Event are created on Activity; only the key field is supported.
fn check_name(body: &Map<String, Value>) -> Result<(), ApiError> {
    let full_name = body.get("FullName").and_then(Value::as_str).unwrap_or_default();
    let Some((object, _)) = full_name.split_once('.') else {
        return Err(ApiError::record(
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [FullName]",
            &["FullName"],
        ));
    };
    if matches!(object, "Task" | "Event") {
        let message = format!("Entity Enumeration Or ID: bad value for restricted picklist field: {object}");
        return Err(ApiError::record("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, &["TableEnumOrId"]));
    }
    if full_name != FULL_NAME {
        return Err(unsupported(&format!("no field but {FULL_NAME}")));
    }
    Ok(())
}

fn check_metadata(body: &Map<String, Value>) -> Result<(), ApiError> {
    let given = body.get("Metadata").and_then(Value::as_object);
    let given = given.ok_or_else(|| {
        ApiError::record("REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", &["Metadata"])
    })?;
    if given.get("label").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(ApiError::record("FIELD_INTEGRITY_EXCEPTION", "Label: You must enter a value", &["Label"]));
    }
    let made = metadata();
    let other = ["type", "length", "unique", "externalId", "caseSensitive"].into_iter().find(|name| {
        let given = given.get(*name).unwrap_or(&Value::Null);
        *given != made[*name]
    });
    other.map_or(Ok(()), |name| Err(unsupported(&format!("only a key field whose {name} is {}", made[name]))))
}

fn metadata() -> Value {
    json!({"label": "Aircall Key", "type": "Text", "length": 64, "required": false, "unique": true, "externalId": true,
        "caseSensitive": true})
}

/// The error for a field that a real org could create; the sandbox's schema is fixed.
fn unsupported(what: &str) -> ApiError {
    ApiError::new(400, "FUNCTIONALITY_NOT_ENABLED", format!("the sandbox org can make {what}"))
}
