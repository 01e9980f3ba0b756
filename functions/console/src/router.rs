//! The routes of the API, and what all of its answers have in common.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, http::Uri};

use crate::console::Console;
use crate::error::ApiError;
use crate::{activity, connections, settings};

/// The JSON API.
pub fn router(console: Console) -> Router {
    Router::new()
        .route("/api/settings", get(settings::show).put(settings::replace))
        .route("/api/connections", get(connections::show))
        .route("/api/activity", get(activity::list))
        .route("/api/activity/{key}", get(activity::show))
        .route("/api/activity/{key}/retry", post(activity::retry))
        .fallback(async |uri: Uri| ApiError::NotFound(format!("There is no {}.", uri.path())))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(map_response(secured))
        .with_state(Arc::new(console))
}

/// The API holds people's data: nothing keeps it, guesses its type or shows it as a page.
async fn secured(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, HeaderValue); 4] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    response.headers_mut().extend(HEADERS);
    response
}
