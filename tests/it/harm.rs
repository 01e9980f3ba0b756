//! What could harm a single call: odd events, records that go, orgs that hide things.

use local::demo::bodies::{CallBody, Contact};
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::World;

/// A world with a Contact of the callers.
async fn world() -> World {
    let world = World::new().await;
    world.contact("Lou Sample", "+33639980001");
    world
}

async fn hiding(fields: &[&str]) -> World {
    let hidden_fields = fields.iter().map(|field| (*field).to_owned()).collect();
    let world = World::with(Options { hidden_fields, ..Options::default() }).await;
    world.contact("Lou Sample", "+33639980001");
    world
}

#[tokio::test]
async fn a_later_event_without_the_number_is_taken_in_all_the_same() {
    let world = world().await;
    let call = CallBody::inbound(1).commented("Later.");
    world.end([&call]).await;
    let mut commented = call.event("call.commented");
    commented["data"].as_object_mut().unwrap().remove("raw_digits");
    world.post(commented).await;
    world.settle().await;
    assert!(world.task(&call)["Description"].as_str().unwrap().contains("Later."));
}

#[tokio::test]
async fn a_session_that_is_refused_twice_is_no_dead_connection() {
    let world = world().await;
    let body = json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]);
    world.fault(json!([{"path": "/search", "status": 401, "body": body, "times": 2}])).await;
    let call = CallBody::inbound(1);
    world.end([&call]).await;
    world.task(&call);
}

#[tokio::test]
async fn all_calls_of_a_contact_that_was_deleted_meanwhile_go_to_the_next_one() {
    let world = World::new().await;
    let gone = world.contact("Lou Sample", "+33639980001");
    world.end([&CallBody::inbound(1)]).await;
    world.delete("Contact", &gone).await;
    let next = world.contact("Lou Again", "+33639980001");
    // The writer is busy while these come, so that it takes them together.
    world.contact("Nine Sample", "+33639980099");
    world.fault(json!([{"path": "/composite/sobjects", "delay_ms": 1500}])).await;
    world.post(CallBody::inbound(9).from("+33 6 39 98 00 99").event("call.ended")).await;
    let calls = [2, 3, 4, 5].map(CallBody::inbound);
    world.end(&calls).await;
    for call in &calls {
        assert_eq!(world.task(call)["WhoId"], next);
    }
}

#[tokio::test]
async fn a_tag_that_comes_while_an_answer_is_lost_reaches_the_task() {
    let world = world().await;
    let call = CallBody::inbound(1).voicemail().tagged_after(600, "Order");
    world.fault(json!([{"path": "/composite/sobjects", "drop": true, "commit": true}])).await;
    world.post(call.event("call.ended")).await;
    world.until("the answer is lost", async |world| world.faults_left().await == json!([])).await;
    world.post(call.event("call.tagged")).await;
    world.settle().await;
    let task = world.task(&call);
    assert_eq!(task["CallDisposition"], "Order");
    assert_eq!(task["Description"].as_str().unwrap().matches("Type:").count(), 1);
}

#[tokio::test]
async fn an_update_that_fails_at_first_keeps_what_was_said_of_the_call() {
    let world = world().await;
    let call = CallBody::inbound(1).tagged_after(600, "Order");
    world.end([&call]).await;
    world.fault(json!([{"path": "/query", "status": 503}])).await;
    world.post(call.event("call.tagged")).await;
    world.settle().await;
    let entry = world.activity(&call.key()).await;
    let about: Vec<&Value> = entry["trace"].as_array().unwrap().iter().map(|step| &step["about"]).collect();
    for topic in ["record", "owner", "task"] {
        assert!(about.contains(&&json!(topic)), "{entry:#}");
    }
}

#[tokio::test]
async fn an_org_that_hides_many_fields_gets_the_task_without_them() {
    let hidden =
        ["Task.CallDisposition", "Task.CallObject", "Task.Type", "Task.CallType", "Task.CallDurationInSeconds"];
    let world = hiding(&hidden).await;
    let call = CallBody::inbound(1).tagged("Order");
    world.end([&call]).await;
    assert!(world.task(&call)["Subject"].as_str().unwrap().contains("Lou Sample"));
}

#[tokio::test]
async fn an_org_that_hides_cases_gets_the_task_without_one_and_the_trace_says_so() {
    let world = hiding(&["Case.IsClosed"]).await;
    world.put_settings(json!({"relate_to": "case"})).await;
    let call = CallBody::inbound(1);
    world.end([&call]).await;
    assert_eq!(world.task(&call)["WhatId"], Value::Null);
    let trace = world.activity(&call.key()).await["trace"].to_string();
    assert!(trace.contains("does not let us look for Cases"), "{trace}");
}

#[tokio::test]
async fn an_email_that_salesforce_takes_for_none_is_left_out_of_the_new_record() {
    let world = World::new().await;
    world.put_settings(json!({"unknown_number": "create_contact"})).await;
    let call = CallBody::inbound(1).known_as(&Contact::new("Lou", "Sample").with_email("lou@localhost"));
    world.end([&call]).await;
    world.task(&call);
    assert_eq!(world.records("Contact")[0]["Email"], Value::Null);
}

#[tokio::test]
async fn a_person_account_that_search_does_not_know_yet_is_no_contact() {
    let world = World::with_person_accounts().await;
    world
        .put_settings(json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true}))
        .await;
    let person = json!({"LastName": "Roux", "IsPersonAccount": true, "PersonMobilePhone": "+33639980001"});
    world.insert_unindexed("Account", person).await;
    let options = world.tenant.org.options();
    world.tenant.org.set_options(Options { index_lag_ms: 60_000, ..options });
    let call = CallBody::inbound(1);
    world.end([&call]).await;
    let entry = world.activity(&call.key()).await;
    assert_eq!((&entry["record"]["kind"], world.records("Case").len()), (&json!("person_account"), 0), "{entry:#}");
}
