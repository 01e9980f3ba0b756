//! Outage triage: tells errors of one call from errors of a part of the org or of the whole org.
//!
//! Calls wait for an org that is down, and only errors of their own count as attempts.

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::{CallBody, Contact, User};
use salesforce_sandbox::{DuplicateAction, DuplicateRule, Options};
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

const PHONE: &str = "+33639980001";

/// An environment in a stack of its own, with one writer process and a Contact with [`PHONE`].
async fn alone(name: &str, options: Options) -> TestEnv {
    let env = TestEnv::within(&Running::start(name).await, options).await;
    env.contact("Lou Sample", PHONE);
    env
}

/// Waits until the org is paused.
async fn wait_until_paused(env: &TestEnv) {
    env.until("the org is paused", async |env| env.connection().await["state"] == "paused").await;
}

/// When a pending entry is due.
async fn due_at(env: &TestEnv, call: &CallBody) -> Timestamp {
    let entry = env.activity(&call.key()).await;
    let at = entry["due_at"].as_i64().unwrap_or_else(|| panic!("the entry is not pending: {entry:#}"));
    Timestamp::from_second(at).unwrap()
}

#[tokio::test]
async fn an_org_whose_search_is_down_is_paused_and_no_call_fails() {
    let env = alone("search-is-down", Options::default()).await;
    let down = json!({"path": "/search", "status": 503, "body": "<html>Service Unavailable</html>", "times": 1000});
    env.fault(json!([down])).await;
    let calls: Vec<_> = (1..=40).map(CallBody::inbound).collect();
    env.begin_together(calls.iter().map(|call| call.event("call.ended"))).await;
    wait_until_paused(&env).await;
    let entries = env.entries().await;
    assert!(entries.iter().all(|entry| entry["state"] == "pending"), "{entries:#?}");

    env.clear_faults().await;
    env.wait_until_idle().await;
    for call in &calls {
        env.task(call);
    }
}

#[tokio::test]
async fn an_org_that_is_too_slow_for_every_request_is_paused() {
    let env = alone("too-slow", Options::default()).await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    env.fault(json!([{"path": "/services/data", "delay_ms": 13_500, "times": 1000}])).await;
    let mut env = env;
    env.timeout = std::time::Duration::from_mins(3);
    env.post(CallBody::inbound(1).from("+33 6 39 98 00 02").event("call.ended")).await;
    wait_until_paused(&env).await;
    assert_eq!(env.activity("call-1").await["state"], "pending");
}

#[tokio::test]
async fn without_the_key_field_a_timed_out_write_is_not_retried_while_it_may_still_take_effect() {
    let env = alone("given-up", Options { unique_key_field: false, ..Options::default() }).await;
    // After this call the writer knows that the field is missing.
    env.end([&CallBody::inbound(1)]).await;
    env.fault(json!([{"path": "/composite/sobjects", "delay_ms": 34_000, "commit": true}])).await;
    let call = CallBody::inbound(2);
    env.post(call.event("call.ended")).await;
    let has_timed_out = |entry: &Value| entry["key"] == call.key() && entry["problem"]["code"] == "UNANSWERED";
    env.until("the write has timed out", async |env| env.entries().await.iter().any(has_timed_out)).await;
    let wait = due_at(&env, &call).await.duration_since(Timestamp::now());
    assert!(wait > SignedDuration::from_mins(9) && wait <= SignedDuration::from_mins(11), "{wait}");

    env.until("the write took effect", async |env| env.records("Task").len() == 2).await;
    env.make_due(&call.key()).await;
    env.wake().await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 2);
    assert_eq!(env.activity(&call.key()).await["state"], "logged");
}

