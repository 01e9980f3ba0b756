//! `/_sandbox/records`: look at, seed and remove records, past the API.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::{
    Org, SeedError,
    schema::{self, OBJECTS},
    write::{self, Indexing},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Seeding {
    /// `?index_lag=true`: search sees the record only after the org's index lag.
    index_lag: bool,
}

pub(super) async fn list(State(org): State<Org>, Path(sobject): Path<String>) -> Response {
    if schema::object(&sobject).is_none() {
        return refused(StatusCode::NOT_FOUND, format!("no object {sobject}"));
    }
    Json(org.records(&sobject)).into_response()
}

/// An object becomes a record, an array several: all of them or, at the first that does not fit, none.
pub(super) async fn insert(
    State(org): State<Org>,
    Path(sobject): Path<String>,
    Query(seeding): Query<Seeding>,
    Json(body): Json<Value>,
) -> Response {
    let Some(object) = schema::object(&sobject) else {
        return refused(StatusCode::NOT_FOUND, format!("no object {sobject}"));
    };
    let indexing = if seeding.index_lag { Indexing::AfterLag } else { Indexing::AtOnce };
    let several = body.is_array();
    let records = if let Value::Array(records) = body { records } else { vec![body] };
    let mut state = org.lock();
    let seeded = state.atomically(|state| {
        let ids = records.iter().map(|record| {
            let body = record.as_object().cloned().unwrap_or_default();
            write::seed(state, object, &body, indexing).map(|id| json!({"id": id}))
        });
        ids.collect::<Result<Vec<_>, _>>()
    });
    state.tables.commit();
    match seeded {
        Ok(ids) if several => (StatusCode::CREATED, Json(json!(ids))).into_response(),
        Ok(ids) => (StatusCode::CREATED, Json(json!(ids.first()))).into_response(),
        Err(error) => refused(StatusCode::BAD_REQUEST, SeedError::from(&error).to_string()),
    }
}

pub(super) async fn remove(State(org): State<Org>, Path(sobject): Path<String>) -> Response {
    let Some(object) = schema::object(&sobject) else {
        return refused(StatusCode::NOT_FOUND, format!("no object {sobject}"));
    };
    org.lock().tables.clear(object);
    StatusCode::NO_CONTENT.into_response()
}

/// All records the API could have written, except users.
pub(super) async fn remove_all(State(org): State<Org>) -> StatusCode {
    let mut state = org.lock();
    for object in OBJECTS.iter().filter(|object| object.writable && object.name != "User") {
        state.tables.clear(object);
    }
    StatusCode::NO_CONTENT
}
