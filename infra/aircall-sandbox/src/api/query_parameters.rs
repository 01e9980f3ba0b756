//! The query parameters of a request, and its address as the caller sees it.

use std::{convert::Infallible, str::FromStr};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use sandbox_kit::Parameters;

use crate::error::ApiError;

#[derive(Debug)]
pub(super) struct QueryParameters {
    /// Without the query.
    pub(super) url: String,
    pub(super) query: Parameters,
}

impl QueryParameters {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }

    /// A numeric parameter; `None` if it is missing.
    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, ApiError> {
        let wrong = |_| ApiError::bad_request(format!("{name} is not a number"));
        self.get(name).map(|text| text.parse().map_err(wrong)).transpose()
    }
}

impl<S: Sync> FromRequestParts<S> for QueryParameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("api.aircall.io");
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        Ok(Self { url: format!("http://{host}{}", parts.uri.path()), query: Parameters::parse(query) })
    }
}
