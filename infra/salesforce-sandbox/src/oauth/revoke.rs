//! `/services/oauth2/revoke`.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use sandbox_kit::Parameters;

use super::refusal;
use crate::Org;

pub(super) async fn revoke(State(org): State<Org>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let (form, query) = (Parameters::parse(&body), Parameters::parse(query.unwrap_or_default().as_bytes()));
    let token = form.get("token").or(query.get("token")).unwrap_or_default();
    if org.lock().grants.revoke(token) {
        StatusCode::OK.into_response()
    } else {
        refusal("invalid_token", "invalid token").into_response()
    }
}
