//! `GET /services/oauth2/authorize`: the admin is signed in and consents at once.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use url::Url;

use super::{Parameters, grants::Code};
use crate::Org;

pub(super) async fn authorize(State(org): State<Org>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    let get = |name| parameters.get(name).unwrap_or_default();
    let mut state = org.lock();
    // Without a known client and an address there is nowhere to send an error to.
    if get("client_id") != state.client_id() {
        return page("error=invalid_client_id&error_description=client%20identifier%20invalid");
    }
    let Ok(target) = Url::parse(get("redirect_uri")) else {
        return page("error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration");
    };
    if get("response_type") != "code" {
        return back(target, &[("error", "unsupported_response_type"), ("state", get("state"))]);
    }
    if get("code_challenge").is_empty() || get("code_challenge_method") != "S256" {
        let description = "missing required code challenge";
        return back(
            target,
            &[("error", "invalid_request"), ("error_description", description), ("state", get("state"))],
        );
    }
    let scope = Some(get("scope")).filter(|scope| !scope.is_empty()).unwrap_or("api refresh_token");
    let code = Code {
        user_id: state.identity.admin_user_id.clone(),
        client_id: get("client_id").to_owned(),
        redirect_uri: get("redirect_uri").to_owned(),
        challenge: get("code_challenge").to_owned(),
        scope: scope.to_owned(),
        issued_at: Timestamp::now(),
    };
    let code = state.grants.put_code(code);
    back(target, &[("code", &code), ("state", get("state"))])
}

fn back(mut target: Url, parameters: &[(&str, &str)]) -> Response {
    target.query_pairs_mut().extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    Redirect::to(target.as_str()).into_response()
}

fn page(text: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, text).into_response()
}
