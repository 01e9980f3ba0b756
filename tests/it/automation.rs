//! What an org's own machinery does to a write: triggers that are not made for many records, read-only windows, and duplicate
//! rules.

use local::demo::bodies::{CallBody, Contact};
use reqwest::Method;
use salesforce_sandbox::{DuplicateAction, DuplicateRule, Options};
use serde_json::{Value, json};

use crate::support::TestEnv;

/// The phone number of the n-th caller.
fn phone(n: u64) -> String {
    format!("+33 6 39 98 {:02} {:02}", 10 + n / 100, n % 100)
}

fn calls(numbers: std::ops::Range<u64>) -> Vec<CallBody> {
    numbers.map(|n| CallBody::inbound(n).from(&phone(n)).answered_after(5)).collect()
}

async fn write(env: &TestEnv, calls: &[CallBody]) {
    env.write_together(calls.iter().map(|call| call.event("call.ended"))).await;
}

/// The requests to a resource.
async fn requests(env: &TestEnv, calls: &[CallBody], resource: &str) -> usize {
    let count = env.calls_for(write(env, calls)).await;
    count.count("POST", resource)
}

#[tokio::test]
async fn a_trigger_that_takes_few_records_costs_no_call_and_is_remembered() {
    let env = TestEnv::with(Options { max_records_per_write: 10, ..Options::default() }).await;
    for n in 0..100 {
        env.contact(&format!("Sample {n}"), &phone(n));
    }
    let first = requests(&env, &calls(0..50), "/composite/sobjects").await;
    let second = requests(&env, &calls(50..100), "/composite/sobjects").await;
    assert_eq!(env.records("Task").len(), 100);
    for call in &calls(0..100) {
        env.task(call);
    }
    assert!(first <= 13 && second <= 11, "{first}, {second}");

    // The trigger is mended.
    env.tenant.org.set_options(Options::default());
    let more: Vec<CallBody> = (100..140).map(|n| CallBody::inbound(n).from(&phone(n - 100))).collect();
    write(&env, &more).await;
    assert_eq!(env.records("Task").len(), 140);
}

#[tokio::test]
async fn such_a_trigger_costs_no_new_record_either() {
    let env = TestEnv::with(Options { max_records_per_write: 3, ..Options::default() }).await;
    let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
    env.put_settings(settings).await;
    let mut calls = calls(0..12);
    // Five of one number, which share a Contact and a Case.
    calls.extend((12..17).map(|n| CallBody::inbound(n).from(&phone(50))));
    write(&env, &calls).await;
    let (tasks, contacts, cases) = (env.records("Task"), env.records("Contact"), env.records("Case"));
    assert_eq!((tasks.len(), contacts.len(), cases.len()), (17, 13, 13));
    for call in &calls {
        env.task(call);
    }

    // Later data of all of them.
    env.write_together(calls.iter().map(|call| call.clone().tagged_after(600, "Order").event("call.tagged"))).await;
    assert!(env.records("Task").iter().all(|task| task["CallDisposition"] == "Order"));
}

#[tokio::test]
async fn a_trigger_that_fails_for_every_record_uses_few_requests() {
    let env = TestEnv::new().await;
    for n in 0..40 {
        env.contact(&format!("Sample {n}"), &phone(n));
    }
    let error =
        json!({"code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "Notify: a null pointer", "fields": []});
    env.fault(json!([{"record": {"sobject": "Task"}, "error": error, "times": 100_000}])).await;
    let calls = calls(0..40);
    let counted = env.calls_for(env.begin_together(calls.iter().map(|call| call.event("call.ended")))).await;
    env.until("some have failed", async |env| env.entries().await.iter().any(|entry| entry["state"] == "failed")).await;
    assert!(counted.count("POST", "/composite/sobjects") <= 12, "{counted:#?}");
    env.clear_faults().await;
    // Those that were left are tried again by themselves, the others by the admin.
    let answer = env.admin(Method::POST, "/api/activity/retry-failed").json(&json!({})).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    env.until("all are logged", async |env| env.records("Task").len() == 40).await;
}

#[tokio::test]
async fn a_read_only_window_pauses_the_org() {
    let env = TestEnv::with(Options { read_only: true, ..Options::default() }).await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    env.contact("Lou Sample", &phone(0));
    env.begin_together(calls(0..2).iter().map(|call| call.event("call.ended"))).await;
    env.until("it is paused", async |env| env.connection().await["state"] == "paused").await;
    let reason = env.connection().await["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"), "{reason}");
    assert!(env.entries().await.iter().all(|entry| entry["state"] == "pending"));

    env.tenant.org.set_options(Options::default());
    env.forget_connection_state().await;
    for key in ["call-0", "call-1"] {
        env.make_due(key).await;
    }
    env.wake().await;
    env.wait_until_idle().await;
    assert_eq!((env.records("Task").len(), env.records("Contact").len()), (2, 2));
}

#[tokio::test]
async fn a_code_that_nobody_knows_is_tried_for_an_hour() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", &phone(1));
    let error = json!({"code": "A_CODE_OF_TOMORROW", "message": "Something new", "fields": []});
    env.fault(json!([{"record": {"sobject": "Task"}, "error": error, "times": 100_000}])).await;
    let call = &calls(1..2)[0];
    env.post(call.event("call.ended")).await;
    let reason = "Waiting to try again: Something new (A_CODE_OF_TOMORROW).";
    env.until("it is tried again", async |env| env.entries().await.iter().any(|entry| entry["reason"] == reason)).await;
    env.hold_writer().await;

    let hour_ago = (jiff::Timestamp::now().as_second() - 3_600).to_string();
    let update = json!({
        "TableName": env.table("CallsTable"),
        "Key": {"tenant": {"S": env.tenant.tenant}, "key": {"S": "call-1"}},
        "UpdateExpression": "SET problem.since = :since, due_at = :since",
        "ConditionExpression": "#state = :pending",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":since": {"N": hour_ago}, ":pending": {"S": "pending"}},
    });
    assert!(env.update_if(&update).await);
    env.release_writer().await;
    env.until("it has failed", async |env| env.activity("call-1").await["state"] == "failed").await;
    assert!(env.activity("call-1").await["reason"].as_str().unwrap().starts_with("Something new"));
}

