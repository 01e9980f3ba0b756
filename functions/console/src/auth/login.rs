//! `GET /login`: the sign-in page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use salesforce::oauth::LoginHost;
use url::form_urlencoded::Serializer;

use crate::auth::grant::GrantError;
use crate::console::Console;
use crate::web::flash::Flash;
use crate::web::form::Fields;
use crate::web::page::{self, Page};
use crate::web::return_to::local_path;
use crate::web::signed_in::Caller;

/// Path that starts a sign-in.
const SIGN_IN: &str = "/auth/salesforce";
/// No org is allowed, as in a new deployment.
const NO_ORG: &str = "This console is not open to any Salesforce org yet. Its operator allows an org by its ID, which \
                      Salesforce shows under Setup, Company Information: in the parameter AllowedSalesforceOrgs of the \
                      deployment, or in the list of its tenants table.";

#[derive(Template)]
#[template(path = "auth/login.html")]
struct LoginPage {
    page: Page,
    production: String,
    sandbox: String,
    return_to: String,
    /// The org's domain as typed.
    domain: String,
    /// Why the domain is not valid.
    error: Option<&'static str>,
    /// What the operator of a new deployment has to do before anybody can sign in.
    to_do: Vec<String>,
}

#[derive(Template)]
#[template(path = "auth/leaving.html")]
struct LeavingPage {
    page: Page,
    host: String,
    path: String,
}

/// Shows the sign-in options; with `domain`, forwards to that org's login page.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    Caller(signed_in): Caller,
    RawQuery(query): RawQuery,
) -> Response {
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let return_to = local_path(query.get("return_to"));
    // A signed-in admin may still sign in with another org.
    if signed_in.is_some() && !query.has("domain") {
        return Redirect::to(return_to).into_response();
    }
    let mut error = None;
    if query.has("domain") {
        match LoginHost::from_pasted(query.get("domain")) {
            Ok(host) => return leave(&console, &host, return_to),
            Err(_) => {
                error = Some("Enter your org’s My Domain, such as example.my.salesforce.com, or paste its address.");
            }
        }
    }
    let login = LoginPage {
        page: Page { flash: Flash::from_headers(&headers), ..Page::anonymous("Sign in") },
        production: link(&console, "production", return_to),
        sandbox: link(&console, "sandbox", return_to),
        return_to: return_to.to_owned(),
        domain: query.get("domain").to_owned(),
        error,
        to_do: to_do(&console).await,
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, page::render(&login)).into_response()
}

/// What the operator of a new deployment has to do before anybody can sign in, as sentences. The page is shown without them
/// if one of our own stores does not answer.
async fn to_do(console: &Console) -> Vec<String> {
    let (app, is_closed) = tokio::join!(console.connector.app.get(), console.allowed_orgs.is_empty());
    let (has_app, is_closed) = match (app, is_closed) {
        (Ok(app), Ok(is_closed)) => (app.is_some(), is_closed),
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(%error, "the sign-in page does not say what is to do");
            return Vec::new();
        }
    };
    let no_app = (!has_app).then(|| GrantError::NoApp.to_string());
    no_app.into_iter().chain(is_closed.then(|| NO_ORG.to_owned())).collect()
}

/// A page that forwards automatically. The form that led here must not be redirected to another host: browsers check
/// `form-action` against every redirect, and an org may sign its users in on any host.
fn leave(console: &Console, host: &LoginHost, return_to: &str) -> Response {
    forward(host.host().to_owned(), link(console, &host.to_string(), return_to))
}

/// A page that forwards to an address where the browser comes to this host.
pub(super) fn forward(host: String, path: String) -> Response {
    let refresh = [("refresh", format!("0;url={path}"))];
    let page = page::render(&LeavingPage { page: Page::anonymous("Signing in"), host, path });
    (refresh, page).into_response()
}

/// The link that starts a sign-in at `at`: at the console's own address, where the callback comes back, because a cookie
/// binds both to one browser.
pub(crate) fn link(console: &Console, at: &str, return_to: &str) -> String {
    let query = Serializer::new(String::new()).append_pair("at", at).append_pair("return_to", return_to).finish();
    match &console.public_url {
        Some(base_url) => {
            let mut link = base_url.path(SIGN_IN);
            link.set_query(Some(&query));
            link.into()
        }
        None => format!("{SIGN_IN}?{query}"),
    }
}
