//! Extractor of a JSON body whatever its `Content-Type`: Aircall's own example app sends none, and `curl -d` sends that
//! of a form.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
};
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// Size limit of a request body, in bytes.
pub(crate) const MAX_BODY: usize = 16 << 20;

/// The request body, deserialized as `T`.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = to_bytes(request.into_body(), MAX_BODY).await;
        let bytes = bytes.map_err(|_| ApiError::bad_request("The body is larger than 16 MiB"))?;
        let refused = |error| ApiError::bad_request(format!("The body is not JSON of this request: {error}"));
        serde_json::from_slice(&bytes).map(Self).map_err(refused)
    }
}
