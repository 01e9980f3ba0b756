//! Requests whose answers are lost or come late, events that come before the retry, and people who write meanwhile.

use std::sync::Arc;
use std::time::Duration;

use local::demo::bodies::{CallBody, MessageBody};
use reqwest::{Method, StatusCode};
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

const TASK: &str = "/sobjects/Task/";
const CREATE: &str = "/composite/sobjects";
const GRAPH: &str = "/composite/graph";

/// An answer that is lost, although the request takes effect at once.
fn lost(method: &str, path: &str) -> Value {
    json!([{"method": method, "path": path, "drop": true, "commit": true}])
}

/// A request that is given up and takes effect later.
fn late(method: &str, path: &str, after_ms: u64) -> Value {
    json!([{"method": method, "path": path, "drop": true, "effect_after_ms": after_ms}])
}

/// An org in which `+33639980001` is the phone number of a Contact.
async fn env() -> TestEnv {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env
}

fn message(n: u64, text: &str) -> Value {
    MessageBody::inbound(n).saying(text).event()
}

/// The same with a conversation whose Task has one message.
async fn conversation_env() -> TestEnv {
    let env = env().await;
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    env.post(message(1, "The first.")).await;
    env.wait_until_idle().await;
    env
}

/// An org without the key field, in a stack that waits seconds instead of minutes for late effects.
async fn unkeyed_env(running: &Arc<Running>) -> TestEnv {
    let env = TestEnv::within(running, Options { unique_key_field: false, ..Options::default() }).await;
    env.contact("Lou Sample", "+33639980001");
    env
}

/// A stack in which late effects come within this many seconds.
async fn stack_with_late_effects(name: &str, seconds: u32) -> Arc<Running> {
    let parameters = vec![("LateEffectSeconds".to_owned(), seconds.to_string())];
    Running::start_with(name, local::Options { parameters, ..Default::default() }).await
}

fn description(task: &Value) -> String {
    task["Description"].as_str().expect("a description").to_owned()
}

#[track_caller]
fn assert_each_once(text: &str, parts: &[&str]) {
    for part in parts {
        assert_eq!(text.matches(part).count(), 1, "{part}: {text}");
    }
}

/// Waits until the only entry has this problem.
async fn until_postponed(env: &TestEnv, code: &str) {
    env.until(code, async |env| env.entries().await.first().is_some_and(|entry| entry["problem"]["code"] == code))
        .await;
}

/// The tags are replaced a minute after `event`.
fn retagged(mut event: Value, tags: &[&str]) -> Value {
    event["event"] = json!("call.tagged");
    event["timestamp"] = json!(event["timestamp"].as_i64().unwrap() + 60);
    event["data"]["tags"] = tags.iter().map(|name| json!({"id": 1, "name": name})).collect();
    event
}

#[tokio::test]
async fn an_event_between_a_lost_answer_and_its_retry_says_nothing_twice_and_keeps_no_old_tag() {
    let env = env().await;
    let call = CallBody::inbound(1).tagged_after(300, "Order").commented_after(300, "Wants two more.");
    env.end([&call]).await;
    env.fault(lost("PATCH", TASK)).await;
    env.post(call.event("call.commented")).await;
    env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
    let call = call.commented_after(330, "Rang back.");
    env.post(call.event("call.commented")).await;
    env.post(retagged(call.event("call.commented"), &["Repair"])).await;
    env.wait_until_idle().await;
    let task = env.task(&call);
    assert_each_once(&description(&task), &["Wants two more.", "Rang back.", "Tags:"]);
    assert_eq!(task["CallDisposition"], "Repair");
}

#[tokio::test]
async fn two_equal_comments_are_both_there_when_the_answers_to_the_create_and_to_an_update_are_lost() {
    let env = env().await;
    let call = CallBody::inbound(1).commented_after(60, "Wants two more.");
    env.fault(lost("POST", CREATE)).await;
    env.post(call.event("call.ended")).await;
    env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
    env.fault(lost("PATCH", TASK)).await;
    env.post(call.event("call.commented")).await;
    env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
    let call = call.commented_after(61, "Wants two more.");
    env.post(call.event("call.commented")).await;
    env.wait_until_idle().await;
    let text = description(&env.task(&call));
    assert_eq!(text.matches("Wants two more.").count(), 2, "{text}");
}

