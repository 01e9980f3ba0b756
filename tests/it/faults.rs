//! Salesforce, or the way to it, fails: still exactly one Task for each call.

use std::time::Duration;

use local::demo::bodies::CallBody;
use serde_json::{Value, json};

use crate::support::{Running, World};

/// What the call finds in the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// A Contact: the Task is created on it.
    Known,
    /// Nobody: Contact, Case and Task are created together.
    Unknown,
}
use Caller::{Known, Unknown};

async fn world(caller: Caller, options: salesforce_sandbox::Options) -> World {
    let world = World::with(options).await;
    if caller == Known {
        world.contact("Lou Sample", "+33639980001");
    } else {
        let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
        world.put_settings(settings).await;
    }
    world
}

/// One call is logged once, and its Contact and Case are there once too.
async fn is_logged_once(world: &World, caller: Caller, call: &CallBody) {
    let entry = world.activity(&call.key()).await;
    assert_eq!([&entry["state"], &entry["problem"]], [&json!("logged"), &Value::Null], "{entry:#}");
    assert_eq!(world.task(call)["Id"], entry["task_id"]);
    let cases = usize::from(caller == Unknown);
    assert_eq!((world.records("Contact").len(), world.records("Case").len()), (1, cases));
}

/// The faults happen to one call, with the key field on Activity and without.
async fn check(caller: Caller, faults: Value) {
    for unique_key_field in [true, false] {
        let world = world(caller, salesforce_sandbox::Options { unique_key_field, ..Default::default() }).await;
        world.fault(faults.clone()).await;
        let call = CallBody::inbound(1);
        world.end([&call]).await;
        assert_eq!(world.faults_left().await, json!([]), "the fault happened");
        if unique_key_field {
            is_logged_once(&world, caller, &call).await;
        } else {
            let tasks = world.records("Task");
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
    // A stack of its own: whoever shares an invocation with a slow org waits for it.
    let running = Running::start("slow-answer").await;
    let mut world = World::within(&running, salesforce_sandbox::Options::default()).await;
    world.patience = Duration::from_secs(90);
    world.contact("Lou Sample", "+33639980001");
    world.fault(json!([{"path": CREATE, "delay_ms": 40_000, "commit": true}])).await;
    let call = CallBody::inbound(1);
    world.end([&call]).await;
    is_logged_once(&world, Known, &call).await;
    assert_eq!(world.records("Task").len(), 1);
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_does_not_write_a_comment_twice() {
    let world = world(Known, salesforce_sandbox::Options::default()).await;
    let call = CallBody::inbound(1).commented("Wants two more.");
    world.end([&call]).await;
    world.fault(json!([{"method": "PATCH", "path": CREATE, "drop": true, "commit": true}])).await;
    world.post(call.event("call.commented")).await;
    world.settle().await;
    assert_eq!(world.faults_left().await, json!([]));
    is_logged_once(&world, Known, &call).await;
    let task = world.task(&call);
    assert_eq!(task["Description"].as_str().unwrap().matches("Wants two more.").count(), 1, "{task:#}");
}

#[tokio::test]
async fn each_call_is_logged_when_every_session_has_expired_and_refresh_tokens_rotate() {
    let options = salesforce_sandbox::Options { rotate_refresh_tokens: true, ..Default::default() };
    let world = world(Known, options).await;
    for id in 1..=3 {
        world.expire_sessions().await;
        let call = CallBody::inbound(id);
        world.end([&call]).await;
        is_logged_once(&world, Known, &call).await;
    }
    assert_eq!(world.records("Task").len(), 3);
}

#[tokio::test]
async fn a_call_is_logged_once_when_the_session_expires_between_two_requests() {
    let options = salesforce_sandbox::Options { rotate_refresh_tokens: true, ..Default::default() };
    let world = world(Unknown, options).await;
    // The search is slow, and the sessions end meanwhile.
    world.fault(json!([{"path": SEARCH, "delay_ms": 600}])).await;
    let call = CallBody::inbound(1);
    world.post(call.event("call.ended")).await;
    world.until("the search has begun", async |world| world.faults_left().await == json!([])).await;
    world.expire_sessions().await;
    world.settle().await;
    is_logged_once(&world, Unknown, &call).await;
}

#[tokio::test]
async fn a_record_that_salesforce_refuses_fails_with_its_words_and_costs_no_other_call() {
    let world = World::new().await;
    world.contact("Lou Sample", "+33639980001");
    world.refuse("Task", "CallDisposition", "Forbidden", "This tag is not used any more.");
    let (refused, fine) = (CallBody::inbound(1).tagged("Forbidden"), CallBody::inbound(2));
    world.end([&refused, &fine]).await;
    let entry = world.activity(&refused.key()).await;
    assert_eq!([&entry["state"], &entry["problem"]["code"]], ["failed", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]);
    assert!(entry["reason"].as_str().unwrap().contains("This tag is not used any more."), "{entry:#}");
    assert!(world.is_logged(&fine) && !world.is_logged(&refused));
}
