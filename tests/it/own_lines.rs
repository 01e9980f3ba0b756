//! Calls and messages between the company's own lines: no record is created for a line, and the settings say whether they
//! are logged.

use local::demo::bodies::{CallBody, Line, MessageBody};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// The press line of the sandbox Aircall. Calls are on its support line.
const OTHER_LINE: &str = "+44 20 7946 0100";

/// An environment whose Aircall account is connected, with these settings.
async fn env(settings: Value) -> TestEnv {
    let env = TestEnv::new().await;
    env.connect_aircall().await;
    env.put_settings(settings).await;
    env
}

/// Asserts that an entry was skipped as an internal call, with this finding.
async fn check_skipped(env: &TestEnv, key: &str, about: &str, finding: &str) {
    let entry = env.activity(key).await;
    assert_eq!(entry["state"], "skipped", "{entry:#}");
    assert_eq!(entry["reason"], "It is internal: the other party is one of the company's own lines.");
    let found = env.finding(key, about).await;
    assert!(found.contains(finding), "{found}");
}

#[tokio::test]
async fn no_record_is_created_for_an_own_line() {
    let env = env(json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true})).await;
    let (internal, external) = (CallBody::inbound(1).from(OTHER_LINE), CallBody::inbound(2));
    let message = MessageBody::inbound(1).with(OTHER_LINE);
    env.post(message.event()).await;
    env.end([&internal, &external]).await;
    for key in [internal.key(), message.key()] {
        check_skipped(&env, &key, "record", "one of the company's own lines, and no record in Salesforce has it").await;
    }
    assert!(env.is_logged(&external) && !env.is_logged(&internal));
    assert_eq!((env.records("Contact").len(), env.records("Task").len()), (1, 1));
}

#[tokio::test]
async fn an_internal_call_is_logged_on_the_record_that_has_the_lines_number() {
    let env = env(json!({"unknown_number": "create_contact"})).await;
    let contact = env.contact("Press desk", OTHER_LINE);
    let call = CallBody::outbound(1).to(OTHER_LINE).answered_after(3);
    env.end([&call]).await;
    assert_eq!(env.task(&call)["WhoId"], contact);
    assert_eq!(env.records("Contact").len(), 1);
}

#[tokio::test]
async fn internal_calls_and_messages_are_skipped_if_the_settings_say_so() {
    let settings = json!({"internal_calls": "do_nothing", "message_tasks": "per_conversation"});
    let env = env(settings).await;
    env.contact("Press desk", OTHER_LINE);
    env.contact("Lou Sample", "+33639980001");
    let (internal, external) = (CallBody::inbound(1).from(OTHER_LINE), CallBody::inbound(2));
    let message = MessageBody::inbound(1).with(OTHER_LINE);
    env.post(message.event()).await;
    env.end([&internal, &external]).await;
    for key in [internal.key(), message.key()] {
        check_skipped(&env, &key, "phone_number", "one of the company's own lines").await;
    }
    assert!(env.is_logged(&external) && !env.is_logged(&internal));
    assert_eq!(env.records("Task").len(), 1);
}

#[tokio::test]
async fn the_preview_says_what_becomes_of_an_internal_call() {
    let env = env(json!({"unknown_number": "create_contact"})).await;
    let call = CallBody::inbound(1).from(OTHER_LINE);
    env.end([&call]).await;
    let request = json!({"key": call.key()});
    let response = env.admin(Method::POST, "/api/preview").json(&request).send().await.unwrap();
    let preview: Value = response.json().await.unwrap();
    assert_eq!(preview["skip_reason"], "internal_call", "{preview:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_schedule_picks_up_a_new_line() {
    let running = Running::start("own-lines").await;
    let env = TestEnv::within(&running, salesforce_sandbox::Options::default()).await;
    env.connect_aircall().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let new = Line::new(1004, "New line", "+33 6 39 98 00 77", "FR", "Europe/Paris");
    env.aircall(Method::POST, "/_sandbox/numbers", json!({"id": 1004, "digits": "+33 6 39 98 00 77"})).await;
    let address = &running.stack.info().schedules["ReconcileFunctionLines"];
    assert!(env.request(address.clone()).send().await.unwrap().status().is_success());
    let call = CallBody::outbound(1).on(&new).to(OTHER_LINE);
    let back = CallBody::inbound(2).from("+33 6 39 98 00 77");
    env.end([&call, &back]).await;
    for call in [&call, &back] {
        check_skipped(&env, &call.key(), "record", "one of the company's own lines").await;
    }
    assert!(env.records("Contact").is_empty());
}
