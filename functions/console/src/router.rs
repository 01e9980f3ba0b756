//! All routes, and the middleware around them.

use std::future::{Ready, ready};
use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use crate::console::Console;
use crate::error::ApiError;
use crate::page_error::PageError;
use crate::{api, assets, bearer, csrf, error_pages, pages, security_headers};

/// The console: its pages and the JSON API.
pub fn router(console: Console) -> Router {
    let console = Arc::new(console);
    Router::new()
        .merge(
            pages()
                .method_not_allowed_fallback(async || PageError::Other(ApiError::MethodNotAllowed))
                .layer(from_fn_with_state(console.clone(), error_pages::error_pages)),
        )
        .route("/assets/{file}", get(assets::serve))
        .merge(Router::from(api::document::routes()).method_not_allowed_fallback(async || ApiError::MethodNotAllowed))
        .merge(
            Router::from(api::routes())
                .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
                .layer(from_fn_with_state(console.clone(), csrf::csrf_protect))
                .layer(from_fn_with_state(console.clone(), bearer::bearer_auth)),
        )
        .fallback_service(
            Router::new()
                .fallback(not_found)
                .layer(from_fn_with_state(console.clone(), error_pages::error_pages))
                .with_state(console.clone()),
        )
        .layer(map_response(security_headers::security_headers))
        .with_state(console)
}

/// The pages. A form is posted to its page's own path, or to a path of its own; a `GET` of that path redirects to the
/// page.
fn pages() -> Router<Arc<Console>> {
    Router::new()
        .route("/", get(pages::start))
        .route("/login", get(pages::login::show))
        .route("/sign-out", get(to("/")).post(pages::sign_out::sign_out))
        .route("/activity", get(pages::activity::list))
        .route("/activity/retry-failed", get(to("/activity")).post(pages::activity::retry_failed))
        .route("/activity/{key}", get(pages::entry::show))
        .route("/activity/{key}/retry", get(to("/activity")).post(pages::entry::retry))
        .route("/call-workflow", get(pages::call_workflow::show).post(pages::call_workflow::save))
        .route("/general", get(pages::general::show).post(pages::general::save))
        .route("/history", get(pages::history::list))
        .route("/history/{version}", get(pages::history::show).post(pages::history::restore))
        .route("/settings/conflict", get(to("/history")).post(pages::conflict::resolve))
        .route("/preview", get(pages::preview::show).post(pages::preview::run))
        .route("/auth/salesforce", get(pages::auth::salesforce::begin))
        .route("/auth/salesforce/callback", get(pages::auth::salesforce::callback))
        .route("/auth/aircall", get(pages::auth::aircall::begin))
        .route("/auth/aircall/callback", get(pages::auth::aircall::callback))
        .route("/connections", get(pages::connections::show))
        .route("/connections/salesforce/check", get(pages::connections::check::show))
        .route(
            "/connections/salesforce/set-up",
            get(to("/connections/salesforce/check")).post(pages::connections::check::set_up),
        )
        .route(
            "/connections/salesforce/disconnect",
            get(to("/connections")).post(pages::connections::disconnect_salesforce),
        )
        .route("/connections/aircall", get(to("/connections")).post(pages::connections::connect_aircall))
        .route("/connections/aircall/reactivate", get(to("/connections")).post(pages::connections::reactivate_aircall))
        .route("/connections/aircall/rotate", get(to("/connections")).post(pages::connections::rotate_aircall))
        .route("/connections/aircall/disconnect", get(to("/connections")).post(pages::connections::disconnect_aircall))
        .route("/tokens", get(pages::tokens::list).post(pages::tokens::create))
        .route("/tokens/{id}/revoke", get(to("/tokens")).post(pages::tokens::revoke))
}

/// A handler that redirects to a page.
fn to(page: &'static str) -> impl Fn() -> Ready<Redirect> + Clone {
    move || ready(Redirect::to(page))
}

async fn not_found(uri: Uri) -> Response {
    if is_api(&uri) {
        ApiError::NotFound(format!("There is no {}.", uri.path())).into_response()
    } else {
        PageError::NotFound.into_response()
    }
}

fn is_api(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}
