//! The health of a quiet org: it is asked once an hour whether the grant, the key field and the permissions are there.

use local::demo::bodies::CallBody;
use salesforce_sandbox::Options;
use serde_json::{Value, json};

use crate::support::TestEnv;

async fn env() -> TestEnv {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env
}

/// Lets an hour pass since the org was connected, asked or written to, and runs the schedule.
async fn an_hour_later(env: &TestEnv) {
    env.update_tenant(json!({
        "UpdateExpression": "SET salesforce.connected_at = :at REMOVE org_checked_at",
        "ExpressionAttributeValues": {":at": {"N": (jiff::Timestamp::now().as_second() - 3600).to_string()}},
    }))
    .await;
    run_the_schedule(env).await;
}

async fn run_the_schedule(env: &TestEnv) {
    let schedule = env.running.stack.info().schedules["ReconcileFunctionGrants"].clone();
    assert!(env.request(schedule).send().await.unwrap().status().is_success());
    env.wait_for_empty_queues().await;
}

fn set_options(env: &TestEnv, change: impl FnOnce(Options) -> Options) {
    let org = &env.tenant.org;
    org.set_options(change(org.options()));
}

/// The codes of the warnings, each with its field or object.
async fn warnings(env: &TestEnv) -> Vec<[Value; 2]> {
    let connection = env.connection().await;
    let warnings = connection["warnings"].as_array().unwrap().iter();
    warnings
        .map(|warning| {
            assert!(warning["since"].as_i64().unwrap() > 1_700_000_000, "{warning:#}");
            let about = if warning["field"].is_null() { &warning["object"] } else { &warning["field"] };
            [warning["code"].clone(), about.clone()]
        })
        .collect()
}

#[tokio::test]
async fn a_quiet_org_is_asked_once_an_hour_in_one_request() {
    let env = env().await;
    let asked = env
        .calls_for(async {
            for _ in 0..3 {
                an_hour_later(&env).await;
                run_the_schedule(&env).await;
            }
        })
        .await;
    assert_eq!(asked.total, 3, "{:?}", asked.by_resource);
    assert_eq!(warnings(&env).await, Vec::<[Value; 2]>::new());
}

#[tokio::test]
async fn an_org_that_a_call_was_written_to_is_not_asked() {
    let env = env().await;
    an_hour_later(&env).await;
    let calls = [CallBody::inbound(1), CallBody::inbound(2)];
    for call in &calls {
        env.update_tenant(json!({"UpdateExpression": "REMOVE org_checked_at"})).await;
        env.end([call]).await;
        let asked = env.calls_for(run_the_schedule(&env)).await;
        assert_eq!(asked.total, 0, "{:?}", asked.by_resource);
    }
}

#[tokio::test]
async fn a_missing_key_field_or_permission_is_shown_until_it_is_there_again() {
    let env = env().await;
    let before = env.tenant.org.options();
    set_options(&env, |options| Options {
        hidden_fields: vec!["Task.Aircall_Key__c".to_owned()],
        hidden_objects: vec!["Lead".to_owned()],
        ..options
    });
    an_hour_later(&env).await;
    let expected = [json!(["KEY_FIELD_MISSING", "Task.Aircall_Key__c"]), json!(["OBJECT_NOT_ACCESSIBLE", "Lead"])];
    assert_eq!(json!(warnings(&env).await), json!(expected));
    set_options(&env, |_| Options { hidden_objects: vec!["Task".to_owned()], ..before.clone() });
    an_hour_later(&env).await;
    assert_eq!(json!(warnings(&env).await), json!([["OBJECT_NOT_ACCESSIBLE", "Task"]]));
    set_options(&env, |_| before);
    an_hour_later(&env).await;
    assert_eq!(json!(warnings(&env).await), json!([]));
    assert_eq!(env.connection().await["state"], "connected");
    let call = CallBody::inbound(1);
    env.end([&call]).await;
    env.task(&call);
}

#[tokio::test]
async fn an_org_that_does_not_answer_is_shown_until_it_answers() {
    let env = env().await;
    let down = json!([{"path": "/services/data/.*", "times": 100, "status": 503, "body": "down"}]);
    env.fault(down).await;
    an_hour_later(&env).await;
    assert_eq!(env.connection().await["state"], "paused");
    env.clear_faults().await;
    an_hour_later(&env).await;
    assert_eq!(env.connection().await["state"], "connected");
}
