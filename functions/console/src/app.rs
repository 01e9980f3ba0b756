//! The console: the features' pages and operations, merged, and the middleware around them.

mod document;

use axum::Router;
use axum::http::Uri;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::console::{AppState, Console};
use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;
use crate::web::nav::Nav;
use crate::web::page_error::PageError;
use crate::web::page_request::PageRequest;
use crate::web::{assets, bearer, csrf, error_pages, security_headers};
use crate::{activity, auth, connections, preview, settings, tokens, users};

/// The navigation. The first page is the start page.
const NAVIGATION: &[Nav] = &[
    activity::NAV,
    settings::call_workflow::NAV,
    settings::general::NAV,
    preview::NAV,
    connections::NAV,
    users::NAV,
    settings::history::NAV,
    tokens::NAV,
];

/// The console: its pages and the JSON API.
pub fn router(console: Console) -> Router {
    let state = AppState::new(console, NAVIGATION);
    Router::new()
        .merge(
            pages()
                .method_not_allowed_fallback(async || PageError::from(ErrorCode::MethodNotAllowed))
                .layer(from_fn_with_state(state.kit.clone(), error_pages::error_pages)),
        )
        .route("/assets/{file}", get(assets::serve))
        .merge(
            Router::from(document::routes())
                .method_not_allowed_fallback(async || ApiError::from(ErrorCode::MethodNotAllowed)),
        )
        .merge(
            Router::from(api())
                .method_not_allowed_fallback(async || ApiError::from(ErrorCode::MethodNotAllowed))
                .layer(from_fn_with_state(state.kit.clone(), csrf::csrf_protect))
                .layer(from_fn_with_state(state.kit.clone(), bearer::bearer_auth)),
        )
        .fallback_service(
            Router::new().fallback(not_found).layer(from_fn_with_state(state.kit.clone(), error_pages::error_pages)),
        )
        .layer(map_response(security_headers::security_headers))
        .with_state(state)
}

/// The pages of all features.
fn pages() -> Router<AppState> {
    Router::new()
        .route("/", get(start))
        .merge(auth::pages())
        .merge(activity::pages())
        .merge(settings::pages())
        .merge(preview::pages())
        .merge(connections::pages())
        .merge(users::pages())
        .merge(tokens::pages())
}

/// The API of all features, except the operation that serves its document.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(document::about())
        .merge(settings::api())
        .merge(activity::api())
        .merge(preview::api())
        .merge(connections::api())
        .merge(users::api())
        .merge(tokens::api())
}

/// `/`: redirects to the console's start page, or to the sign-in page if there is no session.
async fn start(_: PageRequest) -> Redirect {
    Redirect::to(NAVIGATION[0].path)
}

async fn not_found(uri: Uri) -> Response {
    if is_api(&uri) {
        ApiError::new(ErrorCode::NotFound, format!("There is no {}.", uri.path())).into_response()
    } else {
        PageError::NotFound.into_response()
    }
}

fn is_api(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}
