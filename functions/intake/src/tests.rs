//! Webhooks against a mock server for SQS and DynamoDB that records its requests.

use std::time::Duration;

use aws_sdk_sqs::config::timeout::TimeoutConfig;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use futures_util::future;
use lambda::EventQueue;
use serde_json::{Value, json};
use store::{AllowedOrgs, OrgList, REFUSAL_AGE, Tenants, TokenHash};
use tower::ServiceExt as _;
use wiremock::matchers::{body_partial_json, header as has_header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::authenticator::Authenticator;
use crate::rate_limit::RateLimit;
use crate::webhook::{Intake, router};

const TOKEN: &str = "token-of-the-test";
const ENDED: &str = r#"{"event":"call.ended","token":"token-of-the-test","data":{"id":7}}"#;

/// A router and its mock AWS, whose DynamoDB holds the tenant `one`.
struct Fixture {
    aws: MockServer,
    router: axum::Router,
}

/// The response to a webhook.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    allow: Option<String>,
    body: String,
}

impl Fixture {
    async fn new() -> Self {
        Self::with_sqs(ResponseTemplate::new(200).set_body_json(json!({ "MessageId": "1", "MD5OfMessageBody": "" })))
            .await
    }

    async fn with_sqs(sqs: ResponseTemplate) -> Self {
        let aws = MockServer::start().await;
        let tenant = json!({ "Item": {
            "tenant": { "S": "one" },
            "webhook_tokens": { "L": [{ "S": TokenHash::new(TOKEN).to_string() }] },
        }});
        let get_item = has_header("x-amz-target", "DynamoDB_20120810.GetItem");
        Mock::given(get_item)
            .and(body_partial_json(json!({ "Key": { "tenant": { "S": "one" } } })))
            .respond_with(ResponseTemplate::new(200).set_body_json(tenant))
            .mount(&aws)
            .await;
        let get_item = has_header("x-amz-target", "DynamoDB_20120810.GetItem");
        Mock::given(get_item)
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
            .with_priority(6)
            .mount(&aws)
            .await;
        Mock::given(has_header("x-amz-target", "AmazonSQS.SendMessage")).respond_with(sqs).mount(&aws).await;
        let router =
            router(Intake::new(authenticator(&aws.uri(), OrgList::All), RateLimit::new(0), events(&aws.uri())));
        Self { aws, router }
    }

    async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Reply {
        let request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header(header::CACHE_CONTROL).as_deref(), Some("no-store"));
        let (status, allow) = (response.status(), header(header::ALLOW));
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Reply { status, allow, body: String::from_utf8(body.into()).unwrap() }
    }

    async fn post(&self, tenant: &str, body: impl Into<Body>) -> Reply {
        self.send(Method::POST, &format!("/webhooks/aircall/{tenant}"), body).await
    }

    /// Bodies of the requests for this operation.
    async fn requests(&self, operation: &str) -> Vec<Value> {
        let requests = self.aws.received_requests().await.unwrap();
        let is_operation =
            |request: &&wiremock::Request| request.headers["x-amz-target"].to_str().unwrap().ends_with(operation);
        requests.iter().filter(is_operation).map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }
}

fn authenticator(endpoint: &str, allowed_orgs: OrgList) -> Authenticator {
    let config = test_aws::config(endpoint);
    let tenants = Tenants::new(aws_sdk_dynamodb::Client::new(&config), "tenants");
    Authenticator::new(tenants.clone(), AllowedOrgs::new(allowed_orgs, tenants))
}

fn events(endpoint: &str) -> EventQueue {
    let timeout = TimeoutConfig::builder().operation_timeout(Duration::from_secs(2)).build();
    let config = test_aws::config(endpoint).into_builder().timeout_config(timeout).build();
    EventQueue::new(aws_sdk_sqs::Client::new(&config), "https://sqs.us-east-1.example.com/000000000000/events")
}

#[tokio::test]
async fn an_event_is_enqueued_without_its_token() {
    let f = Fixture::new().await;
    let reply = f.post("one", ENDED).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "{}"));
    let sent = &f.requests("SendMessage").await[0];
    assert_eq!(sent["MessageBody"], ENDED.replace(TOKEN, ""));
    assert_eq!(sent["MessageAttributes"]["tenant"]["StringValue"], "one");
    assert_eq!(sent["MessageGroupId"], "one");
}

#[tokio::test]
async fn a_warm_request_calls_only_the_queue() {
    let f = Fixture::new().await;
    for _ in 0..5 {
        assert_eq!(f.post("one", ENDED).await.status, StatusCode::OK);
    }
    assert_eq!((f.requests("GetItem").await.len(), f.requests("SendMessage").await.len()), (1, 5));
}

