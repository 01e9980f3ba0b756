//! A client of one AWS service in its own JSON protocol.
//!
//! The template's properties have the shape of the services' inputs, so they are passed on unchanged.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A client of the service at one URL.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    url: String,
    target: &'static str,
}

impl Api {
    pub(super) fn new(http: &reqwest::Client, url: &str, target: &'static str) -> Self {
        Self { http: http.clone(), url: url.to_owned(), target }
    }

    /// Calls an operation, such as `CreateTable`.
    ///
    /// # Errors
    /// When the service does not answer, or refuses; then the error has the service's own message.
    pub async fn call(&self, operation: &str, input: &Value) -> Result<Value> {
        let target = format!("{}.{operation}", self.target);
        let response = self
            .http
            .post(&self.url)
            .header("x-amz-target", target.as_str())
            .header("content-type", "application/x-amz-json-1.0")
            // The embedded services require a signature but do not check it.
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=none")
            .body(serde_json::to_vec(input)?)
            .send()
            .await
            .with_context(|| target.clone())?;
        let status = response.status();
        let body = response.bytes().await.with_context(|| target.clone())?;
        let answer = match body.as_ref() {
            b"" => Value::Null,
            body => serde_json::from_slice(body).with_context(|| target.clone())?,
        };
        if status.is_success() {
            return Ok(answer);
        }
        let kind = answer["__type"].as_str().unwrap_or_default();
        let kind = kind.rsplit('#').next().unwrap_or_default();
        let message = answer["message"].as_str().or_else(|| answer["Message"].as_str()).unwrap_or_default();
        bail!("{target}: {status} {kind} {message}")
    }
}
