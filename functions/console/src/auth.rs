//! Signing in with Salesforce (`GET /auth/salesforce`), signing out, and connecting Aircall by its app
//! (`GET /auth/aircall`).

mod aircall;
mod login;
mod salesforce;
mod sign_in;
mod sign_out;

pub(crate) use login::link as sign_in_link;

use askama::Template;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use url::Url;

use crate::console::AppState;
use crate::web::page::{self, Page, redirect_to};

/// The pages for signing in and out, and the OAuth callbacks.
pub(crate) fn pages() -> Router<AppState> {
    Router::new()
        .route("/login", get(login::show))
        .route("/sign-out", get(redirect_to("/")).post(sign_out::sign_out))
        .route("/auth/salesforce", get(salesforce::begin))
        .route("/auth/salesforce/callback", get(salesforce::callback))
        .route("/auth/aircall", get(aircall::begin))
        .route("/auth/aircall/callback", get(aircall::callback))
}

#[derive(Template)]
#[template(path = "auth/not_signed_in.html")]
struct NotSignedInPage {
    page: Page,
    message: String,
    /// Where the app is installed in an org, if that is what is missing.
    install_url: Option<String>,
    again: &'static str,
}

/// The page that says why the sign-in failed.
fn failed(status: StatusCode, message: String, install_url: Option<Url>) -> Response {
    let page = Page::anonymous("You are not signed in");
    let install_url = install_url.map(String::from);
    (status, page::render(&NotSignedInPage { page, message, install_url, again: "/login" })).into_response()
}

/// Redirects with these `Set-Cookie` headers.
fn redirect(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let cookies: Vec<(HeaderName, HeaderValue)> =
        cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)).collect();
    (AppendHeaders(cookies), Redirect::to(to)).into_response()
}
