//! Problems of single calls that must not lose the call: odd events, deleted records, orgs that hide fields.

use local::demo::bodies::{CallBody, Contact};
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::TestEnv;

/// An environment with a Contact for the calls' phone number.
async fn env() -> TestEnv {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env
}

/// An environment with such a Contact, in an org that hides these fields.
async fn hiding(fields: &[&str]) -> TestEnv {
    let hidden_fields = fields.iter().map(|field| (*field).to_owned()).collect();
    let env = TestEnv::with(Options { hidden_fields, ..Options::default() }).await;
    env.contact("Lou Sample", "+33639980001");
    env
}

#[tokio::test]
async fn a_later_event_without_the_phone_number_is_still_merged() {
    let env = env().await;
    let call = CallBody::inbound(1).commented("Later.");
    env.end([&call]).await;
    let mut commented = call.event("call.commented");
    commented["data"].as_object_mut().unwrap().remove("raw_digits");
    env.post(commented).await;
    env.wait_until_idle().await;
    assert!(env.task(&call)["Description"].as_str().unwrap().contains("Later."));
}

#[tokio::test]
async fn a_session_that_is_refused_twice_does_not_count_as_a_dead_connection() {
    let env = env().await;
    let body = json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]);
    env.fault(json!([{"path": "/search", "status": 401, "body": body, "times": 2}])).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    env.task(&call);
}

#[tokio::test]
async fn all_calls_of_a_contact_that_was_deleted_meanwhile_go_to_the_next_match() {
    let env = TestEnv::new().await;
    let gone = env.contact("Lou Sample", "+33639980001");
    env.end([&CallBody::inbound(1)]).await;
    env.delete("Contact", &gone).await;
    let next = env.contact("Lou Again", "+33639980001");
    // The writer is busy while these calls arrive, so that it writes them together.
    env.contact("Nine Sample", "+33639980099");
    env.fault(json!([{"path": "/composite/sobjects", "delay_ms": 1500}])).await;
    env.post(CallBody::inbound(9).from("+33 6 39 98 00 99").event("call.ended")).await;
    let calls = [2, 3, 4, 5].map(CallBody::inbound);
    env.end(&calls).await;
    for call in &calls {
        assert_eq!(env.task(call)["WhoId"], next);
    }
}

#[tokio::test]
async fn a_tag_that_arrives_while_a_response_is_lost_reaches_the_task() {
    let env = env().await;
    let call = CallBody::inbound(1).voicemail().tagged_after(600, "Order");
    env.fault(json!([{"path": "/composite/sobjects", "drop": true, "commit": true}])).await;
    env.post(call.event("call.ended")).await;
    env.until("the response is lost", async |env| env.faults_left().await == json!([])).await;
    env.post(call.event("call.tagged")).await;
    env.wait_until_idle().await;
    let task = env.task(&call);
    assert_eq!(task["CallDisposition"], "Order");
    assert_eq!(task["Description"].as_str().unwrap().matches("Type:").count(), 1);
}

#[tokio::test]
async fn an_update_that_fails_at_first_keeps_the_trace_of_the_call() {
    let env = env().await;
    let call = CallBody::inbound(1).tagged_after(600, "Order");
    env.end([&call]).await;
    env.fault(json!([{"path": "/query", "status": 503}])).await;
    env.post(call.event("call.tagged")).await;
    env.wait_until_idle().await;
    let entry = env.activity(&call.key()).await;
    let about: Vec<&Value> = entry["trace"].as_array().unwrap().iter().map(|step| &step["about"]).collect();
    for topic in ["record", "owner", "task"] {
        assert!(about.contains(&&json!(topic)), "{entry:#}");
    }
}

#[tokio::test]
async fn an_org_that_hides_many_fields_gets_the_task_without_them() {
    let hidden =
        ["Task.CallDisposition", "Task.CallObject", "Task.Type", "Task.CallType", "Task.CallDurationInSeconds"];
    let env = hiding(&hidden).await;
    let call = CallBody::inbound(1).tagged("Order");
    env.end([&call]).await;
    assert!(env.task(&call)["Subject"].as_str().unwrap().contains("Lou Sample"));
}

#[tokio::test]
async fn an_org_that_hides_cases_gets_the_task_without_one_and_the_trace_says_so() {
    let env = hiding(&["Case.IsClosed"]).await;
    env.put_settings(json!({"relate_to": "case"})).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_eq!(env.task(&call)["WhatId"], Value::Null);
    let trace = env.activity(&call.key()).await["trace"].to_string();
    assert!(trace.contains("does not let us look for Cases"), "{trace}");
}

#[tokio::test]
async fn an_email_that_salesforce_rejects_is_left_out_of_the_new_record() {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let call = CallBody::inbound(1).known_as(&Contact::new("Lou", "Sample").with_email("lou@localhost"));
    env.end([&call]).await;
    env.task(&call);
    assert_eq!(env.records("Contact")[0]["Email"], Value::Null);
}

#[tokio::test]
async fn a_person_account_that_is_not_indexed_yet_is_not_mistaken_for_a_contact() {
    let env = TestEnv::with_person_accounts().await;
    env.put_settings(json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true}))
        .await;
    let person = json!({"LastName": "Roux", "IsPersonAccount": true, "PersonMobilePhone": "+33639980001"});
    env.insert_unindexed("Account", person).await;
    let options = env.tenant.org.options();
    env.tenant.org.set_options(Options { index_lag_ms: 60_000, ..options });
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    let entry = env.activity(&call.key()).await;
    assert_eq!((&entry["record"]["kind"], env.records("Case").len()), (&json!("person_account"), 0), "{entry:#}");
}