#[tokio::test]
async fn a_create_that_takes_effect_after_the_next_call_of_the_number_makes_no_second_contact_or_case() {
    let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
    let check = async |after_ms: u64| {
        let env = TestEnv::with(Options { index_lag_ms: 60_000, ..Options::default() }).await;
        env.put_settings(settings.clone()).await;
        env.fault(late("POST", GRAPH, after_ms)).await;
        let (one, other) = (CallBody::inbound(1), CallBody::outbound(2));
        env.post(one.event("call.ended")).await;
        env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
        env.post(other.event("call.ended")).await;
        env.wait_until_idle().await;
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
        let (contacts, cases) = (env.records("Contact"), env.records("Case"));
        assert_eq!((contacts.len(), cases.len(), env.records("Task").len()), (1, 1, 2), "{after_ms} ms");
        for call in [one, other] {
            let task = env.task(&call);
            assert_eq!([&task["WhoId"], &task["WhatId"]], [&contacts[0]["Id"], &cases[0]["Id"]]);
        }
    };
    tokio::join!(check(200), check(1_900), check(6_000));
}

#[tokio::test]
async fn a_case_that_a_late_create_makes_is_not_made_again_where_the_org_takes_one_record_at_a_time() {
    let env = env().await;
    env.put_settings(json!({"relate_to": "case", "create_case_if_none": true})).await;
    let calls: Vec<_> = (1..=5).map(CallBody::inbound).collect();
    env.fault(late("POST", GRAPH, 5_000)).await;
    env.post(calls[4].event("call.ended")).await;
    env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
    env.hold_writer().await;
    env.post_all(calls[..4].iter().map(|call| call.event("call.ended"))).await;
    env.wait_for_empty_queues().await;
    let write_size = json!({"M": {
        "value": {"M": {"records": {"N": "1"}, "successes": {"N": "0"}}},
        "at": {"N": jiff::Timestamp::now().as_second().to_string()},
    }});
    let learned =
        json!({"UpdateExpression": "SET facts.write_size = :size", "ExpressionAttributeValues": {":size": write_size}});
    env.update_tenant(learned).await;
    // The Task of the late create is written after the others, if nothing puts it first.
    env.tenant.org.set_options(Options { write_ms: 1_000, ..Options::default() });
    env.make_due(&calls[4].key()).await;
    env.break_lease().await;
    env.wake().await;
    env.wait_until_idle().await;
    assert_eq!((env.records("Case").len(), env.records("Task").len()), (1, 5));
}

#[tokio::test]
async fn a_case_that_is_created_late_stays_the_only_one_of_its_contact() {
    let env = env().await;
    env.put_settings(json!({"relate_to": "case", "create_case_if_none": true})).await;
    env.fault(late("POST", GRAPH, 5_000)).await;
    let (one, other) = (CallBody::inbound(1), CallBody::outbound(2));
    env.post(one.event("call.ended")).await;
    env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
    env.post(other.event("call.ended")).await;
    env.wait_until_idle().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!((env.records("Case").len(), env.records("Task").len()), (1, 2));
    assert_eq!(env.task(&one)["WhatId"], env.task(&other)["WhatId"]);
}

#[tokio::test]
async fn an_update_that_lands_after_a_newer_one_takes_nothing_back() {
    let env = conversation_env().await;
    env.fault(late("PATCH", TASK, 6_000)).await;
    env.post(message(2, "The second.")).await;
    env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
    env.post(message(3, "The third.")).await;
    env.wait_until_idle().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let tasks = env.records("Task");
    assert_eq!(tasks.len(), 1);
    assert_each_once(&description(&tasks[0]), &["The first.", "The second.", "The third."]);
}

#[tokio::test]
async fn a_tag_that_an_abandoned_update_would_bring_back_is_gone_in_the_end() {
    let running = stack_with_late_effects("late-tag", 6).await;
    let env = TestEnv::within(&running, Options::default()).await;
    env.contact("Lou Sample", "+33639980001");
    let call = CallBody::inbound(1).tagged_after(300, "Order");
    env.end([&call]).await;
    env.fault(late("PATCH", TASK, 4_000)).await;
    env.post(call.event("call.tagged")).await;
    env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
    env.post(retagged(call.event("call.tagged"), &[])).await;
    env.wait_until_idle().await;
    let task = env.task(&call);
    assert_eq!((&task["CallDisposition"], description(&task).contains("Tags:")), (&Value::Null, false));
}

#[tokio::test]
async fn what_a_person_saves_between_our_look_and_our_update_is_kept() {
    let env = env().await;
    let call = CallBody::inbound(1).commented_after(300, "Wants two more.");
    env.end([&call]).await;
    let id = env.task(&call)["Id"].as_str().unwrap().to_owned();
    tokio::time::sleep(Duration::from_secs(3)).await;
    // The update arrives a second after the look.
    env.fault(json!([{"method": "PATCH", "path": TASK, "delay_ms": 1_500}])).await;
    env.post(call.event("call.commented")).await;
    env.until("the update is on its way", async |env| env.faults_left().await == json!([])).await;
    env.tenant.org.insert("Task", json!({"Subject": "Another Task"})).unwrap();
    env.edit("Task", &id, json!({"Description": "I spoke to them.", "Subject": "Mine"})).await;
    env.wait_until_idle().await;
    let task = env.task(&call);
    assert_each_once(&description(&task), &["I spoke to them.", "Wants two more."]);
    assert_eq!(task["Subject"], "Mine");
}

