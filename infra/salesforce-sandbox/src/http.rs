//! Converts HTTP requests to calls and responses back: sessions, the daily allowance, bodies, headers.

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
use sandbox_kit::{inject, run_to_completion};
use serde_json::Value;

use crate::{
    Org, api, bulk,
    call::{Address, ApiResponse, Call},
    control,
    error::ApiError,
    locks, oauth, pages,
};

/// Maximum length in bytes of the URI, and of URI and headers together.
/// <https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html>
const MAX_HEAD: usize = 16_384;
/// Size limit of a request body in bytes, far above that of the largest collection.
const MAX_BODY: usize = 16 << 20;
const LIMIT_INFO: HeaderName = HeaderName::from_static("sforce-limit-info");

pub(crate) fn router(org: Org) -> Router {
    let services = Router::new()
        .route("/services/data", any(versions))
        .route("/services/data/", any(versions))
        .route("/services/data/{*rest}", any(data))
        .merge(bulk::routes())
        .merge(oauth::routes())
        .layer(from_fn_with_state(org.clone(), inject::<Org>));
    Router::new().merge(services).merge(control::routes()).merge(pages::routes()).with_state(org)
}

async fn versions() -> Json<Value> {
    Json(api::versions())
}

async fn data(State(org): State<Org>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let read = read(&parts, body).await;
    match authorize(&org, parts, read) {
        // A task of its own lets a request run to completion even if its caller disconnects.
        Ok(call) => run_to_completion(respond(org, call)).await,
        Err(response) => response,
    }
}

/// The parts of a request that are validated before the session is checked.
struct Read {
    address: Address,
    body: Option<Value>,
}

async fn read(parts: &Parts, body: Body) -> Result<Read, ApiError> {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    if target.len() > MAX_HEAD {
        return Err(ApiError::new(414, "URI_TOO_LONG", "The request URI is too long"));
    }
    if head_length(parts, target) > MAX_HEAD {
        let message = "The request URI and headers together are too long";
        return Err(ApiError::new(431, "REQUEST_HEADER_FIELDS_TOO_LARGE", message));
    }
    let address = Address::parse(target)?;
    let bytes = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| ApiError::new(413, "REQUEST_ENTITY_TOO_LARGE", "The request body is too large"))?;
    Ok(Read { address, body: json(&parts.headers, &bytes)? })
}

/// Bytes of the request line and the headers, including line ends.
fn head_length(parts: &Parts, target: &str) -> usize {
    let line = format!("{} {target} {:?}\r\n", parts.method, parts.version).len();
    line + parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum::<usize>()
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

/// Checks the session, the API permission and the daily allowance, and counts the call. An error is the response to
/// send.
#[expect(clippy::result_large_err, reason = "once per request")]
fn authorize(org: &Org, parts: Parts, read: Result<Read, ApiError>) -> Result<Call, Response> {
    let now = Timestamp::now();
    let mut state = org.lock();
    let session = oauth::bearer(&parts.headers);
    let user = session.and_then(|token| state.grants.user_of(token, state.options.session_ms, now));
    let user_id = user.map(ToOwned::to_owned);
    let language = state.options.language;
    let refuse = |error: &ApiError, usage| response(ApiResponse::refused(error, language), usage);
    let read = read.map_err(|error| refuse(&error, user_id.as_ref().map(|_| usage(&state))))?;
    let Some(user_id) = user_id else {
        let (code, message) = match session {
            Some(_) => ("INVALID_SESSION_ID", "Session expired or invalid"),
            None => ("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
        };
        return Err(refuse(&ApiError::new(401, code, message), None));
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
    if !state.permits(&call.user_id, "PermissionsApiEnabled") {
        let error = ApiError::new(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or User Type");
        return Err(refuse(&error, None));
    }
    if state.control.requests.counted() >= state.options.daily_api_limit {
        let error = ApiError::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
        return Err(refuse(&error, Some(usage(&state))));
    }
    state.control.requests.count(api::resource(&call.segments));
    Ok(call)
}

async fn respond(org: Org, call: Call) -> Response {
    let (answer, held_locks) = locks::transact(&org, call).await;
    let mut response = response(answer, Some(usage(&org.lock_untracked())));
    response.extensions_mut().insert(held_locks);
    response
}

/// Honours `POST …?_HTTP_METHOD=PATCH`, for clients that cannot send `PATCH`.
fn method(method: &Method, address: &Address) -> Method {
    let overridden = address.query.get("_HTTP_METHOD").filter(|_| method == Method::POST);
    let overridden = overridden.and_then(|value| value.parse().ok());
    overridden.unwrap_or_else(|| method.clone())
}

fn usage(state: &crate::state::State) -> HeaderValue {
    let (used, limit) = (state.control.requests.counted(), state.options.daily_api_limit);
    HeaderValue::from_str(&format!("api-usage={used}/{limit}")).expect("digits fit a header")
}

fn response(answer: ApiResponse, usage: Option<HeaderValue>) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        if answer.body.is_null() { status.into_response() } else { (status, Json(answer.body)).into_response() };
    let location = answer.location.and_then(|location| HeaderValue::from_str(&location).ok());
    let headers = [(LIMIT_INFO, usage), (header::LOCATION, location)];
    response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| Some((name, value?))));
    response
}
