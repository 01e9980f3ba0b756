//! Signing in with Salesforce (`GET /auth/salesforce`), signing out, and connecting Aircall by its app
//! (`GET /auth/aircall`).

mod aircall;
mod browser;
mod consent;
mod grant;
mod login;
mod salesforce;
mod sign_in;
mod sign_out;

pub(crate) use login::link as sign_in_link;

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use self::grant::GrantError;
use crate::console::{AppState, Console};
use crate::web::page::{self, Page, redirect_to};

/// The pages for signing in and out, and the OAuth callbacks.
pub(crate) fn pages() -> Router<AppState> {
    Router::new()
        .route("/login", get(login::show))
        .route("/sign-out", get(redirect_to("/")).post(sign_out::sign_out))
        .route("/auth/salesforce", get(salesforce::begin))
        .route("/auth/salesforce/callback", get(salesforce::callback))
        .route("/auth/salesforce/own-grant", get(redirect_to("/connections")).post(consent::begin_own))
        .route("/auth/salesforce/consent/{link}", get(consent::show).post(consent::begin))
        .route("/consent/{link}", get(consent::show))
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
fn failed(status: StatusCode, message: String, install_url: Option<String>) -> Response {
    let page = Page::anonymous("You are not signed in");
    (status, page::render(&NotSignedInPage { page, message, install_url, again: "/login" })).into_response()
}

/// Redirects with these `Set-Cookie` headers.
fn redirect(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    with_cookies(cookies, Redirect::to(to).into_response())
}

/// The response with these `Set-Cookie` headers.
fn with_cookies(cookies: impl IntoIterator<Item = HeaderValue>, mut response: Response) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Where the app is installed in the org, if that is what is missing.
fn install_url(console: &Console, error: &GrantError) -> Option<String> {
    /// The path of a package's install link. Other links, as those of a marketplace, are the same for all orgs.
    const INSTALL_PACKAGE: &str = "/packaging/installPackage.apexp";
    let GrantError::NotInstalled { login_url, .. } = error else { return None };
    let install_url = console.app_install_url.as_ref()?;
    if install_url.path() != INSTALL_PACKAGE {
        return Some(install_url.to_string());
    }
    // Sandboxes and production have different hosts.
    let mut url = login_url.clone();
    url.set_path(INSTALL_PACKAGE);
    url.set_query(install_url.query());
    Some(url.into())
}