#[tokio::test]
async fn without_the_key_field_a_create_that_was_given_up_is_waited_for_whatever_comes_meanwhile() {
    let running = stack_with_late_effects("late-unkeyed", 8).await;
    let env = unkeyed_env(&running).await;
    let call = CallBody::inbound(1).commented_after(60, "Wants two more.");
    // Longer than the writer waits for an answer.
    env.fault(json!([{"path": CREATE, "delay_ms": 30_000}])).await;
    env.post(call.event("call.ended")).await;
    until_postponed(&env, "UNANSWERED").await;
    env.post(call.event("call.commented")).await;
    env.wait_until_idle().await;
    let tasks = env.records("Task");
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    assert_each_once(&description(&tasks[0]), &["Wants two more."]);
}

#[tokio::test]
async fn without_the_key_field_the_task_of_a_call_whose_clock_is_ahead_is_found() {
    let running = Running::shared();
    let env = unkeyed_env(&running).await;
    let ahead = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(40);
    let call = CallBody::inbound(1).at(ahead);
    env.fault(lost("POST", CREATE)).await;
    env.end([&call]).await;
    assert_eq!(env.records("Task").len(), 1);
}

#[tokio::test]
async fn a_task_that_was_written_without_the_key_field_is_found_when_the_field_is_set_up_before_the_retry() {
    let env = unkeyed_env(&Running::shared()).await;
    // The writer learns that the org lacks the field.
    env.end([&CallBody::inbound(9)]).await;
    let call = CallBody::inbound(1);
    env.fault(lost("POST", CREATE)).await;
    env.post(call.event("call.ended")).await;
    env.until("the answer is lost", async |env| env.faults_left().await == json!([])).await;
    let answer = env.admin(Method::POST, "/api/connections/salesforce/set-up").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
    env.wait_until_idle().await;
    let tasks = env.records("Task");
    assert_eq!(tasks.iter().filter(|task| task["CallObject"] == call.key()).count(), 1, "{tasks:#?}");
}

#[tokio::test]
async fn later_messages_of_a_conversation_whose_task_a_person_deleted_become_a_new_task() {
    let env = conversation_env().await;
    let deleted = env.records("Task")[0]["Id"].as_str().unwrap().to_owned();
    env.delete("Task", &deleted).await;
    for (n, text) in [(2, "The second."), (3, "The third.")] {
        env.post(message(n, text)).await;
        env.wait_until_idle().await;
    }
    let tasks = env.records("Task");
    assert_eq!(tasks.len(), 1);
    let text = description(&tasks[0]);
    assert_each_once(&text, &["The second.", "The third."]);
    assert!(!text.contains("The first."), "{text}");
    let entry = env.entries().await[0].clone();
    assert_eq!((&entry["state"], &entry["task_id"]), (&json!("logged"), &tasks[0]["Id"]));
}

#[tokio::test]
async fn an_update_that_is_refused_as_if_the_task_were_deleted_is_written_if_it_is_not() {
    for code in ["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"] {
        let env = env().await;
        let call = CallBody::inbound(1).commented_after(300, "Wants two more.");
        env.end([&call]).await;
        let error = json!({"code": code, "message": "entity is deleted"});
        env.fault(json!([{"record": {"sobject": "Task"}, "error": error}])).await;
        env.post(call.event("call.commented")).await;
        env.wait_until_idle().await;
        assert_each_once(&description(&env.task(&call)), &["Wants two more."]);
    }
}

#[tokio::test]
async fn one_call_that_hits_a_limit_does_not_pause_the_org() {
    let env = env().await;
    let error = json!({"code": "LIMIT_EXCEEDED", "message": "Apex CPU time limit exceeded"});
    let poisoned = CallBody::inbound(1);
    let fault = json!({"record": {"sobject": "Task", "matches": poisoned.key()}, "times": 50, "error": error});
    env.fault(json!([fault])).await;
    env.post(poisoned.event("call.ended")).await;
    until_postponed(&env, "LIMIT_EXCEEDED").await;
    let other = CallBody::inbound(2);
    env.post(other.event("call.ended")).await;
    env.until("the other call is logged", async |env| env.is_logged(&other)).await;
    assert_eq!(env.connection().await["state"], "connected");
}