#[tokio::test]
async fn a_wrong_token_and_an_unknown_tenant_get_the_same_response() {
    let f = Fixture::new().await;
    let wrong = ENDED.replace("token-of-the-test", "another");
    let missing = r#"{"event":"call.ended"}"#;
    let not_a_string = r#"{"event":"call.ended","token":12}"#;
    let first = f.post("one", wrong.clone()).await;
    assert_eq!(first.status, StatusCode::UNAUTHORIZED);
    for (tenant, body) in [
        ("one", missing),
        ("one", not_a_string),
        ("two", ENDED),
        ("No%20Tenant", ENDED),
        ("%2E%2E", ENDED),
        ("%ff", ENDED),
    ] {
        let reply = f.post(tenant, body.to_owned()).await;
        assert_eq!((reply.status, reply.body), (first.status, first.body.clone()), "{tenant} {body}");
    }
    assert!(f.requests("SendMessage").await.is_empty());
}

#[tokio::test]
async fn an_unknown_tenant_is_looked_up_once() {
    let f = Fixture::new().await;
    for _ in 0..3 {
        f.post("two", ENDED).await;
    }
    assert_eq!(f.requests("GetItem").await.len(), 1);
}

impl Fixture {
    /// Stores other tokens for the tenant `one`.
    async fn store_tokens(&self, attributes: Value) {
        let tenant = json!({ "tenant": { "S": "one" }, "webhook_tokens": attributes["webhook_tokens"],
            "retired_webhook_tokens": attributes["retired_webhook_tokens"] });
        Mock::given(has_header("x-amz-target", "DynamoDB_20120810.GetItem"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "Item": tenant })))
            .with_priority(1)
            .mount(&self.aws)
            .await;
    }
}

