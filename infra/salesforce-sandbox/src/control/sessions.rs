//! `/_sandbox/expire_sessions`.

use axum::{extract::State, http::StatusCode};

use crate::Org;

/// Ends all access tokens.
pub(super) async fn expire(State(org): State<Org>) -> StatusCode {
    org.lock().grants.expire_sessions();
    StatusCode::NO_CONTENT
}
