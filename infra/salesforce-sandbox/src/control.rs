//! `/_sandbox`: the control API, which no real org has. Tests use it to count calls, seed records, script faults and
//! change options.
//!
//! It has no authentication: serve the sandbox on the loopback interface only.

mod body;
pub(crate) mod faults;
mod options;
pub(crate) mod record_faults;
mod records;
pub(crate) mod requests;

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use crate::Org;

pub(crate) fn routes() -> Router<Org> {
    Router::new()
        .route("/_sandbox/requests", get(requests::show).delete(requests::reset))
        .route("/_sandbox/records", axum::routing::delete(records::remove_all))
        .route("/_sandbox/records/{sobject}", get(records::list).post(records::insert).delete(records::remove))
        .route("/_sandbox/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/_sandbox/options", get(options::show).put(options::change))
        .route("/_sandbox/expire_sessions", post(options::expire_sessions))
}

/// An error response with its reason.
fn refused(status: StatusCode, why: impl Into<String>) -> Response {
    (status, Json(json!({"error": why.into()}))).into_response()
}