#[tokio::test]
async fn a_limit_that_one_record_hits_does_not_pause_the_org_while_others_are_written() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", PHONE);
    let error = json!({"code": "LIMIT_EXCEEDED", "message": "A limit of this one"});
    env.fault(json!([{"record": {"sobject": "Task", "matches": "\"call-1\""}, "times": 99, "error": error}])).await;
    let calls = [CallBody::inbound(1), CallBody::inbound(2)];
    env.begin_together(calls.iter().map(|call| call.event("call.ended"))).await;
    env.until("the other is logged", async |env| env.activity("call-2").await["state"] == "logged").await;
    env.until("the record was attempted", async |env| {
        env.activity("call-1").await["problem"]["code"] == "LIMIT_EXCEEDED"
    })
    .await;
    assert_eq!(env.activity("call-1").await["state"], "pending");
    assert_eq!(env.connection().await["state"], "connected");
}

#[tokio::test]
async fn an_org_that_answers_again_is_connected_even_if_there_is_nothing_to_write() {
    let env = TestEnv::new().await;
    let down = |path: &str| json!({"path": path, "status": 503, "body": "<html>Service Unavailable</html>"});
    env.fault(json!([down("/search"), down("/query")])).await;
    let call = CallBody::inbound(1);
    env.post(call.event("call.ended")).await;
    wait_until_paused(&env).await;
    env.wait_until_idle().await;
    assert_eq!(env.activity(&call.key()).await["state"], "skipped");
    assert_eq!(env.connection().await["state"], "connected");
}

#[tokio::test]
async fn an_org_that_has_moved_is_found_again() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", PHONE);
    let gone = json!({"path": "/services/data", "status": 404, "body": "<html>URL No Longer Exists</html>"});
    env.fault(json!([gone])).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    env.task(&call);
    assert_eq!(env.faults_left().await, json!([]));
}

#[tokio::test]
async fn lookup_results_are_reused_while_fields_and_owners_are_fixed() {
    let env = alone("kept", Options::default()).await;
    let email = "robin.rep@example.com";
    let robin = env.insert("User", json!({"Username": email, "LastName": "Rep", "Email": email}));
    let by_robin =
        |id| CallBody::inbound(id).answered_after(5).by(&User::new(2002, "Robin Rep", email)).tagged("Order");
    env.end([&by_robin(1)]).await;
    let hidden_fields = ["Task.CallDisposition", "Task.CallType"].map(str::to_owned).to_vec();
    env.tenant.org.set_options(Options { hidden_fields, ..env.tenant.org.options() });
    env.edit("User", &robin, json!({"IsActive": false})).await;
    let calls = env.calls_for(env.end([&by_robin(2)])).await;
    let task = env.task(&by_robin(2));
    assert_eq!(task["OwnerId"], env.tenant.org.admin_user_id());
    assert_eq!([&task["CallDisposition"], &task["CallType"]], [&Value::Null; 2]);
    println!("two hidden fields and a deactivated user: {} API calls: {:?}", calls.total, calls.by_resource);
    assert_eq!(
        Ok(calls.count("POST", "/composite/sobjects")),
        usize::try_from(calls.total),
        "nothing is queried again: {calls:#?}"
    );
}

#[tokio::test]
async fn a_user_whom_salesforce_does_not_know_is_not_queried_for_each_call() {
    let env = alone("no-such-user", Options::default()).await;
    let stranger = User::new(2002, "Robin Rep", "nobody.here@example.com");
    let call = |id| CallBody::inbound(id).answered_after(5).by(&stranger);
    env.end([&call(1)]).await;
    let second = env.calls_for(env.end([&call(2)])).await;
    assert_eq!(second.total, 1, "{second:#?}");
}

#[tokio::test]
async fn an_error_that_all_records_hit_counts_as_no_calls_attempt() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", PHONE);
    let error = json!({"code": "STORAGE_LIMIT_EXCEEDED", "message": "storage limit exceeded"});
    env.fault(json!([{"record": {"sobject": "Task"}, "times": 1000, "error": error}])).await;
    let calls = [CallBody::inbound(1), CallBody::inbound(2)];
    env.begin_together(calls.iter().map(|call| call.event("call.ended"))).await;
    wait_until_paused(&env).await;
    for entry in env.entries().await {
        assert_eq!((&entry["state"], &entry["attempts"]), (&json!("pending"), &json!(0)), "{entry:#}");
    }
}

