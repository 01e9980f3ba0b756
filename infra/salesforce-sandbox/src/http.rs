//! From HTTP to calls and back: sessions, the daily allowance, bodies, headers.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::any,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    Org, api,
    call::{Address, Answer, Call},
    control,
    error::ApiError,
    oauth, pages,
};

/// Salesforce refuses longer addresses.
const LONGEST_URI: usize = 16_384;
/// Far more than the largest collection needs.
pub(crate) const LARGEST_BODY: usize = 16 << 20;
const LIMIT_INFO: HeaderName = HeaderName::from_static("sforce-limit-info");

pub(crate) fn router(org: Org) -> Router {
    let services = Router::new()
        .route("/services/data", any(versions))
        .route("/services/data/", any(versions))
        .route("/services/data/{*rest}", any(data))
        .merge(oauth::routes())
        .layer(from_fn_with_state(org.clone(), control::faults::play));
    Router::new().merge(services).merge(control::routes()).merge(pages::routes()).with_state(org)
}

async fn versions() -> Json<Value> {
    Json(api::versions())
}

async fn data(State(org): State<Org>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match read(&parts, body).await {
        Ok(read) => answer(&org, parts, read),
        Err(error) => response(error.into(), None),
    }
}

/// What can be refused without looking at the session.
struct Read {
    address: Address,
    body: Option<Value>,
}

async fn read(parts: &Parts, body: Body) -> Result<Read, ApiError> {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    if target.len() > LONGEST_URI {
        return Err(ApiError::new(414, "URI_TOO_LONG", "The request URI is too long"));
    }
    let address = Address::parse(target)?;
    let bytes = to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| ApiError::new(413, "REQUEST_ENTITY_TOO_LARGE", "The request body is too large"))?;
    Ok(Read { address, body: json(&parts.headers, &bytes)? })
}

fn json(headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Value>, ApiError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with("application/json") {
        let message = format!("unsupported content type: {content_type}");
        return Err(ApiError::new(415, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    serde_json::from_slice(bytes).map(Some).map_err(|error| ApiError::malformed_body(error.to_string()))
}

/// Session, allowance, work: one transaction under one lock.
fn answer(org: &Org, parts: Parts, read: Read) -> Response {
    let now = Timestamp::now();
    let mut state = org.lock();
    let session = oauth::bearer(&parts.headers);
    let user = session.and_then(|token| state.grants.user_of(token, state.options.session_ms, now));
    let Some(user_id) = user.map(ToOwned::to_owned) else {
        let (code, message) = match session {
            Some(_) => ("INVALID_SESSION_ID", "Session expired or invalid"),
            None => ("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
        };
        return response(ApiError::new(401, code, message).into(), None);
    };
    let call = Call {
        method: method(&parts.method, &read.address),
        version: read.address.version,
        segments: read.address.segments,
        query: read.address.query,
        headers: parts.headers,
        body: read.body,
        user_id,
        now,
    };
    let limit = state.options.daily_api_limit;
    if state.requests.total() >= limit {
        let error = ApiError::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
        return response(error.into(), Some(usage(state.requests.total(), limit)));
    }
    state.requests.count(api::resource(&call.segments), api::weight(&call));
    let answer = api::answer(&mut state, &call);
    state.tables.commit();
    response(answer, Some(usage(state.requests.total(), limit)))
}

/// `POST …?_HTTP_METHOD=PATCH`, for clients that cannot send `PATCH`.
fn method(method: &Method, address: &Address) -> Method {
    let replaced = address.query.iter().find(|(name, _)| name == "_HTTP_METHOD").map(|(_, value)| value);
    let replaced = replaced.filter(|_| method == Method::POST).and_then(|value| value.parse().ok());
    replaced.unwrap_or_else(|| method.clone())
}

fn usage(used: u64, limit: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("api-usage={used}/{limit}")).expect("digits fit a header")
}

fn response(answer: Answer, usage: Option<HeaderValue>) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        if answer.body.is_null() { status.into_response() } else { (status, Json(answer.body)).into_response() };
    let location = answer.location.and_then(|location| HeaderValue::from_str(&location).ok());
    let headers = [(LIMIT_INFO, usage), (header::LOCATION, location)];
    response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| Some((name, value?))));
    response
}
