//! Extractor of a JSON body whatever its `Content-Type`: some clients send none, and `curl -d` sends that of a form.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    response::Response,
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{refusal::Refusal, sandbox::Sandbox};

/// The request body, deserialized as `T`.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Sandbox> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let bytes = to_bytes(request.into_body(), S::MAX_JSON_BODY).await;
        let bytes = bytes.map_err(|_| S::refuse(Refusal::TooLarge))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| S::refuse(Refusal::NotJson(error)))
    }
}

/// A body that is a single item or an array of items.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    /// An array.
    More(Vec<T>),
    /// A single item.
    One(T),
}

impl<T> OneOrMore<T> {
    /// The items.
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::More(items) => items,
            Self::One(item) => vec![item],
        }
    }
}
