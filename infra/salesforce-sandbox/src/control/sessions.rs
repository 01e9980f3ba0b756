//! `/_sandbox/expire_sessions` and `/_sandbox/refresh`.

use axum::{extract::State, http::StatusCode};

use crate::Org;

/// Ends all access tokens.
pub(super) async fn expire(State(org): State<Org>) -> StatusCode {
    org.lock().grants.expire_sessions();
    StatusCode::NO_CONTENT
}

/// Refreshes the org, as a sandbox is refreshed: it has another id and no grants.
pub(super) async fn refresh(State(org): State<Org>) -> StatusCode {
    org.refresh();
    StatusCode::NO_CONTENT
}
