//! Responses to Aircall.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The response to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebhookResponse {
    /// The event is on the queue, or is ignored.
    Ok,
    /// Not a webhook body. Names the invalid field.
    BadRequest {
        /// The field, or `body`.
        field: &'static str,
        /// What is wrong with it.
        message: &'static str,
    },
    /// The tenant or the token is unknown. Does not say which.
    Unauthorized,
    /// The tenant sends too many webhooks at once. Aircall sends this one again.
    TooManyRequests,
    /// The method is not POST.
    MethodNotAllowed,
    /// The body is too long.
    TooLarge,
    /// A temporary failure. Aircall sends the webhook again.
    Unavailable,
}

impl IntoResponse for WebhookResponse {
    fn into_response(self) -> Response {
        let error = |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
        let (status, body) = match self {
            WebhookResponse::Ok => (StatusCode::OK, json!({})),
            WebhookResponse::BadRequest { field, message } => {
                let body = json!({ "error": { "code": "bad_request", "field": field, "message": message } });
                (StatusCode::BAD_REQUEST, body)
            }
            WebhookResponse::Unauthorized => {
                (StatusCode::UNAUTHORIZED, error("unauthorized", "The webhook's URL or its token is not known."))
            }
            WebhookResponse::TooManyRequests => (
                StatusCode::TOO_MANY_REQUESTS,
                error("rate_limited", "Too many webhooks at once. Try again in a second."),
            ),
            WebhookResponse::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, error("method_not_allowed", "Webhooks are sent with POST."))
            }
            WebhookResponse::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, error("too_large", "The body is longer than 6 MiB."))
            }
            WebhookResponse::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, error("unavailable", "Try again: the webhook was not stored."))
            }
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        match self {
            WebhookResponse::MethodNotAllowed => {
                headers.insert(header::ALLOW, header::HeaderValue::from_static("POST"));
            }
            WebhookResponse::TooManyRequests => {
                headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
