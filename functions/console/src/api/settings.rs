//! `GET` and `PUT /api/settings`.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use rules::Settings;
use serde_json::Value;

use crate::console::Console;
use crate::error::ApiError;
use crate::settings;
use crate::signed_in::SignedIn;

/// Longest settings document, bytes.
const LONGEST: usize = 64 * 1024;

/// The settings document.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
) -> Result<Json<Settings>, ApiError> {
    Ok(Json(console.settings.get(&session.tenant).await?))
}

/// Replaces the whole document, or nothing of it, if it still is at the version that the new one names.
pub(crate) async fn replace(
    State(console): State<Arc<Console>>,
    SignedIn { session, .. }: SignedIn,
    body: Body,
) -> Result<Json<Settings>, ApiError> {
    let body = to_bytes(body, LONGEST).await.map_err(|_| ApiError::TooLarge)?;
    let document: Value =
        serde_json::from_slice(&body).map_err(|error| ApiError::NotJson(format!("The body is not JSON: {error}.")))?;
    Ok(Json(settings::save(&console, &session, &document).await?))
}
