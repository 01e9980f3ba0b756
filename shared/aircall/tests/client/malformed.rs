//! Undocumented, malformed and missing responses.

use std::time::Duration;

use aircall::Client;
use aircall::client::{Error, Reason, Transport};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::sandbox::api_key;

fn client(url: &str) -> Client {
    let http = reqwest::Client::builder()
        .timeout(Duration::from_millis(500))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    Client::new(http, url.parse().unwrap(), api_key("id", "token"))
}

/// A server that answers every GET request with `response`, and its client.
async fn server(response: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(response).mount(&server).await;
    let client = client(&server.uri());
    (server, client)
}

async fn ping(response: ResponseTemplate) -> Error {
    server(response).await.1.ping().await.unwrap_err()
}

fn unreadable() -> Error {
    Error::Retry { after: None, reason: Reason::Unanswered(Transport::Unreadable) }
}

#[tokio::test]
async fn each_status_maps_to_an_error() {
    let page = |status| ResponseTemplate::new(status).set_body_raw("<html>no</html>", "text/html");
    for status in [500, 502, 503, 599, 408, 425] {
        assert_eq!(ping(page(status)).await, Error::Retry { after: None, reason: Reason::Trouble(status) });
    }
    for status in [401, 403] {
        assert_eq!(ping(page(status)).await, Error::Refused { message: format!("HTTP {status}") });
    }
    for status in [302, 400, 404, 409, 418, 422] {
        assert_eq!(ping(page(status)).await, Error::Rejected { status, message: format!("HTTP {status}") });
    }
    let waits = |name, value| ResponseTemplate::new(429).insert_header(name, value);
    let after = Some(Duration::from_secs(7));
    assert_eq!(ping(waits("Retry-After", "7")).await, Error::Retry { after, reason: Reason::RateLimited });
    assert_eq!(ping(waits("X-Other", "7")).await, Error::Retry { after: None, reason: Reason::RateLimited });
    let busy = ResponseTemplate::new(503).insert_header("Retry-After", "7");
    assert_eq!(ping(busy).await, Error::Retry { after, reason: Reason::Trouble(503) });
}

#[tokio::test]
async fn error_messages_are_read_from_each_known_field_and_truncated() {
    for (body, message) in [
        (json!({"message": "A"}), "A".to_owned()),
        (json!({"error": "A", "troubleshoot": "B"}), "A: B".to_owned()),
        (json!({"error": "A", "error_description": "B"}), "A: B".to_owned()),
        (json!({"error": {"code": 1}}), "HTTP 400".to_owned()),
        (json!({"message": "é".repeat(1_000)}), "é".repeat(300)),
        (json!("A"), "HTTP 400".to_owned()),
    ] {
        let error = ping(ResponseTemplate::new(400).set_body_json(&body)).await;
        assert_eq!(error, Error::Rejected { status: 400, message }, "{body}");
    }
}

#[tokio::test]
async fn a_success_with_an_unreadable_body_counts_as_unanswered() {
    for body in ["", "<html>", "{}", "[]", r#"{"company": {}}"#, r#"{"company": {"name": 7"#] {
        let (_server, client) = server(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(client.company().await, Err(unreadable()), "{body}");
    }
}

#[tokio::test]
async fn a_malformed_item_does_not_fail_the_list() {
    let numbers = json!([{"id": "7", "name": null, "open": "yes"}, {"name": "no id"}, null, {"id": 8, "digits": {}}]);
    let (_server, client) = server(ResponseTemplate::new(200).set_body_json(json!({"numbers": numbers}))).await;
    let lines = client.lines().await.unwrap();
    assert_eq!(lines.iter().map(|line| line.id.0).collect::<Vec<_>>(), [7, 8]);
    let cut = r#"{"company": {"id": 7, "name": "Cut \ud83d"}}"#;
    let (_server, client) = server(ResponseTemplate::new(200).set_body_string(cut)).await;
    let company = client.company().await.unwrap();
    assert_eq!((company.id, company.name.as_str()), (Some(7), "Cut \u{fffd}"));
}

#[tokio::test]
async fn credentials_are_not_sent_to_another_origin() {
    let elsewhere = MockServer::start().await;
    let link = format!("{}/v1/numbers?page=2", elsewhere.uri());
    let body = json!({"meta": {"next_page_link": link}, "numbers": [{"id": 7}]});
    let (_server, client) = server(ResponseTemplate::new(200).set_body_json(body)).await;
    assert_eq!(client.lines().await, Err(unreadable()));
    let (_server, client) = server(ResponseTemplate::new(302).insert_header("Location", link.as_str())).await;
    assert!(matches!(client.lines().await, Err(Error::Rejected { status: 302, .. })));
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn endless_pagination_is_stopped() {
    let lines: Vec<Value> = (1..=49).map(|id| json!({"id": id})).collect();
    for lines in [lines, Vec::new()] {
        let server = MockServer::start().await;
        let answer = json!({"meta": {"next_page_link": "/v1/numbers?page=1"}, "numbers": lines});
        Mock::given(path("/v1/numbers"))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
        let found = client(&server.uri()).lines().await.unwrap();
        assert_eq!(found.len(), 100 * lines.len());
        assert_eq!(server.received_requests().await.unwrap().len(), 100);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_an_error() {
    let flood = ResponseTemplate::new(200).set_body_bytes(vec![b' '; (8 << 20) + 1]);
    let (_server, client) = server(flood).await;
    let error = Error::Retry { after: None, reason: Reason::Unanswered(Transport::TooLong) };
    assert_eq!(client.company().await, Err(error));
}

#[tokio::test]
async fn a_refused_connection_is_an_unsent_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url).ping().await.unwrap_err();
    assert!(matches!(error, Error::Retry { reason: Reason::Unsent(_), .. }), "{error:?}");
    assert!(!error.may_have_happened());
}

#[tokio::test]
async fn a_timeout_may_have_happened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = client(&format!("http://{}", listener.local_addr().unwrap())).ping().await.unwrap_err();
    assert_eq!(error, Error::Retry { after: None, reason: Reason::Unanswered(Transport::TimedOut) });
    assert!(error.may_have_happened());
}

#[tokio::test]
async fn a_connection_closed_after_the_request_is_unanswered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        assert!(socket.read(&mut [0; 8192]).await.unwrap() > 0);
    };
    let (answer, ()) = tokio::join!(client.ping(), server);
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::Retry { reason: Reason::Unanswered(Transport::Connection(_)), .. }), "{error:?}");
}
