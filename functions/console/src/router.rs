//! All routes, and what all answers have in common.

use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use crate::console::Console;
use crate::error::ApiError;
use crate::page_error::PageError;
use crate::{api, assets, csrf, frame, pages, secured};

/// The console: its pages and the JSON API.
pub fn router(console: Console) -> Router {
    let console = Arc::new(console);
    Router::new()
        .merge(pages().layer(from_fn_with_state(console.clone(), frame::framed)))
        .merge(api().layer(from_fn_with_state(console.clone(), csrf::guarded)))
        .fallback_service(
            Router::new()
                .fallback(nothing_here)
                .layer(from_fn_with_state(console.clone(), frame::framed))
                .with_state(console.clone()),
        )
        .method_not_allowed_fallback(other_method)
        .layer(map_response(secured::secured))
        .with_state(console)
}

/// What people use. A page's form is sent to the page itself.
fn pages() -> Router<Arc<Console>> {
    Router::new()
        .route("/", get(pages::start))
        .route("/login", get(pages::login::show))
        .route("/sign-out", post(pages::sign_out::sign_out))
        .route("/call-workflow", get(pages::call_workflow::show).post(pages::call_workflow::save))
        .route("/settings/conflict", post(pages::conflict::resolve))
        .route("/assets/{file}", get(assets::serve))
}

/// What programs use.
fn api() -> Router<Arc<Console>> {
    Router::new()
        .route("/api/settings", get(api::settings::show).put(api::settings::replace))
        .route("/api/connections", get(api::connections::show))
        .route("/api/activity", get(api::activity::list))
        .route("/api/activity/{key}", get(api::activity::show))
        .route("/api/activity/{key}/retry", post(api::activity::retry))
}

async fn nothing_here(uri: Uri) -> Response {
    if is_api(&uri) {
        ApiError::NotFound(format!("There is no {}.", uri.path())).into_response()
    } else {
        PageError::NotFound.into_response()
    }
}

async fn other_method(uri: Uri) -> Response {
    if is_api(&uri) {
        ApiError::MethodNotAllowed.into_response()
    } else {
        PageError::Other(ApiError::MethodNotAllowed).into_response()
    }
}

fn is_api(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}
