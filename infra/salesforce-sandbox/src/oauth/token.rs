//! `POST /services/oauth2/token`.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use sandbox_kit::Parameters;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Refusal, grants::Issued, instance_url, refusal};
use crate::{Org, schema, state};

pub(super) async fn token(State(org): State<Org>, headers: HeaderMap, body: Bytes) -> Response {
    let parameters = Parameters::parse(&body);
    let mut state = org.lock();
    if let Err(refused) = check_client(&state, &headers, &parameters) {
        return refused.into_response();
    }
    let issued = match parameters.get("grant_type") {
        Some("authorization_code") => exchange(&mut state, &parameters),
        Some("refresh_token") => refresh(&mut state, &parameters),
        _ => Err(refusal("unsupported_grant_type", "grant type not supported")),
    };
    issued.map_or_else(IntoResponse::into_response, |issued| token_response(&state, &headers, issued))
}

/// The client's id and secret, from the form or from HTTP Basic.
fn check_client(state: &state::State, headers: &HeaderMap, parameters: &Parameters) -> Result<(), Refusal> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = basic.and_then(|value| value.strip_prefix("Basic "));
    let basic = basic.and_then(|value| BASE64_STANDARD.decode(value).ok());
    let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let (basic_id, basic_secret) = basic.split_once(':').unwrap_or_default();
    if parameters.get("client_id").unwrap_or(basic_id) != state.client_id() {
        return Err(refusal("invalid_client_id", "client identifier invalid"));
    }
    if parameters.get("client_secret").unwrap_or(basic_secret) != state.client_secret() {
        return Err(refusal("invalid_client", "invalid client credentials"));
    }
    Ok(())
}

fn exchange(state: &mut state::State, parameters: &Parameters) -> Result<Issued, Refusal> {
    let get = |name| parameters.get(name).unwrap_or_default();
    let code = state.grants.take_code(get("code"), Timestamp::now());
    let code = code.ok_or_else(|| refusal("invalid_grant", "expired authorization code"))?;
    if code.redirect_uri != get("redirect_uri") || code.client_id != state.client_id() {
        return Err(refusal("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    let verifier = get("code_verifier");
    if !(43..=128).contains(&verifier.len()) {
        return Err(refusal("invalid_grant", "missing or invalid code verifier"));
    }
    if BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != code.challenge {
        return Err(refusal("invalid_grant", "invalid code verifier"));
    }
    require_active(state, &code.user_id)?;
    let org_id = state.identity.org_id.clone();
    Ok(state.grants.approve(&org_id, &code.user_id, &code.scope, true))
}

fn refresh(state: &mut state::State, parameters: &Parameters) -> Result<Issued, Refusal> {
    let (org_id, rotate) = (state.identity.org_id.clone(), state.options.rotate_refresh_tokens);
    let token = parameters.get("refresh_token").unwrap_or_default();
    let issued = state.grants.refresh(&org_id, token, rotate);
    let issued = issued.ok_or_else(|| refusal("invalid_grant", "expired access/refresh token"))?;
    require_active(state, &issued.user_id)?;
    Ok(issued)
}

fn require_active(state: &state::State, user_id: &str) -> Result<(), Refusal> {
    let user = schema::object("User").and_then(|object| state.tables.get(object, user_id));
    let active = user.is_some_and(|user| user.flag("IsActive"));
    if active { Ok(()) } else { Err(refusal("invalid_grant", "inactive user")) }
}

/// The token response: `issued_at` is in milliseconds, as text, and there is no `expires_in`.
fn token_response(state: &state::State, headers: &HeaderMap, issued: Issued) -> Response {
    let instance_url = instance_url(state, headers);
    let id = format!("{instance_url}/id/{}/{}", state.identity.org_id, issued.user_id);
    let issued_at = Timestamp::now().as_millisecond().to_string();
    let signature = Sha256::digest(format!("{}{id}{issued_at}", state.client_secret()));
    let mut body = json!({
        "access_token": issued.access_token, "signature": BASE64_STANDARD.encode(signature), "scope": issued.scope,
        "instance_url": instance_url, "id": id, "token_type": "Bearer", "issued_at": issued_at,
    });
    if let Some(refresh_token) = issued.refresh_token {
        body["refresh_token"] = json!(refresh_token);
    }
    Json(body).into_response()
}
