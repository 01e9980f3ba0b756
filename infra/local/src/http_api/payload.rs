//! API Gateway's payload format 2.0, both ways.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::net::IpAddr;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Match;
use crate::services::ACCOUNT;

/// The sender of a request, and the time.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The sender's address.
    pub address: IpAddr,
    /// When it arrived.
    pub at: Timestamp,
}

/// The event that a function receives for a request.
pub fn event<T>(parts: &Parts, body: &[u8], found: &Match<'_, T>, caller: &Caller) -> Value {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let milliseconds = caller.at.as_millisecond();
    let mut event = json!({
        "version": "2.0",
        "routeKey": found.route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(parts, host, caller),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.split(['.', ':']).next(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": caller.address.to_string(),
                "userAgent": user_agent,
            },
            "requestId": format!("local-{milliseconds}"),
            "routeKey": found.route_key,
            "stage": "$default",
            "time": caller.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": milliseconds,
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(parts);
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    if !query.is_empty() {
        event["queryStringParameters"] = joined(url::form_urlencoded::parse(query.as_bytes())).into();
    }
    if !found.path_parameters.is_empty() {
        event["pathParameters"] = json!(found.path_parameters);
    }
    match std::str::from_utf8(body) {
        Ok("") => {}
        Ok(text) => event["body"] = text.into(),
        Err(_) => {
            event["body"] = BASE64_STANDARD.encode(body).into();
            event["isBase64Encoded"] = true.into();
        }
    }
    event
}

/// The response to the caller; `None` if the function's result is not one that API Gateway understands.
pub fn response(answer: Value) -> Option<Response> {
    if answer.get("statusCode").is_none() {
        // Without a status code the whole result is the body.
        let body = match answer {
            Value::String(text) => text,
            other => other.to_string(),
        };
        return Response::builder().header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).ok();
    }
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok())?;
    let body = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"].as_bool() {
        Some(true) => BASE64_STANDARD.decode(body).ok()?,
        _ => body.as_bytes().to_vec(),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let name = HeaderName::try_from(name).ok()?;
        // The server sets the length and the transfer encoding itself.
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            headers.insert(name, HeaderValue::try_from(value).ok()?);
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        headers.append(header::SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
    }
    Some(response)
}

/// Names in lower case, values of one name joined by commas; cookies are passed separately.
fn headers(parts: &Parts, host: &str, caller: &Caller) -> Map<String, Value> {
    let own = parts
        .headers
        .iter()
        .filter(|(name, _)| *name != header::COOKIE)
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let mut headers = joined(own);
    let forwarded = headers.get("x-forwarded-for").and_then(Value::as_str).map(|before| format!("{before}, "));
    headers.insert("x-forwarded-for".into(), format!("{}{}", forwarded.unwrap_or_default(), caller.address).into());
    headers.insert("x-forwarded-proto".into(), "http".into());
    headers.insert("x-forwarded-port".into(), host.rsplit_once(':').map_or("80", |(_, port)| port).into());
    headers
}

fn cookies(parts: &Parts) -> Vec<String> {
    let lines = parts.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).map(|cookie| cookie.trim().to_owned()).collect()
}

fn joined<N: AsRef<str>, V: AsRef<str>>(pairs: impl Iterator<Item = (N, V)>) -> Map<String, Value> {
    let mut joined = Map::new();
    for (name, value) in pairs {
        let value = match joined.get(name.as_ref()).and_then(Value::as_str) {
            Some(before) => format!("{before},{}", value.as_ref()),
            None => value.as_ref().to_owned(),
        };
        joined.insert(name.as_ref().to_owned(), value.into());
    }
    joined
}
