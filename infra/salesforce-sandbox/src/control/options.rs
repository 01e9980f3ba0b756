//! `/_sandbox/options` and `/_sandbox/expire_sessions`.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{body::JsonBody, refused};
use crate::{Org, options::Options};

pub(super) async fn show(State(org): State<Org>) -> Json<Options> {
    Json(org.lock().options.clone())
}

/// Replaces the given options, keeps the others, and returns all options.
pub(super) async fn change(State(org): State<Org>, JsonBody(changes): JsonBody<Map<String, Value>>) -> Response {
    let mut state = org.lock();
    match state.options.merged(changes) {
        Ok(options) => {
            state.set_options(options.clone());
            Json(options).into_response()
        }
        Err(why) => refused(StatusCode::BAD_REQUEST, why),
    }
}

pub(super) async fn expire_sessions(State(org): State<Org>) -> StatusCode {
    org.lock().grants.expire_sessions();
    StatusCode::NO_CONTENT
}
