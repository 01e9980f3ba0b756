//! The response of a fault.

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body::Frame;
use serde_json::Value;

/// How a vendor's faults are sent.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The content type of text.
    pub text: &'static str,
    /// The content type of JSON.
    pub json: &'static str,
    /// Whether text that is a JSON array or object is sent with the content type of JSON.
    pub detects_json: bool,
    /// Whether the status 0 closes the connection, as `drop` does.
    pub zero_drops: bool,
}

pub(super) fn build(style: &Style, status: StatusCode, body: &Value, headers: &BTreeMap<String, String>) -> Response {
    let (content_type, body) = match body {
        Value::Null => (None, Body::empty()),
        Value::String(text) if style.detects_json && is_json(text) => (Some(style.json), Body::from(text.clone())),
        Value::String(text) => (Some(style.text), Body::from(text.clone())),
        json => (Some(style.json), Body::from(json.to_string())),
    };
    let mut response = (status, body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Whether text is a JSON array or object.
fn is_json(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|value: Value| value.is_array() || value.is_object())
}

/// A response whose body fails before its first byte, so that hyper closes the connection without sending anything.
pub(crate) fn dropped() -> Response {
    Body::new(FailingBody).into_response()
}

struct FailingBody;

impl HttpBody for FailingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}
