//! A small HTTP client for the org's router.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request},
};
use salesforce_sandbox::{Options, Org};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A response with its body as JSON or text.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Response {
    /// The code of the first error, in the shape of a resource, a collection or OAuth.
    pub(crate) fn code(&self) -> &str {
        let error = &self.body[0];
        [&error["errorCode"], &error["errors"][0]["statusCode"], &self.body["error"]]
            .into_iter()
            .find_map(Value::as_str)
            .unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body[0]["message"].as_str().unwrap_or_default()
    }

    /// The id of a created record; panics on any other response.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        assert_eq!(self.status, 201, "{}", self.body);
        self.body["id"].as_str().unwrap().to_owned()
    }
}

/// An org and an access token of its admin.
pub(crate) struct Client {
    pub(crate) org: Org,
    pub(crate) token: String,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::with(json!({}))
    }

    /// An org with these options.
    pub(crate) fn with(options: Value) -> Self {
        let options: Options = serde_json::from_value(options).unwrap();
        let org = Org::new(options);
        let token = org.issue_grant(&org.admin_user_id()).access_token;
        Self { org, token }
    }

    /// Sends a request to any address, with the session and these headers.
    pub(crate) async fn send(
        &self,
        method: &str,
        uri: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Response {
        let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(uri);
        request = request.header("authorization", format!("Bearer {}", self.token)).header("host", "org.example.com");
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        answer(&self.org, request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, uri: &str) -> Response {
        self.send("GET", uri, None, &[]).await
    }

    pub(crate) async fn post(&self, uri: &str, body: Value) -> Response {
        self.send("POST", uri, Some(body), &[]).await
    }

    /// Sends a request without a session, whose body has the content type that `curl -d` sends.
    pub(crate) async fn send_text(&self, method: &str, uri: &str, body: &str) -> Response {
        let request = Request::builder().method(method.parse::<Method>().unwrap()).uri(uri);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        answer(&self.org, request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn post_text(&self, uri: &str, body: &str) -> Response {
        self.send_text("POST", uri, body).await
    }

    pub(crate) async fn patch(&self, uri: &str, body: Value) -> Response {
        self.send("PATCH", uri, Some(body), &[]).await
    }

    pub(crate) async fn delete(&self, uri: &str) -> Response {
        self.send("DELETE", uri, None, &[]).await
    }

    pub(crate) async fn put(&self, uri: &str, body: Value) -> Response {
        self.send("PUT", uri, Some(body), &[]).await
    }

    /// Creates a record through the API.
    pub(crate) async fn create(&self, sobject: &str, body: Value) -> Response {
        self.post(&data(&format!("sobjects/{sobject}")), body).await
    }

    pub(crate) async fn query(&self, soql: &str) -> Response {
        self.get(&data(&format!("query?q={}", encode(soql)))).await
    }

    pub(crate) async fn search(&self, sosl: &str) -> Response {
        self.get(&data(&format!("search?q={}", encode(sosl)))).await
    }

    /// Seeds a record and returns its id.
    #[track_caller]
    pub(crate) fn seed(&self, sobject: &str, body: Value) -> String {
        self.org.insert(sobject, body).unwrap()
    }

    /// The only record of the object.
    #[track_caller]
    pub(crate) fn only(&self, sobject: &str) -> Value {
        let records = self.org.records(sobject);
        assert_eq!(records.len(), 1, "{records:?}");
        records[0].clone()
    }

    pub(crate) async fn set(&self, options: Value) {
        assert_eq!(self.put("/_sandbox/options", options).await.status, 200);
    }
}

pub(crate) async fn answer(org: &Org, request: Request<Body>) -> Response {
    let response = org.router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap_or(if text.is_empty() { Value::Null } else { json!(text) });
    Response { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// The path of a data resource.
pub(crate) fn data(path: &str) -> String {
    format!("/services/data/v66.0/{path}")
}

pub(crate) fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The values of one field of all rows, as text.
pub(crate) fn column(rows: &Value, field: &str) -> Vec<String> {
    let rows = rows.as_array().into_iter().flatten();
    rows.map(|row| row[field].as_str().map_or_else(|| row[field].to_string(), ToOwned::to_owned)).collect()
}
