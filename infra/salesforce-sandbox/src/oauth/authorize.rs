//! `/services/oauth2/authorize`: the login and consent steps. Each step posts the values of the previous steps again.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use sandbox_kit::Parameters;
use url::Url;

use super::{consent, grants::Code};
use crate::{Org, schema, state};

/// The redirect parameters after a denial.
const DENIED: [(&str, &str); 2] = [("error", "access_denied"), ("error_description", "end-user denied authorization")];

/// The default scopes of a request without any.
const SCOPE: &str = "api refresh_token";

pub(super) async fn authorize(State(org): State<Org>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes()).chain(Parameters::parse(&body));
    let mut state = org.lock();
    let target = match check(&state, &parameters) {
        Ok(target) => target,
        Err(refused) => return refused,
    };
    if state.options.auto_approve {
        let admin = state.identity.admin_user_id.clone();
        return allow(&mut state, &parameters, target, admin);
    }
    let Some(user_id) = parameters.get("user") else { return uncached(consent::log_in(&state, &parameters, None)) };
    if !is_active(&state, user_id) {
        let problem = "This user is not active, or not of this org. Choose another one.";
        return uncached(consent::log_in(&state, &parameters, Some(problem)));
    }
    match parameters.get("decision") {
        Some("allow") => {
            let user_id = user_id.to_owned();
            allow(&mut state, &parameters, target, user_id)
        }
        Some("deny") => redirect(target, &parameters, &DENIED),
        _ => uncached(consent::ask(&state, &parameters, &target, user_id)),
    }
}

/// The requested scopes.
pub(super) fn scope(parameters: &Parameters) -> &str {
    parameters.get("scope").filter(|scope| !scope.is_empty()).unwrap_or(SCOPE)
}

/// Validates the request, and returns the redirect address. An error is the response to send.
#[expect(clippy::result_large_err, reason = "once per request")]
fn check(state: &state::State, parameters: &Parameters) -> Result<Url, Response> {
    let get = |name| parameters.get(name).unwrap_or_default();
    // Without a known client and a valid address, an error cannot be redirected to the app.
    if get("client_id") != state.client_id() {
        return Err(refused("error=invalid_client_id&error_description=client%20identifier%20invalid"));
    }
    let Ok(target) = Url::parse(get("redirect_uri")) else {
        let text = "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration";
        return Err(refused(text));
    };
    if get("response_type") != "code" {
        return Err(redirect(target, parameters, &[("error", "unsupported_response_type")]));
    }
    if get("code_challenge").is_empty() || get("code_challenge_method") != "S256" {
        let description = ("error_description", "missing required code challenge");
        return Err(redirect(target, parameters, &[("error", "invalid_request"), description]));
    }
    if !state.options.app_installed {
        let pairs = [("error", "invalid_client"), ("error_description", "app must be installed into org")];
        return Err(redirect(target, parameters, &pairs));
    }
    Ok(target)
}

fn is_active(state: &state::State, user_id: &str) -> bool {
    let user = schema::object("User").and_then(|object| state.tables.get(object, user_id));
    user.is_some_and(|user| user.flag("IsActive") && !user.flag("IsDeleted"))
}

fn allow(state: &mut state::State, parameters: &Parameters, target: Url, user_id: String) -> Response {
    let get = |name| parameters.get(name).unwrap_or_default().to_owned();
    let code = state.grants.put_code(Code {
        user_id,
        client_id: get("client_id"),
        redirect_uri: get("redirect_uri"),
        challenge: get("code_challenge"),
        scope: scope(parameters).to_owned(),
        issued_at: Timestamp::now(),
    });
    redirect(target, parameters, &[("code", &code)])
}

/// Redirects to the app with the given pairs and its own `state`.
fn redirect(mut target: Url, parameters: &Parameters, pairs: &[(&str, &str)]) -> Response {
    let state = parameters.get("state").filter(|state| !state.is_empty());
    target.query_pairs_mut().extend_pairs(pairs).extend_pairs(state.map(|state| ("state", state)));
    Redirect::to(target.as_str()).into_response()
}

fn uncached(page: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], page).into_response()
}

fn refused(text: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, text).into_response()
}