fn rule(field: &str, action: DuplicateAction, names_record: bool) -> Options {
    let rule = DuplicateRule { sobject: "Contact".to_owned(), fields: vec![field.to_owned()], action, names_record };
    Options { duplicate_rules: vec![rule], ..Options::default() }
}

async fn env_with(options: Options) -> TestEnv {
    let env = TestEnv::with(options).await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    env
}

fn lou() -> CallBody {
    CallBody::inbound(1).known_as(&Contact::new("Lou", "Sample").with_email("lou@example.com"))
}

/// The Contacts but for the one that was there.
fn created(env: &TestEnv, known: &str) -> Vec<Value> {
    env.records("Contact").into_iter().filter(|contact| contact["Id"] != known).collect()
}

#[tokio::test]
async fn a_duplicate_with_another_number_is_somebody_else() {
    let env = env_with(rule("LastName", DuplicateAction::Alert, true)).await;
    let other = env.insert("Contact", json!({"LastName": "Sample", "Phone": "+14155550132"}));
    env.end([&lou()]).await;
    let created = created(&env, &other);
    assert_eq!((created.len(), &env.task(&lou())["WhoId"]), (1, &created[0]["Id"]));
    assert!(env.finding(&lou().key(), "record").await.contains("created all the same"));
}

#[tokio::test]
async fn a_duplicate_with_the_number_or_none_is_used() {
    for phones in [json!({}), json!({"HomePhone": "06 39 98 00 01"})] {
        // The search does not list it, nor does the query find it.
        let env = env_with(Options { index_lag_ms: 600_000, ..rule("LastName", DuplicateAction::Block, true) }).await;
        let mut record = json!({"LastName": "Sample"});
        record.as_object_mut().unwrap().extend(phones.as_object().unwrap().clone());
        let known = env.insert("Contact", record);
        env.end([&lou()]).await;
        assert_eq!((created(&env, &known).len(), &env.task(&lou())["WhoId"]), (0, &json!(known)));
        if phones == json!({}) {
            let finding = env.finding(&lou().key(), "record").await;
            assert!(finding.contains("The duplicate rule Sandbox_Contact_Rule"), "{finding}");
        }
    }
}

#[tokio::test]
async fn a_rule_that_names_no_record_alerts_or_blocks() {
    let env = env_with(rule("Email", DuplicateAction::Alert, false)).await;
    let other = env.insert("Contact", json!({"LastName": "Other", "Email": "lou@example.com"}));
    env.end([&lou()]).await;
    assert_eq!(created(&env, &other).len(), 1);
    env.task(&lou());

    let env = env_with(rule("Email", DuplicateAction::Block, false)).await;
    env.insert("Contact", json!({"LastName": "Other", "Email": "lou@example.com"}));
    env.end([&lou()]).await;
    let entry = env.activity("call-1").await;
    let reason = entry["reason"].as_str().unwrap();
    assert!(entry["state"] == "failed" && reason.contains("Sandbox_Contact_Rule"), "{entry:#}");
    assert!(reason.contains("An admin of Salesforce"), "{reason}");
}