/// Hashes of tokens, as they are stored.
fn hashes(tokens: &[&str]) -> Value {
    json!({ "L": tokens.iter().map(|token| json!({ "S": TokenHash::new(token).to_string() })).collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_new_token_is_accepted_half_a_second_after_it_was_stored_whatever_was_refused_before() {
    let f = Fixture::new().await;
    let wrong = ENDED.replace(TOKEN, "wrong");
    let new = ENDED.replace(TOKEN, "new");
    assert_eq!(f.post("one", ENDED).await.status, StatusCode::OK);
    assert_eq!(f.post("one", wrong.clone()).await.status, StatusCode::UNAUTHORIZED);
    f.store_tokens(json!({ "webhook_tokens": hashes(&[TOKEN, "new"]), "retired_webhook_tokens": { "M": {} } })).await;
    let age = REFUSAL_AGE.unsigned_abs();
    for _ in 0..5 {
        tokio::time::sleep(age / 5).await;
        f.post("one", wrong.clone()).await;
    }
    for token in [new.as_str(), ENDED] {
        assert_eq!(f.post("one", token.to_owned()).await.status, StatusCode::OK, "{token}");
    }
    assert_eq!(f.post("one", wrong).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_flood_of_wrong_tokens_does_not_cost_a_read_each() {
    let f = Fixture::new().await;
    for token in 0..200 {
        f.post("one", ENDED.replace(TOKEN, &token.to_string())).await;
    }
    let reads = f.requests("GetItem").await.len();
    assert!(reads < 20, "{reads} reads");
}

#[tokio::test]
async fn a_retired_token_is_accepted_until_its_end() {
    let retired = |until: i64| json!({ "M": { TokenHash::new("former").to_string(): { "N": until.to_string() } } });
    let now = jiff::Timestamp::now().as_second();
    for (until, status) in [(now + 900, StatusCode::OK), (now - 1, StatusCode::UNAUTHORIZED)] {
        let f = Fixture::new().await;
        let webhook_tokens = hashes(&[TOKEN, "former"]);
        f.store_tokens(json!({ "webhook_tokens": webhook_tokens, "retired_webhook_tokens": retired(until) })).await;
        assert_eq!(f.post("one", ENDED.replace(TOKEN, "former")).await.status, status);
        assert_eq!(f.post("one", ENDED).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn only_authenticated_webhooks_count_towards_the_rate_limit() {
    let f = Fixture::new().await;
    let limited = Intake::new(authenticator(&f.aws.uri(), OrgList::All), RateLimit::new(1), events(&f.aws.uri()));
    let f = Fixture { router: router(limited), ..f };
    for _ in 0..20 {
        assert_eq!(f.post("one", ENDED.replace(TOKEN, "wrong")).await.status, StatusCode::UNAUTHORIZED);
    }
    for _ in 0..10 {
        assert_eq!(f.post("one", ENDED).await.status, StatusCode::OK);
    }
    let flooded = future::join_all((0..20).map(|_| f.post("one", ENDED))).await;
    let refused = flooded.iter().filter(|reply| reply.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!(f.requests("SendMessage").await.len(), 30 - refused);
    assert!(refused >= 15, "{refused} of 20 refused");
}

#[tokio::test]
async fn every_method_but_post_is_refused() {
    let f = Fixture::new().await;
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let reply = f.send(method.clone(), "/webhooks/aircall/one", Body::empty()).await;
        assert_eq!((reply.status, reply.allow.as_deref()), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")), "{method}");
    }
}

#[tokio::test]
async fn of_a_body_that_is_too_long_for_the_queue_a_note_is_enqueued() {
    let f = Fixture::new().await;
    // The token is not queued.
    let longest = 1_000_000 + TOKEN.len();
    let padded = |body: &str, length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    for length in [longest, longest + 1, 4_000_000] {
        assert_eq!(f.post("one", padded(ENDED, length)).await.status, StatusCode::OK);
    }
    let sent = f.requests("SendMessage").await;
    let attribute = |n: usize, name: &str| sent[n]["MessageAttributes"][name]["StringValue"].clone();
    let len = |n: usize| sent[n]["MessageBody"].as_str().unwrap().len();
    assert_eq!((len(0), attribute(0, "bytes")), (1_000_000, Value::Null));
    assert_eq!((len(1) < 100, attribute(1, "bytes")), (true, json!("1000001")));
    assert_eq!(attribute(2, "bytes"), json!((4_000_000 - TOKEN.len()).to_string()));

    let ignored = ENDED.replace("call.ended", "transcription.created");
    assert_eq!(f.post("one", padded(&ignored, 5_000_000)).await.status, StatusCode::OK);
    assert_eq!(f.requests("SendMessage").await.len(), 3);
    assert_eq!(f.post("one", padded(ENDED, 7_000_000)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_malformed_body_is_a_bad_request_that_names_the_field() {
    let f = Fixture::new().await;
    for body in ["not json", "[1]", ""] {
        let reply = f.post("one", body.to_owned()).await;
        let error: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status, error["error"]["field"].as_str()), (StatusCode::BAD_REQUEST, Some("body")), "{body}");
    }
    // An event without a name is ignored. Refusing it would make Aircall switch the webhook off.
    assert_eq!(f.post("one", format!(r#"{{"token":"{TOKEN}"}}"#)).await.status, StatusCode::OK);
    assert_eq!(f.post("one", vec![b'{', 0xff, b'}']).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn ignored_and_unknown_events_are_acknowledged_but_not_enqueued() {
    let f = Fixture::new().await;
    for event in ["user.opened", "unknown.event", ""] {
        let reply = f.post("one", ENDED.replace("call.ended", event)).await;
        assert_eq!(reply.status, StatusCode::OK, "{event}");
    }
    assert!(f.requests("SendMessage").await.is_empty());
}

#[tokio::test]
async fn aircall_has_to_retry_when_the_queue_fails() {
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(10));
    for sqs in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(403).set_body_json(json!({ "__type": "AccessDenied" })),
        slow,
    ] {
        let f = Fixture::with_sqs(sqs).await;
        assert_eq!(f.post("one", ENDED).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}

#[tokio::test]
async fn aircall_has_to_retry_when_the_table_fails() {
    let broken = MockServer::start().await;
    let f = Fixture::new().await;
    let router =
        router(Intake::new(authenticator(&broken.uri(), OrgList::All), RateLimit::new(0), events(&f.aws.uri())));
    let reply = Fixture { router, ..f }.post("one", ENDED).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// The tenant of the org `00Dxx0000001gPL`.
const ORG: &str = "sf-00dxx0000001gpleay";

/// A table with the tenant [`ORG`], and with `list` as the response to the request for the list of allowed orgs.
async fn table_with(list: ResponseTemplate) -> MockServer {
    let aws = MockServer::start().await;
    let tenant = json!({ "Item": {
        "tenant": { "S": ORG },
        "webhook_tokens": { "L": [{ "S": TokenHash::new(TOKEN).to_string() }] },
    }});
    for (key, response) in [(ORG, ResponseTemplate::new(200).set_body_json(tenant)), ("allowed-orgs", list)] {
        Mock::given(has_header("x-amz-target", "DynamoDB_20120810.GetItem"))
            .and(body_partial_json(json!({ "Key": { "tenant": { "S": key } } })))
            .respond_with(response)
            .mount(&aws)
            .await;
    }
    aws
}

#[tokio::test]
async fn only_webhooks_of_allowed_orgs_are_accepted() {
    let f = Fixture::new().await;
    let unknown = f.post("other", ENDED).await;
    let item = |orgs: &[&str]| {
        let item = json!({ "Item": { "tenant": { "S": "allowed-orgs" }, "orgs": { "SS": orgs } } });
        ResponseTemplate::new(200).set_body_json(item)
    };
    let named: OrgList = "00Dxx0000001gPL".parse().unwrap();
    for (allowed, list, status) in [
        (named, ResponseTemplate::new(500), StatusCode::OK),
        (OrgList::All, ResponseTemplate::new(500), StatusCode::OK),
        (OrgList::default(), item(&["00Dxx0000001gPLEAY"]), StatusCode::OK),
        (OrgList::default(), item(&["00D000000000001AAA"]), StatusCode::UNAUTHORIZED),
        (OrgList::default(), ResponseTemplate::new(200).set_body_json(json!({})), StatusCode::UNAUTHORIZED),
        (OrgList::default(), ResponseTemplate::new(500), StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let case = format!("{allowed:?}, {status}");
        let table = table_with(list).await;
        let router = router(Intake::new(authenticator(&table.uri(), allowed), RateLimit::new(0), events(&f.aws.uri())));
        let reply = Fixture { router, aws: table }.post(ORG, ENDED).await;
        assert_eq!(reply.status, status, "{case}");
        if status == StatusCode::UNAUTHORIZED {
            assert_eq!(reply.body, unknown.body, "as for an unknown token");
        }
    }
}
