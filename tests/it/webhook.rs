//! The webhook's responses.

use std::time::Duration;

use local::demo::bodies::CallBody;
use reqwest::header::{self, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// The longest body that is queued, without its token.
const MAX_LEN: usize = 1_000_000;

fn ended(env: &TestEnv, call: &CallBody) -> Value {
    call.clone().token(&env.tenant.webhook_token).event("call.ended")
}

/// A body padded with spaces, which JSON allows.
fn padded(body: &Value, length: usize) -> String {
    let body = body.to_string();
    let blanks = " ".repeat(length - body.len());
    body + blanks.as_str()
}

/// The headers without `Date`.
fn without_date(mut headers: HeaderMap) -> HeaderMap {
    headers.remove(header::DATE);
    headers
}

#[tokio::test]
async fn a_body_with_the_right_token_is_accepted_and_logged() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let call = CallBody::inbound(1);
    let answer = env.post_raw(ended(&env, &call).to_string()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    env.wait_until_idle().await;
    assert_eq!(env.task(&call)["Subject"], "Missed call from Lou Sample on Support line");
}

#[tokio::test]
async fn wrong_and_missing_tokens_and_unknown_tenants_are_answered_alike() {
    let env = TestEnv::new().await;
    let call = CallBody::inbound(1);
    let (right, wrong) = (ended(&env, &call), call.clone().token("another").event("call.ended"));
    let with = |token: Value| {
        let mut body = right.clone();
        body["token"] = token;
        body
    };
    let mut missing = right.clone();
    missing.as_object_mut().unwrap().remove("token");
    let almost = with(json!(env.tenant.webhook_token[1..]));
    let own = env.tenant.tenant.as_str();

    let first = env.post_raw(wrong.to_string()).await;
    assert_eq!(first.status(), StatusCode::UNAUTHORIZED);
    let (headers, text) = (without_date(first.headers().clone()), first.text().await.unwrap());
    for (tenant, body) in [
        (own, &missing),
        (own, &almost),
        (own, &with(json!(""))),
        (own, &with(json!(null))),
        (own, &with(json!([env.tenant.webhook_token]))),
        ("nobody", &right),
        ("nobody", &missing),
        ("No_Tenant", &right),
        ("%2E%2E%2F", &right),
    ] {
        let answer = env.send(Method::POST, tenant, body.to_string()).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{tenant} {}", body["token"]);
        assert_eq!(without_date(answer.headers().clone()), headers, "{tenant}");
        assert_eq!(answer.text().await.unwrap(), text, "{tenant}");
    }
    env.wait_until_idle().await;
    assert!(env.entries().await.is_empty());
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_a_bad_request() {
    let env = TestEnv::new().await;
    let cut = ended(&env, &CallBody::inbound(1)).to_string();
    let bodies: [&[u8]; 9] = [
        b"",
        b"hello",
        b"[]",
        b"[{}]",
        b"null",
        b"\"{}\"",
        b"42",
        b"{\"event\": \xff}",
        &cut.as_bytes()[..cut.len() - 1],
    ];
    for body in bodies {
        let answer = env.post_raw(body.to_vec()).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{:?}", String::from_utf8_lossy(body));
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_for_the_queue_becomes_an_entry_that_says_so() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let (longest, too_long) = (CallBody::inbound(1), CallBody::inbound(2));
    let token = env.tenant.webhook_token.len();
    for (call, length) in [(&longest, MAX_LEN), (&too_long, MAX_LEN + 1), (&too_long, 4 * MAX_LEN)] {
        let answer = env.post_raw(padded(&ended(&env, call), length + token)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{length}");
    }
    let mut other = ended(&env, &CallBody::inbound(3));
    other["event"] = json!("transcription.created");
    assert_eq!(env.post_raw(padded(&other, 5 * MAX_LEN)).await.status(), StatusCode::OK);
    env.wait_until_idle().await;
    assert!(env.is_logged(&longest) && !env.is_logged(&too_long));
    let entry = env.activity("call-2").await;
    assert_eq!((&entry["state"], env.entries().await.len()), (&json!("skipped"), 2));

    env.post(too_long.event("call.ended")).await;
    env.wait_until_idle().await;
    assert!(env.is_logged(&too_long), "a body that can be read takes its place");
}

#[tokio::test]
async fn only_post_is_allowed() {
    let env = TestEnv::new().await;
    let body = ended(&env, &CallBody::inbound(1)).to_string();
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let answer = env.send(method.clone(), &env.tenant.tenant, body.clone()).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers()[header::ALLOW], "POST", "{method}");
    }
    env.wait_until_idle().await;
    assert!(env.entries().await.is_empty());
}

#[tokio::test]
async fn irrelevant_and_unknown_events_are_accepted_and_ignored() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let call = CallBody::inbound(1);
    for event in ["user.connected", "number.closed", "contact.updated", "call.never_heard_of", "something else", ""] {
        let mut body = ended(&env, &call);
        body["event"] = json!(event);
        assert_eq!(env.post_raw(body.to_string()).await.status(), StatusCode::OK, "{event}");
    }
    env.wait_until_idle().await;
    assert!(env.entries().await.is_empty());
    assert!(env.records("Task").is_empty());
}

#[tokio::test]
async fn unknown_fields_and_changed_types_are_tolerated() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let call = CallBody::inbound(1).answered_after(5).lasting(30);
    let mut body = ended(&env, &call);
    body["delivery_id"] = json!({"new": true});
    let data = &mut body["data"];
    data["id"] = json!("1");
    data["call_uuid"] = json!("e3b0c442");
    data["participants"] = json!([{"type": "external"}]);
    data["user"] = json!({});
    data["contact"] = json!([]);
    data["number"]["open"] = json!("yes");
    data["tags"] = json!([{"name": "Order"}, "broken", null]);
    assert_eq!(env.post_raw(body.to_string()).await.status(), StatusCode::OK);
    env.wait_until_idle().await;
    assert_eq!(env.task(&call)["CallDisposition"], "Order, broken");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_queue_is_down_aircall_is_asked_to_retry_and_nothing_is_lost() {
    let running = Running::start("queue-down").await;
    let env = TestEnv::within(&running, salesforce_sandbox::Options::default()).await;
    env.contact("Lou Sample", "+33639980001");
    let call = CallBody::inbound(1);
    let body = ended(&env, &call);
    let queue = env.queue("EventsQueue");
    env.sqs("DeleteQueue", &json!({"QueueUrl": queue})).await;

    // Aircall times out after five seconds.
    let sent_at = std::time::Instant::now();
    assert_eq!(env.post_raw(body.to_string()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(sent_at.elapsed() < Duration::from_secs(5), "{:?}", sent_at.elapsed());

    let name = queue.rsplit('/').next().unwrap();
    env.sqs("CreateQueue", &json!({"QueueName": name, "Attributes": {"VisibilityTimeout": "30"}})).await;
    assert_eq!(env.post(body).await, 0);
    env.until("the call is logged", async |env| env.is_logged(&call)).await;
}
