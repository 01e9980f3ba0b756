//! `/_sandbox/faults`: scripted faults, and the middleware that injects them.

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body::Frame;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{one_or_more::OneOrMore, requests::Entry};
use crate::{
    Company,
    body::{JsonBody, MAX_BODY},
    error::ApiError,
};

/// A fault, the requests it applies to, and how often.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Any method if absent.
    #[serde(default)]
    method: Option<String>,
    /// A regular expression that must match somewhere in the path with its query.
    #[serde(default)]
    path: String,
    #[serde(default = "default_times")]
    times: u32,
    /// If absent, the request is only delayed.
    #[serde(default)]
    status: Option<u16>,
    /// Text is sent unchanged, as `text/html`; any other value as JSON.
    #[serde(default)]
    body: Value,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    delay_ms: u64,
    /// The request takes effect before the delay, whatever the response is.
    #[serde(default)]
    commit: bool,
    /// The connection is closed without a response.
    #[serde(default)]
    drop: bool,
}

/// By default a fault is applied once.
fn default_times() -> u32 {
    1
}

/// A fault that has not been used up.
#[derive(Debug)]
pub(crate) struct Fault {
    rule: Rule,
    path: Regex,
}

pub(super) async fn list(State(company): State<Company>) -> Json<Vec<Rule>> {
    Json(company.lock_untracked().faults.iter().map(|fault| fault.rule.clone()).collect())
}

/// Adds faults: all of them, or none if one is invalid.
pub(super) async fn add(
    State(company): State<Company>,
    JsonBody(rules): JsonBody<OneOrMore<Value>>,
) -> Result<StatusCode, ApiError> {
    let parse = |rule| {
        let rule: Rule = serde_json::from_value(rule).map_err(|error| ApiError::bad_request(error.to_string()))?;
        let path = Regex::new(&rule.path).map_err(|error| ApiError::bad_request(error.to_string()))?;
        Ok(Fault { rule, path })
    };
    let faults: Vec<Fault> = rules.into_vec().into_iter().map(parse).collect::<Result<_, ApiError>>()?;
    company.lock_untracked().faults.extend(faults);
    Ok(StatusCode::CREATED)
}

pub(super) async fn clear(State(company): State<Company>) -> StatusCode {
    company.lock_untracked().faults.clear();
    StatusCode::NO_CONTENT
}

/// Middleware that applies the first matching fault, and logs the request.
pub(crate) async fn inject(State(company): State<Company>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    let target = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
    let entry = Entry {
        method: request.method().to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        status: 0,
    };
    let (status, response) = if let Some(rule) = take(&company, &entry.method, &target) {
        rule.apply(request, next).await
    } else {
        let response = next.run(request).await;
        (response.status().as_u16(), response)
    };
    company.lock_untracked().requests.log(Entry { status, ..entry });
    response
}

fn take(company: &Company, method: &str, target: &str) -> Option<Rule> {
    let mut state = company.lock_untracked();
    let matches = |fault: &Fault| {
        let same_method = fault.rule.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        fault.rule.times > 0 && same_method && fault.path.is_match(target)
    };
    let at = state.faults.iter().position(matches)?;
    let rule = state.faults[at].rule.clone();
    state.faults[at].rule.times -= 1;
    state.faults.retain(|fault| fault.rule.times > 0);
    Some(rule)
}

impl Rule {
    /// The status to log, 0 for a dropped connection, and the response: that of the fault, else the API's own.
    async fn apply(&self, request: Request, next: Next) -> (u16, Response) {
        let is_own = self.status.is_none() && !self.drop;
        let mut own = None;
        if self.commit {
            own = Some(run_to_completion(request, next).await);
            tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
        } else {
            tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
            if is_own {
                own = Some(next.run(request).await);
            }
        }
        match own.filter(|_| is_own) {
            Some(own) => (own.status().as_u16(), own),
            None if self.drop => (0, dropped()),
            None => {
                let response = self.response();
                (response.status().as_u16(), response)
            }
        }
    }

    fn response(&self) -> Response {
        let (content_type, body) = match &self.body {
            Value::Null => (None, Body::empty()),
            Value::String(text) => (Some("text/html; charset=utf-8"), Body::from(text.clone())),
            json => (Some("application/json"), Body::from(json.to_string())),
        };
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        let mut response = (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body).into_response();
        response.headers_mut().remove(header::CONTENT_TYPE);
        if let Some(content_type) = content_type {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Runs the request in a task of its own, so that it takes effect even if its caller disconnects.
async fn run_to_completion(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return dropped() };
    let request = Request::from_parts(parts, Body::from(body));
    tokio::spawn(next.run(request)).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A response whose body fails before its first byte, so that hyper closes the connection without sending anything.
fn dropped() -> Response {
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
