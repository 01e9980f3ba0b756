//! `GET /login`: the sign-in page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use url::form_urlencoded::Serializer;

use crate::auth::sign_in::SignInError;
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
        match my_domain(query.get("domain")) {
            Some(host) => return leave(&console, host, return_to),
            None => error = Some("Enter your org’s My Domain, such as example.my.salesforce.com."),
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
    let no_app = (!has_app).then(|| SignInError::NoApp.to_string());
    no_app.into_iter().chain(is_closed.then(|| NO_ORG.to_owned())).collect()
}

/// A page that forwards automatically. The form that led here must not be redirected to another host: browsers check
/// `form-action` against every redirect, and an org may sign its users in on any host.
fn leave(console: &Console, host: String, return_to: &str) -> Response {
    let path = link(console, &host, return_to);
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

/// The host of an org's login page, from the org's My Domain name, host, or any of its URLs.
fn my_domain(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let host = text.strip_prefix("https://").unwrap_or(&text).split(['/', '?', '#']).next()?;
    let name = host
        .strip_suffix(".my.salesforce.com")
        .or_else(|| host.strip_suffix(".lightning.force.com"))
        .or_else(|| (!host.contains('.')).then_some(host))?;
    let is_label = |label: &str| {
        let is_plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && label.len() <= 63 && is_plain && !label.starts_with('-') && !label.ends_with('-')
    };
    name.split('.').all(is_label).then(|| format!("{name}.my.salesforce.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(my_domain(text).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn an_orgs_domain_is_accepted_in_any_form() {
        for text in [
            "example",
            " Example ",
            "example.my.salesforce.com",
            "https://example.my.salesforce.com/",
            "https://example.lightning.force.com/lightning/page/home",
        ] {
            check(text, Some("example.my.salesforce.com"));
        }
        check("example--uat.sandbox.my.salesforce.com", Some("example--uat.sandbox.my.salesforce.com"));
    }

    #[test]
    fn other_hosts_are_refused() {
        for text in [
            "",
            "example.com",
            "example.my.salesforce.com.example.com",
            "https://example.com/.my.salesforce.com",
            "user@example.my.salesforce.com",
            "example.my.salesforce.com:8443",
            ".my.salesforce.com",
            "a b",
            "http://example.my.salesforce.com",
            "ex\u{e4}mple",
        ] {
            check(text, None);
        }
    }
}
