//! `/services/oauth2/authorize`: who is it, and may the app in? Each step posts what the steps before it said.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use url::Url;

use super::{Parameters, consent, grants::Code};
use crate::{Org, schema, state};

/// What the app is told of a user who denies.
const DENIED: [(&str, &str); 2] = [("error", "access_denied"), ("error_description", "end-user denied authorization")];

/// What a request may say of scopes if it says nothing.
const SCOPE: &str = "api refresh_token";

pub(super) async fn authorize(State(org): State<Org>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let mut parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    parameters.0.extend(Parameters::parse(&body).0);
    let mut state = org.lock();
    let target = match check(&state, &parameters) {
        Ok(target) => target,
        Err(refused) => return refused,
    };
    if state.options.auto_approve {
        let admin = state.identity.admin_user_id.clone();
        return allow(&mut state, &parameters, target, admin);
    }
    let Some(user_id) = parameters.get("user") else { return shown(consent::log_in(&state, &parameters, None)) };
    if !is_active(&state, user_id) {
        let problem = "This user is not active, or not of this org. Choose another one.";
        return shown(consent::log_in(&state, &parameters, Some(problem)));
    }
    match parameters.get("decision") {
        Some("allow") => {
            let user_id = user_id.to_owned();
            allow(&mut state, &parameters, target, user_id)
        }
        Some("deny") => back(target, &parameters, &DENIED),
        _ => shown(consent::ask(&state, &parameters, &target, user_id)),
    }
}

/// The scopes asked for.
pub(super) fn scope(parameters: &Parameters) -> &str {
    parameters.get("scope").filter(|scope| !scope.is_empty()).unwrap_or(SCOPE)
}

/// The address to go back to, if everything is in order; else the answer.
#[expect(clippy::result_large_err, reason = "once per request")]
fn check(state: &state::State, parameters: &Parameters) -> Result<Url, Response> {
    let get = |name| parameters.get(name).unwrap_or_default();
    // Without a known client and an address there is nowhere to send an error to.
    if get("client_id") != state.client_id() {
        return Err(refused("error=invalid_client_id&error_description=client%20identifier%20invalid"));
    }
    let Ok(target) = Url::parse(get("redirect_uri")) else {
        let text = "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration";
        return Err(refused(text));
    };
    if get("response_type") != "code" {
        return Err(back(target, parameters, &[("error", "unsupported_response_type")]));
    }
    if get("code_challenge").is_empty() || get("code_challenge_method") != "S256" {
        let description = ("error_description", "missing required code challenge");
        return Err(back(target, parameters, &[("error", "invalid_request"), description]));
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
    back(target, parameters, &[("code", &code)])
}

/// To the app, with what is to be said and its own `state`.
fn back(mut target: Url, parameters: &Parameters, said: &[(&str, &str)]) -> Response {
    let state = parameters.get("state").filter(|state| !state.is_empty());
    target.query_pairs_mut().extend_pairs(said).extend_pairs(state.map(|state| ("state", state)));
    Redirect::to(target.as_str()).into_response()
}

fn shown(page: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], page).into_response()
}

fn refused(text: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, text).into_response()
}
