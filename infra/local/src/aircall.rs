//! A sandbox Aircall: the REST API of one company with two lines and two users.
//!
//! Shapes: <https://developer.aircall.io/api-references/>.

use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

/// The user name of Basic authentication.
pub const API_ID: &str = "sandbox-api-id";
/// The password of Basic authentication.
pub const API_TOKEN: &str = "sandbox-api-token";

/// The API under `/v1`, and users under `/v2` too.
pub fn router() -> Router {
    Router::new()
        .route("/v1/ping", get(async || Json(json!({ "ping": "pong" }))))
        .route("/v1/company", get(async || Json(company())))
        .route("/v1/numbers", get(async || Json(page("numbers", numbers()))))
        .route("/v1/users", get(async || Json(page("users", users()))))
        .route("/v2/users", get(async || Json(page("users", users()))))
        .layer(middleware::from_fn(authenticate))
}

/// Without credentials 401, with wrong ones 403, as Aircall answers.
async fn authenticate(headers: HeaderMap, request: Request, next: Next) -> Response {
    let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{API_ID}:{API_TOKEN}")));
    let refuse = |status: StatusCode, message: &str| (status, Json(json!({ "message": message }))).into_response();
    match headers.get(header::AUTHORIZATION) {
        None => refuse(StatusCode::UNAUTHORIZED, "Unauthorized"),
        Some(given) if given.as_bytes() == expected.as_bytes() => next.run(request).await,
        Some(_) => refuse(StatusCode::FORBIDDEN, "Forbidden"),
    }
}

fn page(name: &str, items: Vec<Value>) -> Value {
    let count = items.len();
    json!({
        "meta": {
            "count": count, "total": count, "current_page": 1, "per_page": 20,
            "next_page_link": null, "previous_page_link": null,
        },
        name: items,
    })
}

fn company() -> Value {
    json!({ "company": { "name": "Sandbox Company", "users_count": users().len(), "numbers_count": numbers().len() } })
}

fn numbers() -> Vec<Value> {
    [
        (1001, "Sales line", "+1 415-555-0100", "US", "America/Los_Angeles"),
        (1002, "Support line", "+33 1 99 00 01 00", "FR", "Europe/Paris"),
    ]
    .into_iter()
    .map(|(id, name, digits, country, time_zone)| {
        json!({
            "id": id, "direct_link": format!("https://api.aircall.io/v1/numbers/{id}"), "name": name,
            "digits": digits, "e164_digits": format!("+{}", digits.replace(|c: char| !c.is_ascii_digit(), "")),
            "country": country, "time_zone": time_zone, "open": true, "availability_status": "open",
            "is_ivr": false, "live_recording_activated": false, "priority": null, "messages": {},
        })
    })
    .collect()
}

fn users() -> Vec<Value> {
    [(2001, "Alex Admin", "admin@example.com"), (2002, "Robin Rep", "robin.rep@example.com")]
        .into_iter()
        .map(|(id, name, email)| {
            json!({
                "id": id, "direct_link": format!("https://api.aircall.io/v1/users/{id}"), "name": name,
                "email": email, "available": true, "availability_status": "available",
                "time_zone": "Europe/Paris", "language": "en-US", "numbers": [],
            })
        })
        .collect()
}
