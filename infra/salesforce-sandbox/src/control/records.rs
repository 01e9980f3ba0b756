//! `/_sandbox/records`: lists, seeds and removes records directly, not through the API.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use sandbox_kit::JsonBody;
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::{
    Org, SeedError,
    schema::{self, OBJECTS, Object},
    state,
    write::{self, Indexing},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Seeding {
    /// `?index_lag=true`: search finds the record only after the org's index lag.
    index_lag: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Listing {
    /// `?deleted=true`: deleted records are listed, too.
    deleted: bool,
}

pub(super) async fn list(
    State(org): State<Org>,
    Path(sobject): Path<String>,
    Query(listing): Query<Listing>,
) -> Response {
    if schema::object(&sobject).is_none() {
        return refused(StatusCode::NOT_FOUND, format!("no object {sobject}"));
    }
    let mut records = org.records(&sobject);
    records.retain(|record| listing.deleted || record["IsDeleted"] != true);
    Json(records).into_response()
}

/// Seeds one record from an object, or several from an array: all of them, or none if one is invalid.
pub(super) async fn insert(
    State(org): State<Org>,
    Path(sobject): Path<String>,
    Query(seeding): Query<Seeding>,
    JsonBody(body): JsonBody<Value>,
) -> Response {
    let Some(object) = schema::object(&sobject) else {
        return refused(StatusCode::NOT_FOUND, format!("no object {sobject}"));
    };
    let indexing = if seeding.index_lag { Indexing::AfterLag } else { Indexing::AtOnce };
    let several = body.is_array();
    let records = if let Value::Array(records) = body { records } else { vec![body] };
    let mut at = 0;
    let mut state = org.lock();
    let seeded = state.atomically(|state| {
        let ids = records.iter().map(|record| {
            at += 1;
            write::seed(state, object, record, indexing).map(|id| json!({"id": id}))
        });
        ids.collect::<Result<Vec<_>, _>>()
    });
    state.tables.commit();
    match seeded {
        Ok(ids) if several => (StatusCode::CREATED, Json(json!(ids))).into_response(),
        Ok(ids) => (StatusCode::CREATED, Json(json!(ids.first()))).into_response(),
        Err(error) => {
            let why = SeedError::from(&error);
            refused(StatusCode::BAD_REQUEST, if several { format!("record {at}: {why}") } else { why.to_string() })
        }
    }
}

pub(super) async fn remove(State(org): State<Org>, Path(sobject): Path<String>) -> Response {
    let Some(object) = schema::object(&sobject) else {
        return refused(StatusCode::NOT_FOUND, format!("no object {sobject}"));
    };
    if !object.writable {
        let why = format!("{} is part of the org's setup and stays", object.name);
        return refused(StatusCode::METHOD_NOT_ALLOWED, why);
    }
    clear(&mut org.lock(), object);
    StatusCode::NO_CONTENT.into_response()
}

/// Users and their permissions, which are setup and not test data.
const SETUP: [&str; 4] = ["User", "PermissionSet", "FieldPermissions", "PermissionSetAssignment"];

/// Removes all records of objects that the API can write, except the org's setup.
pub(super) async fn remove_all(State(org): State<Org>) -> StatusCode {
    let mut state = org.lock();
    for object in OBJECTS.iter().filter(|object| object.writable && !SETUP.contains(&object.name)) {
        clear(&mut state, object);
    }
    StatusCode::NO_CONTENT
}

/// Removes all records of the object, except the admin and users with a grant, and the hidden Contacts of Person
/// Accounts, which are removed with their Accounts.
fn clear(state: &mut state::State, object: &Object) {
    let state::State { tables, grants, identity, .. } = state;
    match object.name {
        "User" => tables.retain(object, |user| user.id() == identity.admin_user_id || grants.is_connected(user.id())),
        "Contact" => tables.retain(object, |contact| contact.flag("IsPersonAccount")),
        "Account" => {
            tables.retain(object, |_| false);
            if let Some(contact) = schema::object("Contact") {
                tables.retain(contact, |contact| !contact.flag("IsPersonAccount"));
            }
        }
        _ => tables.retain(object, |_| false),
    }
}
