//! Extractor of a JSON body whatever its `Content-Type`: `curl -d` sends that of a form.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
    response::Response,
};
use serde::de::DeserializeOwned;

use super::refused;

/// Size limit of a request body in bytes. Arrays of 20 MB and more are seeded in one request.
const MAX_BODY: usize = 64 << 20;

/// The request body, deserialized as `T`.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let bytes = to_bytes(request.into_body(), MAX_BODY).await;
        let bytes = bytes.map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 64 MiB"))?;
        let refused =
            |error| refused(StatusCode::BAD_REQUEST, format!("the body is not JSON of this request: {error}"));
        serde_json::from_slice(&bytes).map(Self).map_err(refused)
    }
}
