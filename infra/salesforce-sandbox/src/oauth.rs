//! OAuth: the web-server flow with PKCE, refresh with or without rotation, revocation, user info.

mod authorize;
mod consent;
pub(crate) mod grants;
mod revoke;
mod token;
mod userinfo;

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use crate::{Org, state::State};

pub(crate) fn routes() -> Router<Org> {
    Router::new()
        .route("/services/oauth2/authorize", get(authorize::authorize).post(authorize::authorize))
        .route("/services/oauth2/token", post(token::token))
        .route("/services/oauth2/revoke", get(revoke::revoke).post(revoke::revoke))
        .route("/services/oauth2/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .route("/id/{organization}/{user}", get(userinfo::identity))
}

/// `{"error": …, "error_description": …}` with HTTP 400.
#[derive(Debug)]
struct Refusal {
    error: &'static str,
    description: &'static str,
}

fn refusal(error: &'static str, description: &'static str) -> Refusal {
    Refusal { error, description }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({"error": self.error, "error_description": self.description}));
        (StatusCode::BAD_REQUEST, body).into_response()
    }
}

/// The address for data calls: the configured one, else the one that the caller used.
pub(crate) fn instance_url(state: &State, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    state.options.instance_url.clone().unwrap_or_else(|| format!("http://{host}"))
}

/// The token of `Authorization: Bearer …`; Salesforce also accepts `OAuth …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth")).then_some(token.trim())
}
