//! In a collection or among bundles of 200, one bad record never affects the others.

use local::demo::bodies::CallBody;
use reqwest::StatusCode;
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Refuses, TestEnv};

/// The index and id of the bad call.
const BAD: usize = 17;

/// 200 calls of five known Contacts; the bad call has a tag of its own.
async fn env_with_calls() -> (TestEnv, Vec<CallBody>) {
    let env = TestEnv::new().await;
    (0..5).for_each(|n| drop(env.contact(&format!("Sample {n}"), &format!("+3363998000{n}"))));
    let call = |id: usize| {
        let call = CallBody::inbound(id as u64).from(&format!("+33 6 39 98 00 0{}", id % 5));
        if id == BAD { call.tagged("Bad") } else { call.tagged("Fine") }
    };
    (env, (0..200).map(call).collect())
}

/// 200 calls of as many unknown phone numbers, each of which becomes a Contact.
async fn unknown() -> (TestEnv, Vec<CallBody>) {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let call =
        |id: usize| CallBody::inbound(id as u64).from(&format!("+33 6 39 98 {:02} {:02}", 10 + id / 100, id % 100));
    (env, (0..200).map(call).collect())
}

/// Has the writer write all calls together.
async fn write_all(env: &TestEnv, calls: &[CallBody]) {
    env.begin_together(calls.iter().map(|call| call.event("call.ended"))).await;
}

/// Waits until all but the bad call are logged, once each, and returns the entry of the bad one.
async fn assert_others_logged(env: &TestEnv, calls: &[CallBody]) -> Value {
    let others = |env: &TestEnv| env.records("Task").len() == calls.len() - 1;
    env.until("199 Tasks", async |env| others(env)).await;
    for (id, call) in calls.iter().enumerate().filter(|(id, _)| *id != BAD) {
        assert_eq!(env.task(call)["Aircall_Key__c"], format!("call-{id}"));
    }
    env.until("199 entries are logged", async |env| {
        let entries = env.entries().await;
        entries.iter().filter(|entry| entry["state"] == "logged").count() == calls.len() - 1
    })
    .await;
    assert_eq!(env.connection().await["state"], "connected");
    env.activity(&calls[BAD].key()).await
}

#[tokio::test]
async fn a_validation_rule_fails_only_the_record_that_it_refuses() {
    let (env, calls) = env_with_calls().await;
    env.refuse("Task", "CallDisposition", "Bad", "Not this one.");
    let cost = env.calls_for(write_all(&env, &calls)).await;
    let entry = assert_others_logged(&env, &calls).await;
    assert_eq!([&entry["state"], &entry["reason"]], ["failed", "Not this one. (FIELD_CUSTOM_VALIDATION_EXCEPTION)."]);
    let all = env.api_calls().await;
    assert_eq!(all.count("POST", "/composite/sobjects"), 1, "{cost:?} {all:?}");
}

