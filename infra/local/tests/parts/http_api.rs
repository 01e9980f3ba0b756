//! API Gateway's routing and payloads.

use std::net::Ipv4Addr;

use axum::{
    body::to_bytes,
    http::{Method, Request, StatusCode},
};
use jiff::Timestamp;
use local::{
    http_api::{Caller, Routes, event, response},
    template::Route,
};
use serde_json::{Value, json};

fn routes(routes: &[&str]) -> Routes<String> {
    Routes::new(routes.iter().map(|text| {
        let (method, path) = text.split_once(' ').expect("method and path");
        (Route { method: method.to_owned(), path: path.to_owned() }, (*text).to_owned())
    }))
}

#[track_caller]
fn check(request: &str, expected: Option<(&str, &[(&str, &str)])>) {
    let routes = routes(&[
        "ANY /api/{proxy+}",
        "GET /api/settings",
        "ANY /webhooks/aircall/{tenant}",
        "POST /webhooks/aircall/{tenant}",
        "ANY /webhooks/aircall/health",
    ]);
    let (method, path) = request.split_once(' ').expect("method and path");
    let found = routes.find(&Method::from_bytes(method.as_bytes()).expect("a method"), path);
    let found = found.map(|found| (found.route_key, found.path_parameters.into_iter().collect::<Vec<_>>()));
    let expected = expected.map(|(key, parameters)| {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        (key.to_owned(), parameters.iter().map(own).collect::<Vec<_>>())
    });
    assert_eq!(found, expected, "{request}");
}

#[test]
fn the_most_specific_route_matches() {
    check("GET /api/settings", Some(("GET /api/settings", &[])));
    check("PUT /api/settings", Some(("ANY /api/{proxy+}", &[("proxy", "settings")])));
    check("GET /api/activity/call-1", Some(("ANY /api/{proxy+}", &[("proxy", "activity/call-1")])));
    check("POST /webhooks/aircall/t1", Some(("POST /webhooks/aircall/{tenant}", &[("tenant", "t1")])));
    check("GET /webhooks/aircall/t1", Some(("ANY /webhooks/aircall/{tenant}", &[("tenant", "t1")])));
    check("POST /webhooks/aircall/health", Some(("ANY /webhooks/aircall/health", &[])));
}

#[test]
fn an_unknown_path_has_no_route() {
    for request in ["GET /", "GET /api", "GET /api/", "POST /webhooks/aircall", "POST /webhooks/aircall/t1/x"] {
        check(request, None);
    }
}

#[test]
fn a_default_route_matches_all_other_paths() {
    let routes = routes(&["ANY $default", "GET /a"]);
    let key = |path| routes.find(&Method::GET, path).map(|found| found.route_key);
    assert_eq!(key("/a").as_deref(), Some("GET /a"));
    assert_eq!(key("/anything/else").as_deref(), Some("$default"));
    assert_eq!(key("/").as_deref(), Some("$default"));
}

#[test]
fn path_parameters_are_decoded() {
    check("POST /webhooks/aircall/a%20b+c", Some(("POST /webhooks/aircall/{tenant}", &[("tenant", "a b+c")])));
}

fn payload(request: axum::http::request::Builder, body: &[u8]) -> Value {
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let routes = routes(&["ANY /webhooks/aircall/{tenant}"]);
    let found = routes.find(&parts.method, parts.uri.path()).expect("a route");
    let at: Timestamp = "2026-03-12T19:03:58.390Z".parse().expect("a timestamp");
    event(&parts, body, &found, &Caller { address: Ipv4Addr::LOCALHOST.into(), at })
}

#[test]
fn the_event_has_payload_format_2_0() {
    let request = Request::post("/webhooks/aircall/t1?token=a%26b&x=1&x=2")
        .header("host", "127.0.0.1:8080")
        .header("content-type", "application/json")
        .header("user-agent", "test")
        .header("x-two", "1")
        .header("x-two", "2")
        .header("cookie", "a=1; b=2");
    let event = payload(request, b"{\"event\":\"call.ended\"}");
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "ANY /webhooks/aircall/{tenant}",
            "rawPath": "/webhooks/aircall/t1",
            "rawQueryString": "token=a%26b&x=1&x=2",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "host": "127.0.0.1:8080", "content-type": "application/json", "user-agent": "test", "x-two": "1,2",
                "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http", "x-forwarded-port": "8080",
            },
            "queryStringParameters": { "token": "a&b", "x": "1,2" },
            "pathParameters": { "tenant": "t1" },
            "requestContext": {
                "accountId": "000000000000", "apiId": "local", "domainName": "127.0.0.1:8080", "domainPrefix": "127",
                "http": {
                    "method": "POST", "path": "/webhooks/aircall/t1", "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1", "userAgent": "test",
                },
                "requestId": "local-1773342238390", "routeKey": "ANY /webhooks/aircall/{tenant}", "stage": "$default",
                "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1_773_342_238_390_i64,
            },
            "body": "{\"event\":\"call.ended\"}",
            "isBase64Encoded": false,
        })
    );
}

#[test]
fn a_binary_body_is_base64_encoded_and_an_empty_one_is_omitted() {
    let event = payload(Request::post("/webhooks/aircall/t1"), &[0xff, 0xfe]);
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("//4="), &json!(true)));
    assert_eq!(payload(Request::post("/webhooks/aircall/t1"), b"").get("body"), None);
}

#[tokio::test]
async fn a_result_becomes_a_response() {
    let result = json!({
        "statusCode": 201,
        "headers": { "Content-Type": "application/json", "content-length": "999", "x-number": 5 },
        "cookies": ["a=1; HttpOnly", "b=2"],
        "body": "eyJhIjoxfQ==",
        "isBase64Encoded": true,
    });
    let response = response(result).expect("a response");
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["x-number"], "5");
    assert!(!response.headers().contains_key("content-length"), "the server sets the length itself");
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; HttpOnly", "b=2"]);
    assert_eq!(to_bytes(response.into_body(), 100).await.expect("a body"), "{\"a\":1}");
}

#[tokio::test]
async fn a_result_without_status_code_is_the_body() {
    let response = response(json!({ "a": 1 })).expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(to_bytes(response.into_body(), 100).await.expect("a body"), "{\"a\":1}");
}

#[test]
fn an_invalid_result_is_refused() {
    for result in [
        json!({ "statusCode": "nonsense" }),
        json!({ "statusCode": 99_999 }),
        json!({ "statusCode": 200, "headers": { "not a name": "x" } }),
        json!({ "statusCode": 200, "body": "%%%", "isBase64Encoded": true }),
    ] {
        assert!(response(result.clone()).is_none(), "{result}");
    }
}
