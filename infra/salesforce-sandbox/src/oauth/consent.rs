//! The two pages of the authorization: the login page and the consent page.

use std::fmt::Write;

use axum::response::Html;
use sandbox_kit::{Parameters, html::escape};
use url::Url;

use super::authorize;
use crate::{pages::html::page, schema, state::State, tables::Record};

/// The parameters of the request that each step's form forwards.
///
/// `prompt` among them changes nothing: the sandbox has no sessions of a browser, so it always asks who logs in, and for
/// consent.
const FORWARDED: [&str; 8] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "prompt",
];

/// The login page. Users have no passwords: one is chosen from a list, with the admin preselected.
pub(super) fn log_in(state: &State, parameters: &Parameters, problem: Option<&str>) -> Html<String> {
    let mut body = format!("<main><h1>Log in to {}</h1>", escape(&org_name(state)));
    if let Some(problem) = problem {
        let _ = write!(body, "<p class=\"overdue\" role=\"alert\">{}</p>", escape(problem));
    }
    body.push_str(&form(parameters));
    body.push_str("<fieldset><legend>Who are you?</legend>");
    for user in state.live("User").filter(|user| user.flag("IsActive")) {
        body.push_str(&choice(state, user));
    }
    body.push_str("</fieldset><p><button>Log In</button></p></form></main>");
    page("Login", &body)
}

fn choice(state: &State, user: &Record) -> String {
    let id = escape(user.id());
    let checked = if user.id() == state.identity.admin_user_id { " checked" } else { "" };
    format!(
        "<label><input type=\"radio\" name=\"user\" value=\"{id}\" required{checked}> {} <small>{} · {}</small></label>",
        escape(user.text("Name").unwrap_or(user.id())),
        escape(user.text("Username").unwrap_or_default()),
        escape(state.profile(user.id()).and_then(|profile| profile.text("Name")).unwrap_or("no profile")),
    )
}

/// The page that asks the user whether to allow the app access.
pub(super) fn ask(state: &State, parameters: &Parameters, target: &Url, user_id: &str) -> Html<String> {
    let user = schema::object("User").and_then(|object| state.tables.get(object, user_id));
    let text = |name: &str| escape(user.and_then(|user| user.text(name)).unwrap_or_default());
    let mut body = format!(
        "<main><h1>Allow Access?</h1><p>The app at <strong>{}</strong> is asking to:</p><ul>",
        escape(target.host_str().unwrap_or_else(|| target.as_str())),
    );
    for scope in authorize::scope(parameters).split_whitespace() {
        let _ = write!(body, "<li>{}</li>", escape(scope_label(scope)));
    }
    let _ = write!(
        body,
        "</ul><p>Do you want to allow access for {} ({}) of {}?</p>{}<input type=\"hidden\" name=\"user\" \
         value=\"{}\"><p><button name=\"decision\" value=\"allow\">Allow</button> <button class=\"second\" \
         name=\"decision\" value=\"deny\">Deny</button></p></form></main>",
        text("Name"),
        text("Username"),
        escape(&org_name(state)),
        form(parameters),
        escape(user_id),
    );
    page("Allow Access?", &body)
}

/// The start of a form, with the request's parameters as hidden fields.
fn form(parameters: &Parameters) -> String {
    let mut form = "<form method=\"post\" action=\"/services/oauth2/authorize\">".to_owned();
    for name in FORWARDED {
        if let Some(value) = parameters.get(name) {
            let _ = write!(form, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
        }
    }
    form
}

/// The label of a scope on Salesforce's consent page.
fn scope_label(scope: &str) -> &str {
    match scope {
        "api" => "Manage user data via APIs (api)",
        "refresh_token" | "offline_access" => "Perform requests at any time (refresh_token, offline_access)",
        "openid" => "Access unique user identifiers (openid)",
        "id" | "profile" | "email" | "address" | "phone" => {
            "Access the identity URL service (id, profile, email, address, phone)"
        }
        "full" => "Full access (full)",
        other => other,
    }
}

fn org_name(state: &State) -> String {
    let org = state.live("Organization").next();
    org.and_then(|org| org.text("Name")).unwrap_or("the org").to_owned()
}