#[tokio::test]
async fn a_record_whose_rows_are_locked_is_retried_and_written() {
    let (env, calls) = env_with_calls().await;
    let error = json!({"code": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record"});
    env.fault(json!([{"record": {"sobject": "Task", "matches": "\"call-17\""}, "error": error}])).await;
    write_all(&env, &calls).await;
    env.wait_until_idle().await;
    for call in &calls {
        env.task(call);
    }
    assert_eq!(env.api_calls().await.count("POST", "/composite/sobjects"), 2);
}

/// Has Salesforce refuse the new Contact of one call with an unknown code and this HTTP status.
async fn refuse_with_an_unknown_code(status: u16) -> Value {
    let (env, calls) = unknown().await;
    let error = json!({"code": "A_CODE_OF_TOMORROW", "message": "Something new", "status": status});
    let fault = json!([{"record": {"sobject": "Contact", "matches": "39981017"}, "error": error, "times": 99}]);
    env.fault(fault).await;
    write_all(&env, &calls).await;
    let entry = assert_others_logged(&env, &calls).await;
    assert!(entry["reason"].as_str().unwrap().contains("Something new (A_CODE_OF_TOMORROW)."), "{entry:#}");
    assert_eq!(env.records("Contact").len(), 199);
    entry
}

#[tokio::test]
async fn a_new_contact_refused_with_an_unknown_code_affects_no_other() {
    let (bad_request, server_error) = tokio::join!(refuse_with_an_unknown_code(400), refuse_with_an_unknown_code(500));
    assert_eq!([&bad_request["state"], &server_error["state"]], ["pending", "pending"]);
}

fn contains_bad_call(path: &str, body: &str) -> bool {
    path.ends_with("/composite/sobjects") && body.contains("\"call-17\"")
}

/// Has every request that contains the bad call fail as a whole with `answer`.
async fn fail_whole_requests(answer: Refuses) -> (TestEnv, CallBody) {
    let (env, mut calls) = env_with_calls().await;
    let _proxy = env.move_org(answer).await;
    write_all(&env, &calls).await;
    assert_others_logged(&env, &calls).await;
    let bad = calls.swap_remove(BAD);
    let all = env.api_calls().await;
    println!("one call that makes whole requests fail: {} API calls: {:?}", all.total, all.by_resource);
    assert!(all.total <= 40, "{all:#?}");
    assert!(!env.is_logged(&bad));
    (env, bad)
}

#[tokio::test]
async fn a_call_that_makes_whole_requests_fail_is_isolated_and_waits_or_fails() {
    const REFUSAL: &str = r#"[{"errorCode": "JSON_PARSER_ERROR", "message": "Unexpected character"}]"#;
    let temporary = async {
        let (env, bad) = fail_whole_requests(|path, body| {
            contains_bad_call(path, body).then_some((StatusCode::INTERNAL_SERVER_ERROR, ""))
        })
        .await;
        let entry = env.activity(&bad.key()).await;
        assert_eq!(entry["state"], "pending");
        assert_eq!(entry["reason"], "Waiting to try again: Salesforce answered HTTP 500 without an error code.");
    };
    let permanent = async {
        let (env, bad) = fail_whole_requests(|path, body| {
            contains_bad_call(path, body).then_some((StatusCode::BAD_REQUEST, REFUSAL))
        })
        .await;
        env.wait_until_idle().await;
        let entry = env.activity(&bad.key()).await;
        assert_eq!([&entry["state"], &entry["reason"]], ["failed", "Unexpected character (JSON_PARSER_ERROR)."]);
    };
    tokio::join!(temporary, permanent);
}

#[tokio::test]
async fn a_refused_update_does_not_affect_the_other_updates() {
    let (env, calls) = env_with_calls().await;
    write_all(&env, &calls).await;
    env.wait_until_idle().await;
    env.tenant.org.set_options(Options::default());
    env.refuse("Task", "Description", "Bad news", "Not this one.");
    let calls: Vec<_> = calls
        .into_iter()
        .enumerate()
        .map(|(id, call)| call.commented(if id == BAD { "Bad news" } else { "Good news" }))
        .collect();
    let updates = env.write_together(calls.iter().map(|call| call.event("call.commented")));
    let cost = env.calls_for(updates).await;
    println!("200 updates: {} API calls: {:?}", cost.total, cost.by_resource);
    // One query, and a composite for each 25: only single updates have a condition.
    assert_eq!((cost.total, cost.count("POST", "/composite")), (9, 8), "{cost:#?}");
    for (id, call) in calls.iter().enumerate() {
        let has_news = env.task(call)["Description"].as_str().unwrap().contains("Good news");
        assert_eq!(has_news, id != BAD, "{id}");
    }
    let entry = env.activity(&calls[BAD].key()).await;
    assert_eq!([&entry["state"], &entry["reason"]], ["failed", "Not this one. (FIELD_CUSTOM_VALIDATION_EXCEPTION)."]);
}
