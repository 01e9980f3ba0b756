//! A client of one AWS service in its own JSON protocol.
//!
//! The template's properties have the shape of the services' inputs, so they are passed on unchanged.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::Account;

/// A service of AWS.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// Its name in endpoints and signatures.
    pub name: &'static str,
    /// The first part of `x-amz-target`.
    target: &'static str,
    content_type: &'static str,
}

/// DynamoDB.
pub(super) const DYNAMODB: Service =
    Service { name: "dynamodb", target: "DynamoDB_20120810", content_type: "application/x-amz-json-1.0" };
/// SQS.
pub(super) const SQS: Service =
    Service { name: "sqs", target: "AmazonSQS", content_type: "application/x-amz-json-1.0" };
/// Secrets Manager.
pub(super) const SECRETSMANAGER: Service =
    Service { name: "secretsmanager", target: "secretsmanager", content_type: "application/x-amz-json-1.1" };

/// A client of the service at one URL.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    url: String,
    service: Service,
    account: Arc<Account>,
}

impl Api {
    pub(super) fn new(http: &reqwest::Client, url: &str, service: Service, account: &Arc<Account>) -> Self {
        Self { http: http.clone(), url: url.to_owned(), service, account: Arc::clone(account) }
    }

    /// Calls an operation, such as `CreateTable`.
    ///
    /// # Errors
    /// When the service does not answer, or refuses; then the error has the service's own message.
    pub async fn call(&self, operation: &str, input: &Value) -> Result<Value> {
        let Self { http, url, service, account } = self;
        let (target, body) = (format!("{}.{operation}", service.target), serde_json::to_vec(input)?);
        let headers = [("x-amz-target", target.as_str()), ("content-type", service.content_type)];
        let signature = account.sign(service.name, url, &headers, &body)?;
        let mut request = http.post(url).body(body);
        for (name, value) in headers.into_iter().chain(signature.as_pairs()) {
            request = request.header(name, value);
        }
        let response = request.send().await.with_context(|| target.clone())?;
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
