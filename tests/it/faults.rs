//! Salesforce or the network fails, and each call still becomes exactly one Task.

use std::time::Duration;

use local::demo::bodies::CallBody;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// What the org knows of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// A Contact: the Task is created on it.
    Known,
    /// Nothing: Contact, Case and Task are created together.
    Unknown,
}
use Caller::{Known, Unknown};

async fn env(caller: Caller, options: salesforce_sandbox::Options) -> TestEnv {
    let env = TestEnv::with(options).await;
    if caller == Known {
        env.contact("Lou Sample", "+33639980001");
    } else {
        let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
        env.put_settings(settings).await;
    }
    env
}

/// Asserts that one call is logged once, and that its Contact and Case exist once.
async fn assert_logged_once(env: &TestEnv, caller: Caller, call: &CallBody) {
    let entry = env.activity(&call.key()).await;
    assert_eq!([&entry["state"], &entry["problem"]], [&json!("logged"), &Value::Null], "{entry:#}");
    assert_eq!(env.task(call)["Id"], entry["task_id"]);
    let cases = usize::from(caller == Unknown);
    assert_eq!((env.records("Contact").len(), env.records("Case").len()), (1, cases));
}

/// Checks that one call is logged once despite the faults, with the key field on Activity and without it.
async fn check(caller: Caller, faults: Value) {
    for unique_key_field in [true, false] {
        let env = env(caller, salesforce_sandbox::Options { unique_key_field, ..Default::default() }).await;
        env.fault(faults.clone()).await;
        let call = CallBody::inbound(1);
        env.end([&call]).await;
        assert_eq!(env.faults_left().await, json!([]), "the fault happened");
        if unique_key_field {
            assert_logged_once(&env, caller, &call).await;
        } else {
            let tasks = env.records("Task");
            assert_eq!(tasks.len(), 1, "{tasks:#?}");
            assert_eq!(tasks[0]["CallObject"], call.key());
        }
    }
}

const SEARCH: &str = "/search";
const CREATE: &str = "/composite/sobjects";
const GRAPH: &str = "/composite/graph";

#[tokio::test]
async fn a_call_is_logged_once_when_salesforce_is_unavailable_for_a_moment() {
    let fault = |path: &str| json!([{"path": path, "status": 503, "body": "<html>Service Unavailable</html>"}]);
    tokio::join!(check(Known, fault(SEARCH)), check(Known, fault(CREATE)), check(Unknown, fault(GRAPH)));
}

#[tokio::test]
async fn a_call_is_logged_once_when_salesforce_has_ended_the_session() {
    let body = json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]);
    let fault = |path: &str| json!([{"path": path, "status": 401, "body": body}]);
    tokio::join!(check(Known, fault(SEARCH)), check(Known, fault(CREATE)), check(Unknown, fault(GRAPH)));
}

#[tokio::test]
async fn a_call_is_logged_once_when_the_connection_drops_before_the_write() {
    let fault = |path: &str| json!([{"path": path, "drop": true}]);
    tokio::join!(check(Known, fault(SEARCH)), check(Known, fault(CREATE)), check(Unknown, fault(GRAPH)));
}

#[tokio::test]
async fn a_call_is_logged_once_when_the_connection_drops_after_the_write() {
    let fault = |path: &str| json!([{"path": path, "drop": true, "commit": true}]);
    tokio::join!(check(Known, fault(CREATE)), check(Unknown, fault(GRAPH)));
}

#[tokio::test]
async fn a_call_is_logged_once_when_salesforce_writes_and_answers_with_an_error() {
    let fault = |path: &str| json!([{"path": path, "status": 504, "commit": true}]);
    tokio::join!(check(Known, fault(CREATE)), check(Unknown, fault(GRAPH)));
}

#[tokio::test]
async fn a_call_is_logged_once_when_the_answer_to_the_write_does_not_come_in_time() {
    // A stack of its own, because tenants that share an invocation with a slow org wait for it.
    let running = Running::start("slow-answer").await;
    let mut env = TestEnv::within(&running, salesforce_sandbox::Options::default()).await;
    env.timeout = Duration::from_secs(90);
    env.contact("Lou Sample", "+33639980001");
    env.fault(json!([{"path": CREATE, "delay_ms": 40_000, "commit": true}])).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_logged_once(&env, Known, &call).await;
    assert_eq!(env.records("Task").len(), 1);
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_does_not_write_a_comment_twice() {
    let env = env(Known, salesforce_sandbox::Options::default()).await;
    let call = CallBody::inbound(1).commented("Wants two more.");
    env.end([&call]).await;
    env.fault(json!([{"method": "PATCH", "path": "/sobjects/Task/", "drop": true, "commit": true}])).await;
    env.post(call.event("call.commented")).await;
    env.wait_until_idle().await;
    assert_eq!(env.faults_left().await, json!([]));
    assert_logged_once(&env, Known, &call).await;
    let task = env.task(&call);
    assert_eq!(task["Description"].as_str().unwrap().matches("Wants two more.").count(), 1, "{task:#}");
}

#[tokio::test]
async fn each_call_is_logged_when_every_session_has_expired_and_refresh_tokens_rotate() {
    let options = salesforce_sandbox::Options { rotate_refresh_tokens: true, ..Default::default() };
    let env = env(Known, options).await;
    for id in 1..=3 {
        env.expire_sessions().await;
        let call = CallBody::inbound(id);
        env.end([&call]).await;
        assert_logged_once(&env, Known, &call).await;
    }
    assert_eq!(env.records("Task").len(), 3);
}

#[tokio::test]
async fn a_call_is_logged_once_when_the_session_expires_between_two_requests() {
    let options = salesforce_sandbox::Options { rotate_refresh_tokens: true, ..Default::default() };
    let env = env(Unknown, options).await;
    // The sessions end during the slow search.
    env.fault(json!([{"path": SEARCH, "delay_ms": 600}])).await;
    let call = CallBody::inbound(1);
    env.post(call.event("call.ended")).await;
    env.until("the search has begun", async |env| env.faults_left().await == json!([])).await;
    env.expire_sessions().await;
    env.wait_until_idle().await;
    assert_logged_once(&env, Unknown, &call).await;
}

#[tokio::test]
async fn a_refused_record_fails_with_salesforces_words_and_affects_no_other_call() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env.refuse("Task", "CallDisposition", "Forbidden", "This tag is not used any more.");
    let (refused, fine) = (CallBody::inbound(1).tagged("Forbidden"), CallBody::inbound(2));
    env.end([&refused, &fine]).await;
    let entry = env.activity(&refused.key()).await;
    assert_eq!([&entry["state"], &entry["problem"]["code"]], ["failed", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]);
    assert!(entry["reason"].as_str().unwrap().contains("This tag is not used any more."), "{entry:#}");
    assert!(env.is_logged(&fine) && !env.is_logged(&refused));
}
