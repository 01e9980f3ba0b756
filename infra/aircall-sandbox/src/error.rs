//! Aircall's error responses.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// An error response of the API.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Value,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    /// 400.
    pub(crate) fn bad_request(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad Request", why)
    }

    /// 404.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", "There is nothing of this id or path")
    }

    /// 429: the rate limit is used up until `reset`.
    pub(crate) fn too_many_requests(limit: u32, reset: i64) -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", "Wait until X-AircallApi-Reset");
        let headers = [
            ("x-aircallapi-limit", HeaderValue::from(limit)),
            ("x-aircallapi-remaining", HeaderValue::from(0)),
            ("x-aircallapi-reset", HeaderValue::from(reset)),
        ];
        Self { headers: headers.map(|(name, value)| (HeaderName::from_static(name), value)).to_vec(), ..refusal }
    }

    /// 401: no credentials.
    pub(crate) fn unauthorized() -> Self {
        Self::with_body(StatusCode::UNAUTHORIZED, json!({"message": "Unauthorized"}))
    }

    /// 403: wrong credentials. The body was observed on the real API.
    pub(crate) fn forbidden() -> Self {
        Self::with_body(StatusCode::FORBIDDEN, json!({"message": "Forbidden"}))
    }

    fn new(status: StatusCode, error: &str, troubleshoot: impl Into<String>) -> Self {
        Self::with_body(status, json!({"error": error, "troubleshoot": troubleshoot.into()}))
    }

    fn with_body(status: StatusCode, body: Value) -> Self {
        Self { status, body, headers: Vec::new() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}
