//! `POST /v1/oauth/token`: exchanges a code for an access token that does not expire.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use sandbox_kit::Parameters;
use serde::Deserialize;
use serde_json::json;

use crate::Company;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenRequest {
    grant_type: String,
    code: String,
    redirect_uri: String,
    client_id: String,
    client_secret: String,
}

impl TokenRequest {
    /// Reads a JSON body or a form.
    fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| {
            let form = Parameters::parse(body);
            let text = |name| form.get(name).unwrap_or_default().to_owned();
            Self {
                grant_type: text("grant_type"),
                code: text("code"),
                redirect_uri: text("redirect_uri"),
                client_id: text("client_id"),
                client_secret: text("client_secret"),
            }
        })
    }
}

pub(super) async fn exchange(State(company): State<Company>, body: Bytes) -> Response {
    let exchange = TokenRequest::read(&body);
    let mut state = company.lock();
    if exchange.client_id != state.client_id() || exchange.client_secret != state.client_secret() {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed");
    }
    if exchange.grant_type != "authorization_code" {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", "The grant type is not supported");
    }
    let now = Timestamp::now();
    let code = state.access.take_code(&exchange.code, now).filter(|code| code.redirect_uri == exchange.redirect_uri);
    let Some(code) = code else {
        let why = "The code is unknown, used, expired, or was given to another redirect_uri";
        return refused(StatusCode::BAD_REQUEST, "invalid_grant", why);
    };
    let token = state.access.issue(code.lines);
    Json(json!({"access_token": token, "token_type": "Bearer", "created_at": now.as_second()})).into_response()
}

fn refused(status: StatusCode, error: &str, why: &str) -> Response {
    (status, Json(json!({"error": error, "error_description": why}))).into_response()
}
