//! `/_sandbox/faults`: scripted faults, and the middleware that injects them.

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    sync::Arc,
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
use serde_json::{Value, json};

use super::{
    body::JsonBody,
    record_faults::{RecordFault, is_record_fault},
    refused,
    requests::Entry,
};
use crate::{Org, api, call::Address, http::MAX_BODY, locks::HeldLocks};

/// A request fault, the requests it applies to, and how often.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Any method if absent.
    #[serde(default)]
    method: Option<String>,
    /// A regular expression that must match somewhere in the path with its query.
    #[serde(default)]
    path: String,
    #[serde(default = "default_times")]
    times: u32,
    /// If absent, the request is only delayed; 0 drops the connection.
    #[serde(default)]
    status: Option<u16>,
    /// Text is sent unchanged, any other value as JSON. Text that is a JSON array or object gets the JSON content type.
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
pub(super) fn default_times() -> u32 {
    1
}

/// A fault that has not been used up.
#[derive(Debug)]
pub(crate) struct Fault {
    rule: Rule,
    path: Regex,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    More(Vec<Value>),
    One(Value),
}

pub(super) async fn list(State(org): State<Org>) -> Response {
    let state = org.lock();
    let requests = state.faults.iter().map(|fault| json!(fault.rule));
    let records = state.record_faults.iter().map(|fault| json!(fault.rule));
    Json(requests.chain(records).collect::<Vec<_>>()).into_response()
}

pub(super) async fn add(State(org): State<Org>, JsonBody(body): JsonBody<OneOrMore>) -> Response {
    let faults = match body {
        OneOrMore::More(faults) => faults,
        OneOrMore::One(fault) => vec![fault],
    };
    match parse(faults) {
        Ok((requests, records)) => {
            let mut state = org.lock();
            state.faults.extend(requests);
            state.record_faults.extend(records);
            StatusCode::CREATED.into_response()
        }
        Err(why) => refused(StatusCode::BAD_REQUEST, why),
    }
}

/// Parses faults into request faults and record faults.
///
/// # Errors
/// A sentence about the first invalid fault.
fn parse(faults: Vec<Value>) -> Result<(Vec<Fault>, Vec<RecordFault>), String> {
    let (mut requests, mut records) = (Vec::new(), Vec::new());
    for fault in faults {
        if is_record_fault(&fault)? {
            records.push(RecordFault::parse(fault)?);
        } else {
            let rule: Rule = serde_json::from_value(fault).map_err(|error| error.to_string())?;
            let path = Regex::new(&rule.path).map_err(|error| error.to_string())?;
            requests.push(Fault { rule, path });
        }
    }
    Ok((requests, records))
}

pub(super) async fn clear(State(org): State<Org>) -> StatusCode {
    let mut state = org.lock();
    state.faults.clear();
    state.record_faults.clear();
    StatusCode::NO_CONTENT
}

/// Middleware that applies the first fault that matches a request to `/services`, and logs the request.
///
/// It applies to whole HTTP requests only, not to the subrequests of a composite.
pub(crate) async fn inject(State(org): State<Org>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    let target = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
    let entry = Entry {
        method: request.method().to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        status: 0,
    };
    let Some(rule) = take(&org, &entry.method, &target) else {
        let mut response = next.run(request).await;
        release(&mut response);
        org.lock().requests.log(Entry { status: response.status().as_u16(), ..entry });
        return response;
    };
    // Reading the body now, and a task of its own, let the request run to completion even if its caller disconnects.
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return dropped() };
    let request = Request::from_parts(parts, Body::from(body));
    let applied = tokio::spawn(async move {
        let (status, mut response) = rule.apply(&org, &target, request, next).await;
        release(&mut response);
        org.lock().requests.log(Entry { status, ..entry });
        response
    });
    applied.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Releases the request's row locks, once its response is no longer delayed.
fn release(response: &mut Response) {
    response.extensions_mut().remove::<Arc<HeldLocks>>();
}

fn take(org: &Org, method: &str, target: &str) -> Option<Rule> {
    let mut state = org.lock();
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

/// Counts a request that a fault prevented, unless the status says that it was not authorized.
fn count(org: &Org, target: &str, status: u16) {
    if let Ok(address) = Address::parse(target)
        && !matches!(status, 401 | 403)
    {
        org.lock().requests.count(api::resource(&address.segments), 1);
    }
}

impl Rule {
    /// The status to log, and the response: that of the fault, else the org's own.
    async fn apply(&self, org: &Org, target: &str, request: Request, next: Next) -> (u16, Response) {
        let delay = Duration::from_millis(self.delay_ms);
        let fault = self.response_status();
        let own = if self.commit {
            let own = next.run(request).await;
            tokio::time::sleep(delay).await;
            Some(own)
        } else {
            tokio::time::sleep(delay).await;
            if fault.is_some() { None } else { Some(next.run(request).await) }
        };
        match (fault, own) {
            (Some(status), own) => {
                if own.is_none() {
                    count(org, target, status);
                }
                (status, self.response(status))
            }
            (None, own) => {
                let own = own.unwrap_or_default();
                (own.status().as_u16(), own)
            }
        }
    }

    /// The status of the response, 0 to drop the connection; `None` if the rule only delays.
    fn response_status(&self) -> Option<u16> {
        if self.drop { Some(0) } else { self.status }
    }

    fn response(&self, status: u16) -> Response {
        if status == 0 {
            return dropped();
        }
        let (content_type, body) = match &self.body {
            Value::Null => (None, Body::empty()),
            Value::String(text) if !is_json(text) => (Some("text/html;charset=UTF-8"), Body::from(text.clone())),
            Value::String(json) => (Some("application/json;charset=UTF-8"), Body::from(json.clone())),
            json => (Some("application/json;charset=UTF-8"), Body::from(json.to_string())),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
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

/// Whether text is a JSON array or object, as all of Salesforce's own bodies are.
fn is_json(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|value: Value| value.is_array() || value.is_object())
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