#[tokio::test]
async fn a_collection_that_is_refused_for_a_link_field_is_not_written_without_it() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", PHONE);
    let body = json!([{"errorCode": "INVALID_FIELD", "message": "No such column 'WhoId' on sobject of type Task"}]);
    env.fault(json!([{"path": "/composite/sobjects", "status": 400, "body": body}])).await;
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    assert_eq!(env.activity(&call.key()).await["state"], "failed");
    assert!(env.records("Task").is_empty());
    assert_eq!(env.connection().await["warnings"], json!([]));
}

#[tokio::test]
async fn records_that_a_duplicate_rule_names_are_queried_together_and_cached() {
    let rule = DuplicateRule {
        sobject: "Contact".into(),
        fields: vec!["Email".into()],
        action: DuplicateAction::Block,
        names_record: true,
    };
    let options = Options { duplicate_rules: vec![rule], ..Options::default() };
    let env = TestEnv::within(&Running::start("named").await, options).await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let call = |id: u64, n: u64| {
        let person = Contact::new("Lou", "Sample").with_email(&format!("lou{n}@example.com"));
        CallBody::inbound(id).from(&format!("+33 6 39 98 10 {n:02}")).known_as(&person)
    };
    for n in 0..40 {
        env.insert("Contact", json!({"LastName": "Sample", "Email": format!("lou{n}@example.com")}));
    }
    let calls: Vec<_> = (0..40).map(|n| call(n + 1, n)).collect();
    let work = env.write_together(calls.iter().map(|call| call.event("call.ended")));
    let cost = env.calls_for(work).await;
    println!(
        "40 phone numbers of records that a duplicate rule names: {} API calls: {:?}",
        cost.total, cost.by_resource
    );
    assert!(cost.total <= 15, "{cost:#?}");
    for call in &calls {
        env.task(call);
    }
    assert_eq!(env.records("Contact").len(), 40);
    // Their phone numbers are cached now.
    let again = env.calls_for(env.end([&call(100, 7)])).await;
    assert_eq!(again.total, 1, "{again:#?}");
}

#[tokio::test]
async fn setting_up_the_key_field_while_a_call_waits_does_not_log_it_twice() {
    let env = alone("set-up-meanwhile", Options { unique_key_field: false, ..Options::default() }).await;
    env.end([&CallBody::inbound(1)]).await;
    env.fault(json!([{"path": "/composite/sobjects", "status": 503, "commit": true}])).await;
    let call = CallBody::inbound(2);
    env.begin_together([call.event("call.ended")]).await;
    env.until("the Task was written and the response lost", async |env| env.records("Task").len() == 2).await;
    let set_up = env.admin(reqwest::Method::POST, "/api/connections/salesforce/set-up").json(&json!({}));
    assert!(set_up.send().await.unwrap().status().is_success());
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 2);
    assert_eq!(env.activity(&call.key()).await["state"], "logged");
}

#[tokio::test]
async fn an_address_that_keeps_answering_404_costs_one_refresh_per_attempt() {
    let options = Options { rotate_refresh_tokens: true, ..Options::default() };
    let env = TestEnv::with(options).await;
    env.contact("Lou Sample", PHONE);
    let gone = json!({"path": "/services/data", "status": 404, "body": "<html>Not here</html>", "times": 3});
    env.fault(json!([gone])).await;
    let call = CallBody::inbound(1);
    // Search, refresh, search again, and then the probe whether the org answers, without another refresh.
    env.post(call.event("call.ended")).await;
    wait_until_paused(&env).await;
    env.wait_until_idle().await;
    env.task(&call);
}
