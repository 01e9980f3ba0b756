//! A small HTTP client for the company's router.

use aircall_sandbox::{Company, Options};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A response with its body as JSON or text.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// A company and its API key.
pub(crate) struct Client {
    pub(crate) company: Company,
    pub(crate) authorization: String,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::with(json!({}))
    }

    /// A company with these options.
    pub(crate) fn with(options: Value) -> Self {
        let options: Options = serde_json::from_value(options).unwrap();
        let company = Company::new(options);
        let key = BASE64_STANDARD.encode(format!("{}:{}", company.api_id(), company.api_token()));
        Self { company, authorization: format!("Basic {key}") }
    }

    /// A client of the same company that uses a newly authorised app's token.
    pub(crate) fn app(&self) -> Self {
        let company = self.company.clone();
        Self { authorization: format!("Bearer {}", company.issue_token()), company }
    }

    /// Sends a request with exactly these headers.
    pub(crate) async fn send(&self, method: &str, uri: &str, body: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.company.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(if text.is_empty() { Value::Null } else { json!(text) });
        Response { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn request(&self, method: &str, uri: &str, body: &str) -> Response {
        self.send(method, uri, body, &[("authorization", &self.authorization), ("host", "aircall.example.com")]).await
    }

    pub(crate) async fn get(&self, uri: &str) -> Response {
        self.request("GET", uri, "").await
    }

    pub(crate) async fn post(&self, uri: &str, body: Value) -> Response {
        self.request("POST", uri, &body.to_string()).await
    }

    pub(crate) async fn put(&self, uri: &str, body: Value) -> Response {
        self.request("PUT", uri, &body.to_string()).await
    }

    pub(crate) async fn delete(&self, uri: &str) -> Response {
        self.request("DELETE", uri, "").await
    }

    /// Creates a webhook and returns it.
    pub(crate) async fn webhook(&self, body: Value) -> Value {
        let answer = self.post("/v1/webhooks", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["webhook"].clone()
    }
}

/// The values of one field of all rows.
pub(crate) fn column(rows: &Value, field: &str) -> Vec<Value> {
    rows.as_array().unwrap().iter().map(|row| row[field].clone()).collect()
}
