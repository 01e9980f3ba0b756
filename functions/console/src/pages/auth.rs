//! OAuth: signing in with Salesforce (`GET /auth/salesforce`) and connecting Aircall by its app (`GET /auth/aircall`),
//! each with its callback.

pub(crate) mod aircall;
pub(crate) mod salesforce;

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};

use crate::page::{self, Page};

#[derive(Template)]
#[template(path = "not_signed_in.html")]
struct NotSignedInPage {
    page: Page,
    message: String,
    again: &'static str,
}

/// The page that says why the sign-in failed.
fn failed(status: StatusCode, message: String) -> Response {
    let page = Page::anonymous("You are not signed in");
    (status, page::render(&NotSignedInPage { page, message, again: "/login" })).into_response()
}

/// Redirects with these `Set-Cookie` headers.
fn redirect(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let cookies: Vec<(HeaderName, HeaderValue)> =
        cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)).collect();
    (AppendHeaders(cookies), Redirect::to(to)).into_response()
}
