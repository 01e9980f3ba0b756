//! `…/sobjects/<S>/<Field>/<value>`: a record by external id, and the upsert.

use axum::http::Method;
use serde_json::{Value, json};

use super::{method_not_allowed, sobjects};
use crate::{
    call::{ApiResponse, Call},
    error::ApiError,
    schema::{Field, Key, Object},
    state::State,
    tables::Fields,
    write::{self, Actor},
};

/// First version in which an upsert that updates returns a body; up to version 45 it returns 204.
const FIRST_WITH_UPDATE_BODY: u32 = 46;

pub(super) fn row(
    state: &mut State,
    call: &Call,
    object: &'static Object,
    field: &str,
    value: &str,
) -> Result<ApiResponse, ApiError> {
    let field = key_field(state, object, field)?;
    let found = holders(state, object, field, value);
    if found.len() > 1 {
        let urls: Vec<String> = found.iter().map(|id| call.record_url(object.name, id)).collect();
        return Ok(ApiResponse::status(300, json!(urls)));
    }
    match (&call.method, found.first()) {
        (&Method::GET, Some(id)) => {
            let record = write::live(state, object, id)?;
            sobjects::show(state, call, object, record, call.parameter("fields")).map(ApiResponse::ok)
        }
        (&Method::DELETE, Some(id)) => {
            write::delete(state, &Actor::from(call), object, id)?;
            Ok(ApiResponse::no_content())
        }
        (&Method::PATCH, Some(id)) => {
            let body = without_key(call.object()?, field)?;
            write::update(state, &Actor::from(call), object, id, body)?;
            if call.major_version() < FIRST_WITH_UPDATE_BODY {
                return Ok(ApiResponse::no_content());
            }
            Ok(ApiResponse::ok(json!({"id": id, "success": true, "errors": [], "created": false})))
        }
        (&Method::PATCH, None) if !call.flag("updateOnly") => {
            let mut body = without_key(call.object()?, field)?.clone();
            body.insert(field.name.to_owned(), json!(value));
            let id = write::create(state, &Actor::from(call), object, &body)?;
            Ok(sobjects::created(call, object, &id, json!({"id": id, "success": true, "errors": [], "created": true})))
        }
        (&Method::GET | &Method::DELETE | &Method::PATCH, None) => Err(ApiError::not_found()),
        _ => Err(method_not_allowed(&call.method, "HEAD,GET,PATCH,DELETE")),
    }
}

/// The external id field of that name.
pub(super) fn key_field(state: &State, object: &Object, name: &str) -> Result<&'static Field, ApiError> {
    let field = object.visible_field(state, name).filter(|field| field.key != Key::No);
    field.ok_or_else(|| {
        let message = format!("Provided external ID field does not exist or is not accessible: {name}");
        ApiError::new(404, "NOT_FOUND", message)
    })
}

/// The ids of the live records with that external id.
pub(super) fn holders(state: &State, object: &Object, field: &'static Field, value: &str) -> Vec<String> {
    if field.key == Key::UniqueExternalId {
        return state.tables.holder(object, field.name, value).map(ToOwned::to_owned).into_iter().collect();
    }
    let rows = state.tables.rows(object).iter();
    let holds = rows.filter(|record| !record.flag("IsDeleted") && record.text(field.name) == Some(value));
    holds.map(|record| record.id().to_owned()).collect()
}

fn without_key<'a>(body: &'a Fields, field: &Field) -> Result<&'a Fields, ApiError> {
    if body.keys().any(|name: &String| name.eq_ignore_ascii_case(field.name)) {
        let message = format!("The {} field should not be specified in the sobject data.", field.name);
        return Err(ApiError::new(400, "INVALID_FIELD", message));
    }
    Ok(body)
}

/// The result of an upsert.
#[derive(Debug)]
pub(super) struct Upserted {
    pub(super) id: String,
    pub(super) created: bool,
}

/// Upserts a record whose body contains its key, as in collections.
pub(super) fn upsert(
    state: &mut State,
    actor: &Actor,
    object: &'static Object,
    field: &'static Field,
    body: &Fields,
) -> Result<Upserted, ApiError> {
    let key = body.iter().find(|(name, _)| name.eq_ignore_ascii_case(field.name)).map(|(_, value)| value);
    let Some(value) = key.and_then(Value::as_str).filter(|value| !value.is_empty()) else {
        let message = format!("{} not specified", field.name);
        return Err(ApiError::record("MISSING_ARGUMENT", message, &[field.name]));
    };
    let found = holders(state, object, field, value);
    match found.as_slice() {
        [] => write::create(state, actor, object, body).map(|id| Upserted { id, created: true }),
        [id] => {
            write::update(state, actor, object, id, body)?;
            Ok(Upserted { id: id.clone(), created: false })
        }
        several => {
            let message =
                format!("{}: more than one record found for external id field: [{}]", field.name, several.join(", "));
            Err(ApiError::record("DUPLICATE_EXTERNAL_ID", message, &[field.name]))
        }
    }
}
